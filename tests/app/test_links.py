from __future__ import annotations

import base64
import string
import zlib

import pytest

from app.links import decode_link, encode_link, parse_document
from app.refusals import RefusedError

DOCUMENT = {"experiment": {"seed": 1, "title": "η → ∞"}, "edits": [], "cursor": {"step": 3, "event": 2}}


def test_a_link_holds_its_document() -> None:
    assert decode_link(encode_link(DOCUMENT), 10_000) == DOCUMENT


def test_a_link_needs_no_escaping_in_an_address() -> None:
    links = [encode_link({**DOCUMENT, "edits": list(range(n))}) for n in range(20)]

    assert set("".join(links)) <= set(string.ascii_letters + string.digits + "-_")


@pytest.mark.parametrize("length", [0, 1, 5, 20, 40])
def test_a_link_that_was_cut_short_is_refused_in_words(length: int) -> None:
    with pytest.raises(RefusedError, match="cut short"):
        decode_link(encode_link(DOCUMENT)[:length], 10_000)


@pytest.mark.parametrize("link", ["###", "ü", "AAAA", "a" * 1001])
def test_what_is_no_link_is_refused(link: str) -> None:
    with pytest.raises(RefusedError):
        decode_link(link, 10_000)


def test_a_small_link_cannot_unpack_into_a_large_document() -> None:
    bomb = base64.urlsafe_b64encode(zlib.compress(b'{"a":"' + b" " * 50_000_000 + b'"}', 9)).decode()

    with pytest.raises(RefusedError, match="more than"):
        decode_link(bomb, 1_000_000)


@pytest.mark.parametrize("text", [b"", b"[1, 2]", b"NaN", b'{"seed": 1e999}', b'{"seed": 1', b"\xff"])
def test_only_a_json_object_is_a_document(text: bytes) -> None:
    with pytest.raises(RefusedError):
        parse_document(text)
