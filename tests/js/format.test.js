import assert from "node:assert/strict";
import { test } from "node:test";

import { digitsToShow, exact, nameParts, number, parsed, quantityName, signed, stepName, symbol, typed } from "../../static/js/format.js";

test("a number has three significant digits and a true minus", () => {
  assert.equal(number(-0.8764), "−0.876");
  assert.equal(number(12.3456), "12.3");
  assert.equal(number(0.0012345), "0.00123");
});

test("zeros at the end tell that a number was rounded", () => {
  assert.equal(number(0.5), "0.5");
  assert.equal(number(0.50012), "0.500");
  assert.equal(number(1), "1");
  assert.equal(number(0.1 + 0.2), "0.3");
});

test("zero is 0 and has no sign", () => {
  assert.equal(number(-0), "0");
  assert.equal(signed(0), "0");
});

test("rounding up moves to the next power of ten", () => {
  assert.equal(number(0.99999), "1.00");
  assert.equal(number(9.9996), "10.0");
});

test("tiny and huge numbers are written with a power of ten", () => {
  assert.equal(number(0.00001234), "1.23·10⁻⁵");
  assert.equal(number(-2e-10), "−2·10⁻¹⁰");
  assert.equal(number(1234567), "1.23·10⁶");
});

test("an integer part is never rounded to tens", () => {
  assert.equal(number(12345.6), "12346");
});

test("what JSON cannot spell is named", () => {
  assert.equal(number("NaN"), "NaN");
  assert.equal(number("Infinity"), "∞");
  assert.equal(number("-Infinity"), "−∞");
});

test("signed writes the plus too", () => {
  assert.equal(signed(0.25), "+0.25");
  assert.equal(signed(-0.25), "−0.25");
});

test("exact has eight digits", () => {
  assert.equal(exact(0.2983711087600027), "0.29837111");
});

test("typed text is read with a true minus or a decimal comma, and refused when it is no number", () => {
  assert.equal(parsed(" −0,5 "), -0.5);
  assert.equal(parsed("1e-3"), 0.001);
  assert.equal(parsed(".5"), 0.5);
  for (const text of ["", "abc", "1.2.3", "−", "0x10", "Infinity", "1,000,000"]) assert.equal(parsed(text), null);
  assert.equal(parsed(typed(-0.1)), -0.1);
});

test("people count from 1", () => {
  assert.equal(stepName(0), "step 1");
  assert.equal(symbol({ name: "layer0.W", index: [1, 0] }), "w₂₁");
  assert.equal(symbol({ name: "layer1.delta", index: [3, 0] }), "δ₁");
  assert.equal(symbol({ name: "layer1.W", index: [9, 0] }), "w₁₀,₁");
});

test("a quantity is named in words, with the names of the inputs", () => {
  const data = /** @type {any} */ ({ input_names: ["size", "rooms"], target_names: ["price"] });

  assert.equal(quantityName({ name: "layer0.W", index: [1, 0] }, data), "weight of layer 1 from input size to neuron 2");
  assert.equal(quantityName({ name: "layer1.W", index: [0, 1] }), "weight of layer 2 from neuron 2 to neuron 1");
  assert.equal(quantityName({ name: "layer1.grad_b", index: [0] }), "gradient of the bias of neuron 1 of layer 2");
  assert.equal(quantityName({ name: "layer0.z", index: [3, 1] }), "pre-activation z of neuron 2 of layer 1");
  assert.equal(quantityName({ name: "y", index: [0, 0] }, data), "target price");
  assert.equal(quantityName({ name: "layer0.velocity_W", index: [0, 0] }), "velocity of the weight of layer 1 from input 1 to neuron 1");
});

test("a name is parted into layer and quantity", () => {
  assert.deepEqual(nameParts("layer12.grad_W"), { layer: 12, quantity: "grad_W" });
  assert.deepEqual(nameParts("sample_loss"), { layer: -1, quantity: "sample_loss" });
});

test("digitsToShow lets a small change be seen, and never asks for fewer than the usual digits", () => {
  assert.equal(digitsToShow(0.15, -0.000219), 5);
  assert.equal(digitsToShow(0.4, -0.0411), 3);
  assert.equal(digitsToShow(2, 5), 3);
  assert.equal(digitsToShow(1, 0), 3);
  assert.equal(digitsToShow(1, 1e-30), 8);
});
