/**
 * Where are we, and which way is down? The loss over two directions: contours or a surface, and the path over it.
 *
 * Plotly draws the contours, whenever the grid has changed but never for a frame; the path and everything else that moves
 * lies over them in a picture of ours.
 *
 * @module
 */

import { button, element, setAttribute, setText } from "../elements.js";
import { number, stepName } from "../format.js";
import { createControls, offered, withParameter } from "../landscape/controls.js";
import { contourFigure, surfaceFigure } from "../landscape/figures.js";
import { rangeOf, steadyLevels } from "../landscape/levels.js";
import { createMap } from "../landscape/map.js";
import { boxOf, isLow } from "../landscape/scene.js";
import { saveMap, saveSurface } from "../landscape/taking.js";
import { axisNames, parameterName, placesOf, placeWords, tableOf, wordsOf } from "../landscape/words.js";
import { createPane } from "../pane.js";
import { NotShownError } from "../pictures.js";
import { loadPlotly, PLOTLY_CONFIG } from "../plotly.js";
import { USUAL_OPTIONS } from "../reduce.js";
import { placeOf } from "../select.js";
import { landscapeAxes, twoParameters } from "../watching.js";

/** Where the middle of a number is in the frame, and how far it reaches. @typedef {{label: Element, place: {x: number, y: number}, reach: number}} Extent */
/** @typedef {import("../types.js").Command} Command */
/** @typedef {import("../types.js").PackedArray} PackedArray */
/** @typedef {import("../types.js").Ref} Ref */
/** @typedef {import("../types.js").State} State */
/** @typedef {import("../types.js").ViewMessage} ViewMessage */
/** @typedef {import("../landscape/colours.js").Look} Look */
/** @typedef {import("../landscape/map.js").Node} Node */
/** @typedef {import("../landscape/words.js").Landscape} Landscape */
/** @typedef {import("../landscape/words.js").Place} Place */

/** Plotly draws so often at most. */
const CONTOUR_REST_MS = 100;
const SURFACE_REST_MS = 250;
/** A coarse grid is left out if a finer one comes within this time. */
const COARSE_WAITS_MS = 150;
/** How far one press turns the surface. */
const TURN = Math.PI / 8;
const WAITING = "Drawing the landscape …";
const FAILED = "The charts could not be loaded.";

/**
 * @param {HTMLElement} root
 * @param {object} tools
 * @param {(command: Command) => unknown} tools.send
 * @param {(action: import("../reduce.js").PageAction) => void} tools.dispatch
 * @param {(sentence: string) => void} tools.announce
 */
export function createLandscapeView(root, { send, dispatch, announce }) {
  /** @type {State | null} */
  let shown = null;
  /** @type {ViewMessage | undefined} */
  let message;
  /** @type {any} Plotly, once it is loaded */
  let plotly = null;
  let isLoading = false;
  let isSurface = false;
  /** @type {readonly number[] | null} */
  let levels = null;
  /** The numbers on the contours. @type {Extent[]} */
  let labels = [];
  /** What Plotly's picture was drawn from. @type {unknown[]} */
  let drawn = [];
  let drawnAt = -Infinity;
  /** @type {ReturnType<typeof setTimeout> | null} */
  let timer = null;
  let overlayIsDue = false;
  /** @type {Node | null} */
  let pinned = null;
  let width = 0;
  let height = 0;

  const pane = createPane(root, {
    name: "landscape",
    title: "Landscape",
    question: "Where are we, and which way is down?",
    dispatch,
    twin,
    savings: /** @type {const} */ (["SVG", "PNG"]).map((words_) => ({ words: words_, save: () => takeAlong(words_) })),
  });
  const controls = createControls(pane.controls, {
    choose: (landscape) => dispatch({ type: "ui/view-options", options: { landscape } }),
    toggleSurface,
    turn,
  });
  const chart = element("div", { class: "landscape-chart", "aria-hidden": "true" });
  const map = createMap({
    point: onPoint,
    pin: onPin,
    leave: () => pin(null),
    pointAtStep: onStep,
    goToStep: ({ step }) => send({ type: "seek", cursor: { step, event: 0 } }),
    hoverAxis: (axis) => dispatch({ type: "ui/hover", ref: axis === null ? null : parameterOn(axis) }),
  });
  const placeWordsOf = element("span", {});
  const put = button("Put the weights here", putHere);
  const unpin = button("Let go", () => pin(null), { class: "quiet-button" });
  const place = element("div", { class: "landscape-offer", hidden: true }, placeWordsOf, put, unpin);
  const asX = button("", () => useAs(0));
  const asY = button("", () => useAs(1));
  const use = element("div", { class: "landscape-offer", hidden: true }, asX, asY);
  const retry = button("Try again", () => void load(), { hidden: true });
  const words = element("p", {}, WAITING);
  const notice = element("div", { class: "landscape-notice" }, words, retry);
  const offers = element("div", { class: "landscape-offers" }, use, place);
  pane.body.append(chart, map.element, offers, notice);
  new ResizeObserver(([entry]) => {
    if (!entry) return;
    ({ width, height } = entry.contentRect);
    if (width === 0 || height === 0) letGo();
    else schedule();
  }).observe(pane.body);
  return { update };

  /** @param {State} state */
  function update(state) {
    const before = shown;
    shown = state;
    if (state.view_options.landscape === USUAL_OPTIONS.landscape && state.layers.length > 0) {
      // Two weights are what a picture of weights has; directions are for later.
      const { over } = USUAL_OPTIONS.landscape;
      dispatch({ type: "ui/view-options", options: { landscape: { axes: twoParameters(state), over } } });
      return;
    }
    pane.update(state);
    controls.update(state, isSurface);
    const now = state.views.landscape;
    const isNew = now !== message;
    if (isNew) {
      message = now;
      if (!samePlace(now)) pin(null);
      pane.changed();
      tell();
    }
    if (isNew || state.settings !== before?.settings) schedule();
    if (isNew || state.cursor.step !== before?.cursor.step) scheduleOverlay();
    if (isNew || state.selection !== before?.selection || state.view_options !== before?.view_options) offerParameter();
    if (isNew || state.hover !== before?.hover || state.selection !== before?.selection) light();
    if (state.moment !== before?.moment) {
      map.mark(state.moment);
      if (isSurface) schedule();
    }
  }

  /** What can be drawn of the newest message. */
  function landscape() {
    const data = message?.data;
    return data && data.reason === null ? /** @type {Landscape} */ (data) : null;
  }

  /** @param {ViewMessage | undefined} now */
  function samePlace(now) {
    const [before, after] = [drawn[0], now?.data];
    const sizes = (/** @type {any} */ data) => data?.u && JSON.stringify([data.u, data.v, data.size]);
    return sizes(before) === sizes(after);
  }

  /** Draw when Plotly has rested, and not before a finer grid is likely to be there. */
  function schedule() {
    scheduleOverlay();
    if (timer !== null || width === 0 || height === 0) return;
    const data = landscape();
    const rest = isSurface ? SURFACE_REST_MS : CONTOUR_REST_MS;
    const finer = data && !data.is_final && drawn.length > 0 ? COARSE_WAITS_MS : 0;
    timer = setTimeout(
      () => requestAnimationFrame(() => {
        timer = null;
        draw();
      }),
      Math.max(finer, drawnAt + rest - performance.now(), 0),
    );
  }

  function scheduleOverlay() {
    if (overlayIsDue) return;
    overlayIsDue = true;
    requestAnimationFrame(() => {
      overlayIsDue = false;
      // What does not fit the contours that are drawn waits for them.
      if (samePlace(message) || drawn.length === 0) drawOverlay();
    });
  }

  function draw() {
    const data = landscape();
    const arrays = message?.arrays;
    if (!shown || width === 0 || height === 0) return;
    if (!data || !arrays?.["losses"]) {
      if (message?.data.reason) say(message.data.reason);
      return;
    }
    if (!plotly) {
      drawOverlay();
      // What could not be loaded is asked for again when somebody wants it.
      if (retry.hidden) void load();
      return;
    }
    const look = lookOf(map.element);
    const range = rangeOf(arrays["losses"]);
    if (!range) {
      say("No loss on this map is a number that can be drawn.");
      return;
    }
    levels = steadyLevels(levels, range);
    say(null);
    const { cursor: { step }, moment } = shown;
    // The surface has the path on it, and so is drawn anew for each step.
    const now = [data, arrays, width, height, levels, isSurface, JSON.stringify(look), isSurface && step, isSurface && moment];
    if (now.every((each, place_) => each === drawn[place_]) && drawn.length > 0) return;
    const box = boxOf(width, height, look.letter);
    const names = axisNames(data, shown.layers);
    const figure = isSurface
      ? surfaceFigure(data, arrays, levels, look, { width, height, names, step, moment })
      : contourFigure(data, arrays["losses"], levels, look, box);
    if (drawn.length > 0 && drawn[5] !== isSurface) plotly.purge(chart);
    for (const [side, value] of Object.entries(isSurface ? { left: 0, top: 0, width, height } : box)) {
      chart.style.setProperty(side, `${value}px`);
    }
    root.dataset.drawn = isSurface ? "surface" : "contours";
    const config = isSurface ? PLOTLY_CONFIG : { ...PLOTLY_CONFIG, staticPlot: true };
    drawn = now;
    drawnAt = performance.now();
    void plotly.react(chart, figure.data, figure.layout, config).then(() => {
      labels = nameLevels().map(extentOf);
      giveWay();
      quieten();
      drawnAt = performance.now();
    });
    drawOverlay();
    if (message && message.data !== data) schedule();
  }

  /** The contours are drawn by the number of their level; the loss itself is to be read. What is written on them. */
  function nameLevels() {
    const all = [...chart.querySelectorAll(".contourlabels text")];
    for (const label of all) {
      const level = levels?.[Math.round(Number(label.getAttribute("data-level") ?? label.textContent))];
      if (label.hasAttribute("data-level") || level === undefined) continue;
      label.setAttribute("data-level", label.textContent ?? "");
      label.textContent = number(level);
    }
    return all;
  }

  /** @param {Element} label @returns {Extent} */
  function extentOf(label) {
    const { left, top } = chart.getBoundingClientRect();
    const { x, y, width: across, height: down } = label.getBoundingClientRect();
    return { label, place: { x: x + across / 2 - left, y: y + down / 2 - top }, reach: Math.hypot(across, down) / 2 };
  }

  /** Where the path would lie over a part of a number, none is better than the rest of it. */
  function giveWay() {
    for (const { label, place, reach } of labels) {
      label.setAttribute("visibility", map.pathFrom(place) < reach ? "hidden" : "visible");
    }
  }

  /** Plotly's picture is described by ours; nothing in it is to be reached or read on its own. */
  function quieten() {
    for (const each of chart.querySelectorAll("[tabindex], a, button")) each.setAttribute("tabindex", "-1");
  }

  function drawOverlay() {
    const data = landscape();
    map.element.toggleAttribute("hidden", isSurface || !data);
    if (!data || !shown || isSurface || width === 0) return;
    const losses = message?.arrays?.["losses"];
    const range = losses && rangeOf(losses);
    if (range) levels = steadyLevels(levels, range);
    const look = lookOf(map.element);
    map.draw({
      data,
      path: placesOf(message?.arrays?.["path"]),
      dropped: placesOf(message?.arrays?.["dropped"]),
      levels: levels ?? [0, 1],
      names: axisNames(data, shown.layers),
      step: shown.cursor.step,
      look,
      box: boxOf(width, height, look.letter),
      low: isLow(height, look.letter),
    });
    giveWay();
  }

  async function load() {
    if (isLoading) return;
    isLoading = true;
    retry.hidden = true;
    say(WAITING);
    try {
      plotly = await loadPlotly();
      if (!plotly) throw new Error(FAILED);
      schedule();
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      say(FAILED);
      retry.hidden = false;
    } finally {
      isLoading = false;
    }
  }

  /** The view is closed: what Plotly holds is given back. */
  function letGo() {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    if (plotly && drawn.length > 0) plotly.purge(chart);
    drawn = [];
    labels = [];
  }

  /** @param {string | null} sentence  instead of the picture */
  function say(sentence) {
    notice.hidden = sentence === null;
    if (sentence !== null) setText(words, sentence);
    root.toggleAttribute("data-waits", sentence !== null);
  }

  function tell() {
    const data = landscape();
    const sentence = data && shown ? wordsOf(data, shown.layers) : "";
    pane.say(sentence);
    map.describe(
      `Map of the loss. ${sentence} Arrow keys move a crosshair, Enter holds it; with Tab comes the path, step by step.`,
    );
  }

  /** @param {Node | null} node */
  function onPoint(node) {
    const data = landscape();
    if (!data || !shown) return;
    if (!node) {
      tell();
      return;
    }
    const sentence = nodeWords(data, node);
    pane.say(sentence);
    if (document.activeElement === map.element) announce(sentence);
  }

  /** @param {Node} node */
  function onPin(node) {
    const data = landscape();
    if (!data) return;
    pin(node);
    if (document.activeElement === map.element) (put.hidden ? unpin : put).focus();
  }

  /** @param {Node | null} node */
  function pin(node) {
    const data = landscape();
    const hadFocus = place.contains(document.activeElement);
    pinned = node;
    place.hidden = !node || !data || isSurface;
    if (node && data) {
      setText(placeWordsOf, nodeWords(data, node));
      put.hidden = data.kind !== "parameters";
    }
    if (!node && hadFocus) map.element.focus();
  }

  /** Two edits: the parameters on the axes become those of the place. */
  function putHere() {
    const data = landscape();
    if (!pinned || !data?.u.parameter || !data.v.parameter) return;
    const { i, j } = pinned;
    const wanted = /** @type {[Ref, number | undefined][]} */ ([[data.u.parameter, data.u.nodes[i]], [data.v.parameter, data.v.nodes[j]]]);
    for (const [ref, value] of wanted) {
      if (value === undefined) continue;
      send({ type: "edit", id: 0, path: ref.name, index: ref.index, value: Number(value.toPrecision(12)) });
    }
    pin(null);
  }

  /**
   * @param {Landscape} data
   * @param {Node} node
   */
  function nodeWords(data, { i, j }) {
    const loss = message?.arrays?.["losses"]?.numbers[j * data.size + i];
    const names = axisNames(data, shown?.layers ?? []);
    return `${placeWords(names, data.u.nodes[i] ?? 0, data.v.nodes[j] ?? 0)}: loss ${number(loss ?? NaN)}.`;
  }

  /** @param {Place | null} step */
  function onStep(step) {
    dispatch({ type: "ui/moment", moment: step?.step ?? null });
    if (!step) tell();
    else pane.say(`${stepName(step.step)}: the loss of its batch was ${number(step.loss)}. Click or Enter goes there.`);
  }

  /** @param {0 | 1} axis */
  function parameterOn(axis) {
    const data = landscape();
    return (axis === 0 ? data?.u.parameter : data?.v.parameter) ?? null;
  }

  function light() {
    const places = [shown?.hover, shown?.selection].flatMap((ref) => (ref ? [placeOf(ref)] : []));
    const isLit = (/** @type {Ref | null} */ ref) => ref !== null && places.includes(placeOf(ref));
    map.light([isLit(parameterOn(0)), isLit(parameterOn(1))]);
  }

  function offerParameter() {
    const ref = shown && offered(shown);
    use.hidden = !ref || isSurface;
    if (!ref || !shown) return;
    const name = parameterName(ref, shown.layers);
    setText(asX, `Use ${name} across`);
    setText(asY, `Use ${name} up`);
  }

  /** @param {0 | 1} axis */
  function useAs(axis) {
    const ref = shown && offered(shown);
    if (!ref || !shown) return;
    const { over } = shown.view_options.landscape;
    const axes = withParameter(landscapeAxes(shown), axis, ref);
    dispatch({ type: "ui/view-options", options: { landscape: { axes, over } } });
  }

  function toggleSurface() {
    isSurface = !isSurface;
    pin(null);
    if (shown) controls.update(shown, isSurface);
    offerParameter();
    drawOverlay();
    schedule();
  }

  /** @param {1 | -1} way */
  function turn(way) {
    if (!plotly || !isSurface || drawn.length === 0) return;
    const { eye } = /** @type {any} */ (chart)._fullLayout.scene.camera;
    const [x, y] = [eye.x, eye.y];
    const [cos, sin] = [Math.cos(way * TURN), Math.sin(way * TURN)];
    plotly.relayout(chart, { "scene.camera.eye": { x: x * cos - y * sin, y: x * sin + y * cos, z: eye.z } });
  }

  /** @param {"SVG" | "PNG"} kind */
  function takeAlong(kind) {
    if (!plotly || drawn.length === 0) throw new NotShownError();
    return isSurface ? saveSurface(plotly, chart, kind) : saveMap(map.element, chart, kind);
  }

  function twin() {
    const data = landscape();
    if (!data || !shown) return { caption: message?.data.reason ?? "", head: ["step", "loss"], rows: [] };
    return tableOf(data, placesOf(message?.arrays?.["path"]), shown.layers);
  }
}

/**
 * The theme as Plotly and the legend need it.
 *
 * @param {Element} element_
 * @returns {Look}
 */
function lookOf(element_) {
  const style = getComputedStyle(element_);
  const token = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
  return {
    ground: token("--ground"),
    ink: token("--ink"),
    quiet: token("--ink-quiet"),
    line: token("--line"),
    backward: token("--backward"),
    focus: token("--focus"),
    font: style.fontFamily,
    letter: parseFloat(style.fontSize),
  };
}
