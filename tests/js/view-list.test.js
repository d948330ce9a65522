import assert from "node:assert/strict";
import { test } from "node:test";

import { isViewName, MOST_OPEN, toggled, VIEWS } from "../../static/js/view-list.js";

test("a view that is asked for comes last, and one that is open goes", () => {
  assert.deepEqual(toggled(["loss"], "plane"), ["loss", "plane"]);
  assert.deepEqual(toggled(["loss", "plane"], "loss"), ["plane"]);
});

test("when there are too many, the one that was opened first makes room", () => {
  assert.deepEqual(toggled(["loss", "plane", "race"], "signals"), ["plane", "race", "signals"]);
  assert.equal(MOST_OPEN, 3);
});

test("every view has a name and a key of its own", () => {
  assert.equal(new Set(VIEWS.map(({ name }) => name)).size, VIEWS.length);
  assert.equal(new Set(VIEWS.map(({ key }) => key)).size, VIEWS.length);
});

test("only the names of views are names of views", () => {
  assert.equal(isViewName("what_if"), true);
  assert.equal(isViewName("tea"), false);
  assert.equal(isViewName(null), false);
});
