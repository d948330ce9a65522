/**
 * The landscape in words: names of axes, what the map says, and the path as a table.
 *
 * @module
 */

import { nameParts, number, signed, superscript, symbol } from "../format.js";

/** @typedef {import("../types.js").LayerInfo} LayerInfo */
/** @typedef {import("../types.js").PackedArray} PackedArray */
/** @typedef {import("../types.js").Real} Real */
/** @typedef {import("../types.js").Ref} Ref */

/** @typedef {{low: number, high: number, nodes: number[], parameter: Ref | null}} LandscapeAxis */

/**
 * What the server tells of a landscape that can be drawn; see `LandscapeData` in app/views/landscape.py.
 *
 * @typedef {object} Landscape
 * @property {"parameters" | "random" | "principal"} kind
 * @property {"batch" | "training"} over
 * @property {LandscapeAxis} u
 * @property {LandscapeAxis} v
 * @property {[number, number]} at
 * @property {Real} loss
 * @property {number} size
 * @property {boolean} is_final
 * @property {boolean} is_coarser
 * @property {[Real, Real] | null} down
 * @property {[Real, Real] | null} next
 * @property {{u: number, v: number, loss: number} | null} lowest
 * @property {number} stride
 * @property {boolean} is_path_kept
 */

/** One place of the path. @typedef {{step: number, u: number, v: number, loss: number}} Place */

/** A table of more rows is read by nobody. */
const MOST_ROWS = 200;
/** A part of an arrow smaller than this beside the other is not worth a word. */
const NEGLIGIBLE = 1e-3;

/**
 * A parameter's letter, with its layer where there are several, as in the formulas: "w₂₁⁽¹⁾".
 *
 * @param {Ref} ref
 * @param {LayerInfo[]} layers
 */
export function parameterName(ref, layers) {
  const several = layers.filter(({ type }) => type === "dense").length > 1;
  return several ? `${symbol(ref)}⁽${superscript(nameParts(ref.name).layer + 1)}⁾` : symbol(ref);
}

/**
 * @param {Landscape} data
 * @param {LayerInfo[]} layers
 * @returns {[string, string]}
 */
export function axisNames({ kind, u, v }, layers) {
  if (u.parameter && v.parameter) return [parameterName(u.parameter, layers), parameterName(v.parameter, layers)];
  return kind === "random" ? ["random direction 1", "random direction 2"] : ["principal direction 1", "principal direction 2"];
}

/**
 * The places of a path, in order of their steps.
 *
 * @param {PackedArray | undefined} packed  (s, 4)
 * @returns {Place[]}
 */
export function placesOf(packed) {
  if (!packed) return [];
  return Array.from({ length: packed.shape[0] ?? 0 }, (_, row) => {
    const [step = 0, u = 0, v = 0, loss = 0] = packed.numbers.subarray(4 * row, 4 * row + 4);
    return { step, u, v, loss };
  });
}

/**
 * What the map says of where we are and which way is down.
 *
 * @param {Landscape} data
 * @param {LayerInfo[]} layers
 */
export function wordsOf(data, layers) {
  const names = axisNames(data, layers);
  const down = data.down ? directionOf(data.down, names, data.u.parameter !== null) : null;
  return [
    `The loss here is ${number(data.loss)}.`,
    data.down === null
      ? "−g comes with the backward pass."
      : down === null
        ? "In this plane −g has no length."
        : `Along −g it falls fastest: ${down}.`,
    data.lowest
      ? `Lowest on this map: ${number(data.lowest.loss)}, at ${placeWords(names, data.lowest.u, data.lowest.v)}.`
      : "No loss on this map is a number.",
    data.is_coarser ? `The map has ${data.size} × ${data.size} places: more would take too long for a network of this size.` : "",
    data.is_path_kept ? "" : "The path of a network of this size is not kept.",
  ]
    .filter((sentence) => sentence !== "")
    .join(" ");
}

/**
 * @param {[string, string]} names
 * @param {number} u
 * @param {number} v
 */
export function placeWords([first, second], u, v) {
  return `${first} = ${number(u)}, ${second} = ${number(v)}`;
}

/**
 * The path as a table.
 *
 * @param {Landscape} data
 * @param {Place[]} path
 * @param {LayerInfo[]} layers
 */
export function tableOf(data, path, layers) {
  const apart = data.stride > 1 ? `, every ${data.stride} steps` : "";
  const more = path.length > MOST_ROWS ? ` The first ${MOST_ROWS} of ${path.length} places.` : "";
  return {
    caption: `${wordsOf(data, layers)} The path${apart}, with the loss of each step’s batch.${more}`,
    head: ["step", "loss", ...axisNames(data, layers)],
    rows: path.slice(0, MOST_ROWS).map(({ step, u, v, loss }) => [String(step + 1), number(loss, 5), signed(u, 4), signed(v, 4)]),
  };
}

/**
 * @param {[Real, Real]} arrow
 * @param {[string, string]} names
 * @param {boolean} areParameters
 */
function directionOf(arrow, names, areParameters) {
  const [across, up] = arrow.map(Number);
  if (across === undefined || up === undefined || !Number.isFinite(across) || !Number.isFinite(up)) return null;
  const size = Math.max(Math.abs(across), Math.abs(up));
  if (size === 0) return null;
  const ways = areParameters ? ["up", "down", "up", "down"] : ["to the right", "to the left", "up", "down"];
  const parts = [across, up].map((part, axis) => {
    if (Math.abs(part) < NEGLIGIBLE * size) return null;
    const way = ways[2 * axis + (part > 0 ? 0 : 1)];
    return areParameters ? `${names[axis]} ${way}` : way;
  });
  return parts.filter((part) => part != null).join(areParameters ? ", " : " and ");
}
