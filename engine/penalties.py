"""Penalties on large weights: part of the loss and of the gradient, an event of their own each time.

`Ω = λ₁ Σ|w| + ½ λ₂ Σw²`, over the weights only; biases are free.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.activations import HALF
from engine.arena import Slot, constant
from engine.parameters import Layout
from engine.reader import Reader
from engine.tape import Tape


@dataclass(frozen=True)
class Penalty:
    """How strongly large weights are punished.

    Attributes:
        l1: λ₁ of the sum of sizes; pulls every weight by the same amount, so that many become 0.
        l2: λ₂ of half the sum of squares; pulls every weight in proportion to itself.
    """

    l1: float = 0.0
    l2: float = 0.0

    @property
    def active(self) -> bool:
        """Whether there is anything to add."""
        return self.l1 != 0.0 or self.l2 != 0.0


LATEX: Final = r"\Omega = \lambda_1 \sum |w| + \tfrac{1}{2}\lambda_2 \sum w^2"


def read_penalty(reader: Reader) -> Penalty:
    """Read `{"l1": …, "l2": …}`."""
    penalty = Penalty(reader.number("l1", 0.0, at_least=0), reader.number("l2", 0.0, at_least=0))
    reader.finish()
    return penalty


@dataclass(frozen=True)
class PenaltyOnTape:
    """The slots of a penalty: the weights it acts on (biases blanked out), and its λs."""

    weights: Slot
    hyper: Mapping[str, Slot]


def emit_penalty(tape: Tape, layout: Layout, P: Slot, hyper: Mapping[str, Slot], out: Slot) -> PenaltyOnTape:
    """Emit Ω into a 0-d slot."""
    shape = (layout.size,)
    mask = constant("is_weight", layout.mask([(block.layer, "W") for block in layout.blocks]))
    weights = tape.run(np.multiply, P, mask, out=tape.slot("weights", shape))
    squares = tape.run(np.dot, weights, weights, out=tape.scratch(()))
    half = tape.run(np.multiply, squares, HALF, out=tape.scratch(()))
    from_squares = tape.run(np.multiply, half, hyper["l2"], out=tape.scratch(()))
    sizes = tape.run(np.absolute, weights, out=tape.scratch(shape))
    total = tape.run(np.dot, sizes, mask, out=tape.scratch(()))
    from_sizes = tape.run(np.multiply, total, hyper["l1"], out=tape.scratch(()))
    tape.run(np.add, from_sizes, from_squares, out=out)
    return PenaltyOnTape(weights, hyper)


def emit_penalty_gradient(tape: Tape, on_tape: PenaltyOnTape, gradient: Slot, out: Slot) -> Slot:
    """Emit g + λ₂ w + λ₁ sign(w); returns the slot of what was added."""
    shape = out.shape
    from_squares = tape.run(np.multiply, on_tape.weights, on_tape.hyper["l2"], out=tape.scratch(shape))
    signs = tape.run(np.sign, on_tape.weights, out=tape.scratch(shape))
    from_sizes = tape.run(np.multiply, signs, on_tape.hyper["l1"], out=tape.scratch(shape))
    added = tape.run(np.add, from_squares, from_sizes, out=tape.slot("penalty_gradient", shape))
    tape.run(np.add, gradient, added, out=out)
    return added
