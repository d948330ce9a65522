/**
 * What is said where there is little room: whole clauses, never half of one.
 *
 * @module
 */

/** Brackets around words, not around the factor of a product. */
const ASIDE = /^[\p{L}\d] \(\p{L}/u;

/**
 * As many clauses of some sentences as have room, at least the first. A clause ends at a full stop, at a semicolon and
 * before a bracket.
 *
 * @param {string} sentences
 * @param {number} room  in characters
 */
export function fitting(sentences, room) {
  if (sentences.length <= room) return sentences;
  const places = ends(sentences);
  const end = places.findLast((place) => place < room) ?? places[0];
  if (end === undefined) return sentences;
  const kept = sentences.slice(0, end);
  return sentences.endsWith(".") && !kept.endsWith(".") ? `${kept}.` : kept;
}

/** Where a clause ends outside of brackets. @param {string} sentences */
function ends(sentences) {
  let depth = 0;
  /** @type {number[]} */
  const places = [];
  for (let k = 1; k < sentences.length; k += 1) {
    const [character, after] = [sentences[k], sentences[k + 1]];
    if (character === ")") depth -= 1;
    if (depth === 0 && after === " " && character === ".") places.push(k + 1);
    if (depth === 0 && after === " " && character === ";") places.push(k);
    if (depth === 0 && ASIDE.test(sentences.slice(k - 1, k + 3))) places.push(k);
    if (character === "(") depth += 1;
  }
  return places;
}
