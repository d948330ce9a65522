"""Fisher's iris flowers: 150 real flowers of three species.

The numbers in iris.csv are those of Fisher's paper, as R and scikit-learn have them. The file in the UCI repository
differs in rows 35 and 38, where it is known to be wrong.
"""

from __future__ import annotations

from importlib.resources import files
from typing import Final

import numpy as np

from engine.datasets.samples import Generator, Samples, of_classes

SOURCE: Final = (
    "R. A. Fisher, The use of multiple measurements in taxonomic problems, Annals of Eugenics 7, 1936, "
    "measured by E. Anderson; UCI Machine Learning Repository, https://doi.org/10.24432/C56C76, CC BY 4.0, "
    "with rows 35 and 38 as in Fisher's paper"
)
SPECIES: Final = ("setosa", "versicolor", "virginica")
MEASURES: Final = ("sepal length", "sepal width", "petal length", "petal width")


def iris(seed: int) -> Samples:
    """All flowers in the order of the paper, 50 of each species; lengths and widths in centimetres."""
    lines = files("engine.datasets").joinpath("iris.csv").read_text(encoding="utf-8").splitlines()
    table = np.loadtxt(lines, delimiter=",")
    flowers = of_classes(table[:, :4], table[:, 4].astype(np.int64), SPECIES, MEASURES)
    return Samples(
        flowers.inputs, flowers.targets, "classification", MEASURES, flowers.target_names, SPECIES, source=SOURCE
    )


def generators() -> tuple[Generator, ...]:
    """The set of this family."""
    return (
        Generator(
            "iris",
            "Iris",
            "The species of 150 real iris flowers from four lengths and widths in centimetres.",
            "classification",
            MEASURES,
            {},
            iris,
        ),
    )
