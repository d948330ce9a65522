from collections.abc import Callable

import numpy as np
import pytest

from engine.datasets import Dataset
from engine.errors import Problem

Read = Callable[..., Dataset]
Problems = Callable[..., list[Problem]]


def test_rows_typed_in_are_kept_in_their_order(read: Read) -> None:
    dataset = read({"inputs": [[0.05, 0.1], [3, 4]], "targets": [[0.01, 0.99], [1, 2]]})

    np.testing.assert_array_equal(dataset.inputs, [[0.05, 0.1], [3.0, 4.0]])
    np.testing.assert_array_equal(dataset.targets, [[0.01, 0.99], [1.0, 2.0]])
    assert dataset.task == "regression"
    assert dataset.input_names == ("x1", "x2")
    assert dataset.target_names == ("y1", "y2")
    assert dataset.class_names == ()
    assert dataset.validation_inputs.shape == (0, 2)
    assert dataset.validation_targets.shape == (0, 2)


def test_every_array_is_float64_contiguous_and_read_only(read: Read) -> None:
    dataset = read({"inputs": [[1, 2], [3, 5], [4, 7]], "targets": [0, 1, 1], "validation": 0.3, "standardize": True})

    for name in ("inputs", "targets", "validation_inputs", "validation_targets", "raw_inputs", "input_offset"):
        array = getattr(dataset, name)
        assert array.dtype == np.float64
        assert array.flags.c_contiguous
        assert not array.flags.writeable


def test_what_was_given_can_be_changed_without_changing_the_dataset(read: Read) -> None:
    inputs = np.array([[1.0], [2.0]])
    dataset = read({"inputs": inputs, "targets": np.array([0.5, 1.5])})

    inputs[0, 0] = 9.0

    np.testing.assert_array_equal(dataset.inputs, [[1.0], [2.0]])
    np.testing.assert_array_equal(dataset.targets, [[0.5], [1.5]])


def test_a_flat_list_of_numbers_is_one_column(read: Read) -> None:
    dataset = read({"inputs": [[1], [2]], "targets": [0.5, 2]})

    np.testing.assert_array_equal(dataset.targets, [[0.5], [2.0]])
    assert (dataset.task, dataset.input_names, dataset.target_names) == ("regression", ("x",), ("y",))


def test_whole_numbers_0_to_k_minus_1_are_classes(read: Read) -> None:
    dataset = read({"inputs": [[1], [2], [3], [4]], "targets": [2, 0, 1, 0]})

    np.testing.assert_array_equal(dataset.targets, [[0, 0, 1], [1, 0, 0], [0, 1, 0], [1, 0, 0]])
    assert dataset.task == "classification"
    assert dataset.target_names == dataset.class_names == ("0", "1", "2")


@pytest.mark.parametrize(
    "data",
    [
        {"targets": [0, 1, 2], "task": "regression"},
        {"targets": [0, 1, 3]},
        {"targets": [0.0, 1.0, 2.0]},
        {"targets": [[0], [1], [2]]},
        {"targets": [1, 1, 1]},
    ],
)
def test_other_numbers_are_no_classes(read: Read, data: dict[str, object]) -> None:
    dataset = read({"inputs": [[1], [2], [3]], **data})

    assert dataset.task == "regression"
    assert dataset.targets.shape == (3, 1)


def test_two_classes_given_as_labels_have_a_column_each_when_the_task_says_so(read: Read) -> None:
    dataset = read({"inputs": [[1], [2]], "targets": [1, 0], "task": "classification", "class_names": ["no", "yes"]})

    np.testing.assert_array_equal(dataset.targets, [[0, 1], [1, 0]])
    assert dataset.class_names == ("no", "yes")


def test_names_of_classes_say_how_many_there_are(read: Read) -> None:
    data = {"inputs": [[1], [2]], "targets": [2, 0], "task": "classification", "class_names": ["a", "b", "c", "d"]}

    np.testing.assert_array_equal(read(data).targets, [[0, 0, 1, 0], [1, 0, 0, 0]])


def test_one_hot_rows_are_classes(read: Read) -> None:
    dataset = read({"inputs": [[1], [2]], "targets": [[0, 0, 1], [1, 0, 0]]})

    assert dataset.task == "classification"
    assert dataset.class_names == ("0", "1", "2")


def test_class_probabilities_may_be_targets_of_a_classification(read: Read) -> None:
    dataset = read({"inputs": [[1]], "targets": [[0.1, 0.2, 0.7]], "task": "classification"})

    np.testing.assert_array_equal(dataset.targets, [[0.1, 0.2, 0.7]])


def test_one_column_of_0_and_1_is_binary(read: Read) -> None:
    dataset = read({"inputs": [[1], [2]], "targets": [[0], [1]], "class_names": ["cat", "dog"]})

    assert dataset.task == "binary"
    assert dataset.class_names == ("cat", "dog")
    assert dataset.target_names == ("dog",)


def test_one_column_of_minus_1_and_1_is_binary_and_stays_as_it_is(read: Read) -> None:
    dataset = read({"inputs": [[1], [2]], "targets": [-1, 1]})

    np.testing.assert_array_equal(dataset.targets, [[-1.0], [1.0]])
    assert dataset.task == "binary"
    assert dataset.class_names == ("−1", "1")


def test_validation_rows_can_be_typed_in_too(read: Read) -> None:
    dataset = read(
        {
            "inputs": [[1], [2], [3]],
            "targets": [0, 1, 2],
            "validation_inputs": [[4]],
            "validation_targets": [1],
            "input_names": ["length"],
        }
    )

    np.testing.assert_array_equal(dataset.inputs, [[1], [2], [3]])
    np.testing.assert_array_equal(dataset.validation_inputs, [[4]])
    np.testing.assert_array_equal(dataset.validation_targets, [[0, 1, 0]])
    assert dataset.input_names == ("length",)


def test_each_bad_number_is_told_with_its_row_and_column(problems_of: Problems) -> None:
    problems = problems_of(
        {
            "inputs": [[1, 2], [3, "a"], [True, None], [1], 5],
            "targets": [0, 1, float("nan"), 10**400, 2],
        }
    )

    assert [(problem.path, problem.allowed) for problem in problems] == [
        ("data.inputs[1][1]", "a finite number"),
        ("data.inputs[2][0]", "a finite number"),
        ("data.inputs[2][1]", "a finite number"),
        ("data.inputs[3]", "a row of 2, as long as the others"),
        ("data.inputs[4]", "a row: a list of numbers"),
        ("data.targets[2]", "a finite number"),
        ("data.targets[3]", "a finite number"),
    ]


def test_of_many_bad_rows_the_first_twenty_are_told(problems_of: Problems) -> None:
    problems = problems_of({"inputs": [["a"]] * 30, "targets": [[1]] * 30})

    assert [problem.path for problem in problems] == [f"data.inputs[{row}][0]" for row in range(20)] + ["data.inputs"]
    assert problems[-1].value == "more than 20 wrong entries"


def test_of_many_bad_labels_the_first_twenty_are_told(problems_of: Problems) -> None:
    problems = problems_of({"inputs": [[1]] * 30, "targets": [0.5] * 30, "task": "binary"})

    assert [problem.path for problem in problems] == [f"data.targets[{row}]" for row in range(20)] + ["data.targets"]
    assert problems[-1].value == "30 wrong rows"


@pytest.mark.parametrize(
    ("data", "path"),
    [
        ({"inputs": [[1]]}, "data.targets"),
        ({"targets": [[1]]}, "data.inputs"),
        ({"inputs": [], "targets": [[1]]}, "data.inputs"),
        ({"inputs": [1], "targets": [1]}, "data.inputs[0]"),
        ({"inputs": "1 2", "targets": [1]}, "data.inputs"),
        ({"inputs": [[]], "targets": [1]}, "data.inputs"),
        ({"inputs": [[1]], "targets": [1, 2]}, "data.targets"),
        ({"inputs": [[0] * 785], "targets": [1]}, "data.inputs"),
        ({"inputs": [[0]] * 10_001, "targets": [[1]]}, "data.inputs"),
        ({"inputs": [[1]], "targets": [1], "task": "clustering"}, "data.task"),
        ({"inputs": [[1]], "targets": [1], "input_names": ["a", "b"]}, "data.input_names"),
        ({"inputs": [[1]], "targets": [1], "input_names": "a"}, "data.input_names"),
        ({"inputs": [[1]], "targets": [1], "target_names": [3]}, "data.target_names"),
        ({"inputs": [[1]], "targets": [0.5], "class_names": ["a", "b"]}, "data.class_names"),
        ({"inputs": [[1]], "targets": [[1, 0]], "task": "binary"}, "data.targets"),
        ({"inputs": [[1], [2]], "targets": [1, 5], "task": "binary"}, "data.targets[1]"),
        ({"inputs": [[1], [2]], "targets": [1, -1.5], "task": "classification"}, "data.targets[1]"),
        ({"inputs": [[1], [2], [3]], "targets": [0, 2, 1], "class_names": ["a", "b"]}, "data.targets[1]"),
        ({"inputs": [[1], [2]], "targets": [0, 1], "task": "classification", "class_names": ["a"]}, "data.class_names"),
        ({"inputs": [[1]], "targets": [[0.5, 0.6]], "task": "classification"}, "data.targets[0]"),
        ({"inputs": [[1]], "targets": [1], "validation_inputs": [[1]]}, "data.validation_targets"),
        (
            {"inputs": [[1]], "targets": [1], "validation_inputs": [[1, 2]], "validation_targets": [1]},
            "data.validation_inputs[0]",
        ),
        (
            {"inputs": [[1]], "targets": [1], "validation_inputs": [[1], [2]], "validation_targets": [1]},
            "data.validation_targets",
        ),
        (
            {
                "inputs": [[1], [2]],
                "targets": [0, 1],
                "validation_inputs": [[1]],
                "validation_targets": [7],
                "task": "binary",
            },
            "data.validation_targets[0]",
        ),
        (
            {
                "inputs": [[1]],
                "targets": [1],
                "validation_inputs": [[1]],
                "validation_targets": [1],
                "validation": 0.5,
            },
            "data.validation",
        ),
        ({"inputs": [[1]], "targets": [1], "samples": 3}, "data.samples"),
        ({"inputs": [[1]], "targets": [1], "validation": 0.5}, "data.validation"),
        ({"inputs": [[1]], "targets": [1], "targets_as": "signed"}, "data.targets_as"),
    ],
)
def test_what_does_not_fit_is_told_by_its_path(problems_of: Problems, data: object, path: str) -> None:
    assert [problem.path for problem in problems_of(data)] == [path]


def test_a_misspelt_field_is_told_together_with_a_bad_row(problems_of: Problems) -> None:
    problems = problems_of({"inputs": [["a"]], "targets": [1], "standardise": True})

    assert [problem.path for problem in problems] == ["data.inputs[0][0]", "data.standardise"]
