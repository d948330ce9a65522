/**
 * Where a small picture of its own has room beside a neuron: over no chip, no number and no name, as near as can be.
 *
 * @module
 */

import { besideAll, centre, overlap, round, within } from "../layout.js";

/** @typedef {import("../layout.js").Picture} Picture */
/** @typedef {import("../layout.js").Rect} Rect */
/** @typedef {import("../layout.js").Point} Point */
/** @typedef {{w: number, h: number}} Size */
/** @typedef {{rect: Rect, leader: string}} Inset  leader: a path from the inset to the chip */

/** How far from its chip an inset may stand, in sizes of a number. */
const FARTHEST = 11;
/** How many sizes of a number nearer an inset must come to be worth one size less of width. */
const SMALLER_COST = 1.1;
/** An edge without its number may lie behind an inset, but better none does. */
const EDGE_COST = 0.6;
const GRID = 0.5;
/** How many of the nearest places are looked at more closely. */
const SHORTLIST = 60;

/** @type {WeakMap<Picture, Map<string, Rect | null>>} */
const found = new WeakMap();

/**
 * The place of an inset. The same question about the same picture has the same answer, so that an inset does not jump.
 *
 * @param {Picture} picture
 * @param {object} options
 * @param {string} options.key  of the question
 * @param {Rect} options.chip  the chip it belongs to
 * @param {Rect[]} options.taken  what stands in the room for the chip's numbers already
 * @param {Rect} options.column  all chips that the same inset may belong to: it stays where it is from one to the next
 * @param {number} options.layer  whose numbers must stay readable
 * @param {boolean} options.hasPlates  the gradients of the layer's activations stand under its chips
 * @param {boolean} options.onlyOfLayer  other layers show no numbers
 * @param {Size[]} options.sizes  the best first
 * @returns {Inset | null}  null where it would cover what is kept free for other numbers
 */
export function insetOf(picture, { key, chip, taken, column, layer, hasPlates, onlyOfLayer, sizes }) {
  const question = [key, column.x, column.y, column.w, column.h, hasPlates, onlyOfLayer].join(" ");
  let places = found.get(picture);
  if (!places) found.set(picture, (places = new Map()));
  let place = places.get(question);
  if (place === undefined) {
    const free = (/** @type {boolean} */ only) => freePlace(picture, column, sizes, obstaclesOf(picture, chip, layer, hasPlates, only));
    // The numbers of other layers make room where there is none else.
    place = free(onlyOfLayer) ?? (onlyOfLayer ? null : free(true));
    places.set(question, place);
  }
  if (!place && picture.detail && taken.length > 0) {
    const { w = 0 } = sizes[sizes.length - 1] ?? {};
    const rect = besideAll(picture.detail, taken, { w, h: picture.detail.h }, 0.4 * picture.font.number);
    const isFree = rect.x >= 0 && rect.x + rect.w <= picture.width && picture.nodes.every((node) => !overlap(node, rect));
    return isFree ? { rect, leader: "" } : null;
  }
  const rect = place ?? besides(picture, chip, sizes);
  return { rect, leader: leaderOf(picture, rect, chip, column) };
}

/**
 * What must not be covered.
 *
 * @param {Picture} picture
 * @param {Rect} chip
 * @param {number} layer
 * @param {boolean} hasPlates
 * @param {boolean} onlyOfLayer
 */
function obstaclesOf(picture, chip, layer, hasPlates, onlyOfLayer) {
  const u = picture.font.number;
  const rects = [chip, ...picture.nodes, ...picture.bars, ...(picture.detail ? [picture.detail] : [])];
  for (const node of picture.nodes) if (hasPlates && node.layer === layer && node.kind === "neuron") rects.push(node.plate);
  for (const edge of picture.edges) if (edge.label && (!onlyOfLayer || edge.layer === layer)) rects.push(edge.label);
  for (const { x, y } of picture.headers) rects.push({ x: x - 2.4 * u, y, w: 4.8 * u, h: 2.4 * picture.font.small });
  return rects.map((rect) => grown(rect, 0.3 * u));
}

/**
 * @param {Picture} picture
 * @param {Rect} chip  or chips
 * @param {Size[]} sizes
 * @param {Rect[]} obstacles
 * @returns {Rect | null}
 */
function freePlace(picture, chip, sizes, obstacles) {
  const u = picture.font.number;
  const reach = FARTHEST * u;
  const widest = sizes[0]?.w ?? 0;
  /** @type {{rect: Rect, cost: number}[]} */
  const places = [];
  for (const { w, h } of sizes) {
    const [left, right] = [Math.max(2, chip.x - reach - w), Math.min(picture.width - 2 - w, chip.x + chip.w + reach)];
    const [top, bottom] = [Math.max(2, chip.y - reach - h), Math.min(picture.height - 2 - h, chip.y + chip.h + reach)];
    for (let y = top; y <= bottom; y += GRID * u) {
      for (let x = left; x <= right; x += GRID * u) {
        const rect = { x, y, w, h };
        const away = distance(rect, chip);
        if (away > reach || obstacles.some((obstacle) => overlap(rect, obstacle))) continue;
        // In line with its chip it is seen to belong to it.
        const aside = Math.min(Math.abs(centre(rect).x - centre(chip).x), Math.abs(centre(rect).y - centre(chip).y));
        places.push({ rect, cost: (away + 0.25 * aside + SMALLER_COST * (widest - w)) / u });
      }
    }
  }
  const shortlist = places.sort((a, b) => a.cost - b.cost).slice(0, SHORTLIST);
  const dearer = shortlist.map(({ rect, cost }) => ({ rect, cost: cost + EDGE_COST * picture.edges.filter((edge) => edge.points.some((p) => holds(rect, p))).length }));
  return dearer.sort((a, b) => a.cost - b.cost)[0]?.rect ?? null;
}

/** Where there is no free room: over the edges that have just been summed. @param {Picture} picture @param {Rect} chip @param {Size[]} sizes @returns {Rect} */
function besides(picture, chip, sizes) {
  const u = picture.font.number;
  const size = sizes[sizes.length - 1] ?? { w: 0, h: 0 };
  const bounds = { x: 2, y: 2, w: picture.width - 4, h: picture.height - 4 };
  const middle = centre(chip);
  return picture.flow === "down"
    ? within({ x: middle.x - size.w / 2, y: chip.y - size.h - 0.5 * u, ...size }, bounds)
    : within({ x: chip.x - size.w - 0.6 * u, y: middle.y - size.h / 2, ...size }, bounds);
}

/**
 * A line from an inset to its chip: straight, or along the column's far side where other chips stand between them.
 *
 * @param {Picture} picture
 * @param {Rect} inset
 * @param {Rect} chip
 * @param {Rect} column
 */
function leaderOf(picture, inset, chip, column) {
  const [x0, x1] = between(inset.x, inset.x + inset.w, chip.x, chip.x + chip.w);
  const [y0, y1] = between(inset.y, inset.y + inset.h, chip.y, chip.y + chip.h);
  const straight = { x: Math.min(x0, x1), y: Math.min(y0, y1), w: Math.max(1, Math.abs(x1 - x0)), h: Math.max(1, Math.abs(y1 - y0)) };
  const isFree = picture.nodes.every((node) => isWithin(node, chip) || !overlap(node, straight));
  if (isFree) return `M${round(x0)} ${round(y0)}L${round(x1)} ${round(y1)}`;
  const u = picture.font.number;
  const side = column.x + column.w + 0.25 * u;
  const into = `V${round(chip.y + 0.2 * chip.h)}H${round(chip.x + chip.w)}`;
  const isAbove = inset.y + inset.h <= chip.y;
  if (side > inset.x && side < inset.x + inset.w) return `M${round(side)} ${round(isAbove ? inset.y + inset.h : inset.y)}${into}`;
  return `M${round(side < inset.x ? inset.x : inset.x + inset.w)} ${round(centre(inset).y)}H${round(side)}${into}`;
}

/** @param {Rect} inner @param {Rect} outer */
function isWithin(inner, outer) {
  return inner.x >= outer.x && inner.y >= outer.y && inner.x + inner.w <= outer.x + outer.w && inner.y + inner.h <= outer.y + outer.h;
}

/** The nearest two places of two stretches; the middle of what they share. @param {number} a0 @param {number} a1 @param {number} b0 @param {number} b1 @returns {[number, number]} */
function between(a0, a1, b0, b1) {
  if (a1 < b0) return [a1, b0];
  if (b1 < a0) return [a0, b1];
  const shared = (Math.max(a0, b0) + Math.min(a1, b1)) / 2;
  return [shared, shared];
}

/** How far apart two rectangles are. @param {Rect} a @param {Rect} b */
function distance(a, b) {
  const dx = Math.max(0, a.x - b.x - b.w, b.x - a.x - a.w);
  const dy = Math.max(0, a.y - b.y - b.h, b.y - a.y - a.h);
  return Math.hypot(dx, dy);
}

/** @param {Rect} rect @param {number} by @returns {Rect} */
function grown(rect, by) {
  return { x: rect.x - by, y: rect.y - by, w: rect.w + 2 * by, h: rect.h + 2 * by };
}

/** @param {Rect} rect @param {Point} p */
function holds(rect, p) {
  return p.x > rect.x && p.x < rect.x + rect.w && p.y > rect.y && p.y < rect.y + rect.h;
}
