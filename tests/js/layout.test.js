import assert from "node:assert/strict";
import { test } from "node:test";

import { along, beside, layout, overlap, passing, rowsOf, spread, textWidth, within } from "../../static/js/layout.js";

/** @typedef {import("../../static/js/layout.js").Picture} Picture */
/** @typedef {import("../../static/js/layout.js").Rect} Rect */
/** @typedef {import("../../static/js/layout.js").Point} Point */
/** @typedef {import("../../static/js/types.js").LayerInfo} LayerInfo */

/** @param {number[]} sizes  the inputs, then each layer @returns {LayerInfo[]} */
function network(...sizes) {
  return sizes.slice(1).map((units, k) => ({ type: "dense", fan_in: sizes[k] ?? 0, units, activation: "tanh", frozen: [] }));
}

const EIGHTS = [8, 8, 8, 8, 8, 8, 8];
const NETWORKS = [[2, 2, 1], [2, 4, 2, 1], [2, 3], [1, 1], [1, 2, 1], [2, 2, 2], [3, 1], EIGHTS];
const PLACES = [
  { name: "1280×720", width: 608, height: 467, unit: 15 },
  { name: "1280×720 with narrow sides", width: 740, height: 395, unit: 15 },
  { name: "1920×1080", width: 1240, height: 800, unit: 15 },
  { name: "a phone", width: 374, height: 500, unit: 15 },
  { name: "a projector at 1080p", width: 1300, height: 820, unit: 36 },
];

/** @param {(picture: Picture, name: string, sizes: number[], place: typeof PLACES[number]) => void} check */
function eachPicture(check) {
  for (const sizes of NETWORKS) {
    for (const place of PLACES) {
      check(layout({ layers: network(...sizes), ...place }), `${sizes.join("-")} at ${place.name}`, sizes, place);
    }
  }
}

/** @param {Rect[]} rects @param {string} name */
function assertApart(rects, name) {
  rects.forEach((a, i) => {
    for (const b of rects.slice(i + 1)) assert.ok(!overlap(a, b), `${name}: ${JSON.stringify(a)} lies on ${JSON.stringify(b)}`);
  });
}

/** Whether a line passes through a rectangle. @param {Point[]} points @param {Rect} rect */
function crosses(points, rect) {
  return points.some((b, k) => {
    const a = points[k - 1];
    if (!a) return false;
    const steps = Math.max(1, Math.ceil(Math.hypot(b.x - a.x, b.y - a.y)));
    return Array.from({ length: steps + 1 }, (_, s) => ({ x: a.x + ((b.x - a.x) * s) / steps, y: a.y + ((b.y - a.y) * s) / steps })).some(
      (p) => p.x > rect.x && p.x < rect.x + rect.w && p.y > rect.y && p.y < rect.y + rect.h,
    );
  });
}

test("no chip lies on another", () => {
  eachPicture((picture, name) => assertApart(picture.nodes, name));
});

test("no number on an edge lies on another number or on a chip", () => {
  eachPicture((picture, name) => {
    const labels = picture.edges.flatMap((edge) => (edge.label ? [edge.label] : []));
    assertApart(labels, name);
    for (const label of labels) for (const node of picture.nodes) assert.ok(!overlap(label, node), `${name}: ${node.key}`);
  });
});

test("a gradient's place under a number lies on no number", () => {
  eachPicture((picture, name) => {
    assertApart(picture.edges.flatMap((edge) => (edge.label && edge.second ? [edge.label, edge.second] : [])), name);
  });
});

test("no number lies on an edge that is not its own", () => {
  eachPicture((picture, name) => {
    for (const { key, label } of picture.edges) {
      if (!label) continue;
      for (const other of picture.edges) {
        if (other.key !== key) assert.ok(!crosses(other.points, label), `${name}: ${other.key} crosses the number of ${key}`);
      }
    }
  });
});

test("every number lies on its own edge", () => {
  eachPicture((picture, name) => {
    for (const { key, label, points } of picture.edges) if (label) assert.ok(crosses(points, label), `${name}: ${key}`);
  });
});

test("the numbers of one neuron's edges do not overlap when only they are shown", () => {
  eachPicture((picture, name, sizes) => {
    sizes.slice(1).forEach((units, l) => {
      for (let k = 0; k < units; k++) {
        const into = picture.edges.filter((e) => e.layer === l && e.to === k && (e.kind === "weight" || e.kind === "bias"));
        assertApart(into.map((e) => e.atSource), `${name}: into ${l} ${k}`);
        const out = picture.edges.filter((e) => e.layer === l + 1 && e.from === k && e.kind === "weight");
        assertApart(out.map((e) => e.atTarget), `${name}: out of ${l} ${k}`);
      }
    });
  });
});

test("the room for the numbers of the chip in focus lies on no chip, no number and no edge but those to the loss", () => {
  let count = 0;
  eachPicture((picture, name) => {
    const { detail } = picture;
    if (!detail) return;
    count += 1;
    for (const node of picture.nodes) assert.ok(!overlap(node, detail), `${name}: ${node.key}`);
    for (const { key, label, points } of picture.edges) {
      if (label) assert.ok(!overlap(label, detail), `${name}: number of ${key}`);
      assert.ok(!crosses(points, detail), `${name}: ${key}`);
    }
    assert.ok(detail.y + detail.h <= picture.height && detail.x >= 0 && detail.x + detail.w <= picture.width, name);
  });
  assert.ok(count >= 2);
});

test("on a projector every compact network of the examples keeps room for the numbers of the chip in focus", () => {
  for (const sizes of [[2, 2, 2], [2, 4, 2, 1], [2, 3], [2, 2, 1]]) {
    for (const place of [{ width: 1178, height: 720, unit: 39.4 }, { width: 607, height: 480, unit: 28 }]) {
      const picture = layout({ layers: network(...sizes), ...place });
      assert.ok(!picture.compact || picture.detail, `${sizes.join("-")} at ${place.width}`);
    }
  }
});

test("outputs and targets meet in the loss without passing through a chip", () => {
  eachPicture((picture, name) => {
    for (const edge of picture.edges.filter((each) => each.kind === "loss" || each.kind === "target")) {
      for (const { key, x, y, w, h } of picture.nodes) {
        assert.ok(!crosses(edge.points, { x: x + 1, y: y + 1, w: w - 2, h: h - 2 }), `${name}: ${edge.key} through ${key}`);
      }
    }
  });
});

test("where there is room all is drawn larger", () => {
  const size = (/** @type {number} */ width, /** @type {number} */ height) => layout({ layers: network(2, 2, 2), width, height, unit: 15 }).font.number;

  assert.ok(size(700, 460) >= 16);
  assert.ok(size(1240, 800) >= 24);
});

test("small networks show the number of every edge, large ones those of the focus", () => {
  const shown = (/** @type {number[]} */ sizes) => {
    const picture = layout({ layers: network(...sizes), width: 608, height: 467, unit: 15 });
    return picture.edges.filter((e) => e.kind === "weight" || e.kind === "bias").map((e) => e.label !== null);
  };

  for (const sizes of [[2, 2, 1], [2, 4, 2, 1], [2, 3], [1, 1], [1, 2, 1]]) assert.ok(shown(sizes).every((each) => each), sizes.join("-"));
  assert.ok(shown(EIGHTS).every((each) => !each));
});

test("six layers of eight neurons fit into the stage of a page of 1280×720, every neuron and bias among them", () => {
  const picture = layout({ layers: network(...EIGHTS), width: 608, height: 467, unit: 15 });

  assert.equal(picture.width, 608);
  assert.equal(picture.height, 467);
  assert.equal(picture.nodes.filter((node) => node.kind === "neuron").length, 48);
  assert.equal(picture.edges.filter((edge) => edge.kind === "weight").length, 6 * 64);
  assert.equal(picture.edges.filter((edge) => edge.kind === "bias").length, 48);
  for (const node of picture.nodes) {
    assert.ok(node.x >= 0 && node.y >= 0 && node.x + node.w <= 608 && node.y + node.h <= 467, node.key);
  }
  assert.ok(picture.font.number >= 12);
});

test("no text is smaller than 12 pixels for numbers or 11 for names", () => {
  eachPicture((picture, name) => {
    assert.ok(picture.font.number >= 12 && picture.font.label >= 12 && picture.font.small >= 11, name);
  });
});

test("the bias of the output layer is an edge like any other", () => {
  const picture = layout({ layers: network(2, 2, 1), width: 700, height: 400, unit: 15 });

  assert.equal(picture.edgeOf.get("bias 1 0")?.kind, "bias");
  assert.equal(picture.nodeOf.get("one 1")?.kind, "bias");
});

test("neurons of one layer stand in line and the inputs stand before them", () => {
  const picture = layout({ layers: network(2, 4, 1), width: 700, height: 400, unit: 15 });
  const layer = picture.nodes.filter((node) => node.layer === 0 && node.kind === "neuron");

  assert.equal(new Set(layer.map((node) => node.x)).size, 1);
  assert.ok((picture.nodeOf.get("input 0")?.x ?? Infinity) < (layer[0]?.x ?? 0));
});

test("a narrow page has the network flow downwards, as wide as the page", () => {
  const picture = layout({ layers: network(2, 4, 2, 1), width: 374, height: 300, unit: 15 });

  assert.equal(picture.flow, "down");
  assert.equal(picture.width, 374);
  assert.ok((picture.nodeOf.get("node 0 0")?.y ?? 0) > (picture.nodeOf.get("input 0")?.y ?? Infinity));
});

test("a layer of more than eight neurons folds its middle, and opens when asked", () => {
  assert.deepEqual(rowsOf(8, false), [0, 1, 2, 3, 4, 5, 6, 7]);
  assert.deepEqual(rowsOf(10, false), [0, 1, 2, null, 7, 8, 9]);
  assert.equal(rowsOf(10, true).length, 10);

  const folded = layout({ layers: network(2, 10, 1), width: 700, height: 400, unit: 15 });
  const open = layout({ layers: network(2, 10, 1), width: 700, height: 400, unit: 15, open: { 0: true } });

  assert.equal(folded.nodeOf.get("fold 0")?.hidden, 4);
  assert.equal(folded.nodeOf.get("node 0 5")?.kind, "fold");
  assert.equal(open.nodeOf.get("node 0 5")?.kind, "neuron");
});

test("a network too large for its place is given more room, to be scrolled", () => {
  const picture = layout({ layers: network(2, 40, 1), width: 700, height: 400, unit: 15, open: { 0: true } });

  assert.ok(picture.height > 400);
  assertApart(picture.nodes, "2-40-1");
});

test("a dropout layer stands behind its neurons, one gate for each", () => {
  const [first, last] = network(2, 3, 1);
  assert.ok(first && last);
  const picture = layout({
    layers: [first, { type: "dropout", fan_in: 3, units: 3, activation: null, frozen: [], rate: 0.5 }, last],
    width: 700, height: 400, unit: 15,
  });

  assert.deepEqual(picture.edges.filter((edge) => edge.kind === "gate").map((edge) => edge.to), [0, 1, 2]);
  assert.equal(picture.nodeOf.get("node 1 2")?.kind, "dropout");
  assertApart(picture.nodes, "with dropout");
});

test("a point and its direction are found along a line", () => {
  const corner = [{ x: 0, y: 0 }, { x: 10, y: 0 }, { x: 10, y: 10 }];

  assert.deepEqual(along(corner, 0.25), { x: 5, y: 0, angle: 0 });
  assert.deepEqual(along(corner, 0.75), { x: 10, y: 5, angle: 90 });
  assert.deepEqual(along(corner, 2), { x: 10, y: 10, angle: 90 });
});

test("a line beside another lies to the right of its direction", () => {
  assert.deepEqual(beside([{ x: 0, y: 0 }, { x: 10, y: 0 }], 3), [{ x: 0, y: 3 }, { x: 10, y: 3 }]);
});

test("an edge is met where it passes a place of the flow", () => {
  const edge = /** @type {any} */ ({ points: [{ x: 0, y: 0 }, { x: 10, y: 20 }] });

  assert.deepEqual(passing(edge, 5, "across"), { x: 5, y: 10 });
  assert.deepEqual(passing(edge, 5, "down"), { x: 2.5, y: 5 });
});

test("a rectangle is moved no farther than into its bounds", () => {
  assert.deepEqual(within({ x: -5, y: 95, w: 10, h: 10 }, { x: 0, y: 0, w: 100, h: 100 }), { x: 0, y: 90, w: 10, h: 10 });
});

test("rectangles are pushed apart along one axis and stay in their order and their room", () => {
  const rects = [{ x: 0, y: 6, w: 5, h: 10 }, { x: 0, y: 0, w: 5, h: 10 }, { x: 0, y: 95, w: 5, h: 10 }];

  assert.deepEqual(spread(rects, "y", 0, 100)?.map((rect) => rect.y), [10, 0, 90]);
  assert.equal(spread(rects, "y", 0, 29), null);
});

test("digits are of one width, a sign is wider", () => {
  assert.equal(textWidth("0.111", 10), textWidth("0.888", 10));
  assert.ok(textWidth("−1", 10) > textWidth("11", 10));
});
