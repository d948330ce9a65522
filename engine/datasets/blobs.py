"""Round clouds, one for each class."""

from __future__ import annotations

import numpy as np

from engine.datasets.samples import CENTERS, NOISE, Generator, Option, Samples, of_classes, random


def blobs(seed: int, *, samples: int, noise: float, classes: int, scale: float) -> Samples:
    """Normal clouds around centers that lie about evenly around the origin.

    Center c is r · (cos θ, sin θ) with θ = 2π (u + c / classes), u uniform in [0, 1) and the same for all, and r
    uniform in [0.8, 1.2), one for each. Point i is of class i mod classes, and is scale · (its center + N(0, noise²)
    on each coordinate).
    """
    rng = random(seed, CENTERS)
    angle = 2.0 * np.pi * (rng.uniform() + np.arange(classes) / classes)
    radius = rng.uniform(0.8, 1.2, classes)
    centers = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    labels = np.arange(samples) % classes
    points = scale * (centers[labels] + noise * random(seed, NOISE).normal(size=(samples, 2)))
    return of_classes(points, labels, tuple("ABCDEFGH"[:classes]), ("x", "y"))


def generators() -> tuple[Generator, ...]:
    """The set of this family."""
    return (
        Generator(
            "blobs",
            "Blobs",
            "Round clouds around a center for each class.",
            "classification",
            ("x", "y"),
            {
                "samples": Option(120, 1, 10_000),
                "noise": Option(0.25, 0.0, 10.0),
                "classes": Option(3, 2, 8),
                "scale": Option(1.0, 0.1, 100.0),
            },
            blobs,
        ),
    )
