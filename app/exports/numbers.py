"""Every number of the step at the cursor: as a list of events, and as a table with one row for each number."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from typing_extensions import TypedDict

from app.encode import name_numbers
from app.wire import CursorMessage
from engine import Timeline

COLUMNS: Final = ("step", "event", "kind", "layer", "name", "index0", "index1", "index2", "value")
BEGINNING: Final = "beginning"


class ToldEvent(TypedDict):
    """What one event computed.

    The first of a step is none of the engine's: its kind is `beginning`, its event null, and its values are the
    parameters and hyperparameters that everything else follows from.
    """

    event: int | None
    kind: str
    layer: int | None
    parameter: str | None
    title: str
    values: dict[str, Any]


class StepNumbers(TypedDict):
    """Every number of a step, as far as it has been walked."""

    cursor: CursorMessage
    epoch: int
    numbers: int
    events: list[ToldEvent]


def told_events(timeline: Timeline) -> list[ToldEvent]:
    """What this step began with, and what each event that has run computed; arrays in the usual shapes."""
    begun: dict[str, Any] = {name: np.asarray(number) for name, number in timeline.hyperparameters().items()}
    begun |= timeline.parameters()
    told: list[ToldEvent] = [
        {
            "event": None,
            "kind": BEGINNING,
            "layer": None,
            "parameter": None,
            "title": "What the step begins with",
            "values": begun,
        }
    ]
    for event in timeline.events():
        told.append(
            {
                "event": event.index,
                "kind": event.kind,
                "layer": event.layer,
                "parameter": event.parameter,
                "title": event.title,
                "values": dict(event.values),
            }
        )
    return told


def count_numbers(events: list[ToldEvent]) -> int:
    """How many numbers there are."""
    return sum(np.size(array) for event in events for array in event["values"].values())


def step_numbers(timeline: Timeline) -> StepNumbers:
    """Every number of the step at the cursor."""
    events = told_events(timeline)
    cursor: CursorMessage = {"step": timeline.cursor.step, "event": timeline.cursor.event}
    return {"cursor": cursor, "epoch": timeline.epoch, "numbers": count_numbers(events), "events": events}


def numbers_csv(numbers: Mapping[str, Any]) -> str:
    """The same as a table: one row for each number, written so that reading it gives the same float64 again.

    Layers, rows and columns count from 0, as in the names; what is not finite is spelled NaN, Infinity, -Infinity.

    Args:
        numbers: what `step_numbers` returned.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    step = numbers["cursor"]["step"]
    for event in numbers["events"]:
        at = "" if event["event"] is None else event["event"]
        layer = "" if event["layer"] is None else event["layer"]
        for name, values in event["values"].items():
            for index, value in np.ndenumerate(np.asarray(values)):
                places = [*index, *[""] * (3 - len(index))]
                writer.writerow([step, at, event["kind"], layer, name, *places, name_numbers(value.item())])
    return text.getvalue()
