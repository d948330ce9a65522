"""The network as a script for Keras 3, with its layers and its optimizers as they are, on whatever backend is there."""

from __future__ import annotations

from typing import Final

from app.exports.code import (
    Lines,
    data_lines,
    heading,
    joined,
    layer_words,
    matrix,
    order_lines,
    plateau_lines,
    plateau_of,
    rate_lines,
)
from app.exports.code_numpy import epoch_end_lines
from app.exports.standing import Standing
from engine.layers.dropout import Dropout
from engine.schedules import Constant

ACTIVATIONS: Final = {
    "identity": '"linear"',
    "sigmoid": '"sigmoid"',
    "tanh": '"tanh"',
    "relu": '"relu"',
    "leaky_relu": "leaky_relu",
    "elu": '"elu"',
    "gelu": "gelu",
    "gelu_tanh": "gelu_tanh",
    "softplus": '"softplus"',
    "silu": '"silu"',
    "softmax": '"softmax"',
}

FUNCTIONS: Final = {
    "leaky_relu": "keras.ops.leaky_relu(z, negative_slope=0.01)",
    "gelu": "keras.ops.gelu(z, approximate=False)",
    "gelu_tanh": "keras.ops.gelu(z, approximate=True)",
}
"""Activations whose constants are not those that Keras gives to the name."""

LOSSES: Final = {
    "mean_squared_error": "ops.mean((outputs - y) ** 2)",
    "half_squared_error": "ops.mean(0.5 * ops.sum((outputs - y) ** 2, axis=1))",
    "mean_absolute_error": "ops.mean(ops.abs(outputs - y))",
    "huber": "ops.mean(ops.where(ops.abs(outputs - y) <= 1, 0.5 * (outputs - y) ** 2, ops.abs(outputs - y) - 0.5))",
    "hinge": "ops.mean(ops.relu(1 - y * outputs))",
    "binary_cross_entropy": "ops.mean(ops.sum(y * ops.softplus(-outputs) + (1 - y) * ops.softplus(outputs), axis=1))",
    "categorical_cross_entropy": "-ops.mean(ops.sum(y * ops.log_softmax(outputs, axis=1), axis=1))",
}

OPTIMIZERS: Final = {
    "sgd": ("SGD", ()),
    "momentum": ("SGD", (("momentum", "momentum"),)),
    "nesterov": ("SGD", (("momentum", "momentum"),)),
    "adagrad": ("Adagrad", (("epsilon", "epsilon"),)),
    "rmsprop": ("RMSprop", (("rho", "rho"), ("momentum", "momentum"), ("epsilon", "epsilon"))),
    "adam": ("Adam", (("beta_1", "beta1"), ("beta_2", "beta2"), ("epsilon", "epsilon"))),
    "adamw": (
        "AdamW",
        (("beta_1", "beta1"), ("beta_2", "beta2"), ("epsilon", "epsilon"), ("weight_decay", "weight_decay")),
    ),
    "adadelta": ("Adadelta", (("rho", "rho"), ("epsilon", "epsilon"))),
    "nadam": ("Nadam", (("beta_1", "beta1"), ("beta_2", "beta2"), ("epsilon", "epsilon"))),
}
"""Keras's name of each optimizer, and its names of our constants."""


def keras_script(standing: Standing, program: str, steps: int) -> str:
    """A script that goes on from where a run stands, in Keras.

    Args:
        standing: where the run stands.
        program: our version.
        steps: how many the script is to train.
    """
    validation = (
        len(standing.experiment.dataset.validation_inputs) > 0 and plateau_of(standing.experiment.schedule) is not None
    )
    differences = differences_of(standing)
    lines = [
        *heading(standing, "Keras 3", program, [*differences, *omissions_of(standing)]),
        "",
        "import math",
        "",
        "import keras",
        "import numpy as np",
        "from keras import ops",
        "",
        'keras.config.set_floatx("float64")',
        'keras.config.set_dtype_policy("float64")',
    ]
    return joined(
        lines,
        data_lines(standing, steps, validation=validation),
        plateau_lines(standing),
        order_lines(standing),
        rate_lines(standing),
        *function_lines(standing),
        model_lines(standing),
        [*loss_lines(standing), "", "", *compile_lines(standing)],
        train_lines(standing, validation=validation, differences=bool(differences)),
    )


def differences_of(standing: Standing) -> list[str]:
    """Where Keras goes other ways, so that its losses are not ours; a sentence each."""
    experiment, numbers = standing.experiment, standing.hyperparameters
    name = experiment.optimizer.name
    notes = []
    if any(array.any() for parts in standing.memory.values() for array in parts.values()):
        notes.append("The optimizer begins with an empty memory: what it remembered of the run is left behind.")
    if numbers.get("weight_decay", 0.0) != 0.0 and not experiment.optimizer.decoupled:
        notes.append(
            "Weight decay: Keras shrinks the weights themselves, as AdamW does; in the run it is part of the gradient."
        )
    if name in ("adagrad", "rmsprop"):
        notes.append("Keras adds ε under the root, the run beside it.")
    if name in ("adam", "adamw"):
        notes.append("Keras adds ε before the correction for the start, the run after it: a small ε hardly shows.")
    if name == "nadam":
        notes.append("Nadam: Keras has no momentum decay ψ of its own (it takes 1), and another place for ε.")
    if name in ("momentum", "nesterov") and not isinstance(experiment.schedule, Constant):
        notes.append(
            "Keras has the learning rate inside the velocity: when the rate changes, the velocity lags behind."
        )
    if experiment.clipping.type == "norm":
        notes.append("Clipping: the run adds 10⁻⁶ to the length of the gradient, Keras does not.")
    if any(isinstance(layer, Dropout) for layer in experiment.layers):
        notes.append("Dropout draws other masks than the run, and the losses that are printed are without any.")
    return notes


def omissions_of(standing: Standing) -> list[str]:
    """What this script leaves out, though the numbers of its steps are the same."""
    experiment = standing.experiment
    notes = ["On some backends Keras takes means in float32: the losses then agree in about seven digits."]
    if experiment.early_stopping is not None:
        notes.append("Early stopping is left out: this script trains all its steps.")
    if experiment.unfolded and experiment.output.activation != "identity":
        notes.append("The cross-entropy is computed from the logits; the long way through the activation is not taken.")
    return notes


def function_lines(standing: Standing) -> list[Lines]:
    """The activations that have constants of their own."""
    used = dict.fromkeys(layer.activation for _, layer in standing.dense)
    return [[f"def {name}(z):", f"    return {FUNCTIONS[name]}"] for name in used if name in FUNCTIONS]


def model_lines(standing: Standing) -> Lines:
    """The network with its weights. Keras keeps them the other way round: kernel[from, to]."""
    experiment = standing.experiment
    last = len(experiment.layers) - 1
    penalty = ""
    if experiment.penalty.active:
        l1, l2 = standing.hyperparameters["l1"], standing.hyperparameters["l2"]
        penalty = f", kernel_regularizer=keras.regularizers.L1L2(l1={l1!r}, l2={0.5 * l2!r})"
    lines = ["model = keras.Sequential(", "    [", f"        keras.Input(shape=({experiment.layers[0].fan_in},)),"]
    for index, layer in enumerate(experiment.layers):
        if isinstance(layer, Dropout):
            lines.append(f"        keras.layers.Dropout({layer.rate!r}),")
            continue
        logits = index == last and experiment.loss.fused is not None
        activation = ACTIVATIONS["identity" if logits else layer.activation]
        words = layer_words(index + 1, layer) + (", which is in the loss" if logits else "")
        lines.append(f"        keras.layers.Dense({layer.units}, activation={activation}{penalty}),  # {words}")
    lines += ["    ]", ")"]
    for index, _ in standing.dense:
        kernel = matrix(standing.parameters[f"layer{index}.W"])
        bias = matrix(standing.parameters[f"layer{index}.b"])
        lines.append(f"model.layers[{index}].set_weights([{kernel}.T, {bias}])")
    for index, layer in standing.dense:
        for part in sorted(layer.frozen):
            lines.append(f"model.layers[{index}].{'kernel' if part == 'W' else 'bias'}.trainable = False  # frozen")
    return lines


def loss_lines(standing: Standing) -> Lines:
    """The function of the loss."""
    loss = standing.experiment.loss
    return [
        "def data_loss(y, outputs):",
        f'    """{loss.label}: the mean over the batch."""',
        f"    return {LOSSES[loss.name]}",
    ]


def compile_lines(standing: Standing) -> Lines:
    """The optimizer."""
    optimizer, numbers = standing.experiment.optimizer, standing.hyperparameters
    name, constants = OPTIMIZERS[optimizer.name]
    arguments = [f"learning_rate={numbers['learning_rate']!r}"]
    arguments += [f"{theirs}={numbers[ours]!r}" for theirs, ours in constants]
    if optimizer.name == "nesterov":
        arguments.append("nesterov=True")
    if optimizer.name == "adagrad":
        arguments.append("initial_accumulator_value=0.0")
    if not optimizer.decoupled and numbers["weight_decay"] != 0.0:
        arguments.append(f"weight_decay={numbers['weight_decay']!r}")
    if standing.experiment.clipping.type != "none":
        argument = "clipvalue" if standing.experiment.clipping.type == "value" else "global_clipnorm"
        arguments.append(f"{argument}={numbers['clip_maximum']!r}")
    return [
        f"optimizer = keras.optimizers.{name}({', '.join(arguments)})",
        "model.compile(optimizer=optimizer, loss=data_loss)",
    ]


def train_lines(standing: Standing, *, validation: bool, differences: bool) -> Lines:
    """The loop."""
    lines = []
    if validation:
        lines += [
            "def validation_loss():",
            '    """How well the network does on the rows that it never trains on."""',
            '    outputs = model(ops.convert_to_tensor(X_VALIDATION, dtype="float64"), training=False)',
            '    loss = data_loss(ops.convert_to_tensor(Y_VALIDATION, dtype="float64"), outputs)',
            "    return float(ops.convert_to_numpy(loss))",
            "",
            "",
        ]
    if differences:
        lines.append('print("These losses are not quite those of the run; the top of this file says why.")')
    penalty = " + sum(model.losses)" if standing.experiment.penalty.active else ""
    lines += ["losses = []", "for step in range(FIRST_STEP, FIRST_STEP + STEPS):"]
    lines += epoch_end_lines(standing, validation=validation, look="look_for_plateau(validation_loss())")
    lines += [
        "    rows = rows_of(step)",
        "    optimizer.learning_rate = learning_rate(step)",
        "    # What train_on_batch returns is a float32.",
        '    outputs = model(ops.convert_to_tensor(X[rows], dtype="float64"))',
        f'    loss = data_loss(ops.convert_to_tensor(Y[rows], dtype="float64"), outputs){penalty}',
        "    losses.append(float(ops.convert_to_numpy(loss)))",
        "    model.train_on_batch(X[rows], Y[rows])",
        '    print(f"step {step}: loss {losses[-1]!r}")',
    ]
    if plateau_of(standing.experiment.schedule) is not None and not validation:
        lines.append("    epoch_losses.append(losses[-1])")
    return lines
