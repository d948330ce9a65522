"""Runs for the tests of what can be taken along."""

from __future__ import annotations

from typing import Any

import numpy as np

from app.documents import preset
from app.exports.standing import Standing, standing_of
from engine import Experiment, Timeline

Document = dict[str, Any]


def at(document: Document, step: int = 0, event: int = 0) -> Timeline:
    """A run of a document at a moment."""
    timeline = Timeline(Experiment.from_json(document))
    timeline.seek(step, event)
    return timeline


def standing_at(document: Document, step: int = 0, event: int = 0) -> Standing:
    """Where a run stands at a moment."""
    return standing_of(at(document, step, event))


def losses_of(script: str) -> list[float]:
    """What a script trains, run by itself."""
    names: dict[str, Any] = {}
    exec(compile(script, "network.py", "exec"), names)
    return list(names["losses"])


def losses_from(document: Document, step: int, event: int, steps: int) -> list[float]:
    """What the engine trains from a moment on."""
    timeline = at(document, step, event)
    timeline.run(steps)
    return [float(loss) for loss in timeline.history("loss")[step : step + steps]]


def xor(**more: Any) -> Document:
    """The preset of that name, changed."""
    return {**preset("xor"), **more}


def regression(**more: Any) -> Document:
    """A network of 3, 4 and 2 neurons on seven rows that are drawn."""
    rng = np.random.default_rng(1)
    return {
        "seed": 3,
        "data": {"inputs": rng.normal(size=(7, 3)).tolist(), "targets": rng.normal(size=(7, 2)).tolist()},
        "network": {
            "layers": [
                {"type": "dense", "units": 4, "activation": "tanh"},
                {"type": "dense", "units": 2, "activation": "identity"},
            ]
        },
        "loss": "mean_squared_error",
        "optimizer": {"type": "sgd", "learning_rate": 0.05},
        "batch_size": 3,
        **more,
    }
