"""What is told of the landscape, against the engine."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from app.documents import preset
from app.encode import encode_view
from app.opening import session_of
from app.session import Session
from app.settings import Settings
from app.views.landscape import show_landscape
from app.views.registry import view_of
from app.views.requests import LandscapeRequest
from app.views.shown import Shown

from ..speaking import tell

RANDOM = {"kind": "random"}
PRINCIPAL = {"kind": "principal"}
WEIGHTS = {
    "kind": "parameters",
    "first": {"name": "layer0.W", "index": [0, 0]},
    "second": {"name": "layer1.b", "index": [0]},
}


def open_session(document: dict[str, Any] | None = None) -> Session:
    return session_of(document or preset("xor"), Settings(), "a-session-for-tests")


def ask(axes: dict[str, Any] = WEIGHTS, **more: Any) -> LandscapeRequest:
    return LandscapeRequest.model_validate({"view": "landscape", "axes": axes, **more})


def look_back(session: Session) -> None:
    while not session.look_back("past", 1.0):
        pass


def show(session: Session, request: LandscapeRequest) -> Shown:
    return shows(session, request)[-1]


def shows(session: Session, request: LandscapeRequest) -> list[Shown]:
    return [part for part in show_landscape(session, request) if part is not None]


def ends(shown: Shown) -> list[tuple[float, float]]:
    return [(shown.data[axis]["low"], shown.data[axis]["high"]) for axis in "uv"]


def test_it_comes_coarse_first_and_then_finer() -> None:
    told = shows(open_session(), ask())

    assert [part.data["size"] for part in told] == [11, 21, 41]
    assert [part.data["is_final"] for part in told] == [False, False, True]
    assert told[-1].arrays["losses"].shape == (41, 41)
    assert len(told[-1].data["u"]["nodes"]) == 41
    assert not told[-1].data["is_coarser"]


@pytest.mark.parametrize("over", ["batch", "training"])
def test_the_losses_are_what_the_network_has_with_those_weights(over: str) -> None:
    session = open_session({**preset("xor"), "batch_size": 2})
    timeline = session.timeline
    timeline.run(3)
    told = show(session, ask(over=over))
    i, j = 30, 7

    timeline.edit("layer0.W", told.data["u"]["nodes"][i], [0, 0])
    timeline.edit("layer1.b", told.data["v"]["nodes"][j], [0])
    still = timeline.still()
    data = still.experiment.dataset
    rows = (still.inputs, still.targets) if over == "batch" else (data.inputs, data.targets)
    expected = timeline.forward_on(*rows).loss.view().item()

    assert told.arrays["losses"][j, i] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("axes", [WEIGHTS, RANDOM, PRINCIPAL])
def test_the_loss_where_we_are_is_the_true_one(axes: dict[str, Any]) -> None:
    session = open_session()
    session.timeline.run(20)
    look_back(session)

    told = show(session, ask(axes))

    timeline = session.timeline
    timeline.run_to_end_of_step()
    assert told.data["loss"] == pytest.approx(float(timeline.values["loss"]), rel=1e-12)
    (low, high), (below, above) = ends(told)
    assert low < told.data["at"][0] < high
    assert below < told.data["at"][1] < above


def test_the_path_is_the_weights_and_the_losses_of_the_steps() -> None:
    session = open_session()
    session.timeline.run(6)
    look_back(session)

    path = show(session, ask()).arrays["path"]

    assert path[:, 0].tolist() == [0, 1, 2, 3, 4, 5]
    for step, u, v, loss in path:
        session.timeline.seek(int(step))
        parameters = session.timeline.parameters()
        assert (u, v) == (parameters["layer0.W"][0, 0], parameters["layer1.b"][0])
        assert loss == session.timeline.history("loss")[int(step)]


def test_the_heights_of_the_path_are_those_of_this_landscape() -> None:
    session = open_session()
    session.timeline.run(6)
    look_back(session)
    told = show(session, ask())
    place = 2

    session.timeline.edit("layer0.W", float(told.arrays["path"][place, 1]), [0, 0])
    session.timeline.edit("layer1.b", float(told.arrays["path"][place, 2]), [0])
    data = session.timeline.experiment.dataset
    expected = session.timeline.forward_on(data.inputs, data.targets).loss.view().item()

    assert told.arrays["heights"][place] == pytest.approx(expected, rel=1e-12)


def test_the_way_down_is_known_with_the_gradients() -> None:
    session = open_session()
    request = ask()
    before = show(session, request)
    assert (before.data["down"], before.data["next"]) == (None, None)
    session.timeline.run_to_end_of_step()

    told = show(session, request)

    timeline = session.timeline
    slopes = [timeline.values["layer0.grad_W"][0, 0], timeline.values["layer1.grad_b"][0]]
    assert told.data["down"] == [-slopes[0], -slopes[1]]
    timeline.run(1)
    parameters = timeline.parameters()
    assert told.data["next"] == pytest.approx([parameters["layer0.W"][0, 0], parameters["layer1.b"][0]])


def test_the_lowest_loss_is_that_of_its_place() -> None:
    told = show(open_session(), ask())
    lowest, losses = told.data["lowest"], told.arrays["losses"]

    j, i = told.data["v"]["nodes"].index(lowest["v"]), told.data["u"]["nodes"].index(lowest["u"])

    assert lowest["loss"] == losses[j, i] == losses.min()


# ------------------------------------------------------------------ what stands still


def test_within_a_step_nothing_is_found_again() -> None:
    session = open_session()
    request = ask()
    first = show(session, request)
    session.timeline.run_to_end_of_step()

    parts = list(show_landscape(session, request))

    assert None not in parts  # nothing had to be worked out
    assert len(parts) == 1
    assert parts[0] is not None
    np.testing.assert_array_equal(parts[0].arrays["losses"], first.arrays["losses"])


def test_what_was_begun_is_gone_on_with_at_the_next_event() -> None:
    session, request = open_session(), ask()
    begun = show_landscape(session, request)
    for _ in range(30):
        next(begun)
    session.timeline.next()

    parts = list(show_landscape(session, request))

    assert parts[0] is not None
    assert parts[0].data["size"] == 21
    assert parts.count(None) <= 40


def test_another_step_is_another_landscape() -> None:
    session, request = open_session(), ask()
    before = show(session, request)
    session.timeline.run(1)

    after = show(session, request)

    assert not np.array_equal(before.arrays["losses"], after.arrays["losses"])


@pytest.mark.parametrize("axes", [WEIGHTS, RANDOM])
def test_the_frame_stands_still_while_the_run_moves_in_it(axes: dict[str, Any]) -> None:
    session, request = open_session(), ask(axes)
    frames, places = [], []
    for _ in range(8):
        session.timeline.run(1)
        look_back(session)
        told = show(session, request)
        frames.append(ends(told))
        places.append(told.arrays["path"][0, 1:3].tolist())

    assert len({str(frame) for frame in frames}) <= 2
    np.testing.assert_allclose(places, np.broadcast_to(places[0], (8, 2)), atol=1e-12)


def test_going_back_leaves_the_frame_and_the_path_where_they_are() -> None:
    for axes in (WEIGHTS, RANDOM, PRINCIPAL):
        session, request = open_session(), ask(axes)
        session.timeline.run(30)
        look_back(session)
        before = show(session, request)
        session.timeline.seek(7)

        after = show(session, request)

        assert ends(after) == ends(before)
        np.testing.assert_allclose(after.arrays["path"], before.arrays["path"], atol=1e-9)
        np.testing.assert_allclose(after.data["at"], before.arrays["path"][7, 1:3], atol=1e-9)


def test_principal_directions_change_only_at_powers_of_two() -> None:
    session, request = open_session(), ask(PRINCIPAL)
    frames = []
    for steps in (10, 5, 1, 1):  # 10, 15, 16 and 17 steps: the newest complete is step 9, 14, 15, 16
        session.timeline.run(steps)
        look_back(session)
        frames.append(show(session, request).arrays["path"][0, 1:3])

    np.testing.assert_allclose(frames[:3], [frames[0]] * 3, atol=1e-9)
    assert not np.allclose(frames[3], frames[0])


def test_a_path_that_has_hardly_begun_has_no_principal_directions() -> None:
    session = open_session()
    session.timeline.run(2)
    look_back(session)

    (told,) = shows(session, ask(PRINCIPAL))

    assert "three steps" in told.data["reason"]
    assert not told.arrays


def test_the_random_frame_is_that_of_the_beginning_before_the_past_is_known() -> None:
    session, request = open_session(), ask(RANDOM)
    session.timeline.run(25)
    before = show(session, request)
    look_back(session)

    after = show(session, request)

    assert len(before.arrays["path"]) == 0
    np.testing.assert_allclose(before.data["at"], after.data["at"], atol=1e-12)


# ------------------------------------------------------------------ what an edit drops


def test_what_an_edit_has_dropped_is_told_beside_the_path() -> None:
    session, request = open_session(), ask()
    session.timeline.run(12)
    look_back(session)
    before = show(session, request).arrays["path"]
    session.timeline.seek(4)
    session.timeline.edit("learning_rate", 3.0)

    dropped = show(session, request).arrays["dropped"]

    np.testing.assert_allclose(dropped, before[4:])
    session.timeline.run(6)
    look_back(session)
    again = show(session, request)
    np.testing.assert_allclose(again.arrays["dropped"], before[4:])
    assert again.arrays["path"][:, 0].tolist() == list(range(10))


def test_another_run_of_the_same_network_is_compared_and_another_network_is_not() -> None:
    session, request = open_session(), ask()
    session.timeline.run(5)
    look_back(session)
    show(session, request)

    tell(session, "randomize")
    assert len(show(session, request).arrays["dropped"]) == 5
    tell(session, "load", id=1, preset="mazur")
    assert len(show(session, request).arrays["dropped"]) == 0


def test_what_was_dropped_is_told_along_other_axes_too_until_nobody_looks() -> None:
    session = open_session()
    session.timeline.run(12)
    look_back(session)
    show(session, ask())
    session.timeline.seek(4)
    session.timeline.edit("learning_rate", 3.0)
    show(session, ask())

    assert show(session, ask(RANDOM)).arrays["dropped"][:, 0].tolist() == list(range(4, 12))
    session.keep(set(), [])
    assert len(show(session, ask(RANDOM)).arrays["dropped"]) == 0


# ------------------------------------------------------------------ what cannot be shown


@pytest.mark.parametrize("index", [[5, 0], [0]])
def test_a_weight_that_is_gone_is_a_reason_and_no_error(index: list[int]) -> None:
    axes = {**WEIGHTS, "first": {"name": "layer0.W", "index": index}}

    (told,) = shows(open_session(), ask(axes))

    assert "no such landscape" in told.data["reason"]


def test_the_same_weight_twice_is_a_reason() -> None:
    (told,) = shows(open_session(), ask({**WEIGHTS, "second": WEIGHTS["first"]}))

    assert "two different parameters" in told.data["reason"]


def test_a_large_network_gets_a_coarser_map_and_it_is_said() -> None:
    layers = [
        {"type": "dense", "units": 100, "activation": "relu"},
        {"type": "dense", "units": 1, "activation": "sigmoid"},
    ]
    data = {"name": "circles", "samples": 9000}
    session = open_session({**preset("circles"), "data": data, "network": {"layers": layers}})

    told = next(part for part in show_landscape(session, ask(WEIGHTS)) if part is not None)

    assert told.data["size"] == 11
    assert told.data["is_final"]
    assert told.data["is_coarser"]


def test_while_it_trains_one_grid_is_told_and_afterwards_the_finest() -> None:
    session, request = open_session(), ask()
    session.playing = True
    state = view_of(request).state(session)
    training = shows(session, request)
    session.playing = False

    assert len(training) == 1
    assert training[0].data["size"] < 41
    assert view_of(request).state(session) != state
    assert show(session, request).data["size"] == 41


def test_a_diverged_run_has_a_landscape_too() -> None:
    document = preset("neuron")
    document["optimizer"] = {"type": "sgd", "learning_rate": 1e6}
    session = open_session(document)
    session.timeline.run(10)
    look_back(session)
    axes = {**WEIGHTS, "second": {"name": "layer0.b", "index": [0]}}

    told = show(session, ask(axes))

    assert np.isfinite(ends(told)).all()
    assert encode_view(ask(axes), told, *session.place())
