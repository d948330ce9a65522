/**
 * The table twin of the diagram: every weight with its gradient and its change, for those who read rather than look.
 *
 * @module
 */

import { layerName, neuronName, number } from "../format.js";
import { placeOf, refKey, refOf, valueOf } from "../select.js";
import { parameterRef } from "../stage/tokens.js";

/** @typedef {import("../types.js").State} State */
/** @typedef {import("../types.js").Ref} Ref */

const HEADINGS = ["Layer", "From", "To", "Weight", "Gradient", "Change"];
const PREFIXES = ["", "grad_", "change_"];

/**
 * A name with the word before it apart, which a narrow table leaves to its headings: "neuron" and "2".
 *
 * @param {string} text
 */
function named(text) {
  const [, word = "", rest = text] = /^(layer|input|neuron) (.+)$/.exec(text) ?? [];
  if (word === "") return [text];
  const before = document.createElement("span");
  before.className = "word";
  before.textContent = `${word} `;
  return [before, rest];
}

/** The parts of the state that the table shows. @type {(keyof State)[]} */
const SHOWN = ["run", "layers", "data", "cursor", "micro", "events", "parameters", "frame", "selection", "hover", "settings"];

/**
 * @param {HTMLElement} root
 * @param {object} tools
 * @param {(action: any) => void} tools.dispatch
 */
export function createTableTwinView(root, { dispatch }) {
  const table = document.createElement("table");
  table.className = "table-twin";
  const caption = document.createElement("caption");
  caption.textContent = "All weights of the network";
  const head = table.createTHead().insertRow();
  for (const heading of HEADINGS) {
    const cell = document.createElement("th");
    cell.scope = "col";
    cell.textContent = heading;
    head.append(cell);
  }
  table.prepend(caption);
  const body = table.createTBody();
  root.append(table);
  root.hidden = true;
  // Where it is larger than its place it scrolls, by keyboard too.
  root.tabIndex = 0;
  root.setAttribute("role", "region");
  root.setAttribute("aria-label", "Table of the weights");

  /** @type {{place: string, row: HTMLTableRowElement, cells: {ref: Ref, button: HTMLButtonElement, shown: string}[]}[]} */
  let rows = [];
  let built = "";
  /** @type {State | null} */
  let drawn = null;

  /** One row for each weight and bias. @param {State} state */
  function build(state) {
    const { layers, data } = state;
    const shape = JSON.stringify([layers.map((layer) => [layer.type, layer.fan_in, layer.units]), data?.input_names]);
    if (shape === built) return;
    built = shape;
    rows = [];
    body.replaceChildren();
    layers.forEach((layer, l) => {
      if (layer.type !== "dense") return;
      for (let to = 0; to < layer.units; to++) {
        for (const from of [...Array(layer.fan_in).keys(), -1]) {
          const row = body.insertRow();
          const source = from < 0 ? "1 (bias)" : l === 0 ? neuronName(-1, from, data) : `neuron ${from + 1}`;
          for (const text of [layerName(l, layers), source, `neuron ${to + 1}`]) row.insertCell().append(...named(text));
          const cells = PREFIXES.map((prefix) => {
            const ref = parameterRef(prefix, l, to, from);
            const button = document.createElement("button");
            button.type = "button";
            button.dataset["ref"] = refKey(ref);
            row.insertCell().append(button);
            return { ref, button, shown: "" };
          });
          rows.push({ place: placeOf(parameterRef("", l, to, from)), row, cells });
        }
      }
    });
  }

  /** @param {EventTarget | null} target @returns {Ref | null} */
  function refAt(target) {
    const element = target instanceof Element ? target.closest("[data-ref]") : null;
    return refOf(element?.getAttribute("data-ref") ?? "");
  }

  body.addEventListener("click", (event) => {
    const ref = refAt(event.target);
    if (ref) dispatch({ type: "ui/select", ref });
  });
  for (const kind of ["pointerover", "focusin"]) {
    body.addEventListener(kind, (event) => dispatch({ type: "ui/hover", ref: refAt(event.target) }));
  }
  for (const kind of ["pointerleave", "focusout"]) {
    body.addEventListener(kind, () => dispatch({ type: "ui/hover", ref: null }));
  }

  /** @param {State} state */
  function draw(state) {
    build(state);
    const selected = state.selection ? placeOf(state.selection) : null;
    const pointed = state.hover ? placeOf(state.hover) : null;
    for (const { place, row, cells } of rows) {
      row.classList.toggle("selected", place === selected);
      row.classList.toggle("pointed", place === pointed);
      for (const cell of cells) {
        const value = valueOf(state, cell.ref);
        const text = value === undefined ? "" : number(value, 6);
        cell.button.setAttribute("aria-pressed", String(state.selection !== null && refKey(state.selection) === refKey(cell.ref)));
        if (text === cell.shown && cell.button.textContent !== "") continue;
        cell.shown = text;
        cell.button.textContent = text || "—";
        cell.button.classList.toggle("empty", text === "");
        if (text === "") cell.button.setAttribute("aria-label", "not computed yet");
        else cell.button.removeAttribute("aria-label");
      }
    }
  }

  return {
    /** @param {State} state */
    update(state) {
      const before = drawn;
      if (before && !SHOWN.some((name) => before[name] !== state[name])) return;
      drawn = state;
      root.hidden = !state.settings.show_table;
      if (state.settings.show_table && state.layers.length > 0) draw(state);
    },
  };
}
