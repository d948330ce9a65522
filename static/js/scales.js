/**
 * Numbers as widths, signs and strengths, on scales that never change: a frame is never normalised by itself.
 *
 * @module
 */

/** @typedef {import("./types.js").Real} Real */

/** The |weight| from which an edge grows no wider. */
const WIDEST_WEIGHT = 4;
const THINNEST = 1.25;
const WIDER_PER_UNIT = 1.5;

/**
 * The gradients between which strength tells a difference: below 10^-6 all are as good as gone, above 10 all too large.
 */
const WEAKEST_EXPONENT = -6;
const STRONGEST_EXPONENT = 1;

/**
 * Stroke width of a weight in CSS pixels: 1.25 at zero, 7.25 at |weight| 4 and beyond.
 *
 * @param {Real} weight
 */
export function weightWidth(weight) {
  const size = Math.abs(Number(weight));
  return THINNEST + WIDER_PER_UNIT * Math.min(Number.isNaN(size) ? 0 : size, WIDEST_WEIGHT);
}

/**
 * @param {Real} value
 * @returns {"positive" | "negative" | "zero"}  NaN has no sign and counts as zero
 */
export function signClass(value) {
  const number = Number(value);
  if (number > 0) return "positive";
  return number < 0 ? "negative" : "zero";
}

/**
 * How strong a gradient is, 0 to 1, by its order of magnitude from 1e-6 to 10.
 *
 * @param {Real} value
 */
export function gradientStrength(value) {
  const size = Math.abs(Number(value));
  if (!(size > 0)) return 0;
  const place = (Math.log10(size) - WEAKEST_EXPONENT) / (STRONGEST_EXPONENT - WEAKEST_EXPONENT);
  return Math.min(1, Math.max(0, place));
}
