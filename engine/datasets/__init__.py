"""The data an experiment learns from: generators, one real set, and rows typed in."""

from engine.datasets.dataset import Dataset, Task
from engine.datasets.generators import catalogue
from engine.datasets.reading import read_dataset

__all__ = ["Dataset", "Task", "catalogue", "read_dataset"]
