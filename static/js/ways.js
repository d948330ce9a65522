/**
 * The two ways to other data: the network goes on with what it has learned, or a new run begins.
 *
 * @module
 */

import { element, setText } from "./elements.js";

/** @typedef {"keep" | "again"} Way */

const USUAL_WORDS = Object.freeze({
  keep: "The run goes on, with what the network has learned so far.",
  again: "A new run, from the first weights.",
});

/**
 * @param {string} name  of the radio buttons
 * @param {Way} usual  chosen at first
 */
export function createWays(name, usual) {
  const keep = element("input", { type: "radio", name, value: "keep", checked: usual === "keep" });
  const again = element("input", { type: "radio", name, value: "again", checked: usual === "again" });
  const keepWords = element("span", { class: "hint" }, USUAL_WORDS.keep);
  const root = element(
    "fieldset",
    { class: "ways" },
    element("legend", { class: "visually-hidden" }, "What becomes of the weights"),
    element("label", { class: "check" }, again, element("span", {}, "Start again ", element("span", { class: "hint" }, USUAL_WORDS.again))),
    element("label", { class: "check" }, keep, element("span", {}, "Keep the weights ", keepWords)),
  );
  return {
    root,
    /** @returns {Way} */
    get value() {
      return keep.checked ? "keep" : "again";
    },
    /**
     * @param {boolean} possible  whether there is anything to keep
     * @param {string} [words]  what is kept, or why nothing is
     */
    allowKeeping(possible, words = USUAL_WORDS.keep) {
      if (!possible && keep.checked) again.checked = true;
      keep.disabled = !possible;
      setText(keepWords, words);
    },
  };
}
