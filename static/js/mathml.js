/**
 * Formulas from expression trees: once in symbols, once in numbers, each factor tied to its place in the picture.
 *
 * A formula is first a tree of plain pieces, which node can test; `equationElement` makes it real in the page it is given.
 * Symbols become MathML. Numbers become text with real buttons in it, for MathML has none.
 *
 * @module
 */

import { MINUS, digitsToShow, nameParts, number } from "./format.js";
import { signClass } from "./scales.js";
import { refKey } from "./select.js";

/** @typedef {import("./types.js").Expression} Expression */
/** @typedef {import("./types.js").Explanation} Explanation */
/** @typedef {import("./types.js").Quantity} Quantity */
/** @typedef {import("./types.js").Real} Real */

/**
 * One MathML element to be; `markup` is a fragment the engine wrote.
 * @typedef {{tag: string, text?: string, attributes?: Record<string, string>, children?: Piece[], markup?: string}} Piece
 */

/**
 * Pieces that stay on one line.
 * @typedef {{pieces: Piece[], width: number, breaks: number}} Chunk  width in em; breaks: 0 where no line may begin, else how
 *   deep in the formula the place is, 1 outermost
 */

/**
 * A number in so many significant digits; the usual ones unless told.
 * @typedef {(value: Real, digits?: number) => string} Text
 */

/**
 * How a formula is written.
 * @typedef {object} Style
 * @property {"symbols" | "numbers"} as
 * @property {Text} text  how a number is written
 * @property {Record<string, number>} digits  by key: those quantities that take other digits than the usual ones
 * @property {number} room  of a line, in em
 * @property {number} limit  how many terms of a sum are written out
 * @property {number} samples  of the batch: a mean over many is told with its first terms only
 * @property {boolean} factors  each number can be focused and pressed
 * @property {string[]} open  the keys of the factors that are unfolded
 * @property {((term: number) => boolean) | null} shown  which terms of the outermost sum have been computed; null: the
 *   whole formula has been
 * @property {number} now  the term of the outermost sum that has just been computed, or -1
 */

const MATHML = "http://www.w3.org/1998/Math/MathML";
/** The sign itself, at full size. */
const PRIME = "<mi>′</mi>";
const SUM = 1;
const PRODUCT = 2;
const ATOM = 3;

/** Of what can be pressed, in em: 24 pixels in the letters of a worked line. */
const LEAST_TARGET = 1.4;

/** @type {Style} */
const PLAIN = { as: "numbers", text: number, digits: {}, room: 18, limit: 8, samples: 1, factors: false, open: [], shown: null, now: -1 };

/* ------------------------------------------------------------------ honest signs */

/**
 * The number that a written one stands for: "−1.2·10⁻⁵" is −0.000012.
 *
 * @param {string} text  as format.js writes numbers
 */
export function writtenValue(text) {
  const plain = text
    .replaceAll(MINUS, "-")
    .replace("∞", "Infinity")
    .replace(/[·×]10([⁻⁺]?)([⁰¹²³⁴⁵⁶⁷⁸⁹]+)/, (_, sign, digits) => {
      const power = [...digits].map((digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹".indexOf(digit)).join("");
      return `e${sign === "⁻" ? "-" : ""}${power}`;
    });
  return Number(plain);
}

/**
 * What someone with a calculator gets from the numbers as they are written; null where a calculator is not enough.
 *
 * @param {Expression} expression
 * @param {Text} text
 * @param {Style["digits"]} [digits]
 * @returns {number | null}
 */
export function recomputed(expression, text, digits = {}) {
  if (expression.op === "number") return writtenValue(constantText(expression.value, text));
  if (expression.op === "quantity") {
    const { ref, value } = expression.quantity;
    return value === null ? null : writtenValue(text(value, digits[refKey(ref)]));
  }
  const parts = expression.args.map((arg) => recomputed(arg, text, digits));
  if (!parts.every((part) => part !== null)) return null;
  const [first = Number.NaN, second = Number.NaN] = parts;
  switch (expression.op) {
    case "sum":
      return parts.reduce((total, part) => total + part, 0);
    case "mean":
      return parts.reduce((total, part) => total + part, 0) / parts.length;
    case "product":
      return parts.reduce((total, part) => total * part, 1);
    case "negative":
      return -first;
    case "difference":
      return first - second;
    case "quotient":
      return first / second;
    case "power":
      return first ** second;
    case "call": {
      // The function itself is the engine's; it stands on safe ground only where nothing was rounded before it.
      const exactly = expression.args.every((arg, place) => Number(valueOf(arg)) === parts[place]);
      return exactly && expression.value !== null ? Number(expression.value) : null;
    }
  }
}

/**
 * "=" when the written numbers give the written result, "≈" when rounding has come between.
 *
 * @param {Expression} expression
 * @param {Text} [text]
 * @param {Real | null} [result]  the number on the other side; the expression's own unless told
 * @param {Style["digits"]} [digits]
 * @param {number} [ofResult]  its significant digits
 * @returns {"=" | "≈"}
 */
export function relation(expression, text = number, result = valueOf(expression), digits = {}, ofResult = undefined) {
  if (result === null) return "=";
  const again = recomputed(expression, text, digits);
  if (again === null) return "≈";
  // As values, not as texts: 0.5 and 0.500 are the same result.
  return Object.is(writtenValue(text(again, ofResult)) + 0, writtenValue(text(result, ofResult)) + 0) ? "=" : "≈";
}

/**
 * The number an expression comes to, as the engine computed it.
 *
 * @param {Expression} expression
 * @returns {Real | null}
 */
export function valueOf(expression) {
  return expression.op === "quantity" ? expression.quantity.value : expression.value;
}

/**
 * The same formula one calculation later: each part replaced by its value. Null when there is nothing in between.
 *
 * @param {Expression} expression
 * @returns {Expression | null}
 */
export function evaluated(expression) {
  if (!("args" in expression)) return null;
  const compound = expression.args.filter((arg) => "args" in arg && arg.op !== "negative");
  const isAlone = expression.args.length === 1 && (expression.op === "mean" || expression.op === "sum");
  if (compound.length === 0 || isAlone) return null;
  return { ...expression, args: expression.args.map((arg) => ("args" in arg ? placeless(arg.value) : arg)) };
}

/**
 * @param {Real | null} value
 * @returns {Expression}
 */
function placeless(value) {
  return { op: "quantity", quantity: { ref: { name: "", index: [] }, mathml: "", words: "", value, unfolds: false } };
}

/* ------------------------------------------------------------------ pieces and lines */

/**
 * An expression as lines of pieces, each at most `room` wide where its parts allow it.
 *
 * @param {Expression} expression
 * @param {Partial<Style>} [style]
 * @returns {Piece[][]}
 */
export function lines(expression, style = {}) {
  const whole = { ...PLAIN, ...style };
  const writer = new Writer(whole, outermostSum(expression));
  return filled(writer.write(expression, 0, true), whole.room);
}

/**
 * Chunks into lines, as many on each as fit. A formula is broken between its outer parts before any of these is torn apart.
 *
 * @param {Chunk[]} chunks
 * @param {number} room
 * @returns {Piece[][]}
 */
function filled(chunks, room) {
  const deepest = Math.max(0, ...chunks.map(({ breaks }) => breaks));
  /** @type {Piece[][]} */
  const rows = [[]];
  let used = 0;

  /** @param {Chunk[]} part */
  function append(part) {
    rows.at(-1)?.push(...part.flatMap((each) => each.pieces));
    used += total(part);
  }

  /**
   * @param {Chunk[]} part
   * @param {number} level  at which it may be broken
   */
  function put(part, level) {
    const mayBegin = used > 0 && (part[0]?.breaks ?? 0) > 0;
    const fits = used + total(part) <= room;
    if (!fits && mayBegin && (total(part) <= room || level > deepest)) {
      rows.push([]);
      used = 0;
    }
    if (used + total(part) <= room || level > deepest) append(part);
    else for (const smaller of partsOf(part, level)) put(smaller, level + 1);
  }

  put(chunks, 1);
  return rows;
}

/**
 * @param {Chunk[]} chunks
 * @param {number} level
 */
function partsOf(chunks, level) {
  /** @type {Chunk[][]} */
  const parts = [];
  for (const each of chunks) {
    const last = parts.at(-1);
    if (last && each.breaks !== level) last.push(each);
    else parts.push([each]);
  }
  return parts;
}

/**
 * The sum whose terms are shown one after the other.
 *
 * @param {Expression} expression
 * @returns {Expression | null}
 */
function outermostSum(expression) {
  if (!("args" in expression)) return null;
  if ((expression.op === "sum" || expression.op === "mean") && expression.args.length > 1) return expression;
  return expression.args.map(outermostSum).find((found) => found !== null) ?? null;
}

/** To leave out one or two terms would save nothing. */
const FEWEST_LEFT_OUT = 3;

/**
 * Which terms of a long sum are written out: from `start` up to `end`, with the term of this moment among them.
 *
 * @param {number} count
 * @param {number} limit
 * @param {number} done  how many terms have been computed
 */
export function writtenTerms(count, limit, done = 0) {
  if (count < limit + FEWEST_LEFT_OUT) return { start: 0, end: count };
  const end = Math.min(count, Math.max(limit - 1, done));
  return { start: Math.max(0, end - limit + 1), end };
}

class Writer {
  /**
   * @param {Style} style
   * @param {Expression | null} partial  the sum whose terms are told one after the other
   */
  constructor(style, partial) {
    this.style = style;
    this.partial = partial;
    /** How many parentheses are open. */
    this.depth = 0;
  }

  /**
   * @param {Expression} expression
   * @param {number} above  how tightly the surroundings bind
   * @param {boolean} first  nothing stands before it, so that a minus needs no parentheses
   * @returns {Chunk[]}
   */
  write(expression, above, first) {
    switch (expression.op) {
      case "quantity":
        return this.quantity(expression.quantity, first && above < ATOM);
      case "number":
        return this.constant(expression.value, first && above < ATOM);
      case "sum":
        return this.wrapped(above >= SUM, first, (free) => this.sum(expression, free));
      case "difference":
        return this.wrapped(above >= SUM, first, (free) => this.difference(expression.args, free));
      case "negative":
        return this.wrapped(above >= SUM && !(first && above < ATOM), first, () => [
          operator(MINUS, "prefix"),
          ...this.only(expression.args, PRODUCT),
        ]);
      case "product":
        return this.wrapped(above >= PRODUCT, first, (free) => this.product(expression.args, free));
      case "mean":
        return this.mean(expression, above, first);
      case "quotient":
        return this.quotient(expression.args, above, first);
      case "power":
        return this.wrapped(above >= ATOM, first, () => this.power(expression.args));
      case "call":
        return this.call(expression);
    }
  }

  /**
   * @param {boolean} needed
   * @param {boolean} first
   * @param {(first: boolean) => Chunk[]} inner
   */
  wrapped(needed, first, inner) {
    return needed ? this.inside("(", () => inner(true), ")") : inner(first);
  }

  /**
   * @param {string} open
   * @param {() => Chunk[]} inner
   * @param {string} close
   */
  inside(open, inner, close) {
    this.depth += 1;
    const chunks = between(open, inner(), close);
    this.depth -= 1;
    return chunks;
  }

  /** Where a line may begin between the terms of a sum; a product holds closer together. */
  get atTerm() {
    return 2 * this.depth + 1;
  }

  get atFactor() {
    return 2 * this.depth + 2;
  }

  /**
   * @param {Expression[]} args
   * @param {number} above
   */
  only(args, above) {
    const [arg] = args;
    return arg ? this.write(arg, above, false) : [];
  }

  /**
   * @param {Extract<Expression, {args: Expression[]}>} expression
   * @param {boolean} first
   */
  sum(expression, first) {
    const { args } = expression;
    const { limit } = this.style;
    const isTold = expression === this.partial;
    const shown = isTold && this.style.as === "numbers" ? this.style.shown : null;
    const done = shown ? args.filter((_, term) => shown(term)).length : 0;
    const { start, end } = writtenTerms(args.length, limit, done);
    const left = this.countOf(expression) - end;
    /** @type {Chunk[]} */
    const chunks = start > 0 ? [this.more(start)] : [];
    args.slice(start, end).forEach((arg, place) => {
      const term = start + place;
      const minus = term > 0 && arg.op === "negative";
      const body = minus && arg.args[0] ? arg.args[0] : arg;
      const computed = !shown || shown(term);
      const whole = computed ? this.write(body, minus ? SUM : 0, first && chunks.length === 0 && !minus) : [slot()];
      const written = isTold && term === this.style.now ? [lit(whole)] : whole;
      if (chunks.length > 0) chunks.push(...led(operator(minus ? MINUS : "+", "infix", this.atTerm), written));
      else chunks.push(...written);
    });
    if (left > 0) chunks.push(...led(operator("+", "infix", this.atTerm), [this.more(left)]));
    return chunks;
  }

  /**
   * How many terms a sum has, told or not.
   *
   * @param {Extract<Expression, {args: Expression[]}>} expression
   */
  countOf({ op, args }) {
    return op === "mean" ? Math.max(args.length, this.style.samples) : args.length;
  }

  /** @param {number} count  how many terms are left out */
  more(count) {
    return chunk(
      [
        {
          tag: "mtext",
          text: `… ${count} more …`,
          attributes: this.style.factors ? { class: "more", role: "button", tabindex: "0" } : { class: "more" },
        },
      ],
      5,
    );
  }

  /**
   * @param {Expression[]} args
   * @param {boolean} first
   */
  difference(args, first) {
    const [from, less] = args;
    if (!from || !less) return [];
    return [...this.write(from, 0, first), ...led(operator(MINUS, "infix", this.atTerm), this.write(less, SUM, false))];
  }

  /**
   * @param {Expression[]} args
   * @param {boolean} first
   */
  product(args, first) {
    /** @type {Chunk[]} */
    const chunks = [];
    args.forEach((arg, place) => {
      const written = this.write(arg, PRODUCT, first && place === 0);
      // Two plain factors stay together; beside a parenthesis a line may begin.
      const isLong = [arg, args[place - 1]].some((each) => each?.op === "sum" || each?.op === "difference" || each?.op === "product");
      if (place === 0) chunks.push(...written);
      else chunks.push(...led(operator(this.times(), "infix", isLong ? this.atFactor : 0), written));
    });
    return chunks;
  }

  times() {
    return this.style.as === "numbers" ? "×" : "⋅";
  }

  /**
   * @param {Extract<Expression, {args: Expression[]}>} expression
   * @param {number} above
   * @param {boolean} first
   */
  mean(expression, above, first) {
    const { args } = expression;
    const [arg] = args;
    const count = this.countOf(expression);
    if (count === 1 && arg) return this.write(arg, above, first);
    const share = chunk([{ tag: "mfrac", children: [{ tag: "mn", text: "1" }, { tag: "mn", text: String(count) }] }], 0.9);
    return this.wrapped(above >= PRODUCT, first, () =>
      this.style.as === "symbols" && arg && alike(args)
        ? [share, sigma(count), ...this.write(arg, SUM, false)]
        : [share, ...this.inside("(", () => this.sum(expression, true), ")")],
    );
  }

  /**
   * @param {Expression[]} args
   * @param {number} above
   * @param {boolean} first
   */
  quotient(args, above, first) {
    const [over, under] = args;
    if (!over || !under) return [];
    const top = this.write(over, 0, true);
    const bottom = this.write(under, 0, true);
    const width = Math.max(total(top), total(bottom)) + 0.3;
    if (width <= this.style.room) {
      return [chunk([{ tag: "mfrac", children: [row(top), row(bottom)] }], width)];
    }
    return this.wrapped(above >= PRODUCT, first, (free) => [
      ...this.write(over, PRODUCT, free),
      ...led(operator("/", "infix", this.atFactor), this.write(under, ATOM, false)),
    ]);
  }

  /** @param {Expression[]} args */
  power(args) {
    const [base, exponent] = args;
    if (!base || !exponent) return [];
    const below = this.write(base, ATOM, false);
    const raised = this.write(exponent, 0, true);
    return [chunk([{ tag: "msup", children: [row(below), row(raised)] }], total(below) + 0.7 * total(raised))];
  }

  /** @param {Extract<Expression, {op: "call"}>} expression */
  call(expression) {
    this.depth += 1;
    const args = expression.args.map((arg) => this.write(arg, 0, true));
    const listed = args.flatMap((arg, place) => (place === 0 ? arg : led(operator(",", "separator", this.atTerm), arg)));
    this.depth -= 1;
    if (expression.name === "exp") {
      const raised = args.flat();
      const e = { tag: "mi", text: "e" };
      return [chunk([{ tag: "msup", children: [e, row(raised)] }], 0.5 + 0.7 * total(raised))];
    }
    if (expression.name === "sqrt" || expression.name === "root") {
      const inner = args.flat();
      return [chunk([{ tag: "msqrt", children: inner.flatMap((each) => each.pieces) }], total(inner) + 1)];
    }
    if (expression.name === "abs") return between("|", args.flat(), "|");
    // What one call computes from everything has no arguments to show.
    const sign = chunk([{ tag: "mrow", markup: expression.mathml }], markupWidth(expression.mathml));
    if (args.length === 0) return [sign];
    return led(sign, between("(", listed, ")"));
  }

  /**
   * @param {Quantity} quantity
   * @param {boolean} bare  a minus sign needs no parentheses here
   */
  quantity(quantity, bare) {
    const { style } = this;
    const { value } = quantity;
    const key = quantity.ref.name ? refKey(quantity.ref) : "";
    const text = value === null ? "" : style.text(value, style.digits[refKey(quantity.ref)]);
    const as = style.as === "symbols" && quantity.mathml ? "symbol" : "number";
    /** @type {Record<string, string>} */
    const attributes = { class: `factor ${value === null ? "empty" : signClass(value)}` };
    if (key) attributes["data-ref"] = key;
    if (key && style.factors && as === "number") {
      attributes.role = "button";
      attributes.tabindex = "0";
      attributes["aria-label"] = `${quantity.words}: ${text || "not computed yet"}`;
      if (quantity.unfolds) attributes["aria-expanded"] = String(style.open.includes(key));
    }
    if (as === "symbol") {
      return [chunk([{ tag: "mrow", markup: quantity.mathml, attributes }], markupWidth(quantity.mathml))];
    }
    const inner = value === null ? slot() : written(text);
    const width = inner.width + 0.2;
    // What can be pressed is never narrower than a target.
    const leaf = chunk(
      [{ tag: "mrow", attributes, children: inner.pieces }],
      attributes.role ? Math.max(width, LEAST_TARGET) : width,
    );
    return value !== null && isNegative(value) && !bare ? between("(", [leaf], ")") : [leaf];
  }

  /**
   * A number that belongs to the formula itself, written as it is: 2, ½ as 0.5.
   *
   * @param {Real} value
   * @param {boolean} bare
   */
  constant(value, bare) {
    const leaf = written(constantText(value, this.style.text));
    return isNegative(value) && !bare ? between("(", [leaf], ")") : [leaf];
  }
}

/**
 * @param {Real} value
 * @param {Text} text
 */
function constantText(value, text) {
  const plain = String(value).replace("-", MINUS);
  return plain.length <= 6 ? plain : text(value);
}

/** @param {Real} value */
function isNegative(value) {
  return Number(value) < 0;
}

/**
 * Whether the terms differ in their sample only, so that one stands for all behind a Σ.
 *
 * @param {Expression[]} args
 */
function alike(args) {
  const shape = (/** @type {Expression} */ arg) =>
    JSON.stringify(arg, (name, value) => (["ref", "words", "value", "unfolds"].includes(name) ? null : value));
  const [first, ...rest] = args.map(shape);
  return rest.every((each) => each === first);
}

/**
 * @param {Piece[]} pieces
 * @param {number} width
 * @param {number} [breaks]
 * @returns {Chunk}
 */
function chunk(pieces, width, breaks = 0) {
  return { pieces, width, breaks };
}

/** @param {Chunk[]} chunks  of the newest term */
function lit(chunks) {
  return chunk([{ ...row(chunks), attributes: { class: "now" } }], total(chunks));
}

/** @param {Chunk[]} chunks */
function total(chunks) {
  return chunks.reduce((width, each) => width + each.width, 0);
}

/**
 * @param {Chunk[]} chunks
 * @returns {Piece}
 */
function row(chunks) {
  return { tag: "mrow", children: chunks.flatMap((each) => each.pieces) };
}

/**
 * The first of `chunks` with `lead` before it: they never part.
 *
 * @param {Chunk} lead
 * @param {Chunk[]} chunks
 */
function led(lead, chunks) {
  const [first, ...rest] = chunks;
  return first
    ? [chunk([...lead.pieces, ...first.pieces], lead.width + first.width, lead.breaks), ...rest]
    : [lead];
}

/**
 * @param {string} open
 * @param {Chunk[]} chunks
 * @param {string} close
 */
function between(open, chunks, close) {
  const [first, ...rest] = led(fence(open, "prefix"), chunks);
  if (!first) return [];
  const inner = [first, ...rest];
  const last = inner.pop() ?? first;
  const end = fence(close, "postfix");
  return [...inner, chunk([...last.pieces, ...end.pieces], last.width + end.width, last.breaks)];
}

/**
 * @param {string} sign
 * @param {"prefix" | "postfix"} form
 */
function fence(sign, form) {
  return chunk([{ tag: "mo", text: sign, attributes: { stretchy: "false", form } }], 0.36);
}

/**
 * @param {string} sign
 * @param {"prefix" | "infix" | "separator"} form
 * @param {number} [breaks]
 */
function operator(sign, form, breaks = 0) {
  const width = form === "infix" ? (sign === "⋅" || sign === "/" ? 0.6 : 1.15) : 0.6;
  const attributes = { form: form === "separator" ? "infix" : form };
  return chunk([{ tag: "mo", text: sign, attributes }], width, breaks);
}

/** @param {string} text */
function written(text) {
  const width = [...text].reduce((sum, sign) => sum + (/[0-9A-Za-z∞]/.test(sign) ? 0.5 : sign === MINUS ? 0.62 : 0.3), 0);
  return chunk([{ tag: "mn", text }], width);
}

function slot() {
  return chunk([{ tag: "mtext", text: "\u2003", attributes: { class: "slot", role: "img", "aria-label": "not computed yet" } }], 1.9);
}

/** @param {number} count */
function sigma(count) {
  const under = { tag: "mrow", children: [{ tag: "mi", text: "s" }, { tag: "mo", text: "=" }, { tag: "mn", text: "1" }] };
  const children = [{ tag: "mo", text: "∑" }, under, { tag: "mn", text: String(count) }];
  return chunk([{ tag: "munderover", children }], 1.6);
}

/**
 * How wide a symbol is, in em: a guess, for what is stacked (fractions, an index below an exponent) takes less room.
 *
 * @param {string} markup  a MathML fragment
 */
function markupWidth(markup) {
  const letters = markup.replace(/<[^>]*>|&[^;]*;|\s/g, "").length;
  return 0.24 + (/<mfrac|<msubsup/.test(markup) ? 0.24 : 0.36) * letters;
}

/* ------------------------------------------------------------------ a whole equation */

/**
 * One line of an equation. Symbols are a formula; numbers are a text of numbers to press.
 *
 * @typedef {object} Line
 * @property {"in-symbols" | "in-numbers" | "in-terms" | "in-value"} kind
 * @property {Piece | null} left  the symbol of what is explained, on the first line
 * @property {"=" | "≈" | ""} sign  none where a line goes on with the one before
 * @property {Piece[]} body
 */

/**
 * An explanation as an aligned equation: the quantity in symbols, in numbers, one calculation later, and its value.
 *
 * @param {Explanation} explanation
 * @param {Partial<Style>} [style]  `as` is not asked
 * @returns {Line[]}
 */
export function equation(explanation, style = {}) {
  const { quantity, expression } = explanation;
  const digits = updateDigits(explanation);
  const whole = { ...PLAIN, digits, ...style };
  const { text, shown } = whole;
  /** @type {Line[]} */
  const told = [];
  /**
   * @param {Line["kind"]} kind
   * @param {"=" | "≈"} sign
   * @param {Piece[][]} bodies
   */
  const tell = (kind, sign, bodies) =>
    bodies.forEach((body, place) => {
      told.push({ kind, left: told.length === 0 ? symbolOf(quantity) : null, sign: place === 0 ? sign : "", body });
    });

  const isPlace = expression.op === "quantity" && refKey(expression.quantity.ref) === refKey(quantity.ref);
  const isGiven = expression.op === "call" && expression.args.length === 0;
  const followsFrom = !isPlace && !isGiven && expression.op !== "number";
  if (followsFrom) {
    tell("in-symbols", "=", lines(expression, { ...whole, as: "symbols" }));
    tell("in-numbers", "=", lines(expression, { ...whole, as: "numbers" }));
  }
  // A long sum is told once, not twice.
  const terms = followsFrom && termsOf(expression) < whole.limit + FEWEST_LEFT_OUT ? evaluated(expression) : null;
  if (terms) {
    const isExact = "args" in expression && expression.args.every((arg) => relation(arg, text) === "=");
    tell("in-terms", isExact ? "=" : "≈", lines(terms, { ...whole, as: "numbers" }));
  }
  const result = shown === null ? quantity.value : null;
  const isCut = outermostSum(expression)?.op === "mean" && whole.samples > termsOf(expression);
  const own = whole.digits[refKey(quantity.ref)];
  const sign = result === null || !followsFrom || isCut ? "=" : relation(terms ?? expression, text, result, whole.digits, own);
  tell("in-value", sign, [[resultOf(quantity, result === null ? null : text(result, own))]]);
  return told;
}

/**
 * An update is one of its parameter: both are written in so many digits that the change shows in them.
 *
 * @param {Explanation} explanation
 * @returns {Style["digits"]}
 */
function updateDigits({ quantity, expression }) {
  if (!nameParts(quantity.ref.name).quantity.startsWith("next_") || !("args" in expression)) return {};
  const [before, moved] = expression.args;
  const change = moved ? valueOf(moved) : null;
  if (before?.op !== "quantity" || before.quantity.value === null || change === null) return {};
  const digits = digitsToShow(before.quantity.value, change);
  return { [refKey(before.quantity.ref)]: digits, [refKey(quantity.ref)]: digits };
}

/**
 * How many terms of its outermost sum an expression tells.
 *
 * @param {Expression} expression
 */
function termsOf(expression) {
  const sum = outermostSum(expression);
  return sum && "args" in sum ? sum.args.length : 1;
}

/**
 * @param {Quantity} quantity
 * @returns {Piece}
 */
function symbolOf(quantity) {
  return { tag: "mrow", markup: quantity.mathml, attributes: { class: "factor", "data-ref": refKey(quantity.ref) } };
}

/**
 * @param {Quantity} quantity
 * @param {string | null} text  null while it is not computed
 * @returns {Piece}
 */
function resultOf(quantity, text) {
  const sign = text === null ? "empty" : signClass(quantity.value ?? 0);
  const { pieces } = text === null ? slot() : written(text);
  return { tag: "mrow", attributes: { class: `factor result ${sign}`, "data-ref": refKey(quantity.ref) }, children: pieces };
}

/* ------------------------------------------------------------------ into the page */

/**
 * @param {Document} page
 * @param {Line[]} told
 * @returns {HTMLElement}
 */
export function equationElement(page, told) {
  const made = page.createElement("div");
  made.className = "equation";
  for (const { kind, left, sign, body } of told) {
    const line = page.createElement("div");
    line.className = `line ${kind}`;
    line.append(
      part(page, "left", left ? [mathElement(page, [left])] : []),
      part(page, "relation", [sign]),
      part(page, "body", kind === "in-symbols" ? [mathElement(page, body)] : body.map((piece) => numberElement(page, piece))),
    );
    made.append(line);
  }
  return made;
}

/**
 * @param {Document} page
 * @param {string} name
 * @param {(Node | string)[]} children
 */
function part(page, name, children) {
  const made = page.createElement("span");
  made.className = name;
  made.append(...children);
  return made;
}

/**
 * Pieces as one formula.
 *
 * @param {Document} page
 * @param {Piece[]} pieces
 */
function mathElement(page, pieces) {
  return symbolElement(page, { tag: "math", attributes: { displaystyle: "true" }, children: pieces });
}

/**
 * @param {Document} page
 * @param {Piece} piece
 * @returns {Element}
 */
function symbolElement(page, piece) {
  const made = page.createElementNS(MATHML, piece.tag);
  for (const [name, value] of Object.entries(piece.attributes ?? {})) made.setAttribute(name, value);
  if (piece.text !== undefined) made.textContent = piece.text;
  if (piece.markup !== undefined) made.innerHTML = withPrimes(piece.markup);
  for (const child of piece.children ?? []) made.append(symbolElement(page, child));
  return made;
}

/**
 * A piece as text: what can be pressed is a real button, which MathML has not.
 *
 * @param {Document} page
 * @param {Piece} piece
 * @returns {Element}
 */
function numberElement(page, piece) {
  if (piece.markup !== undefined) return mathElement(page, [piece]);
  const { role, tabindex, class: name, form, ...attributes } = piece.attributes ?? {};
  const isButton = role === "button" && tabindex !== undefined;
  const made = page.createElement(isButton ? "button" : "span");
  made.className = [piece.tag, form, name].filter(Boolean).join(" ");
  if (isButton) made.setAttribute("type", "button");
  else if (role) made.setAttribute("role", role);
  for (const [attribute, value] of Object.entries(attributes)) {
    if (attribute !== "stretchy") made.setAttribute(attribute, value);
  }
  if (piece.text !== undefined) made.textContent = piece.text;
  made.append(...(piece.children ?? []).map((child) => numberElement(page, child)));
  return made;
}

/**
 * Markup whose primes stand beside their letter. A prime is raised by its own shape; set as a superscript it would be
 * raised twice, and small, and away from the letter.
 *
 * @param {string} markup
 */
export function withPrimes(markup) {
  return markup
    .replace(/&#x0?2032;|&prime;/gi, "′")
    .replace(/<msup>(<mi>[^<]*<\/mi>)<m[io]>′<\/m[io]><\/msup>/g, `<mrow>$1${PRIME}</mrow>`)
    .replace(
      /<(msup|msubsup)>(<mi>[^<]*<\/mi>)((?:(?!<msu[bp]|′).)*?<mrow>)<m[io]>′<\/m[io]>/g,
      `<$1><mrow>$2${PRIME}</mrow>$3`,
    );
}

/**
 * All words and numbers of a piece, for tests and for a reader of plain text.
 *
 * @param {Piece} piece
 * @returns {string}
 */
export function plainText(piece) {
  const own = piece.text ?? (piece.markup ?? "").replace(/<[^>]*>/g, "");
  return own + (piece.children ?? []).map(plainText).join("");
}
