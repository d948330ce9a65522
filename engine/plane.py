"""What the network makes of every point of the input plane: its outputs, and the small map of every neuron."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.arena import FloatArray
from engine.bounds import Bounds, are_alike, nodes, with_margin
from engine.datasets.dataset import Dataset
from engine.errors import EditError, Problem
from engine.reader import shown
from engine.still import Forwards, Still

RESOLUTION: Final = 50
CURVE_RESOLUTION: Final = 200
FINEST: Final = 400
FINEST_CURVE: Final = 4000


@dataclass(frozen=True, eq=False)
class Plane:
    """The activations of a network over two of its raw inputs.

    Attributes:
        pair: which two raw inputs.
        names: theirs.
        x: values of the first, ascending, (m,).
        y: values of the second, ascending, (m,).
        fixed: the row of raw inputs that the others are held at, (r,); its entries at `pair` do not count.
        outputs: of the network, (k, m, m); `outputs[:, j, i]` is at x[i], y[j].
        neurons: the activations of each dense layer that was wanted by its number, (units, m, m) each; the last are the
            outputs.
    """

    pair: tuple[int, int]
    names: tuple[str, str]
    x: FloatArray
    y: FloatArray
    fixed: FloatArray
    outputs: FloatArray
    neurons: Mapping[int, FloatArray]


@dataclass(frozen=True, eq=False)
class Curve:
    """The activations of a network along one of its raw inputs.

    Attributes:
        axis: which raw input.
        name: its name.
        x: its values, ascending, (m,).
        fixed: as in Plane.
        outputs: of the network, (k, m).
        neurons: the activations of each dense layer that was wanted by its number, (units, m) each.
    """

    axis: int
    name: str
    x: FloatArray
    fixed: FloatArray
    outputs: FloatArray
    neurons: Mapping[int, FloatArray]


def plane(
    still: Still,
    pair: tuple[int, int] = (0, 1),
    *,
    resolution: int = RESOLUTION,
    bounds: Sequence[float] | None = None,
    fixed: Sequence[float] | FloatArray | None = None,
    layers: Collection[int] | None = None,
    forwards: Forwards | None = None,
) -> Plane:
    """Try the network on a grid of points, without dropout.

    Args:
        still: the network.
        pair: which two of the raw inputs span the plane.
        resolution: points along each side.
        bounds: lowest and highest x, lowest and highest y; those of the data, if left out.
        fixed: a row of raw inputs that gives the others; their means over the training rows, if left out.
        layers: numbers of the dense layers whose neurons are wanted besides the outputs; all, if left out.
        forwards: where compiled networks are kept from one question to the next.

    Raises:
        EditError: the data have no such plane.
    """
    data = still.experiment.dataset
    check_axes("pair", pair, 2, data)
    check_resolution(resolution, FINEST)
    base = held_at(data, fixed)
    x_bounds, y_bounds = plane_bounds(data, pair) if bounds is None else read_bounds(bounds, 2)
    x, y = nodes(x_bounds, resolution), nodes(y_bounds, resolution)
    raw = np.empty((resolution, resolution, len(base)))
    raw[...] = base
    raw[:, :, pair[0]] = x
    raw[:, :, pair[1]] = y[:, np.newaxis]
    neurons = {
        layer: values.reshape(-1, resolution, resolution)
        for layer, values in over_raw(still, raw.reshape(-1, len(base)), layers, forwards).items()
    }
    names = data.raw_names[pair[0]], data.raw_names[pair[1]]
    return Plane((pair[0], pair[1]), names, x, y, base, neurons[max(neurons)], neurons)


def curve(
    still: Still,
    axis: int = 0,
    *,
    resolution: int = CURVE_RESOLUTION,
    bounds: Sequence[float] | None = None,
    fixed: Sequence[float] | FloatArray | None = None,
    layers: Collection[int] | None = None,
    forwards: Forwards | None = None,
) -> Curve:
    """Try the network along one raw input, without dropout; the arguments are those of `plane`.

    Raises:
        EditError: the data have no such input.
    """
    data = still.experiment.dataset
    check_axes("axis", (axis,), 1, data)
    check_resolution(resolution, FINEST_CURVE)
    base = held_at(data, fixed)
    x = nodes(axis_bounds(data, axis) if bounds is None else read_bounds(bounds, 1)[0], resolution)
    raw = np.tile(base, (resolution, 1))
    raw[:, axis] = x
    neurons = over_raw(still, raw, layers, forwards)
    return Curve(axis, data.raw_names[axis], x, base, neurons[max(neurons)], neurons)


def over_raw(
    still: Still, raw: FloatArray, layers: Collection[int] | None, forwards: Forwards | None
) -> dict[int, FloatArray]:
    """The activations of the output layer, and of others that are wanted, for raw inputs (n, r)."""
    with np.errstate(all="ignore"):
        inputs = still.experiment.dataset.from_raw(raw)
    last = len(still.experiment.layers) - 1
    return (forwards or Forwards()).activations(still, inputs, None if layers is None else {*layers, last})


def axis_bounds(data: Dataset, axis: int) -> Bounds:
    """Ends of the axis of one raw input: around all training and validation points, at numbers easily read."""
    columns = [rows[:, axis] for rows in (data.raw_inputs, data.raw_validation_inputs) if len(rows)]
    return with_margin(float(min(column.min() for column in columns)), float(max(column.max() for column in columns)))


def plane_bounds(data: Dataset, pair: tuple[int, int]) -> tuple[Bounds, Bounds]:
    """Ends of both axes; the same for both where the data lie alike along them, so that circles stay round."""
    first, second = axis_bounds(data, pair[0]), axis_bounds(data, pair[1])
    if are_alike(first, second):
        first = second = min(first[0], second[0]), max(first[1], second[1])
    return first, second


def held_at(data: Dataset, fixed: Sequence[float] | FloatArray | None) -> FloatArray:
    """The row of raw inputs that gives whatever is not on an axis."""
    if fixed is None:
        with np.errstate(all="ignore"):
            return np.asarray(data.raw_inputs.mean(axis=0))
    wanted = f"{len(data.raw_names)} finite numbers, one for each of {', '.join(data.raw_names)}"
    return finite_numbers("fixed", fixed, len(data.raw_names), wanted)


def read_bounds(bounds: Sequence[float], axes: int) -> list[Bounds]:
    """Ends of so many axes.

    Raises:
        EditError: they are none.
    """
    wanted = "x_low, x_high, y_low, y_high" if axes == 2 else "low, high"
    wanted = f"{2 * axes} finite numbers {wanted}, each low below its high"
    ends = finite_numbers("bounds", bounds, 2 * axes, wanted).reshape(axes, 2)
    if not (ends[:, 0] < ends[:, 1]).all():
        raise EditError(Problem("bounds", shown(bounds), wanted))
    return [(low, high) for low, high in ends.tolist()]


def finite_numbers(name: str, given: Sequence[float] | FloatArray, count: int, wanted: str) -> FloatArray:
    """So many finite numbers.

    Raises:
        EditError: something else was given.
    """
    try:
        numbers = np.array(given, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise EditError(Problem(name, shown(given), wanted)) from error
    if numbers.shape != (count,) or not np.isfinite(numbers).all():
        raise EditError(Problem(name, shown(given), wanted))
    return numbers


def check_axes(name: str, axes: Sequence[int], count: int, data: Dataset) -> None:
    """So many different raw inputs of the data."""
    last = len(data.raw_names) - 1
    whole = all(isinstance(axis, int) and not isinstance(axis, bool) and 0 <= axis <= last for axis in axes)
    if last + 1 < count:
        raise EditError(Problem(name, shown(list(axes)), f"only with data of {count} inputs or more; these have one"))
    if len(axes) != count or not whole or len(set(axes)) != count:
        words = "a whole number" if count == 1 else "two different whole numbers"
        raise EditError(Problem(name, shown(list(axes)), f"{words} from 0 to {last}"))


def check_resolution(resolution: int, finest: int) -> None:
    """Points along a side."""
    if not isinstance(resolution, int) or not 2 <= resolution <= finest:
        raise EditError(Problem("resolution", shown(resolution), f"a whole number from 2 to {finest}"))
