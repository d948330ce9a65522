from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient, WebSocketTestSession
from starlette.websockets import WebSocketDisconnect

from app.documents import preset
from app.main import create_app
from app.session import Session
from app.settings import Settings

from .conftest import Visitor

SOME_NAME = "abcdefghijklmnopqrstuv"


def limited(settings: Settings) -> TestClient:
    return TestClient(create_app(settings))


def greeted(socket: WebSocketTestSession) -> Visitor:
    visitor = Visitor(socket)
    assert visitor.hear()["type"] == "hello"
    return visitor


@pytest.fixture
def visitors(client: TestClient) -> Iterator[tuple[Visitor, Visitor]]:
    """Two pages that look at Mazur's example together."""
    with client.websocket_connect("/ws") as one, client.websocket_connect("/ws") as two:
        first, second = greeted(one), greeted(two)
        session = first.open(preset="mazur")["session"]
        second.open(session=session)
        yield first, second


class TestOpening:
    def test_hello_tells_what_there_is_to_choose_from(self, client: TestClient) -> None:
        with client.websocket_connect("/ws") as socket:
            hello = socket.receive_json()

        assert hello["limits"]["message_bytes"] == 65536
        assert "tanh" in [entry["name"] for entry in hello["catalogue"]["activations"]]
        assert all("mathml" in entry for entry in hello["catalogue"]["losses"])

    def test_nothing_in_particular_gives_xor(self, visitor: Visitor) -> None:
        snapshot = visitor.open()

        assert snapshot["document"]["experiment"] == preset("xor")
        assert len(snapshot["session"]) >= 20

    def test_a_preset_a_document_or_a_link(self, visitor: Visitor) -> None:
        document = visitor.open(preset="mazur")["document"]
        visitor.ask("seek", "snapshot", cursor={"step": 2, "event": 3})
        link = visitor.ask("ask", "answer", id=1, what="link")["link"]

        by_document = visitor.open(document=document)
        by_link = visitor.open(link=link)
        by_experiment = visitor.open(document=preset("neuron"))

        assert by_document["cursor"] == {"step": 0, "event": 0}
        assert by_link["cursor"] == {"step": 2, "event": 3}
        assert by_experiment["layers"][0]["units"] == 1
        assert len({by_document["session"], by_link["session"], by_experiment["session"]}) == 3

    def test_a_session_that_is_here_is_joined_at_its_moment(self, visitor: Visitor, client: TestClient) -> None:
        visitor.open(preset="mazur")
        there = visitor.ask("next", "snapshot", grain="step")

        with client.websocket_connect("/ws") as socket:
            joined = greeted(socket).open(session=there["session"], document=preset("neuron"))

        assert joined == there

    def test_a_session_that_is_gone_begins_again_from_the_document_under_its_name(self, client: TestClient) -> None:
        with client.websocket_connect("/ws") as one, client.websocket_connect("/ws") as two:
            first, second = greeted(one), greeted(two)
            document = {"experiment": preset("mazur"), "edits": [], "cursor": {"step": 1, "event": 4}}

            healed = first.open(session=SOME_NAME, document=document)
            joined = second.open(session=SOME_NAME, document=preset("neuron"))

        assert healed["session"] == joined["session"] == SOME_NAME
        assert healed["cursor"] == {"step": 1, "event": 4}
        assert joined["document"] == healed["document"]

    @pytest.mark.parametrize(
        ("fields", "words"),
        [
            ({"session": SOME_NAME}, "not here any more"),
            ({"preset": "nothing"}, "no such preset"),
            ({"link": "cut"}, "damaged"),
            ({"document": {"version": 1}}, "not an experiment"),
            ({"document": {"experiment": preset("xor"), "cursor": {"step": -3, "event": 0}}}, "not an experiment"),
            ({"document": {"experiment": preset("xor"), "edits": [{"path": "loss"}]}}, "not an experiment"),
            ({"document": {"experiment": preset("xor"), "view": "all"}}, "not an experiment"),
        ],
    )
    def test_what_cannot_be_opened_is_a_problem_and_the_page_may_try_again(
        self, visitor: Visitor, fields: dict[str, Any], words: str
    ) -> None:
        problem = visitor.ask("open", "problem", id=5, **fields)

        assert problem["id"] == 5
        assert words in problem["message"]
        assert visitor.open()["type"] == "snapshot"

    def test_a_moment_too_far_away_is_refused_with_the_time_it_would_take(self) -> None:
        document = {"experiment": preset("circles"), "edits": [], "cursor": {"step": 900_000, "event": 0}}
        with limited(Settings(max_replay_seconds=0.5)) as client, client.websocket_connect("/ws") as socket:
            problem = greeted(socket).ask("open", "problem", document=document)

        assert problem["problems"][0]["path"] == "cursor.step"
        assert "within 0.5 s" in problem["problems"][0]["allowed"]

    def test_too_many_viewers_of_one_session_are_told_so(self) -> None:
        with limited(Settings(max_viewers_per_session=1)) as client:
            with client.websocket_connect("/ws") as one, client.websocket_connect("/ws") as two:
                session = greeted(one).open()["session"]
                problem = greeted(two).ask("open", "problem", session=session)

        assert "1 viewers" in problem["message"]

    def test_when_the_server_is_full_it_says_so(self) -> None:
        with limited(Settings(max_sessions=1)) as client:
            with client.websocket_connect("/ws") as one, client.websocket_connect("/ws") as two:
                greeted(one).open()
                problem = greeted(two).ask("open", "problem")

        assert "places" in problem["message"]


class TestViewers:
    def test_see_what_one_of_them_does(self, visitors: tuple[Visitor, Visitor]) -> None:
        first, second = visitors

        told = first.ask("next", "event", grain="event")

        assert second.hear() == told

    def test_do_not_hear_the_answers_and_problems_of_others(self, visitors: tuple[Visitor, Visitor]) -> None:
        first, second = visitors
        first.ask("ask", "answer", id=1, what="document")
        first.ask("edit", "problem", id=2, path="learning_rate", value=-1)

        first.ask("next", "event", grain="event")

        assert second.hear()["type"] == "event"

    def test_hear_of_an_edit_with_an_id_of_its_maker_only(self, visitors: tuple[Visitor, Visitor]) -> None:
        first, second = visitors

        mine = first.ask("edit", "edited", id=8, path="learning_rate", value=0.25)
        theirs = second.hear_until("edited")

        assert (mine["id"], theirs["id"]) == (8, -1)
        assert {**mine, "id": -1} == theirs

    def test_who_leaves_for_another_session_hears_nothing_more_of_the_first(
        self, visitors: tuple[Visitor, Visitor]
    ) -> None:
        first, second = visitors
        elsewhere = second.open(preset="xor")["session"]

        first.ask("next", "event", grain="event")
        told = second.ask("next", "event", grain="event")

        assert told["values"]["x"] != [[0.05, 0.1]]
        assert elsewhere != first.open(preset="neuron")["session"]

    def test_that_come_back_find_the_moment_they_left(self, client: TestClient) -> None:
        with client.websocket_connect("/ws") as socket:
            visitor = greeted(socket)
            session = visitor.open(preset="mazur")["session"]
            left = visitor.ask("next", "snapshot", grain="step")

        with client.websocket_connect("/ws") as socket:
            found = greeted(socket).open(session=session)

        assert found == left


class TestAMisstep:
    @pytest.mark.parametrize(
        ("text", "path"),
        [
            ("{", None),
            ("NaN", None),
            ('{"type": "edit", "id": 4, "path": "learning_rate", "value": NaN}', None),
            ('{"type": "edit", "id": 4, "path": "learning_rate", "value": 1e999}', None),
            ("[]", "command"),
            ("null", "command"),
            ('{"type": "fly", "id": 4}', "type"),
            ('{"type": "next", "grain": "event", "id": 4, "extra": 1}', "extra"),
            ('{"type": "play", "steps_per_second": -1}', "steps_per_second"),
            ('{"type": "edit", "id": 4, "path": "learning_rate", "value": "0.1"}', "optimizer.learning_rate"),
            ('{"type": "edit", "id": 4, "path": "layer0.W", "value": 1, "index": [0, 17]}', "layer0.W index"),
        ],
    )
    def test_is_answered_with_its_place_and_the_session_lives_on(
        self, visitor: Visitor, text: str, path: str | None
    ) -> None:
        visitor.open(preset="mazur")

        visitor.socket.send_text(text)
        problem = visitor.hear()

        assert problem["type"] == "problem"
        assert problem["message"]
        assert [entry["path"] for entry in problem["problems"]] == ([path] if path else [])
        assert visitor.ask("next", "event", grain="event")["index"] == 0

    def test_carries_the_id_of_the_command_even_if_that_could_not_be_read(self, visitor: Visitor) -> None:
        assert visitor.ask("fly", "problem", id=12)["id"] == 12
        assert visitor.ask("fly", "problem", id="twelve")["id"] is None

    def test_before_a_session_is_open_says_what_to_do(self, visitor: Visitor) -> None:
        assert "Open a session first" in visitor.ask("next", "problem", grain="event")["message"]

    def test_of_ours_is_logged_and_does_not_end_the_session(
        self, visitor: Visitor, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        visitor.open(preset="mazur")
        with monkeypatch.context() as broken:
            broken.setattr(Session, "_reset", lambda self: 1 / 0)
            with caplog.at_level(logging.ERROR):
                problem = visitor.ask("reset", "problem")

        assert "our mistake" in problem["message"]
        assert "ZeroDivisionError" in caplog.text
        assert visitor.ask("next", "event", grain="event")["index"] == 0

    def test_a_long_command_that_is_no_document_is_refused(self, visitor: Visitor) -> None:
        visitor.open()

        problem = visitor.ask("edit", "problem", id=1, path="learning_rate", value="9" * 70_000)

        assert "too long" in problem["message"]

    def test_a_long_document_is_opened(self, visitor: Visitor) -> None:
        rows = [[float(row), 0.123456789] for row in range(3000)]
        document = {**preset("mazur"), "data": {"inputs": rows, "targets": rows}}

        snapshot = visitor.open(document=document)

        assert snapshot["data"]["samples"] == 3000
        assert len(snapshot["data"]["inputs"]) == 500

    def test_a_command_beyond_all_bounds_ends_the_connection(self, visitor: Visitor) -> None:
        visitor.socket.send_text(json.dumps({"type": "open", "link": "A" * 1_000_001}))

        with pytest.raises(WebSocketDisconnect) as closed:
            visitor.hear_until("snapshot")

        assert closed.value.code == 1009

    def test_bytes_end_the_connection(self, visitor: Visitor) -> None:
        visitor.socket.send_bytes(b"{}")

        with pytest.raises(WebSocketDisconnect) as closed:
            visitor.hear()

        assert closed.value.code == 1008

    def test_too_many_commands_are_not_done_and_far_too_many_end_the_connection(self) -> None:
        with (
            limited(Settings(command_burst=3, commands_per_second=0.001)) as client,
            client.websocket_connect("/ws") as socket,
        ):
            visitor = greeted(socket)
            visitor.open(preset="mazur")
            for _ in range(2):
                visitor.ask("next", "event", grain="event")
            refused = visitor.ask("next", "problem", grain="event")
            with pytest.raises(WebSocketDisconnect) as closed:
                for _ in range(40):
                    visitor.say("next", grain="event")
                visitor.hear()

        assert "too much at once" in refused["message"]
        assert closed.value.code == 1008


class TestAnotherSite:
    def test_may_not_open_a_socket(self, client: TestClient) -> None:
        with pytest.raises(WebSocketDisconnect) as closed:
            with client.websocket_connect("/ws", headers={"origin": "http://evil.example"}):
                pass

        assert closed.value.code == 1008

    def test_our_own_page_may(self, client: TestClient) -> None:
        with client.websocket_connect("/ws", headers={"origin": "http://testserver"}) as socket:
            assert socket.receive_json()["type"] == "hello"

    def test_our_own_page_behind_a_proxy_may(self, client: TestClient) -> None:
        headers = {"origin": "https://hub.example", "x-forwarded-host": "hub.example"}
        with client.websocket_connect("/ws", headers=headers) as socket:
            assert socket.receive_json()["type"] == "hello"


class TestPlaying:
    def test_sends_frames_until_the_pause_and_then_the_last_moment(self, visitor: Visitor) -> None:
        visitor.open(preset="mazur")
        visitor.say("play", steps_per_second=None)

        seqs, steps = [], []
        for _ in range(5):
            frame = visitor.hear_until("frame")
            seqs.append(frame["seq"])
            steps.append(frame["cursor"]["step"])
            visitor.say("drawn", seq=frame["seq"])
        visitor.say("pause")
        last = visitor.hear_until("snapshot")

        assert seqs == sorted(set(seqs))
        assert steps == sorted(set(steps))
        assert not last["playing"]
        assert last["cursor"]["step"] >= steps[-1]
        assert last["cursor"]["event"] == len(last["plan"]) - 1

    def test_sends_no_third_frame_to_a_page_that_has_drawn_none(self, visitor: Visitor) -> None:
        visitor.open(preset="mazur")
        visitor.say("play", steps_per_second=None)
        visitor.hear_until("frame")
        visitor.hear_until("frame")

        # Loss curves go on to come, four a second; a third frame would come with the first sixtieth of one.
        between = [visitor.hear_until("history")["type"], visitor.hear()["type"]]

        assert between == ["history", "history"]

    def test_takes_an_edit_on_the_way(self, visitor: Visitor) -> None:
        visitor.open(preset="mazur")
        visitor.say("play", steps_per_second=None)
        visitor.hear_until("frame")

        edited = visitor.ask("edit", "edited", id=3, path="learning_rate", value=0.01)
        visitor.say("pause")
        last = visitor.hear_until("snapshot")

        assert edited["learning_rate"] == 0.01
        assert last["learning_rate"] == 0.01
        assert last["document"]["edits"] == edited["edits"]
        assert 0 < edited["cursor"]["step"] <= last["cursor"]["step"]

    def test_tells_when_it_stops_by_itself(self, visitor: Visitor) -> None:
        document = {**preset("neuron"), "optimizer": {"type": "sgd", "learning_rate": 100.0}}
        visitor.open(document=document)
        visitor.say("play", steps_per_second=None)
        assert visitor.hear()["playing"]

        last = visitor.hear_until("snapshot")

        assert not last["playing"]
        assert last["divergence"]["step"] == last["cursor"]["step"]

    def test_slowly_makes_one_step_at_a_time(self, visitor: Visitor) -> None:
        visitor.open(preset="mazur")
        visitor.say("play", steps_per_second=50)

        steps = []
        for _ in range(4):
            frame = visitor.hear_until("frame")
            visitor.say("drawn", seq=frame["seq"])
            steps.append(frame["cursor"]["step"])

        assert steps == [1, 2, 3, 4]

    def test_a_late_comer_sees_it_going_on(self, visitors: tuple[Visitor, Visitor], client: TestClient) -> None:
        first, _ = visitors
        session = first.open(preset="xor")["session"]
        first.say("play", steps_per_second=None)
        first.hear_until("frame")
        with client.websocket_connect("/ws") as socket:
            late = greeted(socket)
            snapshot = late.open(session=session)
            frame = late.hear_until("frame")

        assert snapshot["playing"]
        assert frame["run"] == snapshot["run"]
        assert frame["cursor"]["step"] > 0

    def test_stops_when_nobody_looks_any_more(self) -> None:
        with limited(Settings(lonely_seconds=0.0)) as client:
            with client.websocket_connect("/ws") as socket:
                visitor = greeted(socket)
                session = visitor.open(preset="mazur")["session"]
                visitor.say("play", steps_per_second=None)
                visitor.hear_until("frame")
            with client.websocket_connect("/ws") as socket:
                visitor = greeted(socket)
                # The room notices at its next slice; until then it may still be playing.
                while (found := visitor.open(session=session))["playing"]:
                    continue

        assert found["cursor"]["step"] > 0

    def test_a_mistake_of_ours_stops_the_training_and_nothing_else(
        self, visitor: Visitor, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        visitor.open(preset="mazur")
        with monkeypatch.context() as broken:
            broken.setattr(Session, "train", lambda self, seconds: 1 / 0)
            with caplog.at_level(logging.ERROR):
                visitor.say("play", steps_per_second=None)
                problem = visitor.hear_until("problem")

        assert "our mistake" in problem["message"]
        assert "ZeroDivisionError" in caplog.text
        assert visitor.ask("next", "event", grain="event")["step"] == 0


class TestWhatTakesLong:
    def test_is_done_in_a_thread_and_answered_in_turn(self) -> None:
        with limited(Settings(patience_seconds=0.0)) as client, client.websocket_connect("/ws") as socket:
            visitor = greeted(socket)
            visitor.open(preset="mazur")
            visitor.say("seek", cursor={"step": 300, "event": 12})
            while visitor.hear_until("snapshot")["cursor"] != {"step": 300, "event": 12}:
                continue
            visitor.say("ask", id=1, what="what_if")
            visitor.say("seek", cursor="first")
            visitor.say("load", id=2, preset="neuron")
            visitor.say("next", grain="event")

            answer = visitor.hear_until("answer")
            moved = visitor.hear_until("snapshot")
            loaded = visitor.hear_until("snapshot")
            event = visitor.hear_until("event")

        assert answer["what_if"]["step"] == 300
        assert moved["cursor"] == {"step": 0, "event": 0}
        assert loaded["id"] == 2
        assert event["values"]["x"] == [[2.0]]

    def test_is_refused_like_everything_else(self) -> None:
        with limited(Settings(patience_seconds=0.0)) as client, client.websocket_connect("/ws") as socket:
            visitor = greeted(socket)
            visitor.open(preset="mazur")
            problem = visitor.ask("load", "problem", id=2, preset="nothing")

        assert (problem["id"], problem["problems"][0]["path"]) == (2, "preset")


class TestTheBadge:
    def test_comes_after_the_gradients_when_nobody_is_in_a_hurry(self, visitor: Visitor) -> None:
        visitor.open(preset="mazur")
        snapshot = visitor.ask("seek", "snapshot", cursor={"step": 0, "event": 12})

        checked = visitor.hear()

        assert snapshot["checked"] is None
        assert checked["type"] == "checked"
        assert checked["checked"]["passed"]
        assert checked["checked"]["parameters"] == 12

    def test_of_a_joined_session_is_there_at_once(self, visitors: tuple[Visitor, Visitor], client: TestClient) -> None:
        first, _ = visitors
        session = first.ask("seek", "snapshot", cursor={"step": 0, "event": 12})["session"]
        checked = first.hear_until("checked")["checked"]

        with client.websocket_connect("/ws") as socket:
            assert greeted(socket).open(session=session)["checked"] == checked
