import assert from "node:assert/strict";
import { test } from "node:test";

import { rememberedMoment, rememberedSettings, rememberMoment, rememberSettings } from "../../static/js/persistence.js";
import { USUAL_OPTIONS, USUAL_SETTINGS } from "../../static/js/reduce.js";
import { after, snapshotAt } from "./helpers.js";

/** A storage in memory. @param {Record<string, string>} [content] */
function shelf(content = {}) {
  const items = new Map(Object.entries(content));
  return {
    getItem: (/** @type {string} */ key) => items.get(key) ?? null,
    setItem: (/** @type {string} */ key, /** @type {string} */ value) => void items.set(key, value),
  };
}

/** @returns {never} */
function blocked() {
  throw new DOMException("The operation is insecure.", "SecurityError");
}

test("settings come back as they were left", () => {
  const storage = shelf();
  const settings = { ...USUAL_SETTINGS, theme: /** @type {const} */ ("dark"), character_keys: false };

  rememberSettings(() => storage, settings);

  assert.deepEqual(rememberedSettings(() => storage, USUAL_SETTINGS), settings);
});

test("what is not understood of stored settings is as usual", () => {
  const stored = JSON.stringify({ theme: "pink", projector: "yes", show_table: true, views: ["plane", "tea", "plane", "loss"], unknown: 1 });

  const settings = rememberedSettings(() => shelf({ "chalkgrad.settings": stored }), USUAL_SETTINGS);

  assert.deepEqual(settings, { ...USUAL_SETTINGS, show_table: true, views: ["plane", "loss"] });
});

for (const stored of ["", "{", "null", "[]", "3"]) {
  test(`stored settings of ${JSON.stringify(stored)} are the usual ones`, () => {
    assert.deepEqual(
      rememberedSettings(() => shelf({ "chalkgrad.settings": stored }), USUAL_SETTINGS),
      USUAL_SETTINGS,
    );
  });
}

test("a blocked storage remembers nothing and breaks nothing", () => {
  const state = after(snapshotAt(2));

  rememberSettings(blocked, USUAL_SETTINGS);
  rememberMoment(blocked, state);

  assert.equal(rememberedSettings(blocked, USUAL_SETTINGS), USUAL_SETTINGS);
  assert.equal(rememberedMoment(blocked), null);
});

test("a full storage breaks nothing", () => {
  const full = {
    getItem: () => null,
    setItem: () => {
      throw new DOMException("full", "QuotaExceededError");
    },
  };

  assert.doesNotThrow(() => rememberMoment(() => full, after(snapshotAt(2))));
});

test("the moment comes back with its session, its cursor and what was seen of it", () => {
  const storage = shelf();
  const state = after(
    snapshotAt(0),
    snapshotAt(2, { document: { experiment: { seed: 4 }, edits: [], cursor: { step: 0, event: 0 } } }),
    { type: "ui/grain", grain: "neuron" },
    { type: "ui/view", view: "loss" },
    { type: "ui/micro", micro: 3 },
    { type: "ui/select", ref: { name: "layer0.W", index: [1, 0] } },
  );

  rememberMoment(() => storage, state);

  assert.deepEqual(rememberedMoment(() => storage), {
    session: "session-of-sixteen",
    document: {
      experiment: { seed: 4 },
      edits: [],
      cursor: { step: 0, event: 2 },
      view: {
        micro: 3,
        grain: "neuron",
        speed: 1,
        training: null,
        selection: { name: "layer0.W", index: [1, 0] },
        open_layers: {},
        views: ["loss"],
        view_options: USUAL_OPTIONS,
      },
    },
  });
});

test("a page that has heard nothing yet does not write over what is remembered", () => {
  const storage = shelf({ "chalkgrad.moment": JSON.stringify({ session: "before", document: {} }) });

  rememberMoment(() => storage, after());

  assert.equal(rememberedMoment(() => storage)?.session, "before");
});

for (const stored of [{}, { session: 3, document: {} }, { session: "s" }, { session: "s", document: [] }]) {
  test(`a stored moment of ${JSON.stringify(stored)} is none`, () => {
    assert.equal(rememberedMoment(() => shelf({ "chalkgrad.moment": JSON.stringify(stored) })), null);
  });
}
