"""Ends of an axis: a stretch of numbers with a margin, rounded outward to numbers that are easily read."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from engine.arena import FloatArray

Bounds = tuple[float, float]

MARGIN: Final = 0.1
STEPS: Final = 10
"""An axis is rounded to about this many steps of 1, 2 or 5 times a power of ten."""


def nice_step(span: float) -> float:
    """The largest of 1, 2 or 5 times a power of ten that goes about ten times into a positive span."""
    power: float = 10.0 ** math.floor(math.log10(span / STEPS))
    return next((factor * power for factor in (5.0, 2.0) if factor * power <= span / STEPS), power)


def rounded_outward(low: float, high: float) -> Bounds:
    """Ends at or beyond these, at whole multiples of a nice step; low < high."""
    span = high - low
    if not math.isfinite(span) or span / STEPS < 1e-300:
        return low, high  # near the ends of what a float can hold there is nothing to round to
    step = nice_step(span)
    if not math.isfinite(low / step) or abs(low / step) > 2**52 or abs(high / step) > 2**52:
        return low, high
    # A number that is a multiple but for its last bit stays where it is.
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    digits = -math.floor(math.log10(step))
    return round(first * step, digits), round(last * step, digits)


def with_margin(low: float, high: float) -> Bounds:
    """Room on both sides, rounded outward; a single number stands in the middle of room of its own size."""
    if high > low:
        room = MARGIN * (high - low)
    else:
        room = abs(low) or 1.0
    return rounded_outward(low - room, high + room)


def are_alike(first: Bounds, second: Bounds) -> bool:
    """Whether two stretches lie so much over each other that one scale serves both."""
    common = min(first[1], second[1]) - max(first[0], second[0])
    return common >= 0.5 * (max(first[1], second[1]) - min(first[0], second[0]))


def nodes(bounds: Bounds, size: int) -> FloatArray:
    """Evenly spaced numbers from end to end, both ends exactly, and exactly 0 in the middle of −h to h."""
    low, high = bounds
    places = np.arange(size) / (size - 1)
    with np.errstate(all="ignore"):
        values = low * places[::-1] + high * places
    values[0], values[-1] = low, high
    return values
