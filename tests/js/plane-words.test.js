import assert from "node:assert/strict";
import { test } from "node:test";

import { batchRows, shownRow } from "../../static/js/batch.js";
import { indexOfRow, inputsAt, movedPoint, newPoint } from "../../static/js/plane/edits.js";
import { nearest, placeOfRow } from "../../static/js/plane/points.js";
import { classOf, className, pointWords, readingOf, sentenceOf, shortSentenceOf } from "../../static/js/plane/words.js";
import { firstState } from "../../static/js/reduce.js";
import { neuronOf, requestsOf } from "../../static/js/watching.js";

/** @typedef {import("../../static/js/types.js").PlaneData} PlaneData */

/** @type {PlaneData} */
const CIRCLES = {
  reason: null,
  kind: "plane",
  task: "binary",
  raw_names: ["x", "y"],
  target_names: ["outer"],
  class_names: ["inner", "outer"],
  pair: [0, 1],
  axes: [{ name: "x", low: -1, high: 1 }, { name: "y", low: -1, high: 1 }],
  held: [],
  row: null,
  output: 0,
  scale: [0, 1],
  level: 0.5,
  maps: [],
  neuron: null,
  training: { rows: 200, shown: 200, wrong: 10, accuracy: 0.95, rmse: null },
  validation: null,
};
const PLOT = { left: 0, right: 100, top: 0, bottom: 100, x: { low: -1, high: 1 }, y: { low: -1, high: 1 } };

test("the sentence counts the points on the wrong side", () => {
  assert.equal(sentenceOf(CIRCLES), "10 of 200 training points are on the wrong side; training accuracy 95.0\u00a0%.");
  const one = { rows: 20, shown: 20, wrong: 1, accuracy: 0.95, rmse: null };
  assert.equal(
    sentenceOf({ ...CIRCLES, training: one, validation: { ...one, wrong: 2, accuracy: 0.9 } }),
    "1 of 20 training points is on the wrong side; training accuracy 95.0\u00a0%; validation: 2 of 20, 90.0\u00a0%.",
  );
});

test("where there is one line, the accuracies are told", () => {
  assert.equal(shortSentenceOf(CIRCLES), "Accuracy 95.0\u00a0%: 10 of 200 wrong");
  const one = { rows: 20, shown: 20, wrong: 1, accuracy: 0.95, rmse: null };
  assert.equal(shortSentenceOf({ ...CIRCLES, validation: { ...one, wrong: 2, accuracy: 0.9 } }), "Accuracy 95.0\u00a0%, validation 90.0\u00a0%");
  const far = { rows: 40, shown: 40, wrong: null, accuracy: null, rmse: 0.25 };
  assert.equal(shortSentenceOf({ ...CIRCLES, task: "regression", training: far, validation: far }), "Root mean square 0.25, validation 0.25");
  assert.equal(shortSentenceOf({ ...CIRCLES, training: undefined }), "");
});

test("the sentence says what is left out and where the other inputs stay", () => {
  const data = { ...CIRCLES, training: { rows: 900, shown: 500, wrong: 0, accuracy: 1, rmse: null }, held: [{ name: "age", value: 12.5 }] };
  assert.match(sentenceOf(data), /The plane shows 500 of the 900 training points\. Elsewhere at the means of the training rows: age = 12\.5\./);
  assert.match(sentenceOf({ ...data, row: 4 }), /Elsewhere as in row 5: age = 12\.5\./);
});

test("the sentence of a regression says how far the points lie off", () => {
  const data = /** @type {PlaneData} */ ({ ...CIRCLES, task: "regression", training: { rows: 40, shown: 40, wrong: null, accuracy: null, rmse: 0.25 } });
  assert.equal(sentenceOf(data), "Training points lie 0.25 from the output (root mean square of 40).");
});

test("a place is read in words", () => {
  assert.equal(readingOf(CIRCLES, [-0.42, 1.1], { outputs: [0.83], chosen: null }), "x −0.42, y 1.1 → 0.83, outer");
  assert.equal(readingOf({ ...CIRCLES, neuron: { layer: 0, unit: 1 } }, [0, 1], { outputs: [0.83], chosen: -0.5 }), "x 0, y 1 → neuron 2 of layer 1: −0.5");
  const price = /** @type {PlaneData} */ ({ ...CIRCLES, task: "regression", target_names: ["price"] });
  assert.equal(readingOf(price, [0, 1], { outputs: [12], chosen: null }), "x 0, y 1 → price 12");
});

test("an output means the class on its side of the level, or the largest of them", () => {
  assert.equal(classOf(CIRCLES, [0.5]), 0);
  assert.equal(classOf(CIRCLES, [0.51]), 1);
  assert.equal(classOf({ ...CIRCLES, task: "classification" }, [0.2, 0.5, 0.3]), 1);
  assert.equal(className({ class_names: ["0", "1"] }, 1), "class 1");
});

test("a point says whether it is taken for what it is", () => {
  assert.equal(pointWords(CIRCLES, "training", { row: 3, target: 1, output: 0.75, found: 0 }), "row 4: outer, taken for inner (0.75), wrong");
});

test("a new point has the numbers that were pointed at, and keeps the others where the plane has them", () => {
  assert.deepEqual(newPoint("add", CIRCLES, PLOT, [0.12345, -0.5], 1), { path: "data.points.add", value: { input: [0.123, -0.5], target: 1 } });
  const data = { ...CIRCLES, raw_names: ["age", "x", "y"], pair: [2, 1], held: [{ name: "age", value: 7 }] };
  assert.deepEqual(newPoint("feed", data, PLOT, [0.5, -0.5], 0).value, { input: [7, -0.5, 0.5], target: 0 });
});

test("along one input of a regression the height of a point is its target", () => {
  const data = /** @type {PlaneData} */ ({ ...CIRCLES, kind: "curve", task: "regression", raw_names: ["x"], pair: [0] });
  assert.deepEqual(newPoint("add", data, PLOT, [0.5, 0.25], 0).value, { input: [0.5], target: 0.25 });
  assert.deepEqual(movedPoint(data, PLOT, 3, [0.1], [0.5, 0.25]), [
    { path: "data.points.move", index: [3], value: [0.5] },
    { path: "data.points.target", index: [3], value: 0.25 },
  ]);
});

test("a moved point keeps its inputs that are on no axis", () => {
  const data = { ...CIRCLES, raw_names: ["a", "b", "c"], pair: [0, 2] };
  assert.deepEqual(movedPoint(data, PLOT, 3, [1, 2, 3], [0.5, -0.5]), [{ path: "data.points.move", index: [3], value: [0.5, 2, -0.5] }]);
});

test("validation rows are counted on after the training rows", () => {
  assert.equal(indexOfRow(CIRCLES, "training", 7), 7);
  assert.equal(indexOfRow(CIRCLES, "validation", 7), 207);
});

test("the inputs of a point have the digits that travel", () => {
  assert.deepEqual(inputsAt({ shape: [2, 2], numbers: new Float32Array([0, 0, 0.1, -1.25]) }, 1), [0.1, -1.25]);
});

test("of points within reach the nearest is meant, and of equal ones the one on top", () => {
  const places = { x: new Float32Array([0, 10, 10]), y: new Float32Array([0, 0, 0]), count: 3 };
  assert.deepEqual(nearest(places, 8, 0, 5), { place: 2, distance: 2 });
  assert.equal(nearest(places, 50, 0, 5), null);
  assert.equal(nearest({ ...places, count: 1 }, 10, 0, 5), null);
});

test("a row is found among the points shown", () => {
  const points = { shape: [2, 4], numbers: new Float32Array([3, 0, 0, 0, 9, 0, 0, 0]) };
  assert.equal(placeOfRow(points, 9), 1);
  assert.equal(placeOfRow(points, 4), -1);
});

test("the rows of the batch are known once it is drawn", () => {
  const batch = /** @type {any} */ ({ kind: "batch", index: 0, values: { batch: [4, 2] } });
  const state = { ...firstState(), events: [batch], cursor: { step: 0, event: 1 }, sample: 1 };
  assert.deepEqual(batchRows(state), [4, 2]);
  assert.equal(shownRow(state), 2);
  assert.equal(batchRows({ ...state, cursor: { step: 0, event: 0 } }), null);
  assert.deepEqual(batchRows({ ...state, frame: { batch: [5] } }), [5]);
});

test("a batch of all rows in their order is known beforehand", () => {
  const data = /** @type {any} */ ({ samples: 3 });
  assert.deepEqual(batchRows({ ...firstState(), data, experiment: { shuffle: false } }), [0, 1, 2]);
  assert.equal(batchRows({ ...firstState(), data, experiment: { shuffle: true } }), null);
});

test("the plane is asked for the map of the neuron that is selected", () => {
  assert.deepEqual(neuronOf({ name: "layer1.z", index: [0, 2] }), { layer: 1, unit: 2 });
  assert.equal(neuronOf({ name: "layer1.W", index: [0, 2] }), null);
  assert.equal(neuronOf({ name: "x", index: [0, 1] }), null);
  const state = firstState({ selection: { name: "layer0.a", index: [3, 1] } });
  state.settings = { ...state.settings, views: ["plane"], neuron_maps: true };
  assert.deepEqual(requestsOf(state), [{ view: "plane", pair: [0, 1], neurons: true, neuron: { layer: 0, unit: 1 } }]);
  assert.deepEqual(requestsOf({ ...state, selection: null, enlarged: "plane" }), [{ view: "plane", pair: [0, 1], neurons: false }]);
});
