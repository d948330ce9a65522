"""Learning-rate schedules: the learning rate as a function of how far training has come.

Each schedule is the closed form of PyTorch's scheduler of that name, stepped once for each unit t = 0, 1, 2, …,
where the unit is a step (one update) or an epoch (one pass over the data), told by `per`. The rate of unit t is
the one that PyTorch's optimizer has after t calls of `scheduler.step()`. Momentum is left alone, as with
PyTorch's `cycle_momentum=False`.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, Protocol, TypedDict, cast

import numpy as np

from engine.reader import FloatArray, Reader

Per = Literal["step", "epoch"]

MULTIPLIER: Final = 0
BEST: Final = 1
BAD_EPOCHS: Final = 2
COOLDOWN_LEFT: Final = 3
STATE_SIZE: Final = 4


class Schedule(Protocol):
    """The learning rate over time."""

    @property
    def per(self) -> Per:
        """What the schedule counts."""
        ...

    def at(self, step: int, epoch: int, learning_rate: float) -> float:
        """The rate of that step of the run, which lies in that epoch of the run, both counted from 0.

        Args:
            step: updates made before this one.
            epoch: passes over the data completed before this step.
            learning_rate: the optimizer's own, which the schedule starts from unless it names another.
        """
        ...

    def base(self, learning_rate: float) -> float:
        """The rate that a warm-up in front of this schedule climbs to."""
        ...


@dataclass(frozen=True)
class Clocked(ABC):
    """A schedule that depends on one count only.

    Attributes:
        per: whether t counts steps or epochs, in either case from the beginning of the run.
    """

    per: Per = field(default="epoch", kw_only=True)

    def at(self, step: int, epoch: int, learning_rate: float) -> float:
        """The rate of a step; see Schedule."""
        return self.rate(step if self.per == "step" else epoch, learning_rate)

    def base(self, learning_rate: float) -> float:
        """The optimizer's learning rate."""
        return learning_rate

    @abstractmethod
    def rate(self, t: int, learning_rate: float) -> float:
        """The rate of unit t."""


@dataclass(frozen=True)
class Constant(Clocked):
    """rate = learning_rate."""

    def rate(self, t: int, learning_rate: float) -> float:
        """The rate of unit t."""
        return learning_rate


@dataclass(frozen=True)
class Step(Clocked):
    """rate = learning_rate · gamma^⌊t / step_size⌋ (StepLR)."""

    step_size: int
    gamma: float = 0.1

    def rate(self, t: int, learning_rate: float) -> float:
        """The rate of unit t."""
        return learning_rate * power(self.gamma, t // self.step_size)


@dataclass(frozen=True)
class Exponential(Clocked):
    """rate = learning_rate · gamma^t (ExponentialLR)."""

    gamma: float

    def rate(self, t: int, learning_rate: float) -> float:
        """The rate of unit t."""
        return learning_rate * power(self.gamma, t)


@dataclass(frozen=True)
class InverseTime(Clocked):
    """rate = learning_rate / (1 + decay · t) (LambdaLR)."""

    decay: float

    def rate(self, t: int, learning_rate: float) -> float:
        """The rate of unit t."""
        return learning_rate / (1.0 + self.decay * t)


@dataclass(frozen=True)
class Cosine(Clocked):
    """rate = eta_min + ½ (learning_rate − eta_min)(1 + cos(π t / T_max)) (CosineAnnealingLR).

    After T_max it rises again, as PyTorch's does: half a wave down, half a wave up.

    Source: Loshchilov and Hutter, SGDR: Stochastic gradient descent with warm restarts, 2017, eq. 5, not restarted.
    """

    T_max: int
    eta_min: float = 0.0

    def rate(self, t: int, learning_rate: float) -> float:
        """The rate of unit t."""
        return cosine(learning_rate, self.eta_min, t / self.T_max)


@dataclass(frozen=True)
class CosineRestarts(Clocked):
    """Half a cosine wave from learning_rate down to eta_min, again and again (CosineAnnealingWarmRestarts).

    The first wave takes T_0 units, each further one T_mult times as many as the one before.

    Source: Loshchilov and Hutter, SGDR, 2017, eq. 5.
    """

    T_0: int
    T_mult: int = 1
    eta_min: float = 0.0

    def rate(self, t: int, learning_rate: float) -> float:
        """The rate of unit t."""
        length = self.T_0
        if self.T_mult == 1:
            t %= length
        while t >= length:
            t -= length
            length *= self.T_mult
        return cosine(learning_rate, self.eta_min, t / length)


@dataclass(frozen=True)
class Cyclical(Clocked):
    """Straight up to max_learning_rate and down again, over and over (CyclicLR).

    rate = base + (max − base) · height · scale; height climbs from 0 to 1 in step_size_up units and falls back in
    step_size_down. scale is 1 (`triangular`), ½^cycle with cycle = 0, 1, … (`triangular2`), or gamma^t (`exp_range`).

    Attributes:
        base_learning_rate: the lower bound; the optimizer's learning rate where it is None.
        step_size_down: as long as the way up where it is None.

    Source: Smith, Cyclical learning rates for training neural networks, 2017.
    """

    max_learning_rate: float
    base_learning_rate: float | None = None
    step_size_up: int = 2000
    step_size_down: int | None = None
    mode: Literal["triangular", "triangular2", "exp_range"] = "triangular"
    gamma: float = 1.0
    per: Per = field(default="step", kw_only=True)

    def rate(self, t: int, learning_rate: float) -> float:
        """The rate of unit t."""
        low = learning_rate if self.base_learning_rate is None else self.base_learning_rate
        down = self.step_size_up if self.step_size_down is None else self.step_size_down
        cycle, within = divmod(t, self.step_size_up + down)
        if within <= self.step_size_up:
            height = within / self.step_size_up
        else:
            height = (self.step_size_up + down - within) / down
        scale = {"triangular": 1.0, "triangular2": power(0.5, cycle), "exp_range": power(self.gamma, t)}[self.mode]
        return low + (self.max_learning_rate - low) * height * scale


@dataclass(frozen=True)
class OneCycle(Clocked):
    """One climb to max_learning_rate and one long descent far below the start (OneCycleLR).

    It starts at max_learning_rate / div_factor, is at its top after pct_start · total_steps units, and ends at
    start / final_div_factor; with three_phase it first comes back to the start in the time the climb took. The
    optimizer's learning rate plays no part. PyTorch raises an error after total_steps; here the last rate stays.

    Source: Smith and Topin, Super-convergence: very fast training of neural networks using large learning rates, 2018.
    """

    max_learning_rate: float
    total_steps: int
    pct_start: float = 0.3
    anneal_strategy: Literal["cos", "linear"] = "cos"
    div_factor: float = 25.0
    final_div_factor: float = 1e4
    three_phase: bool = False
    per: Per = field(default="step", kw_only=True)

    def base(self, learning_rate: float) -> float:
        """Where the climb begins."""
        return self.max_learning_rate / self.div_factor

    def rate(self, t: int, learning_rate: float) -> float:
        """The rate of unit t."""
        t = min(t, self.total_steps - 1)
        low, top = self.base(learning_rate), self.max_learning_rate
        ends = [(self.pct_start * self.total_steps - 1.0, low, top)]
        if self.three_phase:
            ends.append((2.0 * self.pct_start * self.total_steps - 2.0, top, low))
        ends.append((self.total_steps - 1.0, ends[-1][2], low / self.final_div_factor))
        begin = 0.0
        for end, first, last in ends[:-1]:
            if t <= end:
                return self.between(first, last, begin, end, t)
            begin = end
        end, first, last = ends[-1]
        return self.between(first, last, begin, end, t)

    def between(self, first: float, last: float, begin: float, end: float, t: int) -> float:
        """The rate at t on the way from `first` at `begin` to `last` at `end`; a way of no length is at its end."""
        part = (t - begin) / (end - begin) if end != begin else 1.0
        if self.anneal_strategy == "linear":
            return first + (last - first) * part
        return cosine(first, last, part)


@dataclass(frozen=True)
class LinearWarmup(Clocked):
    """A straight line from start_factor to end_factor times learning_rate over total_iters units (LinearLR)."""

    start_factor: float = 1.0 / 3.0
    end_factor: float = 1.0
    total_iters: int = 5
    per: Per = field(default="step", kw_only=True)

    def rate(self, t: int, learning_rate: float) -> float:
        """The rate of unit t."""
        part = min(t, self.total_iters) / self.total_iters
        return learning_rate * (self.start_factor + (self.end_factor - self.start_factor) * part)


@dataclass(frozen=True)
class Plateau(Clocked):
    """The rate is multiplied by factor when a measure has not improved for longer than patience epochs.

    This is ReduceLROnPlateau. What it remembers is not in this object but in a vector of four numbers, so that it
    can lie in a checkpoint:

    - `state[MULTIPLIER]`: what the optimizer's learning rate is multiplied by; 1 at first. Keeping the multiplier
      rather than the rate lets a learning rate that is changed by hand take effect at once.
    - `state[BEST]`: the best measure so far; +∞ at first for mode `min`, −∞ for `max`.
    - `state[BAD_EPOCHS]`: epochs in a row without improvement.
    - `state[COOLDOWN_LEFT]`: epochs to come in which none is counted as bad.

    The caller gives `at` the learning rate times the multiplier, and calls `next` once at the end of each epoch.
    """

    factor: float = 0.1
    patience: int = 10
    threshold: float = 1e-4
    threshold_mode: Literal["rel", "abs"] = "rel"
    cooldown: int = 0
    min_learning_rate: float = 0.0
    mode: Literal["min", "max"] = "min"
    epsilon: float = 1e-8

    def initial(self) -> FloatArray:
        """The state before the first epoch, shape (4,)."""
        return np.array([1.0, math.inf if self.mode == "min" else -math.inf, 0.0, 0.0])

    def next(self, state: FloatArray, metric: float, learning_rate: float) -> FloatArray:
        """The state after an epoch that ended with this metric; the given state is left as it is.

        A metric that is not a number is no improvement. A reduction by epsilon or less is not made, though the
        cooldown begins, as in PyTorch.
        """
        multiplier, best, bad_epochs, cooldown_left = (float(number) for number in state)
        if self.is_better(metric, best):
            best, bad_epochs = metric, 0.0
        else:
            bad_epochs += 1.0
        if cooldown_left > 0.0:
            cooldown_left, bad_epochs = cooldown_left - 1.0, 0.0
        if bad_epochs > self.patience:
            rate = learning_rate * multiplier
            reduced = max(rate * self.factor, self.min_learning_rate)
            if rate - reduced > self.epsilon:
                multiplier = reduced / learning_rate
            cooldown_left, bad_epochs = float(self.cooldown), 0.0
        return np.array([multiplier, best, bad_epochs, cooldown_left])

    def is_better(self, metric: float, best: float) -> bool:
        """Whether a metric beats the best one by more than the threshold."""
        sign = 1.0 if self.mode == "max" else -1.0
        if self.threshold_mode == "rel":
            return sign * metric > sign * best * (1.0 + sign * self.threshold)
        return sign * metric > sign * (best + sign * self.threshold)

    def rate(self, t: int, learning_rate: float) -> float:
        """The rate of an epoch whose multiplier is already in learning_rate."""
        return learning_rate


@dataclass(frozen=True)
class Warmup:
    """A linear warm-up in front of another schedule.

    In step s = 0, …, steps − 1 the rate is base · (start_factor + (1 − start_factor) · s / steps), where base is the
    optimizer's learning rate, or where OneCycle begins. From step `steps` on, the other schedule has its way, and
    its step 0 is this step; so a schedule per step goes as in PyTorch's
    `SequentialLR([LinearLR(start_factor, total_iters=steps), schedule], milestones=[steps])`. A schedule per epoch
    still counts the epochs of the run: its epoch 3 is the run's epoch 3, however many of them the warm-up took.
    """

    schedule: Schedule
    steps: int
    start_factor: float = 1.0 / 3.0

    @property
    def per(self) -> Per:
        """What the schedule behind the warm-up counts."""
        return self.schedule.per

    def at(self, step: int, epoch: int, learning_rate: float) -> float:
        """The rate of a step; see Schedule."""
        if step < self.steps:
            line = LinearWarmup(self.start_factor, 1.0, self.steps)
            return line.rate(step, self.schedule.base(learning_rate))
        return self.schedule.at(step - self.steps, epoch, learning_rate)

    def base(self, learning_rate: float) -> float:
        """The rate that the warm-up climbs to."""
        return self.schedule.base(learning_rate)


def power(base: float, exponent: int) -> float:
    """base^exponent, infinite where Python would raise OverflowError."""
    try:
        return float(base**exponent)
    except OverflowError:
        return math.inf


def cosine(first: float, last: float, part: float) -> float:
    """Half a cosine wave: `first` at part 0, `last` at part 1."""
    return last + (first - last) * (1.0 + math.cos(math.pi * part)) / 2.0


def plateau_in(schedule: Schedule) -> Plateau | None:
    """The plateau that a schedule is, or that stands behind its warm-up; None for a schedule without state."""
    inner = schedule.schedule if isinstance(schedule, Warmup) else schedule
    return inner if isinstance(inner, Plateau) else None


def read_schedule(reader: Reader) -> Schedule:
    """Read a schedule, and the warm-up in front of it if there is one.

    Args:
        reader: what `Reader.typed("schedule", "constant")` returned.
    """
    kind = reader.choice("type", tuple(READERS), "constant")
    if reader.raw("type", "constant") not in tuple(READERS):
        return Constant()
    schedule = READERS[kind](reader, read_per(reader, kind))
    if reader.has("warmup"):
        schedule = read_warmup(reader.inside("warmup"), schedule)
    reader.finish()
    return schedule


def read_per(reader: Reader, kind: str) -> Per:
    """Read what a schedule counts; a plateau is only ever looked at after an epoch."""
    choices = ("epoch",) if kind == "plateau" else ("step", "epoch")
    return cast(Per, reader.choice("per", choices, CATALOGUE[kind]["per"]))


def read_warmup(reader: Reader, schedule: Schedule) -> Warmup:
    """Read the warm-up in front of a schedule."""
    steps = reader.integer("steps", at_least=1)
    start_factor = reader.number("start_factor", 1.0 / 3.0, above=0.0, at_most=1.0)
    reader.finish()
    return Warmup(schedule, steps, start_factor)


def read_constant(reader: Reader, per: Per) -> Schedule:
    """Read a constant schedule."""
    return Constant(per=per)


def read_step(reader: Reader, per: Per) -> Schedule:
    """Read a step schedule."""
    return Step(reader.integer("step_size", at_least=1), reader.number("gamma", 0.1, at_least=0.0), per=per)


def read_exponential(reader: Reader, per: Per) -> Schedule:
    """Read an exponential schedule."""
    return Exponential(reader.number("gamma", at_least=0.0), per=per)


def read_inverse_time(reader: Reader, per: Per) -> Schedule:
    """Read an inverse-time schedule."""
    return InverseTime(reader.number("decay", at_least=0.0), per=per)


def read_cosine(reader: Reader, per: Per) -> Schedule:
    """Read a cosine schedule."""
    return Cosine(reader.integer("T_max", at_least=1), reader.number("eta_min", 0.0, at_least=0.0), per=per)


def read_cosine_restarts(reader: Reader, per: Per) -> Schedule:
    """Read a cosine schedule with restarts."""
    return CosineRestarts(
        reader.integer("T_0", at_least=1),
        reader.integer("T_mult", 1, at_least=1),
        reader.number("eta_min", 0.0, at_least=0.0),
        per=per,
    )


def read_cyclical(reader: Reader, per: Per) -> Schedule:
    """Read a cyclical schedule."""
    base = reader.number("base_learning_rate", 0.0, at_least=0.0) if reader.has("base_learning_rate") else None
    down = reader.integer("step_size_down", 1, at_least=1) if reader.has("step_size_down") else None
    return Cyclical(
        reader.number("max_learning_rate", at_least=0.0),
        base,
        reader.integer("step_size_up", 2000, at_least=1),
        down,
        cast(
            Literal["triangular", "triangular2", "exp_range"],
            reader.choice("mode", CATALOGUE["cyclical"]["choices"]["mode"], "triangular"),
        ),
        reader.number("gamma", 1.0, at_least=0.0),
        per=per,
    )


def read_one_cycle(reader: Reader, per: Per) -> Schedule:
    """Read a one-cycle schedule."""
    return OneCycle(
        reader.number("max_learning_rate", at_least=0.0),
        reader.integer("total_steps", at_least=1),
        reader.number("pct_start", 0.3, at_least=0.0, at_most=1.0),
        cast(Literal["cos", "linear"], reader.choice("anneal_strategy", ("cos", "linear"), "cos")),
        reader.number("div_factor", 25.0, above=0.0),
        reader.number("final_div_factor", 1e4, above=0.0),
        reader.boolean("three_phase", False),
        per=per,
    )


def read_linear_warmup(reader: Reader, per: Per) -> Schedule:
    """Read a warm-up that is the whole schedule."""
    return LinearWarmup(
        reader.number("start_factor", 1.0 / 3.0, above=0.0, at_most=1.0),
        reader.number("end_factor", 1.0, at_least=0.0, at_most=1.0),
        reader.integer("total_iters", 5, at_least=1),
        per=per,
    )


def read_plateau(reader: Reader, per: Per) -> Schedule:
    """Read a reduction on a plateau."""
    return Plateau(
        reader.number("factor", 0.1, at_least=0.0, below=1.0),
        reader.integer("patience", 10, at_least=0),
        reader.number("threshold", 1e-4, at_least=0.0),
        cast(Literal["rel", "abs"], reader.choice("threshold_mode", ("rel", "abs"), "rel")),
        reader.integer("cooldown", 0, at_least=0),
        reader.number("min_learning_rate", 0.0, at_least=0.0),
        cast(Literal["min", "max"], reader.choice("mode", ("min", "max"), "min")),
        reader.number("epsilon", 1e-8, at_least=0.0),
        per=per,
    )


READERS: Final[Mapping[str, Callable[[Reader, Per], Schedule]]] = {
    "constant": read_constant,
    "step": read_step,
    "exponential": read_exponential,
    "inverse_time": read_inverse_time,
    "cosine": read_cosine,
    "cosine_restarts": read_cosine_restarts,
    "cyclical": read_cyclical,
    "one_cycle": read_one_cycle,
    "warmup": read_linear_warmup,
    "plateau": read_plateau,
}


class Entry(TypedDict):
    """What a menu needs to offer one schedule.

    parameters maps each parameter to a value to start from: its default, or where the document must give it
    (`required`) a value that suits a short run. choices lists the words that a parameter may be.
    """

    label: str
    about: str
    per: Per
    parameters: dict[str, float | str | bool | None]
    required: list[str]
    choices: dict[str, list[str]]


CATALOGUE: Final[Mapping[str, Entry]] = {
    "constant": {
        "label": "Constant",
        "about": "The learning rate stays as it is.",
        "per": "epoch",
        "parameters": {},
        "required": [],
        "choices": {},
    },
    "step": {
        "label": "Step decay",
        "about": "Every step_size units the learning rate is multiplied by gamma.",
        "per": "epoch",
        "parameters": {"step_size": 10, "gamma": 0.1},
        "required": ["step_size"],
        "choices": {},
    },
    "exponential": {
        "label": "Exponential decay",
        "about": "The learning rate is multiplied by gamma after every unit.",
        "per": "epoch",
        "parameters": {"gamma": 0.95},
        "required": ["gamma"],
        "choices": {},
    },
    "inverse_time": {
        "label": "Inverse time decay",
        "about": "The learning rate is divided by 1 + decay · t.",
        "per": "epoch",
        "parameters": {"decay": 1.0},
        "required": ["decay"],
        "choices": {},
    },
    "cosine": {
        "label": "Cosine annealing",
        "about": "Half a cosine wave from the learning rate down to eta_min in T_max units.",
        "per": "epoch",
        "parameters": {"T_max": 50, "eta_min": 0.0},
        "required": ["T_max"],
        "choices": {},
    },
    "cosine_restarts": {
        "label": "Cosine annealing with restarts",
        "about": "Half a cosine wave down, then back to the full learning rate at once, over and over.",
        "per": "epoch",
        "parameters": {"T_0": 10, "T_mult": 1, "eta_min": 0.0},
        "required": ["T_0"],
        "choices": {},
    },
    "cyclical": {
        "label": "Cyclical",
        "about": "The learning rate goes up and down between two bounds in straight lines.",
        "per": "step",
        "parameters": {
            "base_learning_rate": None,
            "max_learning_rate": 1.0,
            "step_size_up": 2000,
            "step_size_down": None,
            "mode": "triangular",
            "gamma": 1.0,
        },
        "required": ["max_learning_rate"],
        "choices": {"mode": ["triangular", "triangular2", "exp_range"]},
    },
    "one_cycle": {
        "label": "One cycle",
        "about": "One climb to a large learning rate, then a long descent to almost nothing.",
        "per": "step",
        "parameters": {
            "max_learning_rate": 1.0,
            "total_steps": 1000,
            "pct_start": 0.3,
            "anneal_strategy": "cos",
            "div_factor": 25.0,
            "final_div_factor": 1e4,
            "three_phase": False,
        },
        "required": ["max_learning_rate", "total_steps"],
        "choices": {"anneal_strategy": ["cos", "linear"]},
    },
    "warmup": {
        "label": "Warm-up",
        "about": "The learning rate grows in a straight line over the first total_iters units, then stays.",
        "per": "step",
        "parameters": {"start_factor": 1.0 / 3.0, "end_factor": 1.0, "total_iters": 5},
        "required": [],
        "choices": {},
    },
    "plateau": {
        "label": "Reduce on plateau",
        "about": "The learning rate is multiplied by factor when the loss has stopped improving for patience epochs.",
        "per": "epoch",
        "parameters": {
            "factor": 0.1,
            "patience": 10,
            "threshold": 1e-4,
            "threshold_mode": "rel",
            "cooldown": 0,
            "min_learning_rate": 0.0,
            "mode": "min",
            "epsilon": 1e-8,
        },
        "required": [],
        "choices": {"threshold_mode": ["rel", "abs"], "mode": ["min", "max"]},
    },
}
