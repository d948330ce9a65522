"""The products and running sums inside one event, for one row of the batch.

A person adds up a weighted sum term by term; the tape makes one call of it. These are the terms, computed from the very
arrays that the call read.
"""

from __future__ import annotations

import numpy as np

from engine.arena import FloatArray
from engine.errors import CursorError
from engine.layers.dense import DenseOnTape
from engine.program import Program


def detail_of(program: Program, index: int, sample: int) -> dict[str, FloatArray] | None:
    """The detail of an event that has run.

    Args:
        program: of the step.
        index: place of the event in the program's plan.
        sample: row of the batch.

    Returns:
        By kind of event: `affine` terms w·a (out, in + 1), the bias last, and their running sums `partials`;
        `activation` the slopes f′(z) (out,); `loss` terms (1, out), what each output contributes, and `partials`;
        `weight_gradient` terms δ·a (out, in + 1); `propagate` terms w·δ (in, out) and `partials`. None for the other kinds.

    Raises:
        CursorError: the batch has no such row.
    """
    if not 0 <= sample < program.n:
        raise CursorError(f"sample {sample}; allowed: 0 to {program.n - 1}")
    planned = program.plan[index]
    if planned.kind == "loss":
        scale = program.experiment.loss.scale(program.y.shape[0])
        return with_partials(program.on_tape.terms.view()[:, sample][None, :] * scale)
    layer = program.layers[planned.layer] if planned.layer is not None else None
    if not isinstance(layer, DenseOnTape):
        return None
    if planned.kind == "affine":
        return with_partials(layer.P.view() * layer.source.full.view()[:, sample])
    if planned.kind == "activation" and layer.activation.slope is not None:
        return {"slope": layer.activation.curve(np.array(layer.z.view()[:, sample]))[1]}
    if planned.kind == "weight_gradient":
        return {"terms": np.outer(delta_of(program, layer)[:, sample], layer.source.full.view()[:, sample])}
    if planned.kind == "propagate":
        return with_partials(layer.P.view()[:, :-1].T * delta_of(program, layer)[:, sample])
    return None


def delta_of(program: Program, layer: DenseOnTape) -> FloatArray:
    """δ of a layer, (units, n)."""
    return program.tape.arena.named[f"delta{layer.index}"].view()


def with_partials(terms: FloatArray) -> dict[str, FloatArray]:
    """Terms and their running sums along each row."""
    terms = np.ascontiguousarray(terms)
    return {"terms": terms, "partials": np.cumsum(terms, axis=1)}
