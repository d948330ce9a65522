"""Where the lanes have been, all on one landscape."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

import numpy as np
from typing_extensions import TypedDict

from app.views.race_stills import still_of
from app.views.requests import Axes as AxesRequest
from app.views.requests import ParameterAxes, RandomAxes
from app.wire import RefMessage
from engine import EditError
from engine.bounds import Bounds
from engine.events import FloatArray
from engine.landscape import (
    SIZES,
    Axes,
    parameter_axes,
    path_axes,
    project,
    random_axes,
    seen_from,
    steady_bounds,
)
from engine.race import Path, Race
from engine.relief import Relief
from engine.still import Forwards, Still

# A landscape that would take longer than this is drawn on a coarser grid, while the session trains and else.
PATIENCE_WHILE_TRAINING: Final = 0.02
PATIENCE_SECONDS: Final = 1.0
# A pass through a small network is a matter of calls, through a large one of products.
SECONDS_PER_PASS: Final = 20e-6
SECONDS_PER_PRODUCT: Final = 1e-9
# One parameter's axis reaches this much farther from where it began than 0 does, or this far.
PARAMETER_REACH: Final = 1.5
# Of principal directions the second is drawn at least this long, beside the first.
LEAST_SECOND: Final = 0.25

TOO_SHORT: Final = "The paths have no principal directions yet: they need two steps."


class PathsData(TypedDict):
    """The loss over two directions through the weights of lane 1 at its step, and the ways of the lanes on it.

    Arrays: `relief` (m, m), whose entry [j, i] is the loss of lane 1's network over all training rows at the i-th node of u
    and the j-th of v; `path.L` (s, 3) of lane L: step of the race, u and v, thinned. `bounds` are the ends of both axes,
    `parameters` which weights they are, where they are weights. `left_out` are the lanes whose parameters are others. With
    a `reason` there is nothing to be drawn.
    """

    reason: str | None
    bounds: list[tuple[float, float]]
    parameters: list[RefMessage]
    size: int
    left_out: list[int]


class PathsOfLanes:
    """The paths and what lies beneath, worked out a little at a time.

    Args:
        race: whose lanes; what is needed of them is copied here and now.
        request: which axes.
        kept: what was found with the same request before.
        forwards: where compiled networks are kept.
        is_hasty: a coarse grid will do.
    """

    def __init__(
        self, race: Race, request: AxesRequest, kept: dict[str, Any], forwards: Forwards, *, is_hasty: bool
    ) -> None:
        first = race.lanes[0]
        layout = first.experiment.layout
        self._still = still_of(first, kept)
        self._kept, self._forwards, self._request, self._is_hasty = kept, forwards, request, is_hasty
        self._paths = {
            number: lane.path() for number, lane in enumerate(race.lanes) if lane.experiment.layout == layout
        }
        self.data: PathsData = {
            "reason": None,
            "bounds": [],
            "parameters": [],
            "size": 0,
            "left_out": [number for number in range(len(race.lanes)) if number not in self._paths],
        }

    def parts(self) -> Iterator[dict[str, FloatArray] | None]:
        """The arrays, coarse first, with pauses between."""
        still, paths = self._still, self._paths
        try:
            axes, least = _axes(self._request, still, paths)
        except EditError as error:
            problem = error.problems[0]
            self.data["reason"] = f"There is no such landscape: {problem.value} is not {problem.allowed}."
            yield {}
            return
        if axes is None:
            self.data["reason"] = TOO_SHORT
            yield {}
            return
        places = {number: project(axes, path.parameters) for number, path in paths.items()}
        bounds = steady_bounds(axes, places[0][0], np.concatenate([*places.values(), [axes.at]]), least)
        self.data["bounds"] = list(bounds)
        if isinstance(self._request, ParameterAxes):
            names = (self._request.first, self._request.second)
            self.data["parameters"] = [{"name": each.name, "index": list(each.index)} for each in names]
        ways = {f"path.{number}": np.column_stack([paths[number].steps, places[number]]) for number in paths}
        for grid in self._relief(axes, bounds).explore(_sizes(still, is_hasty=self._is_hasty), self._forwards):
            if grid is not None:
                self.data["size"] = len(grid.u)
            yield None if grid is None else {**ways, "relief": grid.losses}

    def _relief(self, axes: Axes, bounds: tuple[Bounds, Bounds]) -> Relief:
        """The losses found before, where nothing that they depend on is different now."""
        relief: Relief | None = self._kept.get("relief")
        if relief is None or not relief.is_of(self._still, axes, *bounds, "training"):
            relief = self._kept["relief"] = Relief(self._still, axes, *bounds, "training")
        return relief


def _axes(request: AxesRequest, still: Still, paths: dict[int, Path]) -> tuple[Axes | None, tuple[float, float]]:
    """The axes through the weights of lane 1, and how far they reach at least; no axes before there are any.

    Directions are those of an anchor, so that they stand still while the lanes move: of where lane 1 began, or of the paths
    up to the newest step that is a power of two.
    """
    anchor = replace(still, parameters=paths[0].parameters[0])
    match request:
        case ParameterAxes(first=one, second=other):
            axes = parameter_axes(still, (one.name, one.index), (other.name, other.index))
            ((u, v),) = np.abs(project(axes, anchor.parameters[np.newaxis])).tolist()
            return axes, (PARAMETER_REACH * max(1.0, u), PARAMETER_REACH * max(1.0, v))
        case RandomAxes(seed=seed):
            return seen_from(random_axes(anchor, seed), still), (1.0, 1.0)
        case _:
            last = max(int(path.steps[-1]) for path in paths.values())
            if last < 2:
                return None, (1.0, 1.0)
            newest = 1 << (last.bit_length() - 1)
            vectors = np.concatenate([path.parameters[path.steps <= newest] for path in paths.values()])
            anchored = path_axes(anchor, vectors)
            with np.errstate(all="ignore"):
                u, v = np.abs(project(anchored, vectors)).max(axis=0).tolist()
            u = u if 0 < u < np.inf else 1.0
            return seen_from(anchored, still), (u, v if LEAST_SECOND * u < v < np.inf else LEAST_SECOND * u)


def _sizes(still: Still, *, is_hasty: bool) -> tuple[int, ...]:
    """The grids that can be found in time, but always the coarsest; in haste only the finest of them."""
    one = SECONDS_PER_PASS + SECONDS_PER_PRODUCT * still.experiment.layout.count * len(still.experiment.dataset.inputs)
    seconds = PATIENCE_WHILE_TRAINING if is_hasty else PATIENCE_SECONDS
    sizes = tuple(size for size in SIZES if size == SIZES[0] or size * size * one <= seconds)
    return sizes[-1:] if is_hasty else sizes
