"""One example of every message, kept as files: what the page's reducer is tested with.

The numbers are those of Mazur's example. CHALKGRAD_WRITE_GOLDEN=1 writes the files anew; without it they are compared.
"""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import pytest
from pydantic import TypeAdapter

from app.documents import preset
from app.encode import FRAME_HEADER, VIEW_HEADER, encode_view, layout_of, pack_frame
from app.links import decode_link
from app.main import hello_of
from app.messages import FrameMessage, LayoutMessage, protocol
from app.opening import session_of
from app.refusals import RefusedError
from app.session import Session
from app.settings import Settings
from app.views.registry import view_of
from app.views.requests import RaceRequest, ViewRequest
from engine.events import FloatArray

from .conftest import NAME, Clock
from .speaking import heard, tell

FOLDER = Path(__file__).resolve().parents[1] / "golden"
# Rounding errors and the packing of a link are not the same on every machine.
DIFFERS = ("largest_error", "worst", "link")

ONE_WEIGHT: Final = {"name": "layer0.W", "index": [0, 0]}
ANOTHER_WEIGHT: Final = {"name": "layer1.W", "index": [0, 1]}
FASTER: Final = {"name": "η 2", "change": {"path": "learning_rate", "value": 2.0}}
# Views that travel as float32 behind their JSON: the JSON is one file, all that is sent another.
PACKED_VIEWS: Final[dict[str, dict[str, Any]]] = {
    "plane": {"resolution": 10, "neurons": True},
    "landscape": {"axes": {"kind": "parameters", "first": ONE_WEIGHT, "second": ANOTHER_WEIGHT}},
    "signals": {},
    "race": {"lanes": [{"name": "as it is"}, FASTER]},
}


class Examples(NamedTuple):
    """Every message by the name of its file, and the binary ones as they are sent."""

    told: dict[str, Any]
    packed: dict[str, bytes]


def examples() -> Examples:
    """Every message, and every view."""
    clock = Clock()
    session = session_of(preset("mazur"), Settings(), NAME)
    session.clock = clock
    told: dict[str, Any] = {
        "hello": heard({**hello_of(Settings()), "version": "0"}),
        "snapshot": heard(session.snapshot()),
        "step": [message for _ in range(17) for message in tell(session, "next", grain="event")],
    }
    told["event"] = told["step"][1]
    told["history"] = told["step"][-1]
    told["snapshot-end-of-step"] = tell(session, "back", grain="event")[0]
    told["moved"] = tell(session, "back", grain="phase")[0]
    told["checked"] = heard(session.check())
    told["answer-explain"] = tell(session, "explain", id=11, name="layer0.grad_W", index=[0, 0])[0]
    told["answer-what_if"] = tell(session, "ask", id=12, what="what_if")[0]
    told["answer-gradient_check"] = tell(session, "ask", id=13, what="gradient_check")[0]
    # The first edit after going back drops what came later, which takes a snapshot to tell; the second only changes it.
    told["snapshot-after-edit"] = tell(session, "edit", id=14, path="learning_rate", value=0.25)[0]
    told["edited"] = tell(session, "edit", id=14, path="learning_rate", value=0.75)[0]
    told["answer-document"] = tell(session, "ask", id=15, what="document", view={"grain": "term"})[0]
    told["answer-link"] = tell(session, "ask", id=16, what="link", view={"grain": "term"})[0]
    with pytest.raises(RefusedError) as refused:
        tell(session, "edit", id=17, path="layer0.W", index=[0, 9], value=0.5)
    for view in ("loss", "what_if"):
        told[f"view-{view}"] = heard(json.loads(shown(session, view)))
    told["problem"] = heard(refused.value.to_message(17))
    tell(session, "play", steps_per_second=10)
    for _ in range(8):
        clock.now += 0.1
        session.train(0.0005)
    frame = session.frame(1)
    told["frame"] = heard(frame)
    told["layout"] = heard(layout_of(frame, 1))
    session.stop()
    told["view-optimizer"] = heard(json.loads(shown(session, "optimizer", parameter=ONE_WEIGHT)))
    packed = {f"view-{view}": shown(session, view, **options) for view, options in PACKED_VIEWS.items()}
    told |= {name: heard(unpacked(message)[0]) for name, message in packed.items()}
    tell(session, "seek", cursor={"step": 3, "event": 0})
    told["snapshot-with-ghost"] = tell(session, "edit", id=18, path="optimizer", value={"type": "adam"})[0]
    return Examples(told, packed)


def shown(session: Session, view: str, **options: object) -> bytes:
    """What a view shows first of the present moment when all is known of the past, as it is sent."""
    request = TypeAdapter[ViewRequest](ViewRequest).validate_python({"view": view, **options})
    kind = view_of(request)
    if isinstance(request, RaceRequest):
        session.race(request)
    while kind.needs and not session.look_back(kind.needs, 1.0):
        pass
    part = next(part for part in kind.show(session, request) if part is not None)
    message = encode_view(request, part, *session.place())
    return message if isinstance(message, bytes) else message.encode()


def unpacked(packed: bytes) -> tuple[Any, FloatArray]:
    """The JSON of a binary view, and the vector behind it."""
    _, _, length = VIEW_HEADER.unpack_from(packed)
    end = VIEW_HEADER.size + length
    return json.loads(packed[VIEW_HEADER.size : end]), np.frombuffer(packed, "<f4", offset=-(-end // 8) * 8)


def same(one: object, other: object) -> bool:
    """Whether two messages are the same but for rounding."""
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12)
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(name in DIFFERS or same(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(same(a, b) for a, b in zip(one, other, strict=True))
    return bool(one == other)


def test_every_kind_of_message_has_an_example() -> None:
    told, _ = examples()

    kinds = {message["type"] for message in told.values() if isinstance(message, dict)}

    assert kinds == set(protocol()["messages"]["discriminator"]["mapping"])


def test_every_view_has_an_example() -> None:
    told, _ = examples()

    views = {message["view"] for name, message in told.items() if name.startswith("view-")}

    assert views == set(TypeAdapter[ViewRequest](ViewRequest).json_schema()["discriminator"]["mapping"])


def test_the_examples_are_what_the_server_says_today() -> None:
    told, _ = examples()
    if os.environ.get("CHALKGRAD_WRITE_GOLDEN"):
        FOLDER.mkdir(exist_ok=True)
        for name, message in told.items():
            text = json.dumps(message, ensure_ascii=False, indent=1)
            (FOLDER / f"{name}.json").write_text(text + "\n", encoding="utf-8")

    kept = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in FOLDER.glob("*.json")}

    assert kept.keys() == told.keys()
    assert [name for name in told if not same(told[name], kept[name])] == []


def test_the_binary_frame_among_the_examples_is_the_one_in_json_as_the_server_packs_it_today() -> None:
    told, _ = examples()
    frame: FrameMessage = told["frame"]
    layout: LayoutMessage = told["layout"]
    packed = pack_frame(frame, layout)
    if os.environ.get("CHALKGRAD_WRITE_GOLDEN"):
        (FOLDER / "frame.bin").write_bytes(packed)

    kept = (FOLDER / "frame.bin").read_bytes()

    assert kept[: FRAME_HEADER.size] == packed[: FRAME_HEADER.size]
    vectors = [np.frombuffer(data, "<f4", offset=FRAME_HEADER.size) for data in (kept, packed)]
    np.testing.assert_allclose(vectors[0], vectors[1], rtol=1e-6, atol=1e-12)


def test_the_binary_views_among_the_examples_are_those_in_json_with_their_arrays_behind_them() -> None:
    told, packed = examples()
    if os.environ.get("CHALKGRAD_WRITE_GOLDEN"):
        for name, message in packed.items():
            (FOLDER / f"{name}.bin").write_bytes(message)

    assert packed.keys() == {path.stem for path in FOLDER.glob("view-*.bin")}
    for name, message in packed.items():
        kept = (FOLDER / f"{name}.bin").read_bytes()
        (one, before), (other, now) = unpacked(kept), unpacked(message)
        assert same(one, other), name
        assert same(one, told[name]), name
        np.testing.assert_allclose(before, now, rtol=1e-6, atol=1e-9, err_msg=name)


def test_the_link_among_the_examples_opens_the_document_among_them() -> None:
    link = json.loads((FOLDER / "answer-link.json").read_text(encoding="utf-8"))["link"]
    document = json.loads((FOLDER / "answer-document.json").read_text(encoding="utf-8"))["document"]

    assert decode_link(link, 100_000) == document
