/**
 * The searches at work: each attempt, individual, pair of nudges or slope as a mark of its own.
 *
 * @module
 */

import { createRows, element, setAttribute, setText } from "../elements.js";
import { isModified } from "../stops.js";
import { set, svg } from "../svg.js";
import { createSwatch } from "./marks.js";
import { markWords, methodWords } from "./words.js";

/** @typedef {import("../types.js").DataInfo} DataInfo */
/** @typedef {import("../types.js").RaceData} RaceData */
/** @typedef {import("../types.js").RaceLane} RaceLane */
/** @typedef {import("../types.js").RaceMethod} RaceMethod */
/** @typedef {import("../types.js").PackedArray} PackedArray */
/** One mark: where it stands from bottom to top, 0 to 1, and what it looks like. @typedef {{ends: number[], zero: number, looks: string[]}} Mark */

const LEGENDS = {
  tries: "● kept ○ refused",
  generation: "■ unchanged × two parents • mutated",
  cloud: "● +ε ○ −ε, the higher the better",
  slope: "• slope of each weight ○ nudged now",
};
/** A loss that is so many times the lowest is as bad as any. */
const WORST = 8;

export function createMethods() {
  const empty = element("p", { class: "pane-empty" }, "No lane searches: what each search does is shown here.");
  const list = element("div", { class: "race-method-row" });
  const root = element("div", { class: "race-methods" }, empty, list);
  const figures = createRows(list, createFigure);
  return {
    root,
    /**
     * @param {RaceData} data
     * @param {Record<string, PackedArray>} arrays
     * @param {DataInfo | null} info
     */
    update({ lanes }, arrays, info) {
      const searches = lanes.flatMap((lane, place) => (lane.method ? [{ lane, place, method: lane.method }] : []));
      empty.hidden = searches.length > 0;
      figures.update(searches, (figure, { lane, place, method }) => {
        figure.update(lane, place, method, arrays[`${method.kind}.${place}`], info);
      });
    },
  };
}

function createFigure() {
  const marks = svg("g");
  const line = svg("line", { class: "zero" });
  const picture = svg("svg", { class: "race-method-picture", role: "slider", tabindex: "0", "aria-valuemin": 1 }, [line, marks]);
  const name = element("span", { class: "race-method-name" });
  const legend = element("span", { class: "race-method-legend" });
  const words = element("p", { class: "race-caption" });
  const root = element("figure", { class: "race-method" }, element("figcaption", {}, name, legend));
  root.append(picture, words);
  /** @type {{method: RaceMethod, array: PackedArray | undefined, info: DataInfo | null} | null} */
  let shown = null;
  /** @type {number | null} */
  let picked = null;
  let width = 0;
  let height = 0;
  let drawnFor = -1;
  new ResizeObserver(([entry]) => {
    if (!entry) return;
    ({ width, height } = entry.contentRect);
    draw();
  }).observe(picture);
  picture.addEventListener("pointermove", (event) => pick(Math.floor((event.offsetX / width) * count())));
  picture.addEventListener("pointerleave", () => pick(null));
  picture.addEventListener("blur", () => pick(null));
  picture.addEventListener("keydown", (event) => {
    const here = picked ?? -1;
    const target = { ArrowRight: here + 1, ArrowUp: here + 1, ArrowLeft: here - 1, ArrowDown: here - 1, Home: 0, End: count() - 1 }[event.key];
    if (target === undefined || isModified(event)) return;
    event.preventDefault();
    pick(target);
  });

  return {
    root,
    /**
     * @param {RaceLane} lane
     * @param {number} place
     * @param {RaceMethod} method
     * @param {PackedArray | undefined} array
     * @param {DataInfo | null} info
     */
    update(lane, place, method, array, info) {
      shown = { method, array, info };
      if (drawnFor !== place) name.replaceChildren(createSwatch(place), element("span"));
      drawnFor = place;
      const label = name.lastElementChild;
      if (label) setText(label, lane.name);
      setText(legend, LEGENDS[method.kind]);
      setAttribute(picture, "aria-label", `${lane.name} at work`);
      draw();
    },
  };

  function count() {
    return shown?.array?.shape[0] ?? 0;
  }

  /** @param {number | null} place */
  function pick(place) {
    const next = place === null || count() === 0 ? null : Math.min(Math.max(place, 0), count() - 1);
    if (next === picked) return;
    picked = next;
    draw();
  }

  function draw() {
    if (!shown || width === 0) return;
    const { method, array, info } = shown;
    const found = array ? marksOf(method, array) : [];
    const each = width / Math.max(found.length, 1);
    const size = Math.min(0.32 * each, 0.05 * height, 5);
    const y = (/** @type {number} */ share) => height - 8 - share * (height - 16);
    marks.replaceChildren(
      ...found.map(({ ends, zero, looks }, place) => {
        const x = (place + 0.5) * each;
        const bar = svg("line", { class: "bar", x1: x, x2: x, y1: y(zero), y2: y(ends[0] ?? zero) });
        const signs = ends.flatMap((end, which) => signsOf(looks, which).map((look) => sign(look, x, y(end), Math.max(size, 2))));
        return svg("g", { class: place === picked ? "one picked" : "one" }, [bar, ...signs]);
      }),
    );
    const zero = found[0]?.zero ?? 0;
    set(line, { x1: 0, x2: width, y1: y(zero), y2: y(zero) });
    setAttribute(picture, "aria-valuemax", Math.max(count(), 1));
    setAttribute(picture, "aria-valuenow", (picked ?? 0) + 1);
    const said = picked !== null && array && picked < count() ? markWords(method, array, picked) : methodWords(method, array, info);
    setAttribute(picture, "aria-valuetext", said);
    setText(words, said);
  }
}

/**
 * @param {RaceMethod} method
 * @param {PackedArray} array
 * @returns {Mark[]}
 */
function marksOf(method, { numbers, shape: [rows = 0, width = 1] }) {
  const at = (/** @type {number} */ row, /** @type {number} */ column) => numbers[row * width + column] ?? 0;
  const column = (/** @type {number} */ place) => Array.from({ length: rows }, (_, row) => at(row, place));
  const height = heightsOf(column(0));
  switch (method.kind) {
    case "tries":
      return column(1).map((kept, row) => ({ ends: [height(at(row, 0))], zero: 0, looks: [kept ? "filled" : "open"] }));
    case "generation":
      return column(0).map((loss, row) => ({
        ends: [height(loss)],
        zero: 0,
        looks: [["square", at(row, 3)], ["cross", at(row, 4)], ["dot", at(row, 5)]].flatMap(([look, has]) => (has ? [String(look)] : [])),
      }));
    case "cloud": {
      const most = Math.max(1e-12, ...column(2).map(Math.abs), ...column(3).map(Math.abs));
      return column(2).map((reward, row) => ({ ends: [0.5 + reward / (2 * most), 0.5 + at(row, 3) / (2 * most)], zero: 0.5, looks: ["filled", "open"] }));
    }
    case "slope": {
      const most = Math.max(1e-12, ...column(0).map(Math.abs).filter(Number.isFinite));
      return column(0).map((slope, row) => ({
        ends: [0.5 + Math.max(-1, Math.min(1, slope / most)) / 2],
        zero: 0.5,
        looks: [row === method.nudged - 1 ? "open" : "dot"],
      }));
    }
  }
}

/**
 * Losses as heights: from 0 to the highest that is worth telling apart.
 *
 * @param {number[]} losses
 */
function heightsOf(losses) {
  const finite = losses.filter(Number.isFinite);
  const top = Math.min(Math.max(...finite, 1e-12), WORST * Math.max(Math.min(...finite, Infinity), 1e-12));
  return (/** @type {number} */ loss) => (Number.isFinite(loss) ? Math.min(loss / top, 1) : 1);
}

/**
 * What stands at an end: all looks of a mark with one end, else the one of that end.
 *
 * @param {string[]} looks
 * @param {number} which
 */
function signsOf(looks, which) {
  return looks.includes("filled") && looks.includes("open") ? looks.slice(which, which + 1) : looks;
}

/**
 * @param {string} look
 * @param {number} x
 * @param {number} y
 * @param {number} size
 */
function sign(look, x, y, size) {
  if (look === "square") return svg("rect", { class: "filled", x: x - size, y: y - size, width: 2 * size, height: 2 * size });
  if (look === "cross") return svg("path", { class: "cross", d: `M${x - size} ${y - size}l${2 * size} ${2 * size}M${x - size} ${y + size}l${2 * size} ${-2 * size}` });
  return svg("circle", { class: look === "open" ? "open" : "filled", cx: x, cy: y, r: look === "dot" ? 0.6 * size : size });
}
