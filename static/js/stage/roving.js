/**
 * Where the arrow keys lead in a picture: to the nearest thing that lies that way.
 *
 * @module
 */

/** @typedef {import("../layout.js").Point} Point */

/** @type {Record<string, Point>} */
const WAYS = {
  ArrowRight: { x: 1, y: 0 },
  ArrowLeft: { x: -1, y: 0 },
  ArrowDown: { x: 0, y: 1 },
  ArrowUp: { x: 0, y: -1 },
};

/** How much worse a pixel to the side is than one ahead. */
const ASIDE = 2.2;

/** Whether a key leads anywhere. @param {string} key */
export function isArrow(key) {
  return key in WAYS;
}

/**
 * The place to go to, or null at the rim.
 *
 * @param {string} key  an arrow key
 * @param {Point} from
 * @param {{key: string, at: Point}[]} places  all there are
 * @returns {string | null}
 */
export function nextPlace(key, from, places) {
  const way = WAYS[key];
  if (!way) return null;
  let best = null;
  let least = Infinity;
  for (const place of places) {
    const [dx, dy] = [place.at.x - from.x, place.at.y - from.y];
    const ahead = dx * way.x + dy * way.y;
    const aside = Math.abs(dx * way.y) + Math.abs(dy * way.x);
    if (ahead < 1) continue;
    const cost = ahead + ASIDE * aside;
    if (cost < least) [best, least] = [place.key, cost];
  }
  return best;
}
