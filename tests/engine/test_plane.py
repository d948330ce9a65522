from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import PRESETS, EditError, Experiment, Timeline
from engine.activations import ACTIVATIONS
from engine.bounds import nodes, rounded_outward, with_margin
from engine.plane import axis_bounds, curve, plane, plane_bounds
from engine.still import Forwards
from tests.engine.networks import Document, dense, dropout, examples, one_neuron, rows, start, xor


def preset(name: str, **more: Any) -> Timeline:
    return Timeline(Experiment.from_json({**PRESETS[name]["document"], **more}))


def raw_at(timeline: Timeline, *raw: float) -> Any:
    """What the network gets for one raw row."""
    return timeline.experiment.dataset.from_raw(np.array([raw]))


CASES: dict[str, Document] = {
    "xor": xor(),
    "features": {
        "data": {"name": "circles", "samples": 30, "features": ["x", "x^2", "xy", "sin y"], "standardize": True},
        "network": {"layers": [dense(3, "tanh"), dropout(0.5), dense(2, "relu"), dense(1, "sigmoid")]},
        "loss": "binary_cross_entropy",
        "optimizer": {"type": "adam", "learning_rate": 0.05},
        "batch_size": 7,
    },
    "classes": {**PRESETS["softmax"]["document"]},
}


@pytest.mark.parametrize("name", CASES)
def test_the_outputs_are_the_predictions_at_the_same_raw_points(name: str) -> None:
    timeline = start(CASES[name])
    timeline.run(11)

    found = plane(timeline.still(), resolution=7)

    for j, y in enumerate(found.y):
        for i, x in enumerate(found.x):
            expected = timeline.predict(raw_at(timeline, x, y))[0]
            np.testing.assert_allclose(found.outputs[:, j, i], expected, rtol=1e-12)


def test_every_neurons_map_is_what_a_run_on_that_point_has() -> None:
    timeline = start(xor())
    timeline.run(20)
    found = plane(timeline.still(), resolution=5)

    for j, i in ((0, 0), (4, 1), (2, 3)):
        point = start(xor(data=rows([[found.x[i], found.y[j]]], [[1.0]])))
        for name, value in timeline.parameters().items():
            for index, number in np.ndenumerate(value):
                point.edit(name, float(number), list(index))
        point.run_to_end_of_step()
        for layer, values in found.neurons.items():
            np.testing.assert_allclose(values[:, j, i], point.values[f"layer{layer}.a"][0], rtol=1e-12)


@examples(40)
@given(
    st.lists(st.tuples(st.integers(1, 5), st.sampled_from(sorted(ACTIVATIONS))), min_size=1, max_size=4),
    st.integers(2, 4),
    st.integers(2, 9),
    st.integers(0, 2**32 - 1),
)
def test_in_any_network_the_last_map_is_the_prediction(
    hidden: list[tuple[int, str]], inputs: int, resolution: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    layers = [dense(units, activation) for units, activation in hidden]
    document = {
        "seed": seed,
        "data": rows(rng.normal(size=(6, inputs)), rng.normal(size=(6, 2)), task="regression"),
        "network": {"layers": [*layers, dense(2)]},
        "batch_size": 4,
    }
    timeline = start(document)
    timeline.run(2)
    pair = tuple(rng.permutation(inputs)[:2].tolist())

    found = plane(timeline.still(), (pair[0], pair[1]), resolution=resolution)

    raw = np.tile(found.fixed, (resolution * resolution, 1))
    raw[:, pair[0]] = np.tile(found.x, resolution)
    raw[:, pair[1]] = np.repeat(found.y, resolution)
    expected = timeline.predict(raw).T.reshape(2, resolution, resolution)
    np.testing.assert_allclose(found.outputs, expected, rtol=1e-9, atol=1e-12)
    assert [values.shape for values in found.neurons.values()] == [
        (layer["units"], resolution, resolution)
        for layer in document["network"]["layers"]  # type: ignore[index]
    ]


def test_other_inputs_are_held_at_their_means_or_at_a_chosen_row() -> None:
    timeline = preset("house_prices")
    data = timeline.experiment.dataset

    usual = plane(timeline.still(), (0, 2), resolution=3)
    chosen = plane(timeline.still(), (0, 2), resolution=3, fixed=data.raw_inputs[5])

    assert usual.names == ("area", "age")
    for found, rooms in ((usual, data.raw_inputs[:, 1].mean()), (chosen, data.raw_inputs[5, 1])):
        expected = timeline.predict(raw_at(timeline, found.x[2], rooms, found.y[0]))[0, 0]
        assert found.outputs[0, 0, 2] == pytest.approx(expected, rel=1e-12)


def test_the_bounds_hold_all_points_at_round_numbers_and_stay_while_the_network_learns() -> None:
    timeline = preset("circles")
    before = plane(timeline.still())
    timeline.run(40)
    after = plane(timeline.still())

    np.testing.assert_array_equal(before.x, after.x)
    data = timeline.experiment.dataset
    points = np.concatenate([data.raw_inputs, data.raw_validation_inputs])
    assert before.x[0] < points.min()
    assert points.max() < before.x[-1]
    np.testing.assert_array_equal(before.x, before.y)  # circles stay round
    assert (before.x[0], before.x[-1]) == (round(before.x[0], 1), round(before.x[-1], 1))


def test_axes_of_different_kinds_have_bounds_of_their_own() -> None:
    data = preset("house_prices").experiment.dataset

    area, rooms = plane_bounds(data, (0, 1))

    assert area == axis_bounds(data, 0)
    assert rooms == axis_bounds(data, 1)
    assert area[1] > 200 > 10 > rooms[1]


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.0, 1.0, (-0.1, 1.1)),
        (-1.0, 1.0, (-1.2, 1.2)),
        (40.0, 200.0, (20.0, 220.0)),
        (2.0, 2.0, (0.0, 4.0)),
        (0.0, 0.0, (-1.0, 1.0)),
    ],
)
def test_bounds_are_rounded_outward(low: float, high: float, expected: tuple[float, float]) -> None:
    assert with_margin(low, high) == expected


@examples(200)
@given(
    st.floats(-1e300, 1e300, allow_nan=False),
    st.floats(-1e300, 1e300, allow_nan=False),
)
def test_bounds_never_cut_anything_off(one: float, other: float) -> None:
    low, high = min(one, other), max(one, other)

    bounds = with_margin(low, high)

    assert bounds[0] <= low <= high <= bounds[1]
    assert bounds[0] < bounds[1]


def test_bounds_that_are_round_stay_as_they_are() -> None:
    assert rounded_outward(-0.3, 0.7) == (-0.3, 0.7)


def test_nodes_meet_both_ends_and_the_middle_exactly() -> None:
    values = nodes((-0.3, 0.3), 41)

    assert (values[0], values[20], values[40]) == (-0.3, 0.0, 0.3)
    assert (np.diff(values) > 0).all()


def test_with_one_input_there_is_a_curve() -> None:
    timeline = start(one_neuron(x=2, target=1, w=-0.5, b=0.25, learning_rate=0.1))

    found = curve(timeline.still(), resolution=5)

    assert (found.x[0], found.x[-1]) == (0.0, 4.0)
    np.testing.assert_allclose(found.outputs, [-0.5 * found.x + 0.25])
    np.testing.assert_array_equal(found.neurons[0], found.outputs)


def test_only_the_layers_that_are_wanted_are_kept_besides_the_outputs() -> None:
    still = preset("circles").still()

    every, some, none = (plane(still, resolution=4, layers=layers) for layers in (None, [1], []))

    assert [list(found.neurons) for found in (every, some, none)] == [[0, 1, 2], [1, 2], [2]]
    np.testing.assert_array_equal(some.neurons[1], every.neurons[1])
    np.testing.assert_array_equal(none.outputs, every.outputs)


def test_an_edited_weight_or_data_point_shows_at_once() -> None:
    timeline, forwards = start(xor()), Forwards()
    before = plane(timeline.still(), resolution=4, forwards=forwards)

    timeline.edit("layer1.b", 2.0, [0])
    timeline.edit("data.inputs", 5.0, [0, 0])
    after = plane(timeline.still(), resolution=4, forwards=forwards)

    assert after.x[-1] > 5.0 > before.x[-1]
    expected = timeline.predict([[after.x[3], after.y[1]]])[0]
    np.testing.assert_allclose(after.outputs[:, 1, 3], expected, rtol=1e-12)
    assert not np.array_equal(before.outputs, after.outputs)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"pair": (0, 0)}, "pair is [0, 0]; allowed: two different whole numbers from 0 to 1"),
        ({"pair": (0, 2)}, "from 0 to 1"),
        ({"resolution": 1}, "resolution is 1; allowed: a whole number from 2 to 400"),
        ({"bounds": (1, 0, 0, 1)}, "each low below its high"),
        ({"bounds": (0, 1)}, "4 finite numbers"),
        ({"fixed": [1.0]}, "2 finite numbers"),
        ({"fixed": [1.0, float("nan")]}, "2 finite numbers"),
        ({"fixed": ["a", "b"]}, "2 finite numbers"),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_what_is_allowed(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(EditError) as refused:
        plane(start(xor()).still(), **arguments)

    assert words in str(refused.value)


def test_one_input_spans_no_plane() -> None:
    with pytest.raises(EditError, match="these have one"):
        plane(start(one_neuron(x=2, target=1, w=1, b=0, learning_rate=0.1)).still())
