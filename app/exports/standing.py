"""Where a run stands, complete: whoever begins here with these numbers goes on exactly as the run does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from engine import Experiment, Timeline
from engine.events import FloatArray
from engine.layers.dense import Dense
from engine.moment import Purpose
from engine.parameters import PARTS


@dataclass(frozen=True, eq=False)
class Standing:
    """Everything that the next step of a run follows from.

    Attributes:
        experiment: in force.
        step: the step that comes next, or is under way.
        parameters: by name, `layer0.W`, as the step found them.
        memory: the optimizer's vectors by name, each by the name of its parameter.
        hyperparameters: the numbers of the rules, as they are now.
        updates: how many this optimizer has made before this step.
        mu_product: Nadam's product of all μ up to and with this step; 1 for the others.
        rate_factor: what a scheduled learning rate is multiplied by since it was changed by hand.
        plateau: what a schedule that waits for a plateau remembers, or None.
        best: the best parameters so far, by name, under early stopping; else empty.
        stopping: best validation loss, epochs waited, whether it has stopped; None without early stopping.
        epoch_losses: of the steps of this epoch that are done.
        origin_step: the step at which counting batches and epochs began.
        origin_epoch: the epoch of that step.
        steps_per_epoch: steps in a pass over the data.
        epoch_is_told: whether plateau and early stopping know already how the epoch before this step went.
        later_edits: edits that lie behind this moment; whoever goes on from here does not meet them.
    """

    experiment: Experiment
    step: int
    parameters: Mapping[str, FloatArray]
    memory: Mapping[str, Mapping[str, FloatArray]]
    hyperparameters: Mapping[str, float]
    updates: int
    mu_product: float
    rate_factor: float
    plateau: FloatArray | None
    best: Mapping[str, FloatArray]
    stopping: FloatArray | None
    epoch_losses: tuple[float, ...]
    origin_step: int
    origin_epoch: int
    steps_per_epoch: int
    epoch_is_told: bool
    later_edits: int

    @property
    def dense(self) -> list[tuple[int, Dense]]:
        """The layers with parameters, and their numbers."""
        return [(index, layer) for index, layer in enumerate(self.experiment.layers) if isinstance(layer, Dense)]

    @property
    def all_frozen(self) -> bool:
        """Whether no update changes anything."""
        return all(part in layer.frozen for _, layer in self.dense for part in PARTS)


def standing_of(timeline: Timeline) -> Standing:
    """Where a run stands; nothing moves, and every array is a copy."""
    # The timeline shows what a learner may see. Going on needs more: how often the optimizer has been called, and what
    # schedules and early stopping have counted so far.
    program, segment = timeline.program, timeline.segment
    step, event = timeline.cursor.step, timeline.cursor.event
    slots = program.tape.arena.named

    def parts(flat: FloatArray) -> dict[str, FloatArray]:
        return {
            f"layer{block.layer}.{part}": np.array(block.part(flat, part), order="C")
            for block, part in program.layout.names()
        }

    def copy_of(name: str) -> FloatArray | None:
        return np.array(slots[name].view()) if name in slots else None

    best, product = copy_of("best_parameters"), copy_of("mu_product")
    validated = len(timeline.experiment.dataset.validation_inputs) > 0
    return Standing(
        experiment=timeline.experiment,
        step=step,
        parameters=timeline.parameters(),
        memory={name: parts(program.memory.old(name).view()) for name in program.memory.names},
        hyperparameters=timeline.hyperparameters(),
        updates=step - segment.optimizer_start,
        mu_product=1.0 if product is None else float(product[0]),
        rate_factor=float(program.rate_factor.view()),
        plateau=copy_of("plateau"),
        best={} if best is None else parts(best),
        stopping=copy_of("early_stopping"),
        epoch_losses=tuple(timeline.history("loss")[step - segment.place_in_epoch(step) : step].tolist()),
        origin_step=segment.origin_step,
        origin_epoch=segment.origin_epoch,
        steps_per_epoch=segment.steps_per_epoch,
        epoch_is_told=not validated or not segment.begins_epoch(step) or event > 0,
        later_edits=sum((edit.step, edit.event) > (step, event) for edit in timeline.edits),
    )


def masks_seed(seed: int, layer: int) -> str:
    """The seed of a dropout mask, as Python that knows `step`."""
    return f"[{seed}, {int(Purpose.DROPOUT)}, {layer}, step]"


def order_seed(seed: int) -> str:
    """The seed of an epoch's order of rows, as Python that knows `epoch`."""
    return f"[{seed}, {int(Purpose.SHUFFLE)}, epoch]"
