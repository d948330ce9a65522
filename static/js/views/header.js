/**
 * The line above everything: whose page this is, what is being learned, and what can be switched on.
 *
 * @module
 */

import { originOf } from "../data-origin.js";
import { button, element, setAttribute, setText } from "../elements.js";

/** @typedef {import("../types.js").State} State */
/** @typedef {import("../reduce.js").PageAction} PageAction */

/**
 * @param {HTMLElement} root
 * @param {{dispatch(action: PageAction): void}} tools
 */
export function createHeaderView(root, { dispatch }) {
  /** @type {State | null} */
  let shown = null;

  const title = element("p", { class: "title" });
  const panels = element(
    "div",
    { class: "panel-buttons" },
    button("Data", () => open("data")),
    button("Network", () => open("network")),
  );
  const menu = element("div", { id: "view-menu" });
  const table = toggle("Table", "show_table");
  const theme = button("Dark", () => set("theme", shown?.settings.theme === "dark" ? "light" : "dark"));
  const projector = toggle("Projector", "projector");
  root.append(
    element("h1", {}, "chalkgrad"),
    title,
    panels,
    element(
      "div",
      { class: "shows", role: "group", "aria-label": "Shown besides the picture" },
      table,
      menu,
    ),
    element(
      "div",
      { class: "page-buttons" },
      button("Examples", () => open("presets")),
      button("Share", () => open("share"), { class: "spare" }),
      button("Save", () => open("take-along"), { class: "spare" }),
      theme,
      projector,
      button("Help", () => open("help")),
    ),
  );
  return { update };

  /** @param {State} state */
  function update(state) {
    const before = shown;
    shown = state;
    if (before?.experiment !== state.experiment || before?.layers !== state.layers) setText(title, titleOf(state));
    if (before?.settings !== state.settings) {
      setAttribute(table, "aria-pressed", String(state.settings.show_table));
      setAttribute(projector, "aria-pressed", String(state.settings.projector));
      setText(theme, state.settings.theme === "dark" ? "Light" : "Dark");
    }
  }

  /**
   * @param {string} words
   * @param {"show_table" | "projector"} name
   */
  function toggle(words, name) {
    return button(words, () => set(name, !shown?.settings[name]), { "aria-pressed": "false" });
  }

  /**
   * @param {keyof State["settings"]} name
   * @param {State["settings"][keyof State["settings"]]} value
   */
  function set(name, value) {
    dispatch({ type: "ui/setting", name, value });
  }

  /** @param {string} dialog */
  function open(dialog) {
    dispatch({ type: "ui/dialog", dialog: shown?.dialog === dialog ? null : dialog });
  }
}

/**
 * What is being learned by what: the experiment's own title, as long as it has the data it was given for, or else its data
 * and the sizes of its network.
 *
 * @param {State} state
 */
function titleOf(state) {
  const { experiment, document, layers, data } = state;
  if (!experiment) return "";
  const hasOtherData = document?.edits.some(({ path }) => path === "data") ?? false;
  if (typeof experiment.title === "string" && experiment.title !== "" && !hasOtherData) return experiment.title;
  const dense = layers.filter(({ type }) => type === "dense");
  const sizes = [dense[0]?.fan_in, ...dense.map(({ units }) => units)].join("-");
  return [data ? originOf(state) : "", sizes].filter(Boolean).join(", ");
}
