import assert from "node:assert/strict";
import { test } from "node:test";

import { curveRuns, depthOf, heightOf } from "../../static/js/views/learning-rate.js";

/**
 * @param {import("../../static/js/types.js").Real} loss  today's
 * @param {import("../../static/js/types.js").Real[]} losses
 * @returns {import("../../static/js/types.js").WhatIf}
 */
function whatIf(loss, losses) {
  const learning_rates = losses.map((_, k) => 10 ** (k - 3));
  const limit = { exceeds: null, stability_limit: null, stability_reason: "The network is not linear." };
  return { step: 0, learning_rates, losses, changes: losses, loss, best: 1, ...limit };
}

test("the loss of today stands at the same height whatever it is", () => {
  assert.equal(heightOf(0.25, whatIf(0.25, [0.1])), heightOf(80, whatIf(80, [79])));
});

test("a smaller loss stands lower, a larger one higher, a huge one above the frame", () => {
  const curve = whatIf(0.4, [0.3, 0.5]);

  assert.ok(heightOf(0.3, curve) > heightOf(0.4, curve));
  assert.ok(heightOf(0.5, curve) < heightOf(0.4, curve));
  assert.ok(heightOf("Infinity", curve) < 0);
});

test("the best of the curve fills at least half of what is below today", () => {
  for (const best of [0, 0.3, 0.9, 0.99]) {
    const height = heightOf(best, whatIf(1, [1, best]));
    assert.ok(height >= 2 / 3 - 1e-9 && height <= 1, `${best} stands at ${height}`);
  }
});

test("the scale changes by halves, so that small changes of the curve leave it as it is", () => {
  assert.equal(depthOf(whatIf(1, [0.8])), 0.25);
  assert.equal(depthOf(whatIf(1, [0.85])), 0.25);
  assert.equal(depthOf(whatIf(1, [0.7])), 0.5);
});

test("where no learning rate helps, or there is nothing to gain, the frame is as fine as it gets", () => {
  assert.equal(depthOf(whatIf(1, [1, 2])), 1 / 256);
  assert.equal(depthOf(whatIf(0, [0, 0])), 1 / 256);
});

test("a loss that is no number interrupts the curve", () => {
  const runs = curveRuns(whatIf(1, [1, 1, "NaN", 1, 1]));

  assert.deepEqual(runs.map((run) => run.length), [2, 2]);
});
