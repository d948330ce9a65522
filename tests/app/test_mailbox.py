from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from app.mailbox import Mailbox, MailboxFullError


def mailbox(limit: int = 10, window: int = 2, timeout: float = 5.0) -> Mailbox:
    return Mailbox(limit, window, timeout)


def deliver(box: Mailbox, then: Callable[[list[str]], Awaitable[None]]) -> list[str]:
    """What is sent while `then` does something with the mailbox."""
    sent: list[str] = []

    async def send(message: str) -> None:
        sent.append(message)

    async def run() -> None:
        task = asyncio.create_task(box.deliver(send))
        await then(sent)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(run())
    return sent


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def test_messages_leave_in_the_order_they_came() -> None:
    async def then(_: list[str]) -> None:
        for text in ("a", "b", "c"):
            box.put(text)
        await settle()

    box = mailbox()

    assert deliver(box, then) == ["a", "b", "c"]


def test_of_frames_that_could_not_leave_only_the_newest_is_sent() -> None:
    async def then(_: list[str]) -> None:
        for seq in range(1, 6):
            box.put_frame(seq, f"frame {seq}")
            await settle()
        box.drawn(1)
        await settle()

    box = mailbox(window=2)

    assert deliver(box, then) == ["frame 1", "frame 2", "frame 5"]


def test_a_frame_that_was_drawn_covers_those_before_it() -> None:
    async def then(_: list[str]) -> None:
        for seq in (1, 2):
            box.put_frame(seq, f"frame {seq}")
            await settle()
        box.drawn(2)
        for seq in (3, 4):
            box.put_frame(seq, f"frame {seq}")
            await settle()

    box = mailbox(window=2)

    assert deliver(box, then) == ["frame 1", "frame 2", "frame 3", "frame 4"]


def test_messages_leave_while_no_frame_may() -> None:
    async def then(_: list[str]) -> None:
        box.put_frame(1, "frame 1")
        await settle()
        box.put_frame(2, "frame 2")
        box.put("answer")
        await settle()

    box = mailbox(window=1)

    assert deliver(box, then) == ["frame 1", "answer"]


def test_forgotten_frames_need_not_be_drawn() -> None:
    async def then(_: list[str]) -> None:
        box.put_frame(1, "frame 1")
        await settle()
        box.put_frame(2, "frame 2")
        box.forget_frames()
        box.put("snapshot")
        await settle()
        assert box.takes_frames
        box.put_frame(3, "frame 3")
        await settle()

    box = mailbox(window=1)

    assert deliver(box, then) == ["frame 1", "snapshot", "frame 3"]


def test_a_viewer_that_takes_nothing_is_given_up() -> None:
    async def send(_: str) -> None:
        await asyncio.Event().wait()

    async def run() -> None:
        box = mailbox(limit=2)
        for text in ("a", "b", "c"):
            box.put(text)
        with pytest.raises(MailboxFullError):
            await box.deliver(send)

    asyncio.run(run())


def test_a_message_that_does_not_leave_in_time_ends_the_delivery() -> None:
    async def send(_: str) -> None:
        await asyncio.Event().wait()

    async def run() -> None:
        box = mailbox(timeout=0.01)
        box.put("a")
        with pytest.raises(TimeoutError):
            await box.deliver(send)

    asyncio.run(run())


def test_of_what_a_view_shows_only_the_newest_is_sent() -> None:
    async def then(_: list[str]) -> None:
        box.put_view("plane", "plane 1")
        box.put_view("loss", "loss 1")
        box.put_view("plane", "plane 2")
        await settle()

    box = mailbox()

    assert sorted(deliver(box, then)) == ["loss 1", "plane 2"]


def test_views_that_belong_to_a_frame_leave_with_it_or_not_at_all() -> None:
    async def then(_: list[str]) -> None:
        for seq in (1, 2, 3):
            box.put_frame(seq, f"frame {seq}", views=[f"plane {seq}"])
            await settle()

    box = mailbox(window=1)

    assert deliver(box, then) == ["frame 1", "plane 1"]


def test_what_a_view_shows_waits_behind_the_answers() -> None:
    async def then(_: list[str]) -> None:
        box.put_view("loss", "loss")
        box.put("snapshot")
        await settle()

    box = mailbox()

    assert deliver(box, then) == ["snapshot", "loss"]
