"""The same training by other code: the forward pass in autograd's NumPy, and optimizers as plain loops.

Nothing here is shared with the engine: gradients come from HIPS autograd, and the updates are written down from the
documentation of `torch.optim`.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

import autograd.numpy as anp
import numpy as np
from autograd import grad
from autograd.extend import defvjp, primitive

from engine.events import FloatArray

Parameters: TypeAlias = dict[str, FloatArray]
State: TypeAlias = dict[str, FloatArray]
Constants: TypeAlias = Mapping[str, float]


@primitive  # type: ignore[untyped-decorator]
def erf(x: FloatArray) -> FloatArray:
    """The error function, number by number."""
    return np.reshape([math.erf(number) for number in np.ravel(x)], np.shape(x))


defvjp(erf, lambda answer, x: lambda g: g * 2.0 / math.sqrt(math.pi) * np.exp(-(x**2)))


def softmax(z: Any) -> Any:
    powers = anp.exp(z - anp.max(z, axis=1, keepdims=True))
    return powers / anp.sum(powers, axis=1, keepdims=True)


ACTIVATIONS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "identity": lambda z: z,
    "sigmoid": lambda z: 0.5 * (anp.tanh(z / 2) + 1),
    "tanh": anp.tanh,
    "relu": lambda z: anp.where(z > 0, z, 0.0),
    "leaky_relu": lambda z: anp.where(z > 0, z, 0.01 * z),
    "elu": lambda z: anp.where(z > 0, z, anp.exp(anp.where(z > 0, 0.0, z)) - 1),
    "gelu": lambda z: z * 0.5 * (1 + erf(z / math.sqrt(2))),
    "gelu_tanh": lambda z: 0.5 * z * (1 + anp.tanh(math.sqrt(2 / math.pi) * (z + 0.044715 * z**3))),
    "softplus": lambda z: anp.log(1 + anp.exp(z)),
    "silu": lambda z: z / (1 + anp.exp(-z)),
    "softmax": softmax,
}


def huber(gap: Any) -> Any:
    return anp.where(anp.abs(gap) < 1, 0.5 * gap**2, anp.abs(gap) - 0.5)


LOSSES: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "mean_squared_error": lambda a, y: anp.mean((a - y) ** 2, axis=1),
    "half_squared_error": lambda a, y: 0.5 * anp.sum((a - y) ** 2, axis=1),
    "mean_absolute_error": lambda a, y: anp.mean(anp.abs(a - y), axis=1),
    "huber": lambda a, y: anp.mean(huber(a - y), axis=1),
    "hinge": lambda a, y: anp.mean(anp.where(1 - y * a > 0, 1 - y * a, 0.0), axis=1),
    "binary_cross_entropy": lambda a, y: -anp.sum(y * anp.log(a) + (1 - y) * anp.log(1 - a), axis=1),
    "categorical_cross_entropy": lambda a, y: -anp.sum(y * anp.log(a), axis=1),
}


def update_sgd(w: FloatArray, g: FloatArray, state: State, t: int, rate: float, c: Constants) -> FloatArray:
    return w - rate * (g + c["weight_decay"] * w)


def update_momentum(w: FloatArray, g: FloatArray, state: State, t: int, rate: float, c: Constants) -> FloatArray:
    g = g + c["weight_decay"] * w
    state["velocity"] = g if t == 1 else c["momentum"] * state["velocity"] + g
    return w - rate * state["velocity"]


def update_nesterov(w: FloatArray, g: FloatArray, state: State, t: int, rate: float, c: Constants) -> FloatArray:
    g = g + c["weight_decay"] * w
    state["velocity"] = g if t == 1 else c["momentum"] * state["velocity"] + g
    return w - rate * (g + c["momentum"] * state["velocity"])


def update_adagrad(w: FloatArray, g: FloatArray, state: State, t: int, rate: float, c: Constants) -> FloatArray:
    g = g + c["weight_decay"] * w
    state["sum"] = state.get("sum", np.zeros_like(w)) + g**2
    return w - rate * g / (np.sqrt(state["sum"]) + c["epsilon"])


def update_rmsprop(w: FloatArray, g: FloatArray, state: State, t: int, rate: float, c: Constants) -> FloatArray:
    g = g + c["weight_decay"] * w
    state["square"] = c["rho"] * state.get("square", np.zeros_like(w)) + (1 - c["rho"]) * g**2
    step = g / (np.sqrt(state["square"]) + c["epsilon"])
    state["buffer"] = c["momentum"] * state.get("buffer", np.zeros_like(w)) + step
    return w - rate * state["buffer"]


def averages(g: FloatArray, state: State, c: Constants) -> tuple[FloatArray, FloatArray]:
    state["m"] = c["beta1"] * state.get("m", np.zeros_like(g)) + (1 - c["beta1"]) * g
    state["v"] = c["beta2"] * state.get("v", np.zeros_like(g)) + (1 - c["beta2"]) * g**2
    return state["m"], state["v"]


def update_adam(w: FloatArray, g: FloatArray, state: State, t: int, rate: float, c: Constants) -> FloatArray:
    m, v = averages(g + c["weight_decay"] * w, state, c)
    return w - rate * (m / (1 - c["beta1"] ** t)) / (np.sqrt(v / (1 - c["beta2"] ** t)) + c["epsilon"])


def update_adamw(w: FloatArray, g: FloatArray, state: State, t: int, rate: float, c: Constants) -> FloatArray:
    m, v = averages(g, state, c)
    w = w - rate * c["weight_decay"] * w
    return w - rate * (m / (1 - c["beta1"] ** t)) / (np.sqrt(v / (1 - c["beta2"] ** t)) + c["epsilon"])


def update_adadelta(w: FloatArray, g: FloatArray, state: State, t: int, rate: float, c: Constants) -> FloatArray:
    g = g + c["weight_decay"] * w
    state["square"] = c["rho"] * state.get("square", np.zeros_like(w)) + (1 - c["rho"]) * g**2
    before = state.get("change", np.zeros_like(w))
    step = np.sqrt(before + c["epsilon"]) / np.sqrt(state["square"] + c["epsilon"]) * g
    state["change"] = c["rho"] * before + (1 - c["rho"]) * step**2
    return w - rate * step


def update_nadam(w: FloatArray, g: FloatArray, state: State, t: int, rate: float, c: Constants) -> FloatArray:
    g = g + c["weight_decay"] * w
    m, v = averages(g, state, c)
    mu = c["beta1"] * (1 - 0.5 * 0.96 ** (t * c["momentum_decay"]))
    mu_next = c["beta1"] * (1 - 0.5 * 0.96 ** ((t + 1) * c["momentum_decay"]))
    state["product"] = state.get("product", np.ones(())) * mu
    m_hat = mu_next * m / (1 - state["product"] * mu_next) + (1 - mu) * g / (1 - state["product"])
    step: FloatArray = rate * m_hat / (np.sqrt(v / (1 - c["beta2"] ** t)) + c["epsilon"])
    return w - step


UPDATES: Final[Mapping[str, Callable[[FloatArray, FloatArray, State, int, float, Constants], FloatArray]]] = {
    "sgd": update_sgd,
    "momentum": update_momentum,
    "nesterov": update_nesterov,
    "adagrad": update_adagrad,
    "rmsprop": update_rmsprop,
    "adam": update_adam,
    "adamw": update_adamw,
    "adadelta": update_adadelta,
    "nadam": update_nadam,
}

DEFAULTS: Final[Mapping[str, Constants]] = {
    "sgd": {"weight_decay": 0.0},
    "momentum": {"momentum": 0.9, "weight_decay": 0.0},
    "nesterov": {"momentum": 0.9, "weight_decay": 0.0},
    "adagrad": {"epsilon": 1e-10, "weight_decay": 0.0},
    "rmsprop": {"rho": 0.99, "epsilon": 1e-8, "momentum": 0.0, "weight_decay": 0.0},
    "adam": {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "weight_decay": 0.0},
    "adamw": {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "weight_decay": 0.01},
    "adadelta": {"rho": 0.9, "epsilon": 1e-6, "weight_decay": 0.0},
    "nadam": {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "momentum_decay": 4e-3, "weight_decay": 0.0},
}


class Reference:
    """An experiment's network, loss and optimizer, trained by other code.

    Args:
        document: with explicit W and b in every dense layer and rows typed in.
    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.layers = document["network"]["layers"]
        self.loss_name = document["loss"]
        self.penalty = document.get("penalty", {})
        self.clipping = document.get("clipping", {"type": "none"})
        self.optimizer = document["optimizer"]
        self.constants = DEFAULTS[self.optimizer["type"]] | self.optimizer
        self.parameters: Parameters = {
            f"layer{i}.{part}": np.array(layer[part])
            for i, layer in enumerate(self.layers)
            if layer["type"] == "dense"
            for part in ("W", "b")
        }
        self.frozen = {f"layer{i}.{part}" for i, layer in enumerate(self.layers) for part in layer.get("frozen", ())}
        self.states: dict[str, State] = {name: {} for name in self.parameters}
        self.t = 0

    def predictions(self, parameters: Any, x: FloatArray, masks: Mapping[int, FloatArray]) -> Any:
        """The outputs, (n, outputs); `masks` are those of the dropout layers."""
        a: Any = x
        for i, layer in enumerate(self.layers):
            if layer["type"] == "dropout":
                a = a * masks[i]
                continue
            z = anp.dot(a, anp.transpose(parameters[f"layer{i}.W"])) + parameters[f"layer{i}.b"]
            a = ACTIVATIONS[layer["activation"]](z)
        return a

    def loss(self, parameters: Any, x: FloatArray, y: FloatArray, masks: Mapping[int, FloatArray]) -> Any:
        """The mean loss of the batch with its penalty."""
        total = anp.mean(LOSSES[self.loss_name](self.predictions(parameters, x, masks), y))
        for name in self.parameters:
            if name.endswith("W"):
                total = total + self.penalty.get("l1", 0.0) * anp.sum(anp.abs(parameters[name]))
                total = total + 0.5 * self.penalty.get("l2", 0.0) * anp.sum(parameters[name] ** 2)
        return total

    def gradients(self, x: FloatArray, y: FloatArray, masks: Mapping[int, FloatArray] | None = None) -> Parameters:
        """∂L/∂ of every parameter, by autograd."""
        found: Parameters = grad(self.loss)(self.parameters, x, y, masks or {})
        return found

    def clipped(self, gradients: Parameters) -> Parameters:
        """The gradients after clipping; what is frozen takes no part in it."""
        limit = self.clipping.get("maximum", 1.0)
        if self.clipping["type"] == "value":
            return {name: np.clip(g, -limit, limit) for name, g in gradients.items()}
        if self.clipping["type"] == "norm":
            norm = math.sqrt(sum(float((g**2).sum()) for name, g in gradients.items() if name not in self.frozen))
            return {name: g * min(1.0, limit / (norm + 1e-6)) for name, g in gradients.items()}
        return gradients

    def step(self, x: FloatArray, y: FloatArray, rate: float, masks: Mapping[int, FloatArray] | None = None) -> None:
        """One update with that learning rate."""
        self.t += 1
        update = UPDATES[self.optimizer["type"]]
        for name, g in self.clipped(self.gradients(x, y, masks)).items():
            if name not in self.frozen:
                self.parameters[name] = update(
                    self.parameters[name], g, self.states[name], self.t, rate, self.constants
                )
