"""What the view of the plane is told, against the engine."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from app.documents import preset
from app.encode import VIEW_HEADER, encode_view
from app.messages import COMMANDS
from app.opening import session_of
from app.session import Session
from app.settings import Settings
from app.views.plane import show_plane
from app.views.requests import PlaneRequest
from engine.hidden import hidden_space
from engine.plane import curve, plane
from engine.scores import decisions, scores, true_classes
from engine.still import Forwards
from engine.uncertain import class_probabilities

Told = tuple[dict[str, Any], dict[str, np.ndarray[Any, np.dtype[np.float32]]]]


def session(document: str | Mapping[str, Any], **changes: Any) -> Session:
    whole = preset(document) if isinstance(document, str) else document
    return session_of({**whole, **changes}, Settings(), "a-session-for-tests")


def classified(data: Mapping[str, Any], units: int, loss: str, activation: str, hidden: int = 3) -> dict[str, Any]:
    layers = [
        {"type": "dense", "units": hidden, "activation": "tanh"},
        {"type": "dense", "units": units, "activation": activation},
    ]
    return {"version": 1, "seed": 1, "data": dict(data), "network": {"layers": layers}, "loss": loss}


IRIS = classified({"name": "iris"}, 3, "categorical_cross_entropy", "softmax")


def shown(session: Session, **asked: Any) -> Told:
    """Data and arrays as the page gets them."""
    request = PlaneRequest(view="plane", **asked)
    part = [part for part in show_plane(session, request) if part is not None][-1]
    message = encode_view(request, part, *session.place())
    if isinstance(message, str):
        return json.loads(message)["data"], {}
    _, _, length = VIEW_HEADER.unpack_from(message)
    header = json.loads(message[VIEW_HEADER.size : VIEW_HEADER.size + length])
    begin = math.ceil((VIEW_HEADER.size + length) / 8) * 8
    arrays = {}
    for place in header["arrays"]:
        count = math.prod(place["shape"])
        numbers = np.frombuffer(message, "<f4", count, begin + struct.calcsize("<f") * place["offset"])
        arrays[place["name"]] = numbers.reshape(place["shape"])
    return header["data"], arrays


def edited(session: Session, path: str, value: Any, index: list[int] | None = None) -> None:
    command = {"type": "edit", "id": 1, "path": path, "value": value}
    session.handle(COMMANDS.validate_python(command if index is None else {**command, "index": index}))


def test_the_outputs_are_those_of_the_engine_at_the_cursor() -> None:
    circles = session("circles")
    circles.timeline.run(20)

    data, arrays = shown(circles)

    found = plane(circles.timeline.still())
    assert data["kind"] == "plane"
    assert data["reason"] is None
    assert [axis["name"] for axis in data["axes"]] == ["x", "y"]
    assert data["axes"][0]["low"] == found.x[0]
    assert data["axes"][1]["high"] == found.y[-1]
    np.testing.assert_array_equal(arrays["outputs"], found.outputs.astype(np.float32))


def test_going_back_in_time_shows_what_was_shown_before() -> None:
    circles = session("circles")
    _, before = shown(circles)
    circles.timeline.run(20)
    _, later = shown(circles)

    circles.timeline.seek(0)

    np.testing.assert_array_equal(shown(circles)[1]["outputs"], before["outputs"])
    assert not np.array_equal(later["outputs"], before["outputs"])


def test_points_carry_row_target_probability_and_class_found() -> None:
    circles = session("circles")
    circles.timeline.run(200)

    data, arrays = shown(circles)

    timeline, dataset = circles.timeline, circles.timeline.experiment.dataset
    outputs = Forwards().activations(timeline.still(), dataset.inputs)[2].T
    found = decisions(timeline.experiment, outputs)
    true = true_classes(timeline.experiment, dataset.targets)
    np.testing.assert_array_equal(arrays["training"][:, 0], np.arange(150))
    np.testing.assert_array_equal(arrays["training"][:, 1], true)
    np.testing.assert_array_equal(arrays["training"][:, 3], found)
    np.testing.assert_allclose(arrays["training"][:, 2], np.maximum(outputs[:, 0], 1 - outputs[:, 0]), rtol=1e-6)
    np.testing.assert_array_equal(arrays["training_inputs"], dataset.raw_inputs.astype(np.float32))
    assert data["training"]["wrong"] == np.count_nonzero(found != true)
    scored = scores(timeline.still())
    assert scored.training.accuracy == data["training"]["accuracy"]
    assert scored.validation is not None
    assert scored.validation.accuracy == data["validation"]["accuracy"]


def test_with_many_rows_five_hundred_are_shown_and_all_are_counted() -> None:
    many = session(classified({"name": "moons", "samples": 2000}, 1, "binary_cross_entropy", "sigmoid"))

    data, arrays = shown(many)

    assert data["training"]["rows"] == 2000
    assert data["training"]["shown"] == len(arrays["training"]) == 500
    accuracy = scores(many.timeline.still()).training.accuracy
    assert accuracy == data["training"]["accuracy"]


def test_more_than_two_classes_tell_by_how_much_each_is_ahead() -> None:
    softmax = session("softmax")

    data, arrays = shown(softmax)

    assert data["class_names"] == ["A", "B", "C"]
    assert "chance" not in arrays, "the outputs are the probabilities"
    outputs = arrays["outputs"]
    winner = outputs.argmax(axis=0)
    np.testing.assert_array_equal((arrays["lead"] > 0).argmax(axis=0), winner)
    ordered = np.sort(outputs, axis=0)
    np.testing.assert_allclose(arrays["lead"].max(axis=0), ordered[-1] - ordered[-2], atol=1e-6)


def test_logits_are_told_with_the_probabilities_they_stand_for() -> None:
    blobs = session(classified({"name": "blobs"}, 3, "categorical_cross_entropy", "identity"))

    _, arrays = shown(blobs)

    found = plane(blobs.timeline.still()).outputs
    wanted = class_probabilities(found.reshape(3, -1).T, "logit").T.reshape(found.shape)
    np.testing.assert_allclose(arrays["chance"], wanted, rtol=1e-6)


def test_two_classes_turn_at_the_level() -> None:
    circles, _ = shown(session("circles"))
    logits, arrays = shown(session(classified({"name": "moons"}, 1, "binary_cross_entropy", "identity")))

    assert circles["level"] == 0.5
    assert logits["level"] == 0.0
    np.testing.assert_array_equal(arrays["chance"] > 0.5, arrays["outputs"] > 0.0)


def test_a_regression_has_the_scale_of_its_targets() -> None:
    tilted = session(classified({"name": "plane"}, 1, "half_squared_error", "identity"))

    data, arrays = shown(tilted)

    targets = tilted.timeline.experiment.dataset.targets
    assert data["scale"][0] <= targets.min()
    assert data["scale"][1] >= targets.max()
    rmse = scores(tilted.timeline.still()).training.rmse
    assert rmse is not None
    assert math.isclose(data["training"]["rmse"], rmse, rel_tol=1e-12)
    np.testing.assert_array_equal(arrays["training"][:, 1], targets[:, 0].astype(np.float32))


def test_along_one_input_there_is_a_curve() -> None:
    sine = session(classified({"name": "sine"}, 1, "half_squared_error", "identity"))

    data, arrays = shown(sine, neurons=True)

    assert data["kind"] == "curve"
    assert data["pair"] == [0]
    np.testing.assert_array_equal(arrays["outputs"], curve(sine.timeline.still()).outputs.astype(np.float32))
    assert arrays["neurons.0"].shape == (3, 25)


def test_other_inputs_stay_at_their_means_or_as_in_a_row() -> None:
    iris = session(IRIS)
    raw = iris.timeline.experiment.dataset.raw_inputs

    means, _ = shown(iris, pair=[2, 3])
    row, arrays = shown(iris, pair=[2, 3], row=7)

    assert [held["name"] for held in means["held"]] == ["sepal length", "sepal width"]
    np.testing.assert_allclose([held["value"] for held in means["held"]], raw[:, :2].mean(axis=0))
    assert row["row"] == 7
    np.testing.assert_allclose([held["value"] for held in row["held"]], raw[7, :2])
    wanted = plane(iris.timeline.still(), (2, 3), fixed=raw[7])
    np.testing.assert_array_equal(arrays["outputs"], wanted.outputs.astype(np.float32))


def test_a_pair_that_the_data_do_not_have_gives_way_to_the_first_inputs() -> None:
    data, _ = shown(session("circles"), pair=[2, 3], row=999)

    assert data["pair"] == [0, 1]
    assert data["row"] is None


def test_maps_of_all_neurons_are_small_and_that_of_the_chosen_one_is_not() -> None:
    circles = session("circles")

    data, arrays = shown(circles, neurons=True, neuron={"layer": 1, "unit": 1})

    found = plane(circles.timeline.still())
    assert [arrays[f"neurons.{layer}"].shape for layer in range(3)] == [(4, 25, 25), (2, 25, 25), (1, 25, 25)]
    np.testing.assert_array_equal(arrays["chosen"], found.neurons[1][1].astype(np.float32))
    for corner in (0, -1):
        wanted = found.neurons[0][:, corner, corner].astype(np.float32)
        np.testing.assert_array_equal(arrays["neurons.0"][:, corner, corner], wanted)
    assert [(entry["layer"], entry["peak"], entry["turn"]) for entry in data["maps"]] == [
        (0, 1.0, 0.0),
        (1, 1.0, 0.0),
        (2, 1.0, 0.5),
    ]


def test_a_neuron_that_is_not_there_and_the_only_output_are_no_choice() -> None:
    for layer, unit in ((0, 4), (7, 0), (2, 0)):
        data, arrays = shown(session("circles"), neuron={"layer": layer, "unit": unit})

        assert data["neuron"] is None
        assert "chosen" not in arrays


def test_the_chosen_output_of_several_numbers_is_the_one_on_show() -> None:
    two = session("mazur")

    data, _ = shown(two, neuron={"layer": 1, "unit": 1})

    assert data["output"] == 1


def test_the_hidden_space_has_the_points_and_the_cut_of_the_engine() -> None:
    circles = session("circles")

    data, arrays = shown(circles, hidden=True)

    space = hidden_space(circles.timeline.still())
    np.testing.assert_array_equal(arrays["hidden_training"], space.training_at.astype(np.float32))
    assert data["hidden"]["shown_units"] == [0, 1]
    (cut,) = data["hidden"]["cuts"]
    assert (cut["above"], cut["below"]) == ("outer", "inner")
    np.testing.assert_allclose(cut["w"], space.cuts[0].w)


def test_of_many_hidden_units_a_pair_may_be_chosen() -> None:
    iris = session(IRIS)

    components, _ = shown(iris, hidden=True)
    pair, _ = shown(iris, hidden=True, hidden_pair=[2, 0])
    absent, _ = shown(iris, hidden=True, hidden_pair=[5, 0])

    assert components["hidden"]["shown_units"] == absent["hidden"]["shown_units"] == []
    assert pair["hidden"]["shown_units"] == [2, 0]


def test_a_network_without_a_hidden_layer_says_so() -> None:
    data, arrays = shown(session("softmax"), hidden=True)

    assert data["hidden"]["reason"] == "This network has no hidden layer."
    assert "hidden_training" not in arrays


def test_the_point_that_is_asked_about_lies_where_the_network_cannot_tell() -> None:
    circles = session("circles")
    circles.timeline.run(300)

    data, _ = shown(circles, uncertain=True)

    point = np.array(data["uncertain"]["point"])
    output = Forwards().activations(circles.timeline.still(), point[np.newaxis])[2].item()
    assert data["uncertain"]["uncertainty"] > 0.9
    assert math.isclose(data["uncertain"]["uncertainty"], 1 - abs(2 * output - 1), rel_tol=1e-9)


def test_a_regression_has_nothing_to_ask() -> None:
    tilted = session(classified({"name": "plane"}, 1, "half_squared_error", "identity"))

    data, _ = shown(tilted, uncertain=True)

    assert data["uncertain"]["point"] is None
    assert "regression" in data["uncertain"]["reason"]


def test_a_point_that_is_added_or_moved_within_the_plane_does_not_shift_its_ends() -> None:
    circles = session("circles")
    before, _ = shown(circles)
    high = before["axes"][0]["high"]

    edited(circles, "data.points.add", {"input": [high, high], "target": 1})
    edited(circles, "data.points.move", [-high, high], [3])
    after, arrays = shown(circles)

    assert after["axes"] == before["axes"]
    assert after["training"]["rows"] == 151
    np.testing.assert_array_equal(arrays["training_inputs"][-1], np.array([high, high], np.float32))
    np.testing.assert_array_equal(arrays["training_inputs"][3], np.array([-high, high], np.float32))


def test_other_data_have_ends_of_their_own() -> None:
    circles = session("circles")
    before, _ = shown(circles)

    edited(circles, "data", {"name": "circles", "scale": 10.0})

    assert shown(circles)[0]["axes"][0]["high"] > 5 * before["axes"][0]["high"]


@pytest.mark.parametrize(
    "asked",
    [{"resolution": 1000}, {"pair": [0]}, {"neuron": {"layer": -1, "unit": 0}}, {"row": -1}, {"colour": "red"}],
)
def test_what_may_not_be_asked_is_refused(asked: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        PlaneRequest.model_validate({"view": "plane", **asked})
