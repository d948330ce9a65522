/**
 * Which is better? The same experiment in up to four lanes, all at the step of the cursor.
 *
 * @module
 */

import { button, element, setAttribute, setField, setText } from "../elements.js";
import { parsed, typed } from "../format.js";
import { createPane } from "../pane.js";
import { savePng, saveSvg } from "../pictures.js";
import { createChart } from "../race/chart.js";
import { createLaneTable } from "../race/lane-table.js";
import { createMethods } from "../race/methods.js";
import { createPaths } from "../race/paths.js";
import { createPlanes } from "../race/planes.js";
import { createSetup } from "../race/setup.js";
import { COST, sentenceOf, tableOf } from "../race/words.js";

/** @typedef {import("../types.js").State} State */
/** @typedef {import("../types.js").Command} Command */
/** @typedef {import("../types.js").RaceData} RaceData */
/** @typedef {import("../types.js").RaceOptions} RaceOptions */
/** A picture beside the losses. @typedef {"planes" | "paths" | "methods"} Picture */

const EMPTY = "No race has been set up yet: take a ready-made one, or add a lane.";
const FILE = "chalkgrad-race";

/**
 * @param {HTMLElement} root
 * @param {object} tools
 * @param {(command: Command) => Promise<import("../connection.js").Reply>} tools.send
 * @param {(action: import("../reduce.js").PageAction) => void} tools.dispatch
 * @param {(sentence: string) => void} tools.announce
 */
export function createRaceView(root, { send, dispatch, announce }) {
  /** @type {State | null} */
  let shown = null;
  /** @type {Picture | null} */
  let picture = null;
  let isSetup = false;
  let byCost = false;
  let isLog = false;
  /** What the picture says while something in it is pointed at. @type {string | null} */
  let reading = null;

  const setup = createSetup({
    options: (options) => choose(options),
    ready: (lanes) => {
      isSetup = false;
      choose({ lanes });
    },
  });
  const chart = createChart({
    go: (step) => shown && send({ type: "seek", cursor: { step: step + origin(), event: 0 } }),
    read: (words) => {
      reading = words;
      say();
    },
    point: (step) => dispatch({ type: "ui/moment", moment: step === null ? null : step + origin() }),
  });
  const table = createLaneTable((lane) => void promote(lane));
  const planes = createPlanes();
  const paths = createPaths();
  const methods = createMethods();
  const pane = createPane(root, {
    name: "race",
    title: "Race",
    question: "Which is better?",
    dispatch,
    twin: () => {
      const data = shown && dataOf(shown);
      return data ? tableOf(data) : { caption: EMPTY, head: [], rows: [] };
    },
    savings: [
      { words: "SVG", save: () => save(saveSvg) },
      { words: "PNG", save: () => save(savePng) },
    ],
  });
  const lanes = button("Lanes", () => {
    isSetup = !isSetup;
    draw();
  }, { "aria-pressed": "false" });
  const cost = toggle("By cost", () => (byCost = !byCost));
  const log = toggle("Log y", () => (isLog = !isLog));
  /** @type {Record<Picture, HTMLButtonElement>} */
  const pictures = {
    planes: button("Planes", () => show("planes"), { "aria-pressed": "false" }),
    paths: button("Paths", () => show("paths"), { "aria-pressed": "false" }),
    methods: button("Searches", () => show("methods"), { "aria-pressed": "false" }),
  };
  const threshold = element("input", { type: "text", inputmode: "decimal", size: "5", "aria-label": "Threshold of the loss", onchange: setThreshold });
  const below = element("label", { class: "race-field" }, "below", threshold);
  pane.controls.append(lanes, cost, log, ...Object.values(pictures), below);
  const costWords = element("p", { class: "race-caption" }, COST);
  const losses = element("div", { class: "race-losses" }, chart.root, costWords);
  const beside = element("div", { class: "race-beside" }, planes.root, paths.root, methods.root);
  const wait = element("p", { class: "pane-empty" }, "…");
  const run = element("div", { class: "race-run" }, element("div", { class: "race-pictures" }, losses, beside), table.root);
  pane.body.append(setup.root, wait, run);
  return { update };

  /** @param {State} state */
  function update(state) {
    const before = shown;
    shown = state;
    pane.update(state);
    const isNew =
      !before ||
      before.views.race !== state.views.race ||
      before.view_options.race !== state.view_options.race ||
      before.settings.theme !== state.settings.theme;
    const isOther =
      before?.experiment !== state.experiment || before.catalogue !== state.catalogue || before.cursor !== state.cursor;
    if (isNew) draw();
    else if (isOther && !setup.root.hidden) drawSetup();
    if (isNew || before?.moment !== state.moment) chart.mark(state.moment === null ? null : state.moment - origin());
  }

  /** The step of the run with which the race begins. */
  function origin() {
    return (shown && dataOf(shown)?.origin) ?? 0;
  }

  function draw() {
    if (!shown) return;
    const options = shown.view_options.race;
    const hasRace = options.lanes.length > 0;
    const data = dataOf(shown);
    const isWrong = data !== null && (data.problems.length > 0 || data.reason !== null);
    const needsSetup = isSetup || !hasRace || isWrong;
    setup.root.hidden = !needsSetup;
    run.hidden = needsSetup || !data;
    wait.hidden = needsSetup || data !== null;
    lanes.hidden = !hasRace || isWrong;
    setAttribute(lanes, "aria-pressed", String(needsSetup));
    setText(lanes, needsSetup ? "Show the race" : "Lanes");
    for (const each of [cost, log, below, ...Object.values(pictures)]) each.hidden = needsSetup;
    setAttribute(cost, "aria-pressed", String(byCost));
    setAttribute(log, "aria-pressed", String(isLog));
    setField(threshold, typed(options.threshold));
    if (picture === null && options.planes) picture = "planes";
    if (picture === null && options.axes) picture = "paths";
    const hasSearch = options.lanes.some(({ search }) => search);
    pictures.methods.hidden ||= !hasSearch;
    pictures.planes.hidden ||= (shown.data?.input_names.length ?? 0) < 2;
    if (picture !== null && pictures[picture].hidden && !needsSetup) picture = null;
    for (const [name, each] of Object.entries(pictures)) setAttribute(each, "aria-pressed", String(name === picture));
    setAttribute(root, "data-picture", picture);
    beside.hidden = picture === null;
    planes.root.hidden = picture !== "planes";
    paths.root.hidden = picture !== "paths";
    methods.root.hidden = picture !== "methods";
    costWords.hidden = !byCost;
    if (needsSetup) drawSetup();
    else if (data) drawRun(data);
    say();
    pane.changed();
  }

  function drawSetup() {
    if (!shown?.catalogue || !shown.experiment) return;
    const { catalogue, experiment, layers, view_options, cursor } = shown;
    setup.update({ catalogue, experiment, layers }, view_options.race, cursor, dataOf(shown)?.problems ?? []);
  }

  /** @param {RaceData} data */
  function drawRun(data) {
    const arrays = shown?.views.race?.arrays ?? {};
    chart.update(data, arrays, { byCost, isLog });
    table.update(data, byCost);
    if (picture === "planes") planes.update(data, arrays);
    if (picture === "paths") paths.update(data, arrays);
    if (picture === "methods") methods.update(data, arrays, shown?.data ?? null);
  }

  function say() {
    const data = shown && dataOf(shown);
    pane.say(reading ?? (data ? sentenceOf(data) : shown?.view_options.race.lanes.length ? "…" : EMPTY));
  }

  /** @param {Partial<RaceOptions>} options */
  function choose(options) {
    if (shown) dispatch({ type: "ui/view-options", options: { race: { ...shown.view_options.race, ...options } } });
  }

  /** @param {Picture} name */
  function show(name) {
    picture = picture === name ? null : name;
    choose({ planes: picture === "planes", axes: picture === "paths" ? { kind: "principal" } : null });
  }

  /** @param {string} words @param {() => void} change */
  function toggle(words, change) {
    return button(words, () => {
      change();
      draw();
    }, { class: "race-detail", "aria-pressed": "false" });
  }

  function setThreshold() {
    const value = parsed(threshold.value);
    const isRight = value !== null && value > 0 && Number.isFinite(value);
    setAttribute(threshold, "aria-invalid", isRight ? null : "true");
    if (isRight) choose({ threshold: value });
    else announce("The threshold is a number above 0.");
  }

  /** @param {(picture: SVGSVGElement, name: string) => unknown} how */
  function save(how) {
    if (chart.root.getBoundingClientRect().width > 0) return how(chart.root, FILE);
    return announce("What is saved are the losses: show them first.");
  }

  /** @param {number} lane */
  async function promote(lane) {
    if (!shown) return;
    const name = dataOf(shown)?.lanes[lane]?.name;
    const race = /** @type {const} */ ({ view: "race", ...shown.view_options.race });
    const reply = await send({ type: "promote", id: 0, race, lane });
    if (reply?.type !== "snapshot") return;
    picture = null;
    choose({ lanes: [], fork: null, planes: false, axes: null });
    announce(`The session goes on as ${name}; the race is over.`);
  }
}

/**
 * What is told of the race that is asked for; null while it is worked out, and where there is none.
 *
 * @param {State} state
 * @returns {RaceData | null}
 */
function dataOf({ views, view_options: { race } }) {
  const told = views.race;
  if (!told || told.request.view !== "race" || race.lanes.length === 0) return null;
  const isThis = JSON.stringify([told.request.lanes, told.request.fork]) === JSON.stringify([race.lanes, race.fork]);
  return isThis ? told.data : null;
}
