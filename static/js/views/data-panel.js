/**
 * What is being learned: the rows of the data, which of them are in this batch, and which one the picture shows.
 *
 * @module
 */

import { batchRows, dataRowOf } from "../batch.js";
import { originOf, sinceWords } from "../data-origin.js";
import { button, createRows, element, setAttribute, setChoices, setField, setText } from "../elements.js";
import { exact, number, parsed, typed } from "../format.js";
import { problemText } from "../problems.js";
import { rowsOfText, textOfRows } from "../rows-text.js";
import { createWays } from "../ways.js";

/** @typedef {import("../types.js").State} State */
/** @typedef {import("../types.js").Command} Command */
/** @typedef {import("../types.js").Real} Real */
/** @typedef {import("../types.js").DataInfo} DataInfo */
/** @typedef {import("../types.js").ServerMessage} ServerMessage */
/** @typedef {import("../reduce.js").PageAction} PageAction */
/** @typedef {{send(command: Command): Promise<ServerMessage | null>, dispatch(action: PageAction): void}} Tools */

/** Rows that are shown at once. */
const PAGE = 8;
/** In more columns than these there is room for two digits only; the pointer and a press tell all of them. */
const FEW_COLUMNS = 3;
/** With more columns than these the numbers are smaller. */
const MOST_TITLES = 3;
const OWN_ROWS = "";
const OWN_DATA = "own-data";
const FIXED_WORDS =
  "By the mean and the spread from before a row was changed: what one row becomes must not shift the others.";

/**
 * One row on show: where it stands in the data, and where in the batch.
 *
 * @typedef {{row: number, sample: number | null, inputs: Real[], targets: Real[]}} ShownRow
 */

/**
 * @param {HTMLElement} root
 * @param {Tools} tools
 */
export function createDataPanelView(root, tools) {
  /** @type {State | null} */
  let shown = null;
  let page = 0;
  /** @type {"batch" | "all"} */
  let of = "batch";

  const name = element("p", { class: "quiet" });
  const source = element("p", { class: "hint data-source" });
  const since = element("p", { class: "hint" });
  const head = element("tr");
  const body = element("tbody");
  const table = element(
    "table",
    { class: "data-rows" },
    element("caption", { class: "visually-hidden" }, "Rows of the data: inputs and targets"),
    element("thead", {}, head),
    body,
  );
  const rows = createRows(body, () => createRow());
  const place = element("span", { class: "quiet-button" });
  const before = button("Before", () => turn(-1), { "aria-label": "Rows before these" });
  const after = button("After", () => turn(1), { "aria-label": "Rows after these" });
  const pager = element("div", { class: "pager" }, before, place, after);
  const inBatch = button("This batch", () => choose("batch"), { "aria-pressed": "true" });
  const all = button("All rows", () => choose("all"), { "aria-pressed": "false" });
  const choice = element("div", { class: "choice", role: "group", "aria-label": "Rows shown" }, inBatch, all);
  const problem = element("p", { class: "field-problem", role: "alert" });
  const change = createDataForm(tools);
  root.append(
    element("div", { class: "panel-head" }, element("h2", {}, "Data"), name),
    source,
    since,
    choice,
    element("div", { class: "table-scroll" }, table),
    pager,
    problem,
    change.root,
  );
  return { update };

  /** @param {State} state */
  function update(state) {
    const last = shown;
    shown = state;
    change.update(state);
    const same =
      last !== null &&
      last.data === state.data &&
      last.sample === state.sample &&
      last.events === state.events &&
      last.frame === state.frame &&
      last.experiment === state.experiment;
    if (!same) draw();
    if (last?.hover !== state.hover || last?.selection !== state.selection) light();
    if (last?.document !== state.document || last.cursor !== state.cursor) setText(since, sinceWords(state));
  }

  function draw() {
    const data = shown?.data;
    if (!shown || !data) return;
    setText(name, nameOf(shown));
    // Who brought rows is in their name already.
    const isOurs = typeof shown.experiment?.data?.name === "string";
    setText(source, isOurs ? data.source : "");
    setAttribute(source, "hidden", source.textContent === "");
    const isSmall = data.samples <= PAGE;
    const batch = batchOf(shown);
    const listed = of === "batch" && !isSmall && batch ? batch : allRows(data, batch);
    const pages = Math.max(Math.ceil(listed.length / PAGE), 1);
    page = Math.min(page, pages - 1);
    const first = page * PAGE;
    setAttribute(choice, "hidden", isSmall);
    setAttribute(inBatch, "aria-pressed", String(of === "batch"));
    setAttribute(all, "aria-pressed", String(of === "all"));
    setAttribute(pager, "hidden", pages === 1);
    setText(place, `${first + 1} to ${Math.min(first + PAGE, listed.length)} of ${listed.length}`);
    setAttribute(before, "aria-disabled", String(page === 0));
    setAttribute(after, "aria-disabled", String(page === pages - 1));
    drawHead(data);
    rows.update(listed.slice(first, first + PAGE), (row, item) => row.update(item, /** @type {State} */ (shown)));
    light();
  }

  /** The rows that are pointed at or selected, here, in the plane, or by an input or a target of the network. */
  function light() {
    const now = shown;
    const lit = now ? [now.hover, now.selection].map((ref) => dataRowOf(now, ref)) : [];
    for (const row of body.rows) setAttribute(row, "data-lit", lit.includes(Number(row.dataset.row)));
  }

  /** @param {DataInfo} data */
  function drawHead({ input_names, target_names }) {
    const titles = [...input_names, ...target_names];
    if (head.dataset.titles === titles.join("\n")) return;
    head.dataset.titles = titles.join("\n");
    table.classList.toggle("wide", titles.length > MOST_TITLES);
    head.replaceChildren(
      element("th", { scope: "col" }, element("span", { class: "visually-hidden" }, "Row")),
      ...input_names.map((title) => element("th", { scope: "col" }, title)),
      ...target_names.map((title, column) =>
        element("th", { scope: "col", class: column === 0 ? "target first" : "target" }, title),
      ),
    );
  }

  function createRow() {
    /** @type {ShownRow | null} */
    let item = null;
    const show = button("", () => item && showSample(item), { class: "row-number" });
    const row = element("tr", {}, element("th", { scope: "row" }, show));
    row.addEventListener("click", (event) => {
      if (item && event.target instanceof Element && !event.target.closest("button, input")) showSample(item);
    });
    for (const kind of ["pointerenter", "focusin"]) {
      row.addEventListener(kind, () => item && tools.dispatch({ type: "ui/hover", ref: { name: "data", index: [item.row] } }));
    }
    for (const kind of ["pointerleave", "focusout"]) {
      row.addEventListener(kind, () => tools.dispatch({ type: "ui/hover", ref: null }));
    }
    const cells = createRows(row, () => createCell());
    return {
      root: row,
      /**
       * @param {ShownRow} next
       * @param {State} state
       */
      update(next, state) {
        item = next;
        const current = next.sample !== null && next.sample === state.sample;
        setText(show, String(next.row + 1));
        setAttribute(show, "aria-disabled", String(next.sample === null));
        setAttribute(show, "title", next.sample === null ? "Not in the batch of this step" : "Show this row in the picture");
        setAttribute(row, "data-row", next.row);
        setAttribute(row, "data-current", current);
        setAttribute(row, "aria-current", current ? "true" : null);
        setAttribute(row, "data-in-batch", next.sample !== null);
        const numbers = [
          ...next.inputs.map((value, column) => ({ path: "data.inputs", column, value, row: next.row })),
          ...next.targets.map((value, column) => ({ path: "data.targets", column, value, row: next.row })),
        ];
        const digits = numbers.length > FEW_COLUMNS ? 2 : 3;
        cells.update(numbers, (cell, entry) => cell.update(entry, digits));
      },
    };
  }

  function createCell() {
    /** @type {{path: string, row: number, column: number, value: Real} | null} */
    let entry = null;
    const shows = button("", edit, { class: "cell" });
    const cell = element("td", {}, shows);
    return { root: cell, update };

    /**
     * @param {{path: string, row: number, column: number, value: Real}} next
     * @param {number} digits
     */
    function update(next, digits) {
      entry = next;
      setText(shows, number(next.value, digits));
      setAttribute(shows, "title", `${exact(next.value)}: press to change`);
      setAttribute(cell, "class", next.path === "data.targets" ? (next.column === 0 ? "target first" : "target") : "");
    }

    function edit() {
      if (!entry || cell.contains(document.activeElement instanceof HTMLInputElement ? document.activeElement : null)) return;
      const { path, row, column, value } = entry;
      const field = element("input", {
        class: "cell",
        inputmode: "decimal",
        autocomplete: "off",
        "aria-label": `New number of row ${row + 1}`,
        value: typed(value),
      });
      let open = true;
      /** @param {boolean} keepFocus */
      const close = (keepFocus) => {
        if (!open) return;
        open = false;
        field.replaceWith(shows);
        if (keepFocus) shows.focus();
      };
      field.addEventListener("keydown", (event) => {
        if (event.key === "Escape") {
          event.stopPropagation();
          close(true);
        }
        if (event.key === "Enter") {
          // Or the press would go on to the button that gets the focus, and open the field again.
          event.preventDefault();
          commit(true);
        }
      });
      field.addEventListener("blur", () => commit(false));
      shows.replaceWith(field);
      field.select();

      /** @param {boolean} keepFocus */
      function commit(keepFocus) {
        if (!open) return;
        const wanted = parsed(field.value);
        if (wanted === null) {
          setText(problem, `“${field.value}” is no number; nothing was changed.`);
        } else {
          setText(problem, "");
          if (wanted !== Number(value)) void editNumber(path, row, column, wanted);
        }
        close(keepFocus);
      }
    }
  }

  /**
   * @param {string} path
   * @param {number} row
   * @param {number} column
   * @param {number} value
   */
  async function editNumber(path, row, column, value) {
    const reply = await tools.send({ type: "edit", id: 0, path, index: [row, column], value });
    tell(tools, problem, reply, path);
  }

  /** @param {ShownRow} row */
  function showSample({ sample }) {
    if (sample !== null && sample !== shown?.sample) void tools.send({ type: "sample", sample });
  }

  /** @param {number} pages */
  function turn(pages) {
    page = Math.max(page + pages, 0);
    draw();
  }

  /** @param {"batch" | "all"} which */
  function choose(which) {
    of = which;
    page = 0;
    draw();
  }
}

/**
 * "Other data": which, and with which options.
 *
 * @param {Tools} tools
 */
function createDataForm(tools) {
  /** @type {State | null} */
  let shown = null;
  /** @type {string | null} the experiment's data that the form was filled from */
  let filled = null;

  const menu = element("select", { id: "data-set" });
  /** Rows written out, as the experiment has them; not before somebody looks. */
  let isWritten = false;
  const words = element("p", { class: "hint" });
  const text = element("textarea", { id: "data-own-rows", rows: 5, spellcheck: "false" });
  const own = element(
    "div",
    { class: "field tall" },
    element("label", { for: text.id }, "One row a line: inputs | targets"),
    text,
  );
  const options = element("div", { class: "options" });
  const problem = element("p", { class: "field-problem", role: "alert" });
  const ways = createWays("data-way", "keep");
  const apply = element("button", { type: "submit" }, "Apply");
  const form = element(
    "form",
    {},
    button("Paste or open a file…", () => tools.dispatch({ type: "ui/dialog", dialog: OWN_DATA }), { class: "wide" }),
    element("div", { class: "field of-menu" }, element("label", { for: menu.id }, "Data set"), menu),
    words,
    own,
    options,
    problem,
    ways.root,
    element("p", { class: "hint" }, "The layers stay; where the two ends do not fit the new data, they are made to."),
    apply,
  );
  const root = element("details", {}, element("summary", {}, "Other data"), form);
  root.addEventListener("toggle", writeRows);
  menu.addEventListener("change", () => showOptions({ name: menu.value }));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void send();
  });
  return { root, update };

  /** @param {State} state */
  function update(state) {
    const last = shown;
    shown = state;
    if (!state.catalogue || !state.experiment) return;
    if (last?.catalogue === state.catalogue && last.experiment === state.experiment) return;
    const data = JSON.stringify(state.experiment.data);
    if (filled === data && last?.catalogue === state.catalogue) return;
    filled = data;
    setChoices(menu, [
      ...state.catalogue.datasets.map(({ name, label }) => ({ value: name, words: label })),
      { value: OWN_ROWS, words: "Rows typed in" },
    ]);
    menu.value = state.experiment.data?.name ?? OWN_ROWS;
    isWritten = false;
    writeRows();
    showOptions(state.experiment.data ?? {});
  }

  /** The rows as a text to be changed: as they were given, before anything was subtracted or divided. */
  function writeRows() {
    if (isWritten || !root.open || !shown?.data) return;
    isWritten = true;
    const rows = ownRows(shown) ?? shown.data;
    text.value = textOfRows(rows.inputs, rows.targets);
  }

  /** @param {Record<string, any>} data  what the fields hold where they are given */
  function showOptions(data) {
    const entry = entryNow();
    setText(problem, "");
    own.hidden = menu.value !== OWN_ROWS;
    setText(words, entry ? String(entry.about ?? entry.words ?? "") : "");
    /** @type {Record<string, unknown>} */
    const offered = entry?.options ?? { validation: 0, standardize: false };
    options.replaceChildren(
      ...Object.entries(offered)
        .filter(([, usual]) => typeof usual === "number")
        .map(([name, usual]) => numberField(name, data[name] ?? usual, entry?.limits?.[name])),
      numberField("seed", data.seed ?? shown?.experiment?.seed ?? 0, [0, Number.MAX_SAFE_INTEGER]),
      ...standardizeFields(data.standardize),
      ...(entry?.features?.length > 0 ? [featureFields(entry?.features, data.features ?? ["x", "y"])] : []),
      ...(entry?.task === "binary" ? [targetsField(data.targets_as ?? "binary")] : []),
    );
  }

  function entryNow() {
    return shown?.catalogue?.datasets.find(({ name }) => name === menu.value);
  }

  /** @returns {Record<string, any> | null}  null when the rows typed in are not understood */
  function value() {
    const entry = entryNow();
    /** @type {Record<string, any>} */
    const data = {};
    if (entry) {
      data.name = entry.name;
    } else {
      const rows = rowsOfText(text.value);
      if ("problem" in rows) {
        setText(problem, rows.problem);
        return null;
      }
      Object.assign(data, shown ? keptOf(shown, rows) : {}, rows);
    }
    for (const field of /** @type {NodeListOf<HTMLInputElement | HTMLSelectElement>} */ (
      options.querySelectorAll("input, select")
    )) {
      const { name } = field;
      if (field instanceof HTMLSelectElement) {
        if (field.value !== "binary") data[name] = field.value;
      } else if (field.type !== "checkbox") {
        const given = parsed(field.value);
        data[name] = given ?? field.value;
      } else if (name === "standardize") {
        if (field.disabled) data[name] = shown?.experiment?.data?.standardize;
        else if (field.checked) data[name] = true;
      } else if (field.checked) {
        data.features = [...(data.features ?? []), field.value];
      }
    }
    if (data.features?.join() === "x,y") delete data.features;
    return data;
  }

  async function send() {
    const data = value();
    if (!data) return;
    setText(problem, "");
    const startAgain = ways.value === "again";
    const reply = await tools.send({ type: "edit", id: 0, path: "data", value: data });
    tell(tools, problem, reply, "data");
    // The edit has fitted the network to the data; a new run of that begins with first weights.
    if (startAgain && reply && reply.type !== "problem") void tools.send({ type: "reset" });
  }

  /**
   * @param {string} name
   * @param {unknown} given
   * @param {[number, number] | undefined} limits
   */
  function numberField(name, given, limits) {
    const id = `data-${name}`;
    const hint = limits && name !== "seed" ? `${number(limits[0])} to ${number(limits[1])}` : null;
    return element(
      "div",
      { class: "field" },
      element("label", { for: id }, OPTION_WORDS[name] ?? name.replaceAll("_", " ")),
      element("input", {
        id,
        name,
        inputmode: "decimal",
        autocomplete: "off",
        value: typed(/** @type {Real} */ (given)),
        ...(hint && { title: hint }),
      }),
    );
  }

  /** @param {unknown} given  true, false, or the numbers that are subtracted and divided by */
  function standardizeFields(given) {
    const isFixed = given !== null && typeof given === "object";
    const box = element("input", { type: "checkbox", name: "standardize", checked: given === true || isFixed, disabled: isFixed });
    return [
      element("label", { class: "check" }, box, "Standardize the inputs"),
      ...(isFixed ? [element("p", { class: "hint" }, FIXED_WORDS)] : []),
    ];
  }

  /**
   * @param {string[]} features
   * @param {string[]} chosen
   */
  function featureFields(features, chosen) {
    return element(
      "fieldset",
      { class: "features" },
      element("legend", {}, "Inputs of the network"),
      ...features.map((feature) =>
        element(
          "label",
          { class: "check" },
          element("input", { type: "checkbox", name: "features", value: feature, checked: chosen.includes(feature) }),
          feature.replace("^2", "²"),
        ),
      ),
    );
  }

  /** @param {string} chosen */
  function targetsField(chosen) {
    const field = element("select", { id: "data-targets-as", name: "targets_as" });
    setChoices(field, [
      { value: "binary", words: "0 and 1" },
      { value: "signed", words: "−1 and 1" },
      { value: "one_hot", words: "one column a class" },
    ]);
    setField(field, chosen);
    return element("div", { class: "field of-menu" }, element("label", { for: field.id }, "Targets as"), field);
  }
}

/**
 * Say here, and only here, what was wrong.
 *
 * @param {Tools} tools
 * @param {HTMLElement} place
 * @param {ServerMessage | null} reply
 * @param {string} path
 */
function tell({ dispatch }, place, reply, path) {
  const refused = reply?.type === "problem";
  setText(place, refused ? problemText(reply, path) : "");
  if (refused) dispatch({ type: "ui/problem", problem: null });
}

/** @type {Record<string, string>} */
const OPTION_WORDS = {
  samples: "Samples",
  noise: "Noise",
  seed: "Seed",
  validation: "Part for validation",
  classes: "Classes",
  arms: "Arms",
};

/** @param {State} state */
function nameOf(state) {
  const { data } = state;
  const held = data?.validation_samples ? `, ${data.validation_samples} more for validation` : "";
  const count = data?.samples === 1 ? "1 row" : `${data?.samples ?? 0} rows`;
  return `${originOf(state)}: ${count}${held}`;
}

/**
 * The rows that the experiment itself holds, as they were typed; null where it names a data set.
 *
 * @param {State} state
 * @returns {{inputs: Real[][], targets: Real[][]} | null}
 */
function ownRows({ experiment }) {
  const { inputs, targets } = experiment?.data ?? {};
  if (!Array.isArray(inputs) || !Array.isArray(targets)) return null;
  return { inputs, targets: targets.map((target) => (Array.isArray(target) ? target : [target])) };
}

/**
 * What the present rows are called and mean, which the same columns with other numbers are and mean too.
 *
 * @param {State} state
 * @param {{inputs: number[][], targets: number[][]}} rows
 */
function keptOf(state, rows) {
  const before = ownRows(state);
  const same = before?.inputs[0]?.length === rows.inputs[0]?.length && before?.targets[0]?.length === rows.targets[0]?.length;
  if (!before || !same) return {};
  const { validation: _, seed: __, standardize: ___, ...kept } = state.experiment?.data ?? {};
  return kept;
}

/**
 * The rows of this step's batch; null before it is drawn, unless all rows in their order are every batch.
 *
 * @param {State} state
 * @returns {ShownRow[] | null}
 */
function batchOf(state) {
  const values = state.frame ?? state.events.find(({ kind }) => kind === "batch")?.values;
  const rows = batchRows(state);
  const inputs = values ? /** @type {Real[][] | undefined} */ (values["x"]) : state.data?.inputs;
  const targets = values ? /** @type {Real[][] | undefined} */ (values["y"]) : state.data?.targets;
  if (!rows || !inputs || !targets) return null;
  return rows.map((row, sample) => ({ row, sample, inputs: inputs[sample] ?? [], targets: targets[sample] ?? [] }));
}

/**
 * @param {DataInfo} data
 * @param {ShownRow[] | null} batch
 * @returns {ShownRow[]}
 */
function allRows({ inputs, targets }, batch) {
  const sampleOfRow = new Map(batch?.map(({ row, sample }) => [row, sample]));
  return inputs.map((row, place) => ({
    row: place,
    sample: sampleOfRow.get(place) ?? null,
    inputs: row,
    targets: targets[place] ?? [],
  }));
}
