"""Experiments with one thing changed, and experiments that begin where a run is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from engine.arena import FloatArray
from engine.edits import document_path, full_path, read_edit
from engine.errors import EditError, ExperimentError
from engine.experiment import Experiment, with_hyperparameter
from engine.parameters import PARTS, Layout, Part
from engine.schedules import Constant, plateau_in
from engine.search.search import beginning
from engine.timeline import Timeline

INITIALIZER: Final = re.compile(r"network\.layers\[(\d+)\]\.(initializer|bias_initializer)\b.*")
WHOLE: Final = re.compile(r"network\.layers\[(\d+)\]\.(W|b)")
LAYER: Final = re.compile(r"network\.layers\[(\d+)\]")


@dataclass(frozen=True)
class LaneChange:
    """The one thing that is different; fields as in an edit."""

    path: str
    value: Any
    index: tuple[int, ...] | None = None

    def to_json(self) -> dict[str, Any]:
        """A JSON object."""
        entry: dict[str, Any] = {"path": self.path, "value": self.value}
        return entry if self.index is None else {**entry, "index": list(self.index)}


def changed(base: Experiment, change: LaneChange | None) -> Experiment:
    """The experiment with one thing changed, and nothing else.

    The weights it begins with are those of the base wherever they fit: another activation, whose usual initializer is
    another, does not draw others. Three changes do draw anew: that of a layer's initializer, where it also takes the place
    of explicit weights; that of the seed, which leaves explicit weights and the data as they are; and that of a whole
    layer, of all layers or of the network.

    Raises:
        ExperimentError: the change is refused; the problems say why.
    """
    if change is None:
        return base
    start = beginning(base)
    try:
        edit = read_edit(Timeline(base), change.path, change.value, change.index)
    except EditError as error:
        raise ExperimentError(error.problems) from error
    if edit.parameter is not None:
        block, part, index = edit.parameter
        block.part(start, part)[index] = edit.number
        return Experiment.from_json(with_parameters(base, differing(base, parts_of(base.layout, start))))
    experiment = edit.experiment
    if edit.hyperparameter is not None:
        experiment = with_hyperparameter(base, document_path(edit.hyperparameter), change.value)
    document = experiment.to_json()
    path = full_path(change.path)
    if path == "seed":
        document["data"].setdefault("seed", base.seed)
    initializer = INITIALIZER.fullmatch(path)
    if initializer is not None:
        part_drawn: Part = "W" if initializer[2] == "initializer" else "b"
        document["network"]["layers"][int(initializer[1])].pop(part_drawn, None)
    experiment = Experiment.from_json(document)
    kept = {
        f"layer{block.layer}.{part}": array
        for block, part in base.layout.names()
        if not redraws(path, block.layer, part) and fits(experiment.layout, block.layer, part, block.shape_of(part))
        for array in [np.array(block.part(start, part))]
    }
    return Experiment.from_json(with_parameters(experiment, differing(experiment, kept)))


def redraws(path: str, layer: int, part: Part) -> bool:
    """Whether a change is about how the beginning of these parameters is found."""
    initializer, whole, one = INITIALIZER.fullmatch(path), WHOLE.fullmatch(path), LAYER.fullmatch(path)
    if initializer is not None:
        return int(initializer[1]) == layer and (initializer[2] == "initializer") == (part == "W")
    if whole is not None:
        return int(whole[1]) == layer and whole[2] == part
    if one is not None:
        return int(one[1]) == layer
    return path in ("seed", "network", "network.layers")


def fits(layout: Layout, layer: int, part: Part, shape: tuple[int, ...]) -> bool:
    """Whether a layout has these parameters in this shape."""
    return any(block.layer == layer and block.shape_of(part) == shape for block in layout.blocks)


def differing(experiment: Experiment, parameters: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    """Those parameters with which a run of the experiment would not begin by itself."""
    usual = parts_of(experiment.layout, beginning(experiment))
    return {name: array for name, array in parameters.items() if not np.array_equal(array, usual[name])}


def with_parameters(experiment: Experiment, parameters: Mapping[str, FloatArray]) -> dict[str, Any]:
    """The document of the experiment with explicit weights; names as `layer0.W`."""
    document = experiment.to_json()
    for name, array in parameters.items():
        layer, _, part = name.removeprefix("layer").partition(".")
        document["network"]["layers"][int(layer)][part] = array.tolist()
    return document


def first_document(timeline: Timeline) -> dict[str, Any]:
    """The experiment of a run as it was in force before its first event, with the edits that were made there."""
    edits = [edit.to_json() for edit in timeline.edits if (edit.step, edit.event) == (0, 0)]
    first = Timeline.from_json({"experiment": timeline.first_experiment.to_json(), "edits": edits})
    return with_parameters(first.experiment, differing(first.experiment, first.parameters()))


def fork(timeline: Timeline) -> dict[str, Any]:
    """An experiment that begins where a run is now: its settings and data, and its weights made explicit.

    Steps are counted from the fork, and nothing but the weights is taken along: the optimizer's memory is empty, early
    stopping begins to watch, the first epoch begins, and a schedule starts over from its document's learning rate times
    what an edit has multiplied it by (a plateau: from the present rate). In the middle of a step the weights are those
    before its update.
    """
    experiment = timeline.experiment
    schedule = experiment.schedule
    if not isinstance(schedule, Constant):
        rate = timeline.learning_rate
        if plateau_in(schedule) is None:
            scheduled = schedule.at(timeline.cursor.step, timeline.epoch, experiment.learning_rate)
            factor = rate / scheduled if scheduled > 0 else 1.0
            rate = experiment.learning_rate * factor
        if rate != experiment.learning_rate:
            experiment = with_hyperparameter(experiment, "optimizer.learning_rate", rate)
    return with_parameters(experiment, timeline.parameters())


def parts_of(layout: Layout, vector: FloatArray) -> dict[str, FloatArray]:
    """A flat vector as arrays in their usual shapes, by name."""
    return {
        f"layer{block.layer}.{part}": np.array(block.part(vector, part), order="C") for block, part in layout.names()
    }


def vector_of(layout: Layout, parameters: Mapping[str, FloatArray]) -> FloatArray:
    """Arrays by name as a flat vector."""
    vector = np.zeros(layout.size)
    for block in layout.blocks:
        for part in PARTS:
            block.part(vector, part)[...] = parameters[f"layer{block.layer}.{part}"]
    return vector
