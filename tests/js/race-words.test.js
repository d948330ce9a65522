import assert from "node:assert/strict";
import { test } from "node:test";

import { columnsOf, markWords, methodWords, sentenceOf, tableOf } from "../../static/js/race/words.js";

/** @typedef {import("../../static/js/types.js").RaceData} RaceData */
/** @typedef {import("../../static/js/types.js").RaceLane} RaceLane */

/** @param {Partial<RaceLane>} more @returns {RaceLane} */
const lane = (more) => ({
  name: "as it is",
  kind: "backprop",
  parameters: 9,
  there: true,
  done: 200,
  evaluations: 0,
  mean_over: 1,
  cost: 600,
  loss: 0.08,
  accuracy: 1,
  validation_loss: null,
  validation_accuracy: null,
  below: { step: 60, cost: 181 },
  finished: false,
  stopped: null,
  method: null,
  ...more,
});
/** @param {RaceLane[]} lanes @param {Partial<RaceData>} [more] @returns {RaceData} */
const race = (lanes, more = {}) => ({
  reason: null,
  problems: [],
  origin: 0,
  step: 200,
  threshold: 0.1,
  has_penalty: false,
  order: lanes.map((_, place) => place),
  lanes,
  ...more,
});
const ADAM = lane({ name: "Adam", loss: 0.012 });
const array = (/** @type {number[]} */ numbers, /** @type {number} */ width) => ({ shape: [numbers.length / width, width], numbers: new Float32Array(numbers) });

test("the leader is said in words, and the others with what they have come to", () => {
  const data = race([lane({ name: "SGD" }), ADAM], { order: [1, 0] });

  assert.equal(sentenceOf(data), "After 200 steps Adam leads with 0.012; SGD 0.08.");
});

test("nobody leads where all are alike", () => {
  assert.equal(sentenceOf(race([lane({}), lane({ name: "Adam" })])), "After 200 steps all are alike, with 0.08.");
});

test("a lane that has broken down is said to have ended, and why", () => {
  const data = race([ADAM, lane({ name: "η 3", stopped: "learning rate 3 is too large here." })], { order: [0] });

  assert.equal(sentenceOf(data), "After 200 steps Adam leads with 0.012. η 3 ended: learning rate 3 is too large here.");
});

test("lanes that are not there yet are named, and so is where a race began", () => {
  const data = race([ADAM, lane({ there: false })], { origin: 30 });

  assert.equal(sentenceOf(data), "After 200 steps, from step 31 on, Adam leads with 0.012; as it is 0.08. Still on the way: as it is.");
});

test("at the beginning it is said what moves the lanes", () => {
  assert.match(sentenceOf(race([lane({})], { step: 0 })), /^All lanes stand at the beginning\. Next, Play, Back and the timeline move all lanes/);
});

test("columns that nobody has a number for are left out", () => {
  const regression = race([lane({ accuracy: null })]);
  const both = race([lane({ validation_loss: 0.3 })]);

  assert.deepEqual(columnsOf(regression, false).map(({ head }) => head), ["loss", "done", "cost", "below 0.1"]);
  assert.deepEqual(columnsOf(both, false).map(({ head }) => head), ["loss", "right", "validation", "done", "cost", "below 0.1"]);
});

test("the table has every lane with every measure", () => {
  const search = lane({ name: "GA", kind: "search", done: 16, evaluations: 1610, below: null, finished: true });

  const { head, rows } = tableOf(race([lane({}), search]));

  assert.equal(head.length, rows[0]?.length);
  assert.deepEqual(rows[0], ["as it is", "0.08", "100\u00a0%", "200 steps", "600", "step 61", "cost 181", ""]);
  assert.deepEqual(rows[1], ["GA", "0.08", "100\u00a0%", "1,610 tries", "600", "–", "–", "it has come to its end"]);
});

test("a search says how it goes about it", () => {
  const tries = array([0.5, 1, 0.6, 0], 2);

  assert.equal(
    methodWords({ kind: "tries", type: "hill_climbing", first: 8, count: 10, kept: 4, best: 0.5, sigma: 0.5 }, tries, null),
    "Try 10 was refused, 4 were kept; the next nudge has σ 0.5.",
  );
  assert.equal(
    methodWords({ kind: "slope", type: "finite_differences", weights: 9, nudged: 3, now: { name: "layer0.b", index: [0] } }, undefined, null),
    "Nudging the bias of neuron 1 of layer 1: 3 of 9.",
  );
  assert.equal(methodWords({ kind: "generation", type: "genetic", number: null }, undefined, null), "No generation has been tried yet.");
});

test("each mark of a search says what it is", () => {
  const generation = array([0.1, 0, 0, 1, 0, 0, 0.2, 0, 3, 0, 1, 1, 0.3, -1, -1, 0, 0, 0], 6);
  const method = /** @type {const} */ ({ kind: "generation", type: "genetic", number: 4 });

  assert.equal(markWords(method, generation, 0), "Individual 1: loss 0.100; unchanged since the generation before.");
  assert.equal(markWords(method, generation, 1), "Individual 2: loss 0.200; child of 1 and 4, crossed, mutated.");
  assert.equal(markWords(method, generation, 2), "Individual 3: loss 0.300; drawn.");
});
