"""One viewer's socket: commands in, messages out. What they mean is decided elsewhere."""

from __future__ import annotations

import asyncio
import logging
import time
from functools import partial
from typing import Final

import orjson
from fastapi import APIRouter, WebSocket
from pydantic import ValidationError
from starlette.websockets import WebSocketDisconnect

from app.bucket import TokenBucket
from app.encode import encode
from app.mailbox import Mailbox, MailboxFullError, Message
from app.messages import COMMANDS, Command, Drawn, Load, Open, Watch
from app.opening import open_session
from app.refusals import BROKEN, RefusedError, problems_of
from app.room import Room
from app.security import is_same_origin
from app.sessions import Sessions
from app.settings import Settings

logger: Final = logging.getLogger(__name__)

# https://www.iana.org/assignments/websocket/websocket.xhtml#close-code-number
POLICY_VIOLATION: Final = 1008
TOO_BIG: Final = 1009
TRY_AGAIN_LATER: Final = 1013

# A long command takes as many tokens as several short ones.
BYTES_PER_TOKEN: Final = 4096


class Closed(Exception):  # noqa: N818  # not an error: how a conversation ends
    """The server hangs up.

    Attributes:
        code: of the WebSocket protocol.
        reason: a few words.
    """

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Viewer:
    """One page: what it may send, what waits for it, and the room it looks into.

    Args:
        sessions: where rooms are.
        settings: the limits.
    """

    def __init__(self, sessions: Sessions, settings: Settings) -> None:
        self.mailbox = Mailbox(settings.max_control_messages, settings.frame_window, settings.send_timeout_seconds)
        self._sessions = sessions
        self._settings = settings
        self._room: Room | None = None
        self._bucket = TokenBucket(settings.commands_per_second, settings.command_burst, time.monotonic())
        self._ignored = 0

    async def receive(self, text: str) -> None:
        """Deal with what the page sent.

        Raises:
            Closed: it sends far too much.
        """
        if not self._may_send(len(text)):
            return
        try:
            command = self._parse(text)
            if isinstance(command, Drawn):
                self.mailbox.drawn(command.seq)
            elif isinstance(command, Open):
                await self._open(command)
            elif self._room is None:
                raise RefusedError("Open a session first: send a command of type open.")
            elif isinstance(command, Watch):
                self._room.watch(self.mailbox, command.views)
            else:
                await self._room.handle(self.mailbox, command)
        except RefusedError as refusal:
            self._refuse(refusal, _id_in(text))
        except Exception:
            # A mistake of ours: whoever made us stumble is told, and everybody's work goes on.
            logger.exception("A command failed: %.200s", text)
            self._refuse(RefusedError(BROKEN), _id_in(text))

    def leave(self) -> None:
        """The page is gone."""
        if self._room is not None:
            self._room.leave(self.mailbox)
            self._room = None

    def _may_send(self, size: int) -> bool:
        now = time.monotonic()
        if all(self._bucket.take(now) for _ in range(1 + size // BYTES_PER_TOKEN)):
            self._ignored = 0
            return True
        self._ignored += 1
        if self._ignored > 10 * self._settings.command_burst:
            raise Closed(POLICY_VIOLATION, "far too many commands")
        # Said once, or the answers would be too many as well.
        if self._ignored == 1:
            rate = f"{self._settings.commands_per_second:g} commands a second"
            self._refuse(RefusedError(f"That is too much at once: more than {rate}. What comes too soon is not done."))
        return False

    def _refuse(self, refusal: RefusedError, command: int | None = None) -> None:
        self.mailbox.put(encode(refusal.to_message(command)).decode())

    def _parse(self, text: str) -> Command:
        try:
            command = COMMANDS.validate_python(orjson.loads(text))
        except orjson.JSONDecodeError as error:
            raise RefusedError(f"This is not JSON: {error}.") from error
        except ValidationError as error:
            raise RefusedError("This command was not understood.", problems_of(error)) from error
        if len(text) > self._settings.max_message_bytes and not isinstance(command, Open | Load):
            raise RefusedError(f"This command is too long: at most {self._settings.max_message_bytes:,} characters.")
        return command

    async def _open(self, command: Open) -> None:
        room = self._sessions.find(command.session) if command.session is not None else None
        if room is None:
            self._sessions.make_room()
            session = await open_session(command, self._settings)
            # Another viewer of the same session may have been quicker.
            room = self._sessions.find(session.id) or self._sessions.add(session)
        if self.mailbox not in room.viewers and len(room.viewers) >= self._settings.max_viewers_per_session:
            raise RefusedError(f"{self._settings.max_viewers_per_session} viewers look at this session already.")
        if self._room is not room:
            self.leave()
        self._room = room
        await room.join(self.mailbox)


def create_socket(sessions: Sessions, settings: Settings, hello: str) -> APIRouter:
    """The route of the socket.

    Args:
        sessions: where rooms are.
        settings: the limits.
        hello: the first message to everybody, as JSON.
    """
    router = APIRouter()

    @router.websocket("/ws")
    async def serve(websocket: WebSocket) -> None:
        """Serve one viewer until the page is closed."""
        if not is_same_origin(websocket.headers):
            await websocket.close(POLICY_VIOLATION, "opened by a page of another site")
            return
        await websocket.accept()
        viewer = Viewer(sessions, settings)
        viewer.mailbox.put(hello)
        tasks = {
            asyncio.create_task(_listen(websocket, viewer, settings.max_document_bytes)),
            asyncio.create_task(viewer.mailbox.deliver(partial(_send, websocket))),
        }
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            viewer.leave()
            for task in tasks:
                task.cancel()
            # Not gather: if this task is cancelled meanwhile, it would say that it was cancelled by its children.
            await asyncio.wait(tasks)
        reasons = [task.exception() for task in done]
        await _hang_up(websocket, reasons[0])

    return router


async def _send(websocket: WebSocket, message: Message) -> None:
    if isinstance(message, bytes):
        await websocket.send_bytes(message)
    else:
        await websocket.send_text(message)


async def _listen(websocket: WebSocket, viewer: Viewer, max_bytes: int) -> None:
    while True:
        message = await websocket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1005))
        text = message.get("text")
        if text is None:
            raise Closed(POLICY_VIOLATION, "commands are JSON text")
        if len(text) > max_bytes:
            raise Closed(TOO_BIG, f"a command has at most {max_bytes} bytes")
        await viewer.receive(text)
        # Commands that have arrived already are handed over without a pause: others want to be served as well.
        await asyncio.sleep(0)


async def _hang_up(websocket: WebSocket, reason: BaseException | None) -> None:
    if reason is None or isinstance(reason, WebSocketDisconnect):
        return
    if isinstance(reason, Closed):
        code, words = reason.code, reason.reason
    elif isinstance(reason, MailboxFullError | TimeoutError):
        # It may come back and draw from nothing.
        code, words = TRY_AGAIN_LATER, "messages were not taken in time"
    else:
        logger.error("A viewer was lost", exc_info=reason)
        code, words = 1011, "a mistake of the server"
    try:
        async with asyncio.timeout(1):
            await websocket.close(code, words)
    except (RuntimeError, TimeoutError, WebSocketDisconnect):
        pass  # it has gone in the meantime


def _id_in(text: str) -> int | None:
    """The id of a command that could not be read as one, so that the page knows which it was."""
    try:
        command = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    identity = command.get("id") if isinstance(command, dict) else None
    return identity if isinstance(identity, int) and not isinstance(identity, bool) else None
