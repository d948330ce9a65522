"""Reading a JSON document field by field, collecting every problem instead of stopping at the first."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from engine.errors import ExperimentError, Problem

FloatArray = npt.NDArray[np.float64]

SHOWN_LENGTH: Final = 60
REQUIRED: Final[Any] = object()


def shown(value: object) -> str:
    """What was given, short enough to stand in a message."""
    if isinstance(value, np.ndarray):
        value = value.tolist()
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        text = f"something that is no JSON, a {type(value).__name__}"
    return text if len(text) <= SHOWN_LENGTH else text[: SHOWN_LENGTH - 1] + "…"


def plain(value: Any) -> Any:
    """A copy in JSON's own types: NumPy's arrays and numbers become lists and Python's numbers."""
    if isinstance(value, Mapping):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    if isinstance(value, np.ndarray):
        return value.tolist()
    return value.item() if isinstance(value, np.generic) else value


class Reader:
    """One JSON object being read; its problems are gathered in a list shared by the whole document.

    Every method returns a usable value even after a problem, so that reading goes on to the end and all
    problems are told at once. A field that nobody asked for is a problem too: it is most likely misspelt.

    Args:
        value: the object to read; anything else than a mapping is a problem.
        path: where it stands in the document; empty for the document itself.
        problems: the list that problems are appended to.
    """

    def __init__(self, value: object, path: str, problems: list[Problem]) -> None:
        self.path = path
        self.problems = problems
        self.asked: set[str] = set()
        if isinstance(value, Mapping):
            self.value: Mapping[str, Any] = value
        else:
            self.value = {}
            self.report("", value, "an object with named fields")

    def at(self, name: str) -> str:
        """The path of a field of this object."""
        return f"{self.path}.{name}" if self.path and name else self.path or name

    def report(self, name: str, value: object, allowed: str) -> None:
        """Note a problem with a field of this object (or, with an empty name, with the object itself)."""
        given = "missing" if value is REQUIRED else shown(value)
        self.problems.append(Problem(self.at(name) or "document", given, allowed))

    def has(self, name: str) -> bool:
        """Whether the field is given, and is not null."""
        self.asked.add(name)
        return self.value.get(name) is not None

    def raw(self, name: str, default: Any = None) -> Any:
        """The field as it stands, unchecked; null counts as absent."""
        self.asked.add(name)
        value = self.value.get(name)
        return default if value is None else value

    def number(
        self,
        name: str,
        default: float = REQUIRED,
        *,
        above: float | None = None,
        at_least: float | None = None,
        below: float | None = None,
        at_most: float | None = None,
    ) -> float:
        """A finite number within bounds."""
        value = self.raw(name, default)
        words = bounds_in_words("a number", above, at_least, below, at_most)
        if not is_finite(value) or not within(value, above, at_least, below, at_most):
            self.report(name, value, words)
            return 1.0 if default is REQUIRED else default
        return float(value)

    def integer(
        self, name: str, default: int = REQUIRED, *, at_least: int | None = None, at_most: int | None = None
    ) -> int:
        """A whole number within bounds; 3.0 is one, 3.5 is not."""
        value = self.raw(name, default)
        if not is_finite(value) or value != math.floor(value) or not within(value, None, at_least, None, at_most):
            self.report(name, value, bounds_in_words("a whole number", None, at_least, None, at_most))
            return max(1, at_least or 1) if default is REQUIRED else default
        return int(value)

    def boolean(self, name: str, default: bool) -> bool:
        """True or false, and nothing that merely resembles them."""
        value = self.raw(name, default)
        if not isinstance(value, bool):
            self.report(name, value, "true or false")
            return default
        return value

    def text(self, name: str, default: str = "") -> str:
        """A string."""
        value = self.raw(name, default)
        if not isinstance(value, str):
            self.report(name, value, "text")
            return default
        return value

    def choice(self, name: str, choices: Sequence[str], default: str = REQUIRED) -> str:
        """One of a few names."""
        value = self.raw(name, default)
        if value not in choices:
            self.report(name, value, "one of " + ", ".join(choices))
            return choices[0] if default is REQUIRED else default
        return str(value)

    def array(self, name: str, ndim: int, default: FloatArray | None = None) -> FloatArray | None:
        """Finite numbers in nested lists, as an array of that many dimensions; None after a problem."""
        value = self.raw(name)
        if value is None:
            return default
        words = f"finite numbers in a list of {ndim} dimension{'s' if ndim > 1 else ''}, all rows equally long"
        try:
            array = np.array(value, dtype=np.float64)
        except (TypeError, ValueError, OverflowError):
            self.report(name, value, words)
            return default
        if array.ndim != ndim or not np.isfinite(array).all():
            self.report(name, value, words)
            return default
        return array

    def inside(self, name: str, default: Any = None) -> Reader:
        """A reader for an object that is a field of this one."""
        return Reader(self.raw(name, {} if default is None else default), self.at(name), self.problems)

    def typed(self, name: str, default: Any) -> Reader:
        """A reader for a field that is either a bare name or an object whose `type` is that name."""
        value = self.raw(name, default)
        if isinstance(value, str):
            value = {"type": value}
        return Reader(value, self.at(name), self.problems)

    def finish(self) -> None:
        """Report the fields that nobody asked for."""
        for name in self.value:
            if name not in self.asked:
                allowed = ", ".join(sorted(self.asked)) or "no field at all"
                self.report(str(name), self.value[name], f"no such field; known here: {allowed}")


def is_finite(value: object) -> bool:
    """Whether it is a number, neither a truth value nor infinite, nor a whole number too long for a float."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def within(
    value: float, above: float | None, at_least: float | None, below: float | None, at_most: float | None
) -> bool:
    """Whether a number keeps every bound that is given."""
    return (
        (above is None or value > above)
        and (at_least is None or value >= at_least)
        and (below is None or value < below)
        and (at_most is None or value <= at_most)
    )


def bounds_in_words(
    noun: str, above: float | None, at_least: float | None, below: float | None, at_most: float | None
) -> str:
    """`a number above 0 and at most 1`."""
    parts = [
        f"{words} {bound:g}"
        for words, bound in (("above", above), ("at least", at_least), ("below", below), ("at most", at_most))
        if bound is not None
    ]
    return " ".join([noun, " and ".join(parts)]) if parts else noun


def raise_problems(problems: Sequence[Problem]) -> None:
    """Raise what was gathered.

    Raises:
        ExperimentError: there is at least one problem.
    """
    if problems:
        raise ExperimentError(problems)
