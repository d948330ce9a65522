/**
 * The shapes of what crosses the socket and of what the page knows. No code.
 *
 * Names that cross the socket keep their Python spelling. Layer, neuron, sample, step, event and epoch numbers are
 * 0-based everywhere; only format.js adds 1 for people.
 *
 * @module
 */

/* ------------------------------------------------------------------ words */

/** @typedef {"forward" | "loss" | "backward" | "update"} Phase */

/**
 * What one event does. In the order of a step:
 * `validation` (first step of an epoch, when there are validation rows): validation_loss
 * `batch`: x (n,in), y (n,out), batch (n,) row numbers
 * `affine` (layer): layerL.z        `activation` (layer): layerL.a        `dropout` (layer): layerL.mask, layerL.a
 * `loss`: sample_loss (n,), data_loss, and loss when there is no penalty       `penalty`: penalty, loss
 * `loss_gradient` (last layer): layerL.grad_a; for a fused cross-entropy layerL.delta instead
 * `activation_gradient` (layer): layerL.slope (n,out), layerL.delta (n,out)
 * `weight_gradient` (layer): layerL.grad_W, layerL.grad_b (means over the batch)
 * `propagate` (layer): layer{L-1}.grad_a      `dropout_gradient` (layer): layer{L-1}.grad_a
 * `penalty_gradient`: every layerL.grad_W again, now with the penalty's part
 * `clip`: grad_norm, clip_scale, and every layerL.grad_W, layerL.grad_b again, now clipped
 * `update` (layer, parameter): layerL.change_W, layerL.next_W (or _b), and the optimizer's state, e.g. layerL.velocity_W
 * `commit`: the new parameters layerL.W, layerL.b; the cursor moves to event 0 of the next step
 *
 * @typedef {"validation" | "batch" | "affine" | "activation" | "dropout" | "loss" | "penalty" | "loss_gradient"
 *   | "activation_gradient" | "weight_gradient" | "propagate" | "dropout_gradient" | "penalty_gradient" | "clip"
 *   | "update" | "commit"} EventKind
 */

/** @typedef {"term" | "neuron" | "layer" | "phase" | "step" | "epoch"} Grain */

/**
 * A float64 as it travels: a number, or its name where JSON has none.
 * @typedef {number | "NaN" | "Infinity" | "-Infinity"} Real
 */
/** @typedef {Real | Real[] | Real[][] | Real[][][]} Value  nested lists in the usual shapes, batch first */
/** @typedef {Record<string, Value>} Values  by name: "layer0.W", "x", "loss", … */

/** `event` events of step `step` have run. @typedef {{step: number, event: number}} Cursor */

/**
 * Where a number stands: its name and its index in the usual shape, e.g. {name: "layer0.W", index: [1, 0]} (to, from),
 * {name: "layer1.delta", index: [sample, neuron]}, {name: "loss", index: []}.
 * @typedef {{name: string, index: number[]}} Ref
 */

/* ------------------------------------------------------------------ server → browser */

/**
 * One event of the step's plan, known before it runs.
 * @typedef {object} PlannedEvent
 * @property {EventKind} kind
 * @property {Phase} phase
 * @property {number | null} layer
 * @property {string | null} parameter  "W" or "b", for `update`
 * @property {string} title  e.g. "Layer 1: weighted sums"
 * @property {string} mathml  the general formula, a whole <math> element
 */

/**
 * Every number the picture needs for the sample on show, computed by the engine. Absent fields do not apply.
 * @typedef {object} Detail
 * @property {number} sample  row of the batch
 * @property {Real[][]} [terms]  affine: (out, in + 1) w·a, the bias last; propagate: (in, out) w·delta;
 *   weight_gradient: (out, in + 1) delta·a of this sample, the bias last; loss: (1, out) each output's part of the sample's loss
 * @property {Real[][]} [partials]  the running sums of `terms` along each row (not for weight_gradient)
 * @property {Real[]} [slope]  activation: f′(z) of each neuron, for the tangent
 */

/**
 * One event that has run.
 * @typedef {object} EventMessage
 * @property {"event"} type
 * @property {string} run
 * @property {Cursor} cursor  after the event
 * @property {number} step
 * @property {number} index  the event's place in the plan
 * @property {EventKind} kind
 * @property {Phase} phase
 * @property {number | null} layer
 * @property {string | null} parameter
 * @property {Values} values  what this event produced
 * @property {Detail | null} detail
 * @property {string} words  one sentence
 * @property {string} line  the NumPy that ran; lines parted by "\n"
 * @property {PlannedEvent[]} [plan]  the plan of the step that the cursor is now in, when it differs from before
 * @property {number} [learning_rate]  of the step that the cursor is now in (with `commit`)
 * @property {Preview | null} [preview]  from the moment on that every gradient of the step is known
 */

/**
 * @typedef {object} History
 * @property {number} steps  how many steps the record has
 * @property {[number, Real][]} loss  [step, loss], thinned to at most 600 points, extremes kept
 * @property {[number, Real][]} validation  [step, loss]
 * @property {{step: number, event: number, words: string}[]} edits  e.g. "η 0.1 → 0.5"
 */

/**
 * @typedef {object} Checked  the gradient check of the step at the cursor
 * @property {number} step
 * @property {number} parameters  how many numbers were checked
 * @property {Real} largest_error  relative
 * @property {Ref | null} worst
 * @property {number} excluded  entries at a kink
 * @property {boolean} passed
 */

/**
 * @typedef {object} Divergence
 * @property {number} step
 * @property {string} parameter
 * @property {string} cause  a sentence
 */

/**
 * What the update would do with the present learning rate; only when every gradient of the step is known.
 * @typedef {object} Preview
 * @property {number} learning_rate
 * @property {Real} loss  of this batch after such an update
 * @property {Values} values  layerL.next_W, layerL.next_b, layerL.change_W, layerL.change_b
 */

/**
 * The batch loss along −g, as a function of η.
 * @typedef {object} WhatIf
 * @property {number} step
 * @property {number[]} learning_rates  ascending
 * @property {Real[]} losses
 * @property {Real[]} changes  the losses less today's
 * @property {Real} loss  today's, at η = 0
 * @property {number} best  the η of the lowest loss
 * @property {number | null} exceeds  the η from which on the loss is larger than today's; 0 if it is with every η
 * @property {number | null} stability_limit  the η from which on plain gradient descent does not settle, where it is known
 * @property {string} stability_reason  why it is not known, in a sentence
 */

/**
 * Everything needed to draw from nothing.
 * @typedef {object} SnapshotMessage
 * @property {"snapshot"} type
 * @property {number} [id]  of the command it answers, for the viewer who sent it
 * @property {string} session
 * @property {string} run
 * @property {Document} document  experiment as it began + edits + cursor: what a link or a file holds
 * @property {Experiment} experiment  as it is in force at the cursor
 * @property {LayerInfo[]} layers
 * @property {DataInfo} data
 * @property {Cursor} cursor
 * @property {number} epoch
 * @property {number} steps_per_epoch
 * @property {number} last_step  the furthest step of this run
 * @property {number} sample  row of the batch on show
 * @property {PlannedEvent[]} plan
 * @property {EventMessage[]} events  those of the current step that have run, in order
 * @property {Values} parameters  layerL.W, layerL.b at the beginning of the step
 * @property {number} learning_rate
 * @property {History} history
 * @property {History | null} ghost  the run that the last edit after going back dropped
 * @property {Checked | null} checked
 * @property {Preview | null} preview
 * @property {Divergence | null} divergence
 * @property {boolean} playing  the server is training at this moment
 * @property {boolean} finished  early stopping or the step limit ended the run
 */

/** The cursor moved inside the current step, over events the browser has. @typedef {{type: "moved", run: string, cursor: Cursor}} MovedMessage */

/**
 * The newest state while the server trains: the whole newest step, all its events run, before its commit.
 * @typedef {object} FrameMessage
 * @property {"frame"} type
 * @property {number} seq  to be acknowledged by `drawn` when it has been drawn
 * @property {string} run
 * @property {Cursor} cursor
 * @property {number} epoch
 * @property {number} last_step
 * @property {number} steps_per_second
 * @property {number} learning_rate
 * @property {Values} values  everything of that step
 * @property {Values} parameters
 */

/**
 * Where an array lies in the vector of a binary frame; the last index of `shape` runs fastest.
 * @typedef {{name: string, shape: number[], offset: number}} ArrayPlace
 */

/**
 * How the binary frames that bear this number are to be read. See frames.js; only connection.js ever meets it.
 * @typedef {object} LayoutMessage
 * @property {"layout"} type
 * @property {number} number
 * @property {string} run  whose frames they are
 * @property {ArrayPlace[]} values
 * @property {ArrayPlace[]} parameters
 */

/** @typedef {{type: "history", run: string, history: History}} HistoryMessage */
/** @typedef {{type: "checked", run: string, checked: Checked}} CheckedMessage */

/**
 * An edit that changed a number and kept the run's present moment (learning rate, optimizer constants): the answer to a drag.
 * Any edit that changes more is answered by a `snapshot`.
 * @typedef {object} EditedMessage
 * @property {"edited"} type
 * @property {number} id
 * @property {string} run
 * @property {Cursor} cursor
 * @property {string} path
 * @property {unknown} value
 * @property {number} learning_rate
 * @property {Edit[]} edits  of the document
 * @property {Preview | null} preview
 */

/**
 * @typedef {{type: "answer", id: number, run: string} & (
 *   | {what: "explain", explanation: Explanation}
 *   | {what: "what_if", what_if: WhatIf | null}
 *   | {what: "gradient_check", checked: Checked}
 *   | {what: "link", link: string}
 *   | {what: "document", document: Document})} AnswerMessage
 */

/** @typedef {{path: string, value: string, allowed: string}} FieldProblem */
/** @typedef {{type: "problem", id: number | null, message: string, problems: FieldProblem[]}} ProblemMessage */

/** @typedef {{type: "hello", version: string, limits: Record<string, number>, catalogue: Catalogue}} HelloMessage */

/**
 * @typedef {HelloMessage | SnapshotMessage | EventMessage | MovedMessage | FrameMessage | HistoryMessage | CheckedMessage
 *   | EditedMessage | AnswerMessage | ViewMessage | ProblemMessage} ServerMessage
 */

/* ------------------------------------------------------------------ explanations */

/**
 * One number with its symbol and its place.
 * @typedef {object} Quantity
 * @property {Ref} ref
 * @property {string} mathml  its symbol: an <mrow>, <msub>, … fragment without the <math> around it
 * @property {string} words  e.g. "weight of layer 1 from input 2 to neuron 1"
 * @property {Real | null} value  null: not computed yet at the cursor
 * @property {boolean} unfolds  it has an explanation of its own
 */

/**
 * A formula as a tree. Its leaves are quantities and plain numbers; each inner node carries its value.
 * `sum` and `product` have any number of args; `mean` is a sum over samples divided by n; `negative` one; `difference` and
 * `quotient` two; `call` one (name: "tanh", …, with `mathml` for its sign); `power` two.
 * @typedef {{op: "quantity", quantity: Quantity}
 *   | {op: "number", value: Real}
 *   | {op: "sum" | "product" | "mean" | "negative" | "difference" | "quotient" | "power", args: Expression[], value: Real | null}
 *   | {op: "call", name: string, mathml: string, args: Expression[], value: Real | null}} Expression
 */

/**
 * How a quantity follows from others that stand on the screen, one level of the chain rule.
 * @typedef {object} Explanation
 * @property {Quantity} quantity
 * @property {string} rule  the general rule, a whole <math> element
 * @property {Expression} expression  with the numbers of this very moment
 * @property {string} words
 * @property {Explanation[]} alternatives  other ways to the same number, e.g. the long way round a fused cross-entropy
 */

/* ------------------------------------------------------------------ documents */

/** @typedef {{step: number, event: number, path: string, value: unknown, index?: number[]}} Edit */
/** @typedef {Record<string, any>} Experiment  the JSON document of the issue: version, seed, data, network, loss, optimizer, … */
/** @typedef {{experiment: Experiment, edits: Edit[], cursor: Cursor, view?: Record<string, any>}} Document */

/**
 * @typedef {object} LayerInfo
 * @property {"dense" | "dropout"} type
 * @property {number} fan_in
 * @property {number} units
 * @property {string | null} activation
 * @property {string[]} frozen  "W", "b"
 * @property {number} [rate]  dropout
 */

/**
 * @typedef {object} DataInfo
 * @property {"regression" | "binary" | "classification"} task
 * @property {number} samples
 * @property {number} validation_samples
 * @property {string[]} input_names
 * @property {string[]} target_names
 * @property {string[]} class_names
 * @property {Real[][]} inputs  the first 500 training rows
 * @property {Real[][]} targets
 * @property {string} source
 */

/** @typedef {{name: string, label: string, default: number | null, words: string}} ConstantInfo */
/**
 * @typedef {object} CatalogueEntry
 * @property {string} name
 * @property {string} label
 * @property {string} words  one sentence
 * @property {string} [mathml]
 * @property {ConstantInfo[]} [constants]
 */
/** @typedef {CatalogueEntry & {curve: {z: number[], a: number[], slope: number[]}}} ActivationEntry */
/** A constant of a search is a number, whose `limits` are null where there is none, or one of some choices. */
/** @typedef {{name: string, label: string, default: number | string, words: string, limits?: [number | null, number | null], choices?: string[]}} SearchConstant */
/** @typedef {Omit<CatalogueEntry, "constants"> & {constants: SearchConstant[]}} SearchEntry */
/**
 * @typedef {object} Catalogue
 * @property {ActivationEntry[]} activations
 * @property {CatalogueEntry[]} losses
 * @property {CatalogueEntry[]} optimizers
 * @property {CatalogueEntry[]} initializers
 * @property {CatalogueEntry[]} schedules
 * @property {SearchEntry[]} searches
 * @property {Record<string, any>[]} datasets
 * @property {{name: string, title: string, words: string}[]} presets
 */

/* ------------------------------------------------------------------ browser → server */

/**
 * Every command may carry `id`, given back in its answer or problem.
 * @typedef {{type: "open", session?: string, document?: Document | Experiment, preset?: string, link?: string}
 *   | {type: "next" | "back", grain: "event" | "phase" | "step" | "epoch"}
 *   | {type: "seek", cursor: Cursor | "first" | "last"}
 *   | {type: "play", steps_per_second: number | null}
 *   | {type: "pause"}
 *   | {type: "edit", id: number, path: string, value: unknown, index?: number[]}
 *   | {type: "explain", id: number, name: string, index: number[]}
 *   | {type: "ask", id: number, what: "what_if" | "gradient_check" | "link" | "document", view?: Record<string, any>}
 *   | {type: "sample", sample: number}
 *   | {type: "reset"}
 *   | {type: "randomize"}
 *   | {type: "load", id: number, preset?: string, document?: Document | Experiment}
 *   | {type: "promote", id: number, race: Extract<ViewRequest, {view: "race"}>, lane: number}
 *   | {type: "watch", views: ViewRequest[]}
 *   | {type: "drawn", seq: number}} Command
 */

/* ------------------------------------------------------------------ views */

/** @typedef {"plane" | "loss" | "landscape" | "what_if" | "signals" | "optimizer" | "race"} ViewName */

/**
 * @typedef {{kind: "parameters", first: Ref, second: Ref} | {kind: "random", seed: number} | {kind: "principal"}} Axes
 */

/**
 * @typedef {object} PlaneOptions
 * @property {[number, number]} [pair]  columns of the raw inputs
 * @property {number} [resolution]
 * @property {boolean} [neurons]
 * @property {{layer: number, unit: number}} [neuron]  whose map is told as finely as that of the output
 * @property {boolean} [hidden]
 * @property {[number, number]} [hidden_pair]  units of the last hidden layer; principal components where left out
 * @property {number} [row]  of the training data, for what is on no axis; its means where left out
 * @property {boolean} [uncertain]
 */

/** Points of one kind: how many, and how good the network is on them. */
/** @typedef {{rows: number, shown: number, wrong: number | null, accuracy: number | null, rmse: Real | null}} PlanePoints */
/**
 * @typedef {object} HiddenData  see app/views/plane_hidden.py
 * @property {string | null} reason
 * @property {number} layer
 * @property {number} units
 * @property {number[]} shown_units
 * @property {Real} spread
 * @property {[number, number][]} ends
 * @property {{above: string, below: string, w: Real[] | null, b: Real | null}[]} cuts
 */
/**
 * @typedef {object} PlaneData  see app/views/plane.py, also for the arrays behind it
 * @property {string | null} reason
 * @property {"plane" | "curve"} kind
 * @property {DataInfo["task"]} task
 * @property {string[]} raw_names
 * @property {string[]} target_names
 * @property {string[]} class_names
 * @property {number[]} pair
 * @property {{name: string, low: number, high: number}[]} axes
 * @property {{name: string, value: Real}[]} held
 * @property {number | null} row
 * @property {number} output
 * @property {[number, number]} scale
 * @property {number | null} level
 * @property {{layer: number, units: number, peak: number, turn: number}[]} maps
 * @property {{layer: number, unit: number} | null} neuron
 * @property {PlanePoints} [training]
 * @property {PlanePoints | null} [validation]
 * @property {HiddenData | null} [hidden]
 * @property {{point: Real[] | null, uncertainty: number, reason: string} | null} [uncertain]
 */

/**
 * @typedef {{view: "plane"} & PlaneOptions
 *   | {view: "loss" | "what_if" | "signals"}
 *   | {view: "landscape", axes: Axes, over?: "batch" | "training"}
 *   | {view: "optimizer", parameter: Ref}
 *   | {view: "race"} & RaceOptions} ViewRequest
 */

/** What is different in a lane of a race; the first has neither. */
/** @typedef {{name: string, change?: {path: string, value: unknown, index?: number[]}, search?: {type: string} & Record<string, unknown>}} LanePlan */
/**
 * @typedef {object} RaceOptions
 * @property {LanePlan[]} lanes  none before a race is set up
 * @property {Cursor | null} fork  where it begins; null: where the run began
 * @property {boolean} planes
 * @property {Axes | null} axes
 * @property {number} threshold
 */
/** @typedef {{kind: "tries", type: string, first: number, count: number, kept: number, best: Real, sigma: number | null}
 *   | {kind: "generation", type: string, number: number | null}
 *   | {kind: "cloud", type: string, sigma: number, length: Real | null}
 *   | {kind: "slope", type: string, weights: number, nudged: number, now: Ref | null}} RaceMethod
 */
/**
 * @typedef {object} RaceLane  see app/views/race.py
 * @property {string} name
 * @property {"backprop" | "search"} kind
 * @property {number} parameters
 * @property {boolean} there
 * @property {number} done
 * @property {number} evaluations
 * @property {number} cost
 * @property {number} mean_over
 * @property {Real} loss
 * @property {number | null} accuracy
 * @property {Real | null} validation_loss
 * @property {number | null} validation_accuracy
 * @property {{step: number, cost: number} | null} below
 * @property {boolean} finished
 * @property {string | null} stopped
 * @property {RaceMethod | null} method
 */
/**
 * @typedef {object} RaceData  see app/views/race.py, also for the arrays behind it
 * @property {string | null} reason
 * @property {FieldProblem[]} problems
 * @property {number} origin
 * @property {number} step
 * @property {number} threshold
 * @property {boolean} has_penalty
 * @property {number[]} order
 * @property {RaceLane[]} lanes
 * @property {{reason: string | null, task: DataInfo["task"], names: string[], bounds: [number, number][], scale: [number, number]}} [planes]
 * @property {{reason: string | null, bounds: [number, number][], parameters: Ref[], size: number, left_out: number[]}} [paths]
 */

/**
 * @typedef {object} ViewOptions
 * @property {PlaneOptions} plane
 * @property {{axes: Axes, over: "batch" | "training"}} landscape
 * @property {Ref | null} optimizer
 * @property {RaceOptions} race
 */

/** An array that came behind a message: its numbers row by row. @typedef {{shape: number[], numbers: Float32Array}} PackedArray */

/**
 * What a view shows of a moment. `arrays` are there when the message was binary.
 * @typedef {object} ViewMessage
 * @property {"view"} type
 * @property {ViewName} view
 * @property {string} run
 * @property {Cursor} cursor
 * @property {ViewRequest} request
 * @property {any} data
 * @property {Record<string, PackedArray>} [arrays]
 */

/* ------------------------------------------------------------------ what the page knows */

/**
 * One moment of an event at the finest grain. See moments.js.
 * @typedef {object} Moment
 * @property {"term" | "result" | "whole"} part  a product on an edge; a neuron's finished number; the event as one
 * @property {number} neuron  whose row of `detail.terms` it is (affine: to; propagate: the receiving neuron of the layer before), or -1
 * @property {number} from  place in that row, or -1
 */

/**
 * @typedef {object} Settings  kept in localStorage
 * @property {"light" | "dark"} theme
 * @property {boolean} projector
 * @property {"auto" | "reduced" | "full"} motion
 * @property {boolean} character_keys
 * @property {boolean} show_line  the NumPy line
 * @property {ViewName[]} views  that are open, in the order in which they were opened
 * @property {boolean} neuron_maps  what each neuron responds to, drawn in it while the plane is open
 * @property {boolean} show_table
 */

/**
 * @typedef {object} State
 * @property {"connecting" | "open" | "lost"} connection
 * @property {Catalogue | null} catalogue
 * @property {Record<string, number>} limits  of the server; none before it has said hello
 * @property {string | null} session
 * @property {string | null} run
 * @property {Document | null} document
 * @property {Experiment | null} experiment
 * @property {LayerInfo[]} layers
 * @property {DataInfo | null} data
 * @property {Cursor} cursor  the engine's
 * @property {number} micro  how many moments of the newest event are shown; `moments of it` when all are
 * @property {number} epoch
 * @property {number} steps_per_epoch
 * @property {number} last_step
 * @property {number} sample
 * @property {PlannedEvent[]} plan
 * @property {EventMessage[]} events  of the current step that have run; while a frame is shown, empty
 * @property {Values} parameters
 * @property {Values | null} frame  everything of the newest step, while the server trains (and until something else arrives)
 * @property {number} steps_per_second
 * @property {number} learning_rate
 * @property {History | null} history
 * @property {History | null} ghost
 * @property {Checked | null} checked
 * @property {Preview | null} preview
 * @property {WhatIf | null} what_if
 * @property {Divergence | null} divergence
 * @property {boolean} finished
 * @property {"off" | "walk" | "train"} playing  walk: this page presses next; train: the server runs steps
 * @property {Grain} grain
 * @property {number} speed  of the motion and of walking, 0.25–4
 * @property {number | "full" | null} training  what Play does: so many steps a second, or as many as the server can; null: it
 *   walks, pressing Next
 * @property {Ref | null} selection  pinned by click or Enter
 * @property {Ref | null} hover  pointed at or focused
 * @property {number | null} moment  the step that is pointed at in a view
 * @property {Explanation | null} explanation  of the focus (see select.js)
 * @property {Explanation[]} unfolded  the viewer's unfolding, outermost first
 * @property {{message: string, problems: FieldProblem[]} | null} problem
 * @property {string} status  the sentence of the live region
 * @property {string | null} dialog  "help", "network", "data", "presets", "share", "own-data", "take-along", or none
 * @property {Record<string, boolean>} open_layers  folded layers that the viewer unfolded, by layer number
 * @property {Partial<Record<ViewName, ViewMessage>>} views  what each view was told last
 * @property {ViewOptions} view_options  what has been chosen in them
 * @property {ViewName | null} enlarged  the view that has the place of the stage
 * @property {Settings} settings
 */

export {};
