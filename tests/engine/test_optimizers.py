"""How each optimizer takes its first steps; that whole runs are PyTorch's is shown in test_against_autograd.py."""

import math

import numpy as np
import pytest

from engine import ExperimentError, Timeline
from engine.optimizers import OPTIMIZERS, SMALLEST_EPSILON
from tests.engine.networks import Document, dense, one_neuron, random_document, rows, start, xor

G = -4.0  # the first gradient of w below


def first_neuron(optimizer: Document) -> Timeline:
    """x = 2, w = −0.5, b = 0, target 1: gradients −4 and −2."""
    return start(one_neuron(x=2, target=1, w=-0.5, b=0, learning_rate=0.1) | {"optimizer": optimizer})


def change_of_w(timeline: Timeline) -> float:
    """By how much the update of this step moves w."""
    timeline.run_to_end_of_step()
    return timeline.values["layer0.change_W"].item()


@pytest.mark.parametrize(
    ("optimizer", "change"),
    [
        ({"type": "sgd", "learning_rate": 0.1}, -0.1 * G),
        ({"type": "momentum", "learning_rate": 0.1}, -0.1 * G),
        ({"type": "nesterov", "learning_rate": 0.1}, -0.1 * 1.9 * G),
        ({"type": "adagrad", "learning_rate": 0.1}, 0.1),
        ({"type": "rmsprop", "learning_rate": 0.1, "rho": 0.75}, 0.1 / math.sqrt(0.25)),
        ({"type": "adam", "learning_rate": 0.1}, 0.1),
        ({"type": "adamw", "learning_rate": 0.1, "weight_decay": 0.5}, 0.1 + 0.1 * 0.5 * 0.5),
        ({"type": "adadelta", "learning_rate": 1.0}, -G * math.sqrt(1e-6 / (0.1 * G**2 + 1e-6))),
        ({"type": "sgd", "learning_rate": 0.1, "weight_decay": 0.5}, -0.1 * (G - 0.5 * 0.5)),
    ],
)
def test_the_first_step_worked_by_hand(optimizer: Document, change: float) -> None:
    assert change_of_w(first_neuron(optimizer)) == pytest.approx(change, rel=1e-7)


def test_momentum_keeps_rolling() -> None:
    timeline = first_neuron({"type": "momentum", "learning_rate": 0.1, "momentum": 0.5})
    timeline.run(1)

    change = change_of_w(timeline)

    velocity = 0.5 * G + timeline.values["layer0.grad_W"].item()
    assert timeline.values["layer0.velocity_W"].item() == pytest.approx(velocity)
    assert change == pytest.approx(-0.1 * velocity)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_update_tells_the_memory_of_each_parameter(name: str, rng: np.random.Generator) -> None:
    optimizer = {"type": name, "learning_rate": 0.1}
    timeline = start(random_document(rng, "tanh", "mean_squared_error", optimizer=optimizer))
    timeline.run_to_end_of_step()

    updates = [event for event in timeline.events() if event.kind == "update"]

    assert [(event.layer, event.parameter) for event in updates] == [(0, "W"), (0, "b"), (1, "W"), (1, "b")]
    for event in updates:
        wanted = {"next", "change", *OPTIMIZERS[name].memory}
        told = {key.removeprefix(f"layer{event.layer}.").removesuffix(f"_{event.parameter}") for key in event.values}
        assert wanted <= told


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_memory_of_a_step_is_what_the_next_step_begins_with(name: str, rng: np.random.Generator) -> None:
    optimizer = {"type": name, "learning_rate": 0.1}
    timeline = start(random_document(rng, "tanh", "mean_squared_error", optimizer=optimizer))
    timeline.run(2)
    timeline.run_to_end_of_step()
    kept = [f"layer1.{field}_W" for field in OPTIMIZERS[name].memory]

    left = {field: timeline.values[field] for field in kept}
    timeline.next()

    for field in kept:
        assert left[field].any()
        np.testing.assert_array_equal(timeline.values[field], left[field])


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_new_weights_stand_beside_the_old_ones_until_they_are_committed(name: str) -> None:
    timeline = first_neuron({"type": name, "learning_rate": 0.1})
    timeline.run_to_end_of_step()

    before, change, after = (timeline.values[f"layer0.{what}"].item() for what in ("W", "change_W", "next_W"))

    assert before == -0.5
    assert after == before + change
    timeline.next()
    assert timeline.values["layer0.W"].item() == after


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_with_a_learning_rate_of_0_nothing_moves(name: str) -> None:
    timeline = first_neuron({"type": name, "learning_rate": 0.0})

    timeline.run(3)

    assert timeline.values["layer0.W"].item() == -0.5
    assert timeline.divergence is None


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_gradient_of_0_moves_nothing_and_divides_nothing_by_0(name: str) -> None:
    document = one_neuron(x=2, target=7, w=3, b=1, learning_rate=0.1) | {
        "optimizer": {"type": name, "learning_rate": 0.1, "weight_decay": 0.0}
    }
    timeline = start(document)

    timeline.run(3)

    assert timeline.values["layer0.W"].item() == 3.0


@pytest.mark.parametrize("beta2", [0.999, 1 - 2**-53])
@pytest.mark.parametrize("name", ["adagrad", "rmsprop", "adadelta", "adam", "adamw", "nadam"])
def test_the_smallest_epsilon_still_divides_nothing_by_0(name: str, beta2: float) -> None:
    optimizer = {"type": name, "learning_rate": 0.1, "epsilon": SMALLEST_EPSILON, "weight_decay": 0.0}
    if "beta2" in {constant.name for constant in OPTIMIZERS[name].constants}:
        optimizer["beta2"] = beta2
    layers = [dense(1, "relu", W=[[-1.0]], b=[0.0]), dense(1, W=[[1.0]], b=[1.0])]
    timeline = start({"data": rows([[1.0]], [[1.0]]), "network": {"layers": layers}, "optimizer": optimizer})

    timeline.run(3)

    assert timeline.cursor.step == 3
    assert timeline.values["layer0.W"].item() == -1.0


@pytest.mark.parametrize("name", ["adagrad", "rmsprop", "adadelta", "adam", "adamw", "nadam"])
def test_an_epsilon_of_0_is_refused_by_name(name: str) -> None:
    document = xor(optimizer={"type": name, "learning_rate": 0.1, "epsilon": 0.0})

    with pytest.raises(ExperimentError) as caught:
        start(document)

    (problem,) = caught.value.problems
    assert (problem.path, problem.value) == ("optimizer.epsilon", "0.0")
    assert problem.allowed == "a number at least 1e-100"


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_what_is_frozen_is_not_moved_even_by_weight_decay(name: str) -> None:
    document = one_neuron(x=2, target=1, w=-0.5, b=0.25, learning_rate=0.1) | {
        "optimizer": {"type": name, "learning_rate": 0.1, "weight_decay": 0.3}
    }
    document["network"]["layers"][0]["frozen"] = ["b"]
    timeline = start(document)

    timeline.run(4)

    assert timeline.values["layer0.b"].item() == 0.25
    assert timeline.values["layer0.W"].item() != -0.5


def test_adam_tells_its_corrected_averages() -> None:
    timeline = first_neuron({"type": "adam", "learning_rate": 0.1, "beta1": 0.5, "beta2": 0.25})
    timeline.run_to_end_of_step()

    values = timeline.values

    assert values["layer0.m_W"].item() == pytest.approx(0.5 * G)
    assert values["layer0.v_W"].item() == pytest.approx(0.75 * G**2)
    assert values["layer0.m_hat_W"].item() == pytest.approx(G)
    assert values["layer0.v_hat_W"].item() == pytest.approx(G**2)


def test_adam_counts_its_steps_from_when_it_was_chosen() -> None:
    timeline = first_neuron({"type": "sgd", "learning_rate": 0.01})
    timeline.run(50)

    timeline.edit("optimizer", {"type": "adam", "learning_rate": 0.1})

    assert abs(change_of_w(timeline)) == pytest.approx(0.1)


def test_a_constant_of_the_optimizer_can_be_changed_on_the_way() -> None:
    timeline = first_neuron({"type": "momentum", "learning_rate": 0.1})
    timeline.run(1)

    timeline.edit("momentum", 0.0)

    assert change_of_w(timeline) == pytest.approx(-0.1 * timeline.values["layer0.grad_W"].item())


def test_the_defaults_are_those_of_pytorch() -> None:
    defaults = {
        name: {"learning_rate": one.learning_rate} | {constant.name: constant.default for constant in one.constants}
        for name, one in OPTIMIZERS.items()
    }

    assert defaults == {
        "sgd": {"learning_rate": 1e-3, "weight_decay": 0.0},
        "momentum": {"learning_rate": 1e-3, "momentum": 0.9, "weight_decay": 0.0},
        "nesterov": {"learning_rate": 1e-3, "momentum": 0.9, "weight_decay": 0.0},
        "adagrad": {"learning_rate": 1e-2, "epsilon": 1e-10, "weight_decay": 0.0},
        "rmsprop": {"learning_rate": 1e-2, "rho": 0.99, "epsilon": 1e-8, "momentum": 0.0, "weight_decay": 0.0},
        "adam": {"learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "weight_decay": 0.0},
        "adamw": {"learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "weight_decay": 0.01},
        "adadelta": {"learning_rate": 1.0, "rho": 0.9, "epsilon": 1e-6, "weight_decay": 0.0},
        "nadam": {
            "learning_rate": 2e-3,
            "beta1": 0.9,
            "beta2": 0.999,
            "epsilon": 1e-8,
            "momentum_decay": 4e-3,
            "weight_decay": 0.0,
        },
    }
