"""What happened to one parameter over the run, and the numbers of its update at the cursor.

A trace is read from the samples of a survey: the numbers that the events of those steps show. Where the samples have no
parameters in them (a very large network) the steps are visited.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.arena import FloatArray
from engine.explain import symbol_of
from engine.parameters import Layout
from engine.survey import VECTORS, Survey, SurveySample
from engine.timeline import Timeline

PARAMETER: Final = re.compile(r"layer(\d+)\.(W|b)")
CONSTANTS: Final[Mapping[str, tuple[str, str]]] = {
    "momentum": (r"\mu", "momentum: how much of the old velocity is kept"),
    "rho": (r"\rho", "how slowly the average of the squared gradient forgets"),
    "beta1": (r"\beta_1", "how slowly the average of the gradient forgets"),
    "beta2": (r"\beta_2", "how slowly the average of the squared gradient forgets"),
    "epsilon": (r"\varepsilon", "keeps the division from blowing up"),
    "momentum_decay": (r"\psi", "how fast the momentum warms up"),
    "weight_decay": (r"\lambda", "weight decay"),
}


@dataclass(frozen=True, eq=False)
class Trace:
    """One parameter over the sampled steps; all arrays are (samples,).

    Steps at which the network had no such parameter are left out. What a step's optimizer did not tell is NaN there.

    Attributes:
        name: of the array, `layer0.W`.
        index: where in it.
        steps: numbers of the steps.
        w: the parameter as each step began.
        gradient: as the optimizer got it, with the penalty's part and after clipping.
        change: Δw = w′ − w.
        optimizer: what the optimizer told after the update: `velocity`, `m`, `v`, `m_hat`, `v_hat`, …
        effective_rate: |Δw| / |gradient|, the learning rate that plain gradient descent would have needed for this step;
            NaN where the gradient is 0.
        learning_rate: that each update used.
    """

    name: str
    index: tuple[int, ...]
    steps: FloatArray
    w: FloatArray
    gradient: FloatArray
    change: FloatArray
    optimizer: Mapping[str, FloatArray]
    effective_rate: FloatArray
    learning_rate: FloatArray


@dataclass(frozen=True)
class Number:
    """One number of a line of arithmetic.

    Attributes:
        symbol: in LaTeX.
        words: what it is.
        value: at the cursor; None while it is not computed.
    """

    symbol: str
    words: str
    value: float | None


def trace(survey: Survey, name: str, index: Sequence[int]) -> Trace:
    """What happened to one parameter.

    Args:
        survey: of the run; what it has not sampled yet is not in the trace.
        name: `layer0.W` or `layer0.b`.
        index: where in it: (to, from) for a weight, (neuron,) for a bias.

    Raises:
        KeyError: the network has no such parameter at any sampled step.
    """
    index = tuple(index)
    samples: list[SurveySample] = []
    numbers: list[Mapping[str, float]] = []
    for sample in survey.samples:
        at = place(sample.form.layout, name, index)
        if at is not None:
            samples.append(sample)
            numbers.append(survey.numbers(sample, at))
    if not samples and (survey.samples or PARAMETER.fullmatch(name) is None):
        raise KeyError(f"the network has no parameter {name}{list(index)}")
    told = dict.fromkeys(part for one in numbers for part in one if part not in VECTORS)
    gradient = column(numbers, "gradient")
    change = column(numbers, "update")
    with np.errstate(all="ignore"):
        effective = np.where(gradient == 0, np.nan, np.abs(change) / np.abs(gradient))
    return Trace(
        name,
        index,
        np.array([sample.step for sample in samples], dtype=np.float64),
        column(numbers, "parameters"),
        gradient,
        change,
        {part: column(numbers, part) for part in told},
        effective,
        np.array([sample.learning_rate for sample in samples], dtype=np.float64),
    )


def column(numbers: Sequence[Mapping[str, float]], part: str) -> FloatArray:
    """One number of every sample; NaN where a sample does not have it."""
    return np.array([one.get(part, np.nan) for one in numbers], dtype=np.float64)


def place(layout: Layout, name: str, index: tuple[int, ...]) -> int | None:
    """Where a parameter stands in the flat vector; None where the layout has none of that name and index."""
    match = PARAMETER.fullmatch(name)
    if match is None:
        return None
    for block, part in layout.names():
        shape = block.shape_of(part)
        if (block.layer, part) != (int(match[1]), match[2]) or len(index) != len(shape):
            continue
        if all(0 <= at < size for at, size in zip(index, shape, strict=True)):
            return block.start + index[0] * (block.fan_in + 1) + (index[1] if part == "W" else block.fan_in)
    return None


def arithmetic(timeline: Timeline, name: str, index: Sequence[int]) -> list[Number]:
    """The numbers of one parameter's update, in the order in which they are worked out.

    The old parameter; its gradient; the constants of the optimizer; its memory as the step found it; what it makes of the
    gradient; the learning rate; the change and the new parameter.

    Args:
        timeline: at the cursor.
        name: `layer0.W` or `layer0.b`.
        index: where in it.

    Raises:
        KeyError: the network has no such parameter.
    """
    index, program = tuple(index), timeline.program
    at = place(program.layout, name, index)
    if at is None:
        raise KeyError(f"the network has no parameter {name}{list(index)}")
    head, _, part = name.partition(".")
    own = symbol_of(name, index)[1]

    def read(full: str) -> Number:
        symbol, words = symbol_of(full, index)
        try:
            return Number(symbol, words, float(timeline.read(full)[index]))
        except KeyError:
            return Number(symbol, words, None)

    line = [read(name), read(f"{head}.grad_{part}")]
    for constant, value in timeline.hyperparameters().items():
        if constant in CONSTANTS and (constant != "weight_decay" or value != 0):
            line.append(Number(*CONSTANTS[constant], value))
    for memory in program.memory.names:
        symbol = symbol_of(f"{head}.{memory}_{part}", index)[0]
        words = f"{memory.replace('_', ' ')} of the {own} before"
        line.append(Number(symbol, words, float(program.memory.old(memory).view()[at])))
    updated = f"{head}.change_{part}" in timeline.values
    for told in program.optimizer.told:
        number = read(f"{head}.{told}_{part}")
        symbol = number.symbol if told not in program.memory.names else primed(number.symbol)
        line.append(Number(symbol, number.words, number.value if updated else None))
    line.append(Number(*symbol_of("learning_rate", ()), timeline.learning_rate))
    line.extend(read(f"{head}.{what}_{part}") for what in ("change", "next"))
    return line


def primed(symbol: str) -> str:
    """The symbol of what an update leaves: with a prime before the layer's number."""
    return symbol.replace("^{(", r"^{\prime(", 1)
