/**
 * What lies over the contours: axes, the path so far, where we are, which way is down, and a crosshair.
 *
 * @module
 */

import { number, stepName } from "../format.js";
import { lineOf } from "../lines.js";
import { stopFor } from "../stops.js";
import { set, svg } from "../svg.js";
import { shade } from "./colours.js";
import { everySecond } from "./figures.js";
import { arrowOf, distanceTo, nodeAt, placer, pointedAt, spread, ticksOf } from "./scene.js";

/** @typedef {import("./colours.js").Look} Look */
/** @typedef {import("./scene.js").Box} Box */
/** @typedef {import("./scene.js").Point} Point */
/** @typedef {import("./words.js").Landscape} Landscape */
/** @typedef {import("./words.js").Place} Place */
/** A node of the grid. @typedef {{i: number, j: number}} Node */

/**
 * @typedef {object} Scene
 * @property {Landscape} data
 * @property {Place[]} path
 * @property {Place[]} dropped
 * @property {readonly number[]} levels
 * @property {[string, string]} names
 * @property {number} step  of the cursor
 * @property {Look} look
 * @property {Box} box
 * @property {boolean} low  there is no line for the name of the lower axis
 */

/** Pixels within which a place of the path is pointed at. */
const REACH = 12;
/** In letters: places of the path that lie nearer to each other share a dot. */
const APART = 0.5;
const HEAD = 0.55;
const LEGEND_WIDTH = 0.75;
/** Half the width of a letter. */
const LETTER = 0.3;

/**
 * @param {object} does
 * @param {(node: Node | null) => void} does.point  a place is pointed at, or none any more
 * @param {(node: Node) => void} does.pin  a place is clicked, or Enter pressed there
 * @param {() => void} does.leave  Escape
 * @param {(place: Place | null) => void} does.pointAtStep
 * @param {(place: Place) => void} does.goToStep
 * @param {(axis: 0 | 1 | null) => void} does.hoverAxis
 */
export function createMap(does) {
  /** @type {Scene | null} */
  let scene = null;
  /** @type {Node | null} */
  let node = null;
  /** @type {number} the place of the path that is pointed at, or -1 */
  let chosen = -1;
  /** @type {number | null} the step that is pointed at, here or in another view */
  let moment = null;
  /** The path up to here. @type {Point[]} */
  let way = [];

  const inner = svg("svg", { class: "inner", overflow: "hidden" });
  const ground = svg("rect", { class: "sea", width: "100%", height: "100%" });
  const frame = svg("rect", { class: "frame" });
  const ticks = svg("g", { class: "ticks", "aria-hidden": "true" });
  const across = svg("text", { class: "axis across" });
  const up = svg("text", { class: "axis up" });
  const legend = svg("g", { class: "scale", "aria-hidden": "true" });
  const dropped = svg("path", { class: "path dropped" });
  const ahead = svg("path", { class: "path ahead" });
  const halo = svg("path", { class: "path halo" });
  const walked = svg("path", { class: "path walked" });
  const dots = svg("g", { class: "dots" });
  const start = svg("g", { class: "start" });
  const down = svg("g", { class: "down" });
  const next = svg("g", { class: "next" });
  const here = svg("circle", { class: "here" });
  const pointed = svg("circle", { class: "moment" });
  const cross = svg("g", { class: "cross" }, [svg("line"), svg("line"), svg("circle")]);
  const steps = svg("g", { class: "steps", role: "slider", tabindex: "0", "aria-label": "Step of the path" }, [
    svg("circle", { class: "step" }),
  ]);
  inner.append(ground, dropped, ahead, halo, walked, dots, start, down, next, here, pointed, cross, steps);
  const picture = svg(
    "svg",
    { class: "landscape-map", role: "application", tabindex: "0", "aria-roledescription": "map" },
    [legend, ticks, inner, frame, across, up],
  );

  inner.addEventListener("pointermove", (event) => pointTo(placeIn(event)));
  picture.addEventListener("pointerleave", () => pointTo(null));
  inner.addEventListener("click", (event) => {
    const point = placeIn(event);
    pointTo(point);
    const place = scene?.path[chosen];
    if (place) does.goToStep(place);
    else if (node) does.pin(node);
    // The arrow keys go on stepping for those who do not walk over the map by them.
    picture.blur();
  });
  picture.addEventListener("keydown", onKey);
  picture.addEventListener("blur", (event) => {
    if (event.target === picture) showNode(null);
  });
  steps.addEventListener("focus", () => choose(scene ? nearestStep(scene) : -1));
  steps.addEventListener("blur", () => choose(-1));
  steps.addEventListener("keydown", onStepKey);
  for (const [label, axis] of /** @type {const} */ ([[across, 0], [up, 1]])) {
    label.addEventListener("pointerenter", () => does.hoverAxis(axis));
    label.addEventListener("pointerleave", () => does.hoverAxis(null));
  }

  return {
    element: picture,

    /** @param {Scene} now */
    draw(now) {
      scene = now;
      if (node && node.i >= now.data.size) node = null;
      drawFrame(now);
      drawPath(now);
      drawArrows(now);
      showNode(node);
      choose(chosen < now.path.length ? chosen : -1);
      showMoment();
    },

    /** How near the path comes to a place in the frame, in pixels. @param {Point} place */
    pathFrom(place) {
      return distanceTo(way, place);
    },

    /** Mark where the path was before a step. @param {number | null} step */
    mark(step) {
      moment = step;
      showMoment();
    },

    /** Light up the axes that are of these parameters. @param {[boolean, boolean]} lit */
    light([first, second]) {
      set(across, { "data-lit": first });
      set(up, { "data-lit": second });
    },

    /** @param {string} words  what a screen reader says of the picture */
    describe(words) {
      set(picture, { "aria-label": words });
    },
  };

  /** @param {Scene} now */
  function drawFrame({ data, levels, names, look, box, low }) {
    const { letter } = look;
    const { left, top, width, height } = box;
    set(inner, { x: left, y: top, width, height });
    set(frame, { x: left, y: top, width, height });
    const place = placer(data, box);
    const at = ticksOf(data, box, letter);
    // The last number would run into the axis's name beside it.
    const clear = low ? at.across.filter((tick) => place(tick, 0).x < width - 1.5 * letter) : at.across;
    ticks.replaceChildren(
      ...clear.map((tick) =>
        svg("text", {
          class: "tick",
          x: left + place(tick, 0).x,
          y: top + height + 1.1 * letter,
          text: number(tick),
        }),
      ),
      ...at.up.map((tick) =>
        svg("text", { class: "tick end", x: left - 0.4 * letter, y: top + place(0, tick).y + 0.35 * letter, text: number(tick) }),
      ),
    );
    // Under the legend, in the line of the numbers, where there is no line for it.
    set(across, {
      class: low ? "axis across at-end" : "axis across",
      x: low ? left + width + (data.u.parameter ? 0.8 : -0.6) * letter : left + width / 2,
      y: top + height + (low ? 1.1 : 2.3) * letter,
      text: low ? short(names[0]) : names[0],
    });
    const [x, y] = [0.9 * letter, top + height / 2];
    set(up, { x, y, transform: `rotate(-90 ${x} ${y})`, text: names[1] });
    drawLegend(levels, look, box);
  }

  /**
   * @param {readonly number[]} levels
   * @param {Look} look
   * @param {Box} box
   */
  function drawLegend(levels, look, { left, top, width, height }) {
    const { letter } = look;
    const bands = levels.length - 1;
    const [x, y] = [left + width + letter, top + 1.4 * letter];
    const high = Math.max(height - 1.4 * letter, 1);
    const most = Math.max(2, Math.floor(high / (1.5 * letter)));
    legend.replaceChildren(
      svg("text", { class: "heading", x, y: top + 0.8 * letter, text: "loss" }),
      ...levels.slice(1).map((_, band) =>
        svg("rect", {
          x,
          y: y + ((bands - 1 - band) / bands) * high,
          width: LEGEND_WIDTH * letter,
          height: high / bands,
          fill: shade(look, (band + 0.5) / bands),
        }),
      ),
      svg("rect", { class: "frame", x, y, width: LEGEND_WIDTH * letter, height: high }),
      ...everySecond(levels, most).map(({ level, place }) =>
        svg("text", {
          x: x + (LEGEND_WIDTH + 0.35) * letter,
          y: Math.min(y + (1 - place / bands) * high + 0.35 * letter, y + high),
          text: number(level),
        }),
      ),
    );
  }

  /** @param {Scene} now */
  function drawPath({ data, path, dropped: gone, step, look, box }) {
    const place = placer(data, box);
    const points = (/** @type {Place[]} */ places) => places.map(({ u, v }) => place(u, v));
    const present = place(data.at[0], data.at[1]);
    const before = [...points(path.filter((each) => each.step < step)), present];
    way = before;
    const after = [present, ...points(path.filter((each) => each.step > step))];
    set(walked, { d: lineOf(before) });
    set(halo, { d: lineOf(before) });
    set(ahead, { d: lineOf(after) });
    set(dropped, { d: lineOf(points(gone)) });
    const seen = spread(before.slice(0, -1), APART * look.letter);
    dots.replaceChildren(...seen.map(({ x, y }) => svg("circle", { cx: x, cy: y, r: 0.16 * look.letter })));
    const [first] = path;
    start.replaceChildren(
      ...(first && step > 0
        ? [mark("start", place(first.u, first.v), { x: -0.5 * look.letter, y: -0.6 * look.letter }, box, look.letter)]
        : []),
    );
    set(here, { cx: present.x, cy: present.y, r: 0.4 * look.letter });
    set(steps, {
      visibility: path.length > 0 ? null : "hidden",
      "aria-valuemin": (first?.step ?? 0) + 1,
      "aria-valuemax": (path.at(-1)?.step ?? 0) + 1,
    });
  }

  /** @param {Scene} now */
  function drawArrows({ data, look, box }) {
    const place = placer(data, box);
    const { letter } = look;
    const from = place(data.at[0], data.at[1]);
    const move = data.down && arrowOf([Number(data.down[0]), Number(data.down[1])], data, box, letter);
    const to = move && { x: from.x + move.x, y: from.y + move.y };
    down.replaceChildren(...(to ? [...arrow(from, to, letter), mark("−g", to, beside(from, to, letter), box, letter)] : []));
    const end = data.next && place(Number(data.next[0]), Number(data.next[1]));
    const isSeen = end !== null && Number.isFinite(end.x) && Number.isFinite(end.y);
    next.replaceChildren(
      ...(end && isSeen
        ? [
            svg("path", { class: "shaft", d: lineOf([from, end]) }),
            svg("circle", { cx: end.x, cy: end.y, r: 0.3 * letter }),
            ...(Math.hypot(end.x - from.x, end.y - from.y) > 1.5 * letter
              ? [mark("next", end, beside(from, end, letter, -1), box, letter)]
              : []),
          ]
        : []),
    );
  }

  /** @param {Node | null} now */
  function showNode(now) {
    node = now;
    set(cross, { visibility: now ? null : "hidden" });
    if (!now || !scene) return;
    const { data, box, look } = scene;
    const { x, y } = placer(data, box)(data.u.nodes[now.i] ?? 0, data.v.nodes[now.j] ?? 0);
    const [upright, level, ring] = cross.children;
    if (upright) set(upright, { x1: x, x2: x, y1: 0, y2: box.height });
    if (level) set(level, { x1: 0, x2: box.width, y1: y, y2: y });
    if (ring) set(ring, { cx: x, cy: y, r: 0.25 * look.letter });
  }

  /** The path is told of some steps only: that before the wanted one stands for it. */
  function showMoment() {
    const found = moment === null || chosen >= 0 ? undefined : scene?.path.findLast(({ step }) => step <= Number(moment));
    set(pointed, { visibility: found ? "visible" : "hidden" });
    if (!found || !scene) return;
    const { x, y } = placer(scene.data, scene.box)(found.u, found.v);
    set(pointed, { cx: x, cy: y, r: 0.5 * scene.look.letter });
  }

  /** @param {number} place  of the path, or -1 */
  function choose(place) {
    const changed = place !== chosen;
    chosen = place;
    const found = scene?.path[place];
    const [ring] = steps.children;
    if (ring) set(ring, { visibility: found ? null : "hidden" });
    if (scene && found) {
      const { x, y } = placer(scene.data, scene.box)(found.u, found.v);
      if (ring) set(ring, { cx: x, cy: y, r: 0.5 * scene.look.letter });
    }
    const told = found ?? scene?.path[scene ? nearestStep(scene) : 0];
    if (told) {
      set(steps, { "aria-valuenow": told.step + 1, "aria-valuetext": `${stepName(told.step)}, loss ${number(told.loss, 5)}` });
    }
    if (changed) does.pointAtStep(found ?? null);
  }

  /** @param {Point | null} point */
  function pointTo(point) {
    if (!scene) return;
    const place = point ? pointedAt(scene.path, placer(scene.data, scene.box), point, REACH) : -1;
    const wanted = point && place < 0 ? nodeAt(scene.data, scene.box, point) : null;
    choose(place);
    if (wanted?.i === node?.i && wanted?.j === node?.j) return;
    showNode(wanted);
    does.point(wanted);
  }

  /** @param {KeyboardEvent} event */
  function onKey(event) {
    if (!scene || event.target !== picture || event.ctrlKey || event.altKey || event.metaKey) return;
    const { data, box } = scene;
    const from = node ?? nodeAt(data, box, placer(data, box)(data.at[0], data.at[1]));
    const far = event.shiftKey ? 5 : 1;
    const last = data.size - 1;
    const target = {
      ArrowLeft: { i: from.i - far, j: from.j },
      ArrowRight: { i: from.i + far, j: from.j },
      ArrowUp: { i: from.i, j: from.j + far },
      ArrowDown: { i: from.i, j: from.j - far },
      Home: { i: 0, j: from.j },
      End: { i: last, j: from.j },
    }[event.key];
    if (target) {
      const within = (/** @type {number} */ at) => Math.min(Math.max(at, 0), last);
      showNode({ i: within(target.i), j: within(target.j) });
      does.point(node);
    } else if (event.key === "Enter") {
      does.pin(from);
    } else if (event.key === "Escape" && node) {
      showNode(null);
      does.leave();
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {KeyboardEvent} event */
  function onStepKey(event) {
    if (!scene || event.ctrlKey || event.altKey || event.metaKey) return;
    const { path } = scene;
    const from = chosen < 0 ? nearestStep(scene) : chosen;
    const target = stopFor(event.key, from, path.length);
    const place = path[from];
    if (target !== null) choose(target);
    else if (event.key === "Enter" && place) does.goToStep(place);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {MouseEvent} event @returns {Point} */
  function placeIn({ clientX, clientY }) {
    const { left, top } = ground.getBoundingClientRect();
    return { x: clientX - left, y: clientY - top };
  }
}

/** The number of a direction alone. @param {string} name */
function short(name) {
  return name.replace(/^\w+ direction (?=\d)/, "direction ");
}

/** @param {Scene} scene */
function nearestStep({ path, step }) {
  const found = path.findIndex((each) => each.step >= step);
  return found < 0 ? path.length - 1 : found;
}

/**
 * A word beside a place, inside the map.
 *
 * @param {string} words
 * @param {Point} at
 * @param {Point} beside
 * @param {Box} box
 * @param {number} letter
 */
function mark(words, at, beside, { width, height }, letter) {
  const half = LETTER * words.length * letter;
  const x = Math.max(Math.min(at.x + beside.x, width - half), half);
  const y = Math.min(Math.max(at.y + beside.y, 0.95 * letter), height - 0.3 * letter);
  return svg("text", { x, y, "text-anchor": "middle", text: words });
}

/**
 * Where a word stands beside an arrow's end: to one side of it.
 *
 * @param {Point} from
 * @param {Point} to
 * @param {number} letter
 * @param {1 | -1} side
 * @returns {Point}
 */
function beside(from, to, letter, side = 1) {
  const [x, y] = [to.x - from.x, to.y - from.y];
  const length = Math.hypot(x, y) || 1;
  return { x: ((x - side * y) / length) * 0.9 * letter, y: ((y + side * x) / length) * 0.9 * letter + 0.35 * letter };
}

/**
 * @param {Point} from
 * @param {Point} to
 * @param {number} letter
 */
function arrow(from, to, letter) {
  const turn = Math.atan2(to.y - from.y, to.x - from.x);
  const wing = (/** @type {number} */ way) => ({
    x: to.x - HEAD * letter * Math.cos(turn + way),
    y: to.y - HEAD * letter * Math.sin(turn + way),
  });
  return [
    svg("path", { class: "under", d: lineOf([from, to]) }),
    svg("path", { class: "shaft", d: lineOf([from, to]) }),
    svg("path", { class: "head", d: lineOf([wing(0.45), to, wing(-0.45)]) }),
  ];
}
