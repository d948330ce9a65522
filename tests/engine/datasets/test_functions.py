from collections.abc import Callable

import numpy as np

from engine.datasets import Dataset

Read = Callable[..., Dataset]


def test_a_line_without_noise_is_2_x_minus_1(read: Read) -> None:
    dataset = read({"name": "line", "noise": 0})

    np.testing.assert_allclose(dataset.targets, 2.0 * dataset.inputs - 1.0)
    assert dataset.task == "regression"
    assert np.abs(dataset.inputs).max() <= 2.0


def test_a_line_has_the_slope_and_the_intercept_it_is_given(read: Read) -> None:
    dataset = read({"name": "line", "noise": 0, "slope": -3, "intercept": 0.5})

    np.testing.assert_allclose(dataset.targets, 0.5 - 3.0 * dataset.inputs)


def test_noise_is_the_standard_deviation_of_the_targets_about_the_line(read: Read) -> None:
    dataset = read({"name": "line", "samples": 5000, "noise": 0.5})

    residuals = dataset.targets - (2.0 * dataset.inputs - 1.0)

    np.testing.assert_allclose(residuals.std(), 0.5, rtol=0.05)
    np.testing.assert_allclose(residuals.mean(), 0.0, atol=0.03)


def test_a_sine_without_noise_is_a_sine_of_its_frequency(read: Read) -> None:
    dataset = read({"name": "sine", "noise": 0, "frequency": 4})

    np.testing.assert_allclose(dataset.targets, np.sin(4.0 * dataset.inputs))


def test_a_plane_without_noise_is_linear_in_both_inputs(read: Read) -> None:
    dataset = read({"name": "plane", "noise": 0})

    x, y = dataset.inputs.T

    np.testing.assert_allclose(dataset.targets[:, 0], 0.5 * x - 0.8 * y + 0.3)
