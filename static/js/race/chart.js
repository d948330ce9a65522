/**
 * The losses of all lanes in one picture. It is a slider over the steps of the race: arrows move along it, Enter or a click
 * goes there.
 *
 * @module
 */

import { setAttribute, setText } from "../elements.js";
import { number } from "../format.js";
import { lineOf } from "../lines.js";
import { isModified, listen, stopFor } from "../stops.js";
import { set, svg } from "../svg.js";
import { apart, axesOf, curvesOf, lossAt, nearest, noiseOf, placeOf } from "./curves.js";
import { createMark, laneClass, placeMark } from "./marks.js";
import { MEANS, steps } from "./words.js";

/** @typedef {import("../types.js").RaceData} RaceData */
/** @typedef {import("../types.js").PackedArray} PackedArray */
/** @typedef {import("../axes.js").Axis} Axis */
/** @typedef {import("./curves.js").Curve} Curve */
/** @typedef {import("./curves.js").Point} Point */

/** Marks along a line, besides that at its end. */
const MARKS = 4;
/** Letters of a name at the end of a line, where there is room and where there is little. */
const NAME_LETTERS = { wide: 16, narrow: 8 };
/** Little room, in letter heights. */
const NARROW = 30;
/** A picture lower than this has no room for noise, in letter heights. */
const LOW = 12;
/** The width of a letter, in letter heights. */
const LETTER = 0.56;
/** Names on an axis stand at least so many letter heights apart. */
const BETWEEN_TICKS = 1.5;
/** The names at the ends of the axis of steps take up this much, in letter heights. */
const BESIDE_ENDS = 6;

/**
 * @param {object} on
 * @param {(step: number) => void} on.go  to a step of the race
 * @param {(words: string | null) => void} on.read  what is pointed at, or nothing
 * @param {(step: number | null) => void} on.point  at a step of the race, or at none any more
 */
export function createChart({ go, read, point: tellOthers }) {
  const parts = {
    grid: svg("g", { class: "grid" }),
    batches: svg("svg", { class: "race-batches" }),
    lines: svg("g"),
    threshold: svg("line", { class: "threshold" }),
    cursor: svg("line", { class: "cursor" }),
    moment: svg("line", { class: "pointer" }),
    pointer: svg("line", { class: "pointer" }),
    marks: svg("g"),
    names: svg("g", { class: "names" }),
    legend: svg("text", { class: "race-legend at-end" }),
  };
  const root = svg(
    "svg",
    { class: "race-chart", role: "slider", tabindex: "0", "aria-label": "Step of the race", "aria-valuemin": 0 },
    Object.values(parts),
  );
  /** @type {{data: RaceData, curves: Curve[], batches: Curve[], byCost: boolean, isLog: boolean} | null} */
  let shown = null;
  /** @type {{x: Axis, y: Axis} | null} */
  let axes = null;
  /** @type {Point | null} */
  let pointed = null;
  /** @type {number | null} the step of the race that is pointed at in another view */
  let moment = null;
  let width = 0;
  let height = 0;
  let letter = 16;

  listen(root, { pointAt: (event) => point(pointAt(event)), letGo: () => point(null), click, onKey });
  new ResizeObserver(([entry]) => {
    if (!entry) return;
    ({ width, height } = entry.contentRect);
    letter = parseFloat(getComputedStyle(root).fontSize);
    draw();
  }).observe(root);
  return { root, update, mark };

  /**
   * @param {RaceData} data
   * @param {Record<string, PackedArray>} arrays
   * @param {{byCost: boolean, isLog: boolean}} how
   */
  function update(data, arrays, { byCost, isLog }) {
    const count = data.lanes.length;
    shown = { data, curves: curvesOf(arrays, count), batches: noiseOf(arrays, count), byCost, isLog };
    draw();
  }

  function draw() {
    if (!shown || width === 0) return;
    const { data, curves, batches, byCost, isLog } = shown;
    axes = axesOf(curves, { byCost, isLog, step: data.step });
    drawGrid(axes);
    const { left, right, top, bottom } = edges();
    parts.lines.replaceChildren(...curves.map(({ lane, points }) => svg("path", { class: `race-line ${laneClass(lane)}`, d: lineOf(points.map(placeIn)) })));
    // What stands out of the picture is cut off: a single batch tells little.
    const frame = { x: left, y: top, width: Math.max(right - left, 1), height: Math.max(bottom - top, 1) };
    set(parts.batches, { ...frame, viewBox: Object.values(frame).join(" ") });
    const isLow = bottom - top < LOW * letter;
    parts.batches.replaceChildren(...(isLow ? [] : batches).map(({ lane, points }) => svg("path", { class: `race-batch ${laneClass(lane)}`, d: lineOf(points.map(placeIn)) })));
    set(parts.legend, { visibility: batches.length > 0 ? "visible" : "hidden", x: right - 0.5 * letter, y: top + letter });
    const legends = [...(isLow ? [] : [`${MEANS}; faint: each batch`]), MEANS, "epoch means"];
    setText(parts.legend, legends.find((words) => LETTER * words.length * letter < right - left - letter) ?? "");
    parts.marks.replaceChildren(...curves.flatMap(({ lane, points }) => marked(points, lane).map((each) => markAt(lane, each))));
    drawNames(curves);
    const level = bottom - axes.y.place(data.threshold) * (bottom - top);
    const isInside = level < bottom && level > top;
    set(parts.threshold, { visibility: isInside ? "visible" : "hidden", x1: left, x2: right, y1: level, y2: level });
    const at = left + axes.x.place(data.step) * (right - left);
    set(parts.cursor, { visibility: byCost ? "hidden" : "visible", x1: at, x2: at, y1: top, y2: bottom });
    setAttribute(root, "aria-valuemax", data.step);
    drawPointer();
    drawMoment();
  }

  /** @param {number | null} step  of the race, which is pointed at in another view */
  function mark(step) {
    moment = step;
    drawMoment();
  }

  function drawMoment() {
    if (!axes || !shown) return;
    const { left, right, top, bottom } = edges();
    const wanted = shown.byCost || pointed || moment === null ? -1 : moment;
    const isInside = wanted >= 0 && wanted <= (axes.x.ticks.at(-1) ?? 0);
    const x = left + axes.x.place(wanted) * (right - left);
    set(parts.moment, { visibility: isInside ? "visible" : "hidden", x1: x, x2: x, y1: top, y2: bottom });
  }

  /** @param {{x: Axis, y: Axis}} axes_ */
  function drawGrid({ x, y }) {
    const { left, right, top, bottom } = edges();
    const room = ((bottom - top) / (y.ticks.length - 1)) / letter;
    const every = Math.max(1, Math.ceil(BETWEEN_TICKS / Math.max(room, 0.1)));
    const last = x.ticks.length - 1;
    parts.grid.replaceChildren(
      ...y.ticks.flatMap((tick, k) => {
        if (k % every !== 0) return [];
        const at = bottom - y.place(tick) * (bottom - top);
        return [
          svg("line", { x1: left, x2: right, y1: at, y2: at }),
          svg("text", { class: "tick-y", x: left - 0.5 * letter, y: at, dy: "0.32em", text: number(tick, 2) }),
        ];
      }),
      ...x.ticks.flatMap((tick, k) => {
        const isEnd = k === 0 || k === last;
        if (!isEnd && (Math.min(k, last - k) * (right - left)) / last < BESIDE_ENDS * letter) return [];
        const words = tick.toLocaleString("en");
        return svg("text", {
          class: k === 0 ? "tick-x at-start" : k === last ? "tick-x at-end" : "tick-x",
          x: left + x.place(tick) * (right - left),
          y: bottom + 1.25 * letter,
          text: k > 0 ? words : shown?.byCost ? "0 forward passes" : "0 steps",
        });
      }),
    );
  }

  /** @param {Curve[]} curves */
  function drawNames(curves) {
    const ended = curves.flatMap(({ lane, points }) => {
      const end = points.findLast(({ loss }) => Number.isFinite(loss));
      return end ? [{ lane, end }] : [];
    });
    const { right, top, bottom } = edges();
    const places = apart(ended.map(({ end }) => yOf(end)), 1.2 * letter, top + 0.4 * letter, bottom - 0.4 * letter);
    parts.names.replaceChildren(
      ...ended.flatMap(({ lane, end }, k) => {
        const y = places[k] ?? 0;
        const name = shown?.data.lanes[lane]?.name ?? "";
        const text = name.length > longestName() ? `${name.slice(0, longestName() - 1)}…` : name;
        const x = xOf(end) + 0.5 * letter;
        return [
          svg("path", { class: "leader", d: `M${x.toFixed(1)} ${yOf(end).toFixed(1)}L${(right + 0.6 * letter).toFixed(1)} ${y.toFixed(1)}` }),
          svg("text", { class: `race-name ${laneClass(lane)}`, x: right + 0.9 * letter, y, dy: "0.32em", text }),
        ];
      }),
    );
  }

  /**
   * The end of a line and some places along it, which are others for each lane: where lines lie on each other, all marks
   * are seen.
   *
   * @param {Point[]} points
   * @param {number} lane
   */
  function marked(points, lane) {
    const finite = points.filter(({ loss }) => Number.isFinite(loss));
    const end = finite.at(-1);
    if (!end) return [];
    const goals = Array.from({ length: MARKS }, (_, k) => ((k + 0.2 + 0.2 * lane) / MARKS) * placeOf(end, shown?.byCost ?? false));
    const found = goals.flatMap((goal) => nearest(finite, goal, shown?.byCost ?? false) ?? []);
    return [...new Set(finite.length > 2 * MARKS ? found : []), end];
  }

  /** @param {number} lane @param {Point} point_ */
  function markAt(lane, point_) {
    const mark = createMark(lane);
    placeMark(mark, xOf(point_), yOf(point_), 0.26 * letter);
    return mark;
  }

  /** An infinite loss lies on the edge of the picture; one that is no number lies nowhere. @param {Point} each */
  function placeIn(each) {
    return { x: xOf(each), y: Number.isNaN(each.loss) ? NaN : yOf(each) };
  }

  /** @param {Point | null} found */
  function point(found) {
    if (found === pointed) return;
    pointed = found;
    drawPointer();
    // A cost is that of another step in each lane.
    tellOthers(shown?.byCost ? null : (found?.step ?? null));
  }

  function drawPointer() {
    if (!shown) return;
    const { data, curves, byCost } = shown;
    const { top, bottom } = edges();
    const x = pointed ? xOf(pointed) : 0;
    set(parts.pointer, { visibility: pointed ? "visible" : "hidden", x1: x, x2: x, y1: top, y2: bottom });
    setAttribute(root, "aria-valuenow", pointed?.step ?? data.step);
    if (!pointed) {
      setAttribute(root, "aria-valuetext", `after ${steps(data.step)}`);
      read(null);
      return;
    }
    const place = placeOf(pointed, byCost);
    const at = byCost ? `At a cost of ${number(place, 4)}` : `Step ${(pointed.step + 1).toLocaleString("en")} of the race`;
    const losses = curves.flatMap((curve) => {
      const loss = lossAt(curve, place, byCost);
      return loss === null ? [] : [`${data.lanes[curve.lane]?.name} ${number(loss)}`];
    });
    const words = `${at}: ${losses.join(", ")}${shown.batches.length > 0 ? ` (${MEANS})` : ""}.`;
    setAttribute(root, "aria-valuetext", words);
    read(words);
  }

  /** @param {KeyboardEvent} event */
  function onKey(event) {
    const stops = stopsOf();
    if (!shown || stops.length === 0 || isModified(event)) return;
    const here = stops.indexOf(pointed ?? stops.at(-1) ?? { step: 0, cost: 0, loss: 0 });
    const target = stopFor(event.key, here, stops.length);
    if (target !== null) {
      event.preventDefault();
      point(stops[target] ?? null);
    } else if (event.key === "Enter" && pointed) {
      event.preventDefault();
      go(pointed.step);
    } else if (event.key === "Escape" && pointed) {
      event.preventDefault();
      event.stopPropagation();
      point(null);
    }
  }

  /** @param {MouseEvent} event */
  function click(event) {
    const found = pointAt(event);
    if (found) go(found.step);
  }

  /** The places that can be pointed at: those of the lane that has most. */
  function stopsOf() {
    return (shown?.curves ?? []).reduce((/** @type {Point[]} */ most, { points }) => (points.length > most.length ? points : most), []);
  }

  /** @param {PointerEvent | MouseEvent} event */
  function pointAt(event) {
    if (!axes || !shown) return null;
    const { left, right } = edges();
    const share = (event.offsetX - left) / (right - left);
    return nearest(stopsOf(), share * (axes.x.ticks.at(-1) ?? 0), shown.byCost);
  }

  /** @param {Point} point_ */
  function xOf(point_) {
    const { left, right } = edges();
    return left + (axes?.x.place(placeOf(point_, shown?.byCost ?? false)) ?? 0) * (right - left);
  }

  /** @param {Point} point_ */
  function yOf({ loss }) {
    const { top, bottom } = edges();
    return bottom - (axes?.y.place(loss) ?? 0) * (bottom - top);
  }

  function longestName() {
    return width < NARROW * letter ? NAME_LETTERS.narrow : NAME_LETTERS.wide;
  }

  function edges() {
    const longest = Math.max(0, ...(shown?.data.lanes ?? []).map(({ name }) => Math.min(name.length, longestName())));
    return { left: 4 * letter, right: width - (0.58 * longest + 1.2) * letter, top: 0.6 * letter, bottom: height - 1.75 * letter };
  }
}
