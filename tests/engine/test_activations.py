import math

import numpy as np
import pytest

from engine.activations import ACTIVATIONS, softmax_backward
from engine.events import FloatArray
from engine.tape import Immediately

ELEMENTWISE = [name for name, activation in ACTIVATIONS.items() if activation.slope is not None]
H = 1e-6


def value(name: str, z: float) -> float:
    return float(ACTIVATIONS[name].curve(np.array([[z]]))[0].item())


def slope(name: str, z: float) -> float:
    return float(ACTIVATIONS[name].curve(np.array([[z]]))[1].item())


def softmax(z: FloatArray) -> FloatArray:
    """Of each column."""
    a: FloatArray = np.empty_like(z)
    ACTIVATIONS["softmax"].forward(Immediately(), z, a)
    return a


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_the_slope_agrees_with_central_differences(name: str) -> None:
    z = np.linspace(-6.0, 6.0, 400)[None, :]  # 0, where some have a kink, is not among them
    curve = ACTIVATIONS[name].curve

    differences = (curve(z + H)[0] - curve(z - H)[0]) / (2 * H)

    np.testing.assert_allclose(curve(z)[1], differences, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize(
    ("name", "z", "a"),
    [
        ("identity", -1.5, -1.5),
        ("sigmoid", 0.0, 0.5),
        ("sigmoid", math.log(3), 0.75),
        ("tanh", math.log(2) / 2, 1 / 3),
        ("relu", -2.0, 0.0),
        ("relu", 2.0, 2.0),
        ("leaky_relu", -2.0, -0.02),
        ("leaky_relu", 2.0, 2.0),
        ("elu", -1.0, 1 / math.e - 1),
        ("elu", 2.0, 2.0),
        ("gelu", 1.0, 0.8413447460685429),
        ("gelu", -1.0, -0.15865525393145707),
        ("gelu_tanh", 1.0, 0.8411919906082768),
        ("softplus", 0.0, math.log(2)),
        ("silu", math.log(3), 0.75 * math.log(3)),
    ],
)
def test_an_activation_worked_by_hand(name: str, z: float, a: float) -> None:
    assert value(name, z) == pytest.approx(a, rel=1e-14)


@pytest.mark.parametrize(("name", "at_zero"), [("relu", 0.0), ("leaky_relu", 0.01), ("elu", 1.0)])
def test_at_a_kink_the_slope_is_that_of_the_silent_side(name: str, at_zero: float) -> None:
    assert slope(name, 0.0) == at_zero


@pytest.mark.parametrize("name", ELEMENTWISE)
@pytest.mark.parametrize("z", [-1000.0, 1000.0])
def test_far_from_zero_nothing_overflows(name: str, z: float) -> None:
    assert math.isfinite(value(name, z))
    assert math.isfinite(slope(name, z))


def test_a_saturated_sigmoid_is_exactly_0_or_1_and_does_not_listen() -> None:
    assert (value("sigmoid", -1000.0), slope("sigmoid", -1000.0)) == (0.0, 0.0)
    assert (value("sigmoid", 1000.0), slope("sigmoid", 1000.0)) == (1.0, 0.0)


def test_softplus_is_straight_far_to_the_right() -> None:
    assert value("softplus", 1000.0) == 1000.0
    assert value("softplus", -1000.0) == 0.0


def test_softmax_gives_each_sample_probabilities_that_add_up_to_1(rng: np.random.Generator) -> None:
    a = softmax(rng.normal(size=(4, 6)) * 10)

    assert (a > 0).all()
    np.testing.assert_allclose(a.sum(axis=0), np.ones(6), rtol=1e-14)


def test_softmax_does_not_change_when_all_numbers_grow_alike(rng: np.random.Generator) -> None:
    z = rng.integers(-5, 5, size=(3, 4)).astype(np.float64)

    np.testing.assert_array_equal(softmax(z + 1000.0), softmax(z))


def test_softmax_back_is_the_product_with_its_jacobian(rng: np.random.Generator) -> None:
    z, grad_a = rng.normal(size=(3, 2)), rng.normal(size=(3, 2))
    delta = np.empty_like(z)

    softmax_backward(Immediately(), softmax(z), grad_a, delta)

    differences = np.empty_like(z)
    for at in np.ndindex(z.shape):
        nudge = np.zeros_like(z)
        nudge[at] = H
        differences[at] = ((softmax(z + nudge) - softmax(z - nudge)) * grad_a).sum() / (2 * H)
    np.testing.assert_allclose(delta, differences, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation_is_told_in_words_and_in_formulas(name: str) -> None:
    activation = ACTIVATIONS[name]

    assert activation.name == name
    assert activation.words.endswith(".")
    assert activation.latex and activation.slope_latex and activation.label
