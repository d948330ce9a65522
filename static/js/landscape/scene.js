/**
 * Where things of the map lie in its picture, in pixels.
 *
 * @module
 */

import { ticksBetween } from "./levels.js";

/** @typedef {import("./words.js").Landscape} Landscape */
/** @typedef {import("./words.js").Place} Place */
/** @typedef {{left: number, top: number, width: number, height: number}} Box */
/** @typedef {{x: number, y: number}} Point */

/** In letters: what stands beside the map. */
const BESIDE = { left: 4.5, right: 5.5, top: 0.5, bottom: 2.75 };
/** On a narrow screen. */
const BESIDE_NARROW = { left: 4.25, right: 5.25, top: 0.5, bottom: 2.5 };
const NARROW = 28;
/** Where the picture is low, the name of the lower axis stands beside its numbers. */
const LOW = 16;
const LOW_BOTTOM = 1.5;
/** An arrow that shows a direction alone is so long, in letters, but never longer than a part of the map. */
const ARROW = 4;
const ARROW_PART = 0.3;

/**
 * The map's own rectangle.
 *
 * @param {number} width  of the picture
 * @param {number} height
 * @param {number} letter
 * @returns {Box}
 */
export function boxOf(width, height, letter) {
  const beside = width < NARROW * letter ? BESIDE_NARROW : BESIDE;
  const [left, top] = [Math.round(beside.left * letter), Math.round(beside.top * letter)];
  return {
    left,
    top,
    width: Math.max(Math.round(width - left - beside.right * letter), 1),
    height: Math.max(Math.round(height - top - (isLow(height, letter) ? LOW_BOTTOM : beside.bottom) * letter), 1),
  };
}

/**
 * Whether a picture is so low that names have to share their line.
 *
 * @param {number} height
 * @param {number} letter
 */
export function isLow(height, letter) {
  return height < LOW * letter;
}

/**
 * Coordinates → pixels inside the map's rectangle.
 *
 * @param {Pick<Landscape, "u" | "v">} data
 * @param {Box} box
 * @returns {(u: number, v: number) => Point}
 */
export function placer({ u, v }, { width, height }) {
  return (across, up) => ({
    x: ((across - u.low) / (u.high - u.low)) * width,
    y: (1 - (up - v.low) / (v.high - v.low)) * height,
  });
}

/**
 * The grid's node that lies nearest to a place in the map's rectangle.
 *
 * @param {Pick<Landscape, "size">} data
 * @param {Box} box
 * @param {Point} point
 * @returns {{i: number, j: number}}
 */
export function nodeAt({ size }, { width, height }, { x, y }) {
  const nearest = (/** @type {number} */ part) => Math.round(Math.min(Math.max(part, 0), 1) * (size - 1));
  return { i: nearest(x / width), j: nearest(1 - y / height) };
}

/**
 * Round numbers along both axes, as many as there is room for.
 *
 * @param {Pick<Landscape, "u" | "v">} data
 * @param {Box} box
 * @param {number} letter
 */
export function ticksOf({ u, v }, { width, height }, letter) {
  return {
    across: ticksBetween(u.low, u.high, Math.max(2, Math.floor(width / (5 * letter)))),
    up: ticksBetween(v.low, v.high, Math.max(2, Math.floor(height / (2.5 * letter)))),
  };
}

/**
 * The end of an arrow that shows which way something points on the map, whatever its length.
 *
 * @param {readonly [number, number]} move  in coordinates
 * @param {Pick<Landscape, "u" | "v">} data
 * @param {Box} box
 * @param {number} letter
 * @returns {Point | null}  beside its beginning; null for what points nowhere
 */
export function arrowOf([across, up], { u, v }, { width, height }, letter) {
  const x = (across / (u.high - u.low)) * width;
  const y = (-up / (v.high - v.low)) * height;
  const length = Math.hypot(x, y);
  if (!Number.isFinite(length) || length === 0) return null;
  const wanted = Math.min(ARROW * letter, ARROW_PART * Math.min(width, height));
  return { x: (x / length) * wanted, y: (y / length) * wanted };
}

/**
 * The place of the path that is pointed at.
 *
 * @param {readonly Place[]} path
 * @param {(u: number, v: number) => Point} place
 * @param {Point} point
 * @param {number} reach  pixels
 * @returns {number}  its number, or -1
 */
export function pointedAt(path, place, point, reach) {
  let best = -1;
  let least = reach;
  path.forEach(({ u, v }, number) => {
    const { x, y } = place(u, v);
    const far = Math.hypot(x - point.x, y - point.y);
    if (far <= least) [best, least] = [number, far];
  });
  return best;
}

/**
 * Those points that have so much room between them that each can be seen and pointed at.
 *
 * @param {readonly Point[]} points
 * @param {number} apart  pixels
 */
export function spread(points, apart) {
  /** @type {Point[]} */
  const kept = [];
  for (const point of points) {
    const last = kept.at(-1);
    if (!last || Math.hypot(point.x - last.x, point.y - last.y) >= apart) kept.push(point);
  }
  return kept;
}

/**
 * How near a line through some points comes to a place, in pixels; infinitely far where there is no line.
 *
 * @param {readonly Point[]} points
 * @param {Point} place
 */
export function distanceTo(points, { x, y }) {
  let least = Infinity;
  points.forEach((to, number) => {
    const from = points[number - 1] ?? to;
    const [across, down] = [to.x - from.x, to.y - from.y];
    const along = ((x - from.x) * across + (y - from.y) * down) / (across * across + down * down || 1);
    const share = Math.min(Math.max(along, 0), 1);
    least = Math.min(least, Math.hypot(from.x + share * across - x, from.y + share * down - y));
  });
  return least;
}
