"""One flat float64 vector that holds every number of a training step; named slots are views into it.

The front of the vector is the *state*: hyperparameters, parameters and the optimizer's memory, all that a step takes over
from the step before. A checkpoint is one copy of that front slice. Behind it every quantity of the step has a place of
its own, written once a step.

Arrays are feature-major, with a last row of ones where a layer follows: an activation is `(units + 1, n)` and the
parameters of a layer are `P = [W | b]`, so that a weighted sum with its bias is one call, `P·a`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from engine.errors import ShapeError

FloatArray = npt.NDArray[np.float64]

LINE: Final = 8
"""Numbers in a cache line of 64 bytes: without a start on a line, the speed of tiny arrays depends on luck."""


@dataclass(frozen=True, eq=False)
class Slot:
    """A place for an array: what NumPy code calls it, its shape, and how to find it once the arena is allocated.

    Attributes:
        text: the name in the code that is shown, e.g. `a0[:-1]`.
        shape: of the array.
        view: finds the array. Only to be called when the arena has been allocated.
    """

    text: str
    shape: tuple[int, ...]
    view: Callable[[], FloatArray]

    def __getitem__(self, key: Any) -> Slot:
        """A part of the slot, by basic indexing."""
        return Slot(f"{self.text}[{index_text(key)}]", shape_of(self.shape, key), lambda: self.view()[key])

    @property
    def T(self) -> Slot:  # noqa: N802 - NumPy's name
        """The slot read with its axes swapped."""
        return Slot(f"{self.text}.T", self.shape[::-1], lambda: self.view().T)

    def flat(self) -> Slot:
        """The slot as one row of numbers."""
        return Slot(f"{self.text}.ravel()", (math.prod(self.shape),), lambda: self.view().reshape(-1))


def constant(text: str, value: float | FloatArray) -> Slot:
    """Numbers that never change, outside the arena.

    A 0-d array, because a Python float as an operand costs a conversion in every call.
    """
    array = aligned(np.asarray(value, dtype=np.float64))
    array.flags.writeable = False
    return Slot(text, array.shape, lambda: array)


def aligned(source: FloatArray) -> FloatArray:
    """A copy that starts on a cache line."""
    raw = np.empty(source.size + LINE, dtype=np.float64)
    start = (-raw.ctypes.data % (8 * LINE)) // 8
    array = raw[start : start + source.size].reshape(source.shape)
    array[...] = source
    return array


def copies(arrays: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    """Copies of contiguous arrays; where one lies inside another, its copy lies inside the other's copy."""
    result: dict[str, FloatArray] = {}
    start = stop = 0
    outer = np.zeros(0)
    for name, array in sorted(arrays.items(), key=lambda item: (address(item[1]), -item[1].size)):
        here = address(array)
        if here >= stop:
            start, stop = here, here + array.nbytes
            result[name] = np.array(array, order="C")
            outer = result[name].reshape(-1)
        else:
            at = (here - start) // array.itemsize
            result[name] = outer[at : at + array.size].reshape(array.shape)
    return result


def address(array: FloatArray) -> int:
    """Where an array begins in memory."""
    return int(array.__array_interface__["data"][0])


def room(shape: tuple[int, ...]) -> int:
    """How many numbers a slot takes up, rounded up to whole cache lines."""
    return -(-math.prod(shape) // LINE) * LINE


def shape_of(shape: tuple[int, ...], key: Any) -> tuple[int, ...]:
    """The shape that indexing leaves, found without touching memory."""
    return tuple(np.broadcast_to(np.float64(0), shape)[key].shape)


def index_text(key: Any) -> str:
    """An index as it is written: `:-1`, `2, :`, `...`."""
    if isinstance(key, tuple):
        return ", ".join(index_text(part) for part in key)
    if isinstance(key, slice):
        start, stop = ("" if bound is None else str(bound) for bound in (key.start, key.stop))
        return f"{start}:{stop}"
    return "..." if key is Ellipsis else str(key)


class Arena:
    """Hands out slots, then allocates them all at once.

    Slots are asked for while the network is compiled, when the size is not yet known; `allocate` makes the vector.

    Attributes:
        named: every slot by its name.
    """

    def __init__(self) -> None:
        self.named: dict[str, Slot] = {}
        self._kept_size = 0
        self._step_size = 0
        self._border_kept = 0
        self._border_fresh = 0
        self._flat: FloatArray | None = None

    def state(self, text: str, shape: tuple[int, ...] = ()) -> Slot:
        """A slot at the front, kept from step to step and copied by a checkpoint."""
        start = self._kept_size
        self._kept_size += room(shape)
        return self._name(Slot(text, shape, cache(lambda: self._part(start, shape))))

    def slot(self, text: str, shape: tuple[int, ...] = ()) -> Slot:
        """A slot behind the state, written once in a step."""
        start = self._step_size
        self._step_size += room(shape)
        return self._name(Slot(text, shape, cache(lambda: self._part(self._before_step + start, shape))))

    def across(self, text: str, kept: int, fresh: int) -> Slot:
        """One flat slot across the border, whose first numbers are kept from step to step and the others are not.

        An optimizer's memory and the gradient beside each other are one matrix. There can be one such slot; both of its
        parts have to fill whole cache lines.
        """
        if self._border_kept or kept % LINE or fresh % LINE:
            raise ShapeError(f"{text}: {kept} and {fresh} numbers cannot lie across the border")
        self._border_kept, self._border_fresh = kept, fresh
        return self._name(Slot(text, (kept + fresh,), cache(lambda: self._part(self._kept_size, (kept + fresh,)))))

    def inside(self, outer: Slot, start: int, text: str, shape: tuple[int, ...]) -> Slot:
        """A named, shaped part of a flat slot."""
        if start + math.prod(shape) > math.prod(outer.shape):
            raise ShapeError(f"{text} {shape} at {start} does not fit into {outer.text} {outer.shape}")
        stop = start + math.prod(shape)
        return self._name(Slot(text, shape, cache(lambda: outer.view()[start:stop].reshape(shape))))

    def allocate(self) -> None:
        """Make the vector, filled with zeros; from now on the slots have arrays."""
        self._flat = aligned(np.zeros(self._before_step + self._step_size))

    @property
    def state_size(self) -> int:
        """How many numbers the state takes up."""
        return self._kept_size + self._border_kept

    @property
    def _before_step(self) -> int:
        return self.state_size + self._border_fresh

    @property
    def flat(self) -> FloatArray:
        """The whole vector, a view: a copy of it records everything of a step."""
        if self._flat is None:
            raise ShapeError("the arena is not allocated yet")
        return self._flat

    @property
    def front(self) -> FloatArray:
        """The state: what a checkpoint copies."""
        return self.flat[: self.state_size]

    def _name(self, slot: Slot) -> Slot:
        """Keep the slot under its name; two slots of one name would make the code that is shown a lie."""
        if slot.text in self.named:
            raise ShapeError(f"two slots are called {slot.text}")
        self.named[slot.text] = slot
        return slot

    def _part(self, start: int, shape: tuple[int, ...]) -> FloatArray:
        return self.flat[start : start + math.prod(shape)].reshape(shape)
