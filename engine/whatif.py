"""What another learning rate would do, before anything is decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.arena import FloatArray

LEARNING_RATES: Final = np.geomspace(1e-4, 10.0, 101)
LEARNING_RATES.flags.writeable = False


@dataclass(frozen=True)
class Preview:
    """The update of this step with a given learning rate.

    Attributes:
        learning_rate: the one asked about.
        loss: of this batch after the update, with the same dropout masks.
        values: `layerL.next_W`, `layerL.change_W`, and likewise for b.
    """

    learning_rate: float
    loss: float
    values: Mapping[str, FloatArray]


@dataclass(frozen=True)
class WhatIf:
    """The loss of this batch along the direction of the update (for plain gradient descent: along −g).

    Attributes:
        learning_rates: ascending, (m,).
        losses: one for each, (m,); may be infinite.
        loss: today's, at learning rate 0.
        best: the learning rate of the lowest loss among them.
    """

    learning_rates: FloatArray
    losses: FloatArray
    loss: float
    best: float
