import assert from "node:assert/strict";
import { test } from "node:test";

import { firstState, USUAL_SETTINGS } from "../../static/js/reduce.js";
import { chosenParameter, requestsOf } from "../../static/js/watching.js";

/** @typedef {import("../../static/js/types.js").LayerInfo} LayerInfo */
/** @typedef {import("../../static/js/types.js").ViewName} ViewName */

/** @type {LayerInfo[]} */
const LAYERS = [
  { type: "dropout", fan_in: 2, units: 2, activation: null, frozen: [], rate: 0.5 },
  { type: "dense", fan_in: 2, units: 3, activation: "tanh", frozen: [] },
];

/** @param {ViewName[]} views */
const open = (views, more = {}) => firstState({ layers: LAYERS, settings: { ...USUAL_SETTINGS, views }, ...more });

test("nothing is asked for while no view is open", () => {
  assert.deepEqual(requestsOf(open([])), []);
});

test("each open view is asked for, with what has been chosen in it", () => {
  const state = open(["loss", "landscape"]);

  assert.deepEqual(requestsOf(state), [
    { view: "loss" },
    { view: "landscape", axes: { kind: "random", seed: 0 }, over: "training" },
  ]);
});

test("the optimizer is asked about the parameter in focus, or else about the first", () => {
  const bias = { name: "layer1.b", index: [2] };

  assert.deepEqual(chosenParameter(open([], { selection: bias })), bias);
  assert.deepEqual(chosenParameter(open([])), { name: "layer1.W", index: [0, 0] });
});

test("a gradient or a change that is selected is about its parameter", () => {
  const weight = { name: "layer1.W", index: [2, 1] };

  for (const quantity of ["grad_W", "change_W", "next_W"]) {
    assert.deepEqual(chosenParameter(open([], { selection: { ...weight, name: `layer1.${quantity}` } })), weight);
  }
  const bias = { name: "layer1.b", index: [2] };
  assert.deepEqual(chosenParameter(open([], { selection: { ...bias, name: "layer1.change_b" } })), bias);
  assert.deepEqual(chosenParameter(open([], { selection: { name: "layer1.delta", index: [0, 1] } })), { name: "layer1.W", index: [0, 0] });
});

test("what the network does not have is not asked about", () => {
  const gone = { name: "layer1.W", index: [3, 0] };

  assert.deepEqual(chosenParameter(open([], { selection: gone })), { name: "layer1.W", index: [0, 0] });
  assert.equal(chosenParameter(firstState()), null);
  assert.deepEqual(requestsOf(firstState({ settings: { ...USUAL_SETTINGS, views: ["optimizer"] } })), []);
});
