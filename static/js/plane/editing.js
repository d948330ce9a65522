/**
 * Changing the points: one is put in or fed, taken along and put down, or taken out.
 *
 * @module
 */

import { indexOfRow, inputsAt, movedPoint, newPoint } from "./edits.js";
import { pointAt } from "./points.js";
import { className } from "./words.js";

/** @typedef {import("../types.js").Command} Command */
/** @typedef {import("../types.js").Ref} Ref */
/** @typedef {import("../types.js").ServerMessage} ServerMessage */
/** @typedef {import("../types.js").PlaneData} PlaneData */
/** @typedef {import("../types.js").PackedArray} PackedArray */
/** @typedef {import("./edits.js").PointEdit} PointEdit */
/** @typedef {import("./hand.js").Hit} Hit */
/** @typedef {import("./hand.js").Place} Place */
/** @typedef {import("./plot.js").Plot} Plot */
/** What is on show. @typedef {{data: PlaneData, arrays: Record<string, PackedArray>, plot: Plot}} Shown */
/** A point that is being moved, and where it is now. @typedef {{hit: Hit, values: [number, number], inputs: number[], target: number}} Carried */

/** While a point is being moved it is told at most this often. */
const TELL_MS = 200;

/**
 * @param {object} on
 * @param {() => Shown | null} on.shown  null before there is a picture
 * @param {() => boolean} on.isTraining
 * @param {(command: Command) => Promise<ServerMessage | null>} on.send
 * @param {(ref: Ref | null) => void} on.select
 * @param {(sentence: string) => void} on.say
 * @param {(sentence: string) => void} on.refuse  what was wanted, and why not
 * @param {(isTakenOrLeft: boolean) => void} on.changed  true: the point that is carried has left its place, or come back to it
 */
export function createEditing(on) {
  /** @type {Carried | null} */
  let carried = null;
  /** It was put down; it stays where it was put until the server has told the plane with it. */
  let isPutDown = false;
  let toldAt = 0;
  let timer = 0;

  return {
    /** The point that is being moved. */
    get carried() {
      return carried;
    },
    put,
    take,
    carry,
    drop,
    remove,
    settle,
  };

  /**
   * @param {"add" | "feed"} way
   * @param {[number, number]} values
   * @param {number | null} label
   */
  function put(way, values, label) {
    const shown = on.shown();
    if (!shown) return;
    const { data, plot } = shown;
    const isHeight = data.kind === "curve" && data.task === "regression";
    if (label === null && !isHeight) {
      on.refuse("First say which target the point is to have.");
      return;
    }
    if (data.task === "regression" && data.target_names.length > 1) return;
    void tell(newPoint(way, data, plot, values, label ?? 0));
    // While the server trains, the next step takes the point by itself.
    if (way === "feed" && !on.isTraining()) void on.send({ type: "next", grain: "step" });
    const what = data.task === "regression" ? "A point" : `A point of ${className(data, label ?? 0)}`;
    on.say(`${what} was ${way === "add" ? "added" : "fed"}.`);
  }

  /** @param {Hit} near */
  function take(near) {
    const shown = on.shown();
    const inputs = shown?.arrays[`${near.kind}_inputs`];
    const points = shown?.arrays[near.kind];
    if (!shown || !inputs || !points) return;
    const values = inputsAt(inputs, near.place);
    const { target } = pointAt(points, near.place);
    carried = { hit: near, values: placeOf(shown.data, values, target), inputs: values, target };
    isPutDown = false;
    on.select({ name: near.kind === "training" ? "data" : "validation", index: [near.row] });
    on.say("Taken along.");
    on.changed(true);
  }

  /** @param {Place} where */
  function carry(where) {
    if (!carried) return;
    carried.values = where.values;
    const wait = toldAt + TELL_MS - performance.now();
    if (wait <= 0) void tellMove();
    else timer ||= window.setTimeout(tellMove, wait);
    on.changed(false);
  }

  /** @param {Place | null} where  null: back to where it was */
  function drop(where) {
    const shown = on.shown();
    if (!carried || !shown) return;
    carried.values = where ? where.values : placeOf(shown.data, carried.inputs, carried.target);
    const told = tellMove();
    on.say("Put down.");
    void told?.then(() => {
      isPutDown = true;
      // If the plane with the point has come already, or the edit was refused, nothing else will come.
      window.setTimeout(() => {
        if (!isPutDown) return;
        settle();
        on.changed(true);
      }, TELL_MS);
    });
    on.changed(false);
  }

  /** The plane has been told anew: a point that was put down is among the others again. */
  function settle() {
    if (isPutDown) [carried, isPutDown] = [null, false];
  }

  /** @param {Ref | null} ref  the point that is selected, if it is one */
  function remove(ref) {
    const shown = on.shown();
    if (!shown || (ref?.name !== "data" && ref?.name !== "validation")) return;
    const index = indexOfRow(shown.data, ref.name === "data" ? "training" : "validation", ref.index[0] ?? 0);
    void tell({ path: "data.points.remove", index: [index], value: null });
    on.select(null);
    on.say("The point was removed.");
  }

  function tellMove() {
    window.clearTimeout(timer);
    timer = 0;
    const shown = on.shown();
    if (!carried || !shown) return null;
    toldAt = performance.now();
    const { hit: { kind, row }, inputs, values } = carried;
    return Promise.all(movedPoint(shown.data, shown.plot, indexOfRow(shown.data, kind, row), inputs, values).map(tell));
  }

  /** @param {PointEdit} edit */
  function tell(edit) {
    return on.send({ type: "edit", id: 0, ...edit });
  }
}

/**
 * Where a point stands on the axes; along one input its target is its height.
 *
 * @param {PlaneData} data
 * @param {readonly number[]} inputs
 * @param {number} target
 * @returns {[number, number]}
 */
function placeOf({ kind, pair }, inputs, target) {
  const [x = 0, y = 0] = pair.map((column) => inputs[column] ?? 0);
  return [x, kind === "plane" ? y : target];
}
