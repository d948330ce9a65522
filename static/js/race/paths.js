/**
 * The ways of all lanes on one landscape: bands of one hue, and a line for each lane.
 *
 * @module
 */

import { element, setAttribute, setText } from "../elements.js";
import { heightOf, rangeOf, steadyLevels } from "../landscape/levels.js";
import { colourOf, mixed, ramp, stepped } from "../plane/colours.js";
import { paintField, refine } from "../plane/raster.js";
import { set, svg } from "../svg.js";
import { createMark, laneClass, placeMark } from "./marks.js";

/** @typedef {import("../types.js").RaceData} RaceData */
/** @typedef {import("../types.js").PackedArray} PackedArray */

/** Pixels of the bands along each side; the picture is as large as there is room. */
const SIDE = 320;
/** How far towards the quiet ink the highest loss goes; the ways are still seen on it. */
const DEEPEST = 0.6;
const UNDER = "The more a band stands out from the page, the higher the loss of lane 1's network";

export function createPaths() {
  const canvas = element("canvas", { width: SIDE, height: SIDE, "aria-hidden": "true" });
  const ways = svg("g");
  const marks = svg("g");
  const over = svg("svg", { class: "race-ways", role: "img" }, [ways, marks]);
  const empty = element("p", { class: "pane-empty", hidden: true });
  const picture = element("div", { class: "race-relief" }, canvas);
  picture.append(over);
  const words = element("p", { class: "race-caption" });
  const root = element("div", { class: "race-paths" }, empty, picture, words);
  /** @type {{data: RaceData, arrays: Record<string, PackedArray>} | null} */
  let shown = null;
  /** @type {readonly number[] | null} */
  let levels = null;
  let frame = "";
  let width = 0;
  let height = 0;
  let letter = 16;
  new ResizeObserver(([entry]) => {
    if (!entry) return;
    ({ width, height } = entry.contentRect);
    letter = parseFloat(getComputedStyle(over).fontSize);
    drawWays();
  }).observe(over);
  return { root, update };

  /**
   * @param {RaceData} data
   * @param {Record<string, PackedArray>} arrays
   */
  function update(data, arrays) {
    shown = { data, arrays };
    const { paths } = data;
    setText(empty, paths ? (paths.reason ?? "") : "…");
    const isDrawn = paths !== undefined && paths.reason === null;
    empty.hidden = isDrawn;
    picture.hidden = words.hidden = !isDrawn;
    if (!isDrawn) return;
    const left = paths.left_out.map((place) => data.lanes[place]?.name);
    setText(words, `${UNDER}.${left.length > 0 ? ` Not here, for other weights: ${left.join(", ")}.` : ""}`);
    setAttribute(over, "aria-label", `${UNDER}, and the ways of ${data.lanes.filter((_, place) => !paths.left_out.includes(place)).map(({ name }) => name).join(", ")}`);
    const relief = arrays["relief"];
    if (relief) paint(relief, JSON.stringify(paths.bounds));
    drawWays();
  }

  /**
   * @param {PackedArray} relief
   * @param {string} frame_  what the levels belong to
   */
  function paint(relief, frame_) {
    const context = canvas.getContext("2d");
    const range = rangeOf(relief);
    if (!context || !range) return;
    if (frame_ !== frame) levels = null;
    frame = frame_;
    const chosen = (levels = steadyLevels(levels, range));
    const [side = 1] = relief.shape;
    const heights = relief.numbers.map((loss) => heightOf(loss, chosen) ?? NaN);
    const fine = new Float32Array(SIDE * SIDE);
    refine(fine, SIDE, heights, side);
    const read = (/** @type {string} */ token) => getComputedStyle(document.documentElement).getPropertyValue(token).trim();
    const look = { ground: read("--ground"), quiet: read("--ink-quiet") };
    const bands = ramp([colourOf(look.ground), mixed(colourOf(look.ground), colourOf(look.quiet), DEEPEST)]);
    const image = context.createImageData(SIDE, SIDE);
    paintField(new Uint32Array(image.data.buffer), fine, SIDE, stepped(bands, chosen.length - 1), 0, chosen.length - 1);
    context.putImageData(image, 0, 0);
  }

  function drawWays() {
    if (!shown?.data.paths || shown.data.paths.reason !== null || width === 0) return;
    const { data, arrays } = shown;
    const [[left, right] = [0, 1], [low, high] = [0, 1]] = shown.data.paths.bounds;
    const placed = data.lanes.flatMap((_, lane) => {
      const numbers = arrays[`path.${lane}`]?.numbers;
      if (!numbers) return [];
      /** @type {[number, number][]} */
      const places = [];
      for (let at = 0; at + 2 < numbers.length; at += 3) {
        const x = (width * ((numbers[at + 1] ?? 0) - left)) / (right - left);
        const y = height * (1 - ((numbers[at + 2] ?? 0) - low) / (high - low));
        if (Number.isFinite(x) && Number.isFinite(y)) places.push([x, y]);
      }
      return [{ lane, places }];
    });
    set(over, { viewBox: `0 0 ${width} ${height}` });
    ways.replaceChildren(
      ...placed.flatMap(({ lane, places }) => {
        const d = places.map(([x, y], k) => `${k ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");
        return [svg("path", { class: "race-halo", d }), svg("path", { class: `race-line ${laneClass(lane)}`, d })];
      }),
    );
    marks.replaceChildren(
      ...placed.flatMap(({ lane, places }) => {
        const end = places.at(-1);
        if (!end) return [];
        const mark = createMark(lane);
        placeMark(mark, ...end, 0.35 * letter);
        return [mark];
      }),
    );
  }
}
