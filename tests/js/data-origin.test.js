import assert from "node:assert/strict";
import { test } from "node:test";

import { originOf, sinceWords } from "../../static/js/data-origin.js";

/** @typedef {import("../../static/js/types.js").Catalogue} Catalogue */
/** @typedef {import("../../static/js/types.js").Edit} Edit */

const catalogue = /** @type {Catalogue} */ (
  /** @type {unknown} */ ({
    datasets: [
      { name: "xor", label: "XOR", task: "binary", inputs: 2, options: {} },
      { name: "circles", label: "Circles", task: "binary", inputs: 2, options: {} },
      { name: "blobs", label: "Blobs", task: "classification", inputs: 2, options: { classes: 3 } },
      { name: "iris", label: "Iris", task: "classification", inputs: 4, options: {} },
    ],
  })
);

/**
 * @param {Record<string, any>} data  in force
 * @param {Edit[]} edits
 * @param {number} [step]
 */
function stateWith(data, edits, step = 300) {
  const document = { experiment: { data: { name: "xor" } }, edits, cursor: { step, event: 0 } };
  return { experiment: { data }, document, catalogue, cursor: document.cursor };
}

/** @param {number} step @param {unknown} value @returns {Edit} */
function whole(step, value) {
  return { step, event: 0, path: "data", value };
}

/** @param {number} step @returns {Edit} */
function moved(step) {
  return { step, event: 0, path: "data.points.move", value: [0, 0], index: [0] };
}

test("data of ours are told by their name", () => {
  assert.equal(originOf(stateWith({ name: "circles" }, [])), "Circles");
});

test("rows are told by where they came from, or else as typed in", () => {
  assert.equal(originOf(stateWith({ inputs: [[1]], targets: [1], source: "iris.csv" }, [])), "iris.csv");
  assert.equal(originOf(stateWith({ inputs: [[1]], targets: [1] }, [])), "Rows typed in");
});

test("data of ours are still told by their name when a row of them was changed", () => {
  const rows = { inputs: [[0, 0]], targets: [[0]] };

  assert.equal(originOf(stateWith(rows, [moved(3)])), "XOR, changed by hand");
  assert.equal(originOf(stateWith(rows, [whole(2, { name: "circles" }), moved(3)])), "Circles, changed by hand");
});

test("an edit that lies ahead has not happened yet", () => {
  assert.equal(originOf(stateWith({ name: "xor" }, [moved(400)])), "XOR");
  assert.equal(sinceWords(stateWith({ name: "xor" }, [moved(400)])), "");
});

test("new data of the same kind under a trained network leave it its weights", () => {
  assert.equal(sinceWords(stateWith({}, [whole(213, { name: "circles" })])), "Same weights, new data since step 214.");
});

test("data with other ends leave it the weights that fit", () => {
  const blobs = sinceWords(stateWith({}, [whole(213, { name: "blobs" })]));
  const own = sinceWords(stateWith({}, [whole(213, { inputs: [[1, 2, 3]], targets: [[1]] })]));
  const iris = sinceWords(stateWith({}, [whole(213, { name: "iris" })]));

  for (const words of [blobs, own, iris]) assert.equal(words, "New data since step 214; weights were kept where they fit.");
});

test("rows with as many inputs and classes fit", () => {
  const three = { inputs: [[1, 2]], targets: [0], task: "classification", class_names: ["a", "b", "c"] };

  assert.equal(sinceWords(stateWith({}, [whole(5, { name: "blobs" }), whole(9, three)])), "Same weights, new data since step 10.");
});

test("a row that was changed leaves every weight as it is", () => {
  assert.equal(sinceWords(stateWith({}, [moved(7)])), "Same weights, rows changed since step 8.");
});

test("before the first step there is nothing that was learned", () => {
  assert.equal(sinceWords(stateWith({}, [whole(0, { name: "circles" })])), "");
});
