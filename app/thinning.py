"""As many points of a long record as a chart can show."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from app.wire import FiniteList
from engine.events import FloatArray

MOST_POINTS: Final = 600


class Curve:
    """Chooses the points of a growing record that are drawn, without going through all of it every time.

    The record is cut into stretches of one length, a power of two; of each stretch the lowest and the highest point are
    kept. When there are too many stretches, two and two become one.

    Args:
        most: points at most; the first and the last are always among them.
    """

    def __init__(self, most: int = MOST_POINTS) -> None:
        self._most = most
        self._length = 1
        self._low = np.zeros(0, dtype=np.intp)
        self._high = np.zeros(0, dtype=np.intp)

    def kept(self, losses: FloatArray) -> npt.NDArray[np.intp]:
        """The places of the points to draw, ascending.

        Args:
            losses: the record; what it held when it was last asked about, it must still hold. Numbers that are not
                finite may be among them.
        """
        count = len(losses)
        if count <= self._most:
            return np.arange(count)
        stretches = (self._most - 2) // 2
        while -(-count // self._length) > stretches:
            self._double(losses)
        closed, whole = len(self._low), count // self._length
        low, high = self._extremes(losses, closed, whole)
        self._low, self._high = np.append(self._low, low), np.append(self._high, high)
        rest = losses[whole * self._length :]
        ends = [0, count - 1]
        if len(rest):
            ends += [whole * self._length + int(place) for place in (_lowest(rest), _highest(rest))]
        return np.unique(np.concatenate([self._low, self._high, ends]))

    def _double(self, losses: FloatArray) -> None:
        pairs = len(self._low) // 2
        low, high = (places[: 2 * pairs].reshape(pairs, 2) for places in (self._low, self._high))
        row = np.arange(pairs)
        self._low = low[row, _lowest(losses[low])]
        self._high = high[row, _highest(losses[high])]
        self._length *= 2

    def _extremes(self, losses: FloatArray, first: int, stop: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
        stretches = losses[first * self._length : stop * self._length].reshape(-1, self._length)
        starts = self._length * np.arange(first, stop)
        return starts + _lowest(stretches), starts + _highest(stretches)


def _lowest(losses: FloatArray) -> npt.NDArray[np.intp]:
    return np.asarray(np.argmin(np.where(np.isnan(losses), np.inf, losses), axis=-1))


def _highest(losses: FloatArray) -> npt.NDArray[np.intp]:
    return np.asarray(np.argmax(np.where(np.isnan(losses), -np.inf, losses), axis=-1))


def thinned(steps: Sequence[int], losses: FloatArray, curve: Curve | None = None) -> list[tuple[int, float]]:
    """Pairs of a step and its loss, in order; the lowest and the highest of each stretch are kept.

    Args:
        steps: ascending, one for each loss.
        losses: any numbers, not finite ones included.
        curve: what was chosen before, if it was this record.
    """
    kept = (curve or Curve()).kept(losses)
    shown = losses[kept]
    points = [(steps[place], loss) for place, loss in zip(kept.tolist(), shown.tolist(), strict=True)]
    return FiniteList(points) if np.isfinite(shown).all() else points
