"""Which is better? The lanes of a race: how far each has come, what it has cost, and where it stands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Literal, NotRequired

import numpy as np
from typing_extensions import TypedDict

from app.views.race_methods import MethodData, tell_method
from app.views.race_paths import PathsData, PathsOfLanes
from app.views.race_planes import PlanesData, PlanesOfLanes
from app.views.requests import RaceRequest
from app.views.shown import Parts, Seen, Shown
from app.wire import FieldProblem, Value
from engine import CursorError, ExperimentError
from engine.events import FloatArray
from engine.race import Curve, Lane, SearchLane

# Of each lane; the newest is one more.
MOST_POINTS: Final = 199
# So long the lanes may go on before they are told of.
AT_ONCE_SECONDS: Final = 0.001


class CrossingData(TypedDict):
    """When a loss first fell below the threshold: the step of the race, and what had been spent."""

    step: int
    cost: float


class LaneData(TypedDict):
    """One lane, at the step to which it has come.

    `done` counts updates, or iterations of a search; `evaluations` are those of a search. `cost` counts passes forward over
    all training rows. `mean_over` says of how many steps the means are, 1 where there are none. `loss` is over all training
    rows with the lane's own penalty, of a search that of the best weights so far; `validation_loss` is of the data alone.
    `stopped` says why it cannot go on, `finished` that it cannot, `there` that it stands where the cursor is.
    """

    name: str
    kind: Literal["backprop", "search"]
    parameters: int
    there: bool
    done: int
    evaluations: int
    cost: float
    mean_over: int
    loss: Value
    accuracy: Value | None
    validation_loss: Value | None
    validation_accuracy: Value | None
    below: CrossingData | None
    finished: bool
    stopped: str | None
    method: MethodData | None


class RaceData(TypedDict):
    """The lanes side by side.

    Arrays: `losses.L` (k, 3) of lane L: step of the race, cost, and loss, thinned; for backpropagation that of the batch of
    each step, for a search the best so far. `means.L` likewise, where a batch is a part of the data: the mean of each loss
    and those before it, an epoch in all. Those of methods, planes and paths are told of there.

    `step` is where the cursor stands, counted from the beginning of the race, which is step `origin` of the run. `order` has
    the lanes that have not broken down, the lowest loss first; lanes with the same loss are in the order of their numbers.
    `has_penalty` says that losses of the lanes may contain penalties. With `problems` or a `reason` there are no lanes.
    """

    reason: str | None
    problems: list[FieldProblem]
    origin: int
    step: int
    threshold: float
    has_penalty: bool
    order: list[int]
    lanes: list[LaneData]
    planes: NotRequired[PlanesData]
    paths: NotRequired[PathsData]


def prepare_race(session: Seen, request: RaceRequest) -> Callable[[], object] | None:
    """What has to be done before the race can be shown."""
    return session.race_preparation(request) if origin_of(request) <= session.timeline.last_step else None


def show_race(session: Seen, request: RaceRequest) -> Parts:
    """See `RaceData`."""
    origin = origin_of(request)
    told: RaceData = {
        "reason": None,
        "problems": [],
        "origin": origin,
        "step": max(session.timeline.cursor.step - origin, 0),
        "threshold": request.threshold,
        "has_penalty": False,
        "order": [],
        "lanes": [],
    }
    last = session.timeline.last_step
    if origin > last:
        reason = f"The race begins at step {origin + 1}, but the run has come to step {last + 1} only."
        return iter([Shown({**told, "reason": reason})])
    try:
        race = session.race(request)
    except ExperimentError as error:
        problems: list[FieldProblem] = [
            {"path": each.path, "value": each.value, "allowed": each.allowed} for each in error.problems
        ]
        return iter([Shown({**told, "problems": problems})])
    except CursorError as error:
        return iter([Shown({**told, "reason": f"The race cannot begin there: {error}."})])
    # A small race is told at the cursor's step at once; the others come to it a little at a time.
    race.run_to(told["step"], AT_ONCE_SECONDS)
    if request.kept.get("race") is not race:
        request.kept.clear()
        request.kept["race"] = race
    arrays: dict[str, FloatArray] = {}
    told["lanes"] = [_tell_lane(lane, number, told, arrays) for number, lane in enumerate(race.lanes)]
    told["order"] = _order(told["lanes"])
    told["has_penalty"] = any(lane.experiment.penalty.active for lane in race.lanes)
    planes = PlanesOfLanes(race, request.kept, session.forwards) if request.planes else None
    paths = None
    if request.axes is not None:
        paths = PathsOfLanes(race, request.axes, request.kept, session.forwards, is_hasty=session.playing)
    return _parts(told, arrays, planes, paths)


def origin_of(request: RaceRequest) -> int:
    """The step of the run at which the race begins."""
    return 0 if request.fork is None else request.fork.step


def _parts(
    told: RaceData, arrays: dict[str, FloatArray], planes: PlanesOfLanes | None, paths: PathsOfLanes | None
) -> Parts:
    if planes is not None:
        for found in planes.parts():
            yield None
            arrays |= found
        told["planes"] = planes.data
    if paths is None:
        yield Shown(told, arrays)
        return
    for part in paths.parts():
        yield None if part is None else Shown({**told, "paths": paths.data}, {**arrays, **part})


def _tell_lane(lane: Lane, number: int, told: RaceData, arrays: dict[str, FloatArray]) -> LaneData:
    arrays[f"losses.{number}"] = _columns(lane.losses(MOST_POINTS))
    if lane.mean_over > 1:
        arrays[f"means.{number}"] = _columns(lane.mean_losses(MOST_POINTS))
    scores = lane.scores()
    below = lane.first_below(told["threshold"])
    return {
        "name": lane.plan.name,
        "kind": "search" if isinstance(lane, SearchLane) else "backprop",
        "parameters": lane.experiment.layout.count,
        "there": lane.at(told["step"]),
        "done": lane.done,
        "evaluations": lane.evaluations,
        "cost": lane.cost,
        "mean_over": lane.mean_over,
        "loss": scores.loss,
        "accuracy": scores.accuracy,
        "validation_loss": scores.validation_loss,
        "validation_accuracy": scores.validation_accuracy,
        "below": None if below is None else {"step": below.step, "cost": below.cost},
        "finished": lane.finished,
        "stopped": lane.stopped,
        "method": tell_method(lane, number, told["step"], arrays) if isinstance(lane, SearchLane) else None,
    }


def _columns(curve: Curve) -> FloatArray:
    return np.column_stack([curve.steps, curve.costs, curve.losses])


def _order(lanes: Sequence[LaneData]) -> list[int]:
    going = [number for number, lane in enumerate(lanes) if lane["stopped"] is None and np.isfinite(lane["loss"])]
    return sorted(going, key=lambda number: float(lanes[number]["loss"]))
