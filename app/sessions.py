"""All sessions in memory, and which of them make room for new ones."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from app.refusals import RefusedError
from app.room import Room
from app.session import Session
from app.settings import Settings


class Sessions:
    """The rooms, by the names of their sessions.

    Args:
        settings: how many, and how long.
        clock: seconds of a steady clock.
    """

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._clock = clock
        self._rooms: dict[str, Room] = {}
        self._turns = asyncio.Lock()
        # asyncio keeps no hold on a task that nobody awaits.
        self._closing: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._rooms)

    @property
    def viewers(self) -> int:
        """How many pages look at a session."""
        return sum(len(room.viewers) for room in self._rooms.values())

    def find(self, name: str) -> Room | None:
        """The room of a session, if it is here."""
        return self._rooms.get(name)

    def add(self, session: Session) -> Room:
        """Make a room for a session.

        Raises:
            RefusedError: every place is taken, and somebody looks at each of them.
        """
        self.make_room()
        room = Room(session, self._settings, self._turns, self._clock)
        self._rooms[session.id] = room
        return room

    def make_room(self) -> None:
        """See that there is a place for one more session, at the cost of the one that nobody has used for longest.

        Raises:
            RefusedError: somebody looks at every session.
        """
        self.forget_idle()
        if len(self._rooms) < self._settings.max_sessions:
            return
        unseen = [room for room in self._rooms.values() if not room.viewers]
        if not unseen:
            places = self._settings.max_sessions
            raise RefusedError(f"All {places} places on this server are taken at the moment; try again in a while.")
        self._forget(min(unseen, key=lambda room: room.used_at))

    def forget_idle(self) -> None:
        """Forget the sessions that nobody has looked at for long."""
        oldest = self._clock() - self._settings.session_idle_seconds
        for room in list(self._rooms.values()):
            if not room.viewers and room.used_at < oldest:
                self._forget(room)

    async def close(self) -> None:
        """Forget all sessions."""
        for room in list(self._rooms.values()):
            self._forget(room)
        await asyncio.gather(*self._closing)

    def _forget(self, room: Room) -> None:
        del self._rooms[room.session.id]
        task = asyncio.get_running_loop().create_task(room.close())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)
