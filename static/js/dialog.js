/**
 * What all dialogs have in common: a heading, a way out, and that they are open exactly while the state names them.
 *
 * @module
 */

import { button, element } from "./elements.js";

/** @typedef {import("./reduce.js").PageState} PageState */
/** @typedef {import("./reduce.js").PageAction} PageAction */
/** @typedef {(action: PageAction) => void} Dispatch */

/**
 * @param {string} name
 * @param {string} title
 * @param {...HTMLElement} content
 */
export function createDialog(name, title, ...content) {
  const heading = element("h2", { id: `${name}-title`, tabindex: "-1" }, title);
  const close = button("Close", () => dialog.close(), { class: "quiet-button" });
  const dialog = element(
    "dialog",
    { id: name, "aria-labelledby": heading.id },
    element("div", { class: "dialog-head" }, heading, close),
    ...content,
  );
  // A press beside the dialog closes it, as Esc does.
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  return dialog;
}

/**
 * Keep a dialog open exactly while the state names it.
 *
 * @param {HTMLDialogElement} root
 * @param {string} name
 * @param {Dispatch} dispatch
 */
export function createOpener(root, name, dispatch) {
  let wanted = false;
  root.addEventListener("close", () => {
    if (wanted) dispatch({ type: "ui/dialog", dialog: null });
  });
  return {
    /**
     * @param {PageState} state
     * @param {() => void} [onOpen]
     */
    update(state, onOpen = () => {}) {
      wanted = state.dialog === name;
      if (wanted && !root.open) {
        root.showModal();
        onOpen();
      }
      if (!wanted && root.open) root.close();
    },
  };
}

/**
 * Close the dialog that has brought another experiment. What it was opened by would keep the arrow keys for itself, and
 * whoever has chosen an experiment wants to step.
 *
 * @param {Dispatch} dispatch
 */
export function showPage(dispatch) {
  dispatch({ type: "ui/dialog", dialog: null });
  if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
}
