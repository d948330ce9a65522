/**
 * The only file that knows that there is a WebSocket: it carries messages, comes back when the line is lost, and never
 * lets a slow page fall behind (of several frames that wait to be drawn, only the newest is).
 *
 * @module
 */

import { decode, decodeView, layoutNumber } from "./frames.js";
import { documentNow } from "./persistence.js";
import { follows } from "./reduce.js";

/** @typedef {import("./types.js").Command} Command */
/** @typedef {import("./types.js").ServerMessage} ServerMessage */
/** @typedef {import("./types.js").Document} Document */
/** @typedef {import("./types.js").FrameMessage} FrameMessage */
/** @typedef {import("./types.js").LayoutMessage} LayoutMessage */
/** @typedef {import("./types.js").SnapshotMessage} SnapshotMessage */
/** @typedef {import("./types.js").AnswerMessage} AnswerMessage */
/** @typedef {import("./types.js").EditedMessage} EditedMessage */
/** @typedef {import("./types.js").ProblemMessage} ProblemMessage */
/** @typedef {import("./types.js").ViewMessage} ViewMessage */
/** @typedef {import("./reduce.js").PageState} PageState */
/** @typedef {import("./reduce.js").Action} Action */
/** @typedef {Extract<Command, {type: "open"}>} OpenCommand */

/** What a command that carries an id is answered with; null when it could not be sent or the line was lost.
 * @typedef {AnswerMessage | EditedMessage | SnapshotMessage | ProblemMessage | null} Reply */

export const FIRST_DELAY_MS = 250;
export const LONGEST_DELAY_MS = 5000;
/** `WebSocket.OPEN`, by its number so that tests can bring a socket of their own. */
const OPEN = 1;
// The server takes no longer message; a page with more than that comes back to its session, or not at all.
const MOST_CHARACTERS = 900_000;
/** Pictures that come more rarely than this, in the mean of so many, do not keep up with a screen of 60 a second. */
const PICTURE_MS = 17.3;
const GAPS = 30;
/** Longer ones are pauses. */
const LONGEST_GAP_MS = 200;

/**
 * How long to wait before the line is tried again. Doubled each time, and no two pages alike, so that a room of them does
 * not knock at a restarted server in the same moment.
 *
 * @param {number} attempt  0 for the first
 * @param {number} random  0 to 1
 */
export function retryDelay(attempt, random) {
  const longest = Math.min(FIRST_DELAY_MS * 2 ** attempt, LONGEST_DELAY_MS);
  return longest * (0.5 + 0.5 * random);
}

/**
 * The address of the socket that belongs to a page.
 *
 * @param {string} base  the page's base address, which knows the prefix behind which it is served
 */
export function socketAddress(base) {
  const address = new URL("ws", base);
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  address.search = "";
  address.hash = "";
  return address.href;
}

/**
 * @param {object} parts
 * @param {{readonly state: PageState, dispatch(action: Action): void}} parts.store
 * @param {string} parts.address  of the socket
 * @param {OpenCommand} parts.opening  what to ask for at first
 * @param {OpenCommand} [parts.otherwise]  what to ask for when that is refused
 * @param {(view: Record<string, any>) => void} parts.onView  the moment that was opened has a view of its own
 * @param {(callback: (now?: number) => void) => unknown} [parts.raf]
 * @param {(callback: () => void, milliseconds: number) => unknown} [parts.later]
 * @param {() => boolean} [parts.isHidden]  nobody can see the page
 * @param {new (address: string) => WebSocket} [parts.Socket]
 */
export function createConnection({
  store,
  address,
  opening,
  otherwise = { type: "open", preset: "xor" },
  onView,
  raf = (callback) => requestAnimationFrame(callback),
  later = (callback, milliseconds) => setTimeout(callback, milliseconds),
  isHidden = () => false,
  Socket = WebSocket,
}) {
  /** @type {WebSocket | null} */
  let socket = null;
  let attempt = 0;
  let lastId = 0;
  /** @type {unknown} the retry that is waited for */
  let retry = null;
  /** @type {FrameMessage | null} */
  let frame = null;
  let drawing = false;
  /** @type {Map<string, ViewMessage>} that came with the frame */
  const views = new Map();
  const pace = createPace();
  /** @type {Map<number, LayoutMessage>} of the frames that may come, by their number */
  const layouts = new Map();
  /** The next snapshot answers an `open`. */
  let greeting = false;
  /** @type {Partial<Document> | null} the next snapshot is another moment, perhaps one that we know more of than the server */
  let wanted = null;
  /** @type {ProblemMessage | null} what was wrong with the `open`, to be seen beside what was opened in its place */
  let refusal = null;
  /** @type {Map<number, (reply: Reply) => void>} */
  const waiting = new Map();

  connect();
  return { send, open, retryNow };

  function connect() {
    retry = null;
    const line = new Socket(address);
    socket = line;
    line.binaryType = "arraybuffer";
    line.onopen = () => {
      attempt = 0;
      store.dispatch({ type: "ui/connection", connection: "open" });
      greet();
    };
    line.onmessage = ({ data }) => {
      if (line !== socket) return;
      if (typeof data === "string") receive(JSON.parse(data));
      else receiveBinary(data);
    };
    line.onclose = () => {
      if (line !== socket) return;
      socket = null;
      frame = null;
      views.clear();
      for (const resolve of waiting.values()) resolve(null);
      waiting.clear();
      if (store.state.playing !== "off") store.dispatch({ type: "ui/playing", playing: "off" });
      store.dispatch({ type: "ui/connection", connection: "lost" });
      retry = later(connectIfStillWanted, retryDelay(attempt, Math.random()));
      attempt += 1;
    };
  }

  function connectIfStillWanted() {
    if (retry !== null) connect();
  }

  /** Do not wait any longer: the network is back, or somebody looks at the page again. */
  function retryNow() {
    if (socket === null && retry !== null) connect();
  }

  /** Say who we are and what we have, so that the server can take us back to it. */
  function greet() {
    const { session } = store.state;
    const moment = documentNow(store.state);
    if (session === null || !moment) {
      open(opening);
      return;
    }
    greeting = true;
    const isLong = JSON.stringify(moment).length > MOST_CHARACTERS;
    write({ type: "open", session, ...(!isLong && { document: moment }) });
  }

  /**
   * Show another experiment or moment.
   *
   * @param {OpenCommand} command
   */
  function open(command) {
    greeting = true;
    wanted = momentOf(command.document);
    write(command);
  }

  /**
   * @param {Command} command  its id, where it has one, is given here
   * @returns {Promise<Reply>}
   */
  function send(command) {
    if (socket?.readyState !== OPEN) {
      if (command.type !== "drawn" && command.type !== "watch") {
        store.dispatch({
          type: "problem",
          id: "id" in command ? command.id : null,
          message: "The line to the server is lost, so this was not done. It comes back by itself.",
          problems: [],
        });
      }
      return Promise.resolve(null);
    }
    if (command.type === "load") wanted = momentOf(command.document);
    if (!("id" in command)) {
      write(command);
      return Promise.resolve(null);
    }
    // Ids are given here, so that no two senders can choose the same.
    lastId += 1;
    const id = lastId;
    write({ ...command, id });
    return new Promise((resolve) => waiting.set(id, resolve));
  }

  /** @param {Command} command */
  function write(command) {
    if (socket?.readyState === OPEN) socket.send(JSON.stringify(command));
  }

  /** @param {ArrayBuffer} data */
  function receiveBinary(data) {
    const view = decodeView(data);
    if (view) {
      receive(view);
      return;
    }
    const number = layoutNumber(data);
    const layout = number === null ? undefined : layouts.get(number);
    // What a newer server may say in words that we do not know is left out: the snapshot at the pause says it again.
    if (layout) receive(decode(data, layout));
  }

  /** @param {ServerMessage | LayoutMessage} message */
  function receive(message) {
    if (message.type === "layout") {
      layouts.set(message.number, message);
      return;
    }
    if (message.type === "frame") {
      frame = message;
      if (!drawing) {
        drawing = true;
        raf(drawFrame);
      }
      return;
    }
    if (message.type === "view" && frame) {
      // It goes with the frame, and is drawn when that is.
      views.set(message.view, message);
      return;
    }
    // What comes after a frame must not be drawn before it.
    if (frame) showFrame();
    if (!follows(store.state, message)) {
      if ("run" in message && message.run === store.state.run) greet();
      return;
    }
    store.dispatch(message);
    if (message.type === "problem" && greeting) refuse(message);
    if (message.type === "snapshot") {
      // After it layouts are told anew.
      layouts.clear();
      pace.begin();
      if (wanted) showView(wanted, message);
      if (refusal) store.dispatch(refusal);
      greeting = false;
      wanted = null;
      refusal = null;
    }
    // Only what answers a command of ours carries its id: a snapshot that answers nobody has none.
    const id = "id" in message ? message.id : undefined;
    if (typeof id === "number") settle(id, /** @type {Reply} */ (message));
  }

  /**
   * What was asked for at first cannot be had: an empty page helps nobody, so something else is opened in its place.
   *
   * @param {ProblemMessage} problem
   */
  function refuse(problem) {
    const isFirst = refusal === null;
    refusal = problem;
    if (isFirst && store.state.session === null) {
      wanted = null;
      write(otherwise);
    }
  }

  /**
   * @param {number} id
   * @param {Reply} reply
   */
  function settle(id, reply) {
    const resolve = waiting.get(id);
    waiting.delete(id);
    resolve?.(reply);
  }

  /**
   * @param {Partial<Document>} moment  that was asked for
   * @param {SnapshotMessage} snapshot  what came
   */
  function showView({ view = undefined, cursor = undefined }, { document: came, cursor: now }) {
    const seen = view ?? came.view;
    if (!seen) return;
    // How much of an event was shown means something at that event only.
    const elsewhere = cursor && (cursor.step !== now.step || cursor.event !== now.event);
    onView(elsewhere ? { ...seen, micro: undefined } : seen);
  }

  /** @param {number} [now]  of the picture that is about to be drawn, in milliseconds */
  function drawFrame(now) {
    drawing = false;
    if (now !== undefined) pace.picture(now);
    if (!frame) return;
    if (!pace.isBehind || views.size === 0) {
      showFrame();
      return;
    }
    // What cannot be drawn in the time of one picture is drawn in two: the network in one, the views in the next.
    const told = takeFrame(frame);
    drawing = true;
    raf((/** @type {number | undefined} */ then) => {
      if (then !== undefined) pace.picture(then);
      showViews();
      told();
      drawing = frame !== null;
      if (drawing) raf(drawFrame);
    });
  }

  function showFrame() {
    if (!frame) return;
    const told = takeFrame(frame);
    showViews();
    told();
  }

  /**
   * Show the frame that waits.
   *
   * @param {FrameMessage} shown
   * @returns {() => void}  says that it has been drawn
   */
  function takeFrame(shown) {
    frame = null;
    store.dispatch(shown);
    return () => {
      const told = () => write({ type: "drawn", seq: shown.seq });
      // Where nobody looks nothing is drawn; the server is told so as soon as somebody does.
      if (isHidden()) raf(told);
      else told();
    };
  }

  function showViews() {
    for (const view of views.values()) store.dispatch(view);
    views.clear();
  }
}

/**
 * Whether the pictures that follow each other come more rarely than a screen shows them. Once behind, it stays so until it
 * begins anew: what is drawn in two halves keeps up, and says nothing about what the whole would cost.
 */
function createPace() {
  let last = 0;
  let mean = 0;
  let isBehind = false;
  return {
    get isBehind() {
      return isBehind;
    },
    /** @param {number} now */
    picture(now) {
      const gap = now - last;
      last = now;
      if (gap <= 0 || gap > LONGEST_GAP_MS) return;
      mean += (gap - mean) / GAPS;
      if (mean > PICTURE_MS) isBehind = true;
    },
    begin() {
      [mean, isBehind] = [0, false];
    },
  };
}

/**
 * @param {import("./types.js").Document | import("./types.js").Experiment | undefined} saved  an experiment alone has neither view nor cursor
 * @returns {Partial<Document>}
 */
function momentOf(saved) {
  return saved && "experiment" in saved ? saved : {};
}
