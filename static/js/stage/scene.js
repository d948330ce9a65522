/**
 * What is drawn at this moment: each element with its geometry, text and class. Pure, so that every still frame can be
 * tested; the view only puts it on the page.
 *
 * @module
 */

import { digitsToShow, layerName, number, quantityName, sampleName, signed, stepName, symbol } from "../format.js";
import { beside, besideAll, overlap, pathOf, round, textWidth, within } from "../layout.js";
import { gradientStrength, signClass, weightWidth } from "../scales.js";
import { batchSize, divergedAt, foreseen, phaseOf, placeOf, refKey, sampleOf, sumOf, valueOf } from "../select.js";
import { activityOf } from "./activity.js";
import { curveOf } from "./curve.js";
import { parameterRef, tokensOf } from "./tokens.js";

/** @typedef {import("../types.js").State} State */
/** @typedef {import("../types.js").Real} Real */
/** @typedef {import("../types.js").Ref} Ref */
/** @typedef {import("../layout.js").Picture} Picture */
/** @typedef {import("../layout.js").Node} Node */
/** @typedef {import("../layout.js").Edge} Edge */
/** @typedef {import("../layout.js").Rect} Rect */
/** @typedef {import("../layout.js").Point} Point */
/** @typedef {import("../layout.js").Slot} Slot */
/** @typedef {import("./activity.js").Activity} Activity */

/**
 * @typedef {object} SlotScene
 * @property {string} key
 * @property {Slot} rect
 * @property {Ref | null} ref
 * @property {string} symbol
 * @property {string} text  empty when not computed
 * @property {string | null} before  what it shows while its number is still on the way; null when none is
 * @property {number} scale  of the text, to fit
 * @property {string} kind  "empty", "partial", "known", "earlier"
 * @property {string} sign
 * @property {boolean} isPinned
 * @property {() => string} words  the accessible name; made when asked for, as while the server trains nobody hears it
 */

/**
 * @typedef {object} NodeScene
 * @property {string} key
 * @property {Node} node
 * @property {Rect} rect
 * @property {string} state  classes
 * @property {string} name  over an input or target
 * @property {SlotScene[]} slots
 * @property {{text: string, scale: number, sign: string} | null} number  the one number of a compact chip
 * @property {{word: string, words: string} | null} lock
 */

/**
 * @typedef {object} EdgeScene
 * @property {string} key
 * @property {Edge} edge
 * @property {Ref | null} ref
 * @property {string} state
 * @property {string} d
 * @property {number} width
 * @property {number} widthBefore  where an update begins
 * @property {string} sign
 * @property {{d: string, strength: number} | null} track
 * @property {{d: string, sign: string} | null} ghost
 * @property {() => string} words
 */

/** @typedef {{key: string, ref: Ref | null, place: string, rect: Rect, text: string, scale: number, kind: string, sign: string, lock: "closed" | "open" | null, state: string}} LabelScene */
/** @typedef {{key: string, place: string, rect: Rect, size: number, lines: {symbol: string, text: string, kind: string}[]}} StackScene  size: of its text, in pixels */
/** @typedef {{key: string, rect: Rect, symbol: string, text: string, scale: number, ref: Ref, state: string}} PlateScene */

/**
 * @typedef {object} Scene
 * @property {import("../types.js").Phase | null} phase
 * @property {Activity} activity
 * @property {NodeScene[]} nodes
 * @property {EdgeScene[]} edges
 * @property {LabelScene[]} labels
 * @property {StackScene[]} stacks
 * @property {PlateScene[]} plates
 * @property {import("./tokens.js").Token[]} tokens
 * @property {import("./curve.js").CurveScene | null} curve
 * @property {NodeScene | null} callout  the neuron in focus with all its slots, where chips are compact
 * @property {{key: string, x: number, y: number, lines: [string, string], state: string, layer: number, isOpened: boolean}[]} headers
 */

/** Below this slope a neuron passes almost no gradient on. */
const SATURATED = 0.01;

/** On a projector a number on an edge is hardly written smaller: the last row reads it. */
const SMALLEST_PROJECTED = 0.95;
/** On a projector even compact chips leave edges room for three digits. */
const PROJECTED = 24;

/** How much smaller a number may be written so as to keep its third digit. */
const SMALLEST_FIT = 0.84;
/** Digits are given up before letters become smaller than this, in pixels. */
const SMALLEST_SIZE = 12;

/** Among very many edges a width changes in steps of this part of a pixel: finer is not seen, and costs. */
const COARSE = 4;
/** How much thinner edges are where there are very many. */
const CROWDED = 0.4;
/** How high the table of an update is, four lines, in sizes of its text. */
const TABLE_EMS = 4.7;
/** As many marks has the track of the strongest gradient. */
const MOST_CHEVRONS = 4;
/** Lanes so far apart, in sizes of a number, have room for a track under a number. */
const UNDER = 1.7;
/** The share of its way that an edge goes along the flow where marks of several edges do not run into each other. */
const STEEP = 0.7;

/** What an event writes on all edges of a layer at once. */
const GRADIENT_KINDS = new Set(["weight_gradient", "penalty_gradient", "clip"]);

/**
 * @param {State} state
 * @param {Picture} picture
 * @returns {Scene}
 */
export function sceneOf(state, picture) {
  const activity = activityOf(state);
  const focus = focusPlaces(activity);
  const tokens = tokensOf(state, picture, activity);
  const stacks = stacksOf(state, picture, activity);
  const nodes = picture.nodes.map((node) => nodeScene(state, picture, activity, node));
  // In the room that is kept for both, the numbers of an update stand instead of those of its neuron.
  const callout = picture.detail && stacks.length > 0 ? null : calloutOf(state, picture, activity, focus, tokens.map((token) => token.rect));
  const plates = platesOf(state, picture, activity, callout?.rect ?? null);
  const taken = picture.detail && callout ? [callout.rect, ...plates.map((plate) => plate.rect)] : [];
  const curve = curveOf(state, picture, activity, picture.detail ? null : (callout?.rect ?? null), taken);
  const covers = [...tokens.map((t) => withNose(t.rect, 0.5 * t.size)), ...stacks.map((s) => s.rect), ...plates.map((p) => p.rect)];
  if (curve) covers.push(curve.rect);
  if (callout) covers.push(callout.rect);
  // A chip of which half is hidden would show half a number.
  for (const over of [curve?.rect, callout?.rect, ...stacks.map((stack) => stack.rect)]) {
    for (const each of nodes) if (over && overlap(each.rect, over)) each.state += " covered";
  }
  return {
    phase: phaseOf(state),
    activity,
    nodes,
    edges: picture.edges.map((edge) => edgeScene(state, picture, activity, focus, edge)),
    labels: labelsOf(state, picture, activity, focus, covers),
    stacks,
    plates,
    tokens,
    curve,
    callout,
    headers: headersOf(state, picture, activity),
  };
}

/** A token with the nose it has on one of its sides. @param {Rect} rect @param {number} nose @returns {Rect} */
function withNose(rect, nose) {
  return { ...rect, x: rect.x - nose, w: rect.w + 2 * nose };
}

/**
 * The neurons whose edges tell their numbers where there is no room for all.
 *
 * @param {Activity} activity
 * @returns {{node: string | null, edge: string | null}}
 */
function focusPlaces(activity) {
  for (const place of [activity.pointed, activity.selected]) {
    if (!place) continue;
    return /^(edge|bias)/.test(place) ? { node: null, edge: place } : { node: place, edge: null };
  }
  const { neuron } = activity;
  if (!neuron) return { node: null, edge: null };
  return { node: neuron.layer < 0 ? `input ${neuron.index}` : `node ${neuron.layer} ${neuron.index}`, edge: null };
}

/** Classes by what is active, pinned and pointed at. @param {Activity} activity @param {string} place */
function stateOf({ bright, selected, pointed, lit }, place) {
  let classes = bright ? (bright.has(place) ? "bright" : "dim") : "";
  if (selected === place) classes += " selected";
  if (pointed === place || lit.has(place)) classes += " pointed";
  return classes;
}

/** The scale at which a text fits into so many pixels. @param {string} text @param {number} size @param {number} room */
function fit(text, size, room) {
  const width = textWidth(text, size);
  if (width <= room) return 1;
  return Math.max(fitsReadably(text, size, room) ? leastScale(size) : 0.6, Math.floor((20 * room) / width) / 20);
}

/** How small a number may be written so as to keep its digits. @param {number} size */
function leastScale(size) {
  return Math.min(1, Math.max(SMALLEST_FIT, SMALLEST_SIZE / size));
}

/** Whether a text fits without being too small to read. @param {string} text @param {number} size @param {number} room */
function fitsReadably(text, size, room) {
  return leastScale(size) * textWidth(text, size) <= room;
}

/* ------------------------------------------------------------------ chips */

/** @param {Node} node @param {string} name @param {number} sample @returns {Ref | null} */
function slotRef(node, name, sample) {
  if (node.kind === "loss") return { name, index: name === "sample_loss" ? [sample] : [] };
  if (node.kind === "input") return { name: "x", index: [sample, node.index] };
  if (node.kind === "target") return { name: "y", index: [sample, node.index] };
  return { name: `layer${node.layer}.${name}`, index: [sample, node.index] };
}

/**
 * @param {State} state
 * @param {Picture} picture
 * @param {Activity} activity
 * @param {Node} node
 * @param {Slot} slot
 * @param {boolean} [roomy]  chips have room for all their numbers
 * @returns {SlotScene}
 */
function slotScene(state, picture, activity, node, slot, roomy = !picture.compact) {
  const ref = slotRef(node, slot.name, sampleOf(state));
  const { event } = activity;
  let value = ref ? valueOf(state, ref) : undefined;
  // A penalty apart, the loss is the mean of the batch and is known with it.
  if (value === undefined && slot.name === "loss") value = valueOf(state, { name: "data_loss", index: [] });
  let kind = value === undefined ? "empty" : "known";
  const measured = value === undefined && slot.name === "validation_loss" ? lastValidation(state) : undefined;
  if (measured) {
    value = measured[1];
    kind = "earlier";
  }
  if (value === undefined && slot.name === "z" && event?.kind === "affine" && event.layer === node.layer) {
    const sum = sumOf(state, node.index);
    if (sum?.partial !== undefined) {
      value = sum.partial;
      kind = "partial";
    }
  }
  if (value === undefined && slot.name === "sample_loss" && event?.kind === "loss") {
    const sum = sumOf(state, 0);
    if (sum?.partial !== undefined) {
      value = sum.partial;
      kind = "partial";
    }
  }
  const size = picture.font.number;
  // Before a number stands its symbol; in a compact chip of the loss three letters of a word.
  const isWord = !roomy && (slot.name === "penalty" || slot.name === "validation_loss");
  const room = slot.w - (isWord ? 2.2 : roomy && node.slots.length > 1 ? 1.75 : 0.6) * size;
  const write = slot.name === "delta" ? signed : number;
  const fitted = (/** @type {Real} */ each) => (picture.compact && !roomy ? compactText : fittingText)(each, size, room, write);
  const text = value === undefined ? "" : fitted(value);
  return {
    key: slot.name,
    rect: slot,
    ref,
    symbol: ref ? symbol(ref) : "",
    text,
    before: beforeOf(activity, node, slot.name, fitted),
    scale: fit(text, size, room),
    kind,
    sign: value === undefined ? "zero" : signClass(value),
    isPinned: ref !== null && state.selection !== null && refKey(ref) === refKey(state.selection),
    words: () => {
      const name = ref ? quantityName(ref, state.data) : "";
      if (value === undefined) return `${name}: not computed yet`;
      if (measured) return `${name}: ${number(value, 8)}, measured before ${stepName(measured[0])}`;
      return `${name}: ${number(value, 8)}${kind === "partial" ? ", so far" : ""}`;
    },
  };
}

/** The step and the loss of the validation that came last before this step. @param {State} state */
function lastValidation(state) {
  return state.history?.validation.findLast(([step]) => step < state.cursor.step);
}

/** The slot that each event fills. @type {Partial<Record<import("../types.js").EventKind, string>>} */
const FILLED = { affine: "z", activation: "a", loss: "sample_loss", loss_gradient: "delta", activation_gradient: "delta" };

/**
 * What a slot showed before the moment: the sum as it was, or nothing; null where the moment brings nothing.
 *
 * @param {Activity} activity
 * @param {Node} node
 * @param {string} name
 * @param {(value: Real) => string} write
 */
function beforeOf(activity, node, name, write) {
  const { event, moment, extent } = activity;
  if (!event || !moment || extent === "layer" || FILLED[event.kind] !== name) return null;
  const isOfLoss = event.kind === "loss" && node.kind === "loss" && moment.part === "term";
  const isOfNeuron = node.kind === "neuron" && node.layer === activity.neuron?.layer && node.index === activity.neuron.index;
  if (!isOfLoss && !isOfNeuron) return null;
  const sum = extent === "term" ? event.detail?.partials?.[moment.neuron]?.[moment.from - 1] : undefined;
  return sum === undefined ? "" : write(sum);
}

/** Three digits, a little smaller where they do not fit; two where they would be too small. @param {Real} value @param {number} size @param {number} room @param {typeof number} write */
function fittingText(value, size, room, write) {
  const text = write(value);
  return fitsReadably(text, size, room) ? text : write(value, 2);
}

/** Two digits where they fit, else one. @param {Real} value @param {number} size @param {number} room @param {typeof number} write */
function compactText(value, size, room, write) {
  const text = write(value, 2);
  return fitsReadably(text, size, room) ? text : write(value, 1);
}

/**
 * @param {State} state
 * @param {Picture} picture
 * @param {Activity} activity
 * @param {Node} node
 * @returns {NodeScene}
 */
function nodeScene(state, picture, activity, node) {
  const slots = node.slots.map((slot) => slotScene(state, picture, activity, node, slot));
  /** @type {NodeScene["number"]} */
  let one = null;
  if (picture.compact && node.slots.length > 1 && node.kind !== "loss") {
    // The newest of its numbers: delta once the gradient has come back, else the activation, else z.
    const newestSlot = [...slots].reverse().find((slot) => slot.kind !== "empty");
    const room = node.w - 0.2 * picture.font.number;
    const value = newestSlot?.ref ? valueOf(state, newestSlot.ref) : undefined;
    const text = value === undefined ? "" : compactText(value, picture.font.number, room, newestSlot?.key === "delta" ? signed : number);
    if (newestSlot) one = { text, scale: fit(text, picture.font.number, room), sign: newestSlot.sign };
  }
  const lock = lockOf(state, activity, node);
  const told = slots.find((slot) => slot.key === "a");
  if (lock && told) {
    const { words } = told;
    told.words = () => `${words()}, ${lock.words}`;
  }
  return {
    // A chip with other slots is another chip.
    key: `${node.kind} ${node.key} ${slots.length}`,
    node,
    rect: node,
    state: [stateOf(activity, node.key), divergedNode(state, node) ? "diverged" : ""].join(" ").trim(),
    name: nodeName(state, node, picture),
    slots,
    number: one,
    lock,
  };
}

/** @param {State} state @param {Node} node */
function divergedNode(state, node) {
  const at = divergedAt(state);
  return node.kind === "neuron" && at !== null && at.name === `layer${node.layer}.b` && at.index[0] === node.index;
}

/** @param {State} state @param {Node} node @param {Picture} picture */
function nodeName(state, node, picture) {
  const most = Math.max(2, Math.floor((node.w - 0.4 * picture.font.small) / (0.56 * picture.font.small)));
  /** @type {string | undefined} */
  let name;
  if (node.kind === "input") name = state.data?.input_names[node.index];
  if (node.kind === "target") {
    // What the target of a class is called is the name of a class, and would be taken for its value.
    const own = state.data?.task === "regression" ? state.data.target_names[node.index] : undefined;
    name = own && own !== "target" ? `target ${own}` : "target";
    if (own && name.length > most) name = own;
  }
  if (!name) return "";
  return name.length > most ? `${name.slice(0, most - 1)}…` : name;
}

/** @param {State} state @param {Activity} activity @param {Node} node @returns {NodeScene["lock"]} */
function lockOf(state, activity, node) {
  if (node.kind !== "neuron" || state.layers[node.layer]?.activation === "softmax") return null;
  const sample = sampleOf(state);
  const { event } = activity;
  let slope = valueOf(state, { name: `layer${node.layer}.slope`, index: [sample, node.index] });
  const told = state.events.find((each) => each.kind === "activation" && each.layer === node.layer && each.index < state.cursor.event);
  if (slope === undefined && told && (told !== event || node.index < state.micro)) slope = told.detail?.slope?.[node.index];
  if (slope === undefined || Math.abs(Number(slope)) >= SATURATED) return null;
  const word = Number(slope) === 0 ? "dead" : "saturated";
  return { word, words: `${word}: the slope of its activation is ${number(slope)}, so almost no gradient passes` };
}

/**
 * @param {State} state
 * @param {Picture} picture
 * @param {Activity} activity
 * @param {{node: string | null}} focus
 * @param {Rect[]} tokens
 * @returns {NodeScene | null}
 */
function calloutOf(state, picture, activity, focus, tokens) {
  const node = focus.node ? picture.nodeOf.get(focus.node) : undefined;
  if (!picture.compact || !node || (node.kind !== "neuron" && node.kind !== "dropout")) return null;
  const rect = calloutRect(picture, node, tokens);
  const h = rect.h / node.slots.length;
  const slots = node.slots.map((slot, k) => slotScene(state, picture, activity, node, { name: slot.name, x: rect.x, y: rect.y + k * h, w: rect.w, h }, true));
  return { key: `callout ${node.key}`, node, rect, state: stateOf(activity, node.key), name: "", slots, number: null, lock: lockOf(state, activity, node) };
}

/**
 * Under its own column, in the room that is kept for it; over its chip where there is none.
 *
 * @param {Picture} picture
 * @param {Node} node
 * @param {Rect[]} tokens
 * @returns {Rect}
 */
function calloutRect(picture, node, tokens) {
  const u = picture.font.number;
  const size = { w: 5.2 * u, h: node.slots.length * 1.36 * u + 0.3 * u };
  const x = node.x + node.w / 2 - size.w / 2;
  if (picture.detail) {
    const rect = within({ x, y: picture.detail.y, ...size }, picture.detail);
    const over = tokens.filter((token) => overlap(withNose(token, 0.7 * u), rect));
    return over.length > 0 ? { ...rect, x: Math.max(2, Math.min(...over.map((token) => token.x)) - 0.8 * u - rect.w) } : rect;
  }
  const hasLanes = picture.edges.some((edge) => edge.label !== null && edge.layer === node.layer);
  // Its column's name stays to be read, in two lines.
  const [header] = picture.headers;
  const top = header ? header.y + 2.5 * picture.font.small : 2;
  // Where its edges have their numbers before it, it grows to the other side.
  return within({ x: hasLanes ? node.x : x, y: node.y + node.h / 2 - size.h / 2, ...size }, { x: 2, y: top, w: picture.width - 4, h: picture.height - top - 2 });
}

/* ------------------------------------------------------------------ edges and their numbers */

/** @param {Edge} edge @param {string} [prefix] */
function edgeRef(edge, prefix = "") {
  return edge.kind === "weight" || edge.kind === "bias" ? parameterRef(prefix, edge.layer, edge.to, edge.from) : null;
}

/** The value that the update has written beside the weight, once it is shown. @param {State} state @param {Edge} edge */
function nextOf(state, edge) {
  const ref = edgeRef(edge, "next_");
  return ref && !state.frame ? valueOf(state, ref) : undefined;
}

/**
 * @param {State} state
 * @param {Picture} picture
 * @param {Activity} activity
 * @param {{node: string | null, edge: string | null}} focus
 * @param {Edge} edge
 * @returns {EdgeScene}
 */
function edgeScene(state, picture, activity, focus, edge) {
  const ref = edgeRef(edge);
  const weight = ref ? valueOf(state, ref) : undefined;
  const next = nextOf(state, edge);
  const shown = next ?? weight ?? 0;
  const scale = picture.crowded ? Math.max(0.5, CROWDED * picture.font.line) : picture.compact && picture.font.number < 15 ? 0.5 : picture.font.line;
  const classes = [edge.kind, stateOf(activity, edge.key)];
  if (ref && isDivergedAt(state, ref)) classes.push("diverged");
  if (isIdle(state, edge.layer, ref)) classes.push("frozen");
  if (activity.bright?.has(edge.key) && activity.event) classes.push(activity.event.phase);
  // Where edges have no lanes, marks on all of them would be a thicket.
  const isLegible = !picture.compact || edge.label !== null || (activity.bright?.has(edge.key) ?? false) || isFocused(focus, edge);
  const gradient = ref && isLegible ? gradientOf(state, activity, edge) : undefined;
  const widthOf = (/** @type {Real} */ value) => (picture.compact ? Math.round(COARSE * scale * weightWidth(value)) / COARSE : round(scale * weightWidth(value)));
  return {
    key: edge.key,
    edge,
    ref,
    state: classes.filter(Boolean).join(" "),
    d: drawnOnce(paths, edge, 0, () => (edge.kind === "loss" || edge.kind === "target" ? arrow(edge.points, 0.4 * picture.font.number) : pathOf(edge.points))),
    width: ref ? widthOf(shown) : 1.25,
    widthBefore: ref ? widthOf(weight ?? 0) : 1.25,
    sign: ref ? signClass(shown) : "zero",
    track:
      gradient === undefined
        ? null
        : trackOf(edge, picture, picture.compact && !edge.label ? 0 : round(scale * weightWidth(shown)), gradientStrength(gradient)),
    ghost: picture.compact && !isFocused(focus, edge) ? null : ghostOf(state, edge, next, scale),
    words: () => (ref ? edgeWords(state, edge, ref) : ""),
  };
}

/**
 * What was drawn of an edge last. The same edge is drawn for every frame while the server trains.
 *
 * @typedef {WeakMap<Edge, {width: number, d: string}>} Drawn
 */

/** @type {Drawn} */
const paths = new WeakMap();
/** @type {Drawn} */
const tracks = new WeakMap();

/** @param {Drawn} drawn @param {Edge} edge @param {number} width @param {(width: number) => string} draw */
function drawnOnce(drawn, edge, width, draw) {
  const known = drawn.get(edge);
  if (known && known.width === width) return known.d;
  const d = draw(width);
  drawn.set(edge, { width, d });
  return d;
}

/** Whether an edge is in focus, or leads to the neuron that is. @param {{node: string | null, edge: string | null}} focus @param {Edge} edge */
function isFocused(focus, edge) {
  return focus.edge === edge.key || focus.node === `node ${edge.layer} ${edge.to}`;
}

/** Whether training leaves a parameter as it is. @param {State} state @param {number} layer @param {Ref | null} ref */
function isIdle(state, layer, ref) {
  const parameter = ref?.name.endsWith("b") ? "b" : "W";
  return ref !== null && (state.layers[layer]?.frozen.includes(parameter) ?? false);
}

/** @param {State} state @param {Ref} ref */
function isDivergedAt(state, ref) {
  const at = divergedAt(state);
  return at !== null && refKey(at) === refKey(ref);
}

/** @param {State} state @param {Edge} edge @param {Ref} ref */
function edgeWords(state, edge, ref) {
  const value = valueOf(state, ref);
  const words = [`${quantityName(ref, state.data)}: ${value === undefined ? "unknown" : number(value, 8)}`];
  const gradientRef = edgeRef(edge, "grad_");
  const gradient = gradientRef ? valueOf(state, gradientRef) : undefined;
  if (gradient !== undefined) words.push(`gradient ${number(gradient, 8)}`);
  const next = nextOf(state, edge);
  if (next !== undefined) words.push(`next value ${number(next, 8)}`);
  return words.join(", ");
}

/**
 * The gradient of an edge's weight: the batch's mean once it is known, else this sample's part while it is told.
 *
 * @param {State} state
 * @param {Activity} activity
 * @param {Edge} edge
 * @returns {Real | undefined}
 */
function gradientOf(state, activity, edge) {
  const ref = edgeRef(edge, "grad_");
  const mean = ref ? valueOf(state, ref) : undefined;
  if (mean !== undefined) return mean;
  if (activity.event?.kind !== "weight_gradient" || activity.event.layer !== edge.layer) return undefined;
  const terms = sumOf(state, edge.to)?.terms;
  return terms?.[edge.from < 0 ? (state.layers[edge.layer]?.fan_in ?? 0) : edge.from];
}

/**
 * The backward track of an edge: the stronger the gradient, the more marks it has.
 *
 * @param {Edge} edge
 * @param {Picture} picture
 * @param {number} width  of the edge
 * @param {number} strength  0 to 1
 */
function trackOf(edge, picture, width, strength) {
  const count = picture.compact ? 1 : Math.max(1, Math.round(MOST_CHEVRONS * strength));
  const d = drawnOnce(tracks, edge, 100 * width + count, () => chevrons(edge, picture, width, count));
  return { d, strength };
}

/**
 * Marks beside an edge, pointing back along it, from the place before its number on.
 *
 * @param {Edge} edge
 * @param {Picture} picture
 * @param {number} width  of the edge
 * @param {number} count
 */
function chevrons(edge, picture, width, count) {
  const u = picture.font.number;
  const across = picture.flow === "across";
  const isAlone = picture.compact && !edge.label;
  const size = (isAlone ? 0.2 : 0.25) * u;
  const every = 0.48 * u;
  const end = edge.points[edge.points.length - 1] ?? { x: 0, y: 0 };
  const far = across ? (edge.label?.x ?? edge.atTarget.x) : (edge.label?.y ?? edge.atTarget.y);
  // Under the number where nothing else is written there; else before it, where the edge may already bend.
  const isUnder = across && edge.label !== null && edge.second === null && edge.lane >= UNDER * u;
  let aside = width / 2 + size + 0.14 * u;
  if (isUnder) aside = Math.max(aside, (edge.label?.h ?? 0) / 2 + size);
  const line = beside(edge.points, isAlone ? 0 : aside).reverse();
  let d = "";
  let travelled = 0;
  let due = 0.62 * lengthOf(line);
  if (isUnder) due = 0.5 * u;
  else if (!isAlone) due = (across ? end.x - far : end.y - far) + (picture.compact ? 0.05 : 0.3) * u;
  let left = count;
  for (let k = 1; k < line.length && left > 0; k++) {
    const [a, b] = [line[k - 1], line[k]];
    if (!a || !b) continue;
    const length = Math.hypot(b.x - a.x, b.y - a.y);
    if (length === 0) continue;
    const [dx, dy] = [(b.x - a.x) / length, (b.y - a.y) / length];
    for (; left > 0 && due <= travelled + length; left--, due += every) {
      const t = (due - travelled) / length;
      const [x, y] = [a.x + t * (b.x - a.x), a.y + t * (b.y - a.y)];
      if ((d !== "" || picture.compact) && !isAlone && Math.abs(across ? dx : dy) < STEEP) return d;
      const tip = { x: x + size * dx, y: y + size * dy };
      d += `M${round(x - size * dy)} ${round(y + size * dx)}L${round(tip.x)} ${round(tip.y)}L${round(x + size * dy)} ${round(y - size * dx)}`;
    }
    travelled += length;
  }
  return d;
}

/** @param {Point[]} line */
function lengthOf(line) {
  return line.reduce((sum, p, k) => sum + Math.hypot(p.x - (line[k - 1] ?? p).x, p.y - (line[k - 1] ?? p).y), 0);
}

/** A line that ends in an arrow head. @param {Point[]} points @param {number} size */
function arrow(points, size) {
  const [before, end] = points.slice(-2);
  if (!before || !end) return "";
  const length = Math.hypot(end.x - before.x, end.y - before.y) || 1;
  const [dx, dy] = [(size * (end.x - before.x)) / length, (size * (end.y - before.y)) / length];
  const [x, y] = [end.x - dx, end.y - dy];
  return pathOf([...points, { x: x - 0.6 * dy, y: y + 0.6 * dx }, end, { x: x + 0.6 * dy, y: y - 0.6 * dx }]);
}

/**
 * The outline of the edge as the update would make it.
 *
 * @param {State} state
 * @param {Edge} edge
 * @param {Real | undefined} next  what the update has made of it already
 * @param {number} scale
 */
function ghostOf(state, edge, next, scale) {
  const value = plannedOf(state, edge);
  if (value === undefined || next !== undefined) return null;
  const half = (scale * weightWidth(value)) / 2;
  return { d: pathOf(beside(edge.points, half)) + pathOf(beside(edge.points, -half)), sign: signClass(value) };
}

/** @param {State} state @param {Edge} edge @returns {Real | undefined} */
function plannedOf(state, edge) {
  const ref = edgeRef(edge, "next_");
  const { preview } = foreseen(state);
  if (!preview || !ref || state.frame) return undefined;
  return valueOf({ ...state, events: [], parameters: preview.values }, ref);
}

/**
 * @param {State} state
 * @param {Picture} picture
 * @param {Activity} activity
 * @param {{node: string | null, edge: string | null}} focus
 * @param {Rect[]} covers  what lies over the numbers
 * @returns {LabelScene[]}
 */
function labelsOf(state, picture, activity, focus, covers) {
  /** @type {LabelScene[]} */
  const labels = [];
  const { event, extent } = activity;
  const phase = phaseOf(state);
  const tellsGradient = event !== null && extent === "layer" && GRADIENT_KINDS.has(event.kind);
  for (const edge of picture.edges) {
    const ref = edgeRef(edge);
    if (!ref) continue;
    const place = placeFor(picture, focus, edge, state.settings.projector, activity);
    if (!place) continue;
    const { rect, second } = place;
    const weight = valueOf(state, ref);
    if (weight === undefined) continue;
    const next = nextOf(state, edge);
    const isFrozen = isIdle(state, edge.layer, ref);
    /** @type {LabelScene["lock"]} */
    let lock = null;
    if (phase === "update") lock = next === undefined ? "closed" : "open";
    else if (phase === "backward" || isFrozen) lock = "closed";
    // A second digit tells more than a lock that all numbers of the phase have.
    const { label: size } = picture.font;
    if (picture.compact && !isFrozen && !fitsReadably(signed(next ?? weight, 2), size, rect.w - 4 - 0.75 * size)) lock = null;
    const gradientRef = edgeRef(edge, "grad_");
    const gradient = gradientRef && tellsGradient && activity.bright?.has(edge.key) ? valueOf(state, gradientRef) : undefined;
    const planned = plannedOf(state, edge);
    const share = gradient !== undefined && second ? shareOf(state, activity, edge) : undefined;
    const common = { ref, place: edge.key, state: stateOf(activity, edge.key) };
    const diverged = isDivergedAt(state, ref) ? " diverged" : "";
    if (share !== undefined) {
      labels.push({ ...label(picture, `${edge.key} s`, rect, share, false), ...common, kind: "share", lock: null });
    } else if (gradient === undefined || second) {
      const value = next ?? weight;
      labels.push({ ...label(picture, `${edge.key} w`, rect, value, lock !== null), ...common, kind: (next === undefined ? "weight" : "next") + diverged, lock });
    }
    if (gradient !== undefined && gradientRef) {
      labels.push({ ...label(picture, `${edge.key} g`, second ?? rect, gradient, false), ...common, ref: gradientRef, kind: "gradient", lock: null });
    } else if (second && planned !== undefined && next === undefined) {
      labels.push({ ...label(picture, `${edge.key} p`, second, planned, false, "→"), ...common, kind: "planned", lock: null });
    }
  }
  return labels.filter((each) => !covers.some((cover) => overlap(shrunk(each.rect), cover)));
}

/**
 * What the sample on show adds to the mean that has just been taken; nothing when it is the whole batch.
 *
 * @param {State} state
 * @param {Activity} activity
 * @param {Edge} edge
 * @returns {Real | undefined}
 */
function shareOf(state, { event }, edge) {
  if (event?.kind !== "weight_gradient" || batchSize(state) === 1) return undefined;
  const row = event.detail?.terms?.[edge.to];
  return row?.[edge.from < 0 ? row.length - 1 : edge.from];
}

/** A plate less its rim: touching is not covering. @param {Rect} rect @returns {Rect} */
function shrunk(rect) {
  return { x: rect.x + 1, y: rect.y + 2, w: rect.w - 2, h: rect.h - 4 };
}

/**
 * Where an edge's number stands at this moment, if it is shown.
 *
 * @param {Picture} picture
 * @param {{node: string | null, edge: string | null}} focus
 * @param {Edge} edge
 * @param {boolean} isProjector
 * @param {Activity} activity
 * @returns {{rect: Rect, second: Rect | null} | null}
 */
function placeFor(picture, focus, edge, isProjector, activity) {
  if (edge.label) {
    const isQuiet = isProjector && activity.event !== null && activity.event.layer !== null && activity.event.layer !== edge.layer;
    return isQuiet ? null : { rect: edge.label, second: edge.second };
  }
  if (isFocused(focus, edge)) return { rect: edge.atSource, second: null };
  const source = edge.layer === 0 ? `input ${edge.from}` : `node ${edge.layer - 1} ${edge.from}`;
  return edge.from >= 0 && focus.node === source ? { rect: edge.atTarget, second: null } : null;
}

/**
 * @param {Picture} picture
 * @param {string} key
 * @param {Rect} rect
 * @param {Real} value
 * @param {boolean} hasLock
 * @param {string} [before]
 */
function label(picture, key, rect, value, hasLock, before = "") {
  const size = picture.font.label;
  const room = rect.w - 4 - (hasLock ? 0.75 * size : 0);
  const digits = (picture.compact && picture.font.label < PROJECTED ? [2, 1] : [3, 2, 1]).find((count) => fitsReadably(before + signed(value, count), size, room)) ?? 1;
  const text = before + signed(value, digits);
  const scale = Math.max(fit(text, size, room), picture.compact && picture.font.number >= PROJECTED ? SMALLEST_PROJECTED : 0);
  // The plate is as wide as its text, so that the edge reaches its number.
  const w = Math.min(rect.w, textWidth(text, size) * scale + 6 + (hasLock ? 0.75 * size : 0));
  const x = picture.flow === "down" ? rect.x + (rect.w - w) / 2 : rect.x + rect.w - w;
  return { key, rect: { ...rect, x, w }, text, scale, sign: signClass(value) };
}

/**
 * What an update writes on its edges, one under the other.
 *
 * @param {State} state
 * @param {Picture} picture
 * @param {Activity} activity
 * @returns {StackScene[]}
 */
function stacksOf(state, picture, activity) {
  const { event, moment, extent } = activity;
  if (!event || !moment || event.kind !== "update") return [];
  const pointed = [activity.pointed, activity.selected].find((place) => place && picture.edgeOf.get(place));
  const told = picture.edges.filter((edge) => {
    if (edge.layer !== event.layer || (edge.kind !== "weight" && edge.kind !== "bias")) return false;
    if ((edge.from < 0) !== (event.parameter === "b")) return false;
    const isOfMoment = extent !== "layer" && edge.to === moment.neuron;
    return edge.key === pointed || (isOfMoment && (!picture.compact || picture.detail !== null));
  });
  if (picture.detail) {
    const { detail } = picture;
    // Fewer digits before smaller letters than the last row reads.
    return [3, 2, 1].map((digits) => stackTable(stackLines(state, event, told, digits), detail, picture)).find((table) => table !== null) ?? [];
  }
  const down = picture.flow === "down";
  const gap = picture.gaps.get(event.layer ?? 0);
  /** How wide a stack is in sizes of its text. @param {Stack} stack */
  const emsOf = ({ lines }) => Math.max(...lines.map((line) => textWidth(line.text, 1))) + (down ? 2.9 : 3.2);
  const room = down || !gap ? Infinity : gap.end - gap.begin - 4;
  const digits = picture.compact ? [2] : [3, 2];
  const fitting = digits.map((count) => stackLines(state, event, told, count));
  const stacks = fitting.find((each) => each.every((stack) => emsOf(stack) * SMALLEST_SIZE <= room)) ?? fitting[fitting.length - 1] ?? [];
  // They stand between the columns: over a chip they would hide its numbers.
  const u = Math.max(SMALLEST_SIZE, Math.min(picture.font.label, ...stacks.map((stack) => room / emsOf(stack))));
  return stacks.map((stack) => {
    const { edge, lines } = stack;
    const size = { w: emsOf(stack) * u, h: 3 * 1.2 * u + 0.3 * u };
    // In line with its source, where the edges of one neuron are farthest apart.
    const start = edge.points[0] ?? edge.atSource;
    const left = gap ? Math.max(gap.begin + 2, Math.min(edge.atSource.x, gap.end - 2 - size.w)) : edge.atSource.x;
    const rect = within(
      { x: down ? start.x - size.w / 2 : left, y: down ? edge.atSource.y : start.y - size.h / 2, ...size },
      { x: 2, y: 2, w: picture.width - 4, h: picture.height - 4 },
    );
    return { key: edge.key, place: edge.key, rect, size: u, lines };
  });
}

/** @typedef {{edge: Edge, ref: Ref, lines: StackScene["lines"]}} Stack */

/**
 * What an update makes of some edges: the weight, its change, the next weight.
 *
 * @param {State} state
 * @param {import("../types.js").EventMessage} event
 * @param {Edge[]} edges
 * @param {number} digits
 * @returns {Stack[]}
 */
function stackLines(state, event, edges, digits) {
  return edges.flatMap((edge) => {
    const ref = edgeRef(edge);
    const [weight, change, next] = ["", "change_", "next_"].map((prefix) => {
      const each = edgeRef(edge, prefix);
      return each ? valueOf(state, each) : undefined;
    });
    if (!ref || weight === undefined || change === undefined || next === undefined) return [];
    const letter = edge.from < 0 ? "b" : "w";
    const visible = digitsToShow(weight, change, digits);
    const lines = [
      { symbol: letter, text: signed(weight, visible), kind: "before" },
      { symbol: event.values && isPlainStep(state) ? "−η·g" : `Δ${letter}`, text: signed(change, digits), kind: "change" },
      { symbol: `${letter}′`, text: signed(next, visible), kind: "after" },
    ];
    return [{ edge, ref, lines }];
  });
}

/**
 * Stacks side by side, each under the name of its weight; the first tells what the lines are.
 *
 * @param {Stack[]} stacks
 * @param {Rect} room
 * @param {Picture} picture
 * @returns {StackScene[] | null}  null where letters would be too small
 */
function stackTable(stacks, room, picture) {
  const named = stacks.map(({ edge, ref, lines }) => ({ edge, lines: [{ symbol: "", text: symbol(ref), kind: "name" }, ...lines] }));
  const widths = named.map(({ lines }, k) => Math.max(...lines.map((line) => textWidth(line.text, 1))) + (k === 0 ? 3.4 : 0.9));
  const total = widths.reduce((sum, width) => sum + width, 0);
  const size = Math.min(picture.font.label, room.h / TABLE_EMS, room.w / total);
  if (size < Math.min(picture.font.label, picture.font.small)) return null;
  const first = named[0]?.edge;
  const target = first && picture.nodeOf.get(`node ${first.layer} ${first.to}`);
  const w = total * size;
  // It ends under its neuron, where its edges end.
  const begin = target ? target.x + target.w - w : room.x;
  const place = within({ x: begin, y: room.y, w, h: TABLE_EMS * size }, room);
  let { x } = place;
  return named.map(({ edge, lines }, k) => {
    const rect = { ...place, x, w: (widths[k] ?? 0) * size };
    x += rect.w;
    return { key: edge.key, place: edge.key, rect, size, lines: lines.map((line) => ({ ...line, symbol: k === 0 ? line.symbol : "" })) };
  });
}

/** Whether the change is −η times the gradient and nothing else. @param {State} state */
function isPlainStep(state) {
  const optimizer = state.experiment?.["optimizer"];
  return (typeof optimizer === "string" ? optimizer : (optimizer?.type ?? "sgd")) === "sgd";
}

/**
 * The gradients of activations, each under its neuron, while they are being made or used.
 *
 * @param {State} state
 * @param {Picture} picture
 * @param {Activity} activity
 * @param {Rect | null} callout
 * @returns {PlateScene[]}
 */
function platesOf(state, picture, activity, callout) {
  const { event } = activity;
  if (!event) return [];
  const l = event.layer ?? state.layers.length - 1;
  const layer = event.kind === "propagate" || event.kind === "dropout_gradient" ? l - 1 : l;
  if (!["propagate", "dropout_gradient", "loss_gradient", "activation_gradient"].includes(event.kind)) return [];
  const sample = sampleOf(state);
  const size = picture.font.label;
  /** @type {PlateScene[]} */
  const plates = [];
  for (const node of picture.nodes) {
    if (node.layer !== layer || (node.kind !== "neuron" && node.kind !== "dropout")) continue;
    if (picture.compact && activity.neuron?.index !== node.index) continue;
    const ref = { name: `layer${layer}.grad_a`, index: [sample, node.index] };
    const sum = event.kind === "propagate" ? sumOf(state, node.index) : null;
    const value = valueOf(state, ref) ?? sum?.partial;
    if (value === undefined) continue;
    const wider = { ...node.plate, y: node.plate.y + 1.2 * size, x: node.plate.x - 0.9 * size, w: node.plate.w + 1.8 * size };
    let rect = picture.compact ? wider : node.plate;
    if (picture.detail && callout) rect = besideAll(picture.detail, [callout], { w: 6.2 * size, h: 1.4 * size }, 0.3 * size);
    const room = rect.w - (picture.compact ? 3.2 : 2.7) * size;
    const text = fittingText(value, size, room, signed);
    plates.push({ key: node.key, rect, symbol: "∂ℓ/∂a", text, scale: fit(text, size, room), ref, state: stateOf(activity, node.key) });
  }
  return plates;
}

/* ------------------------------------------------------------------ words around the picture */

/**
 * @param {State} state
 * @param {Picture} picture
 * @param {Activity} activity
 * @returns {Scene["headers"]}
 */
function headersOf(state, picture, activity) {
  const active = activity.event?.layer ?? null;
  return picture.headers.map(({ key, layer, x, y, isOpened }) => {
    const info = state.layers[layer];
    /** @type {[string, string]} */
    let lines = ["inputs", ""];
    if (layer >= state.layers.length) lines = ["target", "and loss"];
    else if (info?.type === "dropout") lines = ["dropout", `rate ${number(info.rate ?? 0)}`];
    else if (info) lines = [layerName(layer, state.layers), activationLabel(state, info.activation)];
    return { key, x, y, lines, layer, isOpened, state: active === layer ? "active" : "" };
  });
}

/** @param {State} state @param {string | null} name */
function activationLabel(state, name) {
  return state.catalogue?.activations.find((entry) => entry.name === name)?.label ?? name?.replaceAll("_", " ") ?? "";
}

/** The line over the picture. @param {State} state @param {Picture} picture */
export function captionOf(state, picture) {
  const { event, extent } = activityOf(state);
  const planned = event ? state.plan[event.index] : undefined;
  const count = batchSize(state);
  let title = planned?.title ?? "";
  if (event?.kind === "weight_gradient" && extent === "layer" && count !== null && count > 1) {
    const hasShares = picture.edges.some((edge) => edge.layer === event.layer && edge.second);
    const mean = `mean over ${count} samples`;
    title = title.replace(/ of the weights$/, "") + (hasShares ? ` of sample ${sampleOf(state) + 1}, below: ${mean}` : `, ${mean}`);
  }
  return {
    phase: phaseOf(state),
    title,
    sample: count === null ? null : { shown: sampleOf(state), count, name: sampleName(sampleOf(state), count) },
  };
}
