"""Roughly how long something will take, for choosing how and where it is done."""

from __future__ import annotations

from typing import Final

from engine.experiment import Experiment

# A pass through a small network is a matter of calls, through a large one of products.
SECONDS_PER_PASS: Final = 20e-6
SECONDS_PER_PRODUCT: Final = 1e-9


def seconds_per_pass(experiment: Experiment, rows: int) -> float:
    """Of so many rows through the network, forward."""
    return SECONDS_PER_PASS + SECONDS_PER_PRODUCT * experiment.layout.count * rows
