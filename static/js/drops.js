/**
 * Files that are dropped on the page: a table, a saved moment, a receipt.
 *
 * @module
 */

import { textOf } from "./own-data/preview.js";

/**
 * What a text is. A table may begin with anything, so only what is JSON, or clearly means to be, is none.
 *
 * @param {string} text
 * @returns {"receipt" | "document" | "table"}
 */
export function kindOf(text) {
  const begins = text.replace(/^\ufeff/, "").trimStart();
  if (!begins.startsWith("{")) return "table";
  try {
    return "receipt" in JSON.parse(begins) ? "receipt" : "document";
  } catch {
    return "document";
  }
}

/**
 * Take files wherever they are dropped.
 *
 * @param {HTMLElement} page  where they may be dropped; it says `data-drop` while a file is held over it
 * @param {Record<ReturnType<typeof kindOf>, (text: string, name: string) => unknown>} takers
 * @param {() => number} mostBytes  the largest file that is looked into
 * @param {(sentence: string) => void} refuse
 */
export function listenToDrops(page, takers, mostBytes, refuse) {
  const hasFile = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes("Files") ?? false;
  const over = (/** @type {boolean} */ now) => page.toggleAttribute("data-drop", now);
  page.addEventListener("dragover", (event) => {
    if (!hasFile(event)) return;
    event.preventDefault();
    over(true);
  });
  page.addEventListener("dragleave", ({ relatedTarget }) => {
    if (relatedTarget === null) over(false);
  });
  page.addEventListener("drop", (event) => {
    over(false);
    const [file] = event.dataTransfer?.files ?? [];
    if (!file) return;
    event.preventDefault();
    void take(file);
  });

  /** @param {File} file */
  async function take(file) {
    if (file.size > mostBytes()) {
      refuse(`${file.name} has ${file.size.toLocaleString("en")} bytes; at most ${mostBytes().toLocaleString("en")} are opened.`);
      return;
    }
    const text = textOf(new Uint8Array(await file.arrayBuffer()));
    takers[kindOf(text)](text, file.name);
  }
}
