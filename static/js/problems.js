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
  // What is said of this field need not be said again of others that were sent along with it.
  const own = problems.find((problem) => problem.path === path);
  const said = problems.filter((problem) => problem === own || !own || problem.allowed !== own.allowed);
  return said
    .map(({ path: at, value, allowed }) => (at === path ? `Allowed: ${allowed}.` : `${at} is ${value}; allowed: ${allowed}.`))
    .join(" ");
}
