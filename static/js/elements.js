/**
 * Making HTML elements, and keeping a row of them in step with a list.
 *
 * @module
 */

/** @typedef {Node | string | null} Child */
/** @typedef {Record<string, string | number | boolean | ((event: any) => void)>} Attributes */

/**
 * An element with its attributes and children. `on…` attributes are listeners, `true` is an attribute without a value,
 * `false` leaves it out.
 *
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Attributes} [attributes]
 * @param {Child[]} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name.slice(2), value);
    else if (value !== false) made.setAttribute(name, value === true ? "" : String(value));
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

/**
 * A button that says what it does.
 *
 * @param {string} words
 * @param {() => void} onPress
 * @param {Attributes} [attributes]
 */
export function button(words, onPress, attributes = {}) {
  return element("button", { type: "button", onclick: onPress, ...attributes }, words);
}

/**
 * Set the text of a node, unless it says so already: touching it would break a selection in it and repeat live regions.
 *
 * @param {Node} node
 * @param {string} text
 */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/**
 * Set an attribute, or take it away; unless it is so already.
 *
 * @param {Element} target
 * @param {string} name
 * @param {string | number | boolean | null} value  true for an attribute without a value; false and null take it away
 */
export function setAttribute(target, name, value) {
  if (value === null || value === false) {
    if (target.hasAttribute(name)) target.removeAttribute(name);
    return;
  }
  const text = value === true ? "" : String(value);
  if (target.getAttribute(name) !== text) target.setAttribute(name, text);
}

/**
 * Set what a field holds, unless somebody is typing there.
 *
 * @param {HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement} field
 * @param {string} value
 */
export function setField(field, value) {
  const typing = field.ownerDocument.activeElement === field && field.tagName !== "SELECT";
  if (!typing && field.value !== value) field.value = value;
}

/**
 * Offer these choices, unless they are offered already.
 *
 * @param {HTMLSelectElement} menu
 * @param {readonly {value: string, words: string}[]} choices
 */
export function setChoices(menu, choices) {
  const offered = [...menu.options];
  const same =
    offered.length === choices.length &&
    choices.every(({ value, words }, place) => offered[place]?.value === value && offered[place]?.text === words);
  if (same) return;
  const { value: chosen } = menu;
  menu.replaceChildren(...choices.map(({ value, words }) => element("option", { value }, words)));
  menu.value = chosen;
}

/**
 * Keep as many rows in a parent as there are items, each row one item's for as long as it is there, so that the focus
 * stays where it is.
 *
 * @template Item, Row
 * @param {Element} parent
 * @param {(place: number) => Row & {root: Element}} create
 */
export function createRows(parent, create) {
  /** @type {(Row & {root: Element})[]} */
  const rows = [];
  return {
    /**
     * @param {readonly Item[]} items
     * @param {(row: Row & {root: Element}, item: Item, place: number) => void} update
     */
    update(items, update) {
      while (rows.length > items.length) rows.pop()?.root.remove();
      items.forEach((item, place) => {
        let row = rows[place];
        if (!row) {
          row = create(place);
          rows.push(row);
          parent.append(row.root);
        }
        update(row, item, place);
      });
    },
  };
}
