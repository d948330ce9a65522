"""Edits: what somebody changes in the middle of a run, as data.

What may be changed, by its path:

learning_rate, momentum, …     a constant of the optimizer, the penalty or the clipping
layer0.W, layer0.b             one parameter, with an index; all of them, without
x, y                           one number of the batch: [row of the batch, column]
data.inputs, data.targets      one number of the training rows: [row, column]
data.points.add                a point {"input", "target", "validation"} is put after the others; see engine/points.py
data.points.feed               a point {"input", "target"} is put after the others, and is the batch of this step by itself
data.points.move               the raw inputs of a point: [row]
data.points.target             its target: [row]
data.points.remove             nothing: [row]
any other                      a path of the document, such as loss, data, network.layers[0].frozen
"""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from engine.errors import EditError, ExperimentError, Problem
from engine.experiment import Experiment, read_experiment, with_hyperparameter
from engine.layers.dense import Dense
from engine.parameters import Block, Part
from engine.points import POINTS, with_points
from engine.program import HYPERPARAMETERS
from engine.reader import is_finite, plain, shown
from engine.schedules import Constant

if TYPE_CHECKING:
    from engine.timeline import Timeline

PARAMETER: Final = re.compile(r"layer(\d+)\.(W|b)")
WHOLE_PART: Final = re.compile(r"network\.layers\[(\d+)\]\.(W|b)")
LAYER_FIELD: Final = re.compile(r"layer(\d+)\.(\w+)")
SEGMENT: Final = re.compile(r"([A-Za-z_]\w*)((?:\[\d+\])*)")
ROWS: Final = {"x": "inputs", "y": "targets", "data.inputs": "inputs", "data.targets": "targets"}


@dataclass(frozen=True)
class Edit:
    """One entry of the log.

    Attributes:
        step: at which it was made.
        event: after how many events of that step.
        path: what it changes.
        value: to what.
        index: where in an array, or None.
    """

    step: int
    event: int
    path: str
    value: Any
    index: tuple[int, ...] | None = None

    @property
    def place_in_time(self) -> tuple[int, int]:
        """Where in the run it was made."""
        return self.step, self.event

    def same_thing(self, other: Edit) -> bool:
        """Whether the other one changes the same thing at the same moment, and so takes this one's place."""
        return (self.place_in_time, self.path, self.index) == (other.place_in_time, other.path, other.index)

    def to_json(self) -> dict[str, Any]:
        """A JSON object."""
        entry: dict[str, Any] = {"step": self.step, "event": self.event, "path": self.path, "value": self.value}
        return entry if self.index is None else {**entry, "index": list(self.index)}

    @classmethod
    def from_json(cls, value: Any, path: str) -> Edit:
        """Read an entry.

        Raises:
            ExperimentError: it is none.
        """
        try:
            index = value.get("index")
            return cls(
                int(value["step"]),
                int(value["event"]),
                str(value["path"]),
                value["value"],
                None if index is None else tuple(int(number) for number in index),
            )
        except (AttributeError, KeyError, TypeError, ValueError, OverflowError) as error:
            allowed = "an object with step, event, path, value and perhaps index"
            raise ExperimentError([Problem(path, shown(value), allowed)]) from error


@dataclass(frozen=True)
class Change:
    """An edit that has been checked: what it does.

    Attributes:
        path: in its full form.
        index: where in an array.
        experiment: in force afterwards.
        number: the new number, for one parameter or hyperparameter.
        hyperparameter: name of the slot it changes, or None.
        parameter: block, part and index of the number it changes, or None.
        named: layer and part of the whole array that it gives, or None.
    """

    path: str
    index: tuple[int, ...] | None
    experiment: Experiment
    number: float = 0.0
    hyperparameter: str | None = None
    parameter: tuple[Block, Part, tuple[int, ...]] | None = None
    named: tuple[int, Part] | None = None

    @property
    def restructures(self) -> bool:
        """Whether programs have to be compiled anew."""
        return self.hyperparameter is None and self.parameter is None

    @property
    def at_step_start(self) -> bool:
        """Whether it counts from the beginning of the step; a hyperparameter counts from the cursor on."""
        return self.hyperparameter is None


def read_edit(timeline: Timeline, path: str, value: Any, index: tuple[int, ...] | None) -> Change:
    """Check an edit against the run at the cursor.

    Raises:
        EditError: it is refused; the problems say why.
    """
    if not isinstance(path, str):
        raise EditError(Problem("path", shown(path), "text such as learning_rate, layer0.W, network.layers[0].units"))
    experiment = timeline.experiment
    parameter = PARAMETER.fullmatch(path)
    if parameter is not None and index is not None:
        return read_parameter_edit(experiment, path, value, index)
    if path in ROWS:
        return read_row_edit(timeline, path, value, index)
    if path in POINTS:
        return Change(path, index, with_points(experiment, path, value, index))
    if index is not None:
        raise EditError(Problem(f"{path} index", shown(list(index)), "no index: this is not one number of an array"))
    hyperparameters = timeline.hyperparameters()
    name = next((name for name in hyperparameters if path in (name, document_path(name))), None)
    try:
        if name is None:
            document = with_value(experiment, full_path(path), value)
            if path.startswith("data"):
                document = fitted_to_data(document)
            return Change(full_path(path), None, read_experiment(document), named=whole_part(full_path(path)))
        changed = with_hyperparameter(experiment, document_path(name), value)
    except ExperimentError as error:
        raise EditError(*error.problems) from error
    if hyperparameters.keys() != timeline.hyperparameters(changed).keys() or awakens(name, experiment, changed):
        return Change(document_path(name), None, changed)
    number = timeline.hyperparameters(changed)[name]
    if name == "learning_rate" and not isinstance(changed.schedule, Constant):
        changed = experiment  # the schedule's own start stays; the change is a factor on it
    return Change(name, None, changed, number, hyperparameter=name)


def awakens(name: str, before: Experiment, after: Experiment) -> bool:
    """Whether weight decay is switched on or off, which takes other instructions."""
    return name == "weight_decay" and (before.constants[name] == 0) != (after.constants[name] == 0)


def document_path(name: str) -> str:
    """Where a hyperparameter stands in the document."""
    return HYPERPARAMETERS.get(name, f"optimizer.{name}")


def full_path(path: str) -> str:
    """`layer0.units` in full: `network.layers[0].units`."""
    match = LAYER_FIELD.fullmatch(path)
    return path if match is None else f"network.layers[{match[1]}].{match[2]}"


def whole_part(path: str) -> tuple[int, Part] | None:
    """The layer and the part of it that a full path is about, where it is a whole W or b."""
    match = WHOLE_PART.fullmatch(path)
    if match is None:
        return None
    return int(match[1]), "W" if match[2] == "W" else "b"


def read_parameter_edit(experiment: Experiment, path: str, value: Any, index: tuple[int, ...]) -> Change:
    """One weight or bias."""
    match = PARAMETER.fullmatch(path)
    layers = [i for i, layer in enumerate(experiment.layers) if isinstance(layer, Dense)]
    if match is None or int(match[1]) not in layers:
        raise EditError(Problem(path, "no such layer", "W or b of " + ", ".join(f"layer{i}" for i in layers)))
    block = experiment.layout.of_layer(int(match[1]))
    part: Part = "W" if match[2] == "W" else "b"
    check_index(path, index, block.shape_of(part))
    return Change(path, index, experiment, number_of(path, value), parameter=(block, part, index))


def read_row_edit(timeline: Timeline, path: str, value: Any, index: tuple[int, ...] | None) -> Change:
    """One number of the training rows; `x` and `y` count rows in the batch."""
    experiment = timeline.experiment
    part = ROWS[path]
    rows = getattr(experiment.dataset, part)
    if index is None:
        raise EditError(Problem(path, "without an index", "an index [row, column]"))
    if path in ("x", "y"):
        batch = timeline.batch_rows()
        check_index(path, index, (len(batch), rows.shape[1]))
        index = (int(batch[index[0]]), index[1])
    check_index(f"data.{part}", index, rows.shape)
    number = number_of(path, value)
    try:
        return Change(f"data.{part}", index, experiment.with_row(part, index[0], index[1], number))
    except ExperimentError as error:
        raise EditError(*error.problems) from error


def read_index(path: str, index: Any) -> tuple[int, ...] | None:
    """Where in an array, as far as can be told without knowing the array.

    Raises:
        EditError: it is no list.
    """
    given = plain(index)
    if given is not None and not isinstance(given, list):
        raise EditError(Problem(f"{path} index", shown(given), "a list of whole numbers"))
    return None if given is None else tuple(given)


def number_of(path: str, value: Any) -> float:
    """A finite number."""
    if not is_finite(value):
        raise EditError(Problem(path, shown(value), "a finite number"))
    return float(value)


def check_index(path: str, index: tuple[int, ...], shape: tuple[int, ...]) -> None:
    """An index that the array has; negative ones are not counted from the end."""
    whole = all(isinstance(at, int) and not isinstance(at, bool) for at in index)
    if len(index) != len(shape) or not whole or any(not 0 <= at < size for at, size in zip(index, shape, strict=True)):
        allowed = " and ".join(f"0 to {size - 1}" for size in shape)
        raise EditError(Problem(f"{path} index", shown(list(index)), allowed))


def with_value(experiment: Experiment, path: str, value: Any) -> dict[str, Any]:
    """The document with one thing changed; explicit weights that no longer fit their layer are left out.

    Raises:
        EditError: the document has no such place.
    """
    document: dict[str, Any] = copy.deepcopy(dict(experiment.document))
    steps: list[str | int] = []
    for piece in path.split("."):
        match = SEGMENT.fullmatch(piece)
        if match is None:
            raise EditError(Problem("path", shown(path), "such as learning_rate, layer0.W, network.layers[0].units"))
        steps.append(match[1])
        steps.extend(int(number) for number in re.findall(r"\d+", match[2]))
    place: Any = document
    for here, following in pairwise(steps):
        if isinstance(here, int):
            if not isinstance(place, list) or here >= len(place):
                raise EditError(Problem(path, f"index {here}", "an entry that the document has"))
            place = place[here]
            continue
        if not isinstance(place, dict):
            raise EditError(Problem("path", shown(path), "a path into the document"))
        inner = place.get(here)
        if isinstance(inner, str) and isinstance(following, str):
            inner = place[here] = {"type": inner}
        elif inner is None:
            inner = place[here] = {}
        place = inner
    last = steps[-1]
    if isinstance(last, int):
        if not isinstance(place, list) or last >= len(place):
            raise EditError(Problem(path, f"index {last}", "an entry that the document has"))
        place[last] = value
    elif isinstance(place, dict):
        if value is None:
            place.pop(last, None)
        else:
            place[last] = value
    else:
        raise EditError(Problem("path", shown(path), "a path into the document"))
    forget_misfits(document, experiment)
    return document


def forget_misfits(document: dict[str, Any], experiment: Experiment) -> None:
    """Leave out explicit W and b that were there before and no longer fit; what is given anew stays, to be checked."""
    layers = document.get("network", {}).get("layers") if isinstance(document.get("network"), dict) else None
    if not isinstance(layers, list):
        return
    before = [layer for layer in experiment.document["network"]["layers"]]
    fan_in: Any = None
    for number, layer in enumerate(layers):
        if not isinstance(layer, dict):
            return
        units = layer.get("units", len(layer["W"]) if isinstance(layer.get("W"), list) else None)
        old = before[number] if number < len(before) and isinstance(before[number], dict) else {}
        for name in ("W", "b"):
            same = name in layer and layer.get(name) == old.get(name)
            rows = np.shape(layer[name]) if same else ()
            misfit = rows and (
                (units is not None and rows[0] != units) or (name == "W" and fan_in not in (None, rows[1]))
            )
            if misfit:
                del layer[name]
        fan_in = units if layer.get("type", "dense") == "dense" else fan_in


def fitted_to_data(document: dict[str, Any]) -> dict[str, Any]:
    """Another data set under the same network: the ends of the network are made to fit, the rest is kept.

    Explicit first weights of another fan-in are left out; a last layer of another size, or a loss that does not suit the
    targets, becomes the usual one for the kind of data.
    """
    if not asks_for_another_network(document):
        return document
    fitted = copy.deepcopy(document)
    layers = fitted["network"]["layers"]
    probe = {"version": 1, "seed": fitted.get("seed", 0), "data": fitted["data"], "network": {"layers": [{}]}}
    try:
        data = read_experiment(probe).dataset
    except ExperimentError:
        return document
    if len(data.validation_inputs) == 0:
        fitted.pop("early_stopping", None)
    first: dict[str, Any] = next((layer for layer in layers if layer.get("type", "dense") == "dense"), {})
    if "W" in first and np.shape(first["W"])[1:] != data.inputs.shape[1:]:
        first.setdefault("units", len(first.pop("W")))
    if not asks_for_another_network(fitted):
        return fitted
    usual = {
        "regression": ("identity", "mean_squared_error"),
        "binary": ("sigmoid", "binary_cross_entropy"),
        "classification": ("softmax", "categorical_cross_entropy"),
    }
    activation, loss = usual[data.task]
    units = data.targets.shape[1]
    last = layers[-1]
    if last.get("units", len(last.get("W", ()))) not in (0, units):
        for name in ("W", "b", "frozen"):
            last.pop(name, None)
    last |= {"type": "dense", "units": units, "activation": activation}
    fitted["loss"] = loss
    return fitted


def asks_for_another_network(document: dict[str, Any]) -> bool:
    """Whether a document describes no experiment for another reason than its data alone."""
    try:
        read_experiment(document)
    except ExperimentError as error:
        return not any(problem.path.startswith("data") and "targets" not in problem.path for problem in error.problems)
    return False
