"""A race: the same experiment in up to four lanes, one thing changed in each, all brought to the same step.

A lane is trained by backpropagation with one change (learning rate, optimizer, initializer, …), or it searches for weights
without a gradient. Everything else is the same: data, network, loss, and the weights it begins with as far as they fit.
What a lane has cost is counted as `cost.py` says.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final, Literal

from engine.errors import CursorError, ExperimentError, Problem
from engine.experiment import Experiment
from engine.race.cost import CostClock
from engine.race.lanes import BackpropLane, Lane, SearchLane
from engine.race.plans import LanePlan, read_lanes
from engine.race.variants import changed, first_document, fork
from engine.reader import raise_problems, shown
from engine.run import MOST_STEPS
from engine.timeline import Timeline

MOST_PARAMETERS: Final = 200_000
"""Of the network of one lane."""
SLICE: Final = 0.002
"""Seconds that a round of all lanes should take."""

Start = Literal["beginning", "here"]
STARTS: Final[tuple[Start, ...]] = ("beginning", "here")


class Race:
    """Lanes of one experiment, side by side.

    The step of a race is that of its backprop lanes. The clock by which searches are driven is that of the first backprop
    lane; without one, that of the experiment as it is.

    Args:
        document: the experiment, as `Experiment.from_json` reads it.
        lanes: one to four JSON objects, `{"name": …, "change": {"path": …, "value": …, "index": …}}` or
            `{"name": …, "search": {"type": …}}`; the first may have neither. Paths are those of `Timeline.edit`.
        clock: tells seconds; only the time that `run_to` is given is measured by it.

    Raises:
        ExperimentError: the experiment or a lane is not right; every problem is listed, those of a lane under
            `lanes[i].` and the path of the document.
    """

    def __init__(
        self, document: Mapping[str, Any] | str, lanes: Any, *, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        base = Experiment.from_json(document)
        plans = read_lanes(lanes)
        problems: list[Problem] = []
        experiments: list[Experiment] = []
        for number, plan in enumerate(plans):
            try:
                experiments.append(changed(base, plan.change))
                check_size(experiments[-1])
            except ExperimentError as error:
                problems += [replace(one, path=f"lanes[{number}].{one.path}") for one in error.problems]
        raise_problems(problems)
        trained = [experiment for experiment, plan in zip(experiments, plans, strict=True) if plan.search is None]
        self.experiment = base
        self.cost_clock = CostClock.of(trained[0] if trained else base)
        made: list[Lane] = []
        for number, (plan, experiment) in enumerate(zip(plans, experiments, strict=True)):
            try:
                made.append(self._lane(plan, experiment, f"lanes[{number}].search"))
            except ExperimentError as error:
                problems += error.problems
        raise_problems(problems)
        self.lanes = tuple(made)
        self._clock = clock
        self._target = 0
        self._at_once = 1

    @classmethod
    def of(
        cls,
        timeline: Timeline,
        lanes: Any,
        start: str = "beginning",
        *,
        clock: Callable[[], float] = time.perf_counter,
    ) -> Race:
        """A race of a run, from its beginning or from its cursor.

        Args:
            timeline: the run; it is left as it is.
            lanes: as above.
            start: `beginning`: the run's first experiment with the edits made before anything ran; or `here`: see `fork`.
            clock: as above.

        Raises:
            ExperimentError: a lane or the start is not right.
        """
        if start not in STARTS:
            raise ExperimentError([Problem("start", shown(start), "one of " + ", ".join(STARTS))])
        return cls(fork(timeline) if start == "here" else first_document(timeline), lanes, clock=clock)

    def _lane(self, plan: LanePlan, experiment: Experiment, path: str) -> Lane:
        if plan.search is None:
            return BackpropLane(plan, experiment)
        return SearchLane(plan, plan.search, experiment, self.cost_clock, path)

    @property
    def step(self) -> int:
        """The step that every lane which can go on has come to, as far as one was asked for."""
        going = [lane.place for lane in self.lanes if not lane.finished]
        return min([self._target, *going]) if going else min(self._target, max(lane.place for lane in self.lanes))

    def run_to(self, step: int, seconds: float) -> bool:
        """Bring all lanes to a step, forward or back, as far as the time allows.

        The lanes take turns, a few steps at a time, those that are behind first; so they stay together, and a slow lane
        slows the race. Time may be overrun by one evaluation of a search or by one stretch of steps, about 2 ms or one step.

        Args:
            step: of the race.
            seconds: that it may take.

        Returns:
            Whether every lane is there or cannot go on; otherwise the next call goes on.

        Raises:
            CursorError: there is no such step.
        """
        if not 0 <= step <= MOST_STEPS:
            raise CursorError(f"step {step}; allowed: 0 to {MOST_STEPS}")
        self._target = step
        end = self._clock() + seconds

        def enough() -> bool:
            return self._clock() >= end

        for lane in self.lanes:
            if lane.ahead_of(step):
                lane.reach(step, enough)
        while behind := [lane for lane in self.lanes if not lane.at(step)]:
            goal = min(step, min(lane.place for lane in behind) + self._at_once)
            began = self._clock()
            for lane in behind:
                if lane.at(goal) or lane.place >= goal:
                    continue
                lane.reach(goal, enough)  # before the time is looked at, so that every call brings somebody further
                if enough():
                    return all(each.at(step) for each in self.lanes)
            took = self._clock() - began
            self._at_once = min(2 * self._at_once, 4096) if took < SLICE / 2 else self._at_once
            self._at_once = max(self._at_once // 2, 1) if took > SLICE else self._at_once
        return True

    def promote(self, lane: int) -> dict[str, Any]:
        """The document of a session that takes a lane over, for `Timeline.from_json`.

        Returns:
            A backprop lane's run with its cursor; for a search, the experiment with the best weights found made explicit.

        Raises:
            CursorError: there is no such lane.
        """
        if not 0 <= lane < len(self.lanes):
            raise CursorError(f"lane {lane}; allowed: 0 to {len(self.lanes) - 1}")
        return self.lanes[lane].promoted()


def check_size(experiment: Experiment) -> None:
    """Whether the network is small enough for a race."""
    count = experiment.layout.count
    if count > MOST_PARAMETERS:
        raise ExperimentError(
            [Problem("network.layers", f"{count} parameters", f"at most {MOST_PARAMETERS} in a race")]
        )
