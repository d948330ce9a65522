"""Dropout: while training, a random part of the activations is silenced in every step.

Inverted: what is kept is divided by the chance to be kept, so that nothing changes when dropout is switched off for
predictions. The mask of a step follows from the seed, the layer and the step alone, so going back restores it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from engine.arena import Slot
from engine.events import PlannedEvent
from engine.layers.signal import Signal
from engine.moment import Moment, Purpose
from engine.tape import Tape

Masks = Literal["drawn", "given", "off"]
"""Where a mask comes from: drawn for each step, copied in by a "what if", or no dropout at all as in predictions."""


@dataclass(frozen=True)
class Dropout:
    """Silences each activation of the layer before with a chance of `rate`.

    Attributes:
        fan_in: how many activations come in; as many go out.
        rate: the chance to be silenced, 0 ≤ rate < 1.
    """

    fan_in: int
    rate: float
    type: ClassVar[str] = "dropout"

    @property
    def units(self) -> int:
        """As many as come in."""
        return self.fan_in


class DropoutOnTape:
    """A dropout layer being emitted.

    Args:
        tape: where to.
        index: of the layer.
        layer: what it is.
        moment: tells the step whose mask is drawn.
    """

    def __init__(self, tape: Tape, index: int, layer: Dropout, moment: Moment) -> None:
        self.tape = tape
        self.index = index
        self.layer = layer
        self.moment = moment
        self.mask: Slot

    def emit_forward(self, source: Signal, masks: Masks) -> Signal:
        """Emit the drawing of the mask (unless somebody else writes it) and the product with it."""
        tape, i, layer = self.tape, self.index, self.layer
        n = source.full.shape[1]
        mask = self.mask = tape.slot(f"mask{i}", (layer.units, n))
        full = tape.slot(f"a{i}", (layer.units + 1, n))
        tape.initially(lambda: full.view()[-1].fill(1.0))
        keep = 1 - layer.rate

        def draw() -> None:
            rng = np.random.default_rng([self.moment.seed, Purpose.DROPOUT, i, self.moment.step])
            mask.view()[...] = (rng.random(mask.shape) < keep) / keep

        sup = f"^{{({i + 1})}}"
        with tape.event(
            PlannedEvent("dropout", i, None, f"Layer {i + 1}: dropout", rf"a{sup} = a^{{({i})}} \circ m"),
            f"Dropout silences about {100 * layer.rate:.0f} % of the activations and strengthens the others.",
        ):
            if masks == "drawn":
                tape.python(
                    draw,
                    f"{mask.text}[...] = (np.random.default_rng([int(seed), {int(Purpose.DROPOUT)}, {i}, int(step)])"
                    f".random({mask.shape}) < {keep!r}) / {keep!r}",
                )
            tape.run(np.multiply, source.values, mask, out=full[:-1])
            tape.publish(f"layer{i}.mask", mask, batch_first=True)
            tape.publish(f"layer{i}.a", full[:-1], batch_first=True)
        return Signal(full, layer.units, full.T)

    def emit_backward(self, grad_a: Slot) -> Slot:
        """Emit ∂l/∂a of the layer before: the gradient passes where the activation has passed."""
        tape, i = self.tape, self.index
        out = tape.slot(f"grad_a{i - 1}", grad_a.shape)
        formula = (
            rf"\frac{{\partial \ell}}{{\partial a^{{({i})}}}} = "
            rf"\frac{{\partial \ell}}{{\partial a^{{({i + 1})}}}} \circ m"
        )
        with tape.event(
            PlannedEvent("dropout_gradient", i, None, f"Layer {i + 1}: back through dropout", formula),
            "The gradient passes where the activation has passed, strengthened by the same factor.",
        ):
            tape.run(np.multiply, grad_a, self.mask, out=out)
            tape.publish(f"layer{i - 1}.grad_a", out, batch_first=True)
        return out
