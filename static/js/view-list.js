/**
 * The views beside the stage: each answers a question that somebody asks, and is off until wanted.
 *
 * @module
 */

/** @typedef {import("./types.js").ViewName} ViewName */

/** @type {readonly {name: ViewName, title: string, question: string, key: string}[]} in the order in which they are offered */
export const VIEWS = Object.freeze([
  { name: "plane", title: "Plane", question: "What does the network think?", key: "1" },
  { name: "loss", title: "Loss", question: "Is it learning?", key: "2" },
  { name: "landscape", title: "Landscape", question: "Where are we, and which way is down?", key: "3" },
  { name: "what_if", title: "What if", question: "What would another learning rate do?", key: "4" },
  { name: "signals", title: "Signals", question: "Where does the gradient go?", key: "5" },
  { name: "optimizer", title: "Optimizer", question: "What does the optimizer do with the gradient?", key: "6" },
  { name: "race", title: "Race", question: "Which is better?", key: "7" },
]);

/** More than these side by side are too small to read; the one opened first makes room. */
export const MOST_OPEN = 3;

/**
 * The open views after one more was asked for, or sent away.
 *
 * @param {readonly ViewName[]} open  in the order in which they were opened
 * @param {ViewName} name
 * @returns {ViewName[]}
 */
export function toggled(open, name) {
  if (open.includes(name)) return open.filter((other) => other !== name);
  return [...open, name].slice(-MOST_OPEN);
}

/** @param {unknown} name @returns {name is ViewName} */
export function isViewName(name) {
  return VIEWS.some((view) => view.name === name);
}
