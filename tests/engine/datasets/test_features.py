import math

import numpy as np

from engine.datasets.features import FEATURES, derived


def test_every_feature_of_a_point_worked_by_hand() -> None:
    features = derived(np.array([[2.0, -3.0]]), tuple(FEATURES))

    assert tuple(FEATURES) == ("x", "y", "x^2", "y^2", "xy", "sin x", "sin y")
    np.testing.assert_allclose(features, [[2.0, -3.0, 4.0, 9.0, -6.0, math.sin(2.0), math.sin(-3.0)]])


def test_features_stand_in_the_order_in_which_they_are_named() -> None:
    features = derived(np.array([[2.0, 5.0], [1.0, 3.0]]), ("y", "xy"))

    np.testing.assert_array_equal(features, [[5.0, 10.0], [3.0, 3.0]])


def test_without_features_the_columns_are_the_raw_ones() -> None:
    raw = np.array([[1.0, 2.0, 3.0]])

    np.testing.assert_array_equal(derived(raw, ()), raw)
