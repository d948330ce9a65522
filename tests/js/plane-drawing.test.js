import assert from "node:assert/strict";
import { test } from "node:test";

import { colourOf, cssOf, mixed, paletteOf, ramp, stepped } from "../../static/js/plane/colours.js";
import { contour, contourRoom } from "../../static/js/plane/contour.js";
import { sidesOf } from "../../static/js/plane/picture.js";
import { grown, plotIn, pointed, ticksOf, valuesAt, xOf, yOf } from "../../static/js/plane/plot.js";
import { paintClasses, paintField, refine } from "../../static/js/plane/raster.js";
import { regionOf } from "../../static/js/plane/regions.js";
import { shapeName, shapeOf } from "../../static/js/plane/shapes.js";

const BLACK_TO_WHITE = ramp([[0, 0, 0], [255, 255, 255]]);
const SQUARE = { low: -1, high: 1 };

test("a colour of the stylesheet becomes its channels, and a pixel goes back", () => {
  assert.deepEqual(colourOf(" #a9639a"), [169, 99, 154]);
  assert.equal(cssOf(ramp([[169, 99, 154], [0, 0, 0]])[0] ?? 0), "rgb(169 99 154)");
});

test("half way between two colours is their mean", () => {
  assert.deepEqual(mixed([0, 100, 200], [100, 200, 0], 0.5), [50, 150, 100]);
});

test("a ramp goes evenly through its stops", () => {
  const table = ramp([[0, 0, 0], [255, 0, 0], [255, 255, 0]]);
  assert.equal(cssOf(table[0] ?? 0), "rgb(0 0 0)");
  assert.equal(cssOf(table[255] ?? 0), "rgb(255 255 0)");
  assert.match(cssOf(table[128] ?? 0), /^rgb\(255 [0-2] 0\)$/);
});

test("a table in steps has so many colours, each that of the middle of its step", () => {
  const table = stepped(BLACK_TO_WHITE, 4);
  assert.deepEqual([...new Set(table)].map(cssOf), ["rgb(32 32 32)", "rgb(96 96 96)", "rgb(159 159 159)", "rgb(223 223 223)"]);
});

test("even odds have a colour of their own between two classes", () => {
  const palette = paletteOf((token) => (token === "--plane-even" ? "#ffffff" : token === "--class-1-wash" ? "#000000" : "#ff0000"));
  assert.equal(cssOf(palette.chance[0] ?? 0), "rgb(0 0 0)");
  assert.match(cssOf(palette.chance[128] ?? 0), /^rgb\(255 25[0-5] 25[0-5]\)$/);
  assert.equal(cssOf(palette.chance[255] ?? 0), "rgb(255 0 0)");
});

test("the lowest row of a field is the lowest of its picture", () => {
  const pixels = new Uint32Array(4);
  paintField(pixels, new Float32Array([0, 0.5, 1, 2]), 2, BLACK_TO_WHITE, 0, 1);
  assert.deepEqual([...pixels].map(cssOf), ["rgb(255 255 255)", "rgb(255 255 255)", "rgb(0 0 0)", "rgb(128 128 128)"]);
});

test("what is no number stays clear, and infinities have the colours of the ends", () => {
  const pixels = new Uint32Array(4).fill(7);
  paintField(pixels, new Float32Array([NaN, Infinity, -Infinity, 1]), 2, BLACK_TO_WHITE, 0, 1);
  assert.equal(pixels[2], 0);
  assert.equal(cssOf(pixels[3] ?? 0), "rgb(255 255 255)");
  assert.equal(cssOf(pixels[0] ?? 0), "rgb(0 0 0)");
});

test("a place has the colour of its likeliest class, none of it where all are as likely", () => {
  const tables = [ramp([[0, 0, 0], [255, 0, 0]]), ramp([[0, 0, 0], [0, 255, 0]]), ramp([[0, 0, 0], [0, 0, 255]])];
  const chances = new Float32Array([1, 1 / 3, 0, 0.2, 0, 1 / 3, 1, 0.2, 0, 1 / 3, 0, 0.6]);
  const pixels = new Uint32Array(4);
  paintClasses(pixels, chances, 2, 3, tables, false);
  assert.deepEqual([...pixels].map(cssOf), ["rgb(0 255 0)", "rgb(0 0 102)", "rgb(255 0 0)", "rgb(0 0 0)"]);
  paintClasses(pixels, chances, 2, 3, tables, true);
  assert.equal(cssOf(pixels[1] ?? 0), "rgb(0 0 255)");
});

test("a finer grid has the same ends and is straight between", () => {
  const fine = new Float32Array(9);
  refine(fine, 3, new Float32Array([0, 2, 4, 6]), 2);
  assert.deepEqual([...fine], [0, 1, 2, 2, 3, 4, 4, 5, 6]);
});

test("the line of a slope lies where the level is met", () => {
  const out = new Float32Array(contourRoom(3));
  const count = contour(new Float32Array([0, 1, 2, 0, 1, 2, 0, 1, 2]), 3, 0.25, out);
  const pieces = [...out.subarray(0, count)];
  assert.equal(count, 8);
  assert.deepEqual(pieces.filter((_, k) => k % 2 === 0), [0.25, 0.25, 0.25, 0.25]);
  assert.deepEqual(pieces.filter((_, k) => k % 2 === 1).sort(), [0, 1, 1, 2]);
});

test("a single higher node is gone round", () => {
  const out = new Float32Array(contourRoom(3));
  assert.equal(contour(new Float32Array([0, 0, 0, 0, 1, 0, 0, 0, 0]), 3, 0.5, out), 16);
});

test("in a saddle the mean says which corners belong together", () => {
  const out = new Float32Array(contourRoom(2));
  // Lower left and upper right are high: with a high middle they are one, and the other two corners are cut off.
  contour(new Float32Array([3, -1, -1, 3]), 2, 0, out);
  assert.deepEqual([...out.subarray(0, 4)], [0.75, 0, 1, 0.25]);
  contour(new Float32Array([1, -3, -3, 1]), 2, 0, out);
  assert.deepEqual([...out.subarray(0, 4)], [0, 0.25, 0.25, 0]);
});

test("where there is no level, or a number is missing, there is no line", () => {
  const out = new Float32Array(contourRoom(2));
  assert.equal(contour(new Float32Array([1, 1, 1, 1]), 2, 0, out), 0);
  assert.equal(contour(new Float32Array([1, NaN, -1, 1]), 2, 0, out), 0);
});

test("circles stay round where both axes are alike", () => {
  const plot = plotIn({ width: 700, height: 200, letter: 13, x: SQUARE, y: { ...SQUARE } });
  assert.equal(plot.right - plot.left, plot.bottom - plot.top);
  const wide = plotIn({ width: 700, height: 200, letter: 13, x: SQUARE, y: { low: 0, high: 100 } });
  assert.ok(wide.right - wide.left > 1.5 * (wide.bottom - wide.top));
});

test("a number's place leads back to the number", () => {
  const plot = plotIn({ width: 300, height: 300, letter: 12, x: { low: -2, high: 3 }, y: SQUARE });
  const [x, y] = valuesAt(plot, xOf(plot, 1.25), yOf(plot, -0.5));
  assert.ok(Math.abs(x - 1.25) < 1e-9 && Math.abs(y + 0.5) < 1e-9);
  assert.deepEqual(valuesAt(plot, -100, 1000), [-2, -1]);
});

test("what is pointed at is rounded to a thousandth of its axis", () => {
  assert.equal(pointed(0.123456, { low: -1.5, high: 1.5 }), 0.123);
  assert.equal(pointed(123.456, { low: 0, high: 500 }), 123.5);
});

test("ticks are round numbers within the axis", () => {
  assert.deepEqual(ticksOf({ low: -1.4, high: 1.4 }, 6), [-1, -0.5, 0, 0.5, 1]);
  assert.deepEqual(ticksOf({ low: 0, high: 250 }, 5), [0, 50, 100, 150, 200, 250]);
});

test("an axis that grows never gives way", () => {
  const before = { low: -1, high: 1 };
  assert.equal(grown(before, { low: -0.5, high: 0.5 }), before);
  assert.deepEqual(grown(before, { low: 0, high: 2 }), { low: -1, high: 2 });
});

test("a straight cut parts a rectangle in two", () => {
  const right = regionOf(SQUARE, SQUARE, [{ w: [1, 0], b: -0.5 }]);
  assert.deepEqual(right.map(([x]) => x).sort(), [0.5, 0.5, 1, 1]);
  assert.deepEqual(regionOf(SQUARE, SQUARE, [{ w: [1, 0], b: -2 }]), []);
});

test("each class lies on its side of each of its cuts", () => {
  const cuts = [
    { above: "B", below: "A", w: [1, 0], b: 0 },
    { above: "C", below: "A", w: [0, 1], b: 0 },
  ];
  const [[place, sides]] = /** @type {any} */ (sidesOf(["A", "B", "C"], cuts).filter(([each]) => each === 0));
  assert.equal(place, 0);
  // A lies to the left and beneath.
  assert.deepEqual(sides.map((/** @type {any} */ { w }) => w.map(Math.sign)), [[-1, -0], [-0, -1]]);
  assert.deepEqual(sidesOf(["A", "B"], [{ above: "B", below: "A", w: null, b: null }]), []);
});

test("classes differ in shape, also where their colours come again", () => {
  assert.equal(new Set([0, 1, 2, 3, 4, 5].map(shapeOf)).size, 6);
  assert.notEqual(shapeOf(0), shapeOf(6));
  assert.equal(shapeName(1), "square");
});
