import assert from "node:assert/strict";
import { test } from "node:test";

import { kindOf } from "../../static/js/drops.js";

for (const [text, kind] of [
  ["x,y\n1,2", "table"],
  ["", "table"],
  ["[1, 2]", "table"],
  ['{"version": 1}', "document"],
  ['\ufeff {"experiment": {}, "edits": []}', "document"],
  ['{"broken": ', "document"],
  ['{"receipt": 1, "events": []}', "receipt"],
]) {
  test(`${JSON.stringify(text)} is a ${kind}`, () => {
    assert.equal(kindOf(String(text)), kind);
  });
}
