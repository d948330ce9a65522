"""Commands and messages as they cross the wire, without a wire."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from app.encode import encode
from app.messages import COMMANDS, MESSAGES
from app.session import Session

Heard = dict[str, Any]


def heard(message: Mapping[str, Any]) -> Heard:
    """A message as the page reads it; it must be one that is declared."""
    text = encode(message)
    MESSAGES.validate_json(text)
    decoded: Heard = json.loads(text)
    return decoded


def tell(session: Session, command: str, /, **fields: object) -> list[Heard]:
    """What the one who gives a command hears."""
    replies = session.handle(COMMANDS.validate_python({"type": command, **fields}))
    return [heard(reply.message) for reply in replies if reply.to != "others"]


def others_hear(session: Session, command: str, /, **fields: object) -> list[Heard]:
    """What the other viewers hear of a command."""
    replies = session.handle(COMMANDS.validate_python({"type": command, **fields}))
    return [heard(reply.message) for reply in replies if reply.to != "asker"]


def kinds(messages: list[Heard]) -> list[str]:
    """The types of messages; of an event its kind."""
    return [message["kind"] if message["type"] == "event" else message["type"] for message in messages]
