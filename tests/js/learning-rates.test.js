import assert from "node:assert/strict";
import { test } from "node:test";

import { LARGEST, notch, placeOnScale, rateAt, SMALLEST } from "../../static/js/learning-rates.js";

test("a decade is a fifth of the scale, wherever it lies", () => {
  assert.equal(placeOnScale(0.0001), 0);
  assert.ok(Math.abs(placeOnScale(0.001) - 0.2) < 1e-12);
  assert.ok(Math.abs(placeOnScale(1) - 0.8) < 1e-12);
  assert.equal(placeOnScale(10), 1);
});

test("a learning rate beyond the scale stands at its end", () => {
  assert.equal(placeOnScale(0), 0);
  assert.equal(placeOnScale(50), 1);
});

test("the rate at the place of a rate is that rate", () => {
  for (const rate of [0.0001, 0.00023, 0.1, 0.5, 7.2, 10]) assert.equal(rateAt(placeOnScale(rate)), rate);
});

test("a dragged rate has two digits", () => {
  assert.equal(rateAt(0.5), 0.032);
});

test("+ goes to the next of 1, 2, 3, 5, and − comes back", () => {
  const up = [0.1];
  while (up.length < 6) up.push(notch(up.at(-1) ?? 0, 1));

  assert.deepEqual(up, [0.1, 0.2, 0.3, 0.5, 1, 2]);
  assert.equal(notch(0.1, -1), 0.05);
  assert.equal(notch(0.27, 1), 0.3);
  assert.equal(notch(0.27, -1), 0.2);
});

test("notches end where the scale ends", () => {
  assert.equal(notch(LARGEST, 1), LARGEST);
  assert.equal(notch(5, 1), LARGEST);
  assert.equal(notch(SMALLEST, -1), SMALLEST);
  assert.equal(notch(0, 1), SMALLEST);
});
