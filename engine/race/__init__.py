"""The same experiment in several lanes, side by side: which is better?"""

from engine.race.cost import CostClock
from engine.race.lanes import BackpropLane, Crossing, Curve, Lane, Path, Scores, SearchLane
from engine.race.plans import MOST_LANES, LanePlan, read_lanes
from engine.race.race import MOST_PARAMETERS, STARTS, Race
from engine.race.variants import LaneChange, changed, first_document, fork

__all__ = [
    "MOST_LANES",
    "MOST_PARAMETERS",
    "STARTS",
    "BackpropLane",
    "CostClock",
    "Crossing",
    "Curve",
    "Lane",
    "LaneChange",
    "LanePlan",
    "Path",
    "Race",
    "Scores",
    "SearchLane",
    "changed",
    "first_document",
    "fork",
    "read_lanes",
]
