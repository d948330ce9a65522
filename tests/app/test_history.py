from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from app.history import EditNotes, tell_history
from app.point_words import Rows
from app.thinning import Curve, thinned
from engine import PRESETS, Edit, Experiment, Timeline

EXPERIMENT: dict[str, Any] = {"optimizer": {"type": "sgd", "learning_rate": 0.1}, "batch_size": 4}


def words(*edits: Edit) -> list[str]:
    return [note["words"] for note in EditNotes(EXPERIMENT).of(edits)]


def test_a_short_record_is_told_whole() -> None:
    assert thinned([0, 5, 9], np.array([3.0, 2.0, 1.0])) == [(0, 3.0), (5, 2.0), (9, 1.0)]


@pytest.mark.parametrize("count", [601, 602, 1023, 1024, 1025, 1199, 1200, 1201, 100_000])
def test_a_long_record_is_thinned_to_what_a_chart_can_show(count: int, rng: np.random.Generator) -> None:
    losses = rng.random(count)
    losses[count // 3] = 7.0
    losses[count // 2] = -7.0

    points = thinned(range(count), losses)

    assert len(points) <= 600
    assert points[0] == (0, losses[0])
    assert points[-1] == (count - 1, losses[-1])
    assert (count // 3, 7.0) in points
    assert (count // 2, -7.0) in points
    assert [step for step, _ in points] == sorted({step for step, _ in points})
    assert all(losses[step] == loss for step, loss in points)


@pytest.mark.parametrize("stride", [1, 7, 300, 601, 5000])
def test_a_record_that_grows_is_thinned_as_if_it_had_been_there_at_once(stride: int, rng: np.random.Generator) -> None:
    losses = rng.random(20_000)
    losses[rng.integers(0, 20_000, 50)] = np.nan
    curve = Curve()

    for count in range(0, 20_001, stride):
        grown = curve.kept(losses[:count])

    np.testing.assert_array_equal(grown, Curve().kept(losses[:count]))


def test_numbers_that_are_not_finite_do_not_hide_the_others() -> None:
    losses = np.full(5000, np.nan)
    losses[1234] = 2.0
    losses[-1] = np.inf

    points = thinned(range(5000), losses)

    assert (1234, 2.0) in points
    assert points[-1] == (4999, np.inf)


def test_an_edit_says_from_what_to_what() -> None:
    first = Edit(3, 0, "learning_rate", 0.5)
    second = Edit(4, 2, "learning_rate", -0.25)

    assert words(first, second) == ["η 0.1 → 0.5", "η 0.5 → −0.25"]


def test_edits_that_were_dropped_are_forgotten() -> None:
    first, second, third = (Edit(step, 0, "learning_rate", 0.5 + step) for step in range(3))
    notes = EditNotes(EXPERIMENT)
    notes.of([first, second, third])

    told = notes.of([first, Edit(1, 0, "learning_rate", 9.0)])

    assert [note["words"] for note in told] == ["η 0.1 → 0.5", "η 0.5 → 9"]
    assert [note["words"] for note in notes.of([first])] == ["η 0.1 → 0.5"]
    assert notes.of([]) == []


def test_an_edit_of_a_weight_counts_from_one() -> None:
    assert words(Edit(0, 0, "layer0.W", 0.5, (1, 0))) == ["w 2,1 of layer 1 → 0.5"]


def test_an_edit_of_a_row_names_the_row() -> None:
    assert words(Edit(0, 0, "data.inputs", 2, (0, 1))) == ["input of row 1 → 2"]


def test_an_edit_of_something_larger_is_told_by_its_name() -> None:
    adam = Edit(1, 0, "optimizer", {"type": "adam", "learning_rate": 0.01})

    assert words(Edit(0, 0, "batch_size", 2), adam) == ["batch size 4 → 2", "optimizer sgd → adam"]


TWO_CLASSES = Rows(training=11, classes=("0", "1"), binary=True)


def words_about(rows: Rows, *edits: Edit) -> list[str]:
    return [note["words"] for note in EditNotes(EXPERIMENT, rows).of(edits)]


@pytest.mark.parametrize(
    ("path", "value", "index", "told"),
    [
        ("data.points.add", {"input": [0.5, 1.0], "target": 1}, None, "point added"),
        ("data.points.add", {"input": [0.5, 1.0], "target": 1, "validation": True}, None, "validation point added"),
        ("data.points.feed", {"input": [0.5, 1.0], "target": 1}, None, "row 12 fed"),
        ("data.points.move", [0.5, 1.0], (3,), "row 4 moved"),
        ("data.points.move", [0.5, 1.0], (11,), "validation row 1 moved"),
        ("data.points.remove", None, (3,), "row 4 removed"),
        ("data.points.target", 1, (3,), "row 4 is now class 1"),
        ("data.points.target", 0, (3,), "row 4 is now class 0"),
    ],
)
def test_a_change_of_a_point_is_told_in_plain_words(
    path: str, value: Any, index: tuple[int, ...] | None, told: str
) -> None:
    assert words_about(TWO_CLASSES, Edit(2, 0, path, value, index)) == [told]


@pytest.mark.parametrize(
    ("rows", "value", "told"),
    [
        (Rows(4, ("−1", "1"), binary=True), -1, "row 1 is now class −1"),
        (Rows(4, ("−1", "1"), binary=True), 0, "row 1 is now class −1"),
        (Rows(4, ("setosa", "virginica", "versicolor")), 2, "row 1 is now versicolor"),
        (Rows(4, ("setosa", "virginica", "versicolor")), [0.0, 1.0, 0.0], "row 1 is now virginica"),
        (Rows(4, ("setosa", "virginica", "versicolor")), [0.5, 0.5, 0.0], "row 1 is now another one"),
        (Rows(4), -0.25, "row 1 is now −0.25"),
    ],
)
def test_a_target_is_told_by_the_name_of_its_class(rows: Rows, value: Any, told: str) -> None:
    assert words_about(rows, Edit(2, 0, "data.points.target", value, (0,))) == [told]


def test_rows_are_counted_while_points_come_and_go() -> None:
    point = {"input": [0.0, 0.0], "target": 1}
    edits = [
        Edit(1, 0, "data.points.feed", point),
        Edit(2, 0, "data.points.remove", None, (0,)),
        Edit(3, 0, "data.points.add", point),
        Edit(4, 0, "data.points.feed", point),
    ]
    notes = EditNotes(EXPERIMENT, TWO_CLASSES)

    assert [note["words"] for note in notes.of(edits)] == ["row 12 fed", "row 1 removed", "point added", "row 13 fed"]
    # Whoever goes back and takes another way drops what came later, and the rows with it.
    again = Edit(1, 0, "data.points.feed", point)
    assert [note["words"] for note in notes.of([again])] == ["row 12 fed"]


def test_of_other_data_only_the_name_is_known() -> None:
    feed = Edit(2, 0, "data.points.feed", {"input": [0.0, 0.0], "target": 1})
    target = Edit(3, 0, "data.points.target", 1, (2,))

    told = words_about(TWO_CLASSES, Edit(1, 0, "data", {"name": "circles"}), feed, target)

    assert told == ["data → circles", "point fed", "row 3 is now 1"]


def test_the_words_agree_with_what_the_engine_does() -> None:
    timeline = Timeline(Experiment.from_json(PRESETS["xor"]["document"]))
    notes = EditNotes(timeline.first_experiment.document, Rows.of(timeline.experiment.dataset))
    timeline.run(3)
    timeline.edit("data.points.feed", {"input": [0.5, 0.5], "target": 1})
    timeline.run(1)
    timeline.edit("data.points.target", 0, (4,))

    told = [note["words"] for note in notes.of(timeline.edits)]

    assert told == ["row 5 fed", "row 5 is now false"]
    assert timeline.experiment.dataset.targets[4].tolist() == [0.0]


def test_a_history_counts_its_steps() -> None:
    notes = EditNotes(EXPERIMENT).of([Edit(1, 0, "learning_rate", 1)])

    history = tell_history(np.array([2.0, 1.0]), [(0, 3.0)], notes)

    assert history == {
        "steps": 2,
        "loss": [(0, 2.0), (1, 1.0)],
        "validation": [(0, 3.0)],
        "edits": [{"step": 1, "event": 0, "words": "η 0.1 → 1"}],
    }
