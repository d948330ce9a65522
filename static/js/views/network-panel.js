/**
 * By what is being learned: layers, loss, batch, and how gradients become updates. Every change is an edit at this very
 * moment; what the engine refuses is said at the field it was tried in.
 *
 * @module
 */

import { button, createRows, element, setAttribute, setChoices, setField, setText } from "../elements.js";
import { layerName, number, parsed, typed } from "../format.js";
import { problemText } from "../problems.js";

/** @typedef {import("../types.js").State} State */
/** @typedef {import("../types.js").Command} Command */
/** @typedef {import("../types.js").CatalogueEntry} CatalogueEntry */
/** @typedef {import("../types.js").ConstantInfo & {choices?: string[]}} ConstantInfo */
/** @typedef {import("../types.js").Experiment} Experiment */
/** @typedef {import("../types.js").LayerInfo} LayerInfo */
/** @typedef {import("../types.js").ServerMessage} ServerMessage */
/** @typedef {import("../reduce.js").PageAction} PageAction */
/** @typedef {{send(command: Command): Promise<ServerMessage | null>, dispatch(action: PageAction): void}} Tools */
/** @typedef {Record<string, any>} Options  a part of the experiment's document */

/** A field and the place where its problem is told. @typedef {{root: HTMLElement, problem: HTMLElement}} Field */

const NEW_LAYER = Object.freeze({ type: "dense", units: 2, activation: "tanh" });
const USUAL_DROPOUT = 0.5;

/**
 * @param {HTMLElement} root
 * @param {Tools} tools
 */
export function createNetworkPanelView(root, tools) {
  /** @type {State | null} */
  let shown = null;
  /** @type {((state: State) => void)[]} */
  const parts = [];
  /** @type {Set<Field>} where something was refused, or not understood */
  const wrong = new Set();

  const inputs = element("p", { class: "quiet-button" });
  const list = element("ol", { class: "layers" });
  const layers = createRows(list, createLayer);
  const layersProblem = element("p", { class: "field-problem", role: "alert" });
  const problemOfLayers = { root: list, problem: layersProblem };
  root.append(
    element("div", { class: "panel-head" }, element("h2", {}, "Network"), inputs),
    list,
    layersProblem,
    button("Add a layer", addLayer, { class: "wide" }),
    lossFields(),
    batchFields(),
    element(
      "div",
      { class: "restart" },
      button("Reset", () => void tools.send({ type: "reset" }), {
        title: "Begin this run again: the same first weights, the same shuffle",
      }),
      button("Randomize", () => void tools.send({ type: "randomize" }), {
        title: "Begin a new run with other random weights",
      }),
      element("p", { class: "hint" }, "Reset begins again with the same weights. Randomize draws new ones."),
    ),
    group("Optimizer", optimizerFields(), ({ experiment, catalogue }) =>
      labelOf(catalogue?.optimizers, named(experiment?.optimizer, "sgd").type),
    ),
    group("Schedule", scheduleFields(), ({ experiment, catalogue }) =>
      labelOf(catalogue?.schedules, named(experiment?.schedule, "constant").type),
    ),
    group("First weights", initializerFields(), ({ experiment, catalogue }) =>
      labelOf(catalogue?.initializers, initializerOf(experiment).type),
    ),
    group("Frozen", frozenFields(), ({ layers: all }) => frozenWords(all)),
    group("Penalties", penaltyFields(), ({ experiment }) => penaltyWords(experiment?.penalty)),
    group("Clipping", clippingFields(), ({ experiment }) => clippingWords(named(experiment?.clipping, "none"))),
    group("Dropout", dropoutFields(), ({ layers: all }) => (all.some(({ type }) => type === "dropout") ? "on" : "none")),
    group("Early stopping", stoppingFields(), ({ experiment }) => (experiment?.early_stopping ? "on" : "off")),
  );
  // What is left with a value that was refused goes back to what is in force, and so does its problem.
  root.addEventListener("focusout", () => {
    if (wrong.size > 0) setTimeout(restore);
  });
  return { update };

  /** @param {State} state */
  function update(state) {
    const last = shown;
    shown = state;
    const same =
      last !== null &&
      last.experiment === state.experiment &&
      last.layers === state.layers &&
      last.catalogue === state.catalogue &&
      last.data === state.data;
    if (same || !state.experiment) return;
    for (const field of wrong) say(field, "");
    const names = state.data?.input_names ?? [];
    setText(inputs, `${names.length === 1 ? "1 input" : `${names.length} inputs`}: ${names.join(", ")}`);
    layers.update(state.layers, (row, info, place) => row.update(info, place, state));
    for (const part of parts) part(state);
  }


  /**
   * @param {string} title
   * @param {HTMLElement[]} fields
   * @param {(state: State) => string} wordsOf  what is chosen, for whoever does not open the group
   */
  function group(title, fields, wordsOf) {
    const chosen = element("span", { class: "chosen" });
    parts.push((state) => setText(chosen, wordsOf(state)));
    return element("details", {}, element("summary", {}, title, chosen), ...fields);
  }

  /**
   * @param {string} path
   * @param {unknown} value
   * @param {Field} field
   * @param {string} [place]  what the field is about, where that is a part of what is sent
   */
  async function edit(path, value, field, place = path) {
    const reply = await tools.send({ type: "edit", id: 0, path, value });
    if (reply?.type !== "problem") return;
    say(field, problemText(reply, place));
    // It is said here, and need not be said again for the whole page.
    tools.dispatch({ type: "ui/problem", problem: null });
    restore();
  }

  /**
   * @param {Field} field
   * @param {string} problem  empty when there is none
   */
  function say(field, problem) {
    setText(field.problem, problem);
    for (const control of field.root.querySelectorAll("input, select")) {
      setAttribute(control, "aria-invalid", problem === "" ? null : "true");
    }
    if (problem === "") wrong.delete(field);
    else wrong.add(field);
  }

  /** Whatever was tried in vain, the fields say what is in force. */
  function restore() {
    if (shown) for (const part of parts) part(shown);
  }

  /**
   * @param {HTMLInputElement} control
   * @param {(value: number) => void} onChange
   * @param {Field} field
   */
  function onNumber(control, onChange, field) {
    control.addEventListener("change", () => {
      const value = parsed(control.value);
      say(field, value === null ? `“${control.value}” is no number.` : "");
      if (value !== null) onChange(value);
    });
  }

  /**
   * @param {HTMLInputElement} control
   * @param {(value: string) => void} onChange
   * @param {Field} field
   */
  function onText(control, onChange, field) {
    control.addEventListener("change", () => {
      say(field, "");
      onChange(control.value.trim());
    });
  }

  /**
   * @param {(layers: Options[]) => Options[]} change
   * @param {Field} [field]
   * @param {string} [place]
   */
  function editLayers(change, field = problemOfLayers, place) {
    const before = shown?.experiment?.network?.layers;
    if (before) void edit("network.layers", change(structuredClone(before)), field, place);
  }


  /** @param {number} place */
  function createLayer(place) {
    const name = element("span", { class: "layer-name" });
    const remove = button("Remove", () => editLayers((all) => withoutLayer(all, place)), { class: "quiet-button" });
    const count = element("span", { class: "count" });
    const fewer = button("−", () => resize(-1), { class: "round" });
    const more = button("+", () => resize(1), { class: "round" });
    const activation = element("select");
    const units = element("div", { class: "units" }, fewer, count, more);
    const problem = element("p", { class: "field-problem", role: "alert" });
    const body = element("div", { class: "layer-body" }, activation, remove);
    const layer = element(
      "li",
      { class: "layer" },
      element("div", { class: "layer-head" }, name, units),
      body,
      problem,
    );
    activation.addEventListener("change", () => {
      void edit(`network.layers[${place}].activation`, activation.value, { root: layer, problem });
    });
    return {
      root: layer,
      /**
       * @param {LayerInfo} info
       * @param {number} _
       * @param {State} state
       */
      update(info, _, state) {
        const isLast = place === state.layers.length - 1;
        const title = capital(layerName(place, state.layers));
        setText(name, isLast ? `${title}, output` : title);
        setAttribute(remove, "hidden", isLast);
        setAttribute(remove, "aria-label", `Remove ${layerName(place, state.layers)}`);
        setText(count, info.type === "dropout" ? `rate ${number(info.rate ?? 0)}` : neurons(info.units));
        setAttribute(body, "data-type", info.type);
        for (const [control, words] of /** @type {const} */ ([
          [fewer, "Fewer neurons in"],
          [more, "More neurons in"],
        ])) {
          setAttribute(control, "aria-label", `${words} ${layerName(place, state.layers)}`);
          setAttribute(control, "hidden", isLast || info.type === "dropout");
        }
        setAttribute(fewer, "aria-disabled", String(info.units <= 1));
        setAttribute(activation, "hidden", info.type === "dropout");
        setAttribute(activation, "aria-label", `Activation of ${layerName(place, state.layers)}`);
        setChoices(activation, choicesOf(state.catalogue?.activations));
        activation.value = info.activation ?? "";
      },
    };

    /** @param {1 | -1} change */
    function resize(change) {
      const units_ = (shown?.layers[place]?.units ?? 0) + change;
      if (units_ >= 1) editLayers((all) => withUnits(all, place, units_));
    }
  }

  function addLayer() {
    editLayers((all) => {
      const output = all.length - 1;
      const model = all.slice(0, output).findLast(({ type }) => type !== "dropout");
      const made = model
        ? { type: "dense", units: unitsOf(model), activation: model.activation ?? "identity" }
        : { ...NEW_LAYER };
      return withFreeWeights([...all.slice(0, output), made, ...all.slice(output)], output + 1);
    });
  }


  function lossFields() {
    const menu = element("select", { id: "loss" });
    const field = labelled("Loss", menu);
    const unfolded = element("input", { type: "checkbox", id: "loss-unfolded" });
    const long = element("label", { class: "check" }, unfolded, "Take the long way back, through the activation");
    menu.addEventListener("change", () => void edit("loss", menu.value, field));
    unfolded.addEventListener("change", () => {
      void edit("loss", { type: menu.value, unfolded: unfolded.checked }, field);
    });
    parts.push(({ experiment, catalogue }) => {
      const loss = named(experiment?.loss, "mean_squared_error");
      setChoices(menu, choicesOf(catalogue?.losses));
      menu.value = loss.type;
      unfolded.checked = loss.unfolded === true;
      setAttribute(long, "hidden", !String(loss.type).endsWith("cross_entropy"));
    });
    return element("div", {}, field.root, long);
  }

  function batchFields() {
    const size = element("input", { id: "batch-size", inputmode: "numeric", autocomplete: "off" });
    const field = labelled("Batch size", size);
    const shuffle = element("input", { type: "checkbox", id: "shuffle" });
    const shuffleField = checked("Shuffle the rows in each epoch", shuffle);
    onNumber(size, (value) => void edit("batch_size", value, field), field);
    shuffle.addEventListener("change", () => void edit("shuffle", shuffle.checked, shuffleField));
    parts.push(({ experiment, data }) => {
      setField(size, typed(experiment?.batch_size ?? data?.samples ?? 1));
      shuffle.checked = experiment?.shuffle ?? true;
    });
    return element("div", {}, field.root, shuffleField.root);
  }


  function optimizerFields() {
    const menu = element("select", { id: "optimizer" });
    const field = labelled("Rule", menu);
    const words = element("p", { class: "hint" });
    const constants = createConstants("optimizer", { onNumber, onText }, (name, value, at) => void edit(`optimizer.${name}`, value, at));
    menu.addEventListener("change", () => {
      // The learning rate is the viewer's, and always in view: it stays as it is.
      const { learning_rate } = named(shown?.experiment?.optimizer, "sgd");
      void edit("optimizer", { type: menu.value, ...(learning_rate !== undefined && { learning_rate }) }, field);
    });
    parts.push(({ experiment, catalogue }) => {
      const options = named(experiment?.optimizer, "sgd");
      const entry = catalogue?.optimizers.find(({ name }) => name === options.type);
      setChoices(menu, choicesOf(catalogue?.optimizers));
      menu.value = options.type;
      setText(words, entry?.words ?? "");
      constants.update(entry, options);
    });
    return [field.root, words, constants.root];
  }

  function scheduleFields() {
    const menu = element("select", { id: "schedule" });
    const field = labelled("Rule", menu);
    const words = element("p", { class: "hint" });
    const constants = createConstants("schedule", { onNumber, onText }, (name, value, at) => {
      send({ [name]: value }, at, `schedule.${name}`);
    });
    const per = element("select", { id: "schedule-per" });
    const perField = labelled("Counted in", per);
    setChoices(per, [
      { value: "step", words: "steps" },
      { value: "epoch", words: "epochs" },
    ]);
    const warmup = element("input", { id: "schedule-warmup", inputmode: "numeric", autocomplete: "off" });
    const warmupField = labelled("Warm-up steps", warmup);
    menu.addEventListener("change", () => {
      const entry = shown?.catalogue?.schedules.find(({ name }) => name === menu.value);
      const given = (entry?.constants ?? []).filter((constant) => constant.default !== null);
      const { warmup: before } = now();
      const value = { type: menu.value, ...Object.fromEntries(given.map((one) => [one.name, one.default])) };
      void edit("schedule", before ? { ...value, warmup: before } : value, field);
    });
    per.addEventListener("change", () => send({ per: per.value }, perField));
    onNumber(
      warmup,
      (steps) => {
        const { warmup: before, ...rest } = now();
        const value = steps === 0 ? rest : { ...rest, warmup: { ...before, steps } };
        void edit("schedule", value, warmupField, "schedule.warmup.steps");
      },
      warmupField,
    );
    parts.push(({ experiment, catalogue }) => {
      const options = named(experiment?.schedule, "constant");
      const entry = catalogue?.schedules.find(({ name }) => name === options.type);
      setChoices(menu, choicesOf(catalogue?.schedules));
      menu.value = options.type;
      setText(words, entry?.words ?? "");
      constants.update(entry, options);
      per.value = options.per ?? /** @type {any} */ (entry)?.per ?? "epoch";
      setAttribute(perField.root, "hidden", options.type === "constant" || options.type === "plateau");
      setField(warmup, typed(options.warmup?.steps ?? 0));
      setAttribute(warmupField.root, "hidden", options.type === "warmup");
    });
    return [field.root, words, constants.root, perField.root, warmupField.root];

    function now() {
      return named(shown?.experiment?.schedule, "constant");
    }

    /**
     * @param {Options} change
     * @param {Field} at
     * @param {string} [place]
     */
    function send(change, at, place) {
      void edit("schedule", { ...now(), ...change }, at, place);
    }
  }

  function initializerFields() {
    const menu = element("select", { id: "initializer" });
    const field = labelled("Drawn by", menu);
    const words = element("p", { class: "hint" });
    const constants = createConstants("initializer", { onNumber, onText }, (name, value, at) => {
      setAll({ ...initializerOf(shown?.experiment), [name]: value }, at, `network.layers[0].initializer.${name}`);
    });
    menu.addEventListener("change", () => setAll({ type: menu.value }, field));
    parts.push(({ experiment, catalogue }) => {
      const options = initializerOf(experiment);
      const entry = catalogue?.initializers.find(({ name }) => name === options.type);
      setChoices(menu, [
        { value: "", words: "what suits the activation" },
        ...choicesOf(catalogue?.initializers),
      ]);
      menu.value = options.type;
      setText(words, `${entry?.words ?? ""} Takes effect with Randomize.`.trim());
      constants.update(entry, options);
    });
    return [field.root, words, constants.root];

    /**
     * @param {Options} initializer
     * @param {Field} at
     * @param {string} [place]
     */
    function setAll(initializer, at, place) {
      editLayers(
        (all) =>
          all.map((layer) => {
            if (layer.type === "dropout") return layer;
            const { initializer: _, W: __, b: ___, ...rest } = layer;
            const kept = { ...rest, units: unitsOf(layer) };
            return initializer.type === "" ? kept : { ...kept, initializer };
          }),
        at,
        place,
      );
    }
  }

  function frozenFields() {
    const box = element("div", { class: "frozen" });
    const rows = createRows(box, (place) => {
      const name = element("span");
      const problem = element("p", { class: "field-problem", role: "alert" });
      const row = element("div", { class: "frozen-row" });
      const checks = /** @type {const} */ (["W", "b"]).map((part) => {
        const check = element("input", { type: "checkbox" });
        check.addEventListener("change", () => {
          const frozen = checks.filter(({ control }) => control.checked).map((one) => one.part);
          void edit(`network.layers[${place}].frozen`, frozen, { root: row, problem });
        });
        return { part, control: check };
      });
      const [weights, biases] = checks;
      row.append(
        name,
        element("label", { class: "check" }, weights?.control ?? null, "weights"),
        element("label", { class: "check" }, biases?.control ?? null, "biases"),
        problem,
      );
      return { root: row, name, checks };
    });
    parts.push(({ layers: all }) => {
      rows.update(all, ({ root: row, name, checks }, info, place) => {
        setText(name, capital(layerName(place, all)));
        setAttribute(row, "hidden", info.type === "dropout");
        for (const { part, control } of checks) {
          control.checked = info.frozen.includes(part);
          const words = part === "W" ? "weights" : "biases";
          setAttribute(control, "aria-label", `Freeze the ${words} of ${layerName(place, all)}`);
        }
      });
    });
    return [element("p", { class: "hint" }, "What is frozen has gradients, but no update changes it."), box];
  }

  function penaltyFields() {
    return /** @type {const} */ ([
      ["l1", "L1: λ₁ Σ|w|"],
      ["l2", "L2: ½ λ₂ Σw²"],
    ]).map(([name, words]) => {
      const control = element("input", { id: `penalty-${name}`, inputmode: "decimal", autocomplete: "off" });
      const field = labelled(words, control);
      onNumber(control, (value) => void edit(`penalty.${name}`, value, field), field);
      parts.push(({ experiment }) => setField(control, typed(experiment?.penalty?.[name] ?? 0)));
      return field.root;
    });
  }

  function clippingFields() {
    const menu = element("select", { id: "clipping" });
    const field = labelled("Clip by", menu);
    const maximum = element("input", { id: "clipping-maximum", inputmode: "decimal", autocomplete: "off" });
    const maximumField = labelled("At most", maximum);
    setChoices(menu, [
      { value: "none", words: "nothing" },
      { value: "value", words: "value: each entry alone" },
      { value: "norm", words: "norm: the whole gradient" },
    ]);
    menu.addEventListener("change", () => void edit("clipping", { ...now(), type: menu.value }, field));
    onNumber(maximum, (value) => send(value), maximumField);
    parts.push(() => {
      const { type, maximum: most } = now();
      menu.value = type;
      setField(maximum, typed(most ?? 1));
      setAttribute(maximumField.root, "hidden", type === "none");
    });
    return [field.root, maximumField.root];

    /** @param {number} value */
    function send(value) {
      void edit("clipping", { ...now(), maximum: value }, maximumField, "clipping.maximum");
    }

    function now() {
      return named(shown?.experiment?.clipping, "none");
    }
  }

  function dropoutFields() {
    const box = element("div");
    const rows = createRows(box, () => {
      let after = 0;
      const control = element("input", { inputmode: "decimal", autocomplete: "off" });
      const label = element("label");
      const problem = element("p", { class: "field-problem", role: "alert" });
      const row = element("div", { class: "field" }, label, control, problem);
      const field = { root: row, problem };
      onNumber(
        control,
        (rate) => editLayers((all) => withDropout(all, after, rate), field, `network.layers[${after + 1}].rate`),
        field,
      );
      return {
        root: row,
        /**
         * @param {number} place
         * @param {LayerInfo[]} all
         */
        update(place, all) {
          after = place;
          const next = all[place + 1];
          control.id = `dropout-${place}`;
          label.htmlFor = control.id;
          setText(label, `Rate after ${layerName(place, all)}`);
          setField(control, typed(next?.type === "dropout" ? (next.rate ?? USUAL_DROPOUT) : 0));
        },
      };
    });
    const none = element("p", { class: "hint" }, "There is no hidden layer to drop neurons of.");
    parts.push(({ layers: all }) => {
      const hidden = all.flatMap(({ type }, place) => (type === "dense" && place < all.length - 1 ? [place] : []));
      setAttribute(none, "hidden", hidden.length > 0);
      rows.update(hidden, (row, place) => row.update(place, all));
    });
    return [element("p", { class: "hint" }, "The part of a layer’s neurons that each step leaves out; 0 is none."), none, box];
  }

  function stoppingFields() {
    const on = element("input", { type: "checkbox", id: "stopping" });
    const onField = checked("Stop when the validation loss no longer falls", on);
    const patience = element("input", { id: "stopping-patience", inputmode: "numeric", autocomplete: "off" });
    const patienceField = labelled("Epochs of patience", patience);
    const restore = element("input", { type: "checkbox", id: "stopping-restore" });
    const restoreField = checked("Go back to the best weights", restore);
    on.addEventListener("change", () => void edit("early_stopping", on.checked ? { patience: 10 } : null, onField));
    onNumber(patience, (value) => send({ patience: value }, patienceField), patienceField);
    restore.addEventListener("change", () => send({ restore_best: restore.checked }, restoreField));
    parts.push(() => {
      const stopping = shown?.experiment?.early_stopping;
      on.checked = Boolean(stopping);
      setField(patience, typed(stopping?.patience ?? 10));
      restore.checked = stopping?.restore_best ?? true;
      for (const { root: part } of [patienceField, restoreField]) setAttribute(part, "hidden", !stopping);
    });
    return [onField.root, patienceField.root, restoreField.root];

    /**
     * @param {Options} change
     * @param {Field} at
     */
    function send(change, at) {
      const place = Object.keys(change).map((name) => `early_stopping.${name}`)[0];
      void edit("early_stopping", { ...shown?.experiment?.early_stopping, ...change }, at, place);
    }
  }
}

/**
 * The numbers of an optimizer, a schedule or an initializer: made anew only when another one is chosen.
 *
 * @param {string} prefix  of the fields' ids
 * @param {object} listen
 * @param {(control: HTMLInputElement, onChange: (value: number) => void, field: Field) => void} listen.onNumber
 * @param {(control: HTMLInputElement, onChange: (value: string) => void, field: Field) => void} listen.onText
 * @param {(name: string, value: unknown, field: Field) => void} onChange
 */
function createConstants(prefix, { onNumber, onText }, onChange) {
  const root = element("div", { class: "constants" });
  /** @type {string | null} */
  let of = null;
  /** @type {Map<string, HTMLInputElement | HTMLSelectElement>} */
  const controls = new Map();
  return { root, update };

  /**
   * @param {CatalogueEntry | undefined} entry
   * @param {Options} options
   */
  function update(entry, options) {
    if (of !== (entry?.name ?? null)) {
      of = entry?.name ?? null;
      controls.clear();
      root.replaceChildren(...constantsOf(entry).map(createField));
    }
    for (const constant of constantsOf(entry)) {
      const control = controls.get(constant.name);
      const value = options[constant.name] ?? constant.default;
      if (control instanceof HTMLInputElement && control.type === "checkbox") control.checked = value === true;
      else if (control instanceof HTMLSelectElement) control.value = String(value);
      else if (control) setField(control, written(/** @type {unknown} */ (value)));
    }
  }

  /** The learning rate has a place of its own, always in view. @param {CatalogueEntry | undefined} entry */
  function constantsOf(entry) {
    return (entry?.constants ?? []).filter(({ name }) => name !== "learning_rate");
  }

  /** @param {ConstantInfo} constant */
  function createField(constant) {
    const id = `${prefix}-${constant.name}`;
    const usual = /** @type {unknown} */ (constant.default);
    // A word begins a label with a capital; a Greek letter stays itself.
    const title = /^[a-z]{2}/.test(constant.label) ? capital(constant.label) : constant.label;
    if (typeof usual === "boolean") {
      const check = element("input", { type: "checkbox", id });
      const field = checked(title, check);
      check.addEventListener("change", () => onChange(constant.name, check.checked, field));
      controls.set(constant.name, check);
      return field.root;
    }
    if (constant.choices) {
      const menu = element("select", { id });
      const field = labelled(title, menu);
      setChoices(menu, constant.choices.map((choice) => ({ value: choice, words: choice })));
      menu.addEventListener("change", () => onChange(constant.name, menu.value, field));
      controls.set(constant.name, menu);
      return field.root;
    }
    const isText = typeof usual === "string";
    const inputmode = isText ? "text" : "decimal";
    const box = element("input", { id, inputmode, autocomplete: "off", spellcheck: "false", title: constant.words });
    const field = labelled(title, box);
    if (isText) onText(box, (value) => onChange(constant.name, value, field), field);
    else onNumber(box, (value) => onChange(constant.name, value, field), field);
    controls.set(constant.name, box);
    return field.root;
  }
}


/**
 * @param {string} words
 * @param {HTMLElement} control  with an id
 * @returns {Field}
 */
function labelled(words, control) {
  const problem = element("p", { class: "field-problem", role: "alert" });
  const kind = control.tagName === "SELECT" ? "field of-menu" : "field";
  return { root: element("div", { class: kind }, element("label", { for: control.id }, words), control, problem), problem };
}

/**
 * @param {string} words
 * @param {HTMLInputElement} control
 * @returns {Field}
 */
function checked(words, control) {
  const problem = element("p", { class: "field-problem", role: "alert" });
  return { root: element("div", {}, element("label", { class: "check" }, control, words), problem), problem };
}

/** @param {readonly CatalogueEntry[] | undefined} entries */
function choicesOf(entries) {
  return (entries ?? []).map(({ name, label }) => ({ value: name, words: label }));
}

/**
 * A part of the document that may be written as its name alone.
 *
 * @param {unknown} value
 * @param {string} usual
 * @returns {Options}
 */
function named(value, usual) {
  if (typeof value === "string") return { type: value };
  return { type: usual, .../** @type {Options} */ (value ?? {}) };
}

/** What all layers are drawn by; the first layer's where they differ. @param {Experiment | null | undefined} experiment */
function initializerOf(experiment) {
  /** @type {Options | undefined} */
  const first = experiment?.network?.layers?.find((/** @type {Options} */ { type }) => type !== "dropout");
  return named(first?.initializer, "");
}


/** @param {Options} layer @returns {number | undefined} */
function unitsOf({ units, W }) {
  return units ?? W?.length;
}

/**
 * @param {Options[]} layers
 * @param {number} place
 * @param {number} units
 */
function withUnits(layers, place, units) {
  const changed = layers.map((layer, at) => (at === place ? { ...withoutWeights(layer), units } : layer));
  return withFreeWeights(changed, place + 1);
}

/**
 * @param {Options[]} layers
 * @param {number} place
 */
function withoutLayer(layers, place) {
  const removed = layers[place];
  const left = layers.filter((_, at) => at !== place);
  if (removed?.type === "dropout") return left;
  // A dropout belongs to the layer before it.
  const rest = left[place]?.type === "dropout" ? left.filter((_, at) => at !== place) : left;
  return withFreeWeights(rest, place);
}

/**
 * @param {Options[]} layers
 * @param {number} place  of the layer that neurons are left out of
 * @param {number} rate
 */
function withDropout(layers, place, rate) {
  const has = layers[place + 1]?.type === "dropout";
  const dropout = rate > 0 ? [{ type: "dropout", rate }] : [];
  return [...layers.slice(0, place + 1), ...dropout, ...layers.slice(place + (has ? 2 : 1))];
}

/**
 * Numbers written out for a layer whose inputs have become more or fewer no longer fit it.
 *
 * @param {Options[]} layers
 * @param {number} from  the first layer that may be concerned
 */
function withFreeWeights(layers, from) {
  const next = layers.findIndex(({ type }, at) => at >= from && type !== "dropout");
  return layers.map((layer, at) => (at === next ? { ...withoutWeights(layer), units: unitsOf(layer) } : layer));
}

/** @param {Options} layer @returns {Options} */
function withoutWeights({ W: _, b: __, ...rest }) {
  return rest;
}


/**
 * @param {readonly CatalogueEntry[] | undefined} entries
 * @param {string} name
 */
function labelOf(entries, name) {
  return entries?.find((entry) => entry.name === name)?.label ?? "usual";
}

/** @param {LayerInfo[]} layers */
function frozenWords(layers) {
  const all = layers.filter(({ type }) => type === "dense");
  /** @param {string} part */
  const count = (part) => all.filter(({ frozen }) => frozen.includes(part)).length;
  const words = [
    ["weights", count("W")],
    ["biases", count("b")],
  ].filter(([, many]) => many !== 0);
  if (words.length === 0) return "nothing";
  return words.map(([part, many]) => (many === all.length ? part : `some ${part}`)).join(", ");
}

/** @param {Options | undefined} penalty */
function penaltyWords(penalty) {
  const names = [penalty?.l1 > 0 ? "L1" : "", penalty?.l2 > 0 ? "L2" : ""].filter(Boolean);
  return names.length > 0 ? names.join(" and ") : "none";
}

/** @param {Options} clipping */
function clippingWords({ type, maximum }) {
  return type === "none" ? "none" : `${type}, at most ${number(maximum ?? 1)}`;
}

/** @param {number} count */
function neurons(count) {
  return count === 1 ? "1 neuron" : `${count} neurons`;
}

/** What a field holds of a constant that is a number, a word, or left to the engine. @param {unknown} value */
function written(value) {
  if (value === null || value === undefined) return "";
  return typeof value === "string" ? value : typed(/** @type {number} */ (value));
}

/** @param {string} words */
function capital(words) {
  return words.charAt(0).toUpperCase() + words.slice(1);
}
