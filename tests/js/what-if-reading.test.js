import assert from "node:assert/strict";
import { test } from "node:test";

import { placeOnScale } from "../../static/js/learning-rates.js";
import {
  frameOf,
  limitWords,
  outcomeWords,
  rangesOf,
  sentenceOf,
  spread,
  tableOf,
} from "../../static/js/what-if/reading.js";

/** @typedef {import("../../static/js/types.js").Real} Real */
/** @typedef {import("../../static/js/types.js").WhatIf} WhatIf */

/**
 * A curve over 0.0001, 0.001, …, 10.
 *
 * @param {Real[]} losses
 * @param {Partial<WhatIf>} [more]
 * @returns {WhatIf}
 */
function curveOf(losses, more = {}) {
  return {
    step: 0,
    learning_rates: [1e-4, 1e-3, 1e-2, 0.1, 1, 10],
    losses,
    changes: losses.map((each) => Number(each) - 1),
    loss: 1,
    best: 0.1,
    exceeds: 0.5,
    stability_limit: null,
    stability_reason: "The network is not linear.",
    ...more,
  };
}

const BOWL = curveOf([0.99, 0.95, 0.8, 0.5, 2, "Infinity"]);

test("what helps, what overshoots and what harms part at the best and where today's loss comes back", () => {
  const overshooting = { ...BOWL, best: 0.2, losses: [0.99, 0.95, 0.8, 0.5, 0.9, 2], exceeds: 3 };

  assert.deepEqual(rangesOf(overshooting), [
    { words: "helps", from: 0, to: placeOnScale(1) },
    { words: "overshoots but helps", from: placeOnScale(0.2), to: placeOnScale(3) },
    { words: "harms", from: placeOnScale(3), to: 1 },
  ].map((range, k, all) => ({ ...range, to: all[k + 1]?.from ?? 1 })));
});

test("where the loss jumps over today's between two points of the curve, the engine's point parts them", () => {
  assert.deepEqual(
    rangesOf(BOWL).map(({ words, from }) => [words, from]),
    [["helps", 0], ["harms", placeOnScale(0.5)]],
  );
});

test("a hill before the best harms there too", () => {
  const hilly = { ...BOWL, losses: [0.9, 1.2, 0.9, 0.5, 2, 2] };

  assert.deepEqual(rangesOf(hilly).map(({ words }) => words), ["helps", "harms", "helps", "harms"]);
});

test("where nothing changes, nothing helps or harms", () => {
  const flat = curveOf([1, 1, 1, 1, 1, 1], { exceeds: null });

  assert.deepEqual(rangesOf(flat), [{ words: "changes nothing", from: 0, to: 1 }]);
  assert.equal(sentenceOf(flat, 1), "The loss stays 1, whatever the learning rate.");
});

test("one sentence names the best and from where on it harms", () => {
  assert.equal(
    sentenceOf(BOWL, 0.5),
    "The lowest loss of this batch is at η 0.1: 1 → 0.5; from η 0.5 on it is larger than today's.",
  );
  assert.match(sentenceOf({ ...BOWL, exceeds: null }, 0.5), /up to η 10 it is nowhere larger than today's\.$/);
});

test("where no learning rate of the curve does any good, the sentence says so", () => {
  const uphill = curveOf([2, 2, 2, 2, 2, 2], { best: 1e-4, exceeds: 0 });

  assert.equal(sentenceOf(uphill, 2), "Every learning rate makes the loss of this batch larger than today's 1.");
  assert.match(sentenceOf({ ...uphill, exceeds: 2e-5 }, 2), /^Every learning rate above 2·10⁻⁵ makes/);
  assert.deepEqual(rangesOf(uphill).map(({ words }) => words), ["harms"]);
});

test("the words say why the limit is or is not known", () => {
  assert.equal(limitWords(BOWL), "No stability limit: the network is not linear.");
  assert.match(limitWords({ ...BOWL, stability_limit: 0.4 }), /^Stability limit η 0.4: the loss is a bowl/);
});

test("what became true is told in as many digits as show a difference", () => {
  const outcome = { step: 0, learning_rate: 0.5, predicted: 0.2910277736937, got: 0.2910277736937 };

  assert.equal(outcomeWords(outcome), "The update with η 0.5: predicted 0.291, got 0.291.");
  assert.equal(outcomeWords({ ...outcome, got: 0.29105 }), "The update with η 0.5: predicted 0.2910278, got 0.29105.");
});

test("the frame holds the best and today's loss, and ends at its first and last tick", () => {
  const frame = frameOf(BOWL, 0.5, null);

  assert.ok(frame.place(0.5) >= 0 && frame.place(1) <= 1);
  assert.deepEqual([frame.low, frame.high], [frame.ticks[0], frame.ticks.at(-1)]);
});

test("the frame stays while everything is seen well in it, and changes when it is not", () => {
  const frame = frameOf(BOWL, 0.5, null);

  assert.equal(frameOf({ ...BOWL, loss: 0.98 }, 0.52, frame), frame);
  assert.notEqual(frameOf({ ...BOWL, loss: 40 }, 20, frame), frame);
  assert.notEqual(frameOf({ ...BOWL, loss: 0.9 }, 0.89, frame), frame);
});

test("a frame without any gain is no point", () => {
  for (const loss of [1, 0]) {
    const frame = frameOf({ ...BOWL, loss }, loss, null);
    assert.ok(frame.high > frame.low);
  }
});

test("labels stay in their row and do not overlap", () => {
  const labels = [{ at: 2, width: 30 }, { at: 88, width: 30 }, { at: 95, width: 30 }];

  const middles = spread(labels, 0, 100);

  assert.deepEqual(middles, [15, 55, 85]);
});

test("a label that has room stands at its place", () => {
  assert.deepEqual(spread([{ at: 50, width: 20 }], 0, 100), [50]);
});

test("the table begins with today's loss", () => {
  const { rows } = tableOf(BOWL);

  assert.deepEqual(rows[0], ["0", "1", "0"]);
  assert.deepEqual(rows[4], ["0.1", "0.5", "−0.5"]);
  assert.deepEqual(rows[6], ["10", "∞", "+∞"]);
});
