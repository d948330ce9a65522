import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { createConnection } from "../../static/js/connection.js";
import { decode, decodeView, layoutNumber } from "../../static/js/frames.js";
import { firstState, reduce } from "../../static/js/reduce.js";
import { createStore } from "../../static/js/store.js";
import { snapshotAt } from "./helpers.js";

/** @typedef {import("../../static/js/types.js").FrameMessage} FrameMessage */
/** @typedef {import("../../static/js/types.js").LayoutMessage} LayoutMessage */

const GOLDEN = new URL("../golden/", import.meta.url);

/** A binary message among the examples, in a buffer of its own. @param {string} name */
function goldenBuffer(name) {
  const bytes = readFileSync(new URL(`${name}.bin`, GOLDEN));
  return new Uint8Array(bytes).buffer;
}

/** @param {string} name @returns {any} */
const golden = (name) => JSON.parse(readFileSync(new URL(`${name}.json`, GOLDEN), "utf8"));

/** Every number as float32 has it. @param {any} value @returns {any} */
const rounded = (value) => (Array.isArray(value) ? value.map(rounded) : Math.fround(value));

/** @param {Record<string, any>} values */
const allRounded = (values) => Object.fromEntries(Object.entries(values).map(([name, value]) => [name, rounded(value)]));

/**
 * A frame with these numbers in it, as the server packs it.
 *
 * @param {number} seq
 * @param {number} layout
 * @param {number[]} numbers
 */
function packed(seq, layout, numbers) {
  const buffer = new ArrayBuffer(40 + 4 * numbers.length);
  const view = new DataView(buffer);
  view.setUint16(0, 1, true);
  view.setUint16(2, 1, true);
  [seq, layout, seq].forEach((number, k) => view.setUint32(4 + 4 * k, number, true));
  numbers.forEach((number, k) => view.setFloat32(40 + 4 * k, number, true));
  return buffer;
}

/** @param {number} number @param {number[]} shape @returns {LayoutMessage} */
function layoutOf(number, shape, run = "r1") {
  return { type: "layout", number, run, values: [{ name: "layer0.z", shape, offset: 0 }], parameters: [] };
}

test("the binary frame among the examples holds what the one in JSON holds, in float32", () => {
  const buffer = goldenBuffer("frame");
  const { values, parameters, steps_per_second, ...rest } = /** @type {FrameMessage} */ (golden("frame"));

  const frame = decode(buffer, golden("layout"));

  assert.equal(layoutNumber(buffer), golden("layout").number);
  assert.deepEqual(frame, {
    ...rest,
    steps_per_second: Math.fround(steps_per_second),
    values: allRounded(values),
    parameters: allRounded(parameters),
  });
  assert.deepEqual(Object.keys(frame.values), Object.keys(values));
});

test("arrays have their shapes, the last index runs fastest, and a single number is no list", () => {
  const buffer = packed(1, 1, [1, 2, 3, 4, 5, 6]);

  const shapes = [[], [6], [2, 3], [3, 2], [1, 3, 2], [0], [2, 0]].map((shape) => decode(buffer, layoutOf(1, shape)).values["layer0.z"]);

  assert.deepEqual(shapes, [
    1,
    [1, 2, 3, 4, 5, 6],
    [[1, 2, 3], [4, 5, 6]],
    [[1, 2], [3, 4], [5, 6]],
    [[[1, 2], [3, 4], [5, 6]]],
    [],
    [[], []],
  ]);
});

test("NaN and infinities bear the names that they have in JSON", () => {
  const buffer = packed(1, 1, [NaN, Infinity, -Infinity, 0.5]);

  const { values } = decode(buffer, layoutOf(1, [4]));

  assert.deepEqual(values["layer0.z"], ["NaN", "Infinity", "-Infinity", 0.5]);
});

test("the largest numbers of a header are read as they are", () => {
  const buffer = packed(2 ** 32 - 1, 2 ** 32 - 2, [0]);
  new DataView(buffer).setUint32(24, 2 ** 32 - 3, true);
  new DataView(buffer).setFloat64(32, 5e-324, true);

  const frame = decode(buffer, layoutOf(1, []));

  assert.equal(layoutNumber(buffer), 2 ** 32 - 2);
  assert.equal(frame.seq, 2 ** 32 - 1);
  assert.equal(frame.last_step, 2 ** 32 - 3);
  assert.equal(frame.learning_rate, 5e-324);
});

test("what is too short, of another version or of another kind is no frame", () => {
  const newer = packed(1, 1, [0]);
  new DataView(newer).setUint16(0, 2, true);
  const other = packed(1, 1, [0]);
  new DataView(other).setUint16(2, 9, true);

  assert.deepEqual([new ArrayBuffer(0), new ArrayBuffer(39), newer, other].map(layoutNumber), [null, null, null, null]);
});

test("a frame that is shorter than its layout is a mistake, not a picture with holes", () => {
  assert.throws(() => decode(packed(1, 1, [1, 2, 3]), layoutOf(1, [2, 2])), RangeError);
});

/** A page that shows run r1, with a line whose other end is in our hands. */
function page() {
  /** @type {any} */
  let line;
  class FakeSocket {
    /** @type {any[]} */
    sent = [];
    readyState = 1;
    binaryType = "blob";

    constructor() {
      line = this;
    }

    /** @param {string} text */
    send(text) {
      this.sent.push(JSON.parse(text));
    }
  }
  const store = createStore(reduce, firstState());
  /** @type {(() => void)[]} */
  const frames = [];
  createConnection({
    store,
    address: "ws://here/ws",
    opening: { type: "open", preset: "xor" },
    onView: () => {},
    raf: (callback) => frames.push(callback),
    Socket: /** @type {any} */ (FakeSocket),
  });
  /** @param {object} message */
  const say = (message) => line.onmessage({ data: message instanceof ArrayBuffer ? message : JSON.stringify(message) });
  line.onopen();
  say(snapshotAt(2));
  line.sent.length = 0;
  return { store, line, say, drawFrame: () => frames.splice(0).forEach((draw) => draw()) };
}

test("the socket gives binary messages as buffers", () => {
  assert.equal(page().line.binaryType, "arraybuffer");
});

test("of several binary frames between two pictures only the newest is drawn, each with a layout of its own", () => {
  const { store, line, say, drawFrame } = page();

  say(layoutOf(1, [2]));
  say(packed(1, 1, [1, 2]));
  say(layoutOf(2, [1, 2]));
  say(packed(2, 2, [3, 4]));
  say(packed(3, 1, [5, 6]));
  const before = store.state.frame;
  drawFrame();

  assert.equal(before, null);
  assert.deepEqual(store.state.frame, { "layer0.z": [5, 6] });
  assert.equal(store.state.cursor.step, 3);
  assert.deepEqual(line.sent, [{ type: "drawn", seq: 3 }]);
});

test("a binary frame that waits is shown before what came after it", () => {
  const { store, line, say } = page();
  say(layoutOf(1, [2]));

  say(packed(7, 1, [1, 2]));
  say({ type: "history", run: "r1", history: { steps: 7, loss: [], validation: [], edits: [] } });

  assert.deepEqual(store.state.frame, { "layer0.z": [1, 2] });
  assert.deepEqual(line.sent, [{ type: "drawn", seq: 7 }]);
});

test("a layout alone changes nothing and draws nothing", () => {
  const { store, line, say } = page();
  const before = store.state;

  say(layoutOf(1, [2]));

  assert.equal(store.state, before);
  assert.deepEqual(line.sent, []);
});

test("a frame of a run that has been left is not drawn", () => {
  const { store, say, drawFrame } = page();

  say(layoutOf(1, [2], "r0"));
  say(packed(1, 1, [1, 2]));
  drawFrame();

  assert.equal(store.state.frame, null);
});

test("a frame without a layout, or in words that are not ours, is left out", () => {
  const { store, line, say, drawFrame } = page();
  say(layoutOf(1, [2]));
  say(snapshotAt(2));
  const newer = packed(2, 1, [1, 2]);
  new DataView(newer).setUint16(0, 2, true);

  say(packed(1, 1, [1, 2]));
  say(newer);
  drawFrame();

  assert.equal(store.state.frame, null);
  assert.deepEqual(line.sent, []);
});

/**
 * What a view shows, as the server packs it.
 *
 * @param {object} message
 * @param {number[]} numbers
 */
function packedView(message, numbers) {
  const text = new TextEncoder().encode(JSON.stringify(message));
  const begin = Math.ceil((8 + text.length) / 8) * 8;
  const buffer = new ArrayBuffer(begin + 4 * numbers.length);
  const view = new DataView(buffer);
  view.setUint16(0, 1, true);
  view.setUint16(2, 2, true);
  view.setUint32(4, text.length, true);
  new Uint8Array(buffer, 8, text.length).set(text);
  numbers.forEach((number, k) => view.setFloat32(begin + 4 * k, number, true));
  return buffer;
}

const PLANE = { type: "view", view: "plane", run: "r1", cursor: { step: 0, event: 0 }, request: { view: "plane" }, data: { δ: 1 } };

test("what a view shows comes with its arrays, each in its shape", () => {
  const places = [
    { name: "x", shape: [2], offset: 0 },
    { name: "outputs", shape: [1, 2, 2], offset: 2 },
  ];

  const message = decodeView(packedView({ ...PLANE, arrays: places }, [1, 2, 3, 4, 5, 6]));

  assert.deepEqual(message?.data, { δ: 1 });
  assert.deepEqual([...(message?.arrays?.x?.numbers ?? [])], [1, 2]);
  assert.deepEqual(message?.arrays?.outputs?.shape, [1, 2, 2]);
  assert.deepEqual([...(message?.arrays?.outputs?.numbers ?? [])], [3, 4, 5, 6]);
});

/** The loss of Mazur's example before its first step, which is published. */
const MAZUR_LOSS = 0.2983711087600027;

for (const name of ["view-plane", "view-landscape", "view-signals", "view-race"]) {
  test(`the binary ${name} among the examples is the one in JSON with its arrays behind it`, () => {
    const buffer = goldenBuffer(name);
    const { arrays: places, ...rest } = golden(name);

    const { arrays = {}, ...message } = decodeView(buffer) ?? {};

    assert.deepEqual(message, rest);
    assert.deepEqual(Object.entries(arrays).map(([each, { shape }]) => ({ name: each, shape })), places.map((/** @type {any} */ { name: each, shape }) => ({ name: each, shape })));
    const ends = Object.values(arrays).map(({ numbers }) => numbers.byteOffset + numbers.byteLength);
    assert.equal(Math.max(...ends), buffer.byteLength);
  });
}

test("the numbers behind a view are those that were calculated", () => {
  const plane = decodeView(goldenBuffer("view-plane"))?.arrays ?? {};
  const landscape = decodeView(goldenBuffer("view-landscape"));
  const race = decodeView(goldenBuffer("view-race"))?.arrays ?? {};

  assert.deepEqual(plane["outputs"]?.shape, [2, 10, 10]);
  assert.ok(plane["outputs"]?.numbers.every((output) => output > 0 && output < 1));
  const lowest = Math.min(...(landscape?.arrays?.["losses"]?.numbers ?? []));
  assert.equal(lowest, Math.fround(landscape?.data.lowest.loss));
  assert.deepEqual([...(race["losses.0"]?.numbers ?? [])].slice(0, 3), [0, 1, Math.fround(MAZUR_LOSS)]);
});

test("a frame is no view, and a view is no frame", () => {
  const view = packedView({ ...PLANE, arrays: [] }, Array(20).fill(0));

  assert.equal(layoutNumber(view), null);
  assert.equal(decodeView(goldenBuffer("frame")), null);
  assert.equal(decodeView(new ArrayBuffer(4)), null);
});
