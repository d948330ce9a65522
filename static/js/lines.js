/**
 * Lines of pictures, as the `d` of a path.
 *
 * @module
 */

/**
 * A line through places; what is not finite interrupts it.
 *
 * @param {readonly {x: number, y: number}[]} points  in pixels
 */
export function lineOf(points) {
  let pen = "M";
  let line = "";
  for (const { x, y } of points) {
    if (!Number.isFinite(x) || !Number.isFinite(y)) {
      pen = "M";
      continue;
    }
    line += `${pen}${x.toFixed(1)} ${y.toFixed(1)}`;
    pen = "L";
  }
  return line;
}
