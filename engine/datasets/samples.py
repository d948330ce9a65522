"""What a generator makes: points and targets, before features, split and standardization.

Randomness is stateless. Each kind of random number has a generator of its own, `default_rng([seed, purpose])`, so
that changing the noise moves the points about without drawing others, and splitting changes no point.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from engine.datasets.dataset import Task
from engine.reader import FloatArray

POINTS: Final = 101
NOISE: Final = 102
CENTERS: Final = 103
SPLIT: Final = 104

TargetsAs = Literal["binary", "signed", "one_hot"]


@dataclass(frozen=True, eq=False)
class Samples:
    """Rows of inputs with their targets.

    Attributes:
        inputs: shape (N, r).
        targets: shape (N, k); for a binary task one column of 0 and 1.
        task: what the targets are.
        input_names: r names.
        target_names: k names.
        class_names: the names of the classes; empty for regression.
        source: where real data come from; empty for data made here.
        targets_as: how a binary target is written unless the document says otherwise.
    """

    inputs: FloatArray
    targets: FloatArray
    task: Task
    input_names: tuple[str, ...]
    target_names: tuple[str, ...]
    class_names: tuple[str, ...] = ()
    source: str = ""
    targets_as: TargetsAs = "binary"


@dataclass(frozen=True)
class Option:
    """A number that a generator can be given; a whole one if its default is whole."""

    default: int | float
    at_least: int | float
    at_most: int | float


@dataclass(frozen=True)
class Generator:
    """A data set that can be named.

    Attributes:
        name: what the document calls it.
        label: what people call it.
        about: one sentence.
        task: what its targets are by default.
        input_names: the columns of its inputs.
        options: the numbers that `make` takes besides the seed.
        make: (seed, **options) → Samples.
    """

    name: str
    label: str
    about: str
    task: Task
    input_names: tuple[str, ...]
    options: Mapping[str, Option]
    make: Callable[..., Samples]


def random(seed: int, purpose: int) -> np.random.Generator:
    """The random numbers of one purpose."""
    return np.random.default_rng([seed, purpose])


def one_hot(labels: npt.NDArray[np.int64], classes: int) -> FloatArray:
    """Row i is 1 at column labels[i] and 0 elsewhere, shape (len(labels), classes)."""
    return np.eye(classes)[labels]


def of_classes(
    inputs: FloatArray, labels: npt.NDArray[np.int64], class_names: Sequence[str], input_names: Sequence[str]
) -> Samples:
    """Samples of two classes with one column, which is 1 for the second class, or of more with one column each."""
    names = tuple(class_names)
    if len(names) == 2:
        column = labels[:, np.newaxis].astype(np.float64)
        return Samples(inputs, column, "binary", tuple(input_names), names[1:], names)
    return Samples(inputs, one_hot(labels, len(names)), "classification", tuple(input_names), names, names)
