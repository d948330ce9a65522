/**
 * Which views can be opened, with the question that each answers.
 *
 * @module
 */

import { button, element, setAttribute } from "../elements.js";
import { VIEWS } from "../view-list.js";

/** @typedef {import("../types.js").State} State */
/** @typedef {import("../reduce.js").PageAction} PageAction */

/**
 * @param {HTMLElement} root
 * @param {{dispatch(action: PageAction): void}} tools
 */
export function createViewMenuView(root, { dispatch }) {
  const list = element("div", { class: "view-menu-list", id: "view-menu-list", hidden: true });
  const opener = button("Views", () => show(list.hasAttribute("hidden")), {
    "aria-expanded": "false",
    "aria-controls": list.id,
  });
  const entries = VIEWS.map(({ name, title, question, key }) => ({
    name,
    entry: button(
      "",
      () => {
        dispatch({ type: "ui/view", view: name });
      },
      { "aria-pressed": "false" },
    ),
    parts: [
      element("span", { class: "key", "aria-hidden": "true" }, key),
      element("span", {}, title),
      element("span", { class: "question" }, question),
    ],
  }));
  for (const { entry, parts } of entries) entry.append(...parts);
  list.append(...entries.map(({ entry }) => entry));
  root.append(opener, list);

  addEventListener("pointerdown", ({ target }) => {
    if (!list.hidden && target instanceof Node && !root.contains(target)) show(false);
  });
  root.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || list.hidden) return;
    event.stopPropagation();
    show(false);
    opener.focus();
  });
  root.addEventListener("focusout", ({ relatedTarget }) => {
    if (relatedTarget instanceof Node && !root.contains(relatedTarget)) show(false);
  });
  return {
    /** @param {State} state */
    update({ settings }) {
      for (const { name, entry } of entries) setAttribute(entry, "aria-pressed", String(settings.views.includes(name)));
      setAttribute(opener, "aria-pressed", String(settings.views.length > 0));
    },
  };

  /** @param {boolean} shown */
  function show(shown) {
    list.hidden = !shown;
    setAttribute(opener, "aria-expanded", String(shown));
  }
}
