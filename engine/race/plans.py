"""What the lanes of a race are to do: the JSON objects of a request ↔ plans."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from engine.edits import read_index
from engine.errors import EditError, ExperimentError, Problem
from engine.race.variants import LaneChange
from engine.reader import Reader, plain, raise_problems, shown
from engine.search.catalogue import SEARCHES, read_search
from engine.search.search import Settings

MOST_LANES: Final = 4


@dataclass(frozen=True)
class LanePlan:
    """What a lane does.

    Attributes:
        name: as people read it.
        change: what is changed, or None.
        search: which search, or None for backpropagation.
    """

    name: str
    change: LaneChange | None = None
    search: Settings | None = None

    def to_json(self) -> dict[str, Any]:
        """A JSON object, as `read_lanes` reads it."""
        entry: dict[str, Any] = {"name": self.name}
        if self.change is not None:
            entry["change"] = self.change.to_json()
        if self.search is not None:
            entry["search"] = self.search.to_json()
        return entry


def read_lanes(value: Any) -> list[LanePlan]:
    """Read the lanes; see Race.

    Raises:
        ExperimentError: every problem is listed.
    """
    given = plain(value)
    if not isinstance(given, list) or not 1 <= len(given) <= MOST_LANES:
        what = f"{len(given)} lanes" if isinstance(given, list) else shown(given)
        raise ExperimentError([Problem("lanes", what, f"a list of 1 to {MOST_LANES} lanes")])
    problems: list[Problem] = []
    plans = [read_lane(one, number, problems) for number, one in enumerate(given)]
    raise_problems(problems)
    return plans


def read_lane(value: Any, number: int, problems: list[Problem]) -> LanePlan:
    """Read one lane."""
    reader = Reader(value, f"lanes[{number}]", problems)
    name = reader.text("name")
    change = read_change(reader) if reader.has("change") else None
    search: Settings | None = None
    if reader.has("search"):
        try:
            search = read_search(reader.raw("search"), reader.at("search"))
        except ExperimentError as error:
            problems += error.problems
    reader.finish()
    both = reader.has("change") and reader.has("search")
    if both or (number > 0 and not reader.has("change") and not reader.has("search")):
        first = " (only the first lane may be without)" if not both else ""
        reader.report("", value, f"one change or one search{first}")
    usual = "as it is"
    if change is not None:
        usual = f"{change.path} = {shown(change.value)}"
    if search is not None:
        usual = SEARCHES[search.type].label
    return LanePlan(name or usual, change, search)


def read_change(lane: Reader) -> LaneChange:
    """Read what a lane changes; whether the experiment has it is found out later."""
    reader = lane.inside("change")
    path = reader.text("path")
    value = reader.raw("value")
    if "value" not in reader.value:
        reader.report("value", None, "the new value; null stands for the default")
    index: tuple[int, ...] | None = None
    try:
        index = read_index(path, reader.raw("index"))
    except EditError as error:
        lane.problems.extend(error.problems)
    reader.finish()
    return LaneChange(path, value, index)
