"""Where the epochs of a run begin. An edit may have changed how long they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine import Timeline
from engine.events import FloatArray
from engine.points import fed_after
from engine.segment import Segment


@dataclass(frozen=True)
class Stretch:
    """Steps whose epochs all have the same length.

    Attributes:
        step: the first of them; an epoch begins there.
        epoch: which one.
        length: steps in an epoch.
    """

    step: int
    epoch: int
    length: int


def stretches_of(timeline: Timeline) -> list[Stretch]:
    """The stretches of a whole run, in order, wherever its cursor stands."""
    # The timeline tells the epoch of its cursor only, and going through the run to ask would take too long.
    segment = Segment.first(timeline.first_experiment)
    found = [_stretch(segment)]
    for edit, change in zip(timeline.edits, timeline.changes, strict=True):
        if not change.restructures:
            continue
        fed = fed_after(change.path, change.index, change.experiment, segment.fed_row(edit.step))
        segment = segment.restructured(edit.step, change.experiment, fed)
        stretch = _stretch(segment)
        if stretch == found[-1]:
            continue
        # Of several edits at one step the last one counts.
        while found and found[-1].step >= stretch.step:
            found.pop()
        found.append(stretch)
    return found


def epoch_of(stretches: Sequence[Stretch], step: int) -> int:
    """Which epoch a step belongs to."""
    stretch = next((each for each in reversed(stretches) if each.step <= step), stretches[0])
    return stretch.epoch + max(step - stretch.step, 0) // stretch.length


def means_of_epochs(record: FloatArray, stretches: Sequence[Stretch]) -> tuple[list[int], FloatArray]:
    """The mean of a record with one number for each step over each whole epoch.

    Args:
        record: (steps,).
        stretches: of the run. What an edit cut short is no whole epoch.

    Returns:
        The epochs, ascending, and their means, (epochs,).
    """
    epochs: list[int] = []
    means: list[FloatArray] = []
    ends = [*(stretch.step for stretch in stretches[1:]), len(record)]
    with np.errstate(all="ignore"):
        for stretch, end in zip(stretches, ends, strict=True):
            part = record[stretch.step : min(end, len(record))]
            count = len(part) // stretch.length
            epochs.extend(range(stretch.epoch, stretch.epoch + count))
            means.append(part[: count * stretch.length].reshape(-1, stretch.length).mean(axis=1))
    return epochs, np.concatenate(means)


def _stretch(segment: Segment) -> Stretch:
    return Stretch(segment.origin_step, segment.origin_epoch, segment.steps_per_epoch)
