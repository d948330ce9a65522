from collections.abc import Callable

import numpy as np
import pytest

from engine.datasets import Dataset
from engine.errors import Problem

Read = Callable[..., Dataset]
Problems = Callable[..., list[Problem]]


def rows(dataset: Dataset) -> set[tuple[float, ...]]:
    return {tuple(row) for row in np.concatenate([dataset.inputs, dataset.validation_inputs]).tolist()}


def test_validation_sets_aside_a_fraction_of_the_rows(read: Read) -> None:
    dataset = read({"name": "circles", "samples": 200, "noise": 0.1, "validation": 0.25})

    assert dataset.inputs.shape == (150, 2)
    assert dataset.targets.shape == (150, 1)
    assert dataset.validation_inputs.shape == (50, 2)
    assert dataset.validation_targets.shape == (50, 1)


def test_splitting_loses_no_row_and_keeps_inputs_with_their_targets(read: Read) -> None:
    whole = read({"name": "circles", "samples": 20, "noise": 0})
    parted = read({"name": "circles", "samples": 20, "noise": 0, "validation": 0.4})

    assert rows(parted) == rows(whole)
    for inputs, targets in (
        (parted.inputs, parted.targets),
        (parted.validation_inputs, parted.validation_targets),
    ):
        np.testing.assert_allclose(np.hypot(inputs[:, 0], inputs[:, 1]), 0.5 + 0.5 * targets[:, 0])


@pytest.mark.parametrize(("samples", "fraction", "aside"), [(10, 0.25, 3), (10, 0.01, 1), (2, 0.9, 1), (10, 0.9, 9)])
def test_some_row_is_set_aside_and_some_row_is_left(read: Read, samples: int, fraction: float, aside: int) -> None:
    dataset = read({"name": "line", "samples": samples, "validation": fraction})

    assert len(dataset.validation_inputs) == aside
    assert len(dataset.inputs) == samples - aside


def test_the_same_seed_gives_the_same_data_and_another_seed_others(read: Read) -> None:
    data = {"name": "moons", "validation": 0.3}

    np.testing.assert_array_equal(read(data, 5).inputs, read(data, 5).inputs)
    assert not np.array_equal(read(data, 5).inputs, read(data, 6).inputs)


def test_a_seed_of_the_data_goes_before_that_of_the_experiment(read: Read) -> None:
    own = read({"name": "moons", "seed": 5}, 1)

    np.testing.assert_array_equal(own.inputs, read({"name": "moons"}, 5).inputs)


def test_more_noise_moves_the_same_points_further(read: Read) -> None:
    still, little, much = (read({"name": "moons", "noise": noise}).inputs for noise in (0.0, 0.1, 0.2))

    np.testing.assert_allclose(much - still, 2.0 * (little - still), atol=1e-12)


def test_standardizing_gives_the_training_rows_mean_0_and_standard_deviation_1(read: Read) -> None:
    dataset = read({"name": "house_prices", "standardize": True, "validation": 0.25}, 7)

    np.testing.assert_allclose(dataset.inputs.mean(axis=0), 0.0, atol=1e-12)
    np.testing.assert_allclose(dataset.inputs.std(axis=0), 1.0)


def test_standardizing_works_by_hand(read: Read) -> None:
    dataset = read(
        {
            "inputs": [[1, 5], [3, 5]],
            "targets": [0.5, 2],
            "validation_inputs": [[4, 6]],
            "validation_targets": [3],
            "standardize": True,
        }
    )

    np.testing.assert_array_equal(dataset.inputs, [[-1.0, 0.0], [1.0, 0.0]])
    np.testing.assert_array_equal(dataset.validation_inputs, [[2.0, 1.0]])
    np.testing.assert_array_equal(dataset.input_offset, [2.0, 5.0])
    np.testing.assert_array_equal(dataset.input_scale, [1.0, 1.0])
    np.testing.assert_array_equal(dataset.raw_inputs, [[1.0, 5.0], [3.0, 5.0]])
    np.testing.assert_array_equal(dataset.raw_validation_inputs, [[4.0, 6.0]])


def test_a_column_that_never_changes_becomes_exactly_0(read: Read) -> None:
    dataset = read({"inputs": [[0.1], [0.1], [0.1]], "targets": [1.5, 2, 3], "standardize": True})

    np.testing.assert_array_equal(dataset.inputs, np.zeros((3, 1)))


def test_raw_inputs_map_to_what_the_network_gets(read: Read) -> None:
    dataset = read({"name": "circles", "features": ["y", "x^2", "xy"], "standardize": True, "validation": 0.2})

    np.testing.assert_allclose(dataset.from_raw(dataset.raw_inputs), dataset.inputs, atol=1e-12)
    np.testing.assert_allclose(dataset.from_raw(dataset.raw_validation_inputs), dataset.validation_inputs, atol=1e-12)
    assert dataset.input_names == ("y", "x^2", "xy")
    assert dataset.raw_names == ("x", "y")


@pytest.mark.parametrize(
    ("targets_as", "task", "targets", "names"),
    [
        ("binary", "binary", [[0], [1], [1], [0]], ("true",)),
        ("signed", "binary", [[-1], [1], [1], [-1]], ("true",)),
        ("one_hot", "classification", [[1, 0], [0, 1], [0, 1], [1, 0]], ("false", "true")),
    ],
)
def test_two_classes_can_be_written_in_three_ways(
    read: Read, targets_as: str, task: str, targets: list[list[float]], names: tuple[str, ...]
) -> None:
    dataset = read({"name": "xor", "targets_as": targets_as})

    np.testing.assert_array_equal(dataset.targets, targets)
    assert dataset.task == task
    assert dataset.target_names == names
    assert dataset.class_names == ("false", "true")


def test_signed_targets_typed_in_can_be_had_as_0_and_1(read: Read) -> None:
    dataset = read({"inputs": [[1], [2]], "targets": [-1, 1], "targets_as": "binary"})

    np.testing.assert_array_equal(dataset.targets, [[0.0], [1.0]])


@pytest.mark.parametrize(
    ("data", "paths"),
    [
        ({}, ["data.name"]),
        ({"name": "circle"}, ["data.name"]),
        ({"name": ["circles"]}, ["data.name"]),
        ({"name": "circles", "samples": 0, "noise": -1, "arms": 2}, ["data.samples", "data.noise", "data.arms"]),
        ({"name": "circles", "samples": 10_001}, ["data.samples"]),
        ({"name": "circles", "inputs": [[1]]}, ["data.inputs"]),
        ({"name": "blobs", "classes": 9}, ["data.classes"]),
        ({"name": "blobs", "classes": 3, "targets_as": "signed"}, ["data.targets_as"]),
        ({"name": "xor", "targets_as": "both"}, ["data.targets_as"]),
        ({"name": "xor", "validation": 0.95, "standardize": 1}, ["data.validation", "data.standardize"]),
        ({"name": "xor", "seed": -1}, ["data.seed"]),
        ({"name": "xor", "features": []}, ["data.features"]),
        (
            {"name": "xor", "features": ["x", "q", "x", [1]]},
            ["data.features[1]", "data.features[2]", "data.features[3]"],
        ),
        ({"name": "iris", "features": ["x"]}, ["data.features"]),
        ({"inputs": [[1e200, 1], [1, 2]], "targets": [1, 2.5], "features": ["x^2"]}, ["data.inputs"]),
        ({"inputs": [[1e200], [-1e200]], "targets": [1, 2.5], "standardize": True}, ["data.inputs"]),
        ({"inputs": [[1e-200], [2e-200]], "targets": [1, 2.5], "standardize": True}, ["data.inputs"]),
    ],
)
def test_every_problem_is_told_by_its_path(problems_of: Problems, data: object, paths: list[str]) -> None:
    assert [problem.path for problem in problems_of(data)] == paths
