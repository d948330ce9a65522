/**
 * The live region: one sentence for each step the viewer takes, and no more than anyone can listen to while it plays.
 *
 * @module
 */

import { setText } from "../elements.js";
import { neuronName, number, phaseName, quantityName, sampleName, stepName } from "../format.js";
import { batchSize, focusOf, isWhole, moment, moments, newest, sampleOf, valueOf } from "../select.js";

/** @typedef {import("../types.js").Ref} Ref */
/** @typedef {import("../types.js").State} State */

/** While it plays, nothing is said more often than this. */
export const QUIET_MS = 2000;
/** Nobody listens to more numbers than these in one sentence. */
const MOST_TOLD = 6;

/**
 * The moment on show in one sentence, e.g. "Forward, neuron 1 of layer 1, term 2 of 3: 0.8 × (−1.2) = −0.96."
 *
 * @param {State} state
 */
export function sentenceOf(state) {
  if (state.frame) {
    // Of the past: by the time it is read or heard, the run has gone on.
    return `Training: at ${stepName(state.cursor.step)} the loss was ${number(/** @type {any} */ (state.frame.loss ?? "NaN"))}.`;
  }
  const event = newest(state);
  if (!event) return state.run === null ? "" : `Before the first event of ${stepName(state.cursor.step)}.`;
  const shown = moment(state);
  const isFine = (state.grain === "term" || state.grain === "neuron") && moments(state).length > 1;
  if (!shown || !isFine || shown.part === "whole") return `${phaseName(event.phase)}: ${event.words}`;
  const focus = focusOf({ ...state, selection: null });
  const value = focus ? valueOf(state, focus) : undefined;
  const name = focus ? quantityName(focus, state.data) : "";
  if (event.kind === "weight_gradient" && state.grain === "neuron") {
    return `${phaseName(event.phase)}, ${gradientsOf(state, shown.neuron)}.`;
  }
  if (shown.part === "result" || state.grain === "neuron") {
    return `${phaseName(event.phase)}, ${name}: ${value === undefined ? event.words : `${number(value)}.`}`;
  }
  const terms = event.detail?.terms?.[shown.neuron] ?? [];
  const term = terms[shown.from];
  if (term === undefined) return `${phaseName(event.phase)}: ${event.words}`;
  const factors = factorsOf(state).map((ref) => valueOf(state, ref));
  const product = factors.length === 2 && factors.every((factor) => factor !== undefined);
  const written = product
    ? `${factors.map((factor, place) => inProduct(number(factor ?? "NaN"), place)).join(" × ")} = ${number(term)}`
    : number(term);
  const count = event.kind === "weight_gradient" ? "" : `, term ${shown.from + 1} of ${terms.length}`;
  const done = value !== undefined && !isWhole(state) && event.kind !== "weight_gradient" ? `; together ${number(value)}` : "";
  return `${phaseName(event.phase)}, ${name}${count}: ${written}${done}.`;
}

/**
 * What the sample on show adds to the gradients of one neuron, the bias last: "gradients of neuron 1 of layer 1: 0.0822,
 * 0.0827 and bias 0.138".
 *
 * @param {State} state
 * @param {number} neuron
 */
function gradientsOf(state, neuron) {
  const event = newest(state);
  const [bias, ...weights] = [...(event?.detail?.terms?.[neuron] ?? [])].reverse();
  const told = weights.reverse().slice(0, MOST_TOLD).map((weight) => number(weight));
  if (weights.length > MOST_TOLD) told.push(`${weights.length - MOST_TOLD} more`);
  const count = batchSize(state) ?? 1;
  const sample = count > 1 ? `, ${sampleName(sampleOf(state), count)}` : "";
  return `gradients of ${neuronName(event?.layer ?? 0, neuron)}${sample}: ${told.join(", ")} and bias ${number(bias ?? "NaN")}`;
}

/**
 * The factors of the term on show; the bias stands alone.
 *
 * @param {State} state
 * @returns {Ref[]}
 */
function factorsOf(state) {
  const event = newest(state);
  const shown = moment(state);
  const layer = event?.layer ?? 0;
  const info = state.layers[layer];
  if (!event || !shown || !info) return [];
  const sample = sampleOf(state);
  const before = layer === 0 ? "x" : `layer${layer - 1}.a`;
  const { neuron, from } = shown;
  switch (event.kind) {
    case "affine":
      if (from === info.fan_in) return [{ name: `layer${layer}.b`, index: [neuron] }];
      return [
        { name: `layer${layer}.W`, index: [neuron, from] },
        { name: before, index: [sample, from] },
      ];
    case "propagate":
      return [
        { name: `layer${layer}.W`, index: [from, neuron] },
        { name: `layer${layer}.delta`, index: [sample, from] },
      ];
    case "weight_gradient":
      if (from === info.fan_in) return [{ name: `layer${layer}.delta`, index: [sample, neuron] }];
      return [
        { name: `layer${layer}.delta`, index: [sample, neuron] },
        { name: before, index: [sample, from] },
      ];
    default:
      return [];
  }
}

/**
 * @param {string} text
 * @param {number} place
 */
function inProduct(text, place) {
  return place > 0 && /^\D/.test(text) ? `(${text})` : text;
}

/**
 * Whether the event on show ends its phase.
 *
 * @param {State} state
 */
function endsPhase(state) {
  const event = newest(state);
  return event !== null && isWhole(state) && state.plan[event.index + 1]?.phase !== event.phase;
}

/**
 * @param {HTMLElement} root  has role="status"
 * @param {{now?: () => number}} [time]
 */
export function createStatusView(root, { now = () => performance.now() } = {}) {
  let said = "";
  let saidAt = -Infinity;
  let asked = "";
  /** @type {State["playing"]} */
  let played = "off";
  root.classList.add("status");
  return { update };

  /** @param {State} state */
  function update(state) {
    // What was said before the training began is over: its first news need not wait.
    if (state.playing === "train" && played !== "train") saidAt = -Infinity;
    played = state.playing;
    if (state.status !== asked) {
      asked = state.status;
      if (asked) say(asked);
    }
    const isQuiet = now() - saidAt < QUIET_MS;
    // Until the first frame is here, what is on show is not yet of the training.
    if (state.playing === "train" && (isQuiet || state.frame === null)) return;
    if (state.playing === "walk" && (isQuiet || !endsPhase(state))) return;
    const sentence = sentenceOf(state);
    if (sentence === said) return;
    said = sentence;
    say(sentence);
  }

  /** @param {string} sentence */
  function say(sentence) {
    saidAt = now();
    setText(root, sentence);
    root.title = sentence;
  }
}
