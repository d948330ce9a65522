"""Optimizers: how a gradient becomes an update.

Each is one chain of vector calls over the flat vector of all parameters. It computes `U`, which is subtracted
(`w′ = w − U`), and its new memory beside the old one; the commit of the step replaces both. Conventions and defaults are
PyTorch's (`torch.optim`, ε outside the root except in Adadelta); RMSprop's and Adadelta's smoothing is called `rho`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from engine.activations import ONE
from engine.arena import FloatArray, Slot
from engine.tape import Tape

SMALLEST_EPSILON: Final = 1e-100
"""With an ε of 0 a gradient of 0 would be divided by 0, and so would the gaps between the parameters of two layers. Adam
multiplies ε by a small number; what is left of this one is still above 0."""

Prepare = Callable[[int], None]


@dataclass(frozen=True)
class Constant:
    """A number an optimizer has besides the learning rate."""

    name: str
    label: str
    default: float
    words: str
    below: float | None = None
    at_least: float = 0.0


@dataclass
class Workspace:
    """What an optimizer is given to emit into.

    Attributes:
        tape: where to.
        size: of the flat vector of parameters.
        P: the parameters.
        U: what will be subtracted from them; to be written.
        hyper: the optimizer's constants and `learning_rate`, 0-d slots in the state.
        decay: λ·P of the weights that take part, where weight decay is decoupled; to be added to the direction.
    """

    tape: Tape
    size: int
    P: Slot
    U: Slot
    hyper: Mapping[str, Slot]
    decay: Slot | None = None


@dataclass
class OnTape:
    """What an optimizer has emitted.

    Attributes:
        told: values per parameter, name -> flat slot or a function that computes it.
        prepare: to be called before each step with the number of steps taken by this optimizer, or None.
    """

    told: dict[str, Slot | Callable[[], FloatArray]] = field(default_factory=dict)
    prepare: Prepare | None = None


class Memory:
    """An optimizer's memory of the past: flat vectors, the present and the next ones beside each other.

    Attributes:
        now: slot of all of it, in the state.
        next: the same after the update, in the step.
        names: of the vectors.
        gradient: room for the gradient and its squares right behind the memory, where the optimizer wants that.
    """

    def __init__(self, tape: Tape, optimizer: Optimizer, size: int) -> None:
        self.names = optimizer.memory
        self.size = size
        self.gradient: Slot | None = None
        self.now: Slot | None = None
        self.next: Slot | None = None
        self._tape = tape
        count = len(self.names) * size
        if optimizer.beside_gradient:
            self._whole = tape.arena.across("memory_and_gradient", count, 2 * size)
            self.now = tape.arena.inside(self._whole, 0, "memory", (count,))
            self.gradient = tape.arena.inside(self._whole, count, "GG", (2 * size,))
        elif count:
            self.now = tape.arena.state("memory", (count,))
        if count:
            self.next = tape.slot("next_memory", (count,))

    def old(self, name: str) -> Slot:
        """One vector as the step found it."""
        return self._part(self.now, name, name)

    def rows(self, text: str, next_text: str) -> tuple[Slot, Slot]:
        """The memory with the gradient and its squares as rows of a matrix; and the next memory likewise."""
        if self.next is None or self.gradient is None:
            raise AssertionError("this optimizer does not want the gradient beside its memory")
        inside, count = self._tape.arena.inside, len(self.names)
        return inside(self._whole, 0, text, (count + 2, self.size)), inside(self.next, 0, next_text, (count, self.size))

    def new(self, name: str) -> Slot:
        """The same vector as the update leaves it."""
        return self._part(self.next, name, f"next_{name}")

    def _part(self, whole: Slot | None, name: str, text: str) -> Slot:
        if whole is None:
            raise AssertionError(f"this optimizer has no {name}")
        arena = self._tape.arena
        if text in arena.named:
            return arena.named[text]
        return arena.inside(whole, self.names.index(name) * self.size, text, (self.size,))


Emit = Callable[[Workspace, Slot, Memory], OnTape]


@dataclass(frozen=True)
class Optimizer:
    """A rule for the update.

    Attributes:
        name: as users type it.
        label: as people read it.
        learning_rate: its default.
        latex: the rule.
        words: one sentence.
        constants: its numbers besides the learning rate.
        memory: names of the vectors it keeps, one number for each parameter.
        emit: emits the update; takes the workspace, the gradient and the memory.
        decoupled: weight decay shrinks the weights themselves instead of being added to the gradient.
        beside_gradient: it wants the gradient and its squares right behind its memory, so that one product serves all.
    """

    name: str
    label: str
    learning_rate: float
    latex: str
    words: str
    constants: tuple[Constant, ...]
    memory: tuple[str, ...]
    emit: Emit
    decoupled: bool = False
    beside_gradient: bool = False


def finish(work: Workspace, direction: Slot) -> None:
    """Emit U = learning_rate · direction, with the decoupled decay added to the direction."""
    tape = work.tape
    if work.decay is not None:
        direction = tape.run(np.add, direction, work.decay, out=tape.scratch((work.size,)))
    tape.run(np.multiply, direction, work.hyper["learning_rate"], out=work.U)


def emit_sgd(work: Workspace, gradient: Slot, memory: Memory) -> OnTape:
    """U = η g."""
    finish(work, gradient)
    return OnTape()


def emit_velocity(work: Workspace, gradient: Slot, memory: Memory) -> Slot:
    """v′ = μ v + g."""
    tape = work.tape
    kept = tape.run(np.multiply, memory.old("velocity"), work.hyper["momentum"], out=tape.scratch((work.size,)))
    return tape.run(np.add, kept, gradient, out=memory.new("velocity"))


def emit_momentum(work: Workspace, gradient: Slot, memory: Memory) -> OnTape:
    """v′ = μ v + g, U = η v′."""
    velocity = emit_velocity(work, gradient, memory)
    finish(work, velocity)
    return OnTape({"velocity": velocity})


def emit_nesterov(work: Workspace, gradient: Slot, memory: Memory) -> OnTape:
    """v′ = μ v + g, U = η (g + μ v′)."""
    tape = work.tape
    velocity = emit_velocity(work, gradient, memory)
    ahead = tape.run(np.multiply, velocity, work.hyper["momentum"], out=tape.scratch((work.size,)))
    direction = tape.run(np.add, gradient, ahead, out=tape.scratch((work.size,)))
    finish(work, direction)
    return OnTape({"velocity": velocity})


def emit_adagrad(work: Workspace, gradient: Slot, memory: Memory) -> OnTape:
    """s′ = s + g², U = η g / (√s′ + ε)."""
    tape, shape = work.tape, (work.size,)
    square = tape.run(np.multiply, gradient, gradient, out=tape.scratch(shape))
    total = tape.run(np.add, memory.old("square_sum"), square, out=memory.new("square_sum"))
    finish(work, divided_by_root(work, gradient, total))
    return OnTape({"square_sum": total})


def divided_by_root(work: Workspace, numerator: Slot, squares: Slot) -> Slot:
    """Emit numerator / (√squares + ε)."""
    tape, shape = work.tape, (work.size,)
    root = tape.run(np.sqrt, squares, out=tape.scratch(shape))
    safe = tape.run(np.add, root, work.hyper["epsilon"], out=tape.scratch(shape))
    return tape.run(np.divide, numerator, safe, out=tape.scratch(shape))


def emit_average(work: Workspace, old: Slot, fresh: Slot, rho: Slot, out: Slot) -> Slot:
    """Emit the running average ρ old + (1 − ρ) fresh."""
    tape, shape = work.tape, (work.size,)
    rest = tape.run(np.subtract, ONE, rho, out=tape.scratch(()))
    kept = tape.run(np.multiply, old, rho, out=tape.scratch(shape))
    added = tape.run(np.multiply, fresh, rest, out=tape.scratch(shape))
    return tape.run(np.add, kept, added, out=out)


def emit_rmsprop(work: Workspace, gradient: Slot, memory: Memory) -> OnTape:
    """s′ = ρ s + (1 − ρ) g², v′ = μ v + g / (√s′ + ε), U = η v′."""
    tape, shape = work.tape, (work.size,)
    square = tape.run(np.multiply, gradient, gradient, out=tape.scratch(shape))
    average = emit_average(work, memory.old("square_average"), square, work.hyper["rho"], memory.new("square_average"))
    scaled = divided_by_root(work, gradient, average)
    velocity = emit_velocity(work, scaled, memory)
    finish(work, velocity)
    return OnTape({"square_average": average, "velocity": velocity})


def emit_adadelta(work: Workspace, gradient: Slot, memory: Memory) -> OnTape:
    """s′ = ρ s + (1 − ρ) g², d = g √(c + ε) / √(s′ + ε), c′ = ρ c + (1 − ρ) d², U = η d."""
    tape, shape, epsilon = work.tape, (work.size,), work.hyper["epsilon"]
    rho = work.hyper["rho"]
    square = tape.run(np.multiply, gradient, gradient, out=tape.scratch(shape))
    average = emit_average(work, memory.old("square_average"), square, rho, memory.new("square_average"))
    changes = tape.run(np.add, memory.old("change_average"), epsilon, out=tape.scratch(shape))
    changes_root = tape.run(np.sqrt, changes, out=tape.scratch(shape))
    squares = tape.run(np.add, average, epsilon, out=tape.scratch(shape))
    squares_root = tape.run(np.sqrt, squares, out=tape.scratch(shape))
    ratio = tape.run(np.divide, changes_root, squares_root, out=tape.scratch(shape))
    direction = tape.run(np.multiply, gradient, ratio, out=tape.scratch(shape))
    change_square = tape.run(np.multiply, direction, direction, out=tape.scratch(shape))
    change_average = emit_average(work, memory.old("change_average"), change_square, rho, memory.new("change_average"))
    finish(work, direction)
    return OnTape({"square_average": average, "change_average": change_average})


def emit_moments(work: Workspace, gradient: Slot, memory: Memory) -> tuple[Slot, Slot, Slot]:
    """m′ = β₁ m + (1 − β₁) g and v′ = β₂ v + (1 − β₂) g², both in one product.

    m, v, g and g² lie below each other as the rows of a matrix; what they are multiplied by are the rows of another.

    Returns:
        m′, v′, and the slot of that other matrix, which `prepare` has to fill.
    """
    tape = work.tape
    rows, next_rows = memory.rows("m_v_g_gg", "next_m_v")
    tape.run(np.multiply, gradient, gradient, out=rows[3])
    betas = tape.slot("betas", (2, 4))
    tape.run(np.dot, betas, rows, out=next_rows)
    return memory.new("m"), memory.new("v"), betas


def fill_betas(betas: FloatArray, beta1: float, beta2: float) -> None:
    """Write how much of m, v, g and g² make m′ and v′."""
    betas[...] = ((beta1, 0, 1 - beta1, 0), (0, beta2, 0, 1 - beta2))


def emit_root(work: Workspace, v: Slot) -> tuple[Slot, Slot]:
    """Emit √v′ + c ε, where c = √(1 − β₂ᵗ): it is c (√v̂ + ε), and one call less than that.

    Returns:
        Its slot, which may be overwritten by a quotient; and the 0-d slot of c ε, which `prepare` has to fill. The
        numerator has to be multiplied by c.

    Source: Kingma & Ba, Adam, the end of section 2.
    """
    tape = work.tape
    epsilon = tape.slot("corrected_epsilon")
    root = tape.run(np.sqrt, v, out=tape.scratch((work.size,)))
    return tape.run(np.add, root, epsilon, out=root), epsilon


def emit_adam(work: Workspace, gradient: Slot, memory: Memory) -> OnTape:
    """m̂ = m′ / (1 − β₁ᵗ), v̂ = v′ / (1 − β₂ᵗ), U = η m̂ / (√v̂ + ε)."""
    tape, hyper = work.tape, work.hyper
    m, v, betas = emit_moments(work, gradient, memory)
    denominator, corrected_epsilon = emit_root(work, v)
    ratio = tape.run(np.divide, m, denominator, out=denominator)
    step_size = tape.slot("step_size")
    if work.decay is None:
        tape.run(np.multiply, ratio, step_size, out=work.U)
    else:
        shape = (work.size,)
        moved = tape.run(np.multiply, ratio, step_size, out=tape.scratch(shape))
        shrunk = tape.run(np.multiply, work.decay, hyper["learning_rate"], out=tape.scratch(shape))
        tape.run(np.add, moved, shrunk, out=work.U)
    rate, first, second, epsilon = (hyper[name].view for name in ("learning_rate", "beta1", "beta2", "epsilon"))
    count = 0
    filled = (0.0, 0.0)

    def prepare(t: int) -> None:
        nonlocal count, filled
        count = t
        beta1, beta2 = first().item(), second().item()
        if filled != (beta1, beta2):
            filled = (beta1, beta2)
            fill_betas(betas.view(), beta1, beta2)
        correction = math.sqrt(1 - beta2**t)
        corrected_epsilon.view().fill(correction * epsilon().item())
        step_size.view().fill(correction * rate().item() / (1 - beta1**t))

    def m_hat() -> FloatArray:
        return np.asarray(m.view() / (1 - first().item() ** count))

    def v_hat() -> FloatArray:
        return np.asarray(v.view() / (1 - second().item() ** count))

    return OnTape({"m": m, "v": v, "m_hat": m_hat, "v_hat": v_hat}, prepare)


def emit_nadam(work: Workspace, gradient: Slot, memory: Memory) -> OnTape:
    """U = η ((1 − μₜ) g / (1 − Πμ) + μₜ₊₁ m′ / (1 − Πμ·μₜ₊₁)) / (√v̂ + ε), with μₜ = β₁ (1 − ½·0.96^(t·ψ))."""
    tape, hyper, shape = work.tape, work.hyper, (work.size,)
    m, v, betas = emit_moments(work, gradient, memory)
    denominator, corrected_epsilon = emit_root(work, v)
    gradient_share = tape.slot("gradient_share")
    moment_share = tape.slot("moment_share")
    from_gradient = tape.run(np.multiply, gradient, gradient_share, out=tape.scratch(shape))
    from_moment = tape.run(np.multiply, m, moment_share, out=tape.scratch(shape))
    numerator = tape.run(np.add, from_gradient, from_moment, out=tape.scratch(shape))
    finish(work, tape.run(np.divide, numerator, denominator, out=denominator))
    product = tape.arena.state("mu_product", (2,))  # the product up to a step, and which step: ready for the next one
    count = 0

    def prepare(t: int) -> None:
        nonlocal count
        count = t
        beta1, beta2 = hyper["beta1"].view().item(), hyper["beta2"].view().item()
        decay = hyper["momentum_decay"].view().item()
        fill_betas(betas.view(), beta1, beta2)
        mu = beta1 * (1 - 0.5 * 0.96 ** (t * decay))
        mu_next = beta1 * (1 - 0.5 * 0.96 ** ((t + 1) * decay))
        so_far, counted = product.view().tolist()
        if counted == t - 1:  # prepared once a step; again after an edit, when the product already counts this step
            so_far = (so_far if t > 1 else 1.0) * mu
            product.view()[...] = (so_far, t)
        correction = math.sqrt(1 - beta2**t)
        corrected_epsilon.view().fill(correction * hyper["epsilon"].view().item())
        gradient_share.view().fill(correction * (1 - mu) / (1 - so_far))
        moment_share.view().fill(correction * mu_next / (1 - so_far * mu_next))

    def v_hat() -> FloatArray:
        return np.asarray(v.view() / (1 - hyper["beta2"].view().item() ** count))

    return OnTape({"m": m, "v": v, "v_hat": v_hat}, prepare)


MOMENTUM: Final = Constant("momentum", "momentum μ", 0.9, "How much of the old velocity is kept.", below=1.0)
WEIGHT_DECAY: Final = Constant("weight_decay", "weight decay λ", 0.0, "Adds λ·w to the gradient of every parameter.")
BETA1: Final = Constant("beta1", "β₁", 0.9, "How slowly the average of the gradient forgets.", below=1.0)
BETA2: Final = Constant("beta2", "β₂", 0.999, "How slowly the average of the squared gradient forgets.", below=1.0)


def epsilon(default: float) -> Constant:
    """The small number that keeps a division from blowing up."""
    return Constant("epsilon", "ε", default, "Keeps the division from blowing up.", at_least=SMALLEST_EPSILON)


def rho(default: float) -> Constant:
    """The smoothing of squared gradients."""
    return Constant("rho", "ρ", default, "How slowly the average of the squared gradient forgets.", below=1.0)


OPTIMIZERS: Final[Mapping[str, Optimizer]] = {
    optimizer.name: optimizer
    for optimizer in (
        Optimizer(
            "sgd",
            "gradient descent (SGD)",
            1e-3,
            r"w' = w - \eta\,g",
            "Goes against the gradient, learning rate times its size.",
            (WEIGHT_DECAY,),
            (),
            emit_sgd,
        ),
        Optimizer(
            "momentum",
            "momentum",
            1e-3,
            r"v' = \mu v + g \quad w' = w - \eta\,v'",
            "Keeps rolling: the velocity gathers past gradients.",
            (MOMENTUM, WEIGHT_DECAY),
            ("velocity",),
            emit_momentum,
        ),
        Optimizer(
            "nesterov",
            "Nesterov momentum",
            1e-3,
            r"v' = \mu v + g \quad w' = w - \eta\,(g + \mu v')",
            "Momentum that looks one step ahead.",
            (MOMENTUM, WEIGHT_DECAY),
            ("velocity",),
            emit_nesterov,
        ),
        Optimizer(
            "adagrad",
            "AdaGrad",
            1e-2,
            r"s' = s + g^2 \quad w' = w - \eta\,\frac{g}{\sqrt{s'} + \varepsilon}",
            "Divides by the root of all squared gradients so far: steps only get smaller.",
            (epsilon(1e-10), WEIGHT_DECAY),
            ("square_sum",),
            emit_adagrad,
        ),
        Optimizer(
            "rmsprop",
            "RMSprop",
            1e-2,
            r"s' = \rho s + (1 - \rho)\,g^2 \quad w' = w - \eta\,\frac{g}{\sqrt{s'} + \varepsilon}",
            "Divides by the root of recent squared gradients, so that every weight moves at a similar pace.",
            (rho(0.99), epsilon(1e-8), Constant("momentum", "momentum μ", 0.0, MOMENTUM.words, 1.0), WEIGHT_DECAY),
            ("square_average", "velocity"),
            emit_rmsprop,
        ),
        Optimizer(
            "adam",
            "Adam",
            1e-3,
            r"w' = w - \eta\,\frac{\hat m}{\sqrt{\hat v} + \varepsilon}",
            "Momentum divided by the root of recent squared gradients, both corrected for their start at 0.",
            (BETA1, BETA2, epsilon(1e-8), WEIGHT_DECAY),
            ("m", "v"),
            emit_adam,
            beside_gradient=True,
        ),
        Optimizer(
            "adamw",
            "AdamW",
            1e-3,
            r"w' = w - \eta\left(\frac{\hat m}{\sqrt{\hat v} + \varepsilon} + \lambda w\right)",
            "Adam with a weight decay of its own that does not pass through the averages.",
            (
                BETA1,
                BETA2,
                epsilon(1e-8),
                Constant("weight_decay", "weight decay λ", 1e-2, "Shrinks every parameter by η·λ of itself."),
            ),
            ("m", "v"),
            emit_adam,
            decoupled=True,
            beside_gradient=True,
        ),
        Optimizer(
            "adadelta",
            "Adadelta",
            1.0,
            r"d = \sqrt{\frac{c + \varepsilon}{s' + \varepsilon}}\,g \quad w' = w - \eta\,d",
            "Measures its steps by the size of its past steps.",
            (rho(0.9), epsilon(1e-6), WEIGHT_DECAY),
            ("square_average", "change_average"),
            emit_adadelta,
        ),
        Optimizer(
            "nadam",
            "Nadam",
            2e-3,
            r"w' = w - \eta\,\frac{\tilde m}{\sqrt{\hat v} + \varepsilon}",
            "Adam that looks one step ahead, as Nesterov does.",
            (
                BETA1,
                BETA2,
                epsilon(1e-8),
                Constant("momentum_decay", "momentum decay ψ", 4e-3, "How fast the momentum warms up."),
                WEIGHT_DECAY,
            ),
            ("m", "v"),
            emit_nadam,
            beside_gradient=True,
        ),
    )
}
