/**
 * Whether the gradients on the screen agree with central differences.
 *
 * @module
 */

import { element, setAttribute, setText } from "../elements.js";
import { number, quantityName, stepName } from "../format.js";

/** @typedef {import("../types.js").Checked} Checked */
/** @typedef {import("../types.js").Command} Command */
/** @typedef {import("../types.js").DataInfo} DataInfo */
/** @typedef {import("../types.js").State} State */

/**
 * The check in one line.
 *
 * @param {Checked | null} checked
 * @param {number} step  at the cursor
 */
export function badgeText(checked, step) {
  if (checked === null) return "gradients not checked yet";
  const verdict = checked.passed ? "checked" : "do not agree";
  const count = `: ${checked.parameters} parameter${checked.parameters === 1 ? "" : "s"}`;
  const what = checked.step === step ? count : ` at ${stepName(checked.step)}`;
  return `gradients ${verdict}${what}, largest error ${number(checked.largest_error, 1)}`;
}

/**
 * What else there is to know of a check, for those who ask.
 *
 * @param {Checked} checked
 * @param {DataInfo | null} data
 */
export function badgeDetail(checked, data) {
  const worst = checked.worst ? `The largest error is that of the ${quantityName(checked.worst, data)}.` : "";
  const kinks =
    checked.excluded > 0
      ? `${checked.excluded} ${checked.excluded === 1 ? "entry lies" : "entries lie"} at a kink and ${checked.excluded === 1 ? "was" : "were"} left out.`
      : "";
  return [worst, kinks].filter(Boolean).join(" ");
}

/**
 * @param {HTMLElement} root
 * @param {{send: (command: Command) => Promise<unknown>}} tools
 */
export function createBadgeView(root, { send }) {
  const text = element("span", { class: "badge-text" });
  const check = element("button", { type: "button", class: "badge", title: "Check every gradient again", onclick: ask }, text);
  const detail = element("span", { class: "badge-detail", "aria-live": "polite" });
  root.append(check, detail);
  let isAsked = false;
  /** @type {unknown} */
  let moment = null;
  return { update };

  /** @param {State} state */
  function update(state) {
    if (moment !== state.cursor) isAsked = false;
    moment = state.cursor;
    setText(text, badgeText(state.checked, state.cursor.step));
    setAttribute(check, "data-verdict", state.checked === null ? "none" : state.checked.passed ? "passed" : "failed");
    setText(detail, isAsked && state.checked ? badgeDetail(state.checked, state.data) : "");
  }

  function ask() {
    isAsked = true;
    void send({ type: "ask", id: 0, what: "gradient_check" });
  }
}
