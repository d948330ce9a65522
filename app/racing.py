"""The races that a session's viewers look at: made when they are asked for, and kept at the step of the cursor."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Final

import orjson

from app.views.requests import RaceRequest
from app.wire import Place
from engine import CursorError, ExperimentError, Timeline
from engine.edits import Edit
from engine.experiment import Experiment
from engine.race import Race

# Different ones in one session: whoever looks at the lanes of another viewer shares them. One more is refused.
MOST_RACES: Final = 4
# A race that nobody has asked about for so long holds nothing up any more.
FORGOTTEN_SECONDS: Final = 2.0
# While lanes are on their way, how far they have come is told this often.
TOLD_SECONDS: Final = 0.1


@dataclass
class Entry:
    """A race that somebody asked for.

    Attributes:
        experiment: with which the run began when the race was made.
        edits: of the run, before the race begins.
        race: it, or why there is none.
        origin: at which step of the run it begins.
        asked_at: when somebody last asked about it.
    """

    experiment: Experiment
    edits: list[Edit]
    race: Race | ExperimentError | CursorError
    origin: int
    asked_at: float

    def follow(self, step: int, seconds: float) -> tuple[bool, bool]:
        """Bring the lanes to a step of the run; tells whether they are there, and whether any has moved."""
        if not isinstance(self.race, Race):
            return True, False
        before = [lane.done for lane in self.race.lanes]
        there = self.race.run_to(max(step - self.origin, 0), seconds)
        return there, before != [lane.done for lane in self.race.lanes]


class Racing:
    """A few races.

    Attributes:
        version: changes whenever a lane has moved.
    """

    def __init__(self) -> None:
        self.version = 0
        self._entries: dict[bytes, Entry] = {}
        self._told_at = float("-inf")
        self._moved = False

    def preparation(self, timeline: Timeline, request: RaceRequest, now: float) -> Callable[[], object] | None:
        """What has to be done before `of` answers at once; it takes its time, and moves the run's cursor meanwhile."""
        if self._at_hand(timeline, request) is not None or self._is_full(request):
            return None
        return partial(self._make, timeline, request, now)

    def of(self, timeline: Timeline, request: RaceRequest, now: float) -> Race:
        """The race that is asked for.

        Args:
            timeline: the run; where it is now it is afterwards.
            request: the lanes, and where it begins.
            now: seconds of a steady clock.

        Raises:
            ExperimentError: a lane is not right.
            CursorError: the run has no such place to begin at, or there are too many races.
        """
        entry = self._at_hand(timeline, request)
        if entry is None:
            if self._is_full(request):
                raise CursorError(f"this session runs {MOST_RACES} races already, and no more; close one of them")
            entry = self._make(timeline, request, now)
        entry.asked_at = now
        if not isinstance(entry.race, Race):
            raise entry.race
        return entry.race

    def known(self, request: RaceRequest) -> Race | None:
        """The race that has been asked for like this, if there is one."""
        entry = self._entries.get(key_of(request))
        return entry.race if entry is not None and isinstance(entry.race, Race) else None

    def keep(self, requests: Iterable[RaceRequest]) -> None:
        """End those at which nobody looks any more; whoever looks again gets the same lanes, run anew."""
        wanted = {key_of(request) for request in requests}
        self._entries = {key: entry for key, entry in self._entries.items() if key in wanted}

    def follow(self, step: int, seconds: float, now: float) -> bool:
        """Bring the lanes to a step of the run, as far as the time allows.

        Returns:
            Whether all that somebody looks at are there.
        """
        entries = [entry for entry in self._entries.values() if now - entry.asked_at <= FORGOTTEN_SECONDS]
        steps = [entry.follow(step, seconds / len(entries)) for entry in entries]
        there = all(arrived for arrived, _ in steps)
        self._moved |= any(moved for _, moved in steps)
        if self._moved and (there or now - self._told_at >= TOLD_SECONDS):
            self.version += 1
            self._told_at = now
            self._moved = False
        return there

    def _at_hand(self, timeline: Timeline, request: RaceRequest) -> Entry | None:
        entry = self._entries.get(key_of(request))
        if entry is None or entry.experiment is not timeline.first_experiment:
            return None
        return entry if entry.edits == edits_before(timeline, request) else None

    def _is_full(self, request: RaceRequest) -> bool:
        return len(self._entries) >= MOST_RACES and key_of(request) not in self._entries

    def _make(self, timeline: Timeline, request: RaceRequest, now: float) -> Entry:
        race: Race | ExperimentError | CursorError
        try:
            race = begin(timeline, request)
        except (ExperimentError, CursorError) as error:
            race = error
        origin = place_of(request).step
        entry = Entry(timeline.first_experiment, edits_before(timeline, request), race, origin, now)
        # What was raced before is gone even if this cannot be had: nobody shall look at old lanes under new names.
        self._entries[key_of(request)] = entry
        self.version += 1
        return entry


def key_of(request: RaceRequest) -> bytes:
    """The same for requests that share a race."""
    fork = request.fork
    return orjson.dumps([request.lanes, None if fork is None else [fork.step, fork.event]])


def place_of(request: RaceRequest) -> Place:
    """Where in the run a race begins."""
    return request.fork or Place(step=0, event=0)


def edits_before(timeline: Timeline, request: RaceRequest) -> list[Edit]:
    """What was edited before the race begins is part of where it begins."""
    place = place_of(request)
    return [edit for edit in timeline.edits if (edit.step, edit.event) <= (place.step, place.event)]


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
