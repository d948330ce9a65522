/**
 * The optimizer: what it makes of one parameter's gradient, over time and in the arithmetic of the step at the cursor.
 *
 * @module
 */

import { linearAxis } from "../axes.js";
import { element, setAttribute, setChoices, setField, setText } from "../elements.js";
import { layerName, nameParts, number, quantityName, stepName, symbol } from "../format.js";
import { equation, equationElement, withPrimes } from "../mathml.js";
import { axisOf, curveOf, placeOn } from "../optimizer/axes.js";
import { parametersOf, readingOf, sentenceOf, tableOf } from "../optimizer/words.js";
import { createPane } from "../pane.js";
import { setShape } from "../pane-shape.js";
import { savePng, saveSvg } from "../pictures.js";
import { tellWhatLiesBelow } from "../scrolling.js";
import { placeOf, refKey, refOf } from "../select.js";
import { placeOfStep } from "../signals/scale.js";
import { isModified, listen, stopFor } from "../stops.js";
import { set, svg } from "../svg.js";
import { VIEWS } from "../view-list.js";

/** @typedef {import("../types.js").State} State */
/** @typedef {import("../types.js").Ref} Ref */
/** @typedef {import("../types.js").Command} Command */
/** @typedef {import("../types.js").Explanation} Explanation */
/** @typedef {import("../types.js").ViewMessage} ViewMessage */
/** @typedef {import("../connection.js").Reply} Reply */
/** @typedef {import("../optimizer/axes.js").RowAxis} RowAxis */
/** @typedef {import("../optimizer/words.js").OptimizerData} OptimizerData */
/** @typedef {import("../optimizer/words.js").Row} Row */

const NAME = "optimizer";
const FILE = "chalkgrad-optimizer";
const WAITING = "…";
const FEWEST_STEPS = 10;
/** So many parameters of a layer are in the menu; any other one is chosen in the picture. */
const MOST_IN_MENU = 40;
/** A small picture is at least so many letters wide and high; two side by side may be narrower. */
const NARROWEST = 11;
const PAIR = 17;
const LOWEST = 4.6;
/** From so many letters of height on, there is room for words in a picture. */
const WITH_WORDS = 2.8;
const GAP = 1.2;
/** What an equation needs besides its body, in em. */
const LEFT_OF_BODY = 4;

/**
 * @param {HTMLElement} root
 * @param {{send: (command: Command) => Promise<Reply>, dispatch(action: import("../reduce.js").PageAction): void}} tools
 */
export function createOptimizerView(root, { send, dispatch }) {
  const { title = "", question = "" } = VIEWS.find(({ name }) => name === NAME) ?? {};
  const figure = svg("svg", { class: "optimizer-figure", "aria-hidden": "true" });
  const titles = element("div", { class: "optimizer-titles", "aria-hidden": "true" });
  const time = element("div", {
    class: "optimizer-time",
    role: "slider",
    tabindex: "0",
    "aria-label": "Step of the optimizer",
    "aria-description": "Left and right move through the steps, Enter goes to that step.",
  });
  const empty = element("p", { class: "pane-empty" });
  const plot = element("div", { class: "optimizer-plot split-picture" }, figure, titles, time, empty);
  const rule = element("div", { class: "optimizer-rule" });
  const worked = element("div", { class: "optimizer-worked" });
  const numbers = element("dl", { class: "optimizer-numbers" });
  const arithmetic = element("div", { class: "optimizer-arithmetic split-words", role: "group", "aria-label": "The update at the cursor" }, rule, worked, numbers);
  tellWhatLiesBelow(arithmetic);
  const pane = createPane(root, {
    name: NAME,
    title,
    question,
    dispatch,
    twin: () => (data ? tableOf(data) : { caption: WAITING, head: [], rows: [] }),
    savings: [
      { words: "SVG", save: () => saveSvg(figure, FILE) },
      { words: "PNG", save: () => savePng(figure, FILE) },
    ],
  });
  const which = element("select", { "aria-label": "Parameter", onchange: () => choose(refOf(which.value)) });
  const lenses = element("select", { "aria-label": "Show", onchange: chooseLens });
  pane.controls.append(which, lenses);
  pane.body.append(plot, arithmetic);
  root.classList.add("pane-split");

  /** @type {State | null} */
  let state = null;
  /** @type {ViewMessage | null} */
  let message = null;
  /** @type {OptimizerData | null} */
  let data = null;
  /** What is wanted to be shown where there is no room for both. */
  let wanted = "time";
  let box = { width: 0, height: 0, letter: 13 };
  let axis = linearAxis(FEWEST_STEPS, FEWEST_STEPS);
  /** Where each small picture stands. @type {{row: Row, left: number, right: number, top: number, bottom: number}[]} */
  let cells = [];
  /** Axes grow with the run they are of. @type {{key: string, axes: Map<string, RowAxis>}} */
  let kept = { key: "", axes: new Map() };
  /** @type {number | null} the place in the steps that is pointed at */
  let pointed = null;
  /** The equation of a moment. @type {{key: string, explanation: Explanation | null} | null} */
  let told = null;
  let isAsking = false;
  let shownNumbers = "";
  let shownTitles = "";

  listen(time, { pointAt, letGo: () => point(null, null), click, onKey }, plot);
  for (const kind of ["pointerenter", "focus"]) which.addEventListener(kind, () => dispatch({ type: "ui/hover", ref: parameter() }));
  for (const kind of ["pointerleave", "blur"]) which.addEventListener(kind, () => dispatch({ type: "ui/hover", ref: null }));
  worked.addEventListener("pointerover", (event) => {
    const at = event.target instanceof Element ? event.target.closest("[data-ref]") : null;
    dispatch({ type: "ui/hover", ref: at ? refOf(at.getAttribute("data-ref") ?? "") : null });
  });
  worked.addEventListener("pointerleave", () => dispatch({ type: "ui/hover", ref: null }));
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
      data = next ? /** @type {OptimizerData} */ (next.data) : null;
      keepChoice(now);
      draw();
      pane.changed();
    } else if (before.cursor !== now.cursor || before.frame !== now.frame || before.moment !== now.moment) drawMarks();
    if (before?.layers !== now.layers || before?.data !== now.data) drawMenu(now);
    if (before?.hover !== now.hover || before?.selection !== now.selection) drawLight();
    void ask();
  }

  /** The parameter on show. @returns {Ref | null} */
  function parameter() {
    return message && message.request.view === NAME ? message.request.parameter : null;
  }

  /** Stay with the parameter when it is let go. @param {State} now */
  function keepChoice(now) {
    const ref = parameter();
    const before = now.view_options.optimizer;
    if (ref === null) return;
    if (!before || refKey(before) !== refKey(ref)) queueMicrotask(() => dispatch({ type: "ui/view-options", options: { optimizer: ref } }));
    drawMenu(now);
  }

  function chooseLens() {
    wanted = lenses.value;
    draw();
  }

  /** @param {Ref | null} ref */
  function choose(ref) {
    if (ref === null) return;
    dispatch({ type: "ui/view-options", options: { optimizer: ref } });
    // What is selected in the picture goes before: so select this one there, or the menu would do nothing.
    if (state?.selection) dispatch({ type: "ui/select", ref });
    dispatch({ type: "ui/hover", ref });
  }

  /** @param {State} now */
  function drawMenu(now) {
    const ref = parameter();
    const offered = parametersOf(now.layers, MOST_IN_MENU);
    const all = ref && !offered.some((each) => refKey(each) === refKey(ref)) ? [ref, ...offered] : offered;
    setChoices(which, all.map((each) => ({ value: refKey(each), words: `${symbol(each)}, ${layerName(nameParts(each.name).layer, now.layers)}` })));
    if (ref) {
      setField(which, refKey(ref));
      setAttribute(which, "title", quantityName(ref, now.data));
    }
  }

  function measure() {
    const letter = parseFloat(getComputedStyle(plot).fontSize) || 13;
    const shape = setShape(root, letter);
    if (plot.clientWidth > 0) box = { width: plot.clientWidth, height: plot.clientHeight, letter };
    setChoices(lenses, shape === "small" ? [{ value: "time", words: "over time" }, { value: "now", words: "arithmetic" }] : [{ value: "time", words: "over time" }]);
    lenses.value = lenses.options.length > 1 ? wanted : "time";
    lenses.hidden = lenses.options.length < 2;
    draw();
  }

  /* -------------------------------------------------------------- drawing */

  function draw() {
    const onlyNow = lenses.value === "now";
    root.classList.toggle("only-words", onlyNow);
    setText(empty, data ? (data.reason ?? data.note ?? (data.steps.length === 0 ? "No step is complete yet: each adds a point to every curve." : "")) : WAITING);
    arithmetic.hidden = data === null || data.reason !== null;
    drawArithmetic();
    drawCurves();
    drawMarks();
    drawLight();
  }

  function drawCurves() {
    if (!data || !message || box.width === 0) return;
    const shown = data;
    const ref = parameter();
    const key = `${message.run} ${ref ? refKey(ref) : ""} ${shown.optimizer}`;
    if (kept.key !== key) kept = { key, axes: new Map() };
    axis = linearAxis(Math.max(shown.last_step, state?.cursor.step ?? 0), FEWEST_STEPS);
    const { width, letter } = box;
    const rows = shown.steps.length === 0 ? [] : shown.rows;
    const { columns, high } = gridOf(rows.length);
    const wide = (width - (columns - 1) * GAP * letter) / columns;
    cells = rows.map((row, place) => {
      const left = (place % columns) * (wide + GAP * letter);
      const top = Math.floor(place / columns) * high;
      return { row, left, right: left + wide, top: top + 1.6 * letter, bottom: top + high - 0.6 * letter };
    });
    const lines = Math.ceil(rows.length / columns);
    set(figure, { width, height: Math.max(lines * high, 1) });
    setAttribute(figure, "font-size", letter * 0.85);
    figure.replaceChildren(...cells.map((cell) => picture(cell, shown)));
    const asTitles = JSON.stringify([rows.map(({ mathml }) => mathml), columns, wide, high]);
    if (asTitles !== shownTitles) {
      shownTitles = asTitles;
      titles.replaceChildren(
        ...cells.map(({ row, left, top }) => {
          const made = element("span", { class: "optimizer-title", "data-row": row.name });
          made.innerHTML = `<math>${withPrimes(row.mathml)}</math>`;
          made.append(element("span", { class: "value" }));
          made.style.left = `${left}px`;
          made.style.top = `${top - 1.6 * letter}px`;
          made.style.width = `${wide}px`;
          return made;
        }),
      );
    }
  }

  /**
   * As many columns as there is room for, filled evenly.
   *
   * @param {number} count
   */
  function gridOf(count) {
    const { width, height, letter } = box;
    const most = Math.max(width >= PAIR * letter ? 2 : 1, Math.floor((width + GAP * letter) / ((NARROWEST + GAP) * letter)));
    const lines = Math.max(1, Math.ceil(count / most));
    const columns = Math.max(1, Math.ceil(count / lines));
    return { columns, high: Math.max(height / lines, LOWEST * letter) };
  }

  /**
   * @param {(typeof cells)[number]} cell
   * @param {OptimizerData} shown
   */
  function picture({ row, left, right, top, bottom }, shown) {
    const { letter } = box;
    const values = axisOf(row.values, row.signed, kept.axes.get(row.name) ?? null);
    kept.axes.set(row.name, values);
    const across = shown.steps.map((step) => left + axis.place(step) * (right - left));
    const places = row.values.map((value) => placeOn(values, value));
    const zero = values.isLog ? null : placeOn(values, 0);
    const y = (/** @type {number} */ place) => bottom - place * (bottom - top);
    const small = 0.85 * letter;
    return svg("g", { class: `optimizer-row ${row.kind}`, "data-row": row.name }, [
      svg("rect", { x: left, y: top, width: right - left, height: bottom - top }),
      ...(zero === null ? [] : [svg("line", { class: "zero", x1: left, x2: right, y1: y(zero), y2: y(zero) })]),
      // In the picture itself, so that a saved one has its names.
      ...(bottom - top < WITH_WORDS * letter ? [] : [svg("text", { x: left + 2, y: top + small, text: row.words })]),
      svg("path", { class: "curve", d: curveOf(places, shown.steps, shown.stride, across, top, bottom) }),
      svg("text", { class: "at-end", x: right - 2, y: top + small, text: number(values.high, 2) }),
      ...(values.low === 0 ? [] : [svg("text", { class: "at-end", x: right - 2, y: bottom - 2, text: number(values.low, 2) })]),
      ...(values.isLog ? [svg("text", { x: left + 2, y: bottom - 2, text: "log" })] : []),
      svg("line", { class: "cursor" }),
      svg("line", { class: "pointer" }),
    ]);
  }

  function drawMarks() {
    const step = state?.cursor.step ?? 0;
    const at = (/** @type {Element} */ group, /** @type {string} */ name, /** @type {number | null} */ x, /** @type {(typeof cells)[number]} */ cell) => {
      const line = group.querySelector(`.${name}`);
      if (line) set(line, x === null ? { visibility: "hidden" } : { visibility: "visible", x1: x, x2: x, y1: cell.top, y2: cell.bottom });
    };
    const moment = state?.moment ?? null;
    // Here, or in another view.
    const target = pointed === null ? moment : (data?.steps[pointed] ?? null);
    const isHere = target !== null && target <= (axis.ticks.at(-1) ?? 0);
    const now = pointed ?? (data && data.steps.length > 0 ? placeOfStep(data.steps, moment ?? step) : null);
    cells.forEach((cell, k) => {
      const group = figure.children[k];
      if (!group) return;
      const x = (/** @type {number} */ each) => cell.left + axis.place(each) * (cell.right - cell.left);
      at(group, "cursor", x(step), cell);
      at(group, "pointer", isHere ? x(target) : null, cell);
      const value = now === null ? undefined : cell.row.values[now];
      const text = titles.children[k]?.querySelector(".value");
      if (text) setText(text, value === undefined || value === "NaN" ? "" : number(value));
    });
    setAttribute(time, "aria-valuemin", 1);
    setAttribute(time, "aria-valuemax", Math.max(data?.last_step ?? 1, step + 1));
    tell();
  }

  function tell() {
    time.hidden = !data || data.steps.length === 0;
    if (!data) return pane.say("");
    const place = pointed ?? placeOfStep(data.steps, state?.cursor.step ?? 0);
    const ref = parameter();
    setAttribute(time, "aria-valuenow", (data.steps[place] ?? 0) + 1);
    setAttribute(time, "aria-valuetext", pointed === null ? stepName(state?.cursor.step ?? 0) : readingOf(data, pointed));
    pane.say(pointed === null ? sentenceOf(data, ref?.name.endsWith(".b") ? "bias" : "weight") : readingOf(data, pointed));
  }

  function drawLight() {
    const lit = new Set([state?.hover, state?.selection].flatMap((ref) => (ref ? [refKey(ref)] : [])));
    cells.forEach(({ row }, k) => figure.children[k]?.classList.toggle("lit", row.ref !== null && lit.has(refKey(row.ref))));
    for (const each of worked.querySelectorAll("[data-ref]")) each.classList.toggle("lit", lit.has(each.getAttribute("data-ref") ?? ""));
    // The name stands for all numbers of its edge: the weight, its gradient, its change.
    const ref = parameter();
    const places = [state?.hover, state?.selection].map((each) => each && placeOf(each));
    setAttribute(which, "data-lit", ref !== null && places.includes(placeOf(ref)));
  }

  /* -------------------------------------------------------------- the arithmetic */

  function drawArithmetic() {
    if (!data || data.reason) return;
    if (rule.dataset["of"] !== data.rule) {
      rule.dataset["of"] = data.rule;
      rule.innerHTML = withPrimes(data.rule);
    }
    const asNumbers = JSON.stringify(data.numbers);
    if (asNumbers !== shownNumbers) {
      shownNumbers = asNumbers;
      numbers.replaceChildren(
        ...data.numbers.flatMap(({ mathml, words, value }) => {
          const sign = element("dt", { title: words });
          sign.innerHTML = `<math>${withPrimes(mathml)}</math>`;
          sign.append(element("span", { class: "visually-hidden" }, words));
          const text = value === null ? element("span", { class: "visually-hidden" }, "not computed yet") : number(value);
          return [sign, element("dd", { class: value === null ? "empty" : "" }, text)];
        }),
      );
    }
    const ref = parameter();
    const isFresh = told !== null && ref !== null && state !== null && told.key === momentKey(state, ref);
    worked.hidden = !told?.explanation || (!isFresh && state?.frame !== null);
    if (!told?.explanation || worked.hidden) return;
    const letter = parseFloat(getComputedStyle(worked).fontSize) || 13;
    const room = Math.max((arithmetic.clientWidth || 15 * letter) / letter - LEFT_OF_BODY, 8);
    const shown = told.explanation.quantity.value === null ? () => false : null;
    worked.replaceChildren(equationElement(document, equation(told.explanation, { room, shown })));
    drawLight();
  }

  /**
   * @param {State} now
   * @param {Ref} ref
   */
  function momentKey({ run, cursor, learning_rate: rate }, ref) {
    return `${refKey(ref)} ${run} ${cursor.step} ${cursor.event} ${rate}`;
  }

  /** The next value of a parameter as an equation, from the engine, as on the blackboard; one question at a time. */
  async function ask() {
    const ref = parameter();
    if (!state || !ref || isAsking || data?.reason || state.connection !== "open" || state.playing === "train" || state.frame) return;
    const key = momentKey(state, ref);
    if (told?.key === key) return;
    isAsking = true;
    const reply = await send({ type: "explain", id: 0, name: ref.name.replace(".", ".next_"), index: ref.index });
    isAsking = false;
    told = { key, explanation: reply?.type === "answer" && reply.what === "explain" ? reply.explanation : null };
    drawArithmetic();
    void ask();
  }

  /* -------------------------------------------------------------- pointing */

  /** @param {PointerEvent | MouseEvent} event */
  function pointAt(event) {
    if (!data || cells.length === 0) return;
    const rect = figure.getBoundingClientRect();
    const [x, y] = [event.clientX - rect.left, event.clientY - rect.top];
    const slack = (GAP / 2) * box.letter;
    const cell = cells.find(({ left, right, top, bottom }) => x >= left - slack && x <= right + slack && y >= top - 1.6 * box.letter && y <= bottom + slack);
    if (!cell) return point(null, null);
    const share = (x - cell.left) / (cell.right - cell.left);
    point(placeOfStep(data.steps, share * (axis.ticks.at(-1) ?? 1)), cell.row.ref);
  }

  /**
   * @param {number | null} place
   * @param {Ref | null} ref  what lights up on the stage
   */
  function point(place, ref) {
    if (place !== pointed) {
      pointed = place;
      drawMarks();
      dispatch({ type: "ui/moment", moment: place === null ? null : (data?.steps[place] ?? null) });
    }
    const hover = state?.hover ?? null;
    if ((hover ? refKey(hover) : "") !== (ref ? refKey(ref) : "")) dispatch({ type: "ui/hover", ref });
  }

  /** @param {KeyboardEvent} event */
  function onKey(event) {
    if (!data || data.steps.length === 0 || isModified(event)) return;
    const from = pointed ?? placeOfStep(data.steps, state?.cursor.step ?? 0);
    const target = stopFor(event.key, from, data.steps.length);
    if (target !== null) {
      event.preventDefault();
      point(target, parameter());
    } else if (event.key === "Enter") {
      event.preventDefault();
      pointed ??= from;
      goThere();
    } else if (event.key === "Escape" && pointed !== null) {
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
    const step = pointed === null ? undefined : data?.steps[pointed];
    if (step !== undefined) void send({ type: "seek", cursor: { step, event: 0 } });
  }
}
