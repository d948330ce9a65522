"""What a network is trained on and judged by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from engine.datasets.features import derived
from engine.reader import FloatArray

Task = Literal["regression", "binary", "classification"]


@dataclass(frozen=True, eq=False)
class Dataset:
    """Training and validation rows, ready to be fed to a network.

    Every array is float64, C-contiguous and read-only. The raw inputs are what a person would read off the picture
    or the table; the inputs are what the network gets, after derived inputs and standardization.

    Attributes:
        inputs: the training inputs, shape (N, d).
        targets: their targets, shape (N, k). Classes are one row of k numbers each, 1 at the class and 0 elsewhere,
            unless class probabilities were typed in; a binary target is one column of 0 and 1, or of −1 and 1.
        validation_inputs: inputs that are never trained on, shape (M, d), where M may be 0.
        validation_targets: their targets, shape (M, k).
        task: what the targets are; it says which measures besides the loss make sense.
        input_names: one for each column of inputs.
        target_names: one for each column of targets.
        class_names: one for each class, in the order of the columns, or of the values of a binary target; empty
            for regression.
        source: where real data come from, and on what terms; empty for data made here.
        raw_inputs: the training inputs before anything was done to them, shape (N, r).
        raw_validation_inputs: likewise for the validation inputs, shape (M, r).
        raw_names: one for each column of raw_inputs.
        features: the derived inputs by name; empty where the raw columns are used as they are.
        input_offset: subtracted from each column, shape (d,): the training rows' mean, or 0.
        input_scale: what each column is then divided by, shape (d,): the training rows' standard deviation, or 1.
    """

    inputs: FloatArray
    targets: FloatArray
    validation_inputs: FloatArray
    validation_targets: FloatArray
    task: Task
    input_names: tuple[str, ...]
    target_names: tuple[str, ...]
    class_names: tuple[str, ...]
    source: str
    raw_inputs: FloatArray
    raw_validation_inputs: FloatArray
    raw_names: tuple[str, ...]
    features: tuple[str, ...]
    input_offset: FloatArray
    input_scale: FloatArray

    def from_raw(self, raw: FloatArray) -> FloatArray:
        """What the network gets for raw inputs.

        Args:
            raw: shape (n, r).

        Returns:
            (features of raw − input_offset) / input_scale, shape (n, d).
        """
        return (derived(raw, self.features) - self.input_offset) / self.input_scale


def frozen(array: FloatArray) -> FloatArray:
    """A read-only, C-contiguous copy."""
    copy = np.array(array, dtype=np.float64, order="C")
    copy.flags.writeable = False
    return copy
