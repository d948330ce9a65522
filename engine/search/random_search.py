"""Random search: fresh weights each time; only the best are remembered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from engine.arena import FloatArray
from engine.search.search import Constant, Learned, Proposal, Search, drawn


@dataclass(frozen=True)
class Nothing:
    """No draw depends on any before it."""


class RandomSearch(Search[Nothing, Proposal]):
    """One draw each iteration, one evaluation; iteration 0 tries the start. Its loss is that of the draw."""

    name: ClassVar[str] = "random"
    label: ClassVar[str] = "Random search"
    words: ClassVar[str] = "All weights are drawn afresh each time, and the best draw is remembered."
    purpose: ClassVar[int] = 202
    constants: ClassVar[tuple[Constant, ...]] = (
        Constant("scale", "scale", 4.5, "How many times as far as the layer's initializer the draws scatter.", above=0),
    )

    @property
    def first_cost(self) -> int:
        """The start alone."""
        return 1

    @property
    def cost(self) -> int:
        """One draw."""
        return 1

    def beginning(self) -> Nothing:
        """Nothing has been tried."""
        return Nothing()

    def propose(self, rng: np.random.Generator) -> Proposal:
        """Fresh weights."""
        return Proposal([self.start if self.iteration == 0 else drawn(self, rng, self.settings.number("scale"))])

    def learn(self, proposal: Proposal, losses: FloatArray) -> Learned[Nothing]:
        """There is nothing to learn."""
        return Learned(self.memory, float(losses[0]), winner=0)
