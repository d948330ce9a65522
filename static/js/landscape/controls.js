/**
 * What can be chosen of the landscape: its axes, whose loss it is, and how it is drawn.
 *
 * @module
 */

import { button, element, setAttribute, setChoices } from "../elements.js";
import { quantityName } from "../format.js";
import { refKey, refOf } from "../select.js";
import { landscapeAxes, parameterInFocus, twoParameters } from "../watching.js";
import { parameterName } from "./words.js";

/** @typedef {import("../types.js").State} State */
/** @typedef {import("../types.js").Axes} Axes */
/** @typedef {import("../types.js").Ref} Ref */
/** @typedef {import("../types.js").ViewOptions["landscape"]} Options */

/** A menu of more parameters would not be read; others are put on an axis by choosing them in the picture. */
const MOST_CHOICES = 150;

const KINDS = Object.freeze([
  { value: "parameters", words: "two weights" },
  { value: "random", words: "random directions" },
  { value: "principal", words: "principal directions" },
]);
const ROWS = Object.freeze([
  { value: "training", words: "all training rows" },
  { value: "batch", words: "this step’s batch" },
]);

/**
 * @param {HTMLElement} root
 * @param {object} does
 * @param {(options: Options) => void} does.choose
 * @param {() => void} does.toggleSurface
 * @param {(way: 1 | -1) => void} does.turn
 */
export function createControls(root, { choose, toggleSurface, turn }) {
  /** @type {State | null} */
  let shown = null;
  const kind = menu("Axes of the landscape", onKind);
  const first = menu("Across", () => onParameter(0));
  const second = menu("Up", () => onParameter(1));
  const rows = menu("Loss of", onRows);
  const another = button("Another pair", onAnother, { class: "quiet-button" });
  const surface = button("3-D", toggleSurface, { class: "quiet-button", "aria-pressed": "false" });
  const turns = element(
    "span",
    { class: "turns" },
    button("Turn left", () => turn(-1), { class: "quiet-button" }),
    button("Turn right", () => turn(1), { class: "quiet-button" }),
  );
  const pair = element(
    "span",
    { class: "pair" },
    element("span", { "aria-hidden": "true" }, "→"),
    first,
    element("span", { "aria-hidden": "true" }, "↑"),
    second,
  );
  root.append(kind, pair, another, rows, surface, turns);
  setChoices(kind, KINDS);
  setChoices(rows, ROWS);

  return {
    /**
     * @param {State} state
     * @param {boolean} isSurface
     */
    update(state, isSurface) {
      const before = shown;
      shown = state;
      setAttribute(surface, "aria-pressed", String(isSurface));
      turns.hidden = !isSurface;
      const axes = landscapeAxes(state);
      pair.hidden = axes.kind !== "parameters";
      another.hidden = axes.kind !== "random";
      kind.value = axes.kind;
      rows.value = state.view_options.landscape.over;
      const isSame =
        before?.layers === state.layers && before.view_options === state.view_options && before.data === state.data;
      if (isSame || axes.kind !== "parameters") return;
      for (const [field, ref] of /** @type {[HTMLSelectElement, Ref][]} */ ([[first, axes.first], [second, axes.second]])) {
        setChoices(field, choicesOf(state, axes));
        field.value = refKey(ref);
        setAttribute(field, "title", quantityName(ref, state.data));
      }
    },
  };

  function onKind() {
    if (!shown) return;
    /** @type {Record<string, Axes>} */
    const axes = { parameters: twoParameters(shown), random: { kind: "random", seed: 0 }, principal: { kind: "principal" } };
    change({ axes: axes[kind.value] ?? twoParameters(shown) });
  }

  /** @param {0 | 1} axis */
  function onParameter(axis) {
    const ref = refOf((axis === 0 ? first : second).value);
    if (shown && ref) change({ axes: withParameter(landscapeAxes(shown), axis, ref) });
  }

  function onAnother() {
    const axes = shown && landscapeAxes(shown);
    if (axes?.kind === "random") change({ axes: { kind: "random", seed: axes.seed + 1 } });
  }

  function onRows() {
    change({ over: rows.value === "batch" ? "batch" : "training" });
  }

  /** @param {Partial<Options>} options */
  function change(options) {
    if (shown) choose({ ...shown.view_options.landscape, ...options });
  }
}

/**
 * The axes with another parameter on one of them; where it stood on the other, the two change places.
 *
 * @param {Axes} axes
 * @param {0 | 1} axis
 * @param {Ref} ref
 * @returns {Axes}
 */
export function withParameter(axes, axis, ref) {
  if (axes.kind !== "parameters") return axes;
  const { first, second } = axes;
  if (axis === 0) return { ...axes, first: ref, second: refKey(ref) === refKey(second) ? first : second };
  return { ...axes, second: ref, first: refKey(ref) === refKey(first) ? second : first };
}

/**
 * The parameter in focus, if it is on neither axis.
 *
 * @param {State} state
 * @returns {Ref | null}
 */
export function offered(state) {
  const axes = landscapeAxes(state);
  const ref = state.selection && parameterInFocus(state);
  if (!ref || axes.kind !== "parameters") return null;
  return [axes.first, axes.second].some((each) => refKey(each) === refKey(ref)) ? null : ref;
}

/**
 * @param {State} state
 * @param {Extract<Axes, {kind: "parameters"}>} axes
 */
function choicesOf({ layers }, axes) {
  /** @type {Map<string, Ref>} */
  const refs = new Map();
  const add = (/** @type {Ref} */ ref) => refs.set(refKey(ref), ref);
  layers.forEach(({ type, units, fan_in }, layer) => {
    if (type !== "dense") return;
    for (let to = 0; to < units && refs.size < MOST_CHOICES; to += 1) {
      for (let from = 0; from < fan_in && refs.size < MOST_CHOICES; from += 1) {
        add({ name: `layer${layer}.W`, index: [to, from] });
      }
      add({ name: `layer${layer}.b`, index: [to] });
    }
  });
  add(axes.first);
  add(axes.second);
  return [...refs].map(([value, ref]) => ({ value, words: parameterName(ref, layers) }));
}

/**
 * @param {string} name
 * @param {() => void} onChange
 */
function menu(name, onChange) {
  return element("select", { "aria-label": name, onchange: onChange });
}
