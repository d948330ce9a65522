"""The dense layer: weighted sums, then an activation; and the way back through both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from engine.activations import ACTIVATIONS, Activation, softmax_backward, softmax_parts
from engine.arena import FloatArray, Slot, constant
from engine.events import PlannedEvent
from engine.initializers import Initializer
from engine.layers.signal import Signal
from engine.parameters import Part
from engine.tape import Tape


@dataclass(frozen=True, eq=False)
class Dense:
    """Every neuron weighs every input: `z = x @ W.T + b`, `a = f(z)`.

    Attributes:
        fan_in: how many inputs.
        units: how many neurons.
        activation: name of f.
        initializer: draws W, unless it is given.
        bias_initializer: draws b, unless it is given.
        W: explicit weights (units, fan_in), or None.
        b: explicit biases (units,), or None.
        frozen: parameters that no update changes.
    """

    fan_in: int
    units: int
    activation: str
    initializer: Initializer
    bias_initializer: Initializer
    W: FloatArray | None = None
    b: FloatArray | None = None
    frozen: frozenset[Part] = frozenset()
    type: ClassVar[str] = "dense"

    def initial(self, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
        """The weights and biases a run begins with; explicit numbers do not change what the others draw."""
        weights = self.initializer.make(self.units, self.fan_in, rng)
        biases = self.bias_initializer.make(self.units, 1, rng)[:, 0]
        return (weights if self.W is None else self.W, biases if self.b is None else self.b)


class DenseOnTape:
    """A dense layer being emitted; the way forward leaves `source`, `z` and `a` for the way back.

    Args:
        tape: where to.
        index: of the layer.
        layer: what it is.
        P: its parameters [W | b], `(units, fan_in + 1)`.
    """

    def __init__(self, tape: Tape, index: int, layer: Dense, P: Slot) -> None:
        self.tape = tape
        self.index = index
        self.layer = layer
        self.P = P
        self.activation: Activation = ACTIVATIONS[layer.activation]
        self.softmaxed: tuple[Slot, Slot] | None = None
        self.source: Signal
        self.z: Slot
        self.a: Slot

    def emit_forward(self, source: Signal, *, last: bool) -> Signal:
        """Emit the weighted sums and the activation.

        Args:
            source: the signal of the layer before, with its row of ones.
            last: no layer follows, so no row of ones is needed.
        """
        tape, i, units = self.tape, self.index, self.layer.units
        n = source.full.shape[1]
        sup = f"^{{({i + 1})}}"
        before = "x" if i == 0 else f"a^{{({i})}}"
        self.source = source
        with tape.event(
            PlannedEvent("affine", i, None, f"Layer {i + 1}: weighted sums", rf"z{sup} = W{sup} {before} + b{sup}"),
            f"Layer {i + 1} multiplies each input by its weight and adds the products and the bias up to z.",
        ):
            self.z = tape.run(np.dot, self.P, source.full, out=tape.slot(f"z{i}", (units, n)))
            tape.publish(f"layer{i}.z", self.z, batch_first=True)
        full = tape.slot(f"a{i}", (units if last else units + 1, n))
        self.a = full if last else full[:-1]
        if not last:
            tape.initially(lambda: full.view()[-1].fill(1.0))
        sign = self.activation.sign
        formula = rf"a{sup} = {sign}(z{sup})" if sign else rf"a{sup} = z{sup}"
        with tape.event(
            PlannedEvent("activation", i, None, f"Layer {i + 1}: {self.activation.label}", formula),
            f"Each neuron of layer {i + 1} turns its sum z into its activation a with {self.activation.label}.",
        ):
            if self.layer.activation == "softmax":
                self.softmaxed = softmax_parts(tape, self.z, self.a)
            else:
                self.activation.forward(tape, self.z, self.a)
            tape.publish(f"layer{i}.a", self.a, batch_first=True)
        return Signal(full, units, full.T)

    def emit_activation_gradient(self, grad_a: Slot) -> Slot:
        """Emit delta = ∂l/∂z of each sample from ∂l/∂a, and return its slot `(units, n)`."""
        tape, i = self.tape, self.index
        shape = self.z.shape
        delta = tape.slot(f"delta{i}", shape)
        sup = f"^{{({i + 1})}}"
        softmax = self.activation.slope is None
        formula = (
            rf"\delta{sup}_j = \sum_k \frac{{\partial a_k}}{{\partial z_j}} \frac{{\partial \ell}}{{\partial a_k}}"
            if softmax
            else rf"\delta{sup} = \frac{{\partial \ell}}{{\partial a{sup}}} \cdot f'(z{sup})"
        )
        with tape.event(
            PlannedEvent(
                "activation_gradient", i, None, f"Layer {i + 1}: back through {self.activation.label}", formula
            ),
            f"Each δ of layer {i + 1} is the error that arrived times the slope of {self.activation.label} there.",
        ):
            if self.activation.slope is None:
                softmax_backward(tape, self.a, grad_a, delta)
            else:
                slope = tape.slot(f"slope{i}", shape)
                self.activation.slope(tape, self.z, self.a, slope)
                tape.run(np.multiply, grad_a, slope, out=delta)
                tape.publish(f"layer{i}.slope", slope, batch_first=True)
            tape.publish(f"layer{i}.delta", delta, batch_first=True)
        return delta

    def emit_weight_gradient(self, delta: Slot, G: Slot) -> None:
        """Emit the mean over the batch of delta·a, for W and b together.

        Args:
            delta: ∂l/∂z of each sample, not divided by n: the factor 1/n of the mean is applied here, once.
            G: the gradient [∂L/∂W | ∂L/∂b], to be written.
        """
        tape, i, source = self.tape, self.index, self.source
        n = delta.shape[1]
        sup = f"^{{({i + 1})}}"
        before = "x" if i == 0 else f"a^{{({i})}}"
        with tape.event(
            PlannedEvent(
                "weight_gradient",
                i,
                None,
                f"Layer {i + 1}: gradients of the weights",
                rf"\frac{{\partial L}}{{\partial W{sup}}} = \frac{{1}}{{n}} \sum_s \delta{sup} {before}",
            ),
            f"Each weight of layer {i + 1} gets δ of its neuron times its input, averaged over the batch.",
        ):
            mean_delta = delta
            if n > 1:
                share = constant(repr(1 / n), 1 / n)
                mean_delta = tape.run(np.multiply, delta, share, out=tape.slot(f"mean_delta{i}", delta.shape))
            tape.run(np.dot, mean_delta, source.transposed, out=G)
            tape.publish(f"layer{i}.grad_W", G[:, :-1])
            tape.publish(f"layer{i}.grad_b", G[:, -1])

            def sample_gradients() -> FloatArray:
                return np.asarray(np.einsum("jn,in->nji", delta.view(), source.values.view()))

            tape.publish(f"layer{i}.sample_grad_W", sample_gradients, large=True)
            tape.publish(f"layer{i}.sample_grad_b", lambda: np.array(delta.view().T, order="C"), large=True)

    def emit_propagate(self, delta: Slot) -> Slot:
        """Emit ∂l/∂a of the layer before, `(fan_in, n)`.

        The call also yields a last row, for the "1" that feeds the biases; nobody reads it.
        """
        tape, i = self.tape, self.index
        full = tape.slot(f"grad_a{i - 1}", (self.layer.fan_in + 1, delta.shape[1]))
        with tape.event(
            PlannedEvent(
                "propagate",
                i,
                None,
                f"Layer {i + 1}: δ carried back over the weights",
                carried_back(i),
            ),
            f"Every weight of layer {i + 1} carries its neuron's δ back; layer {i} adds up what arrives.",
        ):
            tape.run(np.dot, self.P.T, delta, out=full)
            tape.publish(f"layer{i - 1}.grad_a", full[:-1], batch_first=True)
        return full[:-1]


def carried_back(i: int) -> str:
    """The formula of what arrives at the layer before layer i."""
    return (
        rf"\frac{{\partial \ell}}{{\partial a^{{({i})}}_k}} = "
        rf"\sum_j w^{{({i + 1})}}_{{jk}}\, \delta^{{({i + 1})}}_j"
    )
