/**
 * Setting up a race: ready-made ones, lanes one by one, and where it begins.
 *
 * @module
 */

import { button, createRows, element, setAttribute, setChoices, setField, setText } from "../elements.js";
import { stepName } from "../format.js";
import { tellWhatLiesBelow } from "../scrolling.js";
import { base, fieldsOf, formFor, formOf, kindsOf, laneOf, MOST_LANES, placeOfProblem, readyMade, sameLane } from "./lanes.js";
import { createSwatch } from "./marks.js";
import { TOGETHER } from "./words.js";

/** @typedef {import("../types.js").Cursor} Cursor */
/** @typedef {import("../types.js").FieldProblem} FieldProblem */
/** @typedef {import("../types.js").LanePlan} LanePlan */
/** @typedef {import("../types.js").RaceOptions} RaceOptions */
/** @typedef {import("./lanes.js").Field} Field */
/** @typedef {import("./lanes.js").Form} Form */
/** @typedef {import("./lanes.js").Known} Known */

const FIRST_KIND = "learning_rate";
const FULL = "Four lanes are as many as there can be.";

/**
 * @param {object} on
 * @param {(options: Partial<RaceOptions>) => void} on.options
 * @param {(lanes: LanePlan[]) => void} on.ready  a ready-made race was chosen
 */
export function createSetup({ options, ready }) {
  /** @type {Known | null} */
  let known = null;
  /** @type {RaceOptions | null} */
  let race = null;
  /** @type {Cursor} */
  let cursor = { step: 0, event: 0 };
  /** @type {Form} */
  let form = { kind: FIRST_KIND, values: {} };
  /** @type {number | null} the lane that the form changes; null: it adds one */
  let changing = null;
  /** @type {FieldProblem[]} */
  let told = [];

  const made = element("div", { class: "race-ready", role: "group", "aria-label": "Ready-made races" });
  /** @type {ReturnType<typeof createRows<ReturnType<typeof readyMade>[number], {root: HTMLButtonElement}>>} */
  const madeRows = createRows(made, (place) => ({ root: button("", () => known && ready(readyMade(known)[place]?.lanes ?? [])) }));
  const list = element("ol", { class: "race-lanes", "aria-label": "Lanes" });
  /** @type {ReturnType<typeof createRows<LanePlan, ReturnType<typeof createLane>>>} */
  const rows = createRows(list, createLane);
  const kind = element("select", {
    "aria-label": "What is different",
    onchange: () => known && choose(formOf(kind.value, known)),
  });
  const fields = element("div", { class: "race-fields" });
  /** @type {ReturnType<typeof createRows<Field, ReturnType<typeof createField>>>} */
  const fieldRows = createRows(fields, createField);
  const submit = element("button", { type: "submit" }, "Add a lane");
  const cancel = button("Leave it", () => choose(formOf(form.kind, /** @type {Known} */ (known)), null), { class: "quiet-button", hidden: true });
  const full = element("p", { class: "race-note" });
  const fieldset = element("form", { class: "race-form", onsubmit: put }, kind, fields, submit, cancel);
  const begins = element("div", { class: "race-begins", role: "group", "aria-label": "Where it begins" });
  const fromStart = button("From the beginning", () => options({ fork: null }));
  const fromHere = button("From here", () => options({ fork: { ...cursor } }));
  begins.append(fromStart, fromHere);
  const problem = element("p", { class: "field-problem", role: "alert" });
  const root = element(
    "div",
    { class: "race-setup", role: "region", "aria-label": "Setting up the race" },
    element("div", { class: "race-half" }, element("p", {}, "Ready-made:"), made, element("p", {}, "It begins:"), begins),
    element("div", { class: "race-half" }, list, problem, fieldset, full, element("p", { class: "race-note" }, TOGETHER)),
  );
  tellWhatLiesBelow(root);
  return { root, update };

  /**
   * @param {Known} known_
   * @param {RaceOptions} race_
   * @param {Cursor} cursor_
   * @param {FieldProblem[]} problems
   */
  function update(known_, race_, cursor_, problems) {
    known = known_;
    race = race_;
    cursor = cursor_;
    told = problems;
    const lanes = race.lanes.length > 0 ? race.lanes : [base()];
    madeRows.update(readyMade(known), (row, { words }) => setText(row.root, words));
    const placed = problems.map((each) => ({ ...each, ...placeOfProblem(each.path) }));
    rows.update(lanes, (row, lane, place) => {
      if (row.swatchFor !== place) row.root.prepend(createSwatch(place));
      row.swatchFor = place;
      setText(row.name, lane.name);
      row.change.hidden = row.remove.hidden = place === 0;
      setAttribute(row.change, "aria-label", `Change ${lane.name}`);
      setAttribute(row.remove, "aria-label", `Remove ${lane.name}`);
      setAttribute(row.root, "aria-current", place === changing ? "true" : null);
      setText(row.problem, wordsOf(placed.filter((each) => each.lane === place)));
    });
    setText(problem, wordsOf(placed.filter((each) => each.lane === null)));
    setAttribute(fromStart, "aria-pressed", String(race.fork === null));
    setAttribute(fromHere, "aria-pressed", String(race.fork !== null));
    setText(fromHere, race.fork ? `From ${stepName(race.fork.step)}` : "From here");
    if (changing !== null && changing >= lanes.length) changing = null;
    const isFull = changing === null && lanes.length >= MOST_LANES;
    fieldset.hidden = isFull;
    setText(full, isFull ? FULL : "");
    drawForm();
  }

  function drawForm() {
    if (!known) return;
    setChoices(kind, kindsOf(known));
    if (![...kind.options].some(({ value }) => value === form.kind)) form = formOf(FIRST_KIND, known);
    kind.value = form.kind;
    fieldRows.update(fieldsOf(form, known), (row, field) => row.update(field));
    setText(submit, changing === null ? "Add a lane" : "Change the lane");
    cancel.hidden = changing === null;
  }

  /** @param {Form} form_ @param {number | null} [changing_] */
  function choose(form_, changing_ = changing) {
    form = form_;
    changing = changing_;
    if (known && race) update(known, race, cursor, told);
  }

  /** @param {Event} event */
  function put(event) {
    event.preventDefault();
    if (!known || !race) return;
    const lane = laneOf(form, known);
    const lanes = race.lanes.length > 0 ? race.lanes : [base()];
    const place = changing ?? lanes.length;
    changing = null;
    if (lanes.some((other, at) => at !== place && sameLane(other, lane))) {
      setText(full, `${lane.name} is in the race already.`);
      return;
    }
    options({ lanes: lanes.toSpliced(place, 1, lane) });
  }

  /** @param {number} place */
  function createLane(place) {
    const name = element("span", { class: "race-lane-name" });
    const change = button("Change", () => {
      const lane = race?.lanes[place];
      const found = lane && known && formFor(lane, known);
      if (!found) return;
      choose(found, place);
      kind.focus();
    }, { class: "quiet-button" });
    const remove = button("Remove", () => {
      const lanes = race?.lanes.toSpliced(place, 1) ?? [];
      changing = null;
      options({ lanes: lanes.length > 1 ? lanes : [] });
    }, { class: "quiet-button" });
    const wrong = element("p", { class: "field-problem", role: "alert" });
    const row = element("li", {}, name, change, remove, wrong);
    return { root: row, name, change, remove, problem: wrong, swatchFor: -1 };
  }

  function createField() {
    const label = element("span");
    const input = element("input", { type: "text", inputmode: "decimal", size: "7", autocomplete: "off" });
    const menu = element("select");
    const row = element("label", { class: "race-field" }, label, input, menu);
    let name = "";
    input.addEventListener("input", () => fill(input.value));
    menu.addEventListener("change", () => fill(menu.value));
    /** @param {string} value */
    function fill(value) {
      // Another optimizer has constants of its own.
      const isType = name === "type";
      choose({ kind: form.kind, values: isType ? { type: value } : { ...form.values, [name]: value } });
    }
    return {
      root: row,
      /** @param {Field} field */
      update(field) {
        name = field.name;
        setText(label, field.label);
        setAttribute(row, "title", field.words || null);
        input.hidden = field.choices !== undefined;
        menu.hidden = field.choices === undefined;
        if (field.choices) {
          setChoices(menu, field.choices);
          menu.value = field.value;
        } else setField(input, field.value);
      },
    };
  }
}

/** @param {{path: string, value: string, allowed: string}[]} problems */
function wordsOf(problems) {
  return problems.map(({ path, value, allowed }) => `${path ? `${path} is ${value}` : value}; allowed: ${allowed}.`).join(" ");
}
