/**
 * Which key does what, the same in every mode.
 *
 * @module
 */

import { VIEWS } from "./view-list.js";

/** @typedef {import("./walk.js").Walker} Walker */

/**
 * @typedef {"next" | "back" | "nextPhase" | "backPhase" | "first" | "last" | "playPause" | "replay" | "coarser" | "finer"
 *   | "learningRateDown" | "learningRateUp" | "fullscreen" | "blank" | "table" | "theme" | "projector" | "chart" | "view" | "help"
 *   | "leave"} KeyAction
 */

/**
 * What has the focus, as far as keys care: `none` is the page itself; a `slider` (or a group of radio buttons) moves by
 * arrows; a `field` or `menu` takes text; a `grid` (a table, the diagram) is walked by arrows; a `dialog` takes all.
 *
 * @typedef {"none" | "button" | "slider" | "menu" | "field" | "grid" | "dialog"} Focus
 */

/** @typedef {{key: string, shiftKey: boolean, ctrlKey: boolean, altKey: boolean, metaKey: boolean}} Press */

/**
 * Every key with its words, in the order in which help tells them. `shown` is what stands on the key; `characters`
 * can be switched off; with `shift`, Shift must be held.
 *
 * @type {readonly {action: KeyAction, words: string, keys: readonly string[], shown: readonly string[],
 *   characters?: readonly string[], shift?: true}[]}
 */
export const KEY_TABLE = Object.freeze([
  {
    action: "next",
    words: "Next, at the chosen grain",
    keys: ["ArrowRight", "PageDown"],
    characters: ["n"],
    shown: ["→", "Page Down", "N"],
  },
  {
    action: "back",
    words: "Back, at the chosen grain",
    keys: ["ArrowLeft", "PageUp"],
    characters: ["p"],
    shown: ["←", "Page Up", "P"],
  },
  { action: "nextPhase", words: "Next phase", keys: ["ArrowRight"], shift: true, shown: ["Shift + →"] },
  { action: "backPhase", words: "Phase before", keys: ["ArrowLeft"], shift: true, shown: ["Shift + ←"] },
  { action: "first", words: "To the beginning of the run", keys: ["Home"], shown: ["Home"] },
  { action: "last", words: "To the end of the run", keys: ["End"], shown: ["End"] },
  { action: "playPause", words: "Play or pause", keys: [" "], shown: ["Space"] },
  { action: "replay", words: "Replay this step", keys: [], characters: ["r"], shown: ["R"] },
  { action: "coarser", words: "Coarser grain", keys: [], characters: ["-", "−"], shown: ["−"] },
  { action: "finer", words: "Finer grain", keys: [], characters: ["+", "="], shown: ["+"] },
  { action: "learningRateDown", words: "Smaller learning rate", keys: [], characters: ["["], shown: ["["] },
  { action: "learningRateUp", words: "Larger learning rate", keys: [], characters: ["]"], shown: ["]"] },
  { action: "table", words: "The picture as a table", keys: [], characters: ["t"], shown: ["T"] },
  {
    action: "view",
    words: "A view: plane, loss, landscape, what if, signals, optimizer, race",
    keys: [],
    characters: VIEWS.map(({ key }) => key),
    shown: VIEWS.map(({ key }) => key),
  },
  { action: "chart", words: "The loss curve", keys: [], characters: ["l"], shown: ["L"] },
  { action: "theme", words: "Light or dark", keys: [], characters: ["d"], shown: ["D"] },
  { action: "projector", words: "Projector: everything large", keys: [], characters: ["v"], shown: ["V"] },
  { action: "fullscreen", words: "Full screen", keys: [], characters: ["f"], shown: ["F"] },
  {
    action: "blank",
    words: "Blank the screen; any key brings it back",
    keys: [],
    characters: ["b", "."],
    shown: ["B", "."],
  },
  { action: "help", words: "This list of keys", keys: [], characters: ["?"], shown: ["?"] },
  { action: "leave", words: "Close what is open; let go of what is selected", keys: ["Escape"], shown: ["Esc"] },
]);

const MOVING = Object.freeze(["ArrowLeft", "ArrowRight", "Home", "End", " "]);

/**
 * What each kind of control keeps for itself. Page Up and Page Down are in no list: presenters' clickers send them.
 *
 * @type {Readonly<Record<Exclude<Focus, "dialog">, readonly string[]>>}
 */
const KEPT = Object.freeze({
  none: [],
  button: [" ", "ArrowLeft", "ArrowRight"],
  slider: MOVING,
  menu: MOVING,
  field: MOVING,
  grid: MOVING,
});

/**
 * What a key press asks for; null when it is not ours.
 *
 * @param {Press} press
 * @param {Focus} focus
 * @param {boolean} characterKeys  whether single characters are shortcuts (WCAG 2.1.4: they can be switched off)
 * @returns {KeyAction | null}
 */
export function actionOf(press, focus, characterKeys) {
  if (press.ctrlKey || press.altKey || press.metaKey) return null;
  if (focus === "dialog") return null;
  const kept = KEPT[focus];
  for (const row of KEY_TABLE) {
    const named = row.keys.includes(press.key) && press.shiftKey === (row.shift === true);
    if (named && !kept.includes(press.key)) return row.action;
    const typed = row.characters?.includes(press.key.toLowerCase()) ?? false;
    // Fields and menus take characters as text; a "+" may need Shift, so Shift does not matter here.
    if (typed && characterKeys && focus !== "field" && focus !== "menu") return row.action;
  }
  return null;
}

/**
 * @param {Element | null} element  what has the focus
 * @returns {Focus}
 */
export function focusKind(element) {
  if (!element || element === element.ownerDocument.body) return "none";
  if (element.closest("dialog")) return "dialog";
  if (element.closest("textarea, [contenteditable]")) return "field";
  if (element instanceof HTMLInputElement) {
    if (element.type === "range" || element.type === "radio") return "slider";
    return element.type === "checkbox" || element.type === "button" ? "button" : "field";
  }
  if (element.closest("select")) return "menu";
  if (element.closest("svg, table, [role=grid], [role=listbox], [role=slider]")) return "grid";
  if (element.closest("button, summary, a[href], [role=button]")) return "button";
  return "none";
}

/**
 * Listen to the keyboard.
 *
 * @param {object} parts
 * @param {EventTarget} parts.target
 * @param {() => boolean} parts.characterKeys
 * @param {Record<KeyAction, (press: KeyboardEvent) => void>} parts.actions
 */
export function listenToKeys({ target, characterKeys, actions }) {
  target.addEventListener("keydown", (event) => {
    if (!(event instanceof KeyboardEvent) || event.defaultPrevented || event.isComposing) return;
    const focused = event.target instanceof Element ? event.target : null;
    const action = actionOf(event, focusKind(focused), characterKeys());
    if (action === null) return;
    // Esc keeps its meaning for the browser: it leaves full screen and closes dialogs.
    if (action !== "leave") event.preventDefault();
    actions[action](event);
  });
}
