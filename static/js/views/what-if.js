/**
 * The loss of this batch after the update, for any learning rate: which would help, which overshoot, which harm.
 *
 * The picture is a slider: drag on it, press it or use the arrow keys, and the learning rate is set.
 *
 * @module
 */

import { button, element, setAttribute, setText } from "../elements.js";
import { number } from "../format.js";
import { LARGEST, SMALLEST, notch, placeOnScale, rateAt } from "../learning-rates.js";
import { createPane } from "../pane.js";
import { savePng, saveSvg } from "../pictures.js";
import { createRateHand } from "../rate-hand.js";
import { gradientsKnown } from "../reduce.js";
import { isWhole, phaseOf } from "../select.js";
import { isModified } from "../stops.js";
import { set, svg } from "../svg.js";
import { frameOf, limitWords, outcomeWords, rangesOf, sentenceOf, spread, tableOf } from "../what-if/reading.js";

/** @typedef {import("../types.js").Command} Command */
/** @typedef {import("../types.js").Real} Real */
/** @typedef {import("../types.js").State} State */
/** @typedef {import("../types.js").WhatIf} WhatIf */
/** @typedef {import("../what-if/reading.js").Frame} Frame */
/** @typedef {import("../what-if/reading.js").Outcome} Outcome */
/** @typedef {import("../what-if/reading.js").WhatIfData} WhatIfData */
/** A place on the curve with a name of its own. @typedef {{key: string, at: number, words: string, short: string, loss: Real | null}} Mark */

const UNKNOWN = "What another learning rate would do is known once every gradient is: at the end of the backward pass.";
const ALL_FROZEN = "Every parameter is frozen, so there is no update whose learning rate could be another.";
const FILE = "chalkgrad-what-if";
const TICKS = [0.0001, 0.001, 0.01, 0.1, 1, 10];
/** The usual width of a letter, in letter heights. */
const LETTER = 0.57;
/** Between two labels, in letter heights. */
const GAP = 1;
/** Names on the axis of losses stand at least so many letter heights apart. */
const BETWEEN_TICKS = 1.5;
/** How much room it takes, in letter heights, to name so many of the powers of ten. */
const ROOM_FOR_DECADES = [
  { room: 26, every: 1 },
  { room: 16, every: 2 },
  { room: 0, every: 4 },
];
/** Where there is less room, in letter heights, one sentence is enough. */
const ROOM_FOR_SENTENCES = 40;

/**
 * @param {HTMLElement} root
 * @param {object} tools
 * @param {(command: Command) => Promise<import("../connection.js").Reply>} tools.send
 * @param {(action: import("../reduce.js").PageAction) => void} tools.dispatch
 * @param {import("../walk.js").Walker} tools.walker
 */
export function createWhatIfView(root, { send, dispatch, walker }) {
  /** @type {State | null} */
  let shown = null;
  /** @type {Frame | null} */
  let frame = null;
  /** @type {{run: string | null, outcome: Outcome} | null} what the last update that was looked at has done */
  let remembered = null;
  let width = 0;
  let height = 0;
  let letter = 16;

  const hand = createRateHand({ send, onLetGo: () => draw() });
  const parts = {
    grid: svg("g", { class: "grid" }),
    worse: svg("path", { class: "worse" }),
    today: svg("path", { class: "today" }),
    curve: svg("path", { class: "curve" }),
    ranges: svg("g", { class: "ranges" }),
    marks: svg("g", { class: "marks" }),
  };
  const clip = svg("clipPath", { id: "what-if-clip" }, [svg("rect")]);
  const picture = svg(
    "svg",
    {
      class: "what-if-picture",
      role: "slider",
      tabindex: "0",
      "aria-label": "Learning rate on the curve",
      "aria-valuemin": SMALLEST,
      "aria-valuemax": LARGEST,
    },
    [clip, ...Object.values(parts)],
  );
  for (const part of [parts.worse, parts.curve]) set(part, { "clip-path": `url(#${clip.id})` });
  const why = element("p", {}, UNKNOWN);
  const run = button("Run to the end of the backward pass", runBackward);
  const empty = element("div", { class: "what-if-empty" }, why, run);
  const pane = createPane(root, {
    name: "what_if",
    title: "What if",
    question: "What would another learning rate do?",
    dispatch,
    twin() {
      const { curve } = seen();
      return curve ? tableOf(curve) : { caption: UNKNOWN, head: [], rows: [] };
    },
    savings: [
      { words: "SVG", save: () => saveSvg(picture, FILE) },
      { words: "PNG", save: () => savePng(picture, FILE) },
    ],
  });
  const useBest = button("Use the best", () => use(seen().curve?.best ?? null));
  const limit = element("p", { class: "limit-words", id: "what-if-limit" });
  const useLimit = button("Use the limit", () => use(seen().curve?.stability_limit ?? null), {
    "aria-describedby": limit.id,
  });
  pane.controls.append(useBest, useLimit, limit);
  pane.body.append(picture, empty);

  picture.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    picture.setPointerCapture(event.pointerId);
    hold(rateAt(placeAt(event)));
  });
  picture.addEventListener("pointermove", (event) => {
    if (picture.hasPointerCapture(event.pointerId)) hold(rateAt(placeAt(event)));
  });
  // The arrow keys go on stepping for those who do not set the learning rate by them.
  picture.addEventListener("pointerup", () => picture.blur());
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
    pane.update(state);
    if (state.run !== remembered?.run) remembered = null;
    const { outcome } = dataOf(state) ?? {};
    if (outcome) remembered = { run: state.run, outcome };
    const isSame =
      before &&
      before.views.what_if === state.views.what_if &&
      before.learning_rate === state.learning_rate &&
      before.preview === state.preview &&
      before.cursor === state.cursor &&
      before.micro === state.micro &&
      before.plan === state.plan &&
      before.frame === state.frame;
    if (!isSame) draw();
  }

  /** What may be shown at this moment: nothing before the event that makes the last gradient known is shown whole. */
  function seen() {
    const data = shown ? dataOf(shown) : undefined;
    const message = shown?.views.what_if;
    if (!shown || !data?.curve) return { curve: null, data };
    const isThisStep = message?.cursor.step === shown.cursor.step && gradientsKnown(shown.plan, shown.cursor.event);
    const isTold = shown.frame !== null || (isThisStep && (isWhole(shown) || phaseOf(shown) === "update"));
    return { curve: isTold ? data.curve : null, data };
  }

  function draw() {
    if (!shown) return;
    const { curve, data } = seen();
    empty.hidden = curve !== null;
    setAttribute(picture, "aria-hidden", curve === null ? "true" : null);
    setAttribute(picture, "tabindex", curve === null ? -1 : 0);
    const hasUpdate = shown.plan.some(({ kind }) => kind === "update");
    setText(why, hasUpdate || shown.plan.length === 0 ? UNKNOWN : ALL_FROZEN);
    run.hidden = !hasUpdate;
    picture.classList.toggle("unknown", curve === null);
    useBest.disabled = curve === null || data === undefined || !(Number(data.best_loss) < Number(curve.loss));
    useLimit.disabled = !curve?.stability_limit;
    setText(limit, curve ? limitWords(curve) : "");
    if (curve && data && width > 0) drawPicture(curve, data);
    tell(curve, data);
    pane.changed();
  }

  /**
   * @param {WhatIf} curve
   * @param {WhatIfData} data
   */
  function drawPicture(curve, data) {
    frame = frameOf(curve, data.best_loss ?? curve.loss, frame);
    const { left, right, top, bottom } = edges();
    set(/** @type {Element} */ (clip.firstElementChild), { x: left, y: top, width: right - left, height: Math.max(bottom - top, 0) });
    drawGrid(frame);
    const today = yOf(curve.loss);
    set(parts.today, { d: `M${left} ${today}H${right}` });
    const runs = runsOf(curve);
    set(parts.curve, { d: runs.map(pathOf).join("") });
    set(parts.worse, { d: runs.map((points) => areaAbove(points, today)).join("") });
    drawRanges(curve);
    drawMarks(curve, data);
  }

  /** @param {Frame} frame_ */
  function drawGrid({ ticks }) {
    const { left, right, top, bottom } = edges();
    const room = (bottom - top) / Math.max(ticks.length - 1, 1) / letter;
    const every = Math.max(1, Math.ceil(BETWEEN_TICKS / Math.max(room, 0.1)));
    const decades = ROOM_FOR_DECADES.find(({ room: least }) => right - left >= least * letter)?.every ?? TICKS.length;
    parts.grid.replaceChildren(
      ...ticks.flatMap((tick, k) => {
        const y = yOf(tick);
        const line = svg("line", { x1: left, x2: right, y1: y, y2: y });
        if (k % every !== 0) return [line];
        return [line, svg("text", { class: "tick-y", x: left - 0.5 * letter, y, dy: "0.32em", text: number(tick) })];
      }),
      ...TICKS.flatMap((tick, k) => {
        if (k % decades !== 0) return [];
        const side = k === 0 ? "at-start" : k === TICKS.length - 1 ? "at-end" : "between";
        const text = k === 0 ? `η ${number(tick)}` : number(tick);
        return [svg("text", { class: side, x: xOf(placeOnScale(tick)), y: bottom + 1.25 * letter, text })];
      }),
    );
  }

  /** What happens at which learning rates: a line under the axis for each range, and its words under that. @param {WhatIf} curve */
  function drawRanges(curve) {
    const { bottom } = edges();
    const ranges = rangesOf(curve).map(({ words, from, to }) => ({ words, from: xOf(from), to: xOf(to) }));
    const labels = labelled(
      ranges.map(({ words, from, to }, k) => ({ key: String(k), at: (from + to) / 2, words, short: words.split(" ")[0] ?? words })),
    );
    const y = bottom + 1.9 * letter;
    parts.ranges.replaceChildren(
      ...ranges.map(({ words, from, to }) =>
        svg("path", { class: `range ${words.split(" ")[0]}`, d: `M${from + 1} ${y - 3}V${y}H${Math.max(to - 1, from + 2)}V${y - 3}` }),
      ),
      ...[...labels.values()].map(({ x, text }) => svg("text", { class: "label", x, y: y + 1.2 * letter, text })),
    );
  }

  /**
   * @param {WhatIf} curve
   * @param {WhatIfData} data
   */
  function drawMarks(curve, data) {
    const { left, top, bottom } = edges();
    const marks = marksOf(curve, data);
    const labels = labelled(marks.map(({ key, at, words, short }) => ({ key, at: xOf(at), words, short })), ["limit", "exceeds"]);
    parts.marks.replaceChildren(
      ...marks.flatMap(({ key, at, loss }) => {
        const x = xOf(at);
        const label = labels.get(key);
        const made = [svg("path", { class: `line ${key}`, d: label ? `M${label.x} ${1.15 * letter}L${x} ${top}V${bottom}` : `M${x} ${top}V${bottom}` })];
        const y = loss === null ? Number.NaN : Math.min(Math.max(yOf(loss), top), bottom);
        return [
          ...made,
          ...(Number.isFinite(y) ? [svg("circle", { class: `dot ${key}`, cx: x, cy: y, r: 0.35 * letter })] : []),
          ...(label ? [svg("text", { class: `label ${key}`, x: label.x, y: 0.9 * letter, text: label.text })] : []),
        ];
      }),
      svg("text", { class: "label today-name", x: left + 0.25 * letter, y: yOf(curve.loss) - 0.5 * letter, text: `today ${number(curve.loss)}` }),
    );
  }

  /**
   * @param {WhatIf} curve
   * @param {WhatIfData} data
   * @returns {Mark[]} from left to right
   */
  function marksOf(curve, data) {
    const rate = rateNow();
    const predicted = predictedAt(rate, data);
    const { best, exceeds, stability_limit } = curve;
    const isGain = Number(data.best_loss) < Number(curve.loss);
    /** @type {(Mark | null)[]} */
    const marks = [
      {
        key: "now",
        at: placeOnScale(rate),
        words: predicted === null ? `now ${number(rate)}` : `now ${number(rate)} → ${number(predicted)}`,
        short: `now ${number(rate)}`,
        loss: predicted,
      },
      isGain
        ? { key: "best", at: placeOnScale(best), words: `best ${number(best)} → ${number(data.best_loss ?? "NaN")}`, short: `best ${number(best, 2)}`, loss: data.best_loss }
        : null,
      exceeds !== null && exceeds > SMALLEST
        ? { key: "exceeds", at: placeOnScale(exceeds), words: `above today from ${number(exceeds)}`, short: `above ${number(exceeds, 2)}`, loss: curve.loss }
        : null,
      stability_limit !== null && stability_limit <= LARGEST
        ? { key: "limit", at: placeOnScale(stability_limit), words: `stability limit ${number(stability_limit)}`, short: `limit ${number(stability_limit, 2)}`, loss: null }
        : null,
    ];
    return marks.filter((mark) => mark !== null).sort((one, other) => one.at - other.at);
  }

  /**
   * Labels in a row with as many words as there is room for; where there is little, the last of `spared` goes without one.
   *
   * @param {{key: string, at: number, words: string, short: string}[]} labels  from left to right
   * @param {string[]} [spared]  keys of labels that can be done without, the least of them last
   * @returns {Map<string, {x: number, text: string}>}
   */
  function labelled(labels, spared = []) {
    const { left, right } = edges();
    /** @param {string} text */
    const widthOf = (text) => (text.length * LETTER + GAP) * letter;
    /** @param {"words" | "short"} form */
    const fits = (form) => labels.reduce((sum, label) => sum + widthOf(label[form]), 0) <= right - left;
    const form = fits("words") ? "words" : "short";
    const least = spared.at(-1);
    if (form === "short" && !fits("short") && least) return labelled(labels.filter(({ key }) => key !== least), spared.slice(0, -1));
    const middles = spread(labels.map((label) => ({ at: label.at, width: widthOf(label[form]) })), left, right);
    return new Map(labels.map((label, k) => [label.key, { x: middles[k] ?? label.at, text: label[form] }]));
  }

  /**
   * @param {WhatIf | null} curve
   * @param {WhatIfData | undefined} data
   */
  function tell(curve, data) {
    const rate = rateNow();
    const predicted = curve && data ? predictedAt(rate, data) : null;
    setAttribute(picture, "aria-valuenow", Math.min(Math.max(rate, SMALLEST), LARGEST));
    setAttribute(picture, "aria-valuetext", predicted === null ? number(rate) : `${number(rate)}, loss ${number(curve?.loss ?? "NaN")} → ${number(predicted)}`);
    const step = shown?.cursor.step ?? 0;
    const isRecent = remembered && (remembered.outcome.step === step - 1 || (remembered.outcome.step === step && data?.outcome));
    const became = remembered && isRecent ? outcomeWords(remembered.outcome) : "";
    const says = curve && data ? sentenceOf(curve, data.best_loss ?? curve.loss) : "";
    const sentences = [became, says].filter(Boolean);
    pane.say(width < ROOM_FOR_SENTENCES * letter ? (sentences[0] ?? "") : sentences.join(" "));
  }

  /** @param {KeyboardEvent} event */
  function onKey(event) {
    const direction = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
    if (direction === undefined || isModified(event)) return;
    event.preventDefault();
    hold(notch(rateNow(), direction > 0 ? 1 : -1));
  }

  /** @param {number} rate */
  function hold(rate) {
    if (rate === rateNow() || !seen().curve) return;
    hand.hold(rate);
    draw();
  }

  /** @param {number | null} rate */
  function use(rate) {
    if (rate !== null) hold(rate);
  }

  function runBackward() {
    if (!shown) return;
    const event = shown.plan.findIndex(({ kind }) => kind === "update");
    if (event < 0) return;
    walker.pause();
    void send({ type: "seek", cursor: { step: shown.cursor.step, event } });
  }

  /** The learning rate of this update: what the hand holds, or the engine's. */
  function rateNow() {
    return hand.held ?? shown?.learning_rate ?? 0;
  }

  /**
   * The loss after an update with this very learning rate; null before it has come back.
   *
   * @param {number} rate
   * @param {WhatIfData} data
   */
  function predictedAt(rate, { learning_rate, predicted }) {
    if (learning_rate === rate) return predicted;
    return shown?.preview?.learning_rate === rate ? shown.preview.loss : null;
  }

  /** @param {PointerEvent} event */
  function placeAt(event) {
    const { left, right } = edges();
    return (event.offsetX - left) / (right - left);
  }

  function edges() {
    return { left: 4.5 * letter, right: width - letter, top: 1.8 * letter, bottom: height - 3.4 * letter };
  }

  /** @param {number} place_ */
  function xOf(place_) {
    const { left, right } = edges();
    return Math.round(10 * (left + place_ * (right - left))) / 10;
  }

  /** A loss far above the frame is drawn just above it. @param {Real} loss */
  function yOf(loss) {
    const { top, bottom } = edges();
    const place_ = Math.min(frame?.place(loss) ?? 0, 2);
    return Math.round(10 * (bottom - place_ * (bottom - top))) / 10;
  }

  /** The stretches of the curve that can be drawn: a loss that is no number interrupts it. @param {WhatIf} curve */
  function runsOf({ learning_rates, losses }) {
    /** @type {[number, number][][]} */
    const runs = [[]];
    learning_rates.forEach((rate, k) => {
      const y = yOf(losses[k] ?? "NaN");
      if (Number.isNaN(y)) runs.push([]);
      else runs.at(-1)?.push([xOf(placeOnScale(rate)), y]);
    });
    return runs.filter((points) => points.length > 1);
  }
}

/** @param {[number, number][]} points */
function pathOf(points) {
  return points.map(([x, y], k) => `${k === 0 ? "M" : "L"}${x} ${y}`).join("");
}

/**
 * What lies between the curve and today's loss wherever the curve is above it.
 *
 * @param {[number, number][]} points
 * @param {number} today
 */
function areaAbove(points, today) {
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last) return "";
  /** @type {[number, number][]} */
  const upper = points.map(([x, y]) => [x, Math.min(y, today)]);
  return `${pathOf([[first[0], today], ...upper, [last[0], today]])}Z`;
}

/** @param {State} state @returns {WhatIfData | undefined} */
function dataOf({ views }) {
  return views.what_if?.data;
}
