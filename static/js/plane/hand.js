/**
 * The pointer and the keys over the plane. Both do the same: point at a place, press there, take a point along.
 *
 * @module
 */

import { valuesAt, xOf, yOf } from "./plot.js";

/** @typedef {import("./plot.js").Plot} Plot */
/** A point of the data that is near. @typedef {{kind: "training" | "validation", place: number, row: number}} Hit */
/** A place: its numbers on the axes, and in pixels. @typedef {{values: [number, number], px: number, py: number}} Place */

/** How near a point has to be, in pixels. */
export const REACH = 12;
const TOUCH_REACH = 20;
/** A press that moves less than this is no drag. */
const STILL = 4;
/** The crosshair goes over an axis in so many steps. */
const STEPS = 50;
const LARGE_STEP = 5;
/** @type {Readonly<Record<string, [number, number]>>} */
const WAYS = Object.freeze({ ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] });

/**
 * @param {SVGSVGElement} element
 * @param {object} on
 * @param {() => Plot | null} on.plot
 * @param {(px: number, py: number, reach: number) => Hit | null} on.hit
 * @param {() => boolean} on.canMove  whether points can be taken along
 * @param {(place: Place | null, hit: Hit | null, byKey: boolean) => void} on.point
 * @param {(place: Place, hit: Hit | null) => void} on.press
 * @param {(hit: Hit) => void} on.take
 * @param {(place: Place) => void} on.carry
 * @param {(place: Place | null) => void} on.drop  null: back to where it was
 * @param {() => void} on.remove  the selected point
 */
export function createHand(element, on) {
  /** Steps of the crosshair from the lower left corner. @type {[number, number]} */
  let cross = [STEPS / 2, STEPS / 2];
  let hasCross = false;
  /** @type {{hit: Hit, x: number, y: number, isMoving: boolean} | null} */
  let pressed = null;
  let isCarrying = false;
  let wasDragged = false;

  element.addEventListener("pointermove", (event) => {
    const place = placeOf(event);
    if (!place) return;
    if (pressed) {
      const isFar = Math.hypot(event.offsetX - pressed.x, event.offsetY - pressed.y) > STILL;
      if (!pressed.isMoving && isFar) {
        pressed.isMoving = wasDragged = true;
        on.take(pressed.hit);
      }
      if (pressed.isMoving) on.carry(place);
      return;
    }
    if (!isCarrying) on.point(place, on.hit(event.offsetX, event.offsetY, reachOf(event)), false);
  });
  element.addEventListener("pointerleave", () => {
    if (!pressed && !isCarrying) on.point(null, null, false);
  });
  element.addEventListener("pointerdown", (event) => {
    wasDragged = false;
    if (event.button !== 0 || isCarrying || !on.canMove()) return;
    const hit = on.hit(event.offsetX, event.offsetY, reachOf(event));
    if (!hit) return;
    pressed = { hit, x: event.offsetX, y: event.offsetY, isMoving: false };
    element.setPointerCapture(event.pointerId);
  });
  element.addEventListener("pointerup", (event) => {
    const before = pressed;
    pressed = null;
    if (before?.isMoving) on.drop(placeOf(event));
  });
  element.addEventListener("pointercancel", () => {
    if (pressed?.isMoving) on.drop(null);
    pressed = null;
  });
  element.addEventListener("lostpointercapture", () => (pressed = null));
  element.addEventListener("click", (event) => {
    const place = placeOf(event);
    // A drag ends with a click, which means nothing more.
    if (!place || wasDragged) return;
    on.press(place, on.hit(event.offsetX, event.offsetY, REACH));
  });
  // Whoever only looks goes on stepping by arrows after a click; whoever changes points goes on by keys.
  element.addEventListener("mousedown", (event) => {
    if (!on.canMove()) event.preventDefault();
  });
  element.addEventListener("keydown", onKey);
  element.addEventListener("blur", () => {
    if (isCarrying) letGo(null);
    hasCross = false;
    on.point(null, null, true);
  });

  return {
    /** Where the crosshair is, or null while there is none. */
    get cross() {
      return hasCross ? crossPlace() : null;
    },
    /** Whether a point is being taken along. */
    get isBusy() {
      return pressed?.isMoving === true || isCarrying;
    },
  };

  /** @param {KeyboardEvent} event */
  function onKey(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const way = WAYS[event.key];
    if (way) step(way, event.shiftKey ? LARGE_STEP : 1);
    else if (event.key === "Enter" || event.key === " ") press();
    else if (event.key === "Delete" || event.key === "Backspace") on.remove();
    else if (event.key === "Escape" && isCarrying) letGo(null);
    else if (event.key === "Escape" && hasCross) {
      hasCross = false;
      on.point(null, null, true);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {[number, number]} way @param {number} far */
  function step([across, up], far) {
    if (hasCross) cross = [kept(cross[0] + far * across), kept(cross[1] + far * up)];
    hasCross = true;
    const place = crossPlace();
    if (!place) return;
    if (isCarrying) on.carry(place);
    else on.point(place, hitAtCross(), true);
  }

  function press() {
    const place = crossPlace();
    if (!place) return;
    hasCross = true;
    if (isCarrying) {
      letGo(place);
      return;
    }
    const hit = hitAtCross();
    if (hit && on.canMove()) {
      isCarrying = true;
      on.take(hit);
    } else on.press(place, hit);
  }

  /** @param {Place | null} place */
  function letGo(place) {
    isCarrying = false;
    on.drop(place);
  }

  function hitAtCross() {
    const place = crossPlace();
    return place && on.hit(place.px, place.py, REACH);
  }

  /** @returns {Place | null} */
  function crossPlace() {
    const plot = on.plot();
    if (!plot) return null;
    const values = /** @type {[number, number]} */ ([plot.x, plot.y].map(({ low, high }, k) => low + ((cross[k] ?? 0) / STEPS) * (high - low)));
    return { values, px: xOf(plot, values[0]), py: yOf(plot, values[1]) };
  }

  /** @param {MouseEvent} event @returns {Place | null} */
  function placeOf({ offsetX, offsetY }) {
    const plot = on.plot();
    if (!plot) return null;
    const values = valuesAt(plot, offsetX, offsetY);
    return { values, px: xOf(plot, values[0]), py: yOf(plot, values[1]) };
  }
}

/** @param {PointerEvent} event */
function reachOf({ pointerType }) {
  return pointerType === "touch" ? TOUCH_REACH : REACH;
}

/** @param {number} step */
function kept(step) {
  return Math.min(Math.max(step, 0), STEPS);
}
