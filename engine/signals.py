"""How large the numbers of each layer are, which neurons are dead and which are saturated.

Definitions, for a dense layer:

* the *activations* a and the *δ* are those of the batch of the step, one number for each row and neuron; the *gradient*
  is grad_W as the optimizer gets it, one number for each weight;
* *rms* is the root of the mean square;
* the *histogram* counts |numbers| on one scale for all layers and all steps: two bins a decade, from 10⁻¹² up to 10⁴.
  What is exactly 0 is counted apart, so is what is smaller, and what is larger (or not finite);
* the *ratio* of the update is |ΔW| / |W|, the Euclidean lengths of both; near 10⁻³ is usual for a layer that learns well;
* a neuron is *dead* if it is a ReLU whose activation is 0 for every row of the training data: its slope is 0 there, so no
  gradient reaches it and no update of its own can wake it;
* a neuron is *saturated* if it is a sigmoid or tanh whose slope is less than a hundredth of the largest slope it can have,
  for at least 95 % of the rows of the training data.

Dead and saturated neurons are looked for in the first 500 rows of the training data, whatever the batch is, and without
dropout: a neuron that is silent in one small batch is not dead.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.arena import FloatArray
from engine.layers.dense import Dense, DenseOnTape
from engine.program import Forward

if TYPE_CHECKING:
    from engine.timeline import Timeline

EDGES: Final = 10.0 ** (np.arange(-24, 9) / 2)
"""Of the histogram's bins, 10⁻¹² to 10⁴, two a decade."""
EDGES.flags.writeable = False
BINS: Final = len(EDGES) - 1
COUNTS: Final = BINS + 3
"""Zeros, what is smaller than the scale, the bins, what is larger."""
MOST_ROWS: Final = 500
SATURATED_SLOPE: Final = 1e-2
"""Of the largest slope: a neuron there learns a hundred times more slowly than it could."""
SATURATED_ROWS: Final = 0.95
"""Of the rows: a few rows near the middle do not keep a neuron alive that has otherwise made up its mind."""
LARGEST_SLOPE: Final[Mapping[str, float]] = {"sigmoid": 0.25, "tanh": 1.0}
SILENCED: Final = frozenset({"relu"})
"""Activations that can be 0 with a slope of 0 over a whole range of z."""


@dataclass(frozen=True)
class Distribution:
    """How large the numbers of one array are.

    Attributes:
        rms: the root of their mean square.
        smallest: of them, with its sign.
        largest: of them, with its sign.
        counts: how many are 0, lie below the scale, in each bin, above it; (COUNTS,).
    """

    rms: float
    smallest: float
    largest: float
    counts: FloatArray

    @property
    def zeros(self) -> int:
        """How many are exactly 0."""
        return int(self.counts[0])

    @property
    def below(self) -> int:
        """How many are smaller than 10⁻¹², but not 0."""
        return int(self.counts[1])

    @property
    def above(self) -> int:
        """How many are 10⁴ or larger, or no finite numbers."""
        return int(self.counts[-1])

    @property
    def histogram(self) -> FloatArray:
        """How many lie between each edge and the next, (BINS,)."""
        return self.counts[2:-1]


@dataclass(frozen=True)
class LayerSignals:
    """What goes through one dense layer; None for what is not computed yet.

    Attributes:
        layer: its 0-based number.
        units: how many neurons it has.
        activations: a, of the batch.
        deltas: δ, of the batch.
        gradient: grad_W.
        ratio: |ΔW| / |W|; infinite where all weights are 0 and are changed.
        dead: numbers of the dead neurons.
        saturated: numbers of the saturated neurons.
    """

    layer: int
    units: int
    activations: Distribution | None
    deltas: Distribution | None
    gradient: Distribution | None
    ratio: float | None
    dead: tuple[int, ...]
    saturated: tuple[int, ...]

    @property
    def fraction_dead(self) -> float:
        """Of its neurons, 0 to 1."""
        return len(self.dead) / self.units

    @property
    def fraction_saturated(self) -> float:
        """Of its neurons, 0 to 1."""
        return len(self.saturated) / self.units


def distribution(numbers: FloatArray) -> Distribution:
    """See Distribution; takes an array of any shape with at least one number."""
    flat = numbers.reshape(-1)
    sizes = np.abs(flat)
    with np.errstate(all="ignore"):
        rms = float(np.sqrt(np.mean(np.square(sizes))))
        largest = float(sizes.max())
        if 0 < largest < np.inf and not 1e-140 < rms < 1e140:
            # Squares leave the range of numbers long before the numbers do.
            rms = largest * float(np.sqrt(np.mean(np.square(sizes / largest))))
    counts = np.zeros(COUNTS)
    counts[1:] = np.bincount(np.searchsorted(EDGES, sizes, side="right"), minlength=BINS + 2)
    counts[0] = sizes.size - np.count_nonzero(sizes)
    counts[1] -= counts[0]
    return Distribution(rms, float(flat.min()), float(flat.max()), counts)


def signals(timeline: Timeline) -> tuple[LayerSignals, ...]:
    """What goes through every dense layer at the cursor, as far as it is computed there."""
    experiment = timeline.experiment
    dense = {i: layer for i, layer in enumerate(experiment.layers) if isinstance(layer, Dense)}
    forward: Forward | None = None
    if any(layer.activation in SILENCED or layer.activation in LARGEST_SLOPE for layer in dense.values()):
        rows = experiment.dataset
        forward = timeline.forward_on(rows.inputs[:MOST_ROWS], rows.targets[:MOST_ROWS])
    return tuple(
        LayerSignals(
            i,
            layer.units,
            known(timeline, f"layer{i}.a"),
            known(timeline, f"layer{i}.delta"),
            known(timeline, f"layer{i}.grad_W"),
            ratio(timeline, i),
            *((), ()) if forward is None else silent(forward, i),
        )
        for i, layer in dense.items()
    )


def known(timeline: Timeline, name: str) -> Distribution | None:
    """The distribution of an array at the cursor, or None where it is not computed yet."""
    try:
        return distribution(timeline.read(name))
    except KeyError:
        return None


def ratio(timeline: Timeline, layer: int) -> float | None:
    """|ΔW| / |W| of the update at the cursor, or None where it is not computed yet."""
    try:
        change = timeline.read(f"layer{layer}.change_W")
    except KeyError:
        return None
    moved, size = length(change), length(timeline.read(f"layer{layer}.W"))
    if size == 0:
        return 0.0 if moved == 0 else float("inf")
    with np.errstate(all="ignore"):
        return float(np.float64(moved) / size)


def length(numbers: FloatArray) -> float:
    """The Euclidean length of an array, taken as one vector, even where its square leaves the range of numbers."""
    largest = float(np.abs(numbers).max(initial=0.0))
    if not 0 < largest < np.inf:
        return largest
    return largest * math.sqrt(np.square(numbers / largest).sum())


def silent(forward: Forward, layer: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The dead and the saturated neurons of a layer, over the rows that a way forward has just been run on."""
    on_tape = forward.layers[layer]
    if not isinstance(on_tape, DenseOnTape):
        raise AssertionError("only dense layers have neurons")
    name = on_tape.activation.name
    if name in SILENCED:
        return tuple(np.flatnonzero((on_tape.a.view() == 0).all(axis=1)).tolist()), ()
    if name in LARGEST_SLOPE:
        slope = on_tape.activation.curve(np.array(on_tape.z.view()))[1]
        flat = np.abs(slope) < SATURATED_SLOPE * LARGEST_SLOPE[name]
        return (), tuple(np.flatnonzero(flat.mean(axis=1) >= SATURATED_ROWS).tolist())
    return (), ()
