"""Is the gradient right? Every parameter is nudged both ways, and the loss must change as the gradient says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.arena import FloatArray
from engine.layers.dense import DenseOnTape
from engine.program import Forward, Program

NUDGE: Final = 5e-4
"""Of a weighted sum, to either side once and twice: the differences of fourth order are exact to about 10⁻¹¹."""
RELATIVE: Final = 1e-5
ABSOLUTE: Final = 1e-8
FLOOR: Final = 1e-3
"""Errors are told relative to the larger of the two gradients, but never to less than this: a central difference cannot
tell numbers below it to full precision."""


@dataclass(frozen=True)
class GradientCheck:
    """The outcome.

    Attributes:
        parameters: how many numbers were checked.
        largest_error: the largest relative error.
        worst_name: of the array where it is, e.g. `layer0.W`; empty where nothing could be checked.
        worst_index: where in that array.
        excluded: numbers at a kink (ReLU at 0, …), where a difference says nothing.
        passed: every number agrees within rtol 1e-5 and atol 1e-8.
    """

    parameters: int
    largest_error: float
    worst_name: str
    worst_index: tuple[int, ...]
    excluded: int
    passed: bool


def check_gradients(program: Program, forward: Forward, gradient: FloatArray) -> GradientCheck:
    """Compare a gradient with central differences of the loss, entry by entry.

    Args:
        program: whose parameters are nudged; they are left as they are.
        forward: the way forward on the same batch with the same masks.
        gradient: the flat gradient of loss and penalty, as the backward pass found it.
    """
    parameters = np.array(program.P.view())
    count, excluded, largest, name = 0, 0, -1.0, ""
    index: tuple[int, ...] = ()
    passed = True
    forward.run(parameters)
    for block, part in program.layout.names():
        numbers, gradients = block.part(parameters, part), block.part(gradient, part)
        inputs = largest_inputs(forward, block.layer)
        for at in np.ndindex(numbers.shape):
            here = numbers[at]
            # A weight behind a large input is nudged less: what counts is by how much its neuron's sum moves.
            step = NUDGE / max(1.0, inputs[at[-1] if part == "W" else -1])
            losses, seen = [], set()
            for nudge in (-2 * step, -step, step, 2 * step):
                numbers[at] = here + nudge
                losses.append(forward.run(parameters))
                seen.add(sides(forward))
            numbers[at] = here
            count += 1
            if len(seen) > 1:
                excluded += 1
                continue
            far_below, below, above, far_above = losses
            expected = (8 * (above - below) - (far_above - far_below)) / (12 * step)
            found = float(gradients[at])
            gap = abs(found - expected)
            error = gap / max(abs(found), abs(expected), FLOOR)
            passed = passed and bool(gap <= ABSOLUTE + RELATIVE * abs(expected))
            if error > largest or not np.isfinite(error):
                largest, name, index = error, f"layer{block.layer}.{part}", at
    return GradientCheck(count, max(largest, 0.0), name, index, excluded, passed)


def largest_inputs(forward: Forward, layer: int) -> list[float]:
    """The size of the largest number that each input of a layer is in this batch; 1 for the input of the biases."""
    on_tape = forward.layers[layer]
    if not isinstance(on_tape, DenseOnTape):
        raise AssertionError("only dense layers have parameters")
    sizes: list[float] = np.abs(on_tape.source.full.view()).max(axis=1).tolist()
    return sizes


def sides(forward: Forward) -> bytes:
    """On which side of every kink the network is; if a nudge changes it, the difference straddles a kink."""
    parts = [
        (layer.z.view() > kink).tobytes()
        for layer in forward.layers
        if isinstance(layer, DenseOnTape)
        for kink in layer.activation.kinks
    ]
    loss = forward.experiment.loss.name
    if loss == "mean_absolute_error":
        parts.append((forward.output.view() > forward.y.view()).tobytes())
    if loss == "huber":
        parts.append((np.abs(forward.output.view() - forward.y.view()) > 1).tobytes())
    if loss == "hinge":
        parts.append((forward.output.view() * forward.y.view() > 1).tobytes())
    if forward.experiment.penalty.l1:
        parts.append((forward.P.view() > 0).tobytes())
    return b"".join(parts)
