import math

import numpy as np
import pytest

from engine.errors import Problem
from engine.initializers import CATALOGUE, RULES, Initializer, read_initializer
from engine.reader import FloatArray, Reader

FAN_OUT, FAN_IN = 300, 200


def drawn(rule: str, **constants: float) -> FloatArray:
    return Initializer(rule, constants).make(FAN_OUT, FAN_IN, np.random.default_rng(1))


def read(value: object) -> tuple[Initializer, list[Problem]]:
    problems: list[Problem] = []
    reader = Reader({"initializer": value}, "", problems).typed("initializer", "xavier_uniform")
    return read_initializer(reader, "xavier_uniform"), problems


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_makes_float64_weights_with_a_row_for_each_neuron(rule: str, rng: np.random.Generator) -> None:
    W = Initializer(rule).make(3, 5, rng)

    assert W.shape == (3, 5)
    assert W.dtype == np.float64
    assert W.flags.c_contiguous


@pytest.mark.parametrize("rule", RULES)
def test_the_same_random_generator_gives_the_same_weights(rule: str) -> None:
    first = Initializer(rule).make(4, 3, np.random.default_rng(7))
    second = Initializer(rule).make(4, 3, np.random.default_rng(7))

    np.testing.assert_array_equal(first, second)


def test_zeros_and_constant_are_what_they_say() -> None:
    np.testing.assert_array_equal(drawn("zeros"), np.zeros((FAN_OUT, FAN_IN)))
    np.testing.assert_array_equal(drawn("constant", value=0.3), np.full((FAN_OUT, FAN_IN), 0.3))


@pytest.mark.parametrize(
    ("rule", "constants", "low", "high"),
    [
        ("uniform", {}, -1.0, 1.0),
        ("uniform", {"low": 0.2, "high": 0.7}, 0.2, 0.7),
        ("xavier_uniform", {}, -math.sqrt(6 / 500), math.sqrt(6 / 500)),
        ("xavier_uniform", {"gain": 5 / 3}, -5 / 3 * math.sqrt(6 / 500), 5 / 3 * math.sqrt(6 / 500)),
        ("he_uniform", {}, -math.sqrt(6 / 200), math.sqrt(6 / 200)),
        ("lecun_uniform", {}, -math.sqrt(3 / 200), math.sqrt(3 / 200)),
    ],
)
def test_uniform_rules_fill_their_interval_and_do_not_leave_it(
    rule: str, constants: dict[str, float], low: float, high: float
) -> None:
    W = drawn(rule, **constants)

    assert low <= W.min() < low + 0.001 * (high - low)
    assert high - 0.001 * (high - low) < W.max() <= high
    assert W.mean() == pytest.approx((low + high) / 2, abs=0.01 * (high - low))


@pytest.mark.parametrize(
    ("rule", "constants", "mean", "std"),
    [
        ("normal", {}, 0.0, 1.0),
        ("normal", {"mean": 2.0, "std": 0.1}, 2.0, 0.1),
        ("xavier_normal", {}, 0.0, math.sqrt(2 / 500)),
        ("xavier_normal", {"gain": 2.0}, 0.0, 2 * math.sqrt(2 / 500)),
        ("he_normal", {}, 0.0, math.sqrt(2 / 200)),
        ("lecun_normal", {}, 0.0, math.sqrt(1 / 200)),
    ],
)
def test_normal_rules_have_their_mean_and_standard_deviation(
    rule: str, constants: dict[str, float], mean: float, std: float
) -> None:
    W = drawn(rule, **constants)

    assert W.mean() == pytest.approx(mean, abs=0.02 * std)
    assert W.std() == pytest.approx(std, rel=0.01)


def test_the_rows_of_a_wide_orthogonal_matrix_are_orthonormal_times_the_gain(rng: np.random.Generator) -> None:
    W = Initializer("orthogonal", {"gain": 2.0}).make(3, 5, rng)

    np.testing.assert_allclose(W @ W.T, 4.0 * np.eye(3), atol=1e-12)


def test_the_columns_of_a_tall_orthogonal_matrix_are_orthonormal(rng: np.random.Generator) -> None:
    W = Initializer("orthogonal").make(5, 3, rng)

    np.testing.assert_allclose(W.T @ W, np.eye(3), atol=1e-12)


def test_a_single_orthogonal_weight_is_1_or_minus_1_equally_often(rng: np.random.Generator) -> None:
    weights = np.array([Initializer("orthogonal").make(1, 1, rng).item() for _ in range(400)])

    np.testing.assert_allclose(np.abs(weights), 1.0, atol=1e-15)
    assert abs(weights.mean()) < 0.2


def test_a_bare_name_is_an_initializer_with_its_usual_constants() -> None:
    initializer, problems = read("normal")

    assert initializer == Initializer("normal", {"mean": 0.0, "std": 1.0})
    assert problems == []


def test_constants_are_read_by_name() -> None:
    initializer, problems = read({"type": "uniform", "low": -0.5, "high": 0.25})

    assert initializer == Initializer("uniform", {"low": -0.5, "high": 0.25})
    assert problems == []


def test_an_unknown_rule_is_told_with_the_known_ones() -> None:
    _, problems = read("glorot")

    assert [problem.path for problem in problems] == ["initializer.type"]
    assert "xavier_uniform, xavier_normal" in problems[0].allowed


@pytest.mark.parametrize("name", [["he_normal"], {"a": 1}, 3])
def test_a_rule_that_is_no_name_is_a_problem(name: object) -> None:
    _, problems = read({"type": name})

    assert [problem.path for problem in problems] == ["initializer.type"]


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ({"type": "normal", "std": -1}, "initializer.std"),
        ({"type": "uniform", "low": 1, "high": 0}, "initializer.high"),
        ({"type": "he_normal", "gain": 2}, "initializer.gain"),
        ({"type": "constant", "value": "0.5"}, "initializer.value"),
    ],
)
def test_a_constant_that_does_not_fit_is_told_by_its_path(value: object, path: str) -> None:
    _, problems = read(value)

    assert [problem.path for problem in problems] == [path]


def test_every_rule_is_in_the_catalogue_and_can_be_read_with_the_constants_told_there() -> None:
    for rule, entry in CATALOGUE.items():
        initializer, problems = read({"type": rule, **entry["constants"]})

        assert initializer == Initializer(rule, entry["constants"])
        assert problems == []
    assert list(CATALOGUE) == list(RULES)


def test_the_constants_in_the_catalogue_are_the_defaults_of_the_rules() -> None:
    for rule, entry in CATALOGUE.items():
        told = Initializer(rule, entry["constants"]).make(4, 3, np.random.default_rng(2))

        np.testing.assert_array_equal(told, Initializer(rule).make(4, 3, np.random.default_rng(2)))
