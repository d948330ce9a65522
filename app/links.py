"""A document as the text behind the `#` of an address: it reopens this very moment."""

from __future__ import annotations

import base64
import binascii
import zlib
from typing import Any

import orjson

from app.refusals import RefusedError


def encode_link(document: object) -> str:
    """A document as text that may stand in an address."""
    return base64.urlsafe_b64encode(zlib.compress(orjson.dumps(document), 9)).decode("ascii").rstrip("=")


def decode_link(link: str, max_bytes: int) -> dict[str, Any]:
    """The document that a link holds.

    Args:
        link: what `encode_link` made.
        max_bytes: the largest document that is unpacked; a few bytes can be a bomb.

    Raises:
        RefusedError: the link is damaged, or holds too much.
    """
    try:
        packed = base64.urlsafe_b64decode(link + "=" * (-len(link) % 4))
        unpacker = zlib.decompressobj()
        text = unpacker.decompress(packed, max_bytes + 1)
    except (ValueError, binascii.Error, zlib.error) as error:
        raise RefusedError("This link is damaged: it was probably cut short when it was copied.") from error
    if len(text) > max_bytes:
        raise RefusedError(f"This link holds more than {max_bytes:,} bytes, which is more than is opened here.")
    if not unpacker.eof:
        raise RefusedError("This link is damaged: it was probably cut short when it was copied.")
    return parse_document(text)


def parse_document(text: bytes) -> dict[str, Any]:
    """A document from its JSON.

    Raises:
        RefusedError: it is not JSON, or not an object.
    """
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise RefusedError(f"This is not JSON: {error}.") from error
    if not isinstance(document, dict):
        raise RefusedError("A document is a JSON object with named fields.")
    return document
