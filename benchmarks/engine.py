"""How fast the engine trains, beside peers in the same process, and how long its questions take.

    python -m benchmarks.engine                          # every network, every peer that is installed
    python -m benchmarks.engine --nets N1,N2 --rounds 61 --json build/engine.json

A step is forward, loss, backward and update on one fixed batch, in float64. The contenders take turns in short slices;
each slice is compared with the baseline's slice of the same round, and the medians over the rounds are told: on a
shared machine the times are noisy, the ratios are not. The clock is the CPU time of the process. Before anything is
timed, all contenders have to reach the same parameters.

The baseline is `straight`: the fewest NumPy calls that a step can be written in, without a loop or a record. The engine
walks a list of calls instead, and each number of the newest step stays readable in a place of its own.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import importlib.util
import json
import math
import os
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np

from engine import Experiment, Timeline
from engine.arena import FloatArray, aligned, room

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8
BASELINE: Final = "straight"
SLICE_SECONDS: Final = 0.004
STEPS_CHECKED: Final = 3
LONG_RUN: Final = 100_000

Parameters = list[tuple[FloatArray, FloatArray]]
Function = Callable[[Any], Any]


class NetworkLike(Protocol):
    """What a step is measured on; `benchmarks.engine:contender` takes anything that looks like this."""

    @property
    def sizes(self) -> Sequence[int]:
        """Inputs, then the units of each layer."""

    @property
    def act(self) -> str:
        """Activation of the hidden layers."""

    @property
    def out(self) -> str:
        """Activation of the last layer."""

    @property
    def loss(self) -> str:
        """`half_mse` (half the sum of squares of a sample, mean over the batch) or `ce` (behind a softmax)."""

    @property
    def opt(self) -> str:
        """`sgd` or `adam`."""

    @property
    def lr(self) -> float:
        """The learning rate."""


class ProblemLike(Protocol):
    """A network with its numbers: W (fan_in, fan_out), b (fan_out,), X (n, fan_in), Y (n, outputs)."""

    @property
    def net(self) -> NetworkLike:
        """The network."""

    @property
    def X(self) -> FloatArray:  # noqa: N802 - a matrix
        """The batch."""

    @property
    def Y(self) -> FloatArray:  # noqa: N802
        """Its targets; one-hot for `ce`."""

    @property
    def W(self) -> Sequence[FloatArray]:  # noqa: N802
        """The first weights of each layer."""

    @property
    def b(self) -> Sequence[FloatArray]:
        """The first biases of each layer."""


class Contender(Protocol):
    """Somebody who trains."""

    def run(self, n: int) -> None:
        """Train n steps."""

    def params(self) -> Parameters:
        """(W, b) of each layer as they are now, W as (fan_in, fan_out)."""


@dataclass(frozen=True)
class Network:
    """One of the networks measured; see NetworkLike."""

    name: str
    sizes: tuple[int, ...]
    act: str
    out: str
    loss: str
    batch: int
    opt: str
    lr: float


@dataclass(frozen=True, eq=False)
class Problem:
    """See ProblemLike."""

    net: Network
    X: FloatArray
    Y: FloatArray
    W: list[FloatArray]
    b: list[FloatArray]

    @classmethod
    def draw(cls, net: Network, seed: int) -> Problem:
        """Random numbers for a network."""
        rng = np.random.default_rng(seed)
        pairs = list(zip(net.sizes[:-1], net.sizes[1:], strict=True))
        W = [rng.standard_normal(pair) / math.sqrt(pair[0]) for pair in pairs]
        b = [rng.uniform(-0.1, 0.1, fan_out) for _, fan_out in pairs]
        X = rng.standard_normal((net.batch, net.sizes[0]))
        if net.loss == "ce":
            Y = np.eye(net.sizes[-1])[rng.integers(0, net.sizes[-1], net.batch)]
        else:
            lowest = 0.0 if net.out == "sigmoid" else -1.0
            Y = rng.choice((lowest, 1.0), (net.batch, net.sizes[-1]))
        return cls(net, X, Y, W, b)


NETWORKS: Final = {
    net.name: net
    for net in (
        Network("N1", (2, 2, 1), "sigmoid", "sigmoid", "half_mse", 1, "sgd", 0.5),
        Network("N2", (2, 4, 2, 1), "tanh", "tanh", "half_mse", 10, "sgd", 0.03),
        Network("N3", (2, 8, 8, 8, 1), "tanh", "tanh", "half_mse", 30, "adam", 0.003),
        Network("N4", (64, 32, 10), "relu", "softmax", "ce", 32, "adam", 0.001),
        Network("N5", (784, 64, 10), "relu", "softmax", "ce", 32, "sgd", 0.01),
    )
}


# The engine, and the peers


class EngineContender:
    """Our engine: a timeline, run at full speed. Whatever the newest step computed still stands in its arena."""

    def __init__(self, problem: ProblemLike) -> None:
        self.timeline = Timeline(Experiment.from_json(document_of(problem)), most_steps=10**9)

    def step(self) -> None:
        """Train one step."""
        self.timeline.run(steps=1)

    def run(self, n: int) -> None:
        """Train n steps."""
        self.timeline.run(steps=n)

    def params(self) -> Parameters:
        """See Contender."""
        arrays = self.timeline.parameters()
        return [(arrays[f"layer{i}.W"].T, arrays[f"layer{i}.b"]) for i in range(len(arrays) // 2)]


def contender(problem: ProblemLike) -> EngineContender:
    """The engine as a contender, for other benchmarks too.

    Raises:
        ValueError: the problem is not in float64; the engine knows no other precision.
    """
    if problem.X.dtype != np.float64:
        raise ValueError(f"{problem.X.dtype}; the engine computes in float64")
    return EngineContender(problem)


def document_of(problem: ProblemLike) -> dict[str, Any]:
    """The experiment that is the problem: its numbers spelled out, all rows in each batch."""
    net = problem.net
    activations = [net.act] * (len(problem.W) - 1) + [net.out]
    optimizer: dict[str, Any] = {"type": net.opt, "learning_rate": net.lr}
    if net.opt == "adam":
        optimizer |= {"beta1": BETA1, "beta2": BETA2, "epsilon": EPSILON}
    return {
        "version": 1,
        "seed": 0,
        "data": {"inputs": problem.X.tolist(), "targets": problem.Y.tolist()},
        "network": {
            "layers": [
                {"type": "dense", "units": len(b), "activation": activation, "W": W.T.tolist(), "b": b.tolist()}
                for W, b, activation in zip(problem.W, problem.b, activations, strict=True)
            ]
        },
        "loss": "half_squared_error" if net.loss == "half_mse" else "categorical_cross_entropy",
        "optimizer": optimizer,
        "batch_size": len(problem.X),
        "shuffle": False,
    }


class Stepper:
    """A contender that is a function of one step."""

    def __init__(self, step: Callable[[], object], params: Callable[[], Parameters]) -> None:
        self.step = step
        self.params = params

    def run(self, n: int) -> None:
        """See Contender."""
        step = self.step
        for _ in range(n):
            step()


class Script:
    """Calls gathered into the source of one function without a loop: each object becomes a name of that function."""

    def __init__(self) -> None:
        self._names: dict[int, str] = {}
        self._objects: dict[str, object] = {}
        self._lines: list[str] = []

    def name(self, thing: object) -> str:
        """The name of an object."""
        # The object is kept in _objects, so that its id stays its own.
        name = self._names.setdefault(id(thing), f"v{len(self._names)}")
        self._objects[name] = thing
        return name

    def text(self, function: Callable[..., object], *arguments: object, **keywords: object) -> str:
        """A call, as source."""
        parts = [self.name(one) for one in arguments] + [f"{key}={self.name(one)}" for key, one in keywords.items()]
        return f"{self.name(function)}({', '.join(parts)})"

    def call(self, function: Callable[..., object], *arguments: object, **keywords: object) -> None:
        """One more call."""
        self._lines.append(self.text(function, *arguments, **keywords))

    def function(self, result: str) -> Callable[[], float]:
        """The function that makes all calls and returns the value of an expression."""
        parameters = ", ".join(f"{name}={name}" for name in self._objects)
        lines = [*self._lines, f"return {result}"]
        scope: dict[str, Any] = dict(self._objects)
        exec(f"def step({parameters}):\n" + "\n".join(f"    {line}" for line in lines), scope)
        step: Callable[[], float] = scope["step"]
        return step


def zeros(*shape: int) -> FloatArray:
    """Zeros that start on a cache line."""
    return aligned(np.zeros(shape))


def straight(problem: Problem) -> Contender:
    """The fewest NumPy calls, each in its cheapest spelling.

    A row of ones below each activation makes the bias a column of the weights; all parameters are one vector; whatever
    is not needed again is overwritten (but never an output of one number: NumPy is slower at that).
    """
    net, script, n = problem.net, Script(), len(problem.X)
    shapes = [(b.size, W.shape[0] + 1) for W, b in zip(problem.W, problem.b, strict=True)]
    starts = [sum(room(shape) for shape in shapes[:i]) for i in range(len(shapes) + 1)]
    P, rows = zeros(starts[-1]), zeros(4, starts[-1])  # m, v, g and g² for Adam
    G = rows[2]
    places = list(zip(starts[:-1], shapes, strict=True))
    layers = [P[start : start + math.prod(shape)].reshape(shape) for start, shape in places]
    gradients = [G[start : start + math.prod(shape)].reshape(shape) for start, shape in places]
    for layer, W, b in zip(layers, problem.W, problem.b, strict=True):
        layer[:, :-1], layer[:, -1] = W.T, b
    x = aligned(np.vstack([problem.X.T, np.ones(n)]))
    y = aligned(problem.Y.T)
    one, zero, share = np.array(1.0), np.array(0.0), np.array(1 / n)

    def activate(kind: str, z: FloatArray, a: FloatArray) -> None:
        if kind == "tanh":
            script.call(np.tanh, z, a)
        elif kind == "relu":
            script.call(np.maximum, z, zero, out=a)
        else:
            s, t = zeros(*z.shape), zeros(*z.shape)
            script.call(np.negative, z, s)
            script.call(np.exp, s, t)
            script.call(np.add, t, one, s)
            script.call(np.reciprocal, s, a)

    def times_slope(kind: str, a: FloatArray, arrived: FloatArray, delta: FloatArray) -> None:
        s, t = zeros(*a.shape), zeros(*a.shape)
        if kind == "relu":
            script.call(np.sign, a, s)
            script.call(np.multiply, arrived, s, delta)
            return
        script.call(np.multiply, a, a if kind == "tanh" else arrived, s)
        script.call(np.multiply, s, arrived if kind == "tanh" else a, t)
        script.call(np.subtract, arrived if kind == "tanh" else s, t, delta)

    full, values = [x], [x[:-1]]
    for i, layer in enumerate(layers):
        z = zeros(len(layer), n)
        last = i == len(layers) - 1
        full.append(z if last and net.loss == "ce" else aligned(np.ones((len(layer) + (not last), n))))
        values.append(full[-1] if last else full[-1][:-1])
        script.call(layer.dot, full[i], z)
        if not (last and net.loss == "ce"):
            activate(net.out if last else net.act, z, values[-1])
    a, delta = values[-1], zeros(*y.shape)
    if net.loss == "ce":
        per_row, chances = zeros(n), zeros(n)
        script.call(np.maximum.reduce, a, 0, None, per_row)
        script.call(np.subtract, a, per_row, a)
        script.call(np.exp, a, a)
        script.call(np.add.reduce, a, 0, None, per_row)
        script.call(np.divide, a, per_row, a)
        script.call(a.reshape(-1).take, np.argmax(y, axis=0) * n + np.arange(n), None, chances, "clip")
        script.call(np.log, chances, chances)
        result = f"{script.text(np.add.reduce, chances)} * {-1 / n!r}"
        script.call(np.subtract, a, y, delta)
        script.call(np.multiply, delta, share, delta)
    else:
        difference, shared = zeros(*y.shape), zeros(*y.shape)
        flat = difference.reshape(-1)
        script.call(np.subtract, a, y, difference)
        result = f"{script.text(flat.dot, flat)} * {0.5 / n!r}"
        if n > 1:
            script.call(np.multiply, difference, share, shared)
        times_slope(net.out, a, shared if n > 1 else difference, delta)
    for i in reversed(range(len(layers))):
        script.call(delta.dot, aligned(x.T) if i == 0 else full[i].T, gradients[i])
        if i > 0:
            arrived = zeros(*full[i].shape)
            script.call(layers[i].T.dot, delta, arrived)
            delta = arrived[:-1]
            times_slope(net.act, values[i], delta, delta)
    U = zeros(P.size)
    if net.opt == "sgd":
        script.call(np.multiply, G, np.array(net.lr), U)
    else:
        write_adam(script, rows, net.lr, U)
    script.call(np.subtract, P, U, P)
    return Stepper(script.function(result), lambda: [(layer[:, :-1].T.copy(), layer[:, -1].copy()) for layer in layers])


def write_adam(script: Script, rows: FloatArray, learning_rate: float, U: FloatArray) -> None:
    """Write Adam's update into U; rows are m, v, g and room for g²."""
    moments = zeros(2, U.size)
    betas = aligned(np.array([[BETA1, 0, 1 - BETA1, 0], [0, BETA2, 0, 1 - BETA2]]))
    step_size, epsilon, root = np.array(0.0), np.array(0.0), zeros(U.size)
    powers = [1.0, 1.0]

    def prepare() -> None:
        powers[0] *= BETA1
        powers[1] *= BETA2
        correction = math.sqrt(1 - powers[1])
        epsilon.fill(EPSILON * correction)
        step_size.fill(learning_rate * correction / (1 - powers[0]))

    script.call(prepare)
    script.call(np.multiply, rows[2], rows[2], rows[3])
    script.call(betas.dot, rows, moments)
    script.call(rows[:2].__setitem__, ..., moments)
    script.call(np.sqrt, moments[1], root)
    script.call(np.add, root, epsilon, root)
    script.call(np.divide, moments[0], root, root)
    script.call(np.multiply, root, step_size, U)


def idiomatic(problem: Problem) -> Contender:
    """NumPy as one writes it: fresh arrays, batch first, a loop over the layers."""
    net, X, Y, n = problem.net, problem.X, problem.Y, len(problem.X)
    W, b = [W.copy() for W in problem.W], [b.copy() for b in problem.b]
    activations: dict[str, tuple[Function, Function]] = {
        "tanh": (np.tanh, lambda a: 1 - a**2),
        "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda a: a * (1 - a)),
        "relu": (lambda z: np.maximum(z, 0), lambda a: a > 0),
    }
    parameters = W + b
    m, v = [np.zeros_like(p) for p in parameters], [np.zeros_like(p) for p in parameters]
    steps = 0

    def step() -> float:
        nonlocal steps
        steps += 1
        f, slope = activations[net.act]
        values = [X]
        for layer_W, layer_b in zip(W[:-1], b[:-1], strict=True):
            values.append(f(values[-1] @ layer_W + layer_b))
        z = values[-1] @ W[-1] + b[-1]
        if net.loss == "ce":
            exponentials = np.exp(z - z.max(axis=1, keepdims=True))
            chances = exponentials / exponentials.sum(axis=1, keepdims=True)
            loss = -np.mean(np.sum(Y * np.log(chances), axis=1))
            delta = (chances - Y) / n
        else:
            output, output_slope = activations[net.out]
            a = output(z)
            loss = np.mean(0.5 * np.sum((a - Y) ** 2, axis=1))
            delta = (a - Y) * output_slope(a) / n
        grad_W: list[FloatArray] = []
        grad_b: list[FloatArray] = []
        for i in reversed(range(len(W))):
            grad_W.insert(0, values[i].T @ delta)
            grad_b.insert(0, delta.sum(axis=0))
            if i > 0:
                delta = (delta @ W[i].T) * slope(values[i])
        for i, (p, g) in enumerate(zip(parameters, grad_W + grad_b, strict=True)):
            if net.opt == "sgd":
                p -= net.lr * g
                continue
            m[i] = BETA1 * m[i] + (1 - BETA1) * g
            v[i] = BETA2 * v[i] + (1 - BETA2) * g**2
            m_hat, v_hat = m[i] / (1 - BETA1**steps), v[i] / (1 - BETA2**steps)
            p -= net.lr * m_hat / (np.sqrt(v_hat) + EPSILON)
        return float(loss)

    return Stepper(step, lambda: list(zip(W, b, strict=True)))


def hips_autograd(problem: Problem) -> Contender:
    """HIPS autograd: the gradient of the loss as one writes it; the update in NumPy."""
    anp: Any = importlib.import_module("autograd.numpy")
    value_and_grad: Any = importlib.import_module("autograd").value_and_grad
    net, X, Y, n = problem.net, problem.X, problem.Y, len(problem.X)
    activations = {"tanh": anp.tanh, "sigmoid": lambda z: 1 / (1 + anp.exp(-z)), "relu": lambda z: anp.maximum(z, 0)}
    depth = len(problem.W)
    parameters = [p.copy() for p in (*problem.W, *problem.b)]
    m, v = [np.zeros_like(p) for p in parameters], [np.zeros_like(p) for p in parameters]
    steps = 0

    def loss_of(parameters: list[Any]) -> Any:
        a = X
        for i in range(depth):
            z = anp.dot(a, parameters[i]) + parameters[depth + i]
            if i < depth - 1:
                a = activations[net.act](z)
        if net.loss == "ce":
            shifted = z - anp.max(z, axis=1, keepdims=True)
            return -anp.sum(Y * (shifted - anp.log(anp.sum(anp.exp(shifted), axis=1, keepdims=True)))) / n
        return 0.5 * anp.sum((activations[net.out](z) - Y) ** 2) / n

    gradients_of = value_and_grad(loss_of)

    def step() -> float:
        nonlocal steps
        steps += 1
        loss, gradients = gradients_of(parameters)
        for i, (p, g) in enumerate(zip(parameters, gradients, strict=True)):
            if net.opt == "sgd":
                p -= net.lr * g
                continue
            m[i] = BETA1 * m[i] + (1 - BETA1) * g
            v[i] = BETA2 * v[i] + (1 - BETA2) * g**2
            p -= net.lr * m[i] / (1 - BETA1**steps) / (np.sqrt(v[i] / (1 - BETA2**steps)) + EPSILON)
        return float(loss)

    return Stepper(step, lambda: list(zip(parameters[:depth], parameters[depth:], strict=True)))


def torch_eager(problem: Problem) -> Contender:
    """PyTorch as its tutorials write it: modules, an optimizer, `loss.backward()`; float64, one thread."""
    torch: Any = importlib.import_module("torch")
    torch.set_num_threads(1)
    net, depth, n = problem.net, len(problem.W), len(problem.X)
    activations = {"tanh": torch.nn.Tanh, "sigmoid": torch.nn.Sigmoid, "relu": torch.nn.ReLU}
    linears = [torch.nn.Linear(*W.shape, dtype=torch.float64) for W in problem.W]
    modules = []
    for i, (linear, W, b) in enumerate(zip(linears, problem.W, problem.b, strict=True)):
        with torch.no_grad():
            linear.weight.copy_(torch.tensor(W.T.copy()))
            linear.bias.copy_(torch.tensor(b))
        kind = net.act if i < depth - 1 else net.out
        modules += [linear] if kind == "softmax" else [linear, activations[kind]()]
    model = torch.nn.Sequential(*modules)
    X, Y = torch.tensor(problem.X), torch.tensor(problem.Y)
    labels = Y.argmax(dim=1)
    optimizer = (
        torch.optim.SGD(model.parameters(), lr=net.lr)
        if net.opt == "sgd"
        else torch.optim.Adam(model.parameters(), lr=net.lr, betas=(BETA1, BETA2), eps=EPSILON)
    )

    def step() -> float:
        optimizer.zero_grad()
        output = model(X)
        if net.loss == "ce":
            loss = torch.nn.functional.cross_entropy(output, labels)
        else:
            loss = 0.5 * ((output - Y) ** 2).sum() / n
        loss.backward()
        optimizer.step()
        return float(loss.item())

    return Stepper(
        step, lambda: [(linear.weight.detach().numpy().T, linear.bias.detach().numpy()) for linear in linears]
    )


CONTENDERS: Final[Mapping[str, tuple[Callable[[Problem], Contender], str]]] = {
    BASELINE: (straight, "numpy"),
    "engine": (contender, "numpy"),
    "idiomatic": (idiomatic, "numpy"),
    "autograd": (hips_autograd, "autograd"),
    "torch": (torch_eager, "torch"),
}
"""Name → how it is made, and the module it needs."""


# Measuring


@dataclass(frozen=True)
class Row:
    """One contender on one network: medians over the rounds."""

    network: str
    contender: str
    microseconds: float
    steps_per_second: float
    ratio: float
    quartiles: tuple[float, float]


def installed() -> list[str]:
    """The contenders whose modules are here."""
    return [name for name, (_, module) in CONTENDERS.items() if importlib.util.find_spec(module) is not None]


def check_agreement(problem: Problem, names: Sequence[str]) -> None:
    """Let all contenders train a few steps.

    Raises:
        SystemExit: one does not reach the parameters that idiomatic NumPy reaches.
    """
    reference = idiomatic(problem)
    reference.run(STEPS_CHECKED)
    for name in names:
        other = CONTENDERS[name][0](problem)
        other.run(STEPS_CHECKED)
        for found, expected in zip(flattened(other.params()), flattened(reference.params()), strict=True):
            if not np.allclose(found, expected, rtol=1e-9, atol=1e-12):
                raise SystemExit(f"{name} does not train {problem.net.name} as idiomatic NumPy does")


def flattened(parameters: Parameters) -> Iterator[FloatArray]:
    """Every array."""
    for pair in parameters:
        yield from pair


def seconds_of(one: Contender, steps: int) -> float:
    """CPU time of that many steps."""
    start = time.process_time_ns()
    one.run(steps)
    return (time.process_time_ns() - start) / 1e9


def steps_in_a_slice(one: Contender) -> int:
    """How many steps take about as long as a slice; found while everything warms up."""
    steps = 1
    while (seconds := seconds_of(one, steps)) < SLICE_SECONDS:
        steps *= 2
    return max(1, round(steps * SLICE_SECONDS / seconds))


def measure(network: Network, rounds: int, builds: int = 3) -> list[Row]:
    """Time every contender on a network.

    Args:
        network: which.
        rounds: slices of each contender.
        builds: how often everything is built anew, because where arrays happen to lie in memory matters.
    """
    names = installed()
    times: dict[str, list[float]] = {name: [] for name in names}
    ratios: dict[str, list[float]] = {name: [] for name in names}
    for build in range(builds):
        problem = Problem.draw(network, seed=build)
        check_agreement(problem, names)
        made = {name: CONTENDERS[name][0](problem) for name in names}
        steps = {name: steps_in_a_slice(one) for name, one in made.items()}
        gc.collect()
        for turn in range(-(-rounds // builds)):
            first = turn % len(names)
            taken = {name: seconds_of(made[name], steps[name]) / steps[name] for name in names[first:] + names[:first]}
            for name in names:
                times[name].append(taken[name])
                ratios[name].append(taken[name] / taken[BASELINE])
    rows = []
    for name in names:
        seconds, quarters = statistics.median(times[name]), statistics.quantiles(ratios[name], n=4)
        ratio = statistics.median(ratios[name])
        rows.append(Row(network.name, name, seconds * 1e6, 1 / seconds, ratio, (quarters[0], quarters[2])))
    return rows


@dataclass(frozen=True)
class Questions:
    """What else is promised: times in milliseconds.

    Attributes:
        seek_median: of going to a random place of a long run.
        seek_worst: of the same.
        checkpoint_megabytes: that the checkpoints of that run take up.
        gradient_check: of `checked_parameters` parameters, median.
        checked_parameters: of that network.
        read_step: reading every value of the newest step, median.
    """

    seek_median: float
    seek_worst: float
    checkpoint_megabytes: float
    gradient_check: float
    checked_parameters: int
    read_step: float


def milliseconds(action: Callable[[], object]) -> float:
    """How long it takes by the clock on the wall: somebody waits."""
    start = time.perf_counter()
    action()
    return (time.perf_counter() - start) * 1e3


def ask() -> Questions:
    """Time the questions of somebody who walks about in a run."""
    timeline = EngineContender(Problem.draw(NETWORKS["N2"], seed=0)).timeline
    timeline.run(steps=LONG_RUN)
    rng = np.random.default_rng(0)
    places = [(int(rng.integers(LONG_RUN)), int(rng.integers(len(timeline.plan)))) for _ in range(200)]
    seeks = [milliseconds(lambda: timeline.seek(step, event)) for step, event in places]  # noqa: B023 - called at once
    timeline.run_to_end_of_step()
    reads = [milliseconds(lambda: dict(timeline.values)) for _ in range(50)]
    network = Network("check", (2, 6, 4, 1), "tanh", "tanh", "half_mse", 10, "sgd", 0.03)
    small = EngineContender(Problem.draw(network, seed=0)).timeline
    checks = [milliseconds(small.gradient_check) for _ in range(20)]
    return Questions(
        statistics.median(seeks),
        max(seeks),
        timeline.checkpoint_bytes / 1e6,
        statistics.median(checks),
        small.gradient_check().parameters,
        statistics.median(reads),
    )


def main() -> None:
    """Measure, and print tables."""
    description, _, _ = (__doc__ or "").partition("\n")
    parser = argparse.ArgumentParser(prog="python -m benchmarks.engine", description=description)
    parser.add_argument("--nets", default=",".join(NETWORKS), help="which networks, e.g. N1,N2")
    parser.add_argument("--rounds", type=int, default=45, help="slices of each contender")
    parser.add_argument("--json", type=Path, help="a file to write the numbers to")
    options = parser.parse_args()
    names = options.nets.split(",")
    unknown = [name for name in names if name not in NETWORKS]
    if unknown or options.rounds < 4:
        parser.error(f"networks: {', '.join(NETWORKS)}; rounds: 4 or more")
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    rows: list[Row] = []
    for name in names:
        network = NETWORKS[name]
        print(f"\n{name}  {'-'.join(map(str, network.sizes))} {network.act}, {network.opt}, batch {network.batch}")
        print(f"  {'':<10}{'µs/step':>10}{'steps/s':>10}{'ratio':>8}   quartiles of the ratio")
        measured = measure(network, options.rounds)
        for row in sorted(measured, key=lambda row: row.ratio):
            low, high = row.quartiles
            times = f"{row.microseconds:>10.1f}{row.steps_per_second:>10.0f}"
            print(f"  {row.contender:<10}{times}{row.ratio:>8.2f}   {low:.2f} to {high:.2f}", flush=True)
        rows += measured
    questions = ask()
    print(f"\nin a run of {LONG_RUN} steps of 2-4-2-1, batch 10")
    print(f"  go anywhere      {questions.seek_median:.2f} ms, at worst {questions.seek_worst:.2f} ms")
    print(f"  checkpoints      {questions.checkpoint_megabytes:.2f} MB")
    print(f"  read a step      {questions.read_step:.2f} ms for every value of it")
    print(f"gradient check     {questions.gradient_check:.2f} ms for {questions.checked_parameters} parameters")
    if options.json is not None:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        document = {"steps": [asdict(row) for row in rows], "questions": asdict(questions)}
        options.json.write_text(json.dumps(document, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
