import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { fieldsOf, formFor, formOf, kindsOf, laneOf, placeOfProblem, readyMade, sameLane } from "../../static/js/race/lanes.js";

/** @typedef {import("../../static/js/race/lanes.js").Known} Known */
/** @typedef {import("../../static/js/types.js").HelloMessage} HelloMessage */

/** @type {HelloMessage} */
const HELLO = JSON.parse(readFileSync(new URL("../golden/hello.json", import.meta.url), "utf-8"));
/** @type {Known} */
const KNOWN = {
  catalogue: HELLO.catalogue,
  experiment: { seed: 3, optimizer: { type: "sgd", learning_rate: 0.6 } },
  layers: [
    { type: "dense", fan_in: 2, units: 3, activation: "tanh", frozen: [] },
    { type: "dropout", fan_in: 3, units: 3, activation: null, frozen: [], rate: 0.5 },
    { type: "dense", fan_in: 3, units: 1, activation: "sigmoid", frozen: [] },
  ],
};

test("every change and every search that the server knows is offered", () => {
  const kinds = kindsOf(KNOWN).map(({ value }) => value);

  assert.deepEqual(kinds.slice(0, 5), ["learning_rate", "optimizer", "initializer:0", "initializer:2", "activation:0"]);
  for (const kind of ["batch_size", "l1", "l2", "weight_decay", "seed"]) assert.ok(kinds.includes(kind), kind);
  const searches = kinds.filter((kind) => kind.startsWith("search:")).map((kind) => kind.slice(7));
  assert.deepEqual(searches, HELLO.catalogue.searches.map(({ name }) => name));
});

test("each form makes a lane, and the lane makes the same form again", () => {
  for (const { value } of kindsOf(KNOWN)) {
    const form = formOf(value, KNOWN);
    assert.deepEqual(formFor(laneOf(form, KNOWN), KNOWN), form, value);
  }
});

test("a learning rate is one change with a name that says it", () => {
  const lane = laneOf({ kind: "learning_rate", values: { value: "0.25" } }, KNOWN);

  assert.deepEqual(lane, { name: "η 0.25", change: { path: "learning_rate", value: 0.25 } });
});

test("what is no number travels as it was typed, for the server to say what is allowed", () => {
  const lane = laneOf({ kind: "learning_rate", values: { value: "fast" } }, KNOWN);

  assert.deepEqual(lane, { name: "η fast", change: { path: "learning_rate", value: "fast" } });
});

test("another optimizer has the constants of its own, and a plain one the learning rate in force", () => {
  const names = (/** @type {string} */ type) =>
    fieldsOf({ kind: "optimizer", values: { type } }, KNOWN).map(({ name, value }) => `${name} ${value}`);

  assert.deepEqual(names("momentum"), ["type momentum", "learning_rate 0.6", "momentum 0.9"]);
  assert.deepEqual(names("adam").slice(0, 3), ["type adam", "learning_rate 0.1", "beta1 0.9"]);
});

test("a search is told with all its constants, numbers as numbers and choices by name", () => {
  const lane = laneOf(formOf("search:genetic", KNOWN), KNOWN);

  assert.equal(lane.name, "Genetic algorithm");
  assert.equal(lane.search?.type, "genetic");
  assert.equal(lane.search?.["population"], 40);
  assert.equal(lane.search?.["crossover"], "uniform");
});

test("a layer's change names its layer from 1 for people and from 0 for the server", () => {
  const lane = laneOf({ kind: "activation:0", values: { type: "relu" } }, KNOWN);

  assert.deepEqual(lane, { name: "relu in layer 1", change: { path: "network.layers[0].activation", value: "relu" } });
});

test("a ready-made race begins with the session as it is and has nothing twice", () => {
  const races = readyMade(KNOWN);

  assert.deepEqual(races.map(({ lanes }) => lanes.map(({ name }) => name)), [
    ["as it is", "η 0.2", "η 1.8"],
    ["as it is", "momentum, η 0.6", "RMSprop, η 0.1", "Adam, η 0.1"],
    ["as it is", "Hill climbing", "Genetic algorithm", "Evolution strategy"],
  ]);
  for (const { lanes } of races) {
    for (const [k, lane] of lanes.entries()) assert.ok(lanes.slice(0, k).every((other) => !sameLane(other, lane)));
  }
});

test("a problem is told at its lane", () => {
  assert.deepEqual(placeOfProblem("lanes[2].optimizer.beta1"), { lane: 2, path: "optimizer.beta1" });
  assert.deepEqual(placeOfProblem("lanes[1]"), { lane: 1, path: "" });
  assert.deepEqual(placeOfProblem("network.layers"), { lane: null, path: "network.layers" });
});
