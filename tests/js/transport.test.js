import assert from "node:assert/strict";
import { test } from "node:test";

import { ends } from "../../static/js/ends.js";
import { firstState } from "../../static/js/reduce.js";
import { createSeeker, cursorAfter, paceOf, phasesOf, placeInWords } from "../../static/js/views/transport.js";

/** @typedef {import("../../static/js/types.js").PlannedEvent} PlannedEvent */
/** @typedef {import("../../static/js/types.js").EventMessage} EventMessage */
/** @typedef {import("../../static/js/types.js").Cursor} Cursor */

/**
 * @param {import("../../static/js/types.js").EventKind} kind
 * @param {import("../../static/js/types.js").Phase} phase
 * @returns {PlannedEvent}
 */
function planned(kind, phase) {
  return { kind, phase, layer: null, parameter: null, title: kind, mathml: "" };
}

const PLAN = [
  planned("batch", "forward"),
  planned("affine", "forward"),
  planned("loss", "loss"),
  planned("loss_gradient", "backward"),
  planned("update", "update"),
  planned("commit", "update"),
];

/** @param {number} index @returns {EventMessage} */
function ran(index) {
  const { kind, phase } = PLAN[index] ?? planned("batch", "forward");
  return {
    type: "event",
    run: "r",
    cursor: { step: 0, event: index + 1 },
    step: 0,
    index,
    kind,
    phase,
    layer: null,
    parameter: null,
    values: {},
    detail: null,
    words: "",
    line: "",
  };
}

/**
 * @param {Cursor} cursor
 * @param {Partial<import("../../static/js/reduce.js").PageState>} [more]
 */
function at(cursor, more = {}) {
  const events = Array.from({ length: cursor.event }, (_, index) => ran(index));
  return firstState({ run: "r", plan: PLAN, cursor, events, micro: 1, ...more });
}

test("the plan is grouped into its named phases, in order", () => {
  const groups = phasesOf(PLAN);

  assert.deepEqual(
    groups.map(({ phase, first, events }) => [phase, first, events.length]),
    [
      ["forward", 0, 2],
      ["loss", 2, 1],
      ["backward", 3, 1],
      ["update", 4, 2],
    ],
  );
});

test("to choose an event is to have it run; to choose the commit is to begin the next step", () => {
  assert.deepEqual(cursorAfter(PLAN, 3, 1), { step: 3, event: 2 });
  assert.deepEqual(cursorAfter(PLAN, 3, 5), { step: 4, event: 0 });
});

test("there is nothing before the first event of the first step", () => {
  assert.equal(ends(at({ step: 0, event: 0 })).back, true);
  assert.equal(ends(at({ step: 0, event: 1 })).back, false);
  assert.equal(ends(at({ step: 1, event: 0 }, { last_step: 1 })).back, false);
});

test("the run ends nowhere, except where it has diverged or is finished", () => {
  const divergence = { step: 0, parameter: "layer0.W[0, 0]", cause: "too large" };

  assert.equal(ends(at({ step: 0, event: 5 })).next, false);
  assert.equal(ends(at({ step: 0, event: 4 }, { divergence })).next, true);
  assert.equal(ends(at({ step: 0, event: 2 }, { divergence })).next, false);
  assert.equal(ends(at({ step: 0, event: 5 }, { finished: true })).next, true);
  assert.equal(ends(at({ step: 0, event: 2 }, { finished: true, last_step: 4 })).next, false);
});

test("the last moment of a run is before the commit of its newest step", () => {
  assert.equal(ends(at({ step: 2, event: 5 }, { last_step: 2 })).last, true);
  assert.equal(ends(at({ step: 2, event: 4 }, { last_step: 2 })).last, false);
  assert.equal(ends(at({ step: 1, event: 5 }, { last_step: 2 })).last, false);
});

test("the moment is told in words", () => {
  assert.equal(placeInWords(at({ step: 2, event: 0 })), "Step 3 · before its first event");
  assert.equal(placeInWords(at({ step: 2, event: 4 })), "Step 3 · event 4 of 6 · Backward");
  assert.equal(placeInWords(at({ step: 1203, event: 5 }, { frame: {}, steps_per_second: 5321.4 })), "Step 1204 · 5,321 steps a second");
});

test("no speed is told before one has been measured", () => {
  assert.equal(placeInWords(at({ step: 3, event: 5 }, { frame: {}, steps_per_second: 0 })), "Step 4 · training");
});

/** A seeker whose time passes when it is told to. */
function seeker() {
  /** @type {Cursor[]} */
  const sent = [];
  /** @type {(() => void)[]} */
  const timers = [];
  const seek = createSeeker((cursor) => sent.push(cursor), (callback) => timers.push(callback));
  return { sent, seek, passTime: () => timers.splice(0).forEach((callback) => callback()) };
}

test("while a seek is under way only the newest wish is kept", () => {
  const { sent, seek } = seeker();

  for (const step of [1, 2, 3, 4]) seek.to({ step, event: 0 });
  assert.deepEqual(sent, [{ step: 1, event: 0 }]);

  seek.arrived({ step: 1, event: 0 });
  assert.deepEqual(sent, [{ step: 1, event: 0 }, { step: 4, event: 0 }]);
});

test("a seek that changes nothing does not block the next for ever", () => {
  const { sent, seek, passTime } = seeker();

  seek.to({ step: 1, event: 0 });
  seek.to({ step: 2, event: 0 });
  passTime();

  assert.deepEqual(sent.map(({ step }) => step), [1, 2]);
});

test("nobody is sent where they already are", () => {
  const { sent, seek } = seeker();
  seek.arrived({ step: 5, event: 0 });

  seek.to({ step: 5, event: 0 });

  assert.deepEqual(sent, []);
});

test("the speed menu shows what Play does, and of what is not offered the nearest", () => {
  assert.equal(paceOf({ speed: 2, training: null }), "walk 2");
  assert.equal(paceOf({ speed: 3.9, training: null }), "walk 4");
  assert.equal(paceOf({ speed: 2, training: 100 }), "train 100");
  assert.equal(paceOf({ speed: 2, training: 20 }), "train 10");
  assert.equal(paceOf({ speed: 2, training: "full" }), "train full");
});
