"""The weights before the first step: each rule draws a matrix (fan_out, fan_in) from a random generator.

fan_in counts the inputs of a neuron and fan_out the neurons of the layer; the bias is no input. The rules and
their names for constants are those of `torch.nn.init`; the drawn numbers differ, since the generators do.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypedDict

import numpy as np

from engine.reader import FloatArray, Reader

Rule = Callable[..., FloatArray]


class Entry(TypedDict):
    """What a menu needs to offer one initializer: constants maps each constant to its default."""

    label: str
    about: str
    constants: dict[str, float]


def zeros(fan_out: int, fan_in: int, rng: np.random.Generator) -> FloatArray:
    """Every weight 0."""
    return np.zeros((fan_out, fan_in))


def constant(fan_out: int, fan_in: int, rng: np.random.Generator, *, value: float = 0.5) -> FloatArray:
    """Every weight the same value."""
    return np.full((fan_out, fan_in), value)


def uniform(fan_out: int, fan_in: int, rng: np.random.Generator, *, low: float = -1.0, high: float = 1.0) -> FloatArray:
    """Uniform between low and high, whatever the size of the layer."""
    return rng.uniform(low, high, (fan_out, fan_in))


def normal(fan_out: int, fan_in: int, rng: np.random.Generator, *, mean: float = 0.0, std: float = 1.0) -> FloatArray:
    """Normal with that mean and standard deviation, whatever the size of the layer."""
    return rng.normal(mean, std, (fan_out, fan_in))


def xavier_uniform(fan_out: int, fan_in: int, rng: np.random.Generator, *, gain: float = 1.0) -> FloatArray:
    """Uniform within ±gain·√(6 / (fan_in + fan_out)).

    Source: Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks, 2010, eq. 16.
    """
    bound = gain * math.sqrt(6.0 / (fan_in + fan_out))
    return rng.uniform(-bound, bound, (fan_out, fan_in))


def xavier_normal(fan_out: int, fan_in: int, rng: np.random.Generator, *, gain: float = 1.0) -> FloatArray:
    """Normal with mean 0 and standard deviation gain·√(2 / (fan_in + fan_out)).

    Source: Glorot and Bengio, 2010, eq. 12.
    """
    return rng.normal(0.0, gain * math.sqrt(2.0 / (fan_in + fan_out)), (fan_out, fan_in))


def he_uniform(fan_out: int, fan_in: int, rng: np.random.Generator) -> FloatArray:
    """Uniform within ±√(6 / fan_in).

    Source: He et al., Delving deep into rectifiers, 2015, eq. 10, as a uniform of the same variance 2 / fan_in.
    """
    bound = math.sqrt(6.0 / fan_in)
    return rng.uniform(-bound, bound, (fan_out, fan_in))


def he_normal(fan_out: int, fan_in: int, rng: np.random.Generator) -> FloatArray:
    """Normal with mean 0 and standard deviation √(2 / fan_in).

    Source: He et al., Delving deep into rectifiers, 2015, eq. 10.
    """
    return rng.normal(0.0, math.sqrt(2.0 / fan_in), (fan_out, fan_in))


def lecun_uniform(fan_out: int, fan_in: int, rng: np.random.Generator) -> FloatArray:
    """Uniform within ±√(3 / fan_in).

    Source: LeCun et al., Efficient BackProp, 1998, eq. 16, as a uniform of the same variance 1 / fan_in.
    """
    bound = math.sqrt(3.0 / fan_in)
    return rng.uniform(-bound, bound, (fan_out, fan_in))


def lecun_normal(fan_out: int, fan_in: int, rng: np.random.Generator) -> FloatArray:
    """Normal with mean 0 and standard deviation √(1 / fan_in).

    Source: LeCun et al., Efficient BackProp, 1998, eq. 16.
    """
    return rng.normal(0.0, math.sqrt(1.0 / fan_in), (fan_out, fan_in))


def orthogonal(fan_out: int, fan_in: int, rng: np.random.Generator, *, gain: float = 1.0) -> FloatArray:
    """Gain times a matrix whose rows are orthonormal; its columns, where fan_out > fan_in.

    The Q of a QR factorization of a normal matrix, each column multiplied by the sign of R's diagonal: without
    that, Q would not be uniform over the orthogonal matrices.

    Source: Saxe, McClelland and Ganguli, Exact solutions to the nonlinear dynamics of learning, 2014;
        Mezzadri, How to generate random matrices from the classical compact groups, 2007, for the signs.
    """
    tall = rng.normal(size=(max(fan_out, fan_in), min(fan_out, fan_in)))
    Q, R = np.linalg.qr(tall)
    Q = Q * np.where(np.diag(R) < 0.0, -1.0, 1.0)
    return np.ascontiguousarray(gain * (Q if fan_out >= fan_in else Q.T))


RULES: Final[Mapping[str, Rule]] = {
    "zeros": zeros,
    "constant": constant,
    "uniform": uniform,
    "normal": normal,
    "xavier_uniform": xavier_uniform,
    "xavier_normal": xavier_normal,
    "he_uniform": he_uniform,
    "he_normal": he_normal,
    "lecun_uniform": lecun_uniform,
    "lecun_normal": lecun_normal,
    "orthogonal": orthogonal,
}

CATALOGUE: Final[Mapping[str, Entry]] = {
    "zeros": {
        "label": "Zeros",
        "about": "Every weight is 0, so all neurons of a hidden layer stay alike.",
        "constants": {},
    },
    "constant": {
        "label": "Constant",
        "about": "Every weight has the same value, so all neurons of a layer stay alike.",
        "constants": {"value": 0.5},
    },
    "uniform": {
        "label": "Uniform",
        "about": "Uniform between two bounds, whatever the size of the layer.",
        "constants": {"low": -1.0, "high": 1.0},
    },
    "normal": {
        "label": "Normal",
        "about": "Normal with a fixed mean and standard deviation, whatever the size of the layer.",
        "constants": {"mean": 0.0, "std": 1.0},
    },
    "xavier_uniform": {
        "label": "Xavier (Glorot) uniform",
        "about": "Uniform with variance 2/(fan_in + fan_out); made for tanh and sigmoid.",
        "constants": {"gain": 1.0},
    },
    "xavier_normal": {
        "label": "Xavier (Glorot) normal",
        "about": "Normal with variance 2/(fan_in + fan_out); made for tanh and sigmoid.",
        "constants": {"gain": 1.0},
    },
    "he_uniform": {
        "label": "He (Kaiming) uniform",
        "about": "Uniform with variance 2/fan_in; made for ReLU, which silences half of its inputs.",
        "constants": {},
    },
    "he_normal": {
        "label": "He (Kaiming) normal",
        "about": "Normal with variance 2/fan_in; made for ReLU, which silences half of its inputs.",
        "constants": {},
    },
    "lecun_uniform": {
        "label": "LeCun uniform",
        "about": "Uniform with variance 1/fan_in, which keeps the variance of the signal in a linear layer.",
        "constants": {},
    },
    "lecun_normal": {
        "label": "LeCun normal",
        "about": "Normal with variance 1/fan_in, which keeps the variance of the signal in a linear layer.",
        "constants": {},
    },
    "orthogonal": {
        "label": "Orthogonal",
        "about": "Rows (or columns) at right angles and of equal length, which keeps the length of a signal.",
        "constants": {"gain": 1.0},
    },
}


@dataclass(frozen=True)
class Initializer:
    """A rule together with its constants.

    Attributes:
        type: the name of the rule, a key of RULES.
        constants: the constants that differ from the rule's defaults, or all of them.
    """

    type: str
    constants: Mapping[str, float] = field(default_factory=dict)

    def make(self, fan_out: int, fan_in: int, rng: np.random.Generator) -> FloatArray:
        """Draw W, shape (fan_out, fan_in)."""
        return RULES[self.type](fan_out, fan_in, rng, **self.constants)


def read_initializer(reader: Reader, default: str) -> Initializer:
    """Read an initializer and its constants.

    Args:
        reader: what `Reader.typed` returned for the field.
        default: the rule where the object has no `type`.
    """
    rule = reader.choice("type", tuple(CATALOGUE), default)
    if reader.raw("type", default) not in tuple(CATALOGUE):
        return Initializer(default)
    constants = {}
    for name, usual in CATALOGUE[rule]["constants"].items():
        constants[name] = reader.number(name, usual, at_least=0.0 if name in ("std", "gain") else None)
    if rule == "uniform" and constants["low"] > constants["high"]:
        reader.report("high", constants["high"], f"a number at least {constants['low']:g}, which is low")
    if rule == "uniform" and math.isinf(constants["high"] - constants["low"]):
        reader.report("high", constants["high"], "a number so close to low that the difference is finite")
    reader.finish()
    return Initializer(rule, constants)
