"""All views: how each is shown, and when it has to be shown again."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, Final

from app.views.landscape import show_landscape
from app.views.loss import show_loss
from app.views.optimizer import show_optimizer
from app.views.plane import show_plane
from app.views.race import prepare_race, show_race
from app.views.requests import (
    LandscapeRequest,
    LossRequest,
    OptimizerRequest,
    PlaneRequest,
    RaceRequest,
    SignalsRequest,
    ViewRequest,
    WhatIfRequest,
)
from app.views.shown import Need, Parts, Seen
from app.views.signals import show_signals
from app.views.what_if import is_updated, show_what_if


@dataclass(frozen=True)
class View:
    """One kind of view.

    Attributes:
        show: takes what it needs of a session at once, and works it out in parts.
        state: what is shown changes when this does.
        beside_frames: it is small enough to be told with every frame while the session trains.
        needs: what is looked through for it.
        preparation: what has to be done before it can be shown and may take longer than others should have to wait; None
            where nothing has to.
    """

    show: Callable[[Seen, Any], Parts]
    state: Callable[[Seen], Hashable]
    beside_frames: bool = False
    needs: Need | None = None
    preparation: Callable[[Seen, Any], Callable[[], object] | None] = lambda session, request: None


def _of_step(session: Seen) -> Hashable:
    return session.state_of_step


def _of_gradients(session: Seen) -> Hashable:
    return session.state_of_step, session.timeline.gradients_known, is_updated(session.timeline)


def _of_moment(session: Seen) -> Hashable:
    return session.state_of_moment


def _of_past(session: Seen) -> Hashable:
    return session.state_of_moment, session.state_of_past


def _of_landscape(session: Seen) -> Hashable:
    # Within a step only the arrows come, with the gradients; while it trains, the grid is coarser than afterwards.
    return session.state_of_step, session.state_of_past, session.timeline.gradients_known, session.playing


def _of_race(session: Seen) -> Hashable:
    # A landscape under the paths is coarser while it trains.
    return session.state_of_race, session.state_of_step, session.playing


_VIEWS: Final[dict[type, View]] = {
    PlaneRequest: View(show_plane, _of_step, beside_frames=True),
    LandscapeRequest: View(show_landscape, _of_landscape, needs="past"),
    LossRequest: View(show_loss, _of_step),
    WhatIfRequest: View(show_what_if, _of_gradients),
    SignalsRequest: View(show_signals, _of_past, needs="past"),
    OptimizerRequest: View(show_optimizer, _of_past, needs="past"),
    RaceRequest: View(show_race, _of_race, needs="race", preparation=prepare_race),
}


def view_of(request: ViewRequest) -> View:
    """How to show what was asked for."""
    return _VIEWS[type(request)]
