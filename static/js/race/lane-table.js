/**
 * The lanes one below the other, with what each has come to.
 *
 * @module
 */

import { button, createRows, element, setAttribute, setText } from "../elements.js";
import { createSwatch } from "./marks.js";
import { columnsOf, endOf } from "./words.js";

/** @typedef {import("../types.js").RaceData} RaceData */
/** @typedef {import("../types.js").RaceLane} RaceLane */

const LAST = { name: "alone", head: "alone", words: "The session becomes this lane, and the race is over." };

/**
 * @param {(lane: number) => void} promote
 */
export function createLaneTable(promote) {
  const head = element("tr");
  const body = element("tbody");
  const table = element("table", {}, element("caption", { class: "visually-hidden" }, "The lanes"), element("thead", {}, head), body);
  const root = element("div", { class: "race-table", role: "region", "aria-label": "The lanes", tabindex: "0" }, table);
  /** @type {ReturnType<typeof createRows<{name: string, head: string, words: string}, {root: HTMLTableCellElement}>>} */
  const heads = createRows(head, () => ({ root: element("th", { scope: "col" }) }));
  /** @type {ReturnType<typeof createRows<RaceLane, ReturnType<typeof createLane>>>} */
  const rows = createRows(body, createLane);
  return {
    root,
    /** @param {RaceData} data @param {boolean} byCost */
    update(data, byCost) {
      const columns = columnsOf(data, byCost);
      heads.update([{ name: "lane", head: "lane", words: "" }, ...columns, LAST], (cell, { name, head: text, words }) => {
        setText(cell.root, text);
        setAttribute(cell.root, "data-column", name);
        setAttribute(cell.root, "title", words || null);
      });
      rows.update(data.lanes, (row, lane, place) => {
        setText(row.name, lane.name);
        setText(row.end, endOf(lane));
        row.end.hidden = endOf(lane) === "";
        setAttribute(row.root, "data-leads", data.order[0] === place && data.step > 0);
        setAttribute(row.go, "aria-label", `Go on with ${lane.name} alone`);
        row.cells.update(columns, (cell, { name, cell: words }) => {
          setText(cell.root, words(lane));
          setAttribute(cell.root, "data-column", name);
        });
        row.root.append(row.last);
      });
    },
  };

  /** @param {number} place */
  function createLane(place) {
    const name = element("span");
    const end = element("p", { class: "race-end" });
    const first = element("th", { scope: "row" }, createSwatch(place), name, end);
    const root = element("tr", {}, first);
    const go = button("Go on", () => promote(place), { class: "quiet-button", title: LAST.words });
    const last = element("td", {}, go);
    /** @type {ReturnType<typeof createRows<ReturnType<typeof columnsOf>[number], {root: HTMLTableCellElement}>>} */
    const cells = createRows(root, () => ({ root: element("td") }));
    return { root, name, end, cells, go, last };
  }
}
