from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from app.documents import preset
from app.mailbox import Mailbox
from app.opening import new_name, session_of
from app.refusals import RefusedError
from app.room import Room
from app.sessions import Sessions
from app.settings import Settings

from .conftest import Clock


def viewer() -> Mailbox:
    return Mailbox(10, 2, 5)


def add(sessions: Sessions, name: str) -> Room:
    return sessions.add(session_of(preset("neuron"), Settings(), name))


def with_sessions(clock: Clock, test: Callable[[Sessions], Awaitable[None]], **limits: int) -> None:
    async def run() -> None:
        sessions = Sessions(Settings(**limits), clock)  # type: ignore[arg-type]  # limits are whole numbers
        await test(sessions)
        await sessions.close()
        assert len(sessions) == 0

    asyncio.run(run())


def test_a_session_is_found_by_its_name(clock: Clock) -> None:
    async def test(sessions: Sessions) -> None:
        room = add(sessions, "first")

        assert sessions.find("first") is room
        assert sessions.find("second") is None

    with_sessions(clock, test)


def test_names_cannot_be_guessed_and_may_stand_in_an_address() -> None:
    names = {new_name() for _ in range(100)}

    assert len(names) == 100
    assert all(len(name) >= 20 and name.replace("-", "").replace("_", "").isalnum() for name in names)


def test_when_all_places_are_taken_the_one_unused_for_longest_makes_room(clock: Clock) -> None:
    async def test(sessions: Sessions) -> None:
        for name in ("old", "seen", "new"):
            clock.now += 1
            add(sessions, name)
        await sessions.find("old").join(viewer())  # type: ignore[union-attr]  # it is there

        clock.now += 1
        add(sessions, "newest")

        assert sessions.find("seen") is None
        assert all(sessions.find(name) for name in ("old", "new", "newest"))

    with_sessions(clock, test, max_sessions=3)


def test_when_every_session_is_looked_at_a_newcomer_is_told_so(clock: Clock) -> None:
    async def test(sessions: Sessions) -> None:
        await add(sessions, "only").join(viewer())

        with pytest.raises(RefusedError, match="1 places"):
            add(sessions, "another")

        assert sessions.viewers == 1

    with_sessions(clock, test, max_sessions=1)


def test_sessions_without_viewers_are_forgotten_after_a_while(clock: Clock) -> None:
    async def test(sessions: Sessions) -> None:
        add(sessions, "left")
        await add(sessions, "looked at").join(viewer())
        clock.now += 99
        add(sessions, "fresh")
        clock.now += 2

        sessions.forget_idle()

        assert sessions.find("left") is None
        assert len(sessions) == 2

    with_sessions(clock, test, session_idle_seconds=100)
