/**
 * Axes that do not jump: they end at 1, 2 or 5 times a power of ten, and so stay as they are while a curve grows.
 *
 * @module
 */

/**
 * @typedef {object} Axis
 * @property {number[]} ticks  ascending; the first and the last are the axis' ends
 * @property {(value: number) => number} place  0 at the beginning of the axis, 1 at its end; what lies outside is put on the nearer end
 */

// Float division leaves a trace: 0.2 / 0.1 must still count as 2.
const SLACK = 1e-9;

/**
 * The smallest of … 0.5, 1, 2, 5, 10, 20, 50 … that is at least `value`.
 *
 * @param {number} value  above 0
 */
export function roundUp(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  const factor = [1, 2, 5].find((candidate) => value <= candidate * power * (1 + SLACK)) ?? 10;
  return precise(factor * power);
}

/**
 * From 0 to a round number at or above `largest`.
 *
 * @param {number} largest
 * @param {number} smallestEnd  the axis is never shorter than this
 * @returns {Axis}
 */
export function linearAxis(largest, smallestEnd) {
  const end = roundUp(Math.max(largest, smallestEnd));
  const parts = String(precise(end / 10 ** Math.floor(Math.log10(end)))) === "2" ? 4 : 5;
  return {
    ticks: Array.from({ length: parts + 1 }, (_, part) => precise((end * part) / parts)),
    place: (value) => between(value / end),
  };
}

/**
 * Powers of ten around all values; at least two decades, at most `most` (the smallest values then lie on the floor).
 *
 * @param {number} smallest  above 0
 * @param {number} largest
 * @param {number} [most]
 * @returns {Axis}
 */
export function logAxis(smallest, largest, most = 12) {
  const last = Math.ceil(Math.log10(largest) - SLACK);
  const first = Math.max(Math.min(Math.floor(Math.log10(smallest) + SLACK), last - 2), last - most);
  return {
    ticks: Array.from({ length: last - first + 1 }, (_, decade) => Number(`1e${first + decade}`)),
    place: (value) => between((Math.log10(value) - first) / (last - first)),
  };
}

/** @param {number} place */
function between(place) {
  return Number.isNaN(place) ? 0 : Math.min(Math.max(place, 0), 1);
}

/** @param {number} value */
function precise(value) {
  return Number(value.toPrecision(12));
}
