import assert from "node:assert/strict";
import { test } from "node:test";

import { apart, axesOf, curvesOf, lossAt, nearest, noiseOf } from "../../static/js/race/curves.js";

const ARRAYS = {
  "losses.0": { shape: [3, 3], numbers: new Float32Array([0, 1, 0.5, 1, 4, 0.25, 2, 7, 0.125]) },
  "losses.1": { shape: [2, 3], numbers: new Float32Array([0, 1, 0.5, 2, 7, Infinity]) },
};
const CURVES = curvesOf(ARRAYS, 2);

test("a curve has step, cost and loss of each point", () => {
  assert.deepEqual(CURVES[0]?.points[1], { step: 1, cost: 4, loss: 0.25 });
  assert.deepEqual(curvesOf({}, 1), [{ lane: 0, points: [] }]);
});

test("where batches make a loss noisy its mean is compared, and the batches stand behind it", () => {
  const means = { shape: [2, 3], numbers: new Float32Array([0, 1, 0.5, 2, 7, 0.25]) };

  assert.deepEqual(noiseOf(ARRAYS, 2), []);
  assert.deepEqual(curvesOf({ ...ARRAYS, "means.0": means }, 2)[0]?.points.map(({ loss }) => loss), [0.5, 0.25]);
  assert.deepEqual(noiseOf({ ...ARRAYS, "means.0": means }, 2), [CURVES[0]]);
});

test("the axis of losses leaves out what is far above where all began", () => {
  const exploding = curvesOf({ "losses.0": { shape: [2, 3], numbers: new Float32Array([0, 1, 0.5, 1, 4, 1e9]) } }, 1);

  assert.equal(axesOf(exploding, { byCost: false, isLog: false, step: 2 }).y.ticks.at(-1), 2);
});

test("the axis of steps ends where the cursor is, that of costs where the dearest lane is", () => {
  assert.equal(axesOf(CURVES, { byCost: false, isLog: false, step: 37 }).x.ticks.at(-1), 50);
  assert.equal(axesOf(CURVES, { byCost: true, isLog: false, step: 37 }).x.ticks.at(-1), 50);
});

test("names stand apart, within the picture and in the order of their lines", () => {
  assert.deepEqual(apart([50, 10, 52], 10, 0, 100), [50, 10, 60]);
  assert.deepEqual(apart([99, 100, 100], 10, 0, 100), [80, 90, 100]);
  assert.deepEqual(apart([], 10, 0, 100), []);
});

test("the nearest point is found by steps and by costs", () => {
  const points = CURVES[0]?.points ?? [];

  assert.equal(nearest(points, 1.4, false)?.step, 1);
  assert.equal(nearest(points, 6, true)?.step, 2);
  assert.equal(nearest([], 1, false), null);
});

test("a lane's loss at a place is that of its last point before it", () => {
  const [curve] = CURVES;
  assert.ok(curve);

  assert.equal(lossAt(curve, 1.9, false), 0.25);
  assert.equal(lossAt(curve, -1, false), null);
});
