"""From a table to an experiment: which columns are what, which rows are left out, and the network that fits."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Final, Literal, cast

import numpy as np
from typing_extensions import TypedDict

from app.documents import experiment_of
from app.encode import encode
from app.refusals import RefusedError
from app.settings import Settings
from app.tables import DELIMITERS, BadCell, Column, Kind, Table, is_missing, number_of, read_table, short, wrong_with
from app.wire import Value
from engine import Problem
from engine.reader import Reader, shown

MOST_TOLD: Final = 20
ROWS_SHOWN: Final = 8
MOST_CATEGORIES: Final = 20
"""Categories of one input; each becomes a column of its own."""
MOST_CLASSES: Final = 50
FEW_CATEGORIES: Final = 8
"""Up to so many, a column of categories is an input unless somebody says otherwise."""
ENOUGH_FOR_VALIDATION: Final = 50
LARGEST_VALIDATION: Final = 0.5
TARGET_NAMES: Final = (
    *("target", "y", "class", "label", "species", "outcome", "output", "result", "diagnosis"),
    *("category", "price", "quality", "survived"),
)
TASKS: Final = ("regression", "binary", "classification")
SUITABLE: Final[Mapping[str, tuple[str, ...]]] = {
    "regression": ("mean_squared_error", "half_squared_error", "mean_absolute_error", "huber"),
    "binary": ("binary_cross_entropy",),
    "classification": ("categorical_cross_entropy",),
}
"""Losses that a task may keep; the first is the usual one."""
OUTPUT: Final = {"regression": "identity", "binary": "sigmoid", "classification": "softmax"}
NOT_USABLE: Final = "This table cannot be used like that."

Task = Literal["regression", "binary", "classification"]


class Category(TypedDict):
    """A category and how many rows have it."""

    name: str
    count: int


class ColumnInfo(TypedDict):
    """What a column holds; least, mean and largest are null where it is not numbers."""

    name: str
    kind: Kind
    use: Literal["input", "target", "none"]
    missing: int
    distinct: int
    least: Value
    mean: Value
    largest: Value
    categories: list[Category]


class BadCellInfo(TypedDict):
    """Something that is wrong with a row; the column is empty where it is the row as a whole."""

    line: int
    column: str
    value: str
    why: str


class BadRows(TypedDict):
    """Everything that is wrong: how many things, in how many rows, and the first of them."""

    count: int
    rows: int
    told: list[BadCellInfo]


class Choices(TypedDict):
    """What somebody decided about a table, or what was guessed in their place."""

    header: bool
    delimiter: str
    inputs: list[str]
    target: str
    task: Task
    standardize: bool
    validation: float
    divide_target_by: float
    skip_bad_rows: bool
    seed: int


class Preview(TypedDict):
    """A table as it has been understood.

    `data` and `experiment` are null as long as rows have problems and nobody has said that these be left out.
    """

    words: str
    decimal: str
    rows: int
    good_rows: int
    columns: list[ColumnInfo]
    first_rows: list[list[str]]
    bad: BadRows
    choices: Choices
    data: dict[str, Any] | None
    experiment: dict[str, Any] | None


@dataclass(frozen=True)
class Sorted:
    """Rows without problems.

    Attributes:
        rows: their numbers in the table.
        bad: what is wrong with the others.
    """

    rows: tuple[int, ...]
    bad: tuple[BadCell, ...]


def preview_table(asked: Mapping[str, Any], settings: Settings) -> Preview:
    """What a table holds, what is wrong with it, and the experiment that it makes.

    Args:
        asked: `text`; and where there are some `choices` (each may be left out) and the present `experiment`.
        settings: the limits: the bytes of the text, the rows, and those of the experiment.

    Raises:
        RefusedError: there is no table in it, it is too large, or a choice does not fit it.
    """
    problems: list[Problem] = []
    reader = Reader(asked, "", problems)
    text = reader.text("text")
    chosen = reader.inside("choices")
    present = reader.raw("experiment")
    reader.finish()
    if present is not None and not isinstance(present, Mapping):
        reader.report("experiment", present, "the document of an experiment")
    if len(text.encode("utf-8", "surrogatepass")) > settings.max_document_bytes:
        problems.append(Problem("text", "a longer text", f"at most {settings.max_document_bytes:,} bytes"))
    delimiter = chosen.choice("delimiter", DELIMITERS) if chosen.has("delimiter") else None
    header = chosen.boolean("header", True) if chosen.has("header") else None
    _raise(problems)
    table = read_table(text, max_rows=settings.max_samples, delimiter=delimiter, header=header)
    choices = read_choices(chosen, table)
    _raise(problems)
    sorted_rows = sort_rows(table, choices)
    data: dict[str, Any] | None = None
    experiment: dict[str, Any] | None = None
    if sorted_rows.rows and (choices["skip_bad_rows"] or not sorted_rows.bad):
        data = data_of(table, choices, sorted_rows.rows)
        experiment = fitted(present, data, choices["task"])
        checked = experiment_of(experiment, settings)
        size = len(encode(checked.to_json()))
        if size > settings.max_document_bytes:
            given = f"an experiment of {size:,} bytes"
            raise RefusedError(NOT_USABLE, [Problem("text", given, f"at most {settings.max_document_bytes:,} bytes")])
    return {
        "words": words_of(table, choices, sorted_rows),
        "decimal": table.decimal,
        "rows": len(table.lines) + len(table.misfits),
        "good_rows": len(sorted_rows.rows),
        "columns": [describe(column, table.decimal, choices) for column in table.columns],
        "first_rows": [
            [short(column.cells[row]) for column in table.columns] for row in range(min(ROWS_SHOWN, len(table.lines)))
        ],
        "bad": {
            "count": len(sorted_rows.bad),
            "rows": len({cell.line for cell in sorted_rows.bad}),
            "told": [
                {"line": cell.line, "column": cell.column, "value": cell.value, "why": cell.why}
                for cell in sorted_rows.bad[:MOST_TOLD]
            ],
        },
        "choices": choices,
        "data": data,
        "experiment": experiment,
    }


def _raise(problems: Sequence[Problem]) -> None:
    if problems:
        raise RefusedError(NOT_USABLE, problems)


# ---------------------------------------------------------------------- choices


def read_choices(reader: Reader, table: Table) -> Choices:
    """What somebody chose, with guesses for what they left open; problems go into the reader's list."""
    names = [column.name for column in table.columns]
    target = reader.choice("target", names, guess_target(table))
    inputs = read_inputs(reader, table, target)
    column = table.column(target)
    task = cast(Task, reader.choice("task", TASKS, guess_task(column, table.decimal)))
    if task == "regression" and not column.numeric:
        reader.report("task", task, f"binary or classification, because {shown(target)} is not a column of numbers")
    classes = len(classes_of(column, table.decimal))
    if task == "binary" and classes != 2:
        reader.report("task", task, f"not binary, because {shown(target)} has {classes} different values and not 2")
    if task == "classification" and not 2 <= classes <= MOST_CLASSES:
        allowed = f"2 to {MOST_CLASSES} classes; {shown(target)} has {classes} different values"
        reader.report("task", task, allowed)
    for name in inputs:
        one = table.column(name)
        categories = 0 if one.numeric else len(classes_of(one, table.decimal))
        if categories > MOST_CATEGORIES:
            reader.report("inputs", name, f"columns of numbers, or of at most {MOST_CATEGORIES} categories")
    rows = len(table.lines)
    choices: Choices = {
        "header": table.header,
        "delimiter": table.delimiter,
        "inputs": inputs,
        "target": target,
        "task": task,
        "standardize": reader.boolean("standardize", wants_standardizing(table, inputs)),
        "validation": reader.number(
            "validation", 0.2 if rows >= ENOUGH_FOR_VALIDATION else 0.0, at_least=0.0, at_most=LARGEST_VALIDATION
        ),
        "divide_target_by": reader.number(
            "divide_target_by", guess_divisor(column, table.decimal) if task == "regression" else 1.0, above=0.0
        ),
        "skip_bad_rows": reader.boolean("skip_bad_rows", False),
        "seed": reader.integer("seed", 0, at_least=0, at_most=2**53 - 1),
    }
    reader.finish()
    return choices


def read_inputs(reader: Reader, table: Table, target: str) -> list[str]:
    """Which columns the network gets."""
    if not reader.has("inputs"):
        others = [column for column in table.columns if column.name != target]
        usual = [column.name for column in others if is_usual_input(column)]
        inputs = usual or [column.name for column in others if column.numeric]
        if not inputs:
            reader.report("inputs", [], "at least one column of numbers besides the target")
        return inputs
    given = reader.raw("inputs")
    names = [column.name for column in table.columns]
    if not isinstance(given, list) or not given:
        reader.report("inputs", given, "a list of at least one column")
        return []
    inputs = []
    for number, name in enumerate(given):
        if name not in names or name == target or name in inputs:
            wanted = ", ".join(shown(one) for one in names if one != target)
            reader.report(f"inputs[{number}]", name, f"one of {wanted}, each once")
        else:
            inputs.append(str(name))
    return inputs


def is_usual_input(column: Column) -> bool:
    """Whether a column is an input unless somebody says otherwise."""
    few = column.kind == "category" and len({cell for cell in column.cells if not is_missing(cell)}) <= FEW_CATEGORIES
    return column.kind == "number" or few


def is_usual_target(column: Column) -> bool:
    """Whether a column can be predicted: numbers, or not too many categories."""
    few = len({cell for cell in column.cells if not is_missing(cell)}) <= MOST_CLASSES
    return column.kind == "number" or (column.kind == "category" and few)


def guess_target(table: Table) -> str:
    """The column with a telling name, or else the last one that holds something."""
    usable = [column for column in table.columns if is_usual_target(column)] or list(table.columns)
    named = {column.name.casefold(): column.name for column in usable}
    return next((named[name] for name in TARGET_NAMES if name in named), usable[-1].name)


def guess_task(column: Column, decimal: str) -> Task:
    """What the target most likely is: classes where it is text, or whole numbers from 0 or 1 on without a gap."""
    classes = classes_of(column, decimal)
    if not column.numeric:
        return "binary" if len(classes) == 2 else "classification"
    values = [number_of(name, decimal) for name in classes]
    if len(classes) == 2 and (set(values) <= {0.0, 1.0} or set(values) <= {-1.0, 1.0}):
        return "binary"
    first = values[0] if values else None
    whole = first in (0.0, 1.0) and values == [first + step for step in range(len(values)) if first is not None]
    present = sum(not is_missing(cell) for cell in column.cells)
    return "classification" if whole and 3 <= len(values) <= 10 and present >= 3 * len(values) else "regression"


def wants_standardizing(table: Table, inputs: Sequence[str]) -> bool:
    """Whether an input goes beyond what a network likes."""
    numbers = [number for name in inputs for number in numbers_of(table.column(name), table.decimal)]
    return any(abs(number) > 3.0 for number in numbers)


def guess_divisor(column: Column, decimal: str) -> float:
    """A power of ten that brings a large target down to single digits."""
    largest = max((abs(number) for number in numbers_of(column, decimal)), default=0.0)
    return 1.0 if largest < 100.0 else 10.0 ** math.floor(math.log10(largest))


# ---------------------------------------------------------------------- rows


def numbers_of(column: Column, decimal: str) -> list[float]:
    """The finite numbers of a column."""
    if not column.numeric:
        return []
    numbers = (number_of(cell, decimal) for cell in column.cells)
    return [number for number in numbers if number is not None and math.isfinite(number)]


def classes_of(column: Column, decimal: str) -> list[str]:
    """The different values of a column: numbers in their order, text in that of the alphabet."""
    values = {cell for cell in column.cells if not is_missing(cell)}
    if not column.numeric:
        return sorted(values)
    by_number: dict[float, str] = {}
    for cell in sorted(values):
        number = number_of(cell, decimal)
        if number is not None and math.isfinite(number):
            by_number.setdefault(number, cell)
    return [by_number[number] for number in sorted(by_number)]


def sort_rows(table: Table, choices: Choices) -> Sorted:
    """Which rows can be used, and what is wrong with the others, in the order of the text."""
    used = [table.column(name) for name in (*choices["inputs"], choices["target"])]
    bad: list[BadCell] = list(table.misfits)
    rows = []
    for row, line in enumerate(table.lines):
        wrong = [
            BadCell(line, column.name, short(column.cells[row]), why)
            for column in used
            if (why := wrong_with(column.cells[row], table.decimal, numeric=column.numeric))
        ]
        bad += wrong
        if not wrong:
            rows.append(row)
    return Sorted(tuple(rows), tuple(sorted(bad, key=lambda cell: cell.line)))


def data_of(table: Table, choices: Choices, rows: Sequence[int]) -> dict[str, Any]:
    """The `data` of an experiment.

    A column of categories becomes a column of 0 and 1 for each category. The engine splits and standardizes.

    Raises:
        RefusedError: the rows that are left do not show two classes.
    """
    columns: list[list[float]] = []
    names: list[str] = []
    for name in choices["inputs"]:
        column = table.column(name)
        if column.numeric:
            columns.append([_number(column.cells[row], table.decimal) for row in rows])
            names.append(name)
            continue
        for category in classes_of(column, table.decimal):
            columns.append([float(column.cells[row] == category) for row in rows])
            names.append(f"{name}={category}"[:80])
    target = table.column(choices["target"])
    data: dict[str, Any] = {
        "inputs": [list(row) for row in zip(*columns, strict=True)],
        "targets": [],
        "task": choices["task"],
        "input_names": names,
        "standardize": choices["standardize"],
        "validation": choices["validation"] if len(rows) > 1 else 0.0,
        "seed": choices["seed"],
    }
    if choices["task"] == "regression":
        divisor = choices["divide_target_by"]
        data["targets"] = [_number(target.cells[row], table.decimal) / divisor for row in rows]
        data["target_names"] = [target.name if divisor == 1.0 else f"{target.name} / {divisor:g}"]
        return data
    classes = classes_of(target, table.decimal)
    place = {_key(name, target, table.decimal): number for number, name in enumerate(classes)}
    data["targets"] = [place[_key(target.cells[row], target, table.decimal)] for row in rows]
    data["class_names"] = classes
    if len(set(data["targets"])) < 2:
        given = f"one class only in the {len(rows)} rows that are left"
        raise RefusedError(NOT_USABLE, [Problem("text", given, "rows of at least two classes")])
    return data


def _number(cell: str, decimal: str) -> float:
    number = number_of(cell, decimal)
    if number is None:
        raise AssertionError("rows with problems have been left out")
    return number


def _key(cell: str, column: Column, decimal: str) -> str | float:
    """What two ways to write the same class have in common."""
    return _number(cell, decimal) if column.numeric else cell


# ---------------------------------------------------------------------- the experiment


def fitted(present: Mapping[str, Any] | None, data: dict[str, Any], task: Task) -> dict[str, Any]:
    """The experiment on these data: hidden layers, optimizer and seed as they are, the two ends made to fit.

    Args:
        present: the experiment, or the document of a run of it; a small network where there is none.
        data: of the new experiment.
        task: what its targets are.
    """
    given = present.get("experiment", present) if present is not None else None
    document = deepcopy(dict(given)) if isinstance(given, Mapping) else _small_network()
    fan_in = len(data["inputs"][0])
    outputs = len(data["class_names"]) if task == "classification" else 1
    document["data"] = data
    document.pop("title", None)
    if not data["validation"]:
        document.pop("early_stopping", None)
    loss = document.get("loss", "")
    name = loss.get("type") if isinstance(loss, Mapping) else loss
    if name not in SUITABLE[task]:
        document["loss"] = SUITABLE[task][0]
    network = document.get("network")
    layers = network.get("layers") if isinstance(network, Mapping) else None
    if not isinstance(layers, list) or not layers or not all(isinstance(layer, dict) for layer in layers):
        return document  # it is no network, and reading it will say so
    fit_layer(layers[-1], units=outputs)
    layers[-1]["activation"] = OUTPUT[task]
    first = next((layer for layer in layers if layer.get("type", "dense") == "dense"), layers[-1])
    fit_layer(first, fan_in=fan_in)
    return document


def fit_layer(layer: dict[str, Any], *, units: int | None = None, fan_in: int | None = None) -> None:
    """Give a layer another size; explicit numbers that do not fit it any more are left out."""
    weights = layer.get("W")
    has_units = layer.get("units", len(weights) if isinstance(weights, list) else None)
    has_fan_in = len(weights[0]) if isinstance(weights, list) and weights and isinstance(weights[0], list) else None
    if (units is not None and has_units != units) or (fan_in is not None and has_fan_in not in (None, fan_in)):
        layer.pop("W", None)
        if units is not None and has_units != units:
            layer.pop("b", None)
    if units is not None:
        layer["units"] = units
    elif has_units is not None:
        layer["units"] = has_units


def _small_network() -> dict[str, Any]:
    return {
        "version": 1,
        "network": {"layers": [{"type": "dense", "units": 4, "activation": "tanh"}, {"type": "dense"}]},
        "optimizer": {"type": "sgd", "learning_rate": 0.1},
    }


# ---------------------------------------------------------------------- telling


def describe(column: Column, decimal: str, choices: Choices) -> ColumnInfo:
    """What a column holds."""
    present = [cell for cell in column.cells if not is_missing(cell)]
    counts = Counter(present)
    numbers = np.array(numbers_of(column, decimal))
    use: Literal["input", "target", "none"] = "none"
    if column.name in choices["inputs"]:
        use = "input"
    elif column.name == choices["target"]:
        use = "target"
    lists = column.kind in ("category", "constant") or (use == "target" and choices["task"] != "regression")
    with np.errstate(all="ignore"):
        mean = float(numbers.mean()) if len(numbers) else None
    return {
        "name": column.name,
        "kind": column.kind,
        "use": use,
        "missing": len(column.cells) - len(present),
        "distinct": len(counts),
        "least": float(numbers.min()) if len(numbers) else None,
        "mean": mean,
        "largest": float(numbers.max()) if len(numbers) else None,
        "categories": [
            {"name": short(name), "count": count} for name, count in counts.most_common(MOST_CLASSES) if lists
        ],
    }


def words_of(table: Table, choices: Choices, sorted_rows: Sorted) -> str:
    """What has been understood, in a sentence or two."""
    task = {
        "regression": "a number to be predicted",
        "binary": "one of two classes",
        "classification": f"one of {len(classes_of(table.column(choices['target']), table.decimal))} classes",
    }[choices["task"]]
    good, all_rows = len(sorted_rows.rows), len(table.lines) + len(table.misfits)
    count = f"{all_rows} row{'s' if all_rows != 1 else ''}"
    inputs = len(choices["inputs"])
    words = f"{count}; {inputs} input{'s' if inputs != 1 else ''}; {choices['target']} is {task}."
    if not sorted_rows.bad:
        return words
    bad = all_rows - good
    if choices["skip_bad_rows"]:
        return f"{words} {bad} {'row with problems is' if bad == 1 else 'rows with problems are'} left out."
    if bad == 1:
        return f"{words} 1 row has problems: correct it, or have it left out."
    return f"{words} {bad} rows have problems: correct them, or have them left out."
