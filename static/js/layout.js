/**
 * Where everything of the picture stands, in CSS pixels: columns of chips, the edges between them, the places of the
 * numbers. Pure: the same sizes give the same picture.
 *
 * The picture flows along a main axis, to the right, or downwards on a narrow page; rows lie on the cross axis. All is
 * reckoned in (main, cross) and turned at the end.
 *
 * Every edge ends in a lane of its own, parallel to the flow, and its number stands in that lane: so no number can lie on
 * another or on an edge that is not its own. Where lanes have no room, numbers are shown for one neuron at a time, at the
 * end of the edges where its edges are far apart.
 *
 * @module
 */

/** @typedef {import("./types.js").LayerInfo} LayerInfo */

/** @typedef {{x: number, y: number}} Point */
/** @typedef {{x: number, y: number, w: number, h: number}} Rect */
/** @typedef {Rect & {name: string}} Slot */

/**
 * @typedef {Rect & {
 *   key: string,
 *   kind: "input" | "neuron" | "dropout" | "fold" | "bias" | "target" | "loss",
 *   layer: number,
 *   index: number,
 *   hidden: number,
 *   slots: Slot[],
 *   plate: Rect}} Node  layer: -1 for inputs, for a bias that of the layer it feeds; hidden: how many neurons a fold stands
 *   for; plate: where the gradient of its activation is written
 */

/**
 * @typedef {object} Edge
 * @property {string} key  the place of its weight, as `placeOf` of select.js names it, or "link …", "fold …"
 * @property {"weight" | "bias" | "gate" | "fold" | "loss" | "target"} kind
 * @property {number} layer
 * @property {number} to
 * @property {number} from  -1 for a bias
 * @property {Point[]} points  along the edge, from its source
 * @property {Rect | null} label  where its number always stands, when there is room for all numbers of the layer
 * @property {Rect | null} second  under `label`, for its gradient; null where lanes are too close
 * @property {number} lane  how far it lies from the next edge into the same neuron, where it has a lane; else 0
 * @property {Rect} atSource  where its number stands while the neuron it feeds is in focus
 * @property {Rect} atTarget  where its number stands while the neuron it comes from is in focus
 */

/** @typedef {{key: string, layer: number, x: number, y: number, isOpened: boolean}} Header  isOpened: its layer would be folded */

/**
 * @typedef {object} Picture
 * @property {number} width
 * @property {number} height
 * @property {"across" | "down"} flow
 * @property {boolean} compact  chips have room for one number only
 * @property {boolean} crowded  edges are so many that they are drawn thin
 * @property {{number: number, label: number, small: number, line: number}} font  sizes of text in pixels; line: how much thicker than usual lines are
 * @property {Node[]} nodes
 * @property {Edge[]} edges
 * @property {Header[]} headers
 * @property {Rect[]} bars  where products that arrive beside a chip are gathered
 * @property {Rect | null} detail  kept free under compact chips for all numbers of the one in focus; null where there is no room
 * @property {Map<string, Node>} nodeOf  by key; a folded neuron's key gives its fold
 * @property {Map<string, Edge>} edgeOf
 * @property {Map<number, {begin: number, end: number}>} gaps  main-axis room before each layer
 */

/** Layers up to this size show every neuron. */
const LARGEST_OPEN_LAYER = 8;
const FOLD_ENDS = 3;
const NARROW = 520;
/** Where there is room, all is drawn larger: at most by so much, and by the largest of these steps that stays generous. */
const LARGEST = 1.9;
const LARGER_STEP = 0.05;
/** Room between layers and from row to row, in sizes of a number, that still breathes. */
const GENEROUS_GAP = 8.2;
const GENEROUS_PITCH = 7;
/** How much smaller all may be so as to have room over the neurons. */
const WORTH = 0.88;
/** Room over the neurons, in sizes of a number, for a picture of their activation. */
const HEADROOM = 5.9;
/** The smallest number, alone in its chip and among others, in pixels. */
const SMALLEST = 12;
const SMALLEST_ROOMY = 13;
/** Nothing on a projector is written smaller than this part of its numbers. */
const SMALLEST_PROJECTED = 0.62;
/** So many edges are a thicket unless they are drawn thin. */
const CROWD = 120;
/** How wide a signed number of two digits is, and one of three beside its lock, in sizes of it. */
const TWO_DIGITS = 2.6;
const LOCKED_DIGITS = 3.9;
/** Numbers larger than this are seen from the back of a room, where thin lines vanish. */
const PROJECTED = 22;
const CURVE_POINTS = 24;

/** Inputs are folded and unfolded under this layer number. */
export const INPUTS = -1;

/**
 * The sizes of things, in pixels, from the size of a number.
 *
 * @param {number} u  font size of the numbers in chips
 * @param {boolean} compact
 */
function sizesOf(u, compact) {
  const slot = 1.36 * u;
  // At a desk a chip has room for a small number's digits; on a projector the numbers of the edges need it more.
  const chip = u > PROJECTED ? 3.2 : 3.35;
  return compact
    ? {
        chip: { w: chip * u, h: 2.05 * u },
        input: { w: chip * u, h: 1.55 * u },
        target: { w: 3.3 * u, h: 1.55 * u },
        loss: { w: 4.4 * u, h: 1.55 * u },
        bias: 1.3 * u,
        label: { w: 3.5 * u, h: 1.2 * u },
        fold: { w: 2.2 * u, h: 1.3 * u },
        plate: { w: 4.4 * u, h: 1.3 * u },
        slot,
        detail: 3 * slot + 0.3 * u,
        rowGap: 0.45 * u,
        bend: 0.22,
        gap: 2.9 * u,
        gapCap: 9 * u,
        pitchCap: 7 * u,
      }
    : {
        chip: { w: 5.2 * u, h: 3 * slot + 0.3 * u },
        input: { w: 4.2 * u, h: 2.6 * u },
        target: { w: 4.8 * u, h: 2.6 * u },
        loss: { w: 6 * u, h: 2.5 * u },
        bias: 1.7 * u,
        label: { w: 3.9 * u, h: u },
        fold: { w: 3 * u, h: 1.5 * u },
        plate: { w: 6.1 * u, h: 1.3 * u },
        slot,
        detail: 0,
        rowGap: 0.7 * u,
        bend: 0.5,
        gap: 5.7 * u,
        gapCap: 17 * u,
        pitchCap: 11 * u,
      };
}

/** @typedef {ReturnType<typeof sizesOf>} Sizes */

/**
 * The indices of a column, with null where its middle is folded.
 *
 * @param {number} count
 * @param {boolean} open
 * @returns {(number | null)[]}
 */
export function rowsOf(count, open) {
  const all = Array.from({ length: count }, (_, k) => k);
  if (open || count <= LARGEST_OPEN_LAYER) return all;
  return [...all.slice(0, FOLD_ENDS), null, ...all.slice(count - FOLD_ENDS)];
}

/** Whether two rectangles share area. @param {Rect} a @param {Rect} b */
export function overlap(a, b) {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}

/** @param {Rect} rect @returns {Point} */
export function centre(rect) {
  return { x: rect.x + rect.w / 2, y: rect.y + rect.h / 2 };
}

/**
 * The picture of a network.
 *
 * @param {object} options
 * @param {LayerInfo[]} options.layers
 * @param {number} options.width  of the place for it
 * @param {number} options.height
 * @param {number} options.unit  font size of the numbers
 * @param {Record<string, boolean>} [options.open]  unfolded layers by number, the inputs as -1
 * @param {boolean} [options.penalty]  the loss has a penalty to show
 * @param {boolean} [options.validation]  there are validation rows, whose loss is to be shown
 * @returns {Picture}
 */
export function layout({ layers, width, height, unit, open = {}, penalty = false, validation = false }) {
  const flow = width < NARROW ? "down" : "across";
  /** @param {number} size @param {boolean} compact @param {boolean} [detailed] */
  const attempt = (size, compact, detailed = false) =>
    arrange({ layers, width, height, unit: size, open, penalty, validation, flow, compact, detailed, isProjected, projected: unit });
  const isProjected = unit > PROJECTED;
  const usual = attempt(unit, false);
  if (usual.fits) {
    let [roomy, spacious] = [usual, usual];
    for (let factor = LARGEST; flow === "across" && factor > 1 + LARGER_STEP / 2 && roomy === usual; factor -= LARGER_STEP) {
      const larger = attempt(factor * unit, false);
      if (larger.isSpacious && spacious === usual) spacious = larger;
      if (larger.isSpacious && larger.hasHeadroom) roomy = larger;
    }
    const isWorthIt = roomy.picture.font.number >= WORTH * spacious.picture.font.number;
    return (isWorthIt ? roomy : spacious).picture;
  }
  const closer = isProjected ? null : attempt(Math.max(SMALLEST_ROOMY, 0.87 * unit), false);
  if (closer?.fits) return closer.picture;
  // The smallest sizes at which digits can still be told apart, at a desk and from the back of a room.
  const sizes = (isProjected ? [1, 0.9, 0.8, 0.7, SMALLEST_PROJECTED] : [0.8]).map((factor) => Math.max(SMALLEST, factor * unit));
  const fitting = (flow === "across" ? [true, false] : [false]).flatMap((detailed) => sizes.map((size) => () => attempt(size, true, detailed)));
  /** @type {ReturnType<typeof attempt> | null} */
  let last = null;
  for (const make of fitting) {
    last = make();
    if (last.fits) break;
  }
  return (last ?? usual).picture;
}

/**
 * @param {object} options
 * @param {LayerInfo[]} options.layers
 * @param {number} options.width
 * @param {number} options.height
 * @param {number} options.unit
 * @param {Record<string, boolean>} options.open
 * @param {boolean} options.penalty
 * @param {boolean} options.validation
 * @param {"across" | "down"} options.flow
 * @param {boolean} options.compact
 * @param {boolean} options.detailed  room is kept for the numbers of the chip in focus
 * @param {boolean} options.isProjected
 * @param {number} options.projected  the size of a number on a projector
 * @returns {{fits: boolean, isSpacious: boolean, hasHeadroom: boolean, picture: Picture}}
 */
function arrange({ layers, width, height, unit: u, open, penalty, validation, flow, compact, detailed, isProjected, projected }) {
  const across = flow === "across";
  const sizes = sizesOf(u, compact);
  const lossNames = ["sample_loss", ...(penalty ? ["penalty"] : []), "loss", ...(validation ? ["validation_loss"] : [])];
  sizes.loss.h *= lossNames.length;
  const small = Math.max(SMALLEST, 0.77 * u, isProjected ? SMALLEST_PROJECTED * projected : 0);
  const headerRoom = across ? 2.9 * small : 0.5 * u;
  const margin = 0.5 * u;
  /** How far a size reaches along the flow, and across it. @param {{w: number, h: number}} s */
  const main = (s) => (across ? s.w : s.h);
  /** @param {{w: number, h: number}} s */
  const cross = (s) => (across ? s.h : s.w);
  /** @param {number} m @param {number} c @returns {Point} */
  const point = (m, c) => (across ? { x: m, y: c } : { x: c, y: m });
  /** A rectangle around a point. @param {number} m @param {number} c @param {{w: number, h: number}} s @returns {Rect} */
  const around = (m, c, s) => {
    const { x, y } = point(m, c);
    return { x: x - s.w / 2, y: y - s.h / 2, w: s.w, h: s.h };
  };

  const last = layers[layers.length - 1];
  const columns = [
    { layer: INPUTS, type: "input", size: sizes.input, rows: rowsOf(layers[0]?.fan_in ?? 0, open[INPUTS] ?? false) },
    ...layers.map((layer, k) => ({
      layer: k,
      type: layer.type === "dropout" ? "dropout" : "neuron",
      size: sizes.chip,
      rows: rowsOf(layer.units, open[k] ?? false),
    })),
  ];
  /** Whether a bias node stands in column k, for the layer after it. @param {number} k */
  const hasBias = (k) => layers[k]?.type === "dense";
  /** Lanes before each row of column k. @param {number} k */
  const lanesInto = (k) => (hasBias(k - 1) ? (columns[k - 1]?.rows.length ?? 0) + 1 : 0);

  // Columns: equal gaps between layers, a small one before the targets.
  const pairGap = (compact ? 0.95 : 1.4) * u;
  const links = columns.length - 1;
  const widths = columns.reduce((sum, column) => sum + main(column.size), 0) + pairGap + main(sizes.loss);
  const space = (across ? width : Infinity) - 2 * margin - widths;
  const gap = across ? Math.min(sizes.gapCap, Math.max(sizes.gap, space / links)) : (compact ? 5.5 : 6.4) * u;
  let labelSize = compact ? u : 0.93 * u;
  if (compact && isProjected && across) {
    // Where chips have to be smaller for a projector, the numbers on edges stay as large as two of their digits have room.
    labelSize = Math.max(u, Math.min(projected, (gap - 0.5 * u) / TWO_DIGITS));
    const usual = 3.5 * labelSize;
    const spare = gap - (gap >= usual + 1.6 * u ? 1.6 : 0.3) * u;
    sizes.label = { w: Math.min(spare, LOCKED_DIGITS * labelSize), h: 1.2 * labelSize };
  }
  // On a projector numbers keep their places sooner than chips their slots.
  const mayLane = gap >= main(sizes.label) + 1.6 * u && (!compact || (isProjected && across));

  // Rows: the widest pitch at which every column has room.
  const chipCross = cross(sizes.chip);
  const biasDrop = Math.max(chipCross / 2 + sizes.bias / 2 + (compact ? 0.7 : 1.6) * u, cross(sizes.label) + 2);
  const labelCross = cross(sizes.label) + (compact ? 0.06 : across ? 0.3 : 0.15) * u;
  const lossDrop = Math.max(chipCross / 2, cross(sizes.target) / 2) + cross(sizes.loss) / 2 + (across ? 0.8 : 0.6) * u;
  const most = Math.max(...columns.map((column) => column.rows.length));
  const closest = chipCross + (detailed && isProjected ? 0.25 * u : sizes.rowGap);
  /** @param {number} k @param {number} pitch */
  const columnPitch = (k, pitch) => {
    const count = columns[k]?.rows.length ?? 1;
    const roomier = count < most ? (pitch * (most - 0.2)) / (count - 0.2) : pitch;
    return Math.min(Math.max(pitch, across ? sizes.pitchCap : 12 * u), roomier);
  };
  /** @param {number} k @param {number} pitch */
  const laneStep = (k, pitch) => Math.min((across ? 2.15 : 1.35) * labelCross, (columnPitch(k, pitch) - 0.3 * u) / Math.max(1, lanesInto(k)));
  /** @param {number} k @param {number} pitch */
  const isLaned = (k, pitch) => lanesInto(k) > 0 && mayLane && laneStep(k, pitch) >= labelCross;
  /** How far column k reaches before and after its middle. @param {number} k @param {number} pitch @param {number} headroom */
  const extents = (k, pitch, headroom) => {
    const half = (((columns[k]?.rows.length ?? 1) - 1) / 2) * columnPitch(k, pitch);
    const lanes = isLaned(k, pitch) ? (lanesInto(k) * laneStep(k, pitch)) / 2 : 0;
    const edge = Math.max(chipCross / 2, lanes);
    let after = edge;
    if (hasBias(k)) after = Math.max(after, biasDrop + sizes.bias / 2);
    after += detailRoom;
    // What is told of one chip stands beside the loss, not under it.
    if (k === columns.length - 1) after = Math.max(after, lossDrop + cross(sizes.loss) / 2);
    return { before: half + Math.max(edge, k > 0 ? chipCross / 2 + headroom : 0), after: half + after };
  };
  const detailRoom = detailed ? sizes.detail + 0.5 * u : 0;
  const room = (across ? height - headerRoom : width) - 2 * margin;
  /** @param {number} pitch @param {number} headroom */
  const spanOf = (pitch, headroom) => {
    const all = columns.map((_, k) => extents(k, pitch, headroom));
    const before = Math.max(...all.map((e) => e.before));
    return { before, span: before + Math.max(...all.map((e) => e.after)) };
  };
  // First the rows stand well apart, then there is room over them, then they part further.
  let pitch = across ? Math.min(sizes.pitchCap, Math.max(closest, GENEROUS_PITCH * u)) : 11 * u;
  while (pitch > closest && spanOf(pitch, 0).span > room) pitch = Math.max(closest, pitch - 1);
  let headroom = across && !compact ? HEADROOM * u : 0;
  while (headroom > 0 && spanOf(pitch, headroom).span > room) headroom = Math.max(0, headroom - 1);
  while (across && pitch < sizes.pitchCap && spanOf(pitch + 1, headroom).span <= room) pitch += 1;
  const { before, span } = spanOf(pitch, headroom);
  const crossFits = span <= room + 0.5;
  const middle = (across ? headerRoom : 0) + margin + Math.max(0, (room - span) / 2) + before;

  const mainFits = !across || space / links >= sizes.gap - 0.5;
  const fullMain = widths + links * gap + 2 * margin;
  let cursor = across ? margin + Math.max(0, (width - fullMain) / 2) : margin + 0.5 * u;

  /** @type {Node[]} */
  const nodes = [];
  /** @type {Edge[]} */
  const edges = [];
  /** @type {Header[]} */
  const headers = [];
  /** @type {Rect[]} */
  const bars = [];
  /** @type {Map<number, {begin: number, end: number}>} */
  const gaps = new Map();
  /** @type {{begin: number, end: number, crosses: number[], biasCross: number, biasEnd: number}[]} */
  const placed = [];

  columns.forEach((column, k) => {
    const depth = main(column.size);
    const at = cursor + depth / 2;
    const step = columnPitch(k, pitch);
    const crosses = column.rows.map((_, r) => middle + (r - (column.rows.length - 1) / 2) * step);
    const hiddenCount = (k === 0 ? layers[0]?.fan_in : layers[k - 1]?.units) ?? 0;
    column.rows.forEach((index, r) => {
      const c = crosses[r] ?? middle;
      if (index === null) {
        nodes.push(
          nodeOf("fold", `fold ${column.layer}`, column.layer, -1, around(at, c, sizes.fold), [], sizes, hiddenCount - 2 * FOLD_ENDS),
        );
        return;
      }
      const key = column.layer < 0 ? `input ${index}` : `node ${column.layer} ${index}`;
      const rect = around(at, c, column.size);
      const names = column.layer < 0 ? ["x"] : column.type === "dropout" ? ["mask", "a"] : ["z", "a", "delta"];
      nodes.push(nodeOf(/** @type {Node["kind"]} */ (column.type), key, column.layer, index, rect, slotsOf(rect, names, sizes, compact), sizes));
    });
    const biasCross = (crosses[crosses.length - 1] ?? middle) + biasDrop;
    if (hasBias(k)) {
      const rect = around(cursor + depth - sizes.bias / 2 - (across ? 0.2 * u : 0), biasCross, { w: sizes.bias, h: sizes.bias });
      nodes.push(nodeOf("bias", `one ${k}`, k, -1, rect, [], sizes));
    }
    const header = point(at, margin);
    headers.push({ key: `header ${column.layer}`, layer: column.layer, ...header, isOpened: hiddenCount > LARGEST_OPEN_LAYER && !column.rows.includes(null) });
    placed.push({ begin: cursor, end: cursor + depth, crosses, biasCross, biasEnd: cursor + depth - (across ? 0.2 * u : 0) });
    if (k < layers.length) gaps.set(k, { begin: cursor + depth, end: cursor + depth + gap });
    cursor += depth + (k < links ? gap : 0);
  });

  // Edges into each layer.
  layers.forEach((layer, l) => {
    const source = placed[l];
    const target = placed[l + 1];
    const sourceRows = columns[l]?.rows ?? [];
    const targetRows = columns[l + 1]?.rows ?? [];
    if (!source || !target) return;
    if (layer.type === "dropout") {
      targetRows.forEach((to, r) => {
        const c = target.crosses[r] ?? 0;
        const begin = source.crosses[sourceRows.indexOf(to)] ?? c;
        const points = curve(source.end, begin, target.begin, c, sizes.bend).map(([m, cc]) => point(m, cc));
        const mid = around((source.end + target.begin) / 2, c, sizes.label);
        edges.push({ key: `gate ${l} ${to ?? "fold"}`, kind: "gate", layer: l, to: to ?? -1, from: to ?? -1, points, label: null, second: null, lane: 0, atSource: mid, atTarget: mid });
      });
      return;
    }
    const laned = isLaned(l + 1, pitch);
    const count = sourceRows.length + 1;
    const step = laned ? laneStep(l + 1, pitch) : Math.min(laneStep(l + 1, pitch), (0.8 * chipCross) / count);
    const run = laned ? main(sizes.label) + (across ? 1 : 0.55) * u : 0.35 * u;
    const near = source.end + Math.min(main(sizes.label) / 2 + 0.4 * u, gap / 2);
    // Where the edges of one neuron lie apart a little way on, their numbers stand on them; else beside their sources.
    const pitchOf = Math.abs((source.crosses[1] ?? Infinity) - (source.crosses[0] ?? 0));
    const apart = Math.min(pitchOf, biasDrop) * (1 - (near - source.end) / Math.max(1, gap - run));
    const isOnEdge = apart >= cross(sizes.label) + 2;
    targetRows.forEach((to, r) => {
      const c = target.crosses[r] ?? 0;
      const reach = ((count - 1) / 2) * step;
      const needsBar = to !== null && reach > chipCross / 2 - 0.2 * u;
      const end = target.begin - (needsBar ? 0.28 * u : 0);
      if (needsBar) {
        const thick = Math.max(1.5, 0.12 * u);
        bars.push(around(end + thick / 2, c, across ? { w: thick, h: 2 * reach + 0.9 * u } : { w: 2 * reach + 0.9 * u, h: thick }));
      }
      for (let s = 0; s < count; s++) {
        const from = s < sourceRows.length ? (sourceRows[s] ?? null) : -1;
        const isFold = to === null || from === null;
        if (to === null && s === count - 1) continue;
        const isBias = s === count - 1;
        const beginMain = isBias ? source.biasEnd : from === null ? source.end - (main(columns[l]?.size ?? sizes.chip) - main(sizes.fold)) / 2 : source.end;
        const beginCross = isBias ? source.biasCross : (source.crosses[s] ?? 0);
        const lane = to === null ? c : c + (s - (count - 1) / 2) * step;
        const laneBegin = end - run;
        const line = [...curve(beginMain, beginCross, laneBegin, lane, sizes.bend), /** @type {[number, number]} */ ([end, lane])];
        const points = line.map(([m, cc]) => point(m, cc));
        const far = target.begin - Math.min(main(sizes.label) / 2 + 0.5 * u, gap / 2);
        edges.push({
          key: isFold ? `fold ${l} ${to ?? "to"} ${from ?? "from"}` : isBias ? `bias ${l} ${to}` : `edge ${l} ${to} ${from}`,
          kind: isFold ? "fold" : isBias ? "bias" : "weight",
          layer: l,
          to: to ?? -1,
          from: isBias ? -1 : (from ?? -1),
          points,
          label: laned && !isFold ? around(end - 0.3 * u - main(sizes.label) / 2, lane, sizes.label) : null,
          second:
            laned && !isFold && across && step >= 2.2 * sizes.label.h
              ? { ...around(end - 0.3 * u - main(sizes.label) / 2, lane, sizes.label), y: lane + 0.55 * sizes.label.h }
              : null,
          lane: laned ? step : 0,
          atSource: around(near, isOnEdge ? crossAt(line, near) : beginCross, sizes.label),
          atTarget: around(far, laned ? lane : c, sizes.label),
        });
      }
    });
  });

  // Targets beside the outputs, the loss after the last of them.
  const outputs = placed[placed.length - 1];
  if (outputs && last) {
    const rows = columns[columns.length - 1]?.rows ?? [];
    const begin = outputs.end + pairGap;
    const at = begin + main(sizes.target) / 2;
    const lossAt = begin + main(sizes.loss) / 2;
    const lossCross = (outputs.crosses[outputs.crosses.length - 1] ?? middle) + lossDrop;
    // Outputs reach the loss along one line before the targets, targets along one behind them.
    const bus = outputs.end + 0.68 * pairGap;
    const truthBus = begin + main(sizes.target) + 0.5 * Math.min(u, main(sizes.loss) - main(sizes.target));
    rows.forEach((index, r) => {
      const c = outputs.crosses[r] ?? middle;
      if (index === null) return;
      const rect = around(at, c, sizes.target);
      nodes.push(nodeOf("target", `target ${index}`, layers.length, index, rect, slotsOf(rect, ["y"], sizes, compact), sizes));
      const toLoss = [point(outputs.end, c), point(bus, c), point(bus, lossCross), point(begin, lossCross)];
      const label = around(outputs.end - main(sizes.chip) / 2, lossCross, sizes.label);
      edges.push({ key: `link ${index}`, kind: "loss", layer: layers.length, to: 0, from: index, points: toLoss, label: null, second: null, lane: 0, atSource: label, atTarget: label });
      const truth = [point(begin + main(sizes.target), c), point(truthBus, c), point(truthBus, lossCross - cross(sizes.loss) / 2)];
      edges.push({ key: `truth ${index}`, kind: "target", layer: layers.length, to: 0, from: index, points: truth, label: null, second: null, lane: 0, atSource: label, atTarget: label });
    });
    const rect = around(lossAt, lossCross, sizes.loss);
    const cell = rect.h / lossNames.length;
    const slots = lossNames.map((name, k) => ({ name, x: rect.x, y: rect.y + k * cell, w: rect.w, h: cell }));
    nodes.push({ ...nodeOf("loss", "loss", layers.length, 0, rect, [], sizes), slots });
    headers.push({ key: "header targets", layer: layers.length, ...point(lossAt, margin), isOpened: false });
    cursor = begin + main(sizes.loss) + margin;
  }

  const needed = (across ? headerRoom : 0) + span + 2 * margin;
  /** @type {Picture} */
  const picture = {
    width: across ? Math.max(width, fullMain) : Math.max(width, needed),
    height: across ? Math.max(height, needed) : cursor + margin,
    flow,
    compact,
    crowded: edges.length > CROWD,
    font: { number: u, label: labelSize, small, line: isProjected ? u / 9.5 : Math.max(1, u / 15) },
    nodes,
    edges,
    headers: across ? headers : [],
    bars,
    detail: detailed ? detailUnder(nodes, edges, margin, sizes.detail, 0.5 * u) : null,
    nodeOf: new Map(nodes.map((node) => [node.key, node])),
    edgeOf: new Map(edges.map((edge) => [edge.key, edge])),
    gaps,
  };
  columns.forEach((column, k) => {
    const fold = picture.nodeOf.get(`fold ${column.layer}`);
    const count = (k === 0 ? layers[0]?.fan_in : layers[k - 1]?.units) ?? 0;
    for (let index = FOLD_ENDS; fold && index < count - FOLD_ENDS; index++) {
      picture.nodeOf.set(column.layer < 0 ? `input ${index}` : `node ${column.layer} ${index}`, fold);
    }
  });
  const isApart = space / links >= GENEROUS_GAP * u && (most < 2 || pitch >= Math.min(GENEROUS_PITCH * u, sizes.pitchCap) - 1);
  const isSpacious = crossFits && isApart && edges.every((edge) => edge.label || edge.kind === "loss" || edge.kind === "target" || edge.kind === "gate");
  return { fits: crossFits && mainFits, isSpacious, hasHeadroom: headroom >= (HEADROOM - 0.5) * u, picture };
}

/**
 * The room under all chips but the loss, and under all numbers, as far as the outputs.
 *
 * @param {Node[]} nodes
 * @param {Edge[]} edges
 * @param {number} left
 * @param {number} h
 * @param {number} apart  how far under the lowest of them
 * @returns {Rect}
 */
function detailUnder(nodes, edges, left, h, apart) {
  const others = nodes.filter((node) => node.kind !== "loss" && node.kind !== "target");
  const right = Math.max(...others.map((node) => node.x + node.w));
  const above = [...others, ...edges.flatMap((edge) => (edge.label ? [edge.label] : []))];
  return { x: left, y: Math.max(...above.map((rect) => rect.y + rect.h)) + apart, w: right - left, h };
}

/**
 * @param {Node["kind"]} kind
 * @param {string} key
 * @param {number} layer
 * @param {number} index
 * @param {Rect} rect
 * @param {Slot[]} slots
 * @param {Sizes} sizes
 * @param {number} [hidden]
 * @returns {Node}
 */
function nodeOf(kind, key, layer, index, rect, slots, sizes, hidden = 0) {
  const plate = { x: rect.x, y: rect.y + rect.h + 2, w: sizes.plate.w, h: sizes.plate.h };
  return { key, kind, layer, index, hidden, ...rect, slots, plate };
}

/**
 * The slots of a chip, one under the other; in a compact chip three marks side by side under its one number.
 *
 * @param {Rect} rect
 * @param {string[]} names
 * @param {Sizes} sizes
 * @param {boolean} compact
 * @returns {Slot[]}
 */
function slotsOf(rect, names, sizes, compact) {
  if (names.length === 1) {
    const h = compact ? rect.h : sizes.slot;
    return names.map((name) => ({ name, x: rect.x, y: rect.y + rect.h - h, w: rect.w, h }));
  }
  if (compact) {
    const w = rect.w / names.length;
    return names.map((name, k) => ({ name, x: rect.x + k * w, y: rect.y + 0.74 * rect.h, w, h: 0.26 * rect.h }));
  }
  const h = rect.h / names.length;
  return names.map((name, k) => ({ name, x: rect.x, y: rect.y + k * h, w: rect.w, h }));
}

/**
 * Points of a curve that leaves and arrives along the flow.
 *
 * @param {number} m0  main
 * @param {number} c0  cross
 * @param {number} m1
 * @param {number} c1
 * @param {number} share  how long it keeps to the flow at either end, 0 for a straight line
 * @returns {[number, number][]}
 */
function curve(m0, c0, m1, c1, share) {
  const bend = share * (m1 - m0);
  return Array.from({ length: CURVE_POINTS + 1 }, (_, k) => {
    const t = k / CURVE_POINTS;
    const s = 1 - t;
    const m = s * s * s * m0 + 3 * s * s * t * (m0 + bend) + 3 * s * t * t * (m1 - bend) + t * t * t * m1;
    return /** @type {[number, number]} */ ([m, (s * s * s + 3 * s * s * t) * c0 + (3 * s * t * t + t * t * t) * c1]);
  });
}

/**
 * The point of an edge where it passes a place of the main axis.
 *
 * @param {Edge} edge
 * @param {number} place
 * @param {"across" | "down"} flow
 * @returns {Point}
 */
export function passing(edge, place, flow) {
  const across = flow === "across";
  const cross = crossAt(edge.points.map((p) => (across ? [p.x, p.y] : [p.y, p.x])), place);
  return across ? { x: place, y: cross } : { x: cross, y: place };
}

/** The cross position of a line where it passes `m`. @param {[number, number][]} line @param {number} m */
function crossAt(line, m) {
  for (let k = 1; k < line.length; k++) {
    const [m0, c0] = line[k - 1] ?? [0, 0];
    const [m1, c1] = line[k] ?? [0, 0];
    if (m <= m1) return m1 === m0 ? c1 : c0 + ((c1 - c0) * (Math.max(m, m0) - m0)) / (m1 - m0);
  }
  return line[line.length - 1]?.[1] ?? 0;
}

/**
 * The point and the direction at a share of a line's length.
 *
 * @param {Point[]} points
 * @param {number} share  0 at its beginning, 1 at its end
 * @returns {Point & {angle: number}}  angle in degrees, clockwise from the x axis
 */
export function along(points, share) {
  const lengths = points.map((p, k) => (k === 0 ? 0 : Math.hypot(p.x - (points[k - 1]?.x ?? 0), p.y - (points[k - 1]?.y ?? 0))));
  const total = lengths.reduce((sum, length) => sum + length, 0);
  let left = Math.min(1, Math.max(0, share)) * total;
  for (let k = 1; k < points.length; k++) {
    const length = lengths[k] ?? 0;
    const a = points[k - 1];
    const b = points[k];
    if (!a || !b) continue;
    if (left <= length || k === points.length - 1) {
      const t = length > 0 ? Math.min(1, left / length) : 0;
      const angle = (Math.atan2(b.y - a.y, b.x - a.x) * 180) / Math.PI;
      return { x: a.x + t * (b.x - a.x), y: a.y + t * (b.y - a.y), angle };
    }
    left -= length;
  }
  return { x: points[0]?.x ?? 0, y: points[0]?.y ?? 0, angle: 0 };
}

/**
 * A line beside another, `distance` to the right of its direction.
 *
 * @param {Point[]} points
 * @param {number} distance
 * @returns {Point[]}
 */
export function beside(points, distance) {
  return points.map((p, k) => {
    const a = points[Math.max(0, k - 1)] ?? p;
    const b = points[Math.min(points.length - 1, k + 1)] ?? p;
    const length = Math.hypot(b.x - a.x, b.y - a.y) || 1;
    return { x: p.x - (distance * (b.y - a.y)) / length, y: p.y + (distance * (b.x - a.x)) / length };
  });
}

/**
 * A rectangle moved as little as need be to lie within another.
 *
 * @param {Rect} rect
 * @param {Rect} bounds
 * @returns {Rect}
 */
export function within(rect, bounds) {
  return {
    ...rect,
    x: Math.min(Math.max(rect.x, bounds.x), Math.max(bounds.x, bounds.x + bounds.w - rect.w)),
    y: Math.min(Math.max(rect.y, bounds.y), Math.max(bounds.y, bounds.y + bounds.h - rect.h)),
  };
}

/**
 * A place in a row beside what stands there: after it where there is room, else before it.
 *
 * @param {Rect} row
 * @param {Rect[]} taken
 * @param {{w: number, h: number}} size
 * @param {number} apart
 * @returns {Rect}
 */
export function besideAll(row, taken, size, apart) {
  const after = Math.max(...taken.map((rect) => rect.x + rect.w)) + apart;
  const before = Math.min(...taken.map((rect) => rect.x)) - apart - size.w;
  return { x: after + size.w <= row.x + row.w || before < 0 ? after : before, y: row.y, ...size };
}

/**
 * Rectangles pushed apart along one axis, as little as need be, in the order in which they stand.
 *
 * @template {Rect} R
 * @param {R[]} rects
 * @param {"x" | "y"} axis
 * @param {number} begin  of the room for them
 * @param {number} end
 * @returns {R[] | null}  in the order given; null when they have no room side by side
 */
export function spread(rects, axis, begin, end) {
  const size = axis === "x" ? "w" : "h";
  const order = rects.map((_, k) => k).sort((a, b) => (rects[a]?.[axis] ?? 0) - (rects[b]?.[axis] ?? 0));
  if (rects.reduce((sum, rect) => sum + rect[size], 0) > end - begin) return null;
  const places = rects.map((rect) => rect[axis]);
  let least = begin;
  for (const k of order) {
    places[k] = Math.max(places[k] ?? 0, least);
    least = (places[k] ?? 0) + (rects[k]?.[size] ?? 0);
  }
  let most = end;
  for (const k of order.reverse()) {
    places[k] = Math.min(places[k] ?? 0, most - (rects[k]?.[size] ?? 0));
    most = places[k] ?? 0;
  }
  return rects.map((rect, k) => ({ ...rect, [axis]: places[k] ?? rect[axis] }));
}

/** @param {Point[]} points @returns {string}  the `d` of a path */
export function pathOf(points) {
  return points.map((p, k) => `${k === 0 ? "M" : "L"}${round(p.x)} ${round(p.y)}`).join("");
}

/** Pixels to a tenth: finer is not seen. @param {number} pixels */
export function round(pixels) {
  return Math.round(pixels * 10) / 10;
}

/** How wide characters are in the mathematics face, in ems; its digits are all of one width. @type {Map<string, number>} */
const EMS = new Map(
  /** @type {[string, number][]} */ ([
    ["0123456789", 0.495], [". ,", 0.25], ["·", 0.285], ["⁰¹²³⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉", 0.42], ["→∞", 0.95], ["−=+≈⁻", 0.73],
  ]).flatMap(([characters, ems]) => [...characters].map((character) => /** @type {[string, number]} */ ([character, ems]))),
);
const USUAL_EMS = 0.6;

/**
 * How wide a number is in the mathematics face, in pixels.
 *
 * @param {string} text
 * @param {number} size  font size
 */
export function textWidth(text, size) {
  let ems = 0;
  for (const character of text) ems += EMS.get(character) ?? USUAL_EMS;
  return ems * size;
}
