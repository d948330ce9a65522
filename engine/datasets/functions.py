"""Regression on a known function of one or two inputs."""

from __future__ import annotations

from typing import Final

import numpy as np

from engine.datasets.samples import NOISE, POINTS, Generator, Option, Samples, random
from engine.reader import FloatArray

STEEPEST: Final = 100.0


def noisy(values: FloatArray, seed: int, noise: float) -> FloatArray:
    """Values + N(0, noise²), as one column."""
    return (values + noise * random(seed, NOISE).normal(size=values.shape))[:, np.newaxis]


def line(seed: int, *, samples: int, noise: float, slope: float, intercept: float) -> Samples:
    """Y = slope · x + intercept + N(0, noise²), x uniform in [−2, 2)."""
    x = random(seed, POINTS).uniform(-2.0, 2.0, samples)
    return Samples(x[:, np.newaxis], noisy(slope * x + intercept, seed, noise), "regression", ("x",), ("y",))


def sine(seed: int, *, samples: int, noise: float, frequency: float) -> Samples:
    """Y = sin(frequency · x) + N(0, noise²), x uniform in [−1, 1)."""
    x = random(seed, POINTS).uniform(-1.0, 1.0, samples)
    return Samples(x[:, np.newaxis], noisy(np.sin(frequency * x), seed, noise), "regression", ("x",), ("y",))


def plane(seed: int, *, samples: int, noise: float, slope_x: float, slope_y: float, intercept: float) -> Samples:
    """Z = slope_x · x + slope_y · y + intercept + N(0, noise²), x and y uniform in [−1, 1)."""
    points = random(seed, POINTS).uniform(-1.0, 1.0, (samples, 2))
    values = slope_x * points[:, 0] + slope_y * points[:, 1] + intercept
    return Samples(points, noisy(values, seed, noise), "regression", ("x", "y"), ("z",))


def generators() -> tuple[Generator, ...]:
    """The sets of this family."""
    noise = Option(0.1, 0.0, 10.0)
    return (
        Generator(
            "line",
            "Line",
            "Points scattered about a straight line.",
            "regression",
            ("x",),
            {
                "samples": Option(32, 1, 10_000),
                "noise": Option(0.5, 0.0, 10.0),
                "slope": Option(2.0, -STEEPEST, STEEPEST),
                "intercept": Option(-1.0, -STEEPEST, STEEPEST),
            },
            line,
        ),
        Generator(
            "sine",
            "Sine",
            "Points scattered about a sine wave.",
            "regression",
            ("x",),
            {"samples": Option(100, 1, 10_000), "noise": noise, "frequency": Option(3.0, 0.1, 50.0)},
            sine,
        ),
        Generator(
            "plane",
            "Plane",
            "A number for each point of a square, on a tilted plane.",
            "regression",
            ("x", "y"),
            {
                "samples": Option(200, 1, 10_000),
                "noise": noise,
                "slope_x": Option(0.5, -STEEPEST, STEEPEST),
                "slope_y": Option(-0.8, -STEEPEST, STEEPEST),
                "intercept": Option(0.3, -STEEPEST, STEEPEST),
            },
            plane,
        ),
    )
