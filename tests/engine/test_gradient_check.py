from dataclasses import replace

import numpy as np
import pytest

from engine import Experiment, Timeline
from engine.activations import ACTIVATIONS
from engine.events import FloatArray
from engine.losses import LOSSES
from tests.engine.networks import (
    Document,
    dense,
    dropout,
    one_neuron,
    random_document,
    rows,
    run_until,
    sgd,
    snapshot,
    start,
    step_through,
    xor,
)

H = 1e-6


def loss_of_batch(document: Document, name: str, index: tuple[int, ...], nudge: float) -> float:
    """The loss of the first batch with one parameter nudged, by a run of its own."""
    timeline = start(document)
    timeline.edit(name, float(timeline.values[name][index]) + nudge, index)
    while "loss" not in timeline.values:
        timeline.next()
    return float(timeline.values["loss"])


def central_differences(document: Document, name: str, shape: tuple[int, ...]) -> FloatArray:
    differences = np.empty(shape)
    for index in np.ndindex(shape):
        above, below = (loss_of_batch(document, name, index, nudge) for nudge in (H, -H))
        differences[index] = (above - below) / (2 * H)
    return differences


def assert_gradients_are_differences(document: Document) -> None:
    timeline = start(document)
    timeline.run_to_end_of_step()
    for name, values in timeline.parameters().items():
        layer, _, part = name.rpartition(".")
        gradient = timeline.values[f"{layer}.grad_{part}"]
        differences = central_differences(document, name, values.shape)
        np.testing.assert_allclose(gradient, differences, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_gradient_is_a_difference_with_every_activation(activation: str, rng: np.random.Generator) -> None:
    assert_gradients_are_differences(random_document(rng, activation, "mean_squared_error"))


@pytest.mark.parametrize("loss", LOSSES)
def test_every_gradient_is_a_difference_with_every_loss(loss: str, rng: np.random.Generator) -> None:
    assert_gradients_are_differences(random_document(rng, "tanh", loss))


def test_every_gradient_is_a_difference_with_penalties_dropout_and_a_mini_batch(rng: np.random.Generator) -> None:
    document = {
        "data": rows(rng.normal(size=(5, 2)), rng.normal(size=(5, 2))),
        "network": {"layers": [dropout(0.2), dense(4, "tanh"), dropout(0.3), dense(2)]},
        "penalty": {"l1": 0.1, "l2": 0.2},
        "batch_size": 3,
    }

    assert_gradients_are_differences(document)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_check_passes_for_every_activation_and_loss(activation: str, loss: str, rng: np.random.Generator) -> None:
    timeline = start(random_document(rng, activation, loss))

    check = timeline.gradient_check()

    assert check.passed
    assert check.parameters == 17
    assert check.largest_error < 1e-6


def test_the_check_covers_penalty_dropout_and_a_mini_batch(rng: np.random.Generator) -> None:
    document = {
        "data": rows(rng.normal(size=(5, 2)), rng.normal(size=(5, 2))),
        "network": {"layers": [dropout(0.2), dense(4, "tanh"), dropout(0.3), dense(2)]},
        "penalty": {"l1": 0.1, "l2": 0.2},
        "clipping": {"type": "norm", "maximum": 0.01},
        "batch_size": 2,
    }
    timeline = start(document)

    for step in range(4):
        timeline.seek(step=step)
        assert timeline.gradient_check().passed


def with_wrong_slope(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Plant the commonest mistake: the slope of an activation is left out."""
    identity = ACTIVATIONS["identity"].slope
    monkeypatch.setitem(ACTIVATIONS, name, replace(ACTIVATIONS[name], slope=identity))


def test_a_slope_that_is_left_out_is_found_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with_wrong_slope(monkeypatch, "tanh")
    timeline = start(xor())

    check = timeline.gradient_check()

    assert not check.passed
    assert check.largest_error > 0.01
    assert check.worst_name in ("layer0.W", "layer0.b")
    assert (
        timeline.values[check.worst_name][check.worst_index]
        == timeline.parameters()[check.worst_name][check.worst_index]
    )


def test_a_gradient_that_is_off_by_a_hundred_thousandth_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    timeline = start(random_document(np.random.default_rng(0), "tanh", "mean_squared_error"))
    timeline.run_to_end_of_step()
    gradient = timeline._program.checked_gradient.view()

    gradient *= 1 + 3e-5

    assert not timeline.gradient_check().passed


def test_the_check_can_be_made_at_any_event_and_changes_nothing() -> None:
    asked, left = start(xor()), start(xor())

    for _ in range(len(asked.plan)):
        check = asked.gradient_check()
        assert check.passed
        assert snapshot(asked) == snapshot(left)
        assert asked.cursor == left.cursor
        asked.next()
        left.next()


def test_the_check_is_of_the_parameters_at_the_cursor() -> None:
    timeline = start(xor())
    timeline.run(100)

    assert timeline.gradient_check().passed


def test_a_parameter_at_the_kink_of_relu_is_excluded_and_counted() -> None:
    document = {
        "data": rows([[1.0]], [[1.0]]),
        "network": {"layers": [dense(2, "relu", W=[[0.0], [0.5]], b=[0.0, 0.5]), dense(1)]},
    }

    check = start(document).gradient_check()

    assert check.excluded == 2
    assert check.parameters == 7
    assert check.passed


@pytest.mark.parametrize(
    ("activation", "loss", "target"),
    [("elu", "mean_squared_error", 0.0), ("identity", "huber", -1.0), ("identity", "mean_absolute_error", 0.0)],
)
def test_where_a_slope_bends_a_parameter_is_excluded(activation: str, loss: str, target: float) -> None:
    document = {
        "data": rows([[1.0]], [[target]]),
        "network": {"layers": [dense(1, activation, W=[[1.0001]], b=[-1.0])]},
        "loss": loss,
    }

    check = start(document).gradient_check()

    assert check.excluded == 2
    assert check.passed


def test_a_weight_at_0_is_excluded_under_l1() -> None:
    document = one_neuron(x=1, target=0, w=0, b=1, learning_rate=0.1, penalty={"l1": 0.1})

    assert start(document).gradient_check().excluded == 1


@pytest.mark.parametrize("scale", [1e-3, 1.0, 200.0])
def test_the_check_passes_whatever_the_size_of_the_inputs(scale: float, rng: np.random.Generator) -> None:
    document = {
        "data": rows(scale * rng.normal(size=(20, 2)), rng.normal(size=(20, 1))),
        "network": {"layers": [dense(6, "tanh"), dense(1)]},
    }

    assert start(document).gradient_check().passed


def test_the_check_passes_on_raw_house_prices_all_along() -> None:
    document = {
        "data": {"name": "house_prices", "standardize": False},
        "network": {"layers": [dense(1)]},
        "optimizer": sgd(5e-5),
    }
    timeline = start(document)

    for step in (0, 10, 1000):
        timeline.seek(step=step)
        assert timeline.gradient_check().passed


def test_the_check_works_on_the_first_event_of_an_epoch_with_validation() -> None:
    data = rows([[1.0], [2.0]], [[0.0], [1.0]], validation_inputs=[[1.5]], validation_targets=[[0.5]])
    timeline = start({"data": data, "network": {"layers": [dense(2, "tanh"), dense(1)]}})

    assert timeline.plan[0].kind == "validation"
    assert timeline.gradient_check().passed
    assert run_until(timeline, "validation").values["validation_loss"] > 0
    assert timeline.gradient_check().passed


def test_a_check_in_the_middle_of_a_run_does_not_change_where_it_goes() -> None:
    asked, left = Timeline(Experiment.from_json(xor())), Timeline(Experiment.from_json(xor()))
    for _ in range(3):
        asked.gradient_check()
        step_through(asked)

    left.run(3)

    np.testing.assert_array_equal(asked.history("loss"), left.history("loss"))
