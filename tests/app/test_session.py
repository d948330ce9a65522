from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from app.documents import preset
from app.links import decode_link
from app.messages import COMMANDS
from app.opening import session_of
from app.refusals import RefusedError
from app.session import Session
from app.settings import Settings
from engine import Experiment, Timeline

from .conftest import NAME, Clock
from .speaking import heard, kinds, others_hear, tell


def session(document: dict[str, Any], clock: Clock | None = None, settings: Settings | None = None) -> Session:
    made = session_of(document, settings or Settings(), NAME)
    if clock is not None:
        made.clock = clock
    return made


def cursor(made: Session) -> tuple[int, int]:
    place = made.snapshot()["cursor"]
    return place["step"], place["event"]


def line(rows: int, **more: object) -> dict[str, Any]:
    """One weight, learning y = 2x from so many rows."""
    inputs = [[1.0 + row / rows] for row in range(rows)]
    return {
        "version": 1,
        "data": {"inputs": inputs, "targets": [[2 * x] for (x,) in inputs]},
        "network": {"layers": [{"type": "dense", "units": 1, "activation": "identity", "W": [[0.0]], "b": [0.0]}]},
        "loss": "half_squared_error",
        "optimizer": {"type": "sgd", "learning_rate": 0.1},
        "shuffle": False,
        **more,
    }


class TestASnapshot:
    def test_tells_everything_before_the_first_event(self, mazur: Session) -> None:
        snapshot = heard(mazur.snapshot())

        assert snapshot["session"] == NAME
        assert snapshot["cursor"] == {"step": 0, "event": 0}
        assert snapshot["events"] == []
        assert snapshot["plan"][0]["kind"] == "batch"
        assert snapshot["plan"][-1]["kind"] == "commit"
        assert snapshot["parameters"]["layer0.W"] == [[0.15, 0.2], [0.25, 0.3]]
        assert snapshot["layers"][0] == {
            "type": "dense",
            "fan_in": 2,
            "units": 2,
            "activation": "sigmoid",
            "frozen": ["b"],
        }
        assert snapshot["data"]["inputs"] == [[0.05, 0.1]]
        assert snapshot["learning_rate"] == 0.5
        assert snapshot["history"] == {"steps": 0, "loss": [], "validation": [], "edits": []}
        assert [snapshot[name] for name in ("ghost", "checked", "preview", "divergence")] == [None] * 4
        assert not snapshot["playing"]
        assert not snapshot["finished"]

    def test_in_the_middle_of_a_step_has_the_events_that_were_told(self, mazur: Session) -> None:
        told = [message for _ in range(7) for message in tell(mazur, "next", grain="event")]

        assert heard(mazur.snapshot())["events"] == told

    def test_of_a_saved_document_stands_at_its_moment(self, mazur: Session, settings: Settings) -> None:
        tell(mazur, "next", grain="step")
        tell(mazur, "edit", id=1, path="learning_rate", value=0.25)
        for _ in range(9):
            tell(mazur, "next", grain="event")
        saved = heard(mazur.snapshot())

        again = heard(session_of(saved["document"], settings, NAME).snapshot())

        assert again["cursor"] == {"step": 1, "event": 9}
        for part in ("events", "parameters", "history", "learning_rate", "document"):
            assert again[part] == saved[part]


class TestNext:
    def test_event_tells_what_it_computed_for_all(self, mazur: Session) -> None:
        tell(mazur, "next", grain="event")

        (event,) = others_hear(mazur, "next", grain="event")

        assert (event["kind"], event["layer"], event["index"]) == ("affine", 0, 1)
        assert event["cursor"] == {"step": 0, "event": 2}
        np.testing.assert_allclose(event["values"]["layer0.z"], [[0.3775, 0.3925]])
        np.testing.assert_allclose(event["detail"]["terms"][0], [0.15 * 0.05, 0.2 * 0.1, 0.35])
        np.testing.assert_allclose(event["detail"]["partials"][0], [0.0075, 0.0275, 0.3775])
        assert "layer0" not in event["words"]
        assert "np." in event["line"]

    def test_event_after_the_commit_stands_in_the_next_step(self, mazur: Session) -> None:
        messages = [message for _ in range(17) for message in tell(mazur, "next", grain="event")]

        commit, history = messages[-2:]
        assert commit["kind"] == "commit"
        assert commit["cursor"] == {"step": 1, "event": 0}
        assert commit["learning_rate"] == 0.5
        np.testing.assert_allclose(commit["values"]["layer1.W"][0][0], 0.35891648, atol=5e-9)
        assert history["history"]["loss"] == [[0, pytest.approx(0.2983711087600027)]]

    def test_event_that_completes_the_gradients_previews_the_update(self, mazur: Session) -> None:
        messages = [message for _ in range(16) for message in tell(mazur, "next", grain="event")]

        with_preview = [message for message in messages if "preview" in message]
        assert kinds(with_preview) == ["weight_gradient"]
        preview = with_preview[0]["preview"]
        assert preview["learning_rate"] == 0.5
        assert preview["loss"] == pytest.approx(0.2910277737)
        update = next(message for message in messages if "layer1.next_W" in message["values"])
        assert preview["values"]["layer1.next_W"] == update["values"]["layer1.next_W"]

    def test_phase_tells_every_event_of_the_phase(self, mazur: Session) -> None:
        forward = tell(mazur, "next", grain="phase")
        loss = tell(mazur, "next", grain="phase")
        backward = tell(mazur, "next", grain="phase")
        update = tell(mazur, "next", grain="phase")
        commit = tell(mazur, "next", grain="phase")

        assert {message["phase"] for message in forward} == {"forward"}
        assert kinds(loss) == ["loss"]
        assert {message["phase"] for message in backward} == {"backward"}
        assert kinds(update) == ["update", "update", "update", "update"]
        assert kinds(commit) == ["commit", "history"]

    def test_step_ends_before_the_first_event_of_the_next(self, mazur: Session) -> None:
        tell(mazur, "next", grain="event")

        (snapshot,) = tell(mazur, "next", grain="step")

        assert snapshot["cursor"] == {"step": 1, "event": 0}
        assert snapshot["history"]["steps"] == 1

    def test_epoch_ends_where_the_next_begins(self) -> None:
        made = session(line(rows=5, batch_size=2))
        tell(made, "next", grain="step")

        (snapshot,) = tell(made, "next", grain="epoch")

        assert snapshot["cursor"] == {"step": 3, "event": 0}
        assert (snapshot["epoch"], snapshot["steps_per_epoch"]) == (1, 3)
        assert not snapshot["playing"]

    def test_epoch_that_takes_long_goes_on_by_itself(self, clock: Clock) -> None:
        made = session(line(rows=40, batch_size=1), clock)
        made.clock = clock.ticking(0.005)

        (snapshot,) = tell(made, "next", grain="epoch")
        slices = 0
        while made.playing:
            made.train(0.0005)
            slices += 1

        assert snapshot["playing"]
        assert snapshot["cursor"]["step"] < 40
        assert slices > 1
        assert cursor(made) == (40, 0)

    def test_at_the_end_of_a_run_tells_that_it_has_ended(self) -> None:
        made = session(line(rows=1), settings=Settings(max_steps=2))
        for _ in range(2):
            tell(made, "next", grain="step")

        (snapshot,) = tell(made, "next", grain="event")

        assert snapshot["finished"]
        assert snapshot["cursor"] == {"step": 2, "event": 0}

    def test_that_diverges_stops_before_the_update_and_says_why(self) -> None:
        made = session(line(rows=1, optimizer={"type": "sgd", "learning_rate": 1e6}))
        messages: list[Any] = []
        for _ in range(200):
            messages += tell(made, "next", grain="step")
            if messages[-1]["divergence"]:
                break

        divergence = messages[-1]["divergence"]

        assert messages[-1]["finished"]
        assert divergence["step"] == messages[-1]["cursor"]["step"]
        assert divergence["parameter"].startswith("layer0.")
        assert "learning rate" in divergence["cause"]


class TestBack:
    def test_event_inside_a_step_only_moves(self, mazur: Session) -> None:
        for _ in range(5):
            tell(mazur, "next", grain="event")

        assert tell(mazur, "back", grain="event") == [
            {"type": "moved", "run": mazur.run, "cursor": {"step": 0, "event": 4}}
        ]

    def test_event_into_the_step_before_brings_its_events(self, mazur: Session) -> None:
        told = [message for _ in range(17) for message in tell(mazur, "next", grain="event")]

        (snapshot,) = tell(mazur, "back", grain="event")

        assert snapshot["cursor"] == {"step": 0, "event": 16}
        before_commit = [{**event} for event in told[:16]]
        for event in before_commit:
            event.pop("preview", None)
        assert snapshot["events"] == before_commit
        assert snapshot["preview"]["loss"] == pytest.approx(0.2910277737)

    def test_phase_goes_to_the_beginning_of_the_phase(self, mazur: Session) -> None:
        for _ in range(9):
            tell(mazur, "next", grain="event")

        places = [tell(mazur, "back", grain="phase")[0]["cursor"]["event"] for _ in range(4)]

        assert places == [6, 5, 0, 0]

    def test_phase_from_the_beginning_of_a_step_rests_before_the_last_commit_and_then_the_last_update(
        self, mazur: Session
    ) -> None:
        tell(mazur, "next", grain="step")

        (snapshot,) = tell(mazur, "back", grain="phase")
        (moved,) = tell(mazur, "back", grain="phase")

        assert snapshot["cursor"] == {"step": 0, "event": 16}
        assert moved["cursor"] == {"step": 0, "event": 12}

    def test_step_goes_to_the_beginning_of_this_step_and_then_of_the_one_before(self, mazur: Session) -> None:
        tell(mazur, "next", grain="step")
        tell(mazur, "next", grain="event")

        first, second, third = (tell(mazur, "back", grain="step")[0] for _ in range(3))

        assert first["cursor"] == {"step": 1, "event": 0}
        assert second["cursor"] == {"step": 0, "event": 0}
        assert third["type"] == "moved"

    def test_epoch_goes_to_where_the_epoch_began(self) -> None:
        made = session(line(rows=5, batch_size=2))
        tell(made, "seek", cursor={"step": 7, "event": 2})

        places = [(tell(made, "back", grain="epoch"), cursor(made))[1] for _ in range(4)]

        assert places == [(6, 0), (3, 0), (0, 0), (0, 0)]

    def test_epoch_knows_that_epochs_had_another_length_before(self) -> None:
        made = session(line(rows=6, batch_size=2))
        tell(made, "seek", cursor={"step": 4, "event": 0})
        tell(made, "edit", id=1, path="batch_size", value=1)
        tell(made, "seek", cursor={"step": 12, "event": 1})
        epochs = {
            step: Timeline.from_json({**made.document(), "cursor": {"step": step, "event": 0}}).epoch
            for step in range(13)
        }

        tell(made, "back", grain="epoch")
        (step, event) = cursor(made)

        assert event == 0
        assert epochs[step] == epochs[12]
        assert step == 0 or epochs[step - 1] < epochs[12]


class TestSeek:
    def test_first_and_last_frame_what_has_been_run(self, mazur: Session) -> None:
        for _ in range(3):
            tell(mazur, "next", grain="step")

        (first,) = tell(mazur, "seek", cursor="first")
        (last,) = tell(mazur, "seek", cursor="last")

        assert first["cursor"] == {"step": 0, "event": 0}
        assert last["cursor"] == {"step": 3, "event": 16}
        assert last["last_step"] == 3

    def test_last_from_the_middle_of_the_newest_step_ends_that_step(self, mazur: Session) -> None:
        tell(mazur, "next", grain="event")

        tell(mazur, "seek", cursor="last")

        assert cursor(mazur) == (0, 16)

    def test_inside_the_step_backwards_only_moves(self, mazur: Session) -> None:
        for _ in range(6):
            tell(mazur, "next", grain="event")

        (moved,) = tell(mazur, "seek", cursor={"step": 0, "event": 2})

        assert moved["type"] == "moved"

    def test_inside_the_step_forward_brings_the_events_again(self, mazur: Session) -> None:
        (snapshot,) = tell(mazur, "seek", cursor={"step": 0, "event": 6})

        assert len(snapshot["events"]) == 6

    def test_where_nobody_has_been_runs_there(self) -> None:
        made = session(line(rows=3, batch_size=1))

        tell(made, "seek", cursor={"step": 3000, "event": 2})
        while made.playing:
            made.train(0.001)

        assert cursor(made) == (3000, 2)
        straight = Timeline(Experiment.from_json(line(rows=3, batch_size=1)))
        straight.seek(3000, 2)
        assert heard(made.snapshot())["parameters"]["layer0.W"] == straight.parameters()["layer0.W"].tolist()

    def test_beyond_the_limit_is_refused(self) -> None:
        made = session(line(rows=1), settings=Settings(max_steps=100))

        with pytest.raises(RefusedError) as refused:
            tell(made, "seek", cursor={"step": 101, "event": 0})

        assert refused.value.problems[0].path == "cursor.step"
        assert cursor(made) == (0, 0)

    def test_an_event_that_the_step_does_not_have_is_refused(self, mazur: Session) -> None:
        with pytest.raises(RefusedError, match="0 to 17"):
            tell(mazur, "seek", cursor={"step": 0, "event": 99})


class TestAnEdit:
    def test_of_the_learning_rate_in_the_backward_pass_is_used_by_the_update(self, mazur: Session) -> None:
        for _ in range(12):
            tell(mazur, "next", grain="event")

        (edited,) = tell(mazur, "edit", id=7, path="learning_rate", value=1.0)
        updates = tell(mazur, "next", grain="phase")

        assert edited["type"] == "edited"
        assert (edited["id"], edited["path"], edited["value"], edited["learning_rate"]) == (
            7,
            "learning_rate",
            1.0,
            1.0,
        )
        assert edited["cursor"] == {"step": 0, "event": 12}
        assert edited["edits"] == [{"step": 0, "event": 12, "path": "learning_rate", "value": 1.0}]
        next_W = next(m["values"]["layer1.next_W"] for m in updates if "layer1.next_W" in m.get("values", {}))
        np.testing.assert_allclose(next_W[0][0], 0.4 - 0.08216704056423078)
        assert edited["preview"]["values"]["layer1.next_W"] == next_W

    def test_is_told_to_the_others_without_the_id_of_the_one_who_made_it(self, mazur: Session) -> None:
        (edited,) = others_hear(mazur, "edit", id=7, path="learning_rate", value=1.0)

        assert edited["id"] == -1

    def test_of_a_weight_after_the_forward_pass_takes_it_back(self, mazur: Session) -> None:
        for _ in range(6):
            tell(mazur, "next", grain="event")

        (snapshot,) = tell(mazur, "edit", id=3, path="layer0.W", index=[1, 0], value=0.5)

        assert snapshot["id"] == 3
        assert snapshot["cursor"]["event"] <= 1
        assert snapshot["parameters"]["layer0.W"] == [[0.15, 0.2], [0.5, 0.3]]
        assert snapshot["history"]["edits"][0]["words"] == "w 2,1 of layer 1 → 0.5"

    def test_after_going_back_drops_the_future_and_keeps_its_ghost(self, mazur: Session) -> None:
        for _ in range(5):
            tell(mazur, "next", grain="step")
        tell(mazur, "seek", cursor={"step": 2, "event": 0})
        before = heard(mazur.snapshot())

        (snapshot,) = tell(mazur, "edit", id=1, path="learning_rate", value=0.1)

        assert snapshot["run"] != before["run"]
        assert snapshot["last_step"] == 2
        assert snapshot["ghost"]["loss"] == before["history"]["loss"]
        assert tell(mazur, "edit", id=2, path="learning_rate", value=0.2)[0]["type"] == "edited"

    def test_of_the_network_is_answered_with_everything(self, mazur: Session) -> None:
        (snapshot,) = tell(mazur, "edit", id=1, path="network.layers[0].units", value=3)

        assert [layer["units"] for layer in snapshot["layers"]] == [3, 2]
        assert snapshot["run"] != "1.0"

    @pytest.mark.parametrize(
        ("path", "value", "index"),
        [
            ("learning_rate", -1, None),
            ("learning_rate", "fast", None),
            ("layer0.W", 1.0, [5, 0]),
            ("layer9.W", 1.0, [0, 0]),
            ("network.layers[0].units", 0, None),
            ("network.layers[0].units", 10**9, None),
            ("no.such.thing", 1, None),
            ("x", 1.0, None),
            ("data.inputs", None, [0, 0]),
        ],
    )
    def test_that_cannot_be_made_changes_nothing(
        self, mazur: Session, path: str, value: object, index: list[int] | None
    ) -> None:
        tell(mazur, "next", grain="event")
        before = heard(mazur.snapshot())

        with pytest.raises(RefusedError) as refused:
            tell(mazur, "edit", id=1, path=path, value=value, index=index)

        assert refused.value.problems
        assert heard(mazur.snapshot()) == before

    def test_that_makes_the_network_too_large_for_the_server_changes_nothing(self) -> None:
        made = session(preset("mazur"), settings=Settings(max_parameters=50))
        tell(made, "next", grain="step")
        before = heard(made.snapshot())

        with pytest.raises(RefusedError) as refused:
            tell(made, "edit", id=1, path="network.layers[0].units", value=20)

        assert refused.value.problems[0].allowed == "at most 50 weights and biases"
        after = heard(made.snapshot())
        for part in ("document", "cursor", "parameters", "layers", "history"):
            assert after[part] == before[part]

    def test_too_many_are_refused(self) -> None:
        made = session(preset("mazur"), settings=Settings(max_edits=1))
        tell(made, "edit", id=1, path="learning_rate", value=0.1)
        tell(made, "next", grain="step")

        with pytest.raises(RefusedError, match="1 edits"):
            tell(made, "edit", id=2, path="learning_rate", value=0.2)


class TestAsking:
    def test_explain_gives_the_factors_of_a_gradient(self, mazur: Session) -> None:
        tell(mazur, "seek", cursor="last")

        (answer,) = tell(mazur, "explain", id=5, name="layer1.grad_W", index=[0, 0])

        assert (answer["id"], answer["what"]) == (5, "explain")
        explanation = answer["explanation"]
        assert explanation["quantity"]["ref"] == {"name": "layer1.grad_W", "index": [0, 0]}
        assert explanation["quantity"]["value"] == pytest.approx(0.08216704056423078)
        assert explanation["expression"]["value"] == pytest.approx(0.08216704056423078)
        assert explanation["rule"].startswith("<math")

    def test_explain_before_it_is_computed_has_no_value(self, mazur: Session) -> None:
        (answer,) = tell(mazur, "explain", id=5, name="layer1.z", index=[0, 0])

        assert answer["explanation"]["quantity"]["value"] is None

    @pytest.mark.parametrize(
        ("name", "index"),
        [
            ("layer7.z", [0, 0]),
            ("layer0.z", [0, 9]),
            ("layer0.z", []),
            ("x", [0, 0]),
            ("nonsense", []),
            ("layerX.z", [0, 0]),
        ],
    )
    def test_explain_of_what_is_not_there_is_refused(self, mazur: Session, name: str, index: list[int]) -> None:
        with pytest.raises(RefusedError) as refused:
            tell(mazur, "explain", id=5, name=name, index=index)

        assert refused.value.problems[0].path == "name"

    def test_what_if_needs_the_gradients(self, mazur: Session) -> None:
        (early,) = tell(mazur, "ask", id=1, what="what_if")
        tell(mazur, "seek", cursor="last")
        (late,) = tell(mazur, "ask", id=2, what="what_if")

        assert early["what_if"] is None
        curve = late["what_if"]
        assert curve["loss"] == pytest.approx(0.2983711087600027)
        assert len(curve["learning_rates"]) == len(curve["losses"])
        assert curve["best"] in curve["learning_rates"]

    def test_gradient_check_agrees_with_central_differences(self, mazur: Session) -> None:
        (answer,) = tell(mazur, "ask", id=1, what="gradient_check")

        assert answer["checked"]["passed"]
        assert answer["checked"]["parameters"] == 12
        assert answer["checked"]["largest_error"] < 1e-7

    def test_a_link_reopens_this_very_moment(self, mazur: Session, settings: Settings) -> None:
        tell(mazur, "edit", id=1, path="learning_rate", value=0.25)
        tell(mazur, "seek", cursor={"step": 4, "event": 3})
        view = {"grain": "neuron", "selection": {"name": "layer0.W", "index": [1, 0]}}

        (answer,) = tell(mazur, "ask", id=1, what="link", view=view)
        again = session_of(decode_link(answer["link"], settings.max_document_bytes), settings, NAME)

        assert cursor(again) == (4, 3)
        assert heard(again.snapshot())["document"]["view"] == {**view, "sample": 0}
        assert heard(again.snapshot())["parameters"] == heard(mazur.snapshot())["parameters"]

    def test_an_experiment_that_is_too_large_for_a_link_is_refused(self) -> None:
        made = session(line(rows=500), settings=Settings(max_link_characters=1000))

        with pytest.raises(RefusedError, match="save it as a file"):
            tell(made, "ask", id=1, what="link")

    def test_the_document_is_what_the_timeline_keeps(self, mazur: Session) -> None:
        tell(mazur, "next", grain="step")

        (answer,) = tell(mazur, "ask", id=1, what="document")

        assert answer["document"]["cursor"] == {"step": 1, "event": 0}
        assert answer["document"]["experiment"] == preset("mazur")


class TestTheSampleOnShow:
    def test_changes_the_details_for_everybody(self) -> None:
        made = session(line(rows=3))
        tell(made, "next", grain="event")
        tell(made, "next", grain="event")

        (snapshot,) = others_hear(made, "sample", sample=2)

        assert snapshot["sample"] == 2
        assert snapshot["events"][1]["detail"]["sample"] == 2

    def test_that_a_smaller_batch_does_not_have_is_replaced_by_its_last(self) -> None:
        made = session(line(rows=5, batch_size=3))
        tell(made, "sample", sample=2)

        (snapshot,) = tell(made, "next", grain="step")

        assert snapshot["sample"] == 1
        assert tell(made, "next", grain="step")[0]["sample"] == 2

    def test_must_be_a_row_of_the_batch(self, mazur: Session) -> None:
        with pytest.raises(RefusedError) as refused:
            tell(mazur, "sample", sample=1)

        assert refused.value.problems[0].allowed == "0 to 0, the rows of this batch"


class TestBeginningAgain:
    def test_reset_is_the_same_run_with_the_settings_in_force(self, mazur: Session) -> None:
        for _ in range(3):
            tell(mazur, "next", grain="step")
        tell(mazur, "edit", id=1, path="learning_rate", value=0.125)
        before = heard(mazur.snapshot())

        (snapshot,) = tell(mazur, "reset")

        assert snapshot["cursor"] == {"step": 0, "event": 0}
        assert snapshot["run"] != before["run"]
        assert snapshot["parameters"]["layer0.W"] == [[0.15, 0.2], [0.25, 0.3]]
        assert snapshot["learning_rate"] == 0.125
        assert snapshot["document"]["edits"] == []
        assert snapshot["ghost"] == before["history"]

    def test_reset_keeps_the_weights_that_were_typed_in_before_the_first_step(self, mazur: Session) -> None:
        tell(mazur, "edit", id=1, path="layer0.W", index=[0, 0], value=0.75)
        tell(mazur, "next", grain="step")
        tell(mazur, "edit", id=2, path="layer0.W", index=[0, 1], value=-0.75)

        (snapshot,) = tell(mazur, "reset")

        assert snapshot["parameters"]["layer0.W"][0] == [0.75, 0.2]

    def test_reset_before_the_first_step_leaves_no_ghost(self, mazur: Session) -> None:
        (snapshot,) = tell(mazur, "reset")

        assert snapshot["ghost"] is None

    def test_randomize_draws_what_is_not_frozen_and_writes_the_seed_down(
        self, mazur: Session, settings: Settings
    ) -> None:
        (snapshot,) = tell(mazur, "randomize")

        assert snapshot["parameters"]["layer0.W"] != [[0.15, 0.2], [0.25, 0.3]]
        assert snapshot["parameters"]["layer0.b"] == [0.35, 0.35]
        again = session_of(snapshot["document"], settings, NAME)
        assert heard(again.snapshot())["parameters"] == snapshot["parameters"]

    def test_randomize_twice_gives_two_networks(self, mazur: Session) -> None:
        (first,), (second,) = tell(mazur, "randomize"), tell(mazur, "randomize")

        assert first["experiment"]["seed"] != second["experiment"]["seed"]

    def test_load_puts_another_experiment_in_place(self, mazur: Session) -> None:
        tell(mazur, "next", grain="step")

        (snapshot,) = tell(mazur, "load", id=4, preset="circles")

        assert snapshot["id"] == 4
        assert snapshot["session"] == NAME
        assert snapshot["cursor"] == {"step": 0, "event": 0}
        assert snapshot["data"]["samples"] > 4
        assert snapshot["ghost"] is None

    @pytest.mark.parametrize(
        ("fields", "path"),
        [
            ({"preset": "nothing"}, "preset"),
            ({"document": {"version": 1, "network": {"layers": []}}}, "network.layers"),
            ({"document": {"experiment": {"version": 2}, "extra": 1}}, "extra"),
        ],
    )
    def test_load_of_what_cannot_be_loaded_changes_nothing(
        self, mazur: Session, fields: dict[str, Any], path: str
    ) -> None:
        before = heard(mazur.snapshot())

        with pytest.raises(RefusedError) as refused:
            tell(mazur, "load", id=4, **fields)

        assert path in [problem.path for problem in refused.value.problems]
        assert heard(mazur.snapshot()) == before


class TestPlaying:
    def test_begins_with_a_snapshot_and_ends_with_the_newest_step_whole(self, mazur: Session) -> None:
        (begun,) = tell(mazur, "play", steps_per_second=None)
        mazur.train(0.001)
        frame = heard(mazur.frame(1))
        (paused,) = tell(mazur, "pause")

        assert begun["playing"]
        assert not paused["playing"]
        assert paused["cursor"] == frame["cursor"]
        assert frame["cursor"]["event"] == len(paused["plan"]) - 1
        assert paused["last_step"] == frame["cursor"]["step"] > 0

    def test_a_frame_holds_the_values_of_one_step(self, mazur: Session) -> None:
        tell(mazur, "play", steps_per_second=None)
        mazur.train(0.001)

        frame = heard(mazur.frame(4))

        assert frame["seq"] == 4
        straight = Timeline(Experiment.from_json(preset("mazur")))
        straight.seek(frame["cursor"]["step"], frame["cursor"]["event"])
        assert frame["values"] == {name: array.tolist() for name, array in straight.values.items()}
        assert frame["parameters"] == {name: array.tolist() for name, array in straight.parameters().items()}

    def test_at_a_slow_pace_makes_one_step_when_it_is_due(self, mazur: Session, clock: Clock) -> None:
        mazur.clock = clock
        tell(mazur, "play", steps_per_second=2)

        waits = [mazur.train(0.0005), mazur.train(0.0005)]
        clock.now += 0.3
        waits.append(mazur.train(0.0005))
        after_a_while = heard(mazur.frame(1))["cursor"]["step"]
        clock.now += 0.21
        waits.append(mazur.train(0.0005))

        assert waits == [0.0, pytest.approx(0.5), pytest.approx(0.2), 0.0]
        assert after_a_while == 1
        assert heard(mazur.frame(2))["cursor"]["step"] == 2

    def test_does_not_make_up_for_what_it_missed(self, mazur: Session, clock: Clock) -> None:
        mazur.clock = clock
        tell(mazur, "play", steps_per_second=10)
        mazur.train(0.0005)
        clock.now += 60

        while mazur.train(0.0005) == 0.0:
            pass

        assert heard(mazur.frame(1))["cursor"]["step"] == 2

    def test_counts_its_steps_per_second(self, mazur: Session, clock: Clock) -> None:
        mazur.clock = clock
        tell(mazur, "play", steps_per_second=10)
        for _ in range(20):
            clock.now += 0.1
            mazur.train(0.0005)
            frame = heard(mazur.frame(1))

        assert frame["steps_per_second"] == pytest.approx(10, rel=0.2)

    def test_has_news_only_after_a_step(self, mazur: Session, clock: Clock) -> None:
        mazur.clock = clock
        tell(mazur, "play", steps_per_second=1)
        news = [mazur.has_news]
        mazur.train(0.0005)
        news.append(mazur.has_news)
        mazur.frame(1)
        mazur.train(0.0005)
        news.append(mazur.has_news)

        assert news == [False, True, False]

    def test_an_edit_of_the_learning_rate_goes_on_playing(self, mazur: Session) -> None:
        tell(mazur, "play", steps_per_second=None)
        mazur.train(0.001)
        shown = heard(mazur.frame(0))["cursor"]

        (edited,) = tell(mazur, "edit", id=1, path="learning_rate", value=0.01)

        assert edited["type"] == "edited"
        assert edited["cursor"] == {"step": shown["step"] + 1, "event": 0}
        assert edited["preview"] is None
        assert mazur.playing
        mazur.train(0.001)
        assert heard(mazur.frame(1))["learning_rate"] == 0.01

    def test_next_ends_it(self, mazur: Session) -> None:
        tell(mazur, "play", steps_per_second=None)
        mazur.train(0.001)

        messages = tell(mazur, "next", grain="event")

        assert kinds(messages) == ["snapshot", "commit", "history"]
        assert not messages[0]["playing"]
        assert not mazur.playing

    def test_seek_and_back_end_it_with_a_snapshot(self, mazur: Session) -> None:
        for command in ({"cursor": {"step": 0, "event": 3}}, {"cursor": "last"}):
            tell(mazur, "play", steps_per_second=None)
            mazur.train(0.001)
            (snapshot,) = tell(mazur, "seek", **command)
            assert not snapshot["playing"]
        tell(mazur, "play", steps_per_second=None)
        mazur.train(0.001)
        assert tell(mazur, "back", grain="event")[0]["type"] == "snapshot"

    def test_stops_where_the_run_diverges(self) -> None:
        made = session(line(rows=1, optimizer={"type": "sgd", "learning_rate": 50}))
        tell(made, "play", steps_per_second=None)

        while made.playing:
            made.train(0.001)

        snapshot = heard(made.snapshot())
        assert snapshot["divergence"]["parameter"].startswith("layer0")
        assert snapshot["finished"]
        assert not snapshot["playing"]

    def test_stops_at_the_limit_of_steps(self) -> None:
        made = session(line(rows=1), settings=Settings(max_steps=500))
        tell(made, "play", steps_per_second=None)

        while made.playing:
            made.train(0.001)

        assert cursor(made) == (500, 0)
        assert tell(made, "play", steps_per_second=None)[0]["playing"] is False

    def test_replays_the_past_and_goes_on_into_the_future(self, mazur: Session) -> None:
        for _ in range(50):
            tell(mazur, "next", grain="step")
        straight = heard(mazur.snapshot())["history"]["loss"]
        tell(mazur, "seek", cursor={"step": 10, "event": 0})
        tell(mazur, "play", steps_per_second=None)

        while cursor(mazur)[0] < 60:
            mazur.train(0.0001)

        assert heard(mazur.snapshot())["history"]["loss"][:50] == straight


class TestTheGradientCheck:
    def test_is_wanted_once_the_gradients_of_a_step_are_known(self, mazur: Session) -> None:
        wanted = []
        for _ in range(17):
            tell(mazur, "next", grain="event")
            wanted.append(mazur.wants_check)

        assert wanted == [False] * 11 + [True] * 5 + [False]

    def test_is_wanted_once_for_each_step(self, mazur: Session) -> None:
        tell(mazur, "seek", cursor="last")

        checked = heard(mazur.check())

        assert checked["checked"]["passed"]
        assert not mazur.wants_check
        assert heard(mazur.snapshot())["checked"] == checked["checked"]
        tell(mazur, "next", grain="event")
        tell(mazur, "seek", cursor="last")
        assert mazur.wants_check

    def test_is_wanted_again_after_a_weight_was_changed(self, mazur: Session) -> None:
        tell(mazur, "seek", cursor="last")
        mazur.check()

        tell(mazur, "edit", id=1, path="layer0.W", index=[0, 0], value=0.5)
        tell(mazur, "seek", cursor="last")

        assert mazur.wants_check

    def test_is_not_wanted_while_playing_nor_for_large_networks(self, mazur: Session) -> None:
        tell(mazur, "play", steps_per_second=None)
        mazur.train(0.001)
        large = session(preset("mazur"), settings=Settings(max_checked_parameters=11))
        tell(large, "seek", cursor="last")

        assert not mazur.wants_check
        assert not large.wants_check


class TestWhatTakesLong:
    @pytest.mark.parametrize(
        ("path", "is_long"),
        [
            ("learning_rate", False),
            ("layer0.W", False),
            ("data.points.move", False),
            ("data.inputs", True),
            ("loss", True),
        ],
    )
    def test_of_edits_are_those_that_read_a_large_document(self, path: str, is_long: bool) -> None:
        command = COMMANDS.validate_python({"type": "edit", "id": 1, "path": path, "value": 0.5})

        assert session(line(9000)).is_long(command) == is_long
        assert not session(line(9)).is_long(command)

    def test_of_ways_back_are_those_over_many_edits_of_the_structure(self) -> None:
        made = session(line(9))
        command = COMMANDS.validate_python({"type": "seek", "cursor": "first"})
        assert not made.is_long(command)

        for row in range(20):
            tell(made, "edit", id=row, path="data.points.add", value={"input": [0.1], "target": [0.2]})

        assert made.is_long(command)
