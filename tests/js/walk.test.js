import assert from "node:assert/strict";
import { test } from "node:test";

import { reduce, firstState } from "../../static/js/reduce.js";
import { createStore } from "../../static/js/store.js";
import { createWalker } from "../../static/js/walk.js";
import { eventAt, snapshotAt } from "./helpers.js";

/** @typedef {import("../../static/js/types.js").Command} Command */
/** @typedef {import("../../static/js/types.js").Grain} Grain */

/**
 * A walker on a page that shows the step after `event` events, with time and server in our hands.
 *
 * @param {number} event
 * @param {Grain} grain
 */
function walkerAt(event, grain) {
  const store = createStore(reduce, firstState({ grain }));
  store.dispatch({ type: "ui/connection", connection: "open" });
  store.dispatch(snapshotAt(event));
  /** @type {Command[]} */
  const sent = [];
  /** @type {string[]} */
  const log = [];
  /** @type {(() => void)[]} */
  const frames = [];
  let time = 0;
  const walker = createWalker({
    store,
    send: (command) => {
      sent.push(command);
      log.push(command.type);
    },
    clock: { finish: () => void log.push("finish") },
    now: () => time,
    raf: (callback) => frames.push(callback),
  });
  return {
    store,
    walker,
    sent,
    log,
    /** Let time pass, frame by frame. @param {number} milliseconds */
    pass(milliseconds) {
      for (const end = time + milliseconds; time < end; ) {
        time = Math.min(time + 16, end);
        for (const callback of frames.splice(0)) callback();
      }
    },
  };
}

test("at grain term, next shows one term more without asking the server", () => {
  const { store, walker, sent } = walkerAt(2, "term");
  store.dispatch({ type: "ui/micro", micro: 1 });

  walker.next();

  assert.equal(store.state.micro, 2);
  assert.deepEqual(sent, []);
});

test("at grain neuron, next goes to the end of the next neuron's sum", () => {
  const { store, walker } = walkerAt(2, "neuron");
  store.dispatch({ type: "ui/micro", micro: 1 });

  walker.next();
  const first = store.state.micro;
  walker.next();

  assert.deepEqual([first, store.state.micro], [3, 6]);
});

test("at grain term, next after the last term runs the next event and shows its first term", () => {
  const { store, walker, sent } = walkerAt(1, "term");

  walker.next();
  store.dispatch(eventAt(1));

  assert.deepEqual(sent, [{ type: "next", grain: "event" }]);
  assert.equal(store.state.micro, 1);
});

test("at grain layer, next runs one event and shows it whole", () => {
  const { store, walker, sent } = walkerAt(1, "layer");

  walker.next();
  store.dispatch(eventAt(1));

  assert.deepEqual(sent, [{ type: "next", grain: "event" }]);
  assert.equal(store.state.micro, 6);
});

test("at grain layer, next completes an event of which only some terms are shown", () => {
  const { store, walker, sent } = walkerAt(2, "layer");
  store.dispatch({ type: "ui/micro", micro: 2 });

  walker.next();

  assert.equal(store.state.micro, 6);
  assert.deepEqual(sent, []);
});

test("at grain term, back before the first term goes to the event before, whole", () => {
  const { store, walker, sent } = walkerAt(3, "term");
  store.dispatch({ type: "ui/micro", micro: 1 });

  walker.back();
  store.dispatch({ type: "moved", run: "r1", cursor: { step: 0, event: 2 } });

  assert.deepEqual(sent, [{ type: "back", grain: "event" }]);
  assert.equal(store.state.micro, 6);
});

test("back rests where next rested, in the opposite order", () => {
  const { store, walker } = walkerAt(2, "term");
  store.dispatch({ type: "ui/micro", micro: 1 });
  const there = [1];
  for (let press = 0; press < 5; press++) {
    walker.next();
    there.push(store.state.micro);
  }
  const back = [store.state.micro];
  for (let press = 0; press < 5; press++) {
    walker.back();
    back.push(store.state.micro);
  }

  assert.deepEqual(there, [1, 2, 3, 4, 5, 6]);
  assert.deepEqual(back, there.reverse());
});

for (const grain of /** @type {const} */ (["phase", "step", "epoch"])) {
  test(`at grain ${grain}, next and back are the server's`, () => {
    const { store, walker, sent } = walkerAt(2, grain);

    walker.next();
    store.dispatch(snapshotAt(4));
    walker.back();

    assert.deepEqual(sent, [
      { type: "next", grain },
      { type: "back", grain },
    ]);
  });
}

test("back at the very beginning asks for nothing", () => {
  const { walker, sent } = walkerAt(0, "layer");

  walker.back();

  assert.deepEqual(sent, []);
});

test("a press during a motion completes it before it does anything else", () => {
  const { walker, log } = walkerAt(1, "layer");

  walker.next();

  assert.deepEqual(log, ["finish", "next"]);
});

test("presses that come before the server's answer all count, one after the other", () => {
  const { store, walker, sent } = walkerAt(1, "term");

  walker.next();
  walker.next();
  walker.next();
  const asked = sent.length;
  store.dispatch(eventAt(1));

  assert.equal(asked, 1);
  assert.equal(store.state.micro, 3);
});

test("a key held down does not run ahead of the server", () => {
  const { store, walker } = walkerAt(1, "term");

  walker.next();
  for (let repeat = 0; repeat < 10; repeat++) walker.next({ repeat: true });
  store.dispatch(eventAt(1));

  assert.equal(store.state.micro, 1);
});

test("a press that the server never answers does not hold the next one for ever", () => {
  const { walker, sent, pass } = walkerAt(1, "layer");

  walker.next();
  pass(2000);
  walker.next();

  assert.equal(sent.length, 2);
});

test("a refused press lets the next one through", () => {
  const { store, walker, sent } = walkerAt(1, "layer");

  walker.next();
  store.dispatch({ type: "problem", id: null, message: "The run has ended.", problems: [] });
  walker.next();

  assert.equal(sent.length, 2);
});

test("walking presses next at once and then every second", () => {
  const { store, walker, pass } = walkerAt(2, "term");
  store.dispatch({ type: "ui/micro", micro: 1 });

  walker.playPause();
  pass(100);
  const atOnce = store.state.micro;
  pass(2000);

  assert.equal(store.state.playing, "walk");
  assert.deepEqual([atOnce, store.state.micro], [2, 4]);
});

test("walking at speed 4 is four times as fast", () => {
  const { store, walker, pass } = walkerAt(2, "term");
  store.dispatch({ type: "ui/micro", micro: 1 });
  store.dispatch({ type: "ui/speed", speed: 4 });

  walker.playPause();
  pass(900);

  assert.equal(store.state.micro, 5);
});

test("walking waits for the answer to its press", () => {
  const { sent, walker, pass } = walkerAt(1, "layer");

  walker.playPause();
  pass(900);

  assert.equal(sent.length, 1);
});

test("pausing a walk ends it where it is", () => {
  const { store, walker, pass } = walkerAt(2, "term");
  store.dispatch({ type: "ui/micro", micro: 1 });
  walker.playPause();
  pass(100);

  walker.playPause();
  pass(3000);

  assert.equal(store.state.playing, "off");
  assert.equal(store.state.micro, 2);
});

test("the viewer's own press ends a walk", () => {
  const { store, walker } = walkerAt(2, "term");
  store.dispatch({ type: "ui/micro", micro: 1 });
  walker.playPause();

  walker.next();

  assert.equal(store.state.playing, "off");
  assert.equal(store.state.micro, 2);
});

test("a walk ends where the run diverges", () => {
  const { store, walker, sent, pass } = walkerAt(1, "layer");
  walker.playPause();
  store.dispatch(snapshotAt(1, { divergence: { step: 0, parameter: "layer0.W[0, 0]", cause: "too large" } }));

  pass(3000);

  assert.equal(store.state.playing, "off");
  assert.deepEqual(sent, []);
});

test("a walk ends when the line is lost, and does not begin again by itself", () => {
  const { store, walker, sent, pass } = walkerAt(1, "layer");
  walker.playPause();

  store.dispatch({ type: "ui/connection", connection: "lost" });
  store.dispatch({ type: "ui/playing", playing: "off" });
  pass(2000);
  store.dispatch({ type: "ui/connection", connection: "open" });
  pass(2000);

  assert.deepEqual(sent, []);
});

test("play trains at the pace that was chosen, whatever the grain, and follows it when it changes", () => {
  const { store, walker, sent } = walkerAt(0, "term");
  store.dispatch({ type: "ui/training", training: 10 });

  walker.playPause();
  store.dispatch({ type: "ui/training", training: 100 });
  store.dispatch({ type: "ui/training", training: "full" });

  assert.equal(store.state.playing, "train");
  assert.deepEqual(sent, [
    { type: "play", steps_per_second: 10 },
    { type: "play", steps_per_second: 100 },
    { type: "play", steps_per_second: null },
  ]);
});

test("where no training is chosen play walks, at the coarse grains too", () => {
  const { store, walker, sent, pass } = walkerAt(0, "step");

  walker.playPause();
  pass(20);

  assert.equal(store.state.playing, "walk");
  assert.deepEqual(sent, [{ type: "next", grain: "step" }]);
});

test("a step is replayed at a grain that is finer than a step", () => {
  const { store, walker } = walkerAt(5, "epoch");

  walker.replay();

  assert.equal(store.state.grain, "layer");
  assert.equal(store.state.playing, "walk");
});

test("pausing a training asks the server to pause", () => {
  const { store, walker, sent } = walkerAt(0, "epoch");
  store.dispatch({ type: "ui/training", training: "full" });
  walker.playPause();

  walker.playPause();

  assert.equal(store.state.playing, "off");
  assert.deepEqual(sent.at(-1), { type: "pause" });
});

test("a press during training pauses it, and steps from where it has stopped", () => {
  const { store, walker, sent } = walkerAt(0, "epoch");
  store.dispatch({ type: "ui/training", training: "full" });
  walker.playPause();

  walker.next();
  store.dispatch(snapshotAt(5));

  assert.deepEqual(sent.slice(1), [{ type: "pause" }, { type: "next", grain: "epoch" }]);
});

test("replay goes to the beginning of the step and walks it from there", () => {
  const { store, walker, sent, pass } = walkerAt(5, "layer");

  walker.replay();
  store.dispatch({ type: "moved", run: "r1", cursor: { step: 0, event: 0 } });
  pass(900);
  const resting = sent.length;
  pass(200);

  assert.deepEqual(sent, [
    { type: "seek", cursor: { step: 0, event: 0 } },
    { type: "next", grain: "event" },
  ]);
  assert.equal(resting, 1);
});

test("first, last and the phases are asked of the server", () => {
  const { walker, sent } = walkerAt(5, "term");

  walker.first();
  walker.last();
  walker.nextPhase();
  walker.backPhase();

  assert.deepEqual(sent, [
    { type: "seek", cursor: "first" },
    { type: "seek", cursor: "last" },
    { type: "next", grain: "phase" },
    { type: "back", grain: "phase" },
  ]);
});

test("coarser and finer go through the grains and stop at their ends", () => {
  const { store, walker } = walkerAt(0, "term");

  walker.finer();
  const finest = store.state.grain;
  for (let press = 0; press < 10; press++) walker.coarser();

  assert.deepEqual([finest, store.state.grain], ["term", "epoch"]);
});
