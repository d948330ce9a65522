/**
 * What the server has understood of a table, in words.
 *
 * @module
 */

import { number } from "../format.js";

/** @typedef {import("../types.js").Real} Real */

/**
 * See app/table_experiment.py.
 *
 * @typedef {object} Choices
 * @property {boolean} header
 * @property {string} delimiter
 * @property {string[]} inputs
 * @property {string} target
 * @property {"regression" | "binary" | "classification"} task
 * @property {boolean} standardize
 * @property {number} validation
 * @property {number} divide_target_by
 * @property {boolean} skip_bad_rows
 * @property {number} seed
 */
/** @typedef {{line: number, column: string, value: string, why: string}} BadCell */
/**
 * @typedef {object} ColumnInfo
 * @property {string} name
 * @property {"number" | "category" | "constant" | "empty" | "identifier"} kind
 * @property {"input" | "target" | "none"} use
 * @property {number} missing
 * @property {number} distinct
 * @property {Real | null} least
 * @property {Real | null} mean
 * @property {Real | null} largest
 * @property {{name: string, count: number}[]} categories
 */
/**
 * @typedef {object} TablePreview
 * @property {string} words
 * @property {string} decimal
 * @property {number} rows
 * @property {number} good_rows
 * @property {ColumnInfo[]} columns
 * @property {string[][]} first_rows
 * @property {{count: number, rows: number, told: BadCell[]}} bad
 * @property {Choices} choices
 * @property {{inputs: number[][], task: Choices["task"], class_names?: string[]} | null} data
 * @property {Record<string, any> | null} experiment
 */

const CATEGORIES_NAMED = 3;

/** What a column holds. @param {ColumnInfo} column */
export function columnWords({ kind, distinct, least, largest, categories, missing }) {
  const range = least !== null && largest !== null ? `, ${number(least)} to ${number(largest)}` : "";
  const names = categories.slice(0, CATEGORIES_NAMED).map(({ name }) => name);
  const listed = names.length > 0 ? `: ${names.join(", ")}${distinct > names.length ? ", …" : ""}` : "";
  const words = {
    number: `numbers${range}`,
    category: `${distinct} categories${listed}`,
    constant: `always ${names[0] ?? (least === null ? "the same" : number(least))}`,
    empty: "nothing",
    identifier: "a name for each row",
  }[kind];
  return missing > 0 && kind !== "empty" ? `${words}; ${missing} missing` : words;
}

/** What is wrong with a row. @param {BadCell} cell */
export function badWords({ line, column, value, why }) {
  const where = column === "" ? `Line ${line}` : `Line ${line}, ${column}`;
  if (column === "") return `${where}: ${why}.`;
  return value === "" ? `${where}: ${why}.` : `${where}: “${value}” is ${why}.`;
}

/** What is wrong and is not listed; empty where all of it is. @param {TablePreview["bad"]} bad */
export function furtherWords({ count, told }) {
  const more = count - told.length;
  return more > 0 ? `and ${more} more` : "";
}

/**
 * The text of a file in whatever encoding it came: UTF-8, what spreadsheets call Unicode, or else that of Windows in the
 * west, which is where tables with umlauts mostly come from.
 *
 * @param {Uint8Array} bytes
 */
export function textOf(bytes) {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return new TextDecoder("utf-16le").decode(bytes);
  if (first === 0xfe && second === 0xff) return new TextDecoder("utf-16be").decode(bytes);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}
