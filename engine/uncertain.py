"""The points of which a network is least sure: those whose class one would ask for next.

Source: Settles, Active Learning Literature Survey (2009), sections 3.1 (least confident, margin, entropy) and 2.3 (pools).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np

from engine.datasets.dataset import Task
from engine.errors import EditError, Problem
from engine.experiment import Experiment
from engine.reader import FloatArray, shown

Outputs = Literal["probability", "logit", "signed"]
Predict = Callable[[FloatArray], FloatArray]
Bounds = tuple[tuple[float, float], tuple[float, float]]

SIDE: Final = 41
MOST_CANDIDATES: Final = 250_000


@dataclass(frozen=True, eq=False)
class Uncertain:
    """The candidates of which a network is least sure, the least sure first.

    Attributes:
        points: their raw inputs, (n, r), fewer than asked for where there are no more; None where nothing can be said.
        uncertainty: 1 where the network cannot tell at all, 0 where it has no doubt, (n,): 1 − |2p − 1| for two classes,
            1 − (the best probability − the second best) for more.
        entropy: −Σ p ln p of the classes in nats, (n,).
        rows: of the candidates, (n,).
        reason: why nothing can be said; empty otherwise.
    """

    points: FloatArray | None
    uncertainty: FloatArray
    entropy: FloatArray
    rows: tuple[int, ...]
    reason: str = ""


def outputs_of(experiment: Experiment) -> Outputs:
    """What the outputs are of a network that tells classes: probabilities, logits, or numbers whose sign counts."""
    if experiment.loss.fused is not None:
        return "logit" if experiment.output.activation == "identity" else "probability"
    targets = experiment.dataset.targets
    signed = experiment.loss.name == "hinge" or (experiment.dataset.task == "binary" and bool((targets == -1.0).any()))
    return "signed" if signed else "probability"


def most_uncertain(
    predict: Predict,
    candidates: FloatArray | Bounds,
    task: Task,
    n: int = 1,
    *,
    outputs: Outputs = "probability",
    taken: FloatArray | None = None,
    distance: float = 0.0,
) -> Uncertain:
    """Find the points of which a network is least sure.

    Of points that are equally uncertain, the one that lies farthest from all that are there comes first, and then the one
    that comes first among the candidates; so the answer is always the same.

    Args:
        predict: raw inputs (m, r) → the network's outputs (m, k).
        candidates: a pool of raw inputs, (m, r); or the lowest and the highest value of each of the two inputs, for a grid
            of SIDE × SIDE points over them.
        task: what the outputs are about; of a regression nothing can be said.
        n: how many points.
        outputs: what the outputs are; see outputs_of.
        taken: raw inputs of the points that are there, (t, r).
        distance: no point is taken that lies closer than this, in units of the raw inputs, to one that is there, or to one
            that has been found before it.

    Raises:
        EditError: the candidates, the number or the distance are not right.
    """
    pool = plane_grid(candidates) if isinstance(candidates, tuple) else as_rows("candidates", candidates)
    if isinstance(n, bool) or n != int(n) or not 1 <= n <= MOST_CANDIDATES:
        raise EditError(Problem("n", shown(n), f"a whole number from 1 to {MOST_CANDIDATES}"))
    if not 0 <= distance < np.inf:
        raise EditError(Problem("distance", shown(distance), "a number, at least 0"))
    if task == "regression":
        return nothing("A regression gives a number and does not say how sure it is of it.")
    points = pool[:0] if taken is None else as_rows("taken", taken, pool.shape[1])
    told = np.asarray(predict(pool), dtype=np.float64)
    with np.errstate(all="ignore"):
        uncertainty, entropy = doubts(told, task, outputs)
    room = distance_to_nearest(pool, points)
    sound = np.isfinite(uncertainty)
    if not sound.any():
        return nothing("What the network makes of these points is no finite number.")
    rows: list[int] = []
    free = sound & (room >= distance)
    while len(rows) < n and free.any():
        highest = free & (uncertainty == uncertainty[free].max())
        row = int(np.argmax(np.where(highest, room, -1.0)))
        rows.append(row)
        room = np.minimum(room, distance_to_nearest(pool, pool[row : row + 1]))
        free &= room >= distance
        free[row] = False
    if not rows:
        return nothing(f"Every point lies closer than {distance:g} to one that is there.")
    return Uncertain(pool[rows], uncertainty[rows], entropy[rows], tuple(rows))


def plane_grid(bounds: Bounds, side: int = SIDE) -> FloatArray:
    """The points of a grid, row after row from the lowest second input upwards, (side², 2)."""
    (low_x, high_x), (low_y, high_y) = bounds
    if not np.isfinite([low_x, high_x, low_y, high_y]).all() or not (low_x < high_x and low_y < high_y):
        allowed = "the lowest and the highest value of each input, finite, the lowest first"
        raise EditError(Problem("candidates", shown(bounds), allowed))
    x, y = np.meshgrid(np.linspace(low_x, high_x, side), np.linspace(low_y, high_y, side))
    return np.stack([x.ravel(), y.ravel()], axis=1)


def doubts(told: FloatArray, task: Task, outputs: Outputs) -> tuple[FloatArray, FloatArray]:
    """How unsure a network is, and the entropy of its classes in nats, for its outputs (m, k); (m,) each."""
    if task == "binary":
        p = probability_of(told[:, 0], outputs)
        classes = np.stack([1.0 - p, p], axis=1)
        uncertainty = 1.0 - np.abs(2.0 * p - 1.0)
        if outputs == "logit":
            # Far from 0 the probability is rounded to 0 or 1; 2σ(−|z|) is the same number, and still tells them apart.
            uncertainty = 2.0 * probability_of(-np.abs(told[:, 0]), "logit")
    else:
        classes = class_probabilities(told, outputs)
        ordered = np.sort(classes, axis=1)
        uncertainty = 1.0 - (ordered[:, -1] - ordered[:, -2])
    logarithms = np.log(np.where(classes > 0.0, classes, 1.0))
    return uncertainty, 0.0 - (classes * logarithms).sum(axis=1)


def probability_of(told: FloatArray, outputs: Outputs) -> FloatArray:
    """The probability of the second of two classes, (m,); outputs beyond what their kind allows count as no doubt."""
    if outputs == "logit":
        return np.exp(-np.logaddexp(0.0, 0.0 - told))
    return np.clip((told + 1.0) / 2.0 if outputs == "signed" else told, 0.0, 1.0)


def class_probabilities(told: FloatArray, outputs: Outputs) -> FloatArray:
    """One probability a class, (m, k); outputs that are none by themselves are scaled so that they add up to 1."""
    if outputs == "logit":
        powers = np.exp(told - told.max(axis=1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True))
    shares = np.clip((told + 1.0) / 2.0 if outputs == "signed" else told, 0.0, None)
    total = shares.sum(axis=1, keepdims=True)
    even = np.full_like(shares, 1.0 / shares.shape[1])
    return np.where(total > 0.0, shares / np.where(total > 0.0, total, 1.0), even)


def distance_to_nearest(pool: FloatArray, points: FloatArray) -> FloatArray:
    """How far each candidate lies from the nearest of some points, (m,); infinite where there is none."""
    nearest = np.full(len(pool), np.inf)
    with np.errstate(all="ignore"):
        for point in points:
            np.minimum(nearest, np.sqrt(((pool - point) ** 2).sum(axis=1)), out=nearest)
    return nearest


def as_rows(name: str, given: Any, columns: int | None = None) -> FloatArray:
    """Rows of finite numbers, at least one unless they are to have so many columns."""
    wanted = "rows of finite numbers" if columns is None else f"rows of {columns} finite numbers"
    try:
        rows = np.array(given, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise EditError(Problem(name, shown(given), wanted)) from error
    if columns is not None and rows.size == 0:
        return np.empty((0, columns))
    if rows.ndim != 2 or 0 in rows.shape or len(rows) > MOST_CANDIDATES:
        raise EditError(Problem(name, f"of shape {rows.shape}", f"{wanted}, 1 to {MOST_CANDIDATES} of them"))
    if not np.isfinite(rows).all() or columns not in (None, rows.shape[1]):
        raise EditError(Problem(name, shown(rows), wanted))
    return rows


def nothing(reason: str) -> Uncertain:
    """No point, and why."""
    return Uncertain(None, np.zeros(0), np.zeros(0), (), reason)
