/**
 * The axes of the optimizer's small pictures: they take in what comes and never give way.
 *
 * @module
 */

import { roundUp } from "../axes.js";

/** @typedef {import("../types.js").Real} Real */

/** What spans so many powers of ten is drawn by its logarithm. */
const DECADES = 2;
/** A logarithmic axis shows no more powers of ten than these: the largest count. */
const MOST_DECADES = 14;
/** Beyond this a round number above it would leave the range of numbers. */
const LARGEST = 1e307;

/**
 * @typedef {object} RowAxis
 * @property {boolean} isLog
 * @property {number} low
 * @property {number} high
 */

/**
 * An axis for these values that takes in another one; the same object when nothing has to change.
 *
 * @param {readonly Real[]} values  what is no finite number is left out
 * @param {boolean} signed  they may be below 0, so that no logarithm is taken
 * @param {RowAxis | null} before
 * @returns {RowAxis}
 */
export function axisOf(values, signed, before) {
  const numbers = values.map(Number).filter(Number.isFinite).map((value) => Math.min(Math.max(value, -LARGEST), LARGEST));
  const positive = numbers.filter((value) => value > 0);
  const [least, most] = [Math.min(...positive), Math.max(...positive)];
  const isLog = !signed && positive.length > 0 && (before?.isLog || Math.log10(most) - Math.log10(least) >= DECADES);
  const own = isLog ? logEnds(least, most) : { low: 0 - ceiling(-Math.min(0, ...numbers)), high: ceiling(Math.max(0, ...numbers)) };
  if (before?.isLog !== isLog) return { isLog, ...(own.low === 0 && own.high === 0 ? { low: 0, high: 1 } : own) };
  const high = Math.max(before.high, own.high);
  const low = isLog ? Math.max(Math.min(before.low, own.low), high / 10 ** MOST_DECADES) : Math.min(before.low, own.low);
  return high === before.high && low === before.low ? before : { isLog, low, high };
}

/**
 * Where a value stands, 0 at the bottom and 1 at the top; null for what is no finite number. On a logarithmic axis 0 lies on
 * the floor.
 *
 * @param {RowAxis} axis
 * @param {Real | undefined} value
 */
export function placeOn({ isLog, low, high }, value) {
  const number = Number(value);
  if (value === undefined || !Number.isFinite(number)) return null;
  const place = isLog ? (Math.log10(Math.max(number, low)) - Math.log10(low)) / (Math.log10(high) - Math.log10(low)) : (number - low) / (high - low);
  return Math.min(Math.max(place, 0), 1);
}

/**
 * The path of a curve; it breaks where a value is no finite number and where steps between have not been looked at. A value
 * alone is a dot.
 *
 * @param {readonly (number | null)[]} places  0 to 1, upwards
 * @param {readonly number[]} steps
 * @param {number} stride  how far apart samples are
 * @param {readonly number[]} across  in pixels
 * @param {number} top
 * @param {number} bottom
 */
export function curveOf(places, steps, stride, across, top, bottom) {
  let path = "";
  /** @param {number} k  a curve goes on from the value before it */
  const goesOn = (k) => (places[k - 1] ?? null) !== null && (places[k] ?? null) !== null && (steps[k] ?? 0) - (steps[k - 1] ?? 0) <= stride;
  places.forEach((place, k) => {
    if (place === null) return;
    const [x, y] = [(across[k] ?? 0).toFixed(1), (bottom - place * (bottom - top)).toFixed(1)];
    path += !goesOn(k) ? `M${x} ${y}` : `L${x} ${y}`;
    if (!goesOn(k) && !goesOn(k + 1)) path += "h0";
  });
  return path;
}

/**
 * @param {number} least
 * @param {number} most
 */
function logEnds(least, most) {
  const high = 10 ** Math.ceil(Math.log10(most) - 1e-9);
  return { low: Math.max(10 ** Math.floor(Math.log10(least) + 1e-9), high / 10 ** MOST_DECADES), high };
}

/** @param {number} value  0 or more */
function ceiling(value) {
  return value > 0 ? roundUp(value) : 0;
}
