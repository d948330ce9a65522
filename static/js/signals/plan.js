/**
 * Where the parts of the signals' picture stand: one row for each layer, columns side by side.
 *
 * @module
 */

/** Sizes in letter heights. */
const NAME = 4;
const RMS = 4.8;
const RATIO = 8.2;
const GAP = 1;
const HEAD = 1.6;
const FOOT = 1.9;
const LOWEST_ROW = 1.5;
const HIGHEST_ROW = 4.5;
/** From so many letters on, the spread and the past stand side by side. */
const BOTH = 29;
const WITH_RATIO = 23;

/** @typedef {{left: number, right: number}} Span */
/**
 * @typedef {object} Plan  in pixels
 * @property {number} top
 * @property {number} row  the height of one
 * @property {number} bottom
 * @property {number} height  of the whole picture
 * @property {Span | null} spread
 * @property {Span | null} time
 * @property {number} rms  where its numbers end
 * @property {number | null} ratio  where its numbers begin
 */

/**
 * Whether there is room for the spread and the past at once.
 *
 * @param {number} width
 * @param {number} letter
 */
export function hasRoomForBoth(width, letter) {
  return width >= BOTH * letter;
}

/**
 * @param {{width: number, height: number, letter: number}} box
 * @param {number} layers
 * @param {"spread" | "time"} lens  what is shown where there is no room for both
 * @returns {Plan}
 */
export function planOf({ width, height, letter }, layers, lens) {
  const both = hasRoomForBoth(width, letter);
  const count = Math.max(layers, 1);
  const top = HEAD * letter;
  const free = (height - top - FOOT * letter) / count;
  const row = Math.min(Math.max(free, LOWEST_ROW * letter), HIGHEST_ROW * letter);
  const hasRatio = width >= WITH_RATIO * letter;
  const ratio = hasRatio ? width - RATIO * letter : null;
  const begin = NAME * letter;
  const end = ratio === null ? width - 0.5 * letter : ratio - GAP * letter;
  const columns = end - begin - (RMS + GAP) * letter;
  const first = both ? columns * 0.45 : columns;
  const rms = begin + first + RMS * letter;
  /** @type {Span} */
  const left = { left: begin, right: begin + first };
  /** @type {Span | null} */
  const right = both ? { left: rms + GAP * letter, right: end } : null;
  return {
    top,
    row,
    bottom: top + row * count,
    height: Math.max(height, top + row * count + FOOT * letter),
    spread: both || lens === "spread" ? left : null,
    time: both ? right : lens === "time" ? left : null,
    rms,
    ratio,
  };
}
