"""Reading a `data` object as the tests of the datasets do."""

from collections.abc import Callable
from typing import TypeAlias

import pytest

from engine.datasets import Dataset, read_dataset
from engine.errors import Problem
from engine.reader import Reader

Read: TypeAlias = Callable[..., Dataset]
Problems: TypeAlias = Callable[..., list[Problem]]


@pytest.fixture
def read() -> Read:
    """(data, seed=0) → the dataset; fails if there is a problem."""

    def reading(data: object, seed: int = 0) -> Dataset:
        problems: list[Problem] = []
        dataset = read_dataset(Reader(data, "data", problems), seed)
        assert problems == []
        assert dataset is not None
        return dataset

    return reading


@pytest.fixture
def problems_of() -> Problems:
    """(data) → its problems; fails if a dataset comes out all the same."""

    def reading(data: object) -> list[Problem]:
        problems: list[Problem] = []
        dataset = read_dataset(Reader(data, "data", problems), 0)
        assert dataset is None
        return problems

    return reading
