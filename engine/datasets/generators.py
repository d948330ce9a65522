"""The data sets that can be named, in the order of a menu."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from engine.datasets import blobs, curves, functions, gates, house_prices, iris
from engine.datasets.features import FEATURES
from engine.datasets.samples import Generator

GENERATORS: Final[Mapping[str, Generator]] = {
    generator.name: generator
    for family in (gates, curves, blobs, functions, house_prices, iris)
    for generator in family.generators()
}


def catalogue() -> list[dict[str, object]]:
    """Every named data set as a menu needs it, ready for JSON.

    Each has `name`, `label`, `about` (one sentence), `task`, `inputs` (how many), `input_names`, `options` (what may
    stand in the document besides the name, with its default; the seed defaults to the experiment's), `limits` (the
    smallest and the largest value of each option that is a number) and `features` (the derived inputs to choose from).
    Sets of two classes also know `targets_as`: binary, signed or one_hot.
    """
    return [described(generator) for generator in GENERATORS.values()]


def described(generator: Generator) -> dict[str, object]:
    """One entry of the catalogue."""
    options: dict[str, object] = {name: option.default for name, option in generator.options.items()}
    limits = {name: [option.at_least, option.at_most] for name, option in generator.options.items()}
    options |= {"validation": 0.0, "standardize": False}
    limits["validation"] = [0.0, 0.9]
    if len(generator.input_names) == 2:
        options["features"] = ["x", "y"]
    return {
        "name": generator.name,
        "label": generator.label,
        "about": generator.about,
        "task": generator.task,
        "inputs": len(generator.input_names),
        "input_names": list(generator.input_names),
        "options": options,
        "limits": limits,
        "features": list(FEATURES) if len(generator.input_names) == 2 else [],
    }
