/**
 * What outlives a reload: the settings, for every visit; the moment, for this tab.
 *
 * A browser may refuse to store anything (private windows, embedded pages, a full disk); then the page forgets, and
 * nothing else happens.
 *
 * @module
 */

import { isViewName, MOST_OPEN } from "./view-list.js";

/** @typedef {import("./types.js").Settings} Settings */
/** @typedef {import("./types.js").Document} Document */
/** @typedef {import("./reduce.js").PageState} PageState */

/** Reads and writes one storage of the browser, or stands in for it. @typedef {Pick<Storage, "getItem" | "setItem">} Shelf */

/**
 * What a viewer sees beyond the engine's cursor.
 *
 * @typedef {object} ViewOfMoment
 * @property {number} micro
 * @property {PageState["grain"]} grain
 * @property {number} speed
 * @property {PageState["training"]} training
 * @property {PageState["selection"]} selection
 * @property {Record<string, boolean>} open_layers
 * @property {PageState["settings"]["views"]} views
 * @property {PageState["view_options"]} view_options
 */

/** @typedef {{session: string, document: Document}} Remembered */

const MOST_LANES = 4;
const USUAL_THRESHOLD = 0.1;
const SETTINGS_KEY = "chalkgrad.settings";
const MOMENT_KEY = "chalkgrad.moment";

/**
 * The settings of the last visit, with the usual ones in place of what is missing or not understood.
 *
 * @param {() => Shelf} shelf  may throw, as reading `localStorage` itself does where storage is blocked
 * @param {Settings} usual
 * @returns {Settings}
 */
export function rememberedSettings(shelf, usual) {
  const stored = read(shelf, SETTINGS_KEY);
  if (!isRecord(stored)) return usual;
  return {
    theme: stored.theme === "light" || stored.theme === "dark" ? stored.theme : usual.theme,
    projector: flag(stored.projector, usual.projector),
    motion:
      stored.motion === "auto" || stored.motion === "reduced" || stored.motion === "full" ? stored.motion : usual.motion,
    character_keys: flag(stored.character_keys, usual.character_keys),
    show_line: flag(stored.show_line, usual.show_line),
    show_table: flag(stored.show_table, usual.show_table),
    views: viewNames(stored.views, usual.views),
    neuron_maps: flag(stored.neuron_maps, usual.neuron_maps),
  };
}

/**
 * @param {() => Shelf} shelf
 * @param {Settings} settings
 */
export function rememberSettings(shelf, settings) {
  write(shelf, SETTINGS_KEY, settings);
}

/**
 * The moment at which this tab was left.
 *
 * @param {() => Shelf} shelf
 * @returns {Remembered | null}
 */
export function rememberedMoment(shelf) {
  const stored = read(shelf, MOMENT_KEY);
  if (!isRecord(stored) || typeof stored.session !== "string" || !isRecord(stored.document)) return null;
  return /** @type {Remembered} */ (/** @type {unknown} */ (stored));
}

/**
 * @param {() => Shelf} shelf
 * @param {PageState} state
 */
export function rememberMoment(shelf, state) {
  const moment = documentNow(state);
  if (state.session !== null && moment) write(shelf, MOMENT_KEY, { session: state.session, document: moment });
}

/**
 * The document of the present moment: the experiment as it began, its edits, the cursor, and what this viewer sees.
 *
 * @param {PageState} state
 * @returns {Document | null}
 */
export function documentNow(state) {
  return state.document && { ...state.document, cursor: state.cursor, view: viewNow(state) };
}

/**
 * @param {PageState} state
 * @returns {ViewOfMoment}
 */
export function viewNow(state) {
  const { micro, grain, speed, training, selection, open_layers, view_options } = state;
  return { micro, grain, speed, training, selection, open_layers, views: state.settings.views, view_options };
}

/**
 * @param {() => Shelf} shelf
 * @param {string} key
 * @returns {unknown}
 */
function read(shelf, key) {
  try {
    return JSON.parse(shelf().getItem(key) ?? "null");
  } catch {
    return null;
  }
}

/**
 * @param {() => Shelf} shelf
 * @param {string} key
 * @param {unknown} value
 */
function write(shelf, key, value) {
  try {
    shelf().setItem(key, JSON.stringify(value));
  } catch {
    // Nothing is lost but the comfort of being remembered.
  }
}

/**
 * @param {unknown} value
 * @returns {value is Record<string, unknown>}
 */
function isRecord(value) {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

/**
 * @param {unknown} value
 * @param {import("./types.js").ViewName[]} otherwise
 */
export function viewNames(value, otherwise) {
  return Array.isArray(value) ? [...new Set(value.filter(isViewName))].slice(0, MOST_OPEN) : otherwise;
}

/**
 * What has been chosen in views, as far as it is understood; whether there are such axes, rows or lanes the server knows.
 *
 * @param {unknown} value  comes from outside: a link, a file
 * @returns {Partial<PageState["view_options"]>}
 */
export function viewOptions(value) {
  if (!isRecord(value)) return {};
  const { plane, landscape, optimizer, race } = value;
  /** @type {Record<string, unknown>} */
  const found = {};
  if (isRecord(plane)) found["plane"] = plane;
  if (isRecord(landscape) && isRecord(landscape.axes)) found["landscape"] = landscape;
  if (isRecord(optimizer)) found["optimizer"] = optimizer;
  if (isRecord(race) && Array.isArray(race.lanes) && race.lanes.every((lane) => isRecord(lane) && typeof lane.name === "string")) {
    const { lanes, fork, planes, axes, threshold } = race;
    found["race"] = {
      lanes: lanes.slice(0, MOST_LANES),
      fork: isRecord(fork) ? fork : null,
      planes: planes === true,
      axes: isRecord(axes) ? axes : null,
      threshold: typeof threshold === "number" && threshold > 0 ? threshold : USUAL_THRESHOLD,
    };
  }
  return found;
}

/**
 * @param {unknown} value
 * @param {boolean} otherwise
 */
function flag(value, otherwise) {
  return typeof value === "boolean" ? value : otherwise;
}
