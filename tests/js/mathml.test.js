import assert from "node:assert/strict";
import { test } from "node:test";

import { exact } from "../../static/js/format.js";
import { equation, evaluated, lines, plainText, recomputed, relation, withPrimes, writtenTerms, writtenValue } from "../../static/js/mathml.js";

/** @typedef {import("../../static/js/types.js").Expression} Expression */
/** @typedef {import("../../static/js/types.js").Real} Real */
/** @typedef {import("../../static/js/mathml.js").Piece} Piece */

/**
 * @param {string} name
 * @param {number[]} index
 * @param {Real | null} value
 * @param {{symbol?: string, unfolds?: boolean}} [more]
 * @returns {Expression & {op: "quantity"}}
 */
function quantity(name, index, value, { symbol = "<mi>q</mi>", unfolds = false } = {}) {
  return { op: "quantity", quantity: { ref: { name, index }, mathml: symbol, words: `the ${name}`, value, unfolds } };
}

/**
 * @param {"sum" | "product" | "mean" | "negative" | "difference" | "quotient" | "power"} op
 * @param {Real | null} value
 * @param {...Expression} args
 * @returns {Extract<Expression, {args: Expression[]}>}
 */
function node(op, value, ...args) {
  return { op, args, value };
}

/** @param {Real} value @returns {Expression} */
function constant(value) {
  return { op: "number", value };
}

const w = (/** @type {Real | null} */ value) => quantity("layer0.W", [0, 0], value, { symbol: "<mi>w</mi>" });
const a = (/** @type {Real | null} */ value) => quantity("layer0.a", [0, 0], value, { symbol: "<mi>a</mi>" });

/** @param {Expression} expression @param {Partial<import("../../static/js/mathml.js").Style>} [style] */
function text(expression, style) {
  return lines(expression, style).map((line) => line.map(plainText).join(""));
}

/**
 * @param {Piece} piece
 * @returns {Piece[]}
 */
function all(piece) {
  return [piece, ...(piece.children ?? []).flatMap(all)];
}

/** @param {Piece} piece @param {string} name */
function attribute(piece, name) {
  return piece.attributes?.[name];
}

test("a weighted sum in numbers puts parentheses around negatives, except at its beginning", () => {
  const z = node("sum", -2.1, node("product", -0.73, w(-0.73), a(1)), node("product", -1.47, w(1.2), a(-1.225)), quantity("layer0.b", [0], 0.1));

  assert.deepEqual(text(z, { room: 99 }), ["−0.73×1+1.2×(−1.23)+0.1"]);
});

test("the same sum in symbols has no numbers and no parentheses", () => {
  const z = node("sum", 0.2, node("product", 0.1, w(-0.1), a(-1)), quantity("layer0.b", [0], 0.1, { symbol: "<mi>b</mi>" }));

  assert.deepEqual(text(z, { as: "symbols", room: 99 }), ["w⋅a+b"]);
});

test("a sum inside a product stands in parentheses, a product inside a sum does not", () => {
  const delta = node("product", 0.1, node("sum", 0.5, node("product", 0.2, w(0.4), a(0.5)), w(0.3)), a(0.2));

  assert.deepEqual(text(delta, { room: 99 }), ["(0.4×0.5+0.3)×0.2"]);
});

test("a negated term of a sum is subtracted, and a negated sum keeps its parentheses", () => {
  const sum = node("sum", 0, w(1), node("negative", -0.5, a(0.5)), node("negative", -0.75, node("sum", 0.75, w(0.5), w(0.25))));

  assert.deepEqual(text(sum, { room: 99 }), ["1−0.5−(0.5+0.25)"]);
});

test("subtracting a negative number keeps both signs", () => {
  assert.deepEqual(text(node("difference", 1.5, a(1), w(-0.5)), { room: 99 }), ["1−(−0.5)"]);
  assert.deepEqual(text(node("difference", 1, a(1), node("difference", 0, w(1), w(1)))), ["1−(1−1)"]);
});

test("a power has its negative base in parentheses", () => {
  assert.deepEqual(text(node("power", 0.25, w(-0.5), constant(2))), ["(−0.5)2"]);
});

test("constants of the formula are written as they are", () => {
  assert.deepEqual(text(node("product", -1, constant(-2), constant(0.5))), ["−2×0.5"]);
});

test("a function is called by its sign, and exp, abs and sqrt are written as people write them", () => {
  /** @param {string} name @returns {Expression} */
  const call = (name) => ({ op: "call", name, mathml: "<mi>σ</mi>", args: [w(-0.5)], value: 0.378 });

  assert.deepEqual(text(call("sigmoid")), ["σ(−0.5)"]);
  assert.deepEqual(text(call("abs")), ["|−0.5|"]);
  assert.deepEqual(text(call("exp")), ["e−0.5"]);
  assert.equal(lines(call("exp"))[0]?.[0]?.tag, "msup");
  assert.equal(lines(call("sqrt"))[0]?.[0]?.tag, "msqrt");
});

test("a quotient is a fraction, and a slash where a fraction would be too wide", () => {
  const quotient = node("quotient", 0.5, w(1), node("sum", 2, w(1), w(1)));

  assert.equal(lines(quotient)[0]?.[0]?.tag, "mfrac");
  assert.deepEqual(text(quotient, { room: 1 }), ["1", "/(1", "+1)"]);
});

test("a mean over samples is 1/n of the sum of their terms", () => {
  const mean = node("mean", 0.2, node("product", 0.1, w(0.1), a(1)), node("product", 0.3, w(-0.3), a(-1)));

  assert.deepEqual(text(mean, { room: 99 }), ["12(0.1×1+(−0.3)×(−1))"]);
});

test("a mean of terms that differ in their sample only is a sigma in symbols", () => {
  const term = (/** @type {number} */ sample) => node("product", 1, quantity("layer0.delta", [sample, 0], 1, { symbol: "<mi>δ</mi>" }), a(1));

  assert.deepEqual(text(node("mean", 1, term(0), term(1)), { as: "symbols" }), ["12∑s=12δ⋅a"]);
});

test("a mean over one sample is the sample's term, without a fraction", () => {
  assert.deepEqual(text(node("mean", 0.5, node("product", 0.5, w(0.5), a(1)))), ["0.5×1"]);
});

test("long sums break before a plus, and a product is never torn apart", () => {
  const term = node("product", 0.25, w(0.25), a(1.25));

  const broken = text(node("sum", 1, term, term, term), { room: 9 });

  assert.deepEqual(broken, ["0.25×1.25", "+0.25×1.25", "+0.25×1.25"]);
});

test("of a sum with more terms than the limit the rest is counted", () => {
  const sum = node("sum", 12, ...Array.from({ length: 12 }, () => w(1)));

  assert.deepEqual(text(sum, { room: 99, limit: 4 }), ["1+1+1+… 9 more …"]);
});

test("the terms written out keep the one of this moment among them", () => {
  assert.deepEqual(writtenTerms(3, 8), { start: 0, end: 3 });
  assert.deepEqual(writtenTerms(10, 8), { start: 0, end: 10 });
  assert.deepEqual(writtenTerms(30, 8, 1), { start: 0, end: 7 });
  assert.deepEqual(writtenTerms(30, 8, 20), { start: 13, end: 20 });
  assert.deepEqual(writtenTerms(30, 8, 30), { start: 23, end: 30 });
});

test("terms that are not computed yet are empty slots, in numbers only", () => {
  const sum = node("sum", 3, w(1), w(2));
  const shown = (/** @type {number} */ term) => term < 1;

  const [numbers = []] = lines(sum, { shown });
  const [symbols = []] = lines(sum, { shown, as: "symbols" });

  assert.equal(numbers.flatMap(all).filter((piece) => attribute(piece, "class") === "slot").length, 1);
  assert.equal(symbols.flatMap(all).filter((piece) => attribute(piece, "class") === "slot").length, 0);
});

test("a number that is not computed yet is a slot and never 0", () => {
  const [line = []] = lines(w(null));

  assert.equal(line.flatMap(all).filter((piece) => attribute(piece, "class") === "slot").length, 1);
  assert.ok(!line.map(plainText).join("").includes("0"));
});

test("every factor says where it stands, and can be pressed when asked for", () => {
  const [line = []] = lines(quantity("layer0.W", [1, 0], -0.5, { unfolds: true }), { factors: true, open: ["layer0.W[1,0]"] });
  const factor = line.flatMap(all).find((piece) => attribute(piece, "data-ref"));

  assert.deepEqual(factor?.attributes, {
    class: "factor negative",
    "data-ref": "layer0.W[1,0]",
    role: "button",
    tabindex: "0",
    "aria-label": "the layer0.W: −0.5",
    "aria-expanded": "true",
  });
});

test("what is written can be read back", () => {
  assert.equal(writtenValue("−0.73"), -0.73);
  assert.equal(writtenValue("−1.2·10⁻⁵"), -0.000012);
  assert.equal(writtenValue("3·10¹²"), 3e12);
  assert.equal(writtenValue("−∞"), -Infinity);
  assert.ok(Number.isNaN(writtenValue("NaN")));
});

test("recomputed follows the written numbers, not the ones behind them", () => {
  assert.equal(recomputed(node("product", 0.1111, w(0.33333), a(0.33333)), (value) => Number(value).toFixed(1)), 0.09);
});

test("= where the written numbers give the written result", () => {
  assert.equal(relation(node("product", 0.3655, w(0.731), a(0.5))), "=");
  assert.equal(relation(node("sum", 0.1 + 0.2, w(0.1), a(0.2))), "=");
  assert.equal(relation(node("mean", 1 / 3, w(1), w(0), w(0))), "=");
  assert.equal(relation(node("difference", -0.50012, w(0), a(0.50012))), "=");
  assert.equal(relation(node("product", -0, w(-1), a(0))), "=");
  assert.equal(relation(node("product", "NaN", w("NaN"), a(0))), "=");
});

test("≈ where rounding has come between", () => {
  assert.equal(relation(node("product", 0.333333 * 3, w(0.333333), constant(3)), (value) => Number(value).toFixed(1)), "≈");
  assert.equal(relation(node("sum", 0.0088, w(1.0044), a(-0.9956))), "≈");
});

test("a function of a rounded number is ≈, of an exact one =", () => {
  /** @param {number} z @param {number} value @returns {Expression} */
  const sigmoid = (z, value) => ({ op: "call", name: "sigmoid", mathml: "<mi>σ</mi>", args: [w(z)], value });

  assert.equal(relation(sigmoid(0, 0.5)), "=");
  assert.equal(relation(sigmoid(0.123456, 0.53082)), "≈");
});

test("one calculation later the terms stand for themselves; a plain sum has nothing in between", () => {
  const z = node("sum", 0.6, node("product", 0.5, w(0.5), a(1)), w(0.1));

  assert.deepEqual(text(/** @type {Expression} */ (evaluated(z))), ["0.5+0.1"]);
  assert.equal(evaluated(node("sum", 0.6, w(0.5), w(0.1))), null);
});

/** @param {import("../../static/js/mathml.js").Line} line */
function told({ kind, left, sign, body }) {
  return [kind, (left ? plainText(left) : "") + sign + body.map(plainText).join("")];
}

test("an equation has the symbol, the symbols, the numbers, the terms and the value", () => {
  const expression = node("sum", 0.6, node("product", 0.5, w(0.5), a(1)), w(0.1));
  const { quantity: z } = quantity("layer0.z", [0, 0], 0.6, { symbol: "<mi>z</mi>" });

  const made = equation({ quantity: z, rule: "", expression, words: "", alternatives: [] }, { room: 99 });

  assert.deepEqual(made.map(told), [
    ["in-symbols", "z=w⋅a+w"],
    ["in-numbers", "=0.5×1+0.1"],
    ["in-terms", "=0.5+0.1"],
    ["in-value", "=0.6"],
  ]);
});

test("a long sum is told once: without its terms a second time", () => {
  const term = node("product", 0.5, w(0.5), a(1));
  const { quantity: z } = quantity("layer0.z", [0, 0], 2, { symbol: "<mi>z</mi>" });

  const made = equation({ quantity: z, rule: "", expression: node("sum", 2, term, term, term, term), words: "", alternatives: [] }, { limit: 1 });

  assert.ok(!made.some(({ kind }) => kind === "in-terms"));
});

test("a mean told with its first terms only counts all samples, and claims no more than it shows", () => {
  const { quantity: loss } = quantity("loss", [], 5, { symbol: "<mi>L</mi>" });
  const expression = node("mean", 5, w(1), w(2));

  const made = equation({ quantity: loss, rule: "", expression, words: "", alternatives: [] }, { samples: 100, room: 99 });

  assert.deepEqual(made.map(told), [
    ["in-symbols", "L=1100∑s=1100w"],
    ["in-numbers", "=1100(1+2+… 98 more …)"],
    ["in-value", "=5"],
  ]);
});

test("an unfinished equation has an empty slot for its value", () => {
  const expression = node("sum", 0.6, w(0.5), a(0.1));
  const { quantity: z } = quantity("layer0.z", [0, 0], 0.6, { symbol: "<mi>z</mi>" });

  const made = equation({ quantity: z, rule: "", expression, words: "", alternatives: [] }, { shown: (term) => term < 1 });

  const value = made.find(({ kind }) => kind === "in-value");
  assert.ok(value && !value.body.map(plainText).join("").includes("0.6"));
  assert.ok(value.body.flatMap(all).some((piece) => attribute(piece, "class") === "slot"));
});

test("a quantity that is only itself, like an input, is one line: its symbol and its value", () => {
  const x = quantity("x", [0, 1], 0.1, { symbol: "<mi>x</mi>" });

  const made = equation({ quantity: x.quantity, rule: "", expression: x, words: "", alternatives: [] });

  assert.deepEqual(made.map(told), [["in-value", "x=0.1"]]);
});

test("a prime stands beside its letter, and what else is raised stays raised", () => {
  const prime = "<msup><mi>w</mi><mi>&#x02032;</mi></msup>";
  const indexed =
    "<msubsup><mi>w</mi><mrow><mn>31</mn></mrow><mrow><mi>′</mi><mo>(</mo><mn>1</mn><mo>)</mo></mrow></msubsup>";

  assert.equal(withPrimes(prime), "<mrow><mi>w</mi><mi>′</mi></mrow>");
  assert.equal(
    withPrimes(indexed),
    "<msubsup><mrow><mi>w</mi><mi>′</mi></mrow><mrow><mn>31</mn></mrow><mrow><mo>(</mo><mn>1</mn><mo>)</mo></mrow></msubsup>",
  );
  assert.equal(withPrimes("<msup><mi>g</mi><mn>2</mn></msup>"), "<msup><mi>g</mi><mn>2</mn></msup>");
});

/**
 * The update of a weight by the learning rate times a gradient, as the blackboard tells it.
 *
 * @param {number} weight
 * @param {number} rate
 * @param {number} gradient
 * @param {Partial<import("../../static/js/mathml.js").Style>} [style]
 */
function update(weight, rate, gradient, style = {}) {
  const step = node("product", rate * gradient, quantity("learning_rate", [], rate), quantity("layer0.grad_W", [0, 0], gradient));
  const next = weight - rate * gradient;
  const expression = node("difference", next, w(weight), step);
  const told = { quantity: quantity("layer0.next_W", [0, 0], next).quantity, rule: "", expression, words: "", alternatives: [] };
  return equation(told, { room: 99, ...style }).map(({ sign, body }) => sign + body.map(plainText).join("")).slice(1);
}

test("an update shows so many digits of the weight that its change is seen in it", () => {
  assert.deepEqual(update(0.15, 0.01, 0.0219123), ["=0.15−0.01×0.0219", "=0.15−2.19·10⁻⁴", "=0.14978"]);
  assert.deepEqual(update(-1, 1, -0.0217828), ["=−1−1×(−0.0218)", "=−1−(−0.0218)", "=−0.9782"]);
  assert.deepEqual(update(0.4, 1, 0.1), ["=0.4−1×0.1", "=0.4−0.1", "=0.3"]);
});

test("an update whose displayed roundings do not add up is marked so", () => {
  assert.deepEqual(update(-0.97654321, 1, -0.0217828), ["=−0.9765−1×(−0.0218)", "=−0.9765−(−0.0218)", "≈−0.9548"]);
});

test("an update in 8 digits stays in 8 digits", () => {
  assert.deepEqual(update(-0.97654321, 1, -0.0217828, { text: exact }).at(-1), "=−0.95476041");
});

test("an update by an optimizer that is not written out is the weight plus its change", () => {
  const expression = node("sum", 0.14978, w(0.15), quantity("layer0.change_W", [0, 0], -0.00022));
  const told = { quantity: quantity("layer0.next_W", [0, 0], 0.14978).quantity, rule: "", expression, words: "", alternatives: [] };

  assert.equal(equation(told).at(-1)?.body.map(plainText).join(""), "0.14978");
});
