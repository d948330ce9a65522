"""What all methods of search have in common."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from engine import CursorError, Experiment, ExperimentError, Timeline
from engine.arena import FloatArray
from engine.program import Forward
from engine.search import SEARCHES, begin_search, read_search, search_catalogue
from engine.search.catalogue import MOST_DIFFERENCED, AnySearch
from engine.search.search import thinned
from tests.engine.networks import Document, dense, one_neuron, xor

SMALL: dict[str, dict[str, Any]] = {
    "hill_climbing": {"type": "hill_climbing"},
    "adaptive": {"type": "hill_climbing", "adapt": "on"},
    "genetic": {"type": "genetic", "population": 6, "elite": 2},
    "one_point": {"type": "genetic", "population": 5, "elite": 0, "crossover": "one_point"},
    "evolution": {"type": "evolution", "pairs": 3},
    "finite_differences": {"type": "finite_differences"},
    "central": {"type": "finite_differences", "difference": "central"},
    "random": {"type": "random"},
}
COSTS = {
    "hill_climbing": (1, 1),
    "adaptive": (1, 1),
    "genetic": (6, 4),
    "one_point": (5, 5),
    "evolution": (7, 7),
    "finite_differences": (10, 10),
    "central": (19, 19),
    "random": (1, 1),
}
"""Of iteration 0 and of every other; XOR with two hidden neurons has 9 parameters."""


def search_of(settings: object, document: Document | None = None, **more: Any) -> AnySearch:
    return begin_search(read_search(settings), Experiment.from_json(document or xor()), **more)


def everything(search: AnySearch) -> list[bytes]:
    """All that a search knows, bit for bit."""
    arrays = [value for value in vars(search.memory).values() if isinstance(value, np.ndarray)]
    history = search.history(10**6)
    arrays += [search.best, search.parameters, history.evaluations, history.losses, history.best_losses]
    return [np.asarray(array).tobytes() for array in arrays] + [repr((search.iteration, search.best_loss)).encode()]


@pytest.fixture
def forwards(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """The loss of every forward pass that is made."""
    losses: list[float] = []
    run = Forward.run

    def counted(self: Forward, parameters: FloatArray) -> float:
        losses.append(run(self, parameters))
        return losses[-1]

    monkeypatch.setattr(Forward, "run", counted)
    yield losses


@pytest.mark.parametrize("name", SMALL)
def test_every_forward_pass_is_counted(name: str, forwards: list[float]) -> None:
    search = search_of(SMALL[name])
    first, each = COSTS[name]

    for iterations in range(1, 5):
        search.run(search.evaluations + 1)

        assert search.iteration == iterations
        assert search.evaluations == len(forwards) == first + (iterations - 1) * each


@pytest.mark.parametrize("name", SMALL)
def test_a_search_ends_less_than_one_iteration_beyond_what_was_asked(name: str) -> None:
    for wanted in (0, 1, 7, 20, 53):
        search = search_of(SMALL[name])

        assert search.run(wanted)

        assert wanted <= search.evaluations < wanted + max(COSTS[name])
        assert search.iteration == search.iterations_for(wanted)


@pytest.mark.parametrize("name", SMALL)
def test_the_best_loss_is_the_lowest_of_all_that_were_tried(name: str, forwards: list[float]) -> None:
    search = search_of(SMALL[name])

    search.run(60)

    tried = forwards[:: COSTS[name][0]] if search.name == "finite_differences" else forwards
    assert search.best_loss == min(tried)
    assert search._forward.run(search.best) == search.best_loss
    assert search.history().best_losses[-1] == search.best_loss
    assert (np.diff(search.history().best_losses) <= 0).all()


@pytest.mark.parametrize("name", SMALL)
def test_going_back_and_forward_brings_every_number_back(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.search.search.FIRST_INTERVAL", 4)
    places = (200, 40, 41, 0, 133, 200, 77)
    fresh = {}
    for place in places:
        other = search_of(SMALL[name])
        other.run(place)
        fresh[place] = everything(other)
    search = search_of(SMALL[name], memory_budget=4_000)

    for place in places:
        assert search.seek(place)

        assert everything(search) == fresh[place]


@pytest.mark.parametrize("name", SMALL)
def test_a_search_that_pauses_after_every_evaluation_finds_the_same(name: str) -> None:
    search, other = search_of(SMALL[name]), search_of(SMALL[name])
    other.run(45)

    pauses = 0
    while not search.run(45, lambda: True):
        pauses += 1

    assert pauses >= 40
    assert everything(search) == everything(other)


@pytest.mark.parametrize("name", SMALL)
def test_another_seed_is_another_search(name: str) -> None:
    W1, W2 = [[1.0, -1.0], [1.0, -1.0]], [[1.0, 1.0]]
    layers = {"layers": [dense(2, "tanh", W=W1), dense(1, "sigmoid", W=W2)]}
    one, same, other = (search_of(SMALL[name], xor(network=layers, seed=seed)) for seed in (1, 1, 2))

    for search in (one, same, other):
        search.run(60)

    assert np.array_equal(one.best, same.best)
    assert np.array_equal(one.best, other.best) == (search.name == "finite_differences")


@pytest.mark.parametrize("name", SMALL)
def test_frozen_parameters_stay_as_they_are(name: str) -> None:
    layers = [dense(2, "tanh", frozen=["W"], b=[0.1, 0.2]), dense(1, "sigmoid", frozen=["b"])]
    search = search_of(SMALL[name], xor(network={"layers": layers}))
    start, layout = search.start, search.experiment.layout

    search.run(100)

    for vector in (search.best, search.parameters):
        np.testing.assert_array_equal(layout.blocks[0].part(vector, "W"), layout.blocks[0].part(start, "W"))
        np.testing.assert_array_equal(layout.blocks[1].part(vector, "b"), layout.blocks[1].part(start, "b"))
    assert search.free_count == 4
    assert search.best_loss < search.history().losses[0] or search.history().best_losses[0] == search.best_loss


def test_it_begins_with_the_weights_and_the_loss_of_training(rng: np.random.Generator) -> None:
    document = xor(penalty={"l1": 0.01, "l2": 0.1}, batch_size=2)
    whole = Timeline(Experiment.from_json({**document, "batch_size": 4}))
    whole.run(1)

    search = search_of("random", document)
    search.run(1)

    assert search.best_loss == whole.history("loss")[0]


@pytest.mark.parametrize("name", [name for name in SMALL if "ifferences" not in name and name != "central"])
def test_a_loss_that_is_no_number_is_the_worst(name: str) -> None:
    document = one_neuron(x=1e200, target=0, w=1e200, b=0, learning_rate=0.1)
    search = search_of(SMALL[name], document)

    search.run(40)

    history = search.history()
    assert not np.isnan(history.losses).any()
    assert search.stopped is None
    assert np.isfinite(search.parameters).all()
    assert np.isfinite(search.best).all()


def test_the_first_iteration_below_a_threshold_is_told_exactly() -> None:
    search = search_of({"type": "hill_climbing"})
    search.run(400)
    best = search.history(10**6).best_losses
    threshold = float(best[0] + best[-1]) / 2

    assert search.first_below(threshold) == int(np.flatnonzero(best < threshold)[0]) + 1
    assert search.first_below(0.0) is None
    search.seek(1)
    assert search.first_below(threshold) is None


def test_a_history_is_thinned_evenly_and_keeps_its_end() -> None:
    search = search_of({"type": "hill_climbing"})
    search.run(101)

    whole, thin = search.history(10**6), search.history(10)

    assert thin.evaluations.tolist() == [1, 12, 23, 34, 45, 56, 67, 78, 89, 100, 101]
    np.testing.assert_array_equal(thin.best_losses, whole.best_losses[thin.evaluations.astype(int) - 1])
    assert thinned(0, 5).tolist() == []
    assert thinned(5, 5).tolist() == [0, 1, 2, 3, 4]


def test_checkpoints_keep_within_their_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.search.search.FIRST_INTERVAL", 1)
    search = search_of({"type": "genetic", "population": 20}, memory_budget=30_000)

    search.run(4_000)

    kept = search._checkpoints
    assert 0 in kept
    assert len(kept) > 1
    assert len(kept) * search.size_of(search.memory) <= 30_000


def test_negative_evaluations_are_refused() -> None:
    search = search_of("random")

    for move in (search.run, search.seek):
        with pytest.raises(CursorError, match="-1 evaluations"):
            move(-1)


@pytest.mark.parametrize(
    ("value", "problems"),
    [
        ("annealing", {"search.type"}),
        (7, {"search", "search.type"}),
        (
            {"type": "genetic", "population": 1, "mutation": 2, "colour": 1},
            {"search.population", "search.mutation", "search.colour"},
        ),
        ({"type": "genetic", "population": 401}, {"search.population"}),
        ({"type": "genetic", "population": 4.5}, {"search.population"}),
        ({"type": "genetic", "population": 4, "elite": 4}, {"search.elite"}),
        ({"type": "genetic", "crossover": "three_point"}, {"search.crossover"}),
        ({"type": "hill_climbing", "sigma": 0}, {"search.sigma"}),
        ({"type": "hill_climbing", "sigma": "much"}, {"search.sigma"}),
        ({"type": "evolution", "pairs": 0, "learning_rate": -1}, {"search.pairs", "search.learning_rate"}),
        ({"type": "finite_differences", "width": 0, "difference": "backward"}, {"search.width", "search.difference"}),
        ({"type": "random", "scale": float("nan")}, {"search.scale"}),
    ],
)
def test_every_problem_of_a_search_is_told(value: object, problems: set[str]) -> None:
    with pytest.raises(ExperimentError) as caught:
        read_search(value)

    assert {problem.path for problem in caught.value.problems} == problems


@pytest.mark.parametrize("name", SEARCHES)
def test_settings_come_back_from_json(name: str) -> None:
    settings = read_search(name)

    assert read_search(settings.to_json()) == settings
    assert set(settings.constants) == {constant.name for constant in SEARCHES[name].constants}


def test_the_catalogue_tells_every_constant_with_its_default() -> None:
    for entry in search_catalogue():
        assert entry["words"].endswith(".")
        defaults = {constant["name"]: constant["default"] for constant in entry["constants"]}
        assert read_search({"type": entry["name"], **defaults}) == read_search(entry["name"])
        assert all(("choices" in constant) != ("limits" in constant) for constant in entry["constants"])


def test_a_network_too_large_for_a_search_is_refused_with_the_limit() -> None:
    large = xor(network={"layers": [dense(1024, "tanh"), dense(3, "tanh"), dense(1, "sigmoid")]})

    with pytest.raises(ExperimentError, match=f"at most {MOST_DIFFERENCED} parameters"):
        search_of("finite_differences", large)
    with pytest.raises(ExperimentError, match=r"search\.population is 400"):
        search_of({"type": "genetic", "population": 400}, large)
    with pytest.raises(ExperimentError, match=r"search\.pairs is 200"):
        search_of({"type": "evolution", "pairs": 200}, large)


def test_a_network_that_is_frozen_cannot_be_searched() -> None:
    with pytest.raises(ExperimentError, match="not frozen"):
        search_of("random", xor(network={"layers": [dense(1, "sigmoid", frozen=True)]}))


def test_each_search_draws_numbers_of_its_own() -> None:
    purposes = [search.purpose for search in SEARCHES.values()]

    assert len(set(purposes)) == len(purposes)
    assert min(purposes) > 104  # those of the data sets end there
