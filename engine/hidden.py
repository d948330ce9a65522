"""The data as a hidden layer sees them, and the straight cuts that the output layer makes there."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np
import numpy.typing as npt

from engine.arena import FloatArray
from engine.errors import EditError, Problem
from engine.experiment import Experiment
from engine.layers.dense import Dense
from engine.reader import shown
from engine.scores import threshold
from engine.still import Forwards, Still

Rows = npt.NDArray[np.intp]

MOST_POINTS: Final = 500
MOST_CLASSES: Final = 20
"""With more classes than these, the pairs are too many to be cuts that anyone could look at."""
EXACT: Final = 1e-9
ASCENDING: Final = ("identity", "sigmoid", "tanh", "leaky_relu", "elu", "softplus", "softmax")
"""Activations after which the largest output is the one with the largest weighted sum."""


@dataclass(frozen=True, eq=False)
class Cut:
    """A straight cut through a hidden space: w·h + b is above 0 on one side, below on the other.

    Attributes:
        above: what the rows on the positive side are taken for.
        below: what the others are taken for.
        w: in the space of all units, (units,).
        b: likewise.
        flat_w: the same cut in the plane that is shown, (dimensions,); None where no line in it tells the sides of
            the points exactly.
        flat_b: likewise.
    """

    above: str
    below: str
    w: FloatArray
    b: float
    flat_w: FloatArray | None
    flat_b: float | None


@dataclass(frozen=True, eq=False)
class HiddenSpace:
    """The rows of the data as activations of a hidden layer, without dropout.

    Attributes:
        layer: its number.
        training: activations of the training rows shown, (n, units).
        training_targets: their targets, (n, k).
        training_rows: their numbers, (n,).
        validation: activations of the validation rows shown, (m, units).
        validation_targets: their targets, (m, k).
        validation_rows: their numbers, (m,).
        units: the one or two units whose activations are the coordinates; empty where they are principal components.
        origin: of the coordinates, (units,).
        directions: of the coordinates, one a column, (units, dimensions); orthonormal.
        training_at: coordinates of the training rows: (training − origin) @ directions, (n, dimensions).
        validation_at: likewise, (m, dimensions).
        spread: part of the training points' variance that the coordinates show, 0 to 1.
        cuts: of the output layer; empty where it does not read this layer or does not part classes.
    """

    layer: int
    training: FloatArray
    training_targets: FloatArray
    training_rows: Rows
    validation: FloatArray
    validation_targets: FloatArray
    validation_rows: Rows
    units: tuple[int, ...]
    origin: FloatArray
    directions: FloatArray
    training_at: FloatArray
    validation_at: FloatArray
    spread: float
    cuts: tuple[Cut, ...]


def hidden_space(
    still: Still,
    layer: int | None = None,
    pair: tuple[int, int] | None = None,
    *,
    forwards: Forwards | None = None,
) -> HiddenSpace:
    """Look at the data as a hidden layer hands them on.

    Args:
        still: the network.
        layer: number of a dense layer before the last; the last of these, if left out.
        pair: two of its units, to be the coordinates. Left out, these are both units of two, or the first two
            principal components of the training points of more.
        forwards: where compiled networks are kept from one question to the next.

    Raises:
        EditError: there is no such layer, or there are no such units.
    """
    experiment = still.experiment
    hidden = [i for i, one in enumerate(experiment.layers[:-1]) if isinstance(one, Dense)]
    if not hidden:
        raise EditError(Problem("layer", shown(layer), "only in a network with a hidden layer"))
    layer = hidden[-1] if layer is None else layer
    if layer not in hidden:
        raise EditError(Problem("layer", shown(layer), "one of " + ", ".join(map(str, hidden))))
    units = experiment.layers[layer].units
    if pair is not None:
        check_pair(pair, units)
    forwards = forwards or Forwards()
    data = experiment.dataset
    rows = [evenly(len(inputs)) for inputs in (data.inputs, data.validation_inputs)]
    training = forwards.activations(still, data.inputs[rows[0]], (layer,))[layer].T
    validation = forwards.activations(still, data.validation_inputs[rows[1]], (layer,))[layer].T
    shown_units = pair or (tuple(range(units)) if units <= 2 else ())
    with np.errstate(all="ignore"):
        if shown_units:
            directions = np.eye(units)[:, list(shown_units)]
            # What the other units are on the average belongs to every point of the plane.
            origin = training.mean(axis=0)
            origin[list(shown_units)] = 0.0
        else:
            origin, directions = principal(training)
        spread = shown_part(training, directions)
        cuts = cuts_of(still, np.concatenate([training, validation]), origin, directions) if layer == hidden[-1] else ()
        return HiddenSpace(
            layer,
            training,
            data.targets[rows[0]],
            rows[0],
            validation,
            data.validation_targets[rows[1]],
            rows[1],
            shown_units,
            origin,
            directions,
            (training - origin) @ directions,
            (validation - origin) @ directions,
            spread,
            cuts,
        )


def check_pair(pair: Sequence[int], units: int) -> None:
    """Two different units of a layer."""
    whole = all(isinstance(unit, int) and not isinstance(unit, bool) and 0 <= unit < units for unit in pair)
    if len(pair) != 2 or not whole or pair[0] == pair[1]:
        allowed = f"two different whole numbers from 0 to {units - 1}" if units > 1 else "none: the layer has one unit"
        raise EditError(Problem("pair", shown(list(pair)), allowed))


def evenly(count: int) -> Rows:
    """The numbers of all rows, or of so many as can be shown, evenly spread."""
    if count <= MOST_POINTS:
        return np.arange(count)
    return np.arange(MOST_POINTS) * count // MOST_POINTS


def principal(points: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The mean of points (n, units) and the two directions in which they vary most, (units, 2).

    Each direction points to where its largest entry is positive, so that the picture does not flip from step to step.
    """
    mean = points.mean(axis=0)
    centred = points - mean
    largest = np.abs(centred).max()
    if not np.isfinite(largest):
        return mean, np.eye(points.shape[1])[:, :2]
    scaled = centred / (largest or 1.0)  # so that no square overflows
    _, vectors = np.linalg.eigh(scaled.T @ scaled)
    directions = vectors[:, :-3:-1]
    largest = directions[np.abs(directions).argmax(axis=0), np.arange(2)]
    return mean, directions * np.where(largest < 0, -1.0, 1.0)


def shown_part(points: FloatArray, directions: FloatArray) -> float:
    """The part of the points' variance along some orthonormal directions; 1 where they do not vary."""
    centred = points - points.mean(axis=0)
    total = float((centred**2).sum())
    return min(1.0, float(((centred @ directions) ** 2).sum()) / total) if total > 0 else 1.0


def cuts_of(still: Still, points: FloatArray, origin: FloatArray, directions: FloatArray) -> tuple[Cut, ...]:
    """The cuts of the output layer through the activations (n, units) of the last hidden layer."""
    experiment = still.experiment
    block = experiment.layout.of_layer(len(experiment.layers) - 1)
    W, b = block.part(still.parameters, "W"), block.part(still.parameters, "b")
    names = experiment.dataset.class_names
    rest = (points - origin) - (points - origin) @ directions @ directions.T
    if experiment.dataset.task == "binary":
        turn = pre_activation(experiment)
        sides = [] if turn is None else [(names[1], names[0], W[0], float(b[0]) - turn)]
    elif experiment.dataset.task == "classification" and experiment.output.activation in ASCENDING:
        classes = range(len(b)) if len(b) <= MOST_CLASSES else range(0)
        sides = [(names[i], names[j], W[i] - W[j], float(b[i] - b[j])) for i, j in combinations(classes, 2)]
    else:
        sides = []
    cuts = []
    for above, below, w, offset in sides:
        # A line tells the sides of all points exactly if what the plane leaves out of them does not count for the cut.
        size = float(np.abs(points @ w).max()) + abs(offset)
        exact = bool(np.abs(rest @ w).max() <= EXACT * size)
        flat_w, flat_b = (directions.T @ w, float(origin @ w) + offset) if exact else (None, None)
        cuts.append(Cut(above, below, np.array(w), offset, flat_w, flat_b))
    return tuple(cuts)


def pre_activation(experiment: Experiment) -> float | None:
    """The z of a single output at which it turns from one class to the other; None where there is no such number."""
    turn = threshold(experiment)
    activation = experiment.output.activation
    if turn is None:
        return None
    if turn == 0.0:
        # These have the sign of z; a sigmoid or a softplus is never below 0.
        signed = ("identity", "tanh", "relu", "leaky_relu", "elu", "gelu", "gelu_tanh", "silu")
        return 0.0 if activation in signed else None
    if activation in ("identity", "relu", "leaky_relu", "elu"):
        return turn
    inverse = {"sigmoid": 0.0, "tanh": math.atanh(0.5), "softplus": math.log(math.expm1(0.5))}
    return inverse.get(activation)
