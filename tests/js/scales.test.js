import assert from "node:assert/strict";
import { test } from "node:test";

import { gradientStrength, signClass, weightWidth } from "../../static/js/scales.js";

test("the width of a weight grows with its size, whatever its sign", () => {
  assert.equal(weightWidth(0), 1.25);
  assert.equal(weightWidth(1), 2.75);
  assert.equal(weightWidth(-1), 2.75);
});

test("no edge grows wider than that of a weight of 4", () => {
  assert.equal(weightWidth(4), 7.25);
  assert.equal(weightWidth(400), 7.25);
  assert.equal(weightWidth("Infinity"), 7.25);
});

test("a weight that is not a number is drawn thin", () => {
  assert.equal(weightWidth("NaN"), 1.25);
});

test("signs are words", () => {
  assert.equal(signClass(0.1), "positive");
  assert.equal(signClass(-1e-9), "negative");
  assert.equal(signClass(0), "zero");
  assert.equal(signClass("-Infinity"), "negative");
  assert.equal(signClass("NaN"), "zero");
});

test("a gradient's strength is its order of magnitude between 10^-6 and 10", () => {
  assert.equal(gradientStrength(1e-6), 0);
  assert.equal(gradientStrength(10), 1);
  assert.ok(Math.abs(gradientStrength(-0.01) - 4 / 7) < 1e-12);
});

test("a gradient beyond either end of the scale has that end's strength", () => {
  assert.equal(gradientStrength(0), 0);
  assert.equal(gradientStrength(1e-12), 0);
  assert.equal(gradientStrength(1e6), 1);
  assert.equal(gradientStrength("-Infinity"), 1);
  assert.equal(gradientStrength("NaN"), 0);
});
