/**
 * The shapes of classes: each class differs in shape as well as in colour.
 *
 * @module
 */

/** Outlines around 0 0, all about as large as a circle of radius 1. */
const SHAPES = Object.freeze([
  "M1 0A1 1 0 1 1 -1 0A1 1 0 1 1 1 0Z",
  "M-0.9 -0.9H0.9V0.9H-0.9Z",
  "M0 -1.2L1.1 0.75H-1.1Z",
  "M0 -1.25L1.25 0L0 1.25L-1.25 0Z",
  "M-0.4 -1.1H0.4V-0.4H1.1V0.4H0.4V1.1H-0.4V0.4H-1.1V-0.4H-0.4Z",
  "M0 1.2L1.1 -0.75H-1.1Z",
]);
const NAMES = Object.freeze(["circle", "square", "triangle", "diamond", "cross", "triangle upside down"]);

/**
 * The outline of a class, for SVG and for a canvas' path. Where colours come again, they come with another shape.
 *
 * @param {number} place  of the class
 */
export function shapeOf(place) {
  return SHAPES[shapePlace(place)] ?? "";
}

/** The shape in words. @param {number} place  of the class */
export function shapeName(place) {
  return NAMES[shapePlace(place)] ?? "";
}

/** @param {number} place */
function shapePlace(place) {
  return (place + Math.floor(place / SHAPES.length)) % SHAPES.length;
}
