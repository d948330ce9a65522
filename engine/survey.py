"""The whole past of a run at a glance: samples of its steps, taken afterwards.

Nothing is recorded while a run trains at full speed. Runs are deterministic, so any step can be computed again when
somebody wants to see it. A *guide* does that: a second cursor on the same run, which shares its records, its edits and its
checkpoints and computes in arrays of its own. Wherever it goes, the run's own cursor and everything that can be read there
stay as they are, to the last bit.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice, zip_longest
from typing import Final

import numpy as np
import numpy.typing as npt

from engine.arena import FloatArray, Slot
from engine.edits import Edit
from engine.errors import CursorError
from engine.experiment import Experiment
from engine.layers.dense import Dense
from engine.parameters import Layout
from engine.program import Program
from engine.signals import COUNTS, Distribution, LayerSignals, length, signals
from engine.timeline import Timeline

MOST_SAMPLES: Final = 128
MEMORY: Final = 16 * 2**20
"""Bytes that all samples may take up by default."""
FEWEST_FULL: Final = 16
"""Where the memory does not hold so many samples with every parameter in them, samples have the statistics only."""
WINDOW: Final = 64
"""Steps that are looked at one by one where something began; farther apart, the interval is halved."""
MOST_BEGINNINGS: Final = 256
MOST_FORMS: Final = 8
HEAD: Final = ("learning_rate", "loss", "gradient_norm", "update_norm")
VECTORS: Final = ("parameters", "gradient", "update")
PER_ARRAY: Final = 3 + COUNTS
DEAD: Final = 1.0
SATURATED: Final = 2.0


class Guide(Timeline):
    """A second cursor on a run, for its past; see the module.

    Args:
        leader: the run. It may go on and be edited; the guide follows its log.
    """

    def __init__(self, leader: Timeline) -> None:
        super().__init__(leader.first_experiment, most_steps=leader._most_steps)
        self._leader = leader
        self._log: tuple[Edit, ...] = ()
        self._edits, self._changes = leader._edits, leader._changes
        self._losses, self._rates, self._penalties = leader._losses, leader._rates, leader._penalties
        self._validations = leader._validations
        self._checkpoints, self._recent, self._settled = leader._checkpoints, leader._recent, leader._settled
        self._lost = True

    def follow(self) -> int | None:
        """Take note of edits made since the last time.

        Returns:
            The first step that is no longer what it was, or None.
        """
        log = self._leader.edits
        changed = first_difference(self._log, log)
        if changed is not None:
            self._log, self._lost = log, True
        return changed

    def visit(self, step: int) -> None:
        """Stand before the commit of a step that the run has completed: all its values are known there.

        Raises:
            CursorError: the run has not completed such a step.
        """
        if not 0 <= step < self.last_step:
            raise CursorError(f"step {step}; allowed: those completed, 0 to {self.last_step - 1}")
        self.follow()
        self._interval = self._leader._interval
        if self._lost or step < self._step or self._nearest(step) > self._step:
            self._restore(step)
            self._lost = False
        self._run_to(step)
        self.run_to_end_of_step()

    def _keep_checkpoint(self) -> None:
        """The checkpoints are the leader's to keep."""


def first_difference(before: Sequence[Edit], after: Sequence[Edit]) -> int | None:
    """The step of the first edit that two logs do not share, or None where they are the same."""
    for old, new in zip_longest(before, after):
        if old != new:
            return min(edit.step for edit in (old, new) if edit is not None)
    return None


@dataclass(frozen=True, eq=False)
class Form:
    """Where the numbers of a sample stand in its row.

    Attributes:
        experiment: of which the step is one; numbers that can be edited may since have had other values.
        layout: of its parameters.
        parts: names of the vectors, one number for each parameter: `parameters`, `gradient`, `update` and what the
            optimizer tells; none where they would take up too much.
        units: number of neurons of each dense layer, by its number.
        inside: where the flat vectors have parameters rather than gaps between the layers.
    """

    experiment: Experiment
    layout: Layout
    parts: tuple[str, ...]
    units: Mapping[int, int]
    inside: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, program: Program, memory: int) -> Form:
        """The form of a program's samples, of which `memory` bytes should hold a fair number."""
        experiment = program.experiment
        units = {i: layer.units for i, layer in enumerate(experiment.layers) if isinstance(layer, Dense)}
        layout = program.layout
        inside = layout.mask([(block.layer, part) for block, part in layout.names()]) != 0
        full = cls(experiment, layout, (*VECTORS, *program.optimizer.told), units, inside)
        return full if FEWEST_FULL * full.bytes <= memory else replace(full, parts=())

    @property
    def bytes(self) -> int:
        """What a row takes up."""
        statistics = sum(3 * PER_ARRAY + 1 + units for units in self.units.values())
        return 8 * (len(HEAD) + len(self.parts) * self.layout.size + statistics)

    def start_of_layer(self, layer: int) -> int:
        """Where a layer's statistics begin."""
        before = sum(3 * PER_ARRAY + 1 + units for i, units in self.units.items() if i < layer)
        return len(HEAD) + len(self.parts) * self.layout.size + before


@dataclass(frozen=True, eq=False)
class SurveySample:
    """One step of the past, just before its commit.

    Attributes:
        step: its number.
        form: where the numbers stand in the row.
        row: all of them.
    """

    step: int
    form: Form
    row: FloatArray

    @property
    def learning_rate(self) -> float:
        """That the update used."""
        return float(self.row[0])

    @property
    def loss(self) -> float:
        """Of the batch, with the penalty."""
        return float(self.row[1])

    @property
    def gradient_norm(self) -> float:
        """The length of the gradient as the optimizer got it."""
        return float(self.row[2])

    @property
    def update_norm(self) -> float:
        """The length of the update."""
        return float(self.row[3])

    @property
    def parameters(self) -> FloatArray:
        """The flat parameters that the step began with; empty where samples have statistics only."""
        return self.part("parameters")

    @property
    def gradient(self) -> FloatArray:
        """The flat gradient as the optimizer got it, laid out like the parameters."""
        return self.part("gradient")

    @property
    def update(self) -> FloatArray:
        """The flat change Δw = w′ − w, laid out like the parameters."""
        return self.part("update")

    @property
    def optimizer(self) -> dict[str, FloatArray]:
        """What the optimizer tells of each parameter after this update, such as `velocity`, `m`, `v_hat`; flat."""
        return {name: self.part(name) for name in self.form.parts if name not in VECTORS}

    def part(self, name: str) -> FloatArray:
        """One of the flat vectors, a view into the row; empty where the sample does not have it."""
        if name not in self.form.parts:
            return np.zeros(0)
        size = self.form.layout.size
        start = len(HEAD) + self.form.parts.index(name) * size
        return self.row[start : start + size]

    @property
    def layers(self) -> tuple[LayerSignals, ...]:
        """The statistics of every dense layer."""
        return tuple(self.layer(layer) for layer in self.form.units)

    def layer(self, layer: int) -> LayerSignals:
        """The statistics of one dense layer."""
        at, units = self.form.start_of_layer(layer), self.form.units[layer]
        activations, deltas, gradient = (self._distribution(at + number * PER_ARRAY) for number in range(3))
        at += 3 * PER_ARRAY
        states = self.row[at + 1 : at + 1 + units]
        dead, saturated = (tuple(np.flatnonzero(states == state).tolist()) for state in (DEAD, SATURATED))
        return LayerSignals(layer, units, activations, deltas, gradient, float(self.row[at]), dead, saturated)

    def gradient_rms(self, layer: int) -> float:
        """The root mean square of a layer's grad_W, without unpacking the rest."""
        return float(self.row[self.form.start_of_layer(layer) + 2 * PER_ARRAY])

    def delta_rms(self, layer: int) -> float:
        """The root mean square of a layer's δ, without unpacking the rest."""
        return float(self.row[self.form.start_of_layer(layer) + PER_ARRAY])

    def _distribution(self, at: int) -> Distribution:
        rms, smallest, largest = self.row[at : at + 3].tolist()
        return Distribution(rms, smallest, largest, self.row[at + 3 : at + PER_ARRAY])


def vectors_of(program: Program) -> dict[str, FloatArray]:
    """The flat vectors of a step that is computed up to its commit, by name."""
    told = {name: slot.view() if isinstance(slot, Slot) else slot() for name, slot in program.optimizer.told.items()}
    return {
        "parameters": program.P.view(),
        "gradient": program.gradient.view(),
        "update": 0.0 - program.U.view(),
        **told,
    }


def take(guide: Guide, form: Form) -> SurveySample:
    """Read a sample where a guide stands."""
    program = guide.program
    row = np.empty(form.bytes // 8)
    sample = SurveySample(guide.cursor.step, form, row)
    with np.errstate(all="ignore"):
        vectors = {name: np.where(form.inside, vector, 0.0) for name, vector in vectors_of(program).items()}
    for name in form.parts:
        sample.part(name)[...] = vectors[name]
    lengths = length(vectors["gradient"]), length(vectors["update"])
    row[: len(HEAD)] = guide.learning_rate, program.loss.view().item(), *lengths
    for one in signals(guide):
        at = form.start_of_layer(one.layer)
        for told_of in (one.activations, one.deltas, one.gradient):
            if told_of is None:
                raise AssertionError("before the commit of a step everything is computed")
            row[at : at + 3] = told_of.rms, told_of.smallest, told_of.largest
            row[at + 3 : at + PER_ARRAY] = told_of.counts
            at += PER_ARRAY
        row[at] = np.nan if one.ratio is None else one.ratio
        states = row[at + 1 : at + 1 + one.units]
        states[...] = 0.0
        states[list(one.dead)] = DEAD
        states[list(one.saturated)] = SATURATED
    return sample


class Survey:
    """Samples of a run's past on a regular stride, and the newest moment.

    The stride is a power of two: steps 0, s, 2s, … It doubles, and every second sample is dropped, when there would be
    more than `most` of them or more than the memory holds; so neither a long run nor a large network makes it grow. Before
    the first stride, where a run changes most, the steps 1, 2, 4, … are kept too if there is memory for them. When the run
    is edited, the samples that are no longer true are dropped, and the others are kept. The guide reads the run's own
    records, so a survey is not to be advanced in one thread while the run trains in another.

    Args:
        timeline: the run.
        most: samples at a time, at least 2.
        memory: bytes that they may take up.
        now: tells the time, in seconds.

    Raises:
        CursorError: `most` is less than 2.
    """

    def __init__(
        self,
        timeline: Timeline,
        most: int = MOST_SAMPLES,
        memory: int = MEMORY,
        *,
        now: Callable[[], float] = time.perf_counter,
    ) -> None:
        if most < 2:
            raise CursorError(f"most is {most}; allowed: 2 samples or more")
        self._timeline = timeline
        self._guide = Guide(timeline)
        self._most = most
        self._memory = memory
        self._now = now
        self._forms: list[Form] = []
        self._largest = 0
        self._samples: dict[int, SurveySample] = {}
        self._beginnings: dict[str, int] = {}

    @property
    def samples(self) -> tuple[SurveySample, ...]:
        """Those on the stride and the newest, as far as they are taken and still true, by step."""
        self._follow()
        stride, newest = self.stride, self._timeline.last_step - 1
        return tuple(self._samples[step] for step in sorted(self._samples) if step % stride == 0 or step == newest)

    @property
    def path(self) -> tuple[SurveySample, ...]:
        """The same with those of the first stride, by step: where the run has been."""
        self._follow()
        return tuple(self._samples[step] for step in sorted(self._samples))

    @property
    def stride(self) -> int:
        """How many steps lie between two samples."""
        room = min(self._most, max(self._memory // self._largest, 2) if self._largest else self._most)
        stride = 1
        while -(-self._timeline.last_step // stride) > room - 1:  # one is for the newest moment
            stride *= 2
        return stride

    @property
    def bytes(self) -> int:
        """What all samples take up."""
        return sum(sample.row.nbytes for sample in self._samples.values())

    def advance(self, seconds: float) -> bool:
        """Take as many samples as fit into the time, the oldest first and at least one.

        Returns:
            Whether all of them are taken.
        """
        self._follow()
        deadline = self._now() + seconds
        while True:
            missing = self._missing()
            if missing is None:
                return True
            self._samples[missing] = self.look(missing)
            self._thin()
            if self._now() >= deadline:
                return self._missing() is None

    def look(self, step: int) -> SurveySample:
        """The sample of any completed step, whether it lies on the stride or not.

        Raises:
            CursorError: the run has not completed such a step.
        """
        self._follow()
        if step not in self._samples:
            self._guide.visit(step)
            return take(self._guide, self._form())
        return self._samples[step]

    def numbers(self, sample: SurveySample, at: int) -> dict[str, float]:
        """The numbers of one parameter in a sample, by the names of the vectors; the step is visited if need be.

        Args:
            sample: of this survey.
            at: the parameter's place in the flat vectors.
        """
        if sample.form.parts:
            return {name: float(sample.part(name)[at]) for name in sample.form.parts}
        self._guide.visit(sample.step)
        return {name: float(vector[at]) for name, vector in vectors_of(self._guide.program).items()}

    def newest(self) -> SurveySample | None:
        """The sample of the last step that is completed; None where no step is."""
        last = self._timeline.last_step - 1
        if last < 0:
            return None
        sample = self._samples[last] = self.look(last)
        self._thin()
        return sample

    def held_since(self, what: str, holds: Callable[[SurveySample], bool]) -> int | None:
        """Since which step something has held; None where it does not hold in the newest moment.

        Between the last sample at which it does not hold and the next one, the interval is halved until it has no more
        than WINDOW steps, and those are looked at one by one. So the answer is a step at which it holds and before which it
        does not; that it has held ever since is seen at every step up to WINDOW steps later and at the samples after that.

        Args:
            what: names the question, under which the answer is kept until the run changes.
            holds: tells of one sample.
        """
        newest = self.newest()
        if newest is None or not holds(newest):
            return None
        first = self.look(0)
        samples = [first, *(sample for sample in self.samples if sample.step > 0)]
        held = len(samples)
        while held > 0 and holds(samples[held - 1]):
            held -= 1
        if held == 0:
            return 0
        without, within = samples[held - 1].step, samples[held].step
        kept = self._beginnings.get(what)
        if kept is not None and without < kept <= within:
            return kept
        while within - without > WINDOW:
            middle = (without + within) // 2
            if holds(self.look(middle)):
                within = middle
            else:
                without = middle
        for step in range(without + 1, within):
            if not holds(self.look(step)):
                without = step
        if len(self._beginnings) >= MOST_BEGINNINGS:
            self._beginnings.clear()
        self._beginnings[what] = without + 1
        return without + 1

    def _missing(self) -> int | None:
        """The first step that ought to have a sample and has none."""
        last = self._timeline.last_step
        regular = (step for step in range(0, last, self.stride) if step not in self._samples)
        missing = next(regular, None)
        if missing is None and last > 0 and last - 1 not in self._samples:
            return last - 1
        return (
            missing
            if missing is not None
            else next((step for step in self._early() if step not in self._samples), None)
        )

    def _early(self) -> list[int]:
        """The steps within the first stride that are looked at besides."""
        stride, last = self.stride, self._timeline.last_step
        regular = -(-last // stride) + 1
        room = self._memory // self._largest - regular if self._largest else 0
        doubling = (1 << power for power in range(stride.bit_length() - 1))
        return list(islice(doubling, max(room, 0)))

    def _form(self) -> Form:
        """The form of what the guide reads; the steps of one structure share it."""
        program = self._guide.program
        for form in self._forms:
            if form.experiment is program.experiment:
                return form
        form = Form.of(program, self._memory)
        self._forms = [*self._forms[1 - MOST_FORMS :], form]
        # It does not shrink again before the run is edited: else the stride could go to and fro between two values.
        self._largest = max(self._largest, form.bytes)
        return form

    def _follow(self) -> None:
        """Drop what is no longer true since the run was edited, or is no longer on the stride."""
        changed = self._guide.follow()
        true_before = self._timeline.last_step if changed is None else min(changed, self._timeline.last_step)
        for step in [step for step in self._samples if step >= true_before]:
            del self._samples[step]
        for what in [what for what, step in self._beginnings.items() if step >= true_before]:
            del self._beginnings[what]
        if changed is not None:
            self._forms = list({id(sample.form): sample.form for sample in self._samples.values()}.values())
            self._largest = max((form.bytes for form in self._forms), default=0)
        self._thin()

    def _thin(self) -> None:
        """Drop the samples between the stride, except for the newest moment and those of the first stride."""
        stride, kept = self.stride, {*self._early(), self._timeline.last_step - 1}
        for step in [step for step in self._samples if step % stride and step not in kept]:
            del self._samples[step]
