"""How a search goes about it: its newest attempts, generation, nudges or slopes."""

from __future__ import annotations

from typing import Any, Final, Literal

import numpy as np
from typing_extensions import TypedDict

from app.wire import RefMessage, Value
from engine.events import FloatArray
from engine.race import SearchLane
from engine.search import EvolutionStrategy, FiniteDifferences, Genetic, HillClimbing, Search
from engine.search.finite_differences import name_of

# So many of the newest attempts are told.
MOST_TRIES: Final = 40
# So many slopes, from the first weight on.
MOST_SLOPES: Final = 200


class TriesData(TypedDict):
    """Attempts that are kept or not, one after the other: hill climbing, random search.

    Array `tries.L` (k, 2): the loss of each of the newest attempts, and whether it was kept (1) or not (0). `first` is the
    number of the first of them, from 0; `kept` counts those that were kept since the beginning. `sigma` is how far the next
    nudge goes; null where there are no nudges.
    """

    kind: Literal["tries"]
    type: str
    first: int
    count: int
    kept: int
    best: Value
    sigma: float | None


class GenerationData(TypedDict):
    """The newest generation of a genetic algorithm; number 0 was drawn, and null is before that.

    Array `generation.L` (p, 6), the best individual first: loss, the places of both parents in the generation before (−1 for
    none), and 1 where it was taken over unchanged (elite), was crossed, was mutated.
    """

    kind: Literal["generation"]
    type: str
    number: int | None


class CloudData(TypedDict):
    """The newest pairs of nudges of an evolution strategy.

    Array `cloud.L` (pairs, 4): the losses of the nudges + and −, and their rewards. The rewards have mean 0 and standard
    deviation 1. `length` is that of the estimated gradient; null before the first.
    """

    kind: Literal["cloud"]
    type: str
    sigma: float
    length: Value | None


class SlopeData(TypedDict):
    """The newest slopes that finite differences have found, and which weight is being nudged.

    Array `slope.L` (k, 1): the slopes of the first weights that are not frozen. Within an iteration the loss is looked at,
    then one weight after the other is nudged; at the cost of the cursor's step `nudged` of `weights` have been, and `now` is
    the newest of them.
    """

    kind: Literal["slope"]
    type: str
    weights: int
    nudged: int
    now: RefMessage | None


MethodData = TriesData | GenerationData | CloudData | SlopeData


def tell_method(lane: SearchLane, number: int, step: int, arrays: dict[str, FloatArray]) -> MethodData:
    """What there is to be seen of a search; what is too much for JSON is put among the arrays.

    Args:
        lane: which.
        number: of the lane.
        step: of the race, at which the cursor stands.
        arrays: gets one more.
    """
    search = lane.search
    if isinstance(search, Genetic):
        return _generation(search, number, arrays)
    if isinstance(search, EvolutionStrategy):
        return _cloud(search, number, arrays)
    if isinstance(search, FiniteDifferences):
        return _slope(search, number, lane.clock.evaluations_at(step), arrays)
    return _tries(search, number, arrays)


def _tries(search: Search[Any, Any], number: int, arrays: dict[str, FloatArray]) -> TriesData:
    count = search.iteration
    history = search.history(max(count, 1))
    before = np.concatenate([[np.inf], history.best_losses[:-1]])[:count]
    kept = history.best_losses < before
    arrays[f"tries.{number}"] = np.column_stack([history.losses[-MOST_TRIES:], kept[-MOST_TRIES:]])
    return {
        "kind": "tries",
        "type": search.name,
        "first": max(count - MOST_TRIES, 0),
        "count": count,
        "kept": int(np.count_nonzero(kept)),
        "best": search.best_loss,
        "sigma": search.memory.sigma if isinstance(search, HillClimbing) else None,
    }


def _generation(search: Genetic, number: int, arrays: dict[str, FloatArray]) -> GenerationData:
    newest = search.generation
    if newest is not None:
        columns = [newest.losses, newest.parents, newest.elite, newest.crossed, newest.mutated]
        arrays[f"generation.{number}"] = np.column_stack(columns).astype(np.float64)
    return {"kind": "generation", "type": search.name, "number": None if newest is None else newest.number}


def _cloud(search: EvolutionStrategy, number: int, arrays: dict[str, FloatArray]) -> CloudData:
    newest = search.newest
    if newest is not None:
        arrays[f"cloud.{number}"] = np.column_stack([newest.losses, newest.rewards])
    return {
        "kind": "cloud",
        "type": search.name,
        "sigma": search.settings.number("sigma"),
        "length": None if newest is None else float(np.linalg.norm(newest.estimate)),
    }


def _slope(search: FiniteDifferences, number: int, spent: int, arrays: dict[str, FloatArray]) -> SlopeData:
    """The lane has completed the iteration that the spent evaluations lie in; which of them was the last says its cost."""
    places = np.flatnonzero(search.free)
    iteration = search.iteration
    arrays[f"slope.{number}"] = (
        search.memory.gradient[places[:MOST_SLOPES], np.newaxis] if iteration else np.zeros((0, 1))
    )
    within = min(spent - search.evaluations_after(iteration - 1), search.cost) if iteration else 0
    nudges = max(within - 1, 0)
    ways = (search.cost - 1) // max(len(places), 1)
    nudged = -(-nudges // max(ways, 1))
    return {
        "kind": "slope",
        "type": search.name,
        "weights": len(places),
        "nudged": nudged,
        "now": _reference(name_of(search.experiment, int(places[nudged - 1]))) if nudged else None,
    }


def _reference(text: str) -> RefMessage:
    """`layer0.W[1, 0]` as name and index."""
    name, _, index = text.rstrip("]").partition("[")
    return {"name": name, "index": [int(part) for part in index.split(",")]}
