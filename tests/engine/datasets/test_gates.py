from collections.abc import Callable

import numpy as np
import pytest

from engine.datasets import Dataset

Read = Callable[..., Dataset]

TABLES = [("xor", [0, 1, 1, 0]), ("and", [0, 0, 0, 1]), ("or", [0, 1, 1, 1])]


@pytest.mark.parametrize(("name", "answers"), TABLES)
def test_a_gate_is_its_truth_table(read: Read, name: str, answers: list[int]) -> None:
    dataset = read({"name": name})

    np.testing.assert_array_equal(dataset.inputs, [[0, 0], [0, 1], [1, 0], [1, 1]])
    np.testing.assert_array_equal(dataset.targets[:, 0], answers)
    assert dataset.class_names == ("false", "true")


@pytest.mark.parametrize(("name", "answers"), TABLES)
def test_a_cloud_without_noise_is_the_truth_table_over_and_over(read: Read, name: str, answers: list[int]) -> None:
    dataset = read({"name": f"{name}_cloud", "samples": 10, "noise": 0})

    np.testing.assert_array_equal(dataset.inputs[4:8], [[0, 0], [0, 1], [1, 0], [1, 1]])
    np.testing.assert_array_equal(dataset.targets[:, 0], (answers * 3)[:10])


def test_the_points_of_a_cloud_lie_around_their_corners(read: Read) -> None:
    dataset = read({"name": "xor_cloud", "samples": 4000, "noise": 0.2})

    around_00 = dataset.inputs[0::4]

    np.testing.assert_allclose(around_00.mean(axis=0), [0.0, 0.0], atol=0.03)
    np.testing.assert_allclose(around_00.std(axis=0), [0.2, 0.2], rtol=0.05)
