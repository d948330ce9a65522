import assert from "node:assert/strict";
import { test } from "node:test";

import { planOf } from "../../static/js/signals/plan.js";
import { placeOfSize, placeOfStep, SHADES, shadeOf, strengthOf, stretchesOf } from "../../static/js/signals/scale.js";
import { findingWords, lookingWords, QUANTITIES, ratioWords, readingOf, sentenceOf, tableOf } from "../../static/js/signals/words.js";

/** @typedef {import("../../static/js/signals/words.js").LayerSignals} LayerSignals */
/** @typedef {import("../../static/js/signals/words.js").SignalsData} SignalsData */

/** @type {[number, number]} */
const DECADES = [-12, 4];
const [, , GRADIENT] = QUANTITIES;

/**
 * @param {number} rms
 * @param {Partial<import("../../static/js/signals/words.js").Distribution>} [more]
 */
function distribution(rms, more = {}) {
  return { step: 40, now: true, rms, smallest: -rms, largest: rms, count: 8, zeros: 0, below: 0, above: 0, ...more };
}

/**
 * @param {number} layer
 * @param {number} rms
 * @param {Partial<LayerSignals>} [more]
 * @returns {LayerSignals}
 */
function layerOf(layer, rms, more = {}) {
  const told = distribution(rms);
  return {
    layer,
    units: 4,
    activation: "relu",
    activations: told,
    deltas: told,
    gradient: told,
    ratio: 1e-3,
    ratio_step: 40,
    dead: [],
    dead_count: 0,
    saturated: [],
    saturated_count: 0,
    ...more,
  };
}

/** @param {LayerSignals[]} layers @returns {SignalsData} */
function dataOf(...layers) {
  return { layers, steps: [0, 1], stride: 1, last_step: 2, looked: 1, diagnoses: [], decades: DECADES, usual_ratio: [10 ** -3.5, 10 ** -2.5] };
}

test("a size stands by its power of ten, whatever its sign, and 0 stands nowhere", () => {
  assert.equal(placeOfSize(1e-12, DECADES), 0);
  assert.equal(placeOfSize(-1e-4, DECADES), 0.5);
  assert.equal(placeOfSize(1e4, DECADES), 1);
  assert.equal(placeOfSize(1e-30, DECADES), 0);
  assert.equal(placeOfSize(0, DECADES), null);
});

test("a thousandfold smaller rms is a shade with clearly less ink, at any size", () => {
  for (const rms of [1, 1e-3, 1e-6]) {
    const [large, small] = [shadeOf(rms, DECADES), shadeOf(rms / 1000, DECADES)];
    assert.ok(typeof large === "number" && typeof small === "number");
    assert.ok(strengthOf(large) > 1.5 * strengthOf(small));
  }
});

test("what is too large is told apart from the largest shade, and nothing has no shade", () => {
  assert.equal(shadeOf(1e300, DECADES), SHADES - 1);
  assert.equal(shadeOf(Infinity, DECADES), "over");
  assert.equal(shadeOf(0, DECADES), null);
  assert.equal(shadeOf("NaN", DECADES), null);
});

test("neighbours of one shade are one stretch, and the last one reaches to the end", () => {
  const sizes = [1, 1, 1e-6, NaN];

  const stretches = stretchesOf([0, 2, 4, 6], 2, (place) => sizes[place] ?? NaN, 8, DECADES);

  assert.deepEqual(
    stretches.map(({ from, to }) => [from, to]),
    [[0, 4], [4, 6]],
  );
});

test("what has not been looked at yet is left open", () => {
  const stretches = stretchesOf([0, 2, 40], 2, () => 1, 41, DECADES);

  assert.deepEqual(
    stretches.map(({ from, to }) => [from, to]),
    [[0, 4], [40, 41]],
  );
});

test("a step belongs to the newest sample that is not after it", () => {
  assert.equal(placeOfStep([0, 32, 64], 40), 1);
  assert.equal(placeOfStep([0, 32, 64], 64), 2);
  assert.equal(placeOfStep([8, 32], 3), 0);
});

test("the ratio of an update is usual near a thousandth", () => {
  const usual = dataOf().usual_ratio;

  assert.equal(ratioWords(1e-3, usual), "usual");
  assert.equal(ratioWords(1e-5, usual), "low");
  assert.equal(ratioWords("Infinity", usual), "high");
});

test("the sentence names the first and the last layer, and the step", () => {
  assert.equal(
    sentenceOf(dataOf(layerOf(0, 3e-6), layerOf(2, 0.02)), GRADIENT),
    "The gradient has rms 3·10⁻⁶ in layer 1 and 0.02 in layer 3 (step 41).",
  );
});

test("what is not of this moment is said to be the last that is known", () => {
  const before = layerOf(0, 0.5, { gradient: distribution(0.5, { now: false }) });

  assert.equal(sentenceOf(dataOf(before), GRADIENT), "The gradient has rms 0.5 in layer 1 (step 41, the last one known).");
});

test("looking back is never whole before it is", () => {
  assert.equal(lookingWords(0.4), "looking back… 40\u00a0%");
  assert.equal(lookingWords(0.999), "looking back… 99\u00a0%");
});

test("a reading tells what float32 cannot hold as more than it holds", () => {
  assert.equal(readingOf(GRADIENT, 1, 40, 0.25), "step 41, layer 2: rms of the gradient ∂L/∂W 0.25");
  assert.match(readingOf(GRADIENT, 0, 0, Infinity), /more than 3·10³⁸$/);
  assert.match(readingOf(GRADIENT, 0, 0, NaN), /not known$/);
});

test("a finding names its parameter as the picture does", () => {
  const words = "the update of layer0.W[0, 1] is not finite";

  const told = findingWords({ kind: "diverging", severity: "serious", words, since_step: 3, layer: null, units: [], parameter: "layer0.W[0, 1]" });

  assert.equal(told, "The update of w₁₂ of layer 1 is not finite");
});

test("the table has a row for each layer, with its silent neurons by name", () => {
  const { rows } = tableOf(dataOf(layerOf(0, 0.5, { dead: [0, 3], dead_count: 2 }), layerOf(1, 0.25, { ratio: null })), []);

  assert.deepEqual(rows, [
    ["layer 1, 4 relu", "0.5", "0.5", "0.5", "0.001 (usual)", "2: 1, 4", "none"],
    ["layer 2, 4 relu", "0.25", "0.25", "0.25", "", "none", "none"],
  ]);
});

test("columns never overlap and rows are never lower than their letters", () => {
  for (const width of [230, 360, 500, 1000]) {
    for (const layers of [1, 6, 20]) {
      const plan = planOf({ width, height: 130, letter: 13 }, layers, "spread");
      assert.ok(plan.row >= 1.5 * 13);
      assert.ok(plan.spread && plan.spread.left < plan.spread.right && plan.spread.right < plan.rms);
      if (plan.time) assert.ok(plan.rms < plan.time.left && plan.time.left < plan.time.right);
      assert.ok(plan.ratio === null || plan.ratio > (plan.time?.right ?? plan.rms));
      assert.ok(plan.height >= plan.bottom);
    }
  }
});

test("where there is no room for both, what is wanted has the room", () => {
  const narrow = planOf({ width: 230, height: 130, letter: 13 }, 3, "time");

  assert.equal(narrow.spread, null);
  assert.ok(narrow.time);
});
