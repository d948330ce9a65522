/**
 * One state, one way to change it, and those who want to know.
 *
 * @template S, A
 * @param {(state: S, action: A) => S} reduce  pure; returns the same object when nothing changes
 * @param {S} state  the first state
 */
export function createStore(reduce, state) {
  /** @type {Set<(state: S) => void>} */
  const listeners = new Set();
  return {
    /** What is known now. */
    get state() {
      return state;
    },

    /** @param {A} action */
    dispatch(action) {
      const next = reduce(state, action);
      if (next === state) return;
      state = next;
      // A listener may dispatch in turn; those after it are then called with the newest state, never with an older one.
      for (const listener of listeners) listener(state);
    },

    /**
     * @param {(state: S) => void} listener  called now and after every change
     * @returns {() => void} ends the subscription
     */
    subscribe(listener) {
      listeners.add(listener);
      listener(state);
      return () => {
        listeners.delete(listener);
      };
    },
  };
}
