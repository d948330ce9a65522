"""Numbers that others have published or that can be worked out by hand; see the addresses in the tests."""

import math
from typing import Any

import numpy as np
import pytest

from engine import Timeline
from tests.engine.networks import (
    Document,
    dense,
    one_neuron,
    rows,
    run_until,
    sgd,
    start,
    step_through,
)

# Mazur's page prints this loss after one step. It comes from weights that were updated during the backward pass.
WRONG_ORDER = 0.291027924


def mazur(*, frozen_biases: bool) -> Document:
    """Matt Mazur, A step by step backpropagation example, 2015."""
    more: dict[str, Any] = {"frozen": ["b"]} if frozen_biases else {}
    return {
        "data": rows([[0.05, 0.10]], [[0.01, 0.99]]),
        "network": {
            "layers": [
                dense(2, "sigmoid", W=[[0.15, 0.20], [0.25, 0.30]], b=[0.35, 0.35], **more),
                dense(2, "sigmoid", W=[[0.40, 0.45], [0.50, 0.55]], b=[0.60, 0.60], **more),
            ]
        },
        "loss": "half_squared_error",
        "optimizer": sgd(0.5),
    }


def losses_of(timeline: Timeline, steps: int) -> list[float]:
    timeline.run(steps)
    history: list[float] = timeline.history("loss").tolist()
    return history


def test_mazur_forward_and_backward() -> None:
    timeline = start(mazur(frozen_biases=True))
    step_through(timeline)
    timeline.back()

    values = timeline.values

    np.testing.assert_allclose(values["layer1.a"], [[0.75136507, 0.772928465]], atol=5e-9)
    assert values["loss"] == pytest.approx(0.2983711088, abs=5e-11)
    assert values["layer1.grad_W"][0, 0] == pytest.approx(0.082167041, abs=5e-10)


def test_mazur_updates_every_weight_with_gradients_of_one_forward_pass() -> None:
    timeline = start(mazur(frozen_biases=True))
    timeline.run(1)

    W1, W2 = timeline.values["layer0.W"], timeline.values["layer1.W"]

    np.testing.assert_allclose(W1, [[0.149780716, 0.19956143], [0.24975114, 0.29950229]], atol=5e-9)
    np.testing.assert_allclose(W2, [[0.35891648, 0.408666186], [0.511301270, 0.561370121]], atol=5e-9)
    np.testing.assert_array_equal(timeline.values["layer0.b"], [0.35, 0.35])
    np.testing.assert_array_equal(timeline.values["layer1.b"], [0.60, 0.60])


def test_mazur_after_one_step_has_the_loss_of_the_right_order() -> None:
    loss = losses_of(start(mazur(frozen_biases=True)), 2)[1]

    assert loss == pytest.approx(0.2910277737, abs=5e-11)
    assert abs(loss - WRONG_ORDER) > 1e-7


def test_mazur_after_ten_thousand_steps() -> None:
    losses = losses_of(start(mazur(frozen_biases=True)), 10_001)

    assert losses[10_000] == pytest.approx(3.5102e-5, abs=5e-10)
    # His own figure, 0.0000351085, is the loss after one step fewer.
    assert losses[9_999] == pytest.approx(3.51085e-5, abs=5e-11)


def test_mazur_with_biases_that_learn_too() -> None:
    losses = losses_of(start(mazur(frozen_biases=False)), 10_001)

    assert losses[1] == pytest.approx(0.280471447, abs=5e-10)
    assert losses[10_000] == pytest.approx(2.4476e-6, abs=5e-11)


def test_one_neuron_with_the_full_squared_error() -> None:
    document = one_neuron(x=2, target=9, w=3, b=1, learning_rate=0.05, loss="mean_squared_error")
    timeline = start(document)

    step_through(timeline)
    timeline.back()

    assert timeline.values["layer0.a"].item() == 7.0
    assert timeline.values["loss"] == 4.0
    assert timeline.values["layer0.grad_W"].item() == -8.0
    assert timeline.values["layer0.grad_b"].item() == -4.0
    timeline.next()
    assert timeline.values["layer0.W"].item() == pytest.approx(3.4, abs=1e-15)
    assert timeline.values["layer0.b"].item() == pytest.approx(1.2, abs=1e-15)
    assert timeline.predict([[2.0]]).item() == pytest.approx(8.0, abs=1e-14)
    assert losses_of(timeline, 1)[1] == pytest.approx(1.0, abs=1e-14)


def lesson_1(learning_rate: float) -> Timeline:
    return start(one_neuron(x=2, target=1, w=-0.5, b=0, learning_rate=learning_rate))


def test_lesson_1_one_neuron() -> None:
    timeline = lesson_1(0.1)

    run_until(timeline, "weight_gradient")

    assert timeline.values["layer0.a"].item() == -1.0
    assert timeline.values["loss"] == 2.0
    assert timeline.values["layer0.delta"].item() == -2.0
    assert timeline.values["layer0.grad_W"].item() == -4.0
    assert timeline.values["layer0.grad_b"].item() == -2.0
    timeline.seek(step=1)
    assert timeline.values["layer0.W"].item() == pytest.approx(-0.1)
    assert timeline.values["layer0.b"].item() == pytest.approx(0.2)
    np.testing.assert_allclose(losses_of(timeline, 3), [2.0, 0.5, 0.125, 0.03125])


def lesson_2() -> Timeline:
    zeros = [0.0, 0.0]
    return start(
        {
            "data": rows([[1.0]], [[1.0]]),
            "network": {
                "layers": [
                    dense(2, "tanh", W=[[0.5], [-1.0]], b=zeros, frozen=["b"]),
                    dense(1, W=[[1.0, 0.0]], b=[0.0], frozen=["b"]),
                ]
            },
            "loss": "half_squared_error",
            "optimizer": sgd(0.5),
        }
    )


def test_lesson_2_the_chain_rule() -> None:
    timeline = lesson_2()

    timeline.run_to_end_of_step()

    values = timeline.values
    np.testing.assert_allclose(values["layer0.a"], [[0.4621, -0.7616]], atol=5e-5)
    assert values["layer1.a"].item() == pytest.approx(0.4621, abs=5e-5)
    assert values["loss"] == pytest.approx(0.1447, abs=5e-5)
    assert values["layer1.delta"].item() == pytest.approx(-0.5379, abs=5e-5)
    np.testing.assert_allclose(values["layer1.grad_W"], [[-0.2486, 0.4096]], atol=5e-5)
    np.testing.assert_allclose(values["layer0.slope"], [[0.786, 0.420]], atol=5e-4)
    np.testing.assert_allclose(values["layer0.grad_W"], [[-0.4230], [0.0]], atol=5e-5)
    np.testing.assert_allclose(values["layer0.grad_a"][0, 0], -0.5379, atol=5e-5)


def test_lesson_2_a_weight_behind_a_zero_learns_one_step_later() -> None:
    timeline = lesson_2()
    timeline.run(1)

    timeline.run_to_end_of_step()

    assert timeline.values["layer1.W"][0, 1] == pytest.approx(-0.205, abs=5e-4)
    assert timeline.values["layer0.grad_W"][1, 0] == pytest.approx(0.0135, abs=5e-5)


@pytest.mark.parametrize(
    ("learning_rate", "losses"),
    [
        (0.1, [2.0, 0.5, 0.125]),
        (0.2, [2.0, 0.0, 0.0]),
        (0.3, [2.0, 0.5, 0.125]),
        (0.4, [2.0, 2.0, 2.0]),
        (0.5, [2.0, 4.5, 10.125, 22.78125]),
    ],
)
def test_lesson_5_the_error_is_multiplied_by_1_minus_5_times_the_learning_rate(
    learning_rate: float, losses: list[float]
) -> None:
    np.testing.assert_allclose(losses_of(lesson_1(learning_rate), len(losses)), losses, atol=1e-14)


def test_lesson_5_a_larger_rate_jumps_across_the_target() -> None:
    gentle, jumping = lesson_1(0.1), lesson_1(0.3)

    assert sides_of_target(gentle) == [-1, -1, -1, -1]
    assert sides_of_target(jumping) == [-1, 1, -1, 1]


def sides_of_target(timeline: Timeline) -> list[float]:
    """On which side of its target 1 the prediction is, step by step."""
    sides = []
    for _ in range(4):
        sides.append(float(np.sign(timeline.predict([[2.0]]).item() - 1.0)))
        timeline.run(1)
    return sides


def single_example(logits: list[float], label: int, loss: str) -> Timeline:
    """One sample whose logits are the biases of a softmax layer."""
    count = len(logits)
    return start(
        {
            "data": rows([[0.0]], [np.eye(count)[label].tolist()], task="classification"),
            "network": {"layers": [dense(count, "softmax", W=[[0.0]] * count, b=logits)]},
            "loss": loss,
            "optimizer": sgd(0.5),
        }
    )


def test_lesson_6_softmax_with_cross_entropy() -> None:
    timeline = single_example([2.0, 1.0, 0.0], 1, "categorical_cross_entropy")

    timeline.run_to_end_of_step()

    np.testing.assert_allclose(timeline.values["layer0.a"], [[0.6652, 0.2447, 0.0900]], atol=5e-5)
    assert timeline.values["loss"] == pytest.approx(1.4076, abs=5e-5)
    np.testing.assert_allclose(timeline.values["layer0.delta"], [[0.6652, -0.7553, 0.0900]], atol=5e-5)


def test_lesson_6_a_squared_error_hardly_hears_a_confident_mistake() -> None:
    by_cross_entropy = single_example([8.0, 0.0, 0.0], 1, "categorical_cross_entropy")
    by_squares = single_example([8.0, 0.0, 0.0], 1, "half_squared_error")

    by_cross_entropy.run_to_end_of_step()
    by_squares.run_to_end_of_step()

    assert by_cross_entropy.values["layer0.delta"][0, 1] == pytest.approx(-1.0, abs=5e-4)
    assert by_squares.values["layer0.delta"][0, 1] == pytest.approx(-0.0007, abs=5e-5)


def lesson_9(optimizer: Document) -> Timeline:
    inputs = np.array([[1.0, 5.0], [1.0, -5.0], [-1.0, 5.0], [-1.0, -5.0]])
    return start(
        {
            "data": rows(inputs, inputs @ [[2.0], [1.0]]),
            "network": {"layers": [dense(1, W=[[-2.0, -0.6]], b=[0.0], frozen=["b"])]},
            "loss": "half_squared_error",
            "optimizer": optimizer,
        }
    )


def test_lesson_9_the_first_step_of_adam_is_the_sign_of_the_gradient() -> None:
    timeline = lesson_9({"type": "adam", "learning_rate": 0.1})

    timeline.run_to_end_of_step()

    assert timeline.values["loss"] == pytest.approx(40.0)
    np.testing.assert_allclose(timeline.values["layer0.grad_W"], [[-4.0, -40.0]], rtol=1e-12)
    np.testing.assert_allclose(timeline.values["layer0.change_W"], [[0.1, 0.1]], rtol=1e-8)


@pytest.mark.parametrize(
    ("optimizer", "steps"),
    [
        (sgd(0.02), 223),
        (sgd(0.04), 111),
        (sgd(0.075), 58),
        ({"type": "momentum", "learning_rate": 0.02}, 61),
        ({"type": "adagrad", "learning_rate": 1.0}, 26),
        ({"type": "rmsprop", "learning_rate": 0.1, "rho": 0.9}, 55),
        ({"type": "adam", "learning_rate": 0.1}, 101),
        ({"type": "adam", "learning_rate": 0.3}, 78),
    ],
)
def test_lesson_9_how_many_steps_an_optimizer_takes(optimizer: Document, steps: int) -> None:
    losses = np.array(losses_of(lesson_9(optimizer), 300))

    assert int(np.argmax(losses < 1e-3)) == steps


def lesson_10b(activation: str, learning_rate: float) -> Timeline:
    x = np.array([[0.5], [1.0], [1.5]])
    return start(
        {
            "data": rows(x, 0.6 * x),
            "network": {
                "layers": [
                    dense(2, activation, W=[[1.0], [0.5]], b=[0.5, 0.2]),
                    dense(1, W=[[1.0, 0.5]], b=[0.0]),
                ]
            },
            "loss": "half_squared_error",
            "optimizer": sgd(learning_rate),
        }
    )


def test_lesson_10_a_moderate_rate_learns() -> None:
    losses = losses_of(lesson_10b("relu", 0.1), 100)

    np.testing.assert_allclose(losses[:3], [0.816, 0.131, 0.040], atol=5e-4)
    assert losses[-1] < 0.001


def test_lesson_10_one_step_too_large_kills_both_neurons() -> None:
    timeline = lesson_10b("relu", 0.8)
    timeline.run(200)
    timeline.run_to_end_of_step()

    values = timeline.values

    np.testing.assert_array_equal(values["layer0.a"], np.zeros((3, 2)))
    np.testing.assert_allclose(values["layer1.a"], np.full((3, 1), 0.6), atol=1e-12)
    assert values["loss"] == pytest.approx(0.030, abs=5e-4)
    for name in ("layer0.grad_W", "layer0.grad_b", "layer1.grad_W"):
        assert not values[name].any()


def test_lesson_10_after_the_large_step_only_the_output_bias_learns() -> None:
    timeline = lesson_10b("relu", 0.8)
    timeline.run(1)

    timeline.run_to_end_of_step()

    assert timeline.values["layer1.grad_b"].item() != 0.0
    assert not timeline.values["layer0.grad_W"].any()


def test_lesson_10_a_leaky_relu_barely_recovers() -> None:
    assert losses_of(lesson_10b("leaky_relu", 0.8), 401)[400] == pytest.approx(0.0298, abs=5e-5)


def test_lesson_4_no_hidden_layer_cannot_learn_xor() -> None:
    timeline = start(
        {
            "data": {"name": "xor"},
            "network": {"layers": [dense(1, "sigmoid", W=[[0.0, 0.0]], b=[0.0])]},
            "loss": "binary_cross_entropy",
            "optimizer": sgd(1.0),
        }
    )

    losses = losses_of(timeline, 50)

    np.testing.assert_allclose(losses, np.full(50, math.log(2)), atol=1e-12)


def test_lesson_4_two_hidden_neurons_learn_xor() -> None:
    timeline = start(
        {
            "data": {"name": "xor"},
            "network": {
                "layers": [
                    dense(2, "tanh", W=[[1.0, 1.0], [-1.0, -1.0]], b=[0.0, 1.0]),
                    dense(1, "sigmoid", W=[[1.0, 1.0]], b=[0.0]),
                ]
            },
            "loss": "binary_cross_entropy",
            "optimizer": sgd(1.0),
        }
    )

    losses = losses_of(timeline, 201)

    np.testing.assert_allclose([losses[0], losses[50], losses[200]], [0.678, 0.128, 0.020], atol=5e-4)


def test_lesson_4_equal_neurons_stay_equal() -> None:
    timeline = start(
        {
            "data": {"name": "xor"},
            "network": {
                "layers": [
                    dense(4, "tanh", W=[[0.5, 0.5]] * 4, b=[0.5] * 4),
                    dense(1, "sigmoid", W=[[0.5] * 4], b=[0.5]),
                ]
            },
            "loss": "binary_cross_entropy",
            "optimizer": sgd(0.5),
        }
    )
    timeline.run(300)

    W = timeline.values["layer0.W"]

    np.testing.assert_array_equal(W, np.tile(W[0], (4, 1)))
