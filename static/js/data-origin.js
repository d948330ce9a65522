/**
 * Where the data came from, and since when the network has had them.
 *
 * @module
 */

import { stepName } from "./format.js";

/** @typedef {import("./types.js").State} State */
/** @typedef {import("./types.js").Catalogue} Catalogue */
/** @typedef {import("./types.js").Cursor} Cursor */
/** @typedef {import("./types.js").Document} Document */
/** @typedef {import("./types.js").Edit} Edit */
/** @typedef {Record<string, any>} Data  as it stands in a document */

/**
 * The name of the data: a data set of ours, a file, rows that were typed; and that somebody has changed single rows.
 *
 * @param {Pick<State, "experiment" | "document" | "catalogue" | "cursor">} state
 */
export function originOf({ experiment, document, catalogue, cursor }) {
  const isNamed = typeof experiment?.data?.name === "string";
  const edits = document ? editsUntil(document, cursor) : [];
  const whole = edits.findLastIndex(isWhole);
  const changes = edits.slice(whole + 1).length;
  // Once a row has been changed the data are written out, and only the past knows what they were.
  const began = isNamed || changes === 0 ? experiment?.data : (edits[whole]?.value ?? document?.experiment["data"]);
  const changed = changes > 0 ? ", changed by hand" : "";
  return nameOf(/** @type {Data | undefined} */ (began), catalogue) + changed;
}

/**
 * That the network has learned from other data before; empty where it has not.
 *
 * @param {Pick<State, "document" | "catalogue" | "cursor">} state
 */
export function sinceWords({ document, catalogue, cursor }) {
  const edits = document ? editsUntil(document, cursor) : [];
  const last = edits.at(-1);
  if (!document || !last || last.step === 0) return "";
  const since = stepName(last.step);
  if (!isWhole(last)) return `Same weights, rows changed since ${since}.`;
  const before = edits.slice(0, -1).findLast(isWhole)?.value ?? document.experiment["data"];
  const [old, now] = [endsOf(/** @type {Data} */ (before), catalogue), endsOf(/** @type {Data} */ (last.value), catalogue)];
  const fits = old !== null && now !== null && old.inputs === now.inputs && old.outputs === now.outputs;
  return fits ? `Same weights, new data since ${since}.` : `New data since ${since}; weights were kept where they fit.`;
}

/**
 * @param {Document} document
 * @param {Cursor} cursor
 */
function editsUntil({ edits }, { step, event }) {
  const isPast = (/** @type {Edit} */ edit) => edit.step < step || (edit.step === step && edit.event <= event);
  return edits.filter((edit) => isPast(edit) && /^data(\.|$)/.test(edit.path));
}

/** @param {Edit} edit */
function isWhole({ path }) {
  return path === "data";
}

/**
 * @param {Data | undefined} data
 * @param {Catalogue | null} catalogue
 */
function nameOf(data, catalogue) {
  const entry = catalogue?.datasets.find(({ name }) => name === data?.["name"]);
  if (entry) return String(entry["label"]);
  return data?.["source"] ? String(data["source"]) : "Rows typed in";
}

/**
 * How many inputs and outputs data have, as far as the page can tell.
 *
 * @param {Data} data
 * @param {Catalogue | null} catalogue
 * @returns {{inputs: number, outputs: number} | null}
 */
function endsOf(data, catalogue) {
  const { inputs, targets, features, class_names, task, targets_as, classes, arms } = data;
  if (Array.isArray(inputs) && Array.isArray(targets)) {
    const wide = Array.isArray(targets[0]) ? targets[0].length : 1;
    const isLabels = wide === 1 && task === "classification";
    if (isLabels && !class_names) return null;
    return { inputs: features?.length ?? inputs[0]?.length ?? 0, outputs: isLabels ? class_names.length : wide };
  }
  const entry = catalogue?.datasets.find(({ name }) => name === data["name"]);
  if (!entry || (entry["options"]?.arms !== undefined && arms > 2)) return null;
  const count = { regression: 1, binary: targets_as === "one_hot" ? 2 : 1, classification: classes ?? entry["options"]?.classes }[
    /** @type {"regression" | "binary" | "classification"} */ (entry["task"])
  ];
  return count === undefined ? null : { inputs: features?.length ?? entry["inputs"], outputs: count };
}
