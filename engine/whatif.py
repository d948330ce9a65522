"""What another learning rate would do, before anything is decided."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.arena import FloatArray
from engine.program import Forward
from engine.stability import stability
from engine.still import Still

LEARNING_RATES: Final = np.geomspace(1e-4, 10.0, 101)
LEARNING_RATES.flags.writeable = False

PRECISION: Final = 1e-6
"""Relative, of the learning rates that are found between those of the curve."""
ROUNDING: Final = 1e-12
"""Relative: a loss that is larger by no more than this is not told from today's."""
SMALLEST: Final = 1e-300
DOWNWARD: Final = 1e-3
GOLDEN: Final = (math.sqrt(5) - 1) / 2


@dataclass(frozen=True)
class Preview:
    """The update of this step with a given learning rate.

    Attributes:
        learning_rate: the one asked about.
        loss: of this batch after the update, with the same dropout masks.
        values: `layerL.next_W`, `layerL.change_W`, and likewise for b.
    """

    learning_rate: float
    loss: float
    values: Mapping[str, FloatArray]


@dataclass(frozen=True)
class WhatIf:
    """The loss of this batch along the direction of the update (for plain gradient descent: along −g).

    Attributes:
        learning_rates: ascending, (m,).
        losses: one for each, (m,); may be infinite.
        loss: today's, at learning rate 0.
        best: the learning rate of the lowest loss, found between the neighbours of the lowest of `losses`.
        exceeds: the learning rate above the best from which on the loss is larger than today's, up to the grid's
            fineness the smallest; None if that does not happen up to the largest of `learning_rates`. It lies below
            the smallest of them if even that one makes the loss larger; it is 0 if the direction leads uphill from the
            start.
        stability_limit: the learning rate from which on plain gradient descent on this batch does not settle, where the
            loss is quadratic; None elsewhere. See engine.stability.
        stability_reason: why there is no such limit, in a sentence; empty where there is one.
    """

    learning_rates: FloatArray
    losses: FloatArray
    loss: float
    best: float
    exceeds: float | None
    stability_limit: float | None
    stability_reason: str


def what_if(still: Still, forward: Forward, stop: Callable[[], bool] = lambda: False) -> WhatIf | None:
    """Try the update of a step with many learning rates.

    Args:
        still: the moment.
        forward: the way forward on its batch with its masks, such as `Forwards.of_batch` makes.
        stop: asked before every pass forward; once it says so, the work ends.

    Returns:
        None before every gradient is known, or when it was stopped.
    """
    here, direction, gradient = still.parameters, still.direction, still.gradient
    if direction is None or gradient is None:
        return None
    losses = np.full(len(LEARNING_RATES), np.nan)

    def loss_at(rate: float) -> float:
        loss = forward.run(here - rate * direction)
        return loss if loss == loss else math.inf

    with np.errstate(all="ignore"):
        for number, rate in enumerate(LEARNING_RATES):
            if stop():
                return None
            losses[number] = forward.run(here - rate * direction)
        today = forward.run(here)
        downhill = float(np.dot(gradient, direction)) > 0
        best = lowest(loss_at, losses)
        exceeds = first_above(loss_at, losses, best, today, downhill)
    found = stability(still)
    return WhatIf(LEARNING_RATES, losses, today, best, exceeds, found.limit, found.reason)


def lowest(loss_at: Callable[[float], float], losses: FloatArray) -> float:
    """The learning rate of the lowest loss: golden section between the neighbours of the lowest of the curve."""
    finite = np.where(np.isfinite(losses), losses, np.inf)
    index = int(np.argmin(finite))
    known = float(LEARNING_RATES[index])
    if not np.isfinite(finite[index]):
        return known
    low = float(LEARNING_RATES[max(index - 1, 0)])
    high = float(LEARNING_RATES[min(index + 1, len(losses) - 1)])
    inner = [high - GOLDEN * (high - low), low + GOLDEN * (high - low)]
    values = [loss_at(rate) for rate in inner]
    while high - low > PRECISION * high:
        if values[0] <= values[1]:
            high = inner[1]
            inner = [high - GOLDEN * (high - low), inner[0]]
            values = [loss_at(inner[0]), values[0]]
        else:
            low = inner[0]
            inner = [inner[1], low + GOLDEN * (high - low)]
            values = [values[1], loss_at(inner[1])]
    found = min(zip(values, inner, strict=True))
    return found[1] if found[0] < finite[index] else known


def first_above(
    loss_at: Callable[[float], float], losses: FloatArray, best: float, today: float, downhill: bool
) -> float | None:
    """See WhatIf.exceeds.

    Args:
        loss_at: the loss for a learning rate, infinite where it is no number.
        losses: those of the curve.
        best: the learning rate of the lowest.
        today: the loss for a learning rate of 0.
        downhill: whether the loss falls at first.
    """
    bar = today + ROUNDING * abs(today)
    above = ~(losses <= bar)  # a loss that is no number is above
    beyond = np.flatnonzero(above & (LEARNING_RATES >= best))
    if loss_at(best) > bar:
        # No rate of the curve does any good.
        if not downhill:
            return 0.0
        low = high = best
        while loss_at(low) > bar:
            if low < SMALLEST:
                return 0.0
            low, high = low * DOWNWARD, low
    elif beyond.size == 0:
        return None
    else:
        high = float(LEARNING_RATES[beyond[0]])
        low = max(best, float(LEARNING_RATES[beyond[0] - 1])) if beyond[0] > 0 else best
    while high > low * (1 + PRECISION):
        middle = math.sqrt(low) * math.sqrt(high)
        if loss_at(middle) > bar:
            high = middle
        else:
            low = middle
    return high
