/**
 * Puts a scene on the page: one SVG whose elements are matched to the scene by key and changed only where it changed.
 *
 * @module
 */

import { along, centre, pathOf, round } from "../layout.js";
import { refKey } from "../select.js";
import { keyed, set, svg } from "../svg.js";

/** @typedef {import("../layout.js").Picture} Picture */
/** @typedef {import("../layout.js").Point} Point */
/** @typedef {import("../layout.js").Rect} Rect */
/** @typedef {import("./scene.js").Scene} Scene */
/** @typedef {import("./scene.js").NodeScene} NodeScene */
/** @typedef {import("./scene.js").SlotScene} SlotScene */
/** @typedef {import("./scene.js").EdgeScene} EdgeScene */
/** @typedef {import("./tokens.js").Token} Token */

/** The share of a motion in which a token travels; in the rest its number drops into its slot. */
const TRAVEL = 0.7;
/** A symbol is smaller than its number, but never smaller than this, in pixels. */
const SMALLEST_SYMBOL = 12;

/** A closed padlock, and an open one, ten units high. */
const LOCK_BODY = "M1 4.5h7v5.5h-7z";
const LOCK_CLOSED = "M2.5 4.5v-1.8a2 2 0 0 1 4 0v1.8";
const LOCK_OPEN = "M2.5 4.5v-1.8a2 2 0 0 1 3.7 -1";

/** @param {string} name */
function layer(name) {
  return svg("g", { class: name });
}

/** A padlock. */
function padlock() {
  const shackle = svg("path", { class: "lock-shackle" });
  const element = svg("g", { class: "lock", "aria-hidden": "true" }, [svg("path", { class: "lock-body", d: LOCK_BODY }), shackle]);
  return {
    element,
    /** @param {"closed" | "open"} kind @param {number} x @param {number} y @param {number} height */
    place(kind, x, y, height) {
      set(shackle, { d: kind === "open" ? LOCK_OPEN : LOCK_CLOSED });
      set(element, { transform: `translate(${round(x)} ${round(y)}) scale(${round(height) / 10})` });
    },
  };
}

/** Ease in and out. @param {number} t */
function eased(t) {
  return t * t * (3 - 2 * t);
}

/** @param {string} name @param {string} kinds */
function classes(name, kinds) {
  return kinds ? `${name} ${kinds}` : name;
}

/** @param {HTMLElement} root */
export function createPainter(root) {
  const element = svg("svg", {
    class: "stage-svg",
    role: "group",
    "aria-label": "The network. Arrow keys move, Enter pins, Enter again edits, Escape lets go.",
  });
  const layers = {
    headers: layer("headers"),
    edges: layer("edges"),
    bars: layer("bars"),
    labels: layer("labels"),
    nodes: layer("nodes"),
    plates: layer("plates"),
    stacks: layer("stacks"),
    curves: layer("curves"),
    callouts: layer("callouts"),
    tokens: layer("tokens"),
  };
  element.append(...Object.values(layers));
  root.append(element);

  /** Where each thing that can be chosen stands. @type {Map<string, {at: Point, target: SVGElement}>} */
  let places = new Map();
  /** The one thing that Tab reaches. @type {SVGElement | null} */
  let reached = null;
  let isFrame = false;
  /** @type {Picture | null} */
  let picture = null;

  const headers = keyed(
    layers.headers,
    (/** @type {Scene["headers"][number]} */ _) => {
      const [first, second] = [svg("tspan", { class: "header-name" }), svg("tspan", { class: "header-kind" })];
      const fold = svg("text", { class: "header-fold", text: "fold" });
      return { element: svg("g", {}, [svg("text", {}, [first, second]), fold]), first, second, fold };
    },
    ({ element: group, first, second, fold }, header) => {
      const small = picture?.font.small ?? 12;
      set(group, { class: classes("header", header.state) });
      set(first, { x: round(header.x), y: round(header.y + small), text: header.lines[0] });
      set(second, { x: round(header.x), y: round(header.y + 2.15 * small), text: header.isOpened ? "" : header.lines[1] });
      set(fold, {
        x: round(header.x),
        y: round(header.y + 2.15 * small),
        visibility: header.isOpened ? null : "hidden",
        role: header.isOpened ? "button" : null,
        tabindex: header.isOpened ? -1 : null,
        "data-fold": header.isOpened ? header.layer : null,
        "data-open": header.isOpened ? "false" : null,
        "aria-label": header.isOpened ? `fold the middle of ${header.lines[0]}` : null,
      });
    },
  );

  const edges = keyed(
    layers.edges,
    (/** @type {EdgeScene} */ scene) => {
      const parts = {
        halo: svg("path", { class: "halo" }),
        body: svg("path", { class: "body" }),
        ghost: svg("path", { class: "ghost" }),
        track: svg("path", { class: "track" }),
        hit: svg("path", { class: "hit" }),
      };
      const group = svg("g", scene.ref ? { role: "button", tabindex: -1, "data-ref": refKey(scene.ref) } : { "aria-hidden": "true" }, [
        parts.halo, parts.body, parts.ghost, parts.track, parts.hit,
      ]);
      return { element: group, ...parts };
    },
    ({ element: group, halo, body, ghost, track, hit }, scene) => {
      set(group, { class: classes(`edge ${scene.sign}`, scene.state) });
      if (scene.ref && mustName(group)) {
        set(group, { "aria-label": scene.words(), "aria-pressed": String(scene.state.includes("selected")) });
      }
      set(body, { d: scene.d, "stroke-width": scene.width });
      if (scene.ghost || ghost.hasAttribute("d")) set(ghost, { d: scene.ghost?.d, class: `ghost ${scene.ghost?.sign ?? ""}` });
      if (scene.track) {
        // In few steps: what cannot be told apart need not be drawn anew.
        const strength = round(scene.track.strength);
        const thickness = picture?.font.line ?? 1;
        set(track, {
          d: scene.track.d,
          "stroke-width": round(thickness * (0.9 + 1.6 * strength)),
          "stroke-opacity": round(0.3 + 0.7 * strength),
        });
      } else set(track, { d: null });
      if (!scene.ref) return;
      set(hit, { d: scene.d });
      set(halo, { d: scene.d });
      // Nobody sees it at other times.
      if (!isFrame || /selected|pointed/.test(scene.state)) set(halo, { "stroke-width": round(scene.width + 7) });
    },
  );

  const bars = keyed(
    layers.bars,
    (/** @type {Rect & {key: string}} */ _) => ({ element: svg("rect", { class: "bar" }) }),
    ({ element: rect }, bar) => set(rect, { x: round(bar.x), y: round(bar.y), width: round(bar.w), height: round(bar.h) }),
  );

  const labels = keyed(
    layers.labels,
    (/** @type {Scene["labels"][number]} */ _) => {
      const plate = svg("rect", { class: "label-plate", rx: 3 });
      const text = svg("text", { class: "label-text" });
      const lock = padlock();
      return { element: svg("g", {}, [plate, lock.element, text]), plate, text, lock };
    },
    ({ element: group, plate, text, lock }, scene) => {
      const { rect } = scene;
      const size = picture?.font.label ?? 14;
      set(group, { class: `label ${scene.kind} ${scene.sign} ${scene.state}`, "data-ref": scene.ref ? refKey(scene.ref) : null });
      set(plate, { x: round(rect.x), y: round(rect.y), width: round(rect.w), height: round(rect.h) });
      set(text, {
        x: round(rect.x + rect.w - 2),
        y: round(rect.y + rect.h / 2 + 0.33 * size * scene.scale),
        text: scene.text,
        "font-size": round(size * scene.scale),
      });
      set(lock.element, { visibility: scene.lock ? null : "hidden", class: `lock ${scene.lock ?? ""}` });
      if (scene.lock) lock.place(scene.lock, rect.x + 1, rect.y + rect.h / 2 - 0.36 * size, 0.68 * size);
    },
  );

  const nodes = keyed(layers.nodes, createNode, paintNode);
  const callouts = keyed(layers.callouts, createNode, paintNode);

  const plates = keyed(
    layers.plates,
    (/** @type {Scene["plates"][number]} */ _) => {
      const parts = { plate: svg("rect", { class: "plate-body", rx: 4 }), name: svg("text", { class: "plate-symbol" }), text: svg("text", { class: "plate-text" }) };
      return { element: svg("g", {}, [parts.plate, parts.name, parts.text]), ...parts };
    },
    ({ element: group, plate, name, text }, scene) => {
      const size = picture?.font.label ?? 14;
      const { rect } = scene;
      const base = rect.y + rect.h / 2 + 0.32 * size;
      set(group, { class: classes("plate", scene.state), "data-ref": refKey(scene.ref) });
      set(plate, { x: round(rect.x), y: round(rect.y), width: round(rect.w), height: round(rect.h) });
      set(name, { x: round(rect.x + 0.3 * size), y: round(base), text: scene.symbol, "font-size": round(Math.max(SMALLEST_SYMBOL, 0.86 * size)) });
      set(text, { x: round(rect.x + rect.w - 0.35 * size), y: round(base), text: scene.text, "font-size": round(size * scene.scale) });
    },
  );

  const stacks = keyed(
    layers.stacks,
    (/** @type {Scene["stacks"][number]} */ _) => {
      const plate = svg("rect", { class: "stack-plate", rx: 5 });
      const rows = [0, 1, 2, 3].map(() => ({ name: svg("text", { class: "stack-symbol" }), text: svg("text") }));
      return { element: svg("g", { class: "stack" }, [plate, ...rows.flatMap((row) => [row.name, row.text])]), plate, rows };
    },
    ({ element: group, plate, rows }, scene) => {
      const { rect, size, lines } = scene;
      const pitch = (rect.h - 0.3 * size) / lines.length;
      const least = Math.min(size, picture?.font.small ?? SMALLEST_SYMBOL);
      set(group, { "data-place": scene.place });
      set(plate, { x: round(rect.x), y: round(rect.y), width: round(rect.w), height: round(rect.h) });
      rows.forEach(({ name, text }, k) => {
        const line = lines[k];
        const y = round(rect.y + 1.05 * size + k * pitch);
        set(name, { x: round(rect.x + 0.45 * size), y, text: line?.symbol, "font-size": round(Math.max(SMALLEST_SYMBOL, least, 0.9 * size)) });
        set(text, { class: `stack-text ${line?.kind ?? ""}`, x: round(rect.x + rect.w - 0.45 * size), y, text: line?.text, "font-size": round(size) });
      });
    },
  );

  const curves = keyed(
    layers.curves,
    (/** @type {NonNullable<Scene["curve"]>} */ _) => {
      const parts = {
        leader: svg("path", { class: "curve-leader" }),
        card: svg("rect", { class: "curve-card", rx: 8 }),
        axes: svg("path", { class: "curve-axes" }),
        line: svg("path", { class: "curve-line" }),
        guides: svg("path", { class: "curve-guides" }),
        tangent: svg("path", { class: "curve-tangent" }),
        point: svg("circle", { class: "curve-point" }),
        name: svg("text", { class: "curve-name" }),
        text: svg("text", { class: "curve-text" }),
        rows: svg("g"),
      };
      const bars = keyed(
        parts.rows,
        (/** @type {import("./curve.js").Bar} */ _) => {
          const bar = {
            whole: svg("rect", { class: "bar-whole" }),
            value: svg("rect", { class: "bar-value" }),
            symbol: svg("text", { class: "bar-symbol" }),
            text: svg("text", { class: "bar-text" }),
          };
          return { element: svg("g", {}, Object.values(bar)), ...bar };
        },
        (bar, { rect, whole, symbol, text }) => {
          const size = picture?.font.label ?? 14;
          const base = round(whole.y + whole.h / 2 + 0.33 * size);
          set(bar.whole, { x: round(whole.x), y: round(whole.y), width: round(whole.w), height: round(whole.h) });
          set(bar.value, { x: round(rect.x), y: round(rect.y), width: round(rect.w), height: round(rect.h) });
          set(bar.symbol, { x: round(whole.x - 0.4 * size), y: base, text: symbol, "font-size": size });
          set(bar.text, { x: round(whole.x + whole.w + 3.1 * size), y: base, text, "font-size": size });
        },
      );
      return { element: svg("g", {}, Object.values(parts)), ...parts, bars };
    },
    (parts, scene) => {
      const small = picture?.font.small ?? 12;
      const { rect } = scene;
      const said = scene.text || scene.bars.map((bar) => `${bar.symbol} ${bar.text}`).join(", ");
      set(parts.element, { class: `curve ${scene.way}`, role: "img", "aria-label": `${scene.name}, ${said}` });
      set(parts.card, { x: round(rect.x), y: round(rect.y), width: round(rect.w), height: round(rect.h) });
      set(parts.leader, { d: scene.leader });
      parts.bars.match(scene.bars);
      set(parts.axes, { d: scene.axes });
      set(parts.line, { d: scene.curve });
      set(parts.guides, { d: scene.guides });
      set(parts.tangent, { d: scene.tangent });
      set(parts.point, { cx: scene.point?.x, cy: scene.point?.y, r: scene.point ? round(0.34 * small) : null });
      set(parts.name, { x: round(rect.x + 0.7 * small), y: round(rect.y + 1.25 * small), text: scene.name });
      set(parts.text, { x: round(rect.x + rect.w / 2), y: round(rect.y + rect.h - 0.7 * small), text: scene.text });
    },
  );

  const tokens = keyed(
    layers.tokens,
    (/** @type {Token} */ _) => {
      const body = svg("path", { class: "token-body" });
      const marks = svg("path", { class: "token-marks" });
      const lines = [svg("text", { class: "token-text" }), svg("text", { class: "token-text" })];
      const drop = svg("text", { class: "token-drop", visibility: "hidden" });
      const group = svg("g", {}, [body, marks, ...lines]);
      return { element: svg("g", { class: "token", "aria-hidden": "true" }, [group, drop]), group, body, marks, lines, drop };
    },
    ({ element: whole, group, body, marks, lines, drop }, token) => {
      const { size } = token;
      const { w, h } = token.rect;
      set(whole, { class: `token ${token.way}`, "data-place": token.place });
      set(body, { d: tokenBody(token, size) });
      set(marks, { d: token.way === "backward" ? tokenMarks(token, size) : null });
      const aside = token.nose === "left" ? 0.45 * size : -0.45 * size;
      const shift = token.way === "backward" ? aside : 0;
      lines.forEach((text, k) => {
        const y = round(h / 2 + (0.34 + 1.15 * (k - (token.lines.length - 1) / 2)) * size);
        set(text, { x: round(w / 2 + shift), y, text: token.lines[k] ?? "", "font-size": round(size) });
      });
      set(drop, { text: token.lines[token.lines.length - 1]?.replace(/^.*[=≈] /, "") ?? "", "font-size": round(size) });
      place(group, centre(token.rect), token);
      set(drop, { visibility: "hidden" });
    },
  );

  /** Whether a thing's name is to be set: always but while the server trains, and then when it has none. @param {Element} thing */
  function mustName(thing) {
    return !isFrame || !thing.hasAttribute("aria-label");
  }

  /** @param {SVGGElement} group @param {Point} middle @param {Token} token */
  function place(group, middle, token) {
    set(group, { transform: `translate(${round(middle.x - token.rect.w / 2)} ${round(middle.y - token.rect.h / 2)})` });
  }

  /** @param {NodeScene} scene */
  function createNode(scene) {
    const { kind, slots } = scene.node;
    const group = svg("g", {});
    const body = kind === "bias" ? svg("circle", { class: "chip-body" }) : svg("rect", { class: "chip-body" });
    const title = svg("text", { class: "chip-title" });
    const one = svg("text", { class: "chip-number" });
    const lock = padlock();
    const lockWord = svg("text", { class: "lock-word" });
    const lockPlate = svg("rect", { class: "lock-plate", rx: 3 });
    const lockTitle = svg("title");
    const locked = svg("g", { class: "node-lock", visibility: "hidden" }, [lockTitle, lockPlate, lock.element, lockWord]);
    const drawn = slots.map((slot) => {
      const parts = {
        isMark: false,
        group: svg("g", { tabindex: -1 }),
        rect: svg("rect", { class: "slot-body" }),
        name: svg("text", { class: "slot-symbol" }),
        text: svg("text", { class: "slot-text" }),
        title: svg("text", { class: "chip-title" }),
      };
      parts.group.append(parts.rect, parts.title, parts.name, parts.text);
      return parts;
    });
    group.append(body, ...drawn.map((slot) => slot.group), title, one, locked);
    return { element: group, body, title, one, lock, lockWord, lockPlate, lockTitle, locked, drawn };
  }

  /**
   * @param {ReturnType<typeof createNode>} parts
   * @param {NodeScene} scene
   */
  function paintNode(parts, scene) {
    const { node, rect } = scene;
    const u = picture?.font.number ?? 15;
    const small = picture?.font.small ?? 12;
    const isCallout = scene.key.startsWith("callout");
    const isCompact = (picture?.compact ?? false) && !isCallout;
    set(parts.element, { class: `node ${node.kind} ${isCompact ? "compact" : "full"} ${scene.state}` });
    if (node.kind === "bias") {
      set(parts.body, { cx: round(rect.x + rect.w / 2), cy: round(rect.y + rect.h / 2), r: round(rect.w / 2) });
      set(parts.one, { x: round(rect.x + rect.w / 2), y: round(rect.y + rect.h / 2 + 0.33 * u), text: "1", "font-size": u });
      return;
    }
    set(parts.body, { x: round(rect.x), y: round(rect.y), width: round(rect.w), height: round(rect.h), rx: round(0.4 * u) });
    if (node.kind === "fold") {
      set(parts.element, { "data-fold": node.layer, "data-open": "true", role: "button", tabindex: -1, "aria-label": `${node.hidden} more neurons: unfold` });
      set(parts.one, { x: round(rect.x + rect.w / 2), y: round(rect.y + rect.h / 2 + 0.3 * small), text: `… ${node.hidden}`, "font-size": small });
      return;
    }
    const isCell = node.kind === "input" || node.kind === "target";
    set(parts.title, {
      x: round(rect.x + (isCell ? 0.45 * u : 0)),
      y: round(rect.y + 1.15 * small),
      text: isCompact ? "" : scene.name,
    });
    set(parts.one, {
      x: round(rect.x + rect.w - 0.25 * u),
      y: round(rect.y + 0.52 * rect.h + 0.12 * u),
      text: scene.number?.text ?? "",
      "font-size": round(u * (scene.number?.scale ?? 1)),
      class: `chip-number ${scene.number?.sign ?? ""}`,
    });
    scene.slots.forEach((slot, k) => {
      const drawn = parts.drawn[k];
      if (drawn) paintSlot(drawn, slot, scene, u, small, isCompact);
    });
    set(parts.locked, { visibility: scene.lock ? null : "hidden" });
    if (scene.lock) {
      const height = 0.8 * small;
      const word = isCompact ? "" : scene.lock.word;
      const width = (word ? 0.56 * word.length * small : 0) + 1.3 * height;
      const x = rect.x + rect.w - width;
      const y = rect.y - height - 2;
      set(parts.lockTitle, { text: scene.lock.words });
      set(parts.lockWord, { x: round(x + 1.15 * height), y: round(y + 0.9 * height), text: word });
      set(parts.lockPlate, { x: round(x - 2), y: round(y - 1), width: round(width + 2), height: round(height + 3) });
      parts.lock.place("closed", x, y, height);
    }
  }

  /**
   * @param {ReturnType<typeof createNode>["drawn"][number]} parts
   * @param {SlotScene} slot
   * @param {NodeScene} scene
   * @param {number} u
   * @param {number} small
   * @param {boolean} isCompact
   */
  function paintSlot(parts, slot, scene, u, small, isCompact) {
    const { rect } = slot;
    const key = slot.ref ? refKey(slot.ref) : "";
    const inset = isCompact ? 1.5 : 2.5;
    const isMark = isCompact && scene.slots.length > 1 && scene.node.kind !== "loss";
    const isLoss = scene.node.kind === "loss";
    const isCell = isLoss || scene.slots.length === 1;
    // The number's own place: beside the symbol, or under the name.
    const left = isMark ? inset : isCell && !isLoss ? 0.3 * u : 1.5 * u;
    const top = isMark ? 0 : isCell && !isCompact ? rect.h - 1.3 * u : 0.1 * u;
    parts.isMark = isMark;
    set(parts.group, {
      class: `slot ${slot.key} ${slot.kind} ${slot.sign}${isMark ? " mark" : ""}${slot.isPinned ? " pinned" : ""}`,
      "data-ref": key || null,
      role: "button",
    });
    if (mustName(parts.group)) set(parts.group, { "aria-label": slot.words(), "aria-pressed": String(slot.isPinned) });
    set(parts.rect, {
      x: round(rect.x + left),
      y: round(rect.y + top),
      width: round(rect.w - left - (isMark ? inset : 0.25 * u)),
      height: round(rect.h - top - (isMark ? inset : isCell ? 0.2 * u : 0.1 * u)),
      rx: isMark ? 1 : round(0.22 * u),
    });
    // A cell has its name above its number, a slot beside it.
    const base = isCell && !isCompact ? rect.y + rect.h - 0.42 * u : rect.y + rect.h / 2 + 0.33 * u;
    const hasNoSymbol = isMark || (isCell && !isLoss && (isCompact || scene.name !== ""));
    set(parts.name, {
      x: round(rect.x + 0.45 * u),
      y: round(isCell && !isLoss ? scene.rect.y + 1.15 * small : base),
      text: hasNoSymbol ? "" : isLoss ? lossSymbol(slot.key, isCompact) : slot.symbol,
      "font-size": round(Math.max(SMALLEST_SYMBOL, 0.95 * u)),
    });
    set(parts.title, {
      x: round(rect.x + 0.45 * u),
      y: round(rect.y + 1.2 * small),
      text: isLoss && !isCompact ? lossName(slot.key) : "",
    });
    set(parts.text, {
      x: round(rect.x + rect.w - 0.45 * u),
      y: round(base),
      text: isMark ? "" : slot.text,
      "font-size": round(u * slot.scale),
    });
  }

  function locate() {
    places = new Map();
    for (const target of element.querySelectorAll("[role=button][data-ref], [data-fold]")) {
      if (!(target instanceof SVGElement)) continue;
      const key = target.getAttribute("data-ref") ?? `fold ${target.getAttribute("data-fold")}`;
      const at = anchors.get(key);
      if (at && !places.has(key)) places.set(key, { at, target });
    }
  }
  /** @type {Map<string, Point>} */
  const anchors = new Map();

  /** @param {Scene} scene @param {Picture} now */
  function remember(scene, now) {
    anchors.clear();
    for (const node of [...(scene.callout ? [scene.callout] : []), ...scene.nodes]) {
      if (node.node.kind === "fold") anchors.set(`fold ${node.node.layer}`, centre(node.rect));
      for (const slot of node.slots) if (slot.ref && !anchors.has(refKey(slot.ref))) anchors.set(refKey(slot.ref), centre(slot.rect));
    }
    for (const header of scene.headers) if (header.isOpened) anchors.set(`fold ${header.layer}`, { x: header.x, y: header.y });
    for (const { edge, ref } of scene.edges) {
      if (!ref) continue;
      const at = edge.label ? centre(edge.label) : now.compact ? along(edge.points, 0.5) : centre(edge.atSource);
      anchors.set(refKey(ref), { x: at.x, y: at.y });
      anchors.set(edge.key, { x: at.x, y: at.y });
    }
  }

  return {
    element,

    /**
     * @param {Scene} scene
     * @param {Picture} now
     * @param {{frame: boolean}} how
     */
    paint(scene, now, how) {
      if (picture !== now) {
        set(element, { width: round(now.width), height: round(now.height), viewBox: `0 0 ${round(now.width)} ${round(now.height)}` });
        element.style.setProperty("--stage-number", `${now.font.number}px`);
        element.style.setProperty("--stage-small", `${now.font.small}px`);
        element.style.setProperty("--stage-line", `${now.font.line}px`);
      }
      picture = now;
      isFrame = how.frame;
      set(element, { "data-phase": scene.phase ?? "", "data-flow": now.flow, "data-crowded": now.crowded ? "" : null });
      headers.match(scene.headers);
      edges.match(scene.edges);
      bars.match(now.bars.map((bar, k) => ({ key: String(k), ...bar })));
      labels.match(scene.labels);
      nodes.match(scene.nodes);
      callouts.match(scene.callout ? [scene.callout] : []);
      plates.match(scene.plates);
      stacks.match(scene.stacks);
      curves.match(scene.curve ? [scene.curve] : []);
      tokens.match(scene.tokens);
      if (!isFrame || places.size === 0) {
        remember(scene, now);
        locate();
      }
    },

    /**
     * Show how far the motion into a scene is; at 1 all is as the scene says.
     *
     * @param {Scene} scene
     * @param {number} t
     */
    pose(scene, t) {
      for (const token of scene.tokens) {
        const parts = tokens.get(token.key);
        if (!parts) continue;
        place(parts.group, t < TRAVEL ? along(token.route, eased(t / TRAVEL)) : centre(token.rect), token);
        const isDropping = token.drop.length > 0 && t >= TRAVEL && t < 1;
        set(parts.drop, { visibility: isDropping ? null : "hidden" });
        if (isDropping) {
          const at = along(token.drop, eased((t - TRAVEL) / (1 - TRAVEL)));
          set(parts.drop, { x: round(at.x), y: round(at.y + 0.33 * (picture?.font.label ?? 14)) });
        }
      }
      const isUpdating = scene.stacks.length > 0;
      if (isUpdating) {
        const changed = new Set(scene.stacks.map((stack) => stack.place));
        for (const edge of scene.edges) {
          if (!changed.has(edge.key)) continue;
          const parts = edges.get(edge.key);
          if (parts) set(parts.body, { "stroke-width": round(edge.widthBefore + (edge.width - edge.widthBefore) * eased(t)) });
        }
      }
      if (scene.curve) {
        const parts = curves.get(scene.curve.key);
        const { foot, point } = scene.curve;
        if (parts && foot && point) {
          set(parts.point, { cy: round(foot.y + (point.y - foot.y) * eased(Math.min(1, t / TRAVEL))) });
          set(parts.tangent, { "stroke-opacity": t >= 1 ? null : round(Math.max(0, (t - TRAVEL) / (1 - TRAVEL))) });
        }
      }
      // Until a number has arrived, its slot shows what it showed before.
      for (const node of [...scene.nodes, ...(scene.callout ? [scene.callout] : [])]) {
        const arriving = node.slots.findIndex((slot) => slot.before !== null);
        const slot = node.slots[arriving];
        const parts = (node === scene.callout ? callouts : nodes).get(node.key)?.drawn[arriving];
        if (slot && parts && !parts.isMark) set(parts.text, { text: t < 1 ? slot.before : slot.text });
      }
    },

    /** @param {string} key */
    anchorOf(key) {
      return places.get(key)?.at ?? anchors.get(key) ?? null;
    },

    /** Everything that can be chosen. */
    anchors() {
      return [...places].map(([key, { at }]) => ({ key, at }));
    },

    /** @param {string | null} key */
    rove(key) {
      const target = (key === null ? undefined : places.get(key)?.target) ?? null;
      if (reached && reached !== target) set(reached, { tabindex: -1 });
      if (target) set(target, { tabindex: 0 });
      reached = target;
    },

    /** @param {string | null} key */
    focus(key) {
      if (key !== null) places.get(key)?.target.focus({ preventScroll: true });
    },
  };
}

/** The outline of a token: a plate with a nose that tells where it goes. @param {Token} token @param {number} size */
function tokenBody(token, size) {
  const { w, h } = token.rect;
  const n = 0.5 * size;
  const r = 0.35 * size;
  /** @type {Point[]} */
  let corners;
  if (token.nose === "right") corners = [{ x: 0, y: 0 }, { x: w, y: 0 }, { x: w + n, y: h / 2 }, { x: w, y: h }, { x: 0, y: h }];
  else if (token.nose === "left") corners = [{ x: 0, y: 0 }, { x: w, y: 0 }, { x: w, y: h }, { x: 0, y: h }, { x: -n, y: h / 2 }];
  else if (token.nose === "down") corners = [{ x: 0, y: 0 }, { x: w, y: 0 }, { x: w, y: h }, { x: w / 2 + n, y: h }, { x: w / 2, y: h + n }, { x: w / 2 - n, y: h }, { x: 0, y: h }];
  else corners = [{ x: 0, y: 0 }, { x: w / 2 - n, y: 0 }, { x: w / 2, y: -n }, { x: w / 2 + n, y: 0 }, { x: w, y: 0 }, { x: w, y: h }, { x: 0, y: h }];
  // Corners are cut round, the nose stays pointed.
  const isNose = (/** @type {Point} */ p) => p.x < 0 || p.x > w || p.y < 0 || p.y > h;
  let d = "";
  corners.forEach((p, k) => {
    const a = corners[(k + corners.length - 1) % corners.length] ?? p;
    const b = corners[(k + 1) % corners.length] ?? p;
    const cut = isNose(p) ? 0.15 * size : r;
    const from = toward(p, a, cut);
    const to = toward(p, b, cut);
    d += `${k === 0 ? "M" : "L"}${round(from.x)} ${round(from.y)}Q${round(p.x)} ${round(p.y)} ${round(to.x)} ${round(to.y)}`;
  });
  return `${d}Z`;
}

/** @param {Point} from @param {Point} to @param {number} distance @returns {Point} */
function toward(from, to, distance) {
  const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
  const share = Math.min(0.5, distance / length);
  return { x: from.x + share * (to.x - from.x), y: from.y + share * (to.y - from.y) };
}

/** Two chevrons in a token that goes back. @param {Token} token @param {number} size */
function tokenMarks(token, size) {
  const { w, h } = token.rect;
  const s = 0.26 * size;
  if (token.nose === "left") {
    return [0.3, 0.7].map((k) => pathOf([{ x: (k + 0.27) * size, y: h / 2 - s }, { x: k * size, y: h / 2 }, { x: (k + 0.27) * size, y: h / 2 + s }])).join("");
  }
  return [0.3, 0.62].map((k) => pathOf([{ x: w - 0.75 * size - s, y: (k + 0.27) * size }, { x: w - 0.75 * size, y: k * size }, { x: w - 0.75 * size + s, y: (k + 0.27) * size }])).join("");
}

/** @param {string} name @param {boolean} isCompact  there is no room for its name */
function lossSymbol(name, isCompact) {
  if (name === "sample_loss") return "ℓ";
  if (name === "loss") return "L";
  return isCompact ? name.slice(0, 3) : "";
}

/** What a slot of the loss is called. @param {string} name */
function lossName(name) {
  if (name === "sample_loss") return "sample loss";
  if (name === "validation_loss") return "validation";
  return name === "loss" ? "batch loss" : name;
}
