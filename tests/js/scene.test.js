import assert from "node:assert/strict";
import { test } from "node:test";

import { layout, overlap } from "../../static/js/layout.js";
import { momentsOf, stops } from "../../static/js/moments.js";
import { signed } from "../../static/js/format.js";
import { valueOf } from "../../static/js/select.js";
import { captionOf, sceneOf } from "../../static/js/stage/scene.js";
import { atMoment, tinyRun } from "./tiny-run.js";

/** @typedef {import("../../static/js/types.js").State} State */
/** @typedef {import("../../static/js/types.js").EventKind} EventKind */
/** @typedef {import("../../static/js/stage/scene.js").Scene} Scene */

const PLACE = { width: 608, height: 467, unit: 15 };
const RUN = tinyRun([2, 2, 1]);
const PICTURE = layout({ layers: RUN.layers, ...PLACE });

/** How many events have run after the `count`-th of a kind. @param {EventKind} kind @param {number} [count] @param {State} [run] */
function after(kind, count = 1, run = RUN) {
  return (run.events.filter((event) => event.kind === kind)[count - 1]?.index ?? NaN) + 1;
}

/** @param {Scene} scene @param {string} place @param {string} name */
function slot(scene, place, name) {
  return scene.nodes.find((node) => node.node.key === place)?.slots.find((each) => each.key === name);
}

/** @param {Scene} scene @param {string} key */
function edge(scene, key) {
  return scene.edges.find((each) => each.key === key);
}

/** Every still frame of a run at some grains. @param {State} run @returns {State[]} */
function stills(run) {
  return run.events.flatMap((event) =>
    /** @type {const} */ (["term", "neuron", "layer"]).flatMap((grain) =>
      stops(momentsOf(event, run.layers), grain).map((micro) => atMoment(run, event.index + 1, micro, { grain })),
    ),
  );
}

test("before the first event every slot is empty, none is 0", () => {
  const scene = sceneOf(atMoment(RUN, 0, 0), PICTURE);

  for (const node of scene.nodes) for (const each of node.slots) assert.deepEqual([each.kind, each.text], ["empty", ""], each.words());
  assert.match(slot(scene, "node 0 1", "delta")?.words() ?? "", /not computed yet/);
});

test("every weight is printed with its sign, be it positive or negative", () => {
  const { labels } = sceneOf(atMoment(RUN, 0, 0), PICTURE);

  for (const label of labels) assert.match(label.text, label.sign === "positive" ? /^\+\d/ : /^−\d/);
});

test("gradients are printed with their sign", () => {
  const positive = RUN.events.map((event) => (event.kind === "activation_gradient" ? { ...event, values: { ...event.values, "layer1.delta": [[0.5], [0.5]] } } : event));
  const scene = sceneOf(atMoment({ ...RUN, events: positive }, after("activation_gradient"), 1), PICTURE);

  assert.equal(slot(scene, "node 1 0", "delta")?.text, "+0.5");
  assert.match(scene.plates[0]?.text ?? "", /^[+−]/);
});

test("the curve of an activation covers no chip and no number, and stays where it is from neuron to neuron", () => {
  for (const sizes of [[2, 2, 1], [2, 2, 2], [1, 2, 1]]) {
    const run = tinyRun(sizes);
    for (const place of [{ width: 700, height: 460, unit: 15 }, { width: 1240, height: 800, unit: 15 }]) {
      const picture = layout({ layers: run.layers, ...place });
      /** @type {Map<string, string>} */
      const stood = new Map();
      for (const state of stills(run)) {
        const { curve, labels } = sceneOf(state, picture);
        if (!curve) continue;
        const { kind, layer } = run.events[state.cursor.event - 1] ?? {};
        const at = JSON.stringify(curve.rect);
        assert.equal(stood.get(`${kind} ${layer}`) ?? at, at, `${sizes.join("-")} ${curve.key}`);
        stood.set(`${kind} ${layer}`, at);
        for (const node of picture.nodes) assert.ok(!overlap(curve.rect, node), `${sizes.join("-")} ${curve.key}: ${node.key}`);
        for (const edge of picture.edges) if (edge.label) assert.ok(!overlap(curve.rect, edge.label), `${sizes.join("-")} ${curve.key}: ${edge.key}`);
        assert.equal(labels.length, picture.edges.filter((edge) => edge.label).length);
        assert.match(curve.leader, /^M/);
      }
      assert.ok(stood.size > 0);
    }
  }
});

test("a softmax is told by bars as long as its probabilities, empty until they are computed", () => {
  const run = tinyRun([2, 3]);
  const layers = run.layers.map((layer) => ({ ...layer, activation: "softmax" }));
  const events = run.events.map((event) => (event.kind === "activation" ? { ...event, values: { "layer0.a": [[0.25, 0.5, 0.25]] }, detail: { sample: 0 } } : event));
  const { curve } = sceneOf(atMoment({ ...run, layers, events }, after("activation", 1, run), 2), layout({ layers, ...PLACE }));
  const [first, second, third] = curve?.bars ?? [];

  assert.ok(first && second && third);
  assert.deepEqual([first.text, second.text, third.text], ["0.25", "0.5", ""]);
  assert.equal(second.rect.w, second.whole.w / 2);
  assert.equal(third.rect.w, 0);
});

test("the loss of the validation rows stands with the loss, and between two of them as it was last", () => {
  const picture = layout({ layers: RUN.layers, ...PLACE, validation: true });
  const history = { steps: 9, loss: [], validation: /** @type {[number, number][]} */ ([[0, 0.75], [5, 0.5], [10, 0.25]]), edits: [] };
  const at = (/** @type {number} */ step) => slot(sceneOf({ ...RUN, history, cursor: { step, event: 0 } }, picture), "loss", "validation_loss");

  assert.deepEqual([at(0)?.kind, at(0)?.text], ["empty", ""]);
  assert.deepEqual([at(7)?.kind, at(7)?.text], ["earlier", "0.5"]);
  assert.match(at(7)?.words() ?? "", /measured before step 6/);
});

test("what a target is called is not taken for its value: a class has no name of its own", () => {
  const name = (/** @type {"regression" | "binary"} */ task, /** @type {string} */ target) => {
    const data = /** @type {any} */ ({ ...RUN.data, task, target_names: [target] });
    return sceneOf({ ...RUN, data }, PICTURE).nodes.find((each) => each.node.key === "target 0")?.name;
  };

  assert.equal(name("binary", "outer"), "target");
  assert.equal(name("regression", "y1"), "target y1");
});

test("before the first event every weight is drawn and none is dimmed", () => {
  const scene = sceneOf(atMoment(RUN, 0, 0), PICTURE);

  assert.equal(scene.labels.length, 9);
  assert.ok(scene.edges.every((each) => !each.state.includes("dim")));
});

test("the sign of a weight is told by its class and its number, its size by the width", () => {
  const scene = sceneOf(atMoment(RUN, 0, 0), PICTURE);
  const negative = scene.edges.find((each) => each.sign === "negative");

  assert.ok(negative);
  assert.match(scene.labels.find((each) => each.place === negative.key)?.text ?? "", /^−/);
  assert.ok((edge(scene, "edge 0 0 0")?.width ?? 0) > (edge(scene, "bias 0 0")?.width ?? Infinity));
});

test("a term is a token that goes forward with its product, and the sum so far stands in z", () => {
  const scene = sceneOf(atMoment(RUN, after("affine"), 1), PICTURE);
  const [token, ...others] = scene.tokens;

  assert.equal(others.length, 0);
  assert.deepEqual([token?.way, token?.nose, token?.place], ["forward", "right", "edge 0 0 0"]);
  assert.equal(token?.lines.join(" "), "1 · 0.841 = 0.841");
  assert.deepEqual([slot(scene, "node 0 0", "z")?.kind, slot(scene, "node 0 0", "z")?.text], ["partial", "0.841"]);
  assert.equal(slot(scene, "node 0 1", "z")?.kind, "empty");
});

test("while a term travels its slot shows the sum before it", () => {
  const scene = sceneOf(atMoment(RUN, after("affine"), 2), PICTURE);

  assert.equal(slot(scene, "node 0 0", "z")?.before, "0.841");
  assert.equal(slot(scene, "node 0 1", "z")?.before, null);
});

test("the bias is a term like any other and completes z", () => {
  const scene = sceneOf(atMoment(RUN, after("affine"), 3), PICTURE);

  assert.equal(scene.tokens[0]?.place, "bias 0 0");
  assert.equal(scene.tokens[0]?.lines.join(" "), "1 · 0.1 = 0.1");
  assert.equal(slot(scene, "node 0 0", "z")?.kind, "known");
});

test("only the active is bright: a term's edge and its two ends", () => {
  const scene = sceneOf(atMoment(RUN, after("affine"), 1), PICTURE);
  const bright = [...scene.edges, ...scene.nodes.map((each) => ({ ...each, key: each.node.key }))].filter((each) => each.state.includes("bright"));

  assert.deepEqual(bright.map((each) => each.key).sort(), ["edge 0 0 0", "input 0", "node 0 0"]);
});

test("what is pinned stays bright and is marked as pinned", () => {
  const scene = sceneOf(atMoment(RUN, after("affine"), 1, { selection: { name: "layer1.grad_W", index: [0, 1] } }), PICTURE);

  assert.match(edge(scene, "edge 1 0 1")?.state ?? "", /bright.*selected/);
});

test("at the grain of neurons all products of the neuron rest on their edges", () => {
  const scene = sceneOf(atMoment(RUN, after("affine"), 3, { grain: "neuron" }), PICTURE);

  assert.deepEqual(scene.tokens.map((each) => each.place), ["edge 0 0 0", "edge 0 0 1", "bias 0 0"]);
});

test("at the grain of layers there are no tokens and the whole layer is bright", () => {
  const scene = sceneOf(atMoment(RUN, after("affine"), 6, { grain: "layer" }), PICTURE);

  assert.equal(scene.tokens.length, 0);
  assert.ok(scene.edges.filter((each) => each.edge.layer === 0).every((each) => each.state.includes("bright")));
});

test("an activation is a curve with the point on it", () => {
  const scene = sceneOf(atMoment(RUN, after("activation"), 2), PICTURE);

  assert.ok(scene.curve);
  const { point, rect, foot } = scene.curve;
  const a = Number(valueOf(atMoment(RUN, after("activation"), 2), { name: "layer0.a", index: [0, 1] }));
  assert.ok(point && foot);
  assert.ok(point.x >= rect.x && point.x <= rect.x + rect.w && point.y >= rect.y && point.y <= rect.y + rect.h);
  assert.equal(Math.sign(foot.y - point.y), Math.sign(a));
  assert.match(scene.curve.text, /f′\(z\) = /);
});

test("the gradient goes back on its own token, from the target to the source", () => {
  const scene = sceneOf(atMoment(RUN, after("propagate"), 1), PICTURE);
  const [token] = scene.tokens;

  assert.deepEqual([token?.way, token?.nose, token?.place], ["backward", "left", "edge 1 0 0"]);
  const begin = token?.route[0];
  const end = token?.route[token.route.length - 1];
  assert.ok(begin && end && begin.x > end.x);
});

test("a gradient of an activation stands under its neuron and not in its δ slot", () => {
  const scene = sceneOf(atMoment(RUN, after("propagate"), 2), PICTURE);

  assert.deepEqual(scene.plates.map((each) => each.ref.name), ["layer0.grad_a", "layer0.grad_a"]);
  assert.equal(slot(scene, "node 0 0", "delta")?.kind, "empty");
});

test("the mean over the batch stands on every edge of the layer, and the line above says so", () => {
  const state = atMoment(RUN, after("weight_gradient"), 4);
  const gradients = sceneOf(state, PICTURE).labels.filter((each) => each.kind === "gradient");

  assert.deepEqual(gradients.map((each) => each.place).sort(), ["bias 1 0", "edge 1 0 0", "edge 1 0 1"]);
  assert.match(captionOf(state, PICTURE).title, /mean over 2 samples/);
  assert.equal(captionOf(state, PICTURE).sample?.name, "sample 1 of 2");
});

test("over the mean of each edge stands what the sample on show adds to it", () => {
  const labels = sceneOf(atMoment(RUN, after("weight_gradient"), 4), PICTURE).labels.filter((each) => each.place === "edge 1 0 1");
  const terms = RUN.events.find((each) => each.kind === "weight_gradient")?.detail?.terms;

  assert.deepEqual(labels.map((each) => each.kind), ["share", "gradient"]);
  assert.equal(labels[0]?.text, signed(terms?.[0]?.[1] ?? NaN));
});

test("in a batch of one there is no word of a mean", () => {
  const events = RUN.events.map((event) => (event.kind === "batch" ? { ...event, values: { x: [[1, 0.54]], y: [[1]], batch: [0] } } : event));
  const state = atMoment({ ...RUN, events }, after("weight_gradient"), 4);

  assert.doesNotMatch(captionOf(state, PICTURE).title, /mean/);
  assert.ok(sceneOf(state, PICTURE).labels.every((each) => each.kind !== "share"));
});

test("a product of δ and a is the sample's, before the mean", () => {
  const state = atMoment(RUN, after("weight_gradient"), 1);

  assert.equal(sceneOf(state, PICTURE).tokens[0]?.way, "backward");
  assert.doesNotMatch(captionOf(state, PICTURE).title, /mean/);
});

test("a vanishing gradient has a weaker track than a large one, on the same scale in every frame", () => {
  const weak = { ...RUN, events: RUN.events.map((e) => (e.kind === "weight_gradient" && e.layer === 1 ? { ...e, values: { "layer1.grad_W": [[1e-5, 1]], "layer1.grad_b": [0] } } : e)) };
  const scene = sceneOf(atMoment(weak, after("weight_gradient"), 4), PICTURE);

  assert.ok((edge(scene, "edge 1 0 0")?.track?.strength ?? 1) < 0.2);
  assert.ok((edge(scene, "edge 1 0 1")?.track?.strength ?? 0) > 0.8);
  assert.equal(edge(scene, "edge 0 0 0")?.track, null);
});

test("weights are locked during the backward pass and unlocked one by one in the update", () => {
  const backward = sceneOf(atMoment(RUN, after("propagate"), 1), PICTURE);
  const update = sceneOf(atMoment(RUN, after("update"), 2, { grain: "layer" }), PICTURE);

  assert.ok(backward.labels.every((each) => each.lock === "closed"));
  assert.equal(update.labels.find((each) => each.place === "edge 0 0 0" && each.kind === "next")?.lock, "open");
  assert.equal(update.labels.find((each) => each.place === "edge 1 0 0")?.lock, "closed");
  assert.ok(sceneOf(atMoment(RUN, after("affine"), 1), PICTURE).labels.every((each) => each.lock === null));
});

test("a frozen weight is locked at all times", () => {
  const [first, last] = RUN.layers;
  assert.ok(first && last);
  const scene = sceneOf(atMoment({ ...RUN, layers: [{ ...first, frozen: ["b"] }, last] }, 0, 0), PICTURE);

  assert.equal(scene.labels.find((each) => each.place === "bias 0 1")?.lock, "closed");
  assert.equal(scene.labels.find((each) => each.place === "edge 0 0 0")?.lock, null);
});

test("an update is three numbers on each edge of the neuron, and the edge grows from the first to the last", () => {
  const scene = sceneOf(atMoment(RUN, after("update"), 1), PICTURE);
  const weight = edge(scene, "edge 0 0 0");

  assert.deepEqual(scene.stacks.map((each) => each.place), ["edge 0 0 0", "edge 0 0 1"]);
  assert.deepEqual(scene.stacks[0]?.lines.map((line) => line.symbol), ["w", "−η·g", "w′"]);
  assert.match(scene.stacks[0]?.lines[1]?.text ?? "", /^[+−]/);
  assert.ok(weight && weight.width !== weight.widthBefore);
});

test("with another optimizer the change is not called −η·g", () => {
  const scene = sceneOf(atMoment(RUN, after("update"), 1, { experiment: { optimizer: { type: "adam" } } }), PICTURE);

  assert.equal(scene.stacks[0]?.lines[1]?.symbol, "Δw");
});

test("the preview draws ghosts of the next weights until the update has made them", () => {
  const preview = { learning_rate: 1, loss: 0, values: { "layer0.next_W": [[3, 3], [3, 3]], "layer0.next_b": [3, 3], "layer1.next_W": [[3, 3]], "layer1.next_b": [3] } };
  const before = sceneOf(atMoment(RUN, after("weight_gradient", 2), 7, { preview }), PICTURE);
  const updated = sceneOf(atMoment(RUN, after("update"), 2, { preview }), PICTURE);

  assert.ok(edge(before, "edge 0 0 0")?.ghost);
  assert.equal(edge(updated, "edge 0 0 0")?.ghost, null);
  assert.ok(edge(updated, "edge 1 0 0")?.ghost);
});

test("no ghost is drawn before the event that makes the last gradient known is shown whole", () => {
  const preview = { learning_rate: 1, loss: 0, values: { "layer0.next_W": [[3, 3], [3, 3]] } };
  const event = after("weight_gradient", 2);

  const ghosts = [1, 6, 7].map((micro) => edge(sceneOf(atMoment(RUN, event, micro, { preview }), PICTURE), "edge 0 0 0")?.ghost);

  assert.deepEqual(ghosts.map(Boolean), [false, false, true]);
});

test("a saturated unit has a lock and a word for it, a dead one another", () => {
  /** @param {number} slope */
  const locks = (slope) => {
    const events = RUN.events.map((e) => (e.kind === "activation" && e.layer === 0 ? { ...e, detail: { sample: 0, slope: [0.5, slope] } } : e));
    const scene = sceneOf(atMoment({ ...RUN, events }, after("activation"), 2), PICTURE);
    return scene.nodes.filter((each) => each.node.kind === "neuron").map((each) => each.lock?.word ?? null);
  };

  assert.deepEqual(locks(0.004), [null, "saturated", null]);
  assert.deepEqual(locks(0), [null, "dead", null]);
  assert.deepEqual(locks(-0.3), [null, null, null]);
});

test("while the server trains the picture shows the frame, without tokens and without dimming", () => {
  const frame = { x: [[7, 8]], "layer0.z": [[0.25, -3]], "layer0.W": [[9, 9], [9, 9]], "layer0.grad_W": [[1, 1], [1, 1]] };
  const scene = sceneOf({ ...RUN, frame, events: [] }, PICTURE);

  assert.equal(slot(scene, "node 0 0", "z")?.text, "0.25");
  assert.equal(scene.labels.find((each) => each.place === "edge 0 0 0")?.text, "+9");
  assert.equal(edge(scene, "edge 0 0 0")?.track?.strength, 6 / 7);
  assert.equal(scene.tokens.length, 0);
  assert.ok(scene.edges.every((each) => !each.state.includes("dim")));
});

test("the parameter that diverges is marked", () => {
  const scene = sceneOf({ ...RUN, divergence: { step: 0, parameter: "layer0.W[1, 1]", cause: "" } }, PICTURE);

  assert.match(edge(scene, "edge 0 1 1")?.state ?? "", /diverged/);
  assert.doesNotMatch(edge(scene, "edge 0 1 0")?.state ?? "", /diverged/);
  assert.doesNotMatch(edge(scene, "bias 0 1")?.state ?? "", /diverged/);
});

test("in no still frame of any phase does a number lie on another", () => {
  for (const sizes of [[1, 1], [1, 2, 1], [2, 2, 1], [2, 3], [2, 4, 2, 1], [2, 2, 2]]) {
    const run = tinyRun(sizes);
    for (const width of [374, 608, 740, 1240]) {
      const picture = layout({ layers: run.layers, width, height: 467, unit: 15 });
      for (const state of stills(run)) {
        const scene = sceneOf(state, picture);
        const over = [...scene.tokens, ...scene.stacks, ...scene.labels, ...scene.plates.filter((plate) => !plate.state.includes("dim"))];
        over.forEach((a, i) => {
          for (const b of over.slice(i + 1)) {
            // Numbers that touch with their rims do not cover one another.
            const rim = { x: b.rect.x + 1.5, y: b.rect.y + 2.5, w: b.rect.w - 3, h: b.rect.h - 5 };
            assert.ok(!overlap(a.rect, rim), `${sizes.join("-")} at ${width}, ${state.events[state.cursor.event - 1]?.kind} ${state.micro} ${state.grain}: ${a.key} on ${b.key}`);
          }
        });
      }
    }
  }
});

test("in no still frame does a token leave the picture", () => {
  for (const sizes of [[2, 2, 1], [2, 4, 2, 1], [8, 8, 8, 8]]) {
    const run = tinyRun(sizes);
    const picture = layout({ layers: run.layers, ...PLACE });
    for (const state of stills(run)) {
      for (const { rect } of sceneOf(state, picture).tokens) {
        assert.ok(rect.x >= 0 && rect.y >= 0 && rect.x + rect.w <= picture.width && rect.y + rect.h <= picture.height);
      }
    }
  }
});

test("where chips have room for one number, the neuron in focus shows all its slots", () => {
  const run = tinyRun([8, 8, 8, 8, 8, 8, 8]);
  const picture = layout({ layers: run.layers, ...PLACE });
  const scene = sceneOf(atMoment(run, after("affine", 2, run), 9), picture);

  assert.equal(picture.compact, true);
  assert.equal(scene.callout?.node.key, "node 1 0");
  assert.deepEqual(scene.callout?.slots.map((each) => each.key), ["z", "a", "delta"]);
  assert.ok(scene.labels.length > 0 && scene.labels.every((each) => / 1 0 | 1 0$| \d+ 0$/.test(each.place)));
});

test("on a projector what is told of one neuron covers no chip, and what an update does to its weights is told with it", () => {
  for (const sizes of [[2, 2, 2], [2, 4, 2, 1]]) {
    const run = tinyRun(sizes);
    for (const place of [{ width: 1178, height: 720, unit: 39.4 }, { width: 607, height: 480, unit: 28 }]) {
      const picture = layout({ layers: run.layers, ...place });
      let updates = 0;
      for (const state of stills(run)) {
        const scene = sceneOf({ ...state, settings: { ...state.settings, projector: true } }, picture);
        const name = `${sizes.join("-")} at ${place.width}, ${state.events[state.cursor.event - 1]?.kind} ${state.micro} ${state.grain}`;
        assert.ok(scene.nodes.every((node) => !node.state.includes("covered")), name);
        updates += scene.stacks.length;
        for (const stack of scene.stacks) {
          assert.deepEqual(stack.lines.map((line) => line.kind), ["name", "before", "change", "after"], name);
          assert.ok(stack.size >= (24 / 39.4) * place.unit, name);
        }
      }
      assert.ok(updates > 0);
    }
  }
});

test("between the columns of a desk's picture the numbers of an update cover no chip", () => {
  const run = tinyRun([2, 4, 2, 1]);
  const picture = layout({ layers: run.layers, width: 712, height: 440, unit: 16 });
  let count = 0;
  for (const state of stills(run)) {
    const { stacks } = sceneOf(state, picture);
    count += stacks.length;
    for (const stack of stacks) for (const node of picture.nodes) assert.ok(!overlap(stack.rect, node), `${stack.key} on ${node.key}`);
  }
  assert.ok(count > 0);
});

test("a folded neuron's term stands on the fold", () => {
  const run = tinyRun([20, 2]);
  const picture = layout({ layers: run.layers, ...PLACE });
  const scene = sceneOf(atMoment(run, after("affine", 1, run), 10), picture);

  assert.match(scene.tokens[0]?.place ?? "", /^fold 0 0 from/);
});

test("a projector shows the numbers of the layer in focus only", () => {
  const scene = sceneOf(atMoment(RUN, after("affine"), 1, { settings: { ...RUN.settings, projector: true } }), PICTURE);

  assert.ok(scene.labels.every((each) => each.place.includes(" 0 ")));
});
