from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from app.documents import preset
from app.encode import VIEW_HEADER
from app.mailbox import Mailbox
from app.messages import COMMANDS, Command, Watch
from app.opening import session_of
from app.room import Room
from app.settings import Settings
from app.views.registry import view_of
from app.views.requests import LossRequest, RaceRequest
from engine import Timeline
from engine.race import Race

from .conftest import NAME

Messages = list[dict[str, Any]]


def command(kind: str, **fields: object) -> Command:
    return COMMANDS.validate_python({"type": kind, **fields})


def views(*names: str) -> list[Any]:
    watch = command("watch", views=[{"view": name} for name in names])
    assert isinstance(watch, Watch)
    return watch.views


def told(then: Callable[[Room, Mailbox, Messages], Awaitable[None]]) -> Messages:
    """The views that a viewer is told of while `then` does something in its room."""
    heard: Messages = []

    async def send(message: str | bytes) -> None:
        if isinstance(message, bytes):
            _, _, length = VIEW_HEADER.unpack_from(message)
            message = message[VIEW_HEADER.size : VIEW_HEADER.size + length]
        text = json.loads(message)
        if text["type"] == "view":
            heard.append(text)

    async def run() -> None:
        here = Room(session_of(preset("xor"), Settings(), NAME), Settings(), asyncio.Lock())
        viewer = Mailbox(100, 2, 5)
        delivery = asyncio.create_task(viewer.deliver(send))
        await here.join(viewer)
        await then(here, viewer, heard)
        here.leave(viewer)
        await here.close()
        delivery.cancel()
        await asyncio.gather(delivery, return_exceptions=True)

    asyncio.run(run())
    return heard


async def until(heard: Messages, count: int) -> None:
    async with asyncio.timeout(5):
        while len(heard) < count:
            await asyncio.sleep(0.001)


async def settle() -> None:
    for _ in range(50):
        await asyncio.sleep(0)


def test_a_view_is_told_when_it_is_opened_and_when_what_it_shows_has_changed() -> None:
    async def then(here: Room, viewer: Mailbox, heard: Messages) -> None:
        here.watch(viewer, views("loss"))
        await until(heard, 1)
        await here.handle(viewer, command("next", grain="step"))
        await until(heard, 2)

    before, after = told(then)

    assert before["cursor"] == {"step": 0, "event": 0}
    assert after["cursor"] == {"step": 1, "event": 0}
    assert after["data"]["training"]["loss"] < before["data"]["training"]["loss"]


def test_nothing_is_told_of_what_has_not_changed() -> None:
    async def then(here: Room, viewer: Mailbox, heard: Messages) -> None:
        here.watch(viewer, views("loss"))
        await until(heard, 1)
        await here.handle(viewer, command("next", grain="event"))  # changes no parameter
        await settle()

    assert len(told(then)) == 1


def test_what_is_closed_is_told_no_more() -> None:
    async def then(here: Room, viewer: Mailbox, heard: Messages) -> None:
        here.watch(viewer, views("loss"))
        await until(heard, 1)
        here.watch(viewer, [])
        await here.handle(viewer, command("next", grain="step"))
        await settle()

    assert len(told(then)) == 1


def test_a_view_says_of_which_run_it_is_and_what_was_asked() -> None:
    async def then(here: Room, viewer: Mailbox, heard: Messages) -> None:
        here.watch(viewer, views("what_if"))
        await until(heard, 1)
        assert heard[0]["run"] == here.session.run

    (message,) = told(then)

    assert message["request"] == {"view": "what_if"}
    assert message["data"]["curve"] is None


def test_while_the_session_trains_views_go_on_being_told() -> None:
    async def then(here: Room, viewer: Mailbox, heard: Messages) -> None:
        here.watch(viewer, views("loss"))
        await until(heard, 1)
        await here.handle(viewer, command("play", steps_per_second=None))
        await until(heard, 3)

    steps = [message["cursor"]["step"] for message in told(then)]

    assert steps == sorted(set(steps))


def test_a_view_that_fails_costs_nobody_anything_else(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = view_of(LossRequest(view="loss"))

    def fail(*_: object) -> Any:
        raise ZeroDivisionError

    async def then(here: Room, viewer: Mailbox, heard: Messages) -> None:
        monkeypatch.setitem(broken.__dict__, "show", fail)
        here.watch(viewer, views("loss", "what_if"))
        await until(heard, 1)

    assert [message["view"] for message in told(then)] == ["what_if"]


def test_two_viewers_of_one_view_are_told_the_same_by_one_calculation(monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[int] = []
    view = view_of(LossRequest(view="loss"))
    show = view.show

    def count(*given: Any) -> Any:
        counted.append(1)
        return show(*given)

    async def then(here: Room, viewer: Mailbox, heard: Messages) -> None:
        other = Mailbox(100, 2, 5)
        await here.join(other)
        here.watch(viewer, views("loss"))
        here.watch(other, views("loss"))
        await until(heard, 1)
        counted.clear()
        await here.handle(viewer, command("next", grain="step"))
        await until(heard, 2)

    monkeypatch.setitem(view.__dict__, "show", count)
    told(then)

    assert len(counted) == 1


def test_others_are_served_while_a_race_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    race = {"view": "race", "lanes": [{"name": "as it is"}]}
    begun, served = threading.Event(), threading.Event()

    def begin(timeline: Timeline, request: RaceRequest) -> Race:
        begun.set()
        assert served.wait(5)
        return Race.of(timeline, request.lanes)

    async def then(here: Room, viewer: Mailbox, heard: Messages) -> None:
        watch = command("watch", views=[race])
        assert isinstance(watch, Watch)
        here.watch(viewer, watch.views)
        async with asyncio.timeout(5):
            while not begun.is_set():
                await asyncio.sleep(0.001)
        await settle()
        served.set()
        await until(heard, 1)

    monkeypatch.setattr("app.racing.begin", begin)
    (message,) = told(then)

    assert [lane["name"] for lane in message["data"]["lanes"]] == ["as it is"]


def test_lanes_and_samples_are_let_go_of_when_nobody_needs_them() -> None:
    kept: list[tuple[bool, bool]] = []
    race = {"view": "race", "lanes": [{"name": "as it is"}]}

    async def then(here: Room, viewer: Mailbox, heard: Messages) -> None:
        watch = command("watch", views=[race, {"view": "signals"}])
        assert isinstance(watch, Watch)
        here.watch(viewer, watch.views)
        await until(heard, 2)
        for open_views in (watch.views, []):
            here.watch(viewer, open_views)
            known = here.session._racing.known(RaceRequest.model_validate(race))
            kept.append((known is not None, here.session._survey is not None))

    told(then)

    assert kept == [(True, True), (False, False)]
