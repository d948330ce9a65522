/**
 * The frame of a view: its name, the question it answers, its controls, its picture, and the same as a table.
 *
 * @module
 */

import { fitting } from "./clauses.js";
import { button, element, setAttribute, setText } from "./elements.js";
import { NotShownError } from "./pictures.js";

/** @typedef {import("./types.js").ViewName} ViewName */
/** @typedef {import("./reduce.js").PageAction} PageAction */
/** What a view's table holds: a caption, heads of columns, and rows whose first cell is their head. */
/** @typedef {{caption: string, head: string[], rows: string[][]}} Twin */
/** A way to take a view's picture along. @typedef {{words: string, save: () => unknown}} Saving */

/** A letter is as wide as so many of its heights, the ends of lines reckoned in. */
const LETTER = 0.58;

/**
 * @param {HTMLElement} root  becomes the view's section
 * @param {object} parts
 * @param {ViewName} parts.name
 * @param {string} parts.title
 * @param {string} parts.question
 * @param {(action: PageAction) => void} parts.dispatch
 * @param {() => Twin} parts.twin  the same as the picture, as a table; asked for only while it is shown
 * @param {Saving[]} [parts.savings]
 */
export function createPane(root, { name, title, question, dispatch, twin, savings = [] }) {
  let isTable = false;
  let isLarge = false;
  /** What the view said last; what was said to a press stands in its place until the view says something else. */
  let said = "";
  /** How many letters of it have room. */
  let room = Infinity;
  const heading = element("h2", { id: `view-${name}-title` }, title);
  const controls = element("div", { class: "pane-controls" });
  const table = button("Table", () => showTable(!isTable), { class: "quiet-button", "aria-pressed": "false" });
  const larger = button("Larger", () => dispatch({ type: "ui/enlarge", view: isLarge ? null : name }), {
    class: "quiet-button",
    "aria-pressed": "false",
  });
  const close = button("Close", () => dispatch({ type: "ui/view", view: name }), {
    class: "quiet-button",
    "aria-label": `Close ${title}`,
  });
  const body = element("div", { class: "pane-body" });
  const twinBox = element("div", { class: "pane-twin", hidden: true, tabindex: "0" });
  const words = element("p", { class: "pane-words" });
  twinBox.setAttribute("role", "region");
  twinBox.setAttribute("aria-label", `${title} as a table`);
  root.classList.add("pane", `pane-${name.replace("_", "-")}`);
  root.setAttribute("aria-labelledby", heading.id);
  root.append(
    element(
      "header",
      { class: "pane-head" },
      heading,
      element("p", { class: "pane-question" }, question),
      element(
        "div",
        { class: "pane-buttons", role: "group", "aria-label": `${title}: ways to see it` },
        table,
        ...savings.map(({ words: kind, save }) =>
          button(kind, () => void take(save), { class: "quiet-button", "aria-label": `Save ${title} as ${kind}` }),
        ),
        larger,
        close,
      ),
    ),
    controls,
    body,
    twinBox,
    words,
  );
  new ResizeObserver(measure).observe(root);

  return {
    /** Where the picture goes. */
    body,
    /** Where what can be chosen goes. */
    controls,

    /** One sentence: what the picture says. @param {string} sentence */
    say(sentence) {
      if (sentence === said) return;
      said = sentence;
      tell();
    },

    /** What the picture shows has changed, so the table may have. */
    changed() {
      if (isTable) drawTable();
    },

    /** @param {import("./types.js").State} state */
    update(state) {
      isLarge = state.enlarged === name;
      setAttribute(larger, "aria-pressed", String(isLarge));
      setText(larger, isLarge ? "Smaller" : "Larger");
    },
  };

  function measure() {
    const style = getComputedStyle(words);
    const lines = Number.parseInt(style.getPropertyValue("-webkit-line-clamp"), 10);
    const now = lines > 0 ? (lines * root.clientWidth) / (LETTER * Number.parseFloat(style.fontSize)) : Infinity;
    if (now === room) return;
    room = now;
    tell();
  }

  function tell() {
    setText(words, fitting(said, room));
  }

  /** @param {Saving["save"]} save */
  async function take(save) {
    if (isTable) {
      // What is taken along is the picture; it is drawn when there is room for it again.
      showTable(false);
      await nextPicture();
      await nextPicture();
    }
    try {
      await save();
      tell();
    } catch (error) {
      if (!(error instanceof NotShownError)) throw error;
      setText(words, error.message);
    }
  }

  /** @param {boolean} shown */
  function showTable(shown) {
    isTable = shown;
    setAttribute(table, "aria-pressed", String(shown));
    body.hidden = shown;
    twinBox.hidden = !shown;
    if (shown) drawTable();
  }

  function drawTable() {
    const { caption, head, rows } = twin();
    const { scrollTop } = twinBox;
    twinBox.replaceChildren(
      element(
        "table",
        {},
        element("caption", {}, caption),
        element("thead", {}, element("tr", {}, ...head.map((cell) => element("th", { scope: "col" }, cell)))),
        element(
          "tbody",
          {},
          ...rows.map(([first = "", ...cells]) =>
            element("tr", {}, element("th", { scope: "row" }, first), ...cells.map((cell) => element("td", {}, cell))),
          ),
        ),
      ),
    );
    twinBox.scrollTop = scrollTop;
  }
}

/** Until the browser has drawn once more. */
function nextPicture() {
  return new Promise((resolve) => requestAnimationFrame(resolve));
}
