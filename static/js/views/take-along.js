/**
 * Taking this step along: as a picture, as numbers, on paper, as code; and checking a receipt that somebody brings.
 *
 * @module
 */

import { createDialog, createOpener, showPage } from "../dialog.js";
import { button, element, setAttribute, setText } from "../elements.js";
import { stepFile } from "../file-names.js";
import { stepName } from "../format.js";
import { save, savePng, saveSvg } from "../pictures.js";
import { problemText } from "../problems.js";
import { getFile, postJson } from "../requests.js";

/** @typedef {import("../reduce.js").PageState} State */
/** @typedef {import("../reduce.js").PageAction} PageAction */
/** @typedef {import("../types.js").Command} Command */
/** @typedef {import("../types.js").Document} Document */
/** @typedef {import("../types.js").ServerMessage} ServerMessage */
/**
 * See app/exports/receipt.py.
 *
 * @typedef {object} Verdict
 * @property {"equal" | "close" | "differs"} tier
 * @property {string} words
 * @property {Record<string, string>} given_by
 * @property {Record<string, string>} checked_by
 * @property {Document} document
 */
/**
 * @typedef {object} Tools
 * @property {(command: Command) => Promise<ServerMessage | null>} send
 * @property {(action: PageAction) => void} dispatch
 * @property {() => SVGSVGElement | null} picture  the network as it is shown
 */

export const TAKE_ALONG = "take-along";

/** What the server makes of the present step: the file there, and the ending of ours. */
const FILES = Object.freeze({
  csv: { path: "numbers.csv", ending: ".csv" },
  json: { path: "numbers.json", ending: ".json" },
  receipt: { path: "receipt.json", ending: "-receipt.json" },
  weights: { path: "weights.npz", ending: "-weights.npz" },
  numpy: { path: "network_numpy.py", ending: "-numpy.py" },
  pytorch: { path: "network_pytorch.py", ending: "-pytorch.py" },
  keras: { path: "network_keras.py", ending: "-keras.py" },
});
const HEADINGS = Object.freeze({
  equal: "Every number is right.",
  close: "The numbers agree, but not to the last bit.",
  differs: "This receipt does not hold.",
});

/**
 * @param {HTMLElement} root
 * @param {Tools} tools
 */
export function createTakeAlongView(root, { send, dispatch, picture }) {
  /** @type {State | null} */
  let state = null;

  const problem = element("p", { class: "field-problem", role: "alert" });
  const moment = element("p", { class: "hint" });
  const worksheet = element("a", { class: "like-button", target: "_blank", rel: "noopener" }, "Worksheet");
  const receipts = createReceipts(send, dispatch);
  const dialog = createDialog(
    TAKE_ALONG,
    "Take it with you",
    moment,
    problem,
    element(
      "div",
      { class: "take-along" },
      element(
        "div",
        {},
        part("Picture", [
          row([pictureButton("SVG", saveSvg), pictureButton("PNG", savePng)], "The network as it stands on the page, for slides and print."),
        ]),
        part("Paper", [row([worksheet], "This step with blanks to fill in, and its answers on another page. In a new tab.")]),
        part("Code", [
          row(
            [fileButton("NumPy", "numpy"), fileButton("PyTorch", "pytorch"), fileButton("Keras", "keras")],
            "This network with its weights and data, as a script that trains on from here.",
          ),
        ]),
      ),
      element(
        "div",
        {},
        part("Numbers", [
          row([fileButton("CSV", "csv"), fileButton("JSON", "json")], "Every number of this step: one a row, for a spreadsheet, or event by event."),
          row([fileButton("Weights", "weights")], "Every weight and bias, as a file that NumPy reads."),
          row([fileButton("Receipt", "receipt")], "The run and every number of this step: anybody can compute them again."),
        ]),
        receipts.root,
      ),
    ),
  );
  root.append(dialog);
  const opener = createOpener(dialog, TAKE_ALONG, dispatch);
  return {
    update,
    /** A receipt that came in another way. @param {string} text */
    async check(text) {
      dispatch({ type: "ui/dialog", dialog: TAKE_ALONG });
      await receipts.check(text);
    },
  };

  /** @param {State} next */
  function update(next) {
    state = next;
    opener.update(next, () => {
      setText(problem, "");
      receipts.clear();
    });
    if (next.dialog !== TAKE_ALONG) return;
    setText(moment, `Of ${stepName(next.cursor.step)}, as far as it has been walked.`);
    setAttribute(worksheet, "href", `${sessionPath(next)}worksheet.html?sample=${next.sample}`);
  }

  /**
   * @param {string} words
   * @param {keyof typeof FILES} which
   */
  function fileButton(words, which) {
    return button(words, () => void download(which));
  }

  /** @param {keyof typeof FILES} which */
  async function download(which) {
    if (!state) return;
    const { path, ending } = FILES[which];
    const name = stepFile(state) + ending;
    const reply = await getFile(sessionPath(state) + path);
    setText(problem, "problem" in reply ? reply.problem.message : "");
    if ("file" in reply) save(reply.file, name);
  }

  /**
   * @param {string} words
   * @param {(picture: SVGSVGElement, name: string, behind: HTMLCanvasElement[]) => Promise<void>} write
   */
  function pictureButton(words, write) {
    return button(words, async () => {
      const shown = picture();
      const isShown = shown !== null && shown.getBoundingClientRect().width > 0;
      setText(problem, isShown ? "" : "The network is not on the page now: close the view that lies over it.");
      // The maps of the neurons lie behind their chips.
      const behind = [...(shown?.parentElement?.querySelectorAll("canvas") ?? [])];
      if (isShown && state) await write(shown, stepFile(state), behind);
    });
  }
}

/**
 * "Check a receipt": a file is opened, the server computes it again, and its moment can be opened.
 *
 * @param {Tools["send"]} send
 * @param {Tools["dispatch"]} dispatch
 */
function createReceipts(send, dispatch) {
  /** @type {Document | null} */
  let found = null;
  const file = element("input", { type: "file", id: "receipt-file", accept: ".json,application/json" });
  const heading = element("strong");
  const words = element("p");
  const makers = element("p", { class: "hint" });
  const open = button("Open this moment", () => void load(), { hidden: true });
  const verdict = element("div", { class: "verdict", role: "status" }, heading, words, makers);
  file.addEventListener("change", async () => {
    const [chosen] = file.files ?? [];
    if (chosen) await check(await chosen.text());
    file.value = "";
  });
  const root = part("Check a receipt", [
    element(
      "div",
      { class: "field tall" },
      element("label", { for: file.id, class: "hint" }, "Open one, or drop it on the page: every number in it is computed again."),
      file,
    ),
    verdict,
    open,
  ]);
  return { root, check, clear };

  function clear() {
    say("", "", "");
  }

  /** @param {string} text */
  async function check(text) {
    say("", "Computing every number again …", "");
    const reply = await postJson("api/receipt", text);
    if (reply === null) return;
    if ("problem" in reply) {
      say("differs", problemWords(reply.problem), "", "This is not a receipt that can be checked here.");
      return;
    }
    /** @type {Verdict} */
    const told = reply.value;
    say(told.tier, told.words, makersWords(told), HEADINGS[told.tier]);
    found = told.document;
    open.hidden = false;
  }

  async function load() {
    if (!found) return;
    const reply = await send({ type: "load", id: 0, document: found });
    if (reply?.type === "problem") {
      say("differs", problemWords(reply), "");
      dispatch({ type: "ui/problem", problem: null });
    } else if (reply) {
      showPage(dispatch);
    }
  }

  /**
   * @param {string} tier
   * @param {string} sentence
   * @param {string} by
   * @param {string} [title]
   */
  function say(tier, sentence, by, title = "") {
    found = null;
    open.hidden = true;
    setAttribute(verdict, "data-tier", tier);
    setText(heading, title);
    setText(words, sentence);
    setText(makers, by);
    if (title !== "") verdict.scrollIntoView({ block: "nearest" });
  }
}

/** @param {{message: string, problems: import("../types.js").FieldProblem[]}} problem */
function problemWords(problem) {
  return problem.problems.length === 0 ? problem.message : `${problem.message} ${problemText(problem)}`;
}

/** @param {Verdict} verdict */
function makersWords({ given_by, checked_by }) {
  /** @param {Record<string, string>} makers */
  const words = (makers) => Object.entries(makers).map(([name, version]) => `${name} ${version}`).join(", ");
  return words(given_by) === "" ? `Checked with ${words(checked_by)}.` : `Made with ${words(given_by)}; checked with ${words(checked_by)}.`;
}

/** Where the server keeps the files of a session. @param {State} state */
function sessionPath({ session }) {
  return `api/sessions/${session}/`;
}

/**
 * @param {string} title
 * @param {HTMLElement[]} content
 */
function part(title, content) {
  return element("section", {}, element("h3", {}, title), ...content);
}

/**
 * @param {HTMLElement[]} controls
 * @param {string} words
 */
function row(controls, words) {
  const kind = controls.length > 2 ? "take-row many" : "take-row";
  return element("div", { class: kind }, element("div", { class: "take-buttons" }, ...controls), element("p", { class: "hint" }, words));
}
