/**
 * The signals: how large activations, errors and gradients are in each layer, now and over time, and what is wrong with
 * them. All sizes stand on one scale that never changes, so that a vanishing gradient is seen to vanish.
 *
 * @module
 */

import { linearAxis } from "../axes.js";
import { createRows, element, setAttribute, setChoices, setText } from "../elements.js";
import { nameParts, number, stepName, superscript } from "../format.js";
import { createPane } from "../pane.js";
import { setShape } from "../pane-shape.js";
import { savePng, saveSvg } from "../pictures.js";
import { sampleOf } from "../select.js";
import { createFindings } from "../signals/findings.js";
import { hasRoomForBoth, planOf } from "../signals/plan.js";
import { placeOfSize, placeOfStep, SHADES, stretchesOf, strengthOf } from "../signals/scale.js";
import { QUANTITIES, ratioWords, readingOf, sentenceOf, tableOf } from "../signals/words.js";
import { isModified, listen } from "../stops.js";
import { set, svg } from "../svg.js";
import { VIEWS } from "../view-list.js";

/** @typedef {import("../types.js").State} State */
/** @typedef {import("../types.js").Command} Command */
/** @typedef {import("../types.js").ViewMessage} ViewMessage */
/** @typedef {import("../signals/words.js").SignalsData} SignalsData */
/** @typedef {import("../signals/plan.js").Plan} Plan */
/** @typedef {import("../signals/plan.js").Span} Span */
/** @typedef {"spread" | "time" | "findings"} Lens */

const NAME = "signals";
const FILE = "chalkgrad-signals";
const WAITING = "…";
const FEWEST_STEPS = 10;
/** Names on the scale stand at least so many letter heights apart. */
const BETWEEN_TICKS = 3.2;
/** Counts of a histogram that come before its bins: zeros, and what is smaller than the scale. */
const BEFORE_BINS = 2;

/**
 * @param {HTMLElement} root
 * @param {{send(command: Command): unknown, dispatch(action: import("../reduce.js").PageAction): void}} tools
 */
export function createSignalsView(root, { send, dispatch }) {
  const { title = "", question = "" } = VIEWS.find(({ name }) => name === NAME) ?? {};
  const parts = {
    rows: svg("g", { class: "signals-rows" }),
    heads: svg("g", { class: "signals-heads" }),
    grid: svg("g", { class: "signals-grid" }),
    bars: svg("path", { class: "signals-bars" }),
    hollow: svg("path", { class: "signals-bars hollow" }),
    marks: svg("path", { class: "signals-marks" }),
    shades: svg("g", { class: "signals-shades" }),
    legend: svg("g", { class: "signals-legend" }),
    numbers: svg("g", { class: "signals-numbers" }),
    cursor: svg("line", { class: "signals-cursor" }),
    pointer: svg("path", { class: "signals-pointer" }),
  };
  const figure = svg("svg", { class: "signals-figure", "aria-hidden": "true" }, Object.values(parts));
  const shades = Array.from({ length: SHADES }, (_, shade) => svg("path", { "fill-opacity": strengthOf(shade).toFixed(3) }));
  const over = svg("path", { class: "over" });
  parts.shades.append(...shades, over);
  const time = element("div", {
    class: "signals-time",
    role: "slider",
    tabindex: "0",
    "aria-label": "Step of the signals",
    "aria-description": "Left and right move through the steps, up and down through the layers, Enter goes to that step.",
  });
  const empty = element("p", { class: "pane-empty" });
  const plot = element("div", { class: "signals-plot split-picture" }, figure, time, empty);
  const findings = createFindings({
    goTo: (step) => send({ type: "seek", cursor: { step, event: 0 } }),
    select: (ref) => dispatch({ type: "ui/select", ref }),
    hover: (ref) => dispatch({ type: "ui/hover", ref }),
  });
  const pane = createPane(root, {
    name: NAME,
    title,
    question,
    dispatch,
    twin: () => (data && state ? tableOf(data, state.layers) : { caption: WAITING, head: [], rows: [] }),
    savings: [
      { words: "SVG", save: () => saveSvg(figure, FILE) },
      { words: "PNG", save: () => savePng(figure, FILE) },
    ],
  });
  const which = element("select", { "aria-label": "Signal", onchange: () => choose() });
  setChoices(which, QUANTITIES.map(({ name, words }) => ({ value: name, words })));
  which.value = "gradient";
  const lenses = element("select", { "aria-label": "Show", onchange: chooseLens });
  pane.controls.append(which, lenses);
  pane.body.append(plot, findings.root);
  root.classList.add("pane-split");

  /** @type {State | null} */
  let state = null;
  /** @type {ViewMessage | null} */
  let message = null;
  /** @type {SignalsData | null} */
  let data = null;
  /** @type {Plan | null} */
  let plan = null;
  /** @type {import("../axes.js").Axis} */
  let axis = linearAxis(FEWEST_STEPS, FEWEST_STEPS);
  /** What is wanted to be shown where there is no room for all. @type {Lens} */
  let wanted = "spread";
  let box = { width: 0, height: 0, letter: 13 };
  /** The place in the samples and the row that are pointed at. @type {{place: number, row: number} | null} */
  let pointed = null;
  const rowParts = createRows(parts.rows, () => ({ root: svg("rect", { class: "signals-row" }) }));
  const headParts = createRows(parts.heads, () => ({ root: svg("text", {}) }));

  listen(time, { pointAt, letGo: () => point(null, null), click, onKey }, plot);
  new ResizeObserver(measure).observe(root);
  new ResizeObserver(measure).observe(plot);
  return { update };

  /** @param {State} now */
  function update(now) {
    const before = state;
    state = now;
    pane.update(now);
    const next = now.views[NAME] ?? null;
    if (next !== message || !before) {
      message = next;
      data = next ? /** @type {SignalsData} */ (next.data) : null;
      findings.update(data, now);
      draw();
      pane.changed();
    } else if (before.cursor !== now.cursor || before.frame !== now.frame) drawCursor();
    if (before?.moment !== now.moment) drawPointer();
    if (before?.selection !== now.selection || before?.hover !== now.hover) {
      drawLight();
      findings.light(now);
    }
  }

  function choose() {
    draw();
    pane.changed();
  }

  function chooseLens() {
    wanted = lens();
    draw();
  }

  /** The quantity on show, and its place in the arrays. */
  function chosen() {
    const place = Math.max(QUANTITIES.findIndex(({ name }) => name === which.value), 0);
    return { place, quantity: QUANTITIES[place] ?? QUANTITIES[2] };
  }

  function measure() {
    const letter = parseFloat(getComputedStyle(plot).fontSize) || 13;
    setShape(root, letter);
    const width = plot.clientWidth;
    if (width > 0) box = { width, height: plot.clientHeight, letter };
    draw();
  }

  /** What can be shown, where there is no room for all. */
  function drawLenses() {
    const width = box.width || root.clientWidth;
    const wrong = data?.diagnoses?.length ?? 0;
    /** @type {{value: Lens, words: string}[]} */
    const all = [{ value: "spread", words: "now" }];
    if (!hasRoomForBoth(width, box.letter)) all.push({ value: "time", words: "over time" });
    if (root.dataset["shape"] === "small") all.push({ value: "findings", words: wrong > 0 ? `what is wrong (${wrong})` : "what is wrong" });
    setChoices(lenses, all);
    lenses.value = wanted;
    if (lenses.value === "") lenses.value = "spread";
    lenses.hidden = all.length < 2;
  }

  /** @returns {Lens} */
  function lens() {
    return lenses.value === "time" || lenses.value === "findings" ? lenses.value : "spread";
  }

  /* -------------------------------------------------------------- drawing */

  function draw() {
    drawLenses();
    const shown = lens();
    root.classList.toggle("only-words", shown === "findings");
    setText(empty, data ? (data.layers.length === 0 ? "The network has no dense layer." : "") : WAITING);
    if (!data || !message || box.width === 0 || shown === "findings") {
      if (data) pane.say(sentenceOf(data, chosen().quantity));
      return;
    }
    plan = planOf(box, data.layers.length, shown);
    axis = linearAxis(Math.max(data.last_step, state?.cursor.step ?? 0), FEWEST_STEPS);
    set(figure, { width: box.width, height: plan.height });
    setAttribute(figure, "data-phase", chosen().quantity.phase);
    setAttribute(figure, "font-size", box.letter);
    drawRows(plan, data);
    drawSpread(plan, data);
    drawTime(plan, data);
    drawCursor();
    drawLight();
    drawPointer();
  }

  /**
   * @param {Plan} at
   * @param {SignalsData} told
   */
  function drawRows({ top, row, ratio, rms, spread, time: span }, told) {
    const { quantity } = chosen();
    const { letter, width } = box;
    rowParts.update(told.layers, ({ root: rect }, _, place) =>
      set(rect, { x: 0, y: top + place * row, width, height: row }),
    );
    headParts.update(told.layers, ({ root: text }, { layer }, place) =>
      set(text, { x: 0, y: top + (place + 0.5) * row, dy: "0.32em", text: `layer ${layer + 1}` }),
    );
    const heads = [
      svg("text", { class: "at-end", x: rms, y: 0.9 * letter, text: "rms" }),
      ...(spread ? [svg("text", { x: spread.left, y: 0.9 * letter, text: `sizes of ${quantity.symbol}` })] : []),
      ...(span && spread ? [svg("text", { x: span.left, y: 0.9 * letter, text: "rms over time" })] : []),
      ...(ratio === null ? [] : [svg("text", { x: ratio, y: 0.9 * letter, text: "|Δw|/|w| (10⁻³)" })]),
    ];
    const numbers = told.layers.flatMap((layer, place) => {
      const y = top + (place + 0.5) * row;
      const found = layer[quantity.name];
      const rate = layer.ratio === null ? "" : ratioWords(layer.ratio, told.usual_ratio);
      return [
        svg("text", { class: found?.now ? "at-end" : "at-end before", x: rms, y, dy: "0.32em", text: found ? number(found.rms) : "" }),
        ...(ratio === null || layer.ratio === null
          ? []
          : [svg("text", { class: rate, x: ratio, y, dy: "0.32em", text: `${number(layer.ratio)} ${rate}` })]),
      ];
    });
    parts.numbers.replaceChildren(...heads, ...numbers);
  }

  /**
   * The histograms, and below them the scale with its shades.
   *
   * @param {Plan} at
   * @param {SignalsData} told
   */
  function drawSpread({ top, row, bottom, spread }, told) {
    const { place: which_, quantity } = chosen();
    const shares = message?.arrays?.["shares"];
    const span = spread;
    let [bars, hollow, marks] = ["", "", ""];
    if (span && shares) {
      const counts = shares.shape[2] ?? 0;
      told.layers.forEach((layer, place) => {
        const found = layer[quantity.name];
        if (!found) return;
        const floor = top + (place + 1) * row - 0.15 * box.letter;
        const room = row - 0.3 * box.letter;
        let path = "";
        for (let bin = 0; bin < counts; bin += 1) {
          const share = shares.numbers[(which_ * told.layers.length + place) * counts + bin] ?? 0;
          if (share === 0) continue;
          const [from, to] = edgesOf(bin, counts, span);
          // A bar grows with the root of its share: one number among a hundred is still seen.
          path += `M${from.toFixed(1)} ${floor.toFixed(1)}V${(floor - Math.sqrt(share) * room).toFixed(1)}H${(to - 0.5).toFixed(1)}V${floor.toFixed(1)}Z`;
        }
        if (found.now) bars += path;
        else hollow += path;
        const size = placeOfSize(found.rms, told.decades);
        const [begin, end] = scaleIn(span, counts);
        if (size !== null) marks += `M${(begin + size * (end - begin)).toFixed(1)} ${floor}v${-room}`;
      });
    }
    set(parts.bars, { d: bars });
    set(parts.hollow, { d: hollow });
    set(parts.marks, { d: marks });
    drawLegend(bottom, span, shares?.shape[2] ?? 0, told.decades);
  }

  /**
   * The scale of sizes: its ends and round numbers on it, and the shade of each.
   *
   * @param {number} bottom
   * @param {Span | null} span  of the histograms; without them the scale stands below the strips
   * @param {number} counts
   * @param {readonly [number, number]} decades
   */
  function drawLegend(bottom, span, counts, [first, last]) {
    const { letter } = box;
    const room = span ?? plan?.time;
    if (!room) return;
    const [begin, end] = span ? scaleIn(span, counts) : [room.left, room.right];
    const y = span ? bottom + 0.1 * letter : 0.05 * letter;
    const high = 0.35 * letter;
    const wide = (end - begin) / SHADES;
    const every = [2, 4].find((count) => (count * (end - begin)) / (last - first) > BETWEEN_TICKS * letter) ?? 8;
    const ticks = [];
    for (let power = first; power <= last; power += every) ticks.push(power);
    parts.legend.replaceChildren(
      ...shades.map((shade, k) =>
        svg("rect", { class: "shade", x: begin + k * wide, y, width: wide, height: high, "fill-opacity": shade.getAttribute("fill-opacity") }),
      ),
      ...ticks.map((power) =>
        svg("text", {
          class: "middle",
          x: begin + ((power - first) / (last - first)) * (end - begin),
          y: y + high + 1.05 * letter,
          text: power === 0 ? "1" : `10${superscript(power)}`,
        }),
      ),
      ...(span && begin - span.left > BETWEEN_TICKS * letter ? [svg("text", { class: "middle", x: (edgesOf(0, counts, span)[0] + edgesOf(0, counts, span)[1]) / 2, y: y + high + 1.05 * letter, text: "0" })] : []),
    );
  }

  /**
   * @param {Plan} at
   * @param {SignalsData} told
   */
  function drawTime({ top, row, bottom, time: span }, told) {
    const rms = message?.arrays?.["rms"];
    const { place: which_ } = chosen();
    const { letter } = box;
    time.hidden = span === null || told.steps.length === 0;
    /** @type {string[]} */
    const paths = Array(SHADES).fill("");
    let beyond = "";
    if (span && rms) {
      const samples = told.steps.length;
      const x = (/** @type {number} */ step) => span.left + axis.place(step) * (span.right - span.left);
      told.layers.forEach((_, place) => {
        const begin = (which_ * told.layers.length + place) * samples;
        for (const { shade, from, to } of stretchesOf(told.steps, told.stride, (k) => rms.numbers[begin + k] ?? NaN, told.last_step, told.decades)) {
          const path = `M${x(from).toFixed(2)} ${(top + place * row + 1).toFixed(1)}H${x(to).toFixed(2)}v${(row - 2).toFixed(1)}H${x(from).toFixed(2)}Z`;
          if (shade === "over") beyond += path;
          else paths[shade] += path;
        }
      });
      time.style.left = `${span.left}px`;
      time.style.width = `${span.right - span.left}px`;
      time.style.top = `${top}px`;
      time.style.height = `${bottom - top}px`;
    }
    shades.forEach((path, shade) => set(path, { d: paths[shade] }));
    set(over, { d: beyond });
    const ends = span ? [axis.ticks[0] ?? 0, axis.ticks.at(-1) ?? 0] : [];
    parts.grid.replaceChildren(
      ...(span
        ? [
            svg("rect", { x: span.left, y: top, width: span.right - span.left, height: bottom - top }),
            ...ends.map((step, k) =>
              svg("text", {
                class: k === 0 ? "" : "at-end",
                x: k === 0 ? span.left : span.right,
                y: bottom + 1.5 * letter,
                text: k === 0 ? "step 1" : step.toLocaleString("en"),
              }),
            ),
          ]
        : []),
    );
  }

  function drawCursor() {
    const span = plan?.time;
    const step = state?.cursor.step ?? 0;
    if (span && plan && data) {
      const x = span.left + axis.place(step) * (span.right - span.left);
      set(parts.cursor, { x1: x, x2: x, y1: plan.top - 2, y2: plan.bottom + 2, visibility: "visible" });
    } else set(parts.cursor, { visibility: "hidden" });
    setAttribute(time, "aria-valuemin", 1);
    setAttribute(time, "aria-valuemax", Math.max(data?.last_step ?? 1, step + 1));
    if (!pointed) tell();
  }

  function drawLight() {
    const lit = new Set([state?.hover, state?.selection].map((ref) => (ref ? nameParts(ref.name).layer : -1)));
    [...parts.rows.children].forEach((rect, place) => {
      rect.classList.toggle("lit", lit.has(data?.layers[place]?.layer ?? -2));
    });
  }

  function drawPointer() {
    const span = plan?.time;
    // Here, or in another view.
    const step = pointed ? data?.steps[pointed.place] : state?.moment;
    if (typeof step === "number" && step <= (axis.ticks.at(-1) ?? 0) && data && span && plan) {
      const x = span.left + axis.place(step) * (span.right - span.left);
      set(parts.pointer, { d: `M${x} ${plan.top}V${plan.bottom}` });
    } else set(parts.pointer, { d: "" });
    tell();
  }

  /** Say what is pointed at, or how it is now. */
  function tell() {
    if (!data) return pane.say("");
    const { place, quantity } = chosen();
    const rms = message?.arrays?.["rms"]?.numbers;
    const here = pointed ?? { place: placeOfStep(data.steps, state?.cursor.step ?? 0), row: 0 };
    const step = data.steps[here.place] ?? 0;
    const layer = data.layers[here.row];
    const size = rms?.[(place * data.layers.length + here.row) * data.steps.length + here.place] ?? NaN;
    const reading = layer ? readingOf(quantity, layer.layer, step, size) : "";
    setAttribute(time, "aria-valuenow", step + 1);
    setAttribute(time, "aria-valuetext", pointed ? reading : stepName(state?.cursor.step ?? 0));
    pane.say(pointed ? `${reading.charAt(0).toUpperCase()}${reading.slice(1)}.` : sentenceOf(data, quantity));
  }

  /* -------------------------------------------------------------- pointing */

  /** @param {PointerEvent | MouseEvent} event */
  function pointAt(event) {
    if (!plan || !data || data.layers.length === 0) return;
    const rect = figure.getBoundingClientRect();
    const [x, y] = [event.clientX - rect.left, event.clientY - rect.top];
    const row = Math.floor((y - plan.top) / plan.row);
    if (row < 0 || row >= data.layers.length) return point(null, null);
    const span = plan.time;
    const isInTime = span !== null && x >= span.left && x <= span.right && data.steps.length > 0;
    const end = axis.ticks.at(-1) ?? 1;
    const step = span ? ((x - span.left) / (span.right - span.left)) * end : 0;
    point(isInTime ? { place: placeOfStep(data.steps, step), row } : null, row);
  }

  /**
   * @param {{place: number, row: number} | null} now
   * @param {number | null} row  whose layer lights up on the stage
   */
  function point(now, row) {
    if (now?.place !== pointed?.place || now?.row !== pointed?.row) {
      pointed = now;
      drawPointer();
      dispatch({ type: "ui/moment", moment: now ? (data?.steps[now.place] ?? null) : null });
    }
    const layer = row === null ? undefined : data?.layers[row]?.layer;
    if (layer === undefined) {
      if (state?.hover) dispatch({ type: "ui/hover", ref: null });
    } else if (!state?.hover || nameParts(state.hover.name).layer !== layer) {
      dispatch({ type: "ui/hover", ref: { name: `layer${layer}.a`, index: [state ? sampleOf(state) : 0, 0] } });
    }
  }

  /** @param {KeyboardEvent} event */
  function onKey(event) {
    if (!data || data.steps.length === 0 || isModified(event)) return;
    const from = pointed ?? { place: placeOfStep(data.steps, state?.cursor.step ?? 0), row: 0 };
    const [lastPlace, lastRow] = [data.steps.length - 1, data.layers.length - 1];
    /** @type {Record<string, {place: number, row: number}>} */
    const targets = {
      ArrowLeft: { ...from, place: Math.max(from.place - 1, 0) },
      ArrowRight: { ...from, place: Math.min(from.place + 1, lastPlace) },
      ArrowUp: { ...from, row: Math.max(from.row - 1, 0) },
      ArrowDown: { ...from, row: Math.min(from.row + 1, lastRow) },
      Home: { ...from, place: 0 },
      End: { ...from, place: lastPlace },
    };
    const target = targets[event.key];
    if (target) {
      event.preventDefault();
      point(target, target.row);
    } else if (event.key === "Enter") {
      event.preventDefault();
      pointed ??= from;
      goThere();
    } else if (event.key === "Escape" && pointed) {
      event.preventDefault();
      event.stopPropagation();
      point(null, null);
    }
  }

  /** @param {MouseEvent} event */
  function click(event) {
    pointAt(event);
    goThere();
  }

  function goThere() {
    const step = pointed ? data?.steps[pointed.place] : undefined;
    if (step !== undefined) send({ type: "seek", cursor: { step, event: 0 } });
  }
}

/**
 * Where a count of the histogram stands: zeros at the left, a gap, then the scale; what is off the scale on either side is
 * half a bin beyond its end.
 *
 * @param {number} bin
 * @param {number} counts
 * @param {Span} span
 * @returns {[number, number]}
 */
function edgesOf(bin, counts, span) {
  const unit = unitOf(span, counts);
  if (bin === 0) return [span.left, span.left + 1.5 * unit];
  const from = span.left + (2 + bin - 1) * unit;
  return [from, from + unit];
}

/**
 * Where the scale begins and ends.
 *
 * @param {Span} span
 * @param {number} counts
 * @returns {[number, number]}
 */
function scaleIn(span, counts) {
  return [edgesOf(BEFORE_BINS, counts, span)[0], edgesOf(counts - 1, counts, span)[0]];
}

/**
 * @param {Span} span
 * @param {number} counts
 */
function unitOf(span, counts) {
  return (span.right - span.left) / (counts + 1);
}
