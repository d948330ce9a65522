"""Where the lanes have been, all on one landscape."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

import numpy as np
from typing_extensions import TypedDict

from app.views.directions import (
    PATIENCE_SECONDS,
    PATIENCE_WHILE_TRAINING,
    Reach,
    along_parameters,
    parameters_of,
    principal_reach,
    refusal_words,
    sizes_in,
)
from app.views.race_stills import still_of
from app.views.requests import Axes as AxesRequest
from app.views.requests import ParameterAxes, RandomAxes
from app.wire import RefMessage
from engine import EditError
from engine.bounds import Bounds
from engine.events import FloatArray
from engine.landscape import (
    Axes,
    path_axes,
    project,
    random_axes,
    seen_from,
    steady_bounds,
)
from engine.race import Path, Race
from engine.relief import Relief
from engine.still import Forwards, Still

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
            self.data["reason"] = refusal_words(error)
            yield {}
            return
        if axes is None:
            self.data["reason"] = TOO_SHORT
            yield {}
            return
        places = {number: project(axes, path.parameters) for number, path in paths.items()}
        bounds = steady_bounds(axes, places[0][0], np.concatenate([*places.values(), [axes.at]]), least)
        self.data["bounds"] = list(bounds)
        self.data["parameters"] = parameters_of(self._request)
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


def _axes(request: AxesRequest, still: Still, paths: dict[int, Path]) -> tuple[Axes | None, Reach]:
    """The axes through the weights of lane 1, and how far they reach at least; no axes before there are any.

    Directions are those of an anchor, so that they stand still while the lanes move: of where lane 1 began, or of the paths
    up to the newest step that is a power of two.
    """
    anchor = replace(still, parameters=paths[0].parameters[0])
    match request:
        case ParameterAxes():
            return along_parameters(request, still, anchor.parameters)
        case RandomAxes(seed=seed):
            return seen_from(random_axes(anchor, seed), still), (1.0, 1.0)
        case _:
            last = max(int(path.steps[-1]) for path in paths.values())
            if last < 2:
                return None, (1.0, 1.0)
            newest = 1 << (last.bit_length() - 1)
            vectors = np.concatenate([path.parameters[path.steps <= newest] for path in paths.values()])
            anchored = path_axes(anchor, vectors)
            return seen_from(anchored, still), principal_reach(project(anchored, vectors))


def _sizes(still: Still, *, is_hasty: bool) -> tuple[int, ...]:
    """The grids that can be found in time, but always the coarsest; in haste only the finest of them."""
    seconds = PATIENCE_WHILE_TRAINING if is_hasty else PATIENCE_SECONDS
    sizes = sizes_in(seconds, still, len(still.experiment.dataset.inputs))
    return sizes[-1:] if is_hasty else sizes
