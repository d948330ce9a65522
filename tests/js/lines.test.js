import assert from "node:assert/strict";
import { test } from "node:test";

import { lineOf } from "../../static/js/lines.js";

test("a line goes through its places and is interrupted where it is no number", () => {
  const places = [{ x: 1, y: 2 }, { x: NaN, y: 0 }, { x: 3, y: 4 }, { x: 5, y: 6.26 }, { x: 7, y: Infinity }, { x: 9, y: 0 }];

  assert.equal(lineOf(places), "M1.0 2.0M3.0 4.0L5.0 6.3M9.0 0.0");
  assert.equal(lineOf([]), "");
});
