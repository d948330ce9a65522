from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import numpy as np
import pytest

from app.documents import preset
from app.encode import encode
from app.exports.numbers import step_numbers
from app.exports.receipt import make_receipt, verify_receipt
from app.refusals import RefusedError
from app.settings import Settings
from engine import Timeline

from .moments import at, regression, xor

Receipt = dict[str, Any]


def receipt_of(timeline: Timeline) -> Receipt:
    """As it comes back from a file."""
    receipt: Receipt = json.loads(encode(make_receipt(step_numbers(timeline), timeline.to_json(), "1.2.3")))
    return receipt


def receipt_at(document: dict[str, Any], step: int, event: int) -> Receipt:
    return receipt_of(at(document, step, event))


def verdict_on(receipt: Receipt) -> dict[str, Any]:
    return dict(verify_receipt(receipt, Settings(), "1.2.3"))


@pytest.mark.parametrize("name", ["xor", "mazur", "circles", "softmax"])
def test_a_receipt_is_verified_bit_for_bit(name: str) -> None:
    receipt = receipt_at(preset(name), 3, 7)

    verdict = verdict_on(receipt)

    assert verdict["tier"] == "equal"
    assert verdict["words"] == f"Verified: {receipt['numbers']} numbers of 7 events, all bits equal."
    assert verdict["first_difference"] is None
    assert verdict["document"] == receipt["document"]


def test_a_receipt_of_an_edited_run_is_verified() -> None:
    timeline = at(regression(optimizer="adam"), 2, 4)
    timeline.edit("learning_rate", 0.5)
    timeline.edit("layer0.W", 0.25, (1, 2))
    timeline.seek(4, 9)

    verdict = verdict_on(receipt_of(timeline))

    assert verdict["tier"] == "equal"


def test_the_receipt_says_what_computed_it() -> None:
    receipt = receipt_at(xor(), 0, 2)

    assert receipt["made_by"] == {"chalkgrad": "1.2.3", "numpy": np.__version__}
    assert verdict_on(receipt)["given_by"] == receipt["made_by"]


def test_one_changed_bit_is_found_and_called_close() -> None:
    receipt = receipt_at(xor(), 3, 8)
    z = receipt["events"][2]["values"]["layer0.z"]
    z[1][0] = float(np.nextafter(z[1][0], 9.0))

    verdict = verdict_on(receipt)

    assert verdict["tier"] == "close"
    difference = verdict["first_difference"]
    assert (difference["event"], difference["name"], difference["index"]) == (1, "layer0.z", [1, 0])
    assert difference["given"] == z[1][0] != difference["recomputed"]
    assert 0.0 < verdict["largest_gap"] < 1e-15


def test_a_small_lie_is_found_and_measured() -> None:
    receipt = receipt_at(xor(), 3, 8)
    W = receipt["events"][0]["values"]["layer0.W"]
    W[0][1] *= 1.001

    verdict = verdict_on(receipt)

    assert verdict["tier"] == "differs"
    assert verdict["first_difference"]["name"] == "layer0.W"
    assert verdict["largest_gap"] == pytest.approx(0.001 / 1.001)


def test_a_receipt_of_another_experiment_differs() -> None:
    receipt = receipt_at(xor(), 3, 8)
    receipt["document"]["experiment"]["optimizer"]["learning_rate"] = 0.5

    assert verdict_on(receipt)["tier"] == "differs"


def cut_row(values: dict[str, Any]) -> None:
    values["layer0.W"].pop()


def leave_out(values: dict[str, Any]) -> None:
    del values["layer0.b"]


def add(values: dict[str, Any]) -> None:
    values["luck"] = [7.0]


def say_nan(values: dict[str, Any]) -> None:
    values["layer0.W"][0][0] = "NaN"


def say_words(values: dict[str, Any]) -> None:
    values["layer0.W"][0][0] = "much"


@pytest.mark.parametrize("tamper", [cut_row, leave_out, add, say_nan, say_words])
def test_arrays_that_are_missing_or_do_not_fit_differ(tamper: Callable[[dict[str, Any]], None]) -> None:
    receipt = receipt_at(xor(), 1, 3)
    tamper(receipt["events"][0]["values"])

    verdict = verdict_on(receipt)

    assert verdict["tier"] == "differs"
    assert verdict["largest_gap"] == np.inf
    assert encode(verdict)


def test_events_left_out_or_added_differ() -> None:
    receipt = receipt_at(xor(), 1, 3)
    shorter, longer = deepcopy(receipt), deepcopy(receipt)
    shorter["events"].pop()
    longer["events"].append({"kind": "luck", "values": {"luck": [1.0]}})

    assert verdict_on(shorter)["first_difference"]["given"] == "missing"
    assert verdict_on(longer)["first_difference"]["recomputed"] == "missing"


def test_a_moment_that_the_run_does_not_reach_is_refused() -> None:
    receipt = receipt_at(xor(), 1, 3)
    receipt["document"]["cursor"]["event"] = 999

    with pytest.raises(RefusedError) as refused:
        verdict_on(receipt)

    assert [problem.path for problem in refused.value.problems] == ["cursor"]


@pytest.mark.parametrize(
    ("receipt", "paths"),
    [
        ({}, ["receipt", "document", "events"]),
        ({"receipt": 1, "document": {"cursor": {}}, "events": [3]}, ["events[0]"]),
        ({"receipt": 2, "document": {"cursor": {}}, "events": []}, ["receipt"]),
    ],
)
def test_what_is_no_receipt_is_refused(receipt: Receipt, paths: list[str]) -> None:
    with pytest.raises(RefusedError) as refused:
        verdict_on(receipt)

    assert [problem.path for problem in refused.value.problems] == paths
