/**
 * Through time: forward and back at the grain of the viewer's choice, to any event of this step and any step of the run.
 *
 * @module
 */

import { button, createRows, element, setAttribute, setText } from "../elements.js";
import { ends } from "../ends.js";
import { epochName, phaseName, stepName } from "../format.js";
import { moments, newest, phaseOf, positionOf } from "../select.js";

/** @typedef {import("../types.js").Command} Command */
/** @typedef {import("../types.js").Cursor} Cursor */
/** @typedef {import("../types.js").Grain} Grain */
/** @typedef {import("../types.js").Phase} Phase */
/** @typedef {import("../types.js").PlannedEvent} PlannedEvent */
/** @typedef {import("../types.js").State} State */
/** @typedef {import("../reduce.js").PageAction} PageAction */
/** @typedef {import("../walk.js").Walker} Walker */

/** A seek that changes nothing is not answered by a new cursor; after so long the next may go. */
const SEEK_WITHIN_MS = 300;
const SPEEDS = [0.25, 0.5, 1, 2, 4];
/** @type {readonly {training: NonNullable<State["training"]>, words: string}[]} */
const TRAININGS = Object.freeze([
  { training: 10, words: "10 steps/s" },
  { training: 100, words: "100 steps/s" },
  { training: "full", words: "full speed" },
]);

/** @type {readonly {grain: Grain, words: string, title: string}[]} */
const GRAINS = Object.freeze([
  { grain: "term", words: "Term", title: "one product at a time" },
  { grain: "neuron", words: "Neuron", title: "one neuron at a time" },
  { grain: "layer", words: "Layer", title: "one layer at a time" },
  { grain: "phase", words: "Phase", title: "forward, loss, backward, update" },
  { grain: "step", words: "Step", title: "one update at a time" },
  { grain: "epoch", words: "Epoch", title: "one pass over the data at a time" },
]);

/**
 * The plan as its named phases in a row, each with its events.
 *
 * @param {PlannedEvent[]} plan
 * @returns {{phase: Phase, first: number, events: PlannedEvent[]}[]}
 */
export function phasesOf(plan) {
  /** @type {{phase: Phase, first: number, events: PlannedEvent[]}[]} */
  const groups = [];
  plan.forEach((event, place) => {
    const last = groups.at(-1);
    if (last?.phase === event.phase) last.events.push(event);
    else groups.push({ phase: event.phase, first: place, events: [event] });
  });
  return groups;
}

/**
 * Where the cursor stands once the event at `place` of the plan has run; after the commit that is the next step's beginning.
 *
 * @param {PlannedEvent[]} plan
 * @param {number} step
 * @param {number} place
 * @returns {Cursor}
 */
export function cursorAfter(plan, step, place) {
  return plan[place]?.kind === "commit" ? { step: step + 1, event: 0 } : { step, event: place + 1 };
}

/**
 * The moment in words, e.g. "Step 3 · event 5 of 21 · Backward".
 *
 * @param {State} state
 */
export function placeInWords(state) {
  const step = capital(stepName(state.cursor.step));
  if (state.frame) {
    // No speed is known before it has been measured.
    const speed = Math.round(state.steps_per_second);
    return `${step} · ${speed > 0 ? `${speed.toLocaleString("en")} steps a second` : "training"}`;
  }
  const { number, of } = positionOf(state);
  const phase = phaseOf(state);
  if (number === 0) return `${step} · before its first event`;
  return [step, `event ${number} of ${of}`, ...(phase ? [phaseName(phase)] : [])].join(" · ");
}

/** @param {string} text */
function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/**
 * @param {HTMLElement} root
 * @param {{send: (command: Command) => Promise<unknown>, dispatch(action: PageAction): void, walker: Walker}} tools
 */
export function createTransportView(root, { send, dispatch, walker }) {
  const first = button("First", () => pressed(first) && walker.first(), { title: "Home", class: "first" });
  const back = button("← Back", () => pressed(back) && walker.back(), { title: "←", class: "large" });
  const next = button("Next →", () => pressed(next) && walker.next(), { title: "→", class: "large primary" });
  const play = button("Play", () => walker.playPause(), { title: "Space", class: "play" });
  const last = button("Last", () => pressed(last) && walker.last(), { title: "End", class: "last" });
  const replay = button("Replay", () => walker.replay(), { title: "R: this step again, from its beginning" });

  // Only a phone has it: there the rest would leave no room for the picture.
  const more = button("More", showMore, { class: "more", "aria-expanded": "false" });

  const grains = GRAINS.map(({ grain, words, title }) => {
    const radio = element("input", { type: "radio", name: "grain", value: grain });
    radio.addEventListener("change", () => dispatch({ type: "ui/grain", grain }));
    return { grain, radio, label: element("label", { title }, radio, element("span", {}, words)) };
  });
  const grainGroup = element(
    "fieldset",
    { class: "grains" },
    element("legend", { class: "visually-hidden" }, "How far one press of Next goes"),
    ...grains.map(({ label }) => label),
  );

  const pace = element(
    "select",
    { "aria-label": "Speed", title: "What Play does: walk at the chosen grain, or train" },
    element("optgroup", { label: "Walking" }, ...SPEEDS.map((speed) => choice(`walk ${speed}`, `${speed}×`))),
    element("optgroup", { label: "Training" }, ...TRAININGS.map(({ training, words }) => choice(`train ${training}`, words))),
  );
  pace.addEventListener("change", () => choosePace(pace.value));

  const strip = createStrip((place) => {
    if (state) seek.to(cursorAfter(state.plan, state.cursor.step, place));
  });
  const stripSlider = element("input", { type: "range", min: 0, step: 1, class: "strip-slider", "aria-label": "Event of this step" });
  stripSlider.addEventListener("input", () => {
    if (state) seek.to(Number(stripSlider.value) === 0 ? { step: state.cursor.step, event: 0 } : cursorAfter(state.plan, state.cursor.step, Number(stripSlider.value) - 1));
  });
  strip.root.prepend(stripSlider);

  const place = element("p", { class: "place" });
  const epoch = element("span", { class: "epoch" });
  const scrubber = element("input", { type: "range", min: 0, step: 1, class: "scrubber", "aria-label": "Step of the run" });
  scrubber.addEventListener("input", () => seek.to({ step: Number(scrubber.value), event: 0 }));
  const reached = element("span", { class: "reached", "aria-hidden": "true" });

  root.classList.add("transport");
  root.append(
    element(
      "div",
      { class: "transport-row" },
      element("div", { class: "presses" }, first, back, next, last, more),
      grainGroup,
    ),
    strip.root,
    element("div", { class: "run-row" }, element("div", { class: "playing" }, play, replay, pace), place, epoch, scrubber, reached),
  );

  /** @type {State | null} */
  let state = null;
  const seek = createSeeker((cursor) => {
    walker.pause();
    void send({ type: "seek", cursor });
  });
  return { update };

  /** @param {State} now */
  function update(now) {
    const before = state;
    state = now;
    seek.arrived(now.cursor);
    const end = ends(now);
    disable(first, end.back);
    disable(back, end.back);
    disable(next, end.next);
    disable(last, end.last);
    setText(play, now.playing === "off" ? "Play" : "Pause");
    for (const { grain, radio } of grains) radio.checked = grain === now.grain;
    pace.value = paceOf(now);
    if (before?.plan !== now.plan) strip.plan(now.plan);
    strip.mark(now);
    setAttribute(stripSlider, "max", now.plan.length);
    stripSlider.value = String(now.cursor.event);
    const event = newest(now);
    const title = now.plan[now.cursor.event - 1]?.title;
    setAttribute(
      stripSlider,
      "aria-valuetext",
      event && title ? `event ${now.cursor.event} of ${now.plan.length}: ${title}` : "before the first event",
    );
    setText(place, placeInWords(now));
    setText(epoch, now.steps_per_epoch > 1 || now.epoch > 0 ? epochName(now.epoch) : "");
    setAttribute(scrubber, "max", Math.max(now.last_step, 1));
    scrubber.disabled = now.last_step === 0;
    scrubber.value = String(now.cursor.step);
    setAttribute(scrubber, "aria-valuetext", `${stepName(now.cursor.step)} of ${now.last_step + 1}`);
    if (before?.moment !== now.moment || before.last_step !== now.last_step) markMoment(now);
    setText(reached, now.last_step > 0 ? stepName(now.last_step) : "");
  }

  /** A tick on the line of the run, where a view is pointed at. @param {State} now */
  function markMoment({ moment, last_step: last }) {
    const isHere = moment !== null && last > 0 && moment <= last;
    setAttribute(scrubber, "data-moment", isHere);
    if (isHere) scrubber.style.setProperty("--moment", String(moment / last));
  }

  /**
   * A speed stands for how play goes on: walking through the moments, or letting the server train.
   *
   * @param {string} value
   */
  function choosePace(value) {
    const isPlaying = state !== null && state.playing !== "off";
    if (isPlaying) walker.pause();
    const training = TRAININGS.find((each) => value === `train ${each.training}`)?.training ?? null;
    dispatch({ type: "ui/training", training });
    if (training === null) dispatch({ type: "ui/speed", speed: Number(value.split(" ")[1]) });
    if (isPlaying) walker.playPause();
  }

  function showMore() {
    const isOpen = root.classList.toggle("open");
    root.parentElement?.classList.toggle("open", isOpen);
    setAttribute(more, "aria-expanded", String(isOpen));
    setText(more, isOpen ? "Less" : "More");
  }
}

/**
 * Which of the speeds that are offered is in force, or comes nearest to it.
 *
 * @param {Pick<State, "speed" | "training">} state
 */
export function paceOf({ speed, training }) {
  if (training === "full") return "train full";
  const offered = training === null ? SPEEDS : TRAININGS.map((each) => each.training).filter((each) => each !== "full");
  const wanted = training ?? speed;
  const nearest = offered.reduce((best, each) => (Math.abs(each - wanted) < Math.abs(best - wanted) ? each : best));
  return `${training === null ? "walk" : "train"} ${nearest}`;
}

/**
 * @param {string} value
 * @param {string} words
 */
function choice(value, words) {
  return element("option", { value }, words);
}

/** @param {HTMLButtonElement} target */
function pressed(target) {
  return target.getAttribute("aria-disabled") !== "true";
}

/**
 * A button at an end of time keeps its place and the focus; it only does nothing.
 *
 * @param {HTMLButtonElement} target
 * @param {boolean} disabled
 */
function disable(target, disabled) {
  setAttribute(target, "aria-disabled", disabled ? "true" : null);
}

/**
 * Seeks that never pile up: while one is under way only the newest wish is kept.
 *
 * @param {(cursor: Cursor) => void} send
 * @param {(callback: () => void, milliseconds: number) => unknown} [later]
 */
export function createSeeker(send, later = (callback, milliseconds) => setTimeout(callback, milliseconds)) {
  /** @type {Cursor | null} */
  let wish = null;
  /** @type {object | null} the seek under way */
  let underWay = null;
  /** @type {Cursor | null} */
  let here = null;

  function go() {
    if (wish === null || underWay !== null) return;
    const mine = {};
    underWay = mine;
    const cursor = wish;
    wish = null;
    send(cursor);
    later(() => {
      if (underWay !== mine) return;
      underWay = null;
      go();
    }, SEEK_WITHIN_MS);
  }

  return {
    /** @param {Cursor} cursor */
    to(cursor) {
      if (wish === null && underWay === null && here?.step === cursor.step && here.event === cursor.event) return;
      wish = cursor;
      go();
    },
    /** @param {Cursor} cursor  where the page is now */
    arrived(cursor) {
      if (cursor === here) return;
      here = cursor;
      underWay = null;
      go();
    },
  };
}

/**
 * The events of the step in a row, grouped by phase: what has run, what runs, what is to come.
 *
 * @param {(place: number) => void} onChoose
 */
function createStrip(onChoose) {
  /** @type {HTMLElement[]} */
  let segments = [];
  const groups = element("div", { class: "strip-groups", "aria-hidden": "true" });
  const root = element("div", { class: "strip" }, groups);
  const rows = createRows(groups, () => {
    const label = element("span", { class: "strip-label" });
    const events = element("div", { class: "strip-events" });
    return { root: element("div", { class: "strip-group" }, label, events), label, events };
  });
  let dragging = false;
  groups.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    groups.setPointerCapture(event.pointerId);
    dragging = true;
    choose(event.clientX);
  });
  groups.addEventListener("pointermove", (event) => dragging && choose(event.clientX));
  for (const name of ["pointerup", "pointercancel"]) groups.addEventListener(name, () => (dragging = false));

  /** @param {number} clientX */
  function choose(clientX) {
    const place = segments.findIndex((segment) => clientX < segment.getBoundingClientRect().right);
    onChoose(place < 0 ? segments.length - 1 : place);
  }

  return {
    root,

    /** @param {PlannedEvent[]} plan */
    plan(plan) {
      segments = [];
      rows.update(phasesOf(plan), (row, { phase, events }) => {
        row.root.setAttribute("data-phase", phase);
        /** @type {HTMLElement} */ (row.root).style.setProperty("--count", String(events.length));
        setText(row.label, phaseName(phase));
        const made = events.map((/** @type {PlannedEvent} */ event) => element("span", { class: "strip-event", title: event.title }));
        row.events.replaceChildren(...made);
        segments.push(...made);
      });
    },

    /** @param {State} state */
    mark(state) {
      const { event } = state.cursor;
      const whole = moments(state).length;
      segments.forEach((segment, place) => {
        const isNewest = place === event - 1 && !state.frame;
        segment.classList.toggle("done", place < event);
        segment.classList.toggle("current", isNewest);
        segment.style.setProperty("--part", String(isNewest && whole > 0 ? Math.min(state.micro / whole, 1) : 1));
      });
      for (const group of groups.children) group.classList.toggle("now", group.querySelector(".current") !== null);
    },
  };
}
