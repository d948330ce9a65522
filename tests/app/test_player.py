from __future__ import annotations

import asyncio

from app.player import play


class Steps:
    """Something to train that stops after so many slices."""

    def __init__(self, slices: int, wait: float = 0.0, log: list[str] | None = None, name: str = "") -> None:
        self.left = slices
        self.wait = wait
        self.log = log if log is not None else []
        self.name = name

    @property
    def playing(self) -> bool:
        return self.left > 0

    def train(self, seconds: float) -> float:
        self.left -= 1
        self.log.append(self.name)
        return self.wait


class Locks:
    """What a room gives to its player."""

    def __init__(self) -> None:
        self.turns = asyncio.Lock()
        self.busy = asyncio.Lock()
        self.changed = asyncio.Event()

    async def play(self, steps: Steps, after_slice: object = None) -> None:
        await play(
            steps,
            turns=self.turns,
            busy=self.busy,
            slice_seconds=0.001,
            after_slice=after_slice if callable(after_slice) else lambda: None,
            changed=self.changed,
        )


def test_others_have_their_turn_after_every_slice() -> None:
    async def run() -> list[int]:
        seen: list[int] = []
        steps = Steps(5)

        async def other() -> None:
            while steps.playing:
                seen.append(steps.left)
                await asyncio.sleep(0)

        await asyncio.gather(Locks().play(steps), other())
        return seen

    assert set(asyncio.run(run())) >= {4, 3, 2, 1}


def test_two_sessions_train_in_turn() -> None:
    async def run() -> list[str]:
        locks, log = Locks(), list[str]()
        await asyncio.gather(locks.play(Steps(3, log=log, name="a")), locks.play(Steps(3, log=log, name="b")))
        return log

    assert asyncio.run(run()) == ["a", "b", "a", "b", "a", "b"]


def test_nothing_is_trained_while_a_thread_works_with_the_session() -> None:
    async def run() -> tuple[int, int]:
        locks, steps = Locks(), Steps(3)
        await locks.busy.acquire()
        player = asyncio.create_task(locks.play(steps))
        for _ in range(20):
            await asyncio.sleep(0)
        during = steps.left
        locks.busy.release()
        await player
        return during, steps.left

    assert asyncio.run(run()) == (3, 0)


def test_a_session_that_waits_for_a_thread_does_not_hold_up_another() -> None:
    async def run() -> int:
        locks, other = Locks(), Locks()
        other.turns = locks.turns
        await locks.busy.acquire()
        waiting = asyncio.create_task(locks.play(Steps(1)))
        free = Steps(3)
        await other.play(free)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        return free.left

    assert asyncio.run(run()) == 0


def test_a_pause_between_slow_steps_ends_when_the_pace_changes() -> None:
    async def run() -> int:
        locks, steps = Locks(), Steps(2, wait=3600)
        player = asyncio.create_task(locks.play(steps))
        for _ in range(20):
            await asyncio.sleep(0)
        assert steps.left == 1
        locks.changed.set()
        await asyncio.wait_for(player, 5)
        return steps.left

    assert asyncio.run(run()) == 0
