/**
 * What lies over the page for a while: help with every key, the examples, sharing and saving, and the blank screen.
 *
 * @module
 */

import { createDialog, createOpener, showPage } from "../dialog.js";
import { button, element, setAttribute, setField, setText } from "../elements.js";
import { KEY_TABLE } from "../keys.js";
import { viewNow } from "../persistence.js";
import { save } from "../pictures.js";

/** @typedef {import("../reduce.js").PageState} State */
/** @typedef {import("../reduce.js").PageAction} PageAction */
/** @typedef {import("../types.js").Command} Command */
/** @typedef {import("../types.js").ServerMessage} ServerMessage */
/** @typedef {import("../types.js").FieldProblem} FieldProblem */
/** @typedef {{send(command: Command): Promise<ServerMessage | null>, dispatch(action: PageAction): void}} Tools */

/** The names of the dialogs, as they stand in the state. */
export const HELP = "help";
export const PRESETS = "presets";
export const SHARE = "share";
export const BLANK = "blank";

/** The conventions that every number on the page keeps to. */
const CONVENTIONS = Object.freeze([
  ["Weights", "W[to, from], so z = W·a + b for each sample; the picture’s w₂₁ leads to neuron 2 from neuron 1."],
  ["Loss", "One number for each sample; the batch loss is their mean, plus the penalty."],
  ["Delta", "δ = ∂ℓ/∂z of one sample, not divided by the size of the batch."],
  ["Gradient", "The mean of δ·a over the batch: a step of its own."],
  ["Squared errors", "Mean squared error is the mean over outputs; half squared error is ½ Σ over outputs."],
  ["ReLU at 0", "Its slope there is 0."],
  ["Precision", "Everything is computed in float64; only what is shown is rounded."],
  ["Words", "A step is one update; an epoch is one pass over the data."],
]);

/**
 * @param {HTMLElement} root
 * @param {Tools} tools
 */
export function createDialogsView(root, tools) {
  const share = createShare(tools);
  const dialogs = [createHelp(tools), createPresets(tools), share, createBlank(tools)].map((dialog) => ({
    ...dialog,
    opener: createOpener(dialog.root, dialog.name, tools.dispatch),
  }));
  root.append(...dialogs.map((dialog) => dialog.root));
  let isFirst = true;
  return { update, openDocument: share.open };

  /** @param {State} state */
  function update(state) {
    for (const { name, opener, update: updateOne, onOpen } of dialogs) {
      if (isFirst || state.dialog === name) updateOne(state);
      opener.update(state, () => onOpen(state));
    }
    isFirst = false;
  }
}

/** @param {Tools} tools */
function createHelp({ dispatch }) {
  const characters = element("input", { type: "checkbox" });
  const motion = element(
    "select",
    { id: "motion" },
    element("option", { value: "auto" }, "as this device prefers"),
    element("option", { value: "full" }, "always"),
    element("option", { value: "reduced" }, "never"),
  );
  characters.addEventListener("change", () => {
    dispatch({ type: "ui/setting", name: "character_keys", value: characters.checked });
  });
  motion.addEventListener("change", () => {
    dispatch({ type: "ui/setting", name: "motion", value: /** @type {State["settings"]["motion"]} */ (motion.value) });
  });
  const root = createDialog(
    HELP,
    "Help",
    element(
      "div",
      { class: "help-columns" },
      element(
        "section",
        {},
        element("h3", {}, "Keys"),
        element(
          "table",
          { class: "keys" },
          element("caption", { class: "visually-hidden" }, "What each key does"),
          element("thead", { class: "visually-hidden" }, row("th", "Keys", "What they do")),
          element(
            "tbody",
            {},
            ...KEY_TABLE.map(({ words, shown }) =>
              element("tr", {}, element("td", {}, ...shown.map((cap) => element("kbd", {}, cap))), element("td", {}, words)),
            ),
          ),
        ),
        element(
          "p",
          { class: "hint" },
          "In a field, a menu, a table or the picture, keys first mean what they mean there. Page Up and Page Down, which " +
            "presenters’ clickers send, step wherever the focus is.",
        ),
      ),
      element(
        "section",
        {},
        element("h3", {}, "Settings"),
        element("label", { class: "check" }, characters, "Single characters are shortcuts"),
        element("div", { class: "field" }, element("label", { for: motion.id }, "Numbers travel"), motion),
        element("h3", {}, "Conventions"),
        element(
          "dl",
          { class: "conventions" },
          ...CONVENTIONS.flatMap(([term = "", words = ""]) => [element("dt", {}, term), element("dd", {}, words)]),
        ),
        element(
          "p",
          { class: "hint" },
          "Other programs can talk to this server too: ",
          element("a", { href: "protocol" }, "its protocol"),
          ".",
        ),
      ),
    ),
  );
  return {
    root,
    name: HELP,
    onOpen: () => {},
    /** @param {State} state */
    update({ settings }) {
      characters.checked = settings.character_keys;
      motion.value = settings.motion;
    },
  };
}

/** @param {Tools} tools */
function createPresets({ send, dispatch }) {
  const list = element("ul", { class: "presets" });
  const problem = element("p", { class: "field-problem", role: "alert" });
  const root = createDialog(PRESETS, "Examples", list, problem);
  /** @type {State["catalogue"]} */
  let of = null;
  return {
    root,
    name: PRESETS,
    onOpen: () => setText(problem, ""),
    /** @param {State} state */
    update({ catalogue }) {
      if (of === catalogue || !catalogue) return;
      of = catalogue;
      list.replaceChildren(
        ...catalogue.presets.map(({ name, title, words }) =>
          element(
            "li",
            {},
            element(
              "button",
              { type: "button", onclick: () => void load(name) },
              element("strong", {}, title),
              element("span", {}, words),
            ),
          ),
        ),
      );
    },
  };

  /** @param {string} preset */
  async function load(preset) {
    const reply = await send({ type: "load", id: 0, preset });
    if (reply?.type === "problem") setText(problem, reply.message);
    else if (reply) showPage(dispatch);
  }
}

/** @param {Tools} tools */
function createShare({ send, dispatch }) {
  /** @type {State | null} */
  let state = null;
  const link = element("input", { id: "share-link", readonly: true, autocomplete: "off" });
  const copied = element("p", { class: "hint", role: "status" });
  const file = element("input", { type: "file", id: "share-file", accept: ".json,application/json" });
  const text = element("textarea", { id: "share-text", rows: 4, spellcheck: "false" });
  const problems = element("ul", { class: "problems" });
  link.addEventListener("focus", () => link.select());
  file.addEventListener("change", () => void openFile());
  const root = createDialog(
    SHARE,
    "Share and save",
    element(
      "section",
      {},
      element("h3", {}, "A link to this very moment"),
      element("p", { class: "hint" }, "It holds the experiment, every edit, and where you are; nothing is stored."),
      element(
        "div",
        { class: "link-row" },
        element("label", { class: "visually-hidden", for: link.id }, "Link"),
        link,
        button("Copy", () => void copy()),
      ),
      copied,
    ),
    element(
      "section",
      {},
      element("h3", {}, "A file"),
      button("Download this moment", () => void download()),
      element("div", { class: "field tall" }, element("label", { for: file.id }, "Open a file"), file),
      element("div", { class: "field tall" }, element("label", { for: text.id }, "Or paste what such a file holds"), text),
      button("Open what was pasted", () => void openText(text.value)),
      element("div", { role: "alert" }, problems),
    ),
  );
  return {
    root,
    name: SHARE,
    /** @param {State} next */
    onOpen(next) {
      state = next;
      setText(copied, "");
      tell([]);
      file.value = "";
      void makeLink();
    },
    /** @param {State} next */
    update(next) {
      state = next;
    },
    /** A saved moment that came in another way: what is wrong with it is told here. @param {string} content */
    async open(content) {
      dispatch({ type: "ui/dialog", dialog: SHARE });
      await openText(content);
    },
  };

  async function makeLink() {
    setField(link, "");
    if (!state) return;
    const reply = await send({ type: "ask", id: 0, what: "link", view: { ...viewNow(state) } });
    if (reply?.type === "answer" && reply.what === "link") {
      const address = new URL(document.baseURI);
      address.search = "";
      address.hash = `m=${reply.link}`;
      setField(link, address.href);
      link.value = address.href;
    } else if (reply?.type === "problem") {
      setText(copied, reply.message);
    }
  }

  async function copy() {
    try {
      await navigator.clipboard.writeText(link.value);
      setText(copied, "Copied.");
    } catch {
      // No clipboard outside https and localhost, or not allowed: the text is selected, and a key press away.
      link.focus();
      link.select();
      setText(copied, "The link is selected: press Ctrl+C (⌘C on a Mac) to copy it.");
    }
  }

  async function download() {
    if (!state) return;
    const reply = await send({ type: "ask", id: 0, what: "document", view: { ...viewNow(state) } });
    if (reply?.type !== "answer" || reply.what !== "document") {
      tell(reply?.type === "problem" ? [reply.message] : []);
      return;
    }
    save(new Blob([JSON.stringify(reply.document, null, 1)], { type: "application/json" }), "chalkgrad.json");
  }

  async function openFile() {
    const [chosen] = file.files ?? [];
    if (chosen) await openText(await chosen.text());
  }

  /** @param {string} content */
  async function openText(content) {
    /** @type {unknown} */
    let given;
    try {
      given = JSON.parse(content);
    } catch (error) {
      tell([`This is no JSON: ${error instanceof Error ? error.message : error}`]);
      return;
    }
    if (given === null || typeof given !== "object" || Array.isArray(given)) {
      tell(["This is JSON, but no experiment: an object with fields such as data and network is wanted."]);
      return;
    }
    const reply = await send({ type: "load", id: 0, document: given });
    if (reply?.type === "problem") {
      tell(reply.problems.length > 0 ? reply.problems.map(sentence) : [reply.message]);
    } else if (reply) {
      showPage(dispatch);
    }
  }

  /** @param {string[]} sentences */
  function tell(sentences) {
    problems.replaceChildren(...sentences.map((words) => element("li", {}, words)));
  }
}

/** A screen with nothing on it, so that a room looks at the speaker. @param {Tools} tools */
function createBlank({ dispatch }) {
  const root = element("dialog", { id: BLANK, "aria-label": "Blank screen; press any key to come back" });
  root.addEventListener("click", () => root.close());
  root.addEventListener("keydown", (event) => {
    if (["Shift", "Control", "Alt", "Meta"].includes(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    dispatch({ type: "ui/dialog", dialog: null });
  });
  return {
    root,
    name: BLANK,
    onOpen: () => {},
    /** @param {State} state */
    update({ settings }) {
      setAttribute(root, "data-theme", settings.theme);
    },
  };
}

/** @param {FieldProblem} problem */
function sentence({ path, value, allowed }) {
  return `${path} is ${value}; allowed: ${allowed}`;
}

/**
 * @param {"th" | "td"} tag
 * @param {...string} cells
 */
function row(tag, ...cells) {
  return element("tr", {}, ...cells.map((words) => element(tag, {}, words)));
}
