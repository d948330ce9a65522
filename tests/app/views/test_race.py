"""What the view of the race is told, against the engine."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from app.documents import preset
from app.encode import encode_view
from app.opening import session_of
from app.session import Session
from app.settings import Settings
from app.views.race import MOST_POINTS, show_race
from app.views.race_planes import RESOLUTION
from app.views.requests import RaceRequest
from app.views.shown import Shown
from engine import Timeline
from engine.plane import plane
from engine.race import SearchLane
from engine.scores import scores

AS_IT_IS = {"name": "as it is"}
FASTER = {"name": "η 3", "change": {"path": "learning_rate", "value": 3.0}}
GENETIC = {"name": "GA", "search": {"type": "genetic", "population": 12, "elite": 2}}
CLIMBER = {"name": "climb", "search": {"type": "hill_climbing"}}
STRATEGY = {"name": "ES", "search": {"type": "evolution", "pairs": 5}}
DIFFERENCES = {"name": "FD", "search": {"type": "finite_differences"}}
RANDOM = {"name": "random", "search": {"type": "random"}}


def request(*lanes: dict[str, Any], **more: object) -> RaceRequest:
    return RaceRequest.model_validate({"view": "race", "lanes": list(lanes), **more})


def session(name: str = "xor", steps: int = 0, **changes: object) -> Session:
    made = session_of({**preset(name), **changes}, Settings(), "a-session-for-tests")
    made.timeline.run(steps=steps)
    return made


def shown(session: Session, asked: RaceRequest) -> Shown:
    """What is told when all lanes have arrived."""
    session.race(asked)
    while not session.look_back("race", 1.0):
        pass
    parts = [part for part in show_race(session, asked) if part is not None]
    assert isinstance(encode_view(asked, parts[-1], *session.place()), bytes | str)
    return parts[-1]


def test_each_lane_is_told_with_its_losses_as_its_own_run_has_them() -> None:
    asked = request(AS_IT_IS, FASTER)
    found = shown(session(steps=50), asked)

    for number, rate in enumerate((1.0, 3.0)):
        alone = Timeline.from_json({**preset("xor"), "optimizer": {"type": "sgd", "learning_rate": rate}})
        alone.run(steps=50)
        np.testing.assert_array_equal(found.arrays[f"losses.{number}"][:, 2], alone.history("loss")[:50])
        np.testing.assert_array_equal(found.arrays[f"losses.{number}"][:, 0], np.arange(50))
    assert [lane["done"] for lane in found.data["lanes"]] == [50, 50]
    assert found.data["order"] == [1, 0]


def test_costs_are_counted_in_forward_passes() -> None:
    found = shown(session(steps=10), request(AS_IT_IS, CLIMBER))

    backprop, climber = found.data["lanes"]
    assert (backprop["cost"], backprop["evaluations"]) == (30.0, 0)
    assert (climber["cost"], climber["evaluations"]) == (30.0, 30)


def test_a_long_record_is_thinned() -> None:
    found = shown(session(steps=1500), request(AS_IT_IS, CLIMBER))

    for number in range(2):
        assert 100 < len(found.arrays[f"losses.{number}"]) <= MOST_POINTS + 1


def test_a_crossing_is_exact_though_the_record_is_thinned() -> None:
    xor = session(steps=1500)
    found = shown(xor, request(AS_IT_IS, FASTER, threshold=0.0123))

    losses = xor.timeline.history("loss")[:1500]
    first = int(np.flatnonzero(losses < 0.0123)[0])
    assert found.data["lanes"][0]["below"] == {"step": first, "cost": 3 * first + 1}


def test_scores_are_those_of_all_training_rows_and_of_the_validation_rows() -> None:
    circles = session("circles", steps=20)
    found = shown(circles, request(AS_IT_IS, FASTER))

    lane, own = found.data["lanes"][0], scores(circles.timeline.still())
    assert lane["loss"] == pytest.approx(own.training.loss)
    assert lane["accuracy"] == own.training.accuracy
    assert own.validation is not None
    assert lane["validation_loss"] == pytest.approx(own.validation.loss)
    assert lane["validation_accuracy"] == own.validation.accuracy


def test_a_lane_that_diverges_says_why_and_does_not_lead() -> None:
    asked = request(AS_IT_IS, {"name": "η 1000", "change": {"path": "learning_rate", "value": 1000.0}})
    found = shown(session("house_prices", steps=200), asked)

    diverged = found.data["lanes"][1]
    assert "diverg" in diverged["stopped"] or "learning rate" in diverged["stopped"]
    assert diverged["there"]
    assert found.data["order"] == [0]


def test_a_bad_lane_is_told_with_path_value_and_what_is_allowed() -> None:
    xor = session(steps=2)
    asked = request(AS_IT_IS, {"name": "bad", "search": {"type": "genetic", "population": 1}})

    (found,) = show_race(xor, asked)

    assert found is not None
    (problem,) = found.data["problems"]
    assert problem["path"] == "lanes[1].search.population"
    assert problem["value"] == "1"
    assert "2" in problem["allowed"]
    assert found.data["lanes"] == []


def test_a_race_that_would_begin_where_the_run_has_not_been_says_so() -> None:
    xor = session(steps=2)

    (found,) = show_race(xor, request(AS_IT_IS, FASTER, fork={"step": 1_000_000_000, "event": 0}))

    assert found is not None
    assert found.data["reason"] == "The race begins at step 1000000001, but the run has come to step 3 only."
    assert xor.timeline.last_step == 2


def test_a_race_that_would_begin_at_an_event_that_there_is_not_says_so() -> None:
    (found,) = show_race(session(steps=2), request(AS_IT_IS, FASTER, fork={"step": 1, "event": 999}))

    assert found is not None
    assert found.data["reason"].startswith("The race cannot begin there: ")


def test_a_generation_is_told_best_first_with_what_was_done_to_each() -> None:
    xor = session(steps=30)
    asked = request(AS_IT_IS, GENETIC)
    found = shown(xor, asked)

    lane = xor.race(asked).lanes[1]
    assert isinstance(lane, SearchLane)
    newest = lane.search.memory
    table = found.arrays["generation.1"]
    assert found.data["lanes"][1]["method"]["number"] == newest.number > 0
    np.testing.assert_array_equal(table[:, 0], newest.losses)
    np.testing.assert_array_equal(table[:, 1:3], newest.parents)
    np.testing.assert_array_equal(table[:, 3:], np.column_stack([newest.elite, newest.crossed, newest.mutated]))
    assert np.all(np.diff(table[:, 0]) >= 0)
    assert table[:, 3].sum() == 2


@pytest.mark.parametrize("lane", [CLIMBER, RANDOM])
def test_attempts_are_told_with_whether_they_were_kept(lane: dict[str, Any]) -> None:
    xor = session(steps=30)
    asked = request(AS_IT_IS, lane)
    found = shown(xor, asked)

    method, tries = found.data["lanes"][1]["method"], found.arrays["tries.1"]
    assert (method["count"], method["first"], len(tries)) == (90, 50, 40)
    search = xor.race(asked).lanes[1].search  # type: ignore[attr-defined]
    best = search.history(90).best_losses
    np.testing.assert_array_equal(tries[:, 0], search.history(90).losses[50:])
    np.testing.assert_array_equal(tries[:, 1] == 1, best[50:] < best[49:-1])
    assert method["kept"] == len(np.unique(best))
    assert (method["sigma"] is None) == (lane is RANDOM)


def test_a_search_that_has_not_begun_has_tried_nothing() -> None:
    found = shown(session(), request(CLIMBER, GENETIC, STRATEGY, DIFFERENCES))

    methods = [lane["method"] for lane in found.data["lanes"]]
    assert methods[0]["count"] == 0
    assert methods[1]["number"] is None
    assert methods[2]["length"] is None
    assert methods[3]["now"] is None


def test_nudges_are_told_with_their_rewards() -> None:
    xor = session(steps=12)
    asked = request(AS_IT_IS, STRATEGY)
    found = shown(xor, asked)

    cloud = found.arrays["cloud.1"]
    assert cloud.shape == (5, 4)
    # The lower the loss, the higher the reward; rewards have mean 0 and deviation 1.
    losses, rewards = cloud[:, :2].reshape(-1), cloud[:, 2:].reshape(-1)
    assert np.array_equal(np.argsort(losses), np.argsort(-rewards))
    assert rewards.mean() == pytest.approx(0, abs=1e-12)
    assert rewards.std() == pytest.approx(1)


def test_finite_differences_nudge_one_weight_after_the_other_as_costs_allow() -> None:
    # 9 weights: an iteration is 10 evaluations; after step k backprop has spent 3 k.
    told = []
    for step in (1, 2, 3, 4):
        method = shown(session(steps=step), request(AS_IT_IS, DIFFERENCES)).data["lanes"][1]["method"]
        told.append((method["nudged"], method["now"]))

    assert told == [
        (2, {"name": "layer0.W", "index": [0, 1]}),
        (5, {"name": "layer0.W", "index": [1, 1]}),
        (8, {"name": "layer1.W", "index": [0, 1]}),
        (1, {"name": "layer0.W", "index": [0, 0]}),
    ]


def test_slopes_are_those_of_backpropagation() -> None:
    found = shown(session(steps=3), request(AS_IT_IS, DIFFERENCES))

    xor = session()
    while not xor.timeline.gradients_known:
        xor.timeline.next()
    gradient = xor.timeline.still().gradient
    assert gradient is not None
    slopes = found.arrays["slope.1"][:, 0]
    # The flat vector has gaps between layers, in which everything is 0.
    np.testing.assert_allclose(slopes, gradient[gradient != 0], atol=1e-6)
    assert len(slopes) == 9


def test_planes_are_those_of_the_lanes_networks() -> None:
    xor = session(steps=25)
    asked = request(AS_IT_IS, CLIMBER, planes=True)
    found = shown(xor, asked)

    (left, right), (low, high) = found.data["planes"]["bounds"]
    alone = plane(xor.timeline.still(), resolution=RESOLUTION, bounds=[left, right, low, high])
    np.testing.assert_allclose(found.arrays["plane.0"], alone.outputs, atol=1e-12)
    assert found.arrays["plane.1"].shape == (1, RESOLUTION, RESOLUTION)
    assert not np.allclose(found.arrays["plane.1"], alone.outputs)
    np.testing.assert_array_equal(found.arrays["dots"], [[0, 0, 0], [0, 1, 1], [1, 0, 1], [1, 1, 0]])


def test_a_network_of_one_input_has_no_plane_and_says_so() -> None:
    found = shown(session("neuron", steps=2), request(AS_IT_IS, FASTER, planes=True))

    assert "one input" in found.data["planes"]["reason"]
    assert "plane.0" not in found.arrays


def test_all_paths_begin_at_one_place_and_end_where_the_lanes_are() -> None:
    xor = session(steps=40)
    axes = {
        "kind": "parameters",
        "first": {"name": "layer0.W", "index": [0, 1]},
        "second": {"name": "layer1.W", "index": [0, 0]},
    }
    asked = request(AS_IT_IS, FASTER, CLIMBER, axes=axes)
    found = shown(xor, asked)

    for number, lane in enumerate(xor.race(asked).lanes):
        path, parameters = found.arrays[f"path.{number}"], lane.parameters()
        np.testing.assert_array_equal(path[0], [0, 1.0, 1.0])
        np.testing.assert_array_equal(path[-1, 1:], [parameters["layer0.W"][0, 1], parameters["layer1.W"][0, 0]])
    assert found.data["paths"]["size"] == len(found.arrays["relief"])
    assert found.data["paths"]["left_out"] == []


def test_the_landscape_is_coarse_first_and_then_fine() -> None:
    xor = session(steps=40)
    asked = request(AS_IT_IS, FASTER, axes={"kind": "principal"})
    xor.race(asked)
    while not xor.look_back("race", 1.0):
        pass

    sizes = [part.data["paths"]["size"] for part in show_race(xor, asked) if part is not None]

    assert sizes == [11, 21, 41]


def test_lanes_with_other_parameters_are_left_out_of_the_landscape() -> None:
    wider = {"name": "wider", "change": {"path": "network.layers[0]", "value": {"type": "dense", "units": 3}}}
    found = shown(session(steps=10), request(AS_IT_IS, wider, axes={"kind": "random"}))

    assert found.data["paths"]["left_out"] == [1]
    assert "path.1" not in found.arrays


def test_paths_without_a_direction_yet_say_so() -> None:
    found = shown(session(), request(AS_IT_IS, FASTER, axes={"kind": "principal"}))

    assert "two steps" in found.data["paths"]["reason"]
