/**
 * What files are called that somebody takes along.
 *
 * @module
 */

/** @typedef {import("./types.js").State} State */

const LONGEST = 40;

/**
 * The name of a file about the present step, without its ending: `chalkgrad-xor-step-12`.
 *
 * @param {Pick<State, "experiment" | "cursor">} state
 */
export function stepFile({ experiment, cursor }) {
  const title = typeof experiment?.title === "string" ? plain(experiment.title) : "";
  const data = typeof experiment?.data?.name === "string" ? plain(experiment.data.name) : "";
  return ["chalkgrad", data || title || "own-data", "step", cursor.step + 1].join("-");
}

/** Words as they may stand in a file's name anywhere. @param {string} words */
function plain(words) {
  const letters = words.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  return letters.replace(/[^a-z0-9]+/g, "-").slice(0, LONGEST).replace(/^-|-$/g, "");
}
