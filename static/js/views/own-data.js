/**
 * A table of one's own, pasted, opened or dropped: what has been understood of it, what is wrong with it, and the choices
 * that make data of it. The server reads it; every choice asks again.
 *
 * @module
 */

import { createDialog, createOpener, showPage } from "../dialog.js";
import { button, createRows, element, setAttribute, setChoices, setField, setText } from "../elements.js";
import { parsed, typed } from "../format.js";
import { chosenAfter, columnsOf, fieldOf, inputsWith, whatIsKept } from "../own-data/choices.js";
import { badWords, columnWords, furtherWords, textOf } from "../own-data/preview.js";
import { documentNow } from "../persistence.js";
import { problemText } from "../problems.js";
import { postJson } from "../requests.js";
import { createWays } from "../ways.js";

/** @typedef {import("../reduce.js").PageState} State */
/** @typedef {import("../reduce.js").PageAction} PageAction */
/** @typedef {import("../types.js").Command} Command */
/** @typedef {import("../types.js").ServerMessage} ServerMessage */
/** @typedef {import("../requests.js").Problem} Problem */
/** @typedef {import("../own-data/preview.js").Choices} Choices */
/** @typedef {import("../own-data/preview.js").ColumnInfo} ColumnInfo */
/** @typedef {import("../own-data/preview.js").TablePreview} TablePreview */
/** @typedef {{send(command: Command): Promise<ServerMessage | null>, dispatch(action: PageAction): void}} Tools */

export const OWN_DATA = "own-data";
/** Asked again so long after the last change. */
const QUIET_MS = 200;
const ROWS_SHOWN = 3;
const EMPTY = "Nothing here yet: paste rows, open a file, or drop one anywhere on the page.";
const PLACEHOLDER = "height,weight,species\n6.2,31,cat\n5.8,28,cat\n9.4,70,dog";
const NO_NUMBER = "is no number.";

/**
 * @param {HTMLElement} root
 * @param {Tools} tools
 */
export function createOwnDataView(root, { send, dispatch }) {
  /** @type {State | null} */
  let state = null;
  /** @type {TablePreview | null} what was understood last */
  let preview = null;
  /** The text that it was understood from. */
  let read = "";
  /** @type {Partial<Choices>} by hand */
  let chosen = {};
  /** Where the text came from. */
  let source = "";
  /** The answer to what stands there now is still to come, or says that something is wrong. */
  let isCurrent = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let waiting;
  /** @type {AbortController | null} */
  let asking = null;

  const text = element("textarea", {
    id: "own-text",
    rows: 9,
    wrap: "off",
    spellcheck: "false",
    autocomplete: "off",
    placeholder: PLACEHOLDER,
    "aria-describedby": "own-limits",
  });
  const file = element("input", { type: "file", id: "own-file", accept: ".csv,.tsv,.txt,text/csv,text/plain,text/tab-separated-values" });
  const limits = element("p", { class: "hint", id: "own-limits" });
  const said = element("p", { class: "own-words", role: "status" }, EMPTY);
  const fields = createFields(change);
  const columns = createColumns(change);
  const bad = createBadRows((skip) => change({ skip_bad_rows: skip }), showLine);
  const ways = createWays("own-way", "again");
  const use = button("Use this data", () => void load(), { class: "main-button", "aria-disabled": "true" });
  const textProblem = problemLine();
  const generalProblem = problemLine();
  const understood = element(
    "div",
    { class: "own-understood", hidden: true },
    fields.reading,
    columns.root,
    bad.root,
    fields.learning,
  );
  const dialog = createDialog(
    OWN_DATA,
    "Your own data",
    element(
      "div",
      { class: "own-columns" },
      element(
        "section",
        { class: "own-text", "aria-label": "The table as text" },
        element("label", { for: text.id }, "The table, one row a line"),
        text,
        textProblem,
        element("div", { class: "field tall" }, element("label", { for: file.id }, "Or open a file"), file),
        limits,
      ),
      element("section", { class: "own-preview", "aria-label": "What has been understood" }, said, understood),
    ),
    element("div", { class: "own-foot" }, ways.root, element("div", { class: "own-use" }, generalProblem, use)),
  );
  root.append(dialog);
  const opener = createOpener(dialog, OWN_DATA, dispatch);

  text.addEventListener("input", () => {
    source = "";
    askSoon();
  });
  file.addEventListener("change", async () => {
    const [opened] = file.files ?? [];
    // The same file may be opened again, once it has been corrected.
    const most = state?.limits["document_bytes"] ?? Infinity;
    if (opened && opened.size > most) {
      const told = `${opened.name} has ${opened.size.toLocaleString("en")} bytes; at most ${most.toLocaleString("en")} are read.`;
      setText(textProblem, told);
    } else if (opened) {
      take(textOf(new Uint8Array(await opened.arrayBuffer())), opened.name);
    }
    file.value = "";
  });
  return { update, take };

  /** @param {State} next */
  function update(next) {
    state = next;
    opener.update(next, () => {
      setText(limits, limitWords(next.limits));
      if (text.value.trim() !== "") askNow();
    });
  }

  /**
   * A text from elsewhere.
   *
   * @param {string} content
   * @param {string} name  of its file
   */
  function take(content, name) {
    dispatch({ type: "ui/dialog", dialog: OWN_DATA });
    text.value = content;
    source = name;
    chosen = {};
    askNow();
  }

  /** @param {Partial<Choices>} changed */
  function change(changed) {
    if (!preview) return;
    chosen = chosenAfter(chosen, changed, { ...preview.choices, ...chosen });
    // The next choice may come before the answer to this one.
    drawChoices(preview);
    askSoon();
  }

  function askSoon() {
    notYet();
    clearTimeout(waiting);
    waiting = setTimeout(() => void ask(), QUIET_MS);
  }

  function askNow() {
    notYet();
    clearTimeout(waiting);
    void ask();
  }

  /** What is on show is about something that has changed. */
  function notYet() {
    isCurrent = false;
    asking?.abort();
    drawUse();
  }

  async function ask() {
    if (text.value.trim() === "") {
      preview = null;
      chosen = {};
      tell(null);
      draw();
      return;
    }
    const question = new AbortController();
    const asked = text.value;
    asking = question;
    const reply = await postJson("api/table", questionOf(chosen), question.signal);
    if (reply === null || asking !== question) return;
    if ("problem" in reply) {
      const isOther = asked !== read;
      const about = reply.problem.problems.map(fieldOf);
      if (isOther && about.length > 0 && about.every((field) => field in chosen)) {
        // Choices about a table that is not here any more.
        chosen = {};
        void ask();
        return;
      }
      if (isOther) preview = null;
      tell(reply.problem);
      draw();
      return;
    }
    preview = reply.value;
    read = asked;
    isCurrent = true;
    tell(null);
    draw();
  }

  /** @param {Partial<Choices>} choices */
  function questionOf(choices) {
    const { data: _, ...experiment } = state?.experiment ?? {};
    return JSON.stringify({ text: text.value, choices, ...(state?.experiment && { experiment }) });
  }

  /** Where it stands in the text. @param {number} line  counted from 1 */
  function showLine(line) {
    const lines = text.value.split("\n");
    const start = lines.slice(0, line - 1).reduce((length, one) => length + one.length + 1, 0);
    text.setSelectionRange(start, start + (lines[line - 1]?.length ?? 0));
    text.focus();
  }

  async function load() {
    if (!isCurrent || !preview?.data || !preview.experiment) return;
    const data = { ...preview.data, source: source === "" ? "Pasted here" : source };
    const reply = await (ways.value === "keep" ? goOnWith(data) : send({ type: "load", id: 0, document: { ...preview.experiment, data } }));
    if (reply?.type === "problem") {
      tell(reply);
      // It is said here, and need not be said again for the whole page.
      dispatch({ type: "ui/problem", problem: null });
    } else if (reply) {
      showPage(dispatch);
    }
  }

  /**
   * An edit at this very moment. One that is longer than a command may be goes as the document of this moment with that
   * edit at its end, which is the same run.
   *
   * @param {Record<string, any>} data
   */
  function goOnWith(data) {
    const moment = state && documentNow(state);
    const isLong = JSON.stringify(data).length > (state?.limits["message_bytes"] ?? Infinity) - 1000;
    if (!isLong || !moment) return send({ type: "edit", id: 0, path: "data", value: data });
    const { step } = moment.cursor;
    const before = moment.edits.filter((edit) => edit.step < step || (edit.step === step && edit.event === 0));
    const edits = [...before, { step, event: 0, path: "data", value: data }];
    return send({ type: "load", id: 0, document: { ...moment, edits, cursor: { step, event: 0 } } });
  }

  function draw() {
    understood.hidden = preview === null;
    setText(said, preview?.words ?? (text.value.trim() === "" ? EMPTY : "This is not understood as a table."));
    if (preview) {
      drawChoices(preview);
      bad.update(preview);
    }
    drawUse();
  }

  /** What was chosen and refused stays, beside what is wrong with it. @param {TablePreview} now */
  function drawChoices(now) {
    const choices = { ...now.choices, ...chosen };
    fields.update(choices);
    columns.update(now, choices);
  }

  function drawUse() {
    const isReady = isCurrent && preview?.experiment != null;
    setAttribute(use, "aria-disabled", String(!isReady));
    if (!preview?.data || !state) {
      ways.allowKeeping(true);
      return;
    }
    const { kept, words } = whatIsKept(state.layers, columnsOf(preview.data));
    ways.allowKeeping(kept !== "nothing", words);
  }

  /**
   * Each problem at the field that it is about.
   *
   * @param {Problem | null} problem
   */
  function tell(problem) {
    /** @type {Map<string, import("../types.js").FieldProblem[]>} */
    const told = new Map();
    for (const one of problem?.problems ?? []) told.set(fieldOf(one), [...(told.get(fieldOf(one)) ?? []), one]);
    /** @param {string} field */
    const words = (field) => {
      const problems = told.get(field) ?? [];
      return problems.map(({ value, allowed }) => `${value === "missing" ? "Missing" : `This is ${value}`}; allowed: ${allowed}.`).join(" ");
    };
    const isGeneral = problem !== null && problem.problems.length === 0;
    setText(textProblem, [isGeneral || told.has("text") ? problem?.message : "", words("text")].filter(Boolean).join(" "));
    setAttribute(text, "aria-invalid", textProblem.textContent === "" ? null : "true");
    setText(columns.problem, words("inputs") || words("target"));
    for (const [name, { control, line }] of Object.entries(fields.lines)) {
      setText(line, words(name));
      setAttribute(control, "aria-invalid", words(name) === "" ? null : "true");
    }
    const general = told.get("general");
    setText(generalProblem, general && problem ? `${problem.message} ${problemText({ message: "", problems: general })}` : "");
  }
}

/**
 * How the table is read, and what is learned from it.
 *
 * @param {(change: Partial<Choices>) => void} change
 */
function createFields(change) {
  const delimiter = element("select", { id: "own-delimiter" });
  const header = element("input", { type: "checkbox", id: "own-header" });
  const task = element("select", { id: "own-task" });
  const standardize = element("input", { type: "checkbox", id: "own-standardize" });
  const validation = element("input", { id: "own-validation", inputmode: "decimal", autocomplete: "off" });
  const divisor = element("input", { id: "own-divisor", inputmode: "decimal", autocomplete: "off" });
  setChoices(delimiter, [
    { value: ",", words: "commas" },
    { value: ";", words: "semicolons" },
    { value: "\t", words: "tabs" },
  ]);
  setChoices(task, [
    { value: "regression", words: "a number" },
    { value: "binary", words: "one of two classes" },
    { value: "classification", words: "one of several classes" },
  ]);
  delimiter.addEventListener("change", () => change({ delimiter: delimiter.value }));
  header.addEventListener("change", () => change({ header: header.checked }));
  task.addEventListener("change", () => change({ task: /** @type {Choices["task"]} */ (task.value) }));
  standardize.addEventListener("change", () => change({ standardize: standardize.checked }));
  const lines = {
    delimiter: { control: delimiter, line: problemLine() },
    task: { control: task, line: problemLine() },
    validation: { control: validation, line: problemLine() },
    divide_target_by: { control: divisor, line: problemLine() },
  };
  onNumber(validation, lines.validation.line, (value) => change({ validation: value }));
  onNumber(divisor, lines.divide_target_by.line, (value) => change({ divide_target_by: value }));
  const divisorField = labelled("Target divided by", lines.divide_target_by);
  const reading = element(
    "div",
    { class: "own-fields" },
    labelled("Fields parted by", lines.delimiter),
    element("label", { class: "check" }, header, "The first row names the columns"),
  );
  const learning = element(
    "div",
    { class: "own-fields" },
    labelled("The target is", lines.task),
    divisorField,
    labelled("Part for validation", lines.validation),
    element("label", { class: "check" }, standardize, "Standardize the inputs"),
  );
  return {
    reading,
    learning,
    lines,
    /** @param {Choices} now */
    update(now) {
      delimiter.value = now.delimiter;
      header.checked = now.header;
      task.value = now.task;
      standardize.checked = now.standardize;
      setField(validation, typed(now.validation));
      setField(divisor, typed(now.divide_target_by));
      divisorField.hidden = now.task !== "regression";
    },
  };
}

/**
 * A line for each column: what it holds, how its first rows begin, and what it is for.
 *
 * @param {(change: Partial<Choices>) => void} change
 */
function createColumns(change) {
  /** @type {Choices | null} */
  let now = null;
  /** @type {string[]} */
  let names = [];
  const body = element("tbody");
  const firsts = Array.from({ length: ROWS_SHOWN }, (_, row) => element("th", { scope: "col", class: "own-cell" }, `row ${row + 1}`));
  const table = element(
    "table",
    { class: "own-table" },
    element("caption", { class: "visually-hidden" }, "The columns: what they hold, and what each is for"),
    element(
      "thead",
      {},
      element(
        "tr",
        {},
        element("th", { scope: "col" }, "column"),
        element("th", { scope: "col" }, "holds"),
        ...firsts,
        element("th", { scope: "col" }, "input"),
        element("th", { scope: "col" }, "target"),
      ),
    ),
    body,
  );
  const problem = problemLine();
  const rows = createRows(body, () => {
    let name = "";
    const title = element("th", { scope: "row" });
    const holds = element("td", { class: "own-holds" });
    const cells = firsts.map(() => element("td", { class: "own-cell" }));
    const input = element("input", { type: "checkbox" });
    const target = element("input", { type: "radio", name: "own-target" });
    input.addEventListener("change", () => {
      if (now) change({ inputs: inputsWith(names, now.inputs, name, input.checked) });
    });
    target.addEventListener("change", () => change({ target: name }));
    const mark = (/** @type {HTMLInputElement} */ control) => element("td", { class: "own-use-cell" }, element("label", {}, control));
    return {
      root: element("tr", {}, title, holds, ...cells, mark(input), mark(target)),
      /**
       * @param {ColumnInfo} column
       * @param {string[]} first
       * @param {Choices} choices
       */
      update(column, first, choices) {
        name = column.name;
        setText(title, name);
        setAttribute(title, "title", name);
        setText(holds, columnWords(column));
        cells.forEach((cell, row) => {
          setText(cell, first[row] ?? "");
          setAttribute(cell, "title", first[row] ?? null);
        });
        input.checked = choices.inputs.includes(name);
        input.disabled = choices.target === name;
        target.checked = choices.target === name;
        setAttribute(input, "aria-label", `${name} is an input`);
        setAttribute(target, "aria-label", `${name} is the target`);
      },
    };
  });
  return {
    root: element("div", {}, element("div", { class: "own-scroll", tabindex: "0", role: "region", "aria-label": "The columns" }, table), problem),
    problem,
    /**
     * @param {TablePreview} preview
     * @param {Choices} choices
     */
    update(preview, choices) {
      now = choices;
      names = preview.columns.map(({ name }) => name);
      firsts.forEach((head, row) => (head.hidden = row >= preview.first_rows.length));
      rows.update(preview.columns, (row, column, place) => {
        row.update(column, preview.first_rows.slice(0, ROWS_SHOWN).map((cells) => cells[place] ?? ""), choices);
      });
    },
  };
}

/**
 * The rows that cannot be used, by name, and leave to do without them.
 *
 * @param {(skip: boolean) => void} onSkip
 * @param {(line: number) => void} onLine  somebody wants to see it
 */
function createBadRows(onSkip, onLine) {
  const list = element("ul", { class: "own-bad-list" });
  const skip = element("input", { type: "checkbox", id: "own-skip" });
  const skipWords = element("span");
  skip.addEventListener("change", () => onSkip(skip.checked));
  const root = element(
    "div",
    { class: "own-bad", hidden: true },
    list,
    element("label", { class: "check" }, skip, skipWords),
  );
  return {
    root,
    /** @param {TablePreview} preview */
    update({ bad, choices, good_rows }) {
      root.hidden = bad.count === 0;
      const further = furtherWords(bad);
      list.replaceChildren(
        ...bad.told.map((cell) => element("li", {}, button(badWords(cell), () => onLine(cell.line), { title: "Show this line" }))),
        ...(further === "" ? [] : [element("li", {}, further)]),
      );
      skip.checked = choices.skip_bad_rows;
      setText(skipWords, `Leave ${bad.rows === 1 ? "this row" : `these ${bad.rows} rows`} out; ${good_rows} are left`);
    },
  };
}

/**
 * @param {HTMLInputElement} control
 * @param {HTMLElement} line  where it is told that this is no number
 * @param {(value: number) => void} onChange
 */
function onNumber(control, line, onChange) {
  control.addEventListener("change", () => {
    const value = parsed(control.value);
    setText(line, value === null ? `“${control.value}” ${NO_NUMBER}` : "");
    setAttribute(control, "aria-invalid", value === null ? "true" : null);
    if (value !== null) onChange(value);
  });
}

function problemLine() {
  return element("p", { class: "field-problem", role: "alert" });
}

/**
 * @param {string} words
 * @param {{control: HTMLElement, line: HTMLElement}} field
 */
function labelled(words, { control, line }) {
  return element("div", { class: "field" }, element("label", { for: control.id }, words), control, line);
}

/** @param {State["limits"]} limits */
function limitWords({ samples = 0, document_bytes = 0 }) {
  const most = samples > 0 ? `At most ${samples.toLocaleString("en")} rows and ${document_bytes.toLocaleString("en")} bytes. ` : "";
  return `${most}Commas, semicolons or tabs; quotation marks around fields that hold them. Missing: nothing, NA or ?.`;
}
