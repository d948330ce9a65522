/**
 * Numbers → colours, by tables of 256 that are made once for each theme. Colours come from the tokens of the page.
 *
 * @module
 */

/** Red, green and blue, 0 to 255 each. @typedef {[number, number, number]} Colour */

export const SHADES = 256;
/** How many classes have a colour of their own; after these, colours come again with another shape. */
export const CLASS_COLOURS = 6;
/** How much of a sign's colour there is in the map of a neuron at its peak: numbers are read on it. */
const STRONGEST = 0.62;
const OPAQUE = 0xff000000;

/**
 * @param {string} text  #rrggbb
 * @returns {Colour}
 */
export function colourOf(text) {
  const value = parseInt(text.trim().slice(1), 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}

/**
 * @param {Colour} from
 * @param {Colour} to
 * @param {number} share  0 is `from`, 1 is `to`
 * @returns {Colour}
 */
export function mixed(from, to, share) {
  return [0, 1, 2].map((k) => Math.round((from[k] ?? 0) + share * ((to[k] ?? 0) - (from[k] ?? 0)))).slice(0, 3).reduce(
    (/** @type {Colour} */ colour, channel, k) => ((colour[k] = channel), colour),
    [0, 0, 0],
  );
}

/**
 * A table of colours, evenly through some stops, as pixels of a canvas.
 *
 * @param {Colour[]} stops  two or more
 * @returns {Uint32Array}
 */
export function ramp(stops) {
  const table = new Uint32Array(SHADES);
  for (let k = 0; k < SHADES; k += 1) {
    const place = (k / (SHADES - 1)) * (stops.length - 1);
    const before = Math.min(Math.floor(place), stops.length - 2);
    const [red, green, blue] = mixed(stops[before] ?? [0, 0, 0], stops[before + 1] ?? [0, 0, 0], place - before);
    table[k] = (OPAQUE | (blue << 16) | (green << 8) | red) >>> 0;
  }
  return table;
}

/**
 * The same table in so many even steps, each with the colour of its middle.
 *
 * @param {Uint32Array} table
 * @param {number} steps
 */
export function stepped(table, steps) {
  return table.map((_, k) => {
    const step = Math.min(Math.floor((k / SHADES) * steps), steps - 1);
    return table[Math.round(((step + 0.5) / steps) * (SHADES - 1))] ?? 0;
  });
}

/**
 * Every table of the page's theme.
 *
 * @param {(token: string) => string} read  the value of a custom property
 */
export function paletteOf(read) {
  const token = (/** @type {string} */ name) => colourOf(read(name));
  const even = token("--plane-even");
  const ground = token("--ground");
  const washes = Array.from({ length: CLASS_COLOURS }, (_, k) => token(`--class-${k + 1}-wash`));
  const [first = even, second = even] = washes;
  return {
    /** From the first class over even odds to the second. */
    chance: ramp([first, even, second]),
    /** Of each class, from no confidence to full. */
    classes: washes.map((wash) => ramp([even, wash])),
    /** A number without a sign of its own. */
    value: ramp([token("--plane-low"), token("--plane-middle"), token("--plane-high")]),
    /** A signed number: what is below zero, zero, above. */
    sign: ramp([mixed(ground, token("--negative"), STRONGEST), ground, mixed(ground, token("--positive"), STRONGEST)]),
    ink: read("--ink").trim(),
    ground: read("--ground").trim(),
    quiet: read("--ink-quiet").trim(),
    line: read("--line").trim(),
    points: Array.from({ length: CLASS_COLOURS }, (_, k) => read(`--class-${k + 1}`).trim()),
  };
}

/** @typedef {ReturnType<typeof paletteOf>} Palette */

/**
 * A pixel of a table as CSS has it.
 *
 * @param {number} pixel
 */
export function cssOf(pixel) {
  return `rgb(${pixel & 255} ${(pixel >> 8) & 255} ${(pixel >> 16) & 255})`;
}
