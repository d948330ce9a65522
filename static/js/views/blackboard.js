/**
 * The blackboard: what happens now in one sentence, the general formula, and the same with the numbers of this very
 * moment, factor by factor, unfolding along the chain rule as far as the viewer wants.
 *
 * @module
 */

import { button, createRows, element, setAttribute, setField, setText } from "../elements.js";
import { exact, nameParts, number, parsed, phaseName, quantityName, sampleName, stepName, symbol, typed } from "../format.js";
import { equation, equationElement, withPrimes } from "../mathml.js";
import { batchSize, focusOf, moment, newest, phaseOf, placeOf, refKey, refOf, sampleOf, sumOf, valueOf } from "../select.js";

/** @typedef {import("../types.js").Command} Command */
/** @typedef {import("../types.js").Explanation} Explanation */
/** @typedef {import("../types.js").Phase} Phase */
/** @typedef {import("../types.js").Real} Real */
/** @typedef {import("../types.js").Ref} Ref */
/** @typedef {import("../types.js").State} State */
/** @typedef {import("../types.js").Values} Values */
/** @typedef {import("../reduce.js").PageAction} PageAction */
/** @typedef {import("../connection.js").Reply} Reply */

/** How many terms of a sum are written out before the viewer asks for more. */
const USUAL_LIMIT = 5;
/** On the wall letters are large, and the result of a sum must be seen with it. */
const WALL_LIMIT = 3;
/** How small a general formula may become, as a part of its usual size. */
const SMALLEST_FIT = 0.5;
/** What an equation needs besides its body: the symbol, the sign and their gaps, in em. */
const LEFT_OF_BODY = 3.6;

/**
 * How much of a formula the moment on show has come to.
 *
 * @typedef {object} Progress
 * @property {((term: number) => boolean) | null} shown  null: all of it
 * @property {number} now  the newest term, or -1
 * @property {Real | undefined} soFar  the sum of the terms shown, while it is unfinished
 * @property {string} key  equal for equal progress
 */

/** @type {Progress} */
const DONE = Object.freeze({ shown: null, now: -1, soFar: undefined, key: "done" });
/** @type {Progress} */
const NOTHING = Object.freeze({ shown: () => false, now: -1, soFar: undefined, key: "nothing" });

/**
 * @param {State} state
 * @param {Ref} ref
 * @returns {Progress}
 */
export function progressOf(state, ref) {
  const isKnown = valueOf(state, ref) !== undefined;
  const event = newest(state);
  const current = moment(state);
  const produced = focusOf({ ...state, selection: null });
  if (event && current?.part === "term" && produced && refKey(produced) === refKey(ref)) {
    const now = current.from;
    if (event.kind === "weight_gradient") {
      const sample = sampleOf(state);
      return { shown: (term) => term === sample, now: sample, soFar: undefined, key: `sample ${sample}` };
    }
    const sum = sumOf(state, current.neuron);
    // What is newest matters to those who walk term by term.
    if (sum?.isDone && isKnown) return state.grain === "term" ? { ...DONE, now, key: `done ${now}` } : DONE;
    if (sum) {
      const { length } = sum.terms;
      const soFar = length > 1 ? sum.partial : undefined;
      return { shown: (term) => term < length, now, soFar, key: `terms ${length}` };
    }
  }
  return isKnown ? DONE : NOTHING;
}

/**
 * Whether a number can be changed by hand.
 *
 * @param {Ref} ref
 */
export function isEditable(ref) {
  const { layer, quantity } = nameParts(ref.name);
  if (ref.index.length === 0) return false;
  return layer < 0 ? quantity === "x" || quantity === "y" : quantity === "W" || quantity === "b";
}

/**
 * The shapes of the arrays that an event brought about, e.g. "layer0.z 4 × 2".
 *
 * @param {Values} values
 */
export function shapesOf(values) {
  return Object.entries(values).map(([name, value]) => {
    const shape = [];
    for (let part = value; Array.isArray(part); part = part[0] ?? 0) shape.push(part.length);
    return `${name} ${shape.length === 0 ? "one number" : shape.join(" × ")}`;
  });
}

/**
 * To which phase a quantity belongs, for its accent.
 *
 * @param {Ref} ref
 * @returns {Phase}
 */
export function phaseOfQuantity({ name }) {
  const { quantity } = nameParts(name);
  if (/^(delta|slope|grad_)/.test(quantity)) return "backward";
  if (/loss|penalty/.test(quantity)) return "loss";
  return /^(z|a|x|y|mask)$/.test(quantity) ? "forward" : "update";
}

/**
 * @param {HTMLElement} root
 * @param {{send: (command: Command) => Promise<Reply>, dispatch(action: PageAction): void}} tools
 */
export function createBlackboardView(root, { send, dispatch }) {
  const title = element("h2", { class: "board-title" });
  const words = element("p", { class: "board-words" });
  const rule = element("div", { class: "board-rule" });
  const invitation = element("p", { class: "board-invitation" });
  const chain = element("div", { class: "board-chain" });
  const release = button("Let go", () => dispatch({ type: "ui/select", ref: null }), { class: "quiet-button", title: "Esc" });
  const digits = button("8 digits", toggleDigits, { class: "quiet-button", "aria-pressed": "false" });
  const tools = element("div", { class: "board-tools" }, release, digits);
  const code = element("code");
  const shapes = element("p", { class: "board-shapes" });
  const disclosure = element(
    "details",
    { class: "board-line" },
    element("summary", {}, "NumPy"),
    element("pre", { tabindex: "0", role: "group", "aria-label": "The NumPy that ran" }, code),
    shapes,
  );
  root.classList.add("blackboard");
  root.append(title, words, rule, invitation, chain, tools, disclosure);

  /** @type {State | null} */
  let state = null;
  /** @type {(value: Real) => string} */
  let written = number;
  let rules = "";
  let room = 0;
  /** @type {Link[]} by depth; those beyond what is shown are not in the page */
  const byDepth = [];
  const rows = createRows(chain, (depth) => {
    const link = createLink(depth, { send, redraw: () => state && drawChain(state), fold: (at) => dispatch({ type: "ui/fold", depth: at }) });
    byDepth[depth] = link;
    return link;
  });

  // What was last told, by depth. That of a weight explains its gradient, so what it is about and what was asked differ;
  // what follows from nothing has none.
  /** @type {{ref: Ref, key: string, explanation: Explanation | null}[]} */
  const told = [];
  let isAsking = false;
  /** @type {{ref: Ref, depth: number} | null} what the viewer wants unfolded next */
  let wish = null;
  let version = 0;

  chain.addEventListener("pointerover", (event) => pointAt(event.target));
  chain.addEventListener("pointerleave", () => pointAt(null));
  chain.addEventListener("focusin", (event) => pointAt(event.target));
  chain.addEventListener("focusout", () => pointAt(null));
  chain.addEventListener("click", (event) => press(event.target));
  disclosure.addEventListener("toggle", () => {
    if (state && disclosure.open !== state.settings.show_line) {
      dispatch({ type: "ui/setting", name: "show_line", value: disclosure.open });
    }
  });
  new ResizeObserver(() => {
    const fontSize = Number.parseFloat(getComputedStyle(chain).fontSize);
    const wanted = Math.floor((2 * root.clientWidth) / Math.max(fontSize, 1)) / 2;
    if (wanted === room) return;
    room = wanted;
    if (state) draw(state);
  }).observe(root);
  return { update };

  /** @param {State} next */
  function update(next) {
    const before = state;
    state = next;
    if (before?.document !== next.document || before?.run !== next.run || before?.learning_rate !== next.learning_rate) {
      version += 1;
    }
    if (before === null || isNews(before, next)) draw(next);
    else if (before.hover !== next.hover) light(next);
    void keepAsking();
  }

  /** @param {State} now */
  function draw(now) {
    const event = newest(now);
    const planned = event ? now.plan[event.index] : undefined;
    const isBefore = now.run !== null && now.frame === null && event === null;
    setAttribute(root, "data-phase", event ? phaseOf(now) : null);
    setText(title, titleOf(now));
    setText(words, now.frame ? trainingWords(now.frame.loss) : (event?.words ?? ""));
    words.hidden = words.textContent === "";
    const mathml = now.frame ? "" : (planned?.mathml ?? "");
    if (mathml !== rules) {
      rules = mathml;
      rule.replaceChildren(...ruleLines(mathml));
    }
    rule.hidden = mathml === "";
    fit(rule);
    invitation.hidden = !isBefore;
    setText(
      invitation,
      now.cursor.step === 0
        ? "Nothing has been computed yet: every empty slot waits for its number. Press →, and the first comes with where it comes from."
        : "Press → for the next step, with the new weights.",
    );
    disclosure.hidden = !event;
    tools.classList.toggle("beside-line", event !== null);
    if (disclosure.open !== now.settings.show_line) disclosure.open = now.settings.show_line;
    if (code.textContent !== (event?.line ?? "")) code.replaceChildren(...codeLines(event?.line ?? ""));
    setText(shapes, event ? shapesOf(event.values).join(", ") : "");
    drawChain(now);
  }

  /** @param {State} now */
  function titleOf(now) {
    if (now.run === null) return "";
    if (now.frame) return `Training, ${stepName(now.cursor.step)}`;
    const event = newest(now);
    if (!event) return `Before ${stepName(now.cursor.step)}`;
    return now.plan[event.index]?.title ?? phaseName(event.phase);
  }

  /** @param {State} now */
  function drawChain(now) {
    const refs = refsOf(now);
    rows.update(refs, (link, /** @type {Ref} */ ref, depth) => {
      const answer = told[depth];
      link.draw(now, {
        ref,
        explanation: answer && refKey(answer.ref) === refKey(ref) ? answer.explanation : null,
        isFresh: answer?.key === momentKey(now, ref),
        written,
        room: room - LEFT_OF_BODY - depth,
        unfolded: now.unfolded[depth]?.quantity.ref ?? null,
      });
    });
    release.hidden = now.selection === null;
    digits.hidden = refs.length === 0;
    tools.hidden = release.hidden && digits.hidden;
    light(now);
  }

  /**
   * The focus, and beneath it what the viewer unfolded of it.
   *
   * @param {State} now
   * @returns {Ref[]}
   */
  function refsOf(now) {
    const focus = now.frame ? null : focusOf(now);
    if (focus === null) return [];
    const isUnfolded = told[0] !== undefined && refKey(told[0].ref) === refKey(focus);
    return [focus, ...(isUnfolded ? now.unfolded.map(({ quantity }) => quantity.ref) : [])];
  }

  /**
   * @param {State} now
   * @param {Ref} ref
   */
  function momentKey({ run, cursor }, ref) {
    return `${refKey(ref)} ${run} ${cursor.step} ${cursor.event} ${version}`;
  }

  /** Ask for explanations that are missing or of another moment, outermost first, one at a time. */
  async function keepAsking() {
    if (!state || isAsking || state.connection !== "open" || state.playing === "train" || state.frame) return;
    const now = state;
    const refs = refsOf(now);
    const stale = refs.findIndex((ref, depth) => told[depth]?.key !== momentKey(now, ref));
    const depth = stale < 0 && wish ? wish.depth : stale;
    const ref = stale < 0 && wish ? wish.ref : refs[stale];
    if (stale < 0) wish = null;
    if (!ref) return;
    const key = momentKey(now, ref);
    isAsking = true;
    const reply = await send({ type: "explain", id: 0, name: ref.name, index: ref.index });
    isAsking = false;
    // The moment may have gone by while the answer was on its way; then it is nobody's any more.
    if (state && key === momentKey(state, ref)) accept(reply, depth, ref, key);
    void keepAsking();
  }

  /**
   * @param {Reply} reply
   * @param {number} depth
   * @param {Ref} ref
   * @param {string} key
   */
  function accept(reply, depth, ref, key) {
    if (!reply || !state) return;
    const explanation = reply.type === "answer" && reply.what === "explain" ? reply.explanation : null;
    told[depth] = { ref, key, explanation };
    if (explanation) {
      if (depth > 0) dispatch({ type: "ui/unfold", explanation, depth: depth - 1 });
      else if (state.explanation !== explanation) dispatch({ type: "ui/explained", explanation });
      if (depth > 0) byDepth[depth]?.root.scrollIntoView({ block: "nearest" });
    } else if (reply.type === "problem") {
      // Some numbers are simply given: that they follow from nothing is no mistake of the viewer's.
      dispatch({ type: "ui/problem", problem: null });
    }
    drawChain(state);
  }

  /** @param {EventTarget | null} target */
  function pointAt(target) {
    const factor = target instanceof Element ? target.closest("[data-ref]") : null;
    dispatch({ type: "ui/hover", ref: factor ? refOf(factor.getAttribute("data-ref") ?? "") : null });
  }

  /** @param {EventTarget | null} target */
  function press(target) {
    if (!(target instanceof Element) || !state) return;
    const depth = Number(target.closest("[data-depth]")?.getAttribute("data-depth"));
    const link = byDepth[depth];
    if (!link) return;
    if (target.closest(".more")) return link.writeAll();
    const factor = target.closest("button[data-ref]");
    const ref = factor && refOf(factor.getAttribute("data-ref") ?? "");
    if (!factor || !ref) return;
    if (factor.getAttribute("aria-expanded") === "true") dispatch({ type: "ui/fold", depth });
    else if (factor.hasAttribute("aria-expanded")) {
      wish = { ref, depth: depth + 1 };
      void keepAsking();
    } else dispatch({ type: "ui/select", ref });
  }

  /**
   * What is pointed at, or pinned, is lit wherever it stands; its like (other numbers of the same edge or neuron) when the
   * number itself is not here.
   *
   * @param {State} now
   */
  function light(now) {
    const ref = now.hover ?? now.selection;
    const key = ref && refKey(ref);
    const place = ref && placeOf(ref);
    const factors = [...chain.querySelectorAll("[data-ref]")];
    const isHere = factors.some((factor) => factor.getAttribute("data-ref") === key);
    for (const factor of factors) {
      const own = factor.getAttribute("data-ref") ?? "";
      const ownRef = refOf(own);
      const isLit = isHere ? own === key : place !== null && ownRef !== null && placeOf(ownRef) === place;
      factor.classList.toggle("lit", isLit);
    }
  }

  function toggleDigits() {
    written = written === number ? exact : number;
    setAttribute(digits, "aria-pressed", String(written === exact));
    if (state) drawChain(state);
  }
}

/**
 * Each line of a program in a place of its own, which keeps its end: what is copied is what ran.
 *
 * @param {string} program
 */
function codeLines(program) {
  const lines = program.split("\n");
  return lines.map((line, place) => element("span", {}, place < lines.length - 1 ? `${line}\n` : line));
}

/** @param {import("../types.js").Value | undefined} loss */
function trainingWords(loss) {
  const reached = loss === undefined || Array.isArray(loss) ? "" : `The loss of its batch is ${number(loss)}. `;
  return `${reached}Pause to look into the step on show.`;
}

/**
 * Whether anything changed that the board shows, beside what is pointed at.
 *
 * @param {State} before
 * @param {State} next
 */
function isNews(before, next) {
  /** @type {(keyof State)[]} */
  const shown = [
    "run", "events", "cursor", "micro", "frame", "plan", "layers", "data", "explanation", "unfolded", "selection",
    "settings", "parameters", "learning_rate", "sample", "grain",
  ];
  return shown.some((name) => before[name] !== next[name]);
}

/**
 * A general formula, each of its equations on a line of its own.
 *
 * @param {string} mathml  a whole <math> element, or nothing
 * @returns {Element[]}
 */
function ruleLines(mathml) {
  const whole = element("div");
  whole.innerHTML = withPrimes(mathml);
  const math = whole.querySelector("math");
  const row = math?.firstElementChild;
  if (!math || !row) return [];
  const lines = [math];
  for (const part of [...row.children]) {
    // A wide space parts equations, and only those.
    if (part.localName === "mspace" && Number.parseFloat(part.getAttribute("width") ?? "") >= 1) {
      const line = /** @type {Element} */ (math.cloneNode(false));
      line.append(row.cloneNode(false));
      lines.push(/** @type {typeof math} */ (line));
      part.remove();
    } else if (lines.length > 1) {
      lines.at(-1)?.firstElementChild?.append(part);
    }
  }
  return lines;
}

/**
 * Make a formula as small as it must be to stay on its line; one that would become too small to read is scrolled.
 *
 * @param {HTMLElement} box
 */
function fit(box) {
  box.style.removeProperty("--fit");
  if (box.hidden || !box.firstElementChild) return;
  // Type does not shrink by exact proportion: a little less fits for certain.
  const ratio = (0.98 * box.clientWidth) / Math.max(...[...box.children].map((line) => line.scrollWidth), 1);
  if (ratio < 1) box.style.setProperty("--fit", String(Math.max(ratio, SMALLEST_FIT)));
  setAttribute(box, "tabindex", ratio < SMALLEST_FIT ? 0 : null);
}

/**
 * @typedef {object} LinkShown
 * @property {Ref} ref
 * @property {Explanation | null} explanation
 * @property {boolean} isFresh  the explanation is of the moment on show
 * @property {(value: Real) => string} written
 * @property {number} room  of a line of the formula, in em
 * @property {Ref | null} unfolded  which factor is explained beneath
 */

/** @typedef {ReturnType<typeof createLink>} Link */

/**
 * One link of the chain: a quantity, how it follows from others, and, where that is possible, a field to change it in.
 *
 * @param {number} depth
 * @param {{send: (command: Command) => Promise<Reply>, redraw(): void, fold(depth: number): void}} tools
 */
function createLink(depth, { send, redraw, fold }) {
  const name = element("h3", { class: "link-name" });
  const sample = element("span", { class: "link-sample" });
  const foldButton = button("Fold", () => fold(depth - 1), { class: "quiet-button", "aria-label": "Fold this explanation" });
  const words = element("p", { class: "link-words" });
  const formula = element("div", { class: "link-formula" });
  const soFar = element("p", { class: "link-so-far" });
  const ways = element("div", { class: "link-ways" });
  const field = element("input", { type: "text", inputmode: "decimal", autocomplete: "off", spellcheck: "false" });
  const problem = element("span", { class: "link-problem", role: "alert" });
  const form = element("form", { class: "link-edit" }, element("label", {}, "Change it to ", field), problem);
  const root = element(
    "section",
    { class: "link", "data-depth": depth },
    element("div", { class: "link-head" }, name, sample, depth > 0 ? foldButton : null),
    words,
    formula,
    soFar,
    ways,
    form,
  );
  /** The viewer asked for every term. */
  let isWhole = false;
  /** Which way of the explanation is shown: 0 its own, 1 its first alternative. */
  let way = 0;
  let key = "";
  let drawn = "";
  /** @type {Explanation | null} */
  let drawnOf = null;
  /** @type {Ref | null} */
  let ref = null;
  /** @type {Real | undefined} */
  let current;

  form.addEventListener("submit", (event) => event.preventDefault());
  field.addEventListener("change", () => void change());
  field.addEventListener("focus", () => field.select());
  return { root, draw, writeAll };

  /**
   * @param {State} state
   * @param {LinkShown} shown
   */
  function draw(state, shown) {
    const isOther = refKey(shown.ref) !== key;
    ref = shown.ref;
    if (isOther) {
      key = refKey(ref);
      isWhole = false;
      way = 0;
      setText(problem, "");
    }
    const { explanation } = shown;
    setAttribute(root, "data-phase", phaseOfQuantity(ref));
    setText(name, quantityName(ref, state.data));
    const count = batchSize(state);
    const ofSample = /^(x|y|sample_loss)$|\.(z|a|delta|slope|grad_a|mask)$/.test(ref.name) && count !== null && count > 1;
    const isAbout = explanation !== null && refKey(explanation.quantity.ref) !== key;
    const value = valueOf(state, ref);
    if (isAbout) setText(sample, value === undefined ? "" : `${symbol(ref)} = ${shown.written(value)}`);
    else setText(sample, ofSample ? sampleName(ref.index[0] ?? 0, count) : "");
    const isExtra = depth > 0 || state.selection !== null;
    setText(words, isExtra && explanation ? (isAbout ? `Its gradient: ${explanation.words}` : explanation.words) : "");
    words.hidden = words.textContent === "";
    drawWays(explanation);
    drawFormula(state, shown);
    drawField(state, ref);
  }

  /**
   * @param {State} state
   * @param {LinkShown} shown
   */
  function drawFormula(state, { ref: of, explanation, isFresh, written, room, unfolded }) {
    const progress = progressOf(state, explanation?.quantity.ref ?? of);
    const limit = isWhole ? Infinity : state.settings.projector ? WALL_LIMIT : USUAL_LIMIT;
    const chosen = explanation && (explanation.alternatives[way - 1] ?? explanation);
    formula.classList.toggle("waiting", !isFresh);
    setText(soFar, progress.soFar === undefined || !chosen ? "" : `so far ${written(progress.soFar)}`);
    soFar.hidden = soFar.textContent === "";
    if (!chosen && !isFresh) return;
    const wanted = [key, way, limit, room, written.name, progress.key, unfolded ? refKey(unfolded) : ""].join(" ");
    if (drawn === wanted && drawnOf === chosen && chosen !== null) return;
    drawn = wanted;
    drawnOf = chosen;
    const explained = chosen ?? valueAlone(state, of);
    const keepFocus = focusWithin(formula);
    formula.replaceChildren(
      equationElement(
        document,
        equation(explained, {
          text: written,
          samples: batchSize(state) ?? 1,
          room: Math.max(room, 6),
          limit,
          factors: true,
          open: unfolded ? [refKey(unfolded)] : [],
          shown: progress.shown,
          now: progress.now,
        }),
      ),
    );
    keepFocus();
  }

  /** @param {Explanation | null} explanation */
  function drawWays(explanation) {
    const alternatives = explanation?.alternatives ?? [];
    ways.hidden = alternatives.length === 0;
    if (way > alternatives.length) way = 0;
    while (ways.childElementCount > alternatives.length) ways.lastElementChild?.remove();
    alternatives.forEach((alternative, place) => {
      const toggle = ways.children[place] ?? ways.appendChild(element("button", { type: "button", class: "quiet-button" }));
      setText(toggle, alternatives.length === 1 ? "The long way" : alternative.words);
      setAttribute(toggle, "aria-pressed", String(way === place + 1));
      /** @type {HTMLButtonElement} */ (toggle).onclick = () => {
        way = way === place + 1 ? 0 : place + 1;
        redraw();
      };
    });
  }

  /**
   * @param {State} state
   * @param {Ref} of
   */
  function drawField(state, of) {
    current = valueOf(state, of);
    form.hidden = !isEditable(of) || current === undefined;
    if (current !== undefined) setField(field, typed(current));
    setAttribute(field, "aria-label", `New value of the ${quantityName(of, state.data)}`);
  }

  async function change() {
    const value = parsed(field.value);
    const of = ref;
    setAttribute(field, "aria-invalid", value === null ? "true" : null);
    setText(problem, value === null ? "A number, such as 0.5." : "");
    if (value === null || of === null || value === current) return;
    const reply = await send({ type: "edit", id: 0, path: of.name, index: of.index, value });
    if (reply?.type === "problem") setText(problem, reply.message);
  }

  function writeAll() {
    isWhole = true;
    redraw();
  }
}

/**
 * A quantity that follows from nothing on the screen, as an explanation: it is what it is.
 *
 * @param {State} state
 * @param {Ref} ref
 * @returns {Explanation}
 */
function valueAlone(state, ref) {
  const name = quantityName(ref, state.data);
  const value = valueOf(state, ref) ?? null;
  const quantity = { ref, mathml: `<mi>${symbol(ref)}</mi>`, words: name, value, unfolds: false };
  return { quantity, rule: "", expression: { op: "quantity", quantity }, words: "", alternatives: [] };
}

/**
 * What to call when the content of `box` has been made anew, so that the focus is again where it was.
 *
 * @param {HTMLElement} box
 * @returns {() => void}
 */
function focusWithin(box) {
  const focused = document.activeElement;
  const key = focused && box.contains(focused) ? focused.getAttribute("data-ref") : null;
  if (key === null) return () => {};
  const alike = () => [...box.querySelectorAll("button")].filter((each) => each.dataset.ref === key);
  const place = alike().findIndex((each) => each === focused);
  return () => {
    (alike()[place] ?? alike()[0])?.focus({ preventScroll: true });
  };
}
