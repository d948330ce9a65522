/**
 * What each lane thinks of the plane, side by side, in the colours of the plane itself.
 *
 * @module
 */

import { createRows, element, setAttribute, setText } from "../elements.js";
import { cssOf, paletteOf, SHADES } from "../plane/colours.js";
import { contour, contourRoom } from "../plane/contour.js";
import { paintClasses, paintField, refine } from "../plane/raster.js";
import { shapeOf } from "../plane/shapes.js";
import { createSwatch } from "./marks.js";

/** @typedef {import("../types.js").RaceData} RaceData */
/** @typedef {import("../types.js").PackedArray} PackedArray */
/** @typedef {import("../plane/colours.js").Palette} Palette */
/** @typedef {NonNullable<RaceData["planes"]>} Planes */

/** Pixels along each side: twelve for each cell of what the server tells. */
const SIDE = 288;
const DOT = 6.4;

export function createPlanes() {
  const root = element("div", { class: "race-planes" });
  const empty = element("p", { class: "pane-empty", hidden: true });
  const row = element("div", { class: "race-plane-row" });
  root.append(empty, row);
  const figures = createRows(row, createFigure);
  return { root, update };

  /**
   * @param {RaceData} data
   * @param {Record<string, PackedArray>} arrays
   */
  function update({ planes, lanes }, arrays) {
    setText(empty, planes ? (planes.reason ?? "") : "…");
    empty.hidden = planes !== undefined && planes.reason === null;
    const drawn = planes && planes.reason === null ? lanes : [];
    const palette = paletteOf((token) => getComputedStyle(document.documentElement).getPropertyValue(token));
    figures.update(drawn, (figure, lane, place) => {
      setText(figure.name, lane.name);
      const field = arrays[`plane.${place}`];
      if (planes && field) paint(figure.canvas, planes, field, arrays["dots"], palette);
      setAttribute(figure.canvas, "aria-label", `What ${lane.name} thinks of the plane of ${planes?.names.join(" and ")}`);
    });
  }
}

/** @param {number} lane */
function createFigure(lane) {
  const canvas = element("canvas", { width: SIDE, height: SIDE, role: "img" });
  const name = element("span");
  const root = element("figure", { class: "race-plane" }, element("figcaption", {}, name), canvas);
  name.before(createSwatch(lane));
  return { root, canvas, name };
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {Planes} planes
 * @param {PackedArray} field
 * @param {PackedArray | undefined} dots
 * @param {Palette} palette
 */
function paint(canvas, { task, bounds, scale }, { shape, numbers }, dots, palette) {
  const context = canvas.getContext("2d");
  if (!context) return;
  const [classes = 1, side = 1] = shape;
  const fine = new Float32Array(classes * SIDE * SIDE);
  for (let k = 0; k < classes; k += 1) {
    refine(fine.subarray(k * SIDE * SIDE, (k + 1) * SIDE * SIDE), SIDE, numbers.subarray(k * side * side, (k + 1) * side * side), side);
  }
  const image = context.createImageData(SIDE, SIDE);
  const pixels = new Uint32Array(image.data.buffer);
  if (classes > 1) paintClasses(pixels, fine, SIDE, classes, palette.classes, false);
  else if (task === "binary") paintField(pixels, fine, SIDE, palette.chance, 0, 1);
  else paintField(pixels, fine, SIDE, palette.value, ...scale);
  context.putImageData(image, 0, 0);
  if (task === "binary") drawBoundary(context, numbers, side, palette);
  const [[left, right] = [0, 1], [low, high] = [0, 1]] = bounds;
  for (let at = 0; dots && at + 2 < dots.numbers.length; at += 3) {
    const [x = 0, y = 0, kind = 0] = dots.numbers.subarray(at, at + 3);
    const outline = new Path2D(shapeOf(task === "regression" ? 0 : kind));
    context.setTransform(DOT, 0, 0, DOT, (SIDE * (x - left)) / (right - left), SIDE * (1 - (y - low) / (high - low)));
    const part = (kind - scale[0]) / (scale[1] - scale[0]);
    const shade = palette.value[Math.round(Math.min(Math.max(part, 0), 1) * (SHADES - 1))] ?? 0;
    context.fillStyle = task === "regression" ? cssOf(shade) : (palette.points[kind % palette.points.length] ?? palette.ink);
    context.strokeStyle = task === "regression" ? palette.ink : palette.ground;
    context.lineWidth = 0.3;
    context.fill(outline);
    context.stroke(outline);
  }
  context.resetTransform();
}

/**
 * Where one class turns into the other.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {Float32Array} chances
 * @param {number} side
 * @param {Palette} palette
 */
function drawBoundary(context, chances, side, { ink }) {
  const pieces = new Float32Array(contourRoom(side));
  const count = contour(chances, side, 0.5, pieces);
  const cell = SIDE / (side - 1);
  context.beginPath();
  for (let at = 0; at + 3 < count; at += 4) {
    const [x0 = 0, y0 = 0, x1 = 0, y1 = 0] = pieces.subarray(at, at + 4);
    context.moveTo(cell * x0, SIDE - cell * y0);
    context.lineTo(cell * x1, SIDE - cell * y1);
  }
  context.strokeStyle = ink;
  context.lineWidth = 3;
  context.stroke();
}
