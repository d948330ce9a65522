/**
 * The axes of the plane: its frame, its ticks, its names.
 *
 * @module
 */

import { number } from "../format.js";
import { svg } from "../svg.js";
import { ticksOf, xOf, yOf } from "./plot.js";

/** @typedef {import("./plot.js").Plot} Plot */

/** Room that a tick has, in letters. */
const TICK_ACROSS = 3.4;
const TICK_UP = 2.4;

export function createAxes() {
  const element = svg("g", { class: "plane-axes", "aria-hidden": "true" });
  let drawn = "";
  return {
    element,

    /**
     * @param {Plot} plot
     * @param {object} words
     * @param {number} words.letter  the size of a letter, in pixels
     * @param {string} words.across
     * @param {string} words.up
     * @param {boolean} words.isNamed
     * @param {boolean} words.isBare  the height of a point says nothing
     */
    draw(plot, words) {
      // While the server trains, the axes are as they were.
      const key = JSON.stringify([plot, words]);
      if (key === drawn) return;
      drawn = key;
      const { left, right, top, bottom, x, y } = plot;
      const { letter, across, up, isNamed, isBare } = words;
      const middle = (top + bottom) / 2;
      const names = isNamed
        ? [
            svg("text", { class: "name", x: (left + right) / 2, y: bottom + 2.35 * letter, "text-anchor": "middle", text: across }),
            svg("text", { class: "name", x: 0, y: 0, "text-anchor": "middle", transform: `translate(${0.75 * letter} ${middle}) rotate(-90)`, text: up }),
          ]
        : [];
      element.replaceChildren(
        svg("rect", { x: left, y: top, width: right - left, height: bottom - top }),
        ...ticksOf(x, (right - left) / (TICK_ACROSS * letter)).map((tick) =>
          svg("text", { x: xOf(plot, tick), y: bottom + 1.2 * letter, "text-anchor": "middle", text: number(tick) }),
        ),
        ...(isBare ? [] : ticksOf(y, (bottom - top) / (TICK_UP * letter))).map((tick) =>
          svg("text", { x: left - 0.4 * letter, y: yOf(plot, tick) + 0.33 * letter, "text-anchor": "end", text: number(tick) }),
        ),
        ...names,
      );
    },
  };
}
