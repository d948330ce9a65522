/**
 * The loss over the steps or epochs of the run: what has been, where we are, and what an edit has dropped; and how good the
 * network is at this moment.
 *
 * Every point is one that the engine recorded. The chart is a slider over the steps: arrows move along it, Enter or a
 * click goes there.
 *
 * @module
 */

import { button, createRows, element, setAttribute, setText } from "../elements.js";
import { epochName, exact, number, stepName } from "../format.js";
import { lineOf } from "../lines.js";
import { axesOf, hasEpochs, nearestStop, pictureOf, placeInEpochs, readingOf, sentenceOf, tableOf } from "../loss/record.js";
import { createScores } from "../loss/scores.js";
import { createPane } from "../pane.js";
import { savePng, saveSvg } from "../pictures.js";
import { valueOf } from "../select.js";
import { isModified, listen, stopFor } from "../stops.js";
import { set, svg } from "../svg.js";

/** @typedef {import("../types.js").State} State */
/** @typedef {import("../types.js").Command} Command */
/** @typedef {import("../types.js").History} History */
/** @typedef {import("../types.js").Real} Real */
/** @typedef {import("../axes.js").Axis} Axis */
/** @typedef {import("../loss/record.js").Curve} Curve */
/** @typedef {import("../loss/record.js").LossData} LossData */
/** @typedef {import("../loss/record.js").Picture} Picture */
/** @typedef {import("../loss/record.js").Stop} Stop */
/** Edits that share a mark, and where it stands, in pixels. @typedef {{at: number, edits: History["edits"]}} EditGroup */

const EMPTY = "No step has been run yet: each step adds one point, the loss of its batch.";
const NO_EPOCH = "No epoch is complete yet: each adds one point, the mean loss of its steps.";
const FILE = "chalkgrad-loss";
const TABLE_MS = 1000;
/** Edits closer together than this many times the letter height share a mark. */
const MARK_WIDTH = 8;
/** Names of curves stand in a row where there is so much room, in letter heights, and else one below the other. */
const ROOM_FOR_NAMES = 30;
const NAME_WIDTHS = { training: 6.5, means: 8, validation: 7.5, penalty: 6.5, ghost: 9 };
/** A picture lower than this has room for two names, in letter heights. */
const LOW = 12;
/** Names on an axis stand at least so many letter heights apart. */
const BETWEEN_TICKS = 1.5;
/** The width of a figure, in letter heights. */
const LETTER = 0.62;

/**
 * @param {HTMLElement} root
 * @param {{send(command: Command): unknown, dispatch(action: import("../reduce.js").PageAction): void}} tools
 */
export function createLossChartView(root, { send, dispatch }) {
  /** @type {State | null} */
  let shown = null;
  /** @type {Picture | null} */
  let picture = null;
  /** @type {{x: Axis, y: Axis} | null} */
  let axes = null;
  /** @type {Stop | null} what is pointed at or chosen by arrows */
  let pointed = null;
  let wantsEpochs = false;
  let isLog = false;
  let width = 0;
  let height = 0;
  let letter = 16;
  let tableAt = -Infinity;
  /** What the grid was drawn for. */
  let gridKey = "";

  const parts = {
    grid: svg("g", { class: "grid" }),
    ghost: svg("path", { class: "curve ghost" }),
    penalty: svg("path", { class: "curve penalty" }),
    validation: svg("path", { class: "curve validation" }),
    training: svg("path", { class: "curve training" }),
    means: svg("path", { class: "curve means" }),
    edits: svg("path", { class: "edits" }),
    only: svg("circle", { class: "only" }),
    best: svg("circle", { class: "best" }),
    cursor: svg("line", { class: "cursor" }),
    moment: svg("line", { class: "pointer" }),
    pointer: svg("line", { class: "pointer" }),
    dot: svg("circle", { class: "dot" }),
    names: svg("g", { class: "names" }),
  };
  const description = element(
    "p",
    { class: "visually-hidden", id: "loss-chart-words" },
    "Arrow keys move along the curve, Enter goes to that step.",
  );
  const curve = svg(
    "svg",
    { class: "loss-curve", role: "slider", tabindex: "0", "aria-label": "Step of the loss curve", "aria-describedby": description.id },
    Object.values(parts),
  );
  const empty = element("p", { class: "pane-empty chart-empty" }, EMPTY);
  const marks = element("div", { class: "edit-marks", role: "group", "aria-label": "Edits of this run" });
  /** @type {{update(groups: EditGroup[], update: (mark: ReturnType<typeof createMark>, group: EditGroup) => void): void}} */
  const markRows = createRows(marks, createMark);
  const scores = createScores();
  const pane = createPane(root, {
    name: "loss",
    title: "Loss",
    question: "Is it learning?",
    dispatch,
    twin: () => (shown?.history && picture ? tableOf(picture, shown.history, dataOf(shown)) : { caption: EMPTY, head: [], rows: [] }),
    savings: [
      { words: "SVG", save: () => saveSvg(curve, FILE) },
      { words: "PNG", save: () => savePng(curve, FILE) },
    ],
  });
  const epochs = button("Per epoch", toggleEpochs, { "aria-pressed": "false", hidden: true });
  const scale = button("Log y", toggleScale, { title: "A logarithmic axis of losses", "aria-pressed": "false" });
  const best = button("", goToBest, { class: "best-epoch", hidden: true });
  const showScores = button("Scores", toggleScores, { class: "show-scores", "aria-pressed": "false" });
  pane.controls.append(epochs, scale, best, showScores);
  pane.body.append(element("div", { class: "loss-plot" }, empty, curve, marks), scores.root, description);

  listen(curve, {
    pointAt: (event) => point(stopAt(event)),
    letGo: () => point(null),
    // What is read is what is gone to: a click is told in whole pixels, and two stops may share one.
    click: (event) => goTo(pointed ?? stopAt(event)),
    onKey,
  });
  new ResizeObserver(([entry]) => {
    if (!entry) return;
    width = entry.contentRect.width;
    height = entry.contentRect.height;
    letter = parseFloat(getComputedStyle(curve).fontSize);
    draw();
  }).observe(curve);
  return { update };

  /** @param {State} state */
  function update(state) {
    const before = shown;
    shown = state;
    pane.update(state);
    const isNew =
      !before || before.history !== state.history || before.ghost !== state.ghost || before.views.loss !== state.views.loss;
    if (isNew) scores.update(dataOf(state));
    // While it trains, the record comes more rarely than the moment: the axis reaches as far as the moment at least.
    const isBeyond = axes !== null && placeOf(state.cursor.step) > (axes.x.ticks.at(-1) ?? 0);
    if (isNew || isBeyond) draw();
    else if (before.cursor !== state.cursor || before.frame !== state.frame || before.micro !== state.micro) drawCursor();
    if (before?.moment !== state.moment) drawMoment();
  }

  function draw() {
    if (!shown?.history || width === 0) return;
    const { history, ghost } = shown;
    const data = dataOf(shown);
    const byEpochs = wantsEpochs && hasEpochs(data);
    const wasPointed = pointed;
    picture = pictureOf(history, ghost, data, byEpochs);
    axes = axesOf(picture, placeOf(reached()) - (byEpochs ? 0 : 1), isLog);
    empty.hidden = picture.training.length > 0 || picture.ghost.length > 0 || picture.validation.length > 0;
    setText(empty, byEpochs ? NO_EPOCH : EMPTY);
    epochs.hidden = !hasEpochs(data);
    setAttribute(epochs, "aria-pressed", String(byEpochs));
    setAttribute(scale, "aria-pressed", String(isLog));
    best.hidden = !data?.best;
    if (data?.best) setText(best, `best: ${epochName(data.best.epoch)}`);
    setAttribute(curve, "aria-label", `${byEpochs ? "Epoch" : "Step"} of the loss curve`);
    drawGrid(axes, byEpochs);
    for (const name of /** @type {const} */ (["training", "means", "validation", "penalty", "ghost"])) {
      set(parts[name], { d: pathOf(picture[name], axes) });
    }
    parts.training.classList.toggle("noisy", picture.means.length > 0);
    const single = picture.training.length === 1 ? picture.training[0] : undefined;
    place(parts.only, single, axes);
    place(parts.best, data?.best ? [placeOf(data.best.step), data.best.loss] : undefined, axes);
    drawEdits(history, axes);
    drawNames(picture);
    pointed = wasPointed && (picture.stops.find((stop) => stop.number === wasPointed.number) ?? null);
    drawCursor();
    drawPointer();
    drawMoment();
    if (wasPointed && !pointed) dispatch({ type: "ui/moment", moment: null });
    // While it trains the record grows a few times a second, faster than anybody reads a table of it.
    const now = performance.now();
    if (shown.playing === "train" && now - tableAt < TABLE_MS) return;
    tableAt = now;
    pane.changed();
  }

  /**
   * @param {{x: Axis, y: Axis}} axes_
   * @param {boolean} byEpochs
   */
  function drawGrid({ x, y }, byEpochs) {
    const key = [x.ticks, y.ticks, width, height, letter, byEpochs].join(" ");
    if (key === gridKey) return;
    gridKey = key;
    const { left, right, top, bottom } = edges();
    const room = ((bottom - top) / (y.ticks.length - 1)) / letter;
    const every = Math.max(1, Math.ceil(BETWEEN_TICKS / Math.max(room, 0.1)));
    const last = x.ticks.length - 1;
    const names = thinned(
      x.ticks.map((tick, k) => ({
        // The loss of a step is known before its update: above "2" stands the loss after two updates.
        text: k === 0 ? `0 ${byEpochs ? "epochs" : "updates"}` : tick.toLocaleString("en"),
        side: k === 0 ? "at-start" : k === last ? "at-end" : "between",
        at: left + x.place(tick) * (right - left),
      })),
      LETTER * letter,
    );
    parts.grid.replaceChildren(
      ...y.ticks.flatMap((tick, k) => {
        if (k % every !== 0) return [];
        const at = bottom - y.place(tick) * (bottom - top);
        return [
          svg("line", { x1: left, x2: right, y1: at, y2: at }),
          svg("text", { class: "tick-y", x: left - 0.5 * letter, y: at, dy: "0.32em", text: number(tick, 2) }),
        ];
      }),
      ...names.map(({ text, side, at }) =>
        svg("text", { class: `tick-x ${side}`, x: at, y: bottom + 1.25 * letter, text }),
      ),
    );
  }

  /**
   * A line for each edit, and its words to be pressed; where edits stand close together, one mark for all of them.
   *
   * @param {History} history
   * @param {{x: Axis}} axes_
   */
  function drawEdits(history, { x }) {
    const { left, right, top, bottom } = edges();
    /** @type {EditGroup[]} */
    const groups = [];
    let lines = "";
    for (const edit of history.edits) {
      const at = left + x.place(placeOf(edit.step)) * (right - left);
      lines += `M${at.toFixed(1)} ${top}V${bottom}`;
      const group = groups.at(-1);
      if (group && at - group.at < MARK_WIDTH * letter) group.edits.push(edit);
      else groups.push({ at, edits: [edit] });
    }
    set(parts.edits, { d: lines });
    markRows.update(groups, (mark, { at, edits }) => {
      mark.edits = edits;
      const last = edits.at(-1)?.words ?? "";
      setText(mark.root, edits.length > 1 ? `${last} (${edits.length} edits)` : last);
      const steps = [...new Set(edits.map(({ step }) => stepName(step)))];
      setAttribute(mark.root, "aria-label", `${mark.root.textContent}, go to ${steps.length > 1 ? `${steps[0]} to ${steps.at(-1)}, one after the other` : steps[0]}`);
      mark.root.classList.toggle("at-end", at > right - MARK_WIDTH * letter);
      mark.root.style.setProperty("--at", `${at}px`);
      mark.root.style.setProperty("--top", `${top}px`);
    });
  }

  function createMark() {
    /** @type {{root: HTMLButtonElement, edits: History["edits"]}} */
    const mark = {
      root: button("", () => {
        const { step, event } = shown?.cursor ?? { step: 0, event: 0 };
        const next = mark.edits.find((edit) => edit.step > step || (edit.step === step && edit.event > event));
        const goal = next ?? mark.edits[0];
        if (goal) send({ type: "seek", cursor: { step: goal.step, event: goal.event } });
      }, { class: "edit-mark" }),
      edits: [],
    };
    return mark;
  }

  /** @param {Picture} picture_ */
  function drawNames({ training, means, validation, penalty, ghost }) {
    const { right, top, bottom } = edges();
    /** @type {[keyof typeof NAME_WIDTHS, string, Curve][]} */
    const all = [
      ["means", "mean of epoch", means],
      ["training", means.length > 0 ? "each batch" : "training", training],
      ["validation", "validation", validation],
      ["penalty", "penalty", penalty],
      ["ghost", "before the edit", ghost],
    ];
    const inRow = width > ROOM_FOR_NAMES * letter;
    // Names that lie over the curves have to be few where these are low; noise is seen to be noise.
    const isLow = !inRow && bottom - top < LOW * letter;
    const names = all.filter(([name, , points]) => points.length > 0 && !(isLow && means.length > 0 && name === "training"));
    let x = right;
    let y = inRow ? 0.75 * letter : top + 0.75 * letter;
    parts.names.replaceChildren(
      ...(inRow ? names.reverse() : names).flatMap(([name, words]) => {
        const made = [
          svg("text", { x: x - 2.25 * letter, y, dy: "0.32em", text: words }),
          svg("path", { class: `curve ${name}${name === "training" && means.length > 0 ? " noisy" : ""}`, d: `M${x - 2 * letter} ${y}H${x}` }),
        ];
        if (inRow) x -= (NAME_WIDTHS[name] + 2) * letter;
        else y += 1.3 * letter;
        return made;
      }),
    );
  }

  function drawCursor() {
    if (!axes || !picture || !shown) return;
    const { left, right, top, bottom } = edges();
    const at = left + axes.x.place(placeOf(shown.cursor.step)) * (right - left);
    set(parts.cursor, { x1: at, x2: at, y1: top, y2: bottom });
    setAttribute(curve, "aria-valuemin", 1);
    setAttribute(curve, "aria-valuemax", picture.byEpochs ? Math.floor(placeOf(reached())) + 1 : reached());
    if (pointed === null) tell();
  }

  /** @param {Stop | null} stop */
  function point(stop) {
    if (stop === pointed) return;
    pointed = stop;
    drawPointer();
    dispatch({ type: "ui/moment", moment: stop?.step ?? null });
  }

  /** The step that is pointed at in another view. */
  function drawMoment() {
    if (!axes || !shown) return;
    const { left, right, top, bottom } = edges();
    const at = pointed || shown.moment === null ? -1 : placeOf(shown.moment);
    const isInside = at >= 0 && at <= (axes.x.ticks.at(-1) ?? 0);
    const x = left + axes.x.place(at) * (right - left);
    set(parts.moment, { visibility: isInside ? "visible" : "hidden", x1: x, x2: x, y1: top, y2: bottom });
  }

  function drawPointer() {
    const { top, bottom } = edges();
    if (axes) {
      place(parts.dot, pointed ? [pointed.at, pointed.loss] : undefined, axes);
      const x = parts.dot.getAttribute("cx");
      set(parts.pointer, { visibility: pointed ? "visible" : "hidden", x1: x, x2: x, y1: top, y2: bottom });
    }
    tell();
  }

  /** Say where we are, or what is pointed at. */
  function tell() {
    if (!shown?.history || !picture) return;
    const data = dataOf(shown);
    const { history, cursor } = shown;
    const here = pointed ? readingOf(pointed, picture.byEpochs, history, data) : momentWords(shown, picture);
    const now = pointed?.number ?? (picture.byEpochs ? Math.floor(placeOf(cursor.step)) : cursor.step);
    setAttribute(curve, "aria-valuenow", Math.min(now + 1, Number(curve.getAttribute("aria-valuemax"))));
    setAttribute(curve, "aria-valuetext", here);
    pane.say(pointed ? `${here.charAt(0).toUpperCase()}${here.slice(1)}` : sentenceOf(history, data));
  }

  /**
   * The moment on show, of which the record may know nothing yet.
   *
   * @param {State} state
   * @param {Picture} picture_
   */
  function momentWords(state, { byEpochs }) {
    const loss = valueOf(state, { name: "loss", index: [] }) ?? state.history?.loss.find(([step]) => step === state.cursor.step)?.[1];
    const name = byEpochs ? epochName(Math.floor(placeOf(state.cursor.step))) : stepName(state.cursor.step);
    return loss === undefined || byEpochs ? name : `${name}, loss ${exact(loss)}`;
  }

  /** @param {KeyboardEvent} event */
  function onKey(event) {
    const stops = picture?.stops ?? [];
    if (stops.length === 0 || isModified(event)) return;
    const from = pointed ?? nearestStop(stops, placeOf(shown?.cursor.step ?? 0));
    const here = from ? stops.findIndex(({ number: each }) => each === from.number) : 0;
    const target = stopFor(event.key, here, stops.length);
    if (target !== null) {
      event.preventDefault();
      point(stops[target] ?? null);
    } else if (event.key === "Enter") {
      event.preventDefault();
      goTo(from);
    } else if (event.key === "Escape" && pointed) {
      event.preventDefault();
      point(null);
    }
  }

  /** @param {Stop | null} stop */
  function goTo(stop) {
    if (stop) send({ type: "seek", cursor: { step: stop.step, event: 0 } });
  }

  function goToBest() {
    const found = shown && dataOf(shown)?.best;
    if (found) send({ type: "seek", cursor: { step: found.step, event: 0 } });
  }

  function toggleEpochs() {
    wantsEpochs = !wantsEpochs;
    point(null);
    draw();
  }

  function toggleScale() {
    isLog = !isLog;
    draw();
  }

  function toggleScores() {
    const isShown = root.classList.toggle("only-scores");
    setAttribute(showScores, "aria-pressed", String(isShown));
  }

  /** @param {PointerEvent | MouseEvent} event @returns {Stop | null} */
  function stopAt(event) {
    if (!axes || !picture || picture.stops.length === 0) return null;
    const { left, right } = edges();
    const share = (event.offsetX - left) / (right - left);
    return nearestStop(picture.stops, share * (axes.x.ticks.at(-1) ?? 0));
  }

  /** How many steps the run has come to, in the record or on show. */
  function reached() {
    return Math.max(shown?.history?.steps ?? 0, shown?.cursor.step ?? 0, 1);
  }

  /** Where a step stands on the axis. @param {number} step */
  function placeOf(step) {
    return picture?.byEpochs && shown ? placeInEpochs(dataOf(shown)?.stretches ?? [], step) : step;
  }

  function edges() {
    const names = width > ROOM_FOR_NAMES * letter ? 1.75 : 0.5;
    return { left: 4 * letter, right: width - letter, top: names * letter, bottom: height - 1.75 * letter };
  }

  /**
   * @param {SVGCircleElement} mark
   * @param {[number, Real] | undefined} point_
   * @param {{x: Axis, y: Axis}} axes_
   */
  function place(mark, point_, { x, y }) {
    const { left, right, top, bottom } = edges();
    if (!point_ || !Number.isFinite(Number(point_[1]))) {
      set(mark, { visibility: "hidden" });
      return;
    }
    set(mark, {
      visibility: null,
      cx: left + x.place(point_[0]) * (right - left),
      cy: bottom - y.place(Number(point_[1])) * (bottom - top),
      r: (mark === parts.best ? 0.4 : 0.3) * letter,
    });
  }

  /**
   * @param {Curve} points
   * @param {{x: Axis, y: Axis}} axes_
   */
  function pathOf(points, { x, y }) {
    const { left, right, top, bottom } = edges();
    return lineOf(
      points.map(([at, loss]) => {
        const value = Number(loss);
        return { x: left + x.place(at) * (right - left), y: Number.isFinite(value) ? bottom - y.place(value) * (bottom - top) : NaN };
      }),
    );
  }
}

/**
 * The names of an axis without those that there is no room for; the first and the last stay.
 *
 * @param {{text: string, side: string, at: number}[]} names  from left to right
 * @param {number} letter  the width of one
 */
function thinned(names, letter) {
  const [first, last] = [names[0], names.at(-1)];
  if (!first || !last) return names;
  const end = last.at - (last.text.length + 1) * letter;
  let free = first.at + (first.text.length + 1) * letter;
  return names.filter((name) => {
    if (name === first || name === last) return true;
    const half = (name.text.length * letter) / 2;
    if (name.at - half < free || name.at + half > end) return false;
    free = name.at + half + letter;
    return true;
  });
}

/** @param {State} state @returns {LossData | undefined} */
function dataOf({ views }) {
  return views.loss?.data;
}
