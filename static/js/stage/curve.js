/**
 * The activation of one neuron as a small curve, with its point and its tangent.
 *
 * @module
 */

import { number } from "../format.js";
import { round, within } from "../layout.js";
import { newest, sampleOf, valueOf } from "../select.js";

/** @typedef {import("../types.js").State} State */
/** @typedef {import("../types.js").Real} Real */
/** @typedef {import("../layout.js").Picture} Picture */
/** @typedef {import("../layout.js").Rect} Rect */
/** @typedef {import("../layout.js").Point} Point */
/** @typedef {import("./activity.js").Activity} Activity */

/**
 * @typedef {object} CurveScene
 * @property {string} key
 * @property {Rect} rect
 * @property {Rect} plot
 * @property {"forward" | "backward"} way
 * @property {string} name
 * @property {string} text
 * @property {string} curve  a path
 * @property {string} axes
 * @property {string} tangent
 * @property {string} guides  from the axes to the point
 * @property {Point} foot  the point's z, on the axis
 * @property {Point} point
 */

/** The tangent reaches so far on either side, as a share of the plot's width. */
const REACH = 0.3;

/**
 * The curve of the neuron that the moment is about, while its activation or its slope is told.
 *
 * @param {State} state
 * @param {Picture} picture
 * @param {Activity} activity
 * @param {Rect | null} chip  where the neuron is drawn, when not in its place
 * @returns {CurveScene | null}
 */
export function curveOf(state, picture, activity, chip) {
  const { event, neuron } = activity;
  if (!event || !neuron || (event.kind !== "activation" && event.kind !== "activation_gradient")) return null;
  const name = state.layers[neuron.layer]?.activation;
  const entry = state.catalogue?.activations.find((each) => each.name === name);
  const node = picture.nodeOf.get(`node ${neuron.layer} ${neuron.index}`);
  if (!entry?.curve?.z.length || !node) return null;
  const index = [sampleOf(state), neuron.index];
  const z = valueOf(state, { name: `layer${neuron.layer}.z`, index });
  const a = valueOf(state, { name: `layer${neuron.layer}.a`, index });
  const slope = slopeOf(state, neuron.layer, neuron.index);
  if (z === undefined || a === undefined || slope === undefined) return null;

  const rect = placeOfCurve(picture, chip ?? node, neuron.layer);
  const small = picture.font.small;
  const plot = { x: rect.x + small, y: rect.y + 2.1 * small, w: rect.w - 2 * small, h: rect.h - 4.6 * small };
  const { z: zs, a: as } = entry.curve;
  const [left, right] = [zs[0] ?? -1, zs[zs.length - 1] ?? 1];
  const [low, high] = [Math.min(0, ...as), Math.max(0, ...as)];
  /** @param {number} at */
  const px = (at) => plot.x + ((at - left) / (right - left)) * plot.w;
  /** @param {number} at */
  const py = (at) => plot.y + (1 - (at - low) / (high - low || 1)) * plot.h;
  /** A place in the plot, or on its rim. @param {Point} p */
  const inside = (p) => ({
    x: round(Math.min(Math.max(p.x, plot.x), plot.x + plot.w)),
    y: round(Math.min(Math.max(p.y, plot.y), plot.y + plot.h)),
  });
  const point = inside({ x: px(Number(z)), y: py(Number(a)) });
  const foot = { x: point.x, y: inside({ x: 0, y: py(0) }).y };
  // A slope on the paper: the plot's two scales differ.
  const rise = (-Number(slope) * (plot.h / (high - low || 1))) / (plot.w / (right - left));
  // It stays on its card: above the plot and below it there is a little room.
  const spare = 0.4 * small;
  const up = Math.min(REACH * plot.w, (point.y - plot.y + spare) / Math.max(1e-9, Math.abs(rise)));
  const down = Math.min(REACH * plot.w, (plot.y + plot.h - point.y + spare) / Math.max(1e-9, Math.abs(rise)));
  const [before, after] = rise > 0 ? [up, down] : [down, up];
  const line = `M${round(point.x - before)} ${round(point.y - before * rise)}L${round(point.x + after)} ${round(point.y + after * rise)}`;
  return {
    key: `curve ${neuron.layer} ${neuron.index} ${event.kind}`,
    rect,
    plot,
    way: event.kind === "activation" ? "forward" : "backward",
    name: entry.label,
    text: `slope f′(z) = ${number(slope)}`,
    curve: zs.map((each, k) => `${k === 0 ? "M" : "L"}${round(px(each))} ${round(py(as[k] ?? 0))}`).join(""),
    axes: `M${plot.x} ${foot.y}H${plot.x + plot.w}M${inside({ x: px(0), y: 0 }).x} ${plot.y}V${plot.y + plot.h}`,
    tangent: line,
    guides: `M${foot.x} ${foot.y}V${point.y}H${inside({ x: px(0), y: 0 }).x}`,
    foot,
    point,
  };
}

/** f′(z) of a neuron, as soon as its activation is told. @param {State} state @param {number} layer @param {number} index @returns {Real | undefined} */
function slopeOf(state, layer, index) {
  const event = newest(state);
  const told = event?.kind === "activation" && event.layer === layer ? event.detail?.slope?.[index] : undefined;
  return told ?? valueOf(state, { name: `layer${layer}.slope`, index: [sampleOf(state), index] });
}

/** Over the edges that have just been summed, at the chip's side. @param {Picture} picture @param {Rect} chip @param {number} layer */
function placeOfCurve(picture, chip, layer) {
  const gap = picture.gaps.get(layer);
  const u = picture.font.number;
  const bounds = { x: 2, y: 2, w: picture.width - 4, h: picture.height - 4 };
  const room = gap ? gap.end - gap.begin : 0;
  if (picture.flow === "down") {
    const size = { w: 11 * u, h: 9.5 * u };
    return within({ x: chip.x + chip.w / 2 - size.w / 2, y: chip.y - size.h - 0.5 * u, ...size }, bounds);
  }
  const w = Math.min(13 * u, Math.max(10 * u, room - 1.2 * u));
  const size = { w, h: 0.85 * w };
  return within({ x: chip.x - size.w - 0.6 * u, y: chip.y + chip.h / 2 - size.h / 2, ...size }, bounds);
}
