"""Online learning: a row that is fed is a step of its own, and then one of the data."""

import json
from typing import Any

import numpy as np
import pytest

from engine import Cursor, Timeline
from tests.engine.networks import Document, dense, rows, run_until, sgd, snapshot, start, xor


def fed(input: list[float], target: object) -> Document:
    """What is fed."""
    return {"input": input, "target": target}


def batches(timeline: Timeline, count: int) -> list[list[int]]:
    """The rows of the next steps."""
    found: list[list[int]] = []
    for _ in range(count):
        found.append(run_until(timeline, "batch").values["batch"].tolist())
        timeline.run_to_end_of_step()
        timeline.next()
    return found


@pytest.mark.parametrize("batch_size", [None, 1, 3])
def test_the_step_is_made_of_the_row_that_was_fed_and_of_nothing_else(batch_size: int | None) -> None:
    timeline = start(
        {
            "data": rows([[1.0], [2.0], [3.0], [4.0]], [[1.0], [2.0], [3.0], [4.0]]),
            "network": {"layers": [dense(1, W=[[0.5]], b=[0.0])]},
            "loss": "half_squared_error",
            "optimizer": sgd(0.1),
            "batch_size": batch_size,
        }
    )

    result = timeline.edit("data.points.feed", fed([10.0], 4.0))
    timeline.run_to_end_of_step()

    # z = 0.5 · 10 = 5, δ = 5 − 4 = 1: the gradient is 1 · 10, averaged over one row; the weight goes to 0.5 − 0.1 · 10.
    assert result.restructured
    np.testing.assert_array_equal(timeline.values["x"], [[10.0]])
    np.testing.assert_array_equal(timeline.values["layer0.grad_W"], [[10.0]])
    np.testing.assert_array_equal(timeline.values["layer0.next_W"], [[-0.5]])
    assert timeline.values["loss"] == 0.5
    assert timeline.batch_rows().tolist() == [4]


def test_after_it_the_usual_batches_go_over_all_rows_and_the_new_one_among_them() -> None:
    timeline = start(xor(batch_size=2))
    timeline.run(3)

    timeline.edit("data.points.feed", fed([0.5, 0.5], 1))
    found = batches(timeline, 7)

    assert found[0] == [4]
    assert [len(batch) for batch in found[1:]] == [2, 2, 1, 2, 2, 1]
    assert sorted(found[1] + found[2] + found[3]) == [0, 1, 2, 3, 4]
    assert sorted(found[4] + found[5] + found[6]) == [0, 1, 2, 3, 4]


def test_with_all_rows_as_the_batch_the_next_step_has_them_all() -> None:
    timeline = start(xor())
    timeline.run(3)

    timeline.edit("data.points.feed", fed([0.5, 0.5], 1))

    assert batches(timeline, 3) == [[4], [0, 1, 2, 3, 4], [0, 1, 2, 3, 4]]


@pytest.mark.parametrize(("steps", "epoch"), [(0, 0), (3, 2), (4, 2)])
def test_the_row_that_is_fed_is_an_extra_step_before_the_epoch_that_begins_with_it(steps: int, epoch: int) -> None:
    timeline = start(xor(batch_size=2))
    timeline.run(steps)

    timeline.edit("data.points.feed", fed([0.5, 0.5], 1))
    epochs = [timeline.epoch]
    for _ in range(7):
        timeline.run(1)
        epochs.append(timeline.epoch)

    assert epochs == [epoch] * 4 + [epoch + 1] * 3 + [epoch + 2]


def test_rows_fed_one_after_another_are_one_step_each() -> None:
    timeline = start(xor(batch_size=2))
    losses = []

    for place in range(4):
        timeline.edit("data.points.feed", fed([0.1 * place, 0.5], place % 2))
        timeline.run_to_end_of_step()
        losses.append(timeline.values["loss"].item())
        assert timeline.batch_rows().tolist() == [4 + place]
        timeline.next()

    assert timeline.cursor == Cursor(4, 0)
    assert timeline.epoch == 0
    np.testing.assert_array_equal(timeline.history("loss"), losses)
    assert len(timeline.experiment.dataset.inputs) == 8


def test_of_two_rows_fed_at_one_step_the_last_is_its_batch() -> None:
    timeline = start(xor())

    timeline.edit("data.points.feed", fed([0.1, 0.1], 0))
    timeline.edit("data.points.feed", fed([0.2, 0.2], 1))

    assert len(timeline.experiment.dataset.inputs) == 6
    assert batches(timeline, 2) == [[5], [0, 1, 2, 3, 4, 5]]


def test_the_epoch_is_counted_once_however_often_the_data_change_at_a_step() -> None:
    timeline = start(xor(batch_size=2))
    timeline.run(3)

    timeline.edit("data.points.feed", fed([0.1, 0.1], 0))
    timeline.edit("data.points.feed", fed([0.2, 0.2], 1))
    timeline.edit("data.points.add", fed([0.3, 0.3], 1))

    assert timeline.epoch == 2
    assert [len(batch) for batch in batches(timeline, 5)] == [1, 2, 2, 2, 1]


def test_other_data_of_as_many_rows_begin_their_epoch_where_the_row_had_been_fed() -> None:
    timeline = start(xor(batch_size=2, loss="binary_cross_entropy"))
    timeline.run(3)
    timeline.edit("data.points.feed", fed([0.5, 0.5], 1))

    timeline.edit("data", {"name": "circles", "samples": 5})

    found = batches(timeline, 3)
    assert sorted(row for batch in found for row in batch) == [0, 1, 2, 3, 4]
    assert timeline.epoch == 3


@pytest.mark.parametrize(
    ("path", "value", "index", "expected"),
    [
        ("learning_rate", 0.1, None, [4]),
        ("optimizer", {"type": "adam"}, None, [4]),
        ("layer0.W", 0.5, (0, 0), [4]),
        ("data.inputs", 0.5, (0, 0), [4]),
        ("data.points.move", [0.7, 0.7], (4,), [4]),
        ("data.points.add", {"input": [0.7, 0.7], "target": 0}, None, [4]),
        ("data.points.remove", None, (1,), [3]),
        ("batch_size", 2, None, [4]),
        ("data.points.remove", None, (4,), [0, 1, 2, 3]),
        ("data", {"name": "circles", "samples": 5}, None, [0, 1, 2, 3, 4]),
    ],
)
def test_what_else_is_changed_at_that_step_leaves_the_row_its_batch_as_long_as_it_is_there(
    path: str, value: object, index: Any, expected: list[int]
) -> None:
    timeline = start(xor(loss="binary_cross_entropy"))
    timeline.run(2)
    timeline.edit("data.points.feed", fed([0.5, 0.5], 1))

    timeline.edit(path, value, index)

    again = Timeline.from_json(json.loads(json.dumps(timeline.to_json())))
    for one in (timeline, again):
        found = batches(one, 2)
        assert found[0] == expected
        count = len(one.experiment.dataset.inputs)
        assert len(found[1]) == (2 if path == "batch_size" else count)
    assert snapshot(again) == snapshot(timeline)


@pytest.mark.parametrize("batch_size", [None, 1, 2])
@pytest.mark.parametrize("optimizer", ["momentum", "adam", "nadam"])
def test_going_back_and_forth_across_it_gives_the_same_bits(batch_size: int | None, optimizer: str) -> None:
    document = xor(
        batch_size=batch_size,
        optimizer={"type": optimizer, "learning_rate": 0.1},
        data={"name": "circles", "samples": 10, "validation": 0.3},
        schedule={"type": "exponential", "gamma": 0.9, "per": "epoch"},
    )
    timeline = start(document)
    timeline.run(5)
    timeline.edit("data.points.feed", fed([0.5, 0.5], 1))
    timeline.run(140)
    timeline.edit("data.points.feed", fed([-0.5, 0.5], 0))
    timeline.run(9)
    there, history = snapshot(timeline), timeline.history("loss")

    for step, event in ((145, 2), (144, 1), (146, 0), (5, 3), (4, 0), (6, 0), (0, 0)):
        timeline.seek(step, event)
        timeline.seek(154)
        assert snapshot(timeline) == there
    again = Timeline.from_json(json.loads(json.dumps(timeline.to_json())))
    assert snapshot(again) == there
    stepped = Timeline.from_json({**timeline.to_json(), "cursor": {"step": 0, "event": 0}})
    while stepped.cursor != timeline.cursor:
        stepped.next()
    assert snapshot(stepped) == there
    np.testing.assert_array_equal(stepped.history("loss"), history)
    assert stepped.validations() == again.validations()


def test_every_event_of_the_step_can_be_walked_back_to() -> None:
    timeline = start(xor(batch_size=2))
    timeline.run(2)
    timeline.edit("data.points.feed", fed([0.5, 0.5], 1))
    timeline.run(1)

    places = [timeline.cursor]
    while timeline.cursor > Cursor(1, 0):
        places.append(timeline.back())

    assert Cursor(2, 0) in places
    timeline.seek(2, 1)
    assert timeline.values["batch"].tolist() == [4]


def test_the_network_is_not_validated_before_a_row_that_is_fed_but_before_the_epoch_after_it() -> None:
    data = {"inputs": [[0, 0], [1, 1]], "targets": [0, 1], "validation_inputs": [[1, 0]], "validation_targets": [1]}
    timeline = start(xor(data={**data, "task": "binary"}))
    timeline.run(3)

    timeline.edit("data.points.feed", fed([0.5, 0.5], 1))
    timeline.run(3)

    assert [step for step, _ in timeline.validations()] == [0, 1, 2, 4, 5]


def test_a_gradient_of_the_row_agrees_with_central_differences() -> None:
    timeline = start(xor())
    timeline.edit("data.points.feed", fed([0.5, 0.5], 1))

    assert timeline.gradient_check().passed
