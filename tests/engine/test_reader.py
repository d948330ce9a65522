import math
from typing import Any

import numpy as np
import pytest

from engine.errors import ExperimentError, Problem
from engine.reader import SHOWN_LENGTH, Reader, plain, raise_problems, shown


def reading(value: object) -> tuple[Reader, list[Problem]]:
    problems: list[Problem] = []
    return Reader(value, "here", problems), problems


def told(problems: list[Problem]) -> list[str]:
    return [str(problem) for problem in problems]


def test_a_number_is_read() -> None:
    reader, problems = reading({"rate": 0.5, "count": 3})

    assert reader.number("rate", 1.0) == 0.5
    assert reader.number("count") == 3.0
    assert reader.number("absent", 7.0) == 7.0
    assert problems == []


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, True, "0.5", [1], {}, 10**400])
def test_what_is_no_finite_number_is_a_problem_and_the_default_is_used(value: object) -> None:
    reader, problems = reading({"rate": value})

    number = reader.number("rate", 0.25)

    assert number == 0.25
    assert [problem.path for problem in problems] == ["here.rate"]


def test_bounds_are_told_in_words() -> None:
    reader, problems = reading({"rate": 1.0, "size": -1, "steps": 0})

    reader.number("rate", 0.5, at_least=0, below=1)
    reader.number("size", 0.5, above=0)
    reader.integer("steps", 1, at_least=1, at_most=9)

    assert told(problems) == [
        "here.rate is 1.0; allowed: a number at least 0 and below 1",
        "here.size is -1; allowed: a number above 0",
        "here.steps is 0; allowed: a whole number at least 1 and at most 9",
    ]


@pytest.mark.parametrize(("value", "expected"), [(3, 3), (3.0, 3), (0, 0)])
def test_a_whole_number_may_have_a_decimal_point(value: float, expected: int) -> None:
    reader, problems = reading({"count": value})

    assert reader.integer("count", 1) == expected
    assert problems == []


@pytest.mark.parametrize("value", [3.5, math.nan, math.inf, "3", True])
def test_what_is_no_whole_number_is_a_problem(value: object) -> None:
    reader, problems = reading({"count": value})

    reader.integer("count", 1)

    assert len(problems) == 1


def test_a_missing_field_without_a_default_is_a_problem() -> None:
    reader, problems = reading({})

    reader.number("rate")
    reader.integer("count")
    reader.choice("type", ("a", "b"))

    assert [problem.value for problem in problems] == ["missing", "missing", "missing"]


def test_null_counts_as_absent() -> None:
    reader, problems = reading({"rate": None})

    assert reader.number("rate", 0.5) == 0.5
    assert not reader.has("rate")
    assert problems == []


@pytest.mark.parametrize("value", [0, 1, "true", []])
def test_true_is_true_and_nothing_else(value: object) -> None:
    reader, problems = reading({"shuffle": value})

    assert reader.boolean("shuffle", True) is True
    assert told(problems) == [f"here.shuffle is {shown(value)}; allowed: true or false"]


def test_a_choice_lists_what_there_is_to_choose() -> None:
    reader, problems = reading({"type": "adan"})

    assert reader.choice("type", ("sgd", "adam"), "sgd") == "sgd"
    assert told(problems) == ['here.type is "adan"; allowed: one of sgd, adam']


@pytest.mark.parametrize("value", [[[1, 2], [3]], "abc", [[math.nan]], [1, 2], [[[1]]], [["x"]], {"a": 1}])
def test_an_array_has_its_dimensions_and_finite_numbers(value: object) -> None:
    reader, problems = reading({"W": value})

    assert reader.array("W", 2) is None
    assert "2 dimensions" in problems[0].allowed


def test_an_array_is_read() -> None:
    reader, problems = reading({"W": [[1, 2], [3, 4]], "b": [5]})

    W, b = reader.array("W", 2), reader.array("b", 1)

    assert W is not None and b is not None
    assert (W.tolist(), b.tolist()) == ([[1.0, 2.0], [3.0, 4.0]], [5.0])
    assert W.dtype == np.float64
    assert problems == []


@pytest.mark.parametrize("value", ["adam", {"type": "adam"}])
def test_a_bare_name_is_an_object_of_that_type(value: object) -> None:
    reader, problems = reading({"optimizer": value})

    assert reader.typed("optimizer", "sgd").choice("type", ("sgd", "adam")) == "adam"
    assert problems == []


def test_a_field_that_nobody_asked_for_is_a_problem() -> None:
    reader, problems = reading({"rate": 0.5, "learning_rates": 3})
    reader.number("rate", 0.1)

    reader.finish()

    assert told(problems) == ["here.learning_rates is 3; allowed: no such field; known here: rate"]


@pytest.mark.parametrize("value", [7, "text", [1], None])
def test_what_is_no_object_is_one_problem(value: object) -> None:
    reader, problems = reading(value)

    reader.number("rate", 0.5)
    reader.finish()

    assert told(problems) == [f"here is {shown(value)}; allowed: an object with named fields"]


def test_the_problems_of_inner_objects_have_whole_paths() -> None:
    reader, problems = reading({"outer": {"inner": {"rate": "x"}}})

    reader.inside("outer").inside("inner").number("rate", 0.5)

    assert problems[0].path == "here.outer.inner.rate"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("ä", '"ä"'),
        ([1, 2.5, None], "[1, 2.5, null]"),
        (np.array([1.0, 2.0]), "[1.0, 2.0]"),
        (math.nan, "NaN"),
    ],
)
def test_a_value_is_shown_as_json(value: object, text: str) -> None:
    assert shown(value) == text


def test_a_long_value_is_shown_in_short() -> None:
    assert len(shown([0] * 1000)) == SHOWN_LENGTH
    assert shown([0] * 1000).endswith("…")


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize("value", [nested(100_000), {1, 2}, {"a": object()}])
def test_what_cannot_be_shown_is_named(value: object) -> None:
    assert shown(value).startswith("something that is no JSON")


def test_a_number_with_too_many_digits_is_named() -> None:
    assert shown(10**5000).startswith("something that is no JSON")


def test_numpy_becomes_plain_json() -> None:
    given = {"W": np.ones((1, 2)), "rate": np.float64(0.5), "rows": (np.int64(3), [np.array(4.0)]), "name": "x"}

    assert plain(given) == {"W": [[1.0, 1.0]], "rate": 0.5, "rows": [3, [4.0]], "name": "x"}


def test_a_plain_copy_shares_nothing() -> None:
    given = {"layers": [{"units": 2}]}

    copy = plain(given)
    given["layers"][0]["units"] = 9

    assert copy == {"layers": [{"units": 2}]}


def test_problems_are_raised_together_and_none_is_not_raised() -> None:
    first, second = Problem("a", "1", "2"), Problem("b", "3", "4")
    raise_problems([])

    with pytest.raises(ExperimentError, match="a is 1; allowed: 2\nb is 3; allowed: 4") as caught:
        raise_problems([first, second])

    assert caught.value.problems == (first, second)
