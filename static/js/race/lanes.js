/**
 * What a lane of a race may do differently, as a form, and as the server is told of it.
 *
 * @module
 */

import { number, parsed, typed } from "../format.js";

/** @typedef {import("../types.js").Catalogue} Catalogue */
/** @typedef {import("../types.js").Experiment} Experiment */
/** @typedef {import("../types.js").LanePlan} LanePlan */
/** @typedef {import("../types.js").LayerInfo} LayerInfo */
/** What is known of the session. @typedef {{catalogue: Catalogue, experiment: Experiment, layers: LayerInfo[]}} Known */
/** A choice of a menu. @typedef {{value: string, words: string}} Choice */
/** A field of a form: a number as it was typed, or one of some choices. @typedef {{name: string, label: string, words: string, value: string, choices?: Choice[]}} Field */
/** What is different, and its fields by name. @typedef {{kind: string, values: Record<string, string>}} Form */

export const MOST_LANES = 4;
/** What the first lane is called. */
export const AS_IT_IS = "as it is";
/** Optimizers whose step follows from the size of the gradient; the others choose their own. */
const PLAIN = new Set(["sgd", "momentum", "nesterov"]);
/** A learning rate with which the others get somewhere in a lecture. */
const USUAL_RATE = 0.1;
const SEARCH = "search:";
/** @type {Record<string, {words: string, path: string, label: string, name: string}>} numbers that may be different */
const NUMBERS = {
  learning_rate: { words: "Learning rate", path: "learning_rate", label: "η", name: "η" },
  batch_size: { words: "Batch size", path: "batch_size", label: "rows", name: "batch of" },
  l1: { words: "Penalty: L1", path: "penalty.l1", label: "λ", name: "L1" },
  l2: { words: "Penalty: L2", path: "penalty.l2", label: "λ", name: "L2" },
  weight_decay: { words: "Penalty: weight decay", path: "optimizer.weight_decay", label: "decay", name: "decay" },
  seed: { words: "Seed", path: "seed", label: "seed", name: "seed" },
};

/**
 * What can be different, in the order of a menu.
 *
 * @param {Known} known
 * @returns {Choice[]}
 */
export function kindsOf({ catalogue, layers }) {
  const dense = layers.flatMap(({ type }, layer) => (type === "dense" ? [layer] : []));
  const { learning_rate: rate, seed, ...others } = NUMBERS;
  /** @param {[string, typeof rate][]} entries */
  const numbers = (entries) => entries.flatMap(([value, entry]) => (entry ? [{ value, words: entry.words }] : []));
  return [
    ...numbers([["learning_rate", rate]]),
    { value: "optimizer", words: "Optimizer" },
    ...dense.map((layer) => ({ value: `initializer:${layer}`, words: `First weights of layer ${layer + 1}` })),
    ...dense.slice(0, -1).map((layer) => ({ value: `activation:${layer}`, words: `Activation of layer ${layer + 1}` })),
    ...numbers(Object.entries(others)),
    ...numbers([["seed", seed]]),
    ...catalogue.searches.map(({ name, label }) => ({ value: SEARCH + name, words: `Search: ${label.toLowerCase()}` })),
  ];
}

/**
 * A form with everything as it usually is.
 *
 * @param {string} kind
 * @param {Known} known
 * @returns {Form}
 */
export function formOf(kind, known) {
  return { kind, values: Object.fromEntries(fieldsOf({ kind, values: {} }, known).map(({ name, value }) => [name, value])) };
}

/**
 * The fields of a form, with what has been put in, or else what is usual.
 *
 * @param {Form} form
 * @param {Known} known
 * @returns {Field[]}
 */
export function fieldsOf({ kind, values }, { catalogue, experiment, layers }) {
  const [what = "", place = ""] = kind.split(":");
  if (kind.startsWith(SEARCH)) {
    const entry = catalogue.searches.find(({ name }) => name === place);
    return (entry?.constants ?? []).map(({ name, label, words, default: usual, choices }) => ({
      name,
      label,
      words,
      value: values[name] ?? (typeof usual === "number" ? typed(usual) : usual),
      ...(choices && { choices: choices.map((value) => ({ value, words: value.replaceAll("_", " ") })) }),
    }));
  }
  if (what === "activation") {
    const value = values["type"] ?? otherThan(layers[Number(place)]?.activation, ["tanh", "relu"]);
    const choices = catalogue.activations.map(({ name, label }) => ({ value: name, words: label }));
    return [{ name: "type", label: "activation", words: "", value, choices }];
  }
  if (what === "optimizer" || what === "initializer") {
    const entries = what === "optimizer" ? catalogue.optimizers : catalogue.initializers;
    const usual = what === "optimizer" ? otherThan(optimizerOf(experiment), ["adam", "momentum"]) : "he_normal";
    const value = values["type"] ?? usual;
    const choices = entries.map(({ name, label }) => ({ value: name, words: label }));
    const constants = entries.find(({ name }) => name === value)?.constants ?? [];
    return [
      { name: "type", label: what === "optimizer" ? "optimizer" : "rule", words: "", value, choices },
      ...constants
        .filter(({ name }) => name !== "weight_decay")
        .map(({ name, label, words, default: number_ }) => ({
          name,
          label,
          words,
          value: values[name] ?? typed(name === "learning_rate" ? rateFor(value, experiment) : (number_ ?? 0)),
        })),
    ];
  }
  const entry = NUMBERS[kind];
  if (!entry) return [];
  return [{ name: "value", label: entry.label, words: "", value: values["value"] ?? typed(usualNumber(kind, experiment)) }];
}

/**
 * The lane that a form describes. What is no number travels as it was typed: the server says what is allowed.
 *
 * @param {Form} form
 * @param {Known} known
 * @returns {LanePlan}
 */
export function laneOf(form, known) {
  const [what = "", place = ""] = form.kind.split(":");
  const fields = fieldsOf(form, known);
  const entries = Object.fromEntries(fields.map(({ name, value, choices }) => [name, choices ? value : valueOf(value)]));
  const type = String(entries["type"] ?? "");
  if (form.kind.startsWith(SEARCH)) {
    const label = known.catalogue.searches.find(({ name }) => name === place)?.label ?? place;
    return { name: label, search: { type: place, ...entries } };
  }
  if (what === "activation") {
    return { name: `${type} in layer ${Number(place) + 1}`, change: { path: `network.layers[${place}].activation`, value: type } };
  }
  if (what === "initializer") {
    const label = known.catalogue.initializers.find(({ name }) => name === type)?.label ?? type;
    return { name: `${label} in layer ${Number(place) + 1}`, change: { path: `network.layers[${place}].initializer`, value: entries } };
  }
  if (what === "optimizer") {
    const rate = entries["learning_rate"];
    const name = `${shortName(type, known)}, η ${typeof rate === "number" ? number(rate) : rate}`;
    return { name, change: { path: "optimizer", value: entries } };
  }
  const { path = "", name = "" } = NUMBERS[form.kind] ?? {};
  const value = entries["value"];
  return { name: `${name} ${typeof value === "number" ? number(value) : value}`, change: { path, value } };
}

/**
 * The form that a lane was made by, so that it can be changed; null for the session as it is.
 *
 * @param {LanePlan} lane
 * @param {Known} known
 * @returns {Form | null}
 */
export function formFor({ change, search }, known) {
  if (search) {
    const { type, ...constants } = search;
    return filled({ kind: SEARCH + type, values: constants }, known);
  }
  if (!change) return null;
  const [, layer, what] = /^network\.layers\[(\d+)\]\.(activation|initializer)$/.exec(change.path) ?? [];
  if (what === "activation") return filled({ kind: `activation:${layer}`, values: { type: change.value } }, known);
  if (what === "initializer") return filled({ kind: `initializer:${layer}`, values: change.value }, known);
  if (change.path === "optimizer") return filled({ kind: "optimizer", values: change.value }, known);
  const kind = Object.entries(NUMBERS).find(([, { path }]) => path === change.path)?.[0];
  return kind ? filled({ kind, values: { value: change.value } }, known) : null;
}

/**
 * Races that are worth seeing, ready-made for what is in force.
 *
 * @param {Known} known
 * @returns {{words: string, lanes: LanePlan[]}[]}
 */
export function readyMade(known) {
  const rate = Number(known.experiment["optimizer"]?.learning_rate ?? USUAL_RATE) || USUAL_RATE;
  const now = optimizerOf(known.experiment);
  /** @param {string} kind @param {Record<string, string>} values */
  const lane = (kind, values = {}) => laneOf({ kind, values }, known);
  const others = ["sgd", "momentum", "rmsprop", "adam"].filter((name) => name !== now).slice(-3);
  return [
    {
      words: "Learning rates ×⅓, ×1, ×3",
      lanes: [base(), lane("learning_rate", { value: short(rate / 3) }), lane("learning_rate", { value: short(rate * 3) })],
    },
    { words: "SGD, momentum, RMSprop, Adam", lanes: [base(), ...others.map((type) => lane("optimizer", { type }))] },
    {
      words: "Backprop against search",
      lanes: [base(), lane("search:hill_climbing"), lane("search:genetic"), lane("search:evolution")],
    },
  ];
}

/** The session as it is. @returns {LanePlan} */
export function base() {
  return { name: AS_IT_IS };
}

/**
 * Whether two lanes would do the same.
 *
 * @param {LanePlan} one
 * @param {LanePlan} other
 */
export function sameLane(one, other) {
  return JSON.stringify([one.change, one.search]) === JSON.stringify([other.change, other.search]);
}

/**
 * A path of the server, and the lane that it is in: "lanes[2].optimizer.beta1" is "optimizer.beta1" of lane 2, from 0.
 *
 * @param {string} path
 * @returns {{lane: number | null, path: string}}
 */
export function placeOfProblem(path) {
  const [, lane, rest = ""] = /^lanes\[(\d+)\]\.?(.*)$/.exec(path) ?? [];
  return lane === undefined ? { lane: null, path } : { lane: Number(lane), path: rest };
}

/**
 * @param {{kind: string, values: any}} form
 * @param {Known} known
 * @returns {Form}
 */
function filled({ kind, values }, known) {
  const given = typeof values === "string" ? { type: values } : values;
  /** @type {Record<string, string>} */
  const texts = {};
  for (const [name, value] of Object.entries(given)) texts[name] = typeof value === "number" ? typed(value) : String(value);
  const form = { kind, values: texts };
  return { kind, values: Object.fromEntries(fieldsOf(form, known).map(({ name, value }) => [name, value])) };
}

/** @param {string} text @returns {number | string} */
function valueOf(text) {
  return parsed(text) ?? text;
}

/** A number in three digits, as it is typed. @param {number} value */
function short(value) {
  return typed(Number(value.toPrecision(3)));
}

/** @param {Experiment} experiment @returns {string} */
function optimizerOf({ optimizer }) {
  return typeof optimizer === "string" ? optimizer : (optimizer?.type ?? "sgd");
}

/**
 * The rate in force, for an optimizer of the same kind; what is plain for the one is far too much for the other.
 *
 * @param {string} name
 * @param {Experiment} experiment
 */
function rateFor(name, experiment) {
  const isAlike = PLAIN.has(name) === PLAIN.has(optimizerOf(experiment));
  return isAlike ? Number(experiment["optimizer"]?.learning_rate ?? USUAL_RATE) : USUAL_RATE;
}

/**
 * @param {string} kind
 * @param {Experiment} experiment
 */
function usualNumber(kind, experiment) {
  const { optimizer, seed } = experiment;
  if (kind === "learning_rate") return Number((3 * Number(optimizer?.learning_rate ?? USUAL_RATE)).toPrecision(3));
  if (kind === "seed") return Number(seed ?? 0) + 1;
  return kind === "batch_size" ? 1 : 0.01;
}

/**
 * @param {string | null | undefined} name
 * @param {[string, string]} names
 */
function otherThan(name, [first, second]) {
  return name === first ? second : first;
}

/**
 * @param {string} type
 * @param {Known} known
 */
function shortName(type, { catalogue }) {
  const label = catalogue.optimizers.find(({ name }) => name === type)?.label ?? type;
  return /\((.+)\)$/.exec(label)?.[1] ?? label;
}
