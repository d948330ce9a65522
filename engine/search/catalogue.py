"""Which searches there are; the JSON object that names one ↔ its settings; and the beginning of one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from engine.arena import FloatArray
from engine.errors import ExperimentError, Problem
from engine.experiment import Experiment
from engine.reader import Reader, plain, raise_problems
from engine.search.evolution import EvolutionStrategy
from engine.search.finite_differences import FiniteDifferences
from engine.search.genetic import Genetic
from engine.search.hill_climbing import HillClimbing
from engine.search.random_search import RandomSearch
from engine.search.search import MEMORY_BUDGET, Constant, Search, Settings, Value

AnySearch = Search[Any, Any]

SEARCHES: Final[Mapping[str, type[AnySearch]]] = {
    search.name: search for search in (HillClimbing, Genetic, EvolutionStrategy, FiniteDifferences, RandomSearch)
}
"""In the order of a menu."""

MOST_PARAMETERS: Final = 20_000
"""Of a network that is searched; in so many dimensions a search gets nowhere in a lecture."""
MOST_DIFFERENCED: Final = 5_000
"""Of a network whose weights are nudged one at a time."""
MOST_NUMBERS: Final = 2_000_000
"""Of all candidates of an iteration together: 16 MB."""


def search_catalogue() -> list[dict[str, Any]]:
    """Plain JSON values: each search with name, label, words and constants."""
    return [
        {
            "name": search.name,
            "label": search.label,
            "words": search.words,
            "constants": [constant_entry(constant) for constant in search.constants],
        }
        for search in SEARCHES.values()
    ]


def constant_entry(constant: Constant) -> dict[str, Any]:
    """A constant for a menu; `limits` are those of a number, null where there is none."""
    entry: dict[str, Any] = {"name": constant.name, "label": constant.label, "default": constant.default}
    entry["words"] = constant.words
    if constant.choices:
        return {**entry, "choices": list(constant.choices)}
    lowest = constant.at_least if constant.at_least is not None else constant.above
    return {**entry, "limits": [lowest, constant.at_most]}


def read_search(value: Any, path: str = "search") -> Settings:
    """Read `{"type": "genetic", "population": 40, …}`, or the bare name.

    Args:
        value: the JSON value.
        path: where it stands, for the problems.

    Raises:
        ExperimentError: it names no search, or a constant is not allowed; every problem is listed.
    """
    problems: list[Problem] = []
    given = plain(value)
    reader = Reader({"type": given} if isinstance(given, str) else given, path, problems)
    name = reader.choice("type", tuple(SEARCHES))
    if not problems:
        constants = {constant.name: read_constant(reader, constant) for constant in SEARCHES[name].constants}
        reader.finish()
        elite, population = constants.get("elite"), constants.get("population")
        if isinstance(elite, int) and isinstance(population, int) and elite >= population and not problems:
            reader.report("elite", elite, f"fewer than the population, which is {population}")
        settings = Settings(name, constants)
    raise_problems(problems)
    return settings


def read_constant(reader: Reader, constant: Constant) -> Value:
    """Read one constant."""
    if constant.choices:
        return reader.choice(constant.name, constant.choices, str(constant.default))
    if isinstance(constant.default, int):
        low, high = constant.at_least, constant.at_most
        return reader.integer(
            constant.name,
            constant.default,
            at_least=None if low is None else int(low),
            at_most=None if high is None else int(high),
        )
    return reader.number(
        constant.name,
        float(constant.default),
        above=constant.above,
        at_least=constant.at_least,
        at_most=constant.at_most,
    )


def begin_search(
    settings: Settings,
    experiment: Experiment,
    start: FloatArray | None = None,
    *,
    path: str = "search",
    memory_budget: int = MEMORY_BUDGET,
) -> AnySearch:
    """A search at its beginning.

    Args:
        settings: which, as `read_search` has read them.
        experiment: what network, loss and data.
        start: the flat vector of parameters to begin with, or None for those that training would begin with.
        path: where the settings stand, for the problems.
        memory_budget: bytes that checkpoints may take up.

    Raises:
        ExperimentError: the network is too large for it, or all of it is frozen.
    """
    count, size = experiment.layout.count, experiment.layout.size
    most = MOST_DIFFERENCED if settings.type == FiniteDifferences.name else MOST_PARAMETERS
    if count > most:
        allowed = f"a network of at most {most} parameters; this one has {count}"
        raise ExperimentError([Problem(f"{path}.type", f'"{settings.type}"', allowed)])
    for name, each in (("population", 1), ("pairs", 2)):
        if name in settings.constants and settings.whole(name) * each * size > MOST_NUMBERS:
            allowed = f"at most {MOST_NUMBERS // (each * size)} with a network of {count} parameters"
            raise ExperimentError([Problem(f"{path}.{name}", str(settings.whole(name)), allowed)])
    search = SEARCHES[settings.type](experiment, settings, start, memory_budget=memory_budget)
    if not np.any(search.free):
        raise ExperimentError(
            [Problem(f"{path}.type", f'"{settings.type}"', "only with parameters that are not frozen")]
        )
    return search
