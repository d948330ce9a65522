import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { decodeView } from "../../static/js/frames.js";
import { createEditing } from "../../static/js/plane/editing.js";
import { plotIn } from "../../static/js/plane/plot.js";

const ENDS = { low: -1, high: 1 };

/** An editing hand over the plane among the examples, and all that is heard of it. */
function hand({ isTraining = false, isShown = true } = {}) {
  const bytes = new Uint8Array(readFileSync(new URL("../golden/view-plane.bin", import.meta.url))).buffer;
  const { data, arrays = {} } = decodeView(bytes) ?? {};
  const plot = plotIn({ width: 300, height: 200, letter: 10, x: ENDS, y: ENDS, isFree: false, isNamed: true });
  /** @type {any[]} */
  const sent = [];
  /** @type {any[]} */
  const selected = [];
  /** @type {string[]} */
  const said = [];
  const editing = createEditing({
    shown: () => (isShown ? { data: { ...data, target_names: ["y"] }, arrays, plot } : null),
    isTraining: () => isTraining,
    send: async (command) => {
      sent.push(command);
      return null;
    },
    select: (ref) => selected.push(ref),
    say: (sentence) => said.push(sentence),
    refuse: (sentence) => said.push(sentence),
    changed: () => {},
  });
  return { editing, sent, selected, said };
}

test("a point without a target is not put in, and it is said why", () => {
  const { editing, sent, said } = hand();

  editing.put("add", [0.5, 0.5], null);

  assert.deepEqual(sent, []);
  assert.deepEqual(said, ["First say which target the point is to have."]);
});

test("a point that is fed is learned from at once, unless the server trains anyhow", () => {
  const [alone, training] = [hand(), hand({ isTraining: true })];

  for (const { editing } of [alone, training]) editing.put("feed", [0.5, 0.5], 1);

  assert.deepEqual(alone.sent.map(({ type, path }) => path ?? type), ["data.points.feed", "next"]);
  assert.deepEqual(training.sent.map(({ type, path }) => path ?? type), ["data.points.feed"]);
});

test("a point that is taken along is selected, and where it is carried is known before the server tells it", () => {
  const { editing, selected } = hand();

  editing.take({ kind: "training", place: 0, row: 0 });

  assert.deepEqual(selected, [{ name: "data", index: [0] }]);
  // Mazur's inputs.
  assert.deepEqual(editing.carried?.values, [0.05, 0.1]);
});

test("only a point is taken out, and nothing is before there is a picture", () => {
  const [shown, empty] = [hand(), hand({ isShown: false })];

  shown.editing.remove({ name: "layer0.W", index: [0, 0] });
  empty.editing.remove({ name: "data", index: [0] });
  shown.editing.remove({ name: "data", index: [0] });

  assert.deepEqual(empty.sent, []);
  assert.deepEqual(shown.sent, [{ type: "edit", id: 0, path: "data.points.remove", index: [0], value: null }]);
  assert.deepEqual(shown.selected, [null]);
});
