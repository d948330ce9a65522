"""A session and everybody who looks at it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from typing import Final

from app.encode import encode, is_large, layout_of, pack_frame
from app.mailbox import Mailbox, Message
from app.messages import Command, FrameMessage, LayoutMessage, SavedDocument, ServerMessage
from app.player import play
from app.refusals import BROKEN, RefusedError
from app.session import Reply, Session
from app.settings import Settings
from app.views.requests import ViewRequest
from app.watching import Watching

logger: Final = logging.getLogger(__name__)

# How long nobody must have done anything before the gradients are checked.
QUIET_SECONDS: Final = 0.08
# What part of the time while training may go into telling the loss curve.
HISTORY_SHARE: Final = 0.01


class Room:
    """A session and the mailboxes of its viewers.

    All viewers see the same moment: what one of them does is shown to all, and only answers and problems go to the one
    who asked. A message is written once, however many there are.

    Args:
        session: what they look at.
        settings: the limits.
        turns: shared by all rooms, see `app.player`.
        clock: seconds of a steady clock.
    """

    def __init__(
        self,
        session: Session,
        settings: Settings,
        turns: asyncio.Lock,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.session = session
        self.viewers: set[Mailbox] = set()
        self.used_at = clock()
        self._settings = settings
        self._turns = turns
        self._clock = clock
        self._busy = asyncio.Lock()
        self._pace_changed = asyncio.Event()
        self._player: asyncio.Task[None] | None = None
        self._checker: asyncio.Task[None] | None = None
        self._watching = Watching(session, self._busy, turns, clock)
        # asyncio keeps no hold on a task that nobody awaits.
        self._works: set[asyncio.Task[None]] = set()
        self._seq = 0
        self._layouts = Layouts()
        self._frame_due = 0.0
        self._history_due = 0.0

    async def join(self, viewer: Mailbox) -> None:
        """Show the present moment to a viewer, and from now on every other."""
        async with self._busy:
            self.used_at = self._clock()
            self.viewers.add(viewer)
            viewer.forget_frames()
            viewer.put(_text(self.session.snapshot()))
        self._check_soon()

    def leave(self, viewer: Mailbox) -> None:
        """Show nothing more to a viewer."""
        self.used_at = self._clock()
        self._watching.leave(viewer)
        self.viewers.discard(viewer)

    def watch(self, viewer: Mailbox, requests: Iterable[ViewRequest]) -> None:
        """Tell a viewer what these views show, whenever it changes, and no others."""
        self._watching.watch(viewer, requests)

    async def handle(self, viewer: Mailbox, command: Command) -> None:
        """Carry out a command, and tell those concerned.

        Raises:
            RefusedError: it cannot be carried out; nothing has changed.
        """
        if self.session.is_long(command):
            # What a thread has begun it also ends, even if the viewer leaves: until then nobody else may touch the run.
            work = asyncio.create_task(self._handle_in_thread(viewer, command))
            self._works.add(work)
            work.add_done_callback(self._works.discard)
            await asyncio.shield(work)
        else:
            async with self._busy:
                self._tell(self.session.handle(command), viewer)

    async def _handle_in_thread(self, viewer: Mailbox, command: Command) -> None:
        async with self._busy:
            self._tell(await asyncio.to_thread(self.session.handle, command), viewer)

    def _tell(self, replies: Iterable[Reply], asker: Mailbox) -> None:
        self.used_at = self._clock()
        for reply in replies:
            self._send(reply, asker)
        self._pace_changed.set()
        if self.session.playing and self._player is None:
            self._player = asyncio.create_task(self._play())
        self._watching.changed()
        self._check_soon()

    async def document(self) -> SavedDocument:
        """The run up to the present moment."""
        async with self._busy:
            return self.session.document()

    async def close(self) -> None:
        """End what goes on here by itself."""
        await self._watching.close()
        tasks = [task for task in (self._player, self._checker) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _send(self, reply: Reply, asker: Mailbox) -> None:
        if reply.to == "asker":
            viewers = {asker}
        else:
            viewers = self.viewers if reply.to == "all" else self.viewers - {asker}
        self._broadcast(reply.message, viewers)

    def _broadcast(self, message: ServerMessage, viewers: set[Mailbox]) -> None:
        if not viewers:
            return
        text = _text(message)
        for viewer in viewers:
            if message["type"] == "snapshot":
                viewer.forget_frames()
            viewer.put(text)

    async def _play(self) -> None:
        try:
            await play(
                self.session,
                turns=self._turns,
                busy=self._busy,
                slice_seconds=self._settings.slice_seconds,
                after_slice=self._show,
                changed=self._pace_changed,
            )
        except Exception:
            # A mistake of ours stops this training, and nothing else.
            logger.exception("Training failed in session %s", self.session.id)
            self.session.playing = False
            self._broadcast(RefusedError(BROKEN).to_message(None), self.viewers)
            self._broadcast(self.session.snapshot(), self.viewers)
        finally:
            self._player = None

    def _show(self) -> None:
        """Show the newest state, if it is time to."""
        now = self._clock()
        if not self.session.playing:
            # Training came to an end by itself.
            self._broadcast(self.session.snapshot(), self.viewers)
            self._watching.changed()
            self._check_soon()
            return
        if not self.viewers:
            if now - self.used_at > self._settings.lonely_seconds:
                self.session.stop()
            return
        if now >= self._frame_due and self.session.has_news and any(viewer.takes_frames for viewer in self.viewers):
            self._seq += 1
            frame, layout = self._layouts.write(self.session.frame(self._seq))
            views = self._watching.beside_frame()
            for viewer in self.viewers:
                viewer.put_frame(self._seq, frame, layout, self._watching.those_of(viewer, views))
            period = 1 / self._settings.frames_per_second
            size = len(frame) + sum(len(view) for view in views.values())
            pause = size / self._settings.frame_bytes_per_second
            # Counted from when it was due, or the time that slices take would make frames rarer.
            self._frame_due = max(self._frame_due + period, now, now + pause if pause > period else 0.0)
        if now >= self._history_due:
            self._broadcast(self.session.history_message(), self.viewers)
            # A long record takes its time, during which nobody is answered: that must stay rare.
            spent = self._clock() - now
            self._history_due = now + max(1 / self._settings.histories_per_second, spent / HISTORY_SHARE)

    def _check_soon(self) -> None:
        if self._checker is None and self.viewers and self.session.wants_check:
            self._checker = asyncio.create_task(self._check())

    async def _check(self) -> None:
        """Check the gradients when what led here has been sent."""
        try:
            while self.viewers and self.session.wants_check:
                quiet = self._clock() - self.used_at
                if quiet < QUIET_SECONDS:
                    # Whoever walks on quickly does not want to wait for the check of a step that is left behind.
                    await asyncio.sleep(QUIET_SECONDS - quiet)
                    continue
                async with self._busy:
                    if self.session.wants_check:
                        self._broadcast(await asyncio.to_thread(self.session.check), self.viewers)
        except Exception:
            logger.exception("The gradient check failed in session %s", self.session.id)
        finally:
            self._checker = None


class Layouts:
    """How the frames of a room are written, and the layouts that have been given a number for it."""

    def __init__(self) -> None:
        self._run = ""
        self._count = 0
        self._known: dict[str, tuple[LayoutMessage, str]] = {}

    def write(self, frame: FrameMessage) -> tuple[Message, str | None]:
        """A frame as it is sent, and the message that has to come before it, if it cannot be read without."""
        if not is_large(frame):
            return _text(frame), None
        layout, told = self._layout_of(frame)
        try:
            return pack_frame(frame, layout), told
        except OverflowError:
            return _text(frame), None

    def _layout_of(self, frame: FrameMessage) -> tuple[LayoutMessage, str]:
        if frame["run"] != self._run:
            # Frames of a run that has been left are not written any more.
            self._run = frame["run"]
            self._known.clear()
        # The last batch of an epoch may be smaller, and its first step may have a validation: there are a few layouts.
        layout = layout_of(frame, 0)
        shapes = _text(layout)
        if shapes not in self._known:
            self._count += 1
            layout["number"] = self._count
            self._known[shapes] = (layout, _text(layout))
        return self._known[shapes]


def _text(message: ServerMessage) -> str:
    return encode(message).decode()
