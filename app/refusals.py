"""Why something was not done, field by field, whoever found it wrong."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from pydantic import ValidationError

from app.messages import ProblemMessage
from app.wire import FieldProblem
from engine.errors import Problem
from engine.reader import shown

BROKEN: Final = "Something went wrong inside the program; this is our mistake, and it has been written to the log."


class RefusedError(Exception):
    """A command or a document that cannot be accepted; nothing has changed.

    Attributes:
        message: one sentence.
        problems: the fields it is about, if it is about fields.
    """

    def __init__(self, message: str, problems: Iterable[Problem] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.problems = tuple(problems)

    def to_message(self, command: int | None) -> ProblemMessage:
        """As a message about the command of that id."""
        return {"type": "problem", "id": command, "message": self.message, "problems": field_problems(self.problems)}


def field_problems(problems: Iterable[Problem]) -> list[FieldProblem]:
    """The problems that the engine found, for the wire."""
    return [{"path": problem.path, "value": problem.value, "allowed": problem.allowed} for problem in problems]


def problems_of(error: ValidationError) -> list[Problem]:
    """The problems that pydantic found in a command, in the words of our own."""
    problems = []
    for details in error.errors(include_url=False):
        context = details.get("ctx", {})
        kind = details["type"]
        # The first part of a location names the command, and a name in capitals or quotes the branch of a union.
        parts = [
            part for part in details["loc"][1:] if isinstance(part, int) or (part.isidentifier() and part.islower())
        ]
        path = ".".join(str(part) for part in parts)
        if kind == "union_tag_invalid":
            problem = Problem("type", shown(context["tag"]), f"one of {context['expected_tags'].replace(chr(39), '')}")
        elif kind == "union_tag_not_found":
            problem = Problem("type", "missing", "the name of a command")
        elif kind == "missing":
            problem = Problem(path, "missing", "this field is needed")
        elif kind == "extra_forbidden":
            problem = Problem(path, shown(details["input"]), "there is no such field")
        else:
            problem = Problem(path or "command", _shown(details["input"]), _allowed(details["msg"]))
        if problem not in problems:
            problems.append(problem)
    return problems


def _shown(value: Any) -> str:
    return shown(value)


def _allowed(text: str) -> str:
    for beginning in ("Input should be ", "Value should have ", "String should have ", "String should "):
        text = text.removeprefix(beginning)
    return text
