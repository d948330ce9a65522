/**
 * One event as the moments of the finest grain, and where each grain rests among them.
 *
 * @module
 */

/** @typedef {import("./types.js").EventMessage} EventMessage */
/** @typedef {import("./types.js").PlannedEvent} PlannedEvent */
/** @typedef {import("./types.js").LayerInfo} LayerInfo */
/** @typedef {import("./types.js").Moment} Moment */
/** @typedef {import("./types.js").Grain} Grain */

/** @type {Moment} */
const WHOLE = Object.freeze({ part: "whole", neuron: -1, from: -1 });

/** @param {number} rows @param {number} columns @returns {Moment[]}  row by row */
function terms(rows, columns) {
  return Array.from({ length: rows * columns }, (_, k) => ({
    part: "term",
    neuron: Math.floor(k / columns),
    from: k % columns,
  }));
}

/** @param {number} count @returns {Moment[]} */
function results(count) {
  return Array.from({ length: count }, (_, neuron) => ({ part: "result", neuron, from: -1 }));
}

/**
 * The moments of an event in the order in which they are told; at least one.
 *
 * An affine neuron is done with its last term, the bias. The loss has one term for each output, then the sample's loss
 * (a result of "neuron" 0), then the mean of the batch; the gradient of the weights one term for each weight, then the
 * mean.
 *
 * @param {EventMessage | PlannedEvent} event
 * @param {LayerInfo[]} layers
 * @returns {Moment[]}
 */
export function momentsOf(event, layers) {
  const layer = layers[event.layer ?? layers.length - 1];
  if (!layer) return [WHOLE];
  /** @type {Moment[]} */
  let moments;
  switch (event.kind) {
    case "affine":
      moments = terms(layer.units, layer.fan_in + 1);
      break;
    case "activation":
    case "dropout":
    case "loss_gradient":
    case "activation_gradient":
    case "update":
      moments = results(layer.units);
      break;
    case "dropout_gradient":
      moments = results(layer.fan_in);
      break;
    case "loss": {
      const outputs = layers[layers.length - 1] ?? layer;
      moments = [...terms(1, outputs.units), ...results(1), WHOLE];
      break;
    }
    case "weight_gradient":
      moments = [...terms(layer.units, layer.fan_in + 1), WHOLE];
      break;
    case "propagate":
      moments = terms(layer.fan_in, layer.units);
      break;
    case "validation":
    case "batch":
    case "penalty":
    case "penalty_gradient":
    case "clip":
    case "commit":
      moments = [];
      break;
  }
  return moments.length > 0 ? moments : [WHOLE];
}

/**
 * How many moments are shown wherever a grain rests, ascending; the last is always all of them.
 *
 * @param {Moment[]} moments
 * @param {Grain} grain
 * @returns {number[]}
 */
export function stops(moments, grain) {
  const all = moments.map((_, k) => k + 1);
  if (grain === "term") return all;
  if (grain === "neuron") return all.filter((k) => moments[k]?.neuron !== moments[k - 1]?.neuron);
  return [moments.length];
}
