"""Data typed in, row by row: every number is checked, and what the targets mean is found out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final, TypeGuard, cast

import numpy as np
import numpy.typing as npt

from engine.datasets.dataset import Task
from engine.datasets.samples import Samples, TargetsAs, one_hot
from engine.errors import Problem
from engine.reader import REQUIRED, FloatArray, Reader, shown

MAX_ROWS: Final = 10_000
MAX_COLUMNS: Final = 784
MAX_TOLD: Final = 20
TASKS: Final = ("regression", "binary", "classification")


@dataclass(frozen=True, eq=False)
class Table:
    """Numbers in rows.

    Attributes:
        numbers: shape (rows, columns).
        flat: whether it was typed as one list of numbers, which are then its only column.
        whole: whether it is flat and every number was typed as a whole number, without a decimal point.
    """

    numbers: FloatArray
    flat: bool
    whole: bool


@dataclass(frozen=True, eq=False)
class Meaning:
    """What target numbers turned out to be; the attributes are those of Samples."""

    task: Task
    targets: FloatArray
    target_names: tuple[str, ...]
    class_names: tuple[str, ...] = ()
    targets_as: TargetsAs = "binary"


def read_rows(reader: Reader) -> tuple[Samples, Samples | None] | None:
    """Read typed-in rows for training and, if they are given, for validation; None after a problem.

    Targets are taken as `task` says. Without it, a flat list of whole numbers that holds exactly 0, 1, …, k − 1 with
    k ≥ 3 is a list of classes, and rows of several columns with a single 1 among zeros are classes too; one column
    in which both 0 and 1, or both −1 and 1, and nothing else occur is binary; everything else is regression.
    """
    before = len(reader.problems)
    for name in ("input_names", "target_names", "class_names"):
        reader.raw(name)
    source = reader.text("source")
    task = cast(Task, reader.choice("task", TASKS)) if reader.has("task") else None
    inputs = read_table(reader, "inputs")
    targets = read_table(reader, "targets", may_be_flat=True)
    later_inputs, later_targets = None, None
    if has_rows(reader, "validation_inputs") or has_rows(reader, "validation_targets"):
        later_inputs = read_table(reader, "validation_inputs", inputs)
        later_targets = read_table(reader, "validation_targets", targets, may_be_flat=True)
    check_lengths(reader, "inputs", inputs, "targets", targets)
    check_lengths(reader, "validation_inputs", later_inputs, "validation_targets", later_targets)
    if len(reader.problems) > before or inputs is None or targets is None:
        return None
    tables = [table for table in (targets, later_targets) if table is not None]
    numbers = np.concatenate([table.numbers for table in tables])
    meaning = interpret(reader, numbers, all(table.whole for table in tables), task, len(targets.numbers))
    names = read_names(reader, "input_names", numbered("x", columns(inputs.numbers)))
    if meaning is None or len(reader.problems) > before:
        return None
    count = len(inputs.numbers)
    training = samples(meaning, slice(0, count), inputs.numbers, names, source)
    if later_inputs is None:
        return training, None
    return training, samples(meaning, slice(count, None), later_inputs.numbers, names, source)


def has_rows(reader: Reader, name: str) -> bool:
    """Whether a field is there, and is not an empty list."""
    value = reader.raw(name)
    return value is not None and not (is_row(value) and len(value) == 0)


def check_lengths(reader: Reader, first: str, inputs: Table | None, second: str, targets: Table | None) -> None:
    """Report inputs and targets of different length."""
    if inputs is not None and targets is not None and len(inputs.numbers) != len(targets.numbers):
        wanted = f"{counted(len(inputs.numbers))}, one for each row of {first}"
        reader.problems.append(Problem(reader.at(second), counted(len(targets.numbers)), wanted))


def read_table(reader: Reader, name: str, like: Table | None = None, *, may_be_flat: bool = False) -> Table | None:
    """Read a list of rows of numbers; None after a problem.

    Args:
        reader: the object whose field it is.
        name: the field.
        like: a table that this one must have as many columns as.
        may_be_flat: whether a list of numbers will do for one column.
    """
    value = reader.raw(name)
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if not is_row(value) or len(value) == 0:
        reader.report(name, REQUIRED if value is None else value, "a list of at least one row, each a list of numbers")
        return None
    if len(value) > MAX_ROWS:
        reader.problems.append(Problem(reader.at(name), counted(len(value)), f"at most {counted(MAX_ROWS)}"))
        return None
    flat = may_be_flat and not any(is_row(row) for row in value)
    rows: Sequence[object] = [(number,) for number in value] if flat else value
    width = columns(like.numbers) if like is not None else next((len(row) for row in rows if is_row(row)), 1)
    if not 1 <= width <= MAX_COLUMNS:
        wanted = f"rows of 1 to {MAX_COLUMNS} numbers"
        reader.problems.append(Problem(reader.at(name), f"rows of {width} numbers", wanted))
        return None
    told = list(islice(complaints(rows, width, reader.at(name), flat), MAX_TOLD + 1))
    reader.problems.extend(told[:MAX_TOLD])
    if len(told) > MAX_TOLD:
        words = f"more than {MAX_TOLD} wrong entries"
        reader.problems.append(Problem(reader.at(name), words, f"finite numbers; the first {MAX_TOLD} are told"))
    if told:
        return None
    whole = flat and all(isinstance(number, int | np.integer) for number in value)
    return Table(np.array(rows, dtype=np.float64), flat, whole)


def complaints(rows: Sequence[object], width: int, path: str, flat: bool) -> Iterator[Problem]:
    """What is wrong with each row, and with each number of a row of the right length."""
    for index, row in enumerate(rows):
        where = f"{path}[{index}]"
        if not is_row(row):
            yield Problem(where, shown(row), "a row: a list of numbers")
        elif len(row) != width:
            wanted = f"a row of {width}" + (", as long as the others" if len(rows) > 1 else "")
            yield Problem(where, f"a row of {len(row)}", wanted)
        elif not all_plain(row):
            for column, number in enumerate(row):
                if not is_finite_number(number):
                    yield Problem(where if flat else f"{where}[{column}]", shown(number), "a finite number")


def is_row(row: object) -> TypeGuard[Sequence[object]]:
    """Whether something can be read as a row."""
    return isinstance(row, list | tuple)


def all_plain(row: Sequence[object]) -> bool:
    """Whether a row is surely all finite numbers, found out without looking at each by itself."""
    if not set(map(type, row)) <= {int, float}:
        return False
    try:
        return bool(np.isfinite(np.array(row, dtype=np.float64)).all())
    except OverflowError:
        return False


def is_finite_number(number: object) -> bool:
    """Whether something is a number that float64 can hold."""
    if isinstance(number, bool) or not isinstance(number, int | float | np.integer | np.floating):
        return False
    try:
        return bool(np.isfinite(float(number)))
    except OverflowError:
        return False


def interpret(reader: Reader, numbers: FloatArray, whole: bool, task: Task | None, training: int) -> Meaning | None:
    """What target numbers mean; None after a problem.

    Args:
        reader: the object they were read from; it may also name the classes.
        numbers: training and validation targets one above the other, shape (rows, k).
        whole: whether they were typed as one list of whole numbers.
        task: what the document says they are, if it does.
        training: how many rows are for training; the rest is told about as validation.
    """
    found = task or inferred(numbers, whole)
    if found == "binary":
        return binary(reader, numbers, training)
    if found == "classification":
        return classification(reader, numbers, training)
    if reader.has("class_names"):
        reader.report("class_names", reader.raw("class_names"), "no names of classes where the task is regression")
    return Meaning("regression", numbers, read_names(reader, "target_names", numbered("y", columns(numbers))))


def inferred(numbers: FloatArray, whole: bool) -> Task:
    """What the targets are most likely to be."""
    values = set(np.unique(numbers).tolist())
    if columns(numbers) > 1:
        single = values == {0.0, 1.0} and bool((numbers.sum(axis=1) == 1.0).all())
        return "classification" if single else "regression"
    if values in ({0.0, 1.0}, {-1.0, 1.0}):
        return "binary"
    if whole and len(values) >= 3 and values == set(range(len(values))):
        return "classification"
    return "regression"


def binary(reader: Reader, numbers: FloatArray, training: int) -> Meaning | None:
    """One column of 0 and 1, or of −1 and 1."""
    if columns(numbers) != 1:
        given = f"rows of {columns(numbers)} numbers"
        reader.problems.append(Problem(reader.at("targets"), given, "one column where the task is binary"))
        return None
    how: TargetsAs = "signed" if bool((numbers == -1.0).any()) else "binary"
    good = (numbers[:, 0] == (-1.0 if how == "signed" else 0.0)) | (numbers[:, 0] == 1.0)
    if not good.all():
        wanted = "0 or 1, or else −1 or 1 throughout, where the task is binary"
        tell_rows(reader, numbers, ~good, training, wanted)
        return None
    class_names = read_names(reader, "class_names", ("−1", "1") if how == "signed" else ("0", "1"))
    target_names = read_names(reader, "target_names", class_names[1:] if reader.has("class_names") else ("y",))
    return Meaning("binary", (numbers == 1.0).astype(np.float64), target_names, class_names, how)


def classification(reader: Reader, numbers: FloatArray, training: int) -> Meaning | None:
    """Labels 0, 1, … in one column, or one column for each class."""
    if columns(numbers) > 1:
        with np.errstate(all="ignore"):
            good = (numbers >= 0.0).all(axis=1) & (np.abs(numbers.sum(axis=1) - 1.0) < 1e-9)
        wanted = "a row with a single 1 among zeros, or probabilities that sum to 1, where the task is classification"
        targets = numbers
    else:
        labels, named = numbers[:, 0], reader.raw("class_names")
        largest = int(np.clip(labels.max(), 1, MAX_COLUMNS - 1))
        count = len(named) if is_row(named) and len(named) > 1 else largest + 1
        good = (labels == np.floor(labels)) & (labels >= 0.0) & (labels < count)
        wanted = f"the whole number of a class, 0 to {count - 1}"
        targets = one_hot(np.where(good, labels, 0.0).astype(np.int64), count)
    if not good.all():
        tell_rows(reader, numbers, ~good, training, wanted)
        return None
    class_names = read_names(reader, "class_names", tuple(str(index) for index in range(columns(targets))))
    target_names = read_names(reader, "target_names", class_names)
    return Meaning("classification", targets, target_names, class_names)


def tell_rows(reader: Reader, numbers: FloatArray, bad: npt.NDArray[np.bool_], training: int, wanted: str) -> None:
    """Report the bad rows of the targets, the first twenty of them."""
    indices = np.flatnonzero(bad).tolist()
    for index in indices[:MAX_TOLD]:
        row = [int(number) if number == int(number) else number for number in numbers[index].tolist()]
        place = f"targets[{index}]" if index < training else f"validation_targets[{index - training}]"
        reader.report(place, row[0] if len(row) == 1 else row, wanted)
    if len(indices) > MAX_TOLD:
        words = f"{len(indices)} wrong rows"
        reader.problems.append(Problem(reader.at("targets"), words, f"{wanted}; the first {MAX_TOLD} are told"))


def samples(meaning: Meaning, rows: slice, inputs: FloatArray, input_names: tuple[str, ...], source: str) -> Samples:
    """Some rows of the targets, with their inputs."""
    return Samples(
        inputs,
        meaning.targets[rows],
        meaning.task,
        input_names,
        meaning.target_names,
        meaning.class_names,
        source,
        targets_as=meaning.targets_as,
    )


def read_names(reader: Reader, name: str, default: tuple[str, ...]) -> tuple[str, ...]:
    """Read a list of as many names as the default has."""
    value = reader.raw(name)
    if value is None:
        return default
    wanted = f"a list of {len(default)} name{'s' if len(default) != 1 else ''}"
    if not is_row(value) or len(value) != len(default):
        reader.report(name, value, wanted)
        return default
    names = tuple(word for word in value if isinstance(word, str) and word)
    if len(names) != len(default):
        reader.report(name, value, wanted + ", none of them empty")
        return default
    return names


def numbered(letter: str, count: int) -> tuple[str, ...]:
    """`x` for one column; `x1`, `x2`, … for more."""
    return (letter,) if count == 1 else tuple(f"{letter}{index + 1}" for index in range(count))


def columns(numbers: FloatArray) -> int:
    """How many columns a table has."""
    return int(numbers.shape[1])


def counted(rows: int) -> str:
    """`1 row`, `2 rows`."""
    return f"{rows} row{'s' if rows != 1 else ''}"
