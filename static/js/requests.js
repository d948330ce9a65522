/**
 * Asking the server beside the socket: a table or a receipt up, a file down. What goes wrong comes back as a problem, in
 * the words of the server where it has some.
 *
 * @module
 */

/** @typedef {import("./types.js").FieldProblem} FieldProblem */
/** @typedef {{message: string, problems: FieldProblem[]}} Problem */

const UNREACHABLE = "The server cannot be reached, so this was not done.";

/**
 * @param {string} path  relative to the page's base address
 * @param {string} body  JSON
 * @param {AbortSignal} [signal]
 * @returns {Promise<{value: any} | {problem: Problem} | null>}  null when it was called off
 */
export async function postJson(path, body, signal) {
  const headers = { "Content-Type": "application/json" };
  const response = await ask(path, { method: "POST", headers, body, ...(signal && { signal }) });
  if (!(response instanceof Response)) return response;
  return response.ok ? { value: await response.json() } : { problem: await problemOf(response) };
}

/**
 * @param {string} path  relative to the page's base address
 * @returns {Promise<{file: Blob} | {problem: Problem}>}
 */
export async function getFile(path) {
  const response = await ask(path, {});
  if (!(response instanceof Response)) return response ?? { problem: { message: UNREACHABLE, problems: [] } };
  return response.ok ? { file: await response.blob() } : { problem: await problemOf(response) };
}

/**
 * @param {string} path
 * @param {RequestInit} options
 * @returns {Promise<Response | {problem: Problem} | null>}
 */
async function ask(path, options) {
  try {
    return await fetch(new URL(path, document.baseURI), options);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") return null;
    return { problem: { message: UNREACHABLE, problems: [] } };
  }
}

/** @param {Response} response @returns {Promise<Problem>} */
async function problemOf(response) {
  const text = await response.text();
  try {
    const { message, problems } = JSON.parse(text);
    if (typeof message === "string" && Array.isArray(problems)) return { message, problems };
  } catch {
    // A proxy before the server speaks HTML.
  }
  return { message: `The server answers ${response.status}: this was not done.`, problems: [] };
}
