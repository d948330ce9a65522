/**
 * What is wrong with the run, since when and where, and which neurons are silent.
 *
 * @module
 */

import { button, createRows, element, setAttribute, setText } from "../elements.js";
import { nameParts, quantityName, stepName, symbol } from "../format.js";
import { tellWhatLiesBelow } from "../scrolling.js";
import { refKey, refOf, sampleOf } from "../select.js";
import { findingWords, lookingWords, unitsWords } from "./words.js";

/** @typedef {import("../types.js").State} State */
/** @typedef {import("../types.js").Ref} Ref */
/** @typedef {import("./words.js").SignalsData} SignalsData */
/** @typedef {import("./words.js").Diagnosis} Diagnosis */
/** @typedef {import("./words.js").LayerSignals} LayerSignals */

const NOTHING_WRONG = "Nothing wrong is seen.";
const NO_STEP = "No step is complete yet: what is wrong shows over time.";

/**
 * @param {object} tools
 * @param {(step: number) => unknown} tools.goTo
 * @param {(ref: Ref) => void} tools.select
 * @param {(ref: Ref | null) => void} tools.hover
 */
export function createFindings({ goTo, select, hover }) {
  const state = element("p", { class: "findings-state" });
  const list = element("ul", { class: "findings-list" });
  const silent = element("ul", { class: "findings-silent" });
  const root = element("div", { class: "signals-findings split-words", role: "group", "aria-label": "What is wrong" }, state, list, silent);
  tellWhatLiesBelow(root);
  const rows = createRows(list, createFinding);
  const layers = createRows(silent, createLayer);
  let sample = 0;
  /** @type {State | null} */
  let page = null;

  return {
    root,

    /**
     * @param {SignalsData | null} data
     * @param {State} now
     */
    update(data, now) {
      page = now;
      sample = sampleOf(now);
      const found = data?.diagnoses ?? [];
      const isEmpty = data !== null && data.last_step === 0 && found.length === 0;
      const words = data === null ? "" : isEmpty ? NO_STEP : data.diagnoses === null ? lookingWords(data.looked) : found.length === 0 ? NOTHING_WRONG : "";
      setText(state, words);
      state.hidden = words === "";
      rows.update(found, (row, finding) => row.update(finding));
      const quiet = (data?.layers ?? []).flatMap((layer) => [
        ...(layer.dead_count > 0 ? [{ layer, kind: /** @type {const} */ ("dead") }] : []),
        ...(layer.saturated_count > 0 ? [{ layer, kind: /** @type {const} */ ("saturated") }] : []),
      ]);
      layers.update(quiet, (row, item) => row.update(item));
      this.light(now);
    },

    /** Light up what is selected or pointed at elsewhere. @param {State} now */
    light(now) {
      page = now;
      const lit = new Set([now.selection, now.hover].flatMap((ref) => (ref ? [neuronKey(ref)] : [])));
      for (const each of root.querySelectorAll("button[data-ref]")) {
        const ref = refOf(each.getAttribute("data-ref") ?? "");
        each.classList.toggle("lit", ref !== null && lit.has(neuronKey(ref)));
        setAttribute(each, "aria-pressed", String(now.selection !== null && ref !== null && neuronKey(now.selection) === neuronKey(ref)));
      }
    },
  };

  function createFinding() {
    /** @type {Diagnosis | null} */
    let shown = null;
    const words = element("span", { class: "finding-words" });
    const since = button("", () => shown && goTo(shown.since_step), { class: "finding-since" });
    const place = refButton();
    const item = element("li", {}, words, " ", since, " ", place);
    return {
      root: item,
      /** @param {Diagnosis} finding */
      update(finding) {
        shown = finding;
        setAttribute(item, "data-kind", finding.kind);
        setAttribute(item, "data-severity", finding.severity);
        setText(since, `since ${stepName(finding.since_step)}`);
        const ref = placeOf(finding);
        setText(words, findingWords(finding));
        place.hidden = ref === null;
        if (ref) setAttribute(place, "data-ref", refKey(ref));
        setText(place, ref ? placeWords(finding, ref) : "");
        setAttribute(place, "title", ref && finding.parameter !== null ? quantityName(ref, page?.data ?? null) : null);
      },
    };
  }

  function createLayer() {
    const words = element("span");
    const names = element("span", { class: "silent-units" });
    const units = createRows(names, () => ({ root: refButton() }));
    return {
      root: element("li", {}, words, " ", names),
      /** @param {{layer: LayerSignals, kind: "dead" | "saturated"}} item */
      update({ layer, kind }) {
        setText(words, `Layer ${layer.layer + 1}: ${unitsWords(layer, kind)}`);
        units.update(layer[kind], ({ root: each }, unit) => {
          setAttribute(each, "data-ref", refKey({ name: `layer${layer.layer}.a`, index: [sample, unit] }));
          setAttribute(each, "aria-label", `${kind} neuron ${unit + 1} of layer ${layer.layer + 1}`);
          setText(each, String(unit + 1));
        });
      },
    };
  }

  /** A name that selects what it names. */
  function refButton() {
    const made = button("", () => withRef(select), {
      class: "round",
      onpointerenter: () => withRef(hover),
      onfocus: () => withRef(hover),
      onpointerleave: () => hover(null),
      onblur: () => hover(null),
    });
    /** @param {(ref: Ref) => void} use */
    function withRef(use) {
      const ref = refOf(made.getAttribute("data-ref") ?? "");
      if (ref) use(ref);
    }
    return made;
  }

  /** @param {Diagnosis} finding @returns {Ref | null} */
  function placeOf({ parameter, layer, units }) {
    if (parameter !== null) return refOf(parameter.replaceAll(" ", ""));
    return layer === null ? null : { name: `layer${layer}.a`, index: [sample, units[0] ?? 0] };
  }

  /**
   * @param {Diagnosis} finding
   * @param {Ref} ref
   */
  function placeWords({ parameter, layer, units }, ref) {
    if (parameter !== null) return `${symbol(ref)} of layer ${nameParts(ref.name).layer + 1}`;
    return units.length === 1 ? `neuron ${(units[0] ?? 0) + 1} of layer ${(layer ?? 0) + 1}` : `layer ${(layer ?? 0) + 1}`;
  }
}

/**
 * Where a number stands, whichever sample it is of.
 *
 * @param {Ref} ref
 */
function neuronKey({ name, index }) {
  return /\.(z|a|slope|delta|grad_a)$/.test(name) ? `${name.replace(/\..*/, "")} ${index[1]}` : refKey({ name, index });
}
