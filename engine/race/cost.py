"""What a lane of a race has cost.

The *unit* is one forward pass over the full training set. An evaluation of a search is 1 unit. A step of backpropagation on
B of N rows is 3·B/N units: for each weight the way forward takes one multiplication and addition a row, and the way back
two, one for the gradient of the weight and one to pass δ on, so backward is about 2 forward passes. (The first layer
passes nothing on, and activations and the optimizer are not counted: it is a count of multiply–adds, not of seconds.)
Looking (scores, validation, curves) is not charged.

Source: the usual count for dense layers; that a gradient costs a small multiple of its function, whatever the number of
parameters, is the cheap gradient principle: Griewank and Walther, Evaluating Derivatives, 2008.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from engine.experiment import Experiment

FORWARD_AND_BACKWARD: Final = 3
"""Units of a step of backpropagation on all rows."""


@dataclass(frozen=True)
class CostClock:
    """What steps of backpropagation cost.

    Attributes:
        rows: of the training set, N.
        batch_size: rows of a step, B; the last batch of an epoch has what is left.
    """

    rows: int
    batch_size: int

    @classmethod
    def of(cls, experiment: Experiment) -> CostClock:
        """The clock of a run of an experiment."""
        return cls(len(experiment.dataset.inputs), experiment.batch_size)

    @property
    def steps_per_epoch(self) -> int:
        """Steps in a pass over the data."""
        return -(-self.rows // self.batch_size)

    def rows_seen(self, step: int) -> int:
        """Rows that the steps before this one have trained on."""
        epochs, place = divmod(step, self.steps_per_epoch)
        return epochs * self.rows + min(place * self.batch_size, self.rows)

    def cost(self, step: int) -> float:
        """Units spent before a step: 3 an epoch."""
        return FORWARD_AND_BACKWARD * self.rows_seen(step) / self.rows

    def known(self, step: int) -> float:
        """Units spent when the loss of a step is known: its way forward has been gone, not its way back."""
        forward = self.rows_seen(step + 1) - self.rows_seen(step)
        return (FORWARD_AND_BACKWARD * self.rows_seen(step) + forward) / self.rows

    def evaluations_at(self, step: int) -> int:
        """The fewest whole units that are at least what has been spent before a step."""
        return -(-FORWARD_AND_BACKWARD * self.rows_seen(step) // self.rows)

    def step_at(self, units: int) -> int:
        """The first step before which at least so many units have been spent."""
        epochs, rest = divmod(-(-units * self.rows // FORWARD_AND_BACKWARD), self.rows)
        return epochs * self.steps_per_epoch + -(-rest // self.batch_size)

    def covered_by(self, units: int) -> int:
        """The last step before which at most so many units have been spent."""
        epochs, rest = divmod(units * self.rows // FORWARD_AND_BACKWARD, self.rows)
        return epochs * self.steps_per_epoch + rest // self.batch_size
