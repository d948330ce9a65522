/**
 * The points of the data on a canvas: filled for training, outlined for validation, each class with its shape, and a ring
 * around what is on the wrong side.
 *
 * @module
 */

import { CLASS_COLOURS, cssOf, SHADES } from "./colours.js";
import { shapeOf } from "./shapes.js";

/** @typedef {import("../types.js").PackedArray} PackedArray */
/** @typedef {import("./colours.js").Palette} Palette */
/** @typedef {{x: Float32Array, y: Float32Array, count: number}} Places  in pixels */

/** Columns of a point: see `PlaneData` of the server. */
const COLUMNS = 4;
/** A residual as large as the whole scale makes a point so many times larger. */
const LARGEST = 2.2;

/** @param {PackedArray} points @param {number} k */
export function pointAt({ numbers }, k) {
  const at = k * COLUMNS;
  const [row = 0, target = 0, output = 0, found = 0] = [numbers[at], numbers[at + 1], numbers[at + 2], numbers[at + 3]];
  return { row, target, output, found };
}

/** @param {PackedArray | undefined} points */
export function countOf(points) {
  return points?.shape[0] ?? 0;
}

/**
 * The place, among points, of that row; -1 where it is not shown.
 *
 * @param {PackedArray} points
 * @param {number} row
 */
export function placeOfRow(points, row) {
  for (let k = 0; k < countOf(points); k += 1) if (points.numbers[k * COLUMNS] === row) return k;
  return -1;
}

/**
 * The nearest of some places, if it lies within reach.
 *
 * @param {Places} places
 * @param {number} x  in pixels
 * @param {number} y
 * @param {number} reach
 * @returns {{place: number, distance: number} | null}
 */
export function nearest(places, x, y, reach) {
  let best = -1;
  let least = reach * reach;
  for (let k = 0; k < places.count; k += 1) {
    const distance = (/** @type {number} */ (places.x[k]) - x) ** 2 + (/** @type {number} */ (places.y[k]) - y) ** 2;
    // Of points on top of each other the last is seen.
    if (distance <= least) {
      least = distance;
      best = k;
    }
  }
  return best < 0 ? null : { place: best, distance: Math.sqrt(least) };
}

/** A painter of points, which keeps a picture of each kind of point: many are painted sixty times a second. */
export function createPointPainter() {
  /** @type {Map<string, HTMLCanvasElement>} */
  const stamps = new Map();
  let made = "";
  /** @type {Palette | null} */
  let palette = null;
  let radius = 4;
  let scale = 1;

  /**
   * @param {number} place  of the class
   * @param {boolean} isFilled
   * @param {boolean} isWrong
   */
  function stampOf(place, isFilled, isWrong) {
    const key = `${place} ${isFilled} ${isWrong}`;
    let stamp = stamps.get(key);
    if (!stamp && palette) {
      stamps.set(key, (stamp = document.createElement("canvas")));
      stamp.width = stamp.height = Math.ceil(2 * scale * (2.1 * radius + 2));
      const context = stamp.getContext("2d");
      if (!context) return stamp;
      context.translate(stamp.width / 2, stamp.height / 2);
      context.scale(scale, scale);
      const shape = new Path2D();
      shape.addPath(new Path2D(shapeOf(place)), new DOMMatrix([radius, 0, 0, radius, 0, 0]));
      const colour = palette.points[place % CLASS_COLOURS] ?? palette.ink;
      context.lineJoin = "round";
      if (isFilled) {
        context.strokeStyle = palette.ground;
        context.lineWidth = 1.5;
        context.stroke(shape);
        context.fillStyle = colour;
        context.fill(shape);
      } else {
        context.strokeStyle = palette.ground;
        context.lineWidth = 3;
        context.stroke(shape);
        context.fillStyle = palette.ground;
        context.fill(shape);
        context.strokeStyle = colour;
        context.lineWidth = 1.5;
        context.stroke(shape);
      }
      if (isWrong) {
        context.beginPath();
        context.arc(0, 0, 1.75 * radius, 0, 2 * Math.PI);
        context.strokeStyle = palette.ink;
        // Small marks lie close together: their rings must not grow into one blot.
        context.lineWidth = Math.min(1.25, radius / 5);
        context.stroke();
      }
    }
    return stamp;
  }

  return {
    /**
     * @param {Palette} colours
     * @param {number} size  radius in pixels
     * @param {number} density  pixels of the canvas to one of the page
     */
    prepare(colours, size, density) {
      const key = `${size} ${density}`;
      if (palette === colours && key === made) return;
      stamps.clear();
      [palette, radius, scale, made] = [colours, size, density, key];
    },

    /**
     * Paint points of classes; those on the wrong side last, so that nothing hides them.
     *
     * @param {CanvasRenderingContext2D} context
     * @param {PackedArray} points
     * @param {Places} places
     * @param {boolean} isFilled
     * @param {number} without  the place of one that is not painted, or -1
     */
    classes(context, points, places, isFilled, without) {
      for (let pass = 0; pass < 2; pass += 1) {
        for (let k = 0; k < places.count; k += 1) {
          const target = /** @type {number} */ (points.numbers[k * COLUMNS + 1]);
          const isWrong = points.numbers[k * COLUMNS + 3] !== target;
          if (k === without || isWrong !== (pass === 1)) continue;
          const stamp = stampOf(target, isFilled, isWrong);
          if (!stamp) continue;
          const half = stamp.width / scale / 2;
          context.drawImage(stamp, /** @type {number} */ (places.x[k]) - half, /** @type {number} */ (places.y[k]) - half, 2 * half, 2 * half);
        }
      }
    },

    /**
     * Paint points of numbers: in the colour of their target, the larger the farther the output is from it.
     *
     * @param {CanvasRenderingContext2D} context
     * @param {PackedArray} points
     * @param {Places} places
     * @param {boolean} isFilled
     * @param {number} without
     * @param {{low: number, high: number, isSized: boolean}} scale_
     */
    numbers(context, points, places, isFilled, without, { low, high, isSized }) {
      if (!palette) return;
      context.lineWidth = isFilled ? 1 : 1.75;
      context.strokeStyle = palette.ink;
      for (let k = 0; k < places.count; k += 1) {
        if (k === without) continue;
        const target = /** @type {number} */ (points.numbers[k * COLUMNS + 1]);
        const residual = Math.abs(/** @type {number} */ (points.numbers[k * COLUMNS + 2]) - target) / (high - low);
        const shade = Math.round(Math.max(0, Math.min(1, (target - low) / (high - low))) * (SHADES - 1));
        const factor = isSized ? 0.75 + (LARGEST - 0.75) * Math.min(1, residual || 0) : 0.85;
        context.beginPath();
        context.arc(/** @type {number} */ (places.x[k]), /** @type {number} */ (places.y[k]), factor * radius, 0, 2 * Math.PI);
        context.fillStyle = cssOf(palette.value[shade] ?? 0);
        context.fill();
        if (!isFilled) context.setLineDash([2, 1.5]);
        context.stroke();
        if (!isFilled) context.setLineDash([]);
      }
    },
  };
}
