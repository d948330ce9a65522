/**
 * Rows of data as people type them: one row a line, inputs, a bar, targets, as in "0 1 | 1".
 *
 * @module
 */

import { parsed, typed } from "./format.js";

/** @typedef {import("./types.js").Real} Real */

/**
 * @param {Real[][]} inputs
 * @param {Real[][]} targets
 */
export function textOfRows(inputs, targets) {
  return inputs.map((row, place) => [...row.map(typed), "|", ...(targets[place] ?? []).map(typed)].join(" ")).join("\n");
}

/**
 * @param {string} text
 * @returns {{inputs: number[][], targets: number[][]} | {problem: string}}
 */
export function rowsOfText(text) {
  /** @type {number[][]} */
  const inputs = [];
  /** @type {number[][]} */
  const targets = [];
  for (const [place, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const parts = line.split("|");
    const [before, after] = parts.map((part) => part.split(/[\s;]+/).filter(Boolean).map(parsed));
    if (parts.length !== 2 || !before?.length || !after?.length) {
      return { problem: `Line ${place + 1}: write the inputs, a bar, then the targets, as in 0 1 | 1.` };
    }
    if (!isAllNumbers(before) || !isAllNumbers(after)) {
      return { problem: `Line ${place + 1}: only numbers, please, parted by spaces.` };
    }
    inputs.push(before);
    targets.push(after);
  }
  return inputs.length > 0 ? { inputs, targets } : { problem: "Write at least one row, as in 0 1 | 1." };
}

/**
 * @param {(number | null)[]} numbers
 * @returns {numbers is number[]}
 */
function isAllNumbers(numbers) {
  return numbers.every((value) => value !== null);
}
