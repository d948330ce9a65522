from __future__ import annotations

import asyncio
import html
import json
import math
import re
import struct
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient, WebSocketTestSession

from app.encode import FRAME_HEADER, MOST_PARAMETERS_AS_TEXT, is_large, layout_of, pack_frame
from app.mailbox import Mailbox
from app.messages import MESSAGES, FrameMessage
from app.opening import session_of
from app.room import Layouts, Room
from app.session import Session
from app.settings import Settings
from app.wire import ArrayPlace

from .conftest import NAME, Clock
from .speaking import Heard, heard, tell

# A header as the protocol describes it, read without a word from the code that writes it.
HEADER = "<HHIIIIIIfd"
HEADER_BYTES = 40


def frame_of(**changes: Any) -> FrameMessage:
    frame: FrameMessage = {
        "type": "frame",
        "seq": 7,
        "run": "1.0",
        "cursor": {"step": 12, "event": 9},
        "epoch": 3,
        "last_step": 14,
        "steps_per_second": 1234.5,
        "learning_rate": 0.1,
        "values": {
            "loss": np.array(0.25),
            "x": np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]),
            "batch": np.array([3, 1]),
        },
        "parameters": {"layer0.W": np.array([[0.5, -0.5, 2.0]]), "layer0.b": np.array([1.5])},
    }
    return {**frame, **changes}  # type: ignore[typeddict-item]  # a test knows what it changes


def vector_of(packed: bytes) -> Any:
    return np.frombuffer(packed, "<f4", offset=HEADER_BYTES)


def arrays_of(packed: bytes, places: list[ArrayPlace]) -> dict[str, Any]:
    """The arrays that lie in a frame, as another program would take them out."""
    vector = vector_of(packed)
    return {
        place["name"]: vector[place["offset"] :][: math.prod(place["shape"])].reshape(place["shape"])
        for place in places
    }


def large(units: int = 200) -> dict[str, Any]:
    """A network of 4 · units + 1 parameters; its third batch of an epoch is smaller, and the first has a validation."""
    return {
        "version": 1,
        "seed": 4,
        "data": {"name": "circles", "samples": 20, "validation": 0.4},
        "network": {
            "layers": [
                {"type": "dense", "units": units, "activation": "tanh"},
                {"type": "dense", "units": 1, "activation": "sigmoid"},
            ],
        },
        "loss": "binary_cross_entropy",
        "optimizer": {"type": "sgd", "learning_rate": 0.1},
        "batch_size": 5,
    }


def large_session(units: int = 200) -> Session:
    return session_of(large(units), Settings(), NAME)


class Page:
    """A page that reads both kinds of messages, in the order in which they come."""

    def __init__(self, socket: WebSocketTestSession) -> None:
        self.socket = socket
        self.layouts: dict[int, Heard] = {}
        assert self.hear()["type"] == "hello"

    def say(self, command: str, /, **fields: object) -> None:
        self.socket.send_json({"type": command, **fields})

    def hear(self) -> Heard:
        """The next message; of a binary one what its header says."""
        message = self.socket.receive()
        if message.get("bytes") is None:
            text: Heard = json.loads(message["text"])
            assert text["type"] != "problem", text
            MESSAGES.validate_json(message["text"])
            if text["type"] == "layout":
                assert text["number"] not in self.layouts
                self.layouts[text["number"]] = text
            elif text["type"] == "snapshot":
                self.layouts.clear()
            return text
        packed: bytes = message["bytes"]
        seq, number, step, event = struct.unpack_from("<IIII", packed, 4)
        layout = self.layouts[number]
        last = layout["parameters"][-1]
        assert len(vector_of(packed)) == last["offset"] + math.prod(last["shape"])
        return {
            "type": "binary",
            "seq": seq,
            "layout": layout,
            "cursor": {"step": step, "event": event},
            "packed": packed,
        }

    def hear_until(self, kind: str) -> Heard:
        while (message := self.hear())["type"] != kind:
            pass
        return message

    def open(self, **fields: object) -> Heard:
        self.say("open", **fields)
        return self.hear_until("snapshot")


@pytest.fixture
def page(client: TestClient) -> Iterator[Page]:
    with client.websocket_connect("/ws") as socket:
        yield Page(socket)


class TestPacking:
    def test_the_header_says_where_in_time_the_frame_is(self) -> None:
        frame = frame_of()

        header = struct.unpack_from(HEADER, pack_frame(frame, layout_of(frame, 5)))

        assert header == (1, 1, 7, 5, 12, 9, 3, 14, 1234.5, 0.1)

    def test_every_array_lies_where_the_layout_says(self) -> None:
        frame = frame_of()
        layout = layout_of(frame, 5)

        packed = pack_frame(frame, layout)

        assert vector_of(packed).tolist() == [0.25, 1, 2, 3, 4, 5, 6, 3, 1, 0.5, -0.5, 2.0, 1.5]
        assert [(place["name"], place["shape"], place["offset"]) for place in layout["values"]] == [
            ("loss", [], 0),
            ("x", [2, 3], 1),
            ("batch", [2], 7),
        ]
        assert [place["offset"] for place in layout["parameters"]] == [9, 12]

    def test_the_vector_begins_at_a_multiple_of_8_bytes(self) -> None:
        assert FRAME_HEADER.size == HEADER_BYTES == struct.calcsize(HEADER)
        assert FRAME_HEADER.size % 8 == 0

    def test_an_array_that_does_not_lie_in_one_piece_is_packed_row_by_row(self) -> None:
        frame = frame_of(values={"x": np.arange(6.0).reshape(2, 3).T})

        packed = pack_frame(frame, layout_of(frame, 1))

        assert vector_of(packed)[:6].tolist() == [0, 3, 1, 4, 2, 5]

    def test_nan_and_infinities_survive(self) -> None:
        frame = frame_of(values={"z": np.array([np.nan, np.inf, -np.inf, -0.0])})

        z = vector_of(pack_frame(frame, layout_of(frame, 1)))[:4]

        assert np.isnan(z[0])
        assert z[1:3].tolist() == [np.inf, -np.inf]
        assert np.signbit(z[3])

    def test_a_finite_number_is_never_packed_as_an_infinite_one(self) -> None:
        frame = frame_of(values={"z": np.array([1e39])})

        with pytest.raises(OverflowError):
            pack_frame(frame, layout_of(frame, 1))

    def test_a_number_too_small_for_float32_becomes_zero(self) -> None:
        frame = frame_of(values={"z": np.array([1e-60])})

        assert vector_of(pack_frame(frame, layout_of(frame, 1)))[0] == 0

    @pytest.mark.parametrize(
        ("units", "binary"), [(124, False), (125, True), (200, True)], ids=["497", "501", "801 parameters"]
    )
    def test_only_networks_of_more_than_500_parameters_have_binary_frames(self, units: int, binary: bool) -> None:
        frame = large_session(units).frame(1)

        assert is_large(frame) is binary

    def test_exactly_500_parameters_still_travel_as_text(self) -> None:
        parameters = {"layer0.W": np.zeros((10, 49)), "layer0.b": np.zeros(10)}

        assert MOST_PARAMETERS_AS_TEXT == 500
        assert not is_large(frame_of(parameters=parameters))
        assert is_large(frame_of(parameters={**parameters, "layer1.b": np.zeros(1)}))

    def test_a_packed_frame_holds_what_the_one_in_json_holds(self, clock: Clock) -> None:
        session = large_session()
        session.clock = clock
        tell(session, "play", steps_per_second=10)
        clock.now += 0.1
        session.train(0.0005)
        frame = session.frame(1)
        layout = layout_of(frame, 1)
        MESSAGES.validate_python(layout)

        packed = pack_frame(frame, layout)

        text = heard(frame)
        for part, places in (("values", layout["values"]), ("parameters", layout["parameters"])):
            taken = arrays_of(packed, places)
            assert list(taken) == list(text[part])
            for name, array in taken.items():
                np.testing.assert_array_equal(array, np.array(text[part][name]).astype(np.float32), err_msg=name)


class TestLayouts:
    def test_frames_of_the_same_shapes_share_a_layout_that_is_written_once(self) -> None:
        layouts, session = Layouts(), large_session()

        (_, first), (_, second) = (layouts.write(session.frame(seq)) for seq in (1, 2))

        assert first is second is not None

    def test_another_size_of_batch_has_another_layout_and_the_first_is_found_again(self) -> None:
        def frame(rows: int) -> FrameMessage:
            return frame_of(values={"x": np.zeros((rows, 600))}, parameters={"layer0.W": np.zeros((1, 600))})

        layouts = Layouts()

        told = [layouts.write(frame(rows))[1] for rows in (5, 2, 5, 2)]

        assert [json.loads(text or "")["number"] for text in told] == [1, 2, 1, 2]

    def test_another_run_has_layouts_of_its_own(self) -> None:
        layouts = Layouts()
        parameters = {"layer0.W": np.zeros((1, 600))}

        told = [layouts.write(frame_of(run=run, parameters=parameters))[1] or "" for run in ("1.0", "1.1", "1.1")]

        assert [(json.loads(text)["number"], json.loads(text)["run"]) for text in told] == [
            (1, "1.0"),
            (2, "1.1"),
            (2, "1.1"),
        ]

    def test_what_float32_cannot_hold_travels_as_json(self) -> None:
        frame = frame_of(parameters={"layer0.W": np.full((1, 600), 1e39)})

        written, layout = Layouts().write(frame)

        assert isinstance(written, str)
        assert json.loads(written)["parameters"]["layer0.W"][0][0] == 1e39
        assert layout is None


class TestMailbox:
    def deliver(self, fill: Any) -> list[object]:
        """What leaves a mailbox that is filled in steps, each of them delivered before the next."""
        sent: list[object] = []

        async def send(message: object) -> None:
            sent.append(message)

        async def run() -> None:
            box = Mailbox(10, 2, 5.0)
            task = asyncio.create_task(box.deliver(send))
            for step in fill:
                step(box)
                for _ in range(5):
                    await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

        asyncio.run(run())
        return sent

    def test_a_layout_leaves_once_and_before_the_first_frame_that_needs_it(self) -> None:
        sent = self.deliver(
            [
                lambda box: box.put_frame(1, b"1", "layout A"),
                lambda box: box.put_frame(2, b"2", "layout A"),
                lambda box: box.drawn(2),
                lambda box: box.put_frame(3, b"3", "layout B"),
                lambda box: box.put_frame(4, b"4", "layout A"),
            ]
        )

        assert sent == ["layout A", b"1", b"2", "layout B", b"3", b"4"]

    def test_a_layout_is_not_lost_with_the_frame_that_needed_it(self) -> None:
        def skip(box: Mailbox) -> None:
            box.put_frame(1, b"1", "layout A")
            box.put_frame(2, b"2", "layout B")
            box.put_frame(3, b"3", "layout A")

        assert self.deliver([skip]) == ["layout A", "layout B", b"3"]

    def test_a_viewer_that_begins_anew_is_told_the_layout_again(self) -> None:
        def begin_anew(box: Mailbox) -> None:
            box.forget_frames()
            box.put("snapshot")

        sent = self.deliver(
            [
                lambda box: box.put_frame(1, b"1", "layout A"),
                begin_anew,
                lambda box: box.put_frame(2, b"2", "layout A"),
            ]
        )

        assert sent == ["layout A", b"1", "snapshot", "layout A", b"2"]


class TestSocket:
    def test_a_small_network_is_told_in_text_alone(self, page: Page) -> None:
        page.open(preset="xor")

        page.say("play", steps_per_second=None)

        assert page.hear_until("frame")["values"]["x"]

    def test_a_large_network_is_told_in_binary_with_its_layout_before_it(self, page: Page) -> None:
        run = page.open(document=large())["run"]
        page.say("play", steps_per_second=None)

        seqs, steps = [], []
        for _ in range(10):
            frame = page.hear_until("binary")
            page.say("drawn", seq=frame["seq"])
            seqs.append(frame["seq"])
            steps.append(frame["cursor"]["step"])

        assert seqs == sorted(set(seqs))
        assert steps == sorted(set(steps))
        assert frame["layout"]["run"] == run

    def test_frames_of_batches_and_validations_of_every_size_can_be_read(self, page: Page) -> None:
        page.open(document=large())
        page.say("play", steps_per_second=50)
        layouts: set[tuple[str, ...]] = set()

        while len(layouts) < 2:
            frame = page.hear_until("binary")
            page.say("drawn", seq=frame["seq"])
            layouts.add(tuple(place["name"] for place in frame["layout"]["values"]))
            arrays = arrays_of(frame["packed"], frame["layout"]["values"])
            assert arrays["x"].shape == (len(arrays["batch"]), 2)

        assert len(page.layouts) >= 2

    def test_a_viewer_who_comes_late_is_told_the_layout_too(self, client: TestClient, page: Page) -> None:
        session = page.open(document=large())["session"]
        page.say("play", steps_per_second=None)
        page.say("drawn", seq=page.hear_until("binary")["seq"])

        with client.websocket_connect("/ws") as socket:
            late = Page(socket)
            late.open(session=session)
            frame = late.hear_until("binary")

        assert frame["layout"]["number"] in late.layouts
        assert frame["cursor"]["step"] > 0

    def test_the_moment_at_the_pause_is_told_in_float64(self, page: Page) -> None:
        page.open(document=large())
        page.say("play", steps_per_second=None)
        page.hear_until("binary")

        page.say("pause")
        weights = np.array(page.hear_until("snapshot")["parameters"]["layer0.W"])

        assert (weights != weights.astype(np.float32)).any()

    def test_a_frame_is_packed_once_for_all_viewers(self, monkeypatch: pytest.MonkeyPatch) -> None:
        packed: list[int] = []

        def pack(frame: FrameMessage, layout: Any) -> bytes:
            packed.append(frame["seq"])
            return b"frame"

        monkeypatch.setattr("app.room.pack_frame", pack)

        async def run() -> list[object]:
            clock = Clock()
            room = Room(large_session(), Settings(), asyncio.Lock(), clock)
            viewers = [Mailbox(100, 2, 5.0) for _ in range(3)]
            sent: list[object] = []

            async def send(message: object) -> None:
                sent.append(message)

            for viewer in viewers:
                await room.join(viewer)
            room.session.playing = True
            room.session.train(0.0005)
            room._show()
            deliveries = [asyncio.create_task(viewer.deliver(send)) for viewer in viewers]
            for _ in range(20):
                await asyncio.sleep(0)
            for delivery in deliveries:
                delivery.cancel()
            await asyncio.gather(*deliveries, return_exceptions=True)
            await room.close()
            return sent

        sent = asyncio.run(run())

        assert packed == [1]
        assert sent.count(b"frame") == 3


def test_a_frame_can_be_read_by_what_the_protocol_page_says(client: TestClient) -> None:
    page = html.unescape(client.get("/protocol").text)
    rows = re.findall(r'<tr><th scope="row">(\d+)</th><td>([a-z]+\d+)[^<]*</td><td>.*?<code>(\w+)</code>', page)
    formats = {"uint16": "<H", "uint32": "<I", "float32": "<f", "float64": "<d"}
    frame = frame_of()
    packed = pack_frame(frame, layout_of(frame, 5))

    read = {name: struct.unpack_from(formats[kind], packed, int(offset))[0] for offset, kind, name in rows}

    assert read == {
        "version": 1,
        "kind": 1,
        "seq": 7,
        "layout": 5,
        "step": 12,
        "event": 9,
        "epoch": 3,
        "last_step": 14,
        "steps_per_second": 1234.5,
        "learning_rate": 0.1,
        "vector": 0.25,
    }
