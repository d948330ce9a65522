"""Activations, each beside its derivative, as emitters of instructions.

An activation computes `a = f(z)` and, on the way back, its slope `f′(z)` from what the way forward left behind; then
`delta = grad_a · f′(z)`. Softmax mixes the neurons of a layer, so its way back is a product with a Jacobian instead.
At a kink the derivative is the one on the side where the neuron is silent: ReLU has slope 0 at 0.

Source: the definitions of PyTorch 2 (`torch.nn.functional`), with their default constants.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from engine.arena import FloatArray, constant
from engine.tape import Immediately, Operations

ZERO: Final = constant("0.0", 0.0)
ONE: Final = constant("1.0", 1.0)
HALF: Final = constant("0.5", 0.5)
LEAK: Final = constant("0.01", 0.01)
ONE_MINUS_LEAK: Final = constant("0.99", 0.99)
DENSITY_AT_0: Final = constant("1 / np.sqrt(2 * np.pi)", 1 / math.sqrt(2 * math.pi))
MINUS_HALF: Final = constant("-0.5", -0.5)
GELU_SCALE: Final = constant("np.sqrt(2 / np.pi)", math.sqrt(2 / math.pi))
GELU_CUBIC: Final = constant("0.044715", 0.044715)
THREE_GELU_CUBIC: Final = constant("3 * 0.044715", 3 * 0.044715)


@dataclass(frozen=True)
class Activation:
    """A function of each neuron's pre-activation, and how to come back through it.

    Attributes:
        name: as users type it.
        label: as people read it.
        latex: the function, of z.
        slope_latex: its derivative.
        words: one sentence.
        forward: emits `a = f(z)`; takes operations, z and a, both `(units, n)`.
        slope: emits `f′(z)`; takes operations, z, a and slope, all `(units, n)`. None where the derivative of one
            neuron depends on the others (softmax).
        kinks: the z at which f or its slope has no derivative, where a numerical check is meaningless.
        sign: the function's name in LaTeX.
    """

    name: str
    label: str
    sign: str
    latex: str
    slope_latex: str
    words: str
    forward: Callable[[Operations, Any, Any], None]
    slope: Callable[[Operations, Any, Any, Any], None] | None
    kinks: tuple[float, ...] = ()

    def curve(self, z: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The function and its slope at many z, by the same instructions that train."""
        now = Immediately()
        with np.errstate(all="ignore"):
            a = np.empty_like(z)
            self.forward(now, z, a)
            slope = np.zeros_like(z)
            if self.slope is not None:
                self.slope(now, z, a, slope)
        return a, slope


def identity(ops: Operations, z: Any, a: Any) -> None:
    """Emit a = z."""
    ops.run(np.positive, z, out=a)


def identity_slope(ops: Operations, z: Any, a: Any, slope: Any) -> None:
    """Emit f′ = 1."""
    ops.run(np.positive, ONE, out=slope)


def sigmoid(ops: Operations, z: Any, a: Any) -> None:
    """Emit a = 1 / (1 + exp(-z)); for very negative z the exponential is infinite and a exactly 0."""
    minus_z = ops.run(np.negative, z, out=ops.scratch(z.shape))
    exponential = ops.run(np.exp, minus_z, out=ops.scratch(z.shape))
    denominator = ops.run(np.add, exponential, ONE, out=ops.scratch(z.shape))
    ops.run(np.reciprocal, denominator, out=a)


def sigmoid_slope(ops: Operations, z: Any, a: Any, slope: Any) -> None:
    """Emit f′ = a (1 - a)."""
    rest = ops.run(np.subtract, ONE, a, out=ops.scratch(z.shape))
    ops.run(np.multiply, a, rest, out=slope)


def tanh(ops: Operations, z: Any, a: Any) -> None:
    """Emit a, the tanh of z."""
    ops.run(np.tanh, z, out=a)


def tanh_slope(ops: Operations, z: Any, a: Any, slope: Any) -> None:
    """Emit f′ = 1 - a²."""
    square = ops.run(np.multiply, a, a, out=ops.scratch(z.shape))
    ops.run(np.subtract, ONE, square, out=slope)


def relu(ops: Operations, z: Any, a: Any) -> None:
    """Emit a = max(z, 0)."""
    ops.run(np.maximum, z, ZERO, out=a)


def relu_slope(ops: Operations, z: Any, a: Any, slope: Any) -> None:
    """Emit f′ = 1 where a > 0, else 0: the sign of a, which is never negative."""
    ops.run(np.sign, a, out=slope)


def leaky_relu(ops: Operations, z: Any, a: Any) -> None:
    """Emit a = max(z, 0.01 z)."""
    leak = ops.run(np.multiply, z, LEAK, out=ops.scratch(z.shape))
    ops.run(np.maximum, z, leak, out=a)


def leaky_relu_slope(ops: Operations, z: Any, a: Any, slope: Any) -> None:
    """Emit f′ = 1 where z > 0, else 0.01."""
    step = ops.run(np.heaviside, z, ZERO, out=ops.scratch(z.shape))
    scaled = ops.run(np.multiply, step, ONE_MINUS_LEAK, out=ops.scratch(z.shape))
    ops.run(np.add, scaled, LEAK, out=slope)


def elu(ops: Operations, z: Any, a: Any) -> None:
    """Emit a = z where z > 0, else exp(z) - 1."""
    negative_part = ops.run(np.minimum, z, ZERO, out=ops.scratch(z.shape))
    curved = ops.run(np.expm1, negative_part, out=ops.scratch(z.shape))
    straight = ops.run(np.maximum, z, ZERO, out=ops.scratch(z.shape))
    ops.run(np.add, straight, curved, out=a)


def elu_slope(ops: Operations, z: Any, a: Any, slope: Any) -> None:
    """Emit f′ = exp(min(z, 0)), which is 1 for every positive z."""
    negative_part = ops.run(np.minimum, z, ZERO, out=ops.scratch(z.shape))
    ops.run(np.exp, negative_part, out=slope)


def normal_cdf(x: FloatArray, out: FloatArray) -> None:
    """Φ(x). NumPy has no error function, so the standard library's is called for each number."""
    flat = [0.5 * math.erfc(-value * math.sqrt(0.5)) if value == value else value for value in x.ravel().tolist()]
    out[...] = np.reshape(flat, out.shape)


def gelu(ops: Operations, z: Any, a: Any) -> None:
    """Emit a = z Φ(z)."""
    chance = ops.run(normal_cdf, z, out=ops.scratch(z.shape))
    ops.run(np.multiply, z, chance, out=a)


def gelu_slope(ops: Operations, z: Any, a: Any, slope: Any) -> None:
    """Emit f′ = Φ(z) + z φ(z)."""
    chance = ops.run(normal_cdf, z, out=ops.scratch(z.shape))
    square = ops.run(np.multiply, z, z, out=ops.scratch(z.shape))
    exponent = ops.run(np.multiply, square, MINUS_HALF, out=ops.scratch(z.shape))
    bell = ops.run(np.exp, exponent, out=ops.scratch(z.shape))
    density = ops.run(np.multiply, bell, DENSITY_AT_0, out=ops.scratch(z.shape))
    weighted = ops.run(np.multiply, z, density, out=ops.scratch(z.shape))
    ops.run(np.add, chance, weighted, out=slope)


def gelu_tanh_inner(ops: Operations, z: Any) -> tuple[Any, Any]:
    """Emit z² and tanh(√(2/π) (z + 0.044715 z³)), which both ways need."""
    square = ops.run(np.multiply, z, z, out=ops.scratch(z.shape))
    cubic = ops.run(np.multiply, square, GELU_CUBIC, out=ops.scratch(z.shape))
    factor = ops.run(np.add, cubic, ONE, out=ops.scratch(z.shape))
    argument = ops.run(np.multiply, z, factor, out=ops.scratch(z.shape))
    scaled = ops.run(np.multiply, argument, GELU_SCALE, out=ops.scratch(z.shape))
    return square, ops.run(np.tanh, scaled, out=ops.scratch(z.shape))


def gelu_tanh(ops: Operations, z: Any, a: Any) -> None:
    """Emit a = ½ z (1 + tanh(√(2/π) (z + 0.044715 z³)))."""
    _, bent = gelu_tanh_inner(ops, z)
    lifted = ops.run(np.add, bent, ONE, out=ops.scratch(z.shape))
    half = ops.run(np.multiply, lifted, HALF, out=ops.scratch(z.shape))
    ops.run(np.multiply, z, half, out=a)


def gelu_tanh_slope(ops: Operations, z: Any, a: Any, slope: Any) -> None:
    """Emit f′ = ½ (1 + t) + ½ z (1 - t²) √(2/π) (1 + 3·0.044715 z²), t being the tanh."""
    square, bent = gelu_tanh_inner(ops, z)
    lifted = ops.run(np.add, bent, ONE, out=ops.scratch(z.shape))
    half = ops.run(np.multiply, lifted, HALF, out=ops.scratch(z.shape))
    bent_square = ops.run(np.multiply, bent, bent, out=ops.scratch(z.shape))
    steepness = ops.run(np.subtract, ONE, bent_square, out=ops.scratch(z.shape))
    cubic = ops.run(np.multiply, square, THREE_GELU_CUBIC, out=ops.scratch(z.shape))
    factor = ops.run(np.add, cubic, ONE, out=ops.scratch(z.shape))
    inner = ops.run(np.multiply, factor, GELU_SCALE, out=ops.scratch(z.shape))
    product = ops.run(np.multiply, steepness, inner, out=ops.scratch(z.shape))
    weighted = ops.run(np.multiply, z, product, out=ops.scratch(z.shape))
    halved = ops.run(np.multiply, weighted, HALF, out=ops.scratch(z.shape))
    ops.run(np.add, half, halved, out=slope)


def softplus(ops: Operations, z: Any, a: Any) -> None:
    """Emit a = log(1 + exp(z)), without overflow."""
    ops.run(np.logaddexp, ZERO, z, out=a)


def softplus_slope(ops: Operations, z: Any, a: Any, slope: Any) -> None:
    """Emit f′ = sigmoid(z)."""
    sigmoid(ops, z, slope)


def silu(ops: Operations, z: Any, a: Any) -> None:
    """Emit a = z sigmoid(z)."""
    gate = ops.scratch(z.shape)
    sigmoid(ops, z, gate)
    ops.run(np.multiply, z, gate, out=a)


def silu_slope(ops: Operations, z: Any, a: Any, slope: Any) -> None:
    """Emit f′ = s + a (1 - s), s being sigmoid(z)."""
    gate = ops.scratch(z.shape)
    sigmoid(ops, z, gate)
    rest = ops.run(np.subtract, ONE, gate, out=ops.scratch(z.shape))
    weighted = ops.run(np.multiply, a, rest, out=ops.scratch(z.shape))
    ops.run(np.add, gate, weighted, out=slope)


def softmax(ops: Operations, z: Any, a: Any) -> None:
    """Emit a = exp(z - max z) / Σ exp(z - max z), for each sample over the neurons of the layer."""
    softmax_parts(ops, z, a)


def softmax_parts(ops: Operations, z: Any, a: Any) -> tuple[Any, Any]:
    """Emit the softmax, and hand out z - max z and the sum of exponentials, which a fused loss needs."""
    largest = ops.sum_rows(z, out=ops.scratch(z.shape[1:]), reduce=np.maximum)
    shifted = ops.run(np.subtract, z, largest, out=ops.scratch(z.shape))
    exponential = ops.run(np.exp, shifted, out=ops.scratch(z.shape))
    total = ops.sum_rows(exponential, out=ops.scratch(z.shape[1:]))
    ops.run(np.divide, exponential, total, out=a)
    return shifted, total


def softmax_backward(ops: Operations, a: Any, grad_a: Any, delta: Any) -> None:
    """Emit delta = a ∘ (grad_a - Σ_k grad_a_k a_k): the product of grad_a with softmax's Jacobian."""
    weighted = ops.run(np.multiply, grad_a, a, out=ops.scratch(a.shape))
    total = ops.sum_rows(weighted, out=ops.scratch(a.shape[1:]))
    rest = ops.run(np.subtract, grad_a, total, out=ops.scratch(a.shape))
    ops.run(np.multiply, a, rest, out=delta)


ACTIVATIONS: Final[Mapping[str, Activation]] = {
    activation.name: activation
    for activation in (
        Activation("identity", "identity", "", "z", "1", "Passes the number on as it is.", identity, identity_slope),
        Activation(
            "sigmoid",
            "sigmoid",
            r"\sigma",
            r"\frac{1}{1 + e^{-z}}",
            r"a\,(1 - a)",
            "Squeezes any number into 0 to 1; far from 0 it hardly moves.",
            sigmoid,
            sigmoid_slope,
        ),
        Activation(
            "tanh",
            "tanh",
            r"\tanh",
            r"\tanh z",
            "1 - a^2",
            "Squeezes any number into −1 to 1, and leaves 0 where it is.",
            tanh,
            tanh_slope,
        ),
        Activation(
            "relu",
            "ReLU",
            r"\mathrm{ReLU}",
            r"\max(0, z)",
            r"[z > 0]",
            "Lets positive numbers pass and silences the others.",
            relu,
            relu_slope,
            (0.0,),
        ),
        Activation(
            "leaky_relu",
            "leaky ReLU",
            r"\mathrm{LReLU}",
            r"\max(z, 0.01\,z)",
            r"1 \text{ or } 0.01",
            "Like ReLU, but a hundredth of a negative number leaks through.",
            leaky_relu,
            leaky_relu_slope,
            (0.0,),
        ),
        Activation(
            "elu",
            "ELU",
            r"\mathrm{ELU}",
            r"z \text{ or } e^{z} - 1",
            r"1 \text{ or } e^{z}",
            "Like ReLU, with a smooth bend towards −1.",
            elu,
            elu_slope,
            (0.0,),
        ),
        Activation(
            "gelu",
            "GELU",
            r"\mathrm{GELU}",
            r"z\,\Phi(z)",
            r"\Phi(z) + z\,\varphi(z)",
            "Weighs a number by the chance that a normal one is smaller.",
            gelu,
            gelu_slope,
        ),
        Activation(
            "gelu_tanh",
            "GELU (tanh)",
            r"\mathrm{GELU}_t",
            r"\tfrac{1}{2} z\,(1 + t)",
            r"\tfrac{1}{2}(1 + t) + \tfrac{1}{2} z\,(1 - t^2)\,t_z",
            "The usual approximation of GELU by a tanh.",
            gelu_tanh,
            gelu_tanh_slope,
        ),
        Activation(
            "softplus",
            "softplus",
            r"\mathrm{softplus}",
            r"\log(1 + e^{z})",
            r"\sigma(z)",
            "A smooth ReLU; its slope is the sigmoid.",
            softplus,
            softplus_slope,
        ),
        Activation(
            "silu",
            "SiLU",
            r"\mathrm{SiLU}",
            r"z\,\sigma(z)",
            r"\sigma(z) + a\,(1 - \sigma(z))",
            "A number times its own sigmoid; also called swish.",
            silu,
            silu_slope,
        ),
        Activation(
            "softmax",
            "softmax",
            r"\mathrm{softmax}",
            r"\frac{e^{z_j}}{\sum_k e^{z_k}}",
            r"a_j\,([j = k] - a_k)",
            "Turns the numbers of a layer into probabilities that add up to 1.",
            softmax,
            None,
        ),
    )
}
