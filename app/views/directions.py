"""What the landscapes of one run and of a race have in common: how far their axes reach, and how fine their grids are."""

from __future__ import annotations

from typing import Final

import numpy as np

from app.estimates import seconds_per_pass
from app.views.requests import Axes as AxesRequest
from app.views.requests import ParameterAxes
from app.wire import RefMessage
from engine import EditError
from engine.events import FloatArray
from engine.landscape import SIZES, Axes, parameter_axes, project
from engine.still import Still

# A landscape that would take longer than this is drawn on a coarser grid.
PATIENCE_SECONDS: Final = 1.0
# So much of a quarter of a second may go into one landscape while the session trains.
PATIENCE_WHILE_TRAINING: Final = 0.02
# One parameter's axis reaches this much farther from where it began than 0 does, or this far.
PARAMETER_REACH: Final = 1.5
# Of principal directions the second is drawn at least this long, beside the first.
LEAST_SECOND: Final = 0.25

Reach = tuple[float, float]


def sizes_in(seconds: float, still: Still, rows: int) -> tuple[int, ...]:
    """The grids that can be found in about so long when the loss is of so many rows, but always the coarsest."""
    one = seconds_per_pass(still.experiment, rows)
    return tuple(size for size in SIZES if size == SIZES[0] or size * size * one <= seconds)


def along_parameters(request: ParameterAxes, still: Still, start: FloatArray) -> tuple[Axes, Reach]:
    """The axes of two parameters, and how far they reach at least from where these began.

    Args:
        request: which two.
        still: the moment through whose parameters the plane goes.
        start: the parameters at the beginning, (P,).

    Raises:
        EditError: there is no such parameter.
    """
    first, second = request.first, request.second
    axes = parameter_axes(still, (first.name, first.index), (second.name, second.index))
    ((u, v),) = np.abs(project(axes, start[np.newaxis])).tolist()
    return axes, (PARAMETER_REACH * max(1.0, u), PARAMETER_REACH * max(1.0, v))


def parameters_of(request: AxesRequest) -> list[RefMessage]:
    """The two parameters that the axes are; none where they are directions."""
    if not isinstance(request, ParameterAxes):
        return []
    return [{"name": each.name, "index": list(each.index)} for each in (request.first, request.second)]


def principal_reach(places: FloatArray) -> Reach:
    """How far principal axes reach at least, when a path reaches those places, (s, 2), from where it begins."""
    with np.errstate(all="ignore"):
        u, v = np.abs(places).max(axis=0).tolist()
    u = u if 0 < u < np.inf else 1.0
    return u, (v if LEAST_SECOND * u < v < np.inf else LEAST_SECOND * u)


def refusal_words(error: EditError) -> str:
    """Why there is no such landscape, in a sentence."""
    problem = error.problems[0]
    return f"There is no such landscape: {problem.value} is not {problem.allowed}."
