"""A run of an experiment: one step after another, with checkpoints to come back to.

The run owns the programs, the cursor and the records. It keeps sparse checkpoints of the state, as a video codec keeps key
frames: to go anywhere, the nearest checkpoint at or before it is restored and the tape is run forward. Runs are
deterministic, so the numbers come back bit for bit. What may be asked of a run, and how it is changed, is `timeline.py`.
"""

from __future__ import annotations

import bisect
from array import array
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice, takewhile
from typing import Any, Final, TypeVar

import numpy as np

from engine.arena import FloatArray
from engine.divergence import Divergence, describe_divergence
from engine.edits import Change, Edit
from engine.events import Cursor, PlannedEvent
from engine.experiment import Experiment
from engine.layers.dropout import Masks
from engine.moment import Moment, Purpose
from engine.points import fed_after
from engine.program import Forward, Program
from engine.schedules import MULTIPLIER, Constant, plateau_in
from engine.segment import Segment, begin_state, carry_over

MEMORY_BUDGET: Final = 64 * 2**20
"""Bytes that checkpoints may take up by default."""
FIRST_INTERVAL: Final = 128
MOST_STEPS: Final = 1_000_000
RECENT: Final = 16
MANY_EDITS: Final = 2
"""So many changes of the structure at one place are worth keeping what they have led to."""
PROGRAMS: Final = 8
LARGE: Final = 1e300


T = TypeVar("T")
Store = OrderedDict[tuple[Any, ...], tuple[Experiment, T]]
"""What was compiled from an experiment, the least recently used first; the experiment is kept, so its id stays its own."""


def at_hand(store: Store[T], experiment: Experiment, more: tuple[Any, ...], make: Callable[[], T]) -> T:
    """What was compiled from an experiment under further conditions, made if it is not at hand."""
    key = (id(experiment), *more)
    if key not in store:
        store[key] = (experiment, make())
        if len(store) > PROGRAMS:
            store.popitem(last=False)
    store.move_to_end(key)
    return store[key][1]


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
class Settled:
    """The state at the beginning of a step after that step's own edits there.

    Attributes:
        applied: how many edits of the log are in it.
        kept: the stretch that they have led to, and the state.
    """

    applied: int
    kept: Checkpoint


class Run:
    """A run in the making; see the module.

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
        self._programs: Store[Program] = OrderedDict()
        self._forwards: Store[Forward] = OrderedDict()
        self._losses = array("d")
        self._rates = array("d")
        self._penalties = array("d")
        self._validations: dict[int, float] = {}
        self._order: tuple[tuple[int, int, int, bool], Any] = ((0, -1, 0, False), None)
        self._moment = Moment(experiment.seed, 0, 0, np.arange(0))
        self._step = 0
        self._event = 0
        self._start()

    def _start(self) -> None:
        """Forget every checkpoint and stand before the first event of step 0."""
        self._checkpoints: dict[int, Checkpoint] = {}
        self._recent: OrderedDict[int, Checkpoint] = OrderedDict()
        self._settled: OrderedDict[int, Settled] = OrderedDict()
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
    def checkpoint_bytes(self) -> int:
        """Roughly what all checkpoints take up."""
        settled = [each.kept for each in self._settled.values()]
        return sum(kept.bytes for kept in (*self._checkpoints.values(), *self._recent.values(), *settled))

    @property
    def learning_rate(self) -> float:
        """The learning rate that the update of this step will use, as far as is known."""
        return self._program.hyper["learning_rate"].view().item()

    @property
    def finished(self) -> bool:
        """Whether the run cannot go on: early stopping, divergence, or the limit of steps."""
        return self._stopped() or self.divergence is not None or self._step >= self._most_steps

    # ------------------------------------------------------------------ one step after another

    @property
    def _offset(self) -> int:
        """How many of the program's events this step leaves out: validation comes only with a new epoch."""
        return 0 if self._segment.begins_epoch(self._step) else self._program.first_event

    def _rows(self, step: int) -> Any:
        """The rows of a step's batch."""
        segment = self._segment
        experiment = segment.experiment
        count = len(experiment.dataset.inputs)
        fed = segment.fed_row(step)
        if fed is not None:
            return np.array([fed])
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

        def compiled() -> Program:
            program = Program(segment.compiled, n, self._moment)
            program.validate = self._validate
            return program

        return at_hand(self._programs, segment.compiled, (n,), compiled)

    def _forward(self, n: int, dropout: Masks) -> Forward:
        compiled = self._segment.compiled
        forward = at_hand(self._forwards, compiled, (n, dropout), lambda: Forward(compiled, n, dropout))
        for name, slot in forward.hyper.items():
            slot.view()[()] = self._program.hyper[name].view()
        return forward

    def _validation_forward(self) -> Forward:
        data = self.experiment.dataset
        forward = self._forward(len(data.validation_inputs), "off")
        forward.load(data.validation_inputs, data.validation_targets)
        return forward

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
        settled = self._settled.get(self._step)
        if settled is not None:
            self._applied = settled.applied
            self._segment = settled.kept.segment
            self._program = self._program_of(self._segment, len(self._rows(self._step)))
            self._program.state[...] = settled.kept.state
            self._turn_to(self._step, keep_rate=True)
        self._apply_due()

    def _apply_due(self) -> None:
        """Make the changes of the log that are due at the cursor."""
        before = self._applied
        while self._applied < len(self._edits) and self._edits[self._applied].place_in_time == (
            self._step,
            self._event,
        ):
            self._applied += 1
            self._apply(self._changes[self._applied - 1])
        if self._event == 0 and self._applied > before:
            self._settle()

    def _settle(self) -> None:
        """Keep what many changes of the structure at the beginning of a step have led to: each takes a compilation."""
        here = takewhile(lambda at: self._edits[at].step == self._step, range(self._applied - 1, -1, -1))
        if len(list(islice((at for at in here if self._changes[at].restructures), MANY_EDITS))) < MANY_EDITS:
            return
        kept = Checkpoint(self._segment, np.array(self._program.state))
        self._settled[self._step] = Settled(self._applied, kept)
        self._settled.move_to_end(self._step)
        while len(self._settled) > max(1, min(RECENT, self._budget // (4 * kept.bytes))):
            self._settled.popitem(last=False)

    def _forget_settled(self) -> None:
        """Let go of what holds edits that the log no longer has."""
        for step in [step for step, settled in self._settled.items() if settled.applied > len(self._edits)]:
            del self._settled[step]

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
            self._segment = self._restructured(change)
            self._program = self._program_of(self._segment, len(self._rows(self._step)))
            carry_over(old, self._program, old_segment, self._segment, change.named)
            self._turn_to(self._step)

    def _restructured(self, change: Change) -> Segment:
        """The stretch that a change of the structure begins at the cursor."""
        fed = fed_after(change.path, change.index, change.experiment, self._segment.fed_row(self._step))
        return self._segment.restructured(self._step, change.experiment, fed)

    def _rehearse(self, change: Change) -> None:
        """Compile what a change asks for before anything is dropped: if that fails, nothing has happened."""
        segment, experiment = self._restructured(change), change.experiment
        usual = min(experiment.batch_size, len(experiment.dataset.inputs))
        begin_state(self._program_of(segment, usual if segment.fed_row(self._step) is None else 1))

    def _set_hyperparameter(self, name: str, number: float) -> None:
        program = self._program
        slot = program.hyper[name].view()
        if name == "learning_rate" and slot.item() > 0 and not isinstance(self.experiment.schedule, Constant):
            # With a schedule, the change is a factor: the schedule goes on from there in its own way.
            program.rate_factor.view()[()] *= number / slot.item()
        slot[()] = number

    def _turn_to(self, step: int, *, keep_rate: bool = False) -> None:
        """Tell the program which step it is: its rows, its masks, its learning rate."""
        moment = self._moment
        moment.seed, moment.step, moment.epoch = self.experiment.seed, step, self._segment.epoch(step)
        moment.rows = self._rows(step)
        self._scalars(step, keep_rate=keep_rate)

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
        if segment.fed_row(step) is not None:
            stop = min(stop, step + 1)
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
                if not -LARGE < loss < LARGE and not np.isfinite(program.P.view()).all():
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

    # ------------------------------------------------------------------ checkpoints

    def _forget_after(self, at: Cursor) -> None:
        """Drop the record, the log and the checkpoints of everything after a place in time."""
        for record in (self._losses, self._rates, self._penalties):
            del record[at.step :]
        while self._validations and next(reversed(self._validations)) > at.step:
            self._validations.popitem()
        keep = bisect.bisect_right([(edit.step, edit.event) for edit in self._edits], (at.step, at.event))
        del self._edits[keep:]
        del self._changes[keep:]
        self._forget_settled()
        for store in (self._checkpoints, self._recent):
            for step in [step for step in store if step > at.step]:
                del store[step]

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
            kept = Checkpoint(self._segment, np.array(self._program.state))
            self._recent[self._step] = kept
            while len(self._recent) > max(1, min(RECENT, self._budget // (4 * kept.bytes))):
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

    # ------------------------------------------------------------------ divergence

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
