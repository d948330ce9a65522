/**
 * Where the words of a pane stand: beside its picture, below it, or in its place. views.css lays out what `data-shape` says.
 *
 * @module
 */

import { setAttribute } from "./elements.js";

/** @typedef {"wide" | "tall" | "small"} Shape  words beside the picture, below it, or one of the two at a time */

/** From so many letters of width on, there is room beside the picture; from so many of height on, below it. */
const BESIDE = 50;
const BELOW = 27;
/** The same wide layout as in views.css, where the views share the room under the stage. */
const DOCK = "(min-width: 1100px) and (min-height: 560px)";

/**
 * @param {number} width  of the pane, in letters
 * @param {number} height
 * @param {boolean} flows  the page is as long as it has to be, and so is the pane
 * @returns {Shape}
 */
export function shapeFor(width, height, flows) {
  if (width >= BESIDE) return "wide";
  return flows || height >= BELOW ? "tall" : "small";
}

/**
 * Give a pane the shape that it has room for.
 *
 * @param {HTMLElement} root
 * @param {number} letter  pixels
 * @returns {Shape}
 */
export function setShape(root, letter) {
  const flows = !matchMedia(DOCK).matches && document.documentElement.dataset["mode"] !== "projector";
  const shape = shapeFor(root.clientWidth / letter, root.clientHeight / letter, flows);
  setAttribute(root, "data-shape", shape);
  return shape;
}
