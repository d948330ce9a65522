"""Logic gates of two inputs: their truth tables, and noisy clouds around the four corners."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

import numpy as np
import numpy.typing as npt

from engine.datasets.samples import NOISE, Generator, Option, Samples, of_classes, random

Labels = npt.NDArray[np.int64]
Gate = Callable[[Labels, Labels], Labels]

CORNERS: Final = ((0, 0), (0, 1), (1, 0), (1, 1))


def table(seed: int, *, gate: Gate) -> Samples:
    """The four corners of the unit square in the order of counting, each with the gate's answer."""
    corners = np.array(CORNERS)
    return of_classes(corners.astype(np.float64), gate(corners[:, 0], corners[:, 1]), ("false", "true"), ("x", "y"))


def cloud(seed: int, *, gate: Gate, samples: int, noise: float) -> Samples:
    """Point i is corner i mod 4 plus N(0, noise²) on each coordinate; its target is the gate's answer at the corner."""
    corners = np.array(CORNERS)[np.arange(samples) % 4]
    points = corners + noise * random(seed, NOISE).normal(size=corners.shape)
    return of_classes(points, gate(corners[:, 0], corners[:, 1]), ("false", "true"), ("x", "y"))


def generators() -> tuple[Generator, ...]:
    """The truth tables and the clouds of XOR, AND and OR."""
    gates: tuple[tuple[str, Gate, str], ...] = (
        ("xor", np.bitwise_xor, "true where exactly one input is; no straight line parts the classes"),
        ("and", np.bitwise_and, "true where both inputs are; a straight line parts the classes"),
        ("or", np.bitwise_or, "true where at least one input is; a straight line parts the classes"),
    )
    tables = tuple(
        Generator(name, name.upper(), f"The four rows of {name.upper()}: {rule}.", "binary", ("x", "y"), {}, make)
        for name, gate, rule in gates
        for make in (partial(table, gate=gate),)
    )
    clouds = tuple(
        Generator(
            f"{name}_cloud",
            f"{name.upper()}, noisy",
            f"Clouds around the four corners of {name.upper()}: {rule}.",
            "binary",
            ("x", "y"),
            {"samples": Option(200, 1, 10_000), "noise": Option(0.15, 0.0, 10.0)},
            partial(cloud, gate=gate),
        )
        for name, gate, rule in gates
    )
    return tables + clouds
