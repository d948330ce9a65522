/**
 * Binary frames → the same messages as come in JSON. A frame is a header of 40 bytes, little-endian, and one vector of
 * float32; where each array lies in it was told beforehand in a `layout` message. `app/encode.py` puts them together.
 *
 * @module
 */

/** @typedef {import("./types.js").ArrayPlace} ArrayPlace */
/** @typedef {import("./types.js").FrameMessage} FrameMessage */
/** @typedef {import("./types.js").LayoutMessage} LayoutMessage */
/** @typedef {import("./types.js").Real} Real */
/** @typedef {import("./types.js").Value} Value */
/** @typedef {import("./types.js").Values} Values */
/** @typedef {import("./types.js").ViewMessage} ViewMessage */

const VERSION = 1;
const KIND = 1;
const HEADER_BYTES = 40;
const NUMBER_BYTES = 4;
const VIEW_KIND = 2;
const VIEW_HEADER_BYTES = 8;
const ALIGNMENT = 8;

/**
 * The number of the layout that a frame is to be read with; null when it is no frame, or of another version than ours.
 *
 * @param {ArrayBuffer} buffer
 * @returns {number | null}
 */
export function layoutNumber(buffer) {
  if (buffer.byteLength < HEADER_BYTES) return null;
  const header = new DataView(buffer);
  return header.getUint16(0, true) === VERSION && header.getUint16(2, true) === KIND ? header.getUint32(8, true) : null;
}

/**
 * @param {ArrayBuffer} buffer  one that `layoutNumber` knows
 * @param {LayoutMessage} layout  of that number
 * @returns {FrameMessage}
 * @throws {RangeError}  the frame is shorter than its layout
 */
export function decode(buffer, layout) {
  const view = new DataView(buffer);
  return {
    type: "frame",
    seq: view.getUint32(4, true),
    run: layout.run,
    cursor: { step: view.getUint32(12, true), event: view.getUint32(16, true) },
    epoch: view.getUint32(20, true),
    last_step: view.getUint32(24, true),
    steps_per_second: view.getFloat32(28, true),
    learning_rate: view.getFloat64(32, true),
    values: arraysOf(view, layout.values),
    parameters: arraysOf(view, layout.parameters),
  };
}

/**
 * What a view shows, with its arrays; null when it is no such message, or of another version than ours.
 *
 * @param {ArrayBuffer} buffer
 * @returns {ViewMessage | null}
 */
export function decodeView(buffer) {
  if (buffer.byteLength < VIEW_HEADER_BYTES) return null;
  const header = new DataView(buffer);
  if (header.getUint16(0, true) !== VERSION || header.getUint16(2, true) !== VIEW_KIND) return null;
  const end = VIEW_HEADER_BYTES + header.getUint32(4, true);
  const { arrays: places, ...message } = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, VIEW_HEADER_BYTES, end - VIEW_HEADER_BYTES)));
  const begin = Math.ceil(end / ALIGNMENT) * ALIGNMENT;
  /** @type {ViewMessage["arrays"]} */
  const arrays = {};
  for (const { name, shape, offset } of /** @type {ArrayPlace[]} */ (places)) {
    const length = shape.reduce((count, side) => count * side, 1);
    arrays[name] = { shape, numbers: new Float32Array(buffer, begin + NUMBER_BYTES * offset, length) };
  }
  return { ...message, arrays };
}

/**
 * @param {DataView} view
 * @param {ArrayPlace[]} places
 */
function arraysOf(view, places) {
  /** @type {Values} */
  const arrays = {};
  for (const { name, shape, offset } of places) arrays[name] = arrayOf(view, shape, HEADER_BYTES + NUMBER_BYTES * offset);
  return arrays;
}

/**
 * Nested lists of a shape, as JSON has them.
 *
 * @param {DataView} view
 * @param {number[]} shape
 * @param {number} begin  in bytes
 * @returns {Value}
 */
function arrayOf(view, shape, begin) {
  let at = begin;
  /** @param {number} axis @returns {any} */
  const read = (axis) => {
    if (axis === shape.length) {
      const number = realOf(view.getFloat32(at, true));
      at += NUMBER_BYTES;
      return number;
    }
    const length = shape[axis] ?? 0;
    /** @type {any[]} */
    const list = [];
    for (let k = 0; k < length; k += 1) list.push(read(axis + 1));
    return list;
  };
  return read(0);
}

/** @param {number} number @returns {Real} */
function realOf(number) {
  return Number.isFinite(number) ? number : /** @type {Real} */ (String(number));
}
