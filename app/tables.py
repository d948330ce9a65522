"""Reading a table that somebody pastes: from text to named columns, with everything that is wrong with it named.

Nothing is known of the text beforehand: the delimiter, the decimal sign, whether the first row is a heading and what
each column holds are guessed, and every guess can be overruled.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from app.refusals import RefusedError
from engine import Problem
from engine.datasets.rows import MAX_COLUMNS
from engine.reader import shown

DELIMITERS: Final = ("\t", ";", ",")
"""In the order in which they are tried: a comma may also be a decimal sign, a tab is never anything else."""
PROBED_ROWS: Final = 200
LONGEST_NAME: Final = 60
LONGEST_VALUE: Final = 40

Kind = Literal["number", "category", "constant", "empty", "identifier"]

_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_DECIMAL_COMMA: Final = re.compile(r"[+-]?[0-9]*,[0-9]+(?:[eE][+-]?[0-9]+)?")
_MISSING: Final = frozenset({"", "na", "n/a", "nan", "null", "?", "#n/a"})
_IDENTIFIERS: Final = frozenset({"id", "index", "no", "no.", "nr", "nr.", "row", "#", "key", "uuid", "unnamed: 0"})
# Text that differs in each of fewer rows may well be a class.
_IDENTIFIER_ROWS: Final = 10


@dataclass(frozen=True)
class BadCell:
    """Something that is wrong with a row.

    Attributes:
        line: of the text, counted from 1.
        column: its name; empty where it is the row as a whole.
        value: what stands there, shortened.
        why: what is wrong with it.
    """

    line: int
    column: str
    value: str
    why: str


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        name: from the heading, or made up; no two are the same.
        kind: what it seems to hold.
        numeric: whether most of what it holds are numbers.
        cells: the text of each row, without blanks around it.
    """

    name: str
    kind: Kind
    numeric: bool
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """A table that has been read.

    Attributes:
        delimiter: between fields.
        decimal: the sign in numbers, a point or a comma.
        header: whether the first row is a heading.
        columns: with as many cells as there are rows.
        lines: of each row, where it begins in the text, counted from 1.
        misfits: rows that do not have as many fields as the others, and are not among the rows.
    """

    delimiter: str
    decimal: str
    header: bool
    columns: tuple[Column, ...]
    lines: tuple[int, ...]
    misfits: tuple[BadCell, ...]

    def column(self, name: str) -> Column:
        """The column of a name that there is."""
        return next(column for column in self.columns if column.name == name)


Row = tuple[int, list[str]]


def read_table(text: str, *, max_rows: int, delimiter: str | None = None, header: bool | None = None) -> Table:
    """Read a table.

    Args:
        text: rows as lines, fields parted by commas, semicolons or tabs; quotation marks as in RFC 4180.
        max_rows: a longer table is refused.
        delimiter: if it is known.
        header: whether the first row is a heading, if it is known.

    Raises:
        RefusedError: it is no table, or too large a one.
    """
    text = text.removeprefix("\ufeff")
    delimiter = delimiter or guess_delimiter(text)
    rows = list(parsed(text, delimiter))
    if not rows:
        raise RefusedError(
            "There are no rows in this.", [Problem("text", shown(text[:40]), "a table with rows and columns")]
        )
    if len(rows) > max_rows + 1:
        raise RefusedError(
            "This table is too long.", [Problem("text", f"more than {max_rows} rows", f"at most {max_rows}")]
        )
    width = Counter(len(row) for _, row in rows).most_common(1)[0][0]
    if width > MAX_COLUMNS:
        raise RefusedError("This table is too wide.", [Problem("text", f"{width} columns", f"at most {MAX_COLUMNS}")])
    decimal = guess_decimal(delimiter, rows)
    first = rows[0][1]
    if header is None:
        header = looks_like_heading(first, [row for _, row in rows[1:] if len(row) == width], decimal)
    body = rows[1:] if header else rows
    if not body:
        raise RefusedError("There is a heading, but no row.", [Problem("text", "1 row", "a heading and rows below it")])
    names = names_of(first if header else [], width)
    fitting = [(line, row) for line, row in body if len(row) == width]
    misfits = tuple(
        BadCell(line, "", short(delimiter.join(row)), f"{fields(len(row))} where {width} were expected")
        for line, row in body
        if len(row) != width
    )
    columns = [column_of(names[at], tuple(row[at] for _, row in fitting), decimal) for at in range(width)]
    return Table(delimiter, decimal, header, tuple(columns), tuple(line for line, _ in fitting), misfits)


def parsed(text: str, delimiter: str) -> Iterator[Row]:
    """The rows that are not blank, each with the line on which it begins.

    Raises:
        RefusedError: a quotation mark stands where none can, or is never closed.
    """
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    begins = 1
    while True:
        try:
            row = next(lines)
        except StopIteration:
            return
        except csv.Error as error:
            raise RefusedError(
                f"The row that begins on line {begins} cannot be read.",
                [Problem(f"line {begins}", str(error), "quotation marks around a whole field, each of them closed")],
            ) from error
        cells = [cell.strip() for cell in row]
        if any(cells):
            yield begins, cells
        begins = lines.line_num + 1


def guess_delimiter(text: str) -> str:
    """The delimiter that gives most rows the same number of fields, more than one."""
    probe = "".join(text.splitlines(keepends=True)[:PROBED_ROWS])
    best, found = 0.0, ","
    for delimiter in DELIMITERS:
        # The text may be cut inside quotation marks, and here nobody minds.
        lines = csv.reader(io.StringIO(probe, newline=""), delimiter=delimiter)
        try:
            widths = Counter(len(row) for row in lines if any(row))
        except csv.Error:
            continue
        if not widths:
            continue
        width, count = widths.most_common(1)[0]
        share = count / widths.total() if width > 1 else 0.0
        if share > best + 0.1:
            best, found = share, delimiter
    return found


def guess_decimal(delimiter: str, rows: Sequence[Row]) -> str:
    """A comma where numbers are written with one, which they cannot be between commas."""
    if delimiter == ",":
        return "."
    cells = [cell for _, row in rows[:PROBED_ROWS] for cell in row]
    commas = sum(_DECIMAL_COMMA.fullmatch(cell) is not None for cell in cells)
    points = sum("." in cell and _NUMBER.fullmatch(cell) is not None for cell in cells)
    return "," if commas > points else "."


def looks_like_heading(first: Sequence[str], rest: Sequence[Sequence[str]], decimal: str) -> bool:
    """Whether the first row names the columns: none of it is a number, and it stands above numbers or is like no row."""
    named = [cell for cell in first if not is_missing(cell)]
    if not named or any(number_of(cell, decimal) is not None for cell in named):
        return False
    if not rest:
        return len(first) > 1
    above_numbers = any(
        at < len(row) and number_of(row[at], decimal) is not None
        for row in rest[:PROBED_ROWS]
        for at in range(len(first))
    )
    again = any(at < len(row) and row[at] == cell for row in rest for at, cell in enumerate(first) if cell)
    return above_numbers or not again


def names_of(heading: Sequence[str], width: int) -> list[str]:
    """A name for each column, no two the same."""
    names: list[str] = []
    for at in range(width):
        given = " ".join(heading[at].split())[:LONGEST_NAME] if at < len(heading) else ""
        name = base = given or f"column {at + 1}"
        count = 1
        while name in names:
            count += 1
            name = f"{base} ({count})"
        names.append(name)
    return names


def column_of(name: str, cells: tuple[str, ...], decimal: str) -> Column:
    """A column, and what it seems to hold."""
    present = [cell for cell in cells if not is_missing(cell)]
    distinct = len(set(present))
    numbers = [number for cell in present if (number := number_of(cell, decimal)) is not None]
    numeric = 2 * len(numbers) > len(present)
    return Column(name, kind_of(name, len(present), distinct, numeric), numeric, cells)


def kind_of(name: str, present: int, distinct: int, numeric: bool) -> Kind:
    """What a column seems to hold."""
    if present == 0:
        return "empty"
    if distinct == 1:
        return "constant"
    if distinct == present and (name.casefold() in _IDENTIFIERS or (not numeric and present >= _IDENTIFIER_ROWS)):
        return "identifier"
    return "number" if numeric else "category"


def number_of(cell: str, decimal: str) -> float | None:
    """The number that a cell is, infinite where it is too large for a float; None if it is none."""
    plain = cell.replace("−", "-")
    if decimal == ",":
        if "." in plain:
            return None  # a thousands separator, most likely, but it may also be a slip
        plain = plain.replace(",", ".", 1)
    return float(plain) if _NUMBER.fullmatch(plain) is not None else None


def is_missing(cell: str) -> bool:
    """Whether a cell says that there is nothing."""
    return cell.casefold() in _MISSING


def wrong_with(cell: str, decimal: str, *, numeric: bool) -> str:
    """What is wrong with a cell; empty if nothing is."""
    if is_missing(cell):
        return "missing"
    if not numeric:
        return ""
    number = number_of(cell, decimal)
    if number is None:
        return "not a number"
    return "" if math.isfinite(number) else "too large a number"


def short(text: str) -> str:
    """Text short enough to be shown."""
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"


def fields(count: int) -> str:
    """`1 field`, `2 fields`."""
    return f"{count} field{'s' if count != 1 else ''}"
