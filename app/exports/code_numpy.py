"""The network as a script that needs NumPy only: every step of backpropagation written out."""

from __future__ import annotations

from typing import Final

from app.exports.code import (
    Lines,
    data_lines,
    heading,
    joined,
    layer_words,
    literal,
    mask_lines,
    order_lines,
    plateau_lines,
    plateau_of,
    rate_lines,
)
from app.exports.standing import Standing
from engine.layers.dense import Dense
from engine.layers.dropout import Dropout

ACTIVATIONS: Final[dict[str, tuple[str, str]]] = {
    "sigmoid": ("1 / (1 + np.exp(-z))", "a * (1 - a)"),
    "tanh": ("np.tanh(z)", "1 - a**2"),
    "relu": ("np.maximum(z, 0)", "np.where(z > 0, 1.0, 0.0)"),
    "leaky_relu": ("np.where(z > 0, z, 0.01 * z)", "np.where(z > 0, 1.0, 0.01)"),
    "elu": ("np.where(z > 0, z, np.expm1(np.minimum(z, 0)))", "np.exp(np.minimum(z, 0))"),
    "gelu": ("z * normal_cdf(z)", "normal_cdf(z) + z * np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)"),
    "gelu_tanh": (
        "0.5 * z * (1 + np.tanh(np.sqrt(2 / np.pi) * (z + 0.044715 * z**3)))",
        "0.5 * (1 + t) + 0.5 * z * (1 - t**2) * np.sqrt(2 / np.pi) * (1 + 3 * 0.044715 * z**2)",
    ),
    "softplus": ("np.logaddexp(0, z)", "1 / (1 + np.exp(-z))"),
    "silu": ("z / (1 + np.exp(-z))", "s + a * (1 - s)"),
    "softmax": ("e / e.sum(axis=1, keepdims=True)", ""),
}
"""Each activation of z, and its slope from z and a; softmax has no slope of a single neuron."""

BEFORE: Final[dict[str, tuple[str, str]]] = {
    "gelu_tanh": ("", "t = np.tanh(np.sqrt(2 / np.pi) * (z + 0.044715 * z**3))"),
    "silu": ("", "s = 1 / (1 + np.exp(-z))"),
    "softmax": ("e = np.exp(z - z.max(axis=1, keepdims=True))", ""),
}
"""What has to be worked out before the activation, and before its slope."""

LOSSES: Final[dict[str, tuple[str, str]]] = {
    "mean_squared_error": ("((a - y) ** 2).mean(axis=1)", "2 * (a - y) / y.shape[1]"),
    "half_squared_error": ("0.5 * ((a - y) ** 2).sum(axis=1)", "a - y"),
    "mean_absolute_error": ("np.abs(a - y).mean(axis=1)", "np.sign(a - y) / y.shape[1]"),
    "huber": (
        "np.where(np.abs(a - y) <= 1, 0.5 * (a - y) ** 2, np.abs(a - y) - 0.5).mean(axis=1)",
        "np.clip(a - y, -1, 1) / y.shape[1]",
    ),
    "hinge": ("np.maximum(0, 1 - y * a).mean(axis=1)", "np.where(1 - y * a > 0, -y, 0.0) / y.shape[1]"),
    "binary_cross_entropy": ("(y * np.logaddexp(0, -z) + (1 - y) * np.logaddexp(0, z)).sum(axis=1)", ""),
    "categorical_cross_entropy": ("-(y * (shifted - log_sum)).sum(axis=1)", ""),
}
"""Each loss of a sample, and its derivative with respect to the outputs; the cross-entropies have δ = p − y."""

UPDATES: Final[dict[str, Lines]] = {
    "sgd": ["p[name] -= rate * gradient"],
    "momentum": [
        "velocity[name] = MOMENTUM * velocity[name] + gradient",
        "p[name] -= rate * velocity[name]",
    ],
    "nesterov": [
        "velocity[name] = MOMENTUM * velocity[name] + gradient",
        "p[name] -= rate * (gradient + MOMENTUM * velocity[name])",
    ],
    "adagrad": [
        "square_sum[name] = square_sum[name] + gradient**2",
        "p[name] -= rate * gradient / (np.sqrt(square_sum[name]) + EPSILON)",
    ],
    "rmsprop": [
        "square_average[name] = RHO * square_average[name] + (1 - RHO) * gradient**2",
        "scaled = gradient / (np.sqrt(square_average[name]) + EPSILON)",
        "velocity[name] = MOMENTUM * velocity[name] + scaled",
        "p[name] -= rate * velocity[name]",
    ],
    "adam": [
        "m[name] = BETA1 * m[name] + (1 - BETA1) * gradient",
        "v[name] = BETA2 * v[name] + (1 - BETA2) * gradient**2",
        "m_hat = m[name] / (1 - BETA1**t)",
        "v_hat = v[name] / (1 - BETA2**t)",
        "p[name] -= rate * m_hat / (np.sqrt(v_hat) + EPSILON)",
    ],
    "adamw": [
        "m[name] = BETA1 * m[name] + (1 - BETA1) * gradient",
        "v[name] = BETA2 * v[name] + (1 - BETA2) * gradient**2",
        "m_hat = m[name] / (1 - BETA1**t)",
        "v_hat = v[name] / (1 - BETA2**t)",
        "p[name] -= rate * (m_hat / (np.sqrt(v_hat) + EPSILON) + WEIGHT_DECAY * p[name])",
    ],
    "adadelta": [
        "square_average[name] = RHO * square_average[name] + (1 - RHO) * gradient**2",
        "change = gradient * np.sqrt(change_average[name] + EPSILON) / np.sqrt(square_average[name] + EPSILON)",
        "change_average[name] = RHO * change_average[name] + (1 - RHO) * change**2",
        "p[name] -= rate * change",
    ],
    "nadam": [
        "m[name] = BETA1 * m[name] + (1 - BETA1) * gradient",
        "v[name] = BETA2 * v[name] + (1 - BETA2) * gradient**2",
        "v_hat = v[name] / (1 - BETA2**t)",
        "ahead = (1 - mu) * gradient / (1 - mu_product) + mu_next * m[name] / (1 - mu_product * mu_next)",
        "p[name] -= rate * ahead / (np.sqrt(v_hat) + EPSILON)",
    ],
}
"""The update of one parameter, from its gradient; `t` counts the updates from 1."""


def numpy_script(standing: Standing, program: str, steps: int) -> str:
    """A script that goes on from where a run stands, in NumPy.

    Args:
        standing: where the run stands.
        program: our version.
        steps: how many the script is to train.
    """
    experiment = standing.experiment
    schedule = experiment.schedule
    validation = len(experiment.dataset.validation_inputs) > 0 and (
        experiment.early_stopping is not None or plateau_of(schedule) is not None
    )
    return joined(
        [*heading(standing, "NumPy", program, []), "", "import math", "", "import numpy as np"],
        data_lines(standing, steps, validation=validation),
        parameter_lines(standing),
        memory_lines(standing),
        plateau_lines(standing),
        stopping_lines(standing),
        order_lines(standing),
        rate_lines(standing),
        mask_lines(standing),
        *activation_lines(standing),
        forward_lines(standing),
        loss_lines(standing),
        backward_lines(standing),
        update_lines(standing),
        epoch_lines(standing) if validation else [],
        train_lines(standing, validation=validation),
    )


def key(name: str) -> str:
    """`layer0.W` as people count: `W1`."""
    layer, _, part = name.removeprefix("layer").partition(".")
    return f"{part}{int(layer) + 1}"


def parameter_lines(standing: Standing) -> Lines:
    """The weights and biases."""
    lines = ["# The parameters: W[to, from], so that z = x @ W.T + b.", "p = {"]
    for name, array in standing.parameters.items():
        rows = f"np.array({literal(array)})".replace("\n", "\n    ")
        lines.append(f'    "{key(name)}": {rows},')
    lines.append("}")
    weights = [f'"W{index + 1}"' for index, _ in standing.dense]
    lines.append(f"WEIGHTS = [{', '.join(weights)}]")
    trained = [
        f'"{part}{index + 1}"' for index, layer in standing.dense for part in ("W", "b") if part not in layer.frozen
    ]
    return [
        *lines,
        f"TRAINED = [{', '.join(trained)}]" + ("" if not standing.experiment.frozen else "  # the others are frozen"),
    ]


def memory_lines(standing: Standing) -> Lines:
    """The constants of the rules and the memory of the optimizer."""
    lines = ["# The constants of the rules, and what the optimizer remembers."]
    names = {"l1": "L1", "l2": "L2", "clip_maximum": "CLIP_MAXIMUM"}
    for name, number in standing.hyperparameters.items():
        if name != "learning_rate" and (
            name != "weight_decay" or number != 0.0 or standing.experiment.optimizer.decoupled
        ):
            lines.append(f"{names.get(name, name.upper())} = {number!r}")
    for name, parts in standing.memory.items():
        if not any(array.any() for array in parts.values()):
            lines.append(f"{name} = {{name: np.zeros_like(p[name]) for name in p}}")
            continue
        lines.append(f"{name} = {{")
        for part, array in parts.items():
            rows = f"np.array({literal(array)})".replace("\n", "\n    ")
            lines.append(f'    "{key(part)}": {rows},')
        lines.append("}")
    if standing.experiment.optimizer.name in ("adam", "adamw", "nadam"):
        lines.append(f"updates = {standing.updates}  # how many there have been")
    if standing.experiment.optimizer.name == "nadam":
        lines.append(f"mu_product = {standing.mu_product!r}  # of all μ, that of the coming step included")
    return lines if len(lines) > 1 else []


def stopping_lines(standing: Standing) -> Lines:
    """What early stopping remembers."""
    stopping, state = standing.experiment.early_stopping, standing.stopping
    if stopping is None or state is None:
        return []
    best, waited, stopped = state.tolist()
    best_text = repr(best).replace("inf", "np.inf")
    lines = [
        "# Early stopping: the best validation loss so far, epochs without a better one, and whether that is the end.",
        f'stopping = {{"best": {best_text}, "waited": {int(waited)}, "stopped": {bool(stopped)}}}',
    ]
    if stopping.restore_best and best < float("inf"):
        lines.append("best_p = {")
        for name, array in standing.best.items():
            rows = f"np.array({literal(array)})".replace("\n", "\n    ")
            lines.append(f'    "{key(name)}": {rows},')
        lines.append("}")
    elif stopping.restore_best:
        lines.append("best_p = {name: array.copy() for name, array in p.items()}")
    return lines


def activation_lines(standing: Standing) -> list[Lines]:
    """The functions of the activations in use, each with its slope."""
    used = list(dict.fromkeys(layer.activation for _, layer in standing.dense if layer.activation != "identity"))
    loss = standing.experiment.loss
    fused = loss.fused
    if fused is not None and fused not in used:
        used.append(fused)  # the outputs are logits, and δ needs their probabilities
    parts: list[Lines] = []
    if {"sigmoid", "softplus", "silu"} & set(used):
        parts.append(['np.seterr(over="ignore")  # for a very negative z, exp(-z) is infinite, and 1 / infinity is 0'])
    if "gelu" in used:
        parts.append(
            [
                "def normal_cdf(z):",
                '    """The chance that a normal number is smaller than z."""',
                "    return np.vectorize(lambda one: 0.5 * math.erfc(-one / math.sqrt(2)), otypes=[float])(z)",
            ]
        )
    last = len(standing.experiment.layers) - 1
    hidden = {layer.activation for index, layer in standing.dense if fused is None or index < last}
    for name in used:
        value, slope = ACTIVATIONS[name]
        before_value, before_slope = BEFORE.get(name, ("", ""))
        parts.append([f"def {name}(z):", *([f"    {before_value}"] if before_value else []), f"    return {value}"])
        if name not in hidden:
            continue
        if name == "softmax":
            parts.append(
                [
                    "def back_through_softmax(a, grad_a):",
                    '    """Every output\'s error reaches every z: grad_a times the Jacobian of softmax."""',
                    "    return a * (grad_a - (grad_a * a).sum(axis=1, keepdims=True))",
                ]
            )
            continue
        parts.append(
            [f"def {name}_slope(z, a):", *([f"    {before_slope}"] if before_slope else []), f"    return {slope}"]
        )
    return parts


def forward_lines(standing: Standing) -> Lines:
    """The function `forward`."""
    drops = any(isinstance(layer, Dropout) for layer in standing.experiment.layers)
    lines = [
        f"def forward(x{', step=None' if drops else ''}):",
        '    """Every weighted sum z and every activation a, one row for each sample.'
        + (' Without a step, nothing is dropped."""' if drops else '"""'),
        '    s = {"a0": x}',
    ]
    for index, layer in enumerate(standing.experiment.layers):
        number, before = index + 1, f's["a{index}"]'
        lines.append(f"    # {layer_words(number, layer)}")
        if isinstance(layer, Dropout):
            lines += [
                f'    s["mask{number}"] = '
                f"dropout_mask({number}, step, {layer.rate!r}, len(x), {layer.units}) if step is not None else 1.0",
                f'    s["a{number}"] = {before} * s["mask{number}"]',
            ]
            continue
        function = f'{layer.activation}(s["z{number}"])' if layer.activation != "identity" else f's["z{number}"]'
        lines += [
            f'    s["z{number}"] = {before} @ p["W{number}"].T + p["b{number}"]',
            f'    s["a{number}"] = {function}',
        ]
    return [*lines, "    return s"]


def loss_lines(standing: Standing) -> Lines:
    """The functions `data_loss` and, where there is one, `penalty`."""
    experiment = standing.experiment
    number = len(experiment.layers)
    what = "z" if experiment.loss.fused else "a"
    label = experiment.loss.label[:1].upper() + experiment.loss.label[1:]
    lines = [
        "def data_loss(s, y):",
        f'    """{label}: one number for each sample, then their mean."""',
        f'    {what} = s["{what}{number}"]',
    ]
    if experiment.loss.fused == "softmax":
        lines += [
            "    shifted = z - z.max(axis=1, keepdims=True)",
            "    log_sum = np.log(np.exp(shifted).sum(axis=1, keepdims=True))",
        ]
    lines += [f"    sample_loss = {LOSSES[experiment.loss.name][0]}", "    return sample_loss.mean()"]
    if experiment.penalty.active:
        lines += [
            "",
            "",
            "def penalty():",
            '    """What large weights cost."""',
            "    sizes = sum(np.abs(p[name]).sum() for name in WEIGHTS)",
            "    squares = sum((p[name] ** 2).sum() for name in WEIGHTS)",
            "    return L1 * sizes + 0.5 * L2 * squares",
        ]
    return lines


def backward_lines(standing: Standing) -> Lines:
    """The function `backward`."""
    experiment = standing.experiment
    layers = experiment.layers
    count = len(layers)
    lines = [
        "def backward(s, y):",
        '    """The gradient of the loss with respect to every parameter: the mean over the batch."""',
        "    n = len(y)",
        "    g = {}",
    ]
    output = experiment.output
    fused = experiment.loss.fused
    delta_known = False
    if fused is not None:
        chance = f's["a{count}"]' if output.activation != "identity" else f'{fused}(s["z{count}"])'
        lines.append(f"    delta = {chance} - y  # probability minus target")
        if experiment.unfolded and output.activation != "identity":
            lines[-1] += ": the long way through the activation comes to the same"
        delta_known = True
    else:
        lines += [f'    a = s["a{count}"]', f"    grad_a = {LOSSES[experiment.loss.name][1]}"]
    first_dense = standing.dense[0][0]
    for index in range(count - 1, first_dense - 1, -1):
        layer, number = layers[index], index + 1
        lines.append(f"    # {layer_words(number, layer)}")
        if isinstance(layer, Dropout):
            lines.append(f'    grad_a = grad_a * s["mask{number}"]')
            continue
        if not delta_known:
            lines.append(f"    delta = {delta_of(layer, number)}")
        delta_known = False
        lines += [
            f'    g["W{number}"] = delta.T @ s["a{index}"] / n',
            f'    g["b{number}"] = delta.sum(axis=0) / n',
        ]
        if index > first_dense:
            lines.append(f'    grad_a = delta @ p["W{number}"]')
    if experiment.penalty.active:
        lines += [
            "    # the penalty pulls every weight towards 0",
            "    for name in WEIGHTS:",
            "        g[name] = g[name] + L2 * p[name] + L1 * np.sign(p[name])",
        ]
    if experiment.clipping.type == "value":
        lines += [
            "    # no entry may be too large",
            "    for name in TRAINED:",
            "        g[name] = np.clip(g[name], -CLIP_MAXIMUM, CLIP_MAXIMUM)",
        ]
    elif experiment.clipping.type == "norm":
        lines += [
            "    # the whole gradient may not be too long",
            "    length = math.sqrt(sum((g[name] ** 2).sum() for name in TRAINED))",
            "    for name in TRAINED:",
            "        g[name] = g[name] * min(1.0, CLIP_MAXIMUM / (length + 1e-6))",
        ]
    return [*lines, "    return g"]


def delta_of(layer: Dense, number: int) -> str:
    """δ of a layer from what arrives at its activations."""
    if layer.activation == "identity":
        return "grad_a"
    if layer.activation == "softmax":
        return f'back_through_softmax(s["a{number}"], grad_a)'
    return f'grad_a * {layer.activation}_slope(s["z{number}"], s["a{number}"])'


def update_lines(standing: Standing) -> Lines:
    """The function `update`."""
    optimizer = standing.experiment.optimizer
    counts = optimizer.name in ("adam", "adamw", "nadam")
    lines = ["def update(g, rate):", f'    """One step of {optimizer.label}."""']
    if counts:
        changed = "updates, mu_product" if optimizer.name == "nadam" else "updates"
        lines += [f"    global {changed}", "    updates += 1", "    t = updates"]
    if optimizer.name == "nadam":
        lines += [
            "    mu = BETA1 * (1 - 0.5 * 0.96 ** (t * MOMENTUM_DECAY))",
            "    mu_next = BETA1 * (1 - 0.5 * 0.96 ** ((t + 1) * MOMENTUM_DECAY))",
        ]
    lines.append("    for name in TRAINED:")
    decays = standing.hyperparameters.get("weight_decay", 0.0) != 0.0 and not optimizer.decoupled
    lines.append(f"        gradient = g[name]{' + WEIGHT_DECAY * p[name]' if decays else ''}")
    lines += [f"        {line}" for line in UPDATES[optimizer.name]]
    if optimizer.name == "nadam":
        lines.append("    mu_product *= mu_next")
    return lines


def epoch_lines(standing: Standing) -> Lines:
    """The function `look_at_validation`, for whatever depends on it."""
    experiment = standing.experiment
    stopping = experiment.early_stopping
    lines = [
        "def look_at_validation():",
        '    """Try the network on the rows that it never trains on, before an epoch begins."""',
        "    loss = data_loss(forward(X_VALIDATION), Y_VALIDATION)",
    ]
    changed = []
    if plateau_of(experiment.schedule) is not None:
        changed.append("    look_for_plateau(loss)")
    if stopping is not None:
        changed += [
            f'    if loss < stopping["best"] - {stopping.min_delta!r}:',
            "        stopping.update(best=loss, waited=0)",
            *(
                ["        best_p.update((name, array.copy()) for name, array in p.items())"]
                if stopping.restore_best
                else []
            ),
            "    else:",
            '        stopping["waited"] += 1',
            f'        stopping["stopped"] = stopping["waited"] > {stopping.patience}',
        ]
        if stopping.restore_best:
            changed += [
                '    if stopping["stopped"] and np.isfinite(stopping["best"]):',
                "        p.update(best_p)",
            ]
    return [*lines, *changed]


def train_lines(standing: Standing, *, validation: bool) -> Lines:
    """The loop."""
    experiment = standing.experiment
    drops = any(isinstance(layer, Dropout) for layer in experiment.layers)
    lines = ["losses = []", "for step in range(FIRST_STEP, FIRST_STEP + STEPS):"]
    lines += epoch_end_lines(standing, validation=validation)
    if validation and experiment.early_stopping is not None:
        lines += [
            '    if stopping["stopped"]:',
            '        print("Early stopping: the validation loss does not improve any more.")',
            "        break",
        ]
    lines += [
        "    rows = rows_of(step)",
        "    x, y = X[rows], Y[rows]",
        f"    s = forward(x{', step' if drops else ''})",
        f"    loss = float(data_loss(s, y){' + penalty()' if experiment.penalty.active else ''})",
        "    losses.append(loss)",
        '    print(f"step {step}: loss {loss!r}")',
        "    update(backward(s, y), learning_rate(step))",
    ]
    if plateau_of(experiment.schedule) is not None and not validation:
        lines.append("    epoch_losses.append(loss)")
    return lines


def epoch_end_lines(standing: Standing, *, validation: bool, look: str = "look_at_validation()") -> Lines:
    """What happens in the loop where an epoch begins."""
    waits = plateau_of(standing.experiment.schedule) is not None
    per_epoch, origin = standing.steps_per_epoch, standing.origin_step
    since = "step" if origin == 0 else f"(step - {origin})"
    begins = f"{since} % {per_epoch} == 0"
    if validation:
        # The epoch at which the run was changed has nothing before it, but is looked at like every other by early
        # stopping only from the next one on.
        earliest = max(origin + per_epoch, standing.step + (1 if standing.epoch_is_told else 0))
        return [f"    if {begins} and step >= {earliest}:", f"        {look}"]
    if waits:
        earliest = max(origin + per_epoch, standing.step + 1)
        return [
            f"    if {begins}:",
            f"        if step >= {earliest}:",
            "            look_for_plateau(float(np.mean(epoch_losses)))",
            "        epoch_losses.clear()",
        ]
    return []
