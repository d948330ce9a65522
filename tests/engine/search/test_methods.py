"""What each method of search does by itself."""

from typing import Any

import numpy as np
import pytest

from engine import Experiment, Timeline
from engine.search import (
    EvolutionStrategy,
    FiniteDifferences,
    Genetic,
    HillClimbing,
    begin_search,
    read_search,
)
from engine.search.catalogue import AnySearch
from engine.search.evolution import normalised
from engine.search.hill_climbing import GROWTH
from engine.search.search import beginning, drawn
from tests.engine.networks import Document, dense, one_neuron, sgd, xor


def search_of(settings: object, document: Document | None = None) -> Any:
    return begin_search(read_search(settings), Experiment.from_json(document or xor()))


# Hill climbing


def test_a_climber_keeps_a_nudge_only_if_it_is_better() -> None:
    search: HillClimbing = search_of("hill_climbing")
    search.run(1)
    kept = 0
    for _ in range(60):
        before = search.memory
        search.run(search.evaluations + 1)
        now, loss = search.memory, search.history().losses[-1]
        assert now.accepted == (loss < before.loss)
        assert now.loss == min(loss, before.loss)
        assert np.array_equal(now.parameters, before.parameters) == (not now.accepted)
        kept += now.accepted

    assert 0 < kept < 60


def test_with_the_fifth_rule_one_success_makes_up_for_four_failures() -> None:
    search: HillClimbing = search_of({"type": "hill_climbing", "adapt": "on", "sigma": 0.5})
    search.run(200)
    history = search.history()
    successes = int((np.diff(history.best_losses) < 0).sum())

    failures = 199 - successes

    assert search.memory.sigma == pytest.approx(0.5 * GROWTH ** (successes - failures / 4))


# Genetic algorithm


def genetic(**more: Any) -> Genetic:
    search: Genetic = search_of({"type": "genetic", "population": 12, "elite": 3, **more})
    return search


def test_a_generation_stands_in_order_and_its_losses_are_its_own() -> None:
    search = genetic()
    for _ in range(5):
        search.run(search.evaluations + 1)
        generation = search.generation
        assert generation is not None
        assert (np.diff(generation.losses) >= 0).all()
        losses = [search._forward.run(individual) for individual in generation.individuals]
        assert losses == generation.losses.tolist()


def test_generation_0_is_the_start_and_draws_without_parents() -> None:
    search = genetic()
    assert search.generation is None

    search.run(1)

    generation = search.generation
    assert generation is not None
    assert generation.number == 0
    assert (generation.parents == -1).all()
    assert sum(np.array_equal(one, search.start) for one in generation.individuals) == 1
    assert len(np.unique(generation.individuals, axis=0)) == 12


def test_the_elite_lives_on_unchanged() -> None:
    search = genetic()
    search.run(40)
    before = search.generation
    search.run(search.evaluations + 1)
    after = search.generation

    assert before is not None and after is not None
    assert after.elite.sum() == 3
    assert sorted(after.parents[after.elite, 0].tolist()) == [0, 1, 2]
    for place in np.flatnonzero(after.elite):
        np.testing.assert_array_equal(after.individuals[place], before.individuals[after.parents[place, 0]])


@pytest.mark.parametrize("crossover", ["uniform", "one_point"])
def test_a_child_without_mutation_has_every_weight_from_one_of_its_parents(crossover: str) -> None:
    search = genetic(mutation=0, crossover=crossover, crossover_rate=0.5)
    search.run(12)
    before = search.generation
    search.run(search.evaluations + 1)
    after = search.generation

    assert before is not None and after is not None
    assert not after.mutated.any()
    assert 0 < after.crossed.sum() < 9
    mixed = 0
    for place, child in enumerate(after.individuals):
        mother, father = before.individuals[after.parents[place]]
        assert ((child == mother) | (child == father)).all()
        if not after.crossed[place]:
            assert after.parents[place, 0] == after.parents[place, 1]
        mixed += not np.array_equal(child, mother) and not np.array_equal(child, father)
        if crossover == "one_point" and after.crossed[place] and not np.array_equal(mother, father):
            free = search.free > 0
            assert (np.diff((child == mother)[free].astype(int)) <= 0).all()
    assert mixed > 0


def test_a_child_without_crossover_is_its_parent_but_for_mutations() -> None:
    search = genetic(mutation=0.2, crossover_rate=0)
    search.run(12)
    before = search.generation
    search.run(search.evaluations + 1)
    after = search.generation

    assert before is not None and after is not None
    assert not after.crossed.any()
    for place, child in enumerate(after.individuals):
        same = np.array_equal(child, before.individuals[after.parents[place, 0]])
        assert same != after.mutated[place]


def test_a_parent_is_likelier_to_be_good() -> None:
    search = genetic(tournament=4, elite=0)
    search.run(12 * 40)
    parents: list[int] = []
    for _ in range(40):
        search.run(search.evaluations + 1)
        generation = search.generation
        assert generation is not None
        parents += generation.parents[:, 0].tolist()

    # The expectation of the smallest of 4 places drawn from 0 to 11 is about 1.8.
    assert np.mean(parents) == pytest.approx(sum((k / 12) ** 4 for k in range(1, 12)), abs=0.3)


# Evolution strategy


def test_the_centre_moves_along_the_estimate_from_the_rewards() -> None:
    search: EvolutionStrategy = search_of({"type": "evolution", "pairs": 4, "sigma": 0.2, "learning_rate": 0.3})
    assert search.newest is None

    search.run(1)

    cloud = search.newest
    assert cloud is not None
    losses = [
        [search._forward.run(search.start + 0.2 * direction), search._forward.run(search.start - 0.2 * direction)]
        for direction in cloud.directions
    ]
    np.testing.assert_array_equal(cloud.losses, losses)
    assert cloud.rewards.mean() == pytest.approx(0, abs=1e-12)
    assert cloud.rewards.std() == pytest.approx(1)
    estimate = sum((r[0] - r[1]) * e for r, e in zip(cloud.rewards, cloud.directions, strict=True)) / (2 * 4 * 0.2)
    np.testing.assert_allclose(cloud.estimate, estimate, rtol=1e-12)
    np.testing.assert_allclose(search.parameters, search.start + 0.3 * cloud.estimate, rtol=1e-12)


def test_with_many_pairs_the_estimate_points_against_the_gradient() -> None:
    timeline = Timeline(Experiment.from_json(xor()))
    timeline.run_to_end_of_step()
    search: EvolutionStrategy = search_of({"type": "evolution", "pairs": 200, "sigma": 0.001})

    search.run(1)

    assert search.newest is not None
    found, true = [], []
    for block, part in search.experiment.layout.names():
        found.append(block.part(search.newest.estimate, part).ravel())
        true.append(timeline.values[f"layer{block.layer}.grad_{part}"].ravel())
    a, b = np.concatenate(found), -np.concatenate(true)
    assert a @ b / (np.linalg.norm(a) * np.linalg.norm(b)) > 0.95


def test_rewards_that_are_no_numbers_or_all_alike_lead_nowhere_wild() -> None:
    np.testing.assert_array_equal(normalised(np.array([[3.0, 3.0]])), [[0.0, 0.0]])
    np.testing.assert_array_equal(normalised(np.array([[-np.inf, -np.inf]])), [[0.0, 0.0]])
    np.testing.assert_array_equal(normalised(np.array([[-1e308, 1e308]])), [[0.0, 0.0]])
    rewards = normalised(np.array([[-np.inf, -1.0], [-3.0, -1.0]]))
    np.testing.assert_allclose(rewards, [[-1.0, 1.0], [-1.0, 1.0]])


# Finite differences


@pytest.mark.parametrize("difference", ["forward", "central"])
def test_finite_differences_go_where_backpropagation_goes(difference: str) -> None:
    document = xor(
        network={"layers": [dense(3, "tanh"), dense(1, "sigmoid")]},
        loss="binary_cross_entropy",
        optimizer=sgd(1.0),
        penalty={"l2": 0.001},
    )
    timeline = Timeline(Experiment.from_json(document))
    timeline.run(60)
    search: FiniteDifferences = search_of({"type": "finite_differences", "difference": difference}, document)
    assert search.free_count == 13

    search.run(60 * search.cost)

    assert search.iteration == 60
    np.testing.assert_allclose(search.history().losses, timeline.history("loss"), atol=1e-6, rtol=0)


def test_finite_differences_stop_where_a_slope_is_no_number_and_say_so() -> None:
    search: FiniteDifferences = search_of(
        "finite_differences", one_neuron(x=2, target=1, w=-0.5, b=0, learning_rate=1e6)
    )

    there = search.run(1_000)

    assert there
    assert search.finished
    assert search.stopped is not None
    assert "not finite at step" in search.stopped
    stopped, used = search.stopped, search.evaluations
    search.seek(1)
    assert search.stopped is None
    search.seek(1_000)
    assert (search.stopped, search.evaluations) == (stopped, used)


# Draws


def test_draws_scatter_as_the_initializer_says_times_the_scale(rng: np.random.Generator) -> None:
    layers = [
        dense(2, "tanh", initializer={"type": "uniform", "low": 1, "high": 2}),
        dense(1, "sigmoid", frozen=["b"], b=[7]),
    ]
    search: AnySearch = search_of("random", xor(network={"layers": layers}))
    first, last = search.experiment.layout.blocks

    draws = np.stack([drawn(search, rng, 3.0) for _ in range(200)])

    for part in ("W", "b"):
        numbers = np.stack([first.part(draw, part) for draw in draws])
        assert 3 <= numbers.min() < 3.2 and 5.8 < numbers.max() <= 6
    assert all(last.part(draw, "b").item() == 7 for draw in draws)


def test_an_initializer_without_chance_is_replaced_in_draws(rng: np.random.Generator) -> None:
    layers = [dense(2, "tanh", initializer="zeros"), dense(1, "sigmoid", initializer="constant")]
    search: AnySearch = search_of("random", xor(network={"layers": layers}))

    draw = drawn(search, rng, 1.0)

    assert not np.array_equal(draw, beginning(search.experiment))
    assert (draw[search.free > 0] != 0).all()
