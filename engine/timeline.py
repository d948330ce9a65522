"""Moving through a run in both directions, and changing it on the way.

A run is an experiment and a log of edits; everything else is recomputed. The timeline owns the arena and a cursor
`(step, event)`. It keeps sparse checkpoints of the state, as a video codec keeps key frames: to go anywhere, the nearest
checkpoint at or before it is restored and the tape is run forward. Runs are deterministic, so the numbers come back bit
for bit. An edit is data, applied again on every replay.
"""

from __future__ import annotations

import bisect
from array import array
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from engine.arena import FloatArray
from engine.detail import detail_of
from engine.divergence import Divergence, describe_divergence
from engine.edits import Change, Edit, read_edit, read_index
from engine.errors import CursorError, EditError, ExperimentError, Problem
from engine.events import Cursor, Event, PlannedEvent
from engine.experiment import Experiment, parsed
from engine.explain import Explanation, explain
from engine.gradient_check import GradientCheck, check_gradients
from engine.layers.dropout import DropoutOnTape
from engine.moment import Moment, Purpose
from engine.program import Forward, Program, hyperparameters
from engine.reader import plain, shown
from engine.schedules import MULTIPLIER, Constant, plateau_in
from engine.segment import Segment, begin_state, carry_over
from engine.tape import Published
from engine.whatif import LEARNING_RATES, Preview, WhatIf

MEMORY_BUDGET: Final = 64 * 2**20
"""Bytes that checkpoints may take up by default."""
FIRST_INTERVAL: Final = 128
MOST_STEPS: Final = 1_000_000
RECENT: Final = 16
PROGRAMS: Final = 8
LARGE: Final = 1e300


@dataclass(frozen=True)
class Checkpoint:
    """The state at the beginning of a step, before that step's own edits and preparations."""

    segment: Segment
    state: FloatArray

    @property
    def bytes(self) -> int:
        """Roughly what it takes up."""
        return self.state.nbytes + 200


@dataclass(frozen=True)
class EditResult:
    """What an edit did.

    Attributes:
        cursor: where the run is now; an edit of what has already been used goes back to before that.
        restructured: the network, the data or the rules changed, rather than one number.
        moved: the cursor is not where it was.
        dropped: steps that had been run and are now gone.
    """

    cursor: Cursor
    restructured: bool
    moved: bool
    dropped: int


class Values(Mapping[str, FloatArray]):
    """What is computed at the cursor, by name; every read is a fresh array in the usual shape.

    Names not computed yet raise a KeyError that says which event will compute them.
    """

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline

    def __getitem__(self, name: str) -> FloatArray:
        return self._timeline.read(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._timeline.names())

    def __len__(self) -> int:
        return len(self._timeline.names())


class Timeline:
    """A run of an experiment that can be walked forward and back.

    Args:
        experiment: what to run.
        memory_budget: bytes that checkpoints may take up.
        most_steps: after so many steps the run is finished.
    """

    def __init__(
        self, experiment: Experiment, *, memory_budget: int = MEMORY_BUDGET, most_steps: int = MOST_STEPS
    ) -> None:
        self.first_experiment = experiment
        self.run_id = 0
        self.ghost: FloatArray | None = None
        self.divergence: Divergence | None = None
        self._budget = memory_budget
        self._most_steps = most_steps
        self._edits: list[Edit] = []
        self._changes: list[Change] = []
        self._applied = 0
        self._programs: OrderedDict[tuple[int, int], tuple[Experiment, Program]] = OrderedDict()
        self._forwards: OrderedDict[tuple[int, int, str], tuple[Experiment, Forward]] = OrderedDict()
        self._losses = array("d")
        self._rates = array("d")
        self._penalties = array("d")
        self._validations: dict[int, float] = {}
        self._order: tuple[tuple[int, int, int, bool], Any] = ((0, -1, 0, False), None)
        self._moment = Moment(experiment.seed, 0, 0, np.arange(0))
        self._step = 0
        self._event = 0
        self._far = Cursor(0, 0)
        self._start()

    def _start(self) -> None:
        """Forget every checkpoint and stand before the first event of step 0."""
        self._checkpoints: dict[int, Checkpoint] = {}
        self._recent: OrderedDict[int, Checkpoint] = OrderedDict()
        self._interval = FIRST_INTERVAL
        self._segment = Segment.first(self.first_experiment)
        self._step = self._event = self._applied = 0
        self._program = self._program_of(self._segment, len(self._rows(0)))
        self._program.state[...] = begin_state(self._program)
        self._arrive()

    # ------------------------------------------------------------------ where we are

    @property
    def cursor(self) -> Cursor:
        """`event` events of step `step` have run."""
        return Cursor(self._step, self._event)

    @property
    def experiment(self) -> Experiment:
        """The experiment as it is in force at the cursor."""
        return self._segment.experiment

    @property
    def plan(self) -> tuple[PlannedEvent, ...]:
        """The events of the step at the cursor, in order."""
        return self._program.plan[self._offset :]

    @property
    def epoch(self) -> int:
        """Passes over the data completed before this step."""
        return self._segment.epoch(self._step)

    @property
    def steps_per_epoch(self) -> int:
        """Steps in a pass over the data."""
        return self._segment.steps_per_epoch

    @property
    def last_step(self) -> int:
        """How many steps the record has: the furthest step that can be gone to without computing anything new."""
        return len(self._losses)

    @property
    def checkpoint_bytes(self) -> int:
        """Roughly what all checkpoints take up."""
        return sum(kept.bytes for store in (self._checkpoints, self._recent) for kept in store.values())

    @property
    def learning_rate(self) -> float:
        """The learning rate that the update of this step will use, as far as is known."""
        return self._program.hyper["learning_rate"].view().item()

    @property
    def edits(self) -> tuple[Edit, ...]:
        """The log."""
        return tuple(self._edits)

    @property
    def finished(self) -> bool:
        """Whether the run cannot go on: early stopping, divergence, or the limit of steps."""
        return self._stopped() or self.divergence is not None or self._step >= self._most_steps

    @property
    def values(self) -> Values:
        """What is computed at the cursor, by name."""
        return Values(self)

    @property
    def gradients_known(self) -> bool:
        """Whether every gradient of this step is known."""
        return self._event + self._offset >= self._program.index_of_update

    def names(self) -> list[str]:
        """The names of all values that are computed at the cursor."""
        return [name for name in self._program.published if self._find(name) is not None]

    def read(self, name: str) -> FloatArray:
        """One value at the cursor.

        Raises:
            KeyError: it is not computed yet (the message says by which event it will be), or there is no such value.
        """
        found = self._find(name)
        if found is not None:
            with np.errstate(all="ignore"):
                return found.read()
        known = self._program.published.get(name)
        if known is None or known[0].event < self._offset:
            raise KeyError(f"there is no value called {name!r}; known here: {', '.join(self._program.published)}")
        index = known[0].event - self._offset
        raise KeyError(f"{name} is not computed yet: event {index} ({self.plan[index].title}) will compute it")

    def parameters(self) -> dict[str, FloatArray]:
        """W and b of every layer, as they are at the cursor."""
        return {
            f"layer{block.layer}.{part}": np.array(block.part(self._program.P.view(), part), order="C")
            for block, part in self._program.layout.names()
        }

    def history(self, name: str = "loss") -> FloatArray:
        """One number for each step run: `loss`, `learning_rate`, `penalty`; or for each epoch: `validation_loss`.

        Raises:
            KeyError: no such record is kept.
        """
        if name == "validation_loss":
            return np.array([self._validations[step] for step in sorted(self._validations)])
        records = {"loss": self._losses, "learning_rate": self._rates, "penalty": self._penalties}
        if name not in records:
            raise KeyError(f"there is no record of {name!r}; kept: loss, learning_rate, penalty, validation_loss")
        return np.array(records[name])

    def validations(self) -> list[tuple[int, float]]:
        """The validation losses with the steps before which they were measured."""
        return sorted(self._validations.items())

    # ------------------------------------------------------------------ moving

    def next(self) -> Event | None:
        """Run one event and tell it; None when the run is finished."""
        if self.finished:
            return None
        if self._event == 0:
            self._remember()
        index = self._event + self._offset
        arrays = self._program.arrays(index)
        step, moment_of_event = self._step, self._event
        told = self._tell(index, step, moment_of_event, arrays, advance=True)
        self._far = max(self._far, self.cursor)
        return told

    def back(self) -> Cursor:
        """Take one event back; at the very beginning nothing happens.

        Returns:
            Where we are now.
        """
        if self._event > 0:
            self.seek(self._step, self._event - 1)
        elif self._step > 0:
            self.seek(self._step - 1)
            self.seek(self._step, len(self.plan) - 1)  # a change between the two steps may have changed the plan
        return self.cursor

    def seek(self, step: int, event: int = 0) -> Cursor:
        """Go to any place in time, running forward where it has not been reached yet.

        Args:
            step: number of the step.
            event: how many of its events have run; as many as the plan has means the next step.

        Returns:
            Where we are now: short of the place if the run ends before it.

        Raises:
            CursorError: there is no such place.
        """
        if step < 0 or event < 0 or step > self._most_steps:
            raise CursorError(f"step {step}, event {event}; allowed: steps 0 to {self._most_steps}, events from 0")
        if step == self._step and self._can_point_to(event):
            self._event = event
            self.divergence = None
            return self.cursor
        here = self.cursor
        if (step, event) < (self._step, self._event) or self._nearest(step) > self._step:
            self._restore(step)
        self.divergence = None
        self._run_to(step)
        if self._step == step and event > len(self.plan):
            allowed = f"0 to {len(self.plan)}"
            self.seek(here.step, here.event)
            raise CursorError(f"event {event} of step {step}; allowed: {allowed}")
        while self._step == step and self._event < event and not self.finished:
            self._advance()
        self._remember()
        self._far = max(self._far, self.cursor)
        return self.cursor

    def run(self, steps: int) -> Cursor:
        """Train: leave the cursor that many steps further, before the first event of a step.

        Returns:
            Where we are now: short of that if the run ends before.
        """
        if steps < 0:
            raise CursorError(f"{steps} steps; allowed: 0 or more")
        self._run_to(min(self._step + steps, self._most_steps))
        self._far = max(self._far, self.cursor)
        return self.cursor

    def run_to_end_of_step(self) -> Cursor:
        """Run the events of this step up to its commit, so that every value of one step is known."""
        while self._event < len(self.plan) - 1 and not self.finished:
            self._advance()
        self._far = max(self._far, self.cursor)
        return self.cursor

    def events(self) -> list[Event]:
        """Those events of the current step that have run, told again."""
        return [
            self._tell(i + self._offset, self._step, i, self._program.arrays(i + self._offset), advance=False)
            for i in range(self._event)
        ]

    # ------------------------------------------------------------------ changing

    def edit(self, path: str, value: Any, index: Sequence[int] | None = None) -> EditResult:  # noqa: ANN401
        """Change something at the cursor; from here on the run goes another way.

        Args:
            path: `learning_rate` or another constant; `layer0.W`, `layer0.b` with an index; `x`, `y` (row of the batch,
                column) or `data.inputs`, `data.targets` (row, column); or any path of the document, such as `loss`,
                `optimizer`, `network.layers[0].activation`, `batch_size`.
            value: the new number or object.
            index: where in the array. A class target that becomes 1 takes the place of the class the row had.

        Returns:
            What happened. What has already been used in this step is taken back: a weight changed after the forward
            pass restarts it; a learning rate changed after the update takes the update back.

        Raises:
            EditError: it is refused, with the reason; nothing has changed.
        """
        value = plain(value)
        change = read_edit(self, path, value, read_index(path, index))
        before = self.cursor
        target = self._before_use(change)
        if target != before:
            self.seek(target.step, target.event)
        keep = target.event
        at = Cursor(target.step, 0 if change.at_step_start else target.event)
        dropped = len(self._losses) - at.step
        if dropped > 0:
            self.ghost = self.history("loss")
        meant_still = [
            (replace(edit, event=at.event), done)
            for edit, done in zip(self._edits, self._changes, strict=True)
            if (at.step, at.event) < edit.place_in_time <= (before.step, before.event)
        ]
        self._forget_after(at)
        for earlier, done in meant_still:
            # Taking events back does not take back what was changed meanwhile: a learning rate set a moment ago stays.
            self._edits.append(earlier)
            self._changes.append(done)
        edit = Edit(at.step, at.event, change.path, value, change.index)
        scheduled = not isinstance(self.experiment.schedule, Constant)
        same = bool(self._edits) and self._edits[-1].same_thing(edit) and not change.restructures and not scheduled
        if same:
            self._edits.pop()
            self._changes.pop()
        self._edits.append(edit)
        self._changes.append(change)
        if dropped > 0 or change.restructures:
            self.run_id += 1
        self.divergence = None
        if change.at_step_start:
            self._restore(at.step)
            self._run_to(at.step)
            while self._event < keep and not self.finished:
                self._advance()
            self._remember()
        else:
            self._applied = min(self._applied, len(self._edits) - 1)
            self._apply_due()
        self._far = self.cursor
        return EditResult(self.cursor, change.restructures, self.cursor != before, max(dropped, 0))

    def _before_use(self, change: Change) -> Cursor:
        """The latest place at or before the cursor at which what is changed has not been used yet."""
        if change.at_step_start:
            start = next(i for i, planned in enumerate(self.plan) if planned.kind == "batch")
            return Cursor(self._step, min(self._event, 0 if change.restructures else start + 1))
        if change.hyperparameter is None:
            raise AssertionError("a change is of a step or of a hyperparameter")
        reader = self._program.first_reader(change.hyperparameter) - self._offset
        return Cursor(self._step, min(self._event, reader))

    def _apply(self, change: Change) -> None:
        """Make one change to the state at the cursor."""
        if change.hyperparameter is not None:
            self._set_hyperparameter(change.hyperparameter, change.number)
            self._segment = self._segment.with_experiment(change.experiment)
            self._scalars(self._step, keep_rate=True)
        elif change.parameter is not None:
            block, part, index = change.parameter
            block.part(self._program.P.view(), part)[index] = change.number
        else:
            old, old_segment = self._program, self._segment
            self._segment = old_segment.restructured(self._step, change.experiment)
            self._program = self._program_of(self._segment, len(self._rows(self._step)))
            carry_over(old, self._program, old_segment, self._segment)
            self._turn_to(self._step)

    def _set_hyperparameter(self, name: str, number: float) -> None:
        program = self._program
        slot = program.hyper[name].view()
        if name == "learning_rate" and slot.item() > 0 and not isinstance(self.experiment.schedule, Constant):
            # With a schedule, the change is a factor: the schedule goes on from there in its own way.
            program.rate_factor.view()[()] *= number / slot.item()
        slot[()] = number

    def _forget_after(self, at: Cursor) -> None:
        """Drop the record, the log and the checkpoints of everything after a place in time."""
        for record in (self._losses, self._rates, self._penalties):
            del record[at.step :]
        for step in [step for step in self._validations if step > at.step]:
            del self._validations[step]
        keep = bisect.bisect_right([(edit.step, edit.event) for edit in self._edits], (at.step, at.event))
        del self._edits[keep:]
        del self._changes[keep:]
        for store in (self._checkpoints, self._recent):
            for step in [step for step in store if step > at.step]:
                del store[step]

    def hyperparameters(self, experiment: Experiment | None = None) -> dict[str, float]:
        """The numbers that may be changed at any event, as they are at the cursor (or as an experiment has them)."""
        if experiment is not None:
            return hyperparameters(experiment)
        return {name: slot.view().item() for name, slot in self._program.hyper.items()}

    def batch_rows(self) -> FloatArray:
        """Which rows of the training data make the batch of this step."""
        return np.array(self._moment.rows)

    # ------------------------------------------------------------------ asking

    def predict(self, inputs: Any) -> FloatArray:  # noqa: ANN401
        """The network's outputs (n, outputs) for inputs (n, fan_in), with the parameters at the cursor, without dropout.

        Raises:
            EditError: the inputs do not fit the network.
        """
        wanted = self.experiment.layers[0].fan_in
        try:
            rows = np.atleast_2d(np.asarray(inputs, dtype=np.float64))
        except (TypeError, ValueError, OverflowError) as error:
            raise EditError(Problem("inputs", shown(inputs), f"numbers of shape (n, {wanted})")) from error
        if rows.ndim != 2 or rows.shape[1] != wanted:
            raise EditError(Problem("inputs", f"of shape {rows.shape}", f"shape (n, {wanted})"))
        forward = self._forward(len(rows), "off")
        forward.load(rows)
        return forward.predictions(self._program.P.view())

    def gradient_check(self) -> GradientCheck:
        """Compare every gradient of this step with central differences; see engine.gradient_check."""
        program = self._program
        self._look_ahead(program.index_of_update)
        return check_gradients(program, self._batch_forward(), program.checked_gradient.view())

    def preview(self, learning_rate: float | None = None) -> Preview | None:
        """What the update of this step would do with another learning rate; None before every gradient is known."""
        if not self.gradients_known:
            return None
        rate = self.learning_rate if learning_rate is None else learning_rate
        program = self._program
        direction = self._update_with(rate)
        values: dict[str, FloatArray] = {}
        with np.errstate(all="ignore"):
            moved = program.P.view() - direction
        for block, part in program.layout.names():
            values[f"layer{block.layer}.next_{part}"] = np.array(block.part(moved, part), order="C")
            values[f"layer{block.layer}.change_{part}"] = np.array(block.part(0.0 - direction, part), order="C")
        return Preview(rate, self._batch_forward().run(moved), values)

    def what_if(self) -> WhatIf | None:
        """The loss of this batch along the update's direction, for many learning rates; None before the gradients."""
        if not self.gradients_known:
            return None
        direction = self._update_with(1.0)
        forward, here = self._batch_forward(), np.array(self._program.P.view())
        with np.errstate(all="ignore"):
            losses = np.array([forward.run(here - rate * direction) for rate in LEARNING_RATES])
        today = forward.run(here)
        finite = np.where(np.isfinite(losses), losses, np.inf)
        return WhatIf(LEARNING_RATES, losses, today, float(LEARNING_RATES[int(np.argmin(finite))]))

    def detail(self, event: int, sample: int) -> dict[str, FloatArray] | None:
        """The products and running sums inside one event that has run, for one row of the batch; see engine.detail."""
        if not 0 <= event < self._event:
            raise CursorError(f"event {event} of step {self._step}; allowed: those that have run, 0 to {self._event - 1}")
        with np.errstate(all="ignore"):
            return detail_of(self._program, event + self._offset, sample)

    def explain(self, name: str, index: Sequence[int] = ()) -> Explanation:
        """How a number at the cursor follows from others, one level of the chain rule; see engine.explain.

        Raises:
            KeyError: there is no such number.
        """
        return explain(self, self._program, name, tuple(index))

    # ------------------------------------------------------------------ keeping

    def to_json(self) -> dict[str, Any]:
        """Experiment, edits and cursor: the whole run, as a small document."""
        return {
            "experiment": self.first_experiment.to_json(),
            "edits": [edit.to_json() for edit in self._edits],
            "cursor": {"step": self._step, "event": self._event},
        }

    @classmethod
    def from_json(
        cls,
        document: Mapping[str, Any] | str,
        *,
        memory_budget: int = MEMORY_BUDGET,
        most_steps: int = MOST_STEPS,
    ) -> Timeline:
        """Replay a document that `to_json` made, up to its cursor; a bare experiment is taken from its beginning.

        Raises:
            ExperimentError: the experiment, an edit or the cursor is not right; every problem found is listed.
        """
        if isinstance(document, str):
            document = parsed(document)
        if not isinstance(document, Mapping) or "experiment" not in document:
            return cls(Experiment.from_json(document), memory_budget=memory_budget, most_steps=most_steps)
        experiment = Experiment.from_json(document["experiment"])
        timeline = cls(experiment, memory_budget=memory_budget, most_steps=most_steps)
        edits = document.get("edits", [])
        if not isinstance(edits, list):
            raise ExperimentError([Problem("edits", shown(edits), "a list of edits")])
        for number, given in enumerate(edits):
            edit = Edit.from_json(given, f"edits[{number}]")
            try:
                timeline.seek(edit.step, edit.event)
                timeline.edit(edit.path, edit.value, edit.index)
            except (EditError, CursorError) as error:
                raise ExperimentError([Problem(f"edits[{number}]", shown(given), str(error))]) from error
        place = document.get("cursor", {"step": 0, "event": 0})
        try:
            timeline.seek(int(place["step"]), int(place["event"]))
        except (CursorError, KeyError, TypeError, ValueError, OverflowError) as error:
            raise ExperimentError([Problem("cursor", shown(place), f"a place in the run ({error})")]) from error
        timeline.run_id = 0
        return timeline

    # ------------------------------------------------------------------ the machinery: one step after another

    @property
    def _offset(self) -> int:
        """How many of the program's events this step leaves out: validation comes only with a new epoch."""
        return 0 if self._segment.begins_epoch(self._step) else self._program.first_event

    def _find(self, name: str) -> Published | None:
        """The newest published value of that name at the cursor."""
        ran = self._event + self._offset
        found = None
        for published in self._program.published.get(name, ()):
            if published.event == -1 or self._offset <= published.event < ran:
                found = published
        return found

    def _tell(self, index: int, step: int, number: int, arrays: Mapping[str, FloatArray], *, advance: bool) -> Event | None:
        """Run an event if asked to, and tell it; None if it was refused because the update is not finite."""
        program = self._program
        planned, event = program.plan[index], program.events[index]
        line = program.line(index)
        if planned.kind == "validation":
            forward = self._validation_forward()
            forward.P.view()[...] = program.P.view()
            line, arrays = forward.line(), forward.arrays()
        if advance:
            self._advance(arrive=False)
            if self.divergence is not None:
                return None
        with np.errstate(all="ignore"):
            values = {one.name: one.read() for one in event.published if not one.large}
        told = Event(
            planned.kind,
            planned.phase,
            planned.layer,
            planned.parameter,
            step,
            number,
            planned.title,
            event.words,
            planned.latex,
            line,
            values,
            arrays,
        )
        if advance and self._event == 0:
            self._arrive()
        return told

    def _rows(self, step: int) -> Any:  # noqa: ANN401
        """The rows of a step's batch."""
        segment = self._segment
        experiment = segment.experiment
        count = len(experiment.dataset.inputs)
        if experiment.batch_size >= count:
            return np.arange(count)
        epoch, place = segment.epoch(step), segment.place_in_epoch(step)
        key = (experiment.seed, epoch, count, experiment.shuffle)
        if self._order[0] != key:
            rng = np.random.default_rng([experiment.seed, Purpose.SHUFFLE, epoch])
            self._order = (key, rng.permutation(count) if experiment.shuffle else np.arange(count))
        return self._order[1][place * experiment.batch_size : (place + 1) * experiment.batch_size]

    def _program_of(self, segment: Segment, n: int) -> Program:
        """The program of a segment for a batch of n rows, compiled if it is not at hand."""
        key = (id(segment.compiled), n)
        if key not in self._programs:
            program = Program(segment.compiled, n, self._moment)
            program.validate = self._validate
            self._programs[key] = (segment.compiled, program)
            if len(self._programs) > PROGRAMS:
                self._programs.popitem(last=False)
        self._programs.move_to_end(key)
        return self._programs[key][1]

    def _forward(self, n: int, dropout: str) -> Forward:
        compiled = self._segment.compiled
        key = (id(compiled), n, dropout)
        if key not in self._forwards:
            self._forwards[key] = (compiled, Forward(compiled, n, "given" if dropout == "given" else "off"))
            if len(self._forwards) > PROGRAMS:
                self._forwards.popitem(last=False)
        self._forwards.move_to_end(key)
        forward = self._forwards[key][1]
        for name, slot in forward.hyper.items():
            slot.view()[()] = self._program.hyper[name].view()
        return forward

    def _validation_forward(self) -> Forward:
        data = self.experiment.dataset
        forward = self._forward(len(data.validation_inputs), "off")
        forward.load(data.validation_inputs, data.validation_targets)
        return forward

    def _batch_forward(self) -> Forward:
        """The way forward on the batch of this step, with its dropout masks."""
        program = self._program
        self._look_ahead(program.index_of_update)
        forward = self._forward(program.n, "given")
        forward.load(np.array(program.x.view()[:-1].T), np.array(program.y.view().T))
        for mine, theirs in zip(forward.layers, program.layers, strict=True):
            if isinstance(mine, DropoutOnTape) and isinstance(theirs, DropoutOnTape):
                mine.mask.view()[...] = theirs.mask.view()
        return forward

    def _look_ahead(self, index: int) -> None:
        """Run the events up to one of the program's without moving the cursor: what lies after it is not shown.

        Validation is left out; it changes the state.
        """
        for ahead in range(max(self._event + self._offset, self._program.first_event), index):
            self._program.run_event(ahead)

    def _update_with(self, rate: float) -> FloatArray:
        """U for another learning rate; the update of this step is left as it was."""
        program = self._program
        slot = program.hyper["learning_rate"].view()
        usual = slot.item()
        count = self._step - self._segment.optimizer_start + 1
        prepare = program.optimizer.prepare
        result = np.zeros(0)
        for wanted in (rate, usual):
            slot[()] = wanted
            if prepare is not None:
                prepare(count)
            program.run_event(program.index_of_update)
            if result.size == 0:
                result = np.array(program.U.view())
        return result

    def _arrive(self) -> None:
        """At the beginning of a step: keep a checkpoint if one is due, apply the step's edits, prepare the step."""
        if self._step % self._interval == 0:
            self._keep_checkpoint()
        self._prepare()

    def _prepare(self) -> None:
        """Find the batch of this step, set what depends on the step, and apply the edits at its beginning."""
        rows = self._rows(self._step)
        if len(rows) != self._program.n:
            program = self._program_of(self._segment, len(rows))
            program.state[...] = self._program.state
            self._program = program
        if self._segment.begins_epoch(self._step) and self._program.first_event == 0:
            self._end_epoch(None)
        self._turn_to(self._step)
        self._apply_due()

    def _apply_due(self) -> None:
        """Make the changes of the log that are due at the cursor."""
        while self._applied < len(self._edits) and self._edits[self._applied].place_in_time == (self._step, self._event):
            self._applied += 1
            self._apply(self._changes[self._applied - 1])

    def _turn_to(self, step: int) -> None:
        """Tell the program which step it is: its rows, its masks, its learning rate."""
        moment = self._moment
        moment.seed, moment.step, moment.epoch = self.experiment.seed, step, self._segment.epoch(step)
        moment.rows = self._rows(step)
        self._scalars(step)

    def _scalars(self, step: int, *, keep_rate: bool = False) -> None:
        """Set the numbers that depend on the step: the scheduled learning rate, the optimizer's corrections."""
        program, experiment = self._program, self.experiment
        if not keep_rate and not isinstance(experiment.schedule, Constant):
            base = experiment.learning_rate
            if program.plateau is not None:
                base *= program.plateau.view()[MULTIPLIER]
            rate = experiment.schedule.at(step, self._segment.epoch(step), float(base))
            program.hyper["learning_rate"].view()[()] = rate * program.rate_factor.view()
        if program.optimizer.prepare is not None:
            program.optimizer.prepare(step - self._segment.optimizer_start + 1)

    def _validate(self) -> None:
        """Measure the validation loss; let a plateau and early stopping take note."""
        forward = self._validation_forward()
        forward.run(self._program.P.view())
        loss = forward.data_loss.view().item()  # the penalty is no part of how well the network does
        self._program.validation_loss.view()[()] = loss
        self._validations[self._step] = loss
        self._end_epoch(loss)

    def _end_epoch(self, validation_loss: float | None) -> None:
        """Tell the plateau and early stopping how the epoch before this step went."""
        program, experiment, step = self._program, self.experiment, self._step
        epoch_before = step - self.steps_per_epoch
        if epoch_before < self._segment.origin_step or step > len(self._losses):
            return
        plateau = plateau_in(experiment.schedule)
        if plateau is not None and program.plateau is not None:
            metric = validation_loss
            if metric is None:
                with np.errstate(all="ignore"):
                    metric = float(np.mean(self._losses[epoch_before:step]))
            state = program.plateau.view()
            state[...] = plateau.next(state, metric, experiment.learning_rate)
            self._scalars(step)
        stopping = experiment.early_stopping
        if stopping is None or validation_loss is None or program.stopping is None or program.best is None:
            return
        best, waited, _ = program.stopping.view().tolist()
        if validation_loss < best - stopping.min_delta:
            program.best.view()[...] = program.P.view()
            program.stopping.view()[...] = (validation_loss, 0, 0)
            return
        stop = waited + 1 > stopping.patience
        program.stopping.view()[1:] = (waited + 1, float(stop))
        if stop and stopping.restore_best and np.isfinite(best):
            program.P.view()[...] = program.best.view()

    def _stopped(self) -> bool:
        """Whether early stopping has ended the run."""
        return self._program.stopping is not None and self._program.stopping.view()[2] != 0

    def _advance(self, *, arrive: bool = True) -> None:
        """Run the next event; stop before an update that is not finite."""
        program = self._program
        index = self._event + self._offset
        program.run_event(index)
        if index == program.index_of_update and not self._update_is_finite():
            self._diverge()
            return
        self._event += 1
        if index < len(program.plan) - 1:
            self._apply_due()
            return
        self._record()
        self._step += 1
        self._event = 0
        if arrive:
            self._arrive()

    def _update_is_finite(self) -> bool:
        """Whether the weights that the update leads to are numbers."""
        with np.errstate(all="ignore"):
            return bool(np.isfinite(self._program.P.view() - self._program.U.view()).all())

    def _record(self) -> None:
        """Keep the numbers of a step that is complete."""
        if self._step >= len(self._losses):
            self._losses.append(self._program.loss.view().item())
            self._watch()

    def _run_to(self, target: int) -> None:
        """Run whole steps until the cursor stands before the first event of a step, or the run ends."""
        while self._step < target and not self.finished:
            stop = self._uninterrupted(target)
            if self._event == 0 and stop > self._step:
                self._train(stop)
            else:
                step = self._step
                while self._step == step and not self.finished:
                    self._advance()

    def _uninterrupted(self, target: int) -> int:
        """Up to which step the present program can run on: no edit, no other batch size, no checkpoint in between."""
        step = self._step
        if self._offset < self._program.first_event:
            return step  # validation comes first
        stop = min(target, step - step % self._interval + self._interval)
        if self._applied < len(self._edits):
            stop = min(stop, self._edits[self._applied].step)
        segment, program = self._segment, self._program
        to_epoch_end = segment.steps_per_epoch - segment.place_in_epoch(step)
        if program.first_event > 0 or program.plateau is not None:
            stop = min(stop, step + to_epoch_end)
        if program.n < len(self.experiment.dataset.inputs):
            # Up to the end of the epoch, and up to its last batch if that is smaller.
            smaller_last = len(self.experiment.dataset.inputs) % self.experiment.batch_size != 0
            whole_batches = to_epoch_end - 1 if smaller_last else to_epoch_end
            stop = min(stop, step + max(whole_batches, 1))
        return stop

    def _train(self, stop: int) -> None:
        """Run whole steps as fast as the tape goes; nothing but the tape is run, so this is what stepping shows."""
        program = self._program
        calls = program.step_calls
        loss_of = program.loss.view().item
        losses = self._losses
        recorded = len(losses)
        each_step = program.changes_each_step
        prepare, before_first = program.optimizer.prepare, self._segment.optimizer_start - 1
        watched = self.experiment.penalty.active or each_step
        step = self._step
        sound = True
        with np.errstate(all="ignore"):
            while step < stop:
                for call in calls:
                    call()
                loss = loss_of()
                if not -LARGE < loss < LARGE:
                    sound = False
                    break
                if step >= recorded:
                    losses.append(loss)
                    if watched:
                        self._watch()
                step += 1
                if each_step and step < stop:
                    self._turn_to(step)
                elif prepare is not None and step < stop:
                    prepare(step - before_first)
        self._step = step
        if not watched:
            self._rates += array("d", [self.learning_rate]) * (len(losses) - len(self._rates))
            self._penalties += array("d", [0.0]) * (len(losses) - len(self._penalties))
        if not sound or not np.isfinite(program.P.view()).all():
            self._search_divergence()
            return
        self._arrive()

    def _watch(self) -> None:
        """Keep what else is kept of a step besides its loss."""
        self._rates.append(self.learning_rate)
        penalty = self._program.tape.arena.named.get("penalty")
        self._penalties.append(0.0 if penalty is None else penalty.view().item())

    # ------------------------------------------------------------------ the machinery: checkpoints

    def _keep_checkpoint(self) -> None:
        if self._step in self._checkpoints:
            return
        self._checkpoints[self._step] = Checkpoint(self._segment, np.array(self._program.state))
        if len(self._checkpoints) * self._checkpoints[self._step].bytes > self._budget:
            self._interval *= 2
            for step in [step for step in self._checkpoints if step % self._interval]:
                del self._checkpoints[step]

    def _remember(self) -> None:
        """Keep the beginning of this step at hand while somebody walks here, so that going back is quick."""
        if self._event == 0 and self._step not in self._recent and self._applied_nothing_here():
            self._recent[self._step] = Checkpoint(self._segment, np.array(self._program.state))
            if len(self._recent) > RECENT:
                self._recent.popitem(last=False)

    def _applied_nothing_here(self) -> bool:
        """Whether the state is still as the step found it: no edit, and nothing prepared that would be done twice."""
        edited = self._applied > 0 and self._edits[self._applied - 1].place_in_time == (self._step, 0)
        return not edited and self._program.plateau is None and "mu_product" not in self._program.tape.arena.named

    def _nearest(self, step: int) -> int:
        """The step of the last checkpoint at or before a step."""
        return max(at for store in (self._checkpoints, self._recent) for at in store if at <= step)

    def _restore(self, step: int) -> None:
        """Go to the last checkpoint at or before a step."""
        nearest = self._nearest(step)
        checkpoint = self._recent.get(nearest) or self._checkpoints[nearest]
        self._step, self._event = nearest, 0
        self._segment = checkpoint.segment
        self._applied = bisect.bisect_left([edit.place_in_time for edit in self._edits], (self._step, 0))
        self._program = self._program_of(self._segment, len(self._rows(self._step)))
        self._program.state[...] = checkpoint.state
        self._prepare()

    def _can_point_to(self, event: int) -> bool:
        """Whether going there is only a matter of moving the pointer: nothing before it has changed the state."""
        if event > self._event or event + self._offset < self._program.first_event:
            return event == self._event
        return not any(edit.step == self._step and event < edit.event for edit in self._edits[: self._applied])

    # ------------------------------------------------------------------ the machinery: divergence

    def _diverge(self) -> None:
        """The update that has just been computed is not finite: stay before it, and say what happened."""
        losses = self._losses[: self._step]
        self.divergence = describe_divergence(self._program, self._step, self.learning_rate, losses)

    def _search_divergence(self) -> None:
        """Somewhere before this, an update was not finite: go back to a sound state and walk until it is found."""
        suspect = self._step
        step = suspect
        while True:
            step = self._nearest(step)
            self._restore(step)
            if step == 0 or np.isfinite(self._program.P.view()).all():
                break
            step -= 1
        while self.divergence is None and self._step <= suspect:
            self._advance()
        for record in (self._losses, self._rates, self._penalties):
            del record[self._step :]
        for store in (self._checkpoints, self._recent):
            for at in [at for at in store if at > self._step]:
                del store[at]
