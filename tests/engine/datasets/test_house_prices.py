from collections.abc import Callable

import numpy as np

from engine.datasets import Dataset

Read = Callable[..., Dataset]


def test_a_house_has_a_size_its_rooms_and_its_age_in_whole_numbers(read: Read) -> None:
    houses = read({"name": "house_prices", "samples": 2000}).inputs

    np.testing.assert_array_equal(houses, np.rint(houses))
    np.testing.assert_array_equal(houses.min(axis=0), [40, 1, 0])
    np.testing.assert_array_equal(houses.max(axis=0), [200, 7, 60])


def test_the_price_of_a_house_without_noise_follows_the_formula(read: Read) -> None:
    dataset = read({"name": "house_prices", "noise": 0})

    area, rooms, age = dataset.inputs.T

    np.testing.assert_allclose(dataset.targets[:, 0], 30 + 2.2 * area + 12 * rooms - 1.1 * age, atol=0.051)
    assert dataset.target_names == ("price",)


def test_raw_houses_need_a_learning_rate_a_thousand_times_smaller_than_standardized_ones(read: Read) -> None:
    def largest_stable(inputs: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> float:
        with_bias = np.c_[inputs, np.ones(len(inputs))]
        return 2.0 / float(np.linalg.eigvalsh(with_bias.T @ with_bias / len(inputs))[-1])

    raw = largest_stable(read({"name": "house_prices"}, 7).inputs)
    standardized = largest_stable(read({"name": "house_prices", "standardize": True}, 7).inputs)

    assert 1e-4 < raw < 2e-4
    assert 0.9 < standardized < 1.1
