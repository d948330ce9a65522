"""Experiments to begin with, each small enough to be walked through by hand."""

from __future__ import annotations

from typing import Any, Final, TypedDict


class Preset(TypedDict):
    """An experiment with its name and what it shows."""

    title: str
    words: str
    document: dict[str, Any]


def dense(units: int, activation: str, **more: Any) -> dict[str, Any]:
    """A dense layer of a document."""
    return {"type": "dense", "units": units, "activation": activation, **more}


def experiment(
    data: dict[str, Any], layers: list[dict[str, Any]], loss: str, learning_rate: float, **more: Any
) -> dict[str, Any]:
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


def preset(title: str, words: str, document: dict[str, Any]) -> Preset:
    """A preset; its document bears its title."""
    return {"title": title, "words": words, "document": {"title": title, **document}}


PRESETS: Final[dict[str, Preset]] = {
    "xor": preset(
        "XOR with two hidden neurons",
        "Four points that no straight line can part; two hidden neurons fold the plane.",
        experiment(
            {"name": "xor"},
            [
                dense(2, "tanh", W=[[1.0, 1.0], [-1.0, -1.0]], b=[0.0, 1.0]),
                dense(1, "sigmoid", W=[[1.0, 1.0]], b=[0.0]),
            ],
            "binary_cross_entropy",
            1.0,
        ),
    ),
    "neuron": preset(
        "One neuron",
        "y = w·x + b with x = 2, w = −0.5 and target 1: everything fits on a napkin.",
        experiment(
            {"inputs": [[2.0]], "targets": [[1.0]]},
            [dense(1, "identity", W=[[-0.5]], b=[0.0])],
            "half_squared_error",
            0.1,
        ),
    ),
    "chain": preset(
        "The chain rule, 1-2-1",
        "Two paths from one input to one output: the gradient comes back along both.",
        experiment(
            {"inputs": [[1.0]], "targets": [[0.0]]},
            [
                dense(2, "sigmoid", W=[[0.5], [-1.0]], b=[0.0, 0.0]),
                dense(1, "sigmoid", W=[[1.0, -0.5]], b=[0.0]),
            ],
            "half_squared_error",
            0.5,
        ),
    ),
    "chain_tanh": preset(
        "The chain rule, 1-2-1 with tanh",
        "One weight is 0: which weight on that branch gets a gradient all the same?",
        experiment(
            {"inputs": [[1.0]], "targets": [[1.0]]},
            [
                dense(2, "tanh", W=[[0.5], [-1.0]], b=[0.0, 0.0], frozen=["b"]),
                dense(1, "identity", W=[[1.0, 0.0]], b=[0.0], frozen=["b"]),
            ],
            "half_squared_error",
            0.5,
        ),
    ),
    "mazur": preset(
        "Matt Mazur’s worked example, 2-2-2",
        "The numbers that every student has; the biases are frozen, as on his page, and can be set free.",
        experiment(
            {"inputs": [[0.05, 0.10]], "targets": [[0.01, 0.99]]},
            [
                dense(2, "sigmoid", W=[[0.15, 0.20], [0.25, 0.30]], b=[0.35, 0.35], frozen=["b"]),
                dense(2, "sigmoid", W=[[0.40, 0.45], [0.50, 0.55]], b=[0.60, 0.60], frozen=["b"]),
            ],
            "half_squared_error",
            0.5,
            batch_size=1,
        ),
    ),
    "circles": preset(
        "Circles with 2-4-2-1",
        "A ring around a ring, in mini-batches of ten: watch the loss wobble down.",
        experiment(
            {"name": "circles", "samples": 200, "noise": 0.1, "validation": 0.25},
            [dense(4, "tanh"), dense(2, "tanh"), dense(1, "sigmoid")],
            "binary_cross_entropy",
            0.3,
            batch_size=10,
            shuffle=True,
        ),
    ),
    "softmax": preset(
        "Softmax on three blobs, 2-3",
        "Three classes, three outputs that add up to 1, and cross-entropy.",
        experiment(
            {"name": "blobs", "samples": 60, "classes": 3},
            [dense(3, "softmax")],
            "categorical_cross_entropy",
            0.5,
            seed=3,
            batch_size=6,
            shuffle=True,
        ),
    ),
    "house_prices": preset(
        "House prices, a linear neuron",
        "Price from size, rooms and age; standardized, or the learning rate would have to be tiny.",
        experiment(
            {"name": "house_prices", "samples": 40, "standardize": True, "seed": 7},
            [dense(1, "identity")],
            "half_squared_error",
            0.1,
            batch_size=8,
            shuffle=True,
        ),
    ),
}
