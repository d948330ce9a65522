/**
 * What the signals say, in words and as a table.
 *
 * @module
 */

import { layerName, nameParts, number, stepName, symbol } from "../format.js";
import { refOf } from "../select.js";

/** @typedef {import("../types.js").Real} Real */
/** @typedef {import("../types.js").LayerInfo} LayerInfo */
/** @typedef {import("../pane.js").Twin} Twin */

/**
 * What the server tells; see app/views/signals.py, also for the arrays behind it.
 *
 * @typedef {object} Distribution
 * @property {number} step
 * @property {boolean} now
 * @property {Real} rms
 * @property {Real} smallest
 * @property {Real} largest
 * @property {number} count
 * @property {number} zeros
 * @property {number} below
 * @property {number} above
 */
/**
 * @typedef {object} LayerSignals
 * @property {number} layer
 * @property {number} units
 * @property {string} activation
 * @property {Distribution | null} activations
 * @property {Distribution | null} deltas
 * @property {Distribution | null} gradient
 * @property {Real | null} ratio
 * @property {number | null} ratio_step
 * @property {number[]} dead
 * @property {number} dead_count
 * @property {number[]} saturated
 * @property {number} saturated_count
 */
/**
 * @typedef {object} Diagnosis
 * @property {string} kind
 * @property {"serious" | "warning" | "note"} severity
 * @property {string} words
 * @property {number} since_step
 * @property {number | null} layer
 * @property {number[]} units
 * @property {string | null} parameter
 */
/**
 * @typedef {object} SignalsData
 * @property {LayerSignals[]} layers
 * @property {number[]} steps
 * @property {number} stride
 * @property {number} last_step
 * @property {number} looked
 * @property {Diagnosis[] | null} diagnoses
 * @property {[number, number]} decades
 * @property {[number, number]} usual_ratio
 */

/** In the order of the arrays. */
export const QUANTITIES = Object.freeze(
  /** @type {const} */ ([
    { name: "activations", symbol: "a", words: "activations a", subject: "The activations a have", phase: "forward" },
    { name: "deltas", symbol: "δ", words: "errors δ", subject: "The errors δ have", phase: "backward" },
    { name: "gradient", symbol: "∂L/∂W", words: "gradient ∂L/∂W", subject: "The gradient has", phase: "backward" },
  ]),
);

/** @typedef {(typeof QUANTITIES)[number]} Quantity */

/** The past comes as float32. */
const BEYOND = `more than ${number(3e38)}`;

/**
 * Whether a ratio of an update lies where layers learn well.
 *
 * @param {Real} ratio
 * @param {readonly [number, number]} usual
 * @returns {"low" | "usual" | "high"}
 */
export function ratioWords(ratio, [low, high]) {
  const value = Number(ratio);
  if (value < low) return "low";
  return value <= high ? "usual" : "high";
}

/**
 * One sentence: how large a quantity is in the first layer and in the last, and when.
 *
 * @param {SignalsData} data
 * @param {Quantity} quantity
 */
export function sentenceOf(data, { name, subject, words }) {
  const known = data.layers.filter((layer) => layer[name] !== null);
  const [first, last] = [known[0], known.at(-1)];
  const [near, far] = [first?.[name], last?.[name]];
  if (!first || !last || !near || !far) return `No ${words} are known yet: run a step.`;
  const when = near.step === far.step ? ` (${stepName(near.step)}${near.now && far.now ? "" : ", the last one known"})` : "";
  if (first === last) return `${subject} rms ${number(near.rms)} in layer ${first.layer + 1}${when}.`;
  return `${subject} rms ${number(near.rms)} in layer ${first.layer + 1} and ${number(far.rms)} in layer ${last.layer + 1}${when}.`;
}

/**
 * What is under the pointer: a layer at a step.
 *
 * @param {Quantity} quantity
 * @param {number} layer
 * @param {number} step
 * @param {Real} rms
 */
export function readingOf({ words }, layer, step, rms) {
  const real = Number(rms);
  const size = Number.isNaN(real) ? "not known" : Number.isFinite(real) ? number(real) : BEYOND;
  return `${stepName(step)}, layer ${layer + 1}: rms of the ${words} ${size}`;
}

/**
 * How far the past has been looked through. 100 % is said of nothing that is not whole.
 *
 * @param {number} looked  0 to 1
 */
export function lookingWords(looked) {
  return `looking back… ${Math.min(Math.floor(100 * looked), 99)}\u00a0%`;
}

/**
 * What is wrong, as a sentence for people: the engine calls a parameter by its name in programs.
 *
 * @param {Diagnosis} finding
 */
export function findingWords({ words, parameter }) {
  const ref = parameter === null ? null : refOf(parameter.replaceAll(" ", ""));
  const plain = ref && parameter !== null ? words.replace(parameter, `${symbol(ref)} of layer ${nameParts(ref.name).layer + 1}`) : words;
  return plain.charAt(0).toUpperCase() + plain.slice(1);
}

/**
 * Neurons that are silent, e.g. "2 of 4 dead".
 *
 * @param {LayerSignals} layer
 * @param {"dead" | "saturated"} kind
 */
export function unitsWords(layer, kind) {
  return `${kind === "dead" ? layer.dead_count : layer.saturated_count} of ${layer.units} ${kind}`;
}

/**
 * @param {SignalsData} data
 * @param {LayerInfo[]} layers
 * @returns {Twin}
 */
export function tableOf(data, layers) {
  const known = data.layers.flatMap(({ activations, deltas, gradient }) => [activations, deltas, gradient]).filter((each) => each !== null);
  const isNow = known.every(({ now }) => now);
  const steps = [...new Set(known.map(({ step }) => stepName(step)))];
  const caption = known.length === 0 ? "Nothing is computed yet" : `Signals of ${steps.join(" and ")}${isNow ? "" : "; what this step has not computed yet is of the last one known"}`;
  return {
    caption,
    head: ["", "rms a", "rms δ", "rms ∂L/∂W", "|Δw|/|w|", "dead", "saturated"],
    rows: data.layers.map((layer) => [
      `${layerName(layer.layer, layers)}, ${layer.units} ${layer.activation}`,
      ...[layer.activations, layer.deltas, layer.gradient].map((each) => (each ? number(each.rms) : "")),
      layer.ratio === null ? "" : `${number(layer.ratio)} (${ratioWords(layer.ratio, data.usual_ratio)})`,
      namedUnits(layer.dead, layer.dead_count),
      namedUnits(layer.saturated, layer.saturated_count),
    ]),
  };
}

/**
 * @param {number[]} units
 * @param {number} count
 */
function namedUnits(units, count) {
  if (count === 0) return "none";
  const more = count > units.length ? " …" : "";
  return `${count}: ${units.map((unit) => unit + 1).join(", ")}${more}`;
}
