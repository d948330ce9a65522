/**
 * One whole training step of a small tanh network with half squared error, as the server would tell it: for the tests of
 * what is drawn.
 *
 * @module
 */

/** @typedef {import("../../static/js/types.js").EventMessage} EventMessage */
/** @typedef {import("../../static/js/types.js").State} State */
/** @typedef {import("../../static/js/types.js").LayerInfo} LayerInfo */

/** @param {number} count @param {(k: number) => number} value */
const list = (count, value) => Array.from({ length: count }, (_, k) => value(k));
/** @param {number[]} row */
const runningSums = (row) => row.map((_, k) => row.slice(0, k + 1).reduce((sum, each) => sum + each, 0));
/** @param {number[]} row */
const sum = (row) => row.reduce((all, each) => all + each, 0);

/**
 * A state in which every event of the step has run; move `cursor` and `micro` to look at an earlier moment.
 *
 * @param {number[]} sizes  the inputs, then each layer
 * @returns {State}
 */
export function tinyRun(sizes) {
  /** @type {LayerInfo[]} */
  const layers = sizes.slice(1).map((units, k) => ({ type: "dense", fan_in: sizes[k] ?? 0, units, activation: "tanh", frozen: [] }));
  const samples = 2;
  const rate = 0.5;
  /** @type {number[][][]} */
  const W = layers.map((layer, l) => list(layer.units, (j) => j).map((j) => list(layer.fan_in, (i) => Math.sin(1 + l + 2 * j + 3 * i))));
  const b = layers.map((layer, l) => list(layer.units, (j) => 0.1 * (j + 1) - 0.2 * l));
  const x = list(samples, (s) => s).map((s) => list(sizes[0] ?? 0, (i) => Math.cos(s + i)));
  const y = list(samples, (s) => s).map(() => list(sizes[sizes.length - 1] ?? 0, (k) => (k === 0 ? 1 : -1)));

  /** @type {EventMessage[]} */
  const events = [];
  /** @param {Partial<EventMessage>} event */
  const tell = (event) => {
    const index = events.length;
    events.push({
      type: "event", run: "r", cursor: { step: 0, event: index + 1 }, step: 0, index, kind: "batch", phase: "forward", layer: null,
      parameter: null, values: {}, detail: null, words: "", line: "", ...event,
    });
  };

  tell({ kind: "batch", values: { x, y, batch: [0, 1] } });
  const inputs = [x];
  const slopes = layers.map((layer, l) => {
    const before = inputs[l] ?? [];
    const products = before.map((row) => (W[l] ?? []).map((weights, j) => [...weights.map((w, i) => w * (row[i] ?? 0)), b[l]?.[j] ?? 0]));
    const z = products.map((neurons) => neurons.map(sum));
    const a = z.map((row) => row.map(Math.tanh));
    const slope = a.map((row) => row.map((each) => 1 - each * each));
    tell({ kind: "affine", layer: l, values: { [`layer${l}.z`]: z }, detail: { sample: 0, terms: products[0] ?? [], partials: (products[0] ?? []).map(runningSums) } });
    tell({ kind: "activation", layer: l, values: { [`layer${l}.a`]: a }, detail: { sample: 0, slope: slope[0] ?? [] } });
    inputs.push(a);
    return slope;
  });
  const outputs = inputs[layers.length] ?? [];
  const parts = outputs.map((row, s) => row.map((each, k) => 0.5 * (each - (y[s]?.[k] ?? 0)) ** 2));
  const loss = sum(parts.map(sum)) / samples;
  tell({
    kind: "loss", phase: "loss", values: { sample_loss: parts.map(sum), data_loss: loss, loss },
    detail: { sample: 0, terms: [parts[0] ?? []], partials: [runningSums(parts[0] ?? [])] },
  });

  const last = layers.length - 1;
  let gradA = outputs.map((row, s) => row.map((each, k) => each - (y[s]?.[k] ?? 0)));
  tell({ kind: "loss_gradient", phase: "backward", layer: last, values: { [`layer${last}.grad_a`]: gradA }, detail: { sample: 0 } });
  /** @type {{W: number[][], b: number[]}[]} */
  const gradients = [];
  for (let l = last; l >= 0; l--) {
    const layer = layers[l];
    const slope = slopes[l] ?? [];
    if (!layer) continue;
    const delta = gradA.map((row, s) => row.map((each, j) => each * (slope[s]?.[j] ?? 0)));
    tell({ kind: "activation_gradient", phase: "backward", layer: l, values: { [`layer${l}.slope`]: slope, [`layer${l}.delta`]: delta }, detail: { sample: 0 } });
    const ones = (inputs[l] ?? []).map((row) => [...row, 1]);
    const products = delta.map((row, s) => row.map((d) => (ones[s] ?? []).map((each) => d * each)));
    const mean = list(layer.units, (j) => j).map((j) => list(layer.fan_in + 1, (i) => sum(products.map((each) => each[j]?.[i] ?? 0)) / samples));
    gradients[l] = { W: mean.map((row) => row.slice(0, -1)), b: mean.map((row) => row[layer.fan_in] ?? 0) };
    tell({
      kind: "weight_gradient", phase: "backward", layer: l, detail: { sample: 0, terms: products[0] ?? [] },
      values: { [`layer${l}.grad_W`]: gradients[l]?.W ?? [], [`layer${l}.grad_b`]: gradients[l]?.b ?? [] },
    });
    if (l === 0) break;
    const back = delta.map((row) => list(layer.fan_in, (i) => i).map((i) => row.map((d, j) => d * (W[l]?.[j]?.[i] ?? 0))));
    gradA = back.map((rows) => rows.map(sum));
    tell({
      kind: "propagate", phase: "backward", layer: l, values: { [`layer${l - 1}.grad_a`]: gradA },
      detail: { sample: 0, terms: back[0] ?? [], partials: (back[0] ?? []).map(runningSums) },
    });
  }
  layers.forEach((_, l) => {
    const changeW = (gradients[l]?.W ?? []).map((row) => row.map((g) => -rate * g));
    const changeB = (gradients[l]?.b ?? []).map((g) => -rate * g);
    const nextW = (W[l] ?? []).map((row, j) => row.map((w, i) => w + (changeW[j]?.[i] ?? 0)));
    const nextB = (b[l] ?? []).map((each, j) => each + (changeB[j] ?? 0));
    tell({ kind: "update", phase: "update", layer: l, parameter: "W", values: { [`layer${l}.change_W`]: changeW, [`layer${l}.next_W`]: nextW } });
    tell({ kind: "update", phase: "update", layer: l, parameter: "b", values: { [`layer${l}.change_b`]: changeB, [`layer${l}.next_b`]: nextB } });
  });

  const parameters = Object.fromEntries(layers.flatMap((_, l) => [[`layer${l}.W`, W[l] ?? []], [`layer${l}.b`, b[l] ?? []]]));
  const curve = { z: [-4, 0, 4], a: [-1, 0, 1], slope: [0, 1, 0] };
  return /** @type {State} */ (/** @type {unknown} */ ({
    connection: "open", catalogue: { activations: [{ name: "tanh", label: "tanh", words: "", curve }] }, run: "r",
    experiment: { optimizer: { type: "sgd", learning_rate: rate } }, layers,
    data: { input_names: x[0]?.map((_, i) => `x${i + 1}`) ?? [], target_names: y[0]?.map((_, i) => `y${i + 1}`) ?? [], class_names: [] },
    cursor: { step: 0, event: events.length }, micro: 1000, sample: 0,
    plan: events.map(({ kind, phase, layer, parameter }) => ({ kind, phase, layer, parameter, title: kind, mathml: "" })),
    events, parameters, frame: null, learning_rate: rate, preview: null, divergence: null, grain: "term", selection: null,
    hover: null, open_layers: {}, settings: { projector: false },
  }));
}

/**
 * The same run at another moment.
 *
 * @param {State} state
 * @param {number} event  how many events have run
 * @param {number} micro  how many moments of the last of them are shown
 * @param {Partial<State>} [rest]
 * @returns {State}
 */
export function atMoment(state, event, micro, rest = {}) {
  return { ...state, cursor: { step: 0, event }, micro, ...rest };
}
