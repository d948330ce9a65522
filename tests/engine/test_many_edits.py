"""Many edits at one place: what they lead to is kept, and is what making them one after the other leads to."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine import EditError, Experiment, Timeline
from engine import run as run_module
from engine.moment import Moment
from engine.program import Program
from engine.survey import Guide
from tests.engine.networks import Document, snapshot, start, xor
from tests.engine.test_survey import EDITS, EVERY_KIND

STEP = 5
POINT: dict[str, Any] = {"input": [0.25, 0.75], "target": [1.0]}


def edited(document: Document) -> Timeline:
    """A run in the midst of which everything is changed at once."""
    timeline = start(document)
    timeline.seek(STEP)
    for _, path, value, index in EDITS:
        try:
            timeline.edit(path, value, index)
        except EditError:
            continue  # an earlier one has taken away what it would change
    timeline.seek(STEP + 8)
    return timeline


def walked(timeline: Timeline) -> list[tuple[dict[str, bytes], list[str]]]:
    """Every number of some steps around the edits, going back before each."""
    found = []
    for step in (STEP + 3, STEP, STEP - 1, STEP + 1, 0, STEP + 6):
        timeline.seek(step)
        before = [planned.title for planned in timeline.plan]
        timeline.run_to_end_of_step()
        found.append((snapshot(timeline), before))
    return found


@pytest.mark.parametrize("document", EVERY_KIND.values(), ids=EVERY_KIND)
def test_what_is_kept_is_what_the_edits_lead_to(document: Document, monkeypatch: pytest.MonkeyPatch) -> None:
    timeline = edited(document)
    assert STEP in timeline._settled

    kept = walked(timeline)
    monkeypatch.setattr(run_module, "MANY_EDITS", 10**6)
    plain = edited(document)
    assert not plain._settled

    assert kept == walked(plain)
    assert timeline.history("loss").tobytes() == plain.history("loss").tobytes()
    assert timeline.parameters().keys() == plain.parameters().keys()


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The numbers of rows of the programs that have been compiled."""
    counted: list[int] = []

    def compiling(experiment: Experiment, n: int, moment: Moment) -> Program:
        counted.append(n)
        return Program(experiment, n, moment)

    monkeypatch.setattr(run_module, "Program", compiling)
    return counted


def test_going_back_to_many_edits_compiles_one_program_at_most(compiled: list[int]) -> None:
    timeline = start(xor())
    for _ in range(20):
        timeline.edit("data.points.add", POINT)
    timeline.seek(30)
    compiled.clear()

    timeline.seek(0)

    assert len(compiled) <= 1
    assert len(timeline.experiment.dataset.inputs) == 24


def test_each_of_many_edits_compiles_one_program(compiled: list[int]) -> None:
    timeline = start(xor())
    compiled.clear()

    for _ in range(20):
        timeline.edit("data.points.add", POINT)

    assert len(compiled) == 20


def test_an_edit_that_takes_the_place_of_another_is_not_made_twice() -> None:
    timeline, alone = start(xor()), start(xor())
    for one in (timeline, alone):
        one.edit("data.points.add", POINT)
        one.edit("data.points.add", POINT)
    for place in (0.1, 0.2, 0.3):
        timeline.edit("data.points.move", [place, 0.5], (4,))
    alone.edit("data.points.move", [0.3, 0.5], (4,))

    for one in (timeline, alone):
        one.seek(3)
        one.seek(0)
        one.run_to_end_of_step()

    assert len(timeline.edits) == 3
    assert snapshot(timeline) == snapshot(alone)


def test_what_was_kept_is_gone_with_the_edits_that_led_to_it() -> None:
    timeline = start(xor())
    timeline.seek(4)
    timeline.edit("data.points.add", POINT)
    timeline.edit("data.points.add", POINT)
    timeline.seek(10)
    timeline.seek(2)

    timeline.edit("learning_rate", 0.125)
    timeline.seek(4)

    assert len(timeline.experiment.dataset.inputs) == 4
    assert not timeline._settled


def test_a_second_cursor_sees_the_same() -> None:
    timeline = edited(xor())
    guide = Guide(timeline)

    for step in (STEP, 1, STEP + 2):
        guide.visit(step)
        timeline.seek(step)
        timeline.run_to_end_of_step()
        np.testing.assert_array_equal(guide.program.P.view(), timeline.program.P.view())
        assert snapshot(guide) == snapshot(timeline)
        timeline.seek(STEP + 8)
