"""What each lane thinks of the plane of two inputs, in small."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from typing_extensions import TypedDict

from app.views.race_stills import still_of
from engine.bounds import with_margin
from engine.datasets.dataset import Task
from engine.events import FloatArray
from engine.hidden import evenly
from engine.plane import plane, plane_bounds
from engine.race import Race
from engine.scores import true_classes
from engine.still import Forwards
from engine.uncertain import class_probabilities, outputs_of, probability_of

# Points along each side; the pictures are small.
RESOLUTION: Final = 25
MOST_DOTS: Final = 150
TOO_FEW_INPUTS: Final = "There is no plane to draw: the network has one input."


class PlanesData(TypedDict):
    """The planes of all lanes, over the first two inputs; further inputs are at their means.

    Arrays: `plane.L` (k, m, m) of lane L: for two classes the probability of the second, for more that of each, else the
    first output; entry [:, j, i] is at the i-th x and the j-th y. `dots` (n, 3) are training points: x, y, and the number of
    the class, or the target. `scale` are the ends of what is coloured. With a `reason` there is nothing else.
    """

    reason: str | None
    task: Task
    names: list[str]
    bounds: list[tuple[float, float]]
    scale: list[float]


class PlanesOfLanes:
    """The planes, worked out one lane at a time.

    Args:
        race: whose lanes; what is needed of them is copied here and now.
        kept: what was found with the same request before.
        forwards: where compiled networks are kept.
    """

    def __init__(self, race: Race, kept: dict[str, Any], forwards: Forwards) -> None:
        data = race.experiment.dataset
        self._data, self._forwards = data, forwards
        self._stills = [still_of(lane, kept) for lane in race.lanes]
        self._experiment = race.experiment
        self.data: PlanesData = {
            "reason": None if len(data.raw_names) > 1 else TOO_FEW_INPUTS,
            "task": data.task,
            "names": list(data.raw_names[:2]),
            "bounds": [],
            "scale": [0.0, 1.0],
        }
        if data.task == "regression":
            targets = data.targets[:, 0]
            self.data["scale"] = list(with_margin(float(targets.min()), float(targets.max())))

    def parts(self) -> Iterator[dict[str, FloatArray]]:
        """The arrays of one lane after the other."""
        if self.data["reason"] is not None:
            return
        data = self._data
        bounds = plane_bounds(data, (0, 1))
        self.data["bounds"] = list(bounds)
        ends = [end for axis in bounds for end in axis]
        for number, still in enumerate(self._stills):
            # A lane may have other rows; what is held still are the means of ours.
            fixed = data.raw_inputs.mean(axis=0)
            found = plane(
                still, (0, 1), resolution=RESOLUTION, bounds=ends, fixed=fixed, layers=(), forwards=self._forwards
            )
            outputs = found.outputs.reshape(len(found.outputs), -1)
            with np.errstate(all="ignore"):
                if data.task == "binary":
                    shown = probability_of(outputs[0], outputs_of(still.experiment))[np.newaxis]
                elif data.task == "classification":
                    shown = class_probabilities(outputs.T, outputs_of(still.experiment)).T
                else:
                    shown = outputs[:1]
            yield {f"plane.{number}": shown.reshape(-1, RESOLUTION, RESOLUTION)}
        rows = evenly(len(data.inputs))[:MOST_DOTS]
        kinds = (
            data.targets[rows, 0] if data.task == "regression" else true_classes(self._experiment, data.targets[rows])
        )
        yield {"dots": np.column_stack([data.raw_inputs[rows][:, :2], kinds]).astype(np.float64)}
