/**
 * The one clock of everything that moves.
 *
 * @module
 */

/**
 * @param {object} [host]  what drives it, so that tests can hold the time in their hands
 * @param {() => number} [host.now]  milliseconds
 * @param {(callback: (time: number) => void) => number} [host.raf]
 * @param {(handle: number) => void} [host.caf]
 */
export function createClock({
  now = () => performance.now(),
  raf = (callback) => requestAnimationFrame(callback),
  caf = (handle) => cancelAnimationFrame(handle),
} = {}) {
  /** @type {{began: number, durationMs: number, onProgress: (t: number) => void, onEnd: () => void} | null} */
  let motion = null;
  let handle = 0;

  function frame() {
    if (!motion) return;
    const t = motion.durationMs > 0 ? (now() - motion.began) / motion.durationMs : 1;
    if (t >= 1) return clock.finish();
    motion.onProgress(Math.max(0, t));
    handle = raf(frame);
  }

  const clock = {
    /** Nothing moves: every motion ends as soon as it starts. */
    reduced: false,
    /** How many times as fast as told; 0.25 to 4. */
    speed: 1,
    /** Whether something is moving. */
    get moving() {
      return motion !== null;
    },
    /**
     * Begin a motion. One that is under way is completed at once: motions never queue.
     *
     * @param {number} durationMs  at speed 1
     * @param {(t: number) => void} onProgress  called in each frame with 0 … 1, and always with 1 at last
     * @param {() => void} [onEnd]
     */
    start(durationMs, onProgress, onEnd = () => {}) {
      clock.finish();
      motion = { began: now(), durationMs: durationMs / clock.speed, onProgress, onEnd };
      if (clock.reduced || motion.durationMs <= 0) return clock.finish();
      onProgress(0);
      handle = raf(frame);
    },
    /** Bring the motion under way to its end at once. */
    finish() {
      if (!motion) return;
      const { onProgress, onEnd } = motion;
      motion = null;
      caf(handle);
      onProgress(1);
      onEnd();
    },
  };
  return clock;
}

/** @typedef {ReturnType<typeof createClock>} Clock */
