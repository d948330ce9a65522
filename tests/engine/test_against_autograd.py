"""The engine beside code that shares nothing with it: HIPS autograd, and optimizers as plain loops."""

from typing import Any

import numpy as np
import pytest

from engine import Timeline
from engine.activations import ACTIVATIONS
from engine.losses import LOSSES
from engine.optimizers import OPTIMIZERS
from tests.engine.networks import Document, dense, dropout, random_document, rows, start
from tests.engine.reference import Reference

RATES = {"adadelta": 1.0}


def optimizer(name: str, **constants: float) -> Document:
    return {"type": name, "learning_rate": RATES.get(name, 0.05), **constants}


def assert_they_train_alike(document: Document, steps: int) -> None:
    """Walk through every step: same loss, same gradients, same parameters afterwards."""
    timeline, reference = start(document), Reference(document)
    for _ in range(steps):
        assert_one_step_agrees(timeline, reference)


def assert_one_step_agrees(timeline: Timeline, reference: Reference) -> None:
    timeline.run_to_end_of_step()
    values = timeline.values
    masks = {i: values[f"layer{i}.mask"] for i, one in enumerate(reference.layers) if one["type"] == "dropout"}
    x, y = values["x"], values["y"]
    loss = reference.loss(reference.parameters, x, y, masks)
    gradients = reference.clipped(reference.gradients(x, y, masks))
    np.testing.assert_allclose(values["loss"], loss, rtol=1e-10, atol=1e-14)
    for name, gradient in gradients.items():
        if name not in reference.frozen:
            layer, _, part = name.rpartition(".")
            np.testing.assert_allclose(values[f"{layer}.grad_{part}"], gradient, rtol=1e-9, atol=1e-13)
    reference.step(x, y, float(values["learning_rate"]), masks)
    timeline.next()
    for name, expected in reference.parameters.items():
        np.testing.assert_allclose(timeline.values[name], expected, rtol=1e-9, atol=1e-13)


@pytest.mark.parametrize("update", OPTIMIZERS)
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_with_every_loss_and_every_optimizer(
    activation: str, loss: str, update: str, rng: np.random.Generator
) -> None:
    assert_they_train_alike(random_document(rng, activation, loss, optimizer=optimizer(update)), steps=3)


@pytest.mark.parametrize("loss", [name for name, loss in LOSSES.items() if loss.fused is None])
@pytest.mark.parametrize("output", ACTIVATIONS)
def test_every_activation_in_the_last_layer(output: str, loss: str, rng: np.random.Generator) -> None:
    assert_they_train_alike(random_document(rng, "tanh", loss, output=output), steps=3)


@pytest.mark.parametrize("update", OPTIMIZERS)
def test_everything_at_once(update: str, rng: np.random.Generator) -> None:
    constants: dict[str, Any] = {"weight_decay": 0.02}
    if update == "rmsprop":
        constants["momentum"] = 0.7
    document = {
        "seed": 3,
        "data": rows(rng.normal(size=(7, 2)), rng.normal(size=(7, 2))),
        "network": {
            "layers": [
                dense(4, "tanh", W=rng.normal(size=(4, 2)).tolist(), b=rng.normal(size=4).tolist(), frozen=["b"]),
                dropout(0.4),
                dense(3, "gelu", W=rng.normal(size=(3, 4)).tolist(), b=rng.normal(size=3).tolist()),
                dense(2, W=rng.normal(size=(2, 3)).tolist(), b=rng.normal(size=2).tolist(), frozen=["W"]),
            ]
        },
        "loss": "half_squared_error",
        "optimizer": optimizer(update, **constants),
        "schedule": {"type": "exponential", "gamma": 0.8, "warmup": {"steps": 3}},
        "penalty": {"l1": 0.01, "l2": 0.03},
        "clipping": {"type": "norm", "maximum": 0.5},
        "batch_size": 3,
    }

    assert_they_train_alike(document, steps=9)


@pytest.mark.parametrize("update", OPTIMIZERS)
def test_weight_decay_and_clipping_by_value(update: str, rng: np.random.Generator) -> None:
    document = random_document(
        rng,
        "silu",
        "categorical_cross_entropy",
        optimizer=optimizer(update, weight_decay=0.1),
        clipping={"type": "value", "maximum": 0.05},
    )

    assert_they_train_alike(document, steps=6)


@pytest.mark.parametrize("loss", ["binary_cross_entropy", "categorical_cross_entropy"])
def test_the_long_way_back_through_a_cross_entropy(loss: str, rng: np.random.Generator) -> None:
    document = random_document(rng, "tanh", loss)
    document["loss"] = {"type": loss, "unfolded": True}
    timeline = start(document)
    reference = Reference(document | {"loss": loss})

    for _ in range(3):
        assert_one_step_agrees(timeline, reference)


def test_a_deep_network_with_dropout_on_the_inputs_and_twice_in_a_row(rng: np.random.Generator) -> None:
    document = {
        "data": rows(rng.normal(size=(5, 3)), rng.normal(size=(5, 1))),
        "network": {
            "layers": [
                dropout(0.2),
                dense(4, "elu", W=rng.normal(size=(4, 3)).tolist(), b=rng.normal(size=4).tolist()),
                dropout(0.3),
                dropout(0.3),
                dense(3, "softmax", W=rng.normal(size=(3, 4)).tolist(), b=rng.normal(size=3).tolist()),
                dense(3, "softplus", W=rng.normal(size=(3, 3)).tolist(), b=rng.normal(size=3).tolist()),
                dense(1, "sigmoid", W=rng.normal(size=(1, 3)).tolist(), b=rng.normal(size=1).tolist()),
            ]
        },
        "loss": "mean_squared_error",
        "optimizer": optimizer("adam"),
        "batch_size": 2,
    }

    assert_they_train_alike(document, steps=6)
