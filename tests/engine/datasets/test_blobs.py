from collections.abc import Callable

import numpy as np
import pytest

from engine.datasets import Dataset

Read = Callable[..., Dataset]


@pytest.mark.parametrize("classes", range(3, 9))
def test_each_class_has_a_column_and_its_share_of_the_points(read: Read, classes: int) -> None:
    dataset = read({"name": "blobs", "classes": classes, "samples": 10 * classes})

    assert dataset.task == "classification"
    np.testing.assert_array_equal(dataset.targets.sum(axis=0), [10] * classes)
    np.testing.assert_array_equal(dataset.targets.sum(axis=1), [1] * (10 * classes))
    assert dataset.class_names == tuple("ABCDEFGH"[:classes])


def test_two_classes_are_binary(read: Read) -> None:
    dataset = read({"name": "blobs", "classes": 2, "samples": 10})

    assert dataset.task == "binary"
    np.testing.assert_array_equal(dataset.targets[:, 0], [0, 1] * 5)


def test_without_noise_every_point_is_its_center_about_evenly_around_the_origin(read: Read) -> None:
    dataset = read({"name": "blobs", "classes": 4, "samples": 8, "noise": 0})
    centers = dataset.inputs[:4]

    angles = np.unwrap(np.arctan2(centers[:, 1], centers[:, 0]))

    np.testing.assert_array_equal(dataset.inputs[4:], centers)
    np.testing.assert_allclose(np.diff(angles), np.pi / 2)
    assert 0.8 <= np.hypot(centers[:, 0], centers[:, 1]).min()
    assert np.hypot(centers[:, 0], centers[:, 1]).max() < 1.2


def test_noise_is_the_standard_deviation_of_a_cloud(read: Read) -> None:
    dataset = read({"name": "blobs", "samples": 9000, "noise": 0.4})

    np.testing.assert_allclose(dataset.inputs[0::3].std(axis=0), [0.4, 0.4], rtol=0.05)
