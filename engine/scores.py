"""How well the network does on the training and validation rows: loss, accuracy and confusion, or the usual error."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.arena import FloatArray
from engine.experiment import Experiment
from engine.still import Forwards, Still

Classes = npt.NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Score:
    """How well the network does on some rows, without dropout.

    Attributes:
        rows: how many.
        loss: their mean loss, without the penalty.
        accuracy: part of the rows whose class is found, 0 to 1; None for regression.
        confusion: how many rows of each true class (row) are taken for each class (column), (k, k); None for regression.
        rmse: root of the mean squared difference from the targets, in the targets' unit; None for classes.
    """

    rows: int
    loss: float
    accuracy: float | None
    confusion: Classes | None
    rmse: float | None


@dataclass(frozen=True, eq=False)
class Scores:
    """The scores at one moment.

    Attributes:
        training: on all training rows.
        validation: on the validation rows; None where there are none.
        class_names: of the rows and columns of a confusion; empty for regression.
        threshold: the output above which a row is taken for the second of two classes; None where none is used.
    """

    training: Score
    validation: Score | None
    class_names: tuple[str, ...]
    threshold: float | None


def scores(still: Still, *, forwards: Forwards | None = None) -> Scores:
    """Score the network on all rows it has.

    Args:
        still: the network.
        forwards: where compiled networks are kept from one question to the next.
    """
    forwards = forwards or Forwards()
    data = still.experiment.dataset
    training = score(still, data.inputs, data.targets, forwards)
    validation = None
    if len(data.validation_inputs):
        validation = score(still, data.validation_inputs, data.validation_targets, forwards)
    return Scores(training, validation, data.class_names, threshold(still.experiment))


def score(still: Still, inputs: FloatArray, targets: FloatArray, forwards: Forwards) -> Score:
    """Score the network on rows (n, fan_in) with targets (n, outputs); n ≥ 1."""
    experiment = still.experiment
    forward = forwards.of_rows(still, inputs, targets)
    outputs = forward.predictions(still.parameters)
    loss = forward.data_loss.view().item()
    if experiment.dataset.task == "regression":
        with np.errstate(all="ignore"):
            rmse = float(np.sqrt(np.mean((outputs - targets) ** 2)))
        return Score(len(inputs), loss, None, None, rmse)
    true, found = true_classes(experiment, targets), decisions(experiment, outputs)
    count = 2 if experiment.dataset.task == "binary" else targets.shape[1]
    confusion = np.bincount(true * count + found, minlength=count * count).reshape(count, count)
    return Score(len(inputs), loss, float(np.mean(true == found)), confusion, None)


def accuracy(experiment: Experiment, outputs: FloatArray, targets: FloatArray) -> float | None:
    """The part of the rows (n, k) whose class is found, 0 to 1; None for a regression."""
    if experiment.dataset.task == "regression":
        return None
    return float(np.mean(true_classes(experiment, targets) == decisions(experiment, outputs)))


def threshold(experiment: Experiment) -> float | None:
    """The output above which a row is taken for the second of two classes; None where the task is another.

    It lies half way between the two targets; an output that is a logit turns at 0.
    """
    data = experiment.dataset
    if data.task != "binary":
        return None
    logits = experiment.loss.fused == "sigmoid" and experiment.output.activation == "identity"
    return 0.0 if logits or bool((data.targets < 0).any()) else 0.5


def decisions(experiment: Experiment, outputs: FloatArray) -> Classes:
    """Which class each row of outputs (n, k) is taken for, (n,): the largest, or the side of the threshold."""
    turn = threshold(experiment)
    if turn is None:
        return np.asarray(outputs.argmax(axis=1))
    return np.asarray(outputs[:, 0] > turn, dtype=np.intp)


def true_classes(experiment: Experiment, targets: FloatArray) -> Classes:
    """Which class each row of targets (n, k) is of, (n,); of class probabilities, the most likely one."""
    if experiment.dataset.task == "binary":
        return np.asarray(targets[:, 0] > 0, dtype=np.intp)
    return np.asarray(targets.argmax(axis=1))
