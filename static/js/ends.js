/**
 * Where there is nothing further: the beginning of a run, its newest moment, the place where it diverges.
 *
 * @module
 */

import { gradientsKnown } from "./reduce.js";
import { isWhole } from "./select.js";

/** @typedef {import("./types.js").State} State */

/**
 * Whether the moment on show is the one from which a diverging run cannot go on: before the update that is not finite.
 *
 * @param {Pick<State, "divergence" | "cursor" | "plan">} state
 */
export function isDiverged({ divergence, cursor, plan }) {
  return divergence !== null && divergence.step === cursor.step && gradientsKnown(plan, cursor.event);
}

/**
 * Whether the moment on show is the end of a run that has come to its end.
 *
 * @param {Pick<State, "finished" | "cursor" | "last_step">} state
 */
export function isFinished({ finished, cursor, last_step }) {
  return finished && cursor.step >= last_step;
}

/**
 * Which ends of time the moment on show is at.
 *
 * @param {State} state
 */
export function ends(state) {
  const { cursor, plan } = state;
  const isNewestStep = cursor.step >= state.last_step;
  const isBeforeCommit = plan.length > 0 && (plan[cursor.event]?.kind ?? "commit") === "commit";
  return {
    back: cursor.step === 0 && cursor.event === 0,
    next: isWhole(state) && (isDiverged(state) || (isFinished(state) && isBeforeCommit)),
    last: isWhole(state) && isNewestStep && (isBeforeCommit || isDiverged(state)),
  };
}
