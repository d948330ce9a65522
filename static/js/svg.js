/**
 * Making SVG elements, setting what changed, and matching elements to data by key.
 *
 * @module
 */

const SVG = "http://www.w3.org/2000/svg";

/** @typedef {string | number | boolean | null | undefined} Attribute  null and false take it away */

/** What each element was last given, so that setting the same again costs a comparison and no work of the page. */
/** @type {WeakMap<Element, Map<string, Attribute>>} */
const given = new WeakMap();

/**
 * A new SVG element.
 *
 * @template {keyof SVGElementTagNameMap} Name
 * @param {Name} name
 * @param {Record<string, Attribute>} [attributes]
 * @param {Element[]} [children]
 * @returns {SVGElementTagNameMap[Name]}
 */
export function svg(name, attributes = {}, children = []) {
  const element = document.createElementNS(SVG, name);
  set(element, attributes);
  element.append(...children);
  return element;
}

/**
 * Set attributes that differ from what they were set to before. `text` is the element's text.
 *
 * @param {Element} element
 * @param {Record<string, Attribute>} attributes
 */
export function set(element, attributes) {
  let known = given.get(element);
  if (!known) given.set(element, (known = new Map()));
  for (const name in attributes) {
    const value = attributes[name];
    if (known.has(name) && known.get(name) === value) continue;
    known.set(name, value);
    if (name === "text") element.textContent = value === null || value === undefined ? "" : String(value);
    else if (value === null || value === undefined || value === false) element.removeAttribute(name);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
}

/**
 * Keeps one child of `parent` for each datum, matched by key: makes what is new, updates all, removes what is gone.
 *
 * @template {{key: string}} Datum
 * @template Parts
 * @param {Element} parent
 * @param {(datum: Datum) => {element: Element} & Parts} create  builds the element once
 * @param {(parts: {element: Element} & Parts, datum: Datum) => void} update  sets what may change
 */
export function keyed(parent, create, update) {
  /** @type {Map<string, {element: Element} & Parts>} */
  const kept = new Map();
  return {
    /** @param {Iterable<Datum>} data */
    match(data) {
      const gone = new Set(kept.keys());
      for (const datum of data) {
        let parts = kept.get(datum.key);
        if (!parts) {
          parts = create(datum);
          kept.set(datum.key, parts);
          parent.append(parts.element);
        }
        gone.delete(datum.key);
        update(parts, datum);
      }
      for (const key of gone) {
        kept.get(key)?.element.remove();
        kept.delete(key);
      }
    },
    /** @param {string} key */
    get(key) {
      return kept.get(key);
    },
  };
}
