import assert from "node:assert/strict";
import { test } from "node:test";

import { heightOf, heightsOf, levelsOf, rangeOf, steadyLevels, ticksBetween } from "../../static/js/landscape/levels.js";

/** @param {number[]} shape @param {number[]} numbers */
const packed = (shape, numbers) => ({ shape, numbers: Float32Array.from(numbers) });

/** A grid of one loss, with others here and there. @param {number} loss @param {Record<number, number>} others */
const grid = (loss, others) =>
  packed(
    [5, 5],
    Array.from({ length: 25 }, (_, place) => others[place] ?? loss),
  );

test("levels over several decades are 1, 3, 10, …", () => {
  assert.deepEqual(levelsOf(0.02, 250), [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300]);
});

test("levels within one decade are finer", () => {
  assert.deepEqual(levelsOf(0.5, 3), [0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.2, 1.4, 1.6, 1.8, 2, 2.5, 3]);
});

test("levels of nearly equal losses are evenly spaced", () => {
  assert.deepEqual(levelsOf(0.681, 0.742), [0.68, 0.69, 0.7, 0.71, 0.72, 0.73, 0.74, 0.75]);
});

for (const [smallest, largest] of /** @type {const} */ ([[1e-9, 1e9], [0.3, 0.3], [1, 2], [0.999, 1.001], [5e-7, 2e-3], [1e30, 1e33]])) {
  test(`levels from ${smallest} to ${largest} ascend and hold both`, () => {
    const levels = levelsOf(smallest, largest);

    assert.ok(levels.length >= 3 && levels.length <= 22, String(levels));
    assert.ok((levels[0] ?? NaN) <= smallest * (1 + 1e-9));
    assert.ok((levels.at(-1) ?? NaN) >= largest * (1 - 1e-9));
    assert.ok(levels.every((level, k) => k === 0 || level > (levels[k - 1] ?? NaN)));
  });
}

test("levels stay as they are while the losses still use them", () => {
  const before = levelsOf(0.02, 250);

  assert.equal(steadyLevels(before, { smallest: 0.03, largest: 180 }), before);
  assert.notEqual(steadyLevels(before, { smallest: 0.03, largest: 900 }), before);
  assert.notEqual(steadyLevels(before, { smallest: 0.5, largest: 3 }), before);
  assert.deepEqual(steadyLevels(null, { smallest: 0.02, largest: 250 }), before);
});

test("a loss on a level has that level's number, and one between two lies between", () => {
  const levels = [1, 2, 5];

  assert.deepEqual([0.5, 1, 2, 3.5, 5, 80, Infinity].map((loss) => heightOf(loss, levels)), [0, 0, 1, 1.5, 2, 2, 2]);
  assert.equal(heightOf(NaN, levels), null);
});

test("the heights of a grid are row by row", () => {
  assert.deepEqual(heightsOf(packed([2, 2], [1, 2, 5, NaN]), [1, 2, 5]), [[0, 1], [2, null]]);
});

test("what is no number, and what is far out, makes no range", () => {
  assert.equal(rangeOf(packed([1, 2], [NaN, Infinity])), null);
  assert.deepEqual(rangeOf(grid(1, { 0: NaN, 1: Infinity, 2: 1e30 })), { smallest: 1, largest: 1e4 });
});

test("a node that lies alone among higher ones is not told apart from them", () => {
  assert.deepEqual(rangeOf(grid(2, { 12: 0.001, 24: 4 })), { smallest: 2, largest: 4 });
  assert.deepEqual(rangeOf(grid(2, { 12: 0.125, 11: 0.5, 13: 0.5, 7: 0.5, 17: 0.5, 24: 4 })), { smallest: 0.5, largest: 4 });
});

test("ticks are round numbers inside the axis", () => {
  assert.deepEqual(ticksBetween(-0.6, 2.6, 4), [0, 1, 2]);
  assert.deepEqual(ticksBetween(-1, 1, 4), [-1, -0.5, 0, 0.5, 1]);
  assert.deepEqual(ticksBetween(3, 3, 4), []);
  assert.deepEqual(ticksBetween(-Infinity, 3, 4), []);
});
