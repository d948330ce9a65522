import math

import numpy as np
import pytest

from engine import Timeline
from engine.events import FloatArray
from engine.losses import LOSSES
from tests.engine.networks import FUSED, dense, rows, start, targets_for

H = 1e-6


def outputs_are(z: FloatArray, targets: object, loss: object, activation: str = "identity") -> Timeline:
    """A run at the end of its backward pass, whose output layer has exactly these z, (samples, outputs).

    Each sample is an input of its own, so the weights are the z.
    """
    timeline = start(
        {
            "data": rows(np.eye(len(z)), targets),
            "network": {"layers": [dense(z.shape[1], activation, W=z.T.tolist(), b=[0.0] * z.shape[1])]},
            "loss": loss,
        }
    )
    timeline.run_to_end_of_step()
    return timeline


def sample_losses(z: FloatArray, targets: object, loss: object, activation: str = "identity") -> FloatArray:
    return outputs_are(z, targets, loss, activation).values["sample_loss"]


@pytest.mark.parametrize(
    ("loss", "a", "y", "expected", "gradient"),
    [
        ("mean_squared_error", [1.0, 4.0], [3.0, 1.0], 6.5, [-2.0, 3.0]),
        ("half_squared_error", [1.0, 4.0], [3.0, 1.0], 6.5, [-2.0, 3.0]),
        ("half_squared_error", [1.0], [3.0], 2.0, [-2.0]),
        ("mean_squared_error", [1.0], [3.0], 4.0, [-4.0]),
        ("mean_absolute_error", [1.0, 4.0], [3.0, 1.0], 2.5, [-0.5, 0.5]),
        ("huber", [1.0, 1.5], [3.0, 1.0], 0.8125, [-0.5, 0.25]),
        ("hinge", [0.5, 3.0], [1.0, -1.0], 2.25, [-0.5, 0.5]),
        ("hinge", [2.0], [1.0], 0.0, [0.0]),
    ],
)
def test_a_loss_worked_by_hand(
    loss: str, a: list[float], y: list[float], expected: float, gradient: list[float]
) -> None:
    timeline = outputs_are(np.array([a]), [y], loss)

    assert timeline.values["sample_loss"].item() == pytest.approx(expected)
    np.testing.assert_allclose(timeline.values["layer0.grad_a"], [gradient])


def test_binary_cross_entropy_worked_by_hand() -> None:
    timeline = outputs_are(np.array([[math.log(3)], [0.0]]), [[0.0], [1.0]], "binary_cross_entropy", "sigmoid")

    np.testing.assert_allclose(timeline.values["sample_loss"], [math.log(4), math.log(2)])
    np.testing.assert_allclose(timeline.values["layer0.delta"], [[0.75], [-0.5]])


def test_categorical_cross_entropy_worked_by_hand() -> None:
    z = np.log([[1.0, 2.0, 5.0]])

    timeline = outputs_are(z, [[0.0, 1.0, 0.0]], "categorical_cross_entropy", "softmax")

    assert timeline.values["sample_loss"].item() == pytest.approx(math.log(4))
    np.testing.assert_allclose(timeline.values["layer0.delta"], [[0.125, -0.75, 0.625]])


def test_the_loss_of_a_batch_is_the_mean_of_its_samples() -> None:
    timeline = outputs_are(np.array([[1.0], [5.0]]), [[0.0], [0.0]], "half_squared_error")

    assert timeline.values["sample_loss"].tolist() == [0.5, 12.5]
    assert timeline.values["loss"] == 6.5


@pytest.mark.parametrize("loss", LOSSES)
def test_delta_agrees_with_central_differences_in_every_entry(loss: str, rng: np.random.Generator) -> None:
    activation = FUSED.get(loss, "identity")
    z, targets = rng.normal(size=(3, 2)), targets_for(loss, 3, 2, rng)

    delta = outputs_are(z, targets, loss, activation).values["layer0.delta"]

    differences = np.empty_like(z)
    for sample, output in np.ndindex(z.shape):
        nudge = np.zeros_like(z)
        nudge[sample, output] = H
        above = sample_losses(z + nudge, targets, loss, activation)[sample]
        below = sample_losses(z - nudge, targets, loss, activation)[sample]
        differences[sample, output] = (above - below) / (2 * H)
    np.testing.assert_allclose(delta, differences, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize(("loss", "a", "y"), [("mean_absolute_error", 3.0, 3.0), ("hinge", 1.0, 1.0)])
def test_at_its_kink_a_loss_is_content(loss: str, a: float, y: float) -> None:
    values = outputs_are(np.array([[a]]), [[y]], loss).values

    assert values["sample_loss"].item() == 0.0
    assert values["layer0.grad_a"].item() == 0.0


@pytest.mark.parametrize(("z", "y", "expected"), [(1000.0, 0, 1000.0), (-1000.0, 1, 1000.0), (1000.0, 1, 0.0)])
@pytest.mark.parametrize("activation", ["sigmoid", "identity"])
def test_binary_cross_entropy_is_exact_far_out(z: float, y: int, expected: float, activation: str) -> None:
    timeline = outputs_are(np.array([[z]]), [[y]], "binary_cross_entropy", activation)

    assert timeline.values["sample_loss"].item() == expected
    assert timeline.values["layer0.delta"].item() == (z > 0) - y


@pytest.mark.parametrize(("label", "expected"), [(0, 0.0), (1, 1000.0), (2, 2000.0)])
@pytest.mark.parametrize("activation", ["softmax", "identity"])
def test_categorical_cross_entropy_is_exact_far_out(label: int, expected: float, activation: str) -> None:
    y = np.eye(3)[[label]]

    timeline = outputs_are(np.array([[1000.0, 0.0, -1000.0]]), y, "categorical_cross_entropy", activation)

    assert timeline.values["sample_loss"].item() == expected
    np.testing.assert_array_equal(timeline.values["layer0.delta"], np.array([[1.0, 0.0, 0.0]]) - y)


def test_cross_entropy_of_one_certain_and_wrong_sample_stays_finite_in_the_update() -> None:
    timeline = outputs_are(np.array([[1000.0]]), [[0]], "binary_cross_entropy", "sigmoid")

    timeline.next()

    assert np.isfinite(timeline.values["layer0.W"]).all()
    assert timeline.divergence is None


@pytest.mark.parametrize("loss", FUSED)
def test_the_long_way_through_a_cross_entropy_gives_the_same_delta(loss: str, rng: np.random.Generator) -> None:
    z, targets = rng.normal(size=(4, 3)), targets_for(loss, 4, 3, rng)

    short = outputs_are(z, targets, loss, FUSED[loss]).values
    long = outputs_are(z, targets, {"type": loss, "unfolded": True}, FUSED[loss]).values

    np.testing.assert_allclose(long["layer0.delta"], short["layer0.delta"], rtol=1e-12)
    np.testing.assert_allclose(long["sample_loss"], short["sample_loss"], rtol=1e-15)
    assert "layer0.grad_a" in long
    assert "layer0.grad_a" not in short


@pytest.mark.parametrize(("z", "y", "gradient"), [(1000.0, 1, -1.0), (-1000.0, 0, 1.0)])
def test_the_long_way_of_a_certain_and_right_output_has_no_0_over_0(z: float, y: int, gradient: float) -> None:
    loss = {"type": "binary_cross_entropy", "unfolded": True}

    values = outputs_are(np.array([[z]]), [[y]], loss, "sigmoid").values

    assert values["layer0.a"].item() == y
    assert values["layer0.grad_a"].item() == gradient
    assert values["layer0.delta"].item() == 0.0


def test_the_long_way_through_a_certain_and_right_softmax_has_no_0_over_0() -> None:
    loss = {"type": "categorical_cross_entropy", "unfolded": True}

    values = outputs_are(np.array([[1000.0, 0.0, -1000.0]]), [[1.0, 0.0, 0.0]], loss, "softmax").values

    np.testing.assert_array_equal(values["layer0.a"], [[1.0, 0.0, 0.0]])
    np.testing.assert_array_equal(values["layer0.grad_a"], [[-1.0, 0.0, 0.0]])
    np.testing.assert_array_equal(values["layer0.delta"], [[0.0, 0.0, 0.0]])


@pytest.mark.parametrize(("z", "y", "gradient"), [(1000.0, 0, math.inf), (-1000.0, 1, -math.inf)])
def test_the_long_way_of_a_certain_and_wrong_output_is_infinite_and_stops_the_run(
    z: float, y: int, gradient: float
) -> None:
    loss = {"type": "binary_cross_entropy", "unfolded": True}

    timeline = outputs_are(np.array([[z]]), [[y]], loss, "sigmoid")

    assert timeline.values["layer0.grad_a"].item() == gradient
    assert timeline.divergence is not None


@pytest.mark.parametrize("loss", FUSED)
def test_with_identity_in_the_last_layer_the_outputs_are_logits(loss: str, rng: np.random.Generator) -> None:
    z, targets = rng.normal(size=(4, 3)), targets_for(loss, 4, 3, rng)

    probabilities = outputs_are(z, targets, loss, FUSED[loss]).values
    logits = outputs_are(z, targets, loss, "identity").values

    np.testing.assert_array_equal(logits["layer0.a"], z)
    np.testing.assert_allclose(logits["layer0.delta"], probabilities["layer0.delta"], rtol=1e-14)
    np.testing.assert_allclose(logits["sample_loss"], probabilities["sample_loss"], rtol=1e-14)


@pytest.mark.parametrize("loss", FUSED)
def test_the_delta_of_a_cross_entropy_is_prediction_minus_target(loss: str, rng: np.random.Generator) -> None:
    targets = targets_for(loss, 4, 3, rng)

    values = outputs_are(rng.normal(size=(4, 3)), targets, loss, FUSED[loss]).values

    np.testing.assert_array_equal(values["layer0.delta"], values["layer0.a"] - targets)


def test_cross_entropies_add_up_their_outputs_and_the_other_losses_take_the_mean() -> None:
    two, one = np.zeros((1, 2)), np.zeros((1, 1))

    assert sample_losses(two, [[1, 0]], "binary_cross_entropy", "sigmoid").item() == pytest.approx(2 * math.log(2))
    assert sample_losses(two, [[1, 1]], "mean_squared_error").item() == 1.0
    assert sample_losses(one, [[1]], "mean_squared_error").item() == 1.0


@pytest.mark.parametrize("classes", [2, 3, 4])
@pytest.mark.parametrize("activation", ["softmax", "identity"])
def test_class_targets_may_be_integers(classes: int, activation: str, rng: np.random.Generator) -> None:
    z, labels = rng.normal(size=(4, classes)), [0, 1, 1, 0]

    by_integers = outputs_are(z, labels, "categorical_cross_entropy", activation).values
    by_one_hot = outputs_are(z, np.eye(classes)[labels], "categorical_cross_entropy", activation).values

    np.testing.assert_array_equal(by_integers["y"], np.eye(classes)[labels])
    np.testing.assert_array_equal(by_integers["sample_loss"], by_one_hot["sample_loss"])
    np.testing.assert_array_equal(by_integers["layer0.delta"], by_one_hot["layer0.delta"])


def test_class_targets_may_be_integers_in_rows_of_their_own_and_need_not_show_every_class() -> None:
    values = outputs_are(np.zeros((3, 4)), [[2], [2], [0]], "categorical_cross_entropy", "softmax").values

    assert np.argmax(values["y"], axis=1).tolist() == [2, 2, 0]
    np.testing.assert_allclose(values["sample_loss"], np.full(3, math.log(4)))


def test_class_targets_may_be_probabilities() -> None:
    z = np.log([[1.0, 3.0]])

    values = outputs_are(z, [[0.5, 0.5]], "categorical_cross_entropy", "softmax").values

    assert values["sample_loss"].item() == pytest.approx(-0.5 * math.log(0.25 * 0.75))
    np.testing.assert_allclose(values["layer0.delta"], [[-0.25, 0.25]])
