/**
 * What was wrong with a command, as text for the field that it came from.
 *
 * @module
 */

/** @typedef {import("./types.js").FieldProblem} FieldProblem */

/**
 * @param {{message: string, problems: FieldProblem[]}} problem
 * @param {string} [path]  of the field that the text stands at, which need not be named again
 */
export function problemText({ message, problems }, path) {
  if (problems.length === 0) return message;
  return problems
    .map(({ path: at, value, allowed }) => (at === path ? `Allowed: ${allowed}.` : `${at} is ${value}; allowed: ${allowed}.`))
    .join(" ");
}
