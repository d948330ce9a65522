"""The largest learning rate at which plain gradient descent settles, where the loss is a bowl whose shape is known.

With one layer of linear neurons and a squared error the loss is quadratic. Along an eigenvector of its Hessian with
eigenvalue λ a step multiplies the distance from the lowest point by 1 − η·λ, so that the steps die down for η < 2/λ_max.

Source: LeCun, Bottou, Orr and Müller, Efficient BackProp, 1998, section 5.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.arena import FloatArray
from engine.experiment import Experiment
from engine.layers.dense import Dense
from engine.layers.dropout import Dropout
from engine.still import Still

SQUARED: Final = ("mean_squared_error", "half_squared_error")


@dataclass(frozen=True, eq=False)
class Stability:
    """The limit, or why there is none.

    Attributes:
        limit: the learning rate from which on the steps on this batch do not die down; None where it is not known.
        reason: one sentence that says why it is not known; empty otherwise.
        curvatures: the eigenvalues of the Hessian, ascending, over the free parameters of one neuron (all neurons of
            the layer have the same); empty where the limit is not known.
    """

    limit: float | None
    reason: str
    curvatures: FloatArray


def stability(still: Still) -> Stability:
    """Find the limit for the batch of a step, its l2 penalty and weight decay included."""
    reason = why_not(still.experiment, still.hyperparameters)
    if reason:
        return Stability(None, reason, np.zeros(0))
    with np.errstate(all="ignore"):
        matrix = hessian(still)
        if not np.isfinite(matrix).all():
            return Stability(None, "The inputs are so large that the curvature cannot be computed.", np.zeros(0))
        curvatures: FloatArray = np.linalg.eigvalsh(matrix).astype(np.float64, copy=False)
    steepest = float(curvatures[-1])
    if steepest <= 0 or not np.isfinite(2 / steepest):
        return Stability(None, "The loss of this batch is flat: no learning rate makes it grow.", np.zeros(0))
    return Stability(2 / steepest, "", curvatures)


def hessian(still: Still) -> FloatArray:
    """The second derivatives of the loss by the free parameters of one neuron [w | b], (free, free).

    They are mean_s x̃ x̃ᵀ times the loss's own second derivative, x̃ being the inputs and the 1 that feeds the bias; the l2
    penalty adds λ₂ for every weight, coupled weight decay adds λ for every parameter.
    """
    experiment, hyper = still.experiment, still.hyperparameters
    n, fan_in = still.inputs.shape
    extended = np.concatenate([still.inputs, np.ones((n, 1))], axis=1)
    bend = experiment.loss.gradient_scale(still.targets.shape[1])
    matrix = bend / n * (extended.T @ extended)
    pulls = np.full(fan_in + 1, hyper.get("weight_decay", 0.0))
    pulls[:fan_in] += hyper.get("l2", 0.0)
    frozen = experiment.output.frozen
    free = np.array(["W" not in frozen] * fan_in + ["b" not in frozen])
    return np.asarray((matrix + np.diag(pulls))[np.ix_(free, free)])


def why_not(experiment: Experiment, hyperparameters: Mapping[str, float]) -> str:
    """Why there is no limit to be told, in one sentence; empty where there is one."""
    layers = experiment.layers
    if any(isinstance(layer, Dropout) for layer in layers):
        return "Dropout changes the loss from step to step."
    if any(isinstance(layer, Dense) and layer.activation != "identity" for layer in layers):
        return "The network is not linear, so the curvature is different at every place."
    if len(layers) > 1:
        return "With more than one layer the loss is no simple bowl, even though every layer is linear."
    if experiment.loss.name not in SQUARED:
        return "The loss is not a squared error, so it is no simple bowl."
    if hyperparameters.get("l1", 0.0) != 0.0:
        return "The l1 penalty has a kink at 0, where there is no curvature."
    if experiment.optimizer.name != "sgd":
        return f"The limit is that of plain gradient descent, not of {experiment.optimizer.label}."
    if experiment.clipping.type != "none":
        return "Clipping shortens large gradients, so the steps do not grow without end."
    if set(experiment.output.frozen) == {"W", "b"}:
        return "Every parameter is frozen."
    return ""
