import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { firstState, follows, gradientsKnown, reduce, withPath } from "../../static/js/reduce.js";
import { after, COMMIT, eventAt, PLAN, snapshotAt } from "./helpers.js";

/** @typedef {import("../../static/js/types.js").Explanation} Explanation */
/** @typedef {import("../../static/js/types.js").Preview} Preview */
/** @typedef {import("../../static/js/types.js").WhatIf} WhatIf */
/** @typedef {import("../../static/js/types.js").FrameMessage} FrameMessage */

/** @type {Preview} */
const PREVIEW = { learning_rate: 0.5, loss: 0.1, values: {} };
/** @type {WhatIf} */
const WHAT_IF = { step: 0, learning_rates: [0.1], losses: [0.2], changes: [-0.1], loss: 0.3, best: 0.1, exceeds: null, stability_limit: null, stability_reason: "" };
const WEIGHT = { name: "layer0.W", index: [1, 0] };

/** @param {import("../../static/js/types.js").Ref} ref @returns {Explanation} */
function explanationOf(ref) {
  const quantity = { ref, mathml: "", words: "", value: 1, unfolds: false };
  return { quantity, rule: "", expression: { op: "quantity", quantity }, words: "", alternatives: [] };
}

/** @param {Partial<FrameMessage>} [more] @returns {FrameMessage} */
function frame(more = {}) {
  return {
    type: "frame",
    seq: 1,
    run: "r1",
    cursor: { step: 40, event: COMMIT },
    epoch: 20,
    last_step: 40,
    steps_per_second: 9000,
    learning_rate: 0.5,
    values: { loss: 0.02 },
    parameters: { "layer0.b": [7, 7] },
    ...more,
  };
}

test("a snapshot brings everything, and leaves alone what is the viewer's", () => {
  const before = after(
    { type: "ui/grain", grain: "neuron" },
    { type: "ui/speed", speed: 2 },
    { type: "ui/dialog", dialog: "help" },
    { type: "ui/setting", name: "show_table", value: true },
  );

  const state = reduce(before, snapshotAt(3));

  assert.deepEqual(state.cursor, { step: 0, event: 3 });
  assert.equal(state.events.length, 3);
  assert.equal(state.run, "r1");
  assert.equal(state.grain, "neuron");
  assert.equal(state.speed, 2);
  assert.equal(state.dialog, "help");
  assert.equal(state.settings.show_table, true);
});

test("a snapshot of another moment shows its newest event whole", () => {
  const state = after(snapshotAt(2));

  assert.equal(state.micro, 6);
});

test("a snapshot of the moment that is shown keeps what is shown of it", () => {
  const state = after(snapshotAt(2), { type: "ui/micro", micro: 4 }, snapshotAt(2, { sample: 1 }));

  assert.equal(state.micro, 4);
  assert.equal(state.sample, 1);
});

test("a snapshot of the same network keeps the selection", () => {
  const state = after(snapshotAt(2), { type: "ui/select", ref: WEIGHT }, snapshotAt(0, { run: "r2" }));

  assert.deepEqual(state.selection, WEIGHT);
});

test("a snapshot of another network lets go of what was selected and unfolded", () => {
  const other = snapshotAt(0, { layers: [{ type: "dense", fan_in: 2, units: 1, activation: null, frozen: [] }] });

  const state = after(
    snapshotAt(2),
    { type: "ui/select", ref: WEIGHT },
    { type: "ui/explained", explanation: explanationOf(WEIGHT) },
    { type: "ui/unfold", explanation: explanationOf(WEIGHT), depth: 0 },
    other,
  );

  assert.equal(state.selection, null);
  assert.equal(state.explanation, null);
  assert.deepEqual(state.unfolded, []);
});

test("a snapshot says whether the server trains, and never ends a walk", () => {
  const training = after(snapshotAt(0, { playing: true }));
  const stopped = reduce(training, snapshotAt(0));
  const walking = after(snapshotAt(0), { type: "ui/playing", playing: "walk" }, snapshotAt(0));

  assert.equal(training.playing, "train");
  assert.equal(stopped.playing, "off");
  assert.equal(walking.playing, "walk");
});

test("a snapshot takes an old problem off the screen", () => {
  const state = after(
    snapshotAt(0),
    { type: "problem", id: 3, message: "No.", problems: [] },
    snapshotAt(0),
  );

  assert.equal(state.problem, null);
});

test("an event is appended and moves the cursor", () => {
  const state = after(snapshotAt(1), eventAt(1));

  assert.equal(state.events.length, 2);
  assert.deepEqual(state.cursor, { step: 0, event: 2 });
});

test("an event of another run is dropped", () => {
  const before = after(snapshotAt(1));

  assert.equal(reduce(before, eventAt(1, { run: "r0" })), before);
});

test("an event that does not follow on what is here is dropped", () => {
  const before = after(snapshotAt(1));

  assert.equal(reduce(before, eventAt(2)), before);
  assert.equal(follows(before, eventAt(2)), false);
  assert.equal(follows(before, eventAt(1)), true);
});

test("an event right after a frame does not follow: the events before it are not here", () => {
  const state = after(snapshotAt(0), frame({ cursor: { step: 0, event: 3 } }));

  assert.equal(follows(state, eventAt(3)), false);
});

for (const { at, micro } of /** @type {const} */ ([
  { at: "first-term", micro: 1 },
  { at: "first-neuron", micro: 3 },
  { at: "last-neuron", micro: 6 },
  { at: "whole", micro: 6 },
])) {
  test(`an affine event that arrives at ${at} shows ${micro} of its 6 terms`, () => {
    const state = after(snapshotAt(1), { type: "ui/arrive", at }, eventAt(1));

    assert.equal(state.micro, micro);
  });
}

test("an arrival is meant for one event only", () => {
  const state = after(snapshotAt(1), { type: "ui/arrive", at: "first-term" }, eventAt(1), eventAt(2));

  assert.equal(state.micro, 2);
});

test("a commit empties the step, takes its parameters and begins the next step", () => {
  const commit = eventAt(COMMIT, {
    values: { "layer0.W": [[9, 9], [9, 9]] },
    learning_rate: 0.25,
    plan: PLAN.slice(1),
  });

  const state = after(snapshotAt(COMMIT, { preview: PREVIEW }), { type: "ui/what-if", what_if: WHAT_IF }, commit);

  assert.deepEqual(state.cursor, { step: 1, event: 0 });
  assert.deepEqual(state.events, []);
  assert.deepEqual(state.parameters, { "layer0.W": [[9, 9], [9, 9]], "layer0.b": [0, 0] });
  assert.equal(state.learning_rate, 0.25);
  assert.equal(state.plan.length, PLAN.length - 1);
  assert.equal(state.micro, 0);
  assert.equal(state.last_step, 1);
  assert.equal(state.preview, null);
  assert.equal(state.what_if, null);
});

test("a commit without a plan or a learning rate keeps those that are here", () => {
  const state = after(snapshotAt(COMMIT), eventAt(COMMIT));

  assert.equal(state.plan, PLAN);
  assert.equal(state.learning_rate, 0.5);
});

test("the epoch goes on with the commit that ends it", () => {
  const next = (/** @type {number} */ step) =>
    after(
      snapshotAt(COMMIT, { cursor: { step, event: COMMIT }, epoch: 5, steps_per_epoch: 2 }),
      eventAt(COMMIT, { step, cursor: { step: step + 1, event: 0 } }),
    ).epoch;

  assert.equal(next(10), 5);
  assert.equal(next(11), 6);
});

test("moving back drops the events after the cursor and shows the one before it whole", () => {
  const state = after(snapshotAt(4), { type: "moved", run: "r1", cursor: { step: 0, event: 2 } });

  assert.equal(state.events.length, 2);
  assert.equal(state.micro, 6);
});

test("moving before the first event leaves nothing to show", () => {
  const state = after(snapshotAt(4), { type: "moved", run: "r1", cursor: { step: 0, event: 0 } });

  assert.deepEqual(state.events, []);
  assert.equal(state.micro, 0);
});

test("moving where the page has no events does not follow and changes nothing", () => {
  const before = after(snapshotAt(2));
  const moved = /** @type {const} */ ({ type: "moved", run: "r1", cursor: { step: 0, event: 5 } });

  assert.equal(reduce(before, moved), before);
  assert.equal(follows(before, moved), false);
});

test("who goes back from where a run diverges may go on, who stays there may not", () => {
  const divergence = { step: 0, parameter: "layer0.W[0, 0]", cause: "too large" };
  const stuck = after(snapshotAt(4, { divergence, finished: true }));

  const back = reduce(stuck, { type: "moved", run: "r1", cursor: { step: 0, event: 3 } });
  const stayed = reduce(stuck, { type: "moved", run: "r1", cursor: { step: 0, event: 4 } });

  assert.deepEqual([back.divergence, back.finished], [null, false]);
  assert.deepEqual([stayed.divergence, stayed.finished], [divergence, true]);
});

test("what the update would do is forgotten when the gradients are taken back, not before", () => {
  const known = after(snapshotAt(COMMIT, { preview: PREVIEW }), { type: "ui/what-if", what_if: WHAT_IF });

  const stillKnown = reduce(known, { type: "moved", run: "r1", cursor: { step: 0, event: 10 } });
  const unknown = reduce(known, { type: "moved", run: "r1", cursor: { step: 0, event: 9 } });

  assert.equal(stillKnown.preview, PREVIEW);
  assert.equal(stillKnown.what_if, WHAT_IF);
  assert.equal(unknown.preview, null);
  assert.equal(unknown.what_if, null);
});

test("gradients are known where the updates begin", () => {
  assert.equal(gradientsKnown(PLAN, 9), false);
  assert.equal(gradientsKnown(PLAN, 10), true);
  assert.equal(gradientsKnown([], 0), false);
});

test("the event with the last gradient brings what the update would do", () => {
  const last = { ...eventAt(9), preview: PREVIEW };

  assert.equal(after(snapshotAt(9), last).preview, PREVIEW);
});

test("a frame shows the newest step and no single events", () => {
  const state = after(snapshotAt(4), frame());

  assert.deepEqual(state.frame, { loss: 0.02 });
  assert.deepEqual(state.parameters, { "layer0.b": [7, 7] });
  assert.deepEqual(state.events, []);
  assert.equal(state.cursor.step, 40);
  assert.equal(state.steps_per_second, 9000);
});

test("a frame that arrives after the viewer has pressed pause does not start the training again", () => {
  const state = after(snapshotAt(0), { type: "ui/playing", playing: "off" }, frame());

  assert.equal(state.playing, "off");
});

test("the snapshot after a frame takes its place", () => {
  assert.equal(after(snapshotAt(0), frame(), snapshotAt(3)).frame, null);
});

test("a frame, a history and a check of another run are dropped", () => {
  const before = after(snapshotAt(1));
  const history = { steps: 1, loss: [], validation: [], edits: [] };
  const checked = { step: 0, parameters: 9, largest_error: 0, worst: null, excluded: 0, passed: true };

  assert.equal(reduce(before, frame({ run: "r0" })), before);
  assert.equal(reduce(before, { type: "history", run: "r0", history }), before);
  assert.equal(reduce(before, { type: "checked", run: "r0", checked }), before);
});

test("an edited learning rate is in force, in the experiment and in the log", () => {
  const edits = [{ step: 0, event: 3, path: "learning_rate", value: 0.3 }];

  const state = after(snapshotAt(3), {
    type: "edited",
    id: 1,
    run: "r1",
    cursor: { step: 0, event: 3 },
    path: "learning_rate",
    value: 0.3,
    learning_rate: 0.3,
    edits,
    preview: PREVIEW,
  });

  assert.equal(state.learning_rate, 0.3);
  assert.equal(state.experiment?.optimizer.learning_rate, 0.3);
  assert.deepEqual(state.document?.edits, edits);
  assert.equal(state.preview, PREVIEW);
  assert.equal(state.events.length, 3);
});

test("an explanation is taken when it is about the focus, and dropped when the focus has moved on", () => {
  const selected = after(snapshotAt(3), { type: "ui/select", ref: WEIGHT });
  const about = (/** @type {import("../../static/js/types.js").Ref} */ ref) =>
    reduce(selected, { type: "answer", id: 1, run: "r1", what: "explain", explanation: explanationOf(ref) }).explanation;

  assert.deepEqual(about(WEIGHT), explanationOf(WEIGHT));
  assert.equal(about({ name: "layer0.W", index: [0, 0] }), null);
});

test("unfolding at a depth replaces what was unfolded there and deeper", () => {
  const [one, two, other] = ["a", "b", "c"].map((name) => explanationOf({ name, index: [] }));
  assert.ok(one && two && other);

  const state = after(
    snapshotAt(3),
    { type: "ui/unfold", explanation: one, depth: 0 },
    { type: "ui/unfold", explanation: two, depth: 1 },
    { type: "ui/unfold", explanation: other, depth: 0 },
  );

  assert.deepEqual(state.unfolded, [other]);
});

test("folding keeps what is above", () => {
  const [one, two] = ["a", "b"].map((name) => explanationOf({ name, index: [] }));
  assert.ok(one && two);

  const state = after(
    snapshotAt(3),
    { type: "ui/unfold", explanation: one, depth: 0 },
    { type: "ui/unfold", explanation: two, depth: 1 },
    { type: "ui/fold", depth: 1 },
  );

  assert.deepEqual(state.unfolded, [one]);
});

test("a problem keeps the id of its command", () => {
  const problems = [{ path: "network", value: "0", allowed: "1 or more" }];

  const state = after({ type: "problem", id: 7, message: "No.", problems });

  assert.deepEqual(state.problem, { id: 7, message: "No.", problems });
});

test("a speed outside the range is brought to its end", () => {
  assert.equal(after({ type: "ui/speed", speed: 100 }).speed, 4);
  assert.equal(after({ type: "ui/speed", speed: 0 }).speed, 0.25);
});

test("what changes nothing gives the same object", () => {
  const state = firstState();

  assert.equal(reduce(state, { type: "ui/micro", micro: state.micro }), state);
  assert.equal(reduce(state, { type: "ui/hover", ref: null }), state);
  assert.equal(reduce(state, { type: "ui/moment", moment: null }), state);
  assert.equal(reduce(state, { type: "ui/dialog", dialog: null }), state);
  assert.equal(reduce(state, { type: "ui/connection", connection: "connecting" }), state);
});

test("a step is pointed at until another is, or none", () => {
  const pointed = after({ type: "ui/moment", moment: 7 });

  assert.equal(pointed.moment, 7);
  assert.equal(reduce(pointed, { type: "ui/moment", moment: 7 }), pointed);
  assert.equal(reduce(pointed, { type: "ui/moment", moment: null }).moment, null);
});

test("nothing is pointed at in a view that is closed, nor in another network", () => {
  const pointed = after(snapshotAt(0), { type: "ui/view", view: "loss" }, { type: "ui/moment", moment: 7 });
  const other = snapshotAt(0, { layers: [{ type: "dense", fan_in: 2, units: 1, activation: null, frozen: [] }] });

  assert.equal(reduce(pointed, { type: "ui/view", view: "loss" }).moment, null);
  assert.equal(reduce(pointed, snapshotAt(0)).moment, 7);
  assert.equal(reduce(pointed, other).moment, null);
});

test("reducing changes no object that is there already", () => {
  const before = after(snapshotAt(2));
  const copy = structuredClone(before);

  reduce(before, eventAt(2));
  reduce(before, { type: "moved", run: "r1", cursor: { step: 0, event: 1 } });
  reduce(before, { type: "ui/setting", name: "theme", value: "dark" });

  assert.deepEqual(before, copy);
});

test("withPath changes one field of a document and nothing beside it", () => {
  const before = { optimizer: { type: "adam", beta1: 0.9 }, network: { layers: [{ units: 1 }, { units: 2 }] } };

  assert.deepEqual(withPath(before, "optimizer.beta1", 0.8).optimizer, { type: "adam", beta1: 0.8 });
  assert.deepEqual(withPath(before, "network.layers[1].units", 3).network.layers, [{ units: 1 }, { units: 3 }]);
  assert.equal(withPath(before, "network.layers[1].units", 3).network.layers[0], before.network.layers[0]);
});

test("withPath makes room for what the document has in short or not at all", () => {
  assert.deepEqual(withPath({ optimizer: "sgd" }, "learning_rate", 0.3), {
    optimizer: { type: "sgd", learning_rate: 0.3 },
  });
  assert.deepEqual(withPath({}, "penalty.l2", 0.01), { penalty: { l2: 0.01 } });
});

/** @param {string} run @returns {import("../../static/js/types.js").ViewMessage} */
const lossView = (run) => ({
  type: "view",
  view: "loss",
  run,
  cursor: { step: 0, event: 0 },
  request: { view: "loss" },
  data: {},
});

test("what a view shows is kept until it is closed, and what is said of another run is not", () => {
  const open = after(snapshotAt(0), { type: "ui/view", view: "loss" });

  const told = reduce(open, lossView("r1"));
  const late = reduce(told, { ...lossView("r0"), data: { late: true } });
  const closed = reduce(late, { type: "ui/view", view: "loss" });

  assert.deepEqual(told.views.loss?.data, {});
  assert.equal(late, told);
  assert.deepEqual(closed.views, {});
  assert.deepEqual(closed.settings.views, []);
});

test("every view among the examples is kept beside the others, and replaces what it told before", () => {
  const names = /** @type {const} */ (["plane", "loss", "landscape", "what_if", "signals", "optimizer", "race"]);
  const told = names.map((name) => JSON.parse(readFileSync(new URL(`../golden/view-${name}.json`, import.meta.url), "utf8")));
  const open = after(snapshotAt(0, { run: "1.1" }), { type: "ui/views", views: [...names] });

  const state = told.reduce((/** @type {import("../../static/js/reduce.js").PageState} */ before, message) => reduce(before, { ...message, run: "1.1" }), open);
  const again = reduce(state, { ...told[0], run: "1.1", cursor: { step: 9, event: 0 } });

  assert.deepEqual(names.map((name) => state.views[name]?.data), told.map(({ data }) => data));
  assert.deepEqual(again.views, { ...state.views, plane: again.views.plane });
  assert.deepEqual(again.views.plane?.cursor, { step: 9, event: 0 });
});

test("a view that is closed is not enlarged any more", () => {
  const large = after({ type: "ui/view", view: "loss" }, { type: "ui/enlarge", view: "loss" });

  assert.equal(reduce(large, { type: "ui/view", view: "plane" }).enlarged, "loss");
  assert.equal(reduce(large, { type: "ui/view", view: "loss" }).enlarged, null);
});
