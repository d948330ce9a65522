import assert from "node:assert/strict";
import { test } from "node:test";

import { createRateHand } from "../../static/js/rate-hand.js";

/** A hand whose pictures and answers come when they are called for. */
function handled() {
  /** @type {number[]} */
  const sent = [];
  /** @type {((reply: any) => void)[]} */
  const answers = [];
  /** @type {(() => void)[]} */
  const frames = [];
  /** @type {boolean[]} */
  const released = [];
  const hand = createRateHand({
    send(command) {
      sent.push(/** @type {any} */ (command).value);
      return new Promise((resolve) => answers.push(resolve));
    },
    onLetGo: (isRefused) => released.push(isRefused),
    raf: (callback) => frames.push(callback),
  });
  /** @param {string} [type] */
  const answer = async (type = "edited") => {
    answers.shift()?.({ type });
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { hand, sent, released, answer, frame: () => frames.splice(0).forEach((callback) => callback()) };
}

test("what is set is told at once, before anything that is asked for next", () => {
  const { hand, sent } = handled();

  hand.hold(0.5);

  assert.deepEqual(sent, [0.5]);
  assert.equal(hand.held, 0.5);
});

test("it counts until the engine has answered, whether the picture comes before or after", async () => {
  for (const order of ["picture first", "answer first"]) {
    const { hand, released, answer, frame } = handled();
    hand.hold(0.5);
    if (order === "picture first") frame();
    await answer();
    frame();

    assert.equal(hand.held, null, order);
    assert.deepEqual(released, [false], order);
  }
});

test("while it moves, the newest is told once for each picture", async () => {
  const { hand, sent, released, answer, frame } = handled();
  for (const rate of [0.1, 0.2, 0.3]) hand.hold(rate);
  assert.deepEqual(sent, [0.1]);

  await answer();
  assert.equal(hand.held, 0.3);
  frame();
  assert.deepEqual(sent, [0.1, 0.3]);
  await answer();

  assert.equal(hand.held, null);
  assert.deepEqual(released, [false]);
});

test("a hand that comes back to where it was is let go of too", async () => {
  const { hand, sent, answer, frame } = handled();
  hand.hold(0.1);
  hand.hold(0.2);
  await answer();
  hand.hold(0.1);
  frame();
  await answer();
  frame();

  assert.deepEqual(sent, [0.1, 0.1]);
  assert.equal(hand.held, null);
});

test("what is refused is told as refused", async () => {
  const { hand, released, answer } = handled();
  hand.hold(-1);
  await answer("problem");

  assert.deepEqual(released, [true]);
});
