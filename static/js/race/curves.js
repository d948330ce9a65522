/**
 * The losses of the lanes as lines over steps or costs, and where their names stand.
 *
 * @module
 */

import { linearAxis, logAxis } from "../axes.js";

/** @typedef {import("../axes.js").Axis} Axis */
/** @typedef {import("../types.js").PackedArray} PackedArray */
/** A place of a curve. @typedef {{step: number, cost: number, loss: number}} Point */
/** @typedef {{lane: number, points: Point[]}} Curve */

/** A loss so many times as high as all lanes began with leaves the picture through its top: the others are still to be seen. */
const HIGHEST = 3;

/**
 * What is compared: the loss of each lane, and where batches make it noisy its mean over an epoch.
 *
 * @param {Record<string, PackedArray>} arrays
 * @param {number} count  of lanes
 * @returns {Curve[]}
 */
export function curvesOf(arrays, count) {
  return Array.from({ length: count }, (_, lane) => curveOf(arrays[`means.${lane}`] ?? arrays[`losses.${lane}`], lane));
}

/**
 * The losses of the batches, of those lanes whose means are compared.
 *
 * @param {Record<string, PackedArray>} arrays
 * @param {number} count  of lanes
 * @returns {Curve[]}
 */
export function noiseOf(arrays, count) {
  const noisy = Array.from({ length: count }, (_, lane) => lane).filter((lane) => arrays[`means.${lane}`]);
  return noisy.map((lane) => curveOf(arrays[`losses.${lane}`], lane));
}

/**
 * @param {PackedArray | undefined} array
 * @param {number} lane
 * @returns {Curve}
 */
function curveOf(array, lane) {
  const numbers = array?.numbers ?? new Float32Array();
  /** @type {Point[]} */
  const points = [];
  for (let at = 0; at + 2 < numbers.length; at += 3) {
    const [step = 0, cost = 0, loss = NaN] = numbers.subarray(at, at + 3);
    points.push({ step, cost, loss });
  }
  return { lane, points };
}

/** @param {Point} point @param {boolean} byCost */
export function placeOf({ step, cost }, byCost) {
  return byCost ? cost : step;
}

/**
 * Axes that hold all curves.
 *
 * @param {Curve[]} curves
 * @param {object} wanted
 * @param {boolean} wanted.byCost
 * @param {boolean} wanted.isLog
 * @param {number} wanted.step  of the cursor: there the axis of steps ends, though a search may be ahead by an iteration
 * @returns {{x: Axis, y: Axis}}
 */
export function axesOf(curves, { byCost, isLog, step }) {
  const points = curves.flatMap((curve) => curve.points);
  const losses = points.map(({ loss }) => loss).filter(Number.isFinite);
  const begun = curves.flatMap((curve) => curve.points[0]?.loss ?? []).filter(Number.isFinite);
  const furthest = byCost ? points.reduce((most, { cost }) => Math.max(most, cost), 0) : step;
  const highest = HIGHEST * Math.max(0, ...begun);
  const largest = Math.min(losses.reduce((most, loss) => Math.max(most, loss), 0), highest || Infinity);
  const smallest = losses.reduce((least, loss) => (loss > 0 ? Math.min(least, loss) : least), Infinity);
  return {
    x: linearAxis(furthest, byCost ? 30 : 10),
    y: isLog && smallest < Infinity ? logAxis(smallest, Math.max(largest, smallest)) : linearAxis(largest || 1, 1e-12),
  };
}

/**
 * Places of names at the ends of lines: as near as can be to where they belong, none closer to another than the gap.
 *
 * @param {number[]} wanted  in pixels
 * @param {number} gap
 * @param {number} low  no name stands above this
 * @param {number} high  nor below this
 * @returns {number[]}  in the order of `wanted`
 */
export function apart(wanted, gap, low, high) {
  const order = wanted.map((_, place) => place).sort((one, other) => (wanted[one] ?? 0) - (wanted[other] ?? 0));
  const places = order.map((place) => Math.min(Math.max(wanted[place] ?? 0, low), high));
  for (let k = 1; k < places.length; k += 1) places[k] = Math.max(places[k] ?? 0, (places[k - 1] ?? 0) + gap);
  let limit = high;
  for (let k = places.length - 1; k >= 0; k -= 1) {
    places[k] = Math.min(places[k] ?? 0, limit);
    limit = (places[k] ?? 0) - gap;
  }
  /** @type {number[]} */
  const found = [];
  order.forEach((place, k) => (found[place] = places[k] ?? 0));
  return found;
}

/**
 * The point nearest to a place, or null where there are none.
 *
 * @param {readonly Point[]} points  in the order of their places
 * @param {number} place
 * @param {boolean} byCost
 */
export function nearest(points, place, byCost) {
  return points.reduce(
    (/** @type {Point | null} */ best, point) =>
      best && Math.abs(placeOf(best, byCost) - place) <= Math.abs(placeOf(point, byCost) - place) ? best : point,
    null,
  );
}

/**
 * The loss that a lane had when it stood at a place: that of its last point at or before it.
 *
 * @param {Curve} curve
 * @param {number} place
 * @param {boolean} byCost
 */
export function lossAt({ points }, place, byCost) {
  return points.findLast((point) => placeOf(point, byCost) <= place)?.loss ?? null;
}
