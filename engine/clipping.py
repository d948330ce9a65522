"""Clipping: keeping a gradient from growing out of hand before it becomes an update.

Source: `torch.nn.utils.clip_grad_value_` and `clip_grad_norm_`, with its 10⁻⁶ beside the norm.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from engine.activations import ONE
from engine.arena import Slot, constant
from engine.reader import Reader
from engine.tape import Tape

SAFETY: Final = constant("1e-06", 1e-6)


@dataclass(frozen=True)
class Clipping:
    """How a gradient is kept small.

    Attributes:
        type: `value` cuts every entry to [−maximum, maximum]; `norm` shortens the whole gradient to length maximum and
            keeps its direction.
        maximum: the bound.
    """

    type: Literal["none", "value", "norm"] = "none"
    maximum: float = 1.0


LATEX: Final = {
    "value": r"g' = \mathrm{clip}(g, -c, c)",
    "norm": r"g' = g \cdot \min\left(1, \frac{c}{\lVert g \rVert}\right)",
}


def read_clipping(reader: Reader) -> Clipping:
    """Read `{"type": "norm", "maximum": 1.0}`."""
    name = reader.choice("type", ("none", "value", "norm"), "none")
    clipping = Clipping(
        "value" if name == "value" else "norm" if name == "norm" else "none",
        reader.number("maximum", 1.0, above=0),
    )
    reader.finish()
    return clipping


def emit_clipping(tape: Tape, clipping: Clipping, gradient: Slot, maximum: Slot, out: Slot) -> tuple[Slot, Slot]:
    """Emit the clipped gradient.

    Returns:
        0-d slots: the norm before, and the factor that every entry was multiplied by (1 for clipping by value).
    """
    squares = tape.run(np.dot, gradient, gradient, out=tape.scratch(()))
    norm = tape.run(np.sqrt, squares, out=tape.slot("grad_norm"))
    scale = tape.slot("clip_scale")
    if clipping.type == "value":
        lowest = tape.run(np.negative, maximum, out=tape.scratch(()))
        from_above = tape.run(np.minimum, gradient, maximum, out=tape.scratch(out.shape))
        tape.run(np.maximum, from_above, lowest, out=out)
        tape.run(np.positive, ONE, out=scale)
    else:
        safe = tape.run(np.add, norm, SAFETY, out=tape.scratch(()))
        ratio = tape.run(np.divide, maximum, safe, out=tape.scratch(()))
        tape.run(np.minimum, ratio, ONE, out=scale)
        tape.run(np.multiply, gradient, scale, out=out)
    return norm, scale
