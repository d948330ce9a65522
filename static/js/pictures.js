/**
 * Taking a picture along: what an SVG or a canvas shows, as a file that looks the same without the page.
 *
 * @module
 */

/** What of an element's computed style makes the picture; everything else is geometry, and stands in attributes. */
const LOOKS = Object.freeze([
  "fill",
  "fill-opacity",
  "stroke",
  "stroke-width",
  "stroke-dasharray",
  "stroke-linecap",
  "stroke-linejoin",
  "stroke-opacity",
  "opacity",
  "visibility",
  "display",
  "paint-order",
  "font-family",
  "font-size",
  "font-style",
  "font-weight",
  "font-variant-numeric",
  "letter-spacing",
  "text-anchor",
  "dominant-baseline",
  "white-space",
  "transform",
  "transform-box",
  "transform-origin",
]);
/** A picture is projected and printed: twice the pixels of the screen. */
const PIXELS = 2;
const FONT = "Chalk Math";

/**
 * Save an SVG element as a file.
 *
 * @param {SVGSVGElement} picture
 * @param {string} name  of the file, without its ending
 */
export async function saveSvg(picture, name) {
  save(new Blob([await standalone(picture)], { type: "image/svg+xml" }), `${name}.svg`);
}

/**
 * Save an SVG element or a canvas as a PNG.
 *
 * @param {SVGSVGElement | HTMLCanvasElement} picture
 * @param {string} name  of the file, without its ending
 */
export async function savePng(picture, name) {
  const canvas = picture instanceof HTMLCanvasElement ? picture : await painted(picture);
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
 * @returns {Promise<string>}
 */
export async function standalone(picture) {
  const { width, height } = picture.getBoundingClientRect();
  const copy = /** @type {SVGSVGElement} */ (picture.cloneNode(true));
  inline(picture, copy);
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.setAttribute("width", String(width));
  copy.setAttribute("height", String(height));
  if (!copy.hasAttribute("viewBox")) copy.setAttribute("viewBox", `0 0 ${width} ${height}`);
  const { backgroundColor } = getComputedStyle(document.documentElement);
  copy.style.background = backgroundColor;
  const style = document.createElementNS("http://www.w3.org/2000/svg", "style");
  style.textContent = await fontFace();
  copy.prepend(style);
  return new XMLSerializer().serializeToString(copy);
}

/**
 * Write the looks of each element into its copy, and a drawn canvas as an image.
 *
 * @param {Element} original
 * @param {Element} copy
 */
function inline(original, copy) {
  const computed = getComputedStyle(original);
  if (copy instanceof SVGElement || copy instanceof HTMLElement) {
    copy.removeAttribute("class");
    for (const property of LOOKS) {
      const value = computed.getPropertyValue(property);
      if (value !== "") copy.style.setProperty(property, value);
    }
  }
  [...original.children].forEach((child, place) => {
    const twin = copy.children[place];
    if (!twin) return;
    if (child instanceof HTMLCanvasElement) {
      const image = document.createElement("img");
      image.src = child.toDataURL();
      image.setAttribute("style", child.getAttribute("style") ?? "");
      image.style.width = `${child.clientWidth}px`;
      image.style.height = `${child.clientHeight}px`;
      twin.replaceWith(image);
    } else {
      inline(child, twin);
    }
  });
}

/** @type {Promise<string> | null} */
let face = null;

/** The font of the formulas, in the file itself. */
function fontFace() {
  face ??= readFont();
  return face;
}

/** @returns {Promise<string>} */
async function readFont() {
  const rule = [...document.styleSheets]
    .flatMap((sheet) => [...sheet.cssRules])
    .find((one) => one instanceof CSSFontFaceRule && one.style.getPropertyValue("font-family").includes(FONT));
  const address = rule && /url\("?([^")]+)"?\)/.exec(rule.cssText)?.[1];
  if (!address) return "";
  const sheet = rule.parentStyleSheet?.href ?? document.baseURI;
  const response = await fetch(new URL(address, sheet));
  const bytes = new Uint8Array(await response.arrayBuffer());
  let text = "";
  // One call for all bytes would have too many arguments.
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return `@font-face { font-family: "${FONT}"; src: url("data:font/ttf;base64,${btoa(text)}"); }`;
}

/**
 * @param {SVGSVGElement} picture
 * @returns {Promise<HTMLCanvasElement>}
 */
async function painted(picture) {
  const { width, height } = picture.getBoundingClientRect();
  const address = URL.createObjectURL(new Blob([await standalone(picture)], { type: "image/svg+xml" }));
  try {
    const image = new Image();
    image.src = address;
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(PIXELS * width);
    canvas.height = Math.round(PIXELS * height);
    const context = canvas.getContext("2d");
    context?.drawImage(image, 0, 0, canvas.width, canvas.height);
    return canvas;
  } finally {
    URL.revokeObjectURL(address);
  }
}
