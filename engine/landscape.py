"""The loss over two parameters, or over two directions through the present parameters.

Every other parameter stays as it is at the cursor. Random directions are scaled neuron by neuron to the weights, so that
two networks, or two moments of one, can be compared; principal directions are those in which a path has moved most.

Source: Li, Xu, Taylor, Studer and Goldstein, Visualizing the Loss Landscape of Neural Nets, 2018, sections 4 and 7. Here
a neuron's bias belongs to its weights, and the second random direction is made perpendicular to the first within every
neuron that has room for it, because in a tiny network two random directions may lie almost on each other.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final, Literal

import numpy as np

from engine.arena import FloatArray
from engine.bounds import Bounds, nodes, rounded_outward
from engine.errors import EditError, Problem
from engine.program import Forward
from engine.reader import shown
from engine.still import Forwards, Still

Kind = Literal["parameters", "random", "path"]
Over = Literal["batch", "training"]
Stop = Callable[[], bool]

SIZES: Final = (11, 21, 41)
"""Nodes along each side, coarse to fine; every grid holds the nodes of the one before."""
MARGIN: Final = 0.15
ROOM: Final = 1.25
"""How much farther an axis reaches than the path, where it stays as it is while the path grows."""
GROWTH: Final = 1.5
"""By how much such an axis grows once the path needs more room."""
NEGLIGIBLE: Final = 1e-10
"""Relative, of squares: a direction in which a path has moved no more than this is rounding error."""


@dataclass(frozen=True, eq=False)
class Axes:
    """Two axes through the space of all parameters: the point (u, v) is origin + u·first + v·second.

    Attributes:
        kind: two `parameters`, whose values are the coordinates; two `random` directions, or the principal directions of
            a `path`, with the parameters that they were chosen at, those at the cursor or an anchor, at (0, 0).
        names: of the axes.
        origin: the parameters at (0, 0), (P,).
        first: the direction of u, (P,).
        second: the direction of v, (P,).
        at: where the parameters at the cursor lie.
    """

    kind: Kind
    names: tuple[str, str]
    origin: FloatArray
    first: FloatArray
    second: FloatArray
    at: tuple[float, float]


@dataclass(frozen=True, eq=False)
class Landscape:
    """The loss over two axes.

    Attributes:
        axes: which.
        over: the `batch` of the step with its dropout masks, or all `training` rows without dropout; with the penalty
            either way.
        u: coordinates along the first axis, ascending, (m,).
        v: along the second, (m,).
        losses: (m, m); `losses[j, i]` is at u[i], v[j]. May be infinite or no number far out.
        loss: at the cursor.
        final: no finer one follows.
    """

    axes: Axes
    over: Over
    u: FloatArray
    v: FloatArray
    losses: FloatArray
    loss: float
    final: bool


def never() -> bool:
    """Nobody wants the work to end early."""
    return False


# ------------------------------------------------------------------ axes


def parameter_axes(still: Still, first: tuple[str, Sequence[int]], second: tuple[str, Sequence[int]]) -> Axes:
    """Two parameters, each given as its array and its index, e.g. `("layer0.W", (0, 1))`.

    Raises:
        EditError: there are no such parameters, or they are the same.
    """
    places = [place_of(still, name, index) for name, index in (first, second)]
    if places[0] == places[1]:
        raise EditError(Problem("axes", shown([first[0], list(first[1])]), "two different parameters"))
    origin = np.array(still.parameters)
    directions = np.zeros((2, origin.size))
    at = (float(origin[places[0]]), float(origin[places[1]]))
    for direction, place in zip(directions, places, strict=True):
        direction[place] = 1.0
        origin[place] = 0.0
    names = [f"{name}[{', '.join(map(str, index))}]" for name, index in (first, second)]
    return Axes("parameters", (names[0], names[1]), origin, directions[0], directions[1], at)


def place_of(still: Still, name: str, index: Sequence[int]) -> int:
    """Where a parameter lies in the flat vector.

    Raises:
        EditError: there is no such parameter.
    """
    layout = still.experiment.layout
    arrays = {f"layer{block.layer}.{part}": (block, part) for block, part in layout.names()}
    if name not in arrays:
        raise EditError(Problem("axes", shown(name), "one of " + ", ".join(arrays)))
    block, part = arrays[name]
    shape = block.shape_of(part)
    whole = all(isinstance(at, int) and not isinstance(at, bool) for at in index)
    if len(index) != len(shape) or not whole or any(not 0 <= at < size for at, size in zip(index, shape, strict=True)):
        allowed = " and ".join(f"0 to {size - 1}" for size in shape)
        raise EditError(Problem(f"axes: index of {name}", shown(list(index)), allowed))
    column = index[1] if part == "W" else block.fan_in
    return block.start + index[0] * (block.fan_in + 1) + column


def random_axes(still: Still, seed: int = 0) -> Axes:
    """Two random directions, scaled so that each neuron's part is as long as the neuron's own [w | b].

    Frozen parameters do not take part. A neuron whose parameters are all 0 has no scale of its own: its part has length 1.

    Raises:
        EditError: every parameter is frozen.
    """
    free = free_parameters(still)
    rng = np.random.default_rng([seed])
    draws = rng.normal(size=(2, still.parameters.size)) * free
    directions = np.zeros_like(draws)
    for block in still.experiment.layout.blocks:
        rows = slice(block.start, block.start + block.size)
        here, mask = still.parameters[rows].reshape(block.shape), free[rows].reshape(block.shape)
        first, second = draws[:, rows].reshape(2, *block.shape)
        has_room = mask.sum(axis=1, keepdims=True) > 1
        second = second - has_room * first * safe_ratio((first * second).sum(axis=1), (first**2).sum(axis=1))
        lengths = lengths_of(here * mask)
        lengths[lengths == 0] = 1.0
        for direction, drawn in zip(directions, (first, second), strict=True):
            scaled = drawn * safe_ratio(lengths, np.sqrt((drawn**2).sum(axis=1)))
            direction[rows] = scaled.reshape(-1)
    return Axes("random", ("random 1", "random 2"), still.parameters, directions[0], directions[1], (0.0, 0.0))


def seen_from(axes: Axes, still: Still) -> Axes:
    """The same axes, but through the parameters of another moment: the coordinates stay those that they were.

    Directions that were chosen at one moment of a run, its anchor, do for the moments that follow. The frame of the
    picture then stands still and the run moves in it, as it does over two parameters, and still the plane contains the
    parameters of each moment, so that the loss where they lie is their true loss. What does change from moment to
    moment is the landscape itself, by as much as the parameters have moved out of the plane.
    """
    if axes.kind == "parameters":
        raise AssertionError("two parameters are always seen from the moment that they were read at")
    ((u, v),) = project(axes, still.parameters[np.newaxis]).tolist()
    if not (math.isfinite(u) and math.isfinite(v)):
        u, v = 0.0, 0.0
    return replace(axes, origin=still.parameters - u * axes.first - v * axes.second, at=(u, v))


def lengths_of(rows: FloatArray) -> FloatArray:
    """The length of each row, however large its numbers are."""
    largest = np.abs(rows).max(axis=1)
    return np.asarray(largest * np.sqrt(((rows * safe_ratio(np.ones_like(largest), largest)) ** 2).sum(axis=1)))


def safe_ratio(above: FloatArray, below: FloatArray) -> FloatArray:
    """Ratios as a column, 0 where there is nothing to divide by."""
    return np.divide(above, below, out=np.zeros_like(above), where=below != 0)[:, np.newaxis]


def path_axes(still: Still, path: FloatArray) -> Axes:
    """The two directions in which a path has moved most, seen from the parameters at the cursor.

    The directions have length 1. Each points so that the farthest place of the path lies below 0: the path comes towards
    the middle from there. Where the path has moved along fewer than two directions, random ones fill the place.

    Args:
        still: the moment.
        path: flat parameter vectors of some moments, (steps, P); those that are not finite are left out.

    Raises:
        EditError: the path does not fit the network, or fewer than two parameters are free.
    """
    path = np.asarray(path, dtype=np.float64)
    if path.ndim != 2 or path.shape[1] != still.parameters.size:
        allowed = f"shape (steps, {still.parameters.size})"
        raise EditError(Problem("path", f"of shape {path.shape}", allowed))
    free = free_parameters(still)
    if np.count_nonzero(free) < 2:
        raise EditError(Problem("axes", "the principal directions of a path", "only with two free parameters or more"))
    away = (path[np.isfinite(path).all(axis=1)] - still.parameters) * free
    found: list[FloatArray] = []
    candidates = [*principal_moves(away), *(np.random.default_rng(0).normal(size=(3, free.size)) * free)]
    for candidate in candidates:
        for other in found:
            candidate = candidate - (candidate @ other) * other
        length = np.linalg.norm(candidate)
        if len(found) < 2 and length > NEGLIGIBLE:
            found.append(candidate / length)
    names = ("principal direction 1", "principal direction 2")
    return Axes("path", names, still.parameters, found[0], found[1], (0.0, 0.0))


def principal_moves(away: FloatArray) -> list[FloatArray]:
    """Up to two directions in which a path has moved most, given its differences from one place (s, P).

    The eigenvectors of the smaller of the two products of the differences with themselves tell them; a decomposition of the
    differences is several times as dear.
    """
    largest = np.abs(away).max(initial=0.0)
    if largest == 0.0:
        return []
    scaled = away / largest  # so that no square overflows
    wide = len(scaled) < scaled.shape[1]
    sizes, vectors = np.linalg.eigh(scaled @ scaled.T if wide else scaled.T @ scaled)
    result = []
    for size, vector in zip(sizes[:-3:-1], vectors.T[:-3:-1], strict=True):
        if size > NEGLIGIBLE * sizes[-1]:
            direction = scaled.T @ vector if wide else vector
            farthest = scaled @ direction
            sign = -1.0 if farthest[np.abs(farthest).argmax()] > 0 else 1.0
            result.append(sign * direction / np.linalg.norm(direction))
    return result


def free_parameters(still: Still) -> FloatArray:
    """1 for every parameter that an update may change, 0 elsewhere, (P,).

    Raises:
        EditError: there is none.
    """
    layout, frozen = still.experiment.layout, still.experiment.frozen
    every = [(block.layer, part) for block, part in layout.names()]
    free = layout.mask([name for name in every if name not in frozen])
    if not free.any():
        raise EditError(Problem("axes", "directions", "two parameters, where every parameter is frozen"))
    return free


# ------------------------------------------------------------------ the way there


def project(axes: Axes, parameters: FloatArray) -> FloatArray:
    """Coordinates of parameter vectors (s, P) in the plane, (s, 2): of the place in it that lies nearest to each."""
    return project_moves(axes, np.asarray(parameters) - axes.origin)


def project_moves(axes: Axes, moves: FloatArray) -> FloatArray:
    """Coordinates of differences of parameters (s, P), such as −g or an update, as arrows in the plane, (s, 2)."""
    moves = np.asarray(moves)
    if axes.kind == "parameters":
        # The coordinates are the two entries themselves, to the last bit.
        places = [int(axes.first.argmax()), int(axes.second.argmax())]
        return np.array(moves[:, places])
    directions = np.stack([axes.first, axes.second], axis=1)
    with np.errstate(all="ignore"):
        return np.asarray(moves @ np.linalg.pinv(directions).T)


def usual_bounds(axes: Axes, points: FloatArray | None = None) -> tuple[Bounds, Bounds]:
    """Ends of both axes, at numbers easily read, so that the cursor and some points are well inside.

    Args:
        axes: which.
        points: coordinates of the path and of the next parameters, (s, 2); those that are not finite do not count.

    Returns:
        At least ±1 around the cursor, or ± the size of the parameter where that is more. Of directions, as much on the
        one side as on the other.
    """
    points = np.zeros((0, 2)) if points is None else np.asarray(points)
    points = points[np.isfinite(points).all(axis=1)]
    ends = []
    for axis, at in enumerate(axes.at):
        coordinates = points[:, axis]
        least = max(1.0, abs(at))
        low = min([at - least, *((1 + MARGIN) * (coordinates - at) + at).tolist()])
        high = max([at + least, *((1 + MARGIN) * (coordinates - at) + at).tolist()])
        if axes.kind != "parameters":
            low, high = -max(-low, high), max(-low, high)
        ends.append(rounded_outward(low, high))
    return ends[0], ends[1]


def steady_bounds(
    axes: Axes, start: FloatArray, points: FloatArray, least: tuple[float, float]
) -> tuple[Bounds, Bounds]:
    """Ends of both axes that stay as they are while a path grows, and grow in leaps when it needs more room.

    They follow from where the path has been alone, and not from where the cursor is: going back changes nothing.

    Args:
        axes: which.
        start: coordinates of the beginning of the path, (2,).
        points: coordinates of the path, (s, 2); those that are not finite do not count.
        least: to how far from the start each axis reaches at least, above 0.
    """
    points = points[np.isfinite(points).all(axis=1)]
    ends = []
    for axis, begin in enumerate(np.where(np.isfinite(start), start, axes.at).tolist()):
        moves = ROOM * (points[:, axis] - begin)
        reach = [
            least[axis] * GROWTH ** max(0, math.ceil(math.log(far / least[axis], GROWTH) - 1e-9))
            if far > 0
            else least[axis]
            for far in (-moves.min(initial=0.0), moves.max(initial=0.0))
        ]
        ends.append(rounded_outward(begin - reach[0], begin + reach[1]))
    return ends[0], ends[1]


# ------------------------------------------------------------------ the losses


def losses(
    still: Still,
    axes: Axes,
    u: FloatArray,
    v: FloatArray,
    *,
    over: Over = "batch",
    known: FloatArray | None = None,
    forwards: Forwards | None = None,
    stop: Stop = never,
) -> FloatArray | None:
    """The loss at every u and v.

    Args:
        still: the moment.
        axes: through its parameters.
        u: coordinates along the first axis, (m,).
        v: along the second, (k,).
        over: which rows.
        known: losses found before, (k, m), NaN where they are still to be found; None to find all.
        forwards: where compiled networks are kept from one question to the next.
        stop: asked before every pass forward; once it says so, the work ends.

    Returns:
        (k, m); None when it was stopped.
    """
    forward = forward_over(still, over, forwards or Forwards())
    result = np.full((len(v), len(u)), np.nan) if known is None else np.array(known)
    with np.errstate(all="ignore"):
        for j, i in np.argwhere(np.isnan(result)).tolist():
            if stop():
                return None
            result[j, i] = loss_at(forward, axes, u[i], v[j])
    return result


def loss_at(forward: Forward, axes: Axes, u: float, v: float) -> float:
    """The loss at one place; of its rows, and with numbers that overflow as its caller wants it."""
    P = forward.P.view()
    np.multiply(axes.second, v, out=P)
    np.add(axes.origin, P, out=P)
    np.add(P, axes.first * u, out=P)
    for call in forward.calls:
        call()
    return forward.loss.view().item()


def landscapes(
    still: Still,
    axes: Axes,
    u_bounds: Bounds,
    v_bounds: Bounds,
    *,
    over: Over = "batch",
    sizes: Sequence[int] = SIZES,
    forwards: Forwards | None = None,
    stop: Stop = never,
) -> Iterator[Landscape]:
    """The landscape, coarse first and then finer; every loss is found once. The arguments are those of `losses`.

    Args:
        still: the moment.
        axes: through its parameters.
        u_bounds: ends of the first axis.
        v_bounds: ends of the second.
        over: which rows.
        sizes: nodes along each side; each grid has to hold the nodes of the one before, as 11, 21, 41 do.
        forwards: as for `losses`.
        stop: as for `losses`; nothing more is told once it says so.

    Raises:
        EditError: the grids do not lie within each other.
    """
    check_sizes(sizes)
    forwards = forwards or Forwards()
    finest = sizes[-1]
    u, v = nodes(u_bounds, finest), nodes(v_bounds, finest)
    loss = forward_over(still, over, forwards).run(still.parameters)
    found = np.full((finest, finest), np.nan)
    for size in sizes:
        every = slice(None, None, (finest - 1) // (size - 1))
        # What is no number where it was looked for is looked for again in a finer grid; that is seldom and does no harm.
        part = losses(
            still, axes, u[every], v[every], over=over, known=found[every, every], forwards=forwards, stop=stop
        )
        if part is None:
            return
        found[every, every] = part
        yield Landscape(axes, over, u[every], v[every], part, loss, size == finest)


def check_sizes(sizes: Sequence[int]) -> None:
    """Every grid has to hold the nodes of the one before."""
    steps = [size - 1 for size in sizes]
    fits = bool(steps) and steps[0] >= 1 and all(b % a == 0 and b > a for a, b in pairwise(steps))
    if not fits:
        allowed = "grids of which each holds the nodes of the one before, such as 11, 21, 41"
        raise EditError(Problem("sizes", shown(list(sizes)), allowed))


def forward_over(still: Still, over: Over, forwards: Forwards) -> Forward:
    """The way forward on the rows that the loss is taken over.

    Raises:
        EditError: there are no such rows.
    """
    if over == "batch":
        return forwards.of_batch(still)
    if over == "training":
        data = still.experiment.dataset
        return forwards.of_rows(still, data.inputs, data.targets)
    raise EditError(Problem("over", shown(over), "batch or training"))
