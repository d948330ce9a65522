import assert from "node:assert/strict";
import { test } from "node:test";

import { firstState } from "../../static/js/reduce.js";
import { createStatusView, sentenceOf } from "../../static/js/views/status.js";

/** @typedef {import("../../static/js/types.js").EventMessage} EventMessage */
/** @typedef {import("../../static/js/types.js").PlannedEvent} PlannedEvent */

/** @type {import("../../static/js/types.js").LayerInfo[]} */
const LAYERS = [{ type: "dense", fan_in: 2, units: 2, activation: "tanh", frozen: [] }];

/** @type {EventMessage} */
const BATCH = {
  type: "event",
  run: "r",
  cursor: { step: 0, event: 1 },
  step: 0,
  index: 0,
  kind: "batch",
  phase: "forward",
  layer: null,
  parameter: null,
  values: { x: [[0.5, -2]], y: [[1]] },
  detail: null,
  words: "One row is drawn.",
  line: "",
};
/** @type {EventMessage} */
const AFFINE = {
  ...BATCH,
  cursor: { step: 0, event: 2 },
  index: 1,
  kind: "affine",
  layer: 0,
  values: { "layer0.z": [[-0.9, 3]] },
  detail: { sample: 0, terms: [[0.2, -1.2, 0.1], [1, 2, 0]], partials: [[0.2, -1, -0.9], [1, 3, 3]] },
  words: "Each neuron adds up its inputs.",
};
/** @type {PlannedEvent[]} */
const PLAN = [
  { kind: "batch", phase: "forward", layer: null, parameter: null, title: "", mathml: "" },
  { kind: "affine", phase: "forward", layer: 0, parameter: null, title: "", mathml: "" },
  { kind: "loss", phase: "loss", layer: null, parameter: null, title: "", mathml: "" },
];

/** @param {Partial<import("../../static/js/reduce.js").PageState>} more */
function inAffine(more) {
  return firstState({
    run: "r",
    layers: LAYERS,
    plan: PLAN,
    cursor: { step: 0, event: 2 },
    events: [BATCH, AFFINE],
    parameters: { "layer0.W": [[0.4, 0.6], [2, -1]], "layer0.b": [0.1, 0] },
    ...more,
  });
}

test("a term is told with its factors, negatives in parentheses", () => {
  assert.equal(
    sentenceOf(inAffine({ micro: 2, grain: "term" })),
    "Forward, pre-activation z of neuron 1 of layer 1, term 2 of 3: 0.6 × (−2) = −1.2.",
  );
});

test("the last term is told with the sum it completes", () => {
  assert.equal(
    sentenceOf(inAffine({ micro: 3, grain: "term" })),
    "Forward, pre-activation z of neuron 1 of layer 1, term 3 of 3: 0.1; together −0.9.",
  );
});

test("at grain neuron the neuron's number is told, at grain layer the event's words", () => {
  assert.equal(sentenceOf(inAffine({ micro: 3, grain: "neuron" })), "Forward, pre-activation z of neuron 1 of layer 1: −0.9.");
  assert.equal(sentenceOf(inAffine({ micro: 6, grain: "layer" })), "Forward: Each neuron adds up its inputs.");
});

test("at grain neuron all gradients of the neuron are told, and of which sample, but no more than can be listened to", () => {
  const gradients = (/** @type {number[]} */ row, /** @type {number[][]} */ x) =>
    sentenceOf(
      inAffine({
        micro: row.length,
        grain: "neuron",
        events: [
          { ...BATCH, values: { x } },
          { ...AFFINE, kind: "weight_gradient", phase: "backward", values: {}, detail: { sample: 0, terms: [row, row] } },
        ],
        layers: [{ type: "dense", fan_in: row.length - 1, units: 2, activation: "tanh", frozen: [] }],
      }),
    );

  assert.equal(
    gradients([0.08217, 0.0827, 0.138], [[1, 2]]),
    "Backward, gradients of neuron 1 of layer 1: 0.0822, 0.0827 and bias 0.138.",
  );
  assert.equal(
    gradients([1, 2, 3, 4, 5, 6, 7, 8, -9], [[1], [2]]),
    "Backward, gradients of neuron 1 of layer 1, sample 1 of 2: 1, 2, 3, 4, 5, 6, 2 more and bias −9.",
  );
});

test("before the first event there is nothing but that", () => {
  assert.equal(sentenceOf(firstState({ run: "r", layers: LAYERS })), "Before the first event of step 1.");
  assert.equal(sentenceOf(firstState()), "");
});

/** A live region that remembers what it said. */
function listener() {
  /** @type {string[]} */
  const said = [];
  const root = {
    classList: { add() {} },
    title: "",
    get textContent() {
      return said.at(-1) ?? "";
    },
    set textContent(text) {
      said.push(text);
    },
  };
  let time = 0;
  const view = createStatusView(/** @type {any} */ (root), { now: () => time });
  return { said, view, wait: (/** @type {number} */ ms) => (time += ms) };
}

test("every step of the viewer is told once", () => {
  const { said, view } = listener();

  view.update(inAffine({ micro: 1, grain: "term" }));
  view.update(inAffine({ micro: 1, grain: "term", hover: { name: "x", index: [0, 0] } }));
  view.update(inAffine({ micro: 2, grain: "term" }));

  assert.equal(said.length, 2);
});

test("while it walks by itself only the ends of phases are told", () => {
  const { said, view, wait } = listener();

  view.update(inAffine({ micro: 1, grain: "term", playing: "walk" }));
  wait(5000);
  view.update(inAffine({ micro: 2, grain: "term", playing: "walk" }));
  assert.deepEqual(said, []);

  view.update(inAffine({ micro: 6, grain: "layer", playing: "walk" }));
  assert.equal(said.length, 1);
});

test("while the server trains a sentence comes every two seconds at most", () => {
  const { said, view, wait } = listener();

  for (let step = 0; step < 10; step++) {
    view.update(firstState({ run: "r", cursor: { step, event: 3 }, frame: { loss: 0.5 }, playing: "train" }));
    wait(500);
  }

  const training = (/** @type {number} */ step) => `Training: at step ${step} the loss was 0.5.`;
  assert.deepEqual(said, [training(1), training(5), training(9)]);
});

test("the first frame of a training is told at once, and the moment it set out from is not told again", () => {
  const { said, view } = listener();

  view.update(inAffine({ micro: 6, grain: "layer" }));
  view.update(inAffine({ micro: 0, events: [BATCH], grain: "layer", playing: "train" }));
  view.update(firstState({ run: "r", cursor: { step: 30, event: 3 }, frame: { loss: 0.5 }, playing: "train" }));
  view.update(firstState({ run: "r", cursor: { step: 60, event: 3 }, frame: { loss: 0.4 }, playing: "train" }));

  assert.deepEqual(said, ["Forward: Each neuron adds up its inputs.", "Training: at step 31 the loss was 0.5."]);
});

test("the moment at which a training is paused is told at once", () => {
  const { said, view } = listener();

  view.update(firstState({ run: "r", cursor: { step: 30, event: 3 }, frame: { loss: 0.5 }, playing: "train" }));
  view.update(inAffine({ micro: 6, grain: "layer" }));

  assert.equal(said.at(-1), "Forward: Each neuron adds up its inputs.");
});
