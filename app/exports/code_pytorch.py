"""The network as a script for PyTorch, in float64, so that its losses can be laid beside ours."""

from __future__ import annotations

from typing import Final

from app.exports.code import (
    Lines,
    data_lines,
    heading,
    joined,
    layer_words,
    mask_lines,
    matrix,
    order_lines,
    plateau_lines,
    plateau_of,
    rate_lines,
)
from app.exports.code_numpy import epoch_end_lines
from app.exports.standing import Standing
from engine.events import FloatArray
from engine.layers.dropout import Dropout

ACTIVATIONS: Final = {
    "identity": "nn.Identity()",
    "sigmoid": "nn.Sigmoid()",
    "tanh": "nn.Tanh()",
    "relu": "nn.ReLU()",
    "leaky_relu": "nn.LeakyReLU(0.01)",
    "elu": "nn.ELU()",
    "gelu": "nn.GELU()",
    "gelu_tanh": 'nn.GELU(approximate="tanh")',
    # Beyond its threshold PyTorch takes z itself, by default from 20 on, where that is still off by 2e-9.
    "softplus": "nn.Softplus(threshold=40)",
    "silu": "nn.SiLU()",
    "softmax": "nn.Softmax(dim=1)",
}

LOSSES: Final = {
    "mean_squared_error": "functional.mse_loss(outputs, y)",
    "half_squared_error": "0.5 * ((outputs - y) ** 2).sum(dim=1).mean()",
    "mean_absolute_error": "functional.l1_loss(outputs, y)",
    "huber": "functional.huber_loss(outputs, y, delta=1.0)",
    "hinge": "torch.relu(1 - y * outputs).mean()",
    "binary_cross_entropy": (
        'functional.binary_cross_entropy_with_logits(outputs, y, reduction="none").sum(dim=1).mean()'
    ),
    "categorical_cross_entropy": "-(y * functional.log_softmax(outputs, dim=1)).sum(dim=1).mean()",
}

OPTIMIZERS: Final = {
    "sgd": ("SGD", ()),
    "momentum": ("SGD", (("momentum", "momentum"),)),
    "nesterov": ("SGD", (("momentum", "momentum"),)),
    "adagrad": ("Adagrad", (("eps", "epsilon"),)),
    "rmsprop": ("RMSprop", (("alpha", "rho"), ("eps", "epsilon"), ("momentum", "momentum"))),
    "adam": ("Adam", (("eps", "epsilon"),)),
    "adamw": ("AdamW", (("eps", "epsilon"),)),
    "adadelta": ("Adadelta", (("rho", "rho"), ("eps", "epsilon"))),
    "nadam": ("NAdam", (("eps", "epsilon"), ("momentum_decay", "momentum_decay"))),
}
"""PyTorch's name of each optimizer, and its names of our constants."""

MEMORY: Final = {
    "momentum": {"velocity": "momentum_buffer"},
    "nesterov": {"velocity": "momentum_buffer"},
    "adagrad": {"square_sum": "sum"},
    "rmsprop": {"square_average": "square_avg", "velocity": "momentum_buffer"},
    "adam": {"m": "exp_avg", "v": "exp_avg_sq"},
    "adamw": {"m": "exp_avg", "v": "exp_avg_sq"},
    "adadelta": {"square_average": "square_avg", "change_average": "acc_delta"},
    "nadam": {"m": "exp_avg", "v": "exp_avg_sq"},
}
"""PyTorch's names of what our optimizers remember."""


def pytorch_script(standing: Standing, program: str, steps: int) -> str:
    """A script that goes on from where a run stands, in PyTorch.

    Args:
        standing: where the run stands.
        program: our version.
        steps: how many the script is to train.
    """
    experiment = standing.experiment
    validation = len(experiment.dataset.validation_inputs) > 0 and plateau_of(experiment.schedule) is not None
    notes = []
    if experiment.early_stopping is not None:
        notes.append("Early stopping is left out: this script trains all its steps.")
    if experiment.unfolded and experiment.output.activation != "identity":
        notes.append("The cross-entropy is computed from the logits; the long way through the activation is not taken.")
    lines = [
        *heading(standing, "PyTorch", program, notes),
        "",
        "import math",
        "",
        "import numpy as np",
        "import torch",
        "from torch import nn",
        "from torch.nn import functional",
        "",
        "torch.set_default_dtype(torch.float64)",
    ]
    return joined(
        lines,
        data_lines(standing, steps, validation=validation),
        plateau_lines(standing),
        order_lines(standing),
        rate_lines(standing),
        mask_lines(standing),
        dropout_lines(standing),
        model_lines(standing),
        optimizer_lines(standing),
        loss_lines(standing),
        train_lines(standing, validation=validation),
    )


def tensor(array: FloatArray) -> str:
    """An array as a tensor."""
    return f"torch.tensor({matrix(array)})"


def dropout_lines(standing: Standing) -> Lines:
    """The module `Masked`, where there is dropout."""
    if not any(isinstance(layer, Dropout) for layer in standing.experiment.layers):
        return []
    return [
        "class Masked(nn.Module):",
        '    """Dropout whose masks are those of the run: nn.Dropout would draw others."""',
        "",
        "    def __init__(self, layer, rate):",
        "        super().__init__()",
        "        self.layer, self.rate = layer, rate",
        "",
        "    def forward(self, x):",
        "        if not self.training:",
        "            return x",
        "        return x * torch.tensor(dropout_mask(self.layer, step, self.rate, *x.shape))",
    ]


def model_lines(standing: Standing) -> Lines:
    """The network with its weights."""
    experiment = standing.experiment
    last = len(experiment.layers) - 1
    lines = ["model = nn.Sequential("]
    places: list[tuple[int, int]] = []
    frozen = {index: layer.frozen for index, layer in standing.dense}
    place = 0
    for index, layer in enumerate(experiment.layers):
        if isinstance(layer, Dropout):
            lines.append(f"    Masked({index + 1}, {layer.rate!r}),")
            place += 1
            continue
        lines.append(f"    nn.Linear({layer.fan_in}, {layer.units}),  # {layer_words(index + 1, layer)}")
        places.append((index, place))
        place += 1
        if index == last and experiment.loss.fused is not None:
            continue  # the loss takes the logits
        if layer.activation != "identity":
            lines.append(f"    {ACTIVATIONS[layer.activation]},")
            place += 1
    lines += [")", "with torch.no_grad():"]
    for index, place in places:
        for part, name in (("W", "weight"), ("b", "bias")):
            numbers = tensor(standing.parameters[f"layer{index}.{part}"]).replace("\n", "\n    ")
            lines.append(f"    model[{place}].{name}.copy_({numbers})")
    for index, place in places:
        for part in sorted(frozen[index]):
            lines.append(f"model[{place}].{'weight' if part == 'W' else 'bias'}.requires_grad_(False)  # frozen")
    linear = ", ".join(f"model[{place}]" for _, place in places)
    return [
        *lines,
        f"linear = [{linear}]",
        "trained = [parameter for parameter in model.parameters() if parameter.requires_grad]",
    ]


def optimizer_lines(standing: Standing) -> Lines:
    """The optimizer with its memory."""
    optimizer, numbers = standing.experiment.optimizer, standing.hyperparameters
    name, constants = OPTIMIZERS[optimizer.name]
    arguments = [f"lr={numbers['learning_rate']!r}"]
    if "beta1" in numbers:
        arguments.append(f"betas=({numbers['beta1']!r}, {numbers['beta2']!r})")
    arguments += [f"{theirs}={numbers[ours]!r}" for theirs, ours in constants]
    arguments.append(f"weight_decay={numbers['weight_decay']!r}")
    nesterov = optimizer.name == "nesterov" and numbers["momentum"] > 0.0  # without momentum there is nothing ahead
    if nesterov:
        arguments.append("nesterov=True")
    if standing.all_frozen:
        return ["optimizer = None  # every parameter is frozen"]
    lines = [f"optimizer = torch.optim.{name}(trained, {', '.join(arguments)})"]
    if not any(array.any() for parts in standing.memory.values() for array in parts.values()):
        return lines
    lines += ["# What the optimizer remembers of the steps before this one."]
    names = MEMORY[optimizer.name]
    for number, (index, layer) in enumerate(standing.dense):
        for part, attribute in (("W", "weight"), ("b", "bias")):
            if part in layer.frozen:
                continue
            lines.append(f"optimizer.state[linear[{number}].{attribute}].update(")
            if "momentum" not in optimizer.name:
                lines.append(f"    step=torch.tensor({float(standing.updates)!r}),")
            if optimizer.name == "nadam":
                lines.append(f"    mu_product=torch.tensor({product_before(standing)!r}),")
            for ours, parts in standing.memory.items():
                if ours == "velocity" and numbers["momentum"] == 0.0:
                    continue
                numbers_text = tensor(parts[f"layer{index}.{part}"]).replace("\n", "\n    ")
                lines.append(f"    {names[ours]}={numbers_text},")
            lines.append(")")
    return lines


def product_before(standing: Standing) -> float:
    """Nadam's product of all μ before the coming step, of which ours knows one more."""
    numbers, t = standing.hyperparameters, standing.updates + 1
    mu = numbers["beta1"] * (1 - 0.5 * 0.96 ** (t * numbers["momentum_decay"]))
    return standing.mu_product / mu if mu > 0.0 else 0.0


def loss_lines(standing: Standing) -> Lines:
    """The functions of the losses."""
    experiment = standing.experiment
    lines = [
        "def data_loss(outputs, y):",
        f'    """{experiment.loss.label}: the mean over the batch."""',
        f"    return {LOSSES[experiment.loss.name]}",
    ]
    if experiment.penalty.active:
        numbers = standing.hyperparameters
        lines += [
            "",
            "",
            "def penalty():",
            '    """What large weights cost."""',
            "    sizes = sum(layer.weight.abs().sum() for layer in linear)",
            "    squares = sum((layer.weight**2).sum() for layer in linear)",
            f"    return {numbers['l1']!r} * sizes + 0.5 * {numbers['l2']!r} * squares",
        ]
    return lines


def train_lines(standing: Standing, *, validation: bool) -> Lines:
    """The loop."""
    experiment = standing.experiment
    clip = {
        "none": [],
        "value": ["nn.utils.clip_grad_value_(trained, {!r})"],
        "norm": ["nn.utils.clip_grad_norm_(trained, {!r})"],
    }[experiment.clipping.type]
    maximum = standing.hyperparameters.get("clip_maximum", 0.0)
    lines = ["inputs, targets = torch.tensor(X), torch.tensor(Y)"]
    if validation:
        lines += [
            "",
            "",
            "def validation_loss():",
            '    """How well the network does on the rows that it never trains on."""',
            "    model.eval()",
            "    with torch.no_grad():",
            "        loss = data_loss(model(torch.tensor(X_VALIDATION)), torch.tensor(Y_VALIDATION)).item()",
            "    model.train()",
            "    return loss",
            "",
            "",
        ]
    lines += ["losses = []", "for step in range(FIRST_STEP, FIRST_STEP + STEPS):"]
    lines += epoch_end_lines(standing, validation=validation, look="look_for_plateau(validation_loss())")
    lines += [
        "    rows = torch.tensor(rows_of(step))",
        "    x, y = inputs[rows], targets[rows]",
        f"    loss = data_loss(model(x), y){' + penalty()' if experiment.penalty.active else ''}",
        "    losses.append(loss.item())",
        '    print(f"step {step}: loss {losses[-1]!r}")',
    ]
    if plateau_of(experiment.schedule) is not None and not validation:
        lines.append("    epoch_losses.append(losses[-1])")
    if standing.all_frozen:
        return lines
    return [
        *lines,
        "    optimizer.zero_grad()",
        "    loss.backward()",
        *(f"    {call.format(maximum)}" for call in clip),
        '    optimizer.param_groups[0]["lr"] = learning_rate(step)',
        "    optimizer.step()",
    ]
