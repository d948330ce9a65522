"""A landscape that is found a little at a time, with pauses between, and gone on with where it was left."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from engine.arena import FloatArray
from engine.bounds import Bounds, nodes
from engine.landscape import SIZES, Axes, Landscape, Over, forward_over, loss_at
from engine.still import Forwards, Still

MOST_AT_ONCE: Final = 32
"""Passes forward between two pauses; of the smallest networks so many take about a third of a millisecond."""
PRODUCTS_AT_ONCE: Final = 400_000
"""Products of a parameter with an activation between two pauses, where one pass alone has no more."""


class Relief:
    """The losses over two axes, as far as they have been found.

    Args:
        still: the moment.
        axes: through its parameters.
        u_bounds: ends of the first axis.
        v_bounds: ends of the second.
        over: which rows, see `engine.landscape.Landscape`.

    Attributes:
        size: nodes along each side of the finest grid that is known whole; 0 for none.
    """

    def __init__(self, still: Still, axes: Axes, u_bounds: Bounds, v_bounds: Bounds, over: Over) -> None:
        self.size = 0
        self._still, self._axes, self._over = still, axes, over
        self._bounds = (u_bounds, v_bounds)
        self._u, self._v = nodes(u_bounds, SIZES[-1]), nodes(v_bounds, SIZES[-1])
        self._losses = np.full((SIZES[-1], SIZES[-1]), np.nan)
        self._is_found = np.zeros(self._losses.shape, dtype=bool)
        self._points = np.zeros((0, 2))
        self._heights = np.zeros(0)
        self._loss: float | None = None

    def is_of(self, still: Still, axes: Axes, u_bounds: Bounds, v_bounds: Bounds, over: Over) -> bool:
        """Whether the losses are those of another moment too: nothing that they depend on is different there.

        The events of a step, and a learning rate, change none of it.
        """
        mine = self._still
        return (
            mine.experiment is still.experiment
            and self._over == over
            and self._bounds == (u_bounds, v_bounds)
            and all(mine.hyperparameters.get(name) == still.hyperparameters.get(name) for name in ("l1", "l2"))
            and np.array_equal(mine.parameters, still.parameters)
            and all(
                np.array_equal(getattr(self._axes, name), getattr(axes, name)) for name in ("origin", "first", "second")
            )
            and (over == "training" or have_one_batch(mine, still))
        )

    def explore(self, sizes: Sequence[int], forwards: Forwards) -> Iterator[Landscape | None]:
        """Find grids, coarse first and then finer; every loss is found once, and what is known is told at once.

        Args:
            sizes: some of SIZES, ascending.
            forwards: where compiled networks are kept. Others may use them during the pauses.

        Yields:
            None after each pause's worth of work, and each grid when it is known whole.
        """
        for place, size in enumerate(sizes):
            every = slice(None, None, (SIZES[-1] - 1) // (size - 1))
            is_known_finer = any(finer <= self.size for finer in sizes[place + 1 :])
            if size > self.size:
                missing = np.zeros_like(self._is_found)
                missing[every, every] = ~self._is_found[every, every]
                rows, columns = np.nonzero(missing)
                for some in self._portions(len(rows)):
                    j, i = rows[some], columns[some]
                    self._losses[j, i] = self._pass(self._u[i], self._v[j], forwards)
                    self._is_found[j, i] = True
                    yield None
                self.size = size
            if not is_known_finer:
                yield Landscape(
                    self._axes,
                    self._over,
                    self._u[every],
                    self._v[every],
                    self._losses[every, every].copy(),
                    self._loss_here(forwards),
                    size == sizes[-1],
                )

    def along(self, points: FloatArray, forwards: Forwards) -> Iterator[FloatArray | None]:
        """The losses at some places, (s,), such as those above which a path lies.

        Args:
            points: their coordinates, (s, 2).
            forwards: as for `explore`.

        Yields:
            None after each pause's worth of work; at last the losses.
        """
        if not np.array_equal(points, self._points, equal_nan=True):
            found: list[float] = []
            for some in self._portions(len(points)):
                found += self._pass(points[some, 0], points[some, 1], forwards)
                yield None
            self._points, self._heights = np.array(points), np.array(found)
        yield self._heights

    def _portions(self, places: int) -> Iterator[slice]:
        """So many places at a time that finding their losses is one pause's worth of work."""
        still = self._still
        n = len(still.inputs) if self._over == "batch" else len(still.experiment.dataset.inputs)
        at_once = max(1, min(MOST_AT_ONCE, PRODUCTS_AT_ONCE // (n * still.experiment.layout.count)))
        return (slice(start, start + at_once) for start in range(0, places, at_once))

    def _pass(self, u: FloatArray, v: FloatArray, forwards: Forwards) -> list[float]:
        # During a pause somebody else may have put other rows in.
        forward = forward_over(self._still, self._over, forwards)
        with np.errstate(all="ignore"):
            return [loss_at(forward, self._axes, at_u, at_v) for at_u, at_v in zip(u.tolist(), v.tolist(), strict=True)]

    def _loss_here(self, forwards: Forwards) -> float:
        if self._loss is None:
            self._loss = forward_over(self._still, self._over, forwards).run(self._still.parameters)
        return self._loss


def have_one_batch(first: Still, second: Still) -> bool:
    """Whether two moments have the same batch, with the same dropout masks."""
    return (
        np.array_equal(first.inputs, second.inputs)
        and np.array_equal(first.targets, second.targets)
        and first.masks.keys() == second.masks.keys()
        and all(np.array_equal(mask, second.masks[layer]) for layer, mask in first.masks.items())
    )
