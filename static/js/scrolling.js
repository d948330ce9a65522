/**
 * Panels that scroll: they can be reached and scrolled by keyboard, and say whether more lies below.
 *
 * @module
 */

/**
 * Keep `data-below` on a panel for as long as something of it lies below what is seen, and make it a tab stop for as long as
 * it scrolls at all.
 *
 * @param {HTMLElement} panel  its children may grow and shrink, but stay
 */
export function tellWhatLiesBelow(panel) {
  const look = () => {
    const { scrollHeight, clientHeight, scrollTop } = panel;
    const scrolls = scrollHeight > clientHeight + 1 && getComputedStyle(panel).overflowY !== "visible";
    panel.toggleAttribute("data-below", scrolls && scrollTop + clientHeight < scrollHeight - 1);
    if (scrolls) panel.tabIndex = 0;
    else panel.removeAttribute("tabindex");
  };
  const sizes = new ResizeObserver(look);
  for (const part of [panel, ...panel.children]) sizes.observe(part);
  panel.addEventListener("scroll", look, { passive: true });
}
