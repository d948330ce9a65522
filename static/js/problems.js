/**
 * What was wrong with a command, as text for the field that it came from.
 *
 * @module
 */

/** @typedef {import("./types.js").FieldProblem} FieldProblem */

/**
 * @param {{message: string, problems: FieldProblem[]}} problem
 */
export function problemText({ message, problems }) {
  return problems.length > 0 ? problems.map(({ value, allowed }) => `${value}: allowed is ${allowed}.`).join(" ") : message;
}
