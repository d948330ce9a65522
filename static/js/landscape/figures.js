/**
 * What Plotly is told to draw: contours that lie under a picture of ours, or a surface with the path on it.
 *
 * @module
 */

import { number } from "../format.js";
import { shade } from "./colours.js";
import { heightOf, heightsOf } from "./levels.js";

/** @typedef {import("../types.js").PackedArray} PackedArray */
/** @typedef {import("./colours.js").Look} Look */
/** @typedef {import("./words.js").Landscape} Landscape */
/** @typedef {{data: Record<string, any>[], layout: Record<string, any>}} Figure */

/** How far above the surface the path is drawn, in levels, so that it does not sink into it. */
const LIFT = 0.15;
/** The floor of a surface has to be told from the ground behind it. */
const FAINTEST = 0.15;
/** In letters: a picture lower than this has room for few numbers. */
const FEW_BELOW = 18;
/** From where the surface is seen at first: the whole of it. */
const EYE = Object.freeze({ x: 1.5, y: 1.5, z: 0.9 });

/**
 * Filled contours and nothing else, edge to edge.
 *
 * @param {Landscape} data
 * @param {PackedArray} losses
 * @param {readonly number[]} levels
 * @param {Look} look
 * @param {{width: number, height: number}} size
 * @returns {Figure}
 */
export function contourFigure(data, losses, levels, look, { width, height }) {
  const top = levels.length - 1;
  return {
    data: [
      {
        type: "contour",
        x: data.u.nodes,
        y: data.v.nodes,
        z: heightsOf(losses, levels),
        zauto: false,
        zmin: 0,
        zmax: top,
        autocontour: false,
        contours: {
          start: 1,
          end: top - 1,
          size: 1,
          coloring: "fill",
          showlabels: true,
          // As wide as the loss that is written there in its place.
          labelformat: ".2f",
          labelfont: { family: look.font, size: look.letter, color: look.ink },
        },
        colorscale: scaleOf(look),
        line: { color: look.line, width: 0.75, smoothing: 0.8 },
        connectgaps: false,
        showscale: false,
        hoverinfo: "skip",
      },
    ],
    layout: {
      width,
      height,
      margin: { l: 0, r: 0, t: 0, b: 0, autoexpand: false },
      xaxis: { visible: false, fixedrange: true, range: [data.u.low, data.u.high] },
      yaxis: { visible: false, fixedrange: true, range: [data.v.low, data.v.high] },
      paper_bgcolor: look.ground,
      plot_bgcolor: look.ground,
      showlegend: false,
    },
  };
}

/**
 * @param {Landscape} data
 * @param {Record<string, PackedArray>} arrays
 * @param {readonly number[]} levels
 * @param {Look} look
 * @param {object} around
 * @param {number} around.width
 * @param {number} around.height
 * @param {[string, string]} around.names  of the axes
 * @param {number} around.step  of the cursor
 * @param {number | null} around.moment  the step that is pointed at in another view
 * @returns {Figure}
 */
export function surfaceFigure(data, arrays, levels, look, { width, height, names, step, moment }) {
  const top = levels.length - 1;
  const walked = placesOn(arrays, levels, (at) => at <= step);
  const font = { family: look.font, size: look.letter, color: look.quiet };
  const few = height < FEW_BELOW * look.letter;
  const marked = everySecond(levels, few ? 3 : 6);
  const axis = { nticks: few ? 4 : 8, tickfont: font, gridcolor: look.line, zeroline: false, showbackground: false, showspikes: false };
  return {
    data: [
      {
        type: "surface",
        x: data.u.nodes,
        y: data.v.nodes,
        z: arrays["losses"] ? heightsOf(arrays["losses"], levels) : [],
        cmin: 0,
        cmax: top,
        colorscale: scaleOf(look, FAINTEST),
        showscale: false,
        hoverinfo: "skip",
        lighting: { ambient: 0.85, diffuse: 0.35, specular: 0, roughness: 1, fresnel: 0 },
        contours: { z: { show: true, start: 1, end: top - 1, size: 1, color: look.line, width: 1 } },
      },
      {
        type: "scatter3d",
        mode: walked.x.length > 40 ? "lines" : "lines+markers",
        ...walked,
        line: { color: look.ink, width: 5 },
        marker: { color: look.ink, size: 2.5 },
        hoverinfo: "skip",
        showlegend: false,
      },
      {
        type: "scatter3d",
        mode: "markers",
        x: [data.at[0]],
        y: [data.at[1]],
        z: [lifted(Number(data.loss), levels, 2 * LIFT)],
        marker: { color: look.ink, size: 6, line: { color: look.ground, width: 2 } },
        hoverinfo: "skip",
        showlegend: false,
      },
      {
        type: "scatter3d",
        mode: "markers",
        ...placesOn(arrays, levels, (at) => at === moment),
        marker: { color: look.focus, size: 7, line: { color: look.ground, width: 2 } },
        hoverinfo: "skip",
        showlegend: false,
      },
    ],
    layout: {
      width,
      height,
      margin: { l: 0, r: 0, t: 0, b: 0, autoexpand: false },
      paper_bgcolor: look.ground,
      showlegend: false,
      uirevision: "the camera stays where it was put",
      scene: {
        uirevision: "the camera stays where it was put",
        dragmode: "turntable",
        aspectmode: "manual",
        aspectratio: { x: 1.3, y: 1.3, z: 0.7 },
        camera: { eye: EYE, center: { x: 0, y: 0, z: -0.15 } },
        xaxis: { ...axis, title: { text: names[0], font }, range: [data.u.low, data.u.high] },
        yaxis: { ...axis, title: { text: names[1], font }, range: [data.v.low, data.v.high] },
        zaxis: {
          ...axis,
          title: { text: "loss", font },
          range: [0, top],
          tickvals: marked.map(({ place }) => place),
          ticktext: marked.map(({ level }) => number(level)),
        },
      },
    },
  };
}

/**
 * Levels with so much room between them that each second, third, … is labelled.
 *
 * @param {readonly number[]} levels
 * @param {number} most
 */
export function everySecond(levels, most) {
  const apart = Math.ceil(levels.length / most);
  return levels.map((level, place) => ({ level, place })).filter(({ place }) => place % apart === 0);
}

/**
 * @param {Record<string, PackedArray>} arrays
 * @param {readonly number[]} levels
 * @param {(step: number) => boolean} isWanted
 */
function placesOn({ path, heights }, levels, isWanted) {
  /** @type {{x: number[], y: number[], z: (number | null)[]}} */
  const found = { x: [], y: [], z: [] };
  if (!path || !heights) return found;
  heights.numbers.forEach((loss, row) => {
    const [at = 0, u = 0, v = 0] = path.numbers.subarray(4 * row, 4 * row + 4);
    if (!isWanted(at)) return;
    found.x.push(u);
    found.y.push(v);
    found.z.push(lifted(loss, levels));
  });
  return found;
}

/**
 * @param {number} loss
 * @param {readonly number[]} levels
 * @param {number} [lift]
 */
function lifted(loss, levels, lift = LIFT) {
  const height = heightOf(loss, levels);
  return height === null ? null : height + lift;
}

/**
 * @param {Look} look
 * @param {number} [faintest]
 * @returns {[number, string][]}
 */
function scaleOf(look, faintest = 0) {
  return [0, 0.25, 0.5, 0.75, 1].map((part) => [part, shade(look, faintest + (1 - faintest) * part)]);
}
