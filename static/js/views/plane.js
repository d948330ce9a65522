/**
 * The plane: what the network makes of every place, and the points it learns from. It is read, pointed at and edited here.
 *
 * @module
 */

import { batchRows, dataRowOf, shownRow } from "../batch.js";
import { element, setAttribute, setText } from "../elements.js";
import { number } from "../format.js";
import { createPane } from "../pane.js";
import { savePng, saveSvg } from "../pictures.js";
import { tellWhatLiesBelow } from "../scrolling.js";
import { refKey } from "../select.js";
import { set, svg } from "../svg.js";
import { VIEWS } from "../view-list.js";
import { createAxes } from "../plane/axes.js";
import { paletteOf } from "../plane/colours.js";
import { createControls } from "../plane/controls.js";
import { createEditing } from "../plane/editing.js";
import { inputsAt } from "../plane/edits.js";
import { createHand } from "../plane/hand.js";
import { createLegend } from "../plane/legend.js";
import { createPicture } from "../plane/picture.js";
import { grown, plotIn, WIDEST, xOf, yOf } from "../plane/plot.js";
import { countOf, nearest, placeOfRow, pointAt } from "../plane/points.js";
import { shapeOf } from "../plane/shapes.js";
import { className, pointWords, readingOf, sentenceOf, shortSentenceOf } from "../plane/words.js";

/** @typedef {import("../types.js").State} State */
/** @typedef {import("../types.js").Ref} Ref */
/** @typedef {import("../types.js").Command} Command */
/** @typedef {import("../types.js").ServerMessage} ServerMessage */
/** @typedef {import("../types.js").PlaneData} PlaneData */
/** @typedef {import("../types.js").PackedArray} PackedArray */
/** @typedef {import("../types.js").ViewMessage} ViewMessage */
/** @typedef {import("../plane/hand.js").Hit} Hit */
/** @typedef {import("../plane/hand.js").Place} Place */
/** @typedef {import("../plane/plot.js").Ends} Ends */
/** @typedef {import("../plane/plot.js").Plot} Plot */
/** @typedef {import("../plane/points.js").Places} Places */
/** @typedef {"training" | "validation"} Kind */

const NAME = "plane";
const FILE = "plane";
const KINDS = /** @type {const} */ (["training", "validation"]);
/** Rows of the table. */
const TABLE_ROWS = 100;
/** Chances have room above and below, so that points on 0 and 1 are whole. */
const CHANCE_ENDS = Object.freeze({ low: -0.1, high: 1.1 });
const NOTHING = Object.freeze({ low: -1, high: 1 });
/** The pane is wide when it is so many times as wide as it is high: what is said stands beside the picture then. */
const WIDE = 1.35;
/** Lower than so many letters, what can be chosen has one line; lower still, the legend gives way to the picture. */
const LOW = 27;
const LOWEST = 19;
const LEAST_NAMED = 11;
/** A point is so large a part of its plot (a few points are read from farther away), but neither too small to have a shape nor a blot. */
const POINT_SHARE = 0.013;
const FEW_POINT_SHARE = 0.024;
/** Of as many points as this, none is larger than the usual share. */
const MANY = 100;
const POINT_LEAST = 2.6;
const POINT_LETTERS = 0.5;
/** Beside a picture this part of the pane is for what is said. */
const SAID = 0.36;
const WAITING = "…";

/**
 * @param {HTMLElement} root
 * @param {object} tools
 * @param {(command: Command) => Promise<ServerMessage | null>} tools.send
 * @param {(action: import("../reduce.js").PageAction) => void} tools.dispatch
 * @param {(sentence: string) => void} tools.announce
 */
export function createPlaneView(root, { send, dispatch, announce }) {
  const savings = /** @type {const} */ (["SVG", "PNG"]).map((words) => ({ words, save: () => takeAlong(words) }));
  const { title = "", question = "" } = VIEWS.find(({ name }) => name === NAME) ?? {};
  const pane = createPane(root, { name: NAME, title, question, dispatch, twin, savings });
  const base = element("canvas", { "aria-hidden": "true" });
  const over = element("canvas", { "aria-hidden": "true" });
  const lines = svg("svg", {
    class: "plane-over",
    role: "application",
    tabindex: "0",
    "aria-label": "The input plane. Arrow keys move a crosshair, with Shift five steps at a time. Enter selects, adds, feeds or takes a point along, as chosen; Delete removes the selected point.",
  });
  const axes = createAxes();
  const marks = {
    cross: svg("path", { class: "plane-cross" }),
    sample: svg("circle", { class: "plane-sample" }),
    hover: svg("circle", { class: "plane-hover" }),
    selected: svg("circle", { class: "plane-selected" }),
    ghost: svg("path", { class: "plane-ghost" }),
    asked: svg("g", { class: "plane-asked", visibility: "hidden" }, [svg("circle"), svg("text", { text: "?" })]),
  };
  lines.append(axes.element, ...Object.values(marks));
  const figure = element("div", { class: "plane-figure" }, base, over, lines);
  const empty = element("p", { class: "pane-empty plane-empty" });
  const legendBox = element("p", { class: "plane-legend" });
  const reader = element("p", { class: "plane-reader" });
  const side = element("div", { class: "plane-side" }, legendBox, reader);
  tellWhatLiesBelow(side);
  pane.body.append(figure, empty);
  root.insertBefore(side, root.lastElementChild);
  const legend = createLegend(legendBox);
  const picture = createPicture(base, over);
  const controls = createControls(pane.controls, {
    options: (options) => state && dispatch({ type: "ui/view-options", options: { plane: { ...state.view_options.plane, ...options } } }),
    change: choicesChanged,
    answer,
    output: () => dispatch({ type: "ui/select", ref: null }),
  });
  const { choices } = controls;

  /** @type {State | null} */
  let state = null;
  /** @type {ViewMessage | null} */
  let message = null;
  /** @type {PlaneData | null} */
  let data = null;
  /** @type {Record<string, PackedArray>} */
  let arrays = {};
  /** @type {import("../plane/colours.js").Palette | null} */
  let palette = null;
  let theme = "";
  /** @type {Plot | null} */
  let plot = null;
  let box = { width: 0, height: 0, letter: 13 };
  /** Ends of the hidden space, which only grow. @type {{key: string, x: Ends, y: Ends} | null} */
  let space = null;
  /** @type {Record<Kind, Places>} */
  const places = { training: room(0), validation: room(0) };
  /** There is more than one line for what is said of the whole. */
  let hasRoomForSentences = true;
  /** The point whose class is asked for. @type {import("../plane/controls.js").Asked | null} */
  let asked = null;
  let measuredFor = "";
  /** Where somebody points, and the point that is there. @type {Place | null} */
  let at = null;
  /** @type {Hit | null} */
  let atHit = null;
  let due = 0;
  let isBaseDue = true;

  const editing = createEditing({
    shown: () => (data && plot ? { data, arrays, plot } : null),
    isTraining: () => state?.playing === "train",
    send,
    select: (ref) => dispatch({ type: "ui/select", ref }),
    say: announce,
    refuse(sentence) {
      announce(sentence);
      setText(reader, sentence);
    },
    changed(isTakenOrLeft) {
      isBaseDue ||= isTakenOrLeft;
      drawSoon();
    },
  });
  const hand = createHand(lines, {
    plot: () => plot,
    hit,
    canMove: () => choices.tool !== "look" && lens() !== "hidden",
    point: pointAtPlace,
    press,
    take: editing.take,
    carry,
    drop: editing.drop,
    remove: () => editing.remove(state?.selection ?? null),
  });
  new ResizeObserver(measure).observe(pane.body);
  new ResizeObserver(measure).observe(root);
  return { update };

  /** @param {State} now */
  function update(now) {
    const before = state;
    state = now;
    pane.update(now);
    const next = now.views[NAME] ?? null;
    const isNew = next !== message;
    const isThemed = before?.settings.theme !== now.settings.theme;
    if (isNew) {
      message = next;
      data = next ? /** @type {PlaneData} */ (next.data) : null;
      arrays = next?.arrays ?? {};
      editing.settle();
      hearAsked();
      pane.changed();
      if (at) setText(reader, readingWords(atHit));
    }
    if (isNew || before?.view_options !== now.view_options || before?.sample !== now.sample) drawWords();
    const isMarked = before?.hover !== now.hover || before?.selection !== now.selection || before?.frame !== now.frame || before?.events !== now.events || before?.sample !== now.sample;
    if (isNew || isThemed) isBaseDue = true;
    if (isNew || isThemed || isMarked) drawSoon();
  }

  function drawWords() {
    if (!state) return;
    const reason = data?.reason ?? (data && lens() === "hidden" ? data.hidden?.reason : null) ?? null;
    setText(empty, data ? (reason ?? "") : WAITING);
    figure.classList.toggle("no-picture", !data || reason !== null);
    setAttribute(side, "hidden", !data || reason !== null);
    if (!data) return;
    controls.update(data, state.view_options.plane, {
      asked,
      row: shownRow(state),
      isDeep: state.layers.filter(({ type }) => type === "dense").length > 1,
    });
    legend.update(data, lens());
    const tell = hasRoomForSentences ? sentenceOf : shortSentenceOf;
    pane.say(data.reason ? "" : lens() === "hidden" ? hiddenSentence(data) : tell(data));
  }

  /** @returns {"plane" | "curve" | "hidden"} */
  function lens() {
    return data?.hidden && state?.view_options.plane.hidden ? "hidden" : (data?.kind ?? "plane");
  }

  /* -------------------------------------------------------------- drawing */

  function measure() {
    const letters = root.clientHeight / box.letter;
    const shape = root.clientWidth > WIDE * root.clientHeight ? "wide" : "tall";
    const isLow = shape === "tall" && letters < LOW;
    setAttribute(root, "data-shape", isLow ? (letters < LOWEST ? "lowest" : "low") : shape);
    if (hasRoomForSentences === isLow) {
      hasRoomForSentences = !isLow;
      drawWords();
    }
    const ends = data && endsOf(data);
    const isSquare = lens() !== "curve" && (ends === null || (ends.x.low === ends.y.low && ends.x.high === ends.y.high));
    const most = (1 - SAID) * root.clientWidth;
    const needed = lens() === "curve" ? most : (isSquare ? 1 : WIDEST) * (pane.body.clientHeight - 2.5 * box.letter) + 4.4 * box.letter;
    root.style.setProperty("--picture-width", `${Math.round(Math.min(most, needed))}px`);
    box = { width: pane.body.clientWidth, height: pane.body.clientHeight, letter: parseFloat(getComputedStyle(figure).fontSize) || 13 };
    if (box.width === 0) return;
    picture.resize(box.width, box.height);
    set(lines, { width: box.width, height: box.height });
    isBaseDue = true;
    drawSoon();
  }

  function drawSoon() {
    due ||= requestAnimationFrame(draw);
  }

  function draw() {
    due = 0;
    if (!data || data.reason || !state || box.width === 0 || data.axes.length === 0) return;
    if (!palette || theme !== state.settings.theme) {
      const style = getComputedStyle(document.documentElement);
      palette = paletteOf((token) => style.getPropertyValue(token));
      theme = state.settings.theme;
    }
    if (isBaseDue) {
      layOut(data);
      if (!plot) return;
      const shown = { data, arrays, plot, palette, lens: lens(), isHard: choices.isHard, radius: radius(), places, without: editing.carried?.hit ?? null };
      picture.drawBase(shown);
      picture.drawPoints(shown);
      isBaseDue = false;
    }
    drawMarks();
  }

  /** @param {PlaneData} now */
  function layOut(now) {
    const ends = endsOf(now);
    const kind = `${lens()} ${JSON.stringify(ends)}`;
    if (kind !== measuredFor) {
      measuredFor = kind;
      measure();
    }
    plot = plotIn({ ...box, ...ends, isFree: lens() === "curve", isNamed: isNamed() });
    const [across = "", up = ""] = axisNames(now);
    axes.draw(plot, {
      letter: box.letter,
      across,
      up,
      isNamed: isNamed(),
      isBare: lens() === "hidden" && (now.hidden?.ends.length ?? 0) < 2,
    });
    for (const kind of KINDS) place(now, kind, plot);
  }

  /**
   * @param {PlaneData} now
   * @returns {{x: Ends, y: Ends}}
   */
  function endsOf(now) {
    const [x = NOTHING, y = NOTHING] = now.axes;
    if (lens() === "plane") return { x, y };
    if (lens() === "curve") {
      const isChosen = now.neuron !== null && "chosen" in arrays;
      const peak = now.maps.find(({ layer }) => layer === now.neuron?.layer)?.peak ?? 1;
      if (isChosen) return { x, y: { low: -1.1 * peak, high: 1.1 * peak } };
      return { x, y: now.task === "regression" ? { low: now.scale[0], high: now.scale[1] } : CHANCE_ENDS };
    }
    const [across = [-1, 1], up = [-1, 1]] = now.hidden?.ends ?? [];
    const key = JSON.stringify([state?.session, now.raw_names, now.hidden?.layer, now.hidden?.units, now.hidden?.shown_units]);
    const last = space?.key === key ? space : null;
    space = {
      key,
      x: grown(last?.x ?? null, { low: across[0], high: across[1] }),
      y: grown(last?.y ?? null, { low: up[0], high: up[1] }),
    };
    return space;
  }

  /**
   * Where the points stand, in pixels.
   *
   * @param {PlaneData} now
   * @param {Kind} kind
   * @param {Plot} in_
   */
  function place(now, kind, in_) {
    const points = arrays[kind];
    const inputs = arrays[`${kind}_inputs`];
    const hidden = arrays[`hidden_${kind}`];
    const count = countOf(points);
    if (places[kind].x.length < count) places[kind] = room(count);
    const { x, y } = places[kind];
    places[kind].count = count;
    const columns = inputs?.shape[1] ?? 1;
    const [first = 0, second = 0] = now.pair;
    const spread = hidden?.shape[1] ?? 0;
    for (let k = 0; k < count; k += 1) {
      const target = points?.numbers[4 * k + 1] ?? 0;
      if (lens() === "hidden") {
        x[k] = xOf(in_, hidden?.numbers[k * spread] ?? 0);
        // Along one unit the classes stand one above the other.
        y[k] = yOf(in_, spread > 1 ? (hidden?.numbers[k * spread + 1] ?? 0) : (target + 0.5) / Math.max(now.class_names.length, 1) - 0.5);
      } else {
        x[k] = xOf(in_, inputs?.numbers[k * columns + first] ?? 0);
        const height = now.kind === "plane" ? (inputs?.numbers[k * columns + second] ?? 0) : now.class_names.length > 2 ? 1 : target;
        y[k] = yOf(in_, height);
      }
    }
  }

  function isNamed() {
    return box.height > LEAST_NAMED * box.letter;
  }

  /** @param {PlaneData} now */
  function axisNames(now) {
    if (lens() === "hidden" && now.hidden) {
      const { shown_units: units, layer } = now.hidden;
      return [0, 1].map((k) => (units.length > 0 ? (units[k] === undefined ? "" : `neuron ${(units[k] ?? 0) + 1} of layer ${layer + 1}`) : `component ${k + 1}`));
    }
    const [x, y] = now.axes;
    if (now.kind === "plane") return [x?.name ?? "", y?.name ?? ""];
    return [x?.name ?? "", now.task === "regression" ? (now.target_names[now.output] ?? "output") : "probability"];
  }

  function drawMarks() {
    if (!plot || !state) return;
    const r = radius();
    const row = shownRow(state);
    ring(marks.sample, row === null ? null : placeNamed("training", row), 2.5 * r);
    ring(marks.hover, refPlace(state.hover), 2.1 * r);
    ring(marks.selected, refPlace(state.selection), 2.1 * r);
    const cross = hand.cross;
    const { left, right, top, bottom } = plot;
    set(marks.cross, { d: cross ? `M${left} ${cross.py}H${right}M${cross.px} ${top}V${bottom}` : null });
    const { carried } = editing;
    const shape = data?.task === "regression" ? shapeOf(0) : shapeOf(carried?.target ?? 0);
    set(marks.ghost, {
      d: carried ? shape : null,
      class: `plane-ghost class-${((carried?.target ?? 0) % 6) + 1}`,
      transform: carried ? `translate(${xOf(plot, carried.values[0])} ${yOf(plot, carried.values[1])}) scale(${1.25 * r})` : null,
    });
    const point = asked?.point && data && lens() === "plane" ? data.pair.map((column) => Number(asked?.point?.[column] ?? 0)) : null;
    set(marks.asked, {
      visibility: point ? null : "hidden",
      transform: point ? `translate(${xOf(plot, point[0] ?? 0)} ${yOf(plot, point[1] ?? 0)})` : null,
    });
  }

  /**
   * @param {SVGCircleElement} mark
   * @param {[number, number] | null} where  in pixels
   * @param {number} r
   */
  function ring(mark, where, r) {
    set(mark, { cx: where?.[0], cy: where?.[1], r: where ? r : null });
  }

  /** @param {Ref | null} ref @returns {[number, number] | null} */
  function refPlace(ref) {
    if (ref?.name === "validation") return placeNamed(ref.name, ref.index[0] ?? -1);
    const row = state && dataRowOf(state, ref);
    return row === null ? null : placeNamed("training", row);
  }

  /** @param {Kind} kind @param {number} row @returns {[number, number] | null} */
  function placeNamed(kind, row) {
    const points = arrays[kind];
    const k = points ? placeOfRow(points, row) : -1;
    return k < 0 ? null : [places[kind].x[k] ?? 0, places[kind].y[k] ?? 0];
  }

  function radius() {
    const size = plot ? Math.min(plot.right - plot.left, plot.bottom - plot.top) : 0;
    const rows = data?.training?.rows ?? MANY;
    const share = Math.min(FEW_POINT_SHARE, POINT_SHARE * Math.sqrt(Math.max(1, MANY / rows)));
    return Math.min(Math.max(POINT_LEAST, share * size), POINT_LETTERS * box.letter);
  }

  /* -------------------------------------------------------------- pointing */

  /**
   * @param {number} px
   * @param {number} py
   * @param {number} reach
   * @returns {Hit | null}
   */
  function hit(px, py, reach) {
    // What has been told since the last drawing counts as well.
    if (isBaseDue && data && plot && data.axes.length > 0) layOut(data);
    /** @type {(Hit & {distance: number}) | null} */
    let best = null;
    for (const kind of KINDS) {
      const points = arrays[kind];
      const found = nearest(places[kind], px, py, best ? best.distance : reach);
      if (found && points) best = { kind, place: found.place, row: pointAt(points, found.place).row, distance: found.distance };
    }
    return best;
  }

  /**
   * @param {Place | null} where
   * @param {Hit | null} near
   * @param {boolean} byKey
   */
  function pointAtPlace(where, near, byKey) {
    [at, atHit] = [where, near];
    const words = readingWords(near);
    setText(reader, words);
    root.classList.toggle("is-read", words !== "");
    const ref = near && refOfHit(near);
    const now = state?.hover ?? null;
    if ((ref ? refKey(ref) : "") !== (now ? refKey(now) : "")) dispatch({ type: "ui/hover", ref });
    if (byKey && words) announce(words);
    drawSoon();
  }

  /** @param {Hit | null} near */
  function readingWords(near) {
    if (!data || !at) return "";
    const place_ = lens() === "hidden" ? "" : reading(data, at.values);
    const points = near && arrays[near.kind];
    // A point may have been taken out under the pointer.
    if (!near || !points || near.place >= countOf(points)) return place_;
    return [pointWords(data, near.kind, pointAt(points, near.place)), place_].filter(Boolean).join(" · ");
  }

  /**
   * What the network makes of the node of the grid that is nearest.
   *
   * @param {PlaneData} now
   * @param {[number, number]} values
   */
  function reading(now, values) {
    const outputs = arrays["outputs"];
    if (!outputs) return "";
    const [count = 1, side = 2] = outputs.shape;
    const node = now.axes.map(({ low, high }, k) => Math.round((((values[k] ?? 0) - low) / (high - low)) * (side - 1)));
    const [i = 0, j = 0] = node;
    const cell = now.kind === "plane" ? j * side + i : i;
    const cells = now.kind === "plane" ? side * side : side;
    const exact = now.axes.map(({ low, high }, k) => low + ((node[k] ?? 0) / (side - 1)) * (high - low));
    const told = Array.from({ length: count }, (_, k) => outputs.numbers[k * cells + cell] ?? NaN);
    const chosen = arrays["chosen"]?.numbers[cell] ?? null;
    return readingOf(now, exact, { outputs: told, chosen });
  }

  /** @param {Hit} found @returns {Ref} */
  function refOfHit({ kind, row }) {
    return { name: kind === "training" ? "data" : "validation", index: [row] };
  }

  /* -------------------------------------------------------------- changing */

  /**
   * @param {Place} where
   * @param {Hit | null} near
   */
  function press(where, near) {
    if (!data || !state) return;
    if (near) {
      select(near);
      return;
    }
    if (choices.tool === "look" || lens() === "hidden") dispatch({ type: "ui/select", ref: null });
    else editing.put(choices.tool, where.values, data.task === "regression" ? choices.target : choices.label);
  }

  /** @param {Hit} near */
  function select(near) {
    if (!state) return;
    dispatch({ type: "ui/select", ref: refOfHit(near) });
    const sample = near.kind === "training" ? (batchRows(state)?.indexOf(near.row) ?? -1) : -1;
    if (sample >= 0 && sample !== state.sample) void send({ type: "sample", sample });
  }

  /** @param {number} label */
  function answer(label) {
    if (!asked?.point || !data) return;
    const values = /** @type {[number, number]} */ (data.pair.map((column) => Number(asked?.point?.[column] ?? 0)));
    editing.put(choices.tool === "feed" ? "feed" : "add", values, label);
    choices.isAsking = false;
    choicesChanged();
  }

  /** @param {Place} where */
  function carry(where) {
    if (!editing.carried) return;
    [at, atHit] = [where, null];
    setText(reader, readingWords(null));
    editing.carry(where);
  }

  /* -------------------------------------------------------------- choices, and the question of the network */

  function choicesChanged() {
    if (!state) return;
    if (!choices.isAsking) asked = null;
    const { plane } = state.view_options;
    const wants = choices.isAsking && !asked;
    if ((plane.uncertain ?? false) !== wants) dispatch({ type: "ui/view-options", options: { plane: { ...plane, uncertain: wants || undefined } } });
    drawWords();
    isBaseDue = true;
    drawSoon();
  }

  /** The question stays as it was first put, however the network changes while it waits for the answer. */
  function hearAsked() {
    if (!choices.isAsking || asked || !data?.uncertain) return;
    asked = data.uncertain;
    const reason = asked.reason || "The network asks for the class at the question mark.";
    announce(reason);
    queueMicrotask(choicesChanged);
  }

  /* -------------------------------------------------------------- in words and numbers */

  /** @param {"SVG" | "PNG"} kind */
  function takeAlong(kind) {
    const images = [base, over].map((canvas) => svg("image", { href: canvas.toDataURL(), width: box.width, height: box.height }));
    lines.prepend(...images);
    // The copy is made at once; what follows takes its time without the page's picture.
    const saved = kind === "SVG" ? saveSvg(lines, FILE) : savePng(lines, FILE);
    for (const image of images) image.remove();
    return saved;
  }

  function twin() {
    const points = arrays["training"];
    const inputs = arrays["training_inputs"];
    if (!data || !points || !inputs) return { caption: "Nothing is shown yet.", head: [], rows: [] };
    const now = data;
    const isClasses = now.task !== "regression";
    const listed = Math.min(countOf(points), TABLE_ROWS);
    const rows = Array.from({ length: listed }, (_, k) => {
      const { row, target, output, found } = pointAt(points, k);
      const said = isClasses
        ? [className(now, target), `${className(now, found)} (${number(output)})`, target === found ? "right" : "wrong"]
        : [number(target), number(output), number(output - target)];
      return [String(row + 1), ...inputsAt(inputs, k).map((value) => number(value)), ...said];
    });
    const target = isClasses ? "class" : (now.target_names[now.output] ?? "target");
    const total = now.training?.rows ?? 0;
    return {
      caption: listed < total ? `${listed} of ${total} training points` : `All ${total} training points`,
      head: ["row", ...now.raw_names, target, "output", isClasses ? "right or wrong" : "output − target"],
      rows,
    };
  }
}

/** @param {PlaneData} data */
function hiddenSentence({ hidden }) {
  if (!hidden || hidden.reason) return "";
  const { layer, units, shown_units, spread, cuts } = hidden;
  const what = units === 1 ? "its only neuron" : shown_units.length > 0 ? `neurons ${shown_units.map((unit) => unit + 1).join(" and ")} of ${units}` : `the two principal components of ${units} neurons`;
  const part = units > 2 ? `; they show ${(100 * Number(spread)).toFixed(0)} % of how the points differ` : "";
  const isFlat = cuts.every(({ w }) => w !== null);
  const cut = cuts.length === 0 ? "" : isFlat ? " The output layer can only cut straight." : " The output layer’s cut is no line in this plane.";
  return `The points as layer ${layer + 1} hands them on: ${what}${part}.${cut}`;
}

/** @param {number} count @returns {Places} */
function room(count) {
  return { x: new Float32Array(count), y: new Float32Array(count), count };
}
