/**
 * What somebody decides about a table, and what that means for what was decided before.
 *
 * @module
 */

/** @typedef {import("../types.js").LayerInfo} LayerInfo */
/** @typedef {import("../types.js").FieldProblem} FieldProblem */
/** @typedef {import("./preview.js").Choices} Choices */
/** @typedef {import("./preview.js").TablePreview} TablePreview */

/**
 * What is asked for next, once one choice has changed: only what was decided by hand, so that everything else is guessed
 * anew.
 *
 * @param {Partial<Choices>} chosen  by hand so far
 * @param {Partial<Choices>} change
 * @param {Choices} now  what is in force, chosen or guessed
 * @returns {Partial<Choices>}
 */
export function chosenAfter(chosen, change, now) {
  const next = { ...chosen, ...change };
  if ("delimiter" in change || "header" in change) {
    // The columns have other names now, or there are others.
    for (const name of /** @type {const} */ (["inputs", "target", "task", "divide_target_by"])) delete next[name];
  }
  if (change.target !== undefined && change.target !== now.target) {
    delete next.task;
    delete next.divide_target_by;
    const inputs = next.inputs?.filter((name) => name !== change.target);
    if (inputs && inputs.length > 0) next.inputs = inputs;
    else delete next.inputs;
  }
  return next;
}

/**
 * The inputs with one column more or less, in the order of the table.
 *
 * @param {readonly string[]} columns
 * @param {readonly string[]} inputs
 * @param {string} name
 * @param {boolean} wanted
 */
export function inputsWith(columns, inputs, name, wanted) {
  return columns.filter((column) => (column === name ? wanted : inputs.includes(column)));
}

/**
 * The field that a problem is told at; `general` where it is about none of them.
 *
 * @param {FieldProblem} problem
 */
export function fieldOf({ path }) {
  if (path === "text" || path.startsWith("line ")) return "text";
  return /^choices\.([a-z_]+)/.exec(path)?.[1] ?? "general";
}

/**
 * How much of the network goes on with other data: all of it, all but the layers at the ends that do not fit, or nothing.
 *
 * @param {readonly LayerInfo[]} layers  of the network as it is
 * @param {{inputs: number, outputs: number}} data  columns of the new data
 * @returns {{kept: "all" | "some" | "nothing", words: string}}
 */
export function whatIsKept(layers, { inputs, outputs }) {
  const dense = layers.flatMap((layer, place) => (layer.type === "dense" ? [{ ...layer, place }] : []));
  const first = dense[0];
  const last = dense.at(-1);
  if (!first || !last) return { kept: "nothing", words: "There is no network yet." };
  const lost = new Set([
    ...(first.fan_in === inputs ? [] : [first.place]),
    ...(last.units === outputs ? [] : [last.place]),
  ]);
  if (lost.size === 0) return { kept: "all", words: "Every weight stays as it is." };
  if (lost.size === dense.length) {
    return { kept: "nothing", words: "No layer fits these data, so there is nothing to keep." };
  }
  const names = [...lost].map((place) => `layer ${place + 1}`).join(" and ");
  return { kept: "some", words: `Drawn anew, because these data have other columns: ${names}. Every other weight stays.` };
}

/**
 * How many inputs and outputs the data of a preview have.
 *
 * @param {NonNullable<TablePreview["data"]>} data
 */
export function columnsOf({ inputs, task, class_names }) {
  return { inputs: inputs[0]?.length ?? 0, outputs: task === "classification" ? (class_names?.length ?? 1) : 1 };
}
