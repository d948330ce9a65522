"""New sessions: what a viewer opens when the session it wants is not here."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping
from typing import Any

from app.documents import DEFAULT_PRESET, preset, timeline_of
from app.links import decode_link
from app.messages import Open
from app.refusals import RefusedError
from app.session import Session
from app.settings import Settings


async def open_session(command: Open, settings: Settings) -> Session:
    """Begin the session that a command asks for, under the name that it has for its viewers.

    Raises:
        RefusedError: it asks for nothing that can be had.
    """
    if command.document is not None:
        document: Mapping[str, Any] = command.document
    elif command.link is not None:
        document = decode_link(command.link, settings.max_document_bytes)
    elif command.preset is not None:
        document = preset(command.preset)
    elif command.session is not None:
        raise RefusedError("This session is not here any more, and nothing was said of what it held.")
    else:
        document = preset(DEFAULT_PRESET)
    # A moment far into a run is come to by running there.
    return await asyncio.to_thread(session_of, document, settings, command.session)


def session_of(document: Mapping[str, Any], settings: Settings, name: str | None = None) -> Session:
    """A session at the moment of a document.

    Args:
        document: of a run, or a bare experiment.
        settings: the limits.
        name: a new one if left out.

    Raises:
        RefusedError: the document is wrong.
    """
    timeline, view = timeline_of(document, settings)
    return Session(name or new_name(), timeline, settings, view)


def new_name() -> str:
    """A name for a session that nobody can guess."""
    return secrets.token_urlsafe(16)
