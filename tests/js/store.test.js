import assert from "node:assert/strict";
import { test } from "node:test";

import { createStore } from "../../static/js/store.js";

const count = (/** @type {number} */ state, /** @type {number} */ action) => state + action;

test("a listener is called at once, and after every change", () => {
  const store = createStore(count, 1);
  /** @type {number[]} */
  const heard = [];
  store.subscribe((state) => heard.push(state));

  store.dispatch(2);
  store.dispatch(3);

  assert.deepEqual(heard, [1, 3, 6]);
  assert.equal(store.state, 6);
});

test("a listener hears nothing of an action that changes nothing", () => {
  const store = createStore(count, 1);
  let calls = 0;
  store.subscribe(() => (calls += 1));

  store.dispatch(0);

  assert.equal(calls, 1);
});

test("a listener that has left hears nothing more, and the others still do", () => {
  const store = createStore(count, 0);
  /** @type {string[]} */
  const heard = [];
  const leave = store.subscribe((state) => heard.push(`first ${state}`));
  store.subscribe((state) => heard.push(`second ${state}`));

  leave();
  store.dispatch(5);

  assert.deepEqual(heard, ["first 0", "second 0", "second 5"]);
});

test("whoever comes after a listener that dispatches never sees an older state than it", () => {
  const store = createStore(count, 0);
  store.subscribe((state) => state === 1 && store.dispatch(10));
  /** @type {number[]} */
  const heard = [];
  store.subscribe((state) => heard.push(state));

  store.dispatch(1);

  assert.deepEqual(heard, [0, 11, 11]);
});
