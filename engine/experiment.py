"""The JSON document of an experiment ↔ objects. The only place that knows the names users type."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from engine.activations import ACTIVATIONS
from engine.clipping import Clipping, read_clipping
from engine.datasets.dataset import Dataset
from engine.datasets.reading import read_dataset
from engine.errors import ExperimentError, Problem
from engine.initializers import read_initializer
from engine.layers.dense import Dense
from engine.layers.dropout import Dropout
from engine.losses import LOSSES, Loss
from engine.optimizers import OPTIMIZERS, Optimizer
from engine.parameters import PARTS, Layout, Part
from engine.penalties import Penalty, read_penalty
from engine.reader import FloatArray, Reader, plain, raise_problems, shown
from engine.schedules import Schedule, read_schedule

VERSION: Final = 1
LARGEST_LEARNING_RATE: Final = 1e6
MOST_LAYERS: Final = 64
MOST_UNITS: Final = 1024
MOST_PARAMETERS: Final = 1_000_000
MOST_CHARACTERS: Final = 8_000_000

Layer = Dense | Dropout


@dataclass(frozen=True)
class EarlyStopping:
    """When training ends by itself: the validation loss has not improved for `patience` epochs.

    Attributes:
        patience: epochs without improvement that are borne.
        min_delta: a smaller improvement does not count.
        restore_best: whether the run ends with the best weights rather than the last.
    """

    patience: int
    min_delta: float = 0.0
    restore_best: bool = True


@dataclass(frozen=True, eq=False)
class Experiment:
    """Data, network, loss, optimizer, schedule, penalties and seed: all that a run follows from.

    Attributes:
        document: the JSON document it was read from, with nothing added.
        seed: of everything random.
        dataset: the training and validation rows.
        layers: the network, in order.
        loss: how far predictions are from targets.
        unfolded: take the long way back through a cross-entropy and its activation.
        optimizer: the rule of the update.
        constants: the optimizer's numbers besides the learning rate.
        learning_rate: what the schedule starts from.
        schedule: the learning rate over time.
        penalty: on large weights.
        clipping: of the gradient.
        early_stopping: or None.
        batch_size: rows of a step.
        shuffle: whether each epoch takes the rows in an order of its own.
    """

    document: Mapping[str, Any]
    seed: int
    dataset: Dataset
    layers: tuple[Layer, ...]
    loss: Loss
    unfolded: bool
    optimizer: Optimizer
    constants: Mapping[str, float]
    learning_rate: float
    schedule: Schedule
    penalty: Penalty
    clipping: Clipping
    early_stopping: EarlyStopping | None
    batch_size: int
    shuffle: bool

    @classmethod
    def from_json(cls, document: Mapping[str, Any] | str) -> Experiment:
        """Read a document.

        Args:
            document: the JSON object, or its text.

        Raises:
            ExperimentError: it describes no experiment; every problem is listed with its path, the value given and
                what is allowed.
        """
        try:
            return read_experiment(plain(document))
        except RecursionError as error:
            raise ExperimentError([Problem("document", "nested too deeply", "the fields of an experiment")]) from error

    def to_json(self) -> dict[str, Any]:
        """The document, as a fresh object of plain JSON values."""
        return dict(json.loads(json.dumps(self.document)))

    @property
    def layout(self) -> Layout:
        """Where each parameter lies in the flat vector."""
        dense = [(i, layer.fan_in, layer.units) for i, layer in enumerate(self.layers) if isinstance(layer, Dense)]
        return Layout.of(dense)

    @property
    def frozen(self) -> list[tuple[int, Part]]:
        """The parameters that no update changes."""
        return [(i, part) for i, layer in enumerate(self.layers) if isinstance(layer, Dense) for part in layer.frozen]

    @property
    def output(self) -> Dense:
        """The last layer."""
        last = self.layers[-1]
        if not isinstance(last, Dense):
            raise ExperimentError([Problem("network.layers", "dropout last", "a dense layer last")])
        return last

    @property
    def fused(self) -> bool:
        """Whether the loss takes the short way, delta = a − y."""
        return self.loss.fused is not None and (not self.unfolded or self.output.activation == "identity")

    def with_row(self, part: str, row: int, column: int, value: float) -> Experiment:
        """The same experiment with one number of its training rows changed; its rows are then written out.

        Args:
            part: `inputs` or `targets`.
            row: of the training rows.
            column: of the row.
            value: the new number.
        """
        data = self.dataset
        changed = np.array(getattr(data, part))
        if part == "targets" and data.task == "classification" and value == 1.0:
            changed[row] = 0.0  # a sample has one class: naming it takes the place of the one it had
        changed[row, column] = value
        rows: dict[str, Any] = {
            "inputs": data.inputs.tolist(),
            "targets": data.targets.tolist(),
            "task": data.task,
            "input_names": list(data.input_names),
            "target_names": list(data.target_names),
        }
        if data.class_names:
            rows["class_names"] = list(data.class_names)
        if len(data.validation_inputs):
            rows["validation_inputs"] = data.validation_inputs.tolist()
            rows["validation_targets"] = data.validation_targets.tolist()
        rows[part] = changed.tolist()
        document = {**self.document, "data": rows}
        problems: list[Problem] = []
        dataset = read_dataset(Reader(rows, "data", problems), self.seed)
        if dataset is not None:
            check_targets(dataset, self.loss, self.output, problems)
        raise_problems(problems)
        if dataset is None:
            raise ExperimentError([Problem("data", shown(value), "rows of numbers")])
        return replace(self, dataset=dataset, document=document)


def with_hyperparameter(experiment: Experiment, path: str, value: Any) -> Experiment:
    """The same experiment with one number of its optimizer, penalty or clipping changed; the rest is not read again.

    Args:
        experiment: as it is.
        path: `optimizer.<name>`, `penalty.<name>` or `clipping.<name>`.
        value: the new number; None stands for the default.

    Raises:
        ExperimentError: the number is not allowed.
    """
    section, _, field = path.partition(".")
    given = experiment.document.get(section)
    before = {"type": given} if isinstance(given, str) else dict(given or {})
    after = {**before, field: value}
    if value is None:
        del after[field]
    problems: list[Problem] = []
    reader = Reader(after, section, problems)
    document = {**experiment.document, section: after}
    if section == "optimizer":
        optimizer, constants, rate = read_optimizer(reader)
        changed = replace(experiment, document=document, optimizer=optimizer, constants=constants, learning_rate=rate)
    elif section == "penalty":
        changed = replace(experiment, document=document, penalty=read_penalty(reader))
    else:
        changed = replace(experiment, document=document, clipping=read_clipping(reader))
    raise_problems(problems)
    return changed


def read_experiment(document: Mapping[str, Any] | str) -> Experiment:
    """See Experiment.from_json."""
    if isinstance(document, str):
        document = parsed(document)
    if not isinstance(document, Mapping):
        raise ExperimentError([Problem("document", shown(document), "an object with named fields")])
    problems: list[Problem] = []
    reader = Reader(document, "", problems)
    version = reader.integer("version", VERSION)
    if version != VERSION:
        reader.report("version", version, f"{VERSION}")
    reader.text("title")
    seed = reader.integer("seed", 0, at_least=0, at_most=2**63 - 1)
    dataset = read_dataset(with_classes(reader), seed)
    fan_in = dataset.inputs.shape[1] if dataset is not None else 1
    outputs = dataset.targets.shape[1] if dataset is not None else None
    layers = read_layers(reader.inside("network"), fan_in, outputs)
    loss_reader = reader.typed("loss", "mean_squared_error")
    loss = LOSSES[loss_reader.choice("type", tuple(LOSSES), "mean_squared_error")]
    unfolded = loss_reader.boolean("unfolded", False)
    loss_reader.finish()
    optimizer, constants, learning_rate = read_optimizer(reader.typed("optimizer", "sgd"))
    schedule = read_schedule(reader.typed("schedule", "constant"))
    penalty = read_penalty(reader.inside("penalty"))
    clipping = read_clipping(reader.typed("clipping", "none"))
    early_stopping = read_early_stopping(reader)
    samples = len(dataset.inputs) if dataset is not None else 1
    batch_size = min(reader.integer("batch_size", samples, at_least=1), samples)
    shuffle = reader.boolean("shuffle", True)
    reader.finish()
    if dataset is not None and layers and isinstance(layers[-1], Dense):
        check_output(loss, layers[-1], reader)
        check_targets(dataset, loss, layers[-1], problems)
        if early_stopping is not None and len(dataset.validation_inputs) == 0:
            reader.report("early_stopping", document.get("early_stopping"), "only with validation rows in data")
    raise_problems(problems)
    if dataset is None:
        raise ExperimentError([Problem("data", "missing", "a data set")])
    return Experiment(
        dict(document),
        seed,
        dataset,
        layers,
        loss,
        unfolded,
        optimizer,
        constants,
        learning_rate,
        schedule,
        penalty,
        clipping,
        early_stopping,
        batch_size,
        shuffle,
    )


def parsed(text: str) -> Any:
    """JSON text as Python objects.

    Raises:
        ExperimentError: it is too long, or no JSON.
    """
    if len(text) > MOST_CHARACTERS:
        raise ExperimentError([Problem("document", f"{len(text)} characters", f"at most {MOST_CHARACTERS}")])
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ExperimentError([Problem("document", shown(str(error)), "JSON text")]) from error


def with_classes(reader: Reader) -> Reader:
    """The data, where class targets typed in as integers become one number a class.

    How many classes there are is the number of outputs, since a few rows need not show every class; where the last layer
    leaves it open, the rows are all there is to go by.
    """
    data = reader.inside("data")
    loss, network = reader.raw("loss"), reader.raw("network")
    name = loss.get("type") if isinstance(loss, Mapping) else loss
    layers = network.get("layers") if isinstance(network, Mapping) else None
    last = layers[-1] if isinstance(layers, list) and layers else None
    if name != "categorical_cross_entropy" or not isinstance(last, Mapping):
        return data
    weights = last.get("W")
    value = dict(data.value)
    labels_of = {field: integers(value.get(field)) or [] for field in ("targets", "validation_targets")}
    usual = (
        len(weights)
        if isinstance(weights, list)
        else max([1, *labels_of["targets"], *labels_of["validation_targets"]]) + 1
    )
    classes = last.get("units", usual)
    if not isinstance(classes, int) or not 2 <= classes <= MOST_UNITS:
        return data
    for field, labels in labels_of.items():
        if labels and all(0 <= label < classes for label in labels):
            value[field] = np.eye(classes)[labels].tolist()
            value.setdefault("task", "classification")
    return Reader(value, data.path, data.problems)


def integers(targets: Any) -> list[int] | None:
    """Targets given as one integer a row, alone or in a list of its own; None if they are something else."""
    if not isinstance(targets, list) or not targets:
        return None
    flat = [row[0] if isinstance(row, list) and len(row) == 1 else row for row in targets]
    return flat if all(isinstance(label, int) and not isinstance(label, bool) for label in flat) else None


def read_layers(reader: Reader, fan_in: int, outputs: int | None) -> tuple[Layer, ...]:
    """Read the layers; each takes what the one before hands on."""
    given = reader.raw("layers")
    reader.finish()
    if not isinstance(given, list) or not given or len(given) > MOST_LAYERS:
        reader.report("layers", given, f"a list of 1 to {MOST_LAYERS} layers")
        return ()
    layers: list[Layer] = []
    for index, value in enumerate(given):
        one = Reader(value, f"{reader.at('layers')}[{index}]", reader.problems)
        layer = read_layer(one, fan_in, last=index == len(given) - 1, outputs=outputs)
        layers.append(layer)
        fan_in = layer.units
    if isinstance(layers[-1], Dropout):
        reader.report("layers", given[-1], "a dense layer last")
    elif outputs is not None and layers[-1].units != outputs:
        what = f"{outputs}, as many as each target has numbers"
        reader.report(f"layers[{len(layers) - 1}].units", layers[-1].units, what)
    count = sum((layer.fan_in + 1) * layer.units for layer in layers if isinstance(layer, Dense))
    if count > MOST_PARAMETERS:
        reader.report("layers", f"{count} parameters", f"at most {MOST_PARAMETERS} parameters")
    return tuple(layers)


def read_layer(reader: Reader, fan_in: int, *, last: bool, outputs: int | None) -> Layer:
    """Read one layer."""
    if reader.choice("type", ("dense", "dropout"), "dense") == "dropout":
        rate = reader.number("rate", 0.5, at_least=0, below=1)
        reader.finish()
        return Dropout(fan_in, rate)
    explicit = reader.raw("W")
    usual = len(explicit) if isinstance(explicit, list) and explicit else outputs if last and outputs else 1
    units = reader.integer("units", usual, at_least=1, at_most=MOST_UNITS)
    activation = reader.choice("activation", tuple(ACTIVATIONS), "identity")
    default = "he_uniform" if activation in ("relu", "leaky_relu", "elu") else "xavier_uniform"
    initializer = read_initializer(reader.typed("initializer", default), default)
    bias_initializer = read_initializer(reader.typed("bias_initializer", "zeros"), "zeros")
    weights = read_shaped(reader, "W", (units, fan_in))
    biases = read_shaped(reader, "b", (units,))
    frozen = read_frozen(reader)
    reader.finish()
    return Dense(fan_in, units, activation, initializer, bias_initializer, weights, biases, frozen)


def read_shaped(reader: Reader, name: str, shape: tuple[int, ...]) -> FloatArray | None:
    """Read explicit numbers of a given shape."""
    array = reader.array(name, len(shape))
    if array is not None and array.shape != shape:
        words = "units × inputs" if len(shape) == 2 else "units"
        reader.report(name, f"of shape {array.shape}", f"shape {shape} ({words})")
        return None
    return array


def read_frozen(reader: Reader) -> frozenset[Part]:
    """Read `true`, `false`, or a list of `"W"` and `"b"`."""
    value = reader.raw("frozen", [])
    if isinstance(value, bool):
        return frozenset(PARTS) if value else frozenset()
    if not isinstance(value, list) or any(part not in PARTS for part in value):
        reader.report("frozen", value, 'true, false, or a list of "W" and "b"')
        return frozenset()
    return frozenset(value)


def read_optimizer(reader: Reader) -> tuple[Optimizer, dict[str, float], float]:
    """Read the optimizer, its constants and its learning rate."""
    optimizer = OPTIMIZERS[reader.choice("type", tuple(OPTIMIZERS), "sgd")]
    learning_rate = reader.number("learning_rate", optimizer.learning_rate, at_least=0, at_most=LARGEST_LEARNING_RATE)
    constants = {
        constant.name: reader.number(constant.name, constant.default, at_least=constant.at_least, below=constant.below)
        for constant in optimizer.constants
    }
    reader.finish()
    return optimizer, constants, learning_rate


def read_early_stopping(reader: Reader) -> EarlyStopping | None:
    """Read `{"patience": 10, "min_delta": 0, "restore_best": true}`."""
    if not reader.has("early_stopping"):
        return None
    inner = reader.inside("early_stopping")
    stopping = EarlyStopping(
        inner.integer("patience", 10, at_least=0),
        inner.number("min_delta", 0.0, at_least=0),
        inner.boolean("restore_best", True),
    )
    inner.finish()
    return stopping


def check_output(loss: Loss, output: Dense, reader: Reader) -> None:
    """A cross-entropy needs its own activation in front of it, or logits."""
    if loss.fused is not None and output.activation not in (loss.fused, "identity"):
        allowed = f"{loss.fused} or identity (then the outputs are logits) with {loss.name}"
        reader.report("network.layers[-1].activation", output.activation, allowed)


def check_targets(dataset: Dataset, loss: Loss, output: Dense, problems: list[Problem]) -> None:
    """Some losses take only some targets."""
    for name, targets in (("targets", dataset.targets), ("validation_targets", dataset.validation_targets)):
        if targets.size == 0:
            continue
        if loss.name == "hinge" and not np.isin(targets, (-1.0, 1.0)).all():
            problems.append(Problem(f"data.{name}", shown(targets), "−1 and 1 with hinge"))
        if loss.fused == "sigmoid" and not ((targets >= 0) & (targets <= 1)).all():
            problems.append(Problem(f"data.{name}", shown(targets), f"numbers from 0 to 1 with {loss.name}"))
        with np.errstate(all="ignore"):
            sums = targets.sum(axis=1)
        if loss.fused == "softmax" and (output.units < 2 or (targets < 0).any() or not np.allclose(sums, 1.0)):
            allowed = f"classes (integers, or one number a class that add up to 1) with {loss.name}"
            problems.append(Problem(f"data.{name}", shown(targets), allowed))


def initial_weights(experiment: Experiment, index: int, purpose: int) -> tuple[FloatArray, FloatArray]:
    """W and b that a dense layer begins with."""
    layer = experiment.layers[index]
    if not isinstance(layer, Dense):
        raise ExperimentError([Problem(f"network.layers[{index}]", layer.type, "a dense layer")])
    return layer.initial(np.random.default_rng([experiment.seed, purpose, index]))
