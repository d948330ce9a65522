/**
 * Sliders whose stops are the places of a record: how they are pointed at, and where a key leads.
 *
 * @module
 */

/**
 * Listen to a slider: a pointer points at what it is over, a click goes there.
 *
 * @param {HTMLElement | SVGElement} slider
 * @param {object} does
 * @param {(event: PointerEvent | MouseEvent) => void} does.pointAt
 * @param {() => void} does.letGo
 * @param {(event: MouseEvent) => void} does.click
 * @param {(event: KeyboardEvent) => void} does.onKey
 * @param {HTMLElement | SVGElement} [surface]  over which the pointer points; the slider itself, if left out
 */
export function listen(slider, { pointAt, letGo, click, onKey }, surface = slider) {
  surface.addEventListener("pointermove", /** @type {EventListener} */ (pointAt));
  surface.addEventListener("pointerleave", letGo);
  slider.addEventListener("click", (event) => {
    click(/** @type {MouseEvent} */ (event));
    // The arrow keys go on stepping for those who do not walk through the stops by them.
    slider.blur();
  });
  slider.addEventListener("blur", letGo);
  slider.addEventListener("keydown", /** @type {EventListener} */ (onKey));
}

/** Whether a key is pressed with another one, and so is none of a slider's. @param {KeyboardEvent} event */
export function isModified({ ctrlKey, altKey, metaKey, shiftKey }) {
  return ctrlKey || altKey || metaKey || shiftKey;
}

/**
 * Arrows lead to the next stop and no farther than the last one, Home and End to the first and the last.
 *
 * @param {string} key
 * @param {number} here  the number of a stop
 * @param {number} count  of stops, at least 1
 * @returns {number | null}  null: the key leads nowhere
 */
export function stopFor(key, here, count) {
  const target = {
    ArrowLeft: here - 1,
    ArrowDown: here - 1,
    ArrowRight: here + 1,
    ArrowUp: here + 1,
    Home: 0,
    End: count - 1,
  }[key];
  return target === undefined ? null : Math.min(Math.max(target, 0), count - 1);
}
