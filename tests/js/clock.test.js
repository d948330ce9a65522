import assert from "node:assert/strict";
import { test } from "node:test";

import { createClock } from "../../static/js/clock.js";

/** A clock whose time and frames the test holds in its hands. */
function heldClock() {
  let time = 0;
  /** @type {Map<number, (time: number) => void>} */
  const waiting = new Map();
  let handles = 0;
  const clock = createClock({
    now: () => time,
    raf: (callback) => {
      waiting.set(++handles, callback);
      return handles;
    },
    caf: (handle) => void waiting.delete(handle),
  });
  /** @param {number} milliseconds */
  function pass(milliseconds) {
    time += milliseconds;
    const callbacks = [...waiting.values()];
    waiting.clear();
    for (const callback of callbacks) callback(time);
  }
  return { clock, pass, waiting };
}

test("a motion is told how far it is in each frame, and its end", () => {
  const { clock, pass } = heldClock();
  /** @type {(number | string)[]} */
  const seen = [];

  clock.start(400, (t) => seen.push(t), () => seen.push("end"));
  pass(100);
  pass(200);
  pass(200);

  assert.deepEqual(seen, [0, 0.25, 0.75, 1, "end"]);
});

test("a second motion completes the first at once and does not queue", () => {
  const { clock, pass } = heldClock();
  /** @type {string[]} */
  const seen = [];

  clock.start(400, (t) => seen.push(`first ${t}`), () => seen.push("first end"));
  pass(100);
  clock.start(400, (t) => seen.push(`second ${t}`));
  pass(100);

  assert.deepEqual(seen, ["first 0", "first 0.25", "first 1", "first end", "second 0", "second 0.25"]);
});

test("speed shortens a motion", () => {
  const { clock, pass } = heldClock();
  clock.speed = 4;
  /** @type {number[]} */
  const seen = [];

  clock.start(400, (t) => seen.push(t));
  pass(50);

  assert.deepEqual(seen, [0, 0.5]);
});

test("with reduced motion a motion is at its end at once", () => {
  const { clock, waiting } = heldClock();
  clock.reduced = true;
  /** @type {number[]} */
  const seen = [];

  clock.start(400, (t) => seen.push(t));

  assert.deepEqual(seen, [1]);
  assert.equal(waiting.size, 0);
  assert.equal(clock.moving, false);
});

test("a finished clock asks for no more frames", () => {
  const { clock, pass, waiting } = heldClock();

  clock.start(400, () => {});
  pass(100);
  clock.finish();

  assert.equal(clock.moving, false);
  assert.equal(waiting.size, 0);
});

test("a motion may start the next from its end", () => {
  const { clock, pass } = heldClock();
  /** @type {string[]} */
  const seen = [];

  clock.start(100, () => {}, () => clock.start(100, (t) => seen.push(`second ${t}`)));
  pass(100);
  pass(50);

  assert.deepEqual(seen, ["second 0", "second 0.5"]);
});
