import assert from "node:assert/strict";
import { test } from "node:test";

import { axisOf, curveOf, placeOn } from "../../static/js/optimizer/axes.js";
import { parametersOf, readingOf, sentenceOf, tableOf } from "../../static/js/optimizer/words.js";

/** @typedef {import("../../static/js/optimizer/words.js").OptimizerData} OptimizerData */

/** @param {Partial<OptimizerData>} [more] @returns {OptimizerData} */
function dataOf(more = {}) {
  return {
    reason: null,
    note: null,
    optimizer: "adam",
    label: "Adam",
    words: "Momentum divided by a root.",
    rule: "<math></math>",
    keeps: true,
    frozen: false,
    symbol: "<mi>w</mi>",
    parameter_words: "weight of layer 1 from 1 to 1",
    steps: [0, 1],
    stride: 1,
    last_step: 2,
    looked: 1,
    rows: [
      { name: "gradient", kind: "gradient", mathml: "<mi>g</mi>", words: "gradient", signed: true, ref: null, values: [0.5, -0.25] },
      { name: "m", kind: "state", mathml: "<mi>m</mi>", words: "average g", signed: true, ref: null, values: ["NaN", 0.125] },
    ],
    numbers: [],
    update: { step: 1, now: true, learning_rate: 0.1, gradient: 4e-3, change: -0.1, effective_rate: 25, divisor: 0.043, divisor_name: "v_hat" },
    ...more,
  };
}

test("an axis has 0 on it and round ends", () => {
  const axis = axisOf([0.3, -0.7], true, null);

  assert.deepEqual(axis, { isLog: false, low: -1, high: 0.5 });
  assert.equal(placeOn(axis, 0), 2 / 3);
});

test("what cannot be negative and spans decades is drawn by its logarithm", () => {
  const axis = axisOf([2e-7, 3e-3], false, null);

  assert.equal(axis.isLog, true);
  assert.ok(Math.abs(axis.low - 1e-7) < 1e-20 && Math.abs(axis.high - 1e-2) < 1e-15);
  assert.equal(placeOn(axis, 0), 0, "0 lies on the floor");
  assert.equal(axisOf([2, 3], false, null).isLog, false);
  assert.equal(axisOf([1e-7, 1], true, null).isLog, false);
});

test("an axis only grows, and is the same while nothing is outside", () => {
  const first = axisOf([0.3], true, null);

  assert.equal(axisOf([0.1], true, first), first);
  assert.deepEqual(axisOf([3], true, first), { isLog: false, low: 0, high: 5 });
  assert.deepEqual(axisOf([], true, first), first);
});

test("numbers at the end of their range have an axis all the same", () => {
  const axis = axisOf([1.5e308, "-Infinity", "NaN"], true, null);

  assert.ok(Number.isFinite(axis.high));
  assert.equal(placeOn(axis, 1.5e308), 1);
  assert.equal(placeOn(axis, "Infinity"), null);
});

test("a curve breaks at what is not known and where nobody has looked, and a value alone is a dot", () => {
  assert.equal(curveOf([0, 1], [0, 1], 1, [0, 10], 0, 20), "M0.0 20.0L10.0 0.0");
  assert.equal(curveOf([0, null, 1], [0, 1, 2], 1, [0, 10, 20], 0, 20), "M0.0 20.0h0M20.0 0.0h0");
  assert.equal(curveOf([0, 0, 1], [0, 1, 90], 1, [0, 1, 90], 0, 20), "M0.0 20.0L1.0 20.0M90.0 0.0h0");
});

test("Adam is said to divide by its root", () => {
  assert.equal(
    sentenceOf(dataOf(), "weight"),
    "Adam divides by √v̂ = 0.043, so this weight moves by −0.1; its gradient is 0.004.",
  );
});

test("gradient descent is said to keep nothing", () => {
  const update = { step: 6, now: false, learning_rate: 0.5, gradient: -0.25, change: 0.125, effective_rate: 0.5, divisor: null, divisor_name: null };

  assert.equal(
    sentenceOf(dataOf({ optimizer: "sgd", keeps: false, update }), "bias"),
    "Nothing is kept from step to step: Δw = −η·g. In step 7: −0.5 · (−0.25) = 0.125.",
  );
  assert.equal(sentenceOf(dataOf({ optimizer: "sgd", keeps: false, update: null }), "bias"), "Nothing is kept from step to step: Δw = −η·g.");
});

test("momentum is told by its effective rate, a frozen weight by its rest", () => {
  const update = { step: 1, now: true, learning_rate: 0.1, gradient: 0.01, change: -0.005, effective_rate: 0.5, divisor: null, divisor_name: null };

  assert.equal(
    sentenceOf(dataOf({ optimizer: "momentum", label: "momentum", update }), "weight"),
    "This weight moves by −0.005; its gradient is 0.01, so the effective rate |Δw|/|g| is 0.5.",
  );
  assert.equal(sentenceOf(dataOf({ frozen: true }), "weight"), "This weight is frozen: no update changes it.");
});

test("a reading has every quantity of the step, and says what is not known", () => {
  assert.equal(readingOf(dataOf(), 0), "Step 1: gradient 0.5, average g not known.");
});

test("the table has a row for each step", () => {
  assert.deepEqual(tableOf(dataOf()).rows, [
    ["1", "0.5", ""],
    ["2", "−0.25", "0.125"],
  ]);
});

test("the menu has weights and biases neuron by neuron, and stops where nobody would read on", () => {
  /** @type {import("../../static/js/types.js").LayerInfo[]} */
  const layers = [
    { type: "dense", fan_in: 2, units: 1, activation: "tanh", frozen: [] },
    { type: "dropout", fan_in: 1, units: 1, activation: null, frozen: [], rate: 0.5 },
    { type: "dense", fan_in: 1, units: 100, activation: "tanh", frozen: [] },
  ];

  const found = parametersOf(layers, 10);

  assert.deepEqual(found.slice(0, 3), [
    { name: "layer0.W", index: [0, 0] },
    { name: "layer0.W", index: [0, 1] },
    { name: "layer0.b", index: [0] },
  ]);
  assert.equal(found.length, 3 + 10);
  assert.equal(found[3]?.name, "layer2.W");
});
