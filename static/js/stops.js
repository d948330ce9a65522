/**
 * Sliders whose stops are the places of a record: where a key leads.
 *
 * @module
 */

/**
 * Arrows lead to the next stop and no farther than the last one, Home and End to the first and the last.
 *
 * @param {string} key
 * @param {number} here  the number of a stop
 * @param {number} count  of stops, at least 1
 * @returns {number | null}  null: the key leads nowhere
 */
export function stopFor(key, here, count) {
  const target = {
    ArrowLeft: here - 1,
    ArrowDown: here - 1,
    ArrowRight: here + 1,
    ArrowUp: here + 1,
    Home: 0,
    End: count - 1,
  }[key];
  return target === undefined ? null : Math.min(Math.max(target, 0), count - 1);
}
