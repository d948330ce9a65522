"""Moving through a run in both directions, and changing it on the way.

A run is an experiment and a log of edits; everything else is recomputed. This is what may be asked of a run, and how it is
changed; how it gets from step to step, and back, is `run.py`. An edit is data, applied again on every replay.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from engine.arena import FloatArray
from engine.detail import detail_of
from engine.edits import Change, Edit, read_edit, read_index
from engine.errors import CursorError, EditError, ExperimentError, Problem
from engine.events import Cursor, Event
from engine.experiment import Experiment, parsed
from engine.explain import Explanation, explain
from engine.gradient_check import GradientCheck, check_gradients
from engine.layers.dropout import DropoutOnTape
from engine.points import DRAGGED
from engine.program import Forward, Program, hyperparameters
from engine.reader import plain, shown
from engine.run import MEMORY_BUDGET, MOST_STEPS, Run, at_hand
from engine.schedules import Constant
from engine.segment import Segment
from engine.still import Still
from engine.tape import Published
from engine.whatif import Preview, WhatIf, what_if


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


class Timeline(Run):
    """A run of an experiment that can be walked forward and back.

    Args:
        experiment: what to run.
        memory_budget: bytes that checkpoints may take up.
        most_steps: after so many steps the run is finished.
    """

    # ------------------------------------------------------------------ where we are

    @property
    def last_step(self) -> int:
        """How many steps the record has: the furthest step that can be gone to without computing anything new."""
        return len(self._losses)

    @property
    def edits(self) -> tuple[Edit, ...]:
        """The log."""
        return tuple(self._edits)

    @property
    def changes(self) -> tuple[Change, ...]:
        """What each edit of the log does, in the order of the log: later ones than the cursor too."""
        return tuple(self._changes)

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
            return np.array(list(self._validations.values()))
        records = {"loss": self._losses, "learning_rate": self._rates, "penalty": self._penalties}
        if name not in records:
            raise KeyError(f"there is no record of {name!r}; kept: loss, learning_rate, penalty, validation_loss")
        return np.array(records[name])

    def validations(self) -> list[tuple[int, float]]:
        """The validation losses with the steps before which they were measured."""
        return list(self._validations.items())

    # ------------------------------------------------------------------ moving

    def next(self) -> Event | None:
        """Run one event and tell it; None when the run is finished."""
        if self.finished:
            return None
        if self._event == 0:
            self._remember()
        program, step, number = self._program, self._step, self._event
        index = number + self._offset
        line, arrays = self._shown(index)
        self._advance(arrive=False)
        if self.divergence is not None:
            return None
        told = tell(program, index, step, number, line, arrays)
        if self._event == 0:
            self._arrive()
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
        return self.cursor

    def run(self, steps: int) -> Cursor:
        """Train: leave the cursor that many steps further, before the first event of a step.

        Returns:
            Where we are now: short of that if the run ends before.
        """
        if steps < 0:
            raise CursorError(f"{steps} steps; allowed: 0 or more")
        self._run_to(min(self._step + steps, self._most_steps))
        return self.cursor

    def run_to_end_of_step(self) -> Cursor:
        """Run the events of this step up to its commit, so that every value of one step is known."""
        while self._event < len(self.plan) - 1 and not self.finished:
            self._advance()
        return self.cursor

    def events(self) -> list[Event]:
        """Those events of the current step that have run, told again."""
        offset = self._offset
        return [
            tell(self._program, number + offset, self._step, number, *self._shown(number + offset))
            for number in range(self._event)
        ]

    # ------------------------------------------------------------------ changing

    def edit(self, path: str, value: Any, index: Sequence[int] | None = None) -> EditResult:
        """Change something at the cursor; from here on the run goes another way.

        Args:
            path: `learning_rate` or another constant; `layer0.W`, `layer0.b` with an index; `x`, `y` (row of the batch,
                column) or `data.inputs`, `data.targets` (row, column); `data.points.add`, `.feed`, `.move`, `.target`,
                `.remove` (see engine.points); or any path of the document, such as `loss`, `optimizer`,
                `network.layers[0].activation`, `batch_size`.
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
        if change.restructures:
            self._rehearse(change)
        before = self.cursor
        target = self._before_use(change)
        if target != before:
            self.seek(target.step, target.event)
        if change.at_step_start:
            self._remember()  # the step begins anew from here, not from a checkpoint that lies further back
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
        repeats = change.path in DRAGGED or not (change.restructures or scheduled)
        if self._edits and self._edits[-1].same_thing(edit) and repeats:
            self._edits.pop()
            self._changes.pop()
            self._forget_settled()
        self._edits.append(edit)
        self._changes.append(change)
        if dropped > 0 or change.at_step_start or target != before:
            self.run_id += 1
        self.divergence = None
        if change.at_step_start and keep == 0 and self._applied < len(self._edits):
            # The step has not begun, and all that was changed before this is still as it was.
            self._apply_due()
        elif change.at_step_start:
            self._restore(at.step)
            self._run_to(at.step)
            while self._event < keep and not self.finished:
                self._advance()
            self._remember()
        else:
            self._applied = min(self._applied, len(self._edits) - 1)
            self._apply_due()
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

    def hyperparameters(self, experiment: Experiment | None = None) -> dict[str, float]:
        """The numbers that may be changed at any event, as they are at the cursor (or as an experiment has them)."""
        if experiment is not None:
            return hyperparameters(experiment)
        return {name: slot.view().item() for name, slot in self._program.hyper.items()}

    def batch_rows(self) -> FloatArray:
        """Which rows of the training data make the batch of this step."""
        return np.array(self._moment.rows)

    # ------------------------------------------------------------------ asking

    def predict(self, inputs: Any) -> FloatArray:
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

    @property
    def program(self) -> Program:
        """The compiled step at the cursor, for questions that read many of its arrays at once; they only read."""
        return self._program

    @property
    def segment(self) -> Segment:
        """Since when the present program has been in force, and how its batches are drawn."""
        return self._segment

    def forward_on(self, inputs: FloatArray, targets: FloatArray) -> Forward:
        """The way forward, run on given rows with the parameters at the cursor, without dropout; to be read at once."""
        compiled, n = self._segment.compiled, len(inputs)
        forward = at_hand(self._forwards, compiled, (n, "watched"), lambda: Forward(compiled, n, "off"))
        forward.load(inputs, targets)
        forward.run(self._program.P.view())
        return forward

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
        return what_if(self.still(), self._batch_forward()) if self.gradients_known else None

    def still(self) -> Still:
        """A frozen copy of this moment, for questions that are answered while the run goes on; see engine.still."""
        program, compiled = self._program, self._segment.compiled
        masks: dict[int, FloatArray] = {}
        for layer in program.layers:
            if isinstance(layer, DropoutOnTape):
                self._look_ahead(program.index_of_update)
                masks[layer.index] = np.array(layer.mask.view())
        known = self.gradients_known
        rows = self._moment.rows
        return Still(
            compiled,
            self._step,
            self._event,
            np.array(program.P.view()),
            compiled.dataset.inputs[rows],
            compiled.dataset.targets[rows],
            masks,
            self.hyperparameters(),
            np.array(program.checked_gradient.view()) if known else None,
            self._update_with(1.0) if known else None,
        )

    def detail(self, event: int, sample: int) -> dict[str, FloatArray] | None:
        """The products and running sums inside one event that has run, for one row of the batch; see engine.detail."""
        if not 0 <= event < self._event:
            raise CursorError(
                f"event {event} of step {self._step}; allowed: those that have run, 0 to {self._event - 1}"
            )
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
        enough: Callable[[], bool] = lambda: False,
    ) -> Timeline:
        """Replay a document that `to_json` made, up to its cursor; a bare experiment is taken from its beginning.

        Args:
            document: that, or its text.
            memory_budget: see `Run`.
            most_steps: see `Run`.
            enough: asked before each edit; the document is refused when it says so.

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
            if enough():
                allowed = f"as many as there is time for; {number} were made again"
                raise ExperimentError([Problem("edits", f"{len(edits)} edits", allowed)])
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

    # ------------------------------------------------------------------ telling

    def _find(self, name: str) -> Published | None:
        """The newest published value of that name at the cursor."""
        ran = self._event + self._offset
        found = None
        for published in self._program.published.get(name, ()):
            if published.event == -1 or self._offset <= published.event < ran:
                found = published
        return found

    def _shown(self, index: int) -> tuple[str, dict[str, FloatArray]]:
        """The NumPy of an event of the program, and the arrays it names, as they are now."""
        program = self._program
        if program.plan[index].kind != "validation":
            return program.line(index), program.arrays(index)
        forward = self._validation_forward()
        forward.P.view()[...] = program.P.view()
        return forward.line(), forward.arrays()

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


def tell(program: Program, index: int, step: int, number: int, line: str, arrays: Mapping[str, FloatArray]) -> Event:
    """Tell an event that has run, with copies of what it computed.

    Args:
        program: that ran it.
        index: its place in the program's plan.
        step: of the run.
        number: its place in the plan of that step.
        line: the NumPy to show.
        arrays: those that the line names, as it found them.
    """
    planned, event = program.plan[index], program.events[index]
    with np.errstate(all="ignore"):
        values = {one.name: one.read() for one in event.published if not one.large}
    return Event(
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
