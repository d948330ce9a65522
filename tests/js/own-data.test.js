import assert from "node:assert/strict";
import { test } from "node:test";

import { chosenAfter, columnsOf, fieldOf, inputsWith, whatIsKept } from "../../static/js/own-data/choices.js";
import { badWords, columnWords, furtherWords, textOf } from "../../static/js/own-data/preview.js";

/** @type {import("../../static/js/own-data/preview.js").Choices} */
const NOW = {
  header: true,
  delimiter: ",",
  inputs: ["a", "b"],
  target: "c",
  task: "regression",
  standardize: true,
  validation: 0.2,
  divide_target_by: 10,
  skip_bad_rows: false,
  seed: 0,
};
/** @type {import("../../static/js/types.js").LayerInfo[]} */
const NETWORK = [
  { type: "dense", fan_in: 2, units: 4, activation: "tanh", frozen: [] },
  { type: "dropout", fan_in: 4, units: 4, activation: null, frozen: [], rate: 0.5 },
  { type: "dense", fan_in: 4, units: 3, activation: "tanh", frozen: [] },
  { type: "dense", fan_in: 3, units: 1, activation: "sigmoid", frozen: [] },
];

test("a choice is added to those made before", () => {
  assert.deepEqual(chosenAfter({ validation: 0.1 }, { standardize: false }, NOW), { validation: 0.1, standardize: false });
});

test("another delimiter makes other columns, so that what was said about columns is forgotten", () => {
  const chosen = { inputs: ["a"], target: "b", task: /** @type {const} */ ("binary"), divide_target_by: 2, skip_bad_rows: true };

  assert.deepEqual(chosenAfter(chosen, { delimiter: ";" }, NOW), { delimiter: ";", skip_bad_rows: true });
});

test("another target has a task of its own, and is no input any more", () => {
  const chosen = { inputs: ["a", "b"], task: /** @type {const} */ ("regression"), divide_target_by: 2, validation: 0.1 };

  assert.deepEqual(chosenAfter(chosen, { target: "b" }, NOW), { inputs: ["a"], target: "b", validation: 0.1 });
});

test("a target that was the only input leaves the inputs to be guessed anew", () => {
  assert.deepEqual(chosenAfter({ inputs: ["b"] }, { target: "b" }, NOW), { target: "b" });
});

test("inputs keep the order of the table", () => {
  assert.deepEqual(inputsWith(["a", "b", "c"], ["c"], "a", true), ["a", "c"]);
  assert.deepEqual(inputsWith(["a", "b", "c"], ["a", "c"], "a", false), ["c"]);
});

for (const [path, field] of [
  ["text", "text"],
  ["line 3", "text"],
  ["choices.target", "target"],
  ["choices.inputs[1]", "inputs"],
  ["choices.divide_target_by", "divide_target_by"],
  ["network.layers", "general"],
]) {
  test(`a problem of ${path} is told at the field ${field}`, () => {
    assert.equal(fieldOf({ path: String(path), value: "", allowed: "" }), field);
  });
}

test("every weight is kept where inputs and outputs are as many as before", () => {
  assert.equal(whatIsKept(NETWORK, { inputs: 2, outputs: 1 }).kept, "all");
});

test("the layers at the ends are drawn anew where they do not fit, and are named", () => {
  const { kept, words } = whatIsKept(NETWORK, { inputs: 5, outputs: 3 });

  assert.equal(kept, "some");
  assert.match(words, /layer 1 and layer 4/);
});

test("nothing is kept of a network of ends alone", () => {
  const two = NETWORK.slice(2);

  assert.equal(whatIsKept(two, { inputs: 7, outputs: 2 }).kept, "nothing");
  assert.equal(whatIsKept(two, { inputs: 7, outputs: 1 }).kept, "some");
  assert.equal(whatIsKept(two.slice(1), { inputs: 7, outputs: 1 }).kept, "nothing");
});

test("classes are outputs, but two of them share one", () => {
  const inputs = [[1, 2, 3]];

  assert.deepEqual(columnsOf({ inputs, task: "classification", class_names: ["x", "y", "z"] }), { inputs: 3, outputs: 3 });
  assert.deepEqual(columnsOf({ inputs, task: "binary", class_names: ["x", "y"] }), { inputs: 3, outputs: 1 });
  assert.deepEqual(columnsOf({ inputs, task: "regression" }), { inputs: 3, outputs: 1 });
});

/** @type {import("../../static/js/own-data/preview.js").ColumnInfo} */
const COLUMN = { name: "a", kind: "number", use: "input", missing: 0, distinct: 3, least: -0.5, mean: 1, largest: 2, categories: [] };

test("a column is told by what it holds", () => {
  const categories = ["x", "y", "z", "u"].map((name) => ({ name, count: 1 }));

  assert.equal(columnWords(COLUMN), "numbers, −0.5 to 2");
  assert.equal(columnWords({ ...COLUMN, missing: 2 }), "numbers, −0.5 to 2; 2 missing");
  assert.equal(
    columnWords({ ...COLUMN, kind: "category", least: null, largest: null, distinct: 4, categories }),
    "4 categories: x, y, z, …",
  );
  assert.equal(columnWords({ ...COLUMN, kind: "constant", least: 5, largest: 5, categories: [{ name: "5.0", count: 9 }] }), "always 5.0");
  assert.equal(columnWords({ ...COLUMN, kind: "empty", least: null, largest: null, missing: 9 }), "nothing");
});

test("a bad row is told by line, column, value and reason", () => {
  assert.equal(badWords({ line: 3, column: "b", value: "x", why: "not a number" }), "Line 3, b: “x” is not a number.");
  assert.equal(badWords({ line: 4, column: "b", value: "", why: "missing" }), "Line 4, b: missing.");
  assert.equal(
    badWords({ line: 5, column: "", value: "1,2", why: "2 fields where 3 were expected" }),
    "Line 5: 2 fields where 3 were expected.",
  );
});

test("what is not listed is counted", () => {
  const told = [{ line: 1, column: "", value: "", why: "" }];

  assert.equal(furtherWords({ count: 32, rows: 32, told }), "and 31 more");
  assert.equal(furtherWords({ count: 1, rows: 1, told }), "");
});

test("a file is read in the encoding that it has", () => {
  assert.equal(textOf(new TextEncoder().encode("Größe")), "Größe");
  assert.equal(textOf(Uint8Array.of(0x47, 0x72, 0xf6, 0xdf, 0x65)), "Größe");
  assert.equal(textOf(Uint8Array.of(0xff, 0xfe, 0x47, 0x00, 0xf6, 0x00)), "Gö");
  assert.equal(textOf(Uint8Array.of(0xfe, 0xff, 0x00, 0x47, 0x00, 0xf6)), "Gö");
});
