/**
 * Shades of one hue, from the ground of the page towards its ink: the lower the loss, the more like the ground.
 *
 * @module
 */

/** How far towards the quiet ink the highest loss goes; the path in plain ink is still seen on it. */
const DEEPEST = 0.6;

/**
 * @typedef {object} Look  as the tokens of the theme have it
 * @property {string} ground  "#rrggbb"
 * @property {string} ink
 * @property {string} quiet
 * @property {string} line
 * @property {string} backward
 * @property {string} focus
 * @property {string} font  a family
 * @property {number} letter  pixels
 */

/**
 * The colour of a height.
 *
 * @param {Pick<Look, "ground" | "quiet">} look
 * @param {number} part  0 at the lowest level, 1 at the highest
 */
export function shade({ ground, quiet }, part) {
  return mixed(ground, quiet, DEEPEST * Math.min(Math.max(part, 0), 1));
}

/**
 * @param {string} first  "#rrggbb"
 * @param {string} second
 * @param {number} part  of the second
 */
export function mixed(first, second, part) {
  const [a, b] = [channels(first), channels(second)];
  return `rgb(${a.map((value, k) => Math.round(value + part * ((b[k] ?? 0) - value))).join(", ")})`;
}

/** @param {string} colour */
function channels(colour) {
  const digits = colour.trim().replace("#", "");
  return [0, 2, 4].map((at) => parseInt(digits.slice(at, at + 2), 16));
}
