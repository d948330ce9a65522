/**
 * Taking a picture along: what an SVG or a canvas shows, as a file that looks the same without the page.
 *
 * @module
 */

/** What of an element's computed style makes the picture and goes over to what stands in it. */
const INHERITED = Object.freeze([
  ...["fill", "fill-opacity", "fill-rule", "stroke", "stroke-width", "stroke-dasharray", "stroke-dashoffset"],
  ...["stroke-linecap", "stroke-linejoin", "stroke-opacity", "paint-order", "shape-rendering"],
  ...["font-family", "font-size", "font-style", "font-weight", "font-variant-numeric", "letter-spacing"],
  ...["text-anchor", "white-space", "color"],
]);
/** And what does not, each with what it usually is. Places and sizes stand in attributes. */
const OWN = Object.freeze({
  opacity: "1",
  "mix-blend-mode": "normal",
  "dominant-baseline": "auto",
  "baseline-shift": "0px",
  "text-decoration-line": "none",
  "vector-effect": "none",
});
/** What only a page has a use for. */
const OF_THE_PAGE = /^(?:class|style|tabindex|role|focusable|data-.*|aria-.*)$/;
/** A picture is projected and printed: twice the pixels of the screen. */
const PIXELS = 2;
const FONT = "Chalk Math";
const SVG = "http://www.w3.org/2000/svg";

/** A picture that is not on the page now has no looks that could be taken along. */
export class NotShownError extends Error {
  constructor() {
    super("There is no picture to save now.");
  }
}

/**
 * Save an SVG element as a file.
 *
 * @param {SVGSVGElement} picture
 * @param {string} name  of the file, without its ending
 * @param {HTMLCanvasElement[]} [behind]  what lies behind it on the page
 */
export async function saveSvg(picture, name, behind) {
  save(new Blob([await standalone(picture, behind)], { type: "image/svg+xml" }), `${name}.svg`);
}

/**
 * Save an SVG element or a canvas as a PNG.
 *
 * @param {SVGSVGElement | HTMLCanvasElement} picture
 * @param {string} name  of the file, without its ending
 * @param {HTMLCanvasElement[]} [behind]  what lies behind it on the page
 */
export async function savePng(picture, name, behind) {
  const canvas = picture instanceof HTMLCanvasElement ? picture : await painted(picture, behind);
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
  if (blob instanceof Blob) save(blob, `${name}.png`);
}

/**
 * Hand a file to the browser, to be kept.
 *
 * @param {Blob} blob
 * @param {string} name
 */
export function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // The browser reads it in its own time.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/**
 * The text of an SVG that needs neither our stylesheets nor our fonts.
 *
 * @param {SVGSVGElement} picture
 * @param {HTMLCanvasElement[]} [behind]  what lies behind it on the page
 * @returns {Promise<string>}
 */
export async function standalone(picture, behind = []) {
  const { width, height } = picture.getBoundingClientRect();
  // The font may take a while, and the picture may change meanwhile: it is the one of this very moment.
  const copy = copyOf(picture, null);
  if (!copy) throw new NotShownError();
  copy.setAttribute("role", "img");
  copy.setAttribute("width", String(width));
  copy.setAttribute("height", String(height));
  if (!copy.hasAttribute("viewBox")) copy.setAttribute("viewBox", `0 0 ${width} ${height}`);
  const words = picture.getAttribute("aria-label");
  const layers = behind.flatMap((canvas) => layerOf(canvas, picture));
  copy.prepend(...(words ? [made("title", {}, words)] : []), groundOf(picture, copy.getAttribute("viewBox") ?? ""), ...layers);
  const face = await fontFace();
  if (face !== "") copy.prepend(made("style", {}, face));
  return new XMLSerializer().serializeToString(copy);
}

/**
 * The page's ground behind everything: a picture is light or dark as a whole.
 *
 * @param {Element} picture
 * @param {string} viewBox
 */
function groundOf(picture, viewBox) {
  const [x = "0", y = "0", width = "0", height = "0"] = viewBox.split(/[\s,]+/);
  const { backgroundColor } = getComputedStyle(picture.ownerDocument.documentElement);
  return made("rect", { x, y, width, height, style: `fill:${plainColours(backgroundColor)};stroke:none` });
}

/**
 * A canvas as an image where it lies behind the picture; none where it is not to be seen.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {SVGSVGElement} picture
 */
function layerOf(canvas, picture) {
  const box = canvas.getBoundingClientRect();
  const toPicture = picture.getScreenCTM()?.inverse();
  if (box.width === 0 || box.height === 0 || !toPicture) return [];
  const start = new DOMPoint(box.left, box.top).matrixTransform(toPicture);
  const end = new DOMPoint(box.right, box.bottom).matrixTransform(toPicture);
  const place = { x: start.x, y: start.y, width: end.x - start.x, height: end.y - start.y };
  return [made("image", { ...place, href: canvas.toDataURL() })];
}

/**
 * An element with its looks written into it; null where it is not to be seen.
 *
 * @param {Element} original
 * @param {CSSStyleDeclaration | null} around  what the element around it looks like
 * @returns {Element | null}
 */
function copyOf(original, around) {
  const computed = getComputedStyle(original);
  if (computed.display === "none" || computed.opacity === "0") return null;
  if (original instanceof HTMLCanvasElement) return imageOf(original);
  const copy = /** @type {Element} */ (original.cloneNode(false));
  for (const { name } of [...original.attributes]) if (OF_THE_PAGE.test(name)) copy.removeAttribute(name);
  const looks = looksOf(computed, around, original.hasAttribute("transform"));
  if (looks !== "") copy.setAttribute("style", looks);
  for (const child of original.childNodes) {
    if (child instanceof Element) {
      const twin = copyOf(child, computed);
      if (twin) copy.append(twin);
    } else if (child instanceof Text) {
      copy.append(child.data);
    }
  }
  // A child of what is hidden may be visible, and then its parent must stay.
  const isHidden = computed.visibility !== "visible" && copy.childElementCount === 0;
  const isLeaf = original instanceof SVGGeometryElement;
  const isEmpty = original.matches("path:not([d])") || (original.matches("text, tspan") && copy.textContent === "");
  const isNothing = isEmpty || (isLeaf && isUnpainted(computed));
  return isHidden || isNothing ? null : copy;
}

/**
 * @param {CSSStyleDeclaration} computed
 * @param {CSSStyleDeclaration | null} around
 * @param {boolean} isMoved  by an attribute, which is copied as it is
 */
function looksOf(computed, around, isMoved) {
  const looks = [];
  for (const name of INHERITED) {
    const value = computed.getPropertyValue(name);
    if (value !== "" && value !== around?.getPropertyValue(name)) looks.push(`${name}:${plainColours(value)}`);
  }
  for (const [name, usual] of Object.entries(OWN)) {
    const value = computed.getPropertyValue(name);
    if (value !== "" && value !== usual) looks.push(`${name}:${value}`);
  }
  // Where a stylesheet moves something.
  if (computed.transform !== "none" && !isMoved) {
    looks.push(`transform:${computed.transform}`, `transform-origin:${computed.transformOrigin}`, `transform-box:${computed.transformBox}`);
  }
  if (computed.visibility !== (around?.visibility ?? "visible")) looks.push(`visibility:${computed.visibility}`);
  return looks.join(";");
}

/**
 * Whether nothing of a shape is to be seen: it is there to be pressed.
 *
 * @param {CSSStyleDeclaration} computed
 */
function isUnpainted({ fill, stroke, fillOpacity, strokeOpacity }) {
  const isClear = (/** @type {string} */ paint, /** @type {string} */ opacity) =>
    paint === "none" || opacity === "0" || /^(transparent|rgba\(.*, 0\))$/.test(paint);
  return isClear(fill, fillOpacity) && isClear(stroke, strokeOpacity);
}

/**
 * Colours as every program knows them: other ways to write them are for browsers only.
 *
 * @param {string} value
 */
function plainColours(value) {
  return value.replace(/color\(srgb ([\d.e-]+) ([\d.e-]+) ([\d.e-]+)(?: \/ ([\d.e-]+))?\)/g, (_, r, g, b, alpha = "1") => {
    const [red, green, blue] = [r, g, b].map((part) => Math.round(255 * Number(part)));
    return alpha === "1" ? `rgb(${red}, ${green}, ${blue})` : `rgba(${red}, ${green}, ${blue}, ${alpha})`;
  });
}

/** @param {HTMLCanvasElement} canvas  inside a foreignObject */
function imageOf(canvas) {
  const image = document.createElement("img");
  image.src = canvas.toDataURL();
  image.style.cssText = `display:block;width:${canvas.clientWidth}px;height:${canvas.clientHeight}px`;
  return image;
}

/**
 * @param {string} tag
 * @param {Record<string, string | number>} attributes
 * @param {string} [text]
 */
function made(tag, attributes, text = "") {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.textContent = text;
  return element;
}

/** The font of the formulas, in the file itself; empty where the page has none. @returns {Promise<string>} */
async function fontFace() {
  // It stands in the page itself; the rules of a sheet that could not be loaded may not even be asked for.
  const rule = [...document.styleSheets]
    .flatMap((sheet) => (sheet.href === null ? [...sheet.cssRules] : []))
    .find((one) => one instanceof CSSFontFaceRule && one.style.getPropertyValue("font-family").includes(FONT));
  const address = rule && /url\("?([^")]+)"?\)/.exec(rule.cssText)?.[1];
  if (!address) return "";
  const response = await fetch(new URL(address, document.baseURI));
  if (!response.ok) return "";
  const bytes = new Uint8Array(await response.arrayBuffer());
  let text = "";
  // One call for all bytes would have too many arguments.
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return `@font-face { font-family: "${FONT}"; src: url("data:font/ttf;base64,${btoa(text)}"); }`;
}

/**
 * @param {SVGSVGElement} picture
 * @param {HTMLCanvasElement[]} [behind]
 * @returns {Promise<HTMLCanvasElement>}
 */
async function painted(picture, behind) {
  const { width, height } = picture.getBoundingClientRect();
  const text = await standalone(picture, behind);
  const image = new Image();
  // Not from a blob: what stands in a foreignObject there may not be read back from a canvas.
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(PIXELS * width);
  canvas.height = Math.round(PIXELS * height);
  canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
  return canvas;
}
