/**
 * The numbers that travel: what a token carries, the way it goes, and where it rests.
 *
 * @module
 */

import { number, productSign, signed } from "../format.js";
import { centre, passing, spread, textWidth, within } from "../layout.js";
import { sampleOf, valueOf } from "../select.js";
import { edgePlace, rowOf, sourcePlace } from "./activity.js";

/** @typedef {import("../types.js").State} State */
/** @typedef {import("../types.js").Real} Real */
/** @typedef {import("../types.js").Ref} Ref */
/** @typedef {import("../types.js").LayerInfo} LayerInfo */
/** @typedef {import("../layout.js").Picture} Picture */
/** @typedef {import("../layout.js").Edge} Edge */
/** @typedef {import("../layout.js").Point} Point */
/** @typedef {import("../layout.js").Rect} Rect */
/** @typedef {import("./activity.js").Activity} Activity */

/**
 * @typedef {object} Token
 * @property {string} key
 * @property {"forward" | "backward"} way
 * @property {"right" | "left" | "down" | "up"} nose  where it is going
 * @property {Rect} rect  where it rests
 * @property {number} size  of its text, in pixels
 * @property {string[]} lines
 * @property {Point[]} route  its centre's way, ending where it rests
 * @property {Point[]} drop  the way its number goes then, empty when it stays
 * @property {string} place  of the edge it is on
 */

/** The ref of what edge `from` of a layer multiplies; null for the bias's 1. @param {number} l @param {number} from @param {number} sample @returns {Ref | null} */
export function inputRef(l, from, sample) {
  if (from < 0) return null;
  return l === 0 ? { name: "x", index: [sample, from] } : { name: `layer${l - 1}.a`, index: [sample, from] };
}

/** The ref of a parameter, or of what belongs to it. @param {string} prefix  "", "grad_", … @param {number} l @param {number} to @param {number} from  -1 is the bias @returns {Ref} */
export function parameterRef(prefix, l, to, from) {
  return from < 0 ? { name: `layer${l}.${prefix}b`, index: [to] } : { name: `layer${l}.${prefix}W`, index: [to, from] };
}

/**
 * A product as one line, and as two where there is less room.
 *
 * @param {Real | undefined} first
 * @param {Real | undefined} second
 * @param {Real} product
 * @param {number} digits
 * @param {(value: Real, digits: number) => string} [write]  the product; a gradient tells its sign even above zero
 * @returns {[string, string]}
 */
function productLines(first, second, product, digits, write = number) {
  const result = write(product, digits);
  if (first === undefined || second === undefined) return ["", result];
  const sign = productSign(first, second, product, digits);
  return [`${number(first, digits)} · ${number(second, digits)}`, `${sign} ${result}`];
}

/** How small a token may be written, as a share of the numbers on edges: on a projector 24 pixels of 39. */
const SMALLEST_TOKEN = 0.61;
const CLOSE_PAD = 0.3;

/**
 * The tokens of the moment on show.
 *
 * @param {State} state
 * @param {Picture} picture
 * @param {Activity} activity
 * @returns {Token[]}
 */
export function tokensOf(state, picture, activity) {
  const { event, moment, extent } = activity;
  const terms = event?.detail?.terms;
  if (!event || !moment || extent === "layer") return [];
  const l = event.layer ?? state.layers.length - 1;
  const layer = state.layers[l];
  if (!layer) return [];
  const sample = sampleOf(state);
  const digits = picture.compact ? 2 : 3;
  const make = tokenMaker(picture);
  /** @type {(Token | null)[]} */
  let tokens = [];
  switch (event.kind) {
    case "affine":
      tokens = shares(rowOf(layer), moment.from, extent).map(([from, k]) => {
        const edge = edgeAt(picture, l, moment.neuron, from);
        const product = terms?.[moment.neuron]?.[k];
        const input = inputRef(l, from, sample);
        const lines = productLines(input ? valueOf(state, input) : 1, valueOf(state, parameterRef("", l, moment.neuron, from)), product ?? 0, digits);
        const target = picture.nodeOf.get(`node ${l} ${moment.neuron}`);
        return edge && product !== undefined
          ? make({ edge, lines, isSingle: extent === "term", way: "forward", near: "source", drop: slotCentre(target, "z") })
          : null;
      });
      break;
    case "weight_gradient":
      tokens = shares(rowOf(layer), moment.from, extent).map(([from, k]) => {
        const edge = edgeAt(picture, l, moment.neuron, from);
        const product = terms?.[moment.neuron]?.[k];
        const input = inputRef(l, from, sample);
        const delta = valueOf(state, { name: `layer${l}.delta`, index: [sample, moment.neuron] });
        const lines = productLines(delta, input ? valueOf(state, input) : 1, product ?? 0, digits, signed);
        return edge && product !== undefined
          ? make({ edge, lines, isSingle: extent === "term", way: "backward", near: "source", drop: null })
          : null;
      });
      break;
    case "propagate": {
      const rows = [...Array(layer.units).keys()];
      tokens = shares(rows, moment.from, extent).map(([to, k]) => {
        const edge = edgeAt(picture, l, to, moment.neuron);
        const product = terms?.[moment.neuron]?.[k];
        const weight = valueOf(state, parameterRef("", l, to, moment.neuron));
        const delta = valueOf(state, { name: `layer${l}.delta`, index: [sample, to] });
        const lines = productLines(weight, delta, product ?? 0, digits, signed);
        const target = picture.nodeOf.get(sourcePlace(l, moment.neuron));
        return edge && product !== undefined
          ? make({ edge, lines, isSingle: extent === "term", way: "backward", near: extent === "term" ? "source" : "target", drop: target ? centre(target.plate) : null })
          : null;
      });
      break;
    }
    case "loss": {
      const edge = picture.edgeOf.get(`link ${moment.from}`);
      const product = terms?.[0]?.[moment.from];
      if (moment.part !== "term" || extent !== "term" || !edge || product === undefined) break;
      const loss = picture.nodeOf.get("loss");
      tokens = [make({ edge, lines: ["", number(product, digits)], isSingle: true, way: "forward", near: "label", drop: slotCentre(loss, "sample_loss") })];
      break;
    }
    case "loss_gradient": {
      const edge = picture.edgeOf.get(`link ${moment.neuron}`);
      const name = `layer${l}.delta` in event.values ? "delta" : "grad_a";
      const value = valueOf(state, { name: `layer${l}.${name}`, index: [sample, moment.neuron] });
      if (!edge || value === undefined) break;
      const node = picture.nodeOf.get(`node ${l} ${moment.neuron}`);
      const drop = name === "delta" ? slotCentre(node, "delta") : node ? centre(node.plate) : null;
      tokens = [make({ edge, lines: ["", signed(value, digits)], isSingle: true, way: "backward", near: "label", drop })];
      break;
    }
    case "validation":
    case "batch":
    case "activation":
    case "activation_gradient":
    case "dropout":
    case "dropout_gradient":
    case "penalty":
    case "penalty_gradient":
    case "clip":
    case "update":
    case "commit":
      break;
  }
  return apart(tokens.filter((token) => token !== null), picture);
}

/**
 * The tokens of one neuron side by side; where they have no room, every second one a step further on.
 *
 * @param {Token[]} tokens
 * @param {Picture} picture
 * @returns {Token[]}
 */
function apart(tokens, picture) {
  const across = picture.flow === "across";
  const axis = across ? "y" : "x";
  const end = (across ? (picture.detail?.y ?? picture.height) : picture.width) - 2;
  /** @param {Token[]} row @param {number} further */
  const settle = (row, further) => {
    const rects = spread(row.map((token) => token.rect), axis, 2, end);
    return row.map((token, k) => {
      const rect = { ...(rects?.[k] ?? token.rect) };
      if (across) rect.x += further;
      else rect.y += further;
      return { ...token, rect, route: [...token.route.slice(0, -1), centre(rect)], drop: token.drop.length > 0 ? [centre(rect), ...token.drop.slice(1)] : [] };
    });
  };
  if (tokens.length < 2 || spread(tokens.map((token) => token.rect), axis, 2, end)) return settle(tokens, 0);
  const step = across ? Math.max(...tokens.map((token) => token.rect.w)) : Math.max(...tokens.map((token) => token.rect.h));
  return [...settle(tokens.filter((_, k) => k % 2 === 0), 0), ...settle(tokens.filter((_, k) => k % 2 === 1), 1.4 * step)];
}

/**
 * Which places of a row have tokens: the one of the moment, or all of the neuron.
 *
 * @param {number[]} row
 * @param {number} current
 * @param {Activity["extent"]} extent
 * @returns {[number, number][]}  what stands there, and its place
 */
function shares(row, current, extent) {
  return row.map((each, k) => /** @type {[number, number]} */ ([each, k])).filter(([, k]) => (extent === "term" ? k === current : k <= current));
}

/** An edge, or the fold that stands for it. @param {Picture} picture @param {number} l @param {number} to @param {number} from */
function edgeAt(picture, l, to, from) {
  const isHidden = (/** @type {string} */ place) => picture.nodeOf.get(place)?.kind === "fold";
  const target = isHidden(`node ${l} ${to}`) ? "to" : to;
  const source = from >= 0 && isHidden(sourcePlace(l, from)) ? "from" : from;
  if (target === "to" || source === "from") {
    return picture.edgeOf.get(`fold ${l} ${target} ${source === -1 ? 0 : source}`) ?? picture.edgeOf.get(`fold ${l} to from`);
  }
  return picture.edgeOf.get(edgePlace(l, to, from));
}

/** @param {import("../layout.js").Node | undefined} node @param {string} name */
function slotCentre(node, name) {
  const slot = node?.slots.find((each) => each.name === name);
  return slot ? centre(slot) : node ? centre(node) : null;
}

/** @param {Picture} picture */
function tokenMaker(picture) {
  const across = picture.flow === "across";
  const usual = picture.font.label;
  const bounds = { x: 2, y: 2, w: picture.width - 4, h: (picture.detail?.y ?? picture.height) - 4 };
  /**
   * @param {object} options
   * @param {Edge} options.edge
   * @param {[string, string]} options.lines  the factors, the product
   * @param {boolean} options.isSingle  it is alone and may tell its factors
   * @param {"forward" | "backward"} options.way
   * @param {"source" | "target" | "label"} options.near
   * @param {Point | null} options.drop
   * @returns {Token}
   */
  return ({ edge, lines: [factors, result], isSingle, way, near, drop }) => {
    const gap = picture.gaps.get(edge.layer);
    const plain = [result.replace(/^[=≈] /, "")];
    /** How wide the product alone is, in sizes of its text. */
    const ems = textWidth(plain[0] ?? "", 1) + 2 * CLOSE_PAD + (way === "backward" ? 0.9 : 0);
    // Where compact columns are close, a token is written smaller rather than over a chip.
    const u = picture.compact && across && gap ? Math.min(usual, Math.max(SMALLEST_TOKEN * usual, (gap.end - gap.begin - 0.5 * usual) / ems)) : usual;
    const pad = (u < usual ? CLOSE_PAD : 0.5) * u;
    const chevrons = way === "backward" ? 0.9 * u : 0;
    // Where the network flows downwards, the sum of what comes back stands first under the chip.
    const plate = !across && way === "backward" && drop && near === "source" ? 1.7 * u : 0;
    const [begin, end] = gap ? [gap.begin + 0.25 * u + plate, gap.end - 0.25 * u] : [0, 0];
    const label = edge.label && across ? edge.label.w + 0.6 * u : 0;
    /** @type {string[][]} */
    const forms = factors && isSingle ? [[`${factors} ${result}`], [factors, result]] : [];
    /** @param {string[]} lines */
    const sizeOf = (lines) => ({
      w: Math.max(...lines.map((line) => textWidth(line, u))) + 2 * pad + chevrons,
      h: (1.15 * lines.length + 0.35) * u,
    });
    const room = end - begin;
    // Between close columns the product alone keeps off the chips; its factors stand on the blackboard.
    const isClose = picture.compact && across && sizeOf([factors, result]).w > room;
    const lines =
      forms.find((form) => sizeOf(form).w <= (across ? room - (form.length === 1 ? label : 0) : 14 * u) || (!across && form.length === 2)) ??
      (factors && isSingle && across && !isClose ? [factors, result] : plain);
    const size = sizeOf(lines);
    const depth = across ? size.w : size.h;
    const isTight = depth > end - begin - label;
    let place = begin + depth / 2;
    if (near === "target") place = end - depth / 2;
    else if (isSingle && way === "forward" && !isTight) place = (begin + end - label) / 2;
    const onEdge = passing(edge, place, picture.flow);
    // Beside its source a token stands in line with it: there the edges of one neuron are farthest apart.
    const start = edge.points[0] ?? onEdge;
    const isBeside = near === "source" && (way === "backward" || !isSingle || isTight);
    const beside = across ? { x: place, y: start.y } : { x: start.x, y: place };
    const rest = near === "label" ? centre(edge.atSource) : isBeside ? beside : onEdge;
    const rect = within({ x: rest.x - size.w / 2, y: rest.y - size.h / 2, ...size }, bounds);
    const points = way === "forward" ? edge.points : [...edge.points].reverse();
    return {
      key: edge.key,
      way,
      nose: across ? (way === "forward" ? "right" : "left") : way === "forward" ? "down" : "up",
      rect,
      size: u,
      lines,
      drop: drop ? [rest, ...(near === "label" ? [] : beyond(points, rest, picture.flow, way)), drop] : [],
      route: near === "label" ? [points[0] ?? rest, rest] : upTo(points, rest, picture.flow, way),
      place: edge.key,
    };
  };
}

/** How far along the flow a point lies, in the direction of travel. @param {Point} p @param {"across" | "down"} flow @param {"forward" | "backward"} way */
function progress(p, flow, way) {
  return (way === "forward" ? 1 : -1) * (flow === "across" ? p.x : p.y);
}

/** A line as far as `rest`. @param {Point[]} points @param {Point} rest @param {"across" | "down"} flow @param {"forward" | "backward"} way */
function upTo(points, rest, flow, way) {
  return [...points.filter((p) => progress(p, flow, way) < progress(rest, flow, way)), rest];
}

/** A line after `rest`. @param {Point[]} points @param {Point} rest @param {"across" | "down"} flow @param {"forward" | "backward"} way */
function beyond(points, rest, flow, way) {
  return points.filter((p) => progress(p, flow, way) > progress(rest, flow, way));
}
