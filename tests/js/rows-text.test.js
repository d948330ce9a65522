import assert from "node:assert/strict";
import { test } from "node:test";

import { rowsOfText, textOfRows } from "../../static/js/rows-text.js";

test("a row is its inputs, a bar and its targets", () => {
  assert.deepEqual(rowsOfText("0 1 | 1\n1 1 | 0"), { inputs: [[0, 1], [1, 1]], targets: [[1], [0]] });
});

test("what was written out is read back", () => {
  const rows = { inputs: [[0.05, -0.1]], targets: [[0.01, 0.99]] };

  assert.deepEqual(rowsOfText(textOfRows(rows.inputs, rows.targets)), rows);
});

test("empty lines, semicolons, a decimal comma and the true minus are understood", () => {
  assert.deepEqual(rowsOfText("\n 0,5; −2 | 1 \n\n"), { inputs: [[0.5, -2]], targets: [[1]] });
});

for (const [text, line] of /** @type {const} */ ([
  ["0 1 | 1\n0 1", 2],
  ["| 1", 1],
  ["0 |", 1],
  ["0 | 1 | 2", 1],
  ["0 one | 1", 1],
])) {
  test(`${JSON.stringify(text)} has a problem in line ${line}`, () => {
    const read = rowsOfText(text);

    assert.ok("problem" in read && read.problem.startsWith(`Line ${line}:`));
  });
}

test("no rows at all are a problem", () => {
  assert.ok("problem" in rowsOfText("  \n"));
});
