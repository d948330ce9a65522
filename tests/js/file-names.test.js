import assert from "node:assert/strict";
import { test } from "node:test";

import { stepFile } from "../../static/js/file-names.js";

const CURSOR = { step: 11, event: 3 };

test("a file is named after the data and the step, counted from 1", () => {
  assert.equal(stepFile({ experiment: { title: "Anything", data: { name: "xor_cloud" } }, cursor: CURSOR }), "chalkgrad-xor-cloud-step-12");
});

test("without a name of the data the title serves, in letters that every system takes", () => {
  assert.equal(stepFile({ experiment: { title: "Häuser: 1/2 ?", data: {} }, cursor: CURSOR }), "chalkgrad-hauser-1-2-step-12");
});

test("without either the data are somebody’s own", () => {
  assert.equal(stepFile({ experiment: { data: { inputs: [] } }, cursor: CURSOR }), "chalkgrad-own-data-step-12");
  assert.equal(stepFile({ experiment: null, cursor: CURSOR }), "chalkgrad-own-data-step-12");
});
