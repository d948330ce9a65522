/**
 * The parts into which straight cuts divide a rectangle.
 *
 * @module
 */

/** @typedef {import("./plot.js").Ends} Ends */
/** @typedef {[number, number]} Point */
/** The side of a line where w·p + b > 0. @typedef {{w: Point, b: number}} Side */

/**
 * What of a rectangle lies on all these sides: the corners of a convex shape, none where nothing is left.
 *
 * @param {Ends} x
 * @param {Ends} y
 * @param {Side[]} sides
 * @returns {Point[]}
 */
export function regionOf(x, y, sides) {
  /** @type {Point[]} */
  const corners = [
    [x.low, y.low],
    [x.high, y.low],
    [x.high, y.high],
    [x.low, y.high],
  ];
  return sides.reduce(clipped, corners);
}

/**
 * @param {Point[]} corners
 * @param {Side} side
 * @returns {Point[]}
 */
function clipped(corners, { w, b }) {
  const heights = corners.map(([x, y]) => w[0] * x + w[1] * y + b);
  return corners.flatMap((corner, k) => {
    const height = heights[k] ?? 0;
    const next = (k + 1) % corners.length;
    const [other, beyond] = [corners[next] ?? corner, heights[next] ?? 0];
    /** @type {Point[]} */
    const kept = height >= 0 ? [corner] : [];
    if (height >= 0 !== beyond >= 0) {
      const share = height / (height - beyond);
      kept.push([corner[0] + share * (other[0] - corner[0]), corner[1] + share * (other[1] - corner[1])]);
    }
    return kept;
  });
}
