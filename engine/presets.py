"""Experiments to begin with, each small enough to be walked through by hand."""

from __future__ import annotations

from typing import Any, Final, TypedDict


class Preset(TypedDict):
    """An experiment with its name and what it shows."""

    title: str
    words: str
    document: dict[str, Any]


def dense(units: int, activation: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of a JSON object
    """A dense layer of a document."""
    return {"type": "dense", "units": units, "activation": activation, **more}


def experiment(data: dict[str, Any], layers: list[dict[str, Any]], loss: str, learning_rate: float, **more: Any) -> dict[str, Any]:  # noqa: ANN401
    """A document with plain gradient descent unless it says otherwise."""
    document = {
        "version": 1,
        "seed": 0,
        "data": data,
        "network": {"layers": layers},
        "loss": loss,
        "optimizer": {"type": "sgd", "learning_rate": learning_rate},
        "shuffle": False,
    }
    return document | more


PRESETS: Final[dict[str, Preset]] = {
    "xor": {
        "title": "XOR with two hidden neurons",
        "words": "Four points that no straight line can part; two hidden neurons fold the plane.",
        "document": experiment(
            {"name": "xor"},
            [
                dense(2, "tanh", W=[[1.0, 1.0], [-1.0, -1.0]], b=[0.0, 1.0]),
                dense(1, "sigmoid", W=[[1.0, 1.0]], b=[0.0]),
            ],
            "binary_cross_entropy",
            1.0,
        ),
    },
    "neuron": {
        "title": "One neuron",
        "words": "y = w·x + b with x = 2, w = −0.5 and target 1: everything fits on a napkin.",
        "document": experiment(
            {"inputs": [[2.0]], "targets": [[1.0]]},
            [dense(1, "identity", W=[[-0.5]], b=[0.0])],
            "half_squared_error",
            0.1,
        ),
    },
    "chain": {
        "title": "The chain rule, 1-2-1",
        "words": "Two paths from one input to one output: the gradient comes back along both.",
        "document": experiment(
            {"inputs": [[1.0]], "targets": [[0.0]]},
            [
                dense(2, "sigmoid", W=[[0.5], [-1.0]], b=[0.0, 0.0]),
                dense(1, "sigmoid", W=[[1.0, -0.5]], b=[0.0]),
            ],
            "half_squared_error",
            0.5,
        ),
    },
    "chain_tanh": {
        "title": "The chain rule, 1-2-1 with tanh",
        "words": "One weight is 0: which weight on that branch gets a gradient all the same?",
        "document": experiment(
            {"inputs": [[1.0]], "targets": [[1.0]]},
            [
                dense(2, "tanh", W=[[0.5], [-1.0]], b=[0.0, 0.0], frozen=["b"]),
                dense(1, "identity", W=[[1.0, 0.0]], b=[0.0], frozen=["b"]),
            ],
            "half_squared_error",
            0.5,
        ),
    },
    "mazur": {
        "title": "Matt Mazur’s worked example, 2-2-2",
        "words": "The numbers that every student has; the biases are frozen, as on his page, and can be set free.",
        "document": experiment(
            {"inputs": [[0.05, 0.10]], "targets": [[0.01, 0.99]]},
            [
                dense(2, "sigmoid", W=[[0.15, 0.20], [0.25, 0.30]], b=[0.35, 0.35], frozen=["b"]),
                dense(2, "sigmoid", W=[[0.40, 0.45], [0.50, 0.55]], b=[0.60, 0.60], frozen=["b"]),
            ],
            "half_squared_error",
            0.5,
            batch_size=1,
        ),
    },
    "circles": {
        "title": "Circles with 2-4-2-1",
        "words": "A ring around a ring, in mini-batches of ten: watch the loss wobble down.",
        "document": experiment(
            {"name": "circles", "samples": 200, "noise": 0.1, "validation": 0.25},
            [dense(4, "tanh"), dense(2, "tanh"), dense(1, "sigmoid")],
            "binary_cross_entropy",
            0.3,
            batch_size=10,
            shuffle=True,
        ),
    },
    "softmax": {
        "title": "Softmax on three blobs, 2-3",
        "words": "Three classes, three outputs that add up to 1, and cross-entropy.",
        "document": experiment(
            {"name": "blobs", "samples": 60, "classes": 3},
            [dense(3, "softmax")],
            "categorical_cross_entropy",
            0.5,
            seed=3,
            batch_size=6,
            shuffle=True,
        ),
    },
    "house_prices": {
        "title": "House prices, a linear neuron",
        "words": "Price from size, rooms and age; standardized, or the learning rate would have to be tiny.",
        "document": experiment(
            {"name": "house_prices", "samples": 40, "standardize": True, "seed": 7},
            [dense(1, "identity")],
            "half_squared_error",
            0.1,
            batch_size=8,
            shuffle=True,
        ),
    },
}

for preset in PRESETS.values():
    preset["document"]["title"] = preset["title"]
