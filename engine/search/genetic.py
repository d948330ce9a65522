"""A genetic algorithm: a population of networks; the better ones have children, which mix and mutate their weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from engine.arena import FloatArray
from engine.search.search import Constant, Learned, Proposal, Search, drawn

Flags = npt.NDArray[np.bool_]
Indices = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Generation:
    """The newest generation, the best individual first.

    Attributes:
        number: 0 for the one that was drawn.
        individuals: their parameters, (population, size).
        losses: ascending, (population,); infinite where one was not a number.
        parents: places of both parents in the generation before, itself the best first, (population, 2); −1 in generation
            0; an elite is its own two parents.
        elite: taken over unchanged, (population,).
        crossed: its weights come from both parents, (population,).
        mutated: at least one weight was nudged, (population,).
    """

    number: int
    individuals: FloatArray
    losses: FloatArray
    parents: Indices
    elite: Flags
    crossed: Flags
    mutated: Flags


@dataclass(frozen=True)
class Brood(Proposal):
    """The children that are tried, with what was done to each; fields as in Generation, (children, …)."""

    parents: Indices
    crossed: Flags
    mutated: Flags


class Genetic(Search[Generation, Brood]):
    """One generation each iteration; its loss is that of the best individual.

    Generation 0 is the start and fresh draws around 0, all of them tried. After that the elite is taken over as it is, loss
    included, and costs nothing; every other place is filled by a child. Each parent is the best of `tournament`
    individuals drawn with replacement. Two parents are crossed with a chance of `crossover_rate`, or else the child is a
    copy of the first; then each weight is nudged with a chance of `mutation`.

    Source: Eiben and Smith, Introduction to Evolutionary Computing, 2015, chapters 4 and 5.
    """

    name: ClassVar[str] = "genetic"
    label: ClassVar[str] = "Genetic algorithm"
    words: ClassVar[str] = "A population of networks: the better ones have children that mix and mutate their weights."
    purpose: ClassVar[int] = 203
    constants: ClassVar[tuple[Constant, ...]] = (
        Constant("population", "population", 40, "How many networks a generation has.", at_least=2, at_most=400),
        Constant(
            "elite",
            "elite",
            2,
            "How many of the best live on unchanged; fewer than the population.",
            at_least=0,
            at_most=399,
        ),
        Constant(
            "tournament", "tournament", 3, "A parent is the best of so many drawn at random.", at_least=1, at_most=400
        ),
        Constant(
            "crossover",
            "crossover",
            "uniform",
            "Each weight from either parent, or a first part from one and the rest from the other.",
            choices=("uniform", "one_point"),
        ),
        Constant(
            "crossover_rate", "chance of crossover", 0.7, "How likely a child has two parents.", at_least=0, at_most=1
        ),
        Constant(
            "mutation", "chance of mutation", 0.3, "How likely each weight of a child is nudged.", at_least=0, at_most=1
        ),
        Constant("sigma", "nudge σ", 1.0, "How far a mutation moves a weight, as a standard deviation.", above=0),
        Constant(
            "scale",
            "scale",
            2.0,
            "How many times as far as the layer's initializer the first generation scatters.",
            above=0,
        ),
    )

    @property
    def first_cost(self) -> int:
        """The whole first generation."""
        return self.settings.whole("population")

    @property
    def cost(self) -> int:
        """The children: the losses of the elite are known."""
        return self.settings.whole("population") - self.settings.whole("elite")

    @property
    def generation(self) -> Generation | None:
        """The newest generation, or None before the first."""
        return self.memory if self.iteration > 0 else None

    @property
    def parameters(self) -> FloatArray:
        """The best individual of the newest generation."""
        return np.array(self.memory.individuals[0])

    def beginning(self) -> Generation:
        """A generation of the start alone."""
        none = np.zeros(1, dtype=np.bool_)
        return Generation(-1, self.start[None], np.array([np.inf]), np.full((1, 2), -1), none, none, none)

    def propose(self, rng: np.random.Generator) -> Brood:
        """The first generation, or the children of the present one."""
        if self.iteration == 0:
            return self._first(rng)
        generation, settings, size = self.memory, self.settings, self.free.size
        count, population = self.cost, len(generation.losses)
        # The best stand first, so the best of a tournament is the smallest place drawn.
        parents = rng.integers(population, size=(count, 2, settings.whole("tournament"))).min(axis=2)
        mothers, fathers = generation.individuals[parents[:, 0]], generation.individuals[parents[:, 1]]
        crossed = rng.random(count) < settings.number("crossover_rate")
        if settings.constants["crossover"] == "uniform":
            from_mother = rng.random((count, size)) < 0.5
        else:
            from_mother = self._before_cut(rng, count)
        children = np.where(from_mother | ~crossed[:, None], mothers, fathers)
        nudged = np.logical_and(rng.random((count, size)) < settings.number("mutation"), self.free > 0)
        children = children + nudged * settings.number("sigma") * rng.standard_normal((count, size))
        parents = np.where(crossed[:, None], parents, parents[:, :1])
        return Brood(list(children), parents, crossed, np.asarray(nudged.any(axis=1)))

    def _first(self, rng: np.random.Generator) -> Brood:
        count, scale = self.first_cost, self.settings.number("scale")
        none = np.zeros(count, dtype=np.bool_)
        fresh = [self.start, *(drawn(self, rng, scale) for _ in range(count - 1))]
        return Brood(fresh, np.full((count, 2), -1), none, none)

    def _before_cut(self, rng: np.random.Generator, count: int) -> Flags:
        """True for the parameters before a cut that leaves each side at least one free parameter, where there are two."""
        place = np.cumsum(self.free)  # counts free parameters only, so that no cut falls into a gap or frozen part
        cuts = rng.integers(1, max(self.free_count, 2), size=count)
        return np.asarray(place[None, :] <= cuts[:, None])

    def learn(self, proposal: Brood, losses: FloatArray) -> Learned[Generation]:
        """The children and the elite, put in order."""
        old = self.memory
        kept = 0 if self.iteration == 0 else self.settings.whole("elite")
        individuals = np.concatenate([old.individuals[:kept], np.stack(list(proposal.candidates))])
        own = np.repeat(np.arange(kept)[:, None], 2, axis=1)
        no, yes = np.zeros(kept, dtype=np.bool_), np.ones(kept, dtype=np.bool_)
        all_losses = np.concatenate([old.losses[:kept], losses])
        order = np.argsort(all_losses, kind="stable")
        generation = Generation(
            self.iteration,
            individuals[order],
            all_losses[order],
            np.concatenate([own, proposal.parents])[order],
            np.concatenate([yes, np.zeros(len(losses), dtype=np.bool_)])[order],
            np.concatenate([no, proposal.crossed])[order],
            np.concatenate([no, proposal.mutated])[order],
        )
        return Learned(generation, float(generation.losses[0]), winner=int(np.argmin(losses)))
