"""From the document's `data` object to a Dataset: made or typed in, then split, derived, standardized."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import floor
from typing import cast

import numpy as np
import numpy.typing as npt

from engine.datasets.dataset import Dataset, frozen
from engine.datasets.features import derived, read_features
from engine.datasets.generators import GENERATORS
from engine.datasets.rows import read_rows
from engine.datasets.samples import SPLIT, Samples, TargetsAs, random
from engine.errors import Problem
from engine.reader import REQUIRED, FloatArray, Reader

Constants = tuple[FloatArray, FloatArray]
"""The offset and the scale of each input, shape (d,) each."""


def read_dataset(reader: Reader, seed: int) -> Dataset | None:
    """Read the document's `data` object; None after a problem.

    Either `name` names a generator, whose options stand beside it, or `inputs` and `targets` hold the rows. Both kinds
    know `validation` (the fraction of the rows, 0 to 0.9, that is set aside after a shuffle), `seed`, `standardize` (true,
    or an object with the `offset` and `scale` of each input), and where they fit `features` and `targets_as`.

    Args:
        reader: the `data` object.
        seed: the experiment's, used where the object has none of its own.
    """
    before = len(reader.problems)
    seed = reader.integer("seed", seed, at_least=0)
    training: Samples | None = None
    later: Samples | None = None
    named = reader.value.get("name") is not None
    typed = not named and any(reader.value.get(field) is not None for field in ("inputs", "targets"))
    if named:
        training = read_generated(reader, seed)
    elif typed:
        reader.raw("name")
        training, later = read_rows(reader) or (None, None)
    elif len(reader.problems) == before:
        wanted = "one of " + ", ".join(GENERATORS) + "; or inputs and targets in its place"
        reader.problems.append(Problem(reader.at("name"), "missing", wanted))
    fraction = reader.number("validation", 0.0, at_least=0.0, at_most=0.9)
    standardize = read_standardize(reader)
    if training is None and typed:
        reader.raw("features")
        reader.raw("targets_as")
        reader.finish()
    if training is None:
        return None
    features = read_features_of(reader, training)
    if isinstance(standardize, tuple):
        check_constants(reader.inside("standardize"), standardize, len(features) or training.inputs.shape[1])
    targets_as = read_targets_as(reader, training)
    if later is not None and fraction > 0.0:
        reader.report("validation", fraction, "0, because the validation rows are given")
    if later is None and fraction > 0.0 and len(training.inputs) < 2:
        reader.report("validation", fraction, "0, because there is one row only")
    reader.finish()
    if len(reader.problems) > before:
        return None
    if later is None:
        training, later = split(training, fraction, seed)
    dataset = prepared(expressed(training, targets_as), expressed(later, targets_as), features, standardize)
    computed = (dataset.inputs, dataset.validation_inputs, dataset.input_offset, dataset.input_scale)
    if not all(np.isfinite(array).all() for array in computed):
        wanted = "numbers whose derived inputs, mean and standard deviation are finite"
        reader.problems.append(Problem(reader.at("inputs"), "too large or too close together", wanted))
        return None
    return dataset


def read_generated(reader: Reader, seed: int) -> Samples | None:
    """Read the options of a generator and let it make its samples; None if there is no such generator."""
    name = reader.choice("name", tuple(GENERATORS))
    if reader.raw("name") != name:
        return None
    options: dict[str, int | float] = {}
    for field, option in GENERATORS[name].options.items():
        low, high = option.at_least, option.at_most
        if isinstance(option.default, int):
            options[field] = reader.integer(field, option.default, at_least=int(low), at_most=int(high))
        else:
            options[field] = reader.number(field, option.default, at_least=low, at_most=high)
    return GENERATORS[name].make(seed, **options)


def read_features_of(reader: Reader, samples: Samples) -> tuple[str, ...]:
    """Read the derived inputs; none where there are none, or where they are the two coordinates themselves."""
    if not reader.has("features"):
        return ()
    if samples.inputs.shape[1] != 2:
        reader.report("features", reader.raw("features"), "no derived inputs: they are made from two inputs")
        return ()
    features = read_features(reader)
    return () if features == ("x", "y") else features


def read_standardize(reader: Reader) -> bool | Constants:
    """Read whether inputs are standardized, or by which constants."""
    if not isinstance(reader.raw("standardize"), Mapping):
        return reader.boolean("standardize", False)
    inner = reader.inside("standardize")
    for name in ("offset", "scale"):
        if not inner.has(name):
            inner.report(name, REQUIRED, "a list of numbers, one for each input")
    offset, scale = inner.array("offset", 1), inner.array("scale", 1)
    inner.finish()
    if scale is not None and not (scale > 0.0).all():
        inner.report("scale", inner.raw("scale"), "numbers above 0")
    return False if offset is None or scale is None else (offset, scale)


def check_constants(reader: Reader, constants: Constants, columns: int) -> None:
    """There is one offset and one scale for each input."""
    for name, numbers in zip(("offset", "scale"), constants, strict=True):
        if len(numbers) != columns:
            reader.report(name, reader.raw(name), f"a list of {columns}, one number for each input")


def read_targets_as(reader: Reader, samples: Samples) -> TargetsAs:
    """Read how the targets of two classes are written."""
    if reader.has("targets_as") and samples.task != "binary":
        reader.report("targets_as", reader.raw("targets_as"), "nothing: it is for one target of two classes")
        return samples.targets_as
    return cast(TargetsAs, reader.choice("targets_as", ("binary", "signed", "one_hot"), samples.targets_as))


def expressed(samples: Samples, targets_as: TargetsAs) -> Samples:
    """Samples with their 0 and 1 as they are, as −1 and 1, or as one column for each class."""
    targets = samples.targets
    if samples.task != "binary" or targets_as == "binary":
        return samples
    if targets_as == "signed":
        return replace(samples, targets=2.0 * targets - 1.0)
    return replace(
        samples,
        targets=np.concatenate([1.0 - targets, targets], axis=1),
        task="classification",
        target_names=samples.class_names,
    )


def split(samples: Samples, fraction: float, seed: int) -> tuple[Samples, Samples]:
    """Training and validation samples.

    The rows are shuffled; the first fraction of them, rounded, but at least one row and never all, is for
    validation. With fraction 0 nothing is shuffled, and no row is for validation.
    """
    rows = len(samples.inputs)
    if fraction == 0.0:
        order, count = np.arange(rows), 0
    else:
        order = random(seed, SPLIT).permutation(rows)
        count = min(max(1, floor(fraction * rows + 0.5)), rows - 1)
    return taken(samples, order[count:]), taken(samples, order[:count])


def taken(samples: Samples, rows: npt.NDArray[np.int64]) -> Samples:
    """Only these rows, in this order."""
    return replace(samples, inputs=samples.inputs[rows], targets=samples.targets[rows])


def prepared(training: Samples, later: Samples, features: tuple[str, ...], standardize: bool | Constants) -> Dataset:
    """The dataset of these samples.

    Standardizing subtracts the mean of the training rows from each column and divides by their standard deviation
    (the root of the mean square, as over a whole population). A column that never changes becomes 0: it is not
    divided. Where the offset and the scale of each column are given, they are taken in place of the rows' own.
    """
    with np.errstate(all="ignore"):
        inputs = derived(training.inputs, features)
        if isinstance(standardize, tuple):
            offset, scale = standardize
        else:
            offset, scale = statistics(inputs) if standardize else (np.zeros(inputs.shape[1]), np.ones(inputs.shape[1]))
        dataset = Dataset(
            inputs=frozen((inputs - offset) / scale),
            targets=frozen(training.targets),
            validation_inputs=frozen((derived(later.inputs, features) - offset) / scale),
            validation_targets=frozen(later.targets),
            task=training.task,
            input_names=features or training.input_names,
            target_names=training.target_names,
            class_names=training.class_names,
            source=training.source,
            raw_inputs=frozen(training.inputs),
            raw_validation_inputs=frozen(later.inputs),
            raw_names=training.input_names,
            features=features,
            input_offset=frozen(offset),
            input_scale=frozen(scale),
        )
    return dataset


def statistics(inputs: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The mean and the standard deviation of each column; for a column that never changes, its value and 1."""
    still = inputs.min(axis=0) == inputs.max(axis=0)
    return np.where(still, inputs[0], inputs.mean(axis=0)), np.where(still, 1.0, inputs.std(axis=0))
