/**
 * Contour levels of a loss: round numbers that lie about as far apart, one as a factor of the other, over the whole map.
 *
 * @module
 */

/** @typedef {import("../types.js").PackedArray} PackedArray */

/** Steps of a decade, coarse to fine. */
const LADDERS = [[1], [1, 3], [1, 2, 5], [1, 1.5, 2, 3, 5, 7], [1, 1.2, 1.4, 1.6, 1.8, 2, 2.5, 3, 3.5, 4, 5, 6, 7, 8, 9]];
const MOST = 12;
const FEWEST = 7;
/** Beyond so many times the median on either side one loss is as good, or as bad, as another. */
const REACH = 1e4;

/**
 * Ends of what is told apart: the losses that are finite and above 0, but for those far out, and those at the bottom of a
 * valley that the grid is too coarse to follow: where each node lies alone among higher ones, contours would draw islands
 * that are not there.
 *
 * @param {PackedArray} losses
 * @returns {{smallest: number, largest: number} | null}  null where there is no such loss
 */
export function rangeOf({ shape, numbers }) {
  const known = [...numbers].filter((loss) => Number.isFinite(loss) && loss > 0).sort((a, b) => a - b);
  const median = known[known.length >> 1];
  const [first, last] = [known[0], known.at(-1)];
  if (median === undefined || first === undefined || last === undefined) return null;
  const largest = Math.min(last, median * REACH);
  return { smallest: Math.min(Math.max(first, median / REACH, lowestBasin(numbers, shape[1] ?? 1)), largest), largest };
}

/**
 * The lowest loss below which some node and all its neighbours lie; 0 where there is none.
 *
 * @param {Float32Array} numbers
 * @param {number} columns
 */
function lowestBasin(numbers, columns) {
  let lowest = Infinity;
  for (let at = columns; at < numbers.length - columns; at += 1) {
    if (at % columns === 0 || at % columns === columns - 1) continue;
    const around = [at, at - 1, at + 1, at - columns, at + columns].map((place) => numbers[place] ?? NaN);
    const highest = Math.max(...around);
    if (highest < lowest) lowest = highest;
  }
  return Number.isFinite(lowest) ? lowest : 0;
}

/**
 * Round numbers from at or below the smallest loss to at or above the largest, ascending; at least three.
 *
 * @param {number} smallest  above 0
 * @param {number} largest  at least the smallest
 * @returns {number[]}
 */
export function levelsOf(smallest, largest) {
  const ladders = LADDERS.map((ladder) => onLadder(ladder, smallest, largest));
  const fitting = ladders.filter((levels) => levels.length <= MOST + 1).at(-1) ?? ladders[0] ?? [];
  if (fitting.length > FEWEST) return fitting;
  return evenly(smallest, largest);
}

/**
 * The levels of before while they still serve, so that colours do not jump from one step to the next.
 *
 * @param {readonly number[] | null} before
 * @param {{smallest: number, largest: number}} range
 * @returns {readonly number[]}
 */
export function steadyLevels(before, { smallest, largest }) {
  const wanted = levelsOf(smallest, largest);
  if (!before) return wanted;
  const [first = 0, last = 0] = [before[0], before.at(-1)];
  const used = before.filter((level) => level >= smallest && level <= largest).length;
  const covers = (first <= smallest || smallest <= (wanted[0] ?? 0)) && last >= largest;
  return first <= smallest && covers && 2 * used >= before.length - 2 ? before : wanted;
}

/**
 * Where a loss lies between the levels: at level k it is k, in proportion between two, and at the nearer end beyond them.
 *
 * @param {number} loss
 * @param {readonly number[]} levels
 * @returns {number | null}  null for what is no number
 */
export function heightOf(loss, levels) {
  if (Number.isNaN(loss)) return null;
  const above = levels.findIndex((level) => level > loss);
  if (above === 0) return 0;
  if (above < 0) return levels.length - 1;
  const [low = 0, high = 1] = [levels[above - 1], levels[above]];
  return above - 1 + (loss - low) / (high - low);
}

/**
 * The heights of a whole grid, row by row.
 *
 * @param {PackedArray} losses
 * @param {readonly number[]} levels
 * @returns {(number | null)[][]}
 */
export function heightsOf({ shape, numbers }, levels) {
  const [rows = 0, columns = 0] = shape;
  return Array.from({ length: rows }, (_, row) =>
    Array.from(numbers.subarray(row * columns, (row + 1) * columns), (loss) => heightOf(loss, levels)),
  );
}

/**
 * Round numbers inside an axis.
 *
 * @param {number} low
 * @param {number} high
 * @param {number} most  about how many there is room for, at least 1
 * @returns {number[]}
 */
export function ticksBetween(low, high, most) {
  const span = high - low;
  if (!(span > 0) || !Number.isFinite(span)) return [];
  const least = span / most;
  const power = 10 ** Math.floor(Math.log10(least));
  const step = ([1, 2, 5].find((factor) => factor * power >= least * (1 - 1e-9)) ?? 10) * power;
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: Math.max(last - first + 1, 0) }, (_, k) => precise((first + k) * step));
}

/**
 * @param {number[]} ladder
 * @param {number} smallest
 * @param {number} largest
 */
function onLadder(ladder, smallest, largest) {
  /** @type {number[]} */
  const rungs = [];
  for (let power = Math.floor(Math.log10(smallest)); power <= Math.ceil(Math.log10(largest)) + 1; power += 1) {
    rungs.push(...ladder.map((factor) => Number(`${factor}e${power}`)));
  }
  const first = rungs.findLastIndex((rung) => rung <= smallest);
  const last = rungs.findIndex((rung) => rung >= largest && rung > (rungs[first] ?? 0));
  return rungs.slice(Math.max(first, 0), last + 1);
}

/**
 * Where all losses are nearly the same, even steps tell them apart.
 *
 * @param {number} smallest
 * @param {number} largest
 */
function evenly(smallest, largest) {
  const span = largest - smallest || largest;
  const [first = 0, second = 0] = ticksBetween(0, span, 9);
  const step = second - first;
  const start = Math.floor(smallest / step);
  const count = Math.max(2, Math.ceil(largest / step) - start);
  return Array.from({ length: count + 1 }, (_, k) => precise((start + k) * step));
}

/** @param {number} value */
function precise(value) {
  return Number(value.toPrecision(12));
}
