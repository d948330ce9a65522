/**
 * What the curve of the losses at other learning rates says: its ranges, its sentence, its table; and where it is drawn.
 *
 * @module
 */

import { roundUp } from "../axes.js";
import { digitsToShow, exact, number, signed } from "../format.js";
import { LARGEST, SMALLEST, placeOnScale } from "../learning-rates.js";

/** @typedef {import("../types.js").Real} Real */
/** @typedef {import("../types.js").WhatIf} WhatIf */

/** @typedef {{step: number, learning_rate: Real, predicted: Real, got: Real}} Outcome */

/**
 * What the server tells of this view; see app/views/what_if.py.
 *
 * @typedef {object} WhatIfData
 * @property {WhatIf | null} curve
 * @property {Real} learning_rate
 * @property {Real | null} predicted
 * @property {Real | null} best_loss
 * @property {Outcome | null} outcome
 */

/** An axis of losses. @typedef {{low: number, high: number, ticks: number[], place: (loss: Real) => number}} Frame */
/** Learning rates with which the same happens, as places on their scale. @typedef {{words: string, from: number, to: number}} Range */
/** Words beside a place, both in pixels. @typedef {{at: number, width: number}} Label */

/** A loss that differs by less is the same, relative. */
const ROUNDING = 1e-12;
/** Below the best and above today's loss the frame leaves these parts of the gain. */
const BELOW = 0.1;
const ABOVE = 0.6;
/** Where no learning rate does any good the frame shows this part of today's loss. */
const NO_GAIN = 0.1;
const TICKS = 4;
/** A frame is kept until it is so many times as large as it would have to be. */
const KEPT = 3;

/**
 * The axis of losses, from a little below the best to a little above today's, ending at round numbers. It stays as it was
 * for as long as everything can be seen well in it.
 *
 * @param {WhatIf} curve
 * @param {Real} best_loss
 * @param {Frame | null} before
 * @returns {Frame}
 */
export function frameOf(curve, best_loss, before) {
  const today = Number.isFinite(Number(curve.loss)) ? Number(curve.loss) : 1;
  const best = Math.min(Number.isFinite(Number(best_loss)) ? Number(best_loss) : today, today);
  const gain = today - best || NO_GAIN * Math.abs(today) || 1;
  const [bottom, top] = [best - BELOW * gain, today + ABOVE * gain];
  if (before && before.low <= best && before.high >= today + (ABOVE * gain) / 2 && before.high - before.low < KEPT * (top - bottom)) {
    return before;
  }
  const tick = roundUp((top - bottom) / TICKS);
  const first = bottom < 0 && best >= 0 ? 0 : Math.floor(bottom / tick);
  const last = Math.ceil(top / tick);
  const ticks = Array.from({ length: last - first + 1 }, (_, k) => Number(((first + k) * tick).toPrecision(12)));
  const [low = 0, high = 1] = [ticks[0], ticks.at(-1)];
  return { low, high, ticks, place: (loss) => (Number(loss) - low) / (high - low) };
}

/**
 * What happens at which learning rates, from the smallest to the largest.
 *
 * @param {WhatIf} curve
 * @returns {Range[]}
 */
export function rangesOf(curve) {
  const { learning_rates, losses, loss, best, exceeds } = curve;
  const today = Number(loss);
  const slack = ROUNDING * Math.abs(today);
  if (losses.every((each) => Math.abs(Number(each) - today) <= slack)) return [{ words: "changes nothing", from: 0, to: 1 }];
  /** @type {Range[]} */
  const ranges = [];
  learning_rates.forEach((rate, k) => {
    const isWorse = !(Number(losses[k]) <= today + slack);
    const words = isWorse ? "harms" : rate <= best ? "helps" : "overshoots but helps";
    const last = ranges.at(-1);
    if (last?.words === words) return;
    // The engine knows better than its grid where the lowest loss is, and where it first comes back to today's.
    const known = isWorse ? exceeds : best;
    const isBetween = known !== null && known <= rate && known > (learning_rates[k - 1] ?? 0);
    const from = placeOnScale(last ? (isBetween ? known : rate) : SMALLEST);
    if (last) last.to = from;
    ranges.push({ words, from, to: 1 });
  });
  return ranges.filter(({ from, to }) => to > from);
}

/**
 * One sentence: the best learning rate, and from which on the loss is larger than today's.
 *
 * @param {WhatIf} curve
 * @param {Real} best_loss
 */
export function sentenceOf(curve, best_loss) {
  const { loss, best, exceeds } = curve;
  const [first] = rangesOf(curve);
  if (first?.words === "changes nothing") return `The loss stays ${number(loss)}, whatever the learning rate.`;
  if (exceeds !== null && exceeds < best) {
    return exceeds > 0
      ? `Every learning rate above ${number(exceeds)} makes the loss of this batch larger than today's ${number(loss)}.`
      : `Every learning rate makes the loss of this batch larger than today's ${number(loss)}.`;
  }
  const gain = `The lowest loss of this batch is at η ${number(best)}: ${number(loss)} → ${number(best_loss)}`;
  const harm =
    exceeds === null
      ? `up to η ${number(LARGEST)} it is nowhere larger than today's`
      : `from η ${number(exceeds)} on it is larger than today's`;
  return `${gain}; ${harm}.`;
}

/** The words of why the limit is or is not known. @param {WhatIf} curve */
export function limitWords({ stability_limit, stability_reason }) {
  return stability_limit === null
    ? `No stability limit: ${lowered(stability_reason)}`
    : `Stability limit η ${number(stability_limit)}: the loss is a bowl, and from there on steps on this batch do not settle.`;
}

/** What became true. @param {Outcome} outcome */
export function outcomeWords({ learning_rate, predicted, got }) {
  const difference = Math.abs(Number(predicted) - Number(got));
  const digits = difference > ROUNDING * Math.abs(Number(got)) ? digitsToShow(got, difference) : 3;
  return `The update with η ${number(learning_rate)}: predicted ${number(predicted, digits)}, got ${number(got, digits)}.`;
}

/** The curve as a table. @param {WhatIf} curve */
export function tableOf(curve) {
  return {
    caption: `The loss of this batch after the update, for any learning rate. ${limitWords(curve)}`,
    head: ["η", "loss", "change"],
    rows: [
      ["0", exact(curve.loss), "0"],
      ...curve.learning_rates.map((rate, k) => [
        number(rate),
        exact(curve.losses[k] ?? "NaN"),
        signed(curve.changes[k] ?? "NaN"),
      ]),
    ],
  };
}

/**
 * The middles of labels in a row, each as near to its place as the others allow.
 *
 * @param {readonly Label[]} labels  ascending by place
 * @param {number} left  of the row
 * @param {number} right  of the row; together the labels are not wider than that
 * @returns {number[]}
 */
export function spread(labels, left, right) {
  /** @type {number[]} */
  const middles = [];
  let free = left;
  for (const { at, width } of labels) {
    middles.push(Math.max(at, free + width / 2));
    free = (middles.at(-1) ?? 0) + width / 2;
  }
  let end = right;
  for (let k = labels.length - 1; k >= 0; k -= 1) {
    const half = (labels[k]?.width ?? 0) / 2;
    middles[k] = Math.min(middles[k] ?? 0, end - half);
    end = (middles[k] ?? 0) - half;
  }
  return middles;
}

/** @param {string} sentence */
function lowered(sentence) {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1);
}
