import assert from "node:assert/strict";
import { test } from "node:test";

import {
  axesOf,
  firstStepOf,
  hasEpochs,
  nearestStop,
  pictureOf,
  placeInEpochs,
  readingOf,
  sentenceOf,
  tableOf,
} from "../../static/js/loss/record.js";

/** @typedef {import("../../static/js/types.js").History} History */
/** @typedef {import("../../static/js/loss/record.js").LossData} LossData */

/** Two epochs of four steps, then, from step 10 on, epochs of two. */
const STRETCHES = [
  { step: 0, epoch: 0, length: 4 },
  { step: 10, epoch: 3, length: 2 },
];

/** @type {History} */
const HISTORY = {
  steps: 5,
  loss: [[0, 0.8], [1, 0.6], [2, 0.5], [3, 0.4], [4, 0.3]],
  validation: [[0, 0.9], [4, 0.35]],
  edits: [{ step: 2, event: 7, words: "η 0.1 → 0.5" }],
};

/** @type {LossData} */
const DATA = {
  stretches: STRETCHES,
  epochs: [[0, 0.575]],
  penalty: [[0, 0.01], [1, 0.02]],
  penalty_epochs: [[0, 0.015]],
  best: { epoch: 1, step: 4, loss: 0.35 },
  class_names: ["no", "yes"],
  training: { rows: 8, loss: 0.3, accuracy: 0.98 },
  validation: null,
};

test("a step stands between the epochs, also where their length has changed", () => {
  assert.equal(placeInEpochs(STRETCHES, 6), 1.5);
  assert.equal(placeInEpochs(STRETCHES, 10), 3);
  assert.equal(placeInEpochs(STRETCHES, 13), 4.5);
});

test("an epoch begins with the step that stands at its place", () => {
  for (const epoch of [0, 1, 3, 5]) assert.equal(placeInEpochs(STRETCHES, firstStepOf(STRETCHES, epoch)), epoch);
});

test("epochs of one step are no others than steps", () => {
  assert.equal(hasEpochs({ ...DATA, stretches: [{ step: 0, epoch: 0, length: 1 }] }), false);
  assert.equal(hasEpochs(DATA), true);
  assert.equal(hasEpochs(undefined), false);
});

test("a mean stands in the middle of its epoch, what was measured before it at its beginning", () => {
  const picture = pictureOf(HISTORY, null, DATA, true);

  assert.deepEqual(picture.training, [[0.5, 0.575]]);
  assert.deepEqual(picture.penalty, [[0.5, 0.015]]);
  assert.deepEqual(picture.validation, [[0, 0.9], [1, 0.35]]);
  assert.deepEqual(picture.stops, [{ number: 0, at: 0.5, step: 0, loss: 0.575 }]);
});

test("the means of epochs stand over the steps that they are means of, where batches are noisy", () => {
  /** @type {LossData} */
  const data = { ...DATA, epochs: [[0, 0.575], [1, 0.3], [3, 0.2]] };

  assert.deepEqual(pictureOf(HISTORY, null, data, false).means, [[1.5, 0.575], [5.5, 0.3], [10.5, 0.2]]);
  assert.deepEqual(pictureOf(HISTORY, null, data, true).means, []);
  assert.deepEqual(pictureOf(HISTORY, null, DATA, false).means, []);
  assert.deepEqual(pictureOf(HISTORY, null, { ...data, stretches: [{ step: 0, epoch: 0, length: 1 }] }, false).means, []);
});

test("the nearest stop is the nearest on either side", () => {
  const { stops } = pictureOf(HISTORY, null, DATA, false);

  assert.equal(nearestStop(stops, 1.4)?.number, 1);
  assert.equal(nearestStop(stops, 1.6)?.number, 2);
  assert.equal(nearestStop(stops, 99)?.number, 4);
  assert.equal(nearestStop([], 1), null);
});

test("the axes hold every curve, and a loss that is no number does not move them", () => {
  const wild = { ...HISTORY, loss: /** @type {History["loss"]} */ ([...HISTORY.loss, [5, "Infinity"]]) };

  const { x, y } = axesOf(pictureOf(wild, null, DATA, false), 5, false);
  const log = axesOf(pictureOf(wild, null, DATA, false), 5, true);

  assert.equal(x.ticks.at(-1), 10);
  assert.equal(y.ticks.at(-1), 1);
  assert.deepEqual(log.y.ticks, [0.01, 0.1, 1]);
});

test("a reading has everything that is known of a step", () => {
  const [, , third] = pictureOf(HISTORY, null, DATA, false).stops;

  assert.ok(third);
  assert.equal(readingOf(third, false, HISTORY, DATA), "step 3, loss 0.5, η 0.1 → 0.5");
});

test("a reading of an epoch has its mean, what was measured before it, and every edit in it", () => {
  const [first] = pictureOf(HISTORY, null, DATA, true).stops;

  assert.ok(first);
  assert.equal(
    readingOf(first, true, HISTORY, DATA),
    "epoch 1, mean loss 0.575, validation before it 0.9, penalty 0.015, η 0.1 → 0.5",
  );
});

test("one sentence tells how the run has gone", () => {
  assert.equal(
    sentenceOf(HISTORY, DATA),
    "Loss 0.8 → 0.3 in 5 steps; validation lowest 0.35 at epoch 2; accuracy 98\u00a0%.",
  );
});

test("before the first step there are only the scores to be told", () => {
  const regression = { ...DATA, best: null, training: { rows: 2, loss: 4, rmse: 2 } };

  assert.equal(sentenceOf({ steps: 0, loss: [], validation: [], edits: [] }, regression), "RMSE 2.");
});

test("the table has a row for each step, with its edits", () => {
  const { head, rows } = tableOf(pictureOf(HISTORY, null, DATA, false), HISTORY, DATA);

  assert.deepEqual(head, ["step", "training", "validation", "penalty", "edit"]);
  assert.deepEqual(rows[0], ["1", "0.8", "0.9", "0.01", ""]);
  assert.deepEqual(rows[2], ["3", "0.5", "", "", "η 0.1 → 0.5"]);
});
