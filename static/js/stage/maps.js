/**
 * What each neuron responds to: a small map of its activation over the input plane, behind the numbers in its chip. Or, along
 * one input, its curve.
 *
 * All maps lie on one canvas behind the picture, so that sixty frames a second cost sixty small copies and nothing else.
 *
 * @module
 */

import { cssOf, paletteOf, SHADES } from "../plane/colours.js";
import { paintField } from "../plane/raster.js";

/** @typedef {import("../types.js").State} State */
/** @typedef {import("../types.js").ViewMessage} ViewMessage */
/** @typedef {import("../types.js").PackedArray} PackedArray */
/** @typedef {import("../layout.js").Picture} Picture */
/** @typedef {import("./scene.js").Scene} Scene */
/** @typedef {import("../plane/colours.js").Palette} Palette */

/** Corners of a chip, in parts of its letters; as the painter rounds them. */
const CORNER = 0.4;
/** Numbers are read on the maps. */
const STRENGTH = 0.6;

/** @param {HTMLElement} host  what the picture lies in; the maps come first in it */
export function createStageMaps(host) {
  const canvas = document.createElement("canvas");
  canvas.className = "stage-maps";
  canvas.setAttribute("aria-hidden", "true");
  host.prepend(canvas);
  const stamp = document.createElement("canvas");
  /** @type {ImageData | null} */
  let image = null;
  let pixels = new Uint32Array(0);
  /** @type {Palette | null} */
  let palette = null;
  let theme = "";
  /** @type {Scene | null} */
  let scene = null;
  /** @type {Picture | null} */
  let picture = null;
  /** @type {State | null} */
  let state = null;
  /** What the canvas shows. @type {{message: ViewMessage | null, picture: Picture | null, nodes: number, theme: string}} */
  let drawn = { message: null, picture: null, nodes: 0, theme: "" };
  let due = 0;

  return {
    /** @param {Scene} scene_ @param {Picture} picture_ */
    place(scene_, picture_) {
      [scene, picture] = [scene_, picture_];
      drawSoon();
    },

    /** @param {State} now */
    update(now) {
      state = now;
      drawSoon();
    },
  };

  function drawSoon() {
    const message = told();
    const nodes = scene?.nodes.length ?? 0;
    const isSame = message === drawn.message && picture === drawn.picture && nodes === drawn.nodes && state?.settings.theme === drawn.theme;
    if (!isSame) due ||= requestAnimationFrame(draw);
  }

  /** @returns {ViewMessage | null} */
  function told() {
    const message = state?.settings.neuron_maps ? (state.views.plane ?? null) : null;
    return message?.data.maps.length > 0 && message?.arrays && "neurons.0" in message.arrays ? message : null;
  }

  function draw() {
    due = 0;
    const message = told();
    if (!picture || !scene || !state) return;
    drawn = { message, picture, nodes: scene.nodes.length, theme: state.settings.theme };
    host.classList.toggle("has-maps", message !== null);
    if (!message) return;
    if (!palette || theme !== state.settings.theme) {
      const style = getComputedStyle(document.documentElement);
      palette = paletteOf((token) => style.getPropertyValue(token));
      theme = state.settings.theme;
    }
    const density = Math.min(devicePixelRatio || 1, 2);
    const [across, up] = [Math.round(picture.width * density), Math.round(picture.height * density)];
    if (canvas.width !== across || canvas.height !== up) {
      [canvas.width, canvas.height] = [across, up];
      canvas.style.width = `${picture.width}px`;
      canvas.style.height = `${picture.height}px`;
    }
    const context = canvas.getContext("2d");
    if (!context) return;
    context.setTransform(density, 0, 0, density, 0, 0);
    context.clearRect(0, 0, picture.width, picture.height);
    for (const { node, rect } of scene.nodes) {
      if (node.kind !== "neuron") continue;
      const maps = message.arrays?.[`neurons.${node.layer}`];
      if (!maps || node.index >= (maps.shape[0] ?? 0)) continue;
      context.save();
      context.beginPath();
      context.roundRect(rect.x, rect.y, rect.w, rect.h, CORNER * picture.font.number);
      context.clip();
      context.globalAlpha = STRENGTH;
      const colours = coloursOf(message.data, palette, node.layer, node.index);
      if (maps.shape.length === 3) drawMap(context, maps, node.index, colours, rect);
      else drawCurve(context, maps, node.index, colours, rect);
      context.restore();
    }
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {PackedArray} maps
   * @param {number} unit
   * @param {Colours} colours
   * @param {import("../layout.js").Rect} rect
   */
  function drawMap(context, { shape, numbers }, unit, { table, low, high }, { x, y, w, h }) {
    const side = shape[1] ?? 1;
    if (image?.width !== side) {
      stamp.width = stamp.height = side;
      image = new ImageData(side, side);
      pixels = new Uint32Array(image.data.buffer);
    }
    paintField(pixels, numbers.subarray(unit * side * side, (unit + 1) * side * side), side, table, low, high);
    stamp.getContext("2d")?.putImageData(image, 0, 0);
    context.drawImage(stamp, 0.5, 0.5, side - 1, side - 1, x, y, w, h);
  }

  /**
   * The area between the curve and zero: a line would strike the numbers through.
   *
   * @param {CanvasRenderingContext2D} context
   * @param {PackedArray} maps
   * @param {number} unit
   * @param {Colours} colours
   * @param {import("../layout.js").Rect} rect
   */
  function drawCurve(context, { shape, numbers }, unit, { table, low, high }, { x, y, w, h }) {
    const side = shape[1] ?? 1;
    const per = h / (high - low);
    const zero = y + h - Math.max(0, Math.min(high - low, -low)) * per;
    for (let k = 0; k < side; k += 1) {
      const value = Math.max(low, Math.min(high, /** @type {number} */ (numbers[unit * side + k])));
      const top = y + h - (value - low) * per;
      context.fillStyle = cssOf(table[Math.round(((value - low) / (high - low)) * (SHADES - 1))] ?? 0);
      context.fillRect(x + (k / side) * w, Math.min(top, zero), w / side + 0.5, Math.abs(zero - top));
    }
  }
}

/** @typedef {{table: Uint32Array, low: number, high: number}} Colours */

/**
 * The colours of a neuron's map, on a scale that never changes: signed numbers, but for outputs those of the plane.
 *
 * @param {import("../types.js").PlaneData} data
 * @param {Palette} palette
 * @param {number} layer
 * @param {number} unit
 * @returns {Colours}
 */
function coloursOf({ maps, task, scale }, palette, layer, unit) {
  const { peak, turn, units } = maps.find((map) => map.layer === layer) ?? { peak: 1, turn: 0, units: 1 };
  const isOutput = layer === Math.max(...maps.map((map) => map.layer));
  if (isOutput && task === "regression" && units === 1) return { table: palette.value, low: scale[0], high: scale[1] };
  if (isOutput && task === "binary" && turn === 0.5) return { table: palette.chance, low: 0, high: 1 };
  if (isOutput && task === "classification" && turn === 0.5) {
    return { table: palette.classes[unit % palette.classes.length] ?? palette.sign, low: 0, high: 1 };
  }
  return { table: palette.sign, low: -peak, high: peak };
}
