"""What waits to be sent to one viewer: every answer, the newest frame, and the newest of each view.

Answers, events and snapshots are never lost: they wait in line. Frames are not worth waiting for: a newer one takes
the place of the one that has not left yet, and so it is with what a view shows. A viewer says which frame it has
*drawn*, and only a few may be under way, since a browser that cannot draw in time still reads, and would otherwise show
what was true long ago.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

# Text or bytes: nobody looks into a message here.
Message = str | bytes
Send = Callable[[Any], Awaitable[None]]


class MailboxFullError(Exception):
    """A viewer does not take its messages; it had better come back and draw from nothing."""


class Mailbox:
    """The messages for one viewer.

    Args:
        limit: messages that may wait in line.
        window: frames that may be under way without having been drawn.
        timeout: seconds that sending one message may take.
    """

    def __init__(self, limit: int, window: int, timeout: float) -> None:
        self._limit = limit
        self._window = window
        self._timeout = timeout
        self._messages: deque[Message] = deque()
        self._frame: tuple[int, Message, Sequence[Message]] | None = None
        self._views: dict[str, Message] = {}
        self._layouts: set[str] = set()
        self._under_way: deque[int] = deque()
        self._news = asyncio.Event()
        self._full = False

    @property
    def takes_frames(self) -> bool:
        """Whether a frame would leave at once."""
        return len(self._under_way) < self._window

    def put(self, message: Message) -> None:
        """Put a message in line. One too many ends the viewer's connection instead of raising here."""
        if len(self._messages) >= self._limit:
            self._full = True
        else:
            self._messages.append(message)
        self._news.set()

    def put_view(self, key: str, view: Message) -> None:
        """Offer what a view shows in place of what it showed before, if that has not left yet."""
        self._views[key] = view
        self._news.set()

    def put_frame(self, seq: int, frame: Message, layout: str | None = None, views: Sequence[Message] = ()) -> None:
        """Offer a frame in place of one that has not left yet.

        Args:
            seq: its number.
            frame: the frame.
            layout: the message without which it cannot be read; it stands in line only if it has not before.
            views: of the same moment; they leave with it, or not at all.
        """
        if layout is not None and layout not in self._layouts:
            self._layouts.add(layout)
            self.put(layout)
        self._frame = (seq, frame, views)
        self._news.set()

    def forget_frames(self) -> None:
        """Forget the frame that has not left and those under way: a snapshot, which is newer, is put in line next.

        A browser does not draw the frames of a run that has been left, and so would never say that it has. It begins
        anew with the snapshot, layouts included.
        """
        self._frame = None
        self._layouts.clear()
        self._under_way.clear()

    def drawn(self, seq: int) -> None:
        """The viewer has drawn this frame; earlier ones it has skipped or drawn before."""
        while self._under_way and self._under_way[0] <= seq:
            self._under_way.popleft()
        self._news.set()

    async def deliver(self, send: Send) -> None:
        """Send what comes, until cancelled.

        Raises:
            MailboxFullError: more waits than may wait.
            TimeoutError: a message did not leave in time.
        """
        while True:
            await self._news.wait()
            self._news.clear()
            while self._messages or self._full:
                if self._full:
                    raise MailboxFullError
                await self._send(send, self._messages.popleft())
            if self._frame is not None and self.takes_frames:
                (seq, frame, views), self._frame = self._frame, None
                self._under_way.append(seq)
                for message in (frame, *views):
                    await self._send(send, message)
            while self._views and not self._messages:
                await self._send(send, self._views.pop(next(iter(self._views))))

    async def _send(self, send: Send, message: Message) -> None:
        async with asyncio.timeout(self._timeout):
            await send(message)
