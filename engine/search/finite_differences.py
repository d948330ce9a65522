"""Finite differences: nudge every weight by itself, see what the loss does, and go downhill.

It finds the gradient that backpropagation finds, but pays for every parameter with a forward pass of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, overload

import numpy as np

from engine.arena import FloatArray
from engine.experiment import Experiment
from engine.search.search import Constant, Learned, Proposal, Search


@dataclass(frozen=True)
class Slope:
    """Where gradient descent stands, and the newest gradient.

    Attributes:
        parameters: that it goes on from, (size,).
        gradient: from the newest differences, (size,); 0 for frozen parameters.
    """

    parameters: FloatArray
    gradient: FloatArray


class Nudged(Sequence[FloatArray]):
    """A vector, then the same with one number after the other nudged; made one at a time, since all would be P² numbers.

    Args:
        here: the vector.
        places: which numbers.
        widths: by how much, in turn for each place.
    """

    def __init__(self, here: FloatArray, places: Sequence[int], widths: tuple[float, ...]) -> None:
        self.here = here
        self.places = places
        self.widths = widths

    def __len__(self) -> int:
        return 1 + len(self.places) * len(self.widths)

    @overload
    def __getitem__(self, number: int) -> FloatArray: ...

    @overload
    def __getitem__(self, number: slice) -> Sequence[FloatArray]: ...

    def __getitem__(self, number: int | slice) -> FloatArray | Sequence[FloatArray]:
        if isinstance(number, slice):
            return [self[one] for one in range(*number.indices(len(self)))]
        vector = np.array(self.here)
        if number > 0:
            place, way = divmod(number - 1, len(self.widths))
            vector[self.places[place]] += self.widths[way]
        return vector


class FiniteDifferences(Search[Slope, Proposal]):
    """One step of plain gradient descent each iteration, with the experiment's learning rate.

    Its loss is that before the step, as in a training run. With P free parameters an iteration costs P + 1 evaluations with
    forward differences, (L(w + h) − L(w)) / h, and 2P + 1 with central ones, (L(w + h) − L(w − h)) / 2h: there the loss
    itself is one evaluation more.
    """

    name: ClassVar[str] = "finite_differences"
    label: ClassVar[str] = "Finite differences"
    words: ClassVar[str] = "Each weight is nudged by itself to find its slope; then all go one step downhill."
    purpose: ClassVar[int] = 205
    constants: ClassVar[tuple[Constant, ...]] = (
        Constant(
            "difference",
            "differences",
            "forward",
            "Nudge each weight upwards only, or both ways: twice the cost, smaller error.",
            choices=("forward", "central"),
        ),
        Constant("width", "nudge h", 1e-7, "By how much each weight is nudged.", above=0, at_most=1),
    )

    @property
    def first_cost(self) -> int:
        """As every other."""
        return self.cost

    @property
    def cost(self) -> int:
        """One for the loss, and one or two for each free parameter."""
        return 1 + self.free_count * len(self._widths)

    @property
    def parameters(self) -> FloatArray:
        """Those that the newest step led to."""
        return self.memory.parameters

    @property
    def _widths(self) -> tuple[float, ...]:
        width = self.settings.number("width")
        return (width,) if self.settings.constants["difference"] == "forward" else (width, -width)

    def beginning(self) -> Slope:
        """At the start."""
        return Slope(self.start, np.zeros(self.start.size))

    def propose(self, rng: np.random.Generator) -> Proposal:
        """The present parameters, and every nudge of one of them; nothing here is random."""
        places = np.flatnonzero(self.free).tolist()
        return Proposal(Nudged(self.memory.parameters, places, self._widths))

    def learn(self, proposal: Proposal, losses: FloatArray) -> Learned[Slope]:
        """Go one step down the slope, unless it is not finite."""
        here, loss = self.memory, float(losses[0])
        places = np.flatnonzero(self.free)
        above = losses[1:].reshape(len(places), len(self._widths))
        gradient = np.zeros(self.free.size)
        with np.errstate(all="ignore"):
            if len(self._widths) == 1:
                gradient[places] = (above[:, 0] - loss) / self._width_used(here.parameters[places])
            else:
                gradient[places] = (above[:, 0] - above[:, 1]) / self._width_used(here.parameters[places])
            moved = here.parameters - self.experiment.learning_rate * gradient
        if not np.isfinite(loss):
            return Learned(here, loss, 0, f"the loss is not finite at step {self.iteration + 1}.")
        if not np.isfinite(moved).all():
            name = name_of(self.experiment, int(np.flatnonzero(~np.isfinite(moved))[0]))
            return Learned(here, loss, 0, f"the slope of {name} is not finite at step {self.iteration + 1}.")
        return Learned(Slope(moved, gradient), loss, winner=0)

    def _width_used(self, values: FloatArray) -> FloatArray:
        """By how much apart the nudged numbers truly are: w + h is rounded."""
        widths = self._widths
        low = values if len(widths) == 1 else values + widths[1]
        return (values + widths[0]) - low


def name_of(experiment: Experiment, place: int) -> str:
    """What a number of the flat vector is called, such as `layer0.W[1, 0]`."""
    layout = experiment.layout
    numbers = np.arange(layout.size, dtype=np.float64)
    for block, part in layout.names():
        at = np.argwhere(block.part(numbers, part) == place)
        if len(at):
            return f"layer{block.layer}.{part}[{', '.join(str(index) for index in at[0].tolist())}]"
    raise KeyError(place)
