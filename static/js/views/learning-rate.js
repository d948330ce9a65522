/**
 * The learning rate, always in reach, and what this step would reach with it.
 *
 * The curve stands on the slider: both have the same scale, so the mark on the curve is right above the thumb.
 *
 * @module
 */

import { button, element, setAttribute, setField, setText } from "../elements.js";
import { number, parsed, typed } from "../format.js";
import { notch, placeOnScale, rateAt } from "../learning-rates.js";
import { createRateHand } from "../rate-hand.js";
import { gradientsKnown } from "../reduce.js";
import { foreseen } from "../select.js";

/** @typedef {import("../types.js").Command} Command */
/** @typedef {import("../types.js").Real} Real */
/** @typedef {import("../types.js").State} State */
/** @typedef {import("../types.js").WhatIf} WhatIf */

const SVG = "http://www.w3.org/2000/svg";
/** Today's loss always stands at this height of the frame, a third from its top. */
const TODAY = 1 / 3;
/** The frame never shows less than 1/256 of today's loss: what is smaller still is no gain to speak of. */
const FINEST = 8;
const MARKS = [0.001, 0.01, 0.1, 1];
/** One press of an arrow key on the slider, as a part of the scale: a factor of about 1.12. */
const ARROW = 0.01;

/**
 * How far below today's loss the frame reaches: the whole of it, or its half, quarter, …, as small as the best of the curve
 * allows. Halves, so that the scale stays the same for many steps and never changes by a little.
 *
 * @param {WhatIf} what_if
 */
export function depthOf({ losses, loss }) {
  const today = Number(loss);
  const best = Math.min(...losses.map(Number).filter(Number.isFinite));
  const gain = today > 0 ? (today - best) / today : 0;
  const halvings = gain > 0 ? Math.min(Math.floor(-Math.log2(gain)), FINEST) : FINEST;
  return (today > 0 ? today : 1) / 2 ** Math.max(halvings, 0);
}

/**
 * The height of a loss in the frame, 0 at its top and 1 at its bottom; what is too large for the frame stands above it.
 *
 * @param {Real} loss
 * @param {WhatIf} what_if
 */
export function heightOf(loss, what_if) {
  const below = (Number(what_if.loss) - Number(loss)) / depthOf(what_if);
  return Math.max(TODAY + (1 - TODAY) * below, -1);
}

/**
 * The runs of points that can be drawn: a loss that is no number interrupts the curve.
 *
 * @param {WhatIf} what_if
 * @returns {[number, number][][]} place on the scale and height
 */
export function curveRuns(what_if) {
  /** @type {[number, number][][]} */
  const runs = [[]];
  what_if.learning_rates.forEach((rate, k) => {
    const height = heightOf(what_if.losses[k] ?? "NaN", what_if);
    if (Number.isNaN(height)) runs.push([]);
    else runs.at(-1)?.push([placeOnScale(rate), height]);
  });
  return runs.filter((run) => run.length > 1);
}

/**
 * @param {HTMLElement} root
 * @param {{send: (command: Command) => Promise<import("../connection.js").Reply>}} tools
 */
export function createLearningRateView(root, tools) {
  const head = element("div", { class: "rate-head" });
  const label = element("label", { for: "rate-number" }, "Learning rate ", element("span", { class: "symbol" }, "η"));
  const down = button("−", () => press(-1), { class: "round", "aria-label": "Smaller learning rate" });
  const up = button("+", () => press(1), { class: "round", "aria-label": "Larger learning rate" });
  const box = element("input", {
    id: "rate-number",
    class: "rate-number",
    type: "text",
    inputmode: "decimal",
    autocomplete: "off",
    spellcheck: "false",
    "aria-describedby": "rate-note",
  });
  head.append(label, element("div", { class: "rate-box" }, down, box, up));
  const slider = element("input", {
    class: "rate-slider",
    type: "range",
    min: 0,
    max: 1,
    step: "any",
    "aria-label": "Learning rate",
  });
  const plot = createPlot();
  const marks = element(
    "div",
    { class: "rate-marks", "aria-hidden": "true" },
    ...MARKS.map((mark) => element("span", { style: `--place: ${placeOnScale(mark)}` }, String(mark))),
  );
  const note = element("p", { class: "rate-note", id: "rate-note" });
  root.classList.add("learning-rate");
  root.append(head, element("div", { class: "rate-scale" }, plot.root, slider, marks), note);

  /** @type {State | null} */
  let state = null;
  const hand = createRateHand({
    send: tools.send,
    onLetGo(isRefused) {
      if (isRefused) setAttribute(box, "aria-invalid", "true");
      render();
    },
  });
  let curveAskedFor = "";
  /** Why what was typed does not count; told until something else is set. */
  let wrong = "";

  slider.addEventListener("input", () => hold(rateAt(Number(slider.value))));
  slider.addEventListener("keydown", (event) => {
    const direction = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
    if (direction === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    const place = Math.round(Number(slider.value) / ARROW) * ARROW;
    hold(rateAt(place + direction * ARROW));
  });
  box.addEventListener("change", () => {
    const rate = parsed(box.value);
    if (rate !== null && rate >= 0) hold(rate);
    else refuse("A learning rate is a number such as 0.1, not below 0.");
  });
  box.addEventListener("blur", () => {
    box.value = typed(shownRate());
    setAttribute(box, "aria-invalid", null);
  });
  box.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
    event.preventDefault();
    press(event.key === "ArrowUp" ? 1 : -1);
    box.value = typed(shownRate());
  });
  box.addEventListener("focus", () => box.select());
  plot.root.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    plot.root.setPointerCapture(event.pointerId);
    hold(rateAt(plot.placeOf(event.clientX)));
  });
  plot.root.addEventListener("pointermove", (event) => {
    if (plot.root.hasPointerCapture(event.pointerId)) hold(rateAt(plot.placeOf(event.clientX)));
  });
  return { update, lower: () => press(-1), raise: () => press(1) };

  /** @param {State} next */
  function update(next) {
    const before = state;
    state = next;
    if (before?.what_if && !next.what_if) curveAskedFor = "";
    askForCurve(next);
    if (
      before === null ||
      before.learning_rate !== next.learning_rate ||
      before.experiment !== next.experiment ||
      foreseen(before).preview !== foreseen(next).preview ||
      foreseen(before).what_if !== foreseen(next).what_if ||
      before.run !== next.run
    ) {
      render();
    }
  }

  /** @param {1 | -1} direction */
  function press(direction) {
    hold(notch(shownRate(), direction));
  }

  /** @param {number} rate */
  function hold(rate) {
    if (rate === shownRate()) return;
    hand.hold(rate);
    wrong = "";
    setAttribute(box, "aria-invalid", null);
    render();
  }

  /** @param {string} why */
  function refuse(why) {
    wrong = why;
    setAttribute(box, "aria-invalid", "true");
    render();
  }

  /** What a schedule starts from where there is one: that is what the slider sets. */
  function shownRate() {
    if (hand.held !== null) return hand.held;
    if (state === null) return 0;
    return scheduleOf(state) === null ? state.learning_rate : baseRate(state);
  }

  /** @param {State} now */
  function askForCurve(now) {
    const key = `${now.run}, step ${now.cursor.step}`;
    const known = gradientsKnown(now.plan, now.cursor.event) && now.frame === null;
    if (!known || now.connection !== "open") {
      curveAskedFor = "";
    } else if (now.what_if === null && now.playing !== "train" && curveAskedFor !== key) {
      curveAskedFor = key;
      void tools.send({ type: "ask", id: 0, what: "what_if" });
    }
  }

  function render() {
    if (state === null) return;
    const rate = shownRate();
    setField(box, typed(rate));
    slider.value = String(placeOnScale(rate));
    setAttribute(slider, "aria-valuetext", number(rate));
    const schedule = scheduleOf(state);
    setText(note, wrong || (schedule === null ? "" : `scheduled: ${schedule}, now ${number(state.learning_rate)}`));
    note.hidden = note.textContent === "";
    note.classList.toggle("wrong", wrong !== "");
    plot.update(state, rate);
  }
}

/**
 * The schedule's name as people say it; null when the learning rate is constant.
 *
 * @param {State} state
 * @returns {string | null}
 */
function scheduleOf(state) {
  const schedule = state.experiment?.schedule;
  const type = typeof schedule === "string" ? schedule : schedule?.type;
  const warmsUp = typeof schedule === "object" && schedule?.warmup ? " after a warm-up" : "";
  if (typeof type !== "string" || (type === "constant" && warmsUp === "")) return null;
  return type.replaceAll("_", " ") + warmsUp;
}

/** @param {State} state */
function baseRate(state) {
  const rate = Number(state.experiment?.optimizer?.learning_rate);
  return Number.isFinite(rate) ? rate : state.learning_rate;
}

/** The frame with the curve; empty, and saying why, until every gradient of the step is known. */
function createPlot() {
  const svg = shape("svg", { viewBox: "0 0 1 1", preserveAspectRatio: "none", "aria-hidden": "true" });
  const worse = shape("path", { class: "rate-worse" });
  const curve = shape("path", { class: "rate-curve" });
  const today = shape("line", { class: "rate-today", x1: 0, x2: 1, y1: TODAY, y2: TODAY });
  svg.append(worse, today, curve);
  const mark = element("span", { class: "rate-mark", "aria-hidden": "true" });
  const dot = element("span", { class: "rate-dot", "aria-hidden": "true" });
  const empty = element("p", { class: "rate-empty" }, "after the backward pass: the loss this step would reach");
  const words = element("p", { class: "rate-words" });
  const root = element("div", { class: "rate-plot" }, svg, mark, dot, words, empty);

  return {
    root,

    /** @param {number} clientX */
    placeOf(clientX) {
      const { left, width } = svg.getBoundingClientRect();
      return width > 0 ? (clientX - left) / width : 0;
    },

    /**
     * @param {State} state
     * @param {number} rate
     */
    update(state, rate) {
      const { what_if, preview } = foreseen(state);
      const known = what_if !== null || preview !== null;
      root.classList.toggle("known", known);
      empty.hidden = known;
      words.hidden = !known;
      root.style.setProperty("--place", String(placeOnScale(rate)));
      const runs = what_if ? curveRuns(what_if) : [];
      setAttribute(curve, "d", runs.map(path).join(""));
      setAttribute(worse, "d", runs.map(areaAbove).join(""));
      // A loss that has not come back for this very rate yet is not shown at another's.
      const loss = preview && preview.learning_rate === rate ? preview.loss : null;
      const height = what_if && loss !== null ? heightOf(loss, what_if) : Number.NaN;
      dot.hidden = !(height >= 0);
      if (height >= 0) root.style.setProperty("--height", String(height));
      const before = what_if ? number(what_if.loss) : "";
      setText(words, loss === null ? `loss ${before}` : `loss ${before} → ${number(loss)}`);
    },
  };
}

/** @param {[number, number][]} points */
function path(points) {
  return points.map(([x, y], k) => `${k === 0 ? "M" : "L"}${x.toFixed(4)} ${y.toFixed(4)}`).join("");
}

/**
 * What lies between the curve and today's loss wherever the curve is above it.
 *
 * @param {[number, number][]} points
 */
function areaAbove(points) {
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last) return "";
  /** @type {[number, number][]} */
  const upper = points.map(([x, y]) => [x, Math.min(y, TODAY)]);
  return `${path([[first[0], TODAY], ...upper, [last[0], TODAY]])}Z`;
}

/**
 * @param {string} tag
 * @param {Record<string, string | number>} attributes
 */
function shape(tag, attributes) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  return made;
}
