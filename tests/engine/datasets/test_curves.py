from collections.abc import Callable

import numpy as np
import pytest

from engine.datasets import Dataset

Read = Callable[..., Dataset]


def test_circles_without_noise_have_two_radii(read: Read) -> None:
    dataset = read({"name": "circles", "samples": 50, "noise": 0, "factor": 0.3})

    radius = np.hypot(dataset.inputs[:, 0], dataset.inputs[:, 1])

    np.testing.assert_allclose(radius, np.where(dataset.targets[:, 0] == 1, 1.0, 0.3))
    assert dataset.targets.sum() == 25


def test_the_points_of_a_circle_lie_all_around_it(read: Read) -> None:
    dataset = read({"name": "circles", "samples": 4000, "noise": 0})

    np.testing.assert_allclose(dataset.inputs.mean(axis=0), [0.0, 0.0], atol=0.04)


def test_scale_makes_a_set_larger_noise_and_all(read: Read) -> None:
    small = read({"name": "circles", "noise": 0.2})
    large = read({"name": "circles", "noise": 0.2, "scale": 5})

    np.testing.assert_allclose(large.inputs, 5.0 * small.inputs)


def test_each_moon_is_half_a_circle_of_radius_1(read: Read) -> None:
    dataset = read({"name": "moons", "samples": 60, "noise": 0})
    upper = dataset.inputs[dataset.targets[:, 0] == 0]
    lower = dataset.inputs[dataset.targets[:, 0] == 1]

    np.testing.assert_allclose(np.hypot(upper[:, 0] + 0.5, upper[:, 1] + 0.25), 1.0)
    np.testing.assert_allclose(np.hypot(lower[:, 0] - 0.5, lower[:, 1] - 0.25), 1.0)
    assert upper[:, 1].min() >= -0.25
    assert lower[:, 1].max() <= 0.25


def test_the_arms_of_a_spiral_are_each_other_turned(read: Read) -> None:
    dataset = read({"name": "spirals", "samples": 40, "noise": 0})
    first, second = dataset.inputs[0::2], dataset.inputs[1::2]

    np.testing.assert_allclose(second, -first, atol=1e-12)
    np.testing.assert_allclose(np.hypot(first[:, 0], first[:, 1]), np.arange(1, 21) / 20)
    np.testing.assert_allclose(first[-1], [1.0, 0.0], atol=1e-12)
    np.testing.assert_allclose(first[4], [0.0, 0.25], atol=1e-12)


def test_three_arms_are_three_classes(read: Read) -> None:
    dataset = read({"name": "spirals", "samples": 31, "arms": 3})

    assert dataset.task == "classification"
    assert dataset.class_names == ("arm 1", "arm 2", "arm 3")
    np.testing.assert_array_equal(dataset.targets.sum(axis=0), [11, 10, 10])


@pytest.mark.parametrize("name", ["circles", "moons", "spirals"])
def test_a_single_sample_is_enough(read: Read, name: str) -> None:
    assert read({"name": name, "samples": 1}).inputs.shape == (1, 2)
