/**
 * A hand that holds the learning rate: what it does is told to the engine at most once for each picture, and counts until the
 * engine has answered.
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
      if (waitsForFrame) return;
      waitsForFrame = true;
      raf(() => {
        waitsForFrame = false;
        if (held !== null) void tell(held);
      });
    },
  };

  /** @param {number} rate */
  async function tell(rate) {
    sent += 1;
    const mine = sent;
    const reply = await send({ type: "edit", id: 0, path: "learning_rate", value: rate });
    if (mine !== sent || waitsForFrame) return;
    // From here on the engine's word counts.
    held = null;
    onLetGo(reply?.type === "problem");
  }
}
