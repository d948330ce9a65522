import numpy as np
import pytest

from engine import PRESETS, Experiment, Timeline
from engine.scores import scores, threshold
from tests.engine.networks import Document, dense, dropout, rows, sgd, start

POINTS = [[-2.0], [-1.0], [1.0], [2.0]]


def one_weight(activation: str, targets: list[list[float]], w: float = 1.0, b: float = 0.0, **more: object) -> Document:
    """One neuron on four points, with two classes."""
    return {
        "data": rows(POINTS, targets, task="binary"),
        "network": {"layers": [dense(1, activation, W=[[w]], b=[b])]},
        "optimizer": sgd(0.1),
        **more,
    }


def test_a_confusion_counts_true_classes_down_and_found_classes_across() -> None:
    document = one_weight("sigmoid", [[0.0], [1.0], [1.0], [1.0]], loss="binary_cross_entropy")

    found = scores(start(document).still())

    np.testing.assert_array_equal(found.training.confusion, [[1, 0], [1, 2]])
    assert found.training.accuracy == 0.75
    assert found.training.rmse is None
    assert found.training.rows == 4
    assert found.validation is None
    assert len(found.class_names) == 2
    expected = np.mean(np.log1p(np.exp([-2.0, 1.0, -1.0, -2.0])))
    assert found.training.loss == pytest.approx(expected)


@pytest.mark.parametrize(
    ("activation", "loss", "targets", "expected"),
    [
        ("sigmoid", "binary_cross_entropy", (0.0, 1.0), 0.5),
        ("identity", "binary_cross_entropy", (0.0, 1.0), 0.0),
        ("sigmoid", "mean_squared_error", (0.0, 1.0), 0.5),
        ("identity", "mean_squared_error", (0.0, 1.0), 0.5),
        ("tanh", "mean_squared_error", (-1.0, 1.0), 0.0),
        ("tanh", "mean_squared_error", (0.0, 1.0), 0.5),
        ("identity", "hinge", (-1.0, 1.0), 0.0),
    ],
)
def test_the_threshold_lies_half_way_between_the_targets(
    activation: str, loss: str, targets: tuple[float, float], expected: float
) -> None:
    column = [[targets[0]], [targets[0]], [targets[1]], [targets[1]]]
    # With this bias the neuron turns exactly half way between the two points in the middle.
    bias = {"sigmoid": 0.0, "identity": expected, "tanh": np.arctanh(expected)}[activation]
    timeline = start(one_weight(activation, column, b=float(bias), loss=loss))

    assert threshold(timeline.experiment) == expected
    assert scores(timeline.still()).training.accuracy == 1.0


def test_of_several_classes_the_largest_output_counts() -> None:
    document = {
        "data": rows([[1.0, 0.0], [0.0, 1.0], [-1.0, -1.0]], np.eye(3)),
        "network": {"layers": [dense(3, "softmax", W=[[1.0, 0.0], [2.0, 1.0], [-1.0, -1.0]])]},
        "loss": "categorical_cross_entropy",
    }

    found = scores(start(document).still())

    np.testing.assert_array_equal(found.training.confusion, [[0, 1, 0], [0, 1, 0], [0, 0, 1]])
    assert found.training.accuracy == pytest.approx(2 / 3)
    assert found.threshold is None


def test_regression_has_the_usual_error_in_the_targets_unit() -> None:
    document = {
        "data": rows([[0.0], [1.0]], [[3.0], [5.0]], task="regression"),
        "network": {"layers": [dense(1, W=[[0.0]], b=[0.0])]},
        "loss": "half_squared_error",
    }

    found = scores(start(document).still())

    assert found.training.rmse == pytest.approx(np.sqrt((9 + 25) / 2))
    assert found.training.loss == pytest.approx((9 + 25) / 4)
    assert (found.training.accuracy, found.training.confusion, found.threshold) == (None, None, None)


def test_the_validation_loss_is_that_of_the_run_and_leaves_penalty_and_dropout_out() -> None:
    document = {
        **PRESETS["circles"]["document"],
        "network": {"layers": [dense(4, "tanh"), dropout(0.5), dense(1, "sigmoid")]},
        "penalty": {"l2": 0.1},
    }
    timeline = Timeline(Experiment.from_json(document))
    timeline.seek(timeline.steps_per_epoch * 3, 1)

    found = scores(timeline.still())

    assert found.validation is not None
    assert found.validation.loss == timeline.values["validation_loss"]
    assert found.validation.confusion is not None
    assert found.validation.confusion.sum() == found.validation.rows == 50
    outputs = timeline.predict(timeline.experiment.dataset.inputs)
    assert found.training.accuracy == np.mean((outputs > 0.5) == timeline.experiment.dataset.targets)


def test_linear_regression_ends_at_the_least_squares_error() -> None:
    data = {"name": "house_prices", "samples": 40, "standardize": True, "seed": 7}
    timeline = start({**PRESETS["house_prices"]["document"], "data": data, "batch_size": 40, "optimizer": sgd(0.5)})
    timeline.run(400)
    rows_of = timeline.experiment.dataset
    extended = np.column_stack([rows_of.inputs, np.ones(40)])
    residuals = rows_of.targets - extended @ np.linalg.lstsq(extended, rows_of.targets)[0]

    assert scores(timeline.still()).training.rmse == pytest.approx(np.sqrt(np.mean(residuals**2)), rel=1e-6)
