/**
 * (state, action) → state: the only place where what the page knows changes.
 *
 * Actions are the server's messages as they came, and the page's own, whose types begin with "ui/".
 *
 * @module
 */

import { momentsOf, stops } from "./moments.js";
import { focusOf } from "./select.js";
import { toggled } from "./view-list.js";

/** @typedef {import("./types.js").State} State */
/** @typedef {import("./types.js").ServerMessage} ServerMessage */
/** @typedef {import("./types.js").SnapshotMessage} SnapshotMessage */
/** With the last gradient comes what the update would do. @typedef {import("./types.js").EventMessage & {preview?: State["preview"]}} EventMessage */
/** @typedef {import("./types.js").MovedMessage} MovedMessage */
/** @typedef {import("./types.js").FrameMessage} FrameMessage */
/** @typedef {import("./types.js").AnswerMessage} AnswerMessage */
/** @typedef {import("./types.js").Explanation} Explanation */
/** @typedef {import("./types.js").PlannedEvent} PlannedEvent */
/** @typedef {import("./types.js").Settings} Settings */
/** @typedef {import("./types.js").Ref} Ref */
/** @typedef {import("./types.js").ViewName} ViewName */

/** How the next event to arrive is shown first. @typedef {"first-term" | "first-neuron" | "last-neuron" | "whole"} Arrival */

/**
 * What the store holds: the State of types.js, and what only the reducer and its tests look at.
 *
 * @typedef {Omit<State, "problem"> & {
 *   arrive: Arrival,
 *   problem: (NonNullable<State["problem"]> & {id?: number | null}) | null}} PageState
 */

/**
 * @typedef {{type: "ui/micro", micro: number}
 *   | {type: "ui/arrive", at: Arrival}
 *   | {type: "ui/grain", grain: State["grain"]}
 *   | {type: "ui/speed", speed: number}
 *   | {type: "ui/training", training: State["training"]}
 *   | {type: "ui/playing", playing: State["playing"]}
 *   | {type: "ui/select", ref: Ref | null}
 *   | {type: "ui/hover", ref: Ref | null}
 *   | {type: "ui/moment", moment: number | null}
 *   | {type: "ui/explained", explanation: Explanation | null}
 *   | {type: "ui/unfold", explanation: Explanation, depth: number}
 *   | {type: "ui/fold", depth: number}
 *   | {type: "ui/setting", name: keyof Settings, value: Settings[keyof Settings]}
 *   | {type: "ui/dialog", dialog: string | null}
 *   | {type: "ui/open-layer", layer: number, open: boolean}
 *   | {type: "ui/status", status: string}
 *   | {type: "ui/problem", problem: PageState["problem"]}
 *   | {type: "ui/connection", connection: State["connection"]}
 *   | {type: "ui/what-if", what_if: State["what_if"]}
 *   | {type: "ui/view", view: ViewName}
 *   | {type: "ui/views", views: ViewName[]}
 *   | {type: "ui/enlarge", view: ViewName | null}
 *   | {type: "ui/view-options", options: Partial<State["view_options"]>}} PageAction
 */

/** @typedef {ServerMessage | PageAction} Action */

export const SLOWEST = 0.25;
export const FASTEST = 4;

/** @type {Readonly<Settings>} */
export const USUAL_SETTINGS = Object.freeze({
  theme: "light",
  projector: false,
  motion: "auto",
  character_keys: true,
  show_line: true,
  show_table: false,
  views: [],
  neuron_maps: true,
});

/** @type {Readonly<import("./types.js").ViewOptions>} */
export const USUAL_OPTIONS = Object.freeze({
  plane: { pair: [0, 1] },
  landscape: { axes: { kind: "random", seed: 0 }, over: "training" },
  optimizer: null,
  race: { lanes: [], fork: null, planes: false, axes: null, threshold: 0.1 },
});

/**
 * The state of a page that has not heard of the server yet.
 *
 * @param {Partial<PageState>} [known]  what is remembered from an earlier visit
 * @returns {PageState}
 */
export function firstState(known = {}) {
  return {
    connection: "connecting",
    catalogue: null,
    limits: {},
    session: null,
    run: null,
    document: null,
    experiment: null,
    layers: [],
    data: null,
    cursor: { step: 0, event: 0 },
    micro: 0,
    epoch: 0,
    steps_per_epoch: 1,
    last_step: 0,
    sample: 0,
    plan: [],
    events: [],
    parameters: {},
    frame: null,
    steps_per_second: 0,
    learning_rate: 0,
    history: null,
    ghost: null,
    checked: null,
    preview: null,
    what_if: null,
    divergence: null,
    finished: false,
    playing: "off",
    grain: "term",
    speed: 1,
    training: null,
    selection: null,
    hover: null,
    moment: null,
    explanation: null,
    unfolded: [],
    problem: null,
    status: "",
    dialog: null,
    open_layers: {},
    views: {},
    view_options: USUAL_OPTIONS,
    enlarged: null,
    settings: USUAL_SETTINGS,
    arrive: "whole",
    ...known,
  };
}

/**
 * Whether a message about the cursor continues what the page has. When it does not, the page has missed something and
 * needs a snapshot.
 *
 * @param {PageState} state
 * @param {ServerMessage} message
 */
export function follows(state, message) {
  if (message.type === "event") {
    return (
      message.run === state.run &&
      message.step === state.cursor.step &&
      message.index === state.cursor.event &&
      message.index === state.events.length
    );
  }
  if (message.type === "moved") {
    return (
      message.run === state.run &&
      message.cursor.step === state.cursor.step &&
      message.cursor.event <= state.events.length
    );
  }
  return true;
}

/**
 * Whether every gradient of the step is known once `event` events have run: what a preview of the update rests on.
 *
 * @param {PlannedEvent[]} plan
 * @param {number} event
 */
export function gradientsKnown(plan, event) {
  const firstUpdate = plan.findIndex((planned) => planned.kind === "update");
  return firstUpdate >= 0 && event >= firstUpdate;
}

/**
 * @param {PageState} state
 * @param {Action} action
 * @returns {PageState}
 */
export function reduce(state, action) {
  switch (action.type) {
    case "hello":
      return { ...state, catalogue: action.catalogue, limits: action.limits };
    case "snapshot":
      return withSnapshot(state, action);
    case "event":
      return follows(state, action) ? withEvent(state, action) : state;
    case "moved":
      return follows(state, action) ? withCursor(state, action) : state;
    case "frame":
      return action.run === state.run ? withFrame(state, action) : state;
    case "history":
      return action.run === state.run ? { ...state, history: action.history } : state;
    case "checked":
      return action.run === state.run ? { ...state, checked: action.checked } : state;
    case "edited":
      if (action.run !== state.run) return state;
      return {
        ...state,
        learning_rate: action.learning_rate,
        preview: action.preview,
        document: state.document && { ...state.document, edits: action.edits },
        experiment: state.experiment && withPath(state.experiment, action.path, action.value),
        problem: null,
      };
    case "answer":
      return action.run === state.run ? withAnswer(state, action) : state;
    case "problem":
      return { ...state, problem: { message: action.message, problems: action.problems, id: action.id } };

    case "ui/micro":
      return action.micro === state.micro ? state : { ...state, micro: action.micro };
    case "ui/arrive":
      return { ...state, arrive: action.at };
    case "ui/grain":
      return action.grain === state.grain ? state : { ...state, grain: action.grain };
    case "ui/speed":
      return { ...state, speed: Math.min(Math.max(action.speed, SLOWEST), FASTEST) };
    case "ui/training":
      return action.training === state.training ? state : { ...state, training: action.training };
    case "ui/playing":
      return action.playing === state.playing ? state : { ...state, playing: action.playing };
    case "ui/select":
      return { ...state, selection: action.ref, unfolded: sameRef(action.ref, state.selection) ? state.unfolded : [] };
    case "ui/hover":
      return sameRef(action.ref, state.hover) ? state : { ...state, hover: action.ref };
    case "ui/moment":
      return action.moment === state.moment ? state : { ...state, moment: action.moment };
    case "ui/explained":
      return withExplanation(state, action.explanation);
    case "ui/unfold":
      return { ...state, unfolded: [...state.unfolded.slice(0, action.depth), action.explanation] };
    case "ui/fold":
      return { ...state, unfolded: state.unfolded.slice(0, action.depth) };
    case "ui/setting":
      return { ...state, settings: { ...state.settings, [action.name]: action.value } };
    case "ui/dialog":
      return action.dialog === state.dialog ? state : { ...state, dialog: action.dialog };
    case "ui/open-layer":
      return { ...state, open_layers: { ...state.open_layers, [action.layer]: action.open } };
    case "ui/status":
      return action.status === state.status ? state : { ...state, status: action.status };
    case "ui/problem":
      return action.problem === state.problem ? state : { ...state, problem: action.problem };
    case "ui/connection":
      return action.connection === state.connection ? state : { ...state, connection: action.connection };
    case "ui/what-if":
      return { ...state, what_if: action.what_if };
    case "view":
      return action.run === state.run ? { ...state, views: { ...state.views, [action.view]: action } } : state;
    case "ui/view":
      return withOpenViews(state, toggled(state.settings.views, action.view));
    case "ui/views":
      return withOpenViews(state, action.views);
    case "ui/enlarge":
      return action.view === state.enlarged ? state : { ...state, enlarged: action.view };
    case "ui/view-options":
      return { ...state, view_options: { ...state.view_options, ...action.options } };
  }
}

/**
 * @param {PageState} state
 * @param {SnapshotMessage} message
 * @returns {PageState}
 */
function withSnapshot(state, message) {
  const { type: _, playing, ...news } = message;
  const sameNetwork = JSON.stringify(message.layers) === JSON.stringify(state.layers);
  /** @type {PageState} */
  const next = {
    ...state,
    ...news,
    frame: null,
    steps_per_second: 0,
    what_if: null,
    // Walking is the page's own doing; training is the server's, and only the server knows whether it goes on.
    playing: playing ? "train" : state.playing === "train" ? "off" : state.playing,
    problem: null,
    arrive: "whole",
  };
  if (!sameNetwork) {
    Object.assign(next, { selection: null, hover: null, moment: null, explanation: null, unfolded: [], open_layers: {}, views: {} });
  }
  const newest = next.events.at(-1);
  const stayed =
    state.run !== null &&
    state.session === message.session &&
    state.arrive === "whole" &&
    state.frame === null &&
    state.cursor.step === message.cursor.step &&
    state.cursor.event === message.cursor.event &&
    state.micro < momentCount(state.events.at(-1), state);
  next.micro = stayed ? Math.min(state.micro, momentCount(newest, next)) : arrivalMicro(newest, next, state.arrive);
  return next;
}

/**
 * @param {PageState} state
 * @param {ViewName[]} open
 * @returns {PageState}
 */
function withOpenViews(state, open) {
  const views = Object.fromEntries(Object.entries(state.views).filter(([name]) => open.some((view) => view === name)));
  const enlarged = state.enlarged && open.includes(state.enlarged) ? state.enlarged : null;
  // A view that is closed is not pointed at any more, and may have no time to say so.
  return { ...state, views, enlarged, moment: null, settings: { ...state.settings, views: open } };
}

/**
 * @param {PageState} state
 * @param {EventMessage} message
 * @returns {PageState}
 */
function withEvent(state, message) {
  const plan = message.plan ?? state.plan;
  const learning_rate = message.learning_rate ?? state.learning_rate;
  const { cursor, preview = state.preview } = message;
  const problem = state.playing === "off" ? null : state.problem;
  if (message.kind === "commit") {
    return {
      ...state,
      plan,
      learning_rate,
      cursor,
      problem,
      epoch: state.epoch + epochsBetween(state.cursor.step, cursor.step, state.steps_per_epoch),
      last_step: Math.max(state.last_step, cursor.step),
      events: [],
      parameters: { ...state.parameters, ...message.values },
      frame: null,
      preview: null,
      what_if: null,
      micro: 0,
      arrive: "whole",
    };
  }
  return {
    ...state,
    plan,
    learning_rate,
    cursor,
    problem,
    events: [...state.events, message],
    preview,
    frame: null,
    micro: arrivalMicro(message, state, state.arrive),
    arrive: "whole",
  };
}

/**
 * @param {PageState} state
 * @param {MovedMessage} message
 * @returns {PageState}
 */
function withCursor(state, message) {
  const events = state.events.slice(0, message.cursor.event);
  // Both rest on the gradients; before those are known there is nothing to foresee.
  const kept = gradientsKnown(state.plan, message.cursor.event);
  // Whoever goes back from where a run diverges can change something and go on.
  const isFreed = state.divergence !== null && message.cursor.event < state.cursor.event;
  return {
    ...state,
    cursor: message.cursor,
    events,
    divergence: isFreed ? null : state.divergence,
    finished: isFreed ? false : state.finished,
    preview: kept ? state.preview : null,
    what_if: kept ? state.what_if : null,
    problem: state.playing === "off" ? null : state.problem,
    frame: null,
    micro: arrivalMicro(events.at(-1), state, state.arrive),
    arrive: "whole",
  };
}

/**
 * @param {PageState} state
 * @param {FrameMessage} message
 * @returns {PageState}
 */
function withFrame(state, message) {
  return {
    ...state,
    cursor: message.cursor,
    epoch: message.epoch,
    last_step: message.last_step,
    steps_per_second: message.steps_per_second,
    learning_rate: message.learning_rate,
    parameters: message.parameters,
    frame: message.values,
    events: [],
    micro: 0,
    preview: null,
    what_if: null,
  };
}

/**
 * @param {PageState} state
 * @param {AnswerMessage} message
 * @returns {PageState}
 */
function withAnswer(state, message) {
  switch (message.what) {
    case "explain":
      // What was asked for an unfolding is put in its place by who asked; an answer that is late is about another focus.
      return sameRef(message.explanation.quantity.ref, focusOf(state))
        ? withExplanation(state, message.explanation)
        : state;
    case "what_if":
      return { ...state, what_if: message.what_if };
    case "gradient_check":
      return { ...state, checked: message.checked };
    case "link":
    case "document":
      return state;
  }
}

/**
 * @param {PageState} state
 * @param {Explanation | null} explanation
 * @returns {PageState}
 */
function withExplanation(state, explanation) {
  const same = sameRef(explanation?.quantity.ref ?? null, state.explanation?.quantity.ref ?? null);
  return { ...state, explanation, unfolded: same ? state.unfolded : [] };
}

/**
 * How many moments of an event are shown when it comes onto the screen.
 *
 * @param {EventMessage | undefined} event
 * @param {PageState} state
 * @param {Arrival} arrival
 */
function arrivalMicro(event, state, arrival) {
  if (!event) return 0;
  const moments = momentsOf(event, state.layers);
  switch (arrival) {
    case "first-term":
      return stops(moments, "term")[0] ?? moments.length;
    case "first-neuron":
      return stops(moments, "neuron")[0] ?? moments.length;
    case "last-neuron":
      return stops(moments, "neuron").at(-1) ?? moments.length;
    case "whole":
      return moments.length;
  }
}

/**
 * @param {EventMessage | undefined} event
 * @param {PageState} state
 */
function momentCount(event, state) {
  return event ? momentsOf(event, state.layers).length : 0;
}

/**
 * @param {number} before  a step
 * @param {number} after  a later step
 * @param {number} stepsPerEpoch
 */
function epochsBetween(before, after, stepsPerEpoch) {
  const length = Math.max(stepsPerEpoch, 1);
  return Math.floor(after / length) - Math.floor(before / length);
}

/**
 * @param {Ref | null} one
 * @param {Ref | null} other
 */
export function sameRef(one, other) {
  if (one === null || other === null) return one === other;
  return (
    one.name === other.name &&
    one.index.length === other.index.length &&
    one.index.every((place, axis) => place === other.index[axis])
  );
}

/**
 * A JSON document with one field changed; everything that is not on the way to it is shared with the old one.
 *
 * @param {Record<string, any>} root
 * @param {string} path  e.g. "optimizer.momentum", "network.layers[0].activation"; "learning_rate" is the optimizer's
 * @param {unknown} value
 * @returns {Record<string, any>}
 */
export function withPath(root, path, value) {
  const full = path === "learning_rate" ? "optimizer.learning_rate" : path;
  return put(root, full.match(/[^.[\]]+/g) ?? [], value);
}

/**
 * @param {any} node
 * @param {string[]} keys
 * @param {unknown} value
 * @returns {any}
 */
function put(node, keys, value) {
  const [key, ...rest] = keys;
  if (key === undefined) return value;
  if (Array.isArray(node)) return node.map((item, place) => (place === Number(key) ? put(item, rest, value) : item));
  // "sgd" is short for {"type": "sgd"}.
  const object = typeof node === "string" ? { type: node } : node !== null && typeof node === "object" ? node : {};
  return { ...object, [key]: put(object[key], rest, value) };
}
