/**
 * A hand that holds the learning rate. What it does is told to the engine at once, so that nothing that is asked for afterwards
 * overtakes it; while it goes on moving, once for each picture. It counts until the engine has answered.
 *
 * @module
 */

/** @typedef {import("./connection.js").Reply} Reply */
/** @typedef {import("./types.js").Command} Command */

/**
 * @param {object} parts
 * @param {(command: Command) => Promise<Reply>} parts.send
 * @param {(isRefused: boolean) => void} parts.onLetGo  the engine has confirmed or refused what was held
 * @param {(callback: () => void) => unknown} [parts.raf]  calls back before the next picture
 */
export function createRateHand({ send, onLetGo, raf = (callback) => requestAnimationFrame(callback) }) {
  /** @type {number | null} */
  let held = null;
  /** What was told last, and whether that has been answered. */
  let told = NaN;
  let isAnswered = true;
  let waitsForFrame = false;
  let sent = 0;
  return {
    /** What the hand holds and the engine has not confirmed yet. */
    get held() {
      return held;
    },

    /** @param {number} rate */
    hold(rate) {
      held = rate;
      if (!waitsForFrame) void tell(rate);
    },
  };

  /** @param {number} rate */
  async function tell(rate) {
    waitsForFrame = true;
    raf(() => {
      waitsForFrame = false;
      if (held !== null && (held !== told || isAnswered)) void tell(held);
    });
    sent += 1;
    const mine = sent;
    told = rate;
    isAnswered = false;
    const reply = await send({ type: "edit", id: 0, path: "learning_rate", value: rate });
    if (mine !== sent) return;
    isAnswered = true;
    if (held !== rate) return;
    // From here on the engine's word counts.
    held = null;
    onLetGo(reply?.type === "problem");
  }
}
