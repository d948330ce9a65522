/**
 * What a race shows, in words and as a table.
 *
 * @module
 */

import { number, percent, quantityName } from "../format.js";

/** @typedef {import("../types.js").DataInfo} DataInfo */
/** @typedef {import("../types.js").RaceData} RaceData */
/** @typedef {import("../types.js").RaceLane} RaceLane */
/** @typedef {import("../types.js").RaceMethod} RaceMethod */
/** @typedef {import("../types.js").PackedArray} PackedArray */

export const TOGETHER = "Next, Play, Back and the timeline move all lanes together; training waits for the slowest.";
export const COST = "A step of backpropagation on all rows costs 3 forward passes; one evaluation of a search costs 1.";
export const MEANS = "means over the last epoch";
const NONE = "–";

/**
 * One sentence: who leads, and what became of the others.
 *
 * @param {RaceData} data
 */
export function sentenceOf({ reason, problems, lanes, order, step, origin, has_penalty }) {
  if (reason) return reason;
  if (problems.length > 0) return "The race cannot be run so; what is wrong stands at its lane. The session is untouched.";
  const from = origin > 0 ? `, from step ${origin + 1} on,` : "";
  const late = lanes.filter(({ there }) => !there);
  if (step === 0) return `All lanes stand at the beginning${origin > 0 ? `, step ${origin + 1}` : ""}. ${TOGETHER}`;
  const [first, ...others] = order.flatMap((place) => lanes[place] ?? []);
  const gone = lanes.filter((_, place) => !order.includes(place));
  const words = [];
  if (first) {
    const rest = others.map(({ name, loss }) => `${name} ${number(loss)}`).join(", ");
    const isTied = others.length > 0 && others.every(({ loss }) => loss === first.loss);
    words.push(
      isTied
        ? `After ${steps(step)}${from} all are alike, with ${number(first.loss)}.`
        : `After ${steps(step)}${from} ${first.name} leads with ${number(first.loss)}${rest && `; ${rest}`}.`,
    );
  }
  words.push(...gone.map(({ name, stopped }) => `${name} ended${stopped ? `: ${stopped}` : ""}`.replace(/\.?$/, ".")));
  if (late.length > 0) words.push(`Still on the way: ${late.map(({ name }) => name).join(", ")}.`);
  if (has_penalty) words.push("Each loss has its lane's own penalty in it.");
  return words.join(" ");
}

/**
 * Columns of the table of lanes; those that nobody has a number for are left out.
 *
 * @param {RaceData} data
 * @param {boolean} byCost  whether a crossing is told by its cost or by its step
 * @returns {{name: string, head: string, words: string, cell: (lane: RaceLane) => string}[]}
 */
export function columnsOf({ lanes, threshold }, byCost) {
  const has = (/** @type {"accuracy" | "validation_loss"} */ name) => lanes.some((lane) => lane[name] !== null);
  return [
    { name: "loss", head: "loss", words: "loss over all training rows", cell: ({ loss }) => number(loss) },
    ...(has("accuracy")
      ? [{ name: "right", head: "right", words: "training rows classified rightly", cell: (/** @type {RaceLane} */ { accuracy }) => (accuracy === null ? NONE : percent(accuracy)) }]
      : []),
    ...(has("validation_loss")
      ? [{ name: "validation", head: "validation", words: "validation loss", cell: (/** @type {RaceLane} */ lane) => (lane.validation_loss === null ? NONE : number(lane.validation_loss)) }]
      : []),
    {
      name: "done",
      head: "done",
      words: "updates, or evaluations of a search",
      cell: ({ kind, done, evaluations }) => (kind === "search" ? `${whole(evaluations)} tries` : steps(done)),
    },
    { name: "cost", head: "cost", words: "forward passes over all rows", cell: ({ cost }) => number(cost, 4) },
    {
      name: "below",
      head: `below ${number(threshold)}`,
      words: `first below ${number(threshold)}, by ${byCost ? "forward passes" : "steps of the race"}`,
      cell: ({ below }) => (below ? (byCost ? `cost ${number(below.cost, 4)}` : `step ${whole(below.step + 1)}`) : NONE),
    },
  ];
}

/**
 * @param {RaceData} data
 * @returns {import("../pane.js").Twin}
 */
export function tableOf(data) {
  const [crossing] = columnsOf(data, true).slice(-1);
  const columns = [...columnsOf(data, false), ...(crossing ? [crossing] : [])];
  return {
    caption: `${sentenceOf(data)} ${COST}`,
    head: ["lane", ...columns.map(({ words }) => words), "ended"],
    rows: data.lanes.map((lane) => [lane.name, ...columns.map(({ cell }) => cell(lane)), endOf(lane)]),
  };
}

/** Why a lane does not go on, or nothing. @param {RaceLane} lane */
export function endOf({ stopped, finished }) {
  return stopped ?? (finished ? "it has come to its end" : "");
}

/**
 * How a search goes about it, in one sentence.
 *
 * @param {RaceMethod} method
 * @param {PackedArray | undefined} array  the one behind it
 * @param {DataInfo | null} data
 */
export function methodWords(method, array, data) {
  switch (method.kind) {
    case "tries": {
      const { count, kept, best, sigma } = method;
      if (count === 0) return "Nothing has been tried yet.";
      if (sigma === null) return `${whole(count)} draws; the best so far has ${number(best)}.`;
      const isKept = array && array.numbers[array.numbers.length - 1] === 1;
      return `Try ${whole(count)} was ${isKept ? "kept" : "refused"}, ${whole(kept)} were kept; the next nudge has σ ${number(sigma)}.`;
    }
    case "generation":
      return method.number === null
        ? "No generation has been tried yet."
        : `Generation ${whole(method.number)}, the best first: ${array?.shape[0] ?? 0} networks.`;
    case "cloud":
      return method.length === null
        ? "No nudge has been tried yet."
        : `${array?.shape[0] ?? 0} pairs ±σε with σ ${number(method.sigma)}: their rewards weigh the directions ε.`;
    case "slope": {
      const { now, nudged, weights } = method;
      if (now === null) return "No weight has been nudged yet.";
      return `Nudging the ${quantityName(now, data)}: ${nudged} of ${weights}${nudged === weights ? ", so one step downhill is due" : ""}.`;
    }
  }
}

/**
 * One mark of such a picture in words.
 *
 * @param {RaceMethod} method
 * @param {PackedArray} array
 * @param {number} place  from 0
 */
export function markWords(method, { numbers, shape: [, width = 1] }, place) {
  const row = [...numbers.subarray(place * width, (place + 1) * width)];
  const [first = 0, second = 0, third = 0, fourth = 0, fifth = 0, sixth = 0] = row;
  switch (method.kind) {
    case "tries":
      return `Try ${whole(method.first + place + 1)}: loss ${number(first)}, ${second ? "kept" : "refused"}.`;
    case "generation": {
      const parents = second < 0 ? "drawn" : second === third ? `child of ${second + 1}` : `child of ${second + 1} and ${third + 1}`;
      const made = fourth ? [`unchanged since the generation before`] : [parents, ...(fifth ? ["crossed"] : []), ...(sixth ? ["mutated"] : [])];
      return `Individual ${place + 1}: loss ${number(first)}; ${made.join(", ")}.`;
    }
    case "cloud":
      return `Pair ${place + 1}: loss ${number(first)} forwards and ${number(second)} backwards, rewards ${number(third)} and ${number(fourth)}.`;
    case "slope":
      return `Weight ${place + 1}: slope ${number(first)}.`;
  }
}

/** @param {number} count */
export function steps(count) {
  return `${whole(count)} ${count === 1 ? "step" : "steps"}`;
}

/** @param {number} value */
function whole(value) {
  return value.toLocaleString("en");
}
