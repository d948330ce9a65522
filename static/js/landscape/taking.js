/**
 * Taking the landscape along: its two pictures, one over the other, as one.
 *
 * @module
 */

import { save, savePng, saveSvg } from "../pictures.js";
import { svg } from "../svg.js";

const FILE = "landscape";
/** A picture is projected and printed: twice the pixels of the screen. */
const PIXELS = 2;

/**
 * Save the map: Plotly's contours and what lies over them.
 *
 * @param {SVGSVGElement} map
 * @param {HTMLElement} chart  beside it, with the contours
 * @param {"SVG" | "PNG"} kind
 */
export async function saveMap(map, chart, kind) {
  const { clientWidth: width, clientHeight: height } = map;
  const whole = svg("svg", { class: map.getAttribute("class"), width, height, "aria-hidden": "true" });
  const contours = chart.querySelector("svg.main-svg");
  if (contours) {
    const copy = /** @type {Element} */ (contours.cloneNode(true));
    copy.setAttribute("x", String(chart.offsetLeft));
    copy.setAttribute("y", String(chart.offsetTop));
    whole.append(copy);
  }
  whole.append(...[...map.children].map((child) => child.cloneNode(true)));
  // Its looks are read off the page, so it has to be there, where the stylesheet knows it.
  map.before(whole);
  try {
    await (kind === "SVG" ? saveSvg(whole, FILE) : savePng(whole, FILE));
  } finally {
    whole.remove();
  }
}

/**
 * Save the surface as it is turned now.
 *
 * @param {any} plotly
 * @param {HTMLElement} chart
 * @param {"SVG" | "PNG"} kind
 */
export async function saveSurface(plotly, chart, kind) {
  const format = kind === "SVG" ? "svg" : "png";
  const { clientWidth: width, clientHeight: height } = chart;
  /** @type {string} */
  const address = await plotly.toImage(chart, { format, width, height, scale: PIXELS });
  const [head = "", body = ""] = [address.slice(0, address.indexOf(",")), address.slice(address.indexOf(",") + 1)];
  const text = head.endsWith(";base64") ? atob(body) : decodeURIComponent(body);
  const bytes = head.endsWith(";base64") ? Uint8Array.from(text, (letter) => letter.charCodeAt(0)) : text;
  save(new Blob([bytes], { type: kind === "SVG" ? "image/svg+xml" : "image/png" }), `${FILE}.${format}`);
}
