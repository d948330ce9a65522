"""From which step on which experiment is in force, and how a run crosses from one to the next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from engine.arena import FloatArray
from engine.datasets.dataset import Dataset
from engine.experiment import Experiment, initial_weights
from engine.layers.dense import Dense
from engine.moment import Purpose
from engine.parameters import PARTS, Part
from engine.program import Program, hyperparameters
from engine.schedules import plateau_in


@dataclass(frozen=True, eq=False)
class Segment:
    """A stretch of a run between two changes of its structure.

    Attributes:
        experiment: in force, with every number as it was last edited.
        compiled: the experiment that the programs were compiled from; numbers that live in slots may differ.
        origin_step: the step at which counting batches and epochs began.
        origin_epoch: the epoch of that step.
        optimizer_start: the step at which the optimizer's memory was empty.
        fed: a step and the row that is its batch all by itself, or None. It is an extra step: it stands at the beginning of
            an epoch, whose usual batches all follow it.
    """

    experiment: Experiment
    compiled: Experiment
    origin_step: int
    origin_epoch: int
    optimizer_start: int
    fed: tuple[int, int] | None = None

    @classmethod
    def first(cls, experiment: Experiment) -> Segment:
        """The beginning of a run."""
        return cls(experiment, experiment, 0, 0, 0)

    @property
    def steps_per_epoch(self) -> int:
        """Steps in a pass over the data; the last batch may be smaller."""
        return -(-len(self.experiment.dataset.inputs) // self.experiment.batch_size)

    def epoch(self, step: int) -> int:
        """Which pass over the data a step belongs to."""
        return self.origin_epoch + max(step - self.origin_step, 0) // self.steps_per_epoch

    def place_in_epoch(self, step: int) -> int:
        """How many steps of its epoch lie before a step."""
        return max(step - self.origin_step, 0) % self.steps_per_epoch

    def begins_epoch(self, step: int) -> bool:
        """Whether a step is the first of its epoch; one that was fed a row comes before it."""
        return step >= self.origin_step and self.place_in_epoch(step) == 0

    def fed_row(self, step: int) -> int | None:
        """The row that a step was fed, or None where it takes its usual batch."""
        return self.fed[1] if self.fed is not None and self.fed[0] == step else None

    def with_experiment(self, experiment: Experiment) -> Segment:
        """The same stretch after one number has changed."""
        return replace(self, experiment=experiment)

    def restructured(self, step: int, experiment: Experiment, fed: int | None = None) -> Segment:
        """The stretch that begins at a step when the structure changes there.

        Another number of batches begins a new epoch; a new optimizer, or other parameters, empty its memory.

        Args:
            step: where it begins.
            experiment: from there on.
            fed: the row that is the batch of this step all by itself; the epoch then begins after it.
        """
        old = self.experiment
        same_batches = (len(old.dataset.inputs), old.batch_size) == (
            len(experiment.dataset.inputs),
            experiment.batch_size,
        ) and (fed is None) == (self.fed_row(step) is None)
        origin_step, origin_epoch = self.origin_step, self.origin_epoch
        if not same_batches:
            origin_step = step if fed is None else step + 1
            nothing_passed = step < self.origin_step or self.begins_epoch(step)
            origin_epoch = self.epoch(step) if nothing_passed else self.epoch(step) + 1
        keeps_memory = keeps_optimizer(old, experiment)
        start = self.optimizer_start if keeps_memory else step
        told = None if fed is None else (step, fed)
        return Segment(experiment, experiment, origin_step, origin_epoch, start, told)


def keeps_optimizer(old: Experiment, new: Experiment) -> bool:
    """Whether the optimizer's memory still fits."""
    return old.optimizer.name == new.optimizer.name and old.layout == new.layout


def begin_state(program: Program) -> FloatArray:
    """The state a run of this program begins with."""
    experiment = program.experiment
    program.state[...] = 0.0
    set_hyperparameters(program, experiment)
    for block in program.layout.blocks:
        weights, biases = initial_weights(experiment, block.layer, Purpose.WEIGHTS)
        block.part(program.P.view(), "W")[...] = weights
        block.part(program.P.view(), "b")[...] = biases
    begin_watches(program)
    return np.array(program.state)


def set_hyperparameters(program: Program, experiment: Experiment) -> None:
    """Write every hyperparameter into its slot."""
    for name, number in hyperparameters(experiment).items():
        program.hyper[name].view()[()] = number
    program.rate_factor.view()[()] = 1.0


def begin_watches(program: Program) -> None:
    """Let the plateau and early stopping begin to watch."""
    plateau = plateau_in(program.experiment.schedule)
    if plateau is not None and program.plateau is not None:
        program.plateau.view()[...] = plateau.initial()
    if program.stopping is not None:
        program.stopping.view()[...] = (np.inf, 0.0, 0.0)


def carry_over(
    old: Program, new: Program, before: Segment, after: Segment, named: tuple[int, Part] | None = None
) -> None:
    """Write into the new program's state what can be kept of the old one's.

    Weights are kept wherever old and new layers overlap, unless the change names new ones; the rest is drawn afresh. Where
    other data have another number of inputs or outputs, the layer at that end is drawn afresh as a whole. What the change
    names (layer and part) it sets, also to the numbers the document has: training has moved the weights away from them.
    """
    kept_parameters = np.array(old.P.view())
    kept_memory = None if old.memory.now is None else np.array(old.memory.now.view())
    rate_factor = old.rate_factor.view().item()
    kept_arrays: dict[str, FloatArray] = {
        name: np.array(old.tape.arena.named[name].view())
        for name in ("plateau", "early_stopping", "best_parameters", "mu_product")
        if name in old.tape.arena.named
    }
    begin_state(new)
    columns = input_columns(before.experiment.dataset, after.experiment.dataset)
    first = new.layout.blocks[0].layer
    meaningless = ends_of_other_data(before.experiment, after.experiment, columns)
    for block in new.layout.blocks:
        was = before.experiment.layers[block.layer] if block.layer < len(before.experiment.layers) else None
        now = after.experiment.layers[block.layer]
        if not isinstance(was, Dense) or not isinstance(now, Dense) or block.layer in meaningless:
            continue
        source = old.layout.of_layer(block.layer)
        for part in PARTS:
            given, given_before = getattr(now, part), getattr(was, part)
            is_new = (block.layer, part) == named or given_before is None or not np.array_equal(given, given_before)
            if given is not None and is_new:
                continue
            fresh, kept = block.part(new.P.view(), part), source.part(kept_parameters, part)
            keep_overlap(fresh, kept, columns if part == "W" and block.layer == first else None)
    if before.experiment.schedule == after.experiment.schedule:
        new.rate_factor.view()[()] = rate_factor
        keep_slot(new, "plateau", kept_arrays)
    if before.experiment.early_stopping == after.experiment.early_stopping and old.layout == new.layout:
        keep_slot(new, "early_stopping", kept_arrays)
        keep_slot(new, "best_parameters", kept_arrays)
    if keeps_optimizer(before.experiment, after.experiment) and kept_memory is not None and new.memory.now is not None:
        new.memory.now.view()[...] = kept_memory
        keep_slot(new, "mu_product", kept_arrays)


def keep_overlap(fresh: FloatArray, kept: FloatArray, columns: Sequence[tuple[int, int]] | None) -> None:
    """Copy the old numbers of a W or b to where they still mean the same.

    Args:
        fresh: the new array, changed in place.
        kept: the old one.
        columns: pairs of a new column and the old one that means the same; None where columns follow each other as before.
    """
    if columns is not None:
        units = min(len(fresh), len(kept))
        for to, origin in columns:
            fresh[:units, to] = kept[:units, origin]
        return
    overlap = tuple(slice(0, min(a, b)) for a, b in zip(fresh.shape, kept.shape, strict=True))
    fresh[overlap] = kept[overlap]


def input_columns(before: Dataset, after: Dataset) -> list[tuple[int, int]]:
    """Pairs of a new input and the old one that it stands for.

    Other derived inputs of the same data are found by their names; other data take the place of the old ones if they have
    as many inputs. Otherwise no input stands for another.
    """
    names, names_before = after.input_names, before.input_names
    if names == names_before or (before.features == after.features and len(names) == len(names_before)):
        return [(column, column) for column in range(len(names))]
    if np.array_equal(before.raw_inputs, after.raw_inputs):
        return [(names.index(name), names_before.index(name)) for name in names if name in names_before]
    return [(column, column) for column in range(len(names))] if len(names) == len(names_before) else []


def ends_of_other_data(before: Experiment, after: Experiment, columns: Sequence[tuple[int, int]]) -> set[int]:
    """The layers whose weights say nothing any more, because the data have other inputs or other outputs."""
    layers = set()
    if not columns:
        layers.add(after.layout.blocks[0].layer)
    if before.dataset.targets.shape[1] != after.dataset.targets.shape[1]:
        layers.add(after.layout.blocks[-1].layer)
    return layers


def keep_slot(program: Program, name: str, kept: Mapping[str, FloatArray]) -> None:
    """Copy a slot that both programs have."""
    if name in kept and name in program.tape.arena.named:
        program.tape.arena.named[name].view()[...] = kept[name]
