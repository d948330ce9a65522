"""The lanes of a race: one trains by backpropagation, another searches."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import numpy as np
import numpy.typing as npt

from engine.arena import FloatArray
from engine.events import Cursor
from engine.experiment import Experiment
from engine.program import Forward
from engine.race.cost import CostClock
from engine.race.plans import LanePlan
from engine.race.variants import parts_of, vector_of, with_parameters
from engine.scores import accuracy
from engine.search.catalogue import AnySearch, begin_search
from engine.search.search import MOST_POINTS, Enough, Settings, thinned
from engine.timeline import Timeline

LANE_MEMORY: Final = 16 * 2**20
"""Bytes that the checkpoints of one lane may take up."""
MOST_WAYPOINTS: Final = 256
PATH_MEMORY: Final = 8 * 2**20
"""Bytes that the path of one lane may take up."""

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Curve:
    """Losses of a lane, thinned, (k,) each.

    Attributes:
        steps: of the race. For a search, the first at which a backprop lane has spent as much.
        costs: units spent when the loss was known; for backprop that is after the way forward of its step.
        losses: backprop: of the batch of that step, as its run recorded it. A search: the best so far.
    """

    steps: Numbers
    costs: FloatArray
    losses: FloatArray


@dataclass(frozen=True)
class Path:
    """Where a lane has been, thinned, the newest place last; a search tells its best weights so far.

    Attributes:
        steps: of the race, (k,), as in Curve.
        costs: units spent when the lane was there, (k,).
        parameters: flat vectors as the lane's `experiment.layout` has them, (k, size).
    """

    steps: Numbers
    costs: FloatArray
    parameters: FloatArray


@dataclass(frozen=True)
class Scores:
    """How good a lane is now.

    Attributes:
        loss: over all training rows, penalty included, without dropout.
        accuracy: part of the training rows that are classified rightly, 0 to 1; None for a regression.
        validation_loss: of the data alone; None without validation rows.
        validation_accuracy: likewise.
    """

    loss: float
    accuracy: float | None
    validation_loss: float | None
    validation_accuracy: float | None


@dataclass(frozen=True)
class Crossing:
    """When a loss first fell below a threshold; `step` and `cost` as in Curve."""

    step: int
    cost: float


@dataclass(frozen=True)
class Waypoint:
    """A place on a lane's path."""

    cost: float
    parameters: FloatArray
    validation_loss: float | None


class Lane(ABC):
    """One lane of a race.

    Attributes:
        plan: what it does.
        experiment: that it trains or searches.
    """

    kind: ClassVar[str]

    def __init__(self, plan: LanePlan, experiment: Experiment) -> None:
        data = experiment.dataset
        self.plan = plan
        self.experiment = experiment
        self._waypoints: dict[int, Waypoint] = {}
        self._stride = 1
        self._training = Forward(experiment, len(data.inputs))
        self._training.load(data.inputs, data.targets)
        self._validation: Forward | None = None
        if len(data.validation_inputs):
            self._validation = Forward(experiment, len(data.validation_inputs))
            self._validation.load(data.validation_inputs, data.validation_targets)

    @property
    @abstractmethod
    def place(self) -> int:
        """The last step of the race that it has come to; a search may have come further within its iteration."""

    @property
    @abstractmethod
    def done(self) -> int:
        """How many updates, or iterations of the search, are complete."""

    @property
    @abstractmethod
    def evaluations(self) -> int:
        """Forward passes of a search; 0 for backprop."""

    @property
    @abstractmethod
    def cost(self) -> float:
        """Units spent."""

    @property
    @abstractmethod
    def finished(self) -> bool:
        """Whether it cannot go on."""

    @property
    @abstractmethod
    def stopped(self) -> str | None:
        """Why it cannot go on, as a sentence, where that is not simply the end: it diverged."""

    @property
    @abstractmethod
    def vector(self) -> FloatArray:
        """Its parameters now, flat; of a search the best so far."""

    @abstractmethod
    def ahead_of(self, step: int) -> bool:
        """Whether it has to go back to be at a step."""

    @abstractmethod
    def reach(self, step: int, enough: Enough) -> None:
        """Go to a step, forward or back, as far as time allows: until `enough` says so."""

    @abstractmethod
    def losses(self, most: int = MOST_POINTS) -> Curve:
        """How its loss went up to now, at most so many points and the last."""

    @property
    def mean_over(self) -> int:
        """Of how many losses `mean_losses` are means: 1 where each loss is of all rows, so that its mean is itself."""
        return 1

    def mean_losses(self, most: int = MOST_POINTS) -> Curve:
        """The same without the noise of the batches: means over an epoch."""
        return self.losses(most)

    @abstractmethod
    def validation_losses(self, most: int = MOST_POINTS) -> Curve:
        """How the validation loss of the data alone went; of a search, along its path."""

    @abstractmethod
    def first_below(self, threshold: float) -> Crossing | None:
        """When its recorded loss (of a search, the best) was first below a threshold; exact, never thinned."""

    @abstractmethod
    def promoted(self) -> dict[str, Any]:
        """A document of a session that goes on from here; see Race.promote."""

    @abstractmethod
    def _step_of(self, done: int) -> int:
        """The step of the race at which so many updates or iterations were complete."""

    def at(self, step: int) -> bool:
        """Whether it stands at a step, or cannot go on to it."""
        return not self.ahead_of(step) and (self.place >= step or self.finished)

    def parameters(self) -> dict[str, FloatArray]:
        """W and b of every layer now, in the usual shapes; of a search, the best so far."""
        return parts_of(self.experiment.layout, self.vector)

    def scores(self) -> Scores:
        """How good it is now."""
        data, vector = self.experiment.dataset, self.vector
        loss = self._training.run(vector)
        right = accuracy(self.experiment, outputs_of(self._training), data.targets)
        if self._validation is None:
            return Scores(loss, right, None, None)
        validation_loss = self._validation_loss(vector)
        return Scores(
            loss,
            right,
            validation_loss,
            accuracy(self.experiment, outputs_of(self._validation), data.validation_targets),
        )

    def path(self) -> Path:
        """Where it has been up to now."""
        done = self.done
        at = [number for number in sorted(self._waypoints) if number < done]
        known = [self._waypoints[number] for number in at]
        return Path(
            np.array([self._step_of(number) for number in [*at, done]], dtype=np.int64),
            np.array([*(waypoint.cost for waypoint in known), self.cost]),
            np.stack([*(waypoint.parameters for waypoint in known), self.vector]),
        )

    def _next_waypoint(self) -> int:
        """How many updates or iterations are complete when the next place is to be noted."""
        return (self.done // self._stride + 1) * self._stride

    def _note(self) -> None:
        """Note where it is, if that is due; where room is short, every other place goes."""
        done = self.done
        if done % self._stride or done in self._waypoints:
            return
        vector = np.array(self.vector)
        self._waypoints[done] = Waypoint(self.cost, vector, self._validation_loss(vector))
        most = min(MOST_WAYPOINTS, max(1, PATH_MEMORY // vector.nbytes))
        while len(self._waypoints) > most:
            self._stride *= 2
            for at in [at for at in self._waypoints if at % self._stride]:
                del self._waypoints[at]

    def _validation_loss(self, vector: FloatArray) -> float | None:
        if self._validation is None:
            return None
        self._validation.run(vector)
        return self._validation.data_loss.view().item()


class BackpropLane(Lane):
    """A lane with a timeline of its own, without edits.

    Attributes:
        timeline: the run; it belongs to the lane, and who moves it moves the lane.
    """

    kind: ClassVar[str] = "backprop"

    def __init__(self, plan: LanePlan, experiment: Experiment) -> None:
        super().__init__(plan, experiment)
        self.timeline = Timeline(experiment, memory_budget=LANE_MEMORY)
        self.clock = CostClock.of(experiment)
        self._note()

    @property
    def place(self) -> int:
        """The step of its run."""
        return self.timeline.cursor.step

    @property
    def done(self) -> int:
        """Steps that are complete."""
        return self.timeline.cursor.step

    @property
    def evaluations(self) -> int:
        """None: backpropagation does not try candidates."""
        return 0

    @property
    def cost(self) -> float:
        """3·B/N for each step that is complete."""
        return self.clock.cost(self.done)

    @property
    def finished(self) -> bool:
        """Whether the run has ended: divergence, early stopping or the limit of steps."""
        return self.timeline.finished

    @property
    def stopped(self) -> str | None:
        """The cause of the divergence."""
        divergence = self.timeline.divergence
        return None if divergence is None else divergence.cause

    @property
    def vector(self) -> FloatArray:
        """The parameters of its run."""
        return vector_of(self.experiment.layout, self.timeline.parameters())

    def ahead_of(self, step: int) -> bool:
        """Whether it is beyond the beginning of a step; one that diverged within it is not ahead."""
        timeline = self.timeline
        return timeline.cursor > Cursor(step, 0) and not (timeline.cursor.step == step and self.stopped is not None)

    def reach(self, step: int, enough: Enough) -> None:
        """Train, or go back."""
        timeline = self.timeline
        if self.ahead_of(step):
            timeline.seek(step)
        self._note()
        while timeline.cursor.step < step and not timeline.finished:
            timeline.run(min(step, self._next_waypoint()) - timeline.cursor.step)
            if timeline.divergence is None:
                self._note()
            if enough():
                return

    def losses(self, most: int = MOST_POINTS) -> Curve:
        """The loss of each step's batch, as recorded."""
        steps = thinned(self.done, most).astype(np.int64)
        return self._curve(steps, self.timeline.history("loss")[: self.done][steps])

    @property
    def mean_over(self) -> int:
        """As many steps as an epoch has."""
        return self.timeline.steps_per_epoch

    def mean_losses(self, most: int = MOST_POINTS) -> Curve:
        """Of each step and those before it, an epoch in all; near the beginning of those that there are."""
        steps = thinned(self.done, most).astype(np.int64)
        means = trailing_means(self.timeline.history("loss")[: self.done], self.mean_over, steps)
        return self._curve(steps, means)

    def validation_losses(self, most: int = MOST_POINTS) -> Curve:
        """Those that the run has measured, before the first step of each epoch."""
        measured = [(step, loss) for step, loss in self.timeline.validations() if step < self.done]
        kept = [measured[number] for number in thinned(len(measured), most).tolist()]
        return self._curve(
            np.array([step for step, _ in kept], dtype=np.int64), np.array([loss for _, loss in kept], dtype=np.float64)
        )

    def first_below(self, threshold: float) -> Crossing | None:
        """The first step whose batch's loss was lower."""
        below = np.flatnonzero(self.timeline.history("loss")[: self.done] < threshold)
        return None if len(below) == 0 else Crossing(int(below[0]), self.clock.known(int(below[0])))

    def promoted(self) -> dict[str, Any]:
        """The run itself: its experiment and its cursor."""
        return self.timeline.to_json()

    def _curve(self, steps: Numbers, losses: FloatArray) -> Curve:
        return Curve(steps, np.array([self.clock.known(step) for step in steps.tolist()]), losses)

    def _step_of(self, done: int) -> int:
        return done


class SearchLane(Lane):
    """A lane that searches; at a step it has spent at least as much as a backprop lane, by less than one iteration more.

    Args:
        plan: with a search.
        experiment: what network, loss and data.
        clock: of the backprop lane it is compared with.
        path: where the plan stands, for problems.

    Raises:
        ExperimentError: the network is too large for this search.
    """

    kind: ClassVar[str] = "search"

    def __init__(self, plan: LanePlan, settings: Settings, experiment: Experiment, clock: CostClock, path: str) -> None:
        super().__init__(plan, experiment)
        self.search: AnySearch = begin_search(settings, experiment, path=path)
        self.clock = clock
        self._note()

    @property
    def place(self) -> int:
        """The last step whose cost it has spent."""
        return self.clock.covered_by(self.search.evaluations)

    @property
    def done(self) -> int:
        """Iterations that are complete."""
        return self.search.iteration

    @property
    def evaluations(self) -> int:
        """Forward passes of the iterations that are complete."""
        return self.search.evaluations

    @property
    def cost(self) -> float:
        """One for each evaluation."""
        return float(self.search.evaluations)

    @property
    def finished(self) -> bool:
        """Whether the search cannot go on."""
        return self.search.finished

    @property
    def stopped(self) -> str | None:
        """Why it cannot go on."""
        return self.search.stopped

    @property
    def vector(self) -> FloatArray:
        """The best so far."""
        return self.search.best

    def ahead_of(self, step: int) -> bool:
        """Whether fewer iterations would do."""
        return self.search.iteration > self.search.iterations_for(self.clock.evaluations_at(step))

    def reach(self, step: int, enough: Enough) -> None:
        """Search on, or go back."""
        search = self.search
        wanted = self.clock.evaluations_at(step)
        if self.ahead_of(step) and not search.seek(wanted, enough):
            return
        self._note()
        while search.evaluations < wanted and not search.finished:
            next_stop = min(search.iterations_for(wanted), self._next_waypoint())
            there = search.run(search.evaluations_after(next_stop), enough)
            self._note()
            if not there or enough():
                return

    def losses(self, most: int = MOST_POINTS) -> Curve:
        """The best loss by the end of each iteration."""
        history = self.search.history(most)
        steps = [self.clock.step_at(int(units)) for units in history.evaluations.tolist()]
        return Curve(np.array(steps, dtype=np.int64), history.evaluations, history.best_losses)

    def validation_losses(self, most: int = MOST_POINTS) -> Curve:
        """Of the best weights at the places of its path."""
        at = [number for number in sorted(self._waypoints) if number <= self.done]
        known = [(number, self._waypoints[number]) for number in at]
        measured = [(n, waypoint.cost, loss) for n, waypoint in known if (loss := waypoint.validation_loss) is not None]
        kept = [measured[number] for number in thinned(len(measured), most).tolist()]
        return Curve(
            np.array([self._step_of(number) for number, _, _ in kept], dtype=np.int64),
            np.array([cost for _, cost, _ in kept], dtype=np.float64),
            np.array([loss for _, _, loss in kept], dtype=np.float64),
        )

    def first_below(self, threshold: float) -> Crossing | None:
        """The end of the first iteration with a candidate whose loss was lower."""
        evaluations = self.search.first_below(threshold)
        return None if evaluations is None else Crossing(self.clock.step_at(evaluations), float(evaluations))

    def promoted(self) -> dict[str, Any]:
        """The experiment with the best weights that were found, to be trained from there."""
        return with_parameters(self.experiment, self.parameters())

    def _step_of(self, done: int) -> int:
        return self.clock.step_at(self.search.evaluations_after(done))


def trailing_means(numbers: FloatArray, width: int, at: Numbers) -> FloatArray:
    """The mean of each wanted number and those before it, `width` in all; near the beginning of as many as there are."""
    if not np.isfinite(numbers).all():
        with np.errstate(all="ignore"):
            return np.array([numbers[max(end + 1 - width, 0) : end + 1].mean() for end in at.tolist()])
    sums = np.concatenate([[0.0], np.cumsum(numbers)])
    begins = np.maximum(at + 1 - width, 0)
    means: FloatArray = (sums[at + 1] - sums[begins]) / (at + 1 - begins)
    return means


def outputs_of(forward: Forward) -> FloatArray:
    """What the network answered when it was last run, (n, outputs)."""
    return np.array(forward.output.view().T, order="C")
