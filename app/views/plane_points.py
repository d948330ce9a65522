"""The points over the plane: what the network makes of each row of the data, and which one it would ask about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

import numpy as np
from typing_extensions import TypedDict

from app.wire import Value
from engine.bounds import Bounds
from engine.events import FloatArray
from engine.hidden import evenly
from engine.scores import decisions, true_classes
from engine.still import Forwards, Still
from engine.uncertain import class_probabilities, most_uncertain, outputs_of, plane_grid, probability_of

# A question about this many points is answered within a few milliseconds.
MOST_TAKEN: Final = 200


class PointsData(TypedDict):
    """The rows of one kind: how many there are, how many of them are shown, and how good the network is on all of them.

    `wrong` counts those on the wrong side and `accuracy` is the part of the others, 0 to 1, for classes; else `rmse`.
    """

    rows: int
    shown: int
    wrong: int | None
    accuracy: float | None
    rmse: Value | None


class UncertainData(TypedDict):
    """The point whose class the network would ask for next: its raw inputs, and how unsure it is, 0 to 1.

    Where nothing can be said, there is no point but a reason.
    """

    point: Value | None
    uncertainty: float
    reason: str


def tell_points(
    still: Still,
    kind: Literal["training", "validation"],
    output: int,
    forwards: Forwards,
    arrays: dict[str, FloatArray],
) -> PointsData:
    """How good the network is on the rows of a kind; those that are shown are put among the arrays.

    Args:
        still: the network.
        kind: which rows; there are some.
        output: which output is shown where targets are numbers.
        forwards: where compiled networks are kept.
        arrays: gets two more; see `PlaneData`.
    """
    experiment = still.experiment
    data = experiment.dataset
    training = kind == "training"
    inputs, targets = (data.inputs, data.targets) if training else (data.validation_inputs, data.validation_targets)
    raw = data.raw_inputs if training else data.raw_validation_inputs
    shown = evenly(len(inputs))
    outputs = _outputs(still, inputs, forwards)
    points = np.empty((len(shown), 4))
    points[:, 0] = shown
    told: PointsData = {"rows": len(inputs), "shown": len(shown), "wrong": None, "accuracy": None, "rmse": None}
    with np.errstate(all="ignore"):
        if data.task == "regression":
            points[:, 1] = targets[shown, output]
            points[:, 2] = outputs[shown, output]
            points[:, 3] = 0.0
            told["rmse"] = float(np.sqrt(np.mean((outputs[:, output] - targets[:, output]) ** 2)))
        else:
            true, found = true_classes(experiment, targets), decisions(experiment, outputs)
            points[:, 1], points[:, 3] = true[shown], found[shown]
            if data.task == "binary":
                second = probability_of(outputs[shown, 0], outputs_of(experiment))
                points[:, 2] = np.where(found[shown] == 1, second, 1.0 - second)
            else:
                points[:, 2] = class_probabilities(outputs[shown], outputs_of(experiment)).max(axis=1)
            wrong = int(np.count_nonzero(true != found))
            told["wrong"] = wrong
            told["accuracy"] = 1.0 - wrong / len(inputs)
    arrays[kind] = points
    arrays[f"{kind}_inputs"] = raw[shown]
    return told


def tell_uncertain(
    still: Still, pair: Sequence[int], bounds: Sequence[Bounds], fixed: FloatArray, forwards: Forwards
) -> UncertainData:
    """Of which point of the plane the network is least sure.

    Args:
        still: the network.
        pair: which raw inputs span the plane.
        bounds: its ends.
        fixed: the raw inputs that give the others.
        forwards: where compiled networks are kept.
    """
    experiment = still.experiment
    data = experiment.dataset
    if len(pair) < 2:
        return {"point": None, "uncertainty": 0.0, "reason": "Along one input there is no class to ask for."}
    grid = plane_grid((bounds[0], bounds[1]))
    pool = np.tile(fixed, (len(grid), 1))
    pool[:, list(pair)] = grid

    def predict(raw: FloatArray) -> FloatArray:
        with np.errstate(all="ignore"):
            inputs = data.from_raw(raw)
        return _outputs(still, inputs, forwards)

    taken = data.raw_inputs[evenly(len(data.inputs))[:MOST_TAKEN]]
    found = most_uncertain(predict, pool, data.task, outputs=outputs_of(experiment), taken=taken)
    if found.points is None:
        return {"point": None, "uncertainty": 0.0, "reason": found.reason}
    return {"point": found.points[0], "uncertainty": float(found.uncertainty[0]), "reason": ""}


def _outputs(still: Still, inputs: FloatArray, forwards: Forwards) -> FloatArray:
    """What the network makes of rows (n, fan_in), (n, k)."""
    last = len(still.experiment.layers) - 1
    return forwards.activations(still, inputs, (last,))[last].T
