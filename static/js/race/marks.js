/**
 * How lanes are told apart: each has a colour, dashes and a shape of its own.
 *
 * @module
 */

import { shapeOf } from "../plane/shapes.js";
import { set, svg } from "../svg.js";

/** A lane's class, which gives it its colour and its dashes. @param {number} lane */
export function laneClass(lane) {
  return `lane-${lane + 1}`;
}

/**
 * A lane's mark.
 *
 * @param {number} lane
 */
export function createMark(lane) {
  return svg("path", { class: `race-mark ${laneClass(lane)}`, d: shapeOf(lane) });
}

/**
 * @param {Element} mark
 * @param {number} x  in pixels
 * @param {number} y
 * @param {number} size  its half
 */
export function placeMark(mark, x, y, size) {
  set(mark, { transform: `translate(${x.toFixed(1)} ${y.toFixed(1)}) scale(${size})` });
}

/**
 * A piece of a lane's line with its mark, as it stands beside its name.
 *
 * @param {number} lane
 */
export function createSwatch(lane) {
  const mark = createMark(lane);
  placeMark(mark, 16, 6, 4);
  return svg("svg", { class: "race-swatch", viewBox: "0 0 32 12", "aria-hidden": "true" }, [
    svg("path", { class: `race-line ${laneClass(lane)}`, d: "M0 6H32" }),
    mark,
  ]);
}
