"""What flows between layers."""

from __future__ import annotations

from dataclasses import dataclass

from engine.arena import Slot


@dataclass(frozen=True)
class Signal:
    """What flows between layers, feature-major.

    Attributes:
        full: `(units + 1, n)`, its last row all ones where a dense layer follows (the "1" that feeds the biases).
        units: without that row.
        transposed: the same, `(n, units + 1)`, where it is stored that way as well.
    """

    full: Slot
    units: int
    transposed: Slot

    @property
    def values(self) -> Slot:
        """`(units, n)`, without the row of ones."""
        return self.full if self.full.shape[0] == self.units else self.full[: self.units]
