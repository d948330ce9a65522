/**
 * Which rows of the data are in the batch of this step.
 *
 * @module
 */

import { sampleOf } from "./select.js";

/** @typedef {import("./types.js").Ref} Ref */
/** @typedef {import("./types.js").State} State */

/**
 * The training rows of the batch, in its order; null before it is drawn.
 *
 * @param {Pick<State, "frame" | "events" | "cursor" | "experiment" | "data">} state
 * @returns {readonly number[] | null}
 */
export function batchRows({ frame, events, cursor, experiment, data }) {
  const values = frame ?? events.find(({ kind, index }) => kind === "batch" && index < cursor.event)?.values;
  const rows = values?.["batch"];
  if (Array.isArray(rows)) return /** @type {number[]} */ (rows);
  const isWhole = data !== null && (experiment?.["batch_size"] ?? Infinity) >= data.samples;
  // Not shuffled and all at once: it is known before it is drawn.
  return isWhole && experiment?.["shuffle"] === false ? Array.from({ length: data.samples }, (_, row) => row) : null;
}

/**
 * The training row of the sample that the stage shows, or null before it is known.
 *
 * @param {State} state
 * @returns {number | null}
 */
export function shownRow(state) {
  return batchRows(state)?.[sampleOf(state)] ?? null;
}

/**
 * The training row that a Ref is about: that row itself, or an input or a target of its sample; null for anything else.
 *
 * @param {State} state
 * @param {Ref | null} ref
 * @returns {number | null}
 */
export function dataRowOf(state, ref) {
  const [first = -1] = ref?.index ?? [];
  if (ref?.name === "data") return first;
  return ref?.name === "x" || ref?.name === "y" ? (batchRows(state)?.[first] ?? null) : null;
}
