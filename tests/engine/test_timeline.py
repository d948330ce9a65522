import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import Cursor, CursorError, EditError, Experiment, ExperimentError, Timeline
from engine.run import FIRST_INTERVAL
from tests.engine.networks import (
    Document,
    dense,
    dropout,
    examples,
    one_neuron,
    place_of,
    random_document,
    rows,
    run_until,
    sgd,
    snapshot,
    start,
    step_through,
    xor,
)

DOZEN = np.random.default_rng(9)
ROUGH: Document = {
    "seed": 4,
    "data": rows(
        DOZEN.normal(size=(7, 2)),
        DOZEN.normal(size=(7, 1)),
        validation_inputs=DOZEN.normal(size=(3, 2)),
        validation_targets=DOZEN.normal(size=(3, 1)),
    ),
    "network": {"layers": [dense(3, "tanh"), dropout(0.3), dense(1)]},
    "optimizer": {"type": "nadam", "learning_rate": 0.02},
    "schedule": {"type": "plateau", "patience": 1, "factor": 0.5, "threshold": 0.1, "warmup": {"steps": 3}},
    "penalty": {"l2": 0.01},
    "clipping": {"type": "norm", "maximum": 1.0},
    "early_stopping": {"patience": 4},
    "batch_size": 3,
}
ROUGH["data"] = json.loads(json.dumps({name: np.asarray(value).tolist() for name, value in ROUGH["data"].items()}))
SHUFFLED: Document = {
    "seed": 2,
    "data": rows(DOZEN.normal(size=(5, 2)), DOZEN.normal(size=(5, 1))),
    "network": {"layers": [dropout(0.2), dense(3, "relu"), dense(1)]},
    "optimizer": {"type": "adam", "learning_rate": 0.05},
    "schedule": {"type": "exponential", "gamma": 0.9, "per": "step"},
    "batch_size": 2,
}
PLATEAU: Document = xor(
    optimizer={"type": "momentum", "learning_rate": 0.1},
    schedule={"type": "plateau", "patience": 0, "factor": 0.5, "threshold": 0.05},
)
EVERY_KIND = {"xor": xor(), "rough": ROUGH, "shuffled": SHUFFLED, "plateau": PLATEAU}


def bits(timeline: Timeline) -> dict[str, bytes]:
    """Everything that can be read at the cursor, and what the next steps follow from, bit for bit."""
    return snapshot(timeline) | {"the state": timeline._program.state.tobytes()}


def walk_to(timeline: Timeline, step: int) -> dict[Cursor, dict[str, bytes]]:
    """Go event by event to a step; returns what was seen at each place."""
    seen = {timeline.cursor: bits(timeline)}
    while timeline.cursor.step < step and timeline.next() is not None:
        seen[timeline.cursor] = bits(timeline)
    return seen


# What a step is


def test_a_step_is_told_in_the_order_of_the_chain_rule() -> None:
    timeline = start(xor())

    told = step_through(timeline)

    assert [(event.kind, event.layer) for event in told] == [
        ("batch", None),
        ("affine", 0),
        ("activation", 0),
        ("affine", 1),
        ("activation", 1),
        ("loss", 1),
        ("loss_gradient", 1),
        ("activation_gradient", 1),
        ("weight_gradient", 1),
        ("propagate", 1),
        ("activation_gradient", 0),
        ("weight_gradient", 0),
        ("update", 0),
        ("update", 0),
        ("update", 1),
        ("update", 1),
        ("commit", None),
    ]
    assert [event.index for event in told] == list(range(17))


def test_the_plan_tells_beforehand_what_the_events_will_be() -> None:
    timeline = start(ROUGH)
    plan = timeline.plan

    told = step_through(timeline)

    assert [(one.kind, one.layer, one.title, one.latex) for one in plan] == [
        (event.kind, event.layer, event.title, event.latex) for event in told
    ]


def test_the_phases_follow_each_other() -> None:
    order = ["forward", "loss", "backward", "update"]

    phases = [planned.phase for planned in start(ROUGH).plan]

    assert sorted(phases, key=order.index) == phases
    assert set(phases) == set(order)


def test_every_event_has_a_title_words_a_formula_and_a_line() -> None:
    timeline = start(ROUGH)

    for event in step_through(timeline):
        assert event.title and event.words.endswith(".") and event.latex and event.line


def test_an_event_is_known_by_number_from_the_beginning_of_its_step() -> None:
    timeline = start(xor())
    timeline.run(3)

    event = timeline.next()

    assert event is not None
    assert (event.step, event.index) == (3, 0)
    assert timeline.cursor == Cursor(3, 1)


def test_an_event_cannot_change_once_it_is_told() -> None:
    timeline = start(xor())
    event = run_until(timeline, "affine", layer=0)
    z = event.values["layer0.z"].copy()

    timeline.edit("layer0.W", 5.0, (0, 0))
    timeline.run(3)

    np.testing.assert_array_equal(event.values["layer0.z"], z)


def test_stepping_is_training() -> None:
    walked, run = start(SHUFFLED), start(SHUFFLED)
    walk_to(walked, 12)

    run.run(12)

    assert bits(walked) == bits(run)
    np.testing.assert_array_equal(walked.history("loss"), run.history("loss"))
    np.testing.assert_array_equal(walked.history("learning_rate"), run.history("learning_rate"))


# What is known at the cursor


def test_before_the_first_event_the_parameters_are_known_and_nothing_else_of_the_network() -> None:
    timeline = start(xor())

    assert set(timeline.values) == {
        "layer0.W",
        "layer0.b",
        "layer1.W",
        "layer1.b",
        "learning_rate",
        "weight_decay",
    }


def test_a_value_that_is_not_computed_yet_is_a_key_error_that_says_when_it_will_be() -> None:
    timeline = start(xor())

    with pytest.raises(KeyError, match=r"layer1\.delta is not computed yet: event 7 .* will compute it"):
        timeline.values["layer1.delta"]


def test_a_name_that_does_not_exist_is_a_key_error_that_lists_the_names() -> None:
    timeline = start(xor())

    with pytest.raises(KeyError, match=r"no value called 'layer9\.z'; known here: .*layer0\.z"):
        timeline.values["layer9.z"]


def test_every_event_adds_its_values_and_going_back_takes_them_away() -> None:
    timeline = start(xor())
    known = [set(timeline.values)]
    while timeline.cursor.event < len(timeline.plan) - 1:
        event = timeline.next()
        assert event is not None
        assert set(event.values) <= set(timeline.values)
        known.append(set(timeline.values))

    for before in reversed(known[:-1]):
        timeline.back()
        assert set(timeline.values) == before


def test_after_going_back_later_values_are_gone() -> None:
    timeline = start(xor())
    run_until(timeline, "loss")

    timeline.back()

    assert "loss" not in timeline.values
    with pytest.raises(KeyError, match="not computed yet"):
        timeline.values["loss"]


def test_a_value_of_the_step_before_is_not_shown_in_the_next() -> None:
    timeline = start(xor())
    timeline.run(1)

    assert "layer0.z" not in timeline.values


def test_a_value_read_is_a_copy() -> None:
    timeline = start(xor())
    W = timeline.values["layer0.W"]

    W[...] = 100.0

    assert (timeline.values["layer0.W"] != 100.0).all()


def test_values_have_the_batch_first() -> None:
    timeline = start(xor(network={"layers": [dense(3, "tanh"), dense(1, "sigmoid")]}))
    timeline.run_to_end_of_step()

    shapes = {name: np.shape(timeline.values[name]) for name in timeline.values}

    assert shapes["x"] == (4, 2)
    assert shapes["y"] == (4, 1)
    assert shapes["layer0.z"] == shapes["layer0.a"] == shapes["layer0.delta"] == (4, 3)
    assert shapes["layer0.W"] == shapes["layer0.grad_W"] == shapes["layer0.next_W"] == (3, 2)
    assert shapes["layer0.b"] == (3,)
    assert shapes["sample_loss"] == (4,)
    assert shapes["loss"] == ()


def test_the_length_of_the_values_is_how_many_there_are() -> None:
    values = start(xor()).values

    assert len(values) == len(list(values)) == 6


# Going back and forward


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_going_back_event_by_event_shows_every_number_as_it_was(kind: str) -> None:
    timeline = start(EVERY_KIND[kind])
    seen = walk_to(timeline, 7)

    for cursor in sorted(seen, reverse=True)[1:]:
        assert timeline.back() == cursor
        assert bits(timeline) == seen[cursor]


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_seeking_anywhere_shows_every_number_as_it_was(kind: str, rng: np.random.Generator) -> None:
    timeline = start(EVERY_KIND[kind])
    seen = walk_to(timeline, 15)
    places = sorted(seen)
    timeline.run(500)

    for number in rng.integers(len(places), size=60):
        cursor = places[number]
        assert timeline.seek(cursor.step, cursor.event) == cursor
        assert bits(timeline) == seen[cursor]


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_forward_again_after_going_back_is_bit_identical(kind: str) -> None:
    timeline = start(EVERY_KIND[kind])
    seen = walk_to(timeline, 6)
    history = timeline.history("loss")
    timeline.seek(step=2, event=1)

    again = walk_to(timeline, 6)

    assert again == {cursor: seen[cursor] for cursor in again}
    np.testing.assert_array_equal(timeline.history("loss"), history)


def test_back_at_the_very_beginning_stays_there() -> None:
    timeline = start(xor())

    assert timeline.back() == Cursor(0, 0)


def test_back_from_the_first_event_of_a_step_is_before_the_commit_of_the_step_before() -> None:
    timeline = start(xor())
    timeline.run(2)

    assert timeline.back() == Cursor(1, len(timeline.plan) - 1)
    assert "layer0.next_W" in timeline.values


def test_back_over_a_change_of_structure_finds_the_plan_of_the_step_before() -> None:
    timeline = start(xor())
    timeline.run(2)
    events = len(timeline.plan)
    timeline.edit("penalty", {"l2": 0.1})
    longer = len(timeline.plan)

    assert longer == events + 2
    assert timeline.back() == Cursor(1, events - 1)
    timeline.next()
    timeline.edit("clipping", "norm")
    assert timeline.back() == Cursor(1, events - 1)


def test_back_into_an_epoch_finds_the_validation_that_only_its_first_step_has() -> None:
    timeline = start(ROUGH)
    first = len(timeline.plan)
    timeline.seek(step=1)
    rest = len(timeline.plan)

    assert timeline.plan[0].kind == "batch"
    assert first == rest + 1
    assert timeline.back() == Cursor(0, first - 1)


def test_as_many_events_as_the_plan_has_means_the_next_step() -> None:
    timeline = start(xor())

    assert timeline.seek(step=3, event=17) == Cursor(4, 0)


@pytest.mark.parametrize(("step", "event"), [(-1, 0), (0, -1), (3, 18), (0, 99), (2_000_000, 0)])
def test_a_place_that_does_not_exist_is_a_cursor_error_and_moves_nothing(step: int, event: int) -> None:
    timeline = start(xor())
    timeline.seek(step=2, event=3)
    before = bits(timeline)

    with pytest.raises(CursorError, match="allowed"):
        timeline.seek(step, event)

    assert timeline.cursor == Cursor(2, 3)
    assert bits(timeline) == before


def test_run_leaves_the_cursor_before_the_first_event() -> None:
    timeline = start(xor())

    assert timeline.run(steps=5) == Cursor(5, 0)
    timeline.next()
    assert timeline.run(steps=1) == Cursor(6, 0)
    with pytest.raises(CursorError):
        timeline.run(-1)


def test_the_run_is_finished_after_as_many_steps_as_it_may_have() -> None:
    timeline = Timeline(Experiment.from_json(xor()), most_steps=5)

    timeline.run(100)

    assert timeline.cursor == Cursor(5, 0)
    assert timeline.finished
    assert timeline.next() is None
    timeline.back()
    assert not timeline.finished


def test_the_events_of_a_step_can_be_told_again() -> None:
    timeline = start(ROUGH)
    timeline.seek(step=3)
    told = step_through(timeline)[:-1]
    timeline.seek(step=3, event=len(told))

    again = timeline.events()

    for first, second in zip(told, again, strict=True):
        assert (first.kind, first.index, first.words) == (second.kind, second.index, second.words)
        for name, value in first.values.items():
            np.testing.assert_array_equal(second.values[name], value)


# Epochs and batches


def test_an_epoch_is_a_pass_over_the_data_and_its_last_batch_may_be_smaller() -> None:
    timeline = start(SHUFFLED)
    seen, sizes, epochs = [], [], []
    for step in range(6):
        timeline.seek(step=step)
        event = run_until(timeline, "batch")
        sizes.append(len(event.values["x"]))
        seen.append(event.values["batch"].tolist())
        epochs.append(timeline.epoch)

    assert sizes == [2, 2, 1, 2, 2, 1]
    assert epochs == [0, 0, 0, 1, 1, 1]
    assert timeline.steps_per_epoch == 3
    first = [row for batch in seen[:3] for row in batch]
    second = [row for batch in seen[3:] for row in batch]
    assert sorted(first) == sorted(second) == [0, 1, 2, 3, 4]
    assert first != second


def test_without_shuffling_rows_come_in_their_order() -> None:
    timeline = start(SHUFFLED | {"shuffle": False})

    batches = []
    for step in range(3):
        timeline.seek(step=step)
        batches.append(run_until(timeline, "batch").values["batch"].tolist())

    assert batches == [[0, 1], [2, 3], [4]]


def test_a_smaller_last_batch_is_averaged_by_its_own_size() -> None:
    timeline = start(SHUFFLED | {"network": {"layers": [dense(1)]}})
    timeline.seek(step=2)

    timeline.run_to_end_of_step()

    values = timeline.values
    assert values["loss"] == pytest.approx(values["sample_loss"].mean())
    np.testing.assert_allclose(values["layer0.grad_W"], values["layer0.delta"].T @ values["x"])


def test_the_batch_shows_the_rows_it_names() -> None:
    timeline = start(SHUFFLED)

    event = run_until(timeline, "batch")

    data = timeline.experiment.dataset
    np.testing.assert_array_equal(event.values["x"], data.inputs[event.values["batch"]])
    np.testing.assert_array_equal(event.values["y"], data.targets[event.values["batch"]])


def test_another_seed_shuffles_otherwise() -> None:
    orders = []
    for seed in (1, 2):
        timeline = start(SHUFFLED | {"seed": seed, "batch_size": 4})
        orders.append(run_until(timeline, "batch").values["batch"].tolist())

    assert orders[0] != orders[1]


# Validation, plateau and early stopping


def validating(**more: Any) -> Timeline:
    data = rows([[1.0], [2.0]], [[1.0], [2.0]], validation_inputs=[[1.0]], validation_targets=[[3.0]])
    return start(
        {
            "data": data,
            "network": {"layers": [dense(1, W=[[0.0]], b=[0.0])]},
            "loss": "half_squared_error",
            "optimizer": sgd(0.1),
            **more,
        }
    )


def test_validation_comes_before_every_epoch_and_sees_the_weights_of_that_moment() -> None:
    timeline = validating(batch_size=1)
    timeline.run(6)

    assert [step for step, _ in timeline.validations()] == [0, 2, 4]
    assert timeline.history("validation_loss")[0] == pytest.approx(4.5)
    timeline.seek(step=4, event=1)
    prediction = timeline.predict([[1.0]]).item()
    assert timeline.values["validation_loss"] == pytest.approx(0.5 * (prediction - 3.0) ** 2)


def test_early_stopping_ends_the_run_and_restores_the_best_weights() -> None:
    # Validation wants 3 where training goes to 1: the first step from 0 overshoots to just about there.
    timeline = validating(optimizer=sgd(0.7), early_stopping={"patience": 2})

    timeline.run(1000)

    losses = timeline.history("validation_loss")
    best = 1 + int(np.argmin(losses[1:]))
    assert timeline.finished
    assert len(losses) == best + 2 + 2
    timeline.seek(timeline.cursor.step, 1)
    restored = timeline.predict([[1.0]]).item()
    assert 0.5 * (restored - 3.0) ** 2 == pytest.approx(losses[best])
    assert timeline.next() is None


def test_early_stopping_may_leave_the_last_weights() -> None:
    restoring = validating(optimizer=sgd(0.7), early_stopping={"patience": 2})
    leaving = validating(optimizer=sgd(0.7), early_stopping={"patience": 2, "restore_best": False})

    for timeline in (restoring, leaving):
        timeline.run(1000)

    assert restoring.cursor == leaving.cursor
    assert restoring.values["layer0.W"].item() != leaving.values["layer0.W"].item()


def test_a_run_that_stopped_early_can_be_walked_back_and_stops_again() -> None:
    timeline = validating(optimizer=sgd(0.7), early_stopping={"patience": 2})
    end = timeline.run(1000)
    final = bits(timeline)

    timeline.back()
    assert not timeline.finished
    timeline.seek(step=1)
    timeline.run(1000)

    assert timeline.cursor == end
    assert bits(timeline) == final


def test_a_run_that_stopped_early_goes_on_when_early_stopping_is_taken_away() -> None:
    timeline = validating(optimizer=sgd(0.7), early_stopping={"patience": 2})
    end = timeline.run(1000)

    timeline.edit("early_stopping", None)

    assert timeline.run(5).step == end.step + 5


def test_a_plateau_without_validation_watches_the_training_loss() -> None:
    timeline = start(PLATEAU)

    timeline.run(12)

    rates = timeline.history("learning_rate")
    losses = timeline.history("loss")
    assert rates[0] == rates[1] == 0.1
    best, rate, expected = losses[0], 0.1, [0.1, 0.1]
    for loss in losses[1:-1]:
        if loss < best * 0.95:
            best = loss
        else:
            rate *= 0.5
        expected.append(rate)
    np.testing.assert_allclose(rates, expected)


# What is kept


def test_history_has_one_number_for_each_step_run() -> None:
    timeline = start(ROUGH)
    timeline.run(8)

    for name in ("loss", "learning_rate", "penalty"):
        assert timeline.history(name).shape == (8,)
    with pytest.raises(KeyError, match="kept: loss"):
        timeline.history("weights")


def test_going_back_keeps_the_record_of_what_was_run() -> None:
    timeline = start(xor())
    timeline.run(8)

    timeline.seek(step=2)

    assert timeline.last_step == 8
    assert len(timeline.history("loss")) == 8


def test_the_history_of_the_loss_is_the_loss_of_each_step() -> None:
    timeline = start(SHUFFLED)
    seen = []
    for _ in range(5):
        timeline.run_to_end_of_step()
        seen.append(float(timeline.values["loss"]))
        timeline.next()

    np.testing.assert_array_equal(timeline.history("loss"), seen)


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_a_run_that_is_saved_and_replayed_is_bit_identical(kind: str) -> None:
    timeline = start(EVERY_KIND[kind])
    timeline.seek(step=3, event=6)
    timeline.edit("learning_rate", 0.03)
    timeline.seek(step=5, event=2)
    timeline.edit("layer2.b" if kind in ("rough", "shuffled") else "layer1.b", 0.25, (0,))
    timeline.seek(step=9, event=4)

    replayed = Timeline.from_json(json.loads(json.dumps(timeline.to_json())))

    assert replayed.cursor == timeline.cursor == Cursor(9, 4)
    assert bits(replayed) == bits(timeline)
    assert replayed.edits == timeline.edits
    np.testing.assert_array_equal(replayed.history("loss"), timeline.history("loss"))


def test_a_run_can_be_replayed_from_text() -> None:
    timeline = start(xor())
    timeline.seek(step=2, event=3)

    replayed = Timeline.from_json(json.dumps(timeline.to_json()))

    assert bits(replayed) == bits(timeline)


def test_a_bare_experiment_is_a_run_at_its_beginning() -> None:
    assert Timeline.from_json(xor()).cursor == Cursor(0, 0)


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"edits": 5}, "edits"),
        ({"edits": [5]}, "edits[0]"),
        ({"edits": [{"step": 0}]}, "edits[0]"),
        ({"edits": [{"step": 0, "event": 99, "path": "learning_rate", "value": 1}]}, "edits[0]"),
        ({"edits": [{"step": 0, "event": 0, "path": "nothing", "value": 1}]}, "edits[0]"),
        ({"edits": [{"step": float("inf"), "event": 0, "path": "loss", "value": 1}]}, "edits[0]"),
        ({"cursor": 3}, "cursor"),
        ({"cursor": {"step": -1, "event": 0}}, "cursor"),
        ({"cursor": {"step": "two", "event": 0}}, "cursor"),
        ({"cursor": {"step": 1, "event": 99}}, "cursor"),
        ({"cursor": {"step": float("inf"), "event": 0}}, "cursor"),
        ({"experiment": {}}, "data.name"),
        ({"experiment": 7}, "document"),
    ],
)
def test_a_saved_run_that_is_not_right_is_told_by_path(change: Document, path: str) -> None:
    document = start(xor()).to_json() | change

    with pytest.raises(ExperimentError) as caught:
        Timeline.from_json(document)

    assert path in [problem.path for problem in caught.value.problems]


@pytest.mark.parametrize("document", ["{", "[]", "7", [], 7, None])
def test_what_is_no_document_is_an_experiment_error(document: Any) -> None:
    with pytest.raises(ExperimentError):
        Timeline.from_json(document)


# Predictions


def test_predictions_use_the_parameters_at_the_cursor() -> None:
    timeline = start(one_neuron(x=2, target=1, w=-0.5, b=0.25, learning_rate=0.1))

    np.testing.assert_array_equal(timeline.predict([[0.0], [2.0]]), [[0.25], [-0.75]])
    np.testing.assert_array_equal(timeline.predict([2.0]), [[-0.75]])


@pytest.mark.parametrize("inputs", [[[1.0]], [[1.0, 2.0, 3.0]], "abc", [[[1.0, 2.0]]], [["x", "y"]]])
def test_inputs_that_do_not_fit_the_network_are_refused(inputs: object) -> None:
    with pytest.raises(EditError, match="inputs"):
        start(xor()).predict(inputs)


def test_predicting_changes_nothing() -> None:
    timeline = start(ROUGH)
    timeline.seek(step=3, event=1)
    before = bits(timeline)

    timeline.predict([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    timeline.next()
    timeline.back()

    assert bits(timeline) == before


# Checkpoints


class StepCounter:
    """Counts the steps that are run, whole or event by event."""

    def __init__(self, timeline: Timeline) -> None:
        self.count = 0
        program = timeline._program
        call = program.step_calls[0]

        def counted() -> Any:
            self.count += 1
            return call()

        program.step_calls[0] = counted
        for place, original in enumerate(program.calls):
            if original is call:
                program.calls[place] = counted


def test_seeking_anywhere_in_a_long_run_replays_no_more_than_the_distance_of_checkpoints() -> None:
    document = {
        "data": rows(DOZEN.normal(size=(10, 2)), DOZEN.normal(size=(10, 1))),
        "network": {"layers": [dense(4, "tanh"), dense(2, "tanh"), dense(1)]},
        "optimizer": sgd(0.01),
    }
    timeline = start(document)
    timeline.run(100_000)
    counter = StepCounter(timeline)

    for step in (99_999, 1, 50_063, 127, 128, 0, 99_900, 77_777):
        counter.count = 0
        timeline.seek(step)
        assert counter.count <= FIRST_INTERVAL
    counter.count = 0
    timeline.seek(64, 5)
    assert 0 < counter.count <= FIRST_INTERVAL


def test_checkpoints_stay_within_their_budget_and_still_lead_to_the_same_numbers() -> None:
    frugal = Timeline(Experiment.from_json(xor()), memory_budget=4_000)
    generous = start(xor())
    for timeline in (frugal, generous):
        timeline.run(3_000)

    for timeline in (frugal, generous):
        timeline.seek(1_717, 4)

    assert frugal.checkpoint_bytes <= 1.25 * 4_000
    assert bits(frugal) == bits(generous)
    step_through(frugal)
    step_through(frugal)
    assert frugal.checkpoint_bytes <= 1.25 * 4_000


def test_going_one_event_back_does_not_replay_from_a_far_checkpoint() -> None:
    timeline = start(xor())
    timeline.seek(step=100)
    step_through(timeline)
    counter = StepCounter(timeline)

    timeline.back()

    assert counter.count <= 1


# Any walk at all

EDITS: list[tuple[str, Any, tuple[int, ...] | None]] = [
    ("learning_rate", 0.07, None),
    ("learning_rate", 0.01, None),
    ("layer1.b", 0.5, (0,)),
    ("layer0.W", -0.75, (0, 1)),
    ("x", 0.3, (0, 1)),
    ("y", 0.6, (0, 0)),
    ("data.inputs", 1.5, (2, 0)),
    ("batch_size", 2, None),
    ("batch_size", 4, None),
    ("penalty", {"l1": 0.01, "l2": 0.02}, None),
    ("penalty.l2", 0.05, None),
    ("clipping", {"type": "value", "maximum": 0.1}, None),
    ("clipping.maximum", 0.05, None),
    ("optimizer", {"type": "adam", "learning_rate": 0.02}, None),
    ("optimizer", {"type": "nadam", "learning_rate": 0.02}, None),
    ("weight_decay", 0.1, None),
    ("weight_decay", 0.0, None),
    ("beta1", 0.7, None),
    ("momentum", 0.5, None),
    ("network.layers[0].units", 4, None),
    ("network.layers[0].activation", "silu", None),
    ("layer0.activation", "relu", None),
    ("schedule", {"type": "cosine", "T_max": 5, "per": "step"}, None),
    ("schedule", "constant", None),
    ("loss", "huber", None),
    ("seed", 11, None),
    ("shuffle", False, None),
    ("layer0.W", float("nan"), (0, 0)),
    ("nothing", 1, None),
]

MOVES = st.one_of(
    st.just(("next",)),
    st.just(("back",)),
    st.tuples(st.just("seek"), st.integers(0, 11), st.integers(0, 12)),
    st.tuples(st.just("run"), st.integers(0, 4)),
    st.tuples(st.just("edit"), st.integers(0, len(EDITS) - 1)),
    st.just(("check",)),
)


class Walker:
    """Walks as it is told and remembers what it saw; whatever it meets again must be as it was."""

    def __init__(self, document: Document) -> None:
        self.timeline = start(document)
        self.seen: dict[Cursor, dict[str, bytes]] = {}
        self.look()

    def look(self) -> None:
        """Compare what stands here with what stood here before."""
        now = bits(self.timeline)
        before = self.seen.setdefault(self.timeline.cursor, now)
        changed = [name for name in now.keys() | before.keys() if now.get(name) != before.get(name)]
        assert changed == [], f"{changed} at {self.timeline.cursor}"

    def move(self, how: str, *numbers: int) -> None:
        match how:
            case "next":
                self.timeline.next()
            case "back":
                self.timeline.back()
            case "seek":
                self.timeline.seek(numbers[0], min(numbers[1], 8))
            case "run":
                self.timeline.run(numbers[0])
            case "check":
                self.timeline.gradient_check()
                self.timeline.what_if()
                self.timeline.preview(0.5)
            case "edit":
                self.edit(*EDITS[numbers[0]])
        self.look()

    def edit(self, path: str, value: Any, index: tuple[int, ...] | None) -> None:
        before, log = self.timeline.cursor, self.timeline.edits
        history = self.timeline.history("loss")
        try:
            result = self.timeline.edit(path, value, index)
        except EditError:
            assert self.timeline.cursor == before
            assert self.timeline.edits == log
            return
        made = self.timeline.edits[-1]
        assert result.cursor == self.timeline.cursor <= before
        np.testing.assert_array_equal(self.timeline.history("loss"), history[: made.step])
        self.seen = {at: what for at, what in self.seen.items() if (at.step, at.event) < made.place_in_time}


@examples(120)
@given(kind=st.sampled_from(sorted(EVERY_KIND)), moves=st.lists(MOVES, max_size=25))
def test_any_walk_finds_every_number_again_and_equals_a_straight_replay(
    kind: str, moves: list[tuple[Any, ...]]
) -> None:
    walker = Walker(EVERY_KIND[kind])
    for move in moves:
        walker.move(*move)

    timeline = walker.timeline
    replayed = Timeline.from_json(json.loads(json.dumps(timeline.to_json())))

    assert replayed.cursor == timeline.cursor
    assert bits(replayed) == bits(timeline)
    for name in ("loss", "learning_rate", "penalty"):
        step = timeline.cursor.step
        np.testing.assert_array_equal(replayed.history(name)[:step], timeline.history(name)[:step])
    for one in (replayed, timeline):
        one.run(3)
    assert bits(replayed) == bits(timeline)


def test_runs_of_random_networks_are_alike_whenever_they_are_made(rng: np.random.Generator) -> None:
    document = random_document(rng, "tanh", "mean_squared_error")

    first, second = start(document), start(document)
    first.run(10)
    second.run(10)

    assert bits(first) == bits(second)
    assert place_of(first, "batch") == 0
