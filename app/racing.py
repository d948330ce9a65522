"""The race that a session's viewers look at: made when it is asked for, and kept at the step of the cursor."""

from __future__ import annotations

from typing import Final

import orjson

from app.views.requests import RaceRequest
from engine import Timeline
from engine.race import Race

# A race that nobody has asked about for so long holds nothing up any more.
FORGOTTEN_SECONDS: Final = 2.0
# While lanes are on their way, how far they have come is told this often.
TOLD_SECONDS: Final = 0.1


class Racing:
    """At most one race.

    Attributes:
        race: it, or None.
        origin: at which step of the run it began.
        version: changes whenever a lane has moved.
    """

    def __init__(self) -> None:
        self.race: Race | None = None
        self.origin = 0
        self.version = 0
        self._key = b""
        self._told_at = float("-inf")
        self._moved = False
        self._asked_at = float("-inf")

    def of(self, timeline: Timeline, request: RaceRequest, now: float) -> Race:
        """The race that is asked for.

        Args:
            timeline: the run; where it is now it is afterwards.
            request: the lanes, and where it begins.
            now: seconds of a steady clock.

        Raises:
            ExperimentError: a lane is not right.
            CursorError: the run has no such place to begin at.
        """
        self._asked_at = now
        fork = request.fork
        place = None if fork is None else (fork.step, fork.event)
        # What was edited before the race begins is part of where it begins.
        edits = [edit.to_json() for edit in timeline.edits if (edit.step, edit.event) <= (place or (0, 0))]
        key = orjson.dumps([timeline.first_experiment.document, edits, request.lanes, place], default=str)
        if self.race is None or key != self._key:
            # What was raced before is gone even if this cannot be had: nobody shall look at old lanes under new names.
            self.race, self._key = None, key
            self.race = begin(timeline, request)
            self.origin = 0 if fork is None else fork.step
            self.version += 1
        return self.race

    def end(self) -> None:
        """Nobody looks any more; whoever looks again gets the same lanes, run anew."""
        self.race, self._key = None, b""

    def follow(self, step: int, seconds: float, now: float) -> bool:
        """Bring the lanes to a step of the run, as far as the time allows.

        Returns:
            Whether they are there; also when nobody looks any more.
        """
        if self.race is None or now - self._asked_at > FORGOTTEN_SECONDS:
            return True
        before = [lane.done for lane in self.race.lanes]
        there = self.race.run_to(max(step - self.origin, 0), seconds)
        self._moved |= before != [lane.done for lane in self.race.lanes]
        if self._moved and (there or now - self._told_at >= TOLD_SECONDS):
            self.version += 1
            self._told_at = now
            self._moved = False
        return there


def begin(timeline: Timeline, request: RaceRequest) -> Race:
    """A race from the run's beginning, or from a place of it."""
    fork = request.fork
    if fork is None:
        return Race.of(timeline, request.lanes)
    here = timeline.cursor
    try:
        timeline.seek(fork.step, fork.event)
        return Race.of(timeline, request.lanes, "here")
    finally:
        timeline.seek(here.step, here.event)
