/**
 * The scale of learning rates, from 0.0001 to 10: equal ways along it are equal factors.
 *
 * @module
 */

export const SMALLEST = 1e-4;
export const LARGEST = 10;

const DECADES = Math.log10(LARGEST / SMALLEST);
/** Where − and + rest in each decade: steps of about one and a half to two. */
const NOTCHES = [1, 2, 3, 5];
/** What a dragged slider rests at: more digits than a hand can place. */
const DRAGGED_DIGITS = 2;

/**
 * Where a learning rate stands on the scale, 0 to 1; beyond its ends at its ends.
 *
 * @param {number} learning_rate
 */
export function placeOnScale(learning_rate) {
  if (!(learning_rate > SMALLEST)) return 0;
  return Math.min(1, Math.log10(learning_rate / SMALLEST) / DECADES);
}

/**
 * The learning rate at a place of the scale, in as few digits as a hand can mean.
 *
 * @param {number} place  0 to 1
 */
export function rateAt(place) {
  const rate = SMALLEST * 10 ** (Math.min(1, Math.max(0, place)) * DECADES);
  return Number(rate.toPrecision(DRAGGED_DIGITS));
}

/**
 * The next notch from a learning rate: 0.1, 0.2, 0.3, 0.5, 1, …; at the ends of the scale it stays.
 *
 * @param {number} learning_rate
 * @param {1 | -1} direction
 */
export function notch(learning_rate, direction) {
  const notches = [];
  for (let exponent = Math.log10(SMALLEST); exponent < Math.log10(LARGEST); exponent++) {
    for (const digit of NOTCHES) notches.push(Number(`${digit}e${Math.round(exponent)}`));
  }
  notches.push(LARGEST);
  const found =
    direction > 0 ? notches.find((each) => each > learning_rate) : notches.findLast((each) => each < learning_rate);
  return found ?? (direction > 0 ? LARGEST : SMALLEST);
}
