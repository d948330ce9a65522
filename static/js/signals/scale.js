/**
 * How large a number is, on one scale for all layers, all steps and for ever: its place, and how dark it is.
 *
 * @module
 */

/** @typedef {import("../types.js").Real} Real */

/** How many shades are told apart. */
export const SHADES = 32;
/** From this place on the scale, that of 10, a size has all the ink: no healthy signal is larger. */
const FULL = 13 / 16;
/** How fast what gets smaller fades: a thousandth has about a third of the ink. */
const BEND = 3;

/**
 * Where a size stands between two powers of ten, 0 to 1; null for 0 and for what is no number. What lies outside is put on
 * the nearer end.
 *
 * @param {Real} value
 * @param {readonly [number, number]} decades
 */
export function placeOfSize(value, [first, last]) {
  const size = Math.abs(Number(value));
  if (!(size > 0)) return null;
  return Math.min(Math.max((Math.log10(size) - first) / (last - first), 0), 1);
}

/**
 * The shade of a size: 0 to SHADES − 1, null for 0 and for what is not known, "over" for what
 * is too large to be told.
 *
 * @param {Real} value
 * @param {readonly [number, number]} decades
 * @returns {number | "over" | null}
 */
export function shadeOf(value, decades) {
  const number = Number(value);
  if (value === "NaN" || Number.isNaN(number)) return null;
  if (!Number.isFinite(number)) return "over";
  const place = placeOfSize(number, decades);
  return place === null ? null : Math.min(Math.floor(place * SHADES), SHADES - 1);
}

/**
 * How much of the ink of its hue a shade has, 0 to 1.
 *
 * @param {number} shade
 */
export function strengthOf(shade) {
  return Math.min((shade + 0.5) / SHADES / FULL, 1) ** BEND;
}

/**
 * The stretches of a strip that have the same shade, in steps: each sample stands for the steps up to the next one, as long
 * as that is no farther away than samples are.
 *
 * @param {readonly number[]} steps  ascending
 * @param {number} stride  how far apart samples are
 * @param {(place: number) => Real} sizeAt
 * @param {number} end  where the last sample's stretch ends
 * @param {readonly [number, number]} decades
 * @returns {{shade: number | "over", from: number, to: number}[]}
 */
export function stretchesOf(steps, stride, sizeAt, end, decades) {
  /** @type {{shade: number | "over", from: number, to: number}[]} */
  const stretches = [];
  steps.forEach((from, place) => {
    const to = Math.min(steps[place + 1] ?? Math.max(end, from + 1), from + stride);
    const shade = shadeOf(sizeAt(place), decades);
    if (shade === null) return;
    const before = stretches.at(-1);
    if (before && before.shade === shade && before.to === from) before.to = to;
    else stretches.push({ shade, from, to });
  });
  return stretches;
}

/**
 * The place of the newest sample that is not after a step; the first one where all are.
 *
 * @param {readonly number[]} steps  ascending, at least one
 * @param {number} step
 */
export function placeOfStep(steps, step) {
  return Math.max(steps.findLastIndex((each) => each <= step), 0);
}
