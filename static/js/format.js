/**
 * Numbers and names as people read them: the only place that rounds or counts from 1.
 *
 * @module
 */

/** @typedef {import("./types.js").Real} Real */
/** @typedef {import("./types.js").Ref} Ref */
/** @typedef {import("./types.js").LayerInfo} LayerInfo */
/** @typedef {import("./types.js").DataInfo} DataInfo */
/** @typedef {import("./types.js").Phase} Phase */

export const MINUS = "\u2212";
const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";
const SUBSCRIPTS = "₀₁₂₃₄₅₆₇₈₉";
/** Below 10^-3 leading zeros would take more room than a power of ten. */
const SMALLEST_EXPONENT = -3;
const LARGEST_EXPONENT = 5;
/** How far a float64 may lie beside a short decimal and still be meant as that decimal. */
const SAME_DECIMAL = 1e-12;

/** @param {number} integer  @param {string} digits  the ten digits to use */
function inDigits(integer, digits) {
  return String(Math.abs(integer)).replace(/\d/g, (digit) => digits[Number(digit)] ?? digit);
}

/** @param {number} integer @returns {string}  e.g. "⁻⁵" */
export function superscript(integer) {
  return (integer < 0 ? "⁻" : "") + inDigits(integer, SUPERSCRIPTS);
}

/** @param {number} index  0-based @returns {string}  1-based, e.g. 0 is "₁" */
export function subscript(index) {
  return inDigits(index + 1, SUBSCRIPTS);
}

/**
 * A number in so many significant digits. Zeros at the end are kept where the number was rounded and left out where it is
 * a short decimal: 0.5 is "0.5", 0.50012 is "0.500".
 *
 * @param {Real} value
 * @param {number} [digits]  significant digits
 */
export function number(value, digits = 3) {
  const real = Number(value);
  if (Number.isNaN(real)) return "NaN";
  const sign = real < 0 ? MINUS : "";
  if (!Number.isFinite(real)) return `${sign}∞`;
  if (real === 0) return "0";
  const size = Math.abs(real);
  const [mantissa = "", power = ""] = size.toExponential(digits - 1).split("e");
  const exponent = Number(power);
  const rounded = Number(`${mantissa}e${power}`);
  const isShort = Math.abs(rounded - size) <= SAME_DECIMAL * size;
  if (exponent < SMALLEST_EXPONENT || exponent >= Math.max(LARGEST_EXPONENT, digits)) {
    return `${sign}${isShort ? withoutZeros(mantissa) : mantissa}·10${superscript(exponent)}`;
  }
  // An integer part is never rounded to tens or hundreds.
  const text = size.toFixed(Math.max(0, digits - 1 - exponent));
  return sign + (isShort ? withoutZeros(text) : text);
}

/** @param {string} decimal */
function withoutZeros(decimal) {
  return decimal.includes(".") ? decimal.replace(/\.?0+$/, "") : decimal;
}

/**
 * As `number`, with a plus before what is above zero.
 *
 * @param {Real} value
 * @param {number} [digits]
 */
export function signed(value, digits = 3) {
  return (Number(value) > 0 ? "+" : "") + number(value, digits);
}

/**
 * As many digits as anyone needs to check a number by hand.
 *
 * @param {Real} value
 */
export function exact(value) {
  return number(value, 8);
}

/**
 * So many significant digits that a small change of a number shows in it: at least the usual ones, at most eight.
 *
 * @param {Real} value
 * @param {Real} change
 * @param {number} [digits]  the usual ones
 */
export function digitsToShow(value, change, digits = 3) {
  const ratio = Math.abs(Number(value)) / Math.abs(Number(change));
  if (!Number.isFinite(ratio) || ratio === 0) return digits;
  return Math.min(8, Math.max(digits, Math.ceil(Math.log10(ratio)) + 2));
}

/**
 * A number as it is typed into a field: all its digits, and a minus that every parser takes.
 *
 * @param {Real} value
 */
export function typed(value) {
  return String(Number(value));
}

/**
 * What was typed as a number, or null when it is none. Takes the true minus and a decimal comma.
 *
 * @param {string} text
 */
export function parsed(text) {
  const plain = text.trim().replace(MINUS, "-").replace(/^([+-]?\d*),(\d*)$/, "$1.$2");
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(plain) ? Number(plain) : null;
}

/**
 * A part of a whole in percent: 0.98 is "98 %". Only the whole of it is "100 %".
 *
 * @param {Real} part  0 to 1
 */
export function percent(part) {
  const value = 100 * Number(part);
  const text = number(value);
  return `${text === "100" && value < 100 ? number(value, digitsToShow(value, 100 - value)) : text}\u00a0%`;
}

/** @param {number} step  0-based */
export function stepName(step) {
  return `step ${step + 1}`;
}

/** @param {number} epoch  0-based */
export function epochName(epoch) {
  return `epoch ${epoch + 1}`;
}

/** @param {number} sample  0-based row of the batch @param {number} count  of the batch */
export function sampleName(sample, count) {
  return `sample ${sample + 1} of ${count}`;
}

/** @type {Record<Phase, string>} */
const PHASES = { forward: "Forward", loss: "Loss", backward: "Backward", update: "Update" };

/** @param {Phase} phase */
export function phaseName(phase) {
  return PHASES[phase];
}

/**
 * @param {number} layer  0-based; -1 is the inputs
 * @param {LayerInfo[]} layers
 */
export function layerName(layer, layers) {
  if (layer < 0) return "inputs";
  return layers[layer]?.type === "dropout" ? `layer ${layer + 1}, dropout` : `layer ${layer + 1}`;
}

/**
 * What a weight or a layer reads from, in words: "input x₁", "neuron 2 of layer 1".
 *
 * @param {number} layer  -1 is the inputs
 * @param {number} index
 * @param {DataInfo | null} [data]  for the names of the inputs
 */
export function neuronName(layer, index, data = null) {
  if (layer < 0) return `input ${data?.input_names[index] ?? index + 1}`;
  return `neuron ${index + 1} of layer ${layer + 1}`;
}

/** The parts of a name like "layer0.grad_W". @param {string} name @returns {{layer: number, quantity: string}}  layer -1 outside layers */
export function nameParts(name) {
  const match = /^layer(\d+)\.(\w+)$/.exec(name);
  return match ? { layer: Number(match[1]), quantity: match[2] ?? "" } : { layer: -1, quantity: name };
}

/** @type {Record<string, string>} */
const NEURON_WORDS = {
  z: "pre-activation z",
  a: "activation a",
  delta: "delta",
  slope: "slope of the activation",
  grad_a: "gradient of the activation",
  mask: "dropout mask",
};
/** @type {Record<string, string>} */
const PARAMETER_WORDS = { grad_: "gradient of the ", change_: "change of the ", next_: "next value of the " };
/** @type {Record<string, string>} */
const PLAIN_WORDS = {
  sample_loss: "loss of the sample",
  data_loss: "mean loss of the batch",
  loss: "loss of the batch",
  penalty: "penalty",
  learning_rate: "learning rate",
  grad_norm: "norm of the gradient",
  clip_scale: "factor of the clipping",
  validation_loss: "validation loss",
};

/**
 * A quantity in words, e.g. "weight of layer 1 from input x₂ to neuron 1".
 *
 * @param {Ref} ref
 * @param {DataInfo | null} [data]  for the names of inputs and targets
 */
export function quantityName(ref, data = null) {
  const { layer, quantity } = nameParts(ref.name);
  const [first = 0, second = 0] = ref.index;
  if (quantity === "x") return neuronName(-1, second, data);
  if (quantity === "y") return `target ${data?.target_names[second] ?? second + 1}`;
  if (layer < 0) return PLAIN_WORDS[quantity] ?? quantity.replaceAll("_", " ");
  const neuron = NEURON_WORDS[quantity];
  if (neuron) return `${neuron} of ${neuronName(layer, second)}`;
  const [, prefix = "", parameter = ""] = /^(.*?)([Wb])$/.exec(quantity) ?? [];
  const of = PARAMETER_WORDS[prefix] ?? (prefix ? `${prefix.replaceAll("_", " ").trim()} of the ` : "");
  if (parameter === "b") return `${of}bias of ${neuronName(layer, first)}`;
  const from = layer === 0 ? neuronName(-1, second, data) : `neuron ${second + 1}`;
  return `${of}weight of layer ${layer + 1} from ${from} to neuron ${first + 1}`;
}

/** @type {Record<string, string>} */
const LETTERS = { z: "z", a: "a", delta: "δ", x: "x", y: "y", W: "w", b: "b", sample_loss: "ℓ", loss: "L", mask: "m" };

/**
 * A quantity's letter with its 1-based subscript, as on the diagram: "z₂", "w₂₁", "ℓ₁".
 *
 * @param {Ref} ref
 */
export function symbol(ref) {
  const { quantity } = nameParts(ref.name);
  const letter = LETTERS[quantity] ?? quantity;
  if (quantity === "W") {
    const [to = 0, from = 0] = ref.index;
    const comma = to > 8 || from > 8 ? "," : "";
    return letter + subscript(to) + comma + subscript(from);
  }
  const last = ref.index[ref.index.length - 1];
  return letter + (last === undefined ? "" : subscript(last));
}

/**
 * "=" or, where the numbers as displayed no longer multiply to the product as displayed, "≈".
 *
 * @param {Real} first
 * @param {Real} second
 * @param {Real} product
 * @param {number} [digits]
 */
export function productSign(first, second, product, digits = 3) {
  const rounded = (/** @type {Real} */ value) => Number(Number(value).toPrecision(digits));
  return number(rounded(first) * rounded(second), digits) === number(product, digits) ? "=" : "≈";
}
