"""A receipt: a moment of a run with every number of its step, so that anybody can compute them again and compare.

What makes a number is written down completely (experiment, edits, cursor), and runs are deterministic: on the same
machine every bit comes back. Another machine may add up in another order, and is told how far apart the numbers are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

import numpy as np
from typing_extensions import TypedDict

from app.documents import timeline_of
from app.exports.numbers import StepNumbers, ToldEvent, count_numbers, told_events
from app.refusals import RefusedError
from app.settings import Settings
from app.wire import Value
from engine import Problem
from engine.events import FloatArray
from engine.reader import shown

VERSION: Final = 1
CLOSE: Final = 1e-9
"""Numbers that differ by no more than this part of themselves are called close."""
SMALLEST: Final = 1e-6
"""Below this a gap is measured against this number: what should be 0 may be 10⁻¹⁷ on another machine."""
NO_RECEIPT: Final = "This is not a receipt."

Tier = Literal["equal", "close", "differs"]
Spelled: Final = {"NaN": np.nan, "Infinity": np.inf, "-Infinity": -np.inf}


class Difference(TypedDict):
    """The first number that is not the same.

    `given` and `recomputed` are numbers, or text where there is no such number or a whole array does not fit.
    """

    event: int | None
    kind: str
    title: str
    name: str
    index: list[int]
    given: Value
    recomputed: Value


class Verdict(TypedDict):
    """Whether a receipt is right, and the document that it is about."""

    tier: Tier
    words: str
    numbers: int
    events: int
    first_difference: Difference | None
    largest_gap: Value
    given_by: dict[str, Any]
    checked_by: dict[str, Any]
    document: dict[str, Any]


def makers(version: str) -> dict[str, Any]:
    """What the numbers were computed with."""
    return {"chalkgrad": version, "numpy": np.__version__}


def make_receipt(numbers: StepNumbers, document: Mapping[str, Any], version: str) -> dict[str, Any]:
    """The receipt of a step.

    Args:
        numbers: of the step at the cursor.
        document: of the run at that moment.
        version: of the program.
    """
    return {"receipt": VERSION, "made_by": makers(version), "document": document, **numbers}


def verify_receipt(receipt: Mapping[str, Any], settings: Settings, version: str) -> Verdict:
    """Run the document of a receipt again and compare every number.

    Args:
        receipt: what `make_receipt` made, as it came back from JSON.
        settings: the limits.
        version: of the program.

    Raises:
        RefusedError: it is no receipt, or its document cannot be run here.
    """
    document, given = _read(receipt)
    timeline, _ = timeline_of(document, settings)
    place = document.get("cursor") or {"step": 0, "event": 0}
    reached = timeline.cursor
    if (reached.step, reached.event) != (place.get("step"), place.get("event")):
        # A run can end before its moment: by divergence, or because it is not that run.
        where = f"step {reached.step}, event {reached.event}"
        raise RefusedError(
            NO_RECEIPT, [Problem("document.cursor", shown(place), f"a place in this run; it ends at {where}")]
        )
    recomputed = told_events(timeline)
    first: Difference | None = None
    largest, tier = 0.0, "equal"
    for pair in _pairs(given, recomputed):
        gap, difference = _compare(*pair)
        largest = max(largest, gap)
        first = first or difference
    if first is not None:
        tier = "close" if largest <= CLOSE else "differs"
    count = count_numbers(recomputed)
    words = _words(tier, count, len(recomputed), first, largest)
    made_by = receipt.get("made_by")
    return {
        "tier": "equal" if tier == "equal" else "close" if tier == "close" else "differs",
        "words": words,
        "numbers": count,
        "events": len(recomputed),
        "first_difference": first,
        "largest_gap": largest,
        "given_by": dict(made_by) if isinstance(made_by, Mapping) else {},
        "checked_by": makers(version),
        "document": dict(document),
    }


def _read(receipt: Mapping[str, Any]) -> tuple[Mapping[str, Any], list[Mapping[str, Any]]]:
    problems = []
    if receipt.get("receipt") != VERSION:
        problems.append(Problem("receipt", shown(receipt.get("receipt")), f"{VERSION}"))
    document, events = receipt.get("document"), receipt.get("events")
    if not isinstance(document, Mapping) or not isinstance(document.get("cursor"), Mapping):
        problems.append(
            Problem("document", shown(document), "the document of a run, with experiment, edits and cursor")
        )
        document = {}
    if not isinstance(events, list):
        problems.append(Problem("events", shown(events), "a list of events with their values"))
        events = []
    for number, event in enumerate(events):
        if not isinstance(event, Mapping) or not isinstance(event.get("values"), Mapping):
            problems.append(Problem(f"events[{number}]", shown(event), "an event with its values by name"))
    if problems:
        raise RefusedError(NO_RECEIPT, problems[:20])
    return document, events


Pair = tuple[ToldEvent, str, Any, FloatArray | None]


def _pairs(given: list[Mapping[str, Any]], recomputed: list[ToldEvent]) -> Iterator[Pair]:
    """What is to be laid side by side: event, name, what the receipt says and what has been computed."""
    for number, event in enumerate(recomputed):
        values = given[number]["values"] if number < len(given) else {}
        for name, array in event["values"].items():
            yield event, name, values.get(name), array
        for name in values:
            if name not in event["values"]:
                yield event, str(name), values[name], None
    for event_given in given[len(recomputed) :]:
        extra: ToldEvent = {
            "event": None,
            "kind": str(event_given.get("kind"))[:60],
            "layer": None,
            "parameter": None,
            "title": "An event that this run does not have",
            "values": {},
        }
        for name, value in event_given["values"].items():
            yield extra, str(name), value, None


def _compare(event: ToldEvent, name: str, given: Any, recomputed: FloatArray | None) -> tuple[float, Difference | None]:
    """The largest gap between two arrays, and the first number that differs."""
    claimed = _array(given)
    if recomputed is None:
        return np.inf, _difference(event, name, (), given, None)
    wanted = np.asarray(recomputed, dtype=np.float64)
    if claimed is None or claimed.shape != wanted.shape:
        return np.inf, _difference(event, name, (), given, wanted)
    same = np.atleast_1d(claimed).view(np.int64) == np.atleast_1d(wanted).view(np.int64)
    same = same.reshape(wanted.shape) | (np.isnan(claimed) & np.isnan(wanted))
    if same.all():
        return 0.0, None
    index = tuple(int(at) for at in np.argwhere(~same)[0])
    with np.errstate(all="ignore"):
        scale = np.maximum(np.maximum(np.abs(claimed), np.abs(wanted)), SMALLEST)
        gaps = np.where(same, 0.0, np.abs(claimed - wanted) / scale)
    # An infinity or what is no number, against anything else, is as far apart as can be.
    largest = float(np.where(np.isnan(gaps), np.inf, gaps).max())
    return largest, _difference(event, name, index, claimed[index], wanted[index])


def _array(given: Any) -> FloatArray | None:
    """What a receipt says of an array; None if it says nothing that is one."""
    try:
        return np.ascontiguousarray(_numbers(given), dtype=np.float64).reshape(np.shape(given))
    except (TypeError, ValueError, OverflowError, RecursionError):
        return None


def _numbers(given: Any) -> Any:
    if isinstance(given, list):
        return [_numbers(one) for one in given]
    if isinstance(given, str) and given in Spelled:
        return Spelled[given]
    if isinstance(given, int | float) and not isinstance(given, bool):
        return given
    raise ValueError("no number")


def _difference(event: ToldEvent, name: str, index: tuple[int, ...], given: Any, recomputed: Any) -> Difference:
    return {
        "event": event["event"],
        "kind": event["kind"],
        "title": event["title"],
        "name": name,
        "index": list(index),
        "given": _told(given),
        "recomputed": _told(recomputed),
    }


def _told(value: Any) -> float | str:
    """A number as it is; anything else as text."""
    if value is None:
        return "missing"
    if isinstance(value, str) or np.ndim(value) > 0:
        return shown(value)
    return float(value) if isinstance(value, int | float | np.ndarray | np.floating) else shown(value)


def _words(tier: str, numbers: int, events: int, first: Difference | None, largest: float) -> str:
    counted = f"{numbers} number{'s' if numbers != 1 else ''} of {events - 1} event{'s' if events != 2 else ''}"
    if first is None:
        return f"Verified: {counted}, all bits equal."
    where = first["name"] + "".join(f"[{at}]" for at in first["index"])
    at = "at the beginning of the step" if first["event"] is None else f"in event {first['event']} ({first['title']})"
    what = f"the first that differs is {where} {at}: given {first['given']}, recomputed {first['recomputed']}"
    if tier == "close":
        return f"Close: {counted}, none further off than {largest:.1e} of itself; {what}."
    return f"Differs: of {counted}, {what}."
