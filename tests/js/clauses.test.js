/** Sentences where there is little room for them. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { fitting } from "../../static/js/clauses.js";

const LOSS = "Loss 0.595 → 0.211 in 400 steps; validation lowest 0.130 at epoch 27; accuracy 0.98. The penalty is 0.01.";

test("what has room is left as it is", () => {
  assert.equal(fitting(LOSS, LOSS.length), LOSS);
  assert.equal(fitting("", 0), "");
});

test("as many clauses are told as have room, each whole and closed", () => {
  assert.equal(fitting(LOSS, LOSS.length - 1), "Loss 0.595 → 0.211 in 400 steps; validation lowest 0.130 at epoch 27; accuracy 0.98.");
  assert.equal(fitting(LOSS, 80), "Loss 0.595 → 0.211 in 400 steps; validation lowest 0.130 at epoch 27.");
  assert.equal(fitting(LOSS, 69), "Loss 0.595 → 0.211 in 400 steps; validation lowest 0.130 at epoch 27.");
  assert.equal(fitting(LOSS, 68), "Loss 0.595 → 0.211 in 400 steps.");
});

test("the first clause is told even where it has no room", () => {
  assert.equal(fitting(LOSS, 5), "Loss 0.595 → 0.211 in 400 steps.");
  assert.equal(fitting("One clause without an end", 5), "One clause without an end");
});

test("what stands in brackets goes with them", () => {
  const signals = "The gradient has rms 0.125 in layer 1 (step 400; the last one. Ever). It shrinks.";
  assert.equal(fitting(signals, 75), "The gradient has rms 0.125 in layer 1 (step 400; the last one. Ever).");
  assert.equal(fitting(signals, 60), "The gradient has rms 0.125 in layer 1.");
  const line = "Nothing is kept: Δw = −η·g. In step 400: −0.3 · (−0.104) = 0.0312.";
  assert.equal(fitting(line, line.length - 1), "Nothing is kept: Δw = −η·g.");
  assert.equal(fitting("w (a (b) c; d) e; f", 18), "w (a (b) c; d) e");
});
