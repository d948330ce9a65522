/**
 * Finds the elements, makes the store, and joins everything. The only file that acts when it is imported.
 *
 * @module
 */

import { createClock } from "./clock.js";
import { createConnection, socketAddress } from "./connection.js";
import { listenToDrops } from "./drops.js";
import { focusKind, listenToKeys } from "./keys.js";
import { momentsOf } from "./moments.js";
import { rememberedMoment, rememberedSettings, rememberMoment, rememberSettings, viewNames, viewOptions } from "./persistence.js";
import { firstState, reduce, USUAL_SETTINGS } from "./reduce.js";
import { newest } from "./select.js";
import { tellWhatLiesBelow } from "./scrolling.js";
import { createStore } from "./store.js";
import { createBadgeView } from "./views/badge.js";
import { createBlackboardView } from "./views/blackboard.js";
import { createDataPanelView } from "./views/data-panel.js";
import { BLANK, createDialogsView, HELP } from "./views/dialogs.js";
import { createHeaderView } from "./views/header.js";
import { createLearningRateView } from "./views/learning-rate.js";
import { createNetworkPanelView } from "./views/network-panel.js";
import { createOwnDataView } from "./views/own-data.js";
import { createProblemView } from "./views/problem.js";
import { createStageView } from "./views/stage.js";
import { createStatusView } from "./views/status.js";
import { createTableTwinView } from "./views/table-twin.js";
import { createTakeAlongView } from "./views/take-along.js";
import { createTransportView } from "./views/transport.js";
import { createViewMenuView } from "./views/view-menu.js";
import { VIEWS } from "./view-list.js";
import { createWalker, GRAINS } from "./walk.js";
import { requestsOf } from "./watching.js";

/** @typedef {import("./reduce.js").PageState} PageState */
/** @typedef {import("./types.js").Command} Command */
/** @typedef {import("./types.js").Settings} Settings */
/** @typedef {import("./types.js").ViewName} ViewName */

const FIRST_PRESET = "xor";
/** More steps a second than these cannot be asked for, other than by full speed. */
const FASTEST_TRAINING = 1e6;
/** While something plays, the live region speaks at most this often. */
const QUIET_MS = 2000;
/** What was seen is written down this long after it was seen, and whenever the page is left. */
const REMEMBER_AFTER_MS = 500;
const WELCOME = "Press → to begin: each press computes one number. ← takes it back.";

function main() {
  const prefersDark = matchMedia("(prefers-color-scheme: dark)");
  const prefersLess = matchMedia("(prefers-reduced-motion: reduce)");
  const settings = rememberedSettings(() => localStorage, {
    ...USUAL_SETTINGS,
    theme: prefersDark.matches ? "dark" : "light",
  });
  const store = createStore(reduce, firstState({ settings }));
  const clock = createClock();

  showSettings(settings);
  const connection = createConnection({
    store,
    address: socketAddress(document.baseURI),
    otherwise: { type: "open", preset: FIRST_PRESET },
    opening: openingOf(location, rememberedMoment(() => sessionStorage), isReload()),
    onView: (view) => showView(store, view),
    isHidden: () => document.visibilityState === "hidden",
  });
  const walker = createWalker({ store, send: connection.send, clock });
  const announce = createAnnounce(store);
  const tools = { send: connection.send, dispatch: store.dispatch, clock, announce, walker };

  const learningRate = createLearningRateView(find("learning-rate"), tools);
  const dialogs = createDialogsView(find("dialogs"), tools);
  const ownData = createOwnDataView(find("dialogs"), tools);
  const takeAlong = createTakeAlongView(find("dialogs"), {
    ...tools,
    picture: () => find("stage-picture").querySelector("svg"),
  });
  const views = [
    createHeaderView(find("header"), tools),
    createDataPanelView(find("data"), tools),
    createNetworkPanelView(find("network"), tools),
    createStageView(find("stage-picture"), tools),
    createTableTwinView(find("table-twin"), tools),
    createViewMenuView(find("view-menu"), tools),
    createBlackboardView(find("blackboard"), tools),
    createTransportView(find("transport"), tools),
    learningRate,
    createBadgeView(find("badge"), tools),
    createStatusView(find("status")),
    createProblemView(find("problem"), tools),
    dialogs,
    ownData,
    takeAlong,
  ];
  for (const view of views) store.subscribe((state) => view.update(state));
  openViews(store, find("charts"), tools);
  watchOpenViews(store, connection.send);

  /** @type {PageState | null} */
  let shown = null;
  store.subscribe((state) => {
    if (state.settings !== shown?.settings) {
      if (shown) rememberSettings(() => localStorage, state.settings);
      showSettings(state.settings);
    }
    if (state.speed !== shown?.speed) clock.speed = state.speed;
    if (state.dialog !== shown?.dialog) showPanel(state.dialog);
    const isArrival = state.run !== null && !shown?.run && state.cursor.step === 0 && state.cursor.event === 0;
    shown = state;
    if (isArrival) announce(WELCOME);
  });
  prefersLess.addEventListener("change", () => showSettings(store.state.settings));
  rememberOften(store);
  letGoOfWhatWasPressed();
  listenToDrops(
    document.documentElement,
    { table: ownData.take, document: dialogs.openDocument, receipt: takeAlong.check },
    () => store.state.limits["receipt_bytes"] ?? 0,
    (message) => store.dispatch({ type: "ui/problem", problem: { message, problems: [] } }),
  );
  for (const panel of ["left", "right"]) tellWhatLiesBelow(find(panel));

  addEventListener("hashchange", () => {
    const link = linkIn(location.hash);
    if (!link) return;
    connection.open({ type: "open", link });
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
  });
  addEventListener("online", connection.retryNow);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") connection.retryNow();
  });

  listenToKeys({
    target: document,
    characterKeys: () => store.state.settings.character_keys,
    actions: {
      next: (press) => walker.next(press),
      back: (press) => walker.back(press),
      nextPhase: walker.nextPhase,
      backPhase: walker.backPhase,
      first: walker.first,
      last: walker.last,
      playPause: walker.playPause,
      replay: walker.replay,
      coarser: walker.coarser,
      finer: walker.finer,
      learningRateDown: learningRate.lower,
      learningRateUp: learningRate.raise,
      fullscreen: toggleFullscreen,
      blank: () => store.dispatch({ type: "ui/dialog", dialog: BLANK }),
      table: () => toggle("show_table"),
      chart: () => store.dispatch({ type: "ui/view", view: "loss" }),
      view: ({ key }) => {
        const wanted = VIEWS.find((view) => view.key === key);
        if (wanted) store.dispatch({ type: "ui/view", view: wanted.name });
      },
      theme: () => set("theme", store.state.settings.theme === "dark" ? "light" : "dark"),
      projector: () => toggle("projector"),
      help: () => store.dispatch({ type: "ui/dialog", dialog: HELP }),
      leave: () => {
        if (store.state.dialog !== null) store.dispatch({ type: "ui/dialog", dialog: null });
        else if (store.state.enlarged !== null) store.dispatch({ type: "ui/enlarge", view: null });
        else if (store.state.selection !== null) store.dispatch({ type: "ui/select", ref: null });
      },
    },
  });

  /** @param {"show_table" | "projector"} name */
  function toggle(name) {
    set(name, !store.state.settings[name]);
  }

  /**
   * @param {keyof Settings} name
   * @param {Settings[keyof Settings]} value
   */
  function set(name, value) {
    store.dispatch({ type: "ui/setting", name, value });
  }

  /** @param {Settings} now */
  function showSettings(now) {
    const reduced = now.motion === "auto" ? prefersLess.matches : now.motion === "reduced";
    const { dataset } = document.documentElement;
    dataset.theme = now.theme;
    dataset.mode = now.projector ? "projector" : "normal";
    document.documentElement.toggleAttribute("data-table", now.show_table);
    dataset.motion = reduced ? "reduced" : "full";
    clock.reduced = reduced;
  }
}

/**
 * Where each view comes from, when it is wanted: most visits want few of them.
 *
 * @type {Record<ViewName, () => Promise<(root: HTMLElement, tools: any) => {update(state: PageState): void}>>}
 */
const VIEW_MODULES = {
  plane: async () => (await import("./views/plane.js")).createPlaneView,
  loss: async () => (await import("./views/loss-chart.js")).createLossChartView,
  landscape: async () => (await import("./views/landscape.js")).createLandscapeView,
  what_if: async () => (await import("./views/what-if.js")).createWhatIfView,
  signals: async () => (await import("./views/signals.js")).createSignalsView,
  optimizer: async () => (await import("./views/optimizer.js")).createOptimizerView,
  race: async () => (await import("./views/race.js")).createRaceView,
};

/**
 * Keep one section in the dock for each open view, in the order in which they are offered.
 *
 * @param {{subscribe(listener: (state: PageState) => void): unknown, readonly state: PageState}} store
 * @param {HTMLElement} dock
 * @param {object} tools  what every view gets
 */
function openViews(store, dock, tools) {
  /** @type {Map<ViewName, {root: HTMLElement, update(state: PageState): void}>} */
  const made = new Map();
  store.subscribe((state) => {
    const open = state.settings.views;
    dock.hidden = open.length === 0;
    // Rules that ask whether something is there (:has) would be worked out anew with every number that changes.
    document.documentElement.toggleAttribute("data-views", open.length > 0);
    if (state.enlarged === null) delete document.documentElement.dataset.enlarged;
    else document.documentElement.dataset.enlarged = state.enlarged;
    for (const { name } of VIEWS) {
      if (open.includes(name) && !made.has(name)) make(name);
      const view = made.get(name);
      if (!view) continue;
      view.root.hidden = !open.includes(name);
      view.root.classList.toggle("enlarged", state.enlarged === name);
      view.root.classList.toggle("newest", open.at(-1) === name);
      if (!view.root.hidden) view.update(state);
    }
  });

  /** @param {ViewName} name */
  function make(name) {
    const root = document.createElement("section");
    root.id = `view-${name}`;
    const place = VIEWS.findIndex((view) => view.name === name);
    const after = VIEWS.slice(place + 1).flatMap((view) => made.get(view.name)?.root ?? [])[0];
    dock.insertBefore(root, after ?? null);
    made.set(name, { root, update: () => {} });
    void VIEW_MODULES[name]().then((create) => {
      const view = create(root, tools);
      made.set(name, { root, update: (state) => view.update(state) });
      if (!root.hidden) view.update(store.state);
    });
  }
}

/**
 * Tell the server which views are open, whenever that or what was chosen in them has changed, and again after the line was
 * lost.
 *
 * @param {{subscribe(listener: (state: PageState) => void): unknown}} store
 * @param {(command: Command) => unknown} send
 */
function watchOpenViews(store, send) {
  let asked = "[]";
  /** @type {string | null} */
  let session = null;
  store.subscribe((state) => {
    if (state.connection !== "open") {
      asked = "[]";
      return;
    }
    if (state.session !== session) asked = "[]";
    session = state.session;
    if (state.session === null) return;
    const views = requestsOf(state);
    const wanted = JSON.stringify(views);
    if (wanted === asked) return;
    asked = wanted;
    send({ type: "watch", views });
  });
}

/**
 * What to ask the server for at first. A reload comes back to the moment that was left; an address typed or followed means
 * what it says.
 *
 * @param {{search: string, hash: string}} address
 * @param {import("./persistence.js").Remembered | null} moment
 * @param {boolean} reloaded
 * @returns {Extract<Command, {type: "open"}>}
 */
function openingOf({ search, hash }, moment, reloaded) {
  const link = linkIn(hash);
  const preset = new URLSearchParams(search).get("preset");
  if (moment && (reloaded || (!link && !preset))) return { type: "open", ...moment };
  if (link) return { type: "open", link };
  return { type: "open", preset: preset ?? FIRST_PRESET };
}

/** @param {string} hash */
function linkIn(hash) {
  return /^#m=(.+)$/.exec(hash)?.[1];
}

function isReload() {
  const [navigation] = performance.getEntriesByType("navigation");
  return navigation instanceof PerformanceNavigationTiming && navigation.type !== "navigate";
}

/**
 * Show what a viewer saw at the moment that was opened.
 *
 * @param {{readonly state: PageState, dispatch(action: import("./reduce.js").PageAction): void}} store
 * @param {Record<string, any>} view  comes from outside: a link, a file
 */
function showView({ state, dispatch }, view) {
  const grain = GRAINS.find((name) => name === view.grain);
  if (grain) dispatch({ type: "ui/grain", grain });
  if (typeof view.speed === "number") dispatch({ type: "ui/speed", speed: view.speed });
  if (isTraining(view.training)) dispatch({ type: "ui/training", training: view.training });
  if (isRef(view.selection)) dispatch({ type: "ui/select", ref: view.selection });
  dispatch({ type: "ui/view-options", options: viewOptions(view.view_options) });
  if (Array.isArray(view.views)) dispatch({ type: "ui/views", views: viewNames(view.views, []) });
  for (const [layer, open] of Object.entries(view.open_layers ?? {})) {
    dispatch({ type: "ui/open-layer", layer: Number(layer), open: open === true });
  }
  const event = newest(state);
  if (event && Number.isInteger(view.micro) && view.micro >= 1) {
    dispatch({ type: "ui/micro", micro: Math.min(view.micro, momentsOf(event, state.layers).length) });
  }
}

/**
 * @param {any} value
 * @returns {value is import("./types.js").Ref}
 */
function isRef(value) {
  return typeof value?.name === "string" && Array.isArray(value.index) && value.index.every(Number.isInteger);
}

/**
 * @param {unknown} value
 * @returns {value is PageState["training"]}
 */
function isTraining(value) {
  return value === null || value === "full" || (typeof value === "number" && value > 0 && value <= FASTEST_TRAINING);
}

/**
 * Say a sentence in the live region. While something plays most of them are left out, or nobody could follow.
 *
 * @param {{readonly state: PageState, dispatch(action: import("./reduce.js").PageAction): void}} store
 */
function createAnnounce(store) {
  let spokenAt = -Infinity;
  return (/** @type {string} */ sentence) => {
    const now = performance.now();
    if (store.state.playing !== "off" && now - spokenAt < QUIET_MS) return;
    spokenAt = now;
    store.dispatch({ type: "ui/status", status: sentence });
  };
}

/**
 * Write down where we are, for a reload: soon after something was seen, and in time when the page is left.
 *
 * @param {{readonly state: PageState, subscribe(listener: (state: PageState) => void): unknown}} store
 */
function rememberOften(store) {
  let waiting = false;
  const write = () => {
    waiting = false;
    rememberMoment(() => sessionStorage, store.state);
  };
  store.subscribe(() => {
    if (waiting) return;
    waiting = true;
    setTimeout(write, REMEMBER_AFTER_MS);
  });
  addEventListener("pagehide", write);
}

/**
 * Arrow keys belong to the button, menu or choice that has the focus, but after a press with the pointer nobody means that:
 * the focus goes back to the page, where arrows step.
 */
function letGoOfWhatWasPressed() {
  let byPointer = false;
  const letGo = () => {
    const { activeElement: focused } = document;
    const pressed = focused?.matches("button, select, input[type=radio], input[type=checkbox]") ?? false;
    if (byPointer && pressed && focused instanceof HTMLElement && focusKind(focused) !== "dialog") focused.blur();
  };
  addEventListener("pointerdown", () => (byPointer = true), true);
  addEventListener("keydown", () => (byPointer = false), true);
  // A menu is open for as long as it has the focus; and what is pressed by its label gets the focus only afterwards.
  document.addEventListener("click", ({ target }) => {
    if (!(target instanceof Element) || !target.closest("select")) setTimeout(letGo);
  });
  document.addEventListener("change", () => setTimeout(letGo));
}

/** The panels that the projector has no room for lie over the page when they are asked for. @param {string | null} dialog */
function showPanel(dialog) {
  const { dataset } = document.documentElement;
  if (dialog === "data" || dialog === "network") dataset.panel = dialog;
  else delete dataset.panel;
}

function toggleFullscreen() {
  // Where it is not allowed (an embedded page), nothing happens.
  const change = document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen();
  change.catch(() => {});
}

/** @param {string} id */
function find(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`The page has no element with the id ${id}.`);
  return found;
}

// Last, so that everything above is there.
main();
