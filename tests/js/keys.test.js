import assert from "node:assert/strict";
import { test } from "node:test";

import { actionOf, KEY_TABLE } from "../../static/js/keys.js";

/** @typedef {import("../../static/js/keys.js").Focus} Focus */

/**
 * @param {string} key  "Shift+…" with Shift held
 * @param {Focus} [focus]
 * @param {boolean} [characterKeys]
 */
function pressed(key, focus = "none", characterKeys = true) {
  const shiftKey = key.startsWith("Shift+");
  const press = { key: key.replace("Shift+", ""), shiftKey, ctrlKey: false, altKey: false, metaKey: false };
  return actionOf(press, focus, characterKeys);
}

for (const [key, action] of [
  ["ArrowRight", "next"],
  ["PageDown", "next"],
  ["n", "next"],
  ["ArrowLeft", "back"],
  ["PageUp", "back"],
  ["P", "back"],
  ["Shift+ArrowRight", "nextPhase"],
  ["Shift+ArrowLeft", "backPhase"],
  ["Home", "first"],
  ["End", "last"],
  [" ", "playPause"],
  ["r", "replay"],
  ["-", "coarser"],
  ["Shift++", "finer"],
  ["=", "finer"],
  ["[", "learningRateDown"],
  ["]", "learningRateUp"],
  ["f", "fullscreen"],
  ["b", "blank"],
  [".", "blank"],
  ["t", "table"],
  ["d", "theme"],
  ["v", "projector"],
  ["Shift+?", "help"],
  ["Escape", "leave"],
]) {
  test(`${key} on the page is ${action}`, () => {
    assert.equal(pressed(/** @type {string} */ (key)), action);
  });
}

for (const focus of /** @type {Focus[]} */ (["button", "slider", "menu", "field", "grid"])) {
  test(`a focused ${focus} keeps Space and the arrows`, () => {
    assert.equal(pressed(" ", focus), null);
    assert.equal(pressed("ArrowRight", focus), null);
    assert.equal(pressed("ArrowLeft", focus), null);
    assert.equal(pressed("Enter", focus), null);
  });

  test(`Page Up and Page Down step although a ${focus} has the focus`, () => {
    assert.equal(pressed("PageDown", focus), "next");
    assert.equal(pressed("PageUp", focus), "back");
  });
}

for (const focus of /** @type {Focus[]} */ (["menu", "field"])) {
  test(`a focused ${focus} takes characters as text`, () => {
    assert.equal(pressed("n", focus), null);
    assert.equal(pressed("-", focus), null);
    assert.equal(pressed("?", focus), null);
  });
}

test("characters are shortcuts while a button or a slider has the focus", () => {
  assert.equal(pressed("]", "slider"), "learningRateUp");
  assert.equal(pressed("r", "button"), "replay");
});

test("an open dialog takes every key", () => {
  assert.equal(pressed("PageDown", "dialog"), null);
  assert.equal(pressed("n", "dialog"), null);
  assert.equal(pressed("Escape", "dialog"), null);
});

test("characters switched off do nothing, and named keys still do", () => {
  assert.equal(pressed("n", "none", false), null);
  assert.equal(pressed("?", "none", false), null);
  assert.equal(pressed("ArrowRight", "none", false), "next");
  assert.equal(pressed(" ", "none", false), "playPause");
});

test("a key with Ctrl, Alt or Meta is the browser's", () => {
  for (const held of ["ctrlKey", "altKey", "metaKey"]) {
    const press = { key: "r", shiftKey: false, ctrlKey: false, altKey: false, metaKey: false, [held]: true };
    assert.equal(actionOf(press, "none", true), null);
  }
});

test("no key means two things", () => {
  const meanings = KEY_TABLE.flatMap(({ keys, characters = [], shift }) => [
    ...keys.map((key) => `${shift ? "Shift+" : ""}${key}`),
    ...characters,
  ]);

  assert.equal(new Set(meanings).size, meanings.length);
});
