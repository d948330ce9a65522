from __future__ import annotations

import csv
import io
import json

import numpy as np

from app.encode import encode
from app.exports.numbers import COLUMNS, count_numbers, numbers_csv, step_numbers

from .moments import at, regression, xor


def test_the_numbers_begin_with_what_the_step_begins_with() -> None:
    numbers = step_numbers(at(xor(), step=2))

    assert numbers["cursor"] == {"step": 2, "event": 0}
    assert [event["kind"] for event in numbers["events"]] == ["beginning"]
    assert numbers["events"][0]["values"]["learning_rate"] == 1.0
    assert numbers["events"][0]["values"]["layer0.W"].shape == (2, 2)


def test_the_numbers_hold_every_event_that_has_run() -> None:
    timeline = at(regression(), step=1, event=4)

    numbers = step_numbers(timeline)

    assert [event["event"] for event in numbers["events"]] == [None, 0, 1, 2, 3]
    np.testing.assert_array_equal(numbers["events"][2]["values"]["layer0.z"], timeline.read("layer0.z"))
    assert numbers["numbers"] == count_numbers(numbers["events"])


def test_telling_the_numbers_does_not_move_the_run() -> None:
    timeline = at(regression(), step=1, event=4)

    step_numbers(timeline)

    assert (timeline.cursor.step, timeline.cursor.event) == (1, 4)


def test_the_table_has_one_row_for_each_number_and_gives_every_bit_back() -> None:
    timeline = at(regression(), step=1, event=6)
    numbers = step_numbers(timeline)

    rows = list(csv.DictReader(io.StringIO(numbers_csv(numbers))))

    assert tuple(rows[0]) == COLUMNS
    assert len(rows) == numbers["numbers"]
    z = {(row["index0"], row["index1"]): float(row["value"]) for row in rows if row["name"] == "layer0.z"}
    for (row, column), value in np.ndenumerate(timeline.read("layer0.z")):
        assert z[str(row), str(column)] == value


def test_what_is_not_finite_is_spelled_out() -> None:
    document = xor(loss="mean_squared_error", optimizer={"type": "sgd", "learning_rate": 1.0})
    document["data"] = {"inputs": [[1e200, 1e200]], "targets": [[0.0]]}
    document["network"] = {"layers": [{"units": 1, "W": [[1e200, 1e200]], "b": [0.0]}]}
    numbers = step_numbers(at(document, event=3))

    rows = list(csv.DictReader(io.StringIO(numbers_csv(numbers))))

    assert [row["value"] for row in rows if row["name"] == "layer0.z"] == ["Infinity"]
    assert json.loads(encode(numbers))["events"][2]["values"]["layer0.z"] == [["Infinity"]]
