"""The points as the last hidden layer sees them, and the straight cuts that the output layer makes there."""

from __future__ import annotations

import numpy as np
from typing_extensions import TypedDict

from app.views.requests import PlaneRequest
from app.wire import Value
from engine import EditError
from engine.bounds import Bounds, with_margin
from engine.events import FloatArray
from engine.hidden import hidden_space
from engine.still import Forwards, Still


class CutData(TypedDict):
    """A straight cut: `above` on the side where w·h + b > 0. `w` and `b` are null where no line in the plane shown is it."""

    above: str
    below: str
    w: Value | None
    b: Value | None


class HiddenData(TypedDict):
    """The space of a hidden layer. `shown_units` are the coordinates, or none where these are principal components.

    `spread` is the part of the points' variance that the coordinates show, 0 to 1; `ends` are low and high of each.
    """

    reason: str | None
    layer: int
    units: int
    shown_units: list[int]
    spread: Value
    ends: list[list[float]]
    cuts: list[CutData]


def tell_hidden(still: Still, request: PlaneRequest, forwards: Forwards, arrays: dict[str, FloatArray]) -> HiddenData:
    """The hidden space; the points' coordinates are put among the arrays."""
    nothing: HiddenData = {
        "reason": "This network has no hidden layer.",
        "layer": 0,
        "units": 0,
        "shown_units": [],
        "spread": 0.0,
        "ends": [],
        "cuts": [],
    }
    try:
        space = hidden_space(still, forwards=forwards)
        units = space.training.shape[1]
        pair = request.hidden_pair
        if pair is not None and units > 2 and pair[0] != pair[1] and max(pair) < units:
            space = hidden_space(still, pair=(pair[0], pair[1]), forwards=forwards)
    except EditError:
        return nothing
    arrays["hidden_training"] = space.training_at
    arrays["hidden_validation"] = space.validation_at
    return {
        "reason": None,
        "layer": space.layer,
        "units": units,
        "shown_units": list(space.units),
        "spread": space.spread,
        "ends": [list(_ends(column)) for column in space.training_at.T],
        "cuts": [{"above": cut.above, "below": cut.below, "w": cut.flat_w, "b": cut.flat_b} for cut in space.cuts],
    }


def _ends(values: FloatArray) -> Bounds:
    if not np.isfinite(values).all():
        return -1.0, 1.0
    return with_margin(float(values.min()), float(values.max()))
