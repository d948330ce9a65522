/**
 * A 2-2-1 network in the middle of its first step, as the server would tell it.
 *
 * @module
 */

import { firstState, reduce } from "../../static/js/reduce.js";

/** @typedef {import("../../static/js/types.js").EventMessage} EventMessage */
/** @typedef {import("../../static/js/types.js").PlannedEvent} PlannedEvent */
/** @typedef {import("../../static/js/types.js").SnapshotMessage} SnapshotMessage */
/** @typedef {import("../../static/js/reduce.js").PageState} PageState */
/** @typedef {import("../../static/js/reduce.js").Action} Action */

/** @type {[PlannedEvent["kind"], PlannedEvent["phase"], number | null, string | null][]} */
const KINDS = [
  ["batch", "forward", null, null],
  ["affine", "forward", 0, null],
  ["activation", "forward", 0, null],
  ["affine", "forward", 1, null],
  ["loss", "loss", null, null],
  ["loss_gradient", "backward", 1, null],
  ["weight_gradient", "backward", 1, null],
  ["propagate", "backward", 1, null],
  ["activation_gradient", "backward", 0, null],
  ["weight_gradient", "backward", 0, null],
  ["update", "update", 0, "W"],
  ["commit", "update", null, null],
];

export const PLAN = KINDS.map(([kind, phase, layer, parameter]) => ({
  kind,
  phase,
  layer,
  parameter,
  title: `${kind} ${layer ?? ""}`,
  mathml: "<math></math>",
}));

export const COMMIT = PLAN.length - 1;

/**
 * @param {number} index  place in the plan
 * @param {Partial<EventMessage>} [more]
 * @returns {EventMessage}
 */
export function eventAt(index, more = {}) {
  const { kind, phase, layer, parameter } = /** @type {PlannedEvent} */ (PLAN[index]);
  const isCommit = kind === "commit";
  return {
    type: "event",
    run: "r1",
    cursor: isCommit ? { step: 1, event: 0 } : { step: 0, event: index + 1 },
    step: 0,
    index,
    kind,
    phase,
    layer,
    parameter,
    values: {},
    detail: null,
    words: "",
    line: "",
    ...more,
  };
}

/**
 * @param {number} event  how many events have run
 * @param {Partial<SnapshotMessage>} [more]
 * @returns {SnapshotMessage}
 */
export function snapshotAt(event, more = {}) {
  return {
    type: "snapshot",
    session: "session-of-sixteen",
    run: "r1",
    document: { experiment: {}, edits: [], cursor: { step: 0, event } },
    experiment: { optimizer: { type: "sgd", learning_rate: 0.5 } },
    layers: [
      { type: "dense", fan_in: 2, units: 2, activation: "sigmoid", frozen: [] },
      { type: "dense", fan_in: 2, units: 1, activation: "identity", frozen: [] },
    ],
    data: {
      task: "regression",
      samples: 4,
      validation_samples: 0,
      input_names: ["x", "y"],
      target_names: ["t"],
      class_names: [],
      inputs: [],
      targets: [],
      source: "",
    },
    cursor: { step: 0, event },
    epoch: 0,
    steps_per_epoch: 2,
    last_step: 0,
    sample: 0,
    plan: PLAN,
    events: PLAN.slice(0, event).map((_, index) => eventAt(index)),
    parameters: { "layer0.W": [[1, 2], [3, 4]], "layer0.b": [0, 0] },
    learning_rate: 0.5,
    history: { steps: 0, loss: [], validation: [], edits: [] },
    ghost: null,
    checked: null,
    preview: null,
    divergence: null,
    playing: false,
    finished: false,
    ...more,
  };
}

/**
 * The page after these actions.
 *
 * @param {...Action} actions
 * @returns {PageState}
 */
export function after(...actions) {
  return actions.reduce(reduce, firstState());
}
