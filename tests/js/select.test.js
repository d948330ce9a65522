import assert from "node:assert/strict";
import { test } from "node:test";

import {
  batchSize, focusOf, isShown, moment, newest, phaseOf, placeOf, positionOf, refKey, refOf, sumOf, valueOf,
} from "../../static/js/select.js";

/** @typedef {import("../../static/js/types.js").State} State */

/** @param {number} index @param {Record<string, unknown>} rest */
function event(index, rest) {
  return { type: "event", run: "r", cursor: { step: 0, event: index + 1 }, step: 0, index, parameter: null, layer: 0,
    detail: null, words: "", line: "", ...rest };
}

const BATCH = event(0, { kind: "batch", phase: "forward", layer: null, values: { x: [[0, 1], [2, 3]], y: [[1], [0]] } });
const AFFINE = event(1, {
  kind: "affine", phase: "forward", values: { "layer0.z": [[0.1, 0.2], [3.5, -1]] },
  detail: { sample: 1, terms: [[2, 1, 0.5], [-2, 3, -2]], partials: [[2, 3, 3.5], [-2, 1, -1]] },
});
const GRADIENT = event(2, { kind: "weight_gradient", phase: "backward", values: { "layer0.grad_W": [[1, 2], [3, 4]], "layer0.grad_b": [5, 6] } });
const CLIP = event(3, { kind: "clip", phase: "backward", layer: null, values: { clip_scale: 0.5, "layer0.grad_W": [[0.5, 1], [1.5, 2]] } });
const UPDATE = event(4, { kind: "update", phase: "update", parameter: "W", values: { "layer0.next_W": [[9, 8], [7, 6]] } });

/** @param {Record<string, unknown>} rest @returns {State} */
function state(rest) {
  return /** @type {any} */ ({
    layers: [{ type: "dense", fan_in: 2, units: 2, activation: "tanh", frozen: [] }],
    parameters: { "layer0.W": [[1, -1], [0.5, 0.25]], "layer0.b": [0, 0] },
    plan: [BATCH, AFFINE, GRADIENT, CLIP, UPDATE], frame: null, sample: 1, selection: null, learning_rate: 0.1,
    events: [BATCH, AFFINE, GRADIENT, CLIP, UPDATE], cursor: { step: 0, event: 5 }, micro: 99, ...rest,
  });
}

test("the newest event is the last before the cursor, even when later ones are still known", () => {
  assert.equal(newest(state({ cursor: { step: 0, event: 2 } }))?.kind, "affine");
  assert.equal(newest(state({ cursor: { step: 0, event: 0 } })), null);
});

test("what comes after the cursor is an empty slot", () => {
  const early = state({ cursor: { step: 0, event: 1 }, micro: 1 });

  assert.equal(valueOf(early, { name: "layer0.z", index: [1, 0] }), undefined);
  assert.equal(valueOf(early, { name: "x", index: [1, 0] }), 2);
});

test("before the batch is drawn there are no inputs", () => {
  const first = state({ cursor: { step: 0, event: 0 }, micro: 0 });

  assert.equal(valueOf(first, { name: "x", index: [1, 0] }), undefined);
  assert.equal(batchSize(first), null);
  assert.equal(batchSize(state({})), 2);
});

test("a neuron's z is an empty slot until its last term is shown", () => {
  const at = (/** @type {number} */ micro) => state({ cursor: { step: 0, event: 2 }, micro });

  assert.equal(valueOf(at(2), { name: "layer0.z", index: [1, 0] }), undefined);
  assert.equal(valueOf(at(3), { name: "layer0.z", index: [1, 0] }), 3.5);
  assert.equal(valueOf(at(3), { name: "layer0.z", index: [1, 1] }), undefined);
});

test("a neuron in the middle of its sum has a partial sum", () => {
  const at = (/** @type {number} */ micro) => sumOf(state({ cursor: { step: 0, event: 2 }, micro }), 1);

  assert.deepEqual(at(3), { terms: [], partial: undefined, isDone: false });
  assert.deepEqual(at(5), { terms: [-2, 3], partial: 1, isDone: false });
  assert.deepEqual(at(6), { terms: [-2, 3, -2], partial: -1, isDone: true });
});

test("gradients of weights are known with the mean, after all terms", () => {
  const at = (/** @type {number} */ micro) => state({ cursor: { step: 0, event: 3 }, micro });

  assert.equal(valueOf(at(6), { name: "layer0.grad_W", index: [1, 0] }), undefined);
  assert.equal(valueOf(at(7), { name: "layer0.grad_W", index: [1, 0] }), 3);
});

test("a number told again is told as it was last", () => {
  assert.equal(valueOf(state({ cursor: { step: 0, event: 4 }, micro: 1 }), { name: "layer0.grad_W", index: [1, 0] }), 1.5);
  assert.equal(valueOf(state({ cursor: { step: 0, event: 4 }, micro: 0 }), { name: "layer0.grad_W", index: [1, 0] }), 3);
});

test("an update is shown row by row, and the weights of the step stay what they were", () => {
  const half = state({ micro: 1 });

  assert.equal(valueOf(half, { name: "layer0.next_W", index: [0, 1] }), 8);
  assert.equal(valueOf(half, { name: "layer0.next_W", index: [1, 0] }), undefined);
  assert.equal(valueOf(half, { name: "layer0.W", index: [0, 1] }), -1);
});

test("while the server trains, everything comes from the frame", () => {
  const frame = { x: [[7, 8]], "layer0.W": [[4, 4], [4, 4]] };
  const training = state({ frame, events: [] });

  assert.equal(valueOf(training, { name: "layer0.W", index: [0, 0] }), 4);
  assert.equal(valueOf(training, { name: "layer0.b", index: [0] }), 0);
  assert.equal(newest(training), null);
  assert.equal(phaseOf(training), null);
  assert.equal(batchSize(training), 1);
});

test("an event before the newest is shown whole, a later one not at all", () => {
  const half = state({ cursor: { step: 0, event: 2 }, micro: 2 });

  assert.equal(isShown(half, 0, 1), true);
  assert.equal(isShown(half, 1, 2), true);
  assert.equal(isShown(half, 1, 3), false);
  assert.equal(isShown(half, 2), false);
});

test("the focus is the viewer's choice, else what the moment brings about", () => {
  const half = state({ cursor: { step: 0, event: 2 }, micro: 4 });

  assert.deepEqual(moment(half), { part: "term", neuron: 1, from: 0 });
  assert.deepEqual(focusOf(half), { name: "layer0.z", index: [1, 1] });
  assert.deepEqual(focusOf({ ...half, selection: { name: "loss", index: [] } }), { name: "loss", index: [] });
});

test("the last term of a row of gradients is the bias's", () => {
  const at = (/** @type {number} */ micro) => focusOf(state({ cursor: { step: 0, event: 3 }, micro }));

  assert.deepEqual(at(2), { name: "layer0.grad_W", index: [0, 1] });
  assert.deepEqual(at(3), { name: "layer0.grad_b", index: [0] });
});

test("phase and position are those of the newest event; before the first, the plan's first phase", () => {
  assert.equal(phaseOf(state({})), "update");
  assert.equal(phaseOf(state({ cursor: { step: 0, event: 0 } })), "forward");
  assert.deepEqual(positionOf(state({ cursor: { step: 0, event: 2 } })), { number: 2, of: 5 });
});

test("all numbers of one edge stand in one place", () => {
  const places = ["W", "grad_W", "change_W", "next_W"].map((name) => placeOf({ name: `layer0.${name}`, index: [1, 0] }));

  assert.deepEqual([...new Set(places)], ["edge 0 1 0"]);
  assert.equal(placeOf({ name: "layer1.delta", index: [3, 2] }), placeOf({ name: "layer1.z", index: [3, 2] }));
  assert.notEqual(placeOf({ name: "layer0.b", index: [1] }), placeOf({ name: "layer0.a", index: [0, 1] }));
});

test("a row of the data stands in no place of the network", () => {
  const places = [{ name: "data", index: [2] }, { name: "validation", index: [2] }, { name: "loss", index: [] }].map(placeOf);

  assert.equal(new Set(places).size, 3);
});

test("a key of a Ref reads back as the Ref", () => {
  for (const ref of [{ name: "layer0.W", index: [1, 10] }, { name: "loss", index: [] }]) {
    assert.deepEqual(refOf(refKey(ref)), ref);
  }
  assert.equal(refKey({ name: "layer0.W", index: [1, 0] }), "layer0.W[1,0]");
  assert.equal(refOf("no ref"), null);
});
