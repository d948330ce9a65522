"""An evolution strategy: many small nudges, each with its reward, make an estimate of the gradient.

It sees nothing but rewards, as REINFORCE does: the estimate is that of the score function of a normal distribution.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from engine.arena import FloatArray
from engine.search.search import Constant, Learned, Proposal, Search


@dataclass(frozen=True)
class Cloud:
    """Where the strategy stands, and the newest nudges.

    Attributes:
        parameters: the centre it goes on from, (size,).
        directions: ε of each pair, (pairs, size); the nudges were ±σ ε. Empty before the first iteration.
        losses: of the nudges + (first column) and − (second), (pairs, 2); infinite where one was not a number.
        rewards: −loss, shifted to mean 0 and scaled to standard deviation 1, (pairs, 2); all 0 where they are all alike.
        estimate: of the gradient of the mean reward, (size,).
    """

    parameters: FloatArray
    directions: FloatArray
    losses: FloatArray
    rewards: FloatArray
    estimate: FloatArray


@dataclass(frozen=True)
class Nudges(Proposal):
    """The centre, then +ε and −ε of each pair in turn."""

    directions: FloatArray


class EvolutionStrategy(Search[Cloud, Nudges]):
    """One estimate each iteration: the centre and both nudges of every pair, 2·pairs + 1 evaluations.

    Its loss is that of the centre it began with. With r the normalised rewards and m the number of pairs,

        g = 1 / (2 m σ) · Σ (r₊ − r₋) ε,   θ ← θ + η g.

    Source: Salimans et al., Evolution strategies as a scalable alternative to reinforcement learning, 2017, algorithm 1
        with antithetic nudges; Williams, Simple statistical gradient-following algorithms, 1992, for the estimator.
    """

    name: ClassVar[str] = "evolution"
    label: ClassVar[str] = "Evolution strategy"
    words: ClassVar[str] = "Random nudges in pairs are rewarded for lowering the loss; their average shows the way."
    purpose: ClassVar[int] = 204
    constants: ClassVar[tuple[Constant, ...]] = (
        Constant(
            "pairs",
            "pairs of nudges",
            20,
            "How many directions are tried, each forwards and backwards.",
            at_least=1,
            at_most=200,
        ),
        Constant("sigma", "nudge σ", 0.1, "How far a nudge moves each weight, as a standard deviation.", above=0),
        Constant("learning_rate", "η", 0.01, "How far the centre moves along the estimate.", above=0),
    )

    @property
    def first_cost(self) -> int:
        """As every other."""
        return self.cost

    @property
    def cost(self) -> int:
        """The centre and two nudges a pair."""
        return 2 * self.settings.whole("pairs") + 1

    @property
    def parameters(self) -> FloatArray:
        """The centre."""
        return self.memory.parameters

    @property
    def newest(self) -> Cloud | None:
        """The newest nudges with their rewards, or None before the first."""
        return self.memory if self.iteration > 0 else None

    def beginning(self) -> Cloud:
        """At the start, without any nudges."""
        none = np.zeros((0, 2))
        return Cloud(self.start, np.zeros((0, self.start.size)), none, none, np.zeros(self.start.size))

    def propose(self, rng: np.random.Generator) -> Nudges:
        """The centre, and pairs of nudges of every free parameter."""
        centre, sigma = self.memory.parameters, self.settings.number("sigma")
        directions = self.free * rng.standard_normal((self.settings.whole("pairs"), self.free.size))
        both = np.stack([centre + sigma * directions, centre - sigma * directions], axis=1)
        return Nudges([centre, *both.reshape(-1, self.free.size)], directions)

    def learn(self, proposal: Nudges, losses: FloatArray) -> Learned[Cloud]:
        """Move the centre along the estimate."""
        sigma, rate = self.settings.number("sigma"), self.settings.number("learning_rate")
        pairs = losses[1:].reshape(-1, 2)
        rewards = normalised(-pairs)
        estimate = (rewards[:, 0] - rewards[:, 1]) @ proposal.directions / (2 * len(pairs) * sigma)
        centre = self.memory.parameters + rate * estimate
        cloud = Cloud(centre, proposal.directions, pairs, rewards, estimate)
        return Learned(cloud, float(losses[0]), winner=int(np.argmin(losses)))


def normalised(rewards: FloatArray) -> FloatArray:
    """Rewards with mean 0 and standard deviation 1; one of −∞ counts as the lowest finite one; all 0 where all are alike."""
    finite = np.isfinite(rewards)
    if not finite.any():
        return np.zeros_like(rewards)
    bounded = np.where(finite, rewards, rewards[finite].min())
    with np.errstate(over="ignore", invalid="ignore"):
        centred = bounded - bounded.mean()
        spread = centred.std()
    return centred / spread if np.isfinite(spread) and spread > 0 else np.zeros_like(rewards)
