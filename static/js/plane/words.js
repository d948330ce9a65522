/**
 * The plane in words: one sentence for the whole, one for a place, one for a row.
 *
 * @module
 */

import { neuronName, number } from "../format.js";

/** @typedef {import("../types.js").Real} Real */
/** @typedef {import("../types.js").PlaneData} PlaneData */
/** @typedef {import("../types.js").PlanePoints} PlanePoints */

/** An accuracy as people say it: "95.0 %". @param {number} share */
export function percent(share) {
  return `${(100 * share).toFixed(1)}\u00a0%`;
}

/**
 * How good the network is on the points.
 *
 * @param {PlaneData} data
 */
export function sentenceOf({ training, validation, held, row }) {
  if (!training) return "";
  const parts = [scoreOf(training), ...(validation ? [shortScoreOf(validation)] : [])];
  const shown = training.shown < training.rows ? ` The plane shows ${training.shown} of the ${training.rows} training points.` : "";
  const others = held.map(({ name, value }) => `${name} = ${number(value)}`).join(", ");
  const from = row === null ? "at the means of the training rows" : `as in row ${row + 1}`;
  return `${sentence(parts.join("; "))}${shown}${others ? ` Elsewhere ${from}: ${others}.` : ""}`;
}

/**
 * The same where there is one line for it.
 *
 * @param {PlaneData} data
 */
export function shortSentenceOf({ training, validation }) {
  if (!training) return "";
  const { rows, wrong, accuracy, rmse } = training;
  if (wrong === null || accuracy === null) {
    return `Root mean square ${number(rmse ?? NaN)}${validation ? `, validation ${number(validation.rmse ?? NaN)}` : ""}`;
  }
  return `Accuracy ${percent(accuracy)}${validation ? `, validation ${percent(validation.accuracy ?? NaN)}` : `: ${wrong} of ${rows} wrong`}`;
}

/** @param {PlanePoints} points  of training */
function scoreOf({ rows, wrong, accuracy, rmse }) {
  if (wrong === null || accuracy === null) return `training points lie ${number(rmse ?? NaN)} from the output (root mean square of ${rows})`;
  return `${wrong} of ${rows} training points ${wrong === 1 ? "is" : "are"} on the wrong side; training accuracy ${percent(accuracy)}`;
}

/** @param {PlanePoints} points  of validation */
function shortScoreOf({ rows, wrong, accuracy, rmse }) {
  if (wrong === null || accuracy === null) return `validation points ${number(rmse ?? NaN)} (of ${rows})`;
  return `validation: ${wrong} of ${rows}, ${percent(accuracy)}`;
}

/**
 * What the network makes of a place: "x −0.42, y 1.10 → 0.83, outer".
 *
 * @param {PlaneData} data
 * @param {number[]} place  raw inputs on the axes
 * @param {{outputs: Real[], chosen: Real | null}} found
 */
export function readingOf(data, place, { outputs, chosen }) {
  const inputs = data.axes.map(({ name }, k) => `${name} ${number(place[k] ?? 0)}`).join(", ");
  if (data.neuron && chosen !== null) return `${inputs} → ${neuronName(data.neuron.layer, data.neuron.unit)}: ${number(chosen)}`;
  if (data.task === "regression") return `${inputs} → ${data.target_names[data.output] ?? ""} ${number(outputs[data.output] ?? NaN)}`.replace("→  ", "→ ");
  return `${inputs} → ${outputs.map((output) => number(output)).join(", ")}, ${className(data, classOf(data, outputs))}`;
}

/**
 * The class that outputs mean.
 *
 * @param {PlaneData} data
 * @param {Real[]} outputs
 */
export function classOf({ task, level }, outputs) {
  const numbers = outputs.map(Number);
  if (task === "binary") return (numbers[0] ?? 0) > (level ?? 0) ? 1 : 0;
  return numbers.indexOf(Math.max(...numbers));
}

/**
 * @param {Pick<PlaneData, "class_names">} data
 * @param {number} place
 */
export function className({ class_names }, place) {
  const name = class_names[place] ?? String(place);
  return /^\d+$/.test(name) ? `class ${name}` : name;
}

/**
 * A point: its row, where it is, what it should be and what it is taken for.
 *
 * @param {PlaneData} data
 * @param {"training" | "validation"} kind
 * @param {{row: number, target: number, output: number, found: number}} point
 */
export function pointWords(data, kind, { row, target, output, found }) {
  const name = kind === "training" ? `row ${row + 1}` : `validation row ${row + 1}`;
  if (data.task === "regression") return `${name}: target ${number(target)}, output ${number(output)}`;
  const verdict = target === found ? "right" : "wrong";
  return `${name}: ${className(data, target)}, taken for ${className(data, found)} (${number(output)}), ${verdict}`;
}

/** @param {string} words */
function sentence(words) {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
}
