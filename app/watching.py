"""Which views the viewers of a session have open, and telling each when what it shows has changed.

A view is worked out once, however many look at it, in parts between which others have their turn. While somebody walks,
it is told as soon as the moment has changed; while the session trains, small ones go beside each frame, and the others
are told a few times a second.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Hashable, Iterable
from functools import partial
from typing import Any, Final, TypeVar

from app.encode import encode_view
from app.mailbox import Mailbox, Message
from app.player import TURNS_BETWEEN_SLICES
from app.session import Session
from app.views.registry import view_of
from app.views.requests import RaceRequest, ViewRequest
from app.views.shown import Parts, Shown
from app.wire import CursorMessage

T = TypeVar("T")

logger: Final = logging.getLogger(__name__)

# How long a view is worked out, or the past looked through, before others have a turn.
SLICE_SECONDS: Final = 0.001
# While the session trains, views that are not told beside each frame rest so long after they were told.
REST_SECONDS: Final = 0.25
# What part of the time while training may go into one view that is told beside the frames.
FRAME_SHARE: Final = 0.25


class Watching:
    """The open views of a session's viewers.

    Args:
        session: what they look at.
        busy: held while a thread works with the session.
        turns: held while something is worked out, and shared with everything that trains, see `app.player`.
        clock: seconds of a steady clock.
    """

    def __init__(
        self,
        session: Session,
        busy: asyncio.Lock,
        turns: asyncio.Lock,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._session = session
        self._busy = busy
        self._turns = turns
        self._clock = clock
        self._open: dict[Mailbox, dict[str, ViewRequest]] = {}
        self._told: dict[str, Hashable] = {}
        self._rest_until: dict[str, float] = {}
        # asyncio keeps no hold on a task that nobody awaits.
        self._works: set[asyncio.Task[Any]] = set()
        self._news = asyncio.Event()
        self._teller: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None

    def watch(self, viewer: Mailbox, requests: Iterable[ViewRequest]) -> None:
        """From now on a viewer has these views open, and no others."""
        wanted = {request.model_dump_json(): request for request in requests}
        for key in wanted.keys() - self._open.get(viewer, {}).keys():
            self._told.pop(key, None)
        if wanted:
            self._open[viewer] = wanted
        else:
            self._open.pop(viewer, None)
        self._forget_closed()
        self.changed()

    def leave(self, viewer: Mailbox) -> None:
        """A viewer is gone."""
        self._open.pop(viewer, None)
        self._forget_closed()

    def changed(self) -> None:
        """The moment may have changed."""
        self._news.set()
        if self._teller is None and self._open:
            self._teller = asyncio.create_task(self._tell_all())

    def beside_frame(self) -> dict[str, Message]:
        """The small views as the newest frame shows them, by their requests."""
        now = self._clock()
        messages: dict[str, Message] = {}
        for key, request in self._requests().items():
            view = view_of(request)
            if not view.beside_frames or now < self._rest_until.get(key, 0.0):
                continue
            try:
                parts = [part for part in view.show(self._session, request) if part is not None]
            except Exception:
                logger.exception("The view %s failed in session %s", key, self._session.id)
                self._rest_until[key] = now + 1.0
                continue
            if parts:
                messages[key] = self._message(request, parts[-1])
            after = self._clock()
            self._rest_until[key] = now + (after - now) / FRAME_SHARE
            now = after
        return messages

    def those_of(self, viewer: Mailbox, messages: dict[str, Message]) -> list[Message]:
        """Those messages that a viewer has asked for."""
        return [message for key, message in messages.items() if key in self._open.get(viewer, {})]

    async def close(self) -> None:
        """Tell nothing more."""
        self._open.clear()
        if self._timer is not None:
            self._timer.cancel()
        if self._teller is not None:
            self._teller.cancel()
            await asyncio.gather(self._teller, return_exceptions=True)

    def _requests(self) -> dict[str, ViewRequest]:
        return {key: request for views in self._open.values() for key, request in views.items()}

    def _forget_closed(self) -> None:
        requests = self._requests()
        for store in (self._told, self._rest_until):
            for key in [key for key in store if key not in requests]:
                del store[key]
        # Lanes and samples of the past take room, and can be had again.
        self._session.keep(
            {need for request in requests.values() if (need := view_of(request).needs) is not None},
            [request for request in requests.values() if isinstance(request, RaceRequest)],
        )

    async def _tell_all(self) -> None:
        try:
            while self._open:
                await self._news.wait()
                self._news.clear()
                for key, request in self._requests().items():
                    try:
                        await self._tell(key, request)
                    except Exception:
                        # A mistake of ours costs this view, until something changes, and nothing else.
                        logger.exception("The view %s failed in session %s", key, self._session.id)
                await self._look_back()
                if self._session.playing:
                    self._wake_in(REST_SECONDS / 10)
        finally:
            self._teller = None

    async def _tell(self, key: str, request: ViewRequest) -> None:
        """Tell one view, if what it shows has changed."""
        view, session = view_of(request), self._session
        if session.playing and view.beside_frames:
            return
        if session.playing and self._clock() < self._rest_until.get(key, 0.0):
            return
        if (work := view.preparation(session, request)) is not None:
            await self._in_thread(work)
        begun = await self._turn(partial(self._begin, key, request))
        if begun is None:
            return
        state, place, parts = begun
        done = False
        while not done and key in self._requests():
            async with self._turns:
                until = self._clock() + SLICE_SECONDS
                part: Shown | None = None
                while part is None and not done and self._clock() < until:
                    try:
                        part = next(parts)
                    except StopIteration:
                        done = True
                for _ in range(TURNS_BETWEEN_SLICES):
                    await asyncio.sleep(0)
            if not session.playing and not self._busy.locked() and view.state(session) != state:
                self._news.set()
                return
            if part is not None:
                message = encode_view(request, part, *place)
                for viewer, views in self._open.items():
                    if key in views:
                        viewer.put_view(key, message)
        self._rest_until[key] = self._clock() + REST_SECONDS

    def _begin(self, key: str, request: ViewRequest) -> tuple[Hashable, tuple[str, CursorMessage], Parts] | None:
        """Take what a view needs of the session; None if it shows already what it would show."""
        view, session = view_of(request), self._session
        state = view.state(session)
        if self._told.get(key) == state:
            return None
        self._told[key] = state
        return state, session.place(), view.show(session, request)

    async def _look_back(self) -> None:
        """Go on with what views need to know of the past or of other runs, and see that they are told of it."""
        needs = {need for request in self._requests().values() if (need := view_of(request).needs) is not None}
        for need in needs:
            before = self._session.state_of_past, self._session.state_of_race
            work = partial(self._session.look_back, need, SLICE_SECONDS)
            slow = need == "past" and self._session.past_is_slow
            done = await (self._in_thread(work) if slow else self._turn(work))
            found = (self._session.state_of_past, self._session.state_of_race) != before
            if not self._session.playing and (found or not done):
                self._news.set()

    async def _turn(self, work: Callable[[], T]) -> T:
        """Do something with the session when it is our turn and no thread works with it."""
        while True:
            if self._busy.locked():
                async with self._busy:
                    pass
            async with self._turns:
                # A thread may have begun while we waited for our turn.
                if self._busy.locked():
                    continue
                result = work()
                for _ in range(TURNS_BETWEEN_SLICES):
                    await asyncio.sleep(0)
                return result

    async def _in_thread(self, work: Callable[[], T]) -> T:
        """Do something with the session that takes its time; what a thread has begun it also ends."""

        async def alone() -> T:
            async with self._busy:
                return await asyncio.to_thread(work)

        task = asyncio.create_task(alone())
        self._works.add(task)
        task.add_done_callback(self._works.discard)
        return await asyncio.shield(task)

    def _wake_in(self, seconds: float) -> None:
        """Look again then, or before."""
        loop = asyncio.get_running_loop()
        if self._timer is not None:
            if self._timer.when() <= loop.time() + seconds:
                return
            self._timer.cancel()
        self._timer = loop.call_later(seconds, self._wake)

    def _wake(self) -> None:
        # Whether it has gone off does not follow from its time: a clock that counts milliseconds may be behind it.
        self._timer = None
        self._news.set()

    def _message(self, request: ViewRequest, shown: Shown) -> Message:
        return encode_view(request, shown, *self._session.place())
