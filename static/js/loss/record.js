/**
 * The record of losses as it is drawn, read and told: by steps or by epochs.
 *
 * @module
 */

import { linearAxis, logAxis } from "../axes.js";
import { epochName, exact, number, percent, stepName } from "../format.js";

/** @typedef {import("../axes.js").Axis} Axis */
/** @typedef {import("../types.js").History} History */
/** @typedef {import("../types.js").Real} Real */

/** From this step on, with which this epoch begins, epochs have this length. @typedef {{step: number, epoch: number, length: number}} Stretch */

/**
 * @typedef {object} Score
 * @property {number} rows
 * @property {Real} loss
 * @property {Real} [accuracy]
 * @property {number[][]} [confusion]  true × predicted
 * @property {Real} [rmse]
 */

/**
 * What the server tells of this view; see app/views/loss.py.
 *
 * @typedef {object} LossData
 * @property {Stretch[]} stretches
 * @property {[number, Real][]} epochs
 * @property {[number, Real][]} penalty
 * @property {[number, Real][]} penalty_epochs
 * @property {{epoch: number, step: number, loss: Real} | null} best
 * @property {string[]} class_names
 * @property {Score} training
 * @property {Score | null} validation
 */

/** A place on the axis of steps or epochs, and a loss. @typedef {[at: number, loss: Real][]} Curve */

/**
 * A place where the training curve rests: a step, or a whole epoch.
 *
 * @typedef {object} Stop
 * @property {number} number  of the step or the epoch
 * @property {number} at  on the axis
 * @property {number} step  the first that belongs to it
 * @property {Real} loss
 */

/**
 * @typedef {object} Picture
 * @property {boolean} byEpochs
 * @property {Stop[]} stops
 * @property {Curve} training
 * @property {Curve} means  of whole epochs, over the steps of the noisy batches that they are means of
 * @property {Curve} validation
 * @property {Curve} penalty
 * @property {Curve} ghost
 */

const FEWEST_STEPS = 10;
const FEWEST_EPOCHS = 5;
/** So many points make a line worth drawing. */
const FEWEST_MEANS = 2;
const SMALLEST_LOSS_AXIS = 1e-12;

/**
 * Where a step begins on the axis of epochs: 2.5 is the middle of the third.
 *
 * @param {readonly Stretch[]} stretches
 * @param {number} step
 */
export function placeInEpochs(stretches, step) {
  const stretch = stretches.findLast((each) => each.step <= step) ?? { step: 0, epoch: 0, length: 1 };
  return stretch.epoch + (step - stretch.step) / stretch.length;
}

/**
 * The step with which an epoch begins.
 *
 * @param {readonly Stretch[]} stretches
 * @param {number} epoch
 */
export function firstStepOf(stretches, epoch) {
  const stretch = stretches.findLast((each) => each.epoch <= epoch) ?? { step: 0, epoch: 0, length: 1 };
  return stretch.step + (epoch - stretch.epoch) * stretch.length;
}

/** Whether epochs and steps are not the same. @param {LossData | undefined} data */
export function hasEpochs(data) {
  return data?.stretches.some(({ length }) => length > 1) ?? false;
}

/**
 * What is drawn. A mean over an epoch stands in its middle; what was measured before an epoch stands at its beginning.
 *
 * @param {History} history
 * @param {History | null} ghost
 * @param {LossData | undefined} data
 * @param {boolean} byEpochs
 * @returns {Picture}
 */
export function pictureOf(history, ghost, data, byEpochs) {
  const stretches = data?.stretches ?? [];
  /** @param {Curve} curve @returns {Curve} */
  const spread = (curve) => (byEpochs ? curve.map(([step, loss]) => [placeInEpochs(stretches, step), loss]) : curve);
  /** @param {Curve} curve @returns {Curve} */
  const middles = (curve) => curve.map(([epoch, loss]) => [epoch + 0.5, loss]);
  /** @param {[number, Real]} point @returns {[number, Real]} */
  const overSteps = ([epoch, loss]) => [(firstStepOf(stretches, epoch) + firstStepOf(stretches, epoch + 1) - 1) / 2, loss];
  const isNoisy = !byEpochs && hasEpochs(data) && (data?.epochs.length ?? 0) >= FEWEST_MEANS;
  const stops = byEpochs
    ? (data?.epochs ?? []).map(([epoch, loss]) => ({ number: epoch, at: epoch + 0.5, step: firstStepOf(stretches, epoch), loss }))
    : history.loss.map(([step, loss]) => ({ number: step, at: step, step, loss }));
  return {
    byEpochs,
    stops,
    training: byEpochs ? middles(data?.epochs ?? []) : history.loss,
    means: isNoisy ? (data?.epochs ?? []).map(overSteps) : [],
    validation: spread(history.validation),
    penalty: byEpochs ? middles(data?.penalty_epochs ?? []) : (data?.penalty ?? []),
    ghost: spread(ghost?.loss ?? []),
  };
}

/**
 * Axes that hold all curves and do not jump while these grow.
 *
 * @param {Picture} picture
 * @param {number} end  how far the run has come, on the axis of steps or epochs
 * @param {boolean} isLog
 * @returns {{x: Axis, y: Axis}}
 */
export function axesOf({ byEpochs, training, validation, penalty, ghost }, end, isLog) {
  let largest = 0;
  let smallest = Infinity;
  let isEmpty = true;
  for (const curve of [training, validation, penalty, ghost]) {
    for (const [, real] of curve) {
      const loss = Number(real);
      if (!Number.isFinite(loss)) continue;
      isEmpty = false;
      largest = Math.max(largest, loss);
      if (loss > 0) smallest = Math.min(smallest, loss);
    }
  }
  return {
    x: linearAxis(Math.max(end, ghost.at(-1)?.[0] ?? 0), byEpochs ? FEWEST_EPOCHS : FEWEST_STEPS),
    y: isLog && largest > 0 ? logAxis(smallest, largest) : linearAxis(isEmpty ? 1 : largest, SMALLEST_LOSS_AXIS),
  };
}

/**
 * The stop nearest to a place on the axis.
 *
 * @param {readonly Stop[]} stops  ascending
 * @param {number} at
 * @returns {Stop | null}
 */
export function nearestStop(stops, at) {
  const after = stops.find((stop) => stop.at >= at) ?? stops.at(-1) ?? null;
  const before = after && stops[stops.indexOf(after) - 1];
  return before && after && at - before.at < after.at - at ? before : after;
}

/**
 * Everything that is known of a stop, exactly and in words.
 *
 * @param {Stop} stop
 * @param {boolean} isEpoch
 * @param {History} history
 * @param {LossData | undefined} data
 */
export function readingOf({ number: number_, step, loss }, isEpoch, history, data) {
  const last = isEpoch ? firstStepOf(data?.stretches ?? [], number_ + 1) - 1 : step;
  const checked = lossAt(history.validation, step);
  const penalty = lossAt((isEpoch ? data?.penalty_epochs : data?.penalty) ?? [], number_);
  return [
    isEpoch ? epochName(number_) : stepName(number_),
    `${isEpoch ? "mean loss" : "loss"} ${exact(loss)}`,
    checked === undefined ? null : `validation ${isEpoch ? "before it " : ""}${exact(checked)}`,
    penalty === undefined ? null : `penalty ${exact(penalty)}`,
    ...history.edits.filter((edit) => edit.step >= step && edit.step <= last).map((edit) => edit.words),
  ]
    .filter((part) => part !== null)
    .join(", ");
}

/**
 * One sentence: how the run has gone so far.
 *
 * @param {History} history
 * @param {LossData | undefined} data
 */
export function sentenceOf({ loss, steps }, data) {
  const [first, last] = [loss[0], loss.at(-1)];
  const parts = [];
  if (first && last) {
    const run = steps === 1 ? `Loss ${number(first[1])} in the first step` : `Loss ${number(first[1])} → ${number(last[1])} in ${steps.toLocaleString("en")} steps`;
    parts.push(run);
  }
  if (data?.best) parts.push(`validation lowest ${number(data.best.loss)} at ${epochName(data.best.epoch)}`);
  if (data) parts.push(scoreWords(data));
  const sentence = parts.filter(Boolean).join("; ");
  return sentence && `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.`;
}

/**
 * The score on rows that the network has never trained on counts for more.
 *
 * @param {LossData} data
 */
function scoreWords({ training, validation }) {
  const { accuracy, rmse } = validation ?? training;
  const value = accuracy === undefined ? `RMSE ${number(rmse ?? "NaN")}` : `accuracy ${percent(accuracy)}`;
  return validation ? `validation ${value}` : value;
}

/**
 * The picture as a table.
 *
 * @param {Picture} picture
 * @param {History} history
 * @param {LossData | undefined} data
 */
export function tableOf({ byEpochs }, history, data) {
  const stretches = data?.stretches ?? [];
  /** @type {Map<number, {training?: Real, validation?: Real, penalty?: Real, edits: string[]}>} */
  const rows = new Map();
  /** @param {number} number_ */
  const row = (number_) => {
    const found = rows.get(number_) ?? { edits: [] };
    rows.set(number_, found);
    return found;
  };
  /** @param {number} step */
  const numberOf = (step) => (byEpochs ? Math.floor(placeInEpochs(stretches, step)) : step);
  for (const [at, loss] of (byEpochs ? data?.epochs : history.loss) ?? []) row(at).training = loss;
  for (const [step, loss] of history.validation) row(numberOf(step)).validation = loss;
  for (const [at, loss] of (byEpochs ? data?.penalty_epochs : data?.penalty) ?? []) row(at).penalty = loss;
  for (const { step, words } of history.edits) row(numberOf(step)).edits.push(words);
  /** @param {Real | undefined} loss */
  const cell = (loss) => (loss === undefined ? "" : exact(loss));
  return {
    caption: byEpochs ? "The mean loss of each epoch; validation is measured before it" : "The loss of each step; validation is measured before it",
    head: [byEpochs ? "epoch" : "step", "training", "validation", "penalty", "edit"],
    rows: [...rows]
      .sort(([one], [other]) => one - other)
      .map(([number_, { training, validation, penalty, edits }]) => [
        String(number_ + 1),
        cell(training),
        cell(validation),
        cell(penalty),
        edits.join(", "),
      ]),
  };
}

/**
 * @param {[number, Real][]} curve
 * @param {number} at
 */
function lossAt(curve, at) {
  return curve.find(([place]) => place === at)?.[1];
}
