import assert from "node:assert/strict";
import { test } from "node:test";

import { createConnection, LONGEST_DELAY_MS, retryDelay, socketAddress } from "../../static/js/connection.js";
import { firstState, reduce } from "../../static/js/reduce.js";
import { createStore } from "../../static/js/store.js";
import { eventAt, snapshotAt } from "./helpers.js";

/** @typedef {import("../../static/js/types.js").Command} Command */
/** @typedef {import("../../static/js/types.js").FrameMessage} FrameMessage */
/** @typedef {import("../../static/js/types.js").ServerMessage} ServerMessage */

/**
 * A page with a line whose other end is in our hands.
 *
 * @param {Extract<Command, {type: "open"}>} [opening]
 * @param {{isHidden: boolean}} [seen]
 */
function page(opening = { type: "open", preset: "xor" }, seen = { isHidden: false }) {
  /** @type {FakeSocket[]} */
  const sockets = [];
  class FakeSocket {
    /** @type {any[]} */
    sent = [];
    readyState = 0;
    onopen = () => {};
    onclose = () => {};
    onmessage = (/** @type {{data: string}} */ _) => {};

    constructor() {
      sockets.push(this);
    }

    /** @param {string} text */
    send(text) {
      this.sent.push(JSON.parse(text));
    }

    open() {
      this.readyState = 1;
      this.onopen();
    }

    close() {
      this.readyState = 3;
      this.onclose();
    }

    /** @param {ServerMessage | Record<string, unknown>} message */
    say(message) {
      this.onmessage({ data: JSON.stringify(message) });
    }
  }
  const store = createStore(reduce, firstState());
  /** @type {((now?: number) => void)[]} */
  const frames = [];
  /** @type {(() => void)[]} */
  const timers = [];
  /** @type {Record<string, any>[]} */
  const views = [];
  const connection = createConnection({
    store,
    address: "ws://here/ws",
    opening,
    onView: (view) => void views.push(view),
    raf: (callback) => frames.push(callback),
    later: (callback) => timers.push(callback),
    isHidden: () => seen.isHidden,
    Socket: /** @type {any} */ (FakeSocket),
  });
  const line = () => /** @type {FakeSocket} */ (sockets.at(-1));
  return { store, connection, sockets, line, views, timers, drawFrame: (/** @type {number} */ now) => frames.splice(0).forEach((draw) => draw(now)) };
}

/** A page that shows the step after `event` events. @param {number} event */
function pageAt(event) {
  const made = page();
  made.line().open();
  made.line().say(snapshotAt(event));
  made.line().sent.length = 0;
  return made;
}

/** @param {number} seq @returns {FrameMessage} */
function frame(seq) {
  return {
    type: "frame",
    seq,
    run: "r1",
    cursor: { step: seq, event: 11 },
    epoch: 0,
    last_step: seq,
    steps_per_second: 60,
    learning_rate: 0.5,
    values: {},
    parameters: {},
  };
}

test("the socket lies beside the page, behind whatever prefix, and is as secure as the page", () => {
  assert.equal(socketAddress("http://127.0.0.1:8000/?preset=xor#m=1"), "ws://127.0.0.1:8000/ws");
  assert.equal(socketAddress("https://hub/user/x/proxy/8000/"), "wss://hub/user/x/proxy/8000/ws");
});

test("retries come later and later, up to five seconds, and no two pages knock at once", () => {
  assert.deepEqual([0, 1, 2].map((attempt) => retryDelay(attempt, 1)), [250, 500, 1000]);
  assert.equal(retryDelay(50, 1), LONGEST_DELAY_MS);
  assert.equal(retryDelay(0, 0), 125);
});

test("an open line asks for what was wanted", () => {
  const { store, line } = page({ type: "open", link: "abc" });

  line().open();

  assert.equal(store.state.connection, "open");
  assert.deepEqual(line().sent, [{ type: "open", link: "abc" }]);
});

test("a lost line is told, and comes back to the same session and moment", () => {
  const { store, line, timers, sockets } = pageAt(2);
  store.dispatch({ type: "ui/micro", micro: 3 });

  line().close();
  const told = store.state.connection;
  timers[0]?.();
  line().open();

  assert.equal(told, "lost");
  assert.equal(sockets.length, 2);
  const [open] = line().sent;
  assert.equal(open.session, "session-of-sixteen");
  assert.deepEqual(open.document.cursor, { step: 0, event: 2 });
  assert.equal(open.document.view.micro, 3);
});

test("what was seen of the moment is seen again after the line was lost", () => {
  const { store, line, timers } = pageAt(2);
  store.dispatch({ type: "ui/micro", micro: 3 });

  line().close();
  timers[0]?.();
  line().open();
  line().say(snapshotAt(2, { run: "r9" }));

  assert.equal(store.state.micro, 3);
  assert.equal(store.state.run, "r9");
});

test("a walk ends with the line", () => {
  const { store, line } = pageAt(2);
  store.dispatch({ type: "ui/playing", playing: "walk" });

  line().close();

  assert.equal(store.state.playing, "off");
});

test("waiting for the next retry can be cut short, and only one line is opened", () => {
  const { line, connection, sockets, timers } = pageAt(2);
  line().close();

  connection.retryNow();
  connection.retryNow();
  timers[0]?.();

  assert.equal(sockets.length, 2);
});

test("a command on a closed line is not sent, not kept, and told", async () => {
  const { store, line, connection, timers } = pageAt(2);
  line().close();

  const reply = await connection.send({ type: "next", grain: "event" });
  timers[0]?.();
  line().open();

  assert.equal(reply, null);
  assert.match(store.state.problem?.message ?? "", /not done/);
  assert.deepEqual(line().sent.map(({ type }) => type), ["open"]);
});

test("an answer goes to whoever asked, by an id of its own", async () => {
  const { line, connection } = pageAt(2);

  const first = connection.send({ type: "ask", id: 0, what: "link" });
  const second = connection.send({ type: "ask", id: 0, what: "link" });
  const [one, two] = line().sent;
  line().say({ type: "answer", id: two.id, run: "r1", what: "link", link: "second" });
  line().say({ type: "answer", id: one.id, run: "r1", what: "link", link: "first" });

  assert.notEqual(one.id, two.id);
  assert.equal(/** @type {any} */ (await first).link, "first");
  assert.equal(/** @type {any} */ (await second).link, "second");
});

test("a problem answers the command that it is about", async () => {
  const { line, connection } = pageAt(2);

  const reply = connection.send({ type: "edit", id: 0, path: "loss", value: "no" });
  line().say({ type: "problem", id: line().sent[0].id, message: "No.", problems: [] });

  assert.equal((await reply)?.type, "problem");
});

test("whoever waits for an answer hears that the line was lost", async () => {
  const { line, connection } = pageAt(2);

  const reply = connection.send({ type: "ask", id: 0, what: "document" });
  line().close();

  assert.equal(await reply, null);
});

test("of several frames between two pictures only the newest is drawn, and said to be drawn", () => {
  const { store, line, drawFrame } = pageAt(2);

  line().say(frame(1));
  line().say(frame(2));
  line().say(frame(3));
  const before = store.state.cursor.step;
  drawFrame(0);

  assert.equal(before, 0);
  assert.equal(store.state.cursor.step, 3);
  assert.deepEqual(line().sent, [{ type: "drawn", seq: 3 }]);
});

test("a frame that waits is shown before what came after it", () => {
  const { store, line, drawFrame } = pageAt(2);

  line().say(frame(7));
  line().say(snapshotAt(4, { cursor: { step: 8, event: 4 } }));
  drawFrame(0);

  assert.deepEqual(store.state.cursor, { step: 8, event: 4 });
  assert.equal(store.state.frame, null);
  assert.deepEqual(line().sent, [{ type: "drawn", seq: 7 }]);
});

test("a view that comes with a frame is shown with it, and only the newest of each", () => {
  const { store, line, drawFrame } = pageAt(2);
  const view = (/** @type {number} */ step) => ({
    type: "view",
    view: "loss",
    run: "r1",
    cursor: { step, event: 0 },
    request: { view: "loss" },
    data: {},
  });

  line().say(frame(1));
  line().say(view(1));
  line().say(frame(2));
  line().say(view(2));
  const before = store.state.views.loss;
  drawFrame(0);

  assert.equal(before, undefined);
  assert.equal(store.state.cursor.step, 2);
  assert.deepEqual(store.state.views.loss?.cursor, { step: 2, event: 0 });
  assert.deepEqual(line().sent, [{ type: "drawn", seq: 2 }]);
});

test("where pictures come too rarely, the network is drawn in one and the views in the next", () => {
  const { store, line, drawFrame } = pageAt(2);
  const view = (/** @type {number} */ step) => ({
    type: "view",
    view: "loss",
    run: "r1",
    cursor: { step, event: 0 },
    request: { view: "loss" },
    data: {},
  });
  for (let seq = 1; seq < 200; seq += 1) {
    line().say(frame(seq));
    drawFrame(25 * seq);
  }
  line().sent.length = 0;

  line().say(frame(200));
  line().say(view(200));
  drawFrame(5000);
  const between = { step: store.state.cursor.step, views: store.state.views.loss, sent: [...line().sent] };
  drawFrame(5025);

  assert.deepEqual(between, { step: 200, views: undefined, sent: [] });
  assert.deepEqual(store.state.views.loss?.cursor, { step: 200, event: 0 });
  assert.deepEqual(line().sent, [{ type: "drawn", seq: 200 }]);
});

test("an event that does not follow asks for everything again", () => {
  const { store, line } = pageAt(2);

  line().say(eventAt(5));

  assert.equal(store.state.cursor.event, 2);
  assert.deepEqual(line().sent.map(({ type, session }) => [type, session]), [["open", "session-of-sixteen"]]);
});

test("an event of a run that is over asks for nothing", () => {
  const { line } = pageAt(2);

  line().say(eventAt(5, { run: "r0" }));

  assert.deepEqual(line().sent, []);
});

test("the view of a link is shown with the moment it belongs to", () => {
  const { line, views } = page({ type: "open", link: "abc" });
  line().open();

  line().say(snapshotAt(2, { document: { experiment: {}, edits: [], cursor: { step: 0, event: 2 }, view: { micro: 3 } } }));
  line().say(snapshotAt(2, { document: { experiment: {}, edits: [], cursor: { step: 0, event: 2 }, view: { micro: 5 } } }));

  assert.deepEqual(views, [{ micro: 3 }]);
});

test("what this tab saw counts more than what the document once held", () => {
  const cursor = { step: 0, event: 2 };
  const { line, views } = page({
    type: "open",
    session: "session-of-sixteen",
    document: { experiment: {}, edits: [], cursor, view: { micro: 4 } },
  });
  line().open();

  line().say(snapshotAt(2, { document: { experiment: {}, edits: [], cursor, view: { micro: 1 } } }));

  assert.deepEqual(views, [{ micro: 4 }]);
});

test("how much was seen of an event is forgotten when the session has moved on", () => {
  const { line, views } = page({
    type: "open",
    session: "session-of-sixteen",
    document: { experiment: {}, edits: [], cursor: { step: 0, event: 2 }, view: { micro: 4, grain: "term" } },
  });
  line().open();

  line().say(snapshotAt(5));

  assert.deepEqual(views, [{ micro: undefined, grain: "term" }]);
});

test("why a link could not be opened stays to be read beside what was opened in its place", () => {
  const { store, line } = page({ type: "open", link: "damaged" });
  line().open();

  line().say({ type: "problem", id: null, message: "This link is damaged.", problems: [] });
  line().say(snapshotAt(0));

  assert.equal(store.state.problem?.message, "This link is damaged.");
  assert.equal(store.state.run, "r1");
});

test("when what was asked for at first is refused, the usual example is opened and the refusal stands beside it", () => {
  const { store, line } = page({ type: "open", preset: "nope" });
  line().open();

  line().say({ type: "problem", id: null, message: "There is no such preset.", problems: [] });
  line().say(snapshotAt(0));

  assert.deepEqual(line().sent, [{ type: "open", preset: "nope" }, { type: "open", preset: "xor" }]);
  assert.equal(store.state.problem?.message, "There is no such preset.");
});

test("when the usual example is refused too, the page does not ask again and again", () => {
  const { line } = page({ type: "open", preset: "nope" });
  line().open();

  line().say({ type: "problem", id: null, message: "There is no such preset.", problems: [] });
  line().say({ type: "problem", id: null, message: "There are too many sessions.", problems: [] });

  assert.equal(line().sent.length, 2);
});

test("a frame that nobody could see is acknowledged when somebody looks again", () => {
  const seen = { isHidden: true };
  const { line, drawFrame } = page(undefined, seen);
  line().open();
  line().say(snapshotAt(0));
  line().sent.length = 0;

  line().say(frame(7));
  line().say({ type: "history", run: "r1", history: { steps: 0, loss: [], validation: [], edits: [] } });
  const hidden = [...line().sent];
  seen.isHidden = false;
  drawFrame(0);

  assert.deepEqual(hidden, []);
  assert.deepEqual(line().sent, [{ type: "drawn", seq: 7 }]);
});
