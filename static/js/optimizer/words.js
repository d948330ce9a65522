/**
 * What the optimizer does, in words and as a table.
 *
 * @module
 */

import { number, stepName } from "../format.js";

/** @typedef {import("../types.js").Real} Real */
/** @typedef {import("../types.js").Ref} Ref */
/** @typedef {import("../types.js").LayerInfo} LayerInfo */
/** @typedef {import("../pane.js").Twin} Twin */

/**
 * What the server tells; see app/views/optimizer.py.
 *
 * @typedef {object} Row
 * @property {string} name
 * @property {"gradient" | "state" | "result"} kind
 * @property {string} mathml
 * @property {string} words
 * @property {boolean} signed
 * @property {Ref | null} ref
 * @property {Real[]} values
 */
/** @typedef {{mathml: string, words: string, value: Real | null}} NumberTold */
/**
 * @typedef {object} UpdateTold
 * @property {number} step
 * @property {boolean} now
 * @property {Real} learning_rate
 * @property {Real} gradient
 * @property {Real} change
 * @property {Real} effective_rate
 * @property {Real | null} divisor
 * @property {string | null} divisor_name
 */
/**
 * @typedef {object} OptimizerData
 * @property {string | null} reason
 * @property {string | null} note
 * @property {string} optimizer
 * @property {string} label
 * @property {string} words
 * @property {string} rule
 * @property {boolean} keeps
 * @property {boolean} frozen
 * @property {string} symbol
 * @property {string} parameter_words
 * @property {number[]} steps
 * @property {number} stride
 * @property {number} last_step
 * @property {number} looked
 * @property {Row[]} rows
 * @property {NumberTold[]} numbers
 * @property {UpdateTold | null} update
 */

/** @type {Record<string, string>} */
const ROOTS = { v_hat: "√v̂", square_average: "√s′", square_sum: "√s′" };
/** Plain gradient descent, beside which the others are seen. */
const PLAIN = "sgd";

/**
 * One sentence: what became of the gradient of this parameter.
 *
 * @param {OptimizerData} data
 * @param {"weight" | "bias"} kind
 */
export function sentenceOf(data, kind) {
  const { update, label } = data;
  if (data.reason) return "";
  if (data.frozen) return `This ${kind} is frozen: no update changes it.`;
  const plain = data.optimizer === PLAIN ? "Nothing is kept from step to step: Δw = −η·g. " : "";
  if (!update) return plain.trim() || `${data.label}: ${data.words}`;
  const when = update.now ? "" : `In ${stepName(update.step)}: `;
  const [gradient, change] = [number(update.gradient), number(update.change)];
  if (plain) return `${plain}${when}−${number(update.learning_rate)} · ${inBrackets(gradient)} = ${change}.`;
  const moves = `this ${kind} moves by ${change}; its gradient is ${gradient}`;
  if (update.divisor !== null) {
    return `${when}${label} divides by ${ROOTS[update.divisor_name ?? ""] ?? "a root"} = ${number(update.divisor)}, so ${moves}.`;
  }
  return `${when}${when ? moves : capital(moves)}, so the effective rate |Δw|/|g| is ${number(update.effective_rate)}.`;
}

/**
 * What is under the pointer: every quantity at a step.
 *
 * @param {OptimizerData} data
 * @param {number} place  in the steps
 */
export function readingOf(data, place) {
  const step = data.steps[place];
  if (step === undefined) return "";
  const numbers = data.rows.map(({ words, values }) => `${words} ${cell(values[place]) || "not known"}`);
  return `${capital(stepName(step))}: ${numbers.join(", ")}.`;
}

/**
 * @param {OptimizerData} data
 * @returns {Twin}
 */
export function tableOf(data) {
  return {
    caption: data.reason ?? `${data.label}, ${data.parameter_words}, step by step`,
    head: ["step", ...data.rows.map(({ words }) => words)],
    rows: data.steps.map((step, place) => [String(step + 1), ...data.rows.map(({ values }) => cell(values[place]))]),
  };
}

/**
 * Every weight and bias there is, layer by layer; of large layers only the first ones, for nobody reads a menu of thousands.
 *
 * @param {readonly LayerInfo[]} layers
 * @param {number} most  of each layer
 * @returns {Ref[]}
 */
export function parametersOf(layers, most) {
  return layers.flatMap((layer, at) => {
    if (layer.type !== "dense") return [];
    /** @type {Ref[]} */
    const found = [];
    for (let to = 0; to < layer.units && found.length < most; to += 1) {
      for (let from = 0; from < layer.fan_in && found.length < most; from += 1) found.push({ name: `layer${at}.W`, index: [to, from] });
      if (found.length < most) found.push({ name: `layer${at}.b`, index: [to] });
    }
    return found;
  });
}

/** @param {Real | undefined} value */
function cell(value) {
  return value === undefined || value === "NaN" ? "" : number(value);
}

/** @param {string} text */
function inBrackets(text) {
  return text.startsWith("−") ? `(${text})` : text;
}

/** @param {string} words */
function capital(words) {
  return words.charAt(0).toUpperCase() + words.slice(1);
}
