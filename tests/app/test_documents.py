from __future__ import annotations

from typing import Any

import pytest

from app.documents import experiment_of, preset, timeline_of
from app.refusals import RefusedError
from app.settings import Settings
from engine.presets import PRESETS


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_can_be_run(name: str, settings: Settings) -> None:
    timeline, view = timeline_of(preset(name), settings)

    assert timeline.run(steps=1).step == 1
    assert view is None


def test_a_preset_cannot_be_changed_by_who_gets_it() -> None:
    mine = preset("mazur")
    mine["network"]["layers"][0]["units"] = 9

    assert preset("mazur")["network"]["layers"][0]["units"] == 2


def test_a_view_is_given_back_as_it_was(settings: Settings) -> None:
    document = {"experiment": preset("xor"), "view": {"grain": "term"}}

    assert timeline_of(document, settings)[1] == {"grain": "term"}


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ({"experiment": preset("xor"), "edit": []}, "edit"),
        ({"experiment": 7}, "document"),
        ({"experiment": preset("xor"), "edits": {}}, "edits"),
        ({"experiment": preset("xor"), "edits": [7]}, "edits[0]"),
        ({"experiment": preset("xor"), "cursor": {"step": "x", "event": 0}}, "cursor"),
        ({"experiment": preset("xor"), "cursor": {"step": 0, "event": 99}}, "cursor"),
        ({"experiment": preset("xor"), "view": []}, "view"),
    ],
)
def test_a_document_that_is_wrong_is_refused_with_the_place(
    document: dict[str, Any], path: str, settings: Settings
) -> None:
    with pytest.raises(RefusedError) as refused:
        timeline_of(document, settings)

    assert refused.value.problems[0].path.startswith(path)


def test_too_many_edits_are_refused() -> None:
    edits = [{"step": 0, "event": 0, "path": "learning_rate", "value": 0.1}] * 3
    with pytest.raises(RefusedError) as refused:
        timeline_of({"experiment": preset("xor"), "edits": edits}, Settings(max_edits=2))

    assert refused.value.problems[0].path == "edits"


def test_problems_of_the_experiment_and_the_limits_are_told(settings: Settings) -> None:
    with pytest.raises(RefusedError) as refused:
        experiment_of({**preset("xor"), "loss": "no", "optimizer": {"type": "no"}}, settings)

    assert len(refused.value.problems) >= 2


def test_a_document_whose_edits_take_too_long_is_refused() -> None:
    edits = [{"step": 0, "event": 0, "path": "learning_rate", "value": 0.1}] * 3
    document = {"experiment": preset("xor"), "edits": edits}

    with pytest.raises(RefusedError) as refused:
        timeline_of(document, Settings(max_replay_seconds=0.0))

    (problem,) = refused.value.problems
    assert (problem.path, problem.value) == ("edits", "3 edits")
    assert problem.allowed == "as many as there is time for; 0 were made again"
