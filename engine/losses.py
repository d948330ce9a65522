"""Losses, each beside its derivative, one number per sample.

A loss is told from the predictions `a` and the targets `y`, both `(outputs, n)`. Its *terms* are what each output
contributes; a sample's loss is their sum times a factor; the batch loss is the mean over the samples. The cross-entropies
are fused with the sigmoid or softmax in front of them: they are computed from `z`, exact for any |z|, without clipping
probabilities, and give `delta = a - y` in one step.

Source: the definitions of PyTorch 2, but every loss is first a number per sample. With more than one output the
cross-entropies add the outputs up (so that delta = a - y holds); the means divide by their number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np

from engine.activations import HALF, ONE, ZERO, sigmoid, softmax_parts
from engine.arena import Slot, constant
from engine.tape import Operations, Tape

MINUS_ONE: Final = constant("-1.0", -1.0)

Fused = Literal["sigmoid", "softmax"]


@dataclass(frozen=True)
class Loss:
    """How far predictions are from targets.

    Attributes:
        name: as users type it.
        label: as people read it.
        latex: the loss of one sample.
        gradient_latex: its derivative with respect to the prediction of one output.
        words: one sentence.
        terms: emits what each output contributes, before the factor; takes operations, a, y and the difference a - y.
        gradient: emits the derivative of those terms with respect to a, up to `gradient_factor`. None: it is the difference.
        per_output_mean: whether the factor is 1 / outputs (a mean) rather than 1.
        factor: multiplies the sum of the terms (½ for half_squared_error).
        gradient_factor: multiplies what `gradient` emits (2 for a squared error).
        fused: the activation this loss is fused with.
        kinks: whether its derivative jumps somewhere.
    """

    name: str
    label: str
    latex: str
    gradient_latex: str
    words: str
    terms: Callable[[Operations, Any, Any, Any, Any], None]
    gradient: Callable[[Operations, Any, Any, Any, Any], None] | None
    per_output_mean: bool = False
    factor: float = 1.0
    gradient_factor: float = 1.0
    fused: Fused | None = None
    needs_difference: bool = True

    def scale(self, outputs: int) -> float:
        """What the sum of a sample's terms is multiplied by."""
        return self.factor / outputs if self.per_output_mean else self.factor

    def gradient_scale(self, outputs: int) -> float:
        """What the derivative of the terms is multiplied by to be ∂l/∂a."""
        return self.scale(outputs) * self.gradient_factor


def squares(ops: Operations, a: Any, y: Any, difference: Any, out: Any) -> None:
    """Emit (a - y)²."""
    ops.run(np.multiply, difference, difference, out=out)


def absolutes(ops: Operations, a: Any, y: Any, difference: Any, out: Any) -> None:
    """Emit |a - y|."""
    ops.run(np.absolute, difference, out=out)


def signs(ops: Operations, a: Any, y: Any, difference: Any, out: Any) -> None:
    """Emit the sign of a - y, 0 at 0."""
    ops.run(np.sign, difference, out=out)


def huber_terms(ops: Operations, a: Any, y: Any, difference: Any, out: Any) -> None:
    """Emit ½ c² + |e| - c with c = min(|e|, 1): ½ e² near 0, |e| - ½ farther off."""
    size = ops.run(np.absolute, difference, out=ops.scratch(out.shape))
    near = ops.run(np.minimum, size, ONE, out=ops.scratch(out.shape))
    far = ops.run(np.subtract, size, near, out=ops.scratch(out.shape))
    square = ops.run(np.multiply, near, near, out=ops.scratch(out.shape))
    half = ops.run(np.multiply, square, HALF, out=ops.scratch(out.shape))
    ops.run(np.add, half, far, out=out)


def huber_gradient(ops: Operations, a: Any, y: Any, difference: Any, out: Any) -> None:
    """Emit a - y, cut to [-1, 1]."""
    from_above = ops.run(np.minimum, difference, ONE, out=ops.scratch(out.shape))
    ops.run(np.maximum, from_above, MINUS_ONE, out=out)


def margin(ops: Operations, a: Any, y: Any, shape: tuple[int, ...]) -> Any:
    """Emit 1 - y a: positive where the prediction is wrong or not sure enough."""
    product = ops.run(np.multiply, y, a, out=ops.scratch(shape))
    return ops.run(np.subtract, ONE, product, out=ops.scratch(shape))


def hinge_terms(ops: Operations, a: Any, y: Any, difference: Any, out: Any) -> None:
    """Emit max(0, 1 - y a) for targets of -1 and 1."""
    ops.run(np.maximum, margin(ops, a, y, out.shape), ZERO, out=out)


def hinge_gradient(ops: Operations, a: Any, y: Any, difference: Any, out: Any) -> None:
    """Emit -y where 1 - y a > 0, else 0."""
    active = ops.run(np.heaviside, margin(ops, a, y, out.shape), ZERO, out=ops.scratch(out.shape))
    signed = ops.run(np.multiply, active, y, out=ops.scratch(out.shape))
    ops.run(np.negative, signed, out=out)


def binary_cross_entropy_terms(ops: Operations, a: Any, y: Any, z: Any, out: Any) -> None:
    """Emit y log(1 + e^-z) + (1 - y) log(1 + e^z), from z: no logarithm of a rounded probability."""
    minus_z = ops.run(np.negative, z, out=ops.scratch(out.shape))
    miss = ops.run(np.logaddexp, ZERO, minus_z, out=ops.scratch(out.shape))
    false_alarm = ops.run(np.logaddexp, ZERO, z, out=ops.scratch(out.shape))
    missed = ops.run(np.multiply, y, miss, out=ops.scratch(out.shape))
    rest = ops.run(np.subtract, ONE, y, out=ops.scratch(out.shape))
    alarmed = ops.run(np.multiply, rest, false_alarm, out=ops.scratch(out.shape))
    ops.run(np.add, missed, alarmed, out=out)


def binary_cross_entropy_gradient(ops: Operations, a: Any, y: Any, difference: Any, out: Any) -> None:
    """Emit (1 - y) / (1 - a) - y / a, the long way; infinite where a probability is exactly wrong."""
    rest_y = ops.run(np.subtract, ONE, y, out=ops.scratch(out.shape))
    rest_a = ops.run(np.subtract, ONE, a, out=ops.scratch(out.shape))
    alarm = share(ops, rest_y, rest_a, out.shape)
    miss = share(ops, y, a, out.shape)
    ops.run(np.subtract, alarm, miss, out=out)


def share(ops: Operations, target: Any, probability: Any, shape: tuple[int, ...]) -> Any:
    """Emit target / probability: 0 where the target is 0, whatever the probability, for there the loss has no such term.

    The probability of a saturated output is exactly 0, and 0 / 0 would be no number.
    """
    absent = ops.run(np.equal, target, ZERO, out=ops.scratch(shape))
    divisor = ops.run(np.add, probability, absent, out=ops.scratch(shape))
    return ops.run(np.divide, target, divisor, out=ops.scratch(shape))


def categorical_cross_entropy_terms(ops: Operations, a: Any, y: Any, log_a: Any, out: Any) -> None:
    """Emit -y log a, from the logarithms of the softmax."""
    weighted = ops.run(np.multiply, y, log_a, out=ops.scratch(out.shape))
    ops.run(np.negative, weighted, out=out)


def categorical_cross_entropy_gradient(ops: Operations, a: Any, y: Any, difference: Any, out: Any) -> None:
    """Emit -y / a, the long way; infinite where the true class has exactly no probability."""
    ops.run(np.negative, share(ops, y, a, out.shape), out=out)


LOSSES: Final[Mapping[str, Loss]] = {
    loss.name: loss
    for loss in (
        Loss(
            "mean_squared_error",
            "mean squared error",
            r"\frac{1}{K}\sum_k (a_k - y_k)^2",
            r"\frac{2}{K}(a_k - y_k)",
            "The mean over the outputs of the squared differences.",
            squares,
            None,
            per_output_mean=True,
            gradient_factor=2.0,
        ),
        Loss(
            "half_squared_error",
            "half squared error",
            r"\frac{1}{2}\sum_k (a_k - y_k)^2",
            r"a_k - y_k",
            "Half the sum over the outputs of the squared differences, as textbooks have it.",
            squares,
            None,
            factor=0.5,
            gradient_factor=2.0,
        ),
        Loss(
            "mean_absolute_error",
            "mean absolute error",
            r"\frac{1}{K}\sum_k |a_k - y_k|",
            r"\frac{1}{K}\,\mathrm{sign}(a_k - y_k)",
            "The mean over the outputs of the sizes of the differences.",
            absolutes,
            signs,
            per_output_mean=True,
        ),
        Loss(
            "huber",
            "Huber",
            r"\frac{1}{K}\sum_k h(a_k - y_k)",
            r"\frac{1}{K}\,\mathrm{clip}(a_k - y_k, -1, 1)",
            "Squared for differences up to 1, straight beyond, so that outliers pull less.",
            huber_terms,
            huber_gradient,
            per_output_mean=True,
        ),
        Loss(
            "hinge",
            "hinge",
            r"\frac{1}{K}\sum_k \max(0, 1 - y_k a_k)",
            r"-\frac{1}{K}\,y_k\,[y_k a_k < 1]",
            "Zero once the prediction is on the right side with a margin of 1; targets are −1 and 1.",
            hinge_terms,
            hinge_gradient,
            per_output_mean=True,
            needs_difference=False,
        ),
        Loss(
            "binary_cross_entropy",
            "binary cross-entropy",
            r"-\sum_k \left(y_k \log\,a_k + (1 - y_k) \log\,(1 - a_k)\right)",
            r"\frac{1 - y_k}{1 - a_k} - \frac{y_k}{a_k}",
            "The surprise, in nats, at the truth of each yes-or-no target.",
            binary_cross_entropy_terms,
            binary_cross_entropy_gradient,
            fused="sigmoid",
            needs_difference=False,
        ),
        Loss(
            "categorical_cross_entropy",
            "categorical cross-entropy",
            r"-\sum_k y_k \log\,a_k",
            r"-\frac{y_k}{a_k}",
            "The surprise, in nats, at the true class.",
            categorical_cross_entropy_terms,
            categorical_cross_entropy_gradient,
            fused="softmax",
            needs_difference=False,
        ),
    )
}


@dataclass(frozen=True)
class LossOnTape:
    """The slots of a loss that has been emitted.

    Attributes:
        terms: what each output contributes to its sample's loss, before the factor, `(outputs, n)`.
        difference: a - y, where the loss needs it.
        probabilities: the sigmoid or softmax of the logits, for a fused loss.
    """

    terms: Slot
    difference: Slot | None
    probabilities: Slot | None


def emit_loss(
    tape: Tape, loss: Loss, z: Slot, a: Slot, y: Slot, out: Slot, softmaxed: tuple[Slot, Slot] | None
) -> LossOnTape:
    """Emit the mean over the batch of the samples' losses.

    Args:
        tape: where to.
        loss: which.
        z: pre-activations of the last layer, `(outputs, n)`.
        a: its activations.
        y: targets, as a.
        out: the 0-d slot of the batch loss.
        softmaxed: z - max z and the sum of exponentials, where the last layer is a softmax.
    """
    outputs, n = y.shape
    difference: Slot | None = None
    probabilities: Slot | None = None
    terms = tape.slot("terms", y.shape)
    if loss.fused == "softmax":
        if softmaxed is None:
            probabilities = tape.slot("p", y.shape)
            softmaxed = softmax_parts(tape, z, probabilities)
        shifted, total = softmaxed
        log_total = tape.run(np.log, total, out=tape.scratch(total.shape))
        log_a = tape.run(np.subtract, shifted, log_total, out=tape.slot("log_a", y.shape))
        loss.terms(tape, a, y, log_a, terms)
    elif loss.fused == "sigmoid":
        loss.terms(tape, a, y, z, terms)
    else:
        if loss.needs_difference:
            difference = tape.run(np.subtract, a, y, out=tape.slot("difference", y.shape))
        loss.terms(tape, a, y, difference, terms)
    share = loss.scale(outputs) / n
    shares = constant(f"np.full({outputs * n}, {share!r})", np.full(outputs * n, share))
    tape.run(np.dot, terms.flat(), shares, out=out)
    return LossOnTape(terms, difference, probabilities)


def emit_fused_delta(
    tape: Tape, loss: Loss, on_tape: LossOnTape, z: Slot, a: Slot, y: Slot, activation: str, delta: Slot
) -> None:
    """Emit delta = p - y, p being the sigmoid or softmax of the logits.

    With the activation itself on the last layer p is a; with identity there, a are the logits and p is computed here
    (the softmax has been, for the loss).
    """
    probabilities = a
    if activation == "identity":
        if on_tape.probabilities is not None:
            probabilities = on_tape.probabilities
        else:
            probabilities = tape.slot("p", y.shape)
            sigmoid(tape, z, probabilities)
    tape.run(np.subtract, probabilities, y, out=delta)


def emit_loss_gradient(tape: Tape, loss: Loss, on_tape: LossOnTape, a: Slot, y: Slot, name: str) -> Slot:
    """Emit ∂l/∂a of each sample, not divided by n, and return its slot.

    Where the derivative is the difference itself, its slot is returned and nothing is computed twice.
    """
    scale = loss.gradient_scale(y.shape[0])
    if loss.gradient is None:
        if on_tape.difference is None:
            raise AssertionError("a loss without a gradient of its own has the difference")
        source = on_tape.difference
    else:
        source = tape.slot(name, y.shape) if scale == 1.0 else tape.scratch(y.shape)
        loss.gradient(tape, a, y, on_tape.difference, source)
    if scale == 1.0:
        return source
    return tape.run(np.multiply, source, constant(repr(scale), scale), out=tape.slot(name, y.shape))
