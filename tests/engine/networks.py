"""Small experiments for the tests of the engine, and how to run them."""

from typing import Any, Final, TypeAlias

import numpy as np
from hypothesis import HealthCheck, settings

from engine import Experiment, Timeline
from engine.events import Event, FloatArray

Document: TypeAlias = dict[str, Any]

XOR_INPUTS: Final = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
XOR_TARGETS: Final = [[0.0], [1.0], [1.0], [0.0]]

FUSED: Final = {"binary_cross_entropy": "sigmoid", "categorical_cross_entropy": "softmax"}


def examples(count: int) -> settings:
    """So many examples for a test that tries random ones; the same in every run, however slow the machine is."""
    return settings(max_examples=count, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])


def dense(units: int, activation: str = "identity", **more: object) -> Document:
    """A dense layer of a document."""
    return {"type": "dense", "units": units, "activation": activation, **more}


def dropout(rate: float) -> Document:
    """A dropout layer of a document."""
    return {"type": "dropout", "rate": rate}


def rows(inputs: object, targets: object, **more: object) -> Document:
    """The data of a document, typed in."""
    return {"inputs": np.asarray(inputs).tolist(), "targets": np.asarray(targets).tolist(), **more}


def sgd(learning_rate: float, **more: object) -> Document:
    """Plain gradient descent in a document."""
    return {"type": "sgd", "learning_rate": learning_rate, **more}


def xor(**more: object) -> Document:
    """XOR with two tanh neurons and one sigmoid, without anything random but the seed."""
    return {
        "seed": 1,
        "data": rows(XOR_INPUTS, XOR_TARGETS),
        "network": {"layers": [dense(2, "tanh"), dense(1, "sigmoid")]},
        "loss": "mean_squared_error",
        "optimizer": sgd(0.5),
        **more,
    }


def one_neuron(x: float, target: float, w: float, b: float, learning_rate: float, **more: object) -> Document:
    """One neuron, y = w·x + b."""
    return {
        "data": rows([[x]], [[target]]),
        "network": {"layers": [dense(1, W=[[w]], b=[b])]},
        "loss": "half_squared_error",
        "optimizer": sgd(learning_rate),
        **more,
    }


def targets_for(loss: str, samples: int, outputs: int, rng: np.random.Generator) -> FloatArray:
    """Random targets of the kind that a loss takes."""
    if loss == "binary_cross_entropy":
        return rng.integers(2, size=(samples, outputs)).astype(np.float64)
    if loss == "categorical_cross_entropy":
        return np.eye(outputs)[rng.integers(outputs, size=samples)]
    if loss == "hinge":
        return rng.choice([-1.0, 1.0], size=(samples, outputs))
    return rng.normal(size=(samples, outputs))


def random_document(
    rng: np.random.Generator, activation: str, loss: str, *, output: str | None = None, samples: int = 4, **more: object
) -> Document:
    """A 2-3-2 network with random weights, inputs and targets; its last layer suits the loss unless it is named."""
    weights = [rng.normal(size=(3, 2)), rng.normal(size=(2, 3))]
    biases = [rng.normal(size=3), rng.normal(size=2)]
    names = (activation, output or FUSED.get(loss, "identity"))
    return {
        "seed": 5,
        "data": rows(rng.normal(size=(samples, 2)), targets_for(loss, samples, 2, rng)),
        "network": {
            "layers": [
                dense(len(W), name, W=W.tolist(), b=b.tolist())
                for W, b, name in zip(weights, biases, names, strict=True)
            ]
        },
        "loss": loss,
        "optimizer": sgd(0.1),
        **more,
    }


def start(document: Document) -> Timeline:
    """A run of a document, before its first event."""
    return Timeline(Experiment.from_json(document))


def step_through(timeline: Timeline) -> list[Event]:
    """Run the rest of this step event by event; returns what was told."""
    step, told = timeline.cursor.step, []
    while timeline.cursor.step == step:
        event = timeline.next()
        if event is None:
            break
        told.append(event)
    return told


def run_until(timeline: Timeline, kind: str, layer: int | None = None) -> Event:
    """Run events up to and with the next one of a kind."""
    while True:
        event = timeline.next()
        assert event is not None
        if event.kind == kind and layer in (None, event.layer):
            return event


def place_of(timeline: Timeline, kind: str) -> int:
    """The place in this step's plan of the first event of a kind."""
    return [planned.kind for planned in timeline.plan].index(kind)  # type: ignore[arg-type]


def snapshot(timeline: Timeline) -> dict[str, bytes]:
    """Everything that can be read at the cursor, bit for bit."""
    return {name: np.asarray(timeline.read(name)).tobytes() for name in timeline.names()}
