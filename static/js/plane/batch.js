/**
 * Which rows of the data are in the batch of this step.
 *
 * @module
 */

import { sampleOf } from "../select.js";

/** @typedef {import("../types.js").State} State */

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
