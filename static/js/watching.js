/**
 * What the server is asked to tell of the open views.
 *
 * @module
 */

import { nameParts } from "./format.js";
import { focusOf } from "./select.js";

/** @typedef {import("./types.js").State} State */
/** @typedef {import("./types.js").ViewRequest} ViewRequest */
/** @typedef {import("./types.js").ViewName} ViewName */
/** @typedef {import("./types.js").Ref} Ref */

/** Numbers that a neuron has one of for each sample. */
const NEURON_QUANTITIES = new Set(["z", "a", "slope", "delta", "grad_a"]);

/**
 * One request for each open view. Equal states give equal requests, in the same order.
 *
 * @param {State} state
 * @returns {ViewRequest[]}
 */
export function requestsOf(state) {
  return state.settings.views.flatMap((name) => requestOf(name, state) ?? []);
}

/**
 * @param {ViewName} name
 * @param {State} state
 * @returns {ViewRequest | null}
 */
function requestOf(name, state) {
  const { view_options: options } = state;
  switch (name) {
    case "plane":
      return { view: name, ...planeOptions(state) };
    case "landscape":
      return { view: name, ...options.landscape, axes: landscapeAxes(state) };
    case "optimizer": {
      const parameter = chosenParameter(state);
      return parameter && { view: name, parameter };
    }
    case "loss":
    case "what_if":
    case "signals":
      return { view: name };
    case "race":
      return options.race.lanes.length > 0 ? { view: name, ...options.race } : null;
  }
}

/**
 * What the plane is to tell: the maps of all neurons while there is a stage to draw them in, and that of the one selected.
 *
 * @param {State} state
 * @returns {import("./types.js").PlaneOptions}
 */
function planeOptions({ view_options: { plane }, settings, enlarged, selection }) {
  const neuron = selection && neuronOf(selection);
  return { ...plane, neurons: settings.neuron_maps && enlarged === null, ...(neuron && { neuron }) };
}

/**
 * The parameter that the optimizer's view is about: the one selected, be it by its value, its gradient or its change, or else
 * the one it was about before, or the first.
 *
 * @param {State} state
 * @returns {Ref | null}
 */
export function chosenParameter(state) {
  const selected = state.selection && parameterOf(state, state.selection);
  if (selected) return selected;
  const before = state.view_options.optimizer;
  if (before && isParameter(state, before)) return before;
  const layer = state.layers.findIndex(({ type }) => type === "dense");
  return layer < 0 ? null : { name: `layer${layer}.W`, index: [0, 0] };
}

/**
 * The axes that the landscape is drawn over: those that were chosen, as far as the network has them.
 *
 * @param {State} state
 * @returns {import("./types.js").Axes}
 */
export function landscapeAxes(state) {
  const { axes } = state.view_options.landscape;
  if (axes.kind !== "parameters") return axes;
  const { first, second } = axes;
  const differ = first.name !== second.name || first.index.join() !== second.index.join();
  return isParameter(state, first) && isParameter(state, second) && differ ? axes : twoParameters(state, firstParameter(state));
}

/**
 * A parameter, the one in focus if it is one, and its neighbour at the same neuron.
 *
 * @param {State} state
 * @param {Ref | null} [first]
 * @returns {import("./types.js").Axes}
 */
export function twoParameters(state, first = parameterInFocus(state) ?? firstParameter(state)) {
  if (!first) return { kind: "random", seed: 0 };
  const [to = 0, from = -1] = first.index;
  const weights = first.name.replace(/b$/, "W");
  const bias = { name: weights.replace(/W$/, "b"), index: [to] };
  const candidates = [{ name: weights, index: [to, from + 1] }, { name: weights, index: [to, from - 1] }, bias];
  const second = candidates.find((each) => isParameter(state, each)) ?? bias;
  return { kind: "parameters", first, second };
}

/**
 * The parameter that the focus is about, be it its value, its gradient or its change.
 *
 * @param {State} state
 * @returns {Ref | null}
 */
export function parameterInFocus(state) {
  const focus = focusOf(state);
  return focus && parameterOf(state, focus);
}

/**
 * @param {State} state
 * @param {Ref} ref
 * @returns {Ref | null}
 */
function parameterOf(state, ref) {
  const parameter = { ...ref, name: ref.name.replace(/\.[a-z_]+_(W|b)$/, ".$1") };
  return isParameter(state, parameter) ? parameter : null;
}

/**
 * @param {State} state
 * @returns {Ref | null}
 */
function firstParameter({ layers }) {
  const layer = layers.findIndex(({ type }) => type === "dense");
  return layer < 0 ? null : { name: `layer${layer}.W`, index: [0, 0] };
}

/**
 * @param {State} state
 * @param {Ref} ref
 */
function isParameter({ layers }, { name, index }) {
  const found = /^layer(\d+)\.(W|b)$/.exec(name);
  const layer = found && layers[Number(found[1])];
  if (!layer || layer.type !== "dense") return false;
  const [to = -1, from = -1] = index;
  return to >= 0 && to < layer.units && (found[2] === "b" ? index.length === 1 : from >= 0 && from < layer.fan_in);
}

/**
 * The neuron whose number it is, or null.
 *
 * @param {Ref} ref
 * @returns {{layer: number, unit: number} | null}
 */
export function neuronOf({ name, index }) {
  const { layer, quantity } = nameParts(name);
  const [, unit] = index;
  return layer >= 0 && unit !== undefined && NEURON_QUANTITIES.has(quantity) ? { layer, unit } : null;
}
