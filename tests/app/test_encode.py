from __future__ import annotations

import json

import numpy as np
import pytest

from app.encode import encode, name_numbers
from app.wire import FiniteDict, FiniteList


def test_every_digit_of_a_float64_survives() -> None:
    numbers = np.array([0.1 + 0.2, 1 / 3, 5e-324, 1.7976931348623157e308, -0.0])

    decoded = json.loads(encode({"values": numbers}))

    assert decoded["values"] == numbers.tolist()


def test_numbers_that_json_does_not_have_travel_by_name() -> None:
    message = {"loss": float("nan"), "values": {"z": np.array([[1.0, np.inf], [-np.inf, np.nan]])}, "layer": None}

    decoded = json.loads(encode(message))

    assert decoded == {
        "loss": "NaN",
        "values": {"z": [[1.0, "Infinity"], ["-Infinity", "NaN"]]},
        "layer": None,
    }


def test_numbers_deep_inside_lists_of_pairs_are_named_too() -> None:
    assert json.loads(encode({"loss": [(0, 1.5), (1, float("inf"))]})) == {"loss": [[0, 1.5], [1, "Infinity"]]}


def test_a_message_of_finite_numbers_is_not_copied() -> None:
    message = {"layer": None, "values": {"x": np.ones((2, 2))}, "pairs": [(1, 2.0)]}

    assert name_numbers(message) is message


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (np.array(2.5), 2.5),
        (np.array(np.nan), "NaN"),
        (np.arange(6.0).reshape(2, 3).T, [[0.0, 3.0], [1.0, 4.0], [2.0, 5.0]]),
        (np.array([1, 2]), [1, 2]),
        (np.float64(0.5), 0.5),
    ],
)
def test_arrays_of_any_layout_become_nested_lists(array: object, expected: object) -> None:
    assert json.loads(encode({"value": array})) == {"value": expected}


def test_what_is_no_json_value_is_a_mistake_and_not_a_text() -> None:
    with pytest.raises(TypeError):
        encode({"value": object()})


def test_what_is_known_to_be_finite_is_written_like_everything_else() -> None:
    message = {"edits": FiniteList([{"value": 0.5}]), "document": FiniteDict(seed=1), "preview": None}

    assert json.loads(encode(message)) == {"edits": [{"value": 0.5}], "document": {"seed": 1}, "preview": None}
    assert name_numbers(message) is message
