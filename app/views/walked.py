"""The path that a run has walked, and the one that was dropped last: by an edit of the past, or by beginning again."""

from __future__ import annotations

import numpy as np

from engine import Timeline
from engine.survey import SurveySample


class Walked:
    """What is remembered of the paths of a session.

    Attributes:
        dropped: samples of what was dropped last.
    """

    def __init__(self) -> None:
        self.dropped: tuple[SurveySample, ...] = ()
        self._timeline: Timeline | None = None
        self._run = 0
        self._path: tuple[SurveySample, ...] = ()

    def walk(self, timeline: Timeline, path: tuple[SurveySample, ...]) -> None:
        """Take note of the path as it is now, and of what has been dropped from it.

        Args:
            timeline: that walks it.
            path: samples of it.
        """
        before = self._timeline
        if timeline is not before:
            self.dropped = self._path if before is not None and are_alike(before, timeline) else ()
        elif timeline.run_id != self._run:
            kept = {id(sample) for sample in path}
            gone = tuple(sample for sample in self._path if id(sample) not in kept)
            self.dropped = gone or self.dropped
        self._timeline, self._run, self._path = timeline, timeline.run_id, path


def are_alike(first: Timeline, second: Timeline) -> bool:
    """Whether the paths of two runs may be compared: they have the same data, network and loss."""
    one, other = first.first_experiment, second.first_experiment
    return (
        one.layout == other.layout
        and one.loss.name == other.loss.name
        and np.array_equal(one.dataset.inputs, other.dataset.inputs)
        and np.array_equal(one.dataset.targets, other.dataset.targets)
    )
