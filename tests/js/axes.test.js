import assert from "node:assert/strict";
import { test } from "node:test";

import { linearAxis, logAxis, roundUp } from "../../static/js/axes.js";

test("roundUp gives the next 1, 2 or 5 times a power of ten", () => {
  assert.deepEqual([0.03, 0.1, 0.2, 0.21, 1, 3, 5.1, 740].map(roundUp), [0.05, 0.1, 0.2, 0.5, 1, 5, 10, 1000]);
});

test("an axis stays as it is while a curve grows within it", () => {
  assert.deepEqual(linearAxis(21, 1).ticks, linearAxis(50, 1).ticks);
});

test("a linear axis goes from 0 to a round number in round steps", () => {
  assert.deepEqual(linearAxis(0.93, 1e-9).ticks, [0, 0.2, 0.4, 0.6, 0.8, 1]);
  assert.deepEqual(linearAxis(150, 1).ticks, [0, 50, 100, 150, 200]);
  assert.deepEqual(linearAxis(0, 10).ticks, [0, 2, 4, 6, 8, 10]);
});

test("what lies outside an axis is put on its nearer end", () => {
  const { place } = linearAxis(10, 1);

  assert.deepEqual([-3, 0, 5, 10, 70].map(place), [0, 0, 0.5, 1, 1]);
});

test("a logarithmic axis ends at powers of ten around all values", () => {
  assert.deepEqual(logAxis(0.003, 0.7).ticks, [0.001, 0.01, 0.1, 1]);
});

test("a logarithmic axis of values in one decade has two decades all the same", () => {
  assert.deepEqual(logAxis(0.4, 0.7).ticks, [0.01, 0.1, 1]);
});

test("a loss of almost nothing does not take the whole logarithmic axis", () => {
  const axis = logAxis(1e-300, 1, 6);

  assert.equal(axis.ticks[0], 1e-6);
  assert.equal(axis.place(1e-300), 0);
});

test("a decade is as long as any other on a logarithmic axis", () => {
  const { place } = logAxis(0.001, 1);

  assert.ok(Math.abs(place(0.01) - 1 / 3) < 1e-12);
  assert.ok(Math.abs(place(0.1) - 2 / 3) < 1e-12);
});
