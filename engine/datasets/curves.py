"""Two or three classes that lie along curves in the plane: circles, moons, spirals."""

from __future__ import annotations

from typing import Final

import numpy as np

from engine.datasets.samples import NOISE, POINTS, Generator, Option, Samples, of_classes, random
from engine.reader import FloatArray

SAMPLES: Final = Option(200, 1, 10_000)
SCALE: Final = Option(1.0, 0.1, 100.0)


def blurred(x: FloatArray, y: FloatArray, seed: int, noise: float, scale: float) -> FloatArray:
    """Scale · ((x, y) + N(0, noise²) on each coordinate), shape (n, 2)."""
    points = np.stack([x, y], axis=1)
    return scale * (points + noise * random(seed, NOISE).normal(size=points.shape))


def circles(seed: int, *, samples: int, noise: float, factor: float, scale: float) -> Samples:
    """Two circles around the origin.

    Point i is of class i mod 2; its radius is factor for class 0 and 1 for class 1, its angle uniform in [0, 2π).
    """
    labels = np.arange(samples) % 2
    radius = np.where(labels == 0, factor, 1.0)
    angle = random(seed, POINTS).uniform(0.0, 2.0 * np.pi, samples)
    points = blurred(radius * np.cos(angle), radius * np.sin(angle), seed, noise, scale)
    return of_classes(points, labels, ("inner", "outer"), ("x", "y"))


def moons(seed: int, *, samples: int, noise: float, scale: float) -> Samples:
    """Two half circles that reach into each other.

    Point i is of class i mod 2 and has an angle t uniform in [0, π). Class 0 is (cos t − ½, sin t − ¼), class 1 is
    (½ − cos t, ¼ − sin t): each is the other turned by half a turn around the origin.
    """
    labels = np.arange(samples) % 2
    t = random(seed, POINTS).uniform(0.0, np.pi, samples)
    sign = np.where(labels == 0, 1.0, -1.0)
    points = blurred(sign * (np.cos(t) - 0.5), sign * (np.sin(t) - 0.25), seed, noise, scale)
    return of_classes(points, labels, ("upper", "lower"), ("x", "y"))


def spirals(seed: int, *, samples: int, noise: float, arms: int, turns: float, scale: float) -> Samples:
    """Two or three arms that wind around the origin.

    Point i is of class c = i mod arms and is the (⌊i / arms⌋ + 1)-th of the n on its arm; r is that number over n,
    and the point is r · (cos θ, sin θ) with θ = 2π (turns · r + c / arms).
    """
    index = np.arange(samples)
    labels = index % arms
    on_arm = np.bincount(labels, minlength=arms)
    r = (index // arms + 1) / on_arm[labels]
    angle = 2.0 * np.pi * (turns * r + labels / arms)
    points = blurred(r * np.cos(angle), r * np.sin(angle), seed, noise, scale)
    return of_classes(points, labels, tuple(f"arm {arm + 1}" for arm in range(arms)), ("x", "y"))


def generators() -> tuple[Generator, ...]:
    """The sets of this family."""
    return (
        Generator(
            "circles",
            "Circles",
            "A small circle inside a large one.",
            "binary",
            ("x", "y"),
            {"samples": SAMPLES, "noise": Option(0.1, 0.0, 10.0), "factor": Option(0.5, 0.01, 0.99), "scale": SCALE},
            circles,
        ),
        Generator(
            "moons",
            "Moons",
            "Two half circles that reach into each other.",
            "binary",
            ("x", "y"),
            {"samples": SAMPLES, "noise": Option(0.1, 0.0, 10.0), "scale": SCALE},
            moons,
        ),
        Generator(
            "spirals",
            "Spirals",
            "Two or three arms that wind around each other; each arm is a class.",
            "binary",
            ("x", "y"),
            {
                "samples": SAMPLES,
                "noise": Option(0.02, 0.0, 10.0),
                "arms": Option(2, 2, 3),
                "turns": Option(1.0, 0.1, 5.0),
                "scale": SCALE,
            },
            spirals,
        ),
    )
