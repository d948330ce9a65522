"""Searching for good weights without a single gradient: what every method of search has in common.

A search moves in *iterations*. In each it proposes candidates, whole vectors of parameters; every candidate is tried on
the full training set, one forward pass each; and what they cost decides where it goes on. So the unit of cost is one
forward pass over the training set, an *evaluation*, and nothing else is counted.

As in a run, going back is restoring a sparse checkpoint and replaying: all that is random in iteration i comes from
`default_rng([seed, purpose, i])`, so the numbers come back bit for bit.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, Generic, TypeVar

import numpy as np
import numpy.typing as npt

from engine.arena import FloatArray
from engine.errors import CursorError
from engine.experiment import Experiment, initial_weights
from engine.initializers import Initializer
from engine.layers.dense import Dense
from engine.moment import Purpose
from engine.program import Forward

MEMORY_BUDGET: Final = 16 * 2**20
"""Bytes that the checkpoints of one search may take up."""
FIRST_INTERVAL: Final = 64
"""Iterations from one checkpoint to the next, to begin with."""
MOST_EVALUATIONS: Final = 1_000_000
"""After so many a search is finished."""
MOST_POINTS: Final = 1_000
"""Of a curve as it is handed out, unless more are asked for."""

Value = float | int | str
Indices = npt.NDArray[np.intp]
Enough = Callable[[], bool]


@dataclass(frozen=True)
class Constant:
    """One number, or one choice, that a search is set up with.

    Attributes:
        name: as users type it.
        label: as people read it.
        default: where none is given; a whole number where only whole numbers make sense.
        words: one sentence.
        at_least: no number below it.
        at_most: no number above it.
        above: only numbers above it.
        choices: the names to choose from, where it is no number.
    """

    name: str
    label: str
    default: Value
    words: str
    at_least: float | None = None
    at_most: float | None = None
    above: float | None = None
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Settings:
    """Which search, and its constants, every one of them.

    Attributes:
        type: the name of the method.
        constants: name → value.
    """

    type: str
    constants: Mapping[str, Value]

    def number(self, name: str) -> float:
        """A constant that is a number."""
        return float(self.constants[name])

    def whole(self, name: str) -> int:
        """A constant that is a whole number."""
        return int(self.constants[name])

    def to_json(self) -> dict[str, Value]:
        """The JSON object that says the same."""
        return {"type": self.type, **self.constants}


@dataclass(frozen=True)
class Proposal:
    """What an iteration tries.

    Attributes:
        candidates: vectors of all parameters, each (size,).
    """

    candidates: Sequence[FloatArray]


M = TypeVar("M")
P = TypeVar("P", bound=Proposal)


@dataclass(frozen=True)
class Learned(Generic[M]):
    """What an iteration has led to.

    Attributes:
        memory: what the next one goes on from.
        loss: the one to draw for this iteration; each method says which it is.
        winner: number of the candidate that may be the best so far.
        stopped: why the search cannot go on, as a sentence, or None.
    """

    memory: M
    loss: float
    winner: int
    stopped: str | None = None


@dataclass(frozen=True)
class Checkpoint(Generic[M]):
    """Where a search stood before an iteration; its arrays are never written to."""

    memory: M
    best: FloatArray
    best_loss: float


@dataclass(frozen=True)
class History:
    """How a search went, one entry for each iteration shown, (k,) each.

    Attributes:
        evaluations: used by the end of the iteration.
        losses: of the iteration itself; infinite where it was not a number.
        best_losses: the lowest that any candidate has had by then.
    """

    evaluations: FloatArray
    losses: FloatArray
    best_losses: FloatArray


class Search(ABC, Generic[M, P]):
    """A search for the weights of an experiment's network.

    The loss is that of training (penalty included) over all training rows at once, without dropout. Frozen parameters
    stay as they are. A loss that is not a number counts as infinite: no candidate is worse.

    Args:
        experiment: what network, loss and data; its optimizer, batches, clipping and schedule play no part.
        settings: the constants of the method.
        start: the parameters to begin with, a flat vector as `Experiment.layout` lays them out; those that a training
            run of the experiment would begin with where none are given.
        memory_budget: bytes that checkpoints may take up.
    """

    name: ClassVar[str]
    label: ClassVar[str]
    words: ClassVar[str]
    constants: ClassVar[tuple[Constant, ...]]
    purpose: ClassVar[int]
    """What its random numbers are seeded with besides the seed; different from every other purpose."""

    def __init__(
        self,
        experiment: Experiment,
        settings: Settings,
        start: FloatArray | None = None,
        *,
        memory_budget: int = MEMORY_BUDGET,
    ) -> None:
        data, layout = experiment.dataset, experiment.layout
        self.experiment = experiment
        self.settings = settings
        self.start = beginning(experiment) if start is None else np.array(start, dtype=np.float64)
        self.free = layout.mask(
            [(b.layer, part) for b, part in layout.names() if (b.layer, part) not in experiment.frozen]
        )
        self.free_count = int(self.free.sum())
        self.stopped: str | None = None
        self.iteration = 0
        self.best = self.start
        self.best_loss = np.inf
        self._forward = Forward(experiment, len(data.inputs))
        self._forward.load(data.inputs, data.targets)
        self._budget = memory_budget
        self._interval = FIRST_INTERVAL
        self._checkpoints: dict[int, Checkpoint[M]] = {}
        self._proposal: P | None = None
        self._tried: list[float] = []
        self._losses = array("d")
        self._best_losses = array("d")
        self.memory = self.beginning()

    # ------------------------------------------------------------------ what a method is

    @property
    @abstractmethod
    def first_cost(self) -> int:
        """Evaluations of iteration 0."""

    @property
    @abstractmethod
    def cost(self) -> int:
        """Evaluations of every other iteration."""

    @abstractmethod
    def beginning(self) -> M:
        """The memory before anything has been tried."""

    @abstractmethod
    def propose(self, rng: np.random.Generator) -> P:
        """What this iteration tries, as many candidates as it costs."""

    @abstractmethod
    def learn(self, proposal: P, losses: FloatArray) -> Learned[M]:
        """What follows from the losses of the candidates, one each; infinite where one was not a number."""

    @property
    def parameters(self) -> FloatArray:
        """Where the search stands: the parameters it goes on from, (size,)."""
        return self.best

    def size_of(self, memory: M) -> int:
        """Bytes that a memory keeps alive, for the budget of checkpoints."""
        return sum(value.nbytes for value in vars(memory).values() if isinstance(value, np.ndarray))

    # ------------------------------------------------------------------ where it is

    @property
    def evaluations(self) -> int:
        """Forward passes over the training set used by the iterations that are complete."""
        return self.evaluations_after(self.iteration)

    @property
    def finished(self) -> bool:
        """Whether the search cannot go on."""
        return self.stopped is not None or self.evaluations >= MOST_EVALUATIONS

    def evaluations_after(self, iterations: int) -> int:
        """What so many iterations cost together."""
        return 0 if iterations == 0 else self.first_cost + (iterations - 1) * self.cost

    def iterations_for(self, evaluations: int) -> int:
        """The fewest iterations that use at least so many evaluations."""
        if evaluations <= 0:
            return 0
        return 1 + max(0, -(-(evaluations - self.first_cost) // self.cost))

    def history(self, most: int = MOST_POINTS) -> History:
        """The iterations up to now, evenly thinned to at most so many and the last one."""
        numbers = thinned(self.iteration, most)
        evaluations = self.first_cost + numbers * self.cost
        return History(
            evaluations.astype(np.float64), np.array(self._losses)[numbers], np.array(self._best_losses)[numbers]
        )

    def first_below(self, threshold: float) -> int | None:
        """Evaluations used by the end of the first iteration whose best loss is below a threshold, or None."""
        below = np.flatnonzero(np.array(self._best_losses[: self.iteration]) < threshold)
        return None if len(below) == 0 else self.evaluations_after(int(below[0]) + 1)

    # ------------------------------------------------------------------ moving

    def run(self, evaluations: int, enough: Enough | None = None) -> bool:
        """Go on until at least so many evaluations have been used since the beginning.

        An iteration is never cut short: the search ends at the first iteration by whose end so many have been used, less
        than one iteration beyond. Where more have been used already, nothing happens.

        Args:
            evaluations: in all, not besides those used before.
            enough: asked after each evaluation; where it says so, the search pauses at once, if need be in the midst of an
                iteration, and the next call goes on with the following candidate.

        Returns:
            Whether it is there, or cannot go on.

        Raises:
            CursorError: a number that is not allowed.
        """
        if not 0 <= evaluations:
            raise CursorError(f"{evaluations} evaluations; allowed: 0 or more")
        wanted = min(evaluations, MOST_EVALUATIONS)
        while self.evaluations < wanted and not self.finished:
            if not self._iterate(enough):
                return self.evaluations >= wanted or self.finished
        return True

    def seek(self, evaluations: int, enough: Enough | None = None) -> bool:
        """Go to where `run` of as many evaluations ends, forward or back; see `run`."""
        if not 0 <= evaluations:
            raise CursorError(f"{evaluations} evaluations; allowed: 0 or more")
        target = self.iterations_for(min(evaluations, MOST_EVALUATIONS))
        nearest = max((at for at in self._checkpoints if at <= target), default=0)
        if target < self.iteration or nearest > self.iteration:
            self._restore(nearest)
        return self.run(evaluations, enough)

    def _iterate(self, enough: Enough | None) -> bool:
        """Complete one iteration; False where it had to pause."""
        if self._proposal is None:
            self._keep_checkpoint()
            self._proposal = self.propose(np.random.default_rng([self.experiment.seed, self.purpose, self.iteration]))
        candidates = self._proposal.candidates
        while len(self._tried) < len(candidates):
            loss = self._forward.run(candidates[len(self._tried)])
            self._tried.append(loss if np.isfinite(loss) else np.inf)
            if enough is not None and len(self._tried) < len(candidates) and enough():
                return False
        proposal, losses = self._proposal, np.array(self._tried)
        self._pause()
        learned = self.learn(proposal, losses)
        if losses[learned.winner] < self.best_loss:
            self.best = np.array(candidates[learned.winner])
            self.best_loss = float(losses[learned.winner])
        self.memory = learned.memory
        self.stopped = learned.stopped
        if self.iteration == len(self._losses):
            self._losses.append(learned.loss)
            self._best_losses.append(self.best_loss)
        self.iteration += 1
        return enough is None or not enough()

    def _pause(self) -> None:
        """Forget an iteration that is complete, or given up."""
        self._proposal = None
        self._tried = []

    def _keep_checkpoint(self) -> None:
        """Keep where the search stands, if it is time; where the budget is used up, every other one goes."""
        if self.iteration % self._interval or self.iteration in self._checkpoints:
            return
        self._checkpoints[self.iteration] = Checkpoint(self.memory, self.best, self.best_loss)
        bytes_each = self.size_of(self.memory) + self.best.nbytes + 200
        while len(self._checkpoints) > 1 and len(self._checkpoints) * bytes_each > self._budget:
            self._interval *= 2
            for at in [at for at in self._checkpoints if at % self._interval]:
                del self._checkpoints[at]

    def _restore(self, iteration: int) -> None:
        """Stand where a checkpoint was kept."""
        checkpoint = self._checkpoints[iteration]
        self._pause()
        self.iteration = iteration
        self.memory, self.best, self.best_loss = checkpoint.memory, checkpoint.best, checkpoint.best_loss
        self.stopped = None


def thinned(count: int, most: int) -> Indices:
    """Indices of 0 to count − 1, evenly spaced, at most `most` of them, and the last one."""
    if count == 0:
        return np.arange(0)
    stride = -(-count // max(most, 1))
    numbers = np.arange(0, count, stride)
    return numbers if numbers[-1] == count - 1 else np.append(numbers, count - 1)


def beginning(experiment: Experiment) -> FloatArray:
    """The flat vector of parameters that a run of the experiment begins with."""
    layout = experiment.layout
    flat = np.zeros(layout.size)
    for block in layout.blocks:
        weights, biases = initial_weights(experiment, block.layer, Purpose.WEIGHTS)
        block.part(flat, "W")[...] = weights
        block.part(flat, "b")[...] = biases
    return flat


def drawn(search: Search[M, P], rng: np.random.Generator, scale: float) -> FloatArray:
    """Fresh parameters, scale × what each layer's initializer draws; frozen ones are those of the start.

    A bias is drawn as the weight of one more input that is always 1, whatever the layer's bias initializer: with biases of
    0 many a network cannot solve its task. A rule that draws nothing (zeros, constant) is replaced by Xavier's uniform.
    """
    experiment = search.experiment
    fresh = np.zeros(experiment.layout.size)
    for block in experiment.layout.blocks:
        layer = experiment.layers[block.layer]
        rule = layer.initializer if isinstance(layer, Dense) else Initializer("xavier_uniform")
        if rule.type in ("zeros", "constant"):
            rule = Initializer("xavier_uniform")
        numbers = rule.make(block.units, block.fan_in + 1, rng)
        fresh[block.start : block.start + block.size] = scale * numbers.reshape(-1)
    return np.where(search.free > 0, fresh, search.start)
