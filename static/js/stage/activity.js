/**
 * Which places of the picture the moment on show is about.
 *
 * @module
 */

import { shownRow } from "../batch.js";
import { isWhole, moment, newest, placeOf } from "../select.js";

/** @typedef {import("../types.js").State} State */
/** @typedef {import("../types.js").EventMessage} EventMessage */
/** @typedef {import("../types.js").Moment} Moment */
/** @typedef {import("../types.js").LayerInfo} LayerInfo */

/**
 * @typedef {object} Activity
 * @property {EventMessage | null} event
 * @property {Moment | null} moment
 * @property {"term" | "neuron" | "layer"} extent  how much of the event is told as one
 * @property {Set<string> | null} bright  places that are not dimmed; null: all of them
 * @property {{layer: number, index: number} | null} neuron  the one that the moment is about
 * @property {string | null} selected  the place of what is pinned
 * @property {string | null} pointed  the place of what is pointed at
 * @property {Set<string>} lit  places of the row of the data that is pointed at, where it is the sample on show
 */

/**
 * Where a layer's input stands: the place of what edge `from` of layer `layer` comes from.
 *
 * @param {number} layer
 * @param {number} from  -1 is the bias
 */
export function sourcePlace(layer, from) {
  if (from < 0) return `one ${layer}`;
  return layer === 0 ? `input ${from}` : `node ${layer - 1} ${from}`;
}

/** The place of an edge. @param {number} layer @param {number} to @param {number} from  -1 is the bias */
export function edgePlace(layer, to, from) {
  return from < 0 ? `bias ${layer} ${to}` : `edge ${layer} ${to} ${from}`;
}

/** The places of a row of `detail.terms` of an affine layer: its inputs, the bias last. @param {LayerInfo} layer */
export function rowOf(layer) {
  return [...Array(layer.fan_in).keys(), -1];
}

/**
 * @param {State} state
 * @returns {Activity}
 */
export function activityOf(state) {
  const event = newest(state);
  const shown = moment(state);
  const selected = state.selection && placeOf(state.selection);
  const pointed = state.hover && placeOf(state.hover);
  const lit = placesOfRow(state);
  const common = { event, selected, pointed, lit };
  if (!event || !shown) return { ...common, moment: null, extent: "layer", bright: null, neuron: null };
  const extent = extentOf(state, event, shown);
  const bright = placesOf(state, event, shown, extent);
  const l = event.layer ?? state.layers.length - 1;
  const layer = event.kind === "propagate" || event.kind === "dropout_gradient" ? l - 1 : l;
  const neuron = event.kind === "loss" || shown.neuron < 0 ? null : { layer, index: shown.neuron };
  if (bright) for (const place of [selected, pointed, ...lit]) if (place) bright.add(place);
  return { ...common, moment: shown, extent, bright, neuron };
}

/**
 * The inputs and targets, if the row of the data that is pointed at is the sample on show.
 *
 * @param {State} state
 * @returns {Set<string>}
 */
function placesOfRow(state) {
  const { hover, layers } = state;
  const isOnShow = hover?.name === "data" && hover.index[0] === shownRow(state);
  return isOnShow ? endsOf(layers) : new Set();
}

/** Where a row of the data stands: all inputs and targets. @param {LayerInfo[]} layers */
function endsOf(layers) {
  /** @type {Set<string>} */
  const places = new Set();
  for (let k = 0; k < (layers[0]?.fan_in ?? 0); k++) places.add(`input ${k}`);
  for (let k = 0; k < (layers[layers.length - 1]?.units ?? 0); k++) places.add(`target ${k}`);
  return places;
}

/**
 * @param {State} state
 * @param {EventMessage} event
 * @param {Moment} shown
 * @returns {Activity["extent"]}
 */
function extentOf(state, event, shown) {
  if (shown.part === "whole") return "layer";
  if (state.grain === "term") return event.kind === "update" ? "neuron" : "term";
  if (state.grain === "neuron") return "neuron";
  return isWhole(state) ? "layer" : "neuron";
}

/**
 * @param {State} state
 * @param {EventMessage} event
 * @param {Moment} shown
 * @param {Activity["extent"]} extent
 * @returns {Set<string> | null}
 */
function placesOf(state, event, shown, extent) {
  const l = event.layer ?? state.layers.length - 1;
  const layer = state.layers[l];
  if (!layer) return null;
  /** @type {Set<string>} */
  const places = new Set();
  const all = extent === "layer";
  /** The neurons of a layer that are told. @param {number} count */
  const neurons = (count) => (all ? [...Array(count).keys()] : [shown.neuron]);
  switch (event.kind) {
    case "validation":
    case "commit":
      return null;
    case "batch":
      return endsOf(state.layers);
    case "affine":
    case "weight_gradient":
      for (const to of neurons(layer.units)) {
        places.add(`node ${l} ${to}`);
        rowOf(layer).forEach((from, k) => {
          if (extent === "term" && k !== shown.from) return;
          places.add(edgePlace(l, to, from)).add(sourcePlace(l, from));
        });
      }
      return places;
    case "activation":
    case "activation_gradient":
      for (const k of neurons(layer.units)) places.add(`node ${l} ${k}`);
      return places;
    case "dropout":
    case "dropout_gradient":
      for (const k of neurons(layer.units)) places.add(`node ${l} ${k}`).add(`gate ${l} ${k}`).add(sourcePlace(l, k));
      return places;
    case "loss":
      places.add("loss");
      for (let k = 0; k < layer.units; k++) {
        if (extent === "term" && shown.part === "term" && k !== shown.from) continue;
        places.add(`link ${k}`).add(`truth ${k}`).add(`target ${k}`).add(`node ${l} ${k}`);
      }
      return places;
    case "penalty":
      return places.add("loss");
    case "loss_gradient":
      places.add("loss");
      for (const k of neurons(layer.units)) places.add(`link ${k}`).add(`node ${l} ${k}`).add(`target ${k}`);
      return places;
    case "propagate":
      for (const from of neurons(layer.fan_in)) {
        places.add(sourcePlace(l, from));
        for (let to = 0; to < layer.units; to++) {
          if (extent === "term" && to !== shown.from) continue;
          places.add(edgePlace(l, to, from)).add(`node ${l} ${to}`);
        }
      }
      return places;
    case "penalty_gradient":
    case "clip":
      state.layers.forEach((each, k) => {
        if (each.type !== "dense") return;
        for (let to = 0; to < each.units; to++) for (const from of rowOf(each)) places.add(edgePlace(k, to, from));
      });
      return places;
    case "update":
      for (const to of neurons(layer.units)) {
        for (const from of rowOf(layer)) {
          if (from < 0 === (event.parameter === "b")) places.add(edgePlace(l, to, from));
        }
      }
      return places;
  }
}
