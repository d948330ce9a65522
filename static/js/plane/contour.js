/**
 * The line along which a field over a grid has some level.
 *
 * @module
 */

/** Numbers that the line through a grid takes up at most. @param {number} side */
export function contourRoom(side) {
  return 8 * (side - 1) ** 2;
}

/**
 * Marching squares: the line crosses a side of a cell where, straight between its two ends, the level is met. Where a cell
 * is a saddle, its mean says which corners belong together.
 *
 * @param {Float32Array} field  side × side
 * @param {number} side
 * @param {number} level
 * @param {Float32Array} out  gets x0, y0, x1, y1 of each piece, in cells from the first node; see `contourRoom`
 * @returns {number}  how many numbers were written
 */
export function contour(field, side, level, out) {
  let count = 0;
  for (let row = 0; row < side - 1; row += 1) {
    for (let column = 0; column < side - 1; column += 1) {
      const at = row * side + column;
      const a = /** @type {number} */ (field[at]) - level;
      const b = /** @type {number} */ (field[at + 1]) - level;
      const c = /** @type {number} */ (field[at + side + 1]) - level;
      const d = /** @type {number} */ (field[at + side]) - level;
      const kind = (a > 0 ? 1 : 0) | (b > 0 ? 2 : 0) | (c > 0 ? 4 : 0) | (d > 0 ? 8 : 0);
      if (kind === 0 || kind === 15 || !(Math.abs(a) + Math.abs(b) + Math.abs(c) + Math.abs(d) < Infinity)) continue;
      const bottomX = column + a / (a - b);
      const rightY = row + b / (b - c);
      const topX = column + d / (d - c);
      const leftY = row + a / (a - d);
      const isSaddle = kind === 5 || kind === 10;
      const isJoined = isSaddle && a + b + c + d > 0 === (kind === 5);
      if (isSaddle) {
        // Joined corners a and c (or, of kind 10, not b and d): the pieces cut off the other two.
        if (isJoined) {
          count = piece(out, count, bottomX, row, column + 1, rightY);
          count = piece(out, count, column, leftY, topX, row + 1);
        } else {
          count = piece(out, count, column, leftY, bottomX, row);
          count = piece(out, count, topX, row + 1, column + 1, rightY);
        }
        continue;
      }
      const low = kind > 7 ? 15 - kind : kind;
      if (low === 1) count = piece(out, count, column, leftY, bottomX, row);
      else if (low === 2) count = piece(out, count, bottomX, row, column + 1, rightY);
      else if (low === 3) count = piece(out, count, column, leftY, column + 1, rightY);
      else if (low === 4) count = piece(out, count, column + 1, rightY, topX, row + 1);
      else if (low === 6) count = piece(out, count, bottomX, row, topX, row + 1);
      else if (low === 7) count = piece(out, count, column, leftY, topX, row + 1);
    }
  }
  return count;
}

/**
 * @param {Float32Array} out
 * @param {number} at
 * @param {number} x0
 * @param {number} y0
 * @param {number} x1
 * @param {number} y1
 */
function piece(out, at, x0, y0, x1, y1) {
  out[at] = x0;
  out[at + 1] = y0;
  out[at + 2] = x1;
  out[at + 3] = y1;
  return at + 4;
}
