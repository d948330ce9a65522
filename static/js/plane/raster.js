/**
 * Fields of numbers over a grid → pixels. A field lies row by row, the lowest row first; a picture begins at the top.
 * Nothing is allocated here: a picture is painted sixty times a second.
 *
 * @module
 */

import { SHADES } from "./colours.js";

/**
 * Paint a field by one table; what is no number stays clear.
 *
 * @param {Uint32Array} pixels  side × side
 * @param {Float32Array} field  side × side
 * @param {number} side
 * @param {Uint32Array} table
 * @param {number} low  has the first colour of the table
 * @param {number} high  has the last
 */
export function paintField(pixels, field, side, table, low, high) {
  const perUnit = (SHADES - 1) / (high - low);
  for (let row = 0; row < side; row += 1) {
    const from = row * side;
    const to = (side - 1 - row) * side;
    for (let column = 0; column < side; column += 1) {
      const shade = (/** @type {number} */ (field[from + column]) - low) * perUnit + 0.5;
      // Not a number compares as neither.
      pixels[to + column] = shade >= SHADES - 1 ? table[SHADES - 1] ?? 0 : shade < 0 ? table[0] ?? 0 : shade === shade ? table[shade | 0] ?? 0 : 0;
    }
  }
}

/**
 * Paint each place in the colour of its likeliest class, the fuller the likelier.
 *
 * @param {Uint32Array} pixels  side × side
 * @param {Float32Array} chances  classes × side × side
 * @param {number} side
 * @param {number} classes
 * @param {Uint32Array[]} tables  of classes; they come again where there are more classes
 * @param {boolean} isHard  the class alone counts
 */
export function paintClasses(pixels, chances, side, classes, tables, isHard) {
  const count = side * side;
  const perUnit = (SHADES - 1) / (1 - 1 / classes);
  for (let row = 0; row < side; row += 1) {
    const from = row * side;
    const to = (side - 1 - row) * side;
    for (let column = 0; column < side; column += 1) {
      let best = 0;
      let chance = /** @type {number} */ (chances[from + column]);
      for (let k = 1; k < classes; k += 1) {
        const other = /** @type {number} */ (chances[k * count + from + column]);
        if (other > chance) {
          chance = other;
          best = k;
        }
      }
      const shade = isHard ? SHADES - 1 : Math.max(0, Math.min(SHADES - 1, (chance - 1 / classes) * perUnit)) | 0;
      pixels[to + column] = chance === chance ? tables[best % tables.length]?.[shade] ?? 0 : 0;
    }
  }
}

/**
 * A field on a finer grid with the same ends, straight between the places that are known.
 *
 * @param {Float32Array} fine  finer × finer
 * @param {number} finer
 * @param {Float32Array} field  side × side
 * @param {number} side
 */
export function refine(fine, finer, field, side) {
  const step = (side - 1) / (finer - 1);
  for (let row = 0; row < finer; row += 1) {
    const y = Math.min(row * step, side - 1);
    const below = Math.min(y | 0, side - 2);
    const up = y - below;
    for (let column = 0; column < finer; column += 1) {
      const x = Math.min(column * step, side - 1);
      const left = Math.min(x | 0, side - 2);
      const across = x - left;
      const at = below * side + left;
      const low = /** @type {number} */ (field[at]) * (1 - across) + /** @type {number} */ (field[at + 1]) * across;
      const high = /** @type {number} */ (field[at + side]) * (1 - across) + /** @type {number} */ (field[at + side + 1]) * across;
      fine[row * finer + column] = low * (1 - up) + high * up;
    }
  }
}
