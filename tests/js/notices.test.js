import assert from "node:assert/strict";
import { test } from "node:test";

import { badgeDetail, badgeText } from "../../static/js/views/badge.js";
import { noticesOf, problemText } from "../../static/js/views/problem.js";

/** @type {import("../../static/js/types.js").Checked} */
const CHECKED = {
  step: 0,
  parameters: 17,
  largest_error: 2.04e-10,
  worst: { name: "layer1.W", index: [0, 1] },
  excluded: 0,
  passed: true,
};

/** @type {Parameters<typeof noticesOf>[0]} */
const CALM = {
  connection: "open",
  data: null,
  problem: null,
  divergence: null,
  finished: false,
  run: "r",
  cursor: { step: 40, event: 1 },
  last_step: 40,
  plan: [
    { kind: "weight_gradient", phase: "backward", layer: 0, parameter: null, title: "", mathml: "" },
    { kind: "update", phase: "update", layer: 0, parameter: "W", title: "", mathml: "" },
  ],
};

test("the badge tells how many parameters agree and how well", () => {
  assert.equal(badgeText(CHECKED, 0), "gradients checked: 17 parameters, largest error 2·10⁻¹⁰");
});

test("the badge names the step instead when it is not the one on show", () => {
  assert.equal(badgeText(CHECKED, 3), "gradients checked at step 1, largest error 2·10⁻¹⁰");
});

test("the badge says so when gradients disagree, or nobody has looked", () => {
  assert.match(badgeText({ ...CHECKED, passed: false, parameters: 1 }, 0), /^gradients do not agree: 1 parameter, /);
  assert.equal(badgeText(null, 0), "gradients not checked yet");
});

test("who asks is told the worst parameter and what was left out", () => {
  assert.equal(
    badgeDetail({ ...CHECKED, excluded: 1 }, null),
    "The largest error is that of the weight of layer 2 from neuron 2 to neuron 1. 1 entry lies at a kink and was left out.",
  );
});

test("there is nothing to say while all is well", () => {
  assert.deepEqual(noticesOf(CALM), []);
});

test("a lost line is told in words, and what it kept from being done is not told twice", () => {
  const notices = noticesOf({ ...CALM, connection: "lost", problem: { message: "not done", problems: [] } });

  assert.deepEqual(notices.map(({ text }) => text), [
    "The server does not answer. Your run is safe in this page; trying again…",
  ]);
});

test("a refused input names the field, what was given and what is allowed", () => {
  const problem = { path: "learning_rate", value: "-1", allowed: "a number from 0" };

  assert.equal(problemText(problem), "learning_rate is -1; allowed: a number from 0");
  assert.deepEqual(noticesOf({ ...CALM, problem: { message: "refused", problems: [problem] } })[0]?.problems, [problem]);
});

const DIVERGENCE = {
  step: 40,
  parameter: "layer0.W[1, 0]",
  cause: "|Δlayer0.W[1, 0]| = 1e+200 at step 41: learning rate 3 is too large here.",
};

test("a run that diverges says where and why, and is not called finished as well", () => {

  const notices = noticesOf({ ...CALM, divergence: DIVERGENCE, finished: true });

  assert.deepEqual(notices.map(({ kind, text }) => [kind, text]), [
    [
      "divergence",
      "The run diverges at step 41, in the weight of layer 1 from input 1 to neuron 2: |Δw₂₁| = 1e+200: learning rate 3 is too large here.",
    ],
  ]);
});

test("who has gone back from where a run diverges is not told again", () => {

  assert.deepEqual(noticesOf({ ...CALM, divergence: DIVERGENCE, finished: true, cursor: { step: 40, event: 0 } }), []);
  assert.deepEqual(noticesOf({ ...CALM, divergence: DIVERGENCE, finished: true, cursor: { step: 39, event: 1 } }), []);
});

test("the end of a run is told at its end, once per run", () => {
  const [first] = noticesOf({ ...CALM, finished: true });
  const [again] = noticesOf({ ...CALM, finished: true, cursor: { step: 41, event: 0 } });

  assert.deepEqual(noticesOf({ ...CALM, finished: true, cursor: { step: 7, event: 0 } }), []);
  assert.match(first?.text ?? "", /come to its end at step 41/);
  assert.equal(first?.key, again?.key);
});
