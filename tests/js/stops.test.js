import assert from "node:assert/strict";
import { test } from "node:test";

import { stopFor } from "../../static/js/stops.js";

test("arrows lead to the stop beside, and never past the ends", () => {
  assert.deepEqual(["ArrowLeft", "ArrowDown", "ArrowRight", "ArrowUp"].map((key) => stopFor(key, 3, 9)), [2, 2, 4, 4]);
  assert.deepEqual([stopFor("ArrowLeft", 0, 9), stopFor("ArrowUp", 8, 9)], [0, 8]);
  assert.deepEqual([stopFor("ArrowLeft", 0, 1), stopFor("ArrowRight", 0, 1)], [0, 0]);
});

test("Home and End lead to the ends, and other keys nowhere", () => {
  assert.deepEqual(["Home", "End", "Enter", "a"].map((key) => stopFor(key, 3, 9)), [0, 8, null, null]);
});
