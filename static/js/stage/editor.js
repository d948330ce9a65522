/**
 * The small field in which a number of the picture is typed anew, at its place.
 *
 * @module
 */

import { parsed, quantityName, typed } from "../format.js";

/** @typedef {import("../types.js").Real} Real */
/** @typedef {import("../types.js").Ref} Ref */
/** @typedef {import("../types.js").DataInfo} DataInfo */
/** @typedef {import("../layout.js").Point} Point */

/** The path of the edit that changes a number, or null when only the engine computes it. @param {Ref} ref */
export function editPath(ref) {
  return /^(x|y|layer\d+\.[Wb])$/.test(ref.name) ? ref.name : null;
}

/**
 * @param {HTMLElement} root  the positioned element over which it lies
 * @param {object} on
 * @param {(ref: Ref, value: number) => void} on.edit
 * @param {() => void} on.close  it is gone; the focus may return
 */
export function createEditor(root, { edit, close }) {
  const form = document.createElement("form");
  form.className = "stage-editor";
  form.noValidate = true;
  form.hidden = true;
  const input = document.createElement("input");
  input.type = "text";
  input.inputMode = "decimal";
  input.autocomplete = "off";
  input.spellcheck = false;
  const problem = document.createElement("p");
  problem.id = "stage-editor-problem";
  problem.setAttribute("role", "alert");
  form.append(input, problem);
  root.append(form);

  /** @type {Ref | null} */
  let ref = null;

  /** @param {string} text */
  function complain(text) {
    problem.textContent = text;
    if (text) {
      input.setAttribute("aria-invalid", "true");
      input.setAttribute("aria-describedby", problem.id);
    } else {
      input.removeAttribute("aria-invalid");
      input.removeAttribute("aria-describedby");
    }
  }

  /** @param {boolean} returnFocus */
  function leave(returnFocus) {
    if (!ref) return;
    ref = null;
    form.hidden = true;
    complain("");
    if (returnFocus) close();
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!ref) return;
    const value = parsed(input.value);
    if (value === null || !Number.isFinite(value)) {
      complain(input.value.trim() ? `“${input.value.trim()}” is not a number` : "Type a number, such as −0.5");
      input.select();
      return;
    }
    edit(ref, value);
    leave(true);
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      event.preventDefault();
      leave(true);
    }
    // What is typed here is meant for this field and steps through nothing.
    event.stopPropagation();
  });
  input.addEventListener("input", () => complain(""));
  input.addEventListener("blur", () => leave(false));

  return {
    get isOpen() {
      return ref !== null;
    },
    /**
     * @param {Ref} which
     * @param {Real} value
     * @param {Point} at  its middle, in pixels of `root`
     * @param {DataInfo | null} data
     */
    open(which, value, at, data) {
      ref = which;
      input.value = typed(value);
      input.setAttribute("aria-label", `New value: ${quantityName(which, data)}`);
      form.style.left = `${at.x}px`;
      form.style.top = `${at.y}px`;
      form.hidden = false;
      input.focus();
      input.select();
    },
    leave,
  };
}
