"""Training while others are served: short slices between two turns of the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, Protocol

# What a command needs between its arrival and its answer: reading the socket, the reader's turn, the writer's turn.
# Each is one turn of the loop, and none of them must wait for another slice.
TURNS_BETWEEN_SLICES: Final = 4


class Trainable(Protocol):
    """What the player needs of a session."""

    @property
    def playing(self) -> bool:
        """Whether it is to go on."""

    def train(self, seconds: float) -> float:
        """Run steps for about that long.

        Returns:
            Seconds until the next step is due; 0 while it cannot keep up.
        """


async def play(
    session: Trainable,
    *,
    turns: asyncio.Lock,
    busy: asyncio.Lock,
    slice_seconds: float,
    after_slice: Callable[[], None],
    changed: asyncio.Event,
) -> None:
    """Train until the session stops playing.

    Args:
        session: what to train.
        turns: held during a slice and the turns of the loop that follow it, so that between two slices of *any* session
            commands are answered: many sessions that train make each other slower, but no answer later.
        busy: held while a thread works with the session.
        slice_seconds: how long training goes on at once.
        after_slice: called after each slice, before others have their turn.
        changed: set when the pace may have changed, to end a pause between two slow steps.
    """
    while session.playing:
        if busy.locked():
            async with busy:
                pass
        async with turns:
            # A thread may have begun while we waited for our turn.
            if busy.locked() or not session.playing:
                continue
            wait = session.train(slice_seconds)
            after_slice()
            for _ in range(TURNS_BETWEEN_SLICES):
                await asyncio.sleep(0)
        if wait > 0 and session.playing:
            changed.clear()
            try:
                async with asyncio.timeout(wait):
                    await changed.wait()
            except TimeoutError:
                pass
