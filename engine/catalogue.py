"""What there is to choose from, with words, formulas and curves: the menus of the page and of anybody else."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from engine.activations import ACTIVATIONS
from engine.datasets import catalogue as datasets
from engine.initializers import CATALOGUE as INITIALIZERS
from engine.losses import LOSSES
from engine.optimizers import OPTIMIZERS
from engine.presets import PRESETS
from engine.schedules import CATALOGUE as SCHEDULES

CURVE: Final = np.linspace(-6.0, 6.0, 121)


def catalogue() -> dict[str, Any]:
    """Plain JSON values: activations (with curves), losses, optimizers, initializers, schedules, datasets, presets."""
    return {
        "activations": [activation_entry(name) for name in ACTIVATIONS],
        "losses": [
            {"name": loss.name, "label": loss.label, "words": loss.words, "latex": rf"l = {loss.latex}"}
            for loss in LOSSES.values()
        ],
        "optimizers": [
            {
                "name": optimizer.name,
                "label": optimizer.label,
                "words": optimizer.words,
                "latex": optimizer.latex,
                "constants": [
                    {
                        "name": "learning_rate",
                        "label": "η",
                        "default": optimizer.learning_rate,
                        "words": "The step size.",
                    },
                    *(
                        {"name": one.name, "label": one.label, "default": one.default, "words": one.words}
                        for one in optimizer.constants
                    ),
                ],
            }
            for optimizer in OPTIMIZERS.values()
        ],
        "initializers": [
            {
                "name": name,
                "label": entry["label"],
                "words": entry["about"],
                "constants": constants(entry["constants"]),
            }
            for name, entry in INITIALIZERS.items()
        ],
        "schedules": [
            {
                "name": name,
                "label": entry["label"],
                "words": entry["about"],
                "constants": constants(entry["parameters"]),
                "choices": entry["choices"],
            }
            for name, entry in SCHEDULES.items()
        ],
        "datasets": datasets(),
        "presets": [
            {"name": name, "title": preset["title"], "words": preset["words"]} for name, preset in PRESETS.items()
        ],
    }


def constants(defaults: dict[str, Any] | Any) -> list[dict[str, Any]]:
    """Constants with their defaults, in words as far as their names go."""
    return [
        {"name": name, "label": name.replace("_", " "), "default": default, "words": ""}
        for name, default in defaults.items()
    ]


def activation_entry(name: str) -> dict[str, Any]:
    """An activation with its curve from −6 to 6."""
    activation = ACTIVATIONS[name]
    entry: dict[str, Any] = {
        "name": activation.name,
        "label": activation.label,
        "words": activation.words,
        "latex": f"f(z) = {activation.latex}",
        "slope_latex": f"f'(z) = {activation.slope_latex}",
    }
    if activation.slope is None:
        return {**entry, "curve": {"z": [], "a": [], "slope": []}}  # a neuron of a softmax has no curve of its own
    a, slope = activation.curve(np.array(CURVE))
    return {**entry, "curve": {"z": CURVE.tolist(), "a": a.tolist(), "slope": slope.tolist()}}
