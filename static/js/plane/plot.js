/**
 * Where numbers stand in a plot: its edges in pixels, the ends of its axes, its ticks.
 *
 * @module
 */

/** @typedef {{low: number, high: number}} Ends */
/**
 * @typedef {object} Plot
 * @property {number} left  in pixels, as the others
 * @property {number} right
 * @property {number} top
 * @property {number} bottom
 * @property {Ends} x
 * @property {Ends} y
 */

/** Steps between ticks: these times a power of ten. */
const STEPS = [1, 2, 5, 10];
const SLACK = 1e-9;
/** A plane is at most so many times as wide as it is high. */
export const WIDEST = 1.7;

/**
 * The plot in a box, with room for its ticks; where both axes have the same ends it is square, so that circles stay round.
 *
 * @param {object} box
 * @param {number} box.width  in pixels
 * @param {number} box.height
 * @param {number} box.letter  the size of its letters
 * @param {Ends} box.x
 * @param {Ends} box.y
 * @param {boolean} [box.isFree]  it may be as wide as there is room
 * @param {boolean} [box.isNamed]  there is room for the names of the axes
 * @returns {Plot}
 */
export function plotIn({ width, height, letter, x, y, isFree = false, isNamed = true }) {
  const left = (isNamed ? 3.5 : 2.4) * letter;
  const top = 0.6 * letter;
  const room = { width: Math.max(width - left - 0.9 * letter, 1), height: Math.max(height - top - (isNamed ? 2.6 : 1.5) * letter, 1) };
  const isSquare = x.low === y.low && x.high === y.high && !isFree;
  const across = isSquare ? Math.min(room.width, room.height) : isFree ? room.width : Math.min(room.width, WIDEST * room.height);
  const up = isSquare ? across : isFree ? room.height : Math.min(room.height, WIDEST * room.width);
  return { left, right: left + across, top, bottom: top + up, x, y };
}

/** @param {Plot} plot @param {number} value */
export function xOf({ left, right, x }, value) {
  return left + ((value - x.low) / (x.high - x.low)) * (right - left);
}

/** @param {Plot} plot @param {number} value */
export function yOf({ top, bottom, y }, value) {
  return bottom - ((value - y.low) / (y.high - y.low)) * (bottom - top);
}

/**
 * The numbers at a place, kept within the axes.
 *
 * @param {Plot} plot
 * @param {number} px  in pixels
 * @param {number} py
 * @returns {[number, number]}
 */
export function valuesAt({ left, right, top, bottom, x, y }, px, py) {
  const across = between((px - left) / (right - left));
  const up = between((bottom - py) / (bottom - top));
  return [x.low + across * (x.high - x.low), y.low + up * (y.high - y.low)];
}

/**
 * A number rounded as far as anybody can point: to a thousandth of its axis.
 *
 * @param {number} value
 * @param {Ends} ends
 */
export function pointed(value, { low, high }) {
  const digits = Math.max(0, Math.min(12, 3 - Math.floor(Math.log10(high - low))));
  return Number(value.toFixed(digits));
}

/**
 * Round numbers within an axis, at most so many.
 *
 * @param {Ends} ends
 * @param {number} most
 * @returns {number[]}
 */
export function ticksOf({ low, high }, most) {
  const least = (high - low) / Math.max(most, 1);
  const power = 10 ** Math.floor(Math.log10(least));
  const step = (STEPS.find((factor) => factor * power >= least * (1 - SLACK)) ?? 10) * power;
  const first = Math.ceil(low / step - SLACK);
  const last = Math.floor(high / step + SLACK);
  return Array.from({ length: Math.max(last - first + 1, 0) }, (_, k) => Number(((first + k) * step).toPrecision(12)));
}

/**
 * Ends that take in others and never give way: an axis only grows.
 *
 * @param {Ends | null} before
 * @param {Ends} now
 * @returns {Ends}
 */
export function grown(before, now) {
  if (!before) return now;
  const low = Math.min(before.low, now.low);
  const high = Math.max(before.high, now.high);
  return low === before.low && high === before.high ? before : { low, high };
}

/** @param {number} share */
function between(share) {
  return Math.min(Math.max(share, 0), 1);
}
