"""What is said when a run diverges: which parameter, at which step, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.program import Program


@dataclass(frozen=True)
class Divergence:
    """The run stopped before an update that is not finite.

    Attributes:
        step: whose update it would have been.
        parameter: the worst one, e.g. `layer0.W[1, 0]`.
        cause: a sentence for people, who count steps from 1.
    """

    step: int
    parameter: str
    cause: str


def describe_divergence(program: Program, step: int, learning_rate: float, losses: Sequence[float]) -> Divergence:
    """Name the parameter whose update is worst, and what led there.

    Args:
        program: the update has been computed and not committed.
        step: of the run.
        learning_rate: that the update used.
        losses: of the steps before.
    """
    U = program.U.view()
    size = np.where(np.isfinite(U), np.abs(U), np.inf)
    name, worst, gradient = "", -1.0, 0.0
    for block, part in program.layout.names():
        sizes = block.part(size, part)
        at = np.unravel_index(int(np.argmax(sizes)), sizes.shape)
        if sizes[at] > worst:
            worst = float(sizes[at])
            gradient = float(block.part(program.gradient.view(), part)[at])
            name = f"layer{block.layer}.{part}[{', '.join(str(int(number)) for number in at)}]"
    amount = f"|Δ{name}| = {worst:.3g}" if np.isfinite(worst) else f"the update of {name} is not finite"
    rising = rising_since(losses)
    story = ""
    if rising is not None:
        story = f" The loss has risen since step {rising + 1}, from {losses[rising]:.3g} to {losses[-1]:.3g}."
    cause = f"{amount} at step {step + 1}: learning rate {learning_rate:g} is too large here.{story}"
    if rising is None and not np.isfinite(gradient):
        cause = f"the gradient of {name} is not finite at step {step + 1}: inputs, targets or weights are too large."
    return Divergence(step, name, cause)


def rising_since(losses: Sequence[float]) -> int | None:
    """The step from which on the loss has only risen, at last perhaps beyond all numbers; None where it has not."""
    step = len(losses) - 1
    while step > 0 and (losses[step - 1] < losses[step] or losses[step] == np.inf):
        step -= 1
    return step if 0 <= step < len(losses) - 1 else None
