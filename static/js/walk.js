/**
 * Walking through time at the grain of the viewer's choice.
 *
 * The engine knows events. The finer grains, term and neuron, walk over the moments of the newest event in the browser and
 * cross to the next event, or the one before, when they come to its end.
 *
 * @module
 */

import { momentsOf, stops } from "./moments.js";
import { newest } from "./select.js";

/** @typedef {import("./types.js").Command} Command */
/** @typedef {import("./types.js").Grain} Grain */
/** @typedef {import("./reduce.js").PageState} PageState */
/** @typedef {import("./reduce.js").PageAction} PageAction */

/** @type {readonly Grain[]} */
export const GRAINS = Object.freeze(["term", "neuron", "layer", "phase", "step", "epoch"]);

/** Walking presses next this often at speed 1. */
export const WALK_INTERVAL_MS = 1000;

// A press that comes while the server's answer is on its way is kept; more than these cannot be meant.
const MOST_KEPT_PRESSES = 32;
// After so long without an answer there will be none: a press at the very end of a run may change nothing.
const ANSWER_WITHIN_MS = 1000;

/**
 * @typedef {object} Walker
 * @property {(press?: {repeat?: boolean}) => void} next  one rest further at the present grain
 * @property {(press?: {repeat?: boolean}) => void} back
 * @property {() => void} nextPhase
 * @property {() => void} backPhase
 * @property {() => void} first
 * @property {() => void} last
 * @property {() => void} playPause
 * @property {() => void} pause
 * @property {() => void} replay  walk this step from its beginning
 * @property {() => void} coarser
 * @property {() => void} finer
 */

/**
 * @param {object} parts
 * @param {{readonly state: PageState, dispatch(action: PageAction): void,
 *   subscribe(listener: (state: PageState) => void): unknown}} parts.store
 * @param {(command: Command) => unknown} parts.send
 * @param {{finish(): void}} parts.clock  the clock of the motions between two rests
 * @param {() => number} [parts.now]  milliseconds
 * @param {(callback: () => void) => unknown} [parts.raf]  calls back before the next picture
 * @returns {Walker}
 */
export function createWalker({
  store,
  send,
  clock,
  now = () => performance.now(),
  raf = (callback) => requestAnimationFrame(callback),
}) {
  /** @type {{since: number, run: unknown, cursor: unknown, problem: unknown} | null} what was there when the server was asked */
  let asked = null;
  /** @type {(1 | -1)[]} */
  let kept = [];
  let pacing = false;
  let lastPress = 0;
  /** @type {PageState["training"]} what the server was told */
  let told = null;

  store.subscribe(onChange);
  return {
    next: (press) => userPress(1, press?.repeat ?? false),
    back: (press) => userPress(-1, press?.repeat ?? false),
    nextPhase: () => jump({ type: "next", grain: "phase" }),
    backPhase: () => jump({ type: "back", grain: "phase" }),
    first: () => jump({ type: "seek", cursor: "first" }),
    last: () => jump({ type: "seek", cursor: "last" }),
    playPause,
    pause,
    replay,
    coarser: () => changeGrain(1),
    finer: () => changeGrain(-1),
  };

  /** @param {PageState} state */
  function onChange(state) {
    if (state.connection !== "open") {
      asked = null;
      kept = [];
      return;
    }
    if (asked && (state.cursor !== asked.cursor || state.run !== asked.run || state.problem !== asked.problem)) {
      asked = null;
      while (asked === null && kept.length > 0) step(/** @type {1 | -1} */ (kept.shift()));
    }
    if (state.playing === "walk" && !pacing) startPacing();
    if (state.playing === "train" && state.training !== null && state.training !== told) train(state.training);
  }

  /**
   * @param {1 | -1} direction
   * @param {boolean} repeat  the key is held down
   */
  function userPress(direction, repeat) {
    pause();
    if (isWaiting()) {
      if (!repeat && kept.length < MOST_KEPT_PRESSES) kept.push(direction);
      return;
    }
    step(direction);
  }

  /** @param {1 | -1} direction */
  function step(direction) {
    clock.finish();
    const { state } = store;
    const event = newest(state);
    if (event && isWithinEvents(state.grain)) {
      const rests = stops(momentsOf(event, state.layers), state.grain);
      const rest =
        direction > 0
          ? rests.find((micro) => micro > state.micro)
          : rests.findLast((micro) => micro < state.micro);
      if (rest !== undefined) {
        store.dispatch({ type: "ui/micro", micro: rest });
        return;
      }
    }
    if (direction < 0 && state.cursor.step === 0 && state.cursor.event === 0) return;
    const grain = serverGrain(state.grain);
    if (direction > 0) {
      store.dispatch({ type: "ui/arrive", at: arrivalOf(state.grain) });
      ask({ type: "next", grain });
    } else {
      ask({ type: "back", grain });
    }
  }

  /** @param {Command} command */
  function jump(command) {
    pause();
    kept = [];
    clock.finish();
    ask(command);
  }

  /** @param {Command} command */
  function ask(command) {
    const { run, cursor, problem } = store.state;
    asked = { since: now(), run, cursor, problem };
    send(command);
  }

  function isWaiting() {
    if (asked && now() - asked.since > ANSWER_WITHIN_MS) {
      asked = null;
      kept = [];
    }
    return asked !== null;
  }

  function playPause() {
    const { playing, training } = store.state;
    if (playing !== "off") {
      pause();
      return;
    }
    clock.finish();
    if (training === null) walk(-Infinity);
    else train(training);
  }

  /**
   * Let the server train from now on; while it does, a new speed is told to it.
   *
   * @param {NonNullable<PageState["training"]>} training
   */
  function train(training) {
    told = training;
    store.dispatch({ type: "ui/playing", playing: "train" });
    send({ type: "play", steps_per_second: training === "full" ? null : training });
  }

  function pause() {
    const { playing } = store.state;
    if (playing === "off") return;
    store.dispatch({ type: "ui/playing", playing: "off" });
    if (playing === "train") ask({ type: "pause" });
  }

  function replay() {
    const { cursor, grain } = store.state;
    jump({ type: "seek", cursor: { step: cursor.step, event: 0 } });
    // A step is walked in smaller paces than itself.
    if (grain === "step" || grain === "epoch") store.dispatch({ type: "ui/grain", grain: "layer" });
    // The beginning stays to be seen for as long as any other rest.
    walk(now());
  }

  /**
   * Press next by ourselves from now on.
   *
   * @param {number} since  when the last press is taken to have been
   */
  function walk(since) {
    lastPress = since;
    store.dispatch({ type: "ui/playing", playing: "walk" });
  }

  function startPacing() {
    pacing = true;
    raf(pace);
  }

  function pace() {
    const { state } = store;
    if (state.playing !== "walk" || state.connection !== "open") {
      pacing = false;
      return;
    }
    if (state.divergence || state.finished) {
      pacing = false;
      store.dispatch({ type: "ui/playing", playing: "off" });
      return;
    }
    if (!isWaiting() && now() - lastPress >= WALK_INTERVAL_MS / state.speed) {
      lastPress = now();
      step(1);
    }
    raf(pace);
  }

  /** @param {1 | -1} direction  1 is coarser */
  function changeGrain(direction) {
    const grain = GRAINS[GRAINS.indexOf(store.state.grain) + direction];
    if (grain) store.dispatch({ type: "ui/grain", grain });
  }
}

/**
 * Whether a grain rests at every event at least.
 *
 * @param {Grain} grain
 */
function isWithinEvents(grain) {
  return grain === "term" || grain === "neuron" || grain === "layer";
}

/**
 * @param {Grain} grain
 * @returns {"event" | "phase" | "step" | "epoch"}
 */
function serverGrain(grain) {
  return grain === "term" || grain === "neuron" || grain === "layer" ? "event" : grain;
}

/**
 * @param {Grain} grain
 * @returns {import("./reduce.js").Arrival}
 */
function arrivalOf(grain) {
  return grain === "term" ? "first-term" : grain === "neuron" ? "first-neuron" : "whole";
}
