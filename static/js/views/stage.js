/**
 * The stage: the network with every number on the thing it belongs to.
 *
 * @module
 */

import { layout } from "../layout.js";
import { placeOf, refKey, refOf, valueOf } from "../select.js";
import { createEditor, editPath } from "../stage/editor.js";
import { createStageMaps } from "../stage/maps.js";
import { createPainter } from "../stage/painter.js";
import { isArrow, nextPlace } from "../stage/roving.js";
import { captionOf, sceneOf } from "../stage/scene.js";
import { phaseName } from "../format.js";

/** @typedef {import("../types.js").State} State */
/** @typedef {import("../types.js").Ref} Ref */
/** @typedef {import("../types.js").Command} Command */
/** @typedef {import("../layout.js").Picture} Picture */
/** @typedef {import("../layout.js").Point} Point */
/** @typedef {import("../stage/scene.js").Scene} Scene */

/** A micro-step at speed 1. */
const STEP_MS = 550;

/**
 * @param {HTMLElement} root
 * @param {object} tools
 * @param {(command: Command) => void} tools.send
 * @param {(action: any) => void} tools.dispatch
 * @param {import("../clock.js").Clock} tools.clock
 */
export function createStageView(root, { send, dispatch, clock }) {
  root.classList.add("stage-view");
  const head = createHead(root, send);
  const canvas = document.createElement("div");
  canvas.className = "stage-canvas";
  const painter = createPainter(canvas);
  const maps = createStageMaps(canvas);
  root.append(canvas);
  const editor = createEditor(canvas, {
    edit: (ref, value) => send({ type: "edit", id: ++editId, path: ref.name, index: ref.index, value }),
    close: () => focusOn(roving),
  });
  let editId = 0;

  /** @type {State | null} */
  let state = null;
  /** @type {State | null} */
  let drawn = null;
  /** @type {Picture | null} */
  let picture = null;
  /** @type {Scene | null} */
  let scene = null;
  /** What the picture was laid out for. */
  let laidOut = "";
  /** The key of the one thing that Tab reaches. @type {string | null} */
  let roving = null;

  let mustMeasure = true;
  const resized = new ResizeObserver(() => {
    mustMeasure = true;
    if (state) draw(state, false);
  });
  resized.observe(canvas);

  /** The picture anew where its place or its network is another one; measuring has the browser lay out the page. @param {State} now */
  function relayout(now) {
    if (!mustMeasure && drawn && LAID_OUT.every((name) => drawn?.[name] === now[name])) return;
    const unit = parseFloat(getComputedStyle(canvas).fontSize) || 15;
    const { clientWidth: width, clientHeight: height } = canvas;
    const penalty = now.plan.some((event) => event.kind === "penalty");
    const validation = (now.data?.validation_samples ?? 0) > 0;
    const shape = now.layers.map((layer) => `${layer.type} ${layer.fan_in} ${layer.units}`);
    const key = JSON.stringify([width, height, unit, penalty, validation, shape, now.open_layers]);
    mustMeasure = width === 0;
    if (key === laidOut || width === 0) return;
    laidOut = key;
    picture = layout({ layers: now.layers, width, height, unit, open: now.open_layers, penalty, validation });
    editor.leave(false);
  }

  /**
   * @param {State} now
   * @param {boolean} mayMove
   */
  function draw(now, mayMove) {
    if (now.layers.length === 0) return;
    relayout(now);
    if (!picture) return;
    const before = drawn;
    const moved = before !== null && mayMove && isNext(before, now);
    if (before && now.frame === null && isElsewhere(before, now)) clock.finish();
    scene = sceneOf(now, picture);
    drawn = now;
    painter.paint(scene, picture, { frame: now.frame !== null });
    maps.place(scene, picture);
    head.update(now, picture);
    // A chip keeps the focus when another sample's number comes to stand in it.
    const focused = element.contains(document.activeElement) ? refAt(document.activeElement) : null;
    rove(focused ? refKey(focused) : roving);
    if (moved) move(scene);
  }

  /** The motion into the moment that has just been drawn. @param {Scene} next */
  function move(next) {
    if (!hasMotion(next)) return;
    clock.start(
      STEP_MS,
      (t) => painter.pose(next, t),
      () => painter.pose(next, 1),
    );
  }

  /* -------------------------------------------------------------- the pointer and the keys */

  /** @param {EventTarget | null} target @returns {Ref | null} */
  function refAt(target) {
    const element = target instanceof Element ? target.closest("[data-ref]") : null;
    return refOf(element?.getAttribute("data-ref") ?? "");
  }

  /** @param {Ref | null} ref */
  function point(ref) {
    const now = state?.hover ?? null;
    if ((now ? refKey(now) : "") !== (ref ? refKey(ref) : "")) dispatch({ type: "ui/hover", ref });
  }

  /** @param {Ref} ref */
  function pin(ref) {
    dispatch({ type: "ui/select", ref });
  }

  /** @param {Element | null} fold */
  function unfold(fold) {
    dispatch({ type: "ui/open-layer", layer: Number(fold?.getAttribute("data-fold")), open: fold?.getAttribute("data-open") === "true" });
  }

  /** @param {Ref} ref */
  function edit(ref) {
    const value = state ? valueOf(state, ref) : undefined;
    const at = painter.anchorOf(refKey(ref)) ?? painter.anchorOf(placeOf(ref));
    if (!state || !editPath(ref) || value === undefined || !at) return false;
    pin(ref);
    editor.open(ref, value, at, state.data);
    return true;
  }

  const { element } = painter;
  element.addEventListener("pointerover", (event) => point(refAt(event.target)));
  element.addEventListener("pointerleave", () => point(null));
  element.addEventListener("mousedown", (event) => {
    // A pointer chooses, only keys rove: after a click the arrows step on, as they do everywhere on the page.
    if (!refAt(event.target)) return;
    event.preventDefault();
    const { activeElement: focused } = document;
    if (focused instanceof HTMLElement || focused instanceof SVGElement) focused.blur();
  });
  element.addEventListener("click", (event) => {
    const fold = event.target instanceof Element ? event.target.closest("[data-fold]") : null;
    if (fold) return unfold(fold);
    const ref = refAt(event.target);
    if (ref) {
      pin(ref);
      point(ref);
      rove(refKey(ref));
    } else if (state?.selection) dispatch({ type: "ui/select", ref: null });
  });
  element.addEventListener("dblclick", (event) => {
    const ref = refAt(event.target);
    if (ref && edit(ref)) event.preventDefault();
  });
  element.addEventListener("focusin", (event) => {
    const ref = refAt(event.target);
    if (!ref) return;
    roving = refKey(ref);
    point(ref);
  });
  element.addEventListener("focusout", () => point(null));
  element.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
    const ref = refAt(event.target);
    const fold = event.target instanceof Element ? event.target.closest("[data-fold]") : null;
    if (isArrow(event.key)) {
      const from = painter.anchorOf(roving ?? "");
      const next = from ? nextPlace(event.key, from, painter.anchors()) : (painter.anchors()[0]?.key ?? null);
      if (next) focusOn(next);
    } else if (event.key === "Enter" || event.key === " ") {
      if (fold) unfold(fold);
      else if (ref && state?.selection && refKey(state.selection) === refKey(ref)) edit(ref);
      else if (ref) pin(ref);
    } else if (event.key === "Escape" && state?.selection) {
      dispatch({ type: "ui/select", ref: null });
    } else return;
    event.preventDefault();
    event.stopPropagation();
  });

  /** Make one thing the one that Tab reaches. @param {string | null} key */
  function rove(key) {
    const known = key !== null && painter.anchorOf(key) ? key : (painter.anchors()[0]?.key ?? null);
    roving = known;
    painter.rove(known);
  }

  /** @param {string | null} key */
  function focusOn(key) {
    rove(key);
    painter.focus(roving);
  }

  return {
    /** @param {State} next */
    update(next) {
      state = next;
      clock.speed = next.speed;
      maps.update(next);
      if (drawn && !concerns(drawn, next)) {
        drawn = next;
        return;
      }
      draw(next, true);
    },
  };
}

/** The parts of the state that the stage shows. @type {(keyof State)[]} */
const SHOWN = [
  "catalogue", "run", "experiment", "layers", "data", "cursor", "micro", "sample", "plan", "events", "parameters", "frame",
  "preview", "divergence", "grain", "selection", "hover", "open_layers", "settings", "history",
];

/** What the layout of the picture rests on. @type {(keyof State)[]} */
const LAID_OUT = ["layers", "plan", "data", "open_layers", "settings"];

/** @param {State} before @param {State} now */
function concerns(before, now) {
  return SHOWN.some((name) => before[name] !== now[name]);
}

/** Whether the moment on show is another one. @param {State} before @param {State} now */
function isElsewhere(before, now) {
  return (
    before.run !== now.run ||
    before.cursor.step !== now.cursor.step ||
    before.cursor.event !== now.cursor.event ||
    before.micro !== now.micro ||
    before.sample !== now.sample ||
    before.frame !== now.frame
  );
}

/** Whether `now` is what follows `before`, one press later. @param {State} before @param {State} now */
function isNext(before, now) {
  if (before.run !== now.run || before.frame || now.frame || before.sample !== now.sample) return false;
  if (before.cursor.step !== now.cursor.step) return false;
  const events = now.cursor.event - before.cursor.event;
  return events === 1 || (events === 0 && now.micro > before.micro);
}

/** @param {Scene} scene */
function hasMotion(scene) {
  return scene.tokens.length > 0 || scene.stacks.length > 0 || scene.curve !== null;
}

/**
 * The line over the picture: the phase, what is being computed, and the sample on show with buttons to change it.
 *
 * @param {HTMLElement} root
 * @param {(command: Command) => void} send
 */
function createHead(root, send) {
  const head = document.createElement("div");
  head.className = "stage-head";
  const title = document.createElement("p");
  title.className = "stage-title";
  const phase = document.createElement("strong");
  phase.className = "stage-phase";
  const words = document.createElement("span");
  title.append(phase, words);
  const sample = document.createElement("div");
  sample.className = "stage-sample";
  sample.setAttribute("role", "group");
  sample.setAttribute("aria-label", "Sample of the batch on show");
  const name = document.createElement("span");
  const buttons = [-1, 1].map((way) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = way < 0 ? "‹" : "›";
    button.setAttribute("aria-label", way < 0 ? "Show the sample before" : "Show the sample after");
    button.addEventListener("click", () => {
      const to = shown + way;
      if (to >= 0 && to < count) send({ type: "sample", sample: to });
    });
    return button;
  });
  const [before, after] = buttons;
  if (before && after) sample.append(before, name, after);
  head.append(title, sample);
  root.append(head);
  let shown = 0;
  let count = 0;

  return {
    /** @param {State} state @param {Picture} picture */
    update(state, picture) {
      const caption = captionOf(state, picture);
      const text = caption.phase ? phaseName(caption.phase) : state.frame ? "Training" : "";
      if (phase.textContent !== text) phase.textContent = text;
      phase.dataset["phase"] = caption.phase ?? "";
      const said = caption.title ? ` · ${caption.title}` : state.frame ? " · the newest step" : "";
      if (words.textContent !== said) words.textContent = said;
      sample.hidden = caption.sample === null || caption.sample.count < 2;
      if (!caption.sample) return;
      ({ shown, count } = caption.sample);
      if (name.textContent !== caption.sample.name) name.textContent = caption.sample.name;
      before?.setAttribute("aria-disabled", String(shown === 0));
      after?.setAttribute("aria-disabled", String(shown >= count - 1));
    },
  };
}
