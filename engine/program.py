"""An experiment compiled for one batch size: its arena, its tape, and what may be read from it.

A *training* program is a whole step: forward, loss, backward, update, commit. A *forward* program is only the way
forward and the loss, for predictions and for every "what if".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from engine.arena import FloatArray, Slot, constant, copies
from engine.clipping import LATEX as CLIPPING_LATEX
from engine.clipping import emit_clipping
from engine.events import PlannedEvent
from engine.experiment import Experiment
from engine.layers.dense import DenseOnTape
from engine.layers.dropout import Dropout, DropoutOnTape, Masks
from engine.layers.signal import Signal
from engine.losses import LossOnTape, emit_fused_delta, emit_loss, emit_loss_gradient
from engine.moment import Moment
from engine.optimizers import Memory, OnTape, Workspace
from engine.parameters import Block, Layout, Part
from engine.penalties import LATEX as PENALTY_LATEX
from engine.penalties import PenaltyOnTape, emit_penalty, emit_penalty_gradient
from engine.schedules import STATE_SIZE, Constant, plateau_in
from engine.tape import Call, EventOnTape, Published, Tape

LayerOnTape = DenseOnTape | DropoutOnTape

HYPERPARAMETERS: Final[Mapping[str, str]] = {
    "l1": "penalty.l1",
    "l2": "penalty.l2",
    "clip_maximum": "clipping.maximum",
}
"""Names of the slots whose path in the document is not `optimizer.<name>`."""


def hyperparameters(experiment: Experiment) -> dict[str, float]:
    """The numbers that may change without compiling anew, by the names of their slots."""
    numbers = {"learning_rate": experiment.learning_rate, **experiment.constants}
    if experiment.penalty.active:
        numbers |= {"l1": experiment.penalty.l1, "l2": experiment.penalty.l2}
    if experiment.clipping.type != "none":
        numbers["clip_maximum"] = experiment.clipping.maximum
    return numbers


class Forward:
    """The way forward and the loss, for any parameters: predictions, validation and every "what if".

    Args:
        experiment: what network and loss.
        n: rows at a time.
        dropout: `off` as in predictions, or `given`: masks are copied in from a training program.
    """

    def __init__(self, experiment: Experiment, n: int, dropout: Masks = "off") -> None:
        self.experiment = experiment
        self.layout = experiment.layout
        tape = Tape()
        self.tape = tape
        self.hyper = {name: tape.arena.state(name) for name in ("l1", "l2")} if experiment.penalty.active else {}
        self.P = tape.arena.state("P", (self.layout.size,))
        self.x, self.xT, self.y = emit_batch(tape, experiment, n, None)
        moment = Moment(experiment.seed, 0, 0, np.arange(n))
        self.layers = emit_layers(
            tape, experiment, self.layout, self.P, Signal(self.x, self.x.shape[0] - 1, self.xT), moment, dropout
        )
        self.loss, _, _ = emit_losses(tape, experiment, self.layers, self.y, self.layout, self.P, self.hyper)
        self.data_loss = tape.arena.named["data_loss"]
        self.calls = build(tape)
        for name, slot in self.hyper.items():
            slot.view()[()] = hyperparameters(experiment)[name]
        output = last_dense(self.layers)
        self.output = output.a

    def load(self, inputs: FloatArray, targets: FloatArray | None = None) -> None:
        """Set the rows: inputs (n, fan_in), and targets (n, outputs) where the loss is wanted."""
        self.xT.view()[:, :-1] = inputs
        self.x.view()[:-1] = inputs.T
        if targets is not None:
            self.y.view()[...] = targets.T

    def run(self, parameters: FloatArray) -> float:
        """Run with these parameters (the flat vector) and return the loss."""
        self.P.view()[...] = parameters
        with np.errstate(all="ignore"):
            for call in self.calls:
                call()
        return self.loss.view().item()

    def predictions(self, parameters: FloatArray) -> FloatArray:
        """The last layer's activations, (n, outputs)."""
        self.run(parameters)
        return np.array(self.output.view().T, order="C")

    def line(self) -> str:
        """The NumPy of the way forward, one call a line."""
        return "\n".join(instruction.text for instruction in self.tape.instructions)

    def arrays(self) -> dict[str, FloatArray]:
        """The arrays that `line` names."""
        return copies({name: slot.view() for name, slot in self.tape.slots().items()})


class Program:
    """One training step, compiled.

    Args:
        experiment: what to train.
        n: rows of the batch.
        moment: tells step, epoch and rows; shared with whoever moves through time.
    """

    def __init__(self, experiment: Experiment, n: int, moment: Moment) -> None:
        self.experiment = experiment
        self.n = n
        self.moment = moment
        self.layout = experiment.layout
        self.validate: Callable[[], None] = lambda: None
        tape = Tape()
        self.tape = tape
        arena = tape.arena
        self.hyper = {name: arena.state(name) for name in hyperparameters(experiment)}
        self.rate_factor = arena.state("rate_factor")
        self.P = arena.state("P", (self.layout.size,))
        plateau = plateau_in(experiment.schedule)
        self.plateau = arena.state("plateau", (STATE_SIZE,)) if plateau is not None else None
        stopping = experiment.early_stopping
        self.stopping = arena.state("early_stopping", (3,)) if stopping is not None else None
        self.best = arena.state("best_parameters", (self.layout.size,)) if stopping is not None else None
        self.memory = Memory(tape, experiment.optimizer, self.layout.size)
        self._publish_beginning()
        self.validation_loss = tape.slot("validation_loss")
        if len(experiment.dataset.validation_inputs):
            self._emit_validation()
        self.first_event = len(tape.events)
        self.x, self.xT, self.y = emit_batch(tape, experiment, n, moment)
        signal = Signal(self.x, self.x.shape[0] - 1, self.xT)
        self.layers = emit_layers(tape, experiment, self.layout, self.P, signal, moment, "drawn")
        self.loss, self.on_tape, self.penalty = emit_losses(
            tape, experiment, self.layers, self.y, self.layout, self.P, self.hyper
        )
        self.gradient: Slot
        self._emit_backward()
        self.U = tape.slot("U", (self.layout.size,))
        self.optimizer = self._emit_update()
        self._emit_commit()
        self.calls: list[Call] = build(tape)
        self.events: list[EventOnTape] = tape.events
        self.plan = tuple(event.planned for event in self.events)
        self.published: dict[str, list[Published]] = {}
        for published in tape.known:
            self.published.setdefault(published.name, []).append(published)
        start = self.events[self.first_event].start
        self.step_calls = self.calls[start:]
        if n == len(experiment.dataset.inputs):
            fill_batch(self.x, self.xT, self.y, experiment, np.arange(n))

    @property
    def state(self) -> FloatArray:
        """The front of the arena: everything a step takes over from the step before."""
        return self.tape.arena.front

    @property
    def changes_each_step(self) -> bool:
        """Whether the program has to be told before each step which one it is: for its rows, masks or learning rate."""
        experiment = self.experiment
        return (
            self.n < len(experiment.dataset.inputs)
            or not isinstance(experiment.schedule, Constant)
            or any(isinstance(layer, Dropout) for layer in experiment.layers)
        )

    @property
    def index_of_update(self) -> int:
        """The first update event; before it the gradients are known."""
        return next(i for i, planned in enumerate(self.plan) if planned.kind == "update")

    def first_reader(self, hyperparameter: str) -> int:
        """The first event that reads a hyperparameter."""
        kind = {"l1": "penalty", "l2": "penalty", "clip_maximum": "clip"}.get(hyperparameter, "update")
        return next(i for i, planned in enumerate(self.plan) if planned.kind == kind)

    def run_event(self, index: int) -> None:
        """Run the instructions of one event."""
        event = self.events[index]
        with np.errstate(all="ignore"):
            for call in self.calls[event.start : event.stop]:
                call()

    def line(self, index: int) -> str:
        """The NumPy that an event runs, or that has computed what it tells."""
        event = self.events[index]
        texts = [instruction.text for instruction in self.tape.instructions[event.start : event.stop]]
        return event.line if event.line is not None else "\n".join(texts)

    def arrays(self, index: int) -> dict[str, FloatArray]:
        """Copies of the arrays that an event's line names, as they are now; numbers that two of them share stay shared."""
        data = self.experiment.dataset
        named: dict[str, npt.NDArray[Any]] = {
            "X": data.inputs,
            "Y": data.targets,
            "rows": self.moment.rows,
            "seed": np.asarray(self.moment.seed),
            "step": np.asarray(self.moment.step),
        }
        slots = self.tape.slots()
        names = set(re.findall(r"[A-Za-z_]\w*", self.line(index)))
        arrays = copies({name: slots[name].view() for name in names & slots.keys()})
        return arrays | {name: np.array(named[name]) for name in names & named.keys() - slots.keys()}

    def _publish_parts(self, name: str, read: Callable[[], FloatArray], *, always: bool = False) -> None:
        for block, part in self.layout.names():
            self._publish_part(name, read, block, part, always=always)

    def _publish_part(
        self, name: str, read: Callable[[], FloatArray], block: Block, part: Part, *, always: bool = False
    ) -> None:
        full = f"layer{block.layer}.{name}_{part}" if name else f"layer{block.layer}.{part}"
        self.tape.publish(full, lambda: np.array(block.part(read(), part), order="C"), always=always)

    def _publish_beginning(self) -> None:
        """What a step begins with: parameters, hyperparameters and the optimizer's memory."""
        self._publish_parts("", self.P.view, always=True)
        for name, slot in self.hyper.items():
            self.tape.publish(name, slot, always=True)
        for name in self.memory.names:
            self._publish_parts(name, self.memory.old(name).view, always=True)

    def _emit_validation(self) -> None:
        with self.tape.event(
            PlannedEvent("validation", None, None, "Validation", r"L_{\mathrm{val}} = \frac{1}{m} \sum_s \ell_s"),
            "Before the epoch, the network is tried on the rows that it never trains on.",
        ):
            self.tape.python(lambda: self.validate(), "validation_loss")
            self.tape.publish("validation_loss", self.validation_loss)

    def _emit_backward(self) -> None:
        tape, experiment = self.tape, self.experiment
        stages = [experiment.penalty.active, experiment.clipping.type != "none", self._decay_is_coupled()]
        size = (self.layout.size,)
        if self.memory.gradient is not None:
            final = tape.arena.inside(self.memory.gradient, 0, "G", size)
        else:
            final = tape.slot("G", size)
        gradient = tape.slot("G_data", size) if any(stages) else final
        self._emit_deltas(gradient)
        if stages[0] and self.penalty is not None:
            out = tape.slot("G_penalized", size) if any(stages[1:]) else final
            with tape.event(
                PlannedEvent(
                    "penalty_gradient",
                    None,
                    None,
                    "The penalty's part of the gradient",
                    r"g' = g + \lambda_1\,\mathrm{sign}(w) + \lambda_2\,w",
                ),
                "The penalty pulls every weight towards 0: its part is added to the gradient.",
            ):
                added = emit_penalty_gradient(tape, self.penalty, gradient, out)
                self._publish_parts("penalty_grad", added.view)
                self._publish_parts("grad", out.view)
            gradient = out
        self.checked_gradient = gradient
        if stages[1]:
            gradient = self._emit_clip(gradient, tape.slot("G_clipped", size) if stages[2] else final)
        self.gradient = gradient
        self._final_gradient = final

    def _decay_is_coupled(self) -> bool:
        return not self.experiment.optimizer.decoupled and self.experiment.constants.get("weight_decay", 0.0) != 0.0

    def _emit_deltas(self, G: Slot) -> None:
        """Emit the loss's derivative and the way back through every layer."""
        tape, experiment = self.tape, self.experiment
        last = len(self.layers) - 1
        output = last_dense(self.layers)
        loss, sup = experiment.loss, f"^{{({last + 1})}}"
        delta: Slot | None = None
        grad_a: Slot | None = None
        if experiment.fused:
            with tape.event(
                PlannedEvent("loss_gradient", last, None, "Where the error begins", rf"\delta{sup} = p - y"),
                f"With {loss.label}, δ of each output is simply its probability minus its target.",
            ):
                delta = tape.slot(f"delta{last}", output.z.shape)
                emit_fused_delta(tape, loss, self.on_tape, output.z, output.a, self.y, output.layer.activation, delta)
                tape.publish(f"layer{last}.delta", delta, batch_first=True)
        else:
            formula = rf"\frac{{\partial \ell}}{{\partial a{sup}_k}} = {loss.gradient_latex}"
            with tape.event(
                PlannedEvent("loss_gradient", last, None, "Where the error begins", formula),
                "How the loss of each sample would change if an output were a little larger.",
            ) as event:
                before = len(tape.instructions)
                grad_a = emit_loss_gradient(tape, loss, self.on_tape, output.a, self.y, f"grad_a{last}")
                if len(tape.instructions) == before:
                    event.line = f"grad_a{last} = {grad_a.text}"
                tape.publish(f"layer{last}.grad_a", grad_a, batch_first=True)
        for index in range(last, -1, -1):
            layer = self.layers[index]
            if isinstance(layer, DropoutOnTape):
                grad_a = None if grad_a is None or index == 0 else layer.emit_backward(grad_a)
                continue
            if delta is None:
                if grad_a is None:
                    raise AssertionError("a gradient arrives at every layer")
                delta = layer.emit_activation_gradient(grad_a)
            block = self.layout.of_layer(index)
            layer.emit_weight_gradient(delta, tape.arena.inside(G, block.start, f"G{index}", block.shape))
            grad_a = layer.emit_propagate(delta) if index > 0 and self._carries_on(index) else None
            delta = None

    def _carries_on(self, index: int) -> bool:
        """Whether a layer with parameters lies before this one."""
        return any(isinstance(layer, DenseOnTape) for layer in self.layers[:index])

    def _emit_clip(self, gradient: Slot, out: Slot) -> Slot:
        tape, clipping = self.tape, self.experiment.clipping
        with tape.event(
            PlannedEvent("clip", None, None, "Clipping", CLIPPING_LATEX[clipping.type]),
            "The gradient is cut to the allowed size; its direction stays."
            if clipping.type == "norm"
            else "Every entry of the gradient is cut to the allowed size.",
        ):
            free = self._emit_mask(gradient)
            norm, scale = emit_clipping(tape, clipping, free, self.hyper["clip_maximum"], out)
            tape.publish("grad_norm", norm)
            tape.publish("clip_scale", scale)
            self._publish_parts("grad", out.view)
        return out

    def _emit_mask(self, source: Slot, out: Slot | None = None) -> Slot:
        """Emit `source` with frozen parameters' entries set to 0; where none is frozen, it is `source` itself."""
        if not self.experiment.frozen:
            return source
        parts = [(block.layer, part) for block, part in self.layout.names()]
        mask = self.layout.mask([name for name in parts if name not in self.experiment.frozen])
        out = out or self.tape.scratch((self.layout.size,))
        return self.tape.run(np.multiply, source, constant("is_free", mask), out=out)

    def _emit_update(self) -> OnTape:
        """Emit the optimizer's chain; it belongs to the first update event, and the others tell what it computed."""
        tape, experiment = self.tape, self.experiment
        optimizer, size = experiment.optimizer, (self.layout.size,)
        on_tape = OnTape()
        line: str | None = None
        for number, (block, part) in enumerate(self.layout.names()):
            i = block.layer
            what = "weights" if part == "W" else "biases"
            frozen = (i, part) in experiment.frozen
            words = (
                f"The {what} of layer {i + 1} are frozen: they stay as they are."
                if frozen
                else f"The new {what} of layer {i + 1} are worked out beside the old ones; nothing is replaced yet."
            )
            planned = PlannedEvent("update", i, part, f"Layer {i + 1}: new {what}", optimizer.latex)
            with tape.event(planned, words, line) as event:
                if number == 0:
                    on_tape = self._emit_chain(size)
                    texts = [one.text for one in tape.instructions[event.start :]]
                    line = "\n".join(texts)
                self._publish_part("change", lambda: 0.0 - self.U.view(), block, part)
                self._publish_part("next", lambda: self.P.view() - self.U.view(), block, part)
                for name, told in on_tape.told.items():
                    self._publish_part(name, told.view if isinstance(told, Slot) else told, block, part)
        return on_tape

    def _emit_chain(self, size: tuple[int, ...]) -> OnTape:
        tape, experiment = self.tape, self.experiment
        optimizer = experiment.optimizer
        gradient = self.gradient
        decay: Slot | None = None
        if experiment.constants.get("weight_decay", 0.0) != 0.0:
            weighted = tape.run(np.multiply, self.P, self.hyper["weight_decay"], out=tape.slot("decay", size))
            if optimizer.decoupled:
                decay = weighted
            else:
                gradient = tape.run(np.add, gradient, weighted, out=self._final_gradient)
        U = tape.slot("U_all", size) if experiment.frozen else self.U
        work = Workspace(tape, self.layout.size, self.P, U, self.hyper, decay)
        on_tape = optimizer.emit(work, gradient, self.memory)
        self._emit_mask(U, out=self.U)
        return on_tape

    def _emit_commit(self) -> None:
        tape = self.tape
        with tape.event(
            PlannedEvent("commit", None, None, "The weights are replaced", r"w \leftarrow w'"),
            "Now, and only now, the new weights take the place of the old ones; the next step begins.",
        ):
            tape.run(np.subtract, self.P, self.U, out=self.P)
            if self.memory.now is not None and self.memory.next is not None:
                tape.copy(self.memory.next, self.memory.now)
            self._publish_parts("", self.P.view)


def emit_batch(tape: Tape, experiment: Experiment, n: int, moment: Moment | None) -> tuple[Slot, Slot, Slot]:
    """Make the slots of the batch, and the event that draws it.

    Returns:
        The inputs with their row of ones, feature-major and batch-major, and the targets, feature-major.
    """
    data = experiment.dataset
    fan_in, outputs = data.inputs.shape[1], data.targets.shape[1]
    x = tape.slot("x", (fan_in + 1, n))
    xT = tape.slot("xT", (n, fan_in + 1))
    y = tape.slot("y", (outputs, n))
    tape.initially(lambda: x.view()[-1].fill(1.0))
    tape.initially(lambda: xT.view()[:, -1].fill(1.0))
    if moment is None:
        return x, xT, y
    whole = n == len(data.inputs)
    words = (
        "All rows of the data are the batch of this step."
        if whole and n > 1
        else "One row of the data is drawn for this step."
        if n == 1
        else f"{n} rows of the data are drawn for this step."
    )
    with tape.event(
        PlannedEvent("batch", None, None, "The batch", r"(x_s, y_s),\; s = 1 \dots n"),
        words,
        "x[:-1] = X[rows].T\nxT[:, :-1] = X[rows]\ny[...] = Y[rows].T",
    ):
        if not whole:
            tape.python(lambda: fill_batch(x, xT, y, experiment, moment.rows), "batch")
        tape.publish("x", xT[:, :-1])
        tape.publish("y", y, batch_first=True)
        tape.publish("batch", lambda: np.array(moment.rows))
    return x, xT, y


def fill_batch(x: Slot, xT: Slot, y: Slot, experiment: Experiment, rows: npt.NDArray[np.intp]) -> None:
    """Write the rows of a batch, inputs both ways round."""
    inputs = experiment.dataset.inputs[rows]
    x.view()[:-1] = inputs.T
    xT.view()[:, :-1] = inputs
    y.view()[...] = experiment.dataset.targets[rows].T


def emit_layers(
    tape: Tape, experiment: Experiment, layout: Layout, P: Slot, signal: Signal, moment: Moment, dropout: Masks
) -> list[LayerOnTape]:
    """Emit the way forward through every layer. `dropout` is drawn, given or off."""
    layers: list[LayerOnTape] = []
    last = len(experiment.layers) - 1
    for index, layer in enumerate(experiment.layers):
        if isinstance(layer, Dropout):
            dropped = DropoutOnTape(tape, index, layer, moment)
            if dropout != "off":
                signal = dropped.emit_forward(signal, dropout)
            layers.append(dropped)
            continue
        block = layout.of_layer(index)
        dense = DenseOnTape(tape, index, layer, tape.arena.inside(P, block.start, f"P{index}", block.shape))
        signal = dense.emit_forward(signal, last=index == last)
        layers.append(dense)
    return layers


def last_dense(layers: Sequence[LayerOnTape]) -> DenseOnTape:
    """The output layer."""
    output = layers[-1]
    if not isinstance(output, DenseOnTape):
        raise AssertionError("an experiment ends with a dense layer")
    return output


def emit_losses(
    tape: Tape,
    experiment: Experiment,
    layers: list[LayerOnTape],
    y: Slot,
    layout: Layout,
    P: Slot,
    hyper: Mapping[str, Slot],
) -> tuple[Slot, LossOnTape, PenaltyOnTape | None]:
    """Emit the loss and the penalty; returns the slot of their sum."""
    output = last_dense(layers)
    loss = experiment.loss
    scale = loss.scale(y.shape[0])
    data_loss = tape.slot("data_loss")
    penalized = experiment.penalty.active
    with tape.event(
        PlannedEvent(
            "loss",
            len(layers) - 1,
            None,
            f"Loss: {loss.label}",
            rf"L = \frac{{1}}{{n}} \sum_s \ell_s,\quad \ell = {loss.latex}",
        ),
        f"How far each prediction is from its target, by {loss.label}; then the mean over the batch.",
    ):
        on_tape = emit_loss(tape, loss, output.z, output.a, y, data_loss, output.softmaxed)
        tape.publish("sample_loss", lambda: np.asarray(on_tape.terms.view().sum(axis=0) * scale))
        tape.publish("data_loss", data_loss)
        if not penalized:
            tape.publish("loss", data_loss)
    if not penalized:
        return data_loss, on_tape, None
    total = tape.slot("loss")
    with tape.event(
        PlannedEvent("penalty", None, None, "The penalty on large weights", PENALTY_LATEX),
        "Large weights cost extra: the penalty is added to the loss.",
    ):
        amount = tape.slot("penalty")
        penalty = emit_penalty(tape, layout, P, hyper, amount)
        tape.run(np.add, data_loss, amount, out=total)
        tape.publish("penalty", amount)
        tape.publish("loss", total)
    return total, on_tape, penalty


def build(tape: Tape) -> list[Call]:
    """Allocate the arena and make every instruction ready to be called."""
    tape.arena.allocate()
    for fill in tape.beginnings:
        fill()
    return [instruction.call() for instruction in tape.instructions]
