"""What a training step tells: one event for each local piece of the chain rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

Phase = Literal["forward", "loss", "backward", "update"]
Kind = Literal[
    "validation",
    "batch",
    "affine",
    "activation",
    "dropout",
    "loss",
    "penalty",
    "loss_gradient",
    "activation_gradient",
    "weight_gradient",
    "propagate",
    "dropout_gradient",
    "penalty_gradient",
    "clip",
    "update",
    "commit",
]

PHASES: Final[Mapping[Kind, Phase]] = {
    "validation": "forward",
    "batch": "forward",
    "affine": "forward",
    "activation": "forward",
    "dropout": "forward",
    "loss": "loss",
    "penalty": "loss",
    "loss_gradient": "backward",
    "activation_gradient": "backward",
    "weight_gradient": "backward",
    "propagate": "backward",
    "dropout_gradient": "backward",
    "penalty_gradient": "backward",
    "clip": "backward",
    "update": "update",
    "commit": "update",
}


@dataclass(frozen=True)
class PlannedEvent:
    """What is known of an event before it runs.

    Attributes:
        kind: which piece of the step it is.
        layer: 0-based number of the layer it belongs to, if it belongs to one.
        parameter: `W` or `b` for an update.
        title: a heading, with layers counted from 1 as people do.
        latex: the general formula.
    """

    kind: Kind
    layer: int | None
    parameter: str | None
    title: str
    latex: str

    @property
    def phase(self) -> Phase:
        """Which of the four phases of a step it belongs to."""
        return PHASES[self.kind]


@dataclass(frozen=True)
class Event:
    """One event that has run. It cannot change once it is told: its arrays are copies.

    Attributes:
        kind: which piece of the step it was.
        phase: forward, loss, backward or update.
        layer: 0-based number of the layer, or None.
        parameter: `W` or `b` for an update, else None.
        step: the step it belongs to.
        index: its place in the plan of that step.
        title: a heading.
        words: one sentence.
        latex: the general formula.
        line: the NumPy that ran, one call a line.
        values: what it computed, name -> array in the usual shape (batch first).
        arrays: the arrays as the instructions see them (feature-major), by the names that `line` uses.
    """

    kind: Kind
    phase: Phase
    layer: int | None
    parameter: str | None
    step: int
    index: int
    title: str
    words: str
    latex: str
    line: str
    values: Mapping[str, FloatArray]
    arrays: Mapping[str, FloatArray] = field(repr=False)


@dataclass(frozen=True, order=True)
class Cursor:
    """A place in time: `event` events of step `step` have run."""

    step: int
    event: int
