/**
 * What is shown at this moment: the state as views ask for it.
 *
 * @module
 */

import { nameParts } from "./format.js";
import { momentsOf } from "./moments.js";

/** @typedef {import("./types.js").EventMessage} EventMessage */
/** @typedef {import("./types.js").LayerInfo} LayerInfo */
/** @typedef {import("./types.js").Moment} Moment */
/** @typedef {import("./types.js").Phase} Phase */
/** @typedef {import("./types.js").Real} Real */
/** @typedef {import("./types.js").Ref} Ref */
/** @typedef {import("./types.js").State} State */
/** @typedef {import("./types.js").Value} Value */
/** @typedef {import("./types.js").Values} Values */

/** @typedef {Pick<State, "events" | "cursor" | "frame">} Told */

/**
 * The event that ran last, or null before the first of a step and while the server trains.
 *
 * @param {Told} state
 * @returns {EventMessage | null}
 */
export function newest(state) {
  if (state.frame) return null;
  for (let k = state.events.length - 1; k >= 0; k--) {
    const event = state.events[k];
    if (event && event.index < state.cursor.event) return event;
  }
  return null;
}

/** The moments of the newest event; none when there is no event. @param {State} state @returns {Moment[]} */
export function moments(state) {
  const event = newest(state);
  return event ? momentsOf(event, state.layers) : [];
}

/** The moment shown last. @param {State} state @returns {Moment | null} */
export function moment(state) {
  const all = moments(state);
  return all[Math.min(state.micro, all.length) - 1] ?? null;
}

/** Whether every moment of the newest event is shown. @param {State} state */
export function isWhole(state) {
  return state.micro >= moments(state).length;
}

/**
 * What the update would do, and the loss at other learning rates; nothing until the event that makes the last gradient
 * known is shown whole.
 *
 * @param {State} state
 * @returns {Pick<State, "preview" | "what_if">}
 */
export function foreseen(state) {
  const { preview, what_if } = state;
  return isWhole(state) || phaseOf(state) === "update" ? { preview, what_if } : { preview: null, what_if: null };
}

/**
 * The parameter at which the run diverges, or null.
 *
 * @param {Pick<State, "divergence">} state
 * @returns {Ref | null}
 */
export function divergedAt({ divergence }) {
  return divergence && refOf(divergence.parameter.replaceAll(" ", ""));
}

/**
 * Whether `micro` moments of the step's event `eventIndex` are shown.
 *
 * @param {State} state
 * @param {number} eventIndex  place in the plan
 * @param {number} [micro]
 */
export function isShown(state, eventIndex, micro = 1) {
  if (eventIndex >= state.cursor.event) return false;
  return newest(state)?.index !== eventIndex || micro <= state.micro;
}

/**
 * How many moments of `event` must be shown for this number of it to be known.
 *
 * @param {EventMessage} event
 * @param {Ref} ref
 * @param {LayerInfo[]} layers
 */
function microOf(event, ref, layers) {
  const layer = layers[event.layer ?? layers.length - 1];
  const { quantity } = nameParts(ref.name);
  const [first = 0, second = 0] = ref.index;
  if (!layer) return 1;
  switch (event.kind) {
    case "affine":
      return (second + 1) * (layer.fan_in + 1);
    case "activation":
    case "dropout":
    case "loss_gradient":
    case "activation_gradient":
    case "dropout_gradient":
      return second + 1;
    case "propagate":
      return (second + 1) * layer.units;
    case "update":
      return first + 1;
    case "loss":
      return momentsOf(event, layers).length - (quantity === "sample_loss" ? 1 : 0);
    case "weight_gradient":
      return momentsOf(event, layers).length;
    case "validation":
    case "batch":
    case "penalty":
    case "penalty_gradient":
    case "clip":
    case "commit":
      return 1;
  }
}

/**
 * One number of nested lists.
 *
 * @param {Value | undefined} value
 * @param {number[]} index
 * @returns {Real | undefined}
 */
export function at(value, index) {
  /** @type {any} */
  let found = value;
  for (const place of index) {
    if (!Array.isArray(found)) return undefined;
    found = found[place];
  }
  return found === undefined || found === null || Array.isArray(found) ? undefined : found;
}

/**
 * The number at `ref`; undefined is an empty slot: not computed, or not yet shown.
 *
 * @param {State} state
 * @param {Ref} ref
 * @returns {Real | undefined}
 */
export function valueOf(state, ref) {
  if (state.frame) return at(state.frame[ref.name], ref.index) ?? at(state.parameters[ref.name], ref.index);
  const last = newest(state);
  for (let k = state.events.length - 1; k >= 0; k--) {
    const event = state.events[k];
    if (!event || event.index >= state.cursor.event || !(ref.name in event.values)) continue;
    if (event === last && microOf(event, ref, state.layers) > state.micro) continue;
    const value = at(event.values[ref.name], ref.index);
    if (value !== undefined) return value;
  }
  if (ref.name === "learning_rate") return state.learning_rate;
  return at(state.parameters[ref.name], ref.index);
}

/**
 * The row of `detail.terms` as far as it is shown, and the running sum after the last of them: a neuron in the middle of
 * its sum, or one that has just finished it.
 *
 * @param {State} state
 * @param {number} neuron  the row
 * @returns {{terms: Real[], partial: Real | undefined, isDone: boolean} | null}  null when the newest event has no terms for it
 */
export function sumOf(state, neuron) {
  const event = newest(state);
  const row = event?.detail?.terms?.[neuron];
  if (!event || !row) return null;
  const shown = Math.max(0, Math.min(row.length, state.micro - neuron * row.length));
  return {
    terms: row.slice(0, shown),
    partial: shown > 0 ? event.detail?.partials?.[neuron]?.[shown - 1] : undefined,
    isDone: shown === row.length,
  };
}

/** Row of the batch on show. @param {State} state */
export function sampleOf(state) {
  return newest(state)?.detail?.sample ?? state.sample;
}

/** How many samples the batch has, or null before it is drawn. @param {State} state @returns {number | null} */
export function batchSize(state) {
  const x = state.frame ? state.frame["x"] : state.events.find((e) => "x" in e.values && e.index < state.cursor.event)?.values["x"];
  return Array.isArray(x) ? x.length : null;
}

/**
 * The phase of what is shown; before the first event that of the first in the plan; null while the server trains.
 *
 * @param {State} state
 * @returns {Phase | null}
 */
export function phaseOf(state) {
  if (state.frame) return null;
  return (newest(state) ?? state.plan[state.cursor.event])?.phase ?? null;
}

/** How many events of the step have run, and how many it has. @param {State} state */
export function positionOf(state) {
  return { number: state.cursor.event, of: state.plan.length };
}

/**
 * What is to be explained: the viewer's choice, else the quantity that the moment on show brings about.
 *
 * @param {State} state
 * @returns {Ref | null}
 */
export function focusOf(state) {
  return state.selection ?? producedBy(state);
}

/** @param {State} state @returns {Ref | null} */
function producedBy(state) {
  const event = newest(state);
  const shown = moment(state);
  if (!event || !shown) return null;
  const sample = sampleOf(state);
  const layer = `layer${event.layer ?? state.layers.length - 1}`;
  const before = `layer${(event.layer ?? 0) - 1}`;
  switch (event.kind) {
    case "affine":
      return { name: `${layer}.z`, index: [sample, shown.neuron] };
    case "activation":
    case "dropout":
      return { name: `${layer}.a`, index: [sample, shown.neuron] };
    case "loss":
      return shown.part === "whole" ? { name: "loss" in event.values ? "loss" : "data_loss", index: [] } : { name: "sample_loss", index: [sample] };
    case "penalty":
      return { name: "penalty", index: [] };
    case "loss_gradient":
      return { name: `${layer}.${`${layer}.delta` in event.values ? "delta" : "grad_a"}`, index: [sample, shown.neuron] };
    case "activation_gradient":
      return { name: `${layer}.delta`, index: [sample, shown.neuron] };
    case "weight_gradient": {
      // Of a layer's means the first stands for all.
      const [neuron, from] = shown.part === "whole" ? [0, 0] : [shown.neuron, shown.from];
      const isBias = from === (state.layers[event.layer ?? 0]?.fan_in ?? 0);
      return isBias ? { name: `${layer}.grad_b`, index: [neuron] } : { name: `${layer}.grad_W`, index: [neuron, from] };
    }
    case "propagate":
    case "dropout_gradient":
      return { name: `${before}.grad_a`, index: [sample, shown.neuron] };
    case "penalty_gradient":
      return Object.keys(event.values).includes("layer0.grad_W") ? { name: "layer0.grad_W", index: [0, 0] } : null;
    case "clip":
      return { name: "clip_scale", index: [] };
    case "update":
      return event.parameter === "b"
        ? { name: `${layer}.next_b`, index: [shown.neuron] }
        : { name: `${layer}.next_W`, index: [shown.neuron, 0] };
    case "validation":
      return { name: "validation_loss", index: [] };
    case "batch":
    case "commit":
      return null;
  }
}

/**
 * Where in the picture a quantity stands: all numbers of one edge, or of one neuron, share a place. Two quantities with
 * the same place light up together.
 *
 * @param {Ref} ref
 * @returns {string}  e.g. "edge 0 1 0" (layer, to, from), "bias 0 1", "node 0 1", "input 0", "target 0", "loss"
 */
export function placeOf(ref) {
  const { layer, quantity } = nameParts(ref.name);
  const [first = 0, second = 0] = ref.index;
  if (quantity === "x") return `input ${second}`;
  if (quantity === "y") return `target ${second}`;
  // A row of the data stands in no place of the network.
  if (quantity === "data" || quantity === "validation") return `${quantity} ${first}`;
  if (layer < 0) return "loss";
  if (quantity.endsWith("W")) return `edge ${layer} ${first} ${second}`;
  if (quantity.endsWith("b")) return `bias ${layer} ${first}`;
  return `node ${layer} ${second}`;
}

/** A Ref as one text, e.g. "layer0.W[1,0]"; equal texts mean the same number. @param {Ref} ref */
export function refKey(ref) {
  return `${ref.name}[${ref.index.join(",")}]`;
}

/** @param {string} text  as of `refKey` @returns {Ref | null} */
export function refOf(text) {
  const match = /^([\w.]+)\[([\d,]*)\]$/.exec(text);
  if (!match) return null;
  return { name: match[1] ?? "", index: match[2] ? match[2].split(",").map(Number) : [] };
}
