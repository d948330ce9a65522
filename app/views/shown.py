"""What a view may see of a session, and how it tells what it shows."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from app.settings import Settings
from app.views.requests import RaceRequest
from app.views.walked import Walked
from engine import Timeline
from engine.events import FloatArray
from engine.race import Race
from engine.still import Forwards
from engine.survey import Survey


class Seen(Protocol):
    """A session, as a view sees it. Nothing is changed by looking."""

    @property
    def timeline(self) -> Timeline:
        """The run, at the cursor."""

    @property
    def survey(self) -> Survey:
        """Its past."""

    @property
    def walked(self) -> Walked:
        """The path through it that was dropped last."""

    @property
    def forwards(self) -> Forwards:
        """Compiled networks, kept from one question to the next."""

    def race(self, request: RaceRequest) -> Race:
        """The race that is asked for.

        Raises:
            ExperimentError: a lane is not right.
            CursorError: the run has no such place to begin at.
        """

    def race_preparation(self, request: RaceRequest) -> Callable[[], object] | None:
        """What has to be done before a race can be had at once, and may take its time."""

    @property
    def state_of_race(self) -> Hashable:
        """Changes when a lane of the race has moved."""

    @property
    def settings(self) -> Settings:
        """The limits."""

    @property
    def playing(self) -> bool:
        """Whether it trains on by itself."""

    @property
    def state_of_moment(self) -> Hashable:
        """Changes when the cursor moves or something is edited."""

    @property
    def state_of_step(self) -> Hashable:
        """Changes when the cursor moves to another step, and so to other parameters, or something is edited."""

    @property
    def state_of_past(self) -> Hashable:
        """Changes when more is known of the past, or something is edited."""


@dataclass(frozen=True)
class Shown:
    """What a view shows.

    Attributes:
        data: its part of the message; JSON.
        arrays: what is too much for JSON; it travels as float32 behind it.
    """

    data: Mapping[str, Any]
    arrays: Mapping[str, FloatArray] = field(default_factory=dict)


# What has to be looked through before a view is complete: the past of the run, or the lanes of the race.
Need = Literal["past", "race"]

# A part that is not ready yet is None: a breath, in which others are served. What comes later takes the place of what
# came before: coarse first, then fine.
Parts = Iterator[Shown | None]
