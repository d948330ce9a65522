/**
 * What the colours and shapes of the plane mean.
 *
 * @module
 */

import { element } from "../elements.js";
import { neuronName, number } from "../format.js";
import { svg } from "../svg.js";
import { CLASS_COLOURS } from "./colours.js";
import { mapOf } from "./picture.js";
import { shapeName, shapeOf } from "./shapes.js";
import { className } from "./words.js";

/** @typedef {import("../types.js").PlaneData} PlaneData */

/** More classes than these have no room; their names stand in what is pointed at. */
const MOST_CLASSES = 10;

/** @param {HTMLElement} root */
export function createLegend(root) {
  let made = "";
  return {
    /**
     * @param {PlaneData} data
     * @param {"plane" | "curve" | "hidden"} lens
     */
    update(data, lens) {
      const { task, class_names, neuron, scale, validation, output, level } = data;
      const key = JSON.stringify([lens, task, class_names, neuron, scale, validation !== null, output, level, data.maps.map(({ peak }) => peak)]);
      if (key === made) return;
      made = key;
      const chosen = lens === "plane" ? neuron : null;
      root.replaceChildren(
        ...(chosen ? [neuronScale(data, chosen)] : task === "regression" && lens === "plane" ? [valueScale(data)] : []),
        ...(task === "regression" ? [] : class_names.slice(0, MOST_CLASSES).map((_, place) => classKey(data, place))),
        ...(validation ? [kindKey("training", true), kindKey("validation", false)] : []),
        ...(task === "regression" ? regressionKeys(lens) : [markKey("plane-wrong", "wrong side")]),
        ...(lens === "plane" && task === "binary" && !chosen ? [markKey("plane-line", `boundary: output ${number(level ?? 0)}`)] : []),
        ...(lens === "hidden" ? [markKey("plane-line", "cut of the output layer")] : []),
      );
    },
  };
}

/** @param {number} place @param {string} [words] */
export function shapeIcon(place, words) {
  const outline = svg("path", { d: shapeOf(place), class: `class-${(place % CLASS_COLOURS) + 1}` });
  return svg("svg", { class: "plane-shape", viewBox: "-1.4 -1.4 2.8 2.8", ...(words ? { role: "img", "aria-label": words } : { "aria-hidden": "true" }) }, [outline]);
}

/** @param {PlaneData} data @param {number} place */
function classKey(data, place) {
  return element("span", { class: "plane-key" }, shapeIcon(place, shapeName(place)), className(data, place));
}

/** @param {string} words @param {boolean} isFilled */
function kindKey(words, isFilled) {
  const mark = svg("circle", { r: 0.9, class: isFilled ? "filled" : "outlined" });
  return element("span", { class: "plane-key" }, svg("svg", { class: "plane-shape", viewBox: "-1.4 -1.4 2.8 2.8", "aria-hidden": "true" }, [mark]), words);
}

/** @param {string} name @param {string} words */
function markKey(name, words) {
  return element("span", { class: "plane-key" }, element("span", { class: `plane-mark ${name}`, "aria-hidden": "true" }), words);
}

/** @param {"plane" | "curve" | "hidden"} lens */
function regressionKeys(lens) {
  if (lens === "curve") return [markKey("plane-line", "output"), markKey("plane-residual", "residual")];
  return [markKey("plane-sizes", "larger: farther off")];
}

/** @param {PlaneData} data */
function valueScale({ scale, target_names, output }) {
  return scaleBar("plane-values", target_names[output] ?? "output", [scale[0], (scale[0] + scale[1]) / 2, scale[1]]);
}

/** @param {PlaneData} data @param {{layer: number, unit: number}} neuron */
function neuronScale(data, { layer, unit }) {
  const { peak } = mapOf(data);
  return scaleBar("plane-signs", neuronName(layer, unit), [-peak, 0, peak]);
}

/** @param {string} name @param {string} words @param {number[]} ticks */
function scaleBar(name, words, ticks) {
  return element(
    "span",
    { class: "plane-scale" },
    element("span", {}, words),
    element("span", { class: `plane-bar ${name}`, "aria-hidden": "true" }),
    element("span", { class: "plane-ticks" }, ...ticks.map((tick) => element("span", {}, number(tick)))),
  );
}
