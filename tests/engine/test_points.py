"""Points put in, moved, taken out and given another target while a run goes on."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import Cursor, EditError, Experiment, Timeline, run
from engine.datasets import Dataset
from engine.datasets.generators import GENERATORS
from engine.datasets.reading import read_dataset
from engine.datasets.written import written
from engine.errors import Problem
from engine.program import Program
from engine.reader import Reader
from tests.engine.networks import Document, dense, examples, rows, run_until, snapshot, start, step_through, xor

ARRAYS = (
    "inputs",
    "targets",
    "validation_inputs",
    "validation_targets",
    "raw_inputs",
    "raw_validation_inputs",
    "input_offset",
    "input_scale",
)
WORDS = ("task", "input_names", "target_names", "class_names", "source", "raw_names", "features")


def circles(**more: object) -> Document:
    """Circles with derived, standardized inputs and validation rows, under a small network with a memory."""
    return {
        "seed": 3,
        "data": {
            "name": "circles",
            "samples": 20,
            "validation": 0.25,
            "standardize": True,
            "features": ["x", "y", "x^2"],
        },
        "network": {"layers": [dense(3, "tanh"), dense(1, "sigmoid")]},
        "loss": "binary_cross_entropy",
        "optimizer": {"type": "adam", "learning_rate": 0.05},
        **more,
    }


def same(one: Dataset, other: Dataset) -> None:
    """Two datasets agree in every bit and every word."""
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)
    assert [getattr(one, name) for name in WORDS] == [getattr(other, name) for name in WORDS]


def read_again(data: object, seed: int = 0) -> Dataset:
    problems: list[Problem] = []
    dataset = read_dataset(Reader(json.loads(json.dumps(data)), "data", problems), seed)
    assert problems == []
    assert dataset is not None
    return dataset


def refused(timeline: Timeline, path: str, value: object, index: Any = None) -> list[str]:
    """The paths of the problems of an edit that is refused and leaves everything as it was."""
    before, document = snapshot(timeline), timeline.to_json()
    with pytest.raises(EditError) as caught:
        timeline.edit(path, value, index)
    assert snapshot(timeline) == before
    assert timeline.to_json() == document
    assert all(problem.value and problem.allowed for problem in caught.value.problems)
    return [problem.path for problem in caught.value.problems]


# Written out


@pytest.mark.parametrize("name", GENERATORS)
@pytest.mark.parametrize("validation", [0.0, 0.3])
def test_a_dataset_that_is_written_out_is_read_as_the_same(name: str, validation: float) -> None:
    more: Document = {}
    if len(GENERATORS[name].input_names) == 2:
        more["features"] = ["sin x", "xy", "y"]
    if GENERATORS[name].task == "binary":
        more["targets_as"] = "signed"
    dataset = read_again({"name": name, "validation": validation, "standardize": True, **more}, seed=4)

    same(read_again(written(dataset)), dataset)


@pytest.mark.parametrize(
    ("standardize", "path"),
    [
        ({"offset": [1.0], "scale": [1.0, 2.0]}, "data.standardize.offset"),
        ({"offset": [1.0, 0.0], "scale": [1.0]}, "data.standardize.scale"),
        ({"offset": [1.0, 0.0], "scale": [1.0, 0.0]}, "data.standardize.scale"),
        ({"offset": [1.0, 0.0]}, "data.standardize.scale"),
        ({"offset": "none", "scale": [1.0, 1.0]}, "data.standardize.offset"),
        ({"offset": [1.0, 0.0], "scale": [1.0, 1.0], "mean": 1}, "data.standardize.mean"),
        (1, "data.standardize"),
    ],
)
def test_constants_of_a_standardization_that_do_not_fit_are_named(standardize: object, path: str) -> None:
    problems: list[Problem] = []
    data = {"inputs": [[1, 2], [3, 4]], "targets": [1, 2], "standardize": standardize}

    assert read_dataset(Reader(data, "data", problems), 0) is None

    assert [problem.path for problem in problems] == [path]


# What an edit does


def test_a_point_is_added_after_the_training_rows_and_all_else_stays() -> None:
    timeline = start(circles())
    timeline.run(5)
    before, weights = timeline.experiment.dataset, timeline.parameters()
    memory = timeline.values["layer0.m_W"]

    result = timeline.edit("data.points.add", {"input": [0.5, -0.25], "target": 1})

    after = timeline.experiment.dataset
    np.testing.assert_array_equal(after.raw_inputs, [*before.raw_inputs, [0.5, -0.25]])
    np.testing.assert_array_equal(after.inputs[:-1], before.inputs)
    np.testing.assert_array_equal(
        after.inputs[-1], (np.array([0.5, -0.25, 0.25]) - before.input_offset) / before.input_scale
    )
    np.testing.assert_array_equal(after.targets, [*before.targets, [1.0]])
    np.testing.assert_array_equal(after.validation_inputs, before.validation_inputs)
    assert [getattr(after, name) for name in WORDS] == [getattr(before, name) for name in WORDS]
    assert result.restructured
    assert timeline.cursor == Cursor(5, 0)
    for name, kept in weights.items():
        np.testing.assert_array_equal(timeline.parameters()[name], kept)
    np.testing.assert_array_equal(timeline.values["layer0.m_W"], memory)
    assert memory.any()


def test_a_point_can_be_added_to_the_validation_rows_even_to_the_first_of_them() -> None:
    timeline = start(xor())

    timeline.edit("data.points.add", {"input": [0.5, 0.5], "target": 1, "validation": True})

    data = timeline.experiment.dataset
    np.testing.assert_array_equal(data.validation_inputs, [[0.5, 0.5]])
    np.testing.assert_array_equal(data.validation_targets, [[1.0]])
    assert len(data.inputs) == 4
    assert step_through(timeline)[0].kind == "validation"


def test_a_point_that_moves_shifts_no_other() -> None:
    timeline = start(circles())
    before = timeline.experiment.dataset

    timeline.edit("data.points.move", [10.0, 20.0], (3,))

    after = timeline.experiment.dataset
    others = np.arange(len(before.inputs)) != 3
    np.testing.assert_array_equal(after.inputs[others], before.inputs[others])
    np.testing.assert_array_equal(after.raw_inputs[3], [10.0, 20.0])
    np.testing.assert_array_equal(after.inputs[3], before.from_raw(np.array([[10.0, 20.0]]))[0])
    np.testing.assert_array_equal(after.targets, before.targets)


def test_rows_are_counted_through_from_training_to_validation() -> None:
    timeline = start(circles())
    before = timeline.experiment.dataset
    training = len(before.inputs)

    timeline.edit("data.points.move", [0.1, 0.2], (training + 1,))
    timeline.edit("data.points.target", 1 - before.validation_targets[0, 0], (training,))
    timeline.edit("data.points.remove", None, (training + 2,))

    after = timeline.experiment.dataset
    np.testing.assert_array_equal(after.inputs, before.inputs)
    np.testing.assert_array_equal(after.raw_validation_inputs[1], [0.1, 0.2])
    np.testing.assert_array_equal(after.validation_targets[0], 1 - before.validation_targets[0])
    assert len(after.validation_inputs) == len(before.validation_inputs) - 1


def test_a_point_that_is_removed_is_gone() -> None:
    timeline = start(circles())
    before = timeline.experiment.dataset

    timeline.edit("data.points.remove", None, (2,))

    after = timeline.experiment.dataset
    np.testing.assert_array_equal(after.inputs, np.delete(before.inputs, 2, axis=0))
    np.testing.assert_array_equal(after.targets, np.delete(before.targets, 2, axis=0))


@pytest.mark.parametrize(
    ("targets", "loss", "units", "activation", "target", "expected"),
    [
        ([0, 1, 1, 0], "binary_cross_entropy", 1, "sigmoid", 0, [0.0]),
        ([0, 1, 1, 0], "binary_cross_entropy", 1, "sigmoid", [1], [1.0]),
        ([-1, 1, 1, -1], "hinge", 1, "identity", -1, [-1.0]),
        ([-1, 1, 1, -1], "hinge", 1, "identity", 0, [-1.0]),
        ([1, 1, 1, 1], "hinge", 1, "identity", -1, [-1.0]),
        ([0, 1, 2, 0], "categorical_cross_entropy", 3, "softmax", 2, [0.0, 0.0, 1.0]),
        ([0, 1, 2, 0], "categorical_cross_entropy", 3, "softmax", [0.5, 0.25, 0.25], [0.5, 0.25, 0.25]),
        ([0.5, 1.5, 2.5, 3], "mean_squared_error", 1, "identity", -7.5, [-7.5]),
        ([[1, 2], [3, 4], [5, 6], [7, 8]], "mean_squared_error", 2, "identity", [9, 10], [9.0, 10.0]),
    ],
)
def test_a_target_is_taken_as_typed_rows_have_it(
    targets: object, loss: str, units: int, activation: str, target: object, expected: list[float]
) -> None:
    data = rows([[0, 0], [0, 1], [1, 0], [1, 1]], targets)
    if targets == [1, 1, 1, 1]:
        data["task"] = "binary"
    timeline = start(xor(data=data, loss=loss, network={"layers": [dense(units, activation)]}))

    timeline.edit("data.points.add", {"input": [2, 2], "target": target})

    experiment = timeline.experiment
    np.testing.assert_array_equal(experiment.dataset.targets[-1], expected)
    same(Experiment.from_json(experiment.to_json()).dataset, experiment.dataset)


def test_two_classes_stay_minus_1_and_1_when_the_last_row_of_one_of_them_is_gone() -> None:
    data = rows([[0], [1]], [-1, 1])
    timeline = start({"data": data, "network": {"layers": [dense(1)]}, "loss": "hinge"})

    timeline.edit("data.points.remove", None, (0,))
    same(Experiment.from_json(timeline.experiment.to_json()).dataset, timeline.experiment.dataset)
    timeline.edit("data.points.add", {"input": [0], "target": 0})

    np.testing.assert_array_equal(timeline.experiment.dataset.targets, [[1.0], [-1.0]])
    same(Experiment.from_json(timeline.experiment.to_json()).dataset, timeline.experiment.dataset)


def test_two_classes_that_the_document_calls_signed_stay_so_without_a_row_that_shows_it() -> None:
    data = rows([[0], [1]], [1, 1], task="binary", targets_as="signed")
    timeline = start({"data": data, "network": {"layers": [dense(1)]}, "loss": "hinge"})

    timeline.edit("data.points.move", [2], (0,))
    timeline.edit("data.points.target", 0, (0,))

    np.testing.assert_array_equal(timeline.experiment.dataset.targets, [[-1.0], [1.0]])


def test_the_document_is_read_as_the_same_rows_after_every_kind_of_edit() -> None:
    timeline = start(circles())
    edits: list[tuple[str, Any, Any]] = [
        ("data.points.add", {"input": [0.1, 0.2], "target": 1}, None),
        ("data.points.add", {"input": [0.3, 0.4], "target": 0, "validation": True}, None),
        ("data.points.move", [0.5, 0.6], (0,)),
        ("data.points.target", 1, (1,)),
        ("data.points.feed", {"input": [0.7, 0.8], "target": 1}, None),
        ("data.points.remove", None, (4,)),
    ]

    for path, value, index in edits:
        timeline.edit(path, value, index)

        same(Experiment.from_json(timeline.experiment.to_json()).dataset, timeline.experiment.dataset)


def test_what_is_known_of_real_data_is_still_known_of_them() -> None:
    timeline = start(
        {
            "data": {"name": "iris"},
            "network": {"layers": [dense(3, "softmax")]},
            "loss": "categorical_cross_entropy",
        }
    )
    before = timeline.experiment.dataset

    timeline.edit("data.points.move", [5.0, 3.0, 1.0, 0.5], (0,))

    after = timeline.experiment.dataset
    assert before.source
    assert [getattr(after, name) for name in WORDS] == [getattr(before, name) for name in WORDS]


# Batches


def test_a_batch_of_all_rows_grows_and_shrinks_with_the_data() -> None:
    timeline = start(xor())

    timeline.edit("data.points.add", {"input": [0.5, 0.5], "target": 1})
    grown = run_until(timeline, "batch").values["x"]
    timeline.edit("data.points.remove", None, (0,))
    timeline.edit("data.points.remove", None, (0,))

    assert len(grown) == 5
    assert len(run_until(timeline, "batch").values["x"]) == 3


def test_small_batches_keep_their_size_and_begin_a_new_epoch() -> None:
    timeline = start(xor(batch_size=2))
    timeline.run(3)

    timeline.edit("data.points.add", {"input": [0.5, 0.5], "target": 1})

    assert timeline.epoch == 2
    batches = [run_until(timeline, "batch").values["batch"].tolist() for _ in range(3)]
    assert [len(batch) for batch in batches] == [2, 2, 1]
    assert sorted(row for batch in batches for row in batch) == [0, 1, 2, 3, 4]


def test_a_number_of_rows_that_was_cut_to_the_data_is_there_again_when_the_data_grow() -> None:
    timeline = start(xor(batch_size=4))

    timeline.edit("data.points.remove", None, (0,))
    smaller = timeline.experiment.batch_size
    for _ in range(3):
        timeline.edit("data.points.add", {"input": [0.5, 0.5], "target": 1})

    assert smaller == 3
    assert timeline.experiment.batch_size == 4


def test_an_edit_in_the_middle_of_a_step_begins_the_step_anew() -> None:
    timeline = start(xor())
    timeline.run(2)
    timeline.edit("learning_rate", 0.1)
    run_until(timeline, "weight_gradient")

    result = timeline.edit("data.points.move", [0.5, 0.5], (0,))

    assert result.moved
    assert timeline.cursor == Cursor(2, 0)
    assert timeline.learning_rate == 0.1
    np.testing.assert_array_equal(run_until(timeline, "batch").values["x"][0], [0.5, 0.5])


# The log


def test_a_point_that_is_dragged_at_one_moment_is_one_entry_of_the_log() -> None:
    dragged, moved = start(circles()), start(circles())
    for timeline in (dragged, moved):
        timeline.run(3)

    for place in range(30):
        dragged.edit("data.points.move", [0.1 * place, 0.5], (2,))
        dragged.next()
    moved.edit("data.points.move", [0.1 * 29, 0.5], (2,))
    moved.next()

    assert len(dragged.edits) == 1
    assert dragged.edits == moved.edits
    assert snapshot(dragged) == snapshot(moved)


def test_points_that_take_turns_are_entries_of_their_own() -> None:
    timeline = start(xor())

    timeline.edit("data.points.move", [0.1, 0.1], (0,))
    timeline.edit("data.points.move", [0.2, 0.2], (1,))
    timeline.edit("data.points.move", [0.3, 0.3], (0,))
    timeline.edit("data.points.target", 1, (0,))
    timeline.edit("data.points.target", 0, (0,))

    assert [(edit.path[12:], edit.index) for edit in timeline.edits] == [
        ("move", (0,)),
        ("move", (1,)),
        ("move", (0,)),
        ("target", (0,)),
    ]


def test_a_drag_while_training_does_not_go_through_the_run_again_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    timeline = start(circles())
    timeline.run(100)
    compiled = []

    def counted(*arguments: Any) -> Program:
        compiled.append(arguments)
        return Program(*arguments)

    monkeypatch.setattr(run, "Program", counted)
    for place in range(20):
        timeline.run(1)
        timeline.edit("data.points.move", [0.01 * place, 0.5], (2,))

    assert len(compiled) == 20


# Going back


def test_going_back_over_a_point_takes_it_out_and_going_forward_puts_it_in_again() -> None:
    timeline = start(circles(batch_size=4))
    timeline.run(7)
    untouched = snapshot(timeline)
    timeline.edit("data.points.add", {"input": [0.5, 0.5], "target": 1})
    timeline.run(5)
    later = snapshot(timeline)

    timeline.seek(step=6)
    timeline.run(1)
    added = timeline.experiment.dataset.inputs.shape[0]
    timeline.seek(step=6)
    before = timeline.experiment.dataset.inputs.shape[0]
    timeline.seek(step=12)

    assert (before, added) == (15, 16)
    assert snapshot(timeline) == later
    document = timeline.to_json()
    document["edits"].pop()
    assert snapshot(Timeline.from_json({**document, "cursor": {"step": 7, "event": 0}})) == untouched


POINT = st.lists(st.floats(-3.0, 3.0), min_size=2, max_size=2)
ACTIONS = st.one_of(
    st.tuples(st.just("data.points.add"), POINT, st.integers(0, 1), st.booleans()),
    st.tuples(st.just("data.points.feed"), POINT, st.integers(0, 1)),
    st.tuples(st.just("data.points.move"), POINT, st.integers(0, 30)),
    st.tuples(st.just("data.points.target"), st.integers(0, 1), st.integers(0, 30)),
    st.tuples(st.just("data.points.remove"), st.integers(0, 30)),
    st.tuples(st.just("learning_rate"), st.floats(0.01, 0.5)),
    st.tuples(st.just("run"), st.integers(1, 9)),
    st.tuples(st.just("next"), st.integers(1, 9)),
    st.tuples(st.just("back"), st.integers(1, 9)),
)


def act(timeline: Timeline, action: tuple[Any, ...]) -> None:
    """Do one thing to a run; rows that are not there are counted around."""
    what, *given = action
    data = timeline.experiment.dataset
    count = len(data.inputs) + len(data.validation_inputs)
    try:
        match what:
            case "run":
                timeline.run(given[0])
            case "next":
                for _ in range(given[0]):
                    timeline.next()
            case "back":
                timeline.seek(max(timeline.cursor.step - given[0], 0))
            case "learning_rate":
                timeline.edit(what, given[0])
            case "data.points.add":
                timeline.edit(what, {"input": given[0], "target": given[1], "validation": given[2]})
            case "data.points.feed":
                timeline.edit(what, {"input": given[0], "target": given[1]})
            case "data.points.remove":
                timeline.edit(what, None, (given[0] % count,))
            case _:
                timeline.edit(what, given[0], (given[1] % count,))
    except EditError as error:
        assert what == "data.points.remove"
        assert "last one" in str(error)


@examples(40)
@given(
    actions=st.lists(ACTIONS, min_size=1, max_size=12),
    batch_size=st.sampled_from([None, 1, 3]),
    optimizer=st.sampled_from(["sgd", "momentum", "nadam"]),
    validation=st.booleans(),
)
def test_whatever_is_done_to_the_points_time_runs_both_ways(
    actions: list[tuple[Any, ...]], batch_size: int | None, optimizer: str, validation: bool
) -> None:
    document = circles(batch_size=batch_size, optimizer={"type": optimizer, "learning_rate": 0.05})
    document["data"] = {**document["data"], "samples": 8, "validation": 0.25 if validation else 0.0}
    timeline = start(document)
    for action in actions:
        act(timeline, action)
    timeline.run(3)
    here, there = timeline.cursor, snapshot(timeline)
    history, epoch = timeline.history("loss"), timeline.epoch
    document = timeline.to_json()
    dataset = timeline.experiment.dataset

    for edit in reversed(timeline.edits):
        timeline.seek(edit.step)
        if edit.step > 0:
            timeline.seek(edit.step - 1, 1)
    timeline.seek(here.step, here.event)

    assert snapshot(timeline) == there
    assert timeline.epoch == epoch
    assert timeline.to_json() == document
    same(timeline.experiment.dataset, dataset)
    again = Timeline.from_json(json.loads(json.dumps(document)))
    assert snapshot(again) == there
    assert again.to_json() == document
    np.testing.assert_array_equal(again.history("loss"), history)
    same(Experiment.from_json(timeline.experiment.to_json()).dataset, dataset)
    stepped = Timeline.from_json({**document, "cursor": {"step": 0, "event": 0}})
    while stepped.cursor != here:
        assert stepped.next() is not None
    assert snapshot(stepped) == there


# What is refused


@pytest.mark.parametrize(
    ("path", "value", "index", "where"),
    [
        ("data.points.add", None, None, "data.points.add"),
        ("data.points.add", [1, 2], None, "data.points.add"),
        ("data.points.add", {"target": 1}, None, "data.points.add.input"),
        ("data.points.add", {"input": [1, 2]}, None, "data.points.add.target"),
        ("data.points.add", {"input": [1], "target": 1}, None, "data.points.add.input"),
        ("data.points.add", {"input": [1, 2, 3], "target": 1}, None, "data.points.add.input"),
        ("data.points.add", {"input": [1, "2"], "target": 1}, None, "data.points.add.input"),
        ("data.points.add", {"input": [1, float("nan")], "target": 1}, None, "data.points.add.input"),
        ("data.points.add", {"input": [1e200, 1], "target": 1}, None, "data.points.add.input"),
        ("data.points.add", {"input": {"x": 1}, "target": 1}, None, "data.points.add.input"),
        ("data.points.add", {"input": [1, 2], "target": 2}, None, "data.points.add.target"),
        ("data.points.add", {"input": [1, 2], "target": 0.5}, None, "data.points.add.target"),
        ("data.points.add", {"input": [1, 2], "target": True}, None, "data.points.add.target"),
        ("data.points.add", {"input": [1, 2], "target": [0, 1]}, None, "data.points.add.target"),
        ("data.points.add", {"input": [1, 2], "target": []}, None, "data.points.add.target"),
        ("data.points.add", {"input": [1, 2], "target": 1, "validation": 1}, None, "data.points.add.validation"),
        ("data.points.add", {"input": [1, 2], "target": 1, "colour": 1}, None, "data.points.add.colour"),
        ("data.points.add", {"input": [1, 2], "target": 1}, (0,), "data.points.add index"),
        ("data.points.feed", {"input": [1, 2], "target": 1, "validation": True}, None, "data.points.feed.validation"),
        ("data.points.move", [1, 2], None, "data.points.move index"),
        ("data.points.move", [1, 2], (20,), "data.points.move index"),
        ("data.points.move", [1, 2], (-1,), "data.points.move index"),
        ("data.points.move", [1, 2], (0, 0), "data.points.move index"),
        ("data.points.move", [1, 2], (True,), "data.points.move index"),
        ("data.points.move", [1, 2], (0.0,), "data.points.move index"),
        ("data.points.move", [1, 2], 3, "data.points.move index"),
        ("data.points.move", 1.0, (0,), "data.points.move"),
        ("data.points.target", None, (0,), "data.points.target"),
        ("data.points.target", "1", (0,), "data.points.target"),
        ("data.points.remove", 3, (0,), "data.points.remove"),
        ("data.points.remove", None, None, "data.points.remove index"),
        ("data.points.swap", 1, None, "data.points"),
    ],
)
def test_a_bad_edit_of_a_point_names_the_place_and_changes_nothing(
    path: str, value: object, index: Any, where: str
) -> None:
    timeline = start(circles())
    timeline.seek(step=2, event=5)

    assert where in refused(timeline, path, value, index)


def test_a_class_that_there_is_not_is_refused() -> None:
    timeline = start(
        {
            "data": rows([[0], [1], [2]], [0, 1, 2]),
            "network": {"layers": [dense(3, "softmax")]},
            "loss": "categorical_cross_entropy",
        }
    )

    for target in (3, -1, 0.5, [0.5, 0.6, 0.0], [1, 0]):
        assert refused(timeline, "data.points.target", target, (0,)) == ["data.points.target"]


def test_a_target_that_the_loss_does_not_take_is_refused() -> None:
    timeline = start(
        {
            "data": rows([[0], [1]], [0.25, 0.5]),
            "network": {"layers": [dense(1, "sigmoid")]},
            "loss": "binary_cross_entropy",
        }
    )

    assert refused(timeline, "data.points.target", 1.5, (0,)) == ["data.points.target"]


def test_the_last_row_to_train_on_stays() -> None:
    timeline = start(xor())
    for _ in range(3):
        timeline.edit("data.points.remove", None, (0,))

    assert refused(timeline, "data.points.remove", None, (0,)) == ["data.points.remove index"]


def test_the_last_row_that_early_stopping_validates_with_stays() -> None:
    timeline = start(circles(early_stopping={"patience": 3}))
    data = timeline.experiment.dataset
    for _ in range(len(data.validation_inputs) - 1):
        timeline.edit("data.points.remove", None, (len(data.inputs),))

    assert refused(timeline, "data.points.remove", None, (len(data.inputs),)) == ["data.points.remove index"]


def test_no_more_rows_are_added_than_can_be_read_again() -> None:
    timeline = start(
        {
            "data": {"name": "line", "samples": 10_000},
            "network": {"layers": [dense(1)]},
            "batch_size": 10,
            "loss": "mean_squared_error",
        }
    )

    assert refused(timeline, "data.points.add", {"input": [1], "target": 1}) == ["data.points.add"]
