/**
 * What can be chosen about the plane: what a click does, which inputs, how it is shown.
 *
 * @module
 */

import { button, element, setAttribute, setChoices, setText } from "../elements.js";
import { neuronName, parsed } from "../format.js";
import { shapeIcon } from "./legend.js";
import { className } from "./words.js";

/** @typedef {import("../types.js").PlaneData} PlaneData */
/** @typedef {import("../types.js").PlaneOptions} PlaneOptions */
/** @typedef {"look" | "add" | "feed"} Tool */
/** What the controls hold. @typedef {{tool: Tool, label: number, target: number | null, isHard: boolean, isAsking: boolean}} Choices */
/** A point whose class is asked for. @typedef {NonNullable<PlaneData["uncertain"]>} Asked */

/** @type {readonly {tool: Tool, words: string, title: string}[]} */
const TOOLS = Object.freeze([
  { tool: "look", words: "Look", title: "Point at the plane to read it; click a point to select it" },
  { tool: "add", words: "Add", title: "Click to add a point, drag to move one, Delete to remove the selected one" },
  { tool: "feed", words: "Feed", title: "Online learning: each click is one training step on that point alone" },
]);
const MEANS = "means";

/**
 * @param {HTMLElement} root
 * @param {object} on
 * @param {(options: Partial<PlaneOptions>) => void} on.options
 * @param {() => void} on.change  something that only the page knows was chosen
 * @param {(label: number) => void} on.answer  the class of the point that was asked for
 * @param {() => void} on.output  back to the output
 */
export function createControls(root, on) {
  /** @type {Choices} */
  const choices = { tool: "look", label: 1, target: null, isHard: false, isAsking: false };
  /** @type {PlaneData | null} */
  let data = null;
  /** @type {number | null} */
  let sampleRow = null;
  let shownClasses = "";

  const tools = TOOLS.map(({ tool, words, title }) => {
    const made = button(words, () => ((choices.tool = tool), change()), { title, "aria-pressed": "false" });
    return { tool, made };
  });
  const classes = element("div", { class: "choice plane-classes", role: "group", "aria-label": "Class of a new point" });
  const target = element("input", { type: "text", inputmode: "decimal", size: 5, autocomplete: "off", oninput: readTarget });
  const targetField = element("label", { class: "plane-field" }, "target", target);
  const asking = button("Ask for a label", () => ((choices.isAsking = !choices.isAsking), change()), {
    class: "plane-seldom",
    title: "The network asks about the point of which it is least sure",
    "aria-pressed": "false",
  });
  const question = element("div", { class: "choice plane-question", role: "group", "aria-label": "Class of the point marked with a question mark" });
  const hard = button("Discretize", () => ((choices.isHard = !choices.isHard), change()), {
    class: "plane-seldom",
    "aria-pressed": "false",
  });
  const hidden = button("Hidden space", () => on.options({ hidden: hidden.getAttribute("aria-pressed") !== "true" }), {
    title: "The points as the last hidden layer sees them",
    "aria-pressed": "false",
  });
  const across = menu("across", "Input across", choosePair);
  const up = menu("up", "Input up", choosePair);
  const others = menu("others", "Inputs on no axis", ({ value }) => on.options({ row: value === MEANS ? undefined : Number(value) }));
  const first = menu("across", "Hidden neuron across", chooseUnits);
  const second = menu("up", "Hidden neuron up", chooseUnits);
  const name = element("span", {});
  const output = element("span", { class: "plane-neuron" }, name, button("Back to the output", on.output));
  const noAdding = element("span", { class: "quiet" });
  root.append(
    output,
    element("div", { class: "choice", role: "group", "aria-label": "What a click on the plane does" }, ...tools.map(({ made }) => made)),
    classes,
    targetField,
    noAdding,
    asking,
    question,
    across.root,
    up.root,
    others.root,
    first.root,
    second.root,
    hard,
    hidden,
  );

  return {
    choices,

    /**
     * @param {PlaneData} now
     * @param {PlaneOptions} options
     * @param {{asked: Asked | null, row: number | null, isDeep: boolean}} about  `row`: of the sample on show; `isDeep`: there
     *   is a hidden layer
     */
    update(now, options, { asked, row, isDeep }) {
      data = now;
      sampleRow = row;
      const isClasses = now.task !== "regression";
      const canAdd = isClasses || now.target_names.length === 1;
      const isAdding = choices.tool !== "look" && options.hidden !== true;
      for (const { tool, made } of tools) setAttribute(made, "aria-pressed", String(tool === choices.tool));
      drawClasses(now);
      for (const [place, { firstChild }] of [...classes.children].entries()) {
        setAttribute(/** @type {Element} */ (firstChild?.parentElement), "aria-pressed", String(place === choices.label));
      }
      setAttribute(classes, "hidden", !isClasses || !isAdding);
      setAttribute(targetField, "hidden", isClasses || !isAdding || now.kind === "curve" || !canAdd);
      setAttribute(noAdding, "hidden", !isAdding || canAdd);
      setText(noAdding, isAdding && !canAdd ? "Points with several targets are added in the data panel." : "");
      setAttribute(asking, "hidden", !isClasses || now.kind === "curve" || options.hidden === true);
      setAttribute(asking, "aria-pressed", String(choices.isAsking));
      drawQuestion(now, asked);
      drawMenus(now, options);
      setAttribute(hard, "hidden", now.kind === "curve" || options.hidden === true);
      setAttribute(hard, "aria-pressed", String(choices.isHard));
      setAttribute(hidden, "hidden", !isDeep && options.hidden !== true);
      setAttribute(hidden, "aria-pressed", String(options.hidden === true));
      setAttribute(output, "hidden", now.neuron === null || options.hidden === true);
      if (now.neuron) setText(name, neuronName(now.neuron.layer, now.neuron.unit));
    },
  };

  function change() {
    on.change();
  }

  function readTarget() {
    choices.target = parsed(target.value);
    setAttribute(target, "aria-invalid", choices.target === null ? "true" : null);
    change();
  }

  /** @param {PlaneData} now */
  function drawClasses(now) {
    const key = JSON.stringify([now.task, now.class_names]);
    if (key === shownClasses) return;
    shownClasses = key;
    choices.label = Math.min(choices.label, Math.max(now.class_names.length - 1, 0));
    classes.replaceChildren(...classButtons(now, (label) => ((choices.label = label), change())));
    question.replaceChildren();
  }

  /**
   * @param {PlaneData} now
   * @param {Asked | null} asked
   */
  function drawQuestion(now, asked) {
    setAttribute(question, "hidden", !asked);
    if (!asked) return;
    const words = asked.reason || "Which class is it at the question mark?";
    if (question.firstChild?.textContent === words) return;
    question.replaceChildren(
      element("span", { class: "quiet" }, words),
      ...(asked.point ? classButtons(now, on.answer) : []),
    );
  }

  /**
   * @param {PlaneData} now
   * @param {PlaneOptions} options
   */
  function drawMenus(now, options) {
    const isHidden = options.hidden === true;
    const inputs = now.raw_names.map((words, place) => ({ value: String(place), words }));
    const hasChoice = now.raw_names.length > 2 && !isHidden;
    for (const [place, each] of [across, up].entries()) {
      setAttribute(each.root, "hidden", !hasChoice);
      if (!hasChoice) continue;
      setChoices(each.field, inputs);
      each.field.value = String(now.pair[place] ?? place);
    }
    setAttribute(others.root, "hidden", !hasChoice);
    if (hasChoice) {
      const row = now.row ?? sampleRow;
      setChoices(others.field, [
        { value: MEANS, words: "at their means" },
        ...(row === null ? [] : [{ value: String(row), words: `as in row ${row + 1}` }]),
        ...(now.row !== null && sampleRow !== null && sampleRow !== now.row ? [{ value: String(sampleRow), words: `as in row ${sampleRow + 1}` }] : []),
      ]);
      others.field.value = now.row === null ? MEANS : String(now.row);
    }
    const space = isHidden ? now.hidden : null;
    const hasUnits = (space?.units ?? 0) > 2;
    for (const [place, each] of [first, second].entries()) {
      setAttribute(each.root, "hidden", !hasUnits);
      if (!hasUnits || !space) continue;
      setChoices(each.field, [
        { value: "", words: `component ${place + 1}` },
        ...Array.from({ length: space.units }, (_, unit) => ({ value: String(unit), words: `neuron ${unit + 1}` })),
      ]);
      each.field.value = String(space.shown_units[place] ?? "");
    }
  }

  /** @param {HTMLSelectElement} changed */
  function choosePair(changed) {
    const [one, two] = [Number(across.field.value), Number(up.field.value)];
    const [before, after] = data?.pair ?? [0, 1];
    // The same input on both axes shows nothing: the two change places.
    if (one !== two) on.options({ pair: [one, two] });
    else on.options({ pair: changed === across.field ? [one, before ?? 0] : [after ?? 1, two] });
  }

  /** @param {HTMLSelectElement} changed */
  function chooseUnits(changed) {
    if (changed.value === "") {
      on.options({ hidden_pair: undefined });
      return;
    }
    const chosen = Number(changed.value);
    const other = changed === first.field ? second.field : first.field;
    const free = other.value === "" || Number(other.value) === chosen ? (chosen === 0 ? 1 : 0) : Number(other.value);
    on.options({ hidden_pair: changed === first.field ? [chosen, free] : [free, chosen] });
  }
}

/**
 * @param {PlaneData} data
 * @param {(place: number) => void} onPress
 */
function classButtons(data, onPress) {
  return data.class_names.map((_, place) => {
    const made = button(className(data, place), () => onPress(place));
    made.prepend(shapeIcon(place));
    return made;
  });
}

/**
 * @param {string} words
 * @param {string} name  what it is called where the words alone say too little
 * @param {(field: HTMLSelectElement) => void} onChange
 */
function menu(words, name, onChange) {
  const field = element("select", { "aria-label": name, onchange: () => onChange(field) });
  return { root: element("label", { class: "plane-field", hidden: true }, words, field), field };
}
