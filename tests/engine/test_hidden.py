from typing import Any

import numpy as np
import pytest

from engine import PRESETS, EditError, Experiment, Timeline
from engine.hidden import hidden_space
from engine.scores import decisions
from tests.engine.networks import Document, dense, dropout, one_neuron, rows, start, xor

RING = {"name": "circles", "samples": 60, "noise": 0.1, "validation": 0.25}


def ring(units: int, activation: str = "tanh", output: str = "sigmoid", **more: object) -> Document:
    """Two rings and one hidden layer."""
    return {
        "data": RING,
        "network": {"layers": [dense(units, activation), dropout(0.2), dense(1, output)]},
        "loss": "binary_cross_entropy",
        "optimizer": {"type": "adam", "learning_rate": 0.05},
        **more,
    }


def sides(timeline: Timeline, inputs: Any) -> Any:
    """Whether each row is taken for the second class."""
    return decisions(timeline.experiment, timeline.predict(inputs)) == 1


def test_the_points_are_the_activations_of_the_last_hidden_layer() -> None:
    timeline = start(xor())
    timeline.run(30)
    found = hidden_space(timeline.still())
    timeline.run_to_end_of_step()

    assert found.layer == 0
    np.testing.assert_allclose(found.training, timeline.values["layer0.a"], rtol=1e-12)
    np.testing.assert_array_equal(found.training_at, found.training)
    assert found.units == (0, 1)
    assert found.spread == 1.0


def test_the_cut_parts_the_points_as_the_network_does() -> None:
    timeline = start(ring(2))
    timeline.run(60)
    data = timeline.experiment.dataset

    found = hidden_space(timeline.still())

    (cut,) = found.cuts
    assert (cut.above, cut.below) == (data.class_names[1], data.class_names[0])
    assert cut.flat_w is not None
    assert cut.flat_b is not None
    for inputs, points, at in (
        (data.inputs, found.training, found.training_at),
        (data.validation_inputs, found.validation, found.validation_at),
    ):
        np.testing.assert_array_equal(points @ cut.w + cut.b > 0, sides(timeline, inputs))
        np.testing.assert_array_equal(at @ cut.flat_w + cut.flat_b > 0, sides(timeline, inputs))


@pytest.mark.parametrize(
    ("output", "loss", "signed"),
    [
        ("identity", "binary_cross_entropy", False),
        ("identity", "mean_squared_error", False),
        ("tanh", "mean_squared_error", False),
        ("tanh", "mean_squared_error", True),
        ("softplus", "mean_squared_error", False),
        ("relu", "mean_squared_error", False),
        ("silu", "mean_squared_error", True),
    ],
)
def test_the_cut_lies_where_the_output_crosses_the_threshold(output: str, loss: str, signed: bool) -> None:
    data = {**RING, "targets_as": "signed"} if signed else RING
    timeline = start(ring(2, output=output, loss=loss, data=data))
    timeline.run(20)

    found = hidden_space(timeline.still())

    (cut,) = found.cuts
    np.testing.assert_array_equal(
        found.training @ cut.w + cut.b > 0, sides(timeline, timeline.experiment.dataset.inputs)
    )


def test_an_output_without_such_a_crossing_makes_no_cut() -> None:
    signed = ring(2, output="sigmoid", loss="mean_squared_error", data={**RING, "targets_as": "signed"})

    assert hidden_space(start(signed).still()).cuts == ()
    assert hidden_space(start(ring(2, output="gelu", loss="mean_squared_error")).still()).cuts == ()


def test_each_pair_of_classes_has_a_cut() -> None:
    document = {**PRESETS["softmax"]["document"], "network": {"layers": [dense(2, "tanh"), dense(3, "softmax")]}}
    timeline = Timeline(Experiment.from_json(document))
    timeline.run(30)
    data = timeline.experiment.dataset

    found = hidden_space(timeline.still())

    names = data.class_names
    assert [(cut.above, cut.below) for cut in found.cuts] == [
        (names[0], names[1]),
        (names[0], names[2]),
        (names[1], names[2]),
    ]
    outputs = timeline.predict(data.inputs)
    for cut, (i, j) in zip(found.cuts, ((0, 1), (0, 2), (1, 2)), strict=True):
        np.testing.assert_array_equal(found.training @ cut.w + cut.b > 0, outputs[:, i] > outputs[:, j])


def test_regression_makes_no_cut() -> None:
    document = {
        "data": rows([[0.0], [1.0], [2.0]], [[0.1], [0.2], [0.7]]),
        "network": {"layers": [dense(2, "tanh"), dense(1)]},
    }

    assert hidden_space(start(document).still()).cuts == ()


def test_more_than_two_units_are_seen_along_their_principal_components() -> None:
    timeline = start(ring(5))
    timeline.run(40)

    found = hidden_space(timeline.still())

    assert found.units == ()
    np.testing.assert_allclose(found.directions.T @ found.directions, np.eye(2), atol=1e-12)
    singular = np.linalg.svd(found.training - found.training.mean(axis=0), compute_uv=False)
    assert found.spread == pytest.approx((singular[:2] ** 2).sum() / (singular**2).sum())
    np.testing.assert_allclose((found.training_at**2).sum(axis=0), singular[:2] ** 2)


def test_enormous_activations_have_components_too() -> None:
    timeline = start(ring(3, "relu"))
    timeline.edit("layer0.W", 1e200, [0, 1])

    found = hidden_space(timeline.still())

    assert np.isfinite(found.training_at).all()
    assert np.isfinite(found.directions).all()


def test_a_plane_that_leaves_something_out_of_the_cut_shows_no_cut() -> None:
    timeline = start(ring(4))
    timeline.run(40)

    for found in (hidden_space(timeline.still()), hidden_space(timeline.still(), pair=(1, 3))):
        (cut,) = found.cuts
        assert cut.flat_w is None
        assert cut.flat_b is None
        inputs = timeline.experiment.dataset.inputs
        np.testing.assert_array_equal(found.training @ cut.w + cut.b > 0, sides(timeline, inputs))


def test_a_pair_shows_the_cut_where_the_other_units_do_not_count() -> None:
    timeline = start(ring(3))
    timeline.run(40)
    timeline.edit("layer2.W", 0.0, [0, 0])  # the output does not read unit 0
    for column in (0, 1):
        timeline.edit("layer0.W", 0.0, [1, column])  # and unit 1 is the same for every point

    found = hidden_space(timeline.still(), pair=(1, 2))
    other = hidden_space(timeline.still(), pair=(0, 2))

    for space in (found, other):
        (cut,) = space.cuts
        assert cut.flat_w is not None
        assert cut.flat_b is not None
        expected = space.training @ cut.w + cut.b
        np.testing.assert_allclose(space.training_at @ cut.flat_w + cut.flat_b, expected, atol=1e-9)
    np.testing.assert_array_equal(found.training_at, found.training[:, [1, 2]])
    np.testing.assert_array_equal(other.training_at, other.training[:, [0, 2]])


def test_an_earlier_layer_has_points_and_no_cut() -> None:
    timeline = Timeline(Experiment.from_json(PRESETS["circles"]["document"]))

    found = hidden_space(timeline.still(), layer=0)

    assert found.training.shape == (150, 4)
    assert found.cuts == ()


def test_of_many_rows_five_hundred_are_shown() -> None:
    timeline = start(ring(2, data={"name": "circles", "samples": 1300, "validation": 0.5}))

    found = hidden_space(timeline.still())

    data = timeline.experiment.dataset
    assert found.training.shape == found.validation.shape == (500, 2)
    assert len(set(found.training_rows.tolist())) == 500
    np.testing.assert_array_equal(found.training_targets, data.targets[found.training_rows])
    np.testing.assert_array_equal(found.validation_targets, data.validation_targets[found.validation_rows])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"layer": 1}, "layer is 1; allowed: one of 0"),
        ({"pair": (0, 0)}, "two different whole numbers from 0 to 1"),
        ({"pair": (0, 2)}, "two different whole numbers from 0 to 1"),
    ],
)
def test_what_is_not_there_is_refused(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(EditError) as refused:
        hidden_space(start(xor()).still(), **arguments)

    assert words in str(refused.value)


def test_one_neuron_hides_nothing() -> None:
    with pytest.raises(EditError, match="only in a network with a hidden layer"):
        hidden_space(start(one_neuron(x=2, target=1, w=1, b=0, learning_rate=0.1)).still())


def test_one_hidden_unit_has_one_coordinate() -> None:
    found = hidden_space(start(ring(1)).still())

    assert found.training_at.shape == (45, 1)
    assert found.cuts[0].flat_w is not None
    assert found.cuts[0].flat_w.shape == (1,)
