import assert from "node:assert/strict";
import { test } from "node:test";

import { mixed, shade } from "../../static/js/landscape/colours.js";
import { contourFigure, everySecond, surfaceFigure } from "../../static/js/landscape/figures.js";
import { arrowOf, boxOf, distanceTo, nodeAt, placer, pointedAt, spread } from "../../static/js/landscape/scene.js";
import { axisNames, placesOf, tableOf, wordsOf } from "../../static/js/landscape/words.js";

/** @typedef {import("../../static/js/landscape/words.js").Landscape} Landscape */
/** @typedef {import("../../static/js/types.js").LayerInfo} LayerInfo */

/** @type {LayerInfo} */
const DENSE = { type: "dense", fan_in: 2, units: 2, activation: "tanh", frozen: [] };
const ONE = [DENSE];
const TWO = [DENSE, DENSE];
const LOOK = { ground: "#ffffff", ink: "#000000", quiet: "#808080", line: "#888888", backward: "#007070", focus: "#0050d0", font: "serif", letter: 10 };
const BOX = { left: 40, top: 5, width: 200, height: 100 };

/** @param {Partial<Landscape>} [more] @returns {Landscape} */
const landscape = (more = {}) => ({
  kind: "parameters",
  over: "training",
  u: { low: -1, high: 1, nodes: [-1, 0, 1], parameter: { name: "layer0.W", index: [0, 1] } },
  v: { low: 0, high: 4, nodes: [0, 2, 4], parameter: { name: "layer0.b", index: [1] } },
  at: [0.5, 1],
  loss: 0.2912,
  size: 3,
  is_final: true,
  is_coarser: false,
  down: null,
  next: null,
  lowest: { u: 1, v: 2, loss: 0.125 },
  stride: 1,
  is_path_kept: true,
  ...more,
});
const PATH = { shape: [2, 4], numbers: Float32Array.from([0, -0.5, 3, 0.75, 4, 0.5, 1, 0.25]) };
const LOSSES = { shape: [3, 3], numbers: Float32Array.from([1, 2, 3, 4, 5, 6, 7, 8, 9]) };

test("axes are called by their parameters, with the layer where there are several", () => {
  assert.deepEqual(axisNames(landscape(), ONE), ["w₁₂", "b₂"]);
  assert.deepEqual(axisNames(landscape(), TWO), ["w₁₂⁽¹⁾", "b₂⁽¹⁾"]);
});

test("before the backward pass nothing is said of the way down", () => {
  assert.equal(
    wordsOf(landscape(), ONE),
    "The loss here is 0.291. −g comes with the backward pass. Lowest on this map: 0.125, at w₁₂ = 1, b₂ = 2.",
  );
});

test("the way down is told by its parameters, or by directions on the map", () => {
  assert.match(wordsOf(landscape({ down: [0.2, -0.1] }), ONE), /Along −g it falls fastest: w₁₂ up, b₂ down\./);
  assert.match(wordsOf(landscape({ down: [0.2, 1e-9] }), ONE), /fastest: w₁₂ up\./);
  assert.match(wordsOf(landscape({ down: [0, 0] }), ONE), /−g has no length/);
  const axis = { low: -1, high: 1, nodes: [], parameter: null };
  assert.match(wordsOf(landscape({ kind: "random", u: axis, v: axis, down: [-1, 1] }), ONE), /fastest: to the left and up\./);
});

test("what is left out is said", () => {
  assert.match(wordsOf(landscape({ is_coarser: true, size: 11 }), ONE), /11 × 11 places: more would take too long/);
  assert.match(wordsOf(landscape({ is_path_kept: false }), ONE), /is not kept/);
});

test("the table has a row for each place of the path", () => {
  const table = tableOf(landscape({ stride: 4 }), placesOf(PATH), ONE);

  assert.match(table.caption, /every 4 steps/);
  assert.deepEqual(table.head, ["step", "loss", "w₁₂", "b₂"]);
  assert.deepEqual(table.rows, [["1", "0.75", "−0.5", "+3"], ["5", "0.25", "+0.5", "+1"]]);
});

test("coordinates and pixels go into each other", () => {
  const data = landscape();
  const place = placer(data, BOX);

  assert.deepEqual(place(-1, 4), { x: 0, y: 0 });
  assert.deepEqual(place(1, 0), { x: 200, y: 100 });
  assert.deepEqual(nodeAt(data, BOX, place(0, 4)), { i: 1, j: 2 });
  assert.deepEqual(nodeAt(data, BOX, { x: 900, y: -50 }), { i: 2, j: 2 });
});

test("an arrow points the way that a move goes on the map, and is as long as can be seen", () => {
  const end = arrowOf([1e-9, 2e-9], landscape(), BOX, 10);

  assert.ok(end);
  assert.ok(end.x > 0 && end.y < 0);
  assert.ok(Math.abs(Math.hypot(end.x, end.y) - 30) < 1e-9);
  assert.ok(Math.abs(-end.y / end.x - 0.5) < 1e-9);
  assert.equal(arrowOf([0, 0], landscape(), BOX, 10), null);
  assert.equal(arrowOf([Infinity, 0], landscape(), BOX, 10), null);
});

test("the nearest place of the path is pointed at, if one is near", () => {
  const place = placer(landscape(), BOX);
  const path = placesOf(PATH);

  assert.equal(pointedAt(path, place, place(0.5, 1.1), 12), 1);
  assert.equal(pointedAt(path, place, place(0, 2), 12), -1);
});

test("dots of a path keep apart", () => {
  assert.equal(spread([{ x: 0, y: 0 }, { x: 1, y: 0 }, { x: 9, y: 0 }], 5).length, 2);
});

test("a line is as far from a place as its nearest point", () => {
  const corner = [{ x: 0, y: 0 }, { x: 10, y: 0 }, { x: 10, y: 10 }];
  assert.equal(distanceTo(corner, { x: 4, y: 3 }), 3);
  assert.equal(distanceTo(corner, { x: 13, y: 14 }), 5);
  assert.equal(distanceTo(corner, { x: 12, y: 5 }), 2);
  assert.equal(distanceTo([{ x: 3, y: 4 }], { x: 0, y: 0 }), 5);
  assert.equal(distanceTo([], { x: 0, y: 0 }), Infinity);
});

test("the map leaves room for its numbers and its legend", () => {
  assert.deepEqual(boxOf(700, 400, 10), { left: 45, top: 5, width: 600, height: 368 });
  assert.ok(boxOf(700, 120, 10).height > 95);
  assert.ok(boxOf(10, 10, 10).width >= 1);
});

test("shades go from the ground towards the quiet ink", () => {
  assert.equal(shade(LOOK, 0), "rgb(255, 255, 255)");
  assert.equal(mixed("#000000", "#ff8000", 0.5), "rgb(128, 64, 0)");
});

test("contours are drawn at the levels' numbers, edge to edge", () => {
  const { data, layout } = contourFigure(landscape(), LOSSES, [1, 2, 5, 10], LOOK, BOX);

  assert.deepEqual(data[0]?.["contours"].start, 1);
  assert.deepEqual(data[0]?.["contours"].end, 2);
  assert.deepEqual(data[0]?.["z"][0], [0, 1, 1 + 1 / 3]);
  assert.deepEqual(layout["xaxis"].range, [-1, 1]);
  assert.equal(layout["margin"].autoexpand, false);
});

test("the surface has the path so far on it, where it is now, and the step pointed at", () => {
  const heights = { shape: [2], numbers: Float32Array.from([5, 2]) };
  const around = { width: 300, height: 200, names: /** @type {[string, string]} */ (["a", "b"]), step: 3, moment: null };
  const { data } = surfaceFigure(landscape(), { losses: LOSSES, path: PATH, heights }, [1, 2, 5, 10], LOOK, around);

  assert.deepEqual(data[1]?.["x"], [-0.5]); // step 5 is still to come
  assert.ok(data[1]?.["z"][0] > 2);
  assert.deepEqual([data[2]?.["x"], data[2]?.["y"]], [[0.5], [1]]);
  assert.deepEqual(data[3]?.["x"], []);
  const pointing = surfaceFigure(landscape(), { losses: LOSSES, path: PATH, heights }, [1, 2, 5, 10], LOOK, { ...around, moment: 0 });
  assert.deepEqual(pointing.data[3]?.["x"], [-0.5]);
});

test("as many levels are labelled as there is room for", () => {
  assert.deepEqual(
    everySecond([1, 2, 3, 4, 5], 3).map(({ level }) => level),
    [1, 3, 5],
  );
});
