/**
 * The plane on its canvases: the wash of the output, the line between classes, the points.
 *
 * @module
 */

import { CLASS_COLOURS, stepped } from "./colours.js";
import { contour, contourRoom } from "./contour.js";
import { xOf, yOf } from "./plot.js";
import { createPointPainter } from "./points.js";
import { paintClasses, paintField, refine } from "./raster.js";
import { regionOf } from "./regions.js";

/** @typedef {import("../types.js").PlaneData} PlaneData */
/** @typedef {import("../types.js").HiddenData} HiddenData */
/** @typedef {import("../types.js").PackedArray} PackedArray */
/** @typedef {import("./colours.js").Palette} Palette */
/** @typedef {import("./plot.js").Plot} Plot */
/** @typedef {import("./points.js").Places} Places */

/**
 * @typedef {object} Shown  what is to be drawn
 * @property {PlaneData} data
 * @property {Record<string, PackedArray>} arrays
 * @property {Plot} plot
 * @property {Palette} palette
 * @property {"plane" | "curve" | "hidden"} lens
 * @property {boolean} isHard  classes without confidence, numbers in steps
 * @property {number} radius  of a point, in pixels
 * @property {Record<"training" | "validation", Places>} places
 * @property {{kind: "training" | "validation", place: number} | null} without  the point that is being moved
 */

/** How much finer the grid is where edges are hard. */
const FINER = 5;
/** Into how many steps numbers are put. */
const STEPS = 10;
const LINE = 2;
const HALO = 4.5;

/**
 * @param {HTMLCanvasElement} base
 * @param {HTMLCanvasElement} over  for the points
 */
export function createPicture(base, over) {
  const wash = document.createElement("canvas");
  const painter = createPointPainter();
  let density = 1;
  let width = 0;
  let height = 0;
  /** @type {ImageData | null} */
  let image = null;
  let pixels = new Uint32Array(0);
  let fine = new Float32Array(0);
  let pieces = new Float32Array(0);
  /** What the points were drawn from. @type {{palette: Palette | null, radius: number, plot: number, without: unknown, canvas: number}} */
  let drawn = { palette: null, radius: 0, plot: 0, without: null, canvas: 0 };
  let last = new Float32Array(1);
  /** Tables in steps, by the smooth ones. @type {WeakMap<Uint32Array, Uint32Array>} */
  const steps = new WeakMap();

  return {
    /** @param {number} across  in pixels of the page @param {number} up */
    resize(across, up) {
      density = Math.min(devicePixelRatio || 1, 2);
      [width, height] = [across, up];
      for (const canvas of [base, over]) {
        canvas.width = Math.round(across * density);
        canvas.height = Math.round(up * density);
      }
      drawn.palette = null;
    },
    drawBase,
    drawPoints,
  };

  /** @param {Shown} shown */
  function drawBase(shown) {
    const context = base.getContext("2d");
    if (!context) return;
    context.setTransform(density, 0, 0, density, 0, 0);
    context.clearRect(0, 0, width, height);
    const { left, right, top, bottom } = shown.plot;
    context.save();
    context.beginPath();
    context.rect(left, top, right - left, bottom - top);
    context.clip();
    if (shown.lens === "plane") drawField(context, shown);
    else if (shown.lens === "curve") drawCurve(context, shown);
    else if (shown.data.hidden) drawRegions(context, shown, shown.data.hidden);
    context.restore();
  }

  /**
   * Points stand still while their network trains, and few change sides: mostly they are as they were.
   *
   * @param {Shown} shown
   */
  function drawPoints(shown) {
    const context = over.getContext("2d");
    if (!context || isAsDrawn(shown)) return;
    const { data, arrays, places, without, lens, palette, radius } = shown;
    context.setTransform(density, 0, 0, density, 0, 0);
    context.clearRect(0, 0, width, height);
    painter.prepare(palette, radius, density);
    for (const kind of /** @type {const} */ (["validation", "training"])) {
      const points = arrays[kind];
      if (!points) continue;
      const absent = without?.kind === kind ? without.place : -1;
      const isFilled = kind === "training";
      if (data.task !== "regression") painter.classes(context, points, places[kind], isFilled, absent);
      else painter.numbers(context, points, places[kind], isFilled, absent, { low: data.scale[0], high: data.scale[1], isSized: lens !== "curve" });
    }
  }

  /** @param {Shown} shown */
  function isAsDrawn({ data, arrays, plot, palette, lens, radius, places, without }) {
    let isSame =
      drawn.palette === palette && drawn.radius === radius && drawn.plot === plot.right && drawn.without === without &&
      drawn.canvas === over.width * over.height && data.task !== "regression" && lens === "plane";
    drawn = { palette, radius, plot: plot.right, without, canvas: over.width * over.height };
    let at = 0;
    for (const kind of /** @type {const} */ (["validation", "training"])) {
      const { x, y, count } = places[kind];
      const numbers = arrays[kind]?.numbers;
      if (last.length < at + 4 * count + 1) last = new Float32Array(Math.max(2 * last.length, at + 4 * count + 1));
      isSame &&= last[at] === count;
      last[at] = count;
      at += 1;
      for (let k = 0; k < count; k += 1, at += 4) {
        const [across, up, target, found] = [x[k], y[k], numbers?.[4 * k + 1], numbers?.[4 * k + 3]];
        isSame &&= last[at] === across && last[at + 1] === up && last[at + 2] === target && last[at + 3] === found;
        last[at] = across ?? 0;
        last[at + 1] = up ?? 0;
        last[at + 2] = target ?? 0;
        last[at + 3] = found ?? 0;
      }
    }
    return isSame;
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {Shown} shown
   */
  function drawField(context, shown) {
    const { data, arrays, plot, palette, isHard } = shown;
    const outputs = arrays["outputs"];
    if (!outputs) return;
    const [count = 1, side = 2] = outputs.shape;
    const chances = arrays["chance"] ?? outputs;
    const chosen = data.neuron ? arrays["chosen"] : undefined;
    const at = data.output * side * side;
    if (chosen) {
      const { peak, turn } = mapOf(data);
      fill(chosen.numbers, side, isHard ? inSteps(palette.sign) : palette.sign, -peak, peak, isHard);
      paste(context, plot);
      if (turn !== null) line(context, shown, [chosen.numbers], turn);
    } else if (data.task === "regression") {
      fill(outputs.numbers.subarray(at, at + side * side), side, isHard ? inSteps(palette.value) : palette.value, data.scale[0], data.scale[1], isHard);
      paste(context, plot);
    } else if (count === 1) {
      fill(chances.numbers, side, isHard ? stepsOf(palette.chance, 2) : palette.chance, 0, 1, isHard);
      paste(context, plot);
      line(context, shown, [outputs.numbers], data.level ?? 0.5);
    } else {
      prepare(isHard ? FINER * side : side);
      if (isHard) {
        const finer = FINER * side;
        const room = count * finer * finer;
        if (fine.length < room) fine = new Float32Array(room);
        for (let k = 0; k < count; k += 1) {
          refine(fine.subarray(k * finer * finer), finer, chances.numbers.subarray(k * side * side), side);
        }
        paintClasses(pixels, fine, finer, count, palette.classes, true);
      } else paintClasses(pixels, chances.numbers, side, count, palette.classes, false);
      paste(context, plot);
      const lead = arrays["lead"];
      if (lead) line(context, shown, Array.from({ length: count }, (_, k) => lead.numbers.subarray(k * side * side, (k + 1) * side * side)), 0);
    }
  }

  /**
   * @param {Float32Array} field
   * @param {number} side
   * @param {Uint32Array} table
   * @param {number} low
   * @param {number} high
   * @param {boolean} isFiner
   */
  function fill(field, side, table, low, high, isFiner) {
    const size = isFiner ? FINER * side : side;
    prepare(size);
    if (isFiner) {
      if (fine.length < size * size) fine = new Float32Array(size * size);
      refine(fine, size, field, side);
    }
    paintField(pixels, isFiner ? fine : field, size, table, low, high);
  }

  /** @param {number} side */
  function prepare(side) {
    if (image?.width === side) return;
    wash.width = wash.height = side;
    image = new ImageData(side, side);
    pixels = new Uint32Array(image.data.buffer);
  }

  /**
   * Nodes lie on the edges of the plot, so half a pixel of the wash on each side is beyond it.
   *
   * @param {CanvasRenderingContext2D} context
   * @param {Plot} plot
   */
  function paste(context, { left, right, top, bottom }) {
    if (!image) return;
    wash.getContext("2d")?.putImageData(image, 0, 0);
    const side = image.width;
    context.imageSmoothingEnabled = true;
    context.imageSmoothingQuality = "high";
    context.drawImage(wash, 0.5, 0.5, side - 1, side - 1, left, top, right - left, bottom - top);
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {Shown} shown
   * @param {Float32Array[]} fields
   * @param {number} level
   */
  function line(context, { plot, palette }, fields, level) {
    const side = Math.round(Math.sqrt(fields[0]?.length ?? 0));
    const room = contourRoom(side);
    if (pieces.length < room) pieces = new Float32Array(room);
    const across = (plot.right - plot.left) / (side - 1);
    const up = (plot.bottom - plot.top) / (side - 1);
    context.beginPath();
    for (const field of fields) {
      const count = contour(field, side, level, pieces);
      for (let k = 0; k < count; k += 4) {
        context.moveTo(plot.left + /** @type {number} */ (pieces[k]) * across, plot.bottom - /** @type {number} */ (pieces[k + 1]) * up);
        context.lineTo(plot.left + /** @type {number} */ (pieces[k + 2]) * across, plot.bottom - /** @type {number} */ (pieces[k + 3]) * up);
      }
    }
    strokeWithHalo(context, palette);
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {Shown} shown
   */
  function drawCurve(context, { data, arrays, plot, palette, places, without }) {
    const outputs = arrays["outputs"];
    if (!outputs) return;
    const [count = 1, side = 2] = outputs.shape;
    const isClasses = data.task !== "regression";
    const values = isClasses ? (arrays["chance"] ?? outputs) : outputs;
    if (!isClasses) {
      context.beginPath();
      for (const kind of /** @type {const} */ (["training", "validation"])) {
        const points = arrays[kind];
        for (let k = 0; points && k < places[kind].count; k += 1) {
          if (without?.kind === kind && without.place === k) continue;
          const x = /** @type {number} */ (places[kind].x[k]);
          context.moveTo(x, /** @type {number} */ (places[kind].y[k]));
          context.lineTo(x, yOf(plot, /** @type {number} */ (points.numbers[4 * k + 2])));
        }
      }
      context.strokeStyle = palette.line;
      context.lineWidth = 1.25;
      context.stroke();
    }
    const chosen = data.neuron ? arrays["chosen"] : undefined;
    const shown = chosen ? [0] : isClasses ? Array.from({ length: count }, (_, k) => k) : [data.output];
    for (const k of shown) {
      const numbers = chosen ? chosen.numbers : values.numbers.subarray(k * side, (k + 1) * side);
      context.beginPath();
      for (let i = 0; i < side; i += 1) {
        const x = plot.left + (i / (side - 1)) * (plot.right - plot.left);
        const y = Math.max(-1e4, Math.min(1e4, yOf(plot, /** @type {number} */ (numbers[i]))));
        if (i === 0) context.moveTo(x, y);
        else context.lineTo(x, y);
      }
      strokeWithHalo(context, palette, count > 1 && isClasses && !chosen ? palette.points[k % CLASS_COLOURS] : undefined);
    }
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {Shown} shown
   * @param {HiddenData} hidden
   */
  function drawRegions(context, { data, plot, palette }, { cuts }) {
    for (const [place, sides] of sidesOf(data.class_names, cuts)) {
      const corners = regionOf(plot.x, plot.y, sides);
      if (corners.length < 3) continue;
      context.beginPath();
      for (const [x, y] of corners) context.lineTo(xOf(plot, x), yOf(plot, y));
      context.closePath();
      const table = palette.classes[place % CLASS_COLOURS];
      const pixel = table?.[table.length - 1] ?? 0;
      context.fillStyle = `rgb(${pixel & 255} ${(pixel >> 8) & 255} ${(pixel >> 16) & 255})`;
      context.fill();
      strokeWithHalo(context, palette);
    }
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {Palette} palette
   * @param {string} [colour]
   */
  function strokeWithHalo(context, palette, colour = palette.ink) {
    context.lineCap = "round";
    context.lineJoin = "round";
    context.globalAlpha = 0.75;
    context.strokeStyle = palette.ground;
    context.lineWidth = HALO;
    context.stroke();
    context.globalAlpha = 1;
    context.strokeStyle = colour;
    context.lineWidth = LINE;
    context.stroke();
  }

  /** @param {Uint32Array} table */
  function inSteps(table) {
    return stepsOf(table, STEPS);
  }

  /** @param {Uint32Array} table @param {number} count */
  function stepsOf(table, count) {
    let found = steps.get(table);
    if (!found) steps.set(table, (found = count === 2 ? halves(table) : stepped(table, count)));
    return found;
  }
}

/** One colour for each class, at its fullest. @param {Uint32Array} table */
function halves(table) {
  return table.map((_, k) => table[k < table.length / 2 ? 0 : table.length - 1] ?? 0);
}

/**
 * How the map of the chosen neuron is coloured.
 *
 * @param {PlaneData} data
 * @returns {{peak: number, turn: number | null}}
 */
export function mapOf({ maps, neuron }) {
  const found = maps.find(({ layer }) => layer === neuron?.layer);
  return found ? { peak: found.peak, turn: found.turn } : { peak: 1, turn: null };
}

/**
 * For each class, on which sides of which cuts it lies; nothing where a cut is no line in this plane.
 *
 * @param {string[]} names  of classes
 * @param {HiddenData["cuts"]} cuts
 * @returns {[place: number, sides: import("./regions.js").Side[]][]}
 */
export function sidesOf(names, cuts) {
  /** @type {Map<number, import("./regions.js").Side[]>} */
  const sides = new Map();
  for (const { above, below, w, b } of cuts) {
    if (w === null || b === null) return [];
    const [x = 0, y = 0] = w.map(Number);
    for (const [name, sign] of /** @type {const} */ ([[above, 1], [below, -1]])) {
      const place = names.indexOf(name);
      sides.set(place, [...(sides.get(place) ?? []), { w: [sign * x, sign * y], b: sign * Number(b) }]);
    }
  }
  return [...sides];
}
