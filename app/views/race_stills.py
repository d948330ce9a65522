"""The moment of a lane as a still, which questions can be put to."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from engine import Timeline
from engine.race import BackpropLane, Lane
from engine.still import Still


def still_of(lane: Lane, kept: dict[str, Any]) -> Still:
    """Where a lane stands; for a search, with the best weights so far.

    Args:
        lane: which.
        kept: what was found with the same request before: a search has no run of its own to take a still of.
    """
    if isinstance(lane, BackpropLane):
        return lane.timeline.still()
    # All that search have the experiment as it is.
    if "still" not in kept:
        kept["still"] = Timeline(lane.experiment).still()
    still: Still = kept["still"]
    return replace(still, parameters=np.array(lane.vector))
