from collections.abc import Callable

import numpy as np

from engine.datasets import Dataset

Read = Callable[..., Dataset]


def test_there_are_fifty_flowers_of_each_of_three_species(read: Read) -> None:
    dataset = read({"name": "iris"})

    assert dataset.inputs.shape == (150, 4)
    np.testing.assert_array_equal(dataset.targets.sum(axis=0), [50, 50, 50])
    assert dataset.class_names == ("setosa", "versicolor", "virginica")
    assert "Fisher" in dataset.source
    assert "CC BY 4.0" in dataset.source


def test_the_mean_and_the_standard_deviation_of_each_measure_are_the_published_ones(read: Read) -> None:
    flowers = read({"name": "iris"}).inputs

    np.testing.assert_allclose(flowers.sum(axis=0), [876.5, 458.6, 563.7, 179.9])
    np.testing.assert_allclose(flowers.mean(axis=0), [5.843333, 3.057333, 3.758, 1.199333], atol=1e-6)
    np.testing.assert_allclose(flowers.std(axis=0, ddof=1), [0.828066, 0.435866, 1.765298, 0.762238], atol=1e-6)


def test_the_means_of_each_species_are_those_of_fisher(read: Read) -> None:
    flowers = read({"name": "iris"}).inputs

    np.testing.assert_allclose(flowers[:50].mean(axis=0), [5.006, 3.428, 1.462, 0.246])
    np.testing.assert_allclose(flowers[50:100].mean(axis=0), [5.936, 2.770, 4.260, 1.326])
    np.testing.assert_allclose(flowers[100:].mean(axis=0), [6.588, 2.974, 5.552, 2.026])


def test_the_two_flowers_that_the_uci_file_has_wrong_are_right(read: Read) -> None:
    flowers = read({"name": "iris"}).inputs

    np.testing.assert_array_equal(flowers[34], [4.9, 3.1, 1.5, 0.2])
    np.testing.assert_array_equal(flowers[37], [4.9, 3.6, 1.4, 0.1])
