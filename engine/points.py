"""Points of the data that are put in, moved, taken out or given another target while a run goes on.

A point is a row, and rows are counted through: the training rows first, the validation rows after them. So row N + i is
validation row i, and putting in a training row moves every validation row up by one.

Inputs are the raw ones, as a person reads them off the picture. The network gets what derived inputs and standardization
make of them; the constants of the standardization stay as they were, so that no point shifts because another one moved.
Data that were generated are written out row by row from then on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import numpy as np

from engine.datasets.dataset import Dataset, frozen
from engine.datasets.rows import MAX_ROWS
from engine.datasets.written import is_signed, written
from engine.errors import EditError, Problem
from engine.experiment import Experiment, check_targets
from engine.reader import REQUIRED, FloatArray, Reader, is_finite, shown

ADD: Final = "data.points.add"
FEED: Final = "data.points.feed"
MOVE: Final = "data.points.move"
TARGET: Final = "data.points.target"
REMOVE: Final = "data.points.remove"
POINTS: Final = frozenset({ADD, FEED, MOVE, TARGET, REMOVE})
DRAGGED: Final = frozenset({MOVE, TARGET})
"""Said again of the same row at the same moment, these take the place of what was said before."""


def with_points(experiment: Experiment, path: str, value: Any, index: tuple[int, ...] | None) -> Experiment:
    """The same experiment after one edit of its points.

    Args:
        experiment: as it is.
        path: one of POINTS.
        value: for `add` and `feed` an object with `input` (raw), `target` and, to add a validation row, `validation`; for
            `move` the raw inputs; for `target` the target; for `remove` nothing.
        index: the row, as (row,); None for `add` and `feed`.

    Raises:
        EditError: it is refused; the problems say why.
    """
    data = experiment.dataset
    if path in (ADD, FEED):
        if index is not None:
            raise EditError(Problem(f"{path} index", shown(list(index)), "no index: the row is put after the others"))
        raw, target, validation = read_point(experiment, path, value)
        end = len(data.validation_inputs if validation else data.inputs)
        if end >= MAX_ROWS:
            raise EditError(Problem(path, f"row {end + 1}", f"at most {MAX_ROWS} rows"))
        return spliced(experiment, validation, slice(end, end), raw[np.newaxis], target[np.newaxis])
    row = read_row(data, path, index)
    validation = row >= len(data.inputs)
    at = row - len(data.inputs) if validation else row
    here = slice(at, at + 1)
    if path == MOVE:
        return spliced(experiment, validation, here, inputs=read_raw(data, path, value)[np.newaxis])
    if path == TARGET:
        return spliced(experiment, validation, here, targets=read_target(experiment, path, value)[np.newaxis])
    if value is not None:
        raise EditError(Problem(path, shown(value), "nothing besides the index of the row"))
    check_removal(experiment, path, row)
    return spliced(experiment, validation, here, np.empty((0, data.raw_inputs.shape[1])), data.targets[:0])


def fed_after(path: str, index: tuple[int, ...] | None, after: Experiment, fed: int | None) -> int | None:
    """The row that is the batch of this step all by itself after an edit, or None for the usual batch.

    Args:
        path: of the edit.
        index: of the edit.
        after: the experiment after it.
        fed: that row before it.
    """
    if path == FEED:
        return len(after.dataset.inputs) - 1
    if path == REMOVE and fed is not None and index is not None and index[0] <= fed:
        return None if index[0] == fed else fed - 1
    other_data = path.startswith("data") and index is None and path not in POINTS
    return None if other_data else fed


def read_point(experiment: Experiment, path: str, value: Any) -> tuple[FloatArray, FloatArray, bool]:
    """Read a whole point: raw inputs (r,), target (k,), and whether it is for validation."""
    problems: list[Problem] = []
    reader = Reader(value, path, problems)
    given = {name: reader.raw(name) for name in ("input", "target")}
    validation = reader.boolean("validation", False) if path == ADD else False
    reader.finish()
    if isinstance(value, Mapping):
        for name, allowed in (("input", in_words(experiment.dataset)), ("target", "the target of the point")):
            if given[name] is None:
                reader.report(name, REQUIRED, allowed)
    if problems:
        raise EditError(*problems)
    raw = read_raw(experiment.dataset, f"{path}.input", given["input"])
    return raw, read_target(experiment, f"{path}.target", given["target"]), validation


def in_words(data: Dataset) -> str:
    """What raw inputs are."""
    return f"a list of {len(data.raw_names)} finite numbers: {', '.join(data.raw_names)}"


def read_raw(data: Dataset, path: str, value: Any) -> FloatArray:
    """Read raw inputs, (r,)."""
    if not isinstance(value, list) or len(value) != len(data.raw_names) or not all(map(is_finite, value)):
        raise EditError(Problem(path, shown(value), in_words(data)))
    raw = np.array(value, dtype=np.float64)
    with np.errstate(all="ignore"):
        inputs = data.from_raw(raw[np.newaxis])
    if not np.isfinite(inputs).all():
        raise EditError(Problem(path, shown(value), "numbers whose derived and standardized inputs are finite"))
    return raw


def read_target(experiment: Experiment, path: str, value: Any) -> FloatArray:
    """Read a target as typed rows have it, (k,): the number of a class, 0 or 1, −1 or 1, a number, or a list of numbers."""
    data = experiment.dataset
    width = data.targets.shape[1]
    numbers = value if isinstance(value, list) else [value]
    if not all(map(is_finite, numbers)) or len(numbers) not in (1, width):
        raise EditError(Problem(path, shown(value), target_in_words(experiment)))
    target = np.array(numbers, dtype=np.float64)
    good = len(numbers) == width
    if data.task == "binary":
        target = two_classes(experiment, target)
        good = bool(np.isfinite(target).all())
    elif data.task == "classification" and len(numbers) == 1:
        good = target[0] in range(width)
        target = np.equal(np.arange(width), target).astype(np.float64)
    elif data.task == "classification":
        with np.errstate(all="ignore"):
            good = bool((target >= 0.0).all() and abs(target.sum() - 1.0) < 1e-9)
    if not good:
        raise EditError(Problem(path, shown(value), target_in_words(experiment)))
    problems: list[Problem] = []
    alone = replace(data, targets=target[np.newaxis], validation_targets=data.targets[:0])
    check_targets(alone, experiment.loss, experiment.output, problems)
    if problems:
        raise EditError(*(Problem(path, shown(value), problem.allowed) for problem in problems))
    return target


def two_classes(experiment: Experiment, target: FloatArray) -> FloatArray:
    """A binary target in the way the data write theirs; not a number where it is none.

    Where every row is of class 1 nothing tells yet whether the other class is 0 or −1: either will do.
    """
    data = experiment.dataset
    undecided = bool((data.targets == 1.0).all() and (data.validation_targets == 1.0).all())
    if writes_signed(experiment):
        return np.where(target == 0.0, -1.0, np.where(np.isin(target, (-1.0, 1.0)), target, np.nan))
    return np.where(np.isin(target, (-1.0, 0.0, 1.0) if undecided else (0.0, 1.0)), target, np.nan)


def writes_signed(experiment: Experiment) -> bool:
    """Whether its two classes are −1 and 1, even if no row of class −1 is left."""
    data = experiment.dataset
    return data.task == "binary" and (is_signed(data) or experiment.document["data"].get("targets_as") == "signed")


def target_in_words(experiment: Experiment) -> str:
    """What a target may be."""
    data = experiment.dataset
    width = data.targets.shape[1]
    if data.task == "binary":
        return "−1 or 1, or 0 for −1" if writes_signed(experiment) else "0 or 1"
    if data.task == "classification":
        return f"the number of a class, 0 to {width - 1}, or {width} probabilities that add up to 1"
    return "a finite number" if width == 1 else f"a list of {width} finite numbers"


def read_row(data: Dataset, path: str, index: tuple[int, ...] | None) -> int:
    """Read which row."""
    training, validation = len(data.inputs), len(data.validation_inputs)
    row = index[0] if index is not None and len(index) == 1 else None
    if not isinstance(row, int) or isinstance(row, bool) or not 0 <= row < training + validation:
        allowed = f"[row]: 0 to {training - 1}, the training rows"
        if validation:
            allowed += f", or {training} to {training + validation - 1}, the validation rows"
        given = "missing" if index is None else shown(list(index))
        raise EditError(Problem(f"{path} index", given, allowed))
    return row


def check_removal(experiment: Experiment, path: str, row: int) -> None:
    """Something must be left to train on, and to validate with where training ends by validation."""
    training, validation = len(experiment.dataset.inputs), len(experiment.dataset.validation_inputs)
    if row < training == 1:
        raise EditError(Problem(f"{path} index", shown([row]), "any row but the last one that is left to train on"))
    if row >= training and validation == 1 and experiment.early_stopping is not None:
        allowed = "any row but the last one that early stopping validates with"
        raise EditError(Problem(f"{path} index", shown([row]), allowed))


def spliced(
    experiment: Experiment,
    validation: bool,
    place: slice,
    inputs: FloatArray | None = None,
    targets: FloatArray | None = None,
) -> Experiment:
    """The same experiment with some rows of its data replaced.

    Args:
        experiment: as it is.
        validation: whether the place is among the validation rows.
        place: the rows that give way, from start to stop.
        inputs: raw inputs (m, r) that come instead; None where inputs stay.
        targets: likewise the targets (m, k).
    """
    data = experiment.dataset
    rows = rows_of(experiment)
    part = "validation_" if validation else ""
    if inputs is not None:
        name = f"{part}inputs"
        # Rows that stay are shared with the document before: a point that is dragged makes many documents.
        rows[name] = [*rows.get(name, [])[: place.start], *inputs.tolist(), *rows.get(name, [])[place.stop :]]
        raw = replaced(data.raw_validation_inputs if validation else data.raw_inputs, place, inputs)
        ready = frozen(data.from_raw(raw)) if is_prepared(data) else raw
        data = (
            replace(data, raw_validation_inputs=raw, validation_inputs=ready)
            if validation
            else replace(data, raw_inputs=raw, inputs=ready)
        )
    if targets is not None:
        name = f"{part}targets"
        rows[name] = [*rows.get(name, [])[: place.start], *targets.tolist(), *rows.get(name, [])[place.stop :]]
        changed = replaced(data.validation_targets if validation else data.targets, place, targets)
        data = replace(data, validation_targets=changed) if validation else replace(data, targets=changed)
    if is_signed(data) or writes_signed(experiment):
        rows["targets_as"] = "signed"
    if len(data.validation_inputs) == 0:
        rows = {name: value for name, value in rows.items() if not name.startswith("validation_")}
    given = experiment.document.get("batch_size")
    count = len(data.inputs)
    return replace(
        experiment,
        dataset=data,
        document={**experiment.document, "data": rows},
        batch_size=count if given is None else min(int(given), count),
    )


def replaced(rows: FloatArray, place: slice, new: FloatArray) -> FloatArray:
    """Rows with others in some place."""
    return frozen(np.concatenate([rows[: place.start], new, rows[place.stop :]]))


def is_prepared(data: Dataset) -> bool:
    """Whether the network gets other numbers than the raw ones."""
    return bool(data.features or data.input_offset.any() or (data.input_scale != 1.0).any())


def rows_of(experiment: Experiment) -> dict[str, Any]:
    """The document's data written out; as they stand there, if they are."""
    given, data = experiment.document["data"], experiment.dataset
    as_is = (
        isinstance(given.get("standardize", {}), Mapping)
        and {"task", "input_names", "target_names"} <= given.keys()
        and same_numbers(given.get("inputs"), data.raw_inputs)
        and same_numbers(given.get("targets"), data.targets)
        and same_numbers(given.get("validation_inputs", []), data.raw_validation_inputs)
        and same_numbers(given.get("validation_targets", []), data.validation_targets)
    )
    return dict(given) if as_is else written(data)


def same_numbers(given: Any, numbers: FloatArray) -> bool:
    """Whether a field of the document, which has been read before, holds these rows."""
    if not isinstance(given, list) or len(given) != len(numbers):
        return False
    return len(given) == 0 or bool(np.array_equal(np.array(given, dtype=np.float64), numbers))
