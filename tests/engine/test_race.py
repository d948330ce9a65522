"""Lanes side by side."""

import itertools
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from engine import CursorError, Experiment, ExperimentError, Timeline
from engine.race import (
    MOST_PARAMETERS,
    BackpropLane,
    CostClock,
    Lane,
    Race,
    SearchLane,
    changed,
    first_document,
    fork,
    read_lanes,
)
from engine.race import LaneChange as Change
from engine.race.lanes import MOST_WAYPOINTS, trailing_means
from engine.scores import accuracy
from engine.search import begin_search, read_search
from tests.engine.networks import Document, dense, one_neuron, rows, sgd, start, xor

RNG = np.random.default_rng(3)
BATCHES: Document = {
    "seed": 4,
    "data": rows(
        RNG.normal(size=(7, 2)),
        RNG.normal(size=(7, 1)),
        validation_inputs=RNG.normal(size=(3, 2)).tolist(),
        validation_targets=RNG.normal(size=(3, 1)).tolist(),
    ),
    "network": {"layers": [dense(3, "tanh"), dense(1)]},
    "optimizer": {"type": "adam", "learning_rate": 0.05},
    "batch_size": 3,
}
FOUR: list[dict[str, Any]] = [
    {},
    {"change": {"path": "learning_rate", "value": 0.2}},
    {"change": {"path": "network.layers[0].activation", "value": "relu"}},
    {"name": "climb", "search": {"type": "hill_climbing"}},
]
CHANGES: list[tuple[str, Any]] = [
    ("learning_rate", 0.2),
    ("optimizer", {"type": "momentum", "learning_rate": 0.01}),
    ("optimizer.beta1", 0.5),
    ("batch_size", 2),
    ("penalty", {"l2": 0.1}),
    ("penalty.l1", 0.01),
    ("network.layers[0].activation", "relu"),
    ("network.layers[0].initializer", "he_normal"),
    ("layer0.units", 5),
    ("layer0.W", [[1, 2], [3, 4], [5, 6]]),
    ("seed", 9),
    ("loss", "huber"),
    ("clipping", {"type": "norm", "maximum": 0.5}),
    ("schedule", {"type": "exponential", "gamma": 0.9}),
    ("shuffle", False),
]


def race(lanes: Any = None, document: Document | None = None, **more: Any) -> Race:
    return Race(document or BATCHES, FOUR if lanes is None else lanes, **more)


def bits(lane: Lane) -> list[bytes]:
    """All that a lane tells, bit for bit."""
    path, curve, validation = lane.path(), lane.losses(10**6), lane.validation_losses(10**6)
    arrays = [path.steps, path.costs, path.parameters, curve.steps, curve.costs, curve.losses]
    arrays += [validation.steps, validation.costs, validation.losses, *lane.parameters().values()]
    numbers = (lane.place, lane.done, lane.evaluations, lane.cost, lane.finished, lane.stopped, lane.scores())
    return [np.asarray(array).tobytes() for array in arrays] + [repr(numbers).encode()]


def ticking(seconds: float) -> Callable[[], float]:
    """A clock that goes on by so much each time it is looked at."""
    ticks = itertools.count()
    return lambda: next(ticks) * seconds


@pytest.mark.parametrize(("path", "value"), CHANGES)
def test_a_lane_is_a_run_of_its_own_bit_for_bit(path: str, value: Any) -> None:
    run = race([{}, {"change": {"path": path, "value": value}}])

    assert run.run_to(40, 60.0)

    for lane, change in zip(run.lanes, (None, Change(path, value)), strict=True):
        alone = Timeline(changed(Experiment.from_json(BATCHES), change))
        alone.run(40)
        assert isinstance(lane, BackpropLane)
        assert lane.timeline.history("loss").tobytes() == alone.history("loss").tobytes()
        assert lane.timeline.validations() == alone.validations()
        for name, array in alone.parameters().items():
            np.testing.assert_array_equal(lane.parameters()[name], array)


@pytest.mark.parametrize(("path", "value"), CHANGES)
def test_one_thing_is_changed_and_the_beginning_is_kept_unless_it_is_drawn_anew(path: str, value: Any) -> None:
    base = Experiment.from_json(BATCHES)
    other = changed(base, Change(path, value))

    before, after = Timeline(base).parameters(), Timeline(other).parameters()

    np.testing.assert_array_equal(other.dataset.inputs, base.dataset.inputs)
    moved = {name for name in before if not np.array_equal(before[name], after[name])}
    expected: dict[str, set[str]] = {
        "network.layers[0].initializer": {"layer0.W"},
        "layer0.W": {"layer0.W"},
        "layer0.units": {"layer0.W", "layer0.b", "layer1.W"},
        "seed": {"layer0.W", "layer1.W"},
    }
    assert moved == expected.get(path, set())
    assert {key for key in other.document if other.document[key] != base.document.get(key)} != set()


def test_another_seed_keeps_generated_data() -> None:
    document = {**xor(), "data": {"name": "moons", "noise": 0.2, "validation": 0.25}}
    document["network"] = {"layers": [dense(2, "tanh"), dense(1, "sigmoid")]}
    base = Experiment.from_json(document)

    other = changed(base, Change("seed", 77))

    np.testing.assert_array_equal(other.dataset.inputs, base.dataset.inputs)
    np.testing.assert_array_equal(other.dataset.validation_inputs, base.dataset.validation_inputs)
    assert other.seed == 77


def test_another_initializer_takes_the_place_of_explicit_weights() -> None:
    layers = [dense(2, "tanh", W=[[1, 2], [3, 4]], b=[5, 6]), dense(1, "sigmoid")]
    base = Experiment.from_json(xor(network={"layers": layers}))

    other = Timeline(changed(base, Change("layer0.initializer", {"type": "uniform", "low": 8, "high": 9})))

    assert (other.parameters()["layer0.W"] >= 8).all()
    assert other.parameters()["layer0.b"].tolist() == [5, 6]


def test_one_weight_or_one_number_of_the_data_may_be_the_change() -> None:
    weight = changed(Experiment.from_json(xor()), Change("layer0.W", 7.0, (1, 0)))
    data = changed(Experiment.from_json(xor()), Change("data.inputs", 0.5, (2, 1)))

    parameters = start(xor()).parameters()
    parameters["layer0.W"][1, 0] = 7.0
    for name, array in Timeline(weight).parameters().items():
        np.testing.assert_array_equal(array, parameters[name])
    assert data.dataset.inputs[2].tolist() == [1.0, 0.5]


def test_a_learning_rate_under_a_schedule_is_where_the_schedule_starts_from() -> None:
    document = {**BATCHES, "schedule": {"type": "exponential", "gamma": 0.5}}

    other = changed(Experiment.from_json(document), Change("learning_rate", 0.4))

    assert other.learning_rate == 0.4
    timeline = Timeline(other)
    timeline.run(6)
    np.testing.assert_allclose(timeline.history("learning_rate"), [0.4] * 3 + [0.2] * 3)


def test_all_lanes_stand_at_the_same_step_and_come_back_to_it() -> None:
    run = race()
    fresh: dict[int, list[list[bytes]]] = {}
    for step in (0, 1, 33, 200):
        other = race()
        assert other.run_to(step, 60.0)
        fresh[step] = [bits(lane) for lane in other.lanes]

    for step in (200, 33, 1, 0, 33, 200):
        assert run.run_to(step, 60.0)

        assert run.step == step
        assert [lane.place for lane in run.lanes[:3]] == [step] * 3
        for lane, expected in zip(run.lanes, fresh[step], strict=True):
            assert bits(lane) == expected


@pytest.mark.parametrize("search", ["hill_climbing", "genetic", "evolution", "finite_differences", "random"])
def test_a_search_lane_is_a_search_of_its_own_and_goes_back(search: str) -> None:
    run = race([{}, {"search": search}])
    places = (300, 20, 170)
    for step in places:
        assert run.run_to(step, 60.0)
        lane = run.lanes[1]
        alone = begin_search(read_search(search), Experiment.from_json(BATCHES))
        alone.run(CostClock(7, 3).evaluations_at(step))
        assert isinstance(lane, SearchLane)
        assert lane.evaluations == alone.evaluations
        assert lane.search.best.tobytes() == alone.best.tobytes()
        assert lane.losses(10**6).losses.tobytes() == alone.history(10**6).best_losses.tobytes()


def test_a_race_without_time_goes_on_bit_by_bit_and_stays_together() -> None:
    run = race([{}, {"change": {"path": "learning_rate", "value": 0.2}}, {"search": "genetic"}], clock=ticking(1.0))
    whole = race([{}, {"change": {"path": "learning_rate", "value": 0.2}}, {"search": "genetic"}])
    assert whole.run_to(60, 60.0)

    calls = 0
    while not run.run_to(60, 1.0):
        calls += 1
        places = [lane.place for lane in run.lanes[:2]]
        assert abs(places[0] - places[1]) <= 1
        assert run.step <= min(places)

    assert calls > 60
    assert run.step == 60
    for lane, other in zip(run.lanes, whole.lanes, strict=True):
        assert bits(lane) == bits(other)


@pytest.mark.parametrize("most", [7, 10**6])
def test_means_are_of_the_losses_of_an_epoch(most: int) -> None:
    lane = Race(BATCHES, [{"name": "as it is"}]).lanes[0]
    lane.reach(30, lambda: False)
    losses = lane.losses(10**6).losses

    means = lane.mean_losses(most)

    assert lane.mean_over == 3
    expected = [losses[max(step - 2, 0) : step + 1].mean() for step in means.steps.tolist()]
    np.testing.assert_allclose(means.losses, expected, rtol=1e-12)
    assert means.steps[-1] == 29


def test_means_where_a_lane_breaks_down_are_those_before_it() -> None:
    numbers = np.array([1.0, 3.0, 5.0, np.inf])

    np.testing.assert_array_equal(trailing_means(numbers, 2, np.array([0, 1, 2, 3])), [1.0, 2.0, 4.0, np.inf])


def test_costs_are_counted_in_forward_passes_over_the_training_set() -> None:
    lanes = [{}, {"change": {"path": "batch_size", "value": 7}}, {"search": "hill_climbing"}, {"search": "genetic"}]
    run = race(lanes)

    run.run_to(5, 60.0)  # an epoch (3 + 3 + 1 rows), and 3 + 3 rows of the next

    costs = [lane.cost for lane in run.lanes]
    assert costs[:3] == [3 * 13 / 7, 15.0, 6.0]  # 39/7 is between 5 and 6
    assert costs[3] == 40
    assert run.lanes[0].losses().costs.tolist() == [3 / 7, 12 / 7, 19 / 7, 24 / 7, 33 / 7]
    assert [lane.evaluations for lane in run.lanes] == [0, 0, 6, 40]


def test_a_cost_and_its_step_belong_together() -> None:
    for n, batch in ((7, 3), (4, 4), (10, 1), (9, 8)):
        clock = CostClock(n, batch)
        for step in range(60):
            seen = sum(min(batch, n - (s % clock.steps_per_epoch) * batch) for s in range(step))
            assert clock.rows_seen(step) == seen
            assert clock.cost(step) == 3 * seen / n
            assert clock.evaluations_at(step) == -(-3 * seen // n)
        for units in range(30):
            assert clock.cost(clock.step_at(units)) >= units
            assert clock.step_at(units) == 0 or clock.cost(clock.step_at(units) - 1) < units
            assert clock.cost(clock.covered_by(units)) <= units < clock.cost(clock.covered_by(units) + 1)


def test_a_race_of_searches_alone_keeps_the_clock_of_the_experiment() -> None:
    run = race([{"search": "hill_climbing"}, {"search": "random"}])

    assert run.run_to(14, 60.0)

    assert [lane.evaluations for lane in run.lanes] == [CostClock(7, 3).evaluations_at(14)] * 2
    assert run.step == 14


def test_a_lane_that_diverges_stops_and_the_others_go_on() -> None:
    document = one_neuron(x=2, target=1, w=-0.5, b=0, learning_rate=0.1)
    run = race([{}, {"change": {"path": "learning_rate", "value": 1e5}}], document)

    assert run.run_to(500, 60.0)

    fine, wild = run.lanes
    assert (fine.place, fine.stopped) == (500, None)
    assert wild.finished
    assert wild.stopped is not None and "too large" in wild.stopped
    assert wild.done == wild.place < 100
    assert run.step == 500
    broken, why = wild.place, wild.stopped
    for step in (broken, 3, 500):
        assert run.run_to(step, 60.0)
    assert (wild.place, wild.stopped) == (broken, why)
    assert np.isfinite(wild.path().parameters).all()


def test_a_lane_that_stops_early_counts_as_there() -> None:
    run = race([{}, {"change": {"path": "early_stopping", "value": {"patience": 0}}}])

    assert run.run_to(400, 60.0)

    assert run.lanes[0].place == 400
    assert run.lanes[1].place < 400
    assert run.lanes[1].stopped is None


def test_the_first_loss_below_a_threshold_is_told_with_step_and_cost() -> None:
    run = race([{}, {"search": "hill_climbing"}], xor())
    run.run_to(600, 60.0)
    trained, searched = run.lanes
    losses = start(xor())
    losses.run(600)
    threshold = 0.2
    step = int(np.flatnonzero(losses.history("loss") < threshold)[0])

    crossing = trained.first_below(threshold)
    found = searched.first_below(threshold)

    assert crossing is not None and found is not None
    assert (crossing.step, crossing.cost) == (step, 3 * step + 1)
    assert isinstance(searched, SearchLane)
    assert found.cost == searched.search.first_below(threshold)
    assert found.step == int(np.ceil(found.cost / 3))
    run.run_to(step, 60.0)
    assert trained.first_below(threshold) is None


def test_scores_are_of_all_rows_at_this_moment() -> None:
    document = {**BATCHES, "penalty": {"l2": 0.1}}
    run = race([{}, {"search": "hill_climbing"}], document)
    run.run_to(20, 60.0)
    data = run.experiment.dataset

    for lane in run.lanes:
        scores, weights = lane.scores(), lane.parameters()
        explicit = json.loads(json.dumps(document))
        for name, array in weights.items():
            explicit["network"]["layers"][int(name[5])][name[7]] = array.tolist()
        outputs = start(explicit).predict(data.inputs)
        penalty = 0.05 * sum((weights[name] ** 2).sum() for name in ("layer0.W", "layer1.W"))
        assert scores.loss == pytest.approx(((outputs - data.targets) ** 2).mean() + penalty)
        unseen = start(explicit).predict(data.validation_inputs)
        assert scores.validation_loss == pytest.approx(((unseen - data.validation_targets) ** 2).mean())
        assert scores.accuracy is None and scores.validation_accuracy is None


def test_accuracy_is_the_part_of_the_rows_on_the_right_side() -> None:
    targets = np.array([[0.0], [1.0], [1.0], [0.0]])
    probabilities = Experiment.from_json(xor())
    logits = xor(network={"layers": [dense(1)]}, loss="binary_cross_entropy")
    classes = {
        "data": rows([[0.0], [1.0]], [0, 2]),
        "network": {"layers": [dense(3, "softmax")]},
        "loss": "categorical_cross_entropy",
    }

    assert accuracy(probabilities, np.array([[0.4], [0.6], [0.2], [0.9]]), targets) == 0.5
    assert accuracy(Experiment.from_json(logits), np.array([[-1], [0.1], [0.2], [0.4]]), targets) == 0.75
    one_hot = np.array([[1.0, 0, 0], [0, 0, 1.0]])
    assert accuracy(Experiment.from_json(classes), np.array([[0.5, 0.3, 0.2], [0.1, 0.6, 0.3]]), one_hot) == 0.5
    assert accuracy(Experiment.from_json(BATCHES), np.zeros((7, 1)), np.zeros((7, 1))) is None


def test_a_path_is_thinned_and_keeps_both_ends() -> None:
    run = race([{}, {"search": "hill_climbing"}])
    run.run_to(3_000, 60.0)

    for lane in run.lanes:
        path = lane.path()
        assert MOST_WAYPOINTS / 2 <= len(path.steps) <= MOST_WAYPOINTS + 1
        assert path.parameters.shape == (len(path.steps), run.experiment.layout.size)
        assert (path.steps[0], path.costs[0]) == (0, 0)
        assert path.costs[-1] == lane.cost
        assert path.parameters[-1].tobytes() == lane.vector.tobytes()
        assert (np.diff(path.costs) > 0).all()
    alone = start(BATCHES)
    alone.seek(int(run.lanes[0].path().steps[100]))
    block = run.experiment.layout.blocks[0]
    np.testing.assert_array_equal(block.part(run.lanes[0].path().parameters[100], "W"), alone.parameters()["layer0.W"])


@pytest.mark.parametrize("search", [None, "hill_climbing", "genetic"])
def test_a_promoted_lane_goes_on_where_it_was(search: str | None) -> None:
    lanes = [{}, {"change": {"path": "optimizer", "value": "momentum"}} if search is None else {"search": search}]
    run = race(lanes)
    run.run_to(30, 60.0)
    lane = run.lanes[1]

    session = Timeline.from_json(json.loads(json.dumps(run.promote(1))))

    assert session.cursor.step == (30 if search is None else 0)
    for name, array in session.parameters().items():
        np.testing.assert_array_equal(array, lane.parameters()[name])
    if search is None:
        session.run(10)
        run.run_to(40, 60.0)
        np.testing.assert_array_equal(session.history("loss"), lane.losses().losses)
    with pytest.raises(CursorError, match="lane 2; allowed: 0 to 1"):
        run.promote(2)


def test_a_race_from_the_beginning_takes_along_the_edits_made_there() -> None:
    session = start(BATCHES)
    session.edit("layer0.W", 2.0, (0, 1))
    session.edit("network.layers[1].activation", "tanh")
    session.edit("learning_rate", 0.3)
    session.seek(0)
    expected = session.parameters()
    session.run(12)
    session.edit("learning_rate", 5.0)
    before = session.to_json()

    run = Race.of(session, [{}])
    run.run_to(12, 60.0)

    assert run.lanes[0].losses().losses.tobytes() == session.history("loss").tobytes()
    assert session.to_json() == before
    for name, array in start(first_document(session)).parameters().items():
        np.testing.assert_array_equal(array, expected[name])


def test_a_race_from_here_begins_with_the_weights_and_settings_at_the_cursor() -> None:
    session = start({**BATCHES, "optimizer": sgd(0.1), "batch_size": 7})
    session.run(10)
    session.edit("learning_rate", 0.3)
    session.edit("data.inputs", 0.25, (3, 1))
    session.run(5)
    here = session.parameters()

    run = Race.of(session, [{}, {"search": "hill_climbing"}], "here")

    assert run.experiment.learning_rate == 0.3
    assert run.experiment.dataset.inputs[3, 1] == 0.25
    for lane in run.lanes:
        for name, array in here.items():
            np.testing.assert_array_equal(lane.parameters()[name], array)
    run.run_to(20, 60.0)
    session.run(20)
    np.testing.assert_array_equal(run.lanes[0].losses().losses, session.history("loss")[15:])


@pytest.mark.parametrize(
    "schedule", [{"type": "exponential", "gamma": 0.9}, {"type": "plateau", "patience": 0, "factor": 0.5}]
)
def test_a_fork_under_a_schedule_keeps_what_was_set_by_hand(schedule: Document) -> None:
    session = start({**BATCHES, "optimizer": sgd(0.1), "schedule": schedule})
    session.run(3)
    session.edit("learning_rate", 3 * session.learning_rate)
    session.run(9)

    rate = Experiment.from_json(fork(session)).learning_rate

    expected = 0.3 if schedule["type"] == "exponential" else session.learning_rate
    assert rate == pytest.approx(expected)


@pytest.mark.parametrize(
    ("lanes", "problems"),
    [
        ([], {"lanes"}),
        ([{}, *FOUR[1:], FOUR[1]], {"lanes"}),
        ("four", {"lanes"}),
        ([{}, {}], {"lanes[1]"}),
        ([7], {"lanes[0]"}),
        ([{"change": {"path": "seed", "value": 1}, "search": "random"}], {"lanes[0]"}),
        ([{"colour": "red"}], {"lanes[0].colour"}),
        ([{"change": {"path": "learning_rate"}}], {"lanes[0].change.value"}),
        ([{"change": {"path": 3, "value": 1}}], {"lanes[0].change.path"}),
        ([{}, {"change": {"path": "learning_rate", "value": -1}}], {"lanes[1].optimizer.learning_rate"}),
        ([{}, {"change": {"path": "temperature", "value": 1}}], {"lanes[1].temperature"}),
        ([{}, {"change": {"path": "layer5.W", "value": 1, "index": [0, 0]}}], {"lanes[1].layer5.W"}),
        ([{}, {"change": {"path": "network.layers[9].units", "value": 1}}], {"lanes[1].network.layers[9].units"}),
        (
            [{}, {"change": {"path": "loss", "value": "anger"}}, {"change": {"path": "batch_size", "value": 0}}],
            {"lanes[1].loss.type", "lanes[2].batch_size"},
        ),
        ([{}, {"search": {"type": "genetic", "mutation": 3}}], {"lanes[1].search.mutation"}),
        ([{}, {"search": "annealing"}], {"lanes[1].search.type"}),
    ],
)
def test_every_problem_of_a_lane_is_told(lanes: Any, problems: set[str]) -> None:
    with pytest.raises(ExperimentError) as caught:
        race(lanes)

    assert {problem.path for problem in caught.value.problems} == problems


def test_a_race_starts_at_the_beginning_or_here() -> None:
    with pytest.raises(ExperimentError, match='start is "now"; allowed: one of beginning, here'):
        Race.of(start(xor()), [{}], "now")


def test_a_network_too_large_for_a_race_is_refused_with_the_limit() -> None:
    large = xor(network={"layers": [dense(1000, "tanh"), dense(300, "tanh"), dense(1, "sigmoid")]})

    with pytest.raises(ExperimentError, match=f"at most {MOST_PARAMETERS} in a race"):
        race([{}], large)


def test_steps_outside_a_race_are_refused() -> None:
    with pytest.raises(CursorError, match="step -1; allowed: 0 to"):
        race().run_to(-1, 1.0)


def test_lanes_have_names_and_come_back_from_json() -> None:
    plans = read_lanes([*FOUR[:3], {"search": "random"}])

    assert [plan.name for plan in plans] == [
        "as it is",
        "learning_rate = 0.2",
        'network.layers[0].activation = "relu"',
        "Random search",
    ]
    assert read_lanes([plan.to_json() for plan in plans]) == plans
