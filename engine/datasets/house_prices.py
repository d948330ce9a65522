"""Invented houses and what they cost: inputs of very different size, as real tables have them."""

from __future__ import annotations

import numpy as np

from engine.datasets.samples import NOISE, POINTS, Generator, Option, Samples, random


def house_prices(seed: int, *, samples: int, noise: float) -> Samples:
    """Area in m², rooms and age in years, all whole, and the price in thousand dollars.

    area is uniform in 40 … 200; rooms is area / 28 + N(0, 0.5²), rounded and kept within 1 … 7, so that the two are
    strongly correlated; age is uniform in 0 … 60.
    price = 30 + 2.2 · area + 12 · rooms − 1.1 · age + N(0, noise²), rounded to a tenth.
    """
    rng = random(seed, POINTS)
    area = rng.integers(40, 200, samples, endpoint=True)
    rooms = np.clip(np.rint(area / 28.0 + rng.normal(0.0, 0.5, samples)), 1.0, 7.0)
    age = rng.integers(0, 60, samples, endpoint=True)
    error = noise * random(seed, NOISE).normal(size=samples)
    price = np.round(30.0 + 2.2 * area + 12.0 * rooms - 1.1 * age + error, 1)
    return Samples(
        np.stack([area, rooms, age], axis=1), price[:, np.newaxis], "regression", ("area", "rooms", "age"), ("price",)
    )


def generators() -> tuple[Generator, ...]:
    """The set of this family."""
    return (
        Generator(
            "house_prices",
            "House prices",
            "The price in thousand dollars of an invented house from its area in m², its rooms and its age in years.",
            "regression",
            ("area", "rooms", "age"),
            {"samples": Option(40, 1, 10_000), "noise": Option(12.0, 0.0, 1000.0)},
            house_prices,
        ),
    )
