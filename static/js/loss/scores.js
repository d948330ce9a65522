/**
 * How good the network is at this moment by other measures: accuracy and confusions of classes, or the usual error.
 *
 * @module
 */

import { button, element, setAttribute, setText } from "../elements.js";
import { number, percent } from "../format.js";

/** @typedef {import("./record.js").LossData} LossData */
/** @typedef {import("./record.js").Score} Score */

export function createScores() {
  /** @type {LossData | null} */
  let shown = null;
  /** @type {"training" | "validation"} */
  let rows = "training";
  const caption = element("p", { class: "score-caption", id: "score-caption" });
  const choices = { training: choice("training"), validation: choice("validation") };
  const switches = element(
    "div",
    { class: "score-rows", role: "group", "aria-labelledby": caption.id },
    choices.training,
    choices.validation,
  );
  const confusion = element("table", { class: "confusion" });
  const more = element("p", { class: "score-more" });
  const root = element(
    "div",
    { class: "scores", role: "region", tabindex: "0", "aria-label": "Scores at this moment" },
    caption,
    switches,
    confusion,
    more,
  );

  return {
    root,

    /** @param {LossData | undefined} data */
    update(data) {
      if (!data || data === shown) return;
      shown = data;
      draw(data);
    },
  };

  /** @param {"training" | "validation"} name */
  function choice(name) {
    return button(name, () => {
      rows = name;
      if (shown) draw(shown);
    });
  }

  /** @param {LossData} data */
  function draw({ training, validation, class_names }) {
    if (validation === null) rows = "training";
    const score = (rows === "validation" && validation) || training;
    setText(caption, `${training.accuracy === undefined ? "RMSE" : "Accuracy"} at this moment`);
    setText(choices.training, `training ${valueOf(training)}`);
    setText(choices.validation, validation ? `validation ${valueOf(validation)}` : "");
    choices.validation.hidden = validation === null;
    for (const [name, each] of Object.entries(choices)) setAttribute(each, "aria-pressed", String(name === rows));
    setText(more, `loss ${number(score.loss)}, ${score.rows === 1 ? "1 row" : `${score.rows.toLocaleString("en")} rows`}`);
    confusion.hidden = score.confusion === undefined;
    if (score.confusion) drawConfusion(score.confusion, class_names);
  }

  /**
   * @param {number[][]} counts  true × predicted
   * @param {string[]} names
   */
  function drawConfusion(counts, names) {
    confusion.replaceChildren(
      element("caption", { class: "visually-hidden" }, `True class × predicted class, ${rows} rows`),
      element("thead", {}, element("tr", {}, element("td", {}, "true ↓ predicted →"), ...names.map(columnHead))),
      element(
        "tbody",
        {},
        ...counts.map((line, place) => {
          const of = line.reduce((sum, count) => sum + count, 0);
          const cells = line.map((count, other) => cell(count, of, place === other));
          return element("tr", {}, element("th", { scope: "row" }, names[place] ?? String(place + 1)), ...cells);
        }),
      ),
    );
  }
}

/** @param {Score} score */
function valueOf({ accuracy, rmse }) {
  return accuracy === undefined ? number(rmse ?? "NaN") : percent(accuracy);
}

/**
 * @param {number} count
 * @param {number} of  rows of this true class
 * @param {boolean} isRight
 */
function cell(count, of, isRight) {
  const share = of > 0 ? count / of : 0;
  const looks = { class: isRight ? "right" : "wrong", style: `--share: ${share.toFixed(3)}` };
  return element("td", looks, count.toLocaleString("en"));
}

/** @param {string} words */
function columnHead(words) {
  return element("th", { scope: "col" }, words);
}
