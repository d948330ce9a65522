"""Which step it is, and which rows it trains on; and what random numbers are drawn for.

Randomness is stateless: every draw comes from a generator seeded with [seed, purpose, number], so there is no random
state to save, and going back restores it exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt


class Purpose(IntEnum):
    """What a random generator is for; data sets have purposes of their own."""

    WEIGHTS = 1
    SHUFFLE = 2
    DROPOUT = 3


@dataclass
class Moment:
    """The step a program is about to run.

    Attributes:
        seed: of the experiment.
        step: number of the step in the run.
        epoch: number of the epoch it belongs to.
        rows: of the training data that make the batch.
    """

    seed: int
    step: int
    epoch: int
    rows: npt.NDArray[np.intp]
