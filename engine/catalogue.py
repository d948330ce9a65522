"""What there is to choose from, with words, formulas and curves: the menus of the page and of anybody else."""

from __future__ import annotations

from collections.abc import Mapping
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
            {"name": loss.name, "label": loss.label, "words": loss.words, "latex": rf"\ell = {loss.latex}"}
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


LABELS: Final = {
    "T_max": ("length T", "How many units the fall takes."),
    "T_0": ("first period", "How many units the first wave takes."),
    "T_mult": ("period factor", "Each wave is this many times as long as the one before."),
    "eta_min": ("lowest η", "Where the fall ends."),
    "step_size": ("every", "How many units pass between two reductions."),
    "gamma": ("factor γ", "What the learning rate is multiplied by."),
    "decay": ("decay", "How fast the learning rate falls."),
    "base_learning_rate": ("lower η", "The bottom of the cycle; the optimizer's own where none is given."),
    "max_learning_rate": ("upper η", "The top of the cycle."),
    "step_size_up": ("steps up", "From the bottom to the top."),
    "step_size_down": ("steps down", "From the top to the bottom; as many as up where none is given."),
    "mode": ("mode", "How the cycle changes from one to the next, or which way is better."),
    "total_steps": ("total steps", "How long the one cycle is."),
    "pct_start": ("part that rises", "Which part of the cycle goes up, 0 to 1."),
    "anneal_strategy": ("shape", "Along a cosine or a straight line."),
    "div_factor": ("start divisor", "The cycle begins at the upper η divided by this."),
    "final_div_factor": ("end divisor", "It ends at the starting η divided by this."),
    "three_phase": ("three phases", "Come down as slowly as it went up, then fall to the end."),
    "start_factor": ("start factor", "The first learning rate, as a part of the full one."),
    "end_factor": ("end factor", "The last learning rate, as a part of the full one."),
    "total_iters": ("length", "How many units the climb takes."),
    "factor": ("factor", "What the learning rate is multiplied by on a plateau."),
    "patience": ("patience", "Epochs without improvement that are borne."),
    "threshold": ("threshold", "A smaller improvement does not count."),
    "threshold_mode": ("threshold is", "Relative to the best loss, or absolute."),
    "cooldown": ("cooldown", "Epochs of rest after a reduction."),
    "min_learning_rate": ("lowest η", "It is never reduced below this."),
    "epsilon": ("ε", "A smaller reduction is not made."),
    "value": ("value", "What every weight begins with."),
    "low": ("lowest", "No weight begins below this."),
    "high": ("highest", "No weight begins above this."),
    "mean": ("mean", "Around which the weights begin."),
    "std": ("standard deviation", "How far they scatter."),
    "gain": ("gain", "Makes all of them larger or smaller."),
}
"""What people read instead of a name in a document, and one sentence."""


def constants(defaults: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Constants with their defaults, labels and words."""
    entries = []
    for name, default in defaults.items():
        label, words = LABELS.get(name, (name.replace("_", " "), ""))
        entries.append({"name": name, "label": label, "default": default, "words": words})
    return entries


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
