/**
 * Points that are put in, moved, taken out or fed, as edits of the data.
 *
 * @module
 */

import { pointed } from "./plot.js";

/** @typedef {import("../types.js").PlaneData} PlaneData */
/** @typedef {import("../types.js").PackedArray} PackedArray */
/** @typedef {import("./plot.js").Plot} Plot */
/** An edit without its number. @typedef {{path: string, value: unknown, index?: number[]}} PointEdit */

/**
 * A new point; `label` is the number of its class, or its target.
 *
 * @param {"add" | "feed"} way
 * @param {PlaneData} data
 * @param {Plot} plot
 * @param {[number, number]} place
 * @param {number} label
 * @returns {PointEdit}
 */
export function newPoint(way, data, plot, place, label) {
  const held = new Map(data.held.map(({ name, value }) => [name, Number(value)]));
  const input = data.raw_names.map((name, column) => onAxis(data, plot, place, column) ?? held.get(name) ?? 0);
  const isHeight = data.kind === "curve" && data.task === "regression";
  return { path: `data.points.${way}`, value: { input, target: isHeight ? pointed(place[1], plot.y) : label } };
}

/**
 * A point moved to a place: its other inputs stay. Along one input of a regression its height is its target.
 *
 * @param {PlaneData} data
 * @param {Plot} plot
 * @param {number} index  of the row, training and validation rows counted through
 * @param {number[]} inputs  its raw inputs
 * @param {[number, number]} place
 * @returns {PointEdit[]}
 */
export function movedPoint(data, plot, index, inputs, place) {
  const value = inputs.map((before, column) => onAxis(data, plot, place, column) ?? before);
  /** @type {PointEdit[]} */
  const edits = [{ path: "data.points.move", index: [index], value }];
  if (data.kind === "curve" && data.task === "regression" && data.target_names.length === 1) {
    edits.push({ path: "data.points.target", index: [index], value: pointed(place[1], plot.y) });
  }
  return edits;
}

/**
 * Training and validation rows are counted through.
 *
 * @param {PlaneData} data
 * @param {"training" | "validation"} kind
 * @param {number} row
 */
export function indexOfRow(data, kind, row) {
  return kind === "training" ? row : (data.training?.rows ?? 0) + row;
}

/**
 * The raw inputs of a point as the page has them: seven digits.
 *
 * @param {PackedArray} inputs
 * @param {number} place
 */
export function inputsAt({ shape, numbers }, place) {
  const columns = shape[1] ?? 0;
  return Array.from(numbers.subarray(place * columns, (place + 1) * columns), (value) => Number(value.toPrecision(7)));
}

/**
 * @param {PlaneData} data
 * @param {Plot} plot
 * @param {[number, number]} place
 * @param {number} column
 */
function onAxis({ pair }, plot, place, column) {
  if (column === pair[0]) return pointed(place[0], plot.x);
  if (column === pair[1]) return pointed(place[1], plot.y);
  return undefined;
}
