"""Hill climbing: nudge all parameters a little; keep the nudge if the loss is lower."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np

from engine.arena import FloatArray
from engine.search.search import Constant, Learned, Proposal, Search

GROWTH: Final = 1.5
"""With `adapt`, σ is multiplied by it after a success and by its fourth root's inverse after a failure, so that it stays
the same when one nudge in five succeeds.

Source: Rechenberg's 1/5 rule; in this form Kern et al., Learning probability distributions in continuous evolutionary
algorithms, 2004, section 2."""
SMALLEST: Final = 1e-9
LARGEST: Final = 1e3


@dataclass(frozen=True)
class Climb:
    """Where a climber stands.

    Attributes:
        parameters: the best so far, (size,).
        loss: theirs.
        sigma: standard deviation of the next nudge.
        accepted: whether the newest nudge was kept.
    """

    parameters: FloatArray
    loss: float
    sigma: float
    accepted: bool


class HillClimbing(Search[Climb, Proposal]):
    """One nudge each iteration, one evaluation; iteration 0 tries the start. Its loss is that of the nudge."""

    name: ClassVar[str] = "hill_climbing"
    label: ClassVar[str] = "Hill climbing"
    words: ClassVar[str] = "All weights are nudged at random; where the loss is lower, the nudge is kept."
    purpose: ClassVar[int] = 201
    constants: ClassVar[tuple[Constant, ...]] = (
        Constant("sigma", "nudge σ", 0.5, "How far a nudge moves each weight, as a standard deviation.", above=0),
        Constant(
            "adapt",
            "1/5 rule",
            "off",
            "Larger nudges after a success, smaller ones after failures.",
            choices=("off", "on"),
        ),
    )

    @property
    def first_cost(self) -> int:
        """The start alone."""
        return 1

    @property
    def cost(self) -> int:
        """One nudge."""
        return 1

    @property
    def parameters(self) -> FloatArray:
        """The best so far."""
        return self.memory.parameters

    def beginning(self) -> Climb:
        """Nothing has been tried, so whatever comes first is kept."""
        return Climb(self.start, np.inf, self.settings.number("sigma"), False)

    def propose(self, rng: np.random.Generator) -> Proposal:
        """One nudge of every free parameter."""
        if self.iteration == 0:
            return Proposal([self.start])
        here = self.memory
        return Proposal([here.parameters + here.sigma * self.free * rng.standard_normal(self.free.size)])

    def learn(self, proposal: Proposal, losses: FloatArray) -> Learned[Climb]:
        """Keep what is better."""
        here, loss = self.memory, float(losses[0])
        better = loss < here.loss
        sigma = here.sigma
        if self.settings.constants["adapt"] == "on" and self.iteration > 0:
            sigma = min(max(sigma * (GROWTH if better else GROWTH**-0.25), SMALLEST), LARGEST)
        kept = (proposal.candidates[0], loss) if better else (here.parameters, here.loss)
        return Learned(Climb(*kept, sigma, better), loss, winner=0)
