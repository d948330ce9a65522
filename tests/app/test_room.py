from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping

import pytest

from app.documents import preset
from app.mailbox import Mailbox
from app.messages import COMMANDS, Command
from app.opening import session_of
from app.room import Room
from app.session import Session
from app.settings import Settings

from .conftest import NAME


def command(kind: str, **fields: object) -> Command:
    return COMMANDS.validate_python({"type": kind, **fields})


def room() -> Room:
    return Room(session_of(preset("mazur"), Settings(), NAME), Settings(), asyncio.Lock())


def viewer() -> Mailbox:
    return Mailbox(100, 2, 5)


def test_what_a_thread_has_begun_it_ends_although_its_viewer_has_left(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go_on, order = threading.Event(), threading.Event(), list[str]()
    handle = Session.handle

    def slow(self: Session, given: Command) -> object:
        if given.type == "load":
            begun.set()
            go_on.wait(5)
        order.append(given.type)
        return handle(self, given)

    monkeypatch.setattr(Session, "handle", slow)

    async def run() -> None:
        here = room()
        leaving = asyncio.create_task(here.handle(viewer(), command("load", id=1, preset="xor")))
        await asyncio.to_thread(begun.wait, 5)
        leaving.cancel()
        staying = asyncio.create_task(here.handle(viewer(), command("next", grain="event")))
        for _ in range(10):
            await asyncio.sleep(0)
        assert not staying.done()
        go_on.set()
        await staying
        await here.close()

    asyncio.run(run())

    assert order == ["load", "next"]


def test_a_message_for_all_is_written_once(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []

    def encode(message: Mapping[str, object]) -> bytes:
        written.append(str(message["type"]))
        return b"{}"

    monkeypatch.setattr("app.room.encode", encode)

    async def run() -> None:
        here = room()
        for _ in range(5):
            await here.join(viewer())
        written.clear()
        await here.handle(next(iter(here.viewers)), command("next", grain="event"))
        await here.close()

    asyncio.run(run())

    assert written == ["event"]
