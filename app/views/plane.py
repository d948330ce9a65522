"""What does the network think? Its output over the plane of two inputs or along one, the points, every neuron's map."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, NotRequired

import numpy as np
from typing_extensions import TypedDict

from app.views.plane_hidden import HiddenData, tell_hidden
from app.views.plane_points import PointsData, UncertainData, tell_points, tell_uncertain
from app.views.requests import PlaneRequest
from app.views.shown import Parts, Seen, Shown
from app.wire import Value
from engine import EditError, Experiment
from engine.activations import ACTIVATIONS
from engine.bounds import Bounds, are_alike, with_margin
from engine.datasets.dataset import Dataset, Task
from engine.events import FloatArray
from engine.layers.dense import Dense
from engine.plane import Curve, Plane, axis_bounds, curve, plane, plane_bounds
from engine.scores import threshold
from engine.still import Forwards, Still
from engine.uncertain import class_probabilities, outputs_of, probability_of

# A neuron's map is as small as a stamp.
STAMP: Final = 25
SMALLER_STAMP: Final = 15
# From so many neurons on, their maps are smaller, or too many to be told with every frame.
MANY_NEURONS: Final = 64
MOST_NEURONS: Final = 256
# Up to where activations without an upper end are told apart by colour.
PEAK: Final = 3.0
FLOAT32: Final = 1e-7
BOUNDED: Final = frozenset({"sigmoid", "softmax", "tanh"})


class AxisData(TypedDict):
    """One axis: a raw input, and its ends."""

    name: str
    low: float
    high: float


class HeldData(TypedDict):
    """A raw input that is on no axis, and the value that it has all over the plane."""

    name: str
    value: Value


class MapData(TypedDict):
    """How the maps of a layer's neurons are coloured: full at ±`peak`; `turn` is the activation of z = 0."""

    layer: int
    units: int
    peak: float
    turn: float


class NeuronData(TypedDict):
    """The neuron whose map is told as `chosen`."""

    layer: int
    unit: int


class PlaneData(TypedDict):
    """What a network makes of every point of a plane (or of a line, `kind` "curve"), at the moment of the cursor.

    Arrays: `outputs` (k, m, m), whose entry [:, j, i] is at the i-th x and the j-th y, both evenly spaced from end to end
    of their axes; along a line (k, m). For two classes `chance` (1, m, m) is the probability of the second, for more
    (k, m, m) that of each; it is left out where the outputs themselves are that. `lead` (k, m, m) is by how much the
    probability of a class is ahead of the best other's, for more than two. `neurons.L` (units, s, s) are small maps of the
    activations of layer L, `chosen` (m, m) the map of one neuron. `training` and `validation` (n, 4) are the points shown:
    row, target (or number of the class), output (or probability of the class found), class found; `training_inputs` and
    `validation_inputs` (n, r) their raw inputs; `hidden_training` and `hidden_validation` (n, 1 or 2) where the last hidden
    layer puts them.

    `scale` are the ends of what is coloured; `level` is the output at which one class turns into the other; `output` is the
    number of the output that is shown where targets are numbers. With a `reason` there is nothing else but names.
    """

    reason: str | None
    kind: Literal["plane", "curve"]
    task: Task
    raw_names: list[str]
    target_names: list[str]
    class_names: list[str]
    pair: list[int]
    axes: list[AxisData]
    held: list[HeldData]
    row: int | None
    output: int
    scale: list[float]
    level: float | None
    maps: list[MapData]
    neuron: NeuronData | None
    training: NotRequired[PointsData]
    validation: NotRequired[PointsData | None]
    hidden: NotRequired[HiddenData | None]
    uncertain: NotRequired[UncertainData | None]


def show_plane(session: Seen, request: PlaneRequest) -> Parts:
    """See `PlaneData`."""
    timeline = session.timeline
    return _parts(timeline.still(), timeline.first_experiment, session.forwards, request)


def _parts(still: Still, first: Experiment, forwards: Forwards, request: PlaneRequest) -> Parts:
    experiment = still.experiment
    data = experiment.dataset
    pair = _pair(request, data)
    row = request.row if request.row is not None and request.row < len(data.inputs) else None
    neuron = _neuron(request, experiment)
    output = neuron["unit"] if neuron is not None and neuron["layer"] == len(experiment.layers) - 1 else 0
    told: PlaneData = {
        "reason": None,
        "kind": "plane" if len(pair) == 2 else "curve",
        "task": data.task,
        "raw_names": list(data.raw_names),
        "target_names": list(data.target_names),
        "class_names": list(data.class_names),
        "pair": pair,
        "axes": [],
        "held": [],
        "row": row,
        "output": output,
        "scale": [0.0, 1.0],
        "level": threshold(experiment),
        "maps": [],
        "neuron": neuron,
    }
    fixed = None if row is None else data.raw_inputs[row]
    wanted = None if request.neurons else () if neuron is None else (neuron["layer"],)
    try:
        bounds = _bounds(data, first.dataset, pair)
        ends = [end for axis in bounds for end in axis]
        found: Plane | Curve
        if len(pair) == 2:
            two = (pair[0], pair[1])
            found = plane(
                still, two, resolution=request.resolution, bounds=ends, fixed=fixed, layers=wanted, forwards=forwards
            )
        else:
            found = curve(
                still, pair[0], resolution=4 * request.resolution, bounds=ends, fixed=fixed, forwards=forwards
            )
    except EditError as error:
        problem = error.problems[0]
        told["reason"] = f"The plane cannot be drawn: {problem.path} is {problem.value}, but must be {problem.allowed}."
        yield Shown(told)
        return
    told["axes"] = [
        {"name": data.raw_names[column], "low": low, "high": high}
        for column, (low, high) in zip(pair, bounds, strict=True)
    ]
    told["held"] = [
        {"name": name, "value": found.fixed[column]} for column, name in enumerate(data.raw_names) if column not in pair
    ]
    told["scale"] = _scale(experiment, first, output)
    yield None
    arrays = _fields(experiment, found)
    if neuron is not None:
        arrays["chosen"] = found.neurons[neuron["layer"]][neuron["unit"]]
    told["maps"] = [_tell_map(experiment, layer) for layer in found.neurons]
    if request.neurons:
        arrays |= _stamps(found.neurons)
    yield None
    told["training"] = tell_points(still, "training", output, forwards, arrays)
    told["validation"] = (
        tell_points(still, "validation", output, forwards, arrays) if len(data.validation_inputs) else None
    )
    told["hidden"] = tell_hidden(still, request, forwards, arrays) if request.hidden else None
    yield Shown(told, arrays)
    if request.uncertain:
        yield None
        yield Shown({**told, "uncertain": tell_uncertain(still, pair, bounds, found.fixed, forwards)}, arrays)


def _pair(request: PlaneRequest, data: Dataset) -> list[int]:
    columns = len(data.raw_names)
    if columns == 1:
        return [0]
    exists = max(request.pair) < columns and request.pair[0] != request.pair[1]
    return list(request.pair) if exists else [0, 1]


def _neuron(request: PlaneRequest, experiment: Experiment) -> NeuronData | None:
    """The neuron that was asked for, if there is such a one; the only output is no choice."""
    wanted = request.neuron
    if wanted is None or wanted.layer >= len(experiment.layers):
        return None
    layer = experiment.layers[wanted.layer]
    if not isinstance(layer, Dense) or wanted.unit >= layer.units:
        return None
    if wanted.layer == len(experiment.layers) - 1 and layer.units == 1:
        return None
    return {"layer": wanted.layer, "unit": wanted.unit}


def _bounds(data: Dataset, first: Dataset, pair: list[int]) -> list[Bounds]:
    """Ends of the axes: those of the data that the run began with, as long as the points lie within them.

    So a point that is put in or moved does not shift the others on the screen.
    """
    bounds = _bounds_of(data, pair)
    if first is data or first.raw_names != data.raw_names:
        return bounds
    before = _bounds_of(first, pair)
    rows = np.concatenate([data.raw_inputs, data.raw_validation_inputs])[:, pair]
    lows, highs = np.array(before).T
    if (rows >= lows).all() and (rows <= highs).all() and all(map(are_alike, bounds, before)):
        return before
    return bounds


def _bounds_of(data: Dataset, pair: list[int]) -> list[Bounds]:
    return list(plane_bounds(data, (pair[0], pair[1]))) if len(pair) == 2 else [axis_bounds(data, pair[0])]


def _scale(experiment: Experiment, first: Experiment, output: int) -> list[float]:
    """Ends of what is coloured: of the targets, or of the probabilities of the second class."""
    data = experiment.dataset
    if data.task != "regression":
        return [0.0, 1.0]
    low, high = _target_bounds(data, output)
    if first.dataset.target_names == data.target_names:
        before = _target_bounds(first.dataset, output)
        if before[0] <= low and high <= before[1] and are_alike(before, (low, high)):
            return list(before)
    return [low, high]


def _target_bounds(data: Dataset, output: int) -> Bounds:
    targets = np.concatenate([data.targets, data.validation_targets])[:, output]
    return with_margin(float(targets.min()), float(targets.max()))


def _fields(experiment: Experiment, found: Plane | Curve) -> dict[str, FloatArray]:
    """The outputs, and what they say of the classes."""
    arrays = {"outputs": found.outputs}
    rows = found.outputs.reshape(len(found.outputs), -1).T
    task = experiment.dataset.task
    with np.errstate(all="ignore"):
        if task == "binary":
            chance = probability_of(rows[:, 0], outputs_of(experiment)).reshape(found.outputs[:1].shape)
            if not _same(chance, found.outputs):
                arrays["chance"] = chance
        elif task == "classification":
            chance = class_probabilities(rows, outputs_of(experiment)).T
            ordered = np.sort(chance, axis=0)
            best = np.where(chance == ordered[-1], ordered[-2], ordered[-1])
            if not _same(chance, rows.T):
                arrays["chance"] = chance.reshape(found.outputs.shape)
            arrays["lead"] = (chance - best).reshape(found.outputs.shape)
    return arrays


def _same(chance: FloatArray, outputs: FloatArray) -> bool:
    """Whether probabilities are the outputs themselves, as exactly as they travel."""
    return bool(np.abs(chance - outputs).max() < FLOAT32)


def _tell_map(experiment: Experiment, number: int) -> MapData:
    layer = experiment.layers[number]
    name = layer.activation if isinstance(layer, Dense) else "identity"
    activation = ACTIVATIONS[name]
    # A softmax has no curve of its own; its neurons share 1, and turn where one of them has half of it.
    turn = 0.5 if activation.slope is None else float(activation.curve(np.zeros(1))[0][0])
    return {"layer": number, "units": layer.units, "peak": 1.0 if name in BOUNDED else PEAK, "turn": turn}


def _stamps(neurons: Mapping[int, FloatArray]) -> dict[str, FloatArray]:
    count = sum(len(maps) for maps in neurons.values())
    if count > MOST_NEURONS:
        return {}
    stamps = {}
    for layer, maps in neurons.items():
        size = min(maps.shape[-1], STAMP if count <= MANY_NEURONS else SMALLER_STAMP)
        nearest = np.linspace(0, maps.shape[-1] - 1, size).round().astype(int)
        small = maps[..., nearest]
        stamps[f"neurons.{layer}"] = small if small.ndim == 2 else small[:, nearest]
    return stamps
