"""The exceptions of the engine.

EngineError
├── ExperimentError   a document that describes no experiment; lists every problem
├── EditError         an edit that cannot be made at the cursor; the timeline is unchanged
├── CursorError       a place in time that does not exist
└── ShapeError        arrays that do not fit each other
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with what somebody gave us.

    Attributes:
        path: where it stands in the document, e.g. `network.layers[1].units`.
        value: what was given, as text short enough to show.
        allowed: what would have been accepted, in words.
    """

    path: str
    value: str
    allowed: str

    def __str__(self) -> str:
        return f"{self.path} is {self.value}; allowed: {self.allowed}"


class EngineError(Exception):
    """The engine was asked for something that it cannot do."""


class ExperimentError(EngineError):
    """A document describes no experiment.

    Attributes:
        problems: every problem found, in the order of the document.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class EditError(EngineError):
    """An edit cannot be made; nothing has changed.

    Attributes:
        problems: what is wrong with it.
    """

    def __init__(self, *problems: Problem) -> None:
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems))


class CursorError(EngineError):
    """A place in time that this run does not have."""


class ShapeError(EngineError):
    """Arrays do not fit each other."""
