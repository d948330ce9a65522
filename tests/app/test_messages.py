from __future__ import annotations

import re

import pytest
from pydantic import ValidationError

from app.messages import COMMANDS, MESSAGES, Edit, Open, Play, protocol
from app.paths import static_directory
from app.refusals import problems_of


def problems(command: object) -> list[tuple[str, str]]:
    with pytest.raises(ValidationError) as refused:
        COMMANDS.validate_python(command)
    return [(problem.path, problem.value) for problem in problems_of(refused.value)]


def test_a_command_is_read_by_its_type() -> None:
    assert COMMANDS.validate_python({"type": "play", "steps_per_second": 2.5}) == Play(
        type="play", steps_per_second=2.5
    )
    assert COMMANDS.validate_python({"type": "open"}) == Open(type="open")


def test_the_value_of_an_edit_may_be_anything() -> None:
    edit = COMMANDS.validate_python({"type": "edit", "id": 1, "path": "optimizer", "value": {"type": "adam"}})

    assert isinstance(edit, Edit)
    assert edit.value == {"type": "adam"}


@pytest.mark.parametrize(
    ("command", "path", "value"),
    [
        ({"type": "jump"}, "type", '"jump"'),
        ({}, "type", "missing"),
        ({"type": "next", "grain": "second"}, "grain", '"second"'),
        ({"type": "next", "grain": "event", "speed": 3}, "speed", "3"),
        ({"type": "play", "steps_per_second": float("nan")}, "steps_per_second", "NaN"),
        ({"type": "play", "steps_per_second": 1e9}, "steps_per_second", "1000000000.0"),
        ({"type": "play", "steps_per_second": "10"}, "steps_per_second", '"10"'),
        ({"type": "play"}, "steps_per_second", "missing"),
        ({"type": "seek", "cursor": {"step": -1, "event": 0}}, "cursor.step", "-1"),
        ({"type": "seek", "cursor": {"step": 1.5, "event": 0}}, "cursor.step", "1.5"),
        ({"type": "explain", "id": 1, "name": "loss", "index": [0, 0, 0, 0, 0]}, "index", "[0, 0, 0, 0, 0]"),
        ({"type": "sample", "sample": True}, "sample", "true"),
        ({"type": "ask", "id": 2**60, "what": "link"}, "id", str(2**60)),
        ({"type": "open", "session": "../../etc/passwd"}, "session", '"../../etc/passwd"'),
        ("next", "command", '"next"'),
    ],
)
def test_a_bad_command_is_answered_with_the_field_and_what_it_was(command: object, path: str, value: str) -> None:
    assert (path, value) in problems(command)


def test_all_problems_of_a_command_are_told_at_once() -> None:
    assert [path for path, _ in problems({"type": "edit", "id": -1, "path": "", "extra": 1})] == [
        "id",
        "path",
        "value",
        "extra",
    ]


def test_an_unknown_type_is_answered_with_those_that_are_known() -> None:
    with pytest.raises(ValidationError) as refused:
        COMMANDS.validate_python({"type": "jump"})

    allowed = problems_of(refused.value)[0].allowed

    assert {"open", "next", "back", "drawn"} <= set(re.findall(r"\w+", allowed))


def test_a_message_with_a_field_that_nobody_declared_does_not_pass() -> None:
    moved = {"type": "moved", "run": "1.0", "cursor": {"step": 0, "event": 1}}

    MESSAGES.validate_python(moved)
    with pytest.raises(ValidationError):
        MESSAGES.validate_python({**moved, "extra": 1})
    with pytest.raises(ValidationError):
        MESSAGES.validate_python({**moved, "cursor": {"step": "0", "event": 1}})


def test_the_schemas_name_every_command_and_every_message() -> None:
    schemas = protocol()

    commands = set(schemas["commands"]["discriminator"]["mapping"])
    messages = set(schemas["messages"]["discriminator"]["mapping"])

    assert commands >= {"open", "next", "back", "seek", "play", "pause", "edit", "explain", "ask", "drawn"}
    assert messages >= {"hello", "snapshot", "event", "moved", "frame", "answer", "problem"}


def test_the_page_speaks_of_the_same_commands_and_messages() -> None:
    types = (static_directory() / "js" / "types.js").read_text(encoding="utf-8")
    schemas = protocol()

    for kind in (*schemas["commands"]["discriminator"]["mapping"], *schemas["messages"]["discriminator"]["mapping"]):
        assert f'"{kind}"' in types, f"types.js does not know {kind}"
