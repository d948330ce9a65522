/**
 * The activation of a layer as a small picture of its own: a neuron's curve with its point and its tangent, or the
 * probabilities of a softmax, which belong to all its neurons, as bars.
 *
 * @module
 */

import { number, subscript } from "../format.js";
import { round } from "../layout.js";
import { newest, sampleOf, valueOf } from "../select.js";
import { insetOf } from "./inset.js";

/** @typedef {import("../types.js").State} State */
/** @typedef {import("../types.js").Real} Real */
/** @typedef {import("../layout.js").Picture} Picture */
/** @typedef {import("../layout.js").Node} Node */
/** @typedef {import("../layout.js").Rect} Rect */
/** @typedef {import("../layout.js").Point} Point */
/** @typedef {import("./activity.js").Activity} Activity */

/**
 * @typedef {object} Bar
 * @property {string} key
 * @property {Rect} rect  as long as its probability
 * @property {Rect} whole  as long as 1
 * @property {string} symbol
 * @property {string} text
 */

/**
 * @typedef {object} CurveScene
 * @property {string} key
 * @property {Rect} rect
 * @property {string} leader  a path to the neuron
 * @property {"forward" | "backward"} way
 * @property {string} name
 * @property {string} text
 * @property {string} curve  a path
 * @property {string} axes
 * @property {string} tangent
 * @property {string} guides  from the axes to the point
 * @property {Point | null} foot  the point's z, on the axis
 * @property {Point | null} point
 * @property {Bar[]} bars
 */

/** The tangent reaches so far on either side, as a share of the plot's width. */
const REACH = 0.3;
/** Widths of a curve's card, in sizes of a number, the best first; and how high a card is for its width. */
const WIDTHS = [12, 10.5, 9.5, 8.5, 7.5, 6.7];
const HEIGHT = 0.76;
/** A narrower card names the slope by its sign alone. */
const ROOMY_CARD = 9.5;
/** The bars of a softmax with more outputs would be thinner than their numbers. */
const MOST_BARS = 8;

/**
 * The picture of the activation that the moment is about, while it or its slope is told.
 *
 * @param {State} state
 * @param {Picture} picture
 * @param {Activity} activity
 * @param {Rect | null} chip  where the neuron is drawn, when not in its place
 * @param {Rect[]} taken  what stands in the room for the numbers of the neuron
 * @returns {CurveScene | null}
 */
export function curveOf(state, picture, activity, chip, taken) {
  const { event, neuron } = activity;
  if (!event || !neuron || (event.kind !== "activation" && event.kind !== "activation_gradient")) return null;
  const node = picture.nodeOf.get(`node ${neuron.layer} ${neuron.index}`);
  if (!node) return null;
  if (state.layers[neuron.layer]?.activation === "softmax") return barsOf(state, picture, neuron.layer, chip ?? node, taken);
  return neuronCurve(state, picture, event.kind === "activation" ? "forward" : "backward", node, chip ?? node, taken);
}

/**
 * @param {State} state
 * @param {Picture} picture
 * @param {"forward" | "backward"} way
 * @param {Node} node
 * @param {Rect} chip
 * @param {Rect[]} taken
 * @returns {CurveScene | null}
 */
function neuronCurve(state, picture, way, node, chip, taken) {
  const name = state.layers[node.layer]?.activation;
  const entry = state.catalogue?.activations.find((each) => each.name === name);
  if (!entry?.curve?.z.length) return null;
  const index = [sampleOf(state), node.index];
  const z = valueOf(state, { name: `layer${node.layer}.z`, index });
  const a = valueOf(state, { name: `layer${node.layer}.a`, index });
  const slope = slopeOf(state, node.layer, node.index);
  if (z === undefined || a === undefined || slope === undefined) return null;

  const u = picture.font.number;
  const inset = insetOf(picture, {
    key: `curve ${node.layer}`,
    chip,
    taken,
    column: picture.compact ? chip : columnOf(picture, node.layer),
    layer: node.layer,
    hasPlates: way === "backward",
    onlyOfLayer: state.settings.projector,
    sizes: WIDTHS.map((width) => ({ w: width * u, h: HEIGHT * width * u })),
  });
  if (!inset) return null;
  const { rect, leader } = inset;

  const small = picture.font.small;
  const plot = { x: rect.x + 0.7 * small, y: rect.y + 1.8 * small, w: rect.w - 1.4 * small, h: rect.h - 3.9 * small };
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
    key: `curve ${node.key} ${way}`,
    rect,
    leader,
    way,
    name: entry.label,
    text: `${rect.w >= ROOMY_CARD * u ? "slope " : ""}f′(z) = ${number(slope)}`,
    curve: zs.map((each, k) => `${k === 0 ? "M" : "L"}${round(px(each))} ${round(py(as[k] ?? 0))}`).join(""),
    axes: `M${plot.x} ${foot.y}H${plot.x + plot.w}M${inside({ x: px(0), y: 0 }).x} ${plot.y}V${plot.y + plot.h}`,
    tangent: line,
    guides: `M${foot.x} ${foot.y}V${point.y}H${inside({ x: px(0), y: 0 }).x}`,
    foot,
    point,
    bars: [],
  };
}

/**
 * @param {State} state
 * @param {Picture} picture
 * @param {number} layer
 * @param {Rect} chip
 * @param {Rect[]} taken
 * @returns {CurveScene | null}
 */
function barsOf(state, picture, layer, chip, taken) {
  const count = state.layers[layer]?.units ?? 0;
  if (count > MOST_BARS) return null;
  const u = picture.font.number;
  const small = picture.font.small;
  const row = 1.3 * u;
  const inset = insetOf(picture, {
    key: `bars ${layer}`,
    chip,
    taken,
    column: picture.compact ? chip : columnOf(picture, layer),
    layer,
    hasPlates: false,
    onlyOfLayer: state.settings.projector,
    sizes: [10.5, 9, 8, 7].map((width) => ({ w: width * u, h: count * row + 2.1 * small })),
  });
  if (!inset) return null;
  const { rect } = inset;
  const left = rect.x + 2 * u;
  const length = rect.w - 5.4 * u;
  const bars = Array.from({ length: count }, (_, k) => {
    const value = valueOf(state, { name: `layer${layer}.a`, index: [sampleOf(state), k] });
    const y = rect.y + 1.75 * small + k * row;
    const whole = { x: left, y: y + 0.25 * row, w: length, h: 0.5 * row };
    return {
      key: String(k),
      whole,
      rect: { ...whole, w: length * Math.min(1, Math.max(0, Number(value ?? 0) || 0)) },
      symbol: `a${subscript(k)}`,
      text: value === undefined ? "" : number(value),
    };
  });
  return {
    key: `bars ${layer}`, rect, leader: "", way: "forward", name: "softmax", text: "", curve: "", axes: "", tangent: "", guides: "",
    foot: null, point: null, bars,
  };
}

/** What the chips of a layer take up. @param {Picture} picture @param {number} layer @returns {Rect} */
function columnOf(picture, layer) {
  const chips = picture.nodes.filter((node) => node.kind === "neuron" && node.layer === layer);
  const [x, y] = [Math.min(...chips.map((chip) => chip.x)), Math.min(...chips.map((chip) => chip.y))];
  return { x, y, w: Math.max(...chips.map((chip) => chip.x + chip.w)) - x, h: Math.max(...chips.map((chip) => chip.y + chip.h)) - y };
}

/** f′(z) of a neuron, as soon as its activation is told. @param {State} state @param {number} layer @param {number} index @returns {Real | undefined} */
function slopeOf(state, layer, index) {
  const event = newest(state);
  const told = event?.kind === "activation" && event.layer === layer ? event.detail?.slope?.[index] : undefined;
  return told ?? valueOf(state, { name: `layer${layer}.slope`, index: [sampleOf(state), index] });
}
