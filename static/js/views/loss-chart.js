/**
 * The loss over the steps of the run: what has been, where we are, and what an edit has dropped.
 *
 * Every point is one that the engine recorded. The chart is a slider over the steps: arrows move along it, Enter or a
 * click goes there.
 *
 * @module
 */

import { linearAxis, logAxis } from "../axes.js";
import { button, element, setAttribute, setText } from "../elements.js";
import { exact, number, stepName } from "../format.js";
import { valueOf } from "../select.js";

/** @typedef {import("../types.js").State} State */
/** @typedef {import("../types.js").Command} Command */
/** @typedef {import("../types.js").History} History */
/** @typedef {import("../types.js").Real} Real */
/** @typedef {import("../axes.js").Axis} Axis */
/** @typedef {[step: number, loss: Real][]} Curve */

const SVG = "http://www.w3.org/2000/svg";
const FEWEST_STEPS = 10;
const SMALLEST_LOSS_AXIS = 1e-12;
const EMPTY = "No step has been run yet: each step adds one point, the loss of its batch.";
/** Labels of edits closer than this many times the letter height to one another are left out. */
const LABEL_WIDTH = 6;

/**
 * @param {HTMLElement} root
 * @param {{send(command: Command): unknown}} tools
 */
export function createLossChartView(root, { send }) {
  /** @type {State | null} */
  let shown = null;
  /** @type {number | null} the step that is pointed at or chosen by arrows */
  let pointed = null;
  let isLog = false;
  let width = 0;
  let height = 0;
  let letter = 16;
  /** @type {{x: Axis, y: Axis} | null} */
  let axes = null;

  const readout = element("p", { class: "readout" });
  const description = element("p", { class: "visually-hidden", id: "loss-chart-words" });
  const scale = button("Logarithmic", toggleScale, { "aria-pressed": "false" });
  const legend = element("p", { class: "legend", "aria-hidden": "true" });
  const picture = svg("svg", {
    class: "loss-curve",
    role: "slider",
    tabindex: "0",
    "aria-label": "Step of the loss curve",
    "aria-describedby": description.id,
  });
  const empty = element("p", { class: "chart-empty" }, EMPTY);
  const grid = svg("g", { class: "grid" });
  const marks = svg("g", { class: "edits" });
  const ghost = svg("path", { class: "curve ghost" });
  const validation = svg("path", { class: "curve validation" });
  const training = svg("path", { class: "curve training" });
  const only = svg("circle", { class: "only" });
  const cursor = svg("line", { class: "cursor" });
  const pointer = svg("line", { class: "pointer" });
  const dot = svg("circle", { class: "dot" });
  picture.append(grid, ghost, validation, training, only, marks, cursor, pointer, dot);
  root.append(
    element("div", { class: "chart-head" }, element("h2", {}, "Loss"), legend, readout, scale),
    element("div", { class: "chart-body" }, empty, picture),
    description,
  );

  picture.addEventListener("pointermove", (event) => point(stepAt(event.offsetX)));
  picture.addEventListener("pointerleave", () => point(null));
  picture.addEventListener("blur", () => point(null));
  picture.addEventListener("click", (event) => {
    goTo(stepAt(event.offsetX));
    // The arrow keys go on stepping for those who do not walk along the curve by them.
    picture.blur();
  });
  picture.addEventListener("keydown", onKey);
  new ResizeObserver(([entry]) => {
    if (!entry) return;
    width = entry.contentRect.width;
    height = entry.contentRect.height;
    letter = parseFloat(getComputedStyle(picture).fontSize);
    draw();
  }).observe(picture);
  return { update };

  /** @param {State} state */
  function update(state) {
    const before = shown;
    shown = state;
    setAttribute(root, "hidden", !state.settings.show_chart);
    if (!state.settings.show_chart) return;
    const curvesChanged =
      !before?.settings.show_chart || before.history !== state.history || before.ghost !== state.ghost;
    if (curvesChanged) draw();
    else if (before.cursor !== state.cursor || before.frame !== state.frame) drawCursor();
  }

  function draw() {
    const history = shown?.history;
    if (!history || width === 0) return;
    const { ghost: dropped } = /** @type {State} */ (shown);
    empty.hidden = history.loss.length > 0 || dropped !== null;
    for (const part of [scale, legend]) part.hidden = !empty.hidden;
    axes = axesOf(history, dropped, isLog);
    drawGrid(axes);
    setAttribute(training, "d", pathOf(history.loss, axes));
    setAttribute(validation, "d", pathOf(history.validation, axes));
    setAttribute(ghost, "d", dropped ? pathOf(dropped.loss, axes) : "");
    const single = history.loss.length === 1 ? history.loss[0] : undefined;
    setAttribute(only, "visibility", single ? "visible" : "hidden");
    if (single) place(only, single, axes);
    drawEdits(history, axes);
    setText(legend, "");
    legend.append(
      element("span", { class: "key training" }, "training"),
      history.validation.length > 0 ? element("span", { class: "key validation" }, "validation") : "",
      dropped ? element("span", { class: "key ghost" }, "before the edit") : "",
    );
    setText(description, wordsOf(history));
    drawCursor();
    point(pointed);
  }

  /** @param {{x: Axis, y: Axis}} axes_ */
  function drawGrid({ x, y }) {
    const { left, right, top, bottom } = edges();
    grid.replaceChildren(
      ...y.ticks.flatMap((tick) => {
        const at = bottom - y.place(tick) * (bottom - top);
        return [
          svg("line", { x1: left, x2: right, y1: at, y2: at }),
          svg("text", { class: "tick-y", x: left - 0.5 * letter, y: at, dy: "0.32em" }, number(tick, 2)),
        ];
      }),
      ...x.ticks.map((tick) =>
        svg(
          "text",
          {
            class: tick === 0 ? "tick-x at-start" : tick === x.ticks.at(-1) ? "tick-x at-end" : "tick-x",
            x: left + x.place(tick) * (right - left),
            y: bottom + 1.25 * letter,
          },
          // The loss of a step is known before its update: above "2" stands the loss after two updates.
          tick === 0 ? "0 updates" : tick.toLocaleString("en"),
        ),
      ),
    );
  }

  /**
   * @param {History} history
   * @param {{x: Axis}} axes_
   */
  function drawEdits(history, { x }) {
    const { left, right, top, bottom } = edges();
    let free = -Infinity;
    marks.replaceChildren(
      ...history.edits.flatMap(({ step, words }) => {
        const at = left + x.place(step) * (right - left);
        const line = svg("line", { x1: at, x2: at, y1: top, y2: bottom });
        if (at < free) return [line];
        free = at + LABEL_WIDTH * letter;
        const atEnd = at > right - LABEL_WIDTH * letter;
        const label = svg(
          "text",
          { x: at + (atEnd ? -4 : 4), y: top, dy: "1.1em", class: atEnd ? "at-end" : "" },
          words,
        );
        return [line, label];
      }),
    );
  }

  function drawCursor() {
    if (!axes || !shown) return;
    const { left, right, top, bottom } = edges();
    const at = left + axes.x.place(shown.cursor.step) * (right - left);
    for (const [name, value] of Object.entries({ x1: at, x2: at, y1: top, y2: bottom })) {
      setAttribute(cursor, name, value);
    }
    setAttribute(picture, "aria-valuemin", 1);
    setAttribute(picture, "aria-valuemax", Math.max(shown.history?.steps ?? 1, 1));
    if (pointed === null) tell(shown.cursor.step);
  }

  /** @param {number | null} step */
  function point(step) {
    pointed = step;
    const found = step === null ? null : nearest(shown?.history?.loss ?? [], step);
    for (const mark of [pointer, dot]) setAttribute(mark, "visibility", found ? "visible" : "hidden");
    if (found && axes) {
      place(dot, found, axes);
      const { top, bottom } = edges();
      for (const name of ["x1", "x2"]) setAttribute(pointer, name, dot.getAttribute("cx"));
      setAttribute(pointer, "y1", top);
      setAttribute(pointer, "y2", bottom);
    }
    tell(found?.[0] ?? shown?.cursor.step ?? 0);
  }

  /** @param {number} step */
  function tell(step) {
    const history = shown?.history;
    if (!history) return;
    // The record may be thinned, and of the present step it may know nothing yet; the moment itself does.
    const present = shown && step === shown.cursor.step ? valueOf(shown, { name: "loss", index: [] }) : undefined;
    const loss = history.loss.find(([at]) => at === step)?.[1] ?? present;
    const checked = history.validation.find(([at]) => at === step)?.[1];
    const words = [
      stepName(step),
      loss === undefined ? null : `loss ${exact(loss)}`,
      checked === undefined ? null : `validation ${exact(checked)}`,
      ...history.edits.filter((edit) => edit.step === step).map((edit) => edit.words),
    ]
      .filter((part) => part !== null)
      .join(", ");
    setText(readout, history.loss.length > 0 || loss !== undefined ? words : "");
    setAttribute(picture, "aria-valuenow", Math.min(step + 1, Math.max(history.steps, 1)));
    setAttribute(picture, "aria-valuetext", words);
  }

  /** @param {KeyboardEvent} event */
  function onKey(event) {
    const curve = shown?.history?.loss ?? [];
    if (curve.length === 0 || event.ctrlKey || event.altKey || event.metaKey) return;
    const from = pointed ?? shown?.cursor.step ?? 0;
    const place_ = curve.findIndex(([step]) => step >= from);
    const here = place_ < 0 ? curve.length - 1 : place_;
    const target = {
      ArrowLeft: here - 1,
      ArrowDown: here - 1,
      ArrowRight: here + 1,
      ArrowUp: here + 1,
      Home: 0,
      End: curve.length - 1,
    }[event.key];
    if (target !== undefined) {
      event.preventDefault();
      point(curve[Math.min(Math.max(target, 0), curve.length - 1)]?.[0] ?? null);
    } else if (event.key === "Enter") {
      event.preventDefault();
      goTo(from);
    } else if (event.key === "Escape") {
      point(null);
    }
  }

  /** @param {number | null} step */
  function goTo(step) {
    if (step !== null) send({ type: "seek", cursor: { step, event: 0 } });
  }

  function toggleScale() {
    isLog = !isLog;
    setAttribute(scale, "aria-pressed", String(isLog));
    draw();
  }

  /** @param {number} offset  pixels from the left of the picture @returns {number | null} */
  function stepAt(offset) {
    const history = shown?.history;
    if (!axes || !history || history.loss.length === 0) return null;
    const { left, right } = edges();
    const { x } = axes;
    const part = (offset - left) / (right - left);
    // The points may be thinned: the nearest that there is.
    let best = null;
    let distance = Infinity;
    for (const [step] of history.loss) {
      const far = Math.abs(x.place(step) - part);
      if (far < distance) [best, distance] = [step, far];
    }
    return best;
  }

  function edges() {
    return { left: 4 * letter, right: width - letter, top: 0.5 * letter, bottom: height - 1.75 * letter };
  }

  /**
   * @param {Element} mark
   * @param {[number, Real]} point_
   * @param {{x: Axis, y: Axis}} axes_
   */
  function place(mark, [step, loss], { x, y }) {
    const { left, right, top, bottom } = edges();
    setAttribute(mark, "cx", left + x.place(step) * (right - left));
    setAttribute(mark, "cy", bottom - y.place(Number(loss)) * (bottom - top));
    setAttribute(mark, "r", 0.3 * letter);
  }

  /**
   * @param {Curve} curve
   * @param {{x: Axis, y: Axis}} axes_
   */
  function pathOf(curve, { x, y }) {
    const { left, right, top, bottom } = edges();
    let pen = "M";
    let path = "";
    for (const [step, loss] of curve) {
      const value = Number(loss);
      if (!Number.isFinite(value)) {
        pen = "M";
        continue;
      }
      const across = left + x.place(step) * (right - left);
      const up = bottom - y.place(value) * (bottom - top);
      path += `${pen}${across.toFixed(1)} ${up.toFixed(1)}`;
      pen = "L";
    }
    return path;
  }
}

/**
 * @param {History} history
 * @param {History | null} ghost
 * @param {boolean} isLog
 * @returns {{x: Axis, y: Axis}}
 */
function axesOf(history, ghost, isLog) {
  const losses = [history.loss, history.validation, ghost?.loss ?? []]
    .flat()
    .map(([, loss]) => Number(loss))
    .filter((loss) => Number.isFinite(loss));
  const largest = losses.reduce((most, loss) => Math.max(most, loss), 0);
  const positive = losses.filter((loss) => loss > 0);
  const smallest = positive.reduce((least, loss) => Math.min(least, loss), Infinity);
  return {
    x: linearAxis(Math.max(history.steps, ghost?.steps ?? 0) - 1, FEWEST_STEPS),
    y:
      isLog && positive.length > 0
        ? logAxis(smallest, largest)
        : linearAxis(losses.length > 0 ? largest : 1, SMALLEST_LOSS_AXIS),
  };
}

/** @param {History} history */
function wordsOf({ loss }) {
  const first = loss[0];
  const last = loss.at(-1);
  if (!first || !last) return "No loss has been computed yet.";
  const lowest = loss.reduce((least, point) => (Number(point[1]) < Number(least[1]) ? point : least), first);
  return (
    `Training loss from ${stepName(first[0])} to ${stepName(last[0])}: first ${number(first[1])}, ` +
    `last ${number(last[1])}, lowest ${number(lowest[1])} at ${stepName(lowest[0])}. ` +
    "Arrow keys move along the curve, Enter goes to that step."
  );
}

/**
 * @param {Curve} curve
 * @param {number} step
 * @returns {[number, Real] | null}
 */
function nearest(curve, step) {
  return curve.find(([at]) => at >= step) ?? curve.at(-1) ?? null;
}

/**
 * @param {string} tag
 * @param {Record<string, string | number>} attributes
 * @param {string} [text]
 */
function svg(tag, attributes, text) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  if (text !== undefined) made.textContent = text;
  return made;
}
