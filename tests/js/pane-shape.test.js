import assert from "node:assert/strict";
import { test } from "node:test";

import { shapeFor } from "../../static/js/pane-shape.js";

test("words stand beside a wide picture, below a tall one, and in the place of one that is neither", () => {
  assert.equal(shapeFor(50, 10, false), "wide");
  assert.equal(shapeFor(49, 27, false), "tall");
  assert.equal(shapeFor(49, 26, false), "small");
});

test("where the page is as long as it has to be, words always have room below", () => {
  assert.equal(shapeFor(20, 5, true), "tall");
  assert.equal(shapeFor(60, 5, true), "wide");
});
