import assert from "node:assert/strict";
import { test } from "node:test";

import { isArrow, nextPlace } from "../../static/js/stage/roving.js";

const CROSS = [
  { key: "middle", at: { x: 50, y: 50 } },
  { key: "right", at: { x: 90, y: 52 } },
  { key: "left", at: { x: 10, y: 48 } },
  { key: "above", at: { x: 52, y: 10 } },
  { key: "below", at: { x: 48, y: 90 } },
];

test("each arrow leads to what lies that way", () => {
  const next = (/** @type {string} */ key) => nextPlace(key, { x: 50, y: 50 }, CROSS);

  assert.deepEqual(["ArrowRight", "ArrowLeft", "ArrowUp", "ArrowDown"].map(next), ["right", "left", "above", "below"]);
});

test("at the rim an arrow leads nowhere", () => {
  assert.equal(nextPlace("ArrowRight", { x: 90, y: 52 }, CROSS), null);
});

test("what lies straight ahead is nearer than what lies aside", () => {
  const places = [{ key: "aside", at: { x: 20, y: 30 } }, { key: "ahead", at: { x: 60, y: 0 } }];

  assert.equal(nextPlace("ArrowRight", { x: 0, y: 0 }, places), "ahead");
});

test("only arrows lead anywhere", () => {
  assert.equal(isArrow("ArrowUp"), true);
  assert.equal(isArrow("Enter"), false);
  assert.equal(nextPlace("Enter", { x: 0, y: 0 }, CROSS), null);
});
