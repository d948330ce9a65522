/**
 * What went wrong, in words, and the way out: a refused input, a lost line, a run that diverges or has come to its end.
 *
 * @module
 */

import { button, createRows, element, setAttribute, setText } from "../elements.js";
import { isDiverged, isFinished } from "../ends.js";
import { quantityName, stepName, symbol } from "../format.js";
import { divergedAt } from "../select.js";

/** @typedef {import("../types.js").Command} Command */
/** @typedef {import("../types.js").FieldProblem} FieldProblem */
/** @typedef {import("../types.js").State} State */
/** @typedef {import("../reduce.js").PageAction} PageAction */

/**
 * @typedef {object} Notice
 * @property {"problem" | "line" | "divergence" | "finished"} kind
 * @property {string} text
 * @property {FieldProblem[]} problems
 * @property {string} key  tells it from the next of its kind
 */

/**
 * Everything that is to be said at this moment, the most urgent first.
 *
 * @param {Pick<State, "connection" | "data" | "problem" | "divergence" | "finished" | "run" | "cursor" | "last_step" | "plan">} state
 * @returns {Notice[]}
 */
export function noticesOf(state) {
  const { connection, problem, divergence, run, cursor } = state;
  /** @type {Notice[]} */
  const notices = [];
  if (connection === "lost") {
    const text = "The server does not answer. Your run is safe in this page; trying again…";
    notices.push({ kind: "line", text, problems: [], key: "line" });
  }
  // What could not be sent while the line is lost is said by the line itself.
  if (problem && connection !== "lost") {
    const { message, problems } = problem;
    notices.push({ kind: "problem", text: message, problems, key: JSON.stringify(problem) });
  }
  if (divergence && isDiverged(state)) {
    const text = divergenceText(state, divergence);
    notices.push({ kind: "divergence", text, problems: [], key: `${run} ${divergence.step}` });
  } else if (isFinished(state) && divergence === null) {
    const text = `The run has come to its end at ${stepName(cursor.step)}. You can still go back, or change anything and go on.`;
    notices.push({ kind: "finished", text, problems: [], key: `${run}` });
  }
  return notices;
}

/**
 * Where a run diverges and why. The engine's sentence names the parameter and the step as programs do, for whoever has no
 * page.
 *
 * @param {Pick<State, "data" | "divergence">} state
 * @param {import("../types.js").Divergence} divergence
 */
function divergenceText(state, { step, parameter, cause }) {
  const at = divergedAt(state);
  const where = stepName(step);
  if (!at) return `The run diverges at ${where}: ${cause}`;
  const why = cause.replaceAll(parameter, symbol(at)).replace(` at ${where}`, "").replace(/\binf\b/g, "∞");
  return `The run diverges at ${where}, in the ${quantityName(at, state.data)}: ${why}`;
}

/**
 * One field's problem in words.
 *
 * @param {FieldProblem} problem
 */
export function problemText({ path, value, allowed }) {
  const given = value === "" ? "" : ` is ${value}`;
  return `${path || "the document"}${given}; allowed: ${allowed}`;
}

/**
 * @param {HTMLElement} root  has role="alert"
 * @param {{send: (command: Command) => Promise<unknown>, dispatch(action: PageAction): void}} tools
 */
export function createProblemView(root, { send, dispatch }) {
  root.classList.add("notices");
  /** @type {Set<string>} */
  const dismissed = new Set();
  /** @type {State | null} */
  let state = null;
  let drawn = "";
  const rows = createRows(root, () => {
    const text = element("p", { class: "notice-text" });
    const fields = element("ul", { class: "notice-fields" });
    const back = button("Go back one step", () => void send({ type: "back", grain: "step" }));
    const dismiss = button("Dismiss", () => {}, { class: "quiet-button" });
    const body = element("div", { class: "notice-body" }, text, fields);
    return { root: element("div", { class: "notice" }, body, back, dismiss), text, fields, back, dismiss };
  });
  return { update };

  /** @param {State} now */
  function update(now) {
    state = now;
    const notices = noticesOf(now).filter(({ kind, key }) => kind === "problem" || !dismissed.has(`${kind} ${key}`));
    // A live region that is touched without news is read again.
    const wanted = JSON.stringify(notices);
    if (wanted === drawn) return;
    drawn = wanted;
    rows.update(notices, (row, /** @type {Notice} */ notice) => {
      setAttribute(row.root, "data-kind", notice.kind);
      setText(row.text, notice.text);
      row.fields.replaceChildren(...notice.problems.map((problem) => element("li", {}, problemText(problem))));
      row.fields.hidden = notice.problems.length === 0;
      row.back.hidden = notice.kind !== "divergence";
      row.dismiss.hidden = notice.kind === "line";
      row.dismiss.onclick = () => dismissNotice(notice);
    });
  }

  /** @param {Notice} notice */
  function dismissNotice({ kind, key }) {
    if (kind === "problem") {
      dispatch({ type: "ui/problem", problem: null });
      return;
    }
    dismissed.add(`${kind} ${key}`);
    if (state) update(state);
  }
}
