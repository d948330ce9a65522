import assert from "node:assert/strict";
import { test } from "node:test";

import { momentsOf, stops } from "../../static/js/moments.js";

/** @typedef {import("../../static/js/types.js").EventKind} EventKind */
/** @typedef {import("../../static/js/types.js").LayerInfo} LayerInfo */

/** @type {LayerInfo[]} */
const TWO_TWO_ONE = [
  { type: "dense", fan_in: 2, units: 2, activation: "tanh", frozen: [] },
  { type: "dense", fan_in: 2, units: 1, activation: "sigmoid", frozen: [] },
];

/** @param {EventKind} kind @param {number | null} layer */
function planned(kind, layer, parameter = /** @type {string | null} */ (null)) {
  return { kind, phase: /** @type {const} */ ("forward"), layer, parameter, title: "", mathml: "" };
}

/** @param {EventKind} kind @param {number | null} layer */
function told(kind, layer, parameter = /** @type {string | null} */ (null)) {
  return momentsOf(planned(kind, layer, parameter), TWO_TWO_ONE).map((m) => `${m.part} ${m.neuron} ${m.from}`);
}

test("an affine layer tells each neuron's products one by one, the bias last", () => {
  assert.deepEqual(told("affine", 0), ["term 0 0", "term 0 1", "term 0 2", "term 1 0", "term 1 1", "term 1 2"]);
});

test("an activation, a slope and an update tell one result for each neuron", () => {
  for (const kind of /** @type {const} */ (["activation", "activation_gradient"])) {
    assert.deepEqual(told(kind, 0), ["result 0 -1", "result 1 -1"]);
  }
  assert.deepEqual(told("update", 0, "b"), ["result 0 -1", "result 1 -1"]);
});

test("the loss tells each output's part, then the sample's loss, then the mean of the batch", () => {
  assert.deepEqual(told("loss", null), ["term 0 0", "result 0 -1", "whole -1 -1"]);
});

test("the gradient of the weights tells each δ·a of the sample, then the mean as a moment of its own", () => {
  assert.deepEqual(told("weight_gradient", 1), ["term 0 0", "term 0 1", "term 0 2", "whole -1 -1"]);
});

test("propagation tells, for each neuron that receives, what comes back along its edges", () => {
  assert.deepEqual(told("propagate", 1), ["term 0 0", "term 1 0"]);
});

test("an event of numbers that belong to no neuron is one moment", () => {
  for (const kind of /** @type {const} */ (["batch", "penalty", "clip", "commit", "validation", "penalty_gradient"])) {
    assert.deepEqual(told(kind, null), ["whole -1 -1"]);
  }
});

test("a term rests at every moment, a neuron where its last moment is shown, a layer at the end", () => {
  const moments = momentsOf(planned("affine", 0), TWO_TWO_ONE);

  assert.deepEqual(stops(moments, "term"), [1, 2, 3, 4, 5, 6]);
  assert.deepEqual(stops(moments, "neuron"), [3, 6]);
  for (const grain of /** @type {const} */ (["layer", "phase", "step", "epoch"])) {
    assert.deepEqual(stops(moments, grain), [6]);
  }
});

test("at the grain of neurons the loss rests at the sample's loss and at the mean", () => {
  assert.deepEqual(stops(momentsOf(planned("loss", null), TWO_TWO_ONE), "neuron"), [2, 3]);
});
