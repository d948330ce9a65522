/**
 * Plotly, for charts that are explored rather than watched. It is large, so it is loaded when a view needs it.
 *
 * @module
 */

/** @typedef {any} Plotly  comes without types */

/** @type {Promise<Plotly> | null} */
let loading = null;

/**
 * What every chart of ours is told: nothing is sent anywhere, and no button says so.
 */
export const PLOTLY_CONFIG = Object.freeze({
  displayModeBar: false,
  displaylogo: false,
  plotlyServerURL: "",
  responsive: false,
  scrollZoom: false,
  showSendToCloud: false,
});

/**
 * Plotly, once it is there. What could not be loaded is tried again the next time.
 *
 * @returns {Promise<Plotly>}
 */
export function loadPlotly() {
  loading ??= load().catch((/** @type {unknown} */ error) => {
    loading = null;
    throw error;
  });
  return loading;
}

/** @returns {Promise<Plotly>} */
function load() {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = new URL(document.body.dataset.plotly ?? "", document.baseURI).href;
    script.onload = () => resolve(/** @type {any} */ (globalThis).Plotly);
    script.onerror = () => {
      script.remove();
      reject(new Error("Plotly could not be loaded."));
    };
    document.head.append(script);
  });
}
