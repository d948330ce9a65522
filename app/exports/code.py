"""What the scripts of all three libraries have in common: heading, data, order of the rows, learning rate.

A script is plain text made of lines; what a user has typed gets into it as a number or in a comment only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from app.exports.standing import Standing, masks_seed, order_seed
from engine.events import FloatArray
from engine.layers.dense import Dense
from engine.layers.dropout import Dropout
from engine.schedules import (
    Clocked,
    Constant,
    Cosine,
    CosineRestarts,
    Cyclical,
    Exponential,
    InverseTime,
    LinearWarmup,
    OneCycle,
    Plateau,
    Schedule,
    Step,
    Warmup,
)

STEPS: Final = 20
"""How many steps a script trains unless it is asked for more or fewer."""
MOST_STEPS: Final = 100_000
Lines = list[str]


def joined(*parts: Sequence[str]) -> str:
    """The text of a script from its parts, two blank lines between them; empty parts are left out."""
    text = "\n\n\n".join("\n".join(part) for part in parts if part) + "\n"
    return text if "math." in text else text.replace("import math\n\n", "", 1)


def one_line(text: str) -> str:
    """Text that may stand in a comment: whatever could end the line is a space."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def heading(standing: Standing, library: str, program: str, notes: Sequence[str]) -> Lines:
    """The comment that a script begins with.

    Args:
        standing: where the run stands.
        library: that the script uses.
        program: our version.
        notes: what the script cannot do as the run does, a sentence each.
    """
    experiment = standing.experiment
    title = one_line(str(experiment.document.get("title", "")))[:100]
    layers = " → ".join([str(experiment.layers[0].fan_in), *(str(layer.units) for layer in experiment.layers)])
    lines = [
        f"# {title or 'A network'}, in {library}",
        "#",
        f"# Written by chalkgrad {program} at step {standing.step} of a run: {layers} neurons, {experiment.loss.label},",
        f"# {experiment.optimizer.label}. Weights, data and the state of the optimizer are those of that moment, at full",
        "# precision; the losses that are printed are those of the steps that follow.",
    ]
    if experiment.dataset.source:
        lines += ["#", *wrapped(f"The data: {one_line(experiment.dataset.source)}")]
    if standing.later_edits:
        edits = "one edit" if standing.later_edits == 1 else f"{standing.later_edits} edits"
        notes = [*notes, f"Behind this moment the run has {edits} that this script does not make."]
    if notes:
        lines += ["#", "# Not quite as in chalkgrad:"]
        for note in notes:
            lines += wrapped(note, "- ")
    return lines


def wrapped(text: str, first: str = "", width: int = 112) -> Lines:
    """A paragraph as lines of a comment."""
    lines, line = [], first.rstrip()
    for word in text.split():
        if line and len(line) + 1 + len(word) > width:
            lines.append(f"# {line}")
            line = " " * len(first) + word
        else:
            line = f"{line} {word}" if line else word
    return [*lines, f"# {line}"]


def literal(array: FloatArray) -> str:
    """An array as Python, every number at full precision; one line for each row of a matrix."""
    special = not np.isfinite(array).all()
    text = repr(array.tolist())
    if array.ndim == 2 and len(text) > 60:
        text = "[\n" + "".join(f"    {row!r},\n" for row in array.tolist()) + "]"
    elif array.ndim == 1 and len(text) > 100:
        text = "[\n" + "".join(f"    {number!r},\n" for number in array.tolist()) + "]"
    # Python spells them nan and inf, and NumPy has those names.
    return text.replace("nan", "np.nan").replace("inf", "np.inf") if special else text


def matrix(array: FloatArray) -> str:
    """An array as a call of NumPy; one without numbers keeps its shape."""
    return f"np.array({literal(array)})" if array.size else f"np.zeros({array.shape})"


def data_lines(standing: Standing, steps: int, *, validation: bool) -> Lines:
    """How many steps, and the rows."""
    data = standing.experiment.dataset
    inputs = ", ".join(one_line(name) for name in data.input_names)
    targets = ", ".join(one_line(name) for name in data.target_names)
    lines = [
        f"FIRST_STEP = {standing.step}",
        f"STEPS = {steps}  # how many to train",
        "",
        *wrapped(f"The rows as the network gets them. Inputs: {inputs}. Targets: {targets}."),
        f"X = {matrix(data.inputs)}",
        f"Y = {matrix(data.targets)}",
    ]
    if validation:
        lines += [
            "",
            "# Rows that are never trained on.",
            f"X_VALIDATION = {matrix(data.validation_inputs)}",
            f"Y_VALIDATION = {matrix(data.validation_targets)}",
        ]
    return lines


def order_lines(standing: Standing) -> Lines:
    """The functions `epoch_of` and `rows_of`."""
    experiment, count = standing.experiment, len(standing.experiment.dataset.inputs)
    per_epoch = standing.steps_per_epoch
    since = "step" if standing.origin_step == 0 else f"(step - {standing.origin_step})"
    epoch = f"{since} // {per_epoch}" if per_epoch > 1 else since.strip("()")
    if standing.origin_epoch:
        epoch = f"{standing.origin_epoch} + {epoch}"
    lines = [
        "def epoch_of(step):",
        '    """Passes over the data before a step."""',
        f"    return {epoch}",
        "",
        "",
        "def rows_of(step):",
    ]
    if experiment.batch_size >= count:
        return [*lines, '    """The rows of a step: all of them."""', "    return np.arange(len(X))"]
    if experiment.shuffle:
        lines += [
            '    """The rows of a step: each epoch takes them in an order of its own."""',
            "    epoch = epoch_of(step)",
            f"    order = np.random.default_rng({order_seed(experiment.seed)}).permutation(len(X))",
        ]
    else:
        lines += ['    """The rows of a step, in the order of the data."""', "    order = np.arange(len(X))"]
    return [
        *lines,
        f"    first = {since} % {per_epoch} * {experiment.batch_size}",
        f"    return order[first : first + {experiment.batch_size}]",
    ]


def mask_lines(standing: Standing) -> Lines:
    """The function `dropout_mask`, where there is dropout."""
    if not any(isinstance(layer, Dropout) for layer in standing.experiment.layers):
        return []
    seed = masks_seed(standing.experiment.seed, 0).replace(", 0, step]", ", layer - 1, step]")
    return [
        "def dropout_mask(layer, step, rate, n, units):",
        '    """0 where an activation is silenced, 1 / (1 - rate) where it passes."""',
        f"    rng = np.random.default_rng({seed})",
        "    return ((rng.random((units, n)) < 1 - rate) / (1 - rate)).T",
    ]


def rate_lines(standing: Standing) -> Lines:
    """The function `learning_rate`, and what it remembers."""
    schedule = standing.experiment.schedule
    rate = standing.experiment.learning_rate
    if isinstance(schedule, Constant):
        rate = standing.hyperparameters["learning_rate"]
    factor = "" if standing.rate_factor == 1.0 else f" * {standing.rate_factor!r}"
    lines = ["def learning_rate(step):", '    """The learning rate of a step."""']
    inner: Schedule = schedule
    base = repr(rate)
    if plateau_of(schedule) is not None:
        base = f"{rate!r} * plateau[0]"
    if isinstance(schedule, Warmup):
        inner = schedule.schedule
        start, steps = schedule.start_factor, schedule.steps
        top = repr(inner.base(rate)) if isinstance(inner, OneCycle) else base
        lines += [
            f"    if step < {steps}:  # warming up",
            f"        return {top} * ({start!r} + {1.0 - start!r} * step / {steps}){factor}",
        ]
    clocked = inner if isinstance(inner, Clocked) else None
    write = RATES.get(type(inner))
    if clocked is None or write is None:
        return [*lines, f"    return {base}{factor}"]
    count = "epoch_of(step)"
    if clocked.per == "step":
        count = f"step - {schedule.steps}" if isinstance(schedule, Warmup) else "step"
    body = write(inner, base)
    return [*lines, f"    t = {count}", *(f"    {line}" for line in body[:-1]), f"    return ({body[-1]}){factor}"]


def plateau_of(schedule: Schedule) -> Plateau | None:
    """The plateau that a schedule waits for."""
    inner = schedule.schedule if isinstance(schedule, Warmup) else schedule
    return inner if isinstance(inner, Plateau) else None


def plateau_lines(standing: Standing) -> Lines:
    """The state of a plateau and the function `epoch_ends`, where the schedule waits for one."""
    plateau = plateau_of(standing.experiment.schedule)
    if plateau is None or standing.plateau is None:
        return []
    sign = "" if plateau.mode == "max" else "-"
    if plateau.threshold_mode == "rel":
        beyond = f"{1.0 + (1.0 if plateau.mode == 'max' else -1.0) * plateau.threshold!r} * best"
    else:
        beyond = f"best {'+' if plateau.mode == 'max' else '-'} {plateau.threshold!r}"
    validated = len(standing.experiment.dataset.validation_inputs) > 0
    losses = [] if validated else [f"epoch_losses = {list(standing.epoch_losses)!r}  # of the present epoch"]
    return [
        "# What the learning rate is multiplied by, the best loss of an epoch so far, epochs in a row without a better",
        "# one, and epochs still to come in which none is counted.",
        f"plateau = {literal(standing.plateau)}",
        *losses,
        "",
        "",
        "def look_for_plateau(loss):",
        '    """Lower the learning rate when the loss of the epochs has stopped improving."""',
        "    factor, best, bad, cooldown = plateau",
        f"    if {sign}loss > {sign}({beyond}):",
        "        best, bad = loss, 0",
        "    else:",
        "        bad += 1",
        "    if cooldown > 0:",
        "        cooldown, bad = cooldown - 1, 0",
        f"    if bad > {plateau.patience}:",
        f"        rate = {standing.experiment.learning_rate!r} * factor",
        f"        lower = max(rate * {plateau.factor!r}, {plateau.min_learning_rate!r})",
        f"        if rate - lower > {plateau.epsilon!r}:",
        f"            factor = lower / {standing.experiment.learning_rate!r}",
        f"        cooldown, bad = {plateau.cooldown}, 0",
        "    plateau[:] = [factor, best, bad, cooldown]",
    ]


def cosine(first: str, last: str, part: str) -> str:
    """Half a cosine wave as Python."""
    return f"{last} + ({first} - {last}) * (1 + math.cos(math.pi * {part})) / 2"


def cyclical(schedule: Any, base: str) -> Lines:
    """The lines of a rate that goes up and down."""
    low = base if schedule.base_learning_rate is None else repr(schedule.base_learning_rate)
    up = schedule.step_size_up
    down = up if schedule.step_size_down is None else schedule.step_size_down
    scale = {"triangular": "", "triangular2": " * 0.5**cycle", "exp_range": f" * {schedule.gamma!r}**t"}
    return [
        f"cycle, within = divmod(t, {up + down})",
        f"height = within / {up} if within <= {up} else ({up + down} - within) / {down}",
        f"{low} + ({schedule.max_learning_rate!r} - {low}) * height{scale[schedule.mode]}",
    ]


def restarts(schedule: Any, base: str) -> Lines:
    """The lines of a cosine wave that begins again."""
    lines = [f"length = {schedule.T_0}"]
    if schedule.T_mult == 1:
        lines.append("t %= length")
    else:
        lines += ["while t >= length:", f"    t, length = t - length, length * {schedule.T_mult}"]
    return [*lines, cosine(base, repr(schedule.eta_min), "t / length")]


def one_cycle(schedule: Any, base: str) -> Lines:
    """The lines of one climb and one descent."""
    low, top, total = schedule.base(0.0), schedule.max_learning_rate, schedule.total_steps
    ends = [(schedule.pct_start * total - 1.0, low, top)]
    if schedule.three_phase:
        ends.append((2.0 * schedule.pct_start * total - 2.0, top, low))
    ends.append((total - 1.0, ends[-1][2], low / schedule.final_div_factor))
    lines, begin = [f"t = min(t, {total - 1})"], 0.0
    for number, (end, first, last) in enumerate(ends):
        ahead = ["else:"] if number == len(ends) - 1 else [f"{'el' if number else ''}if t <= {end!r}:"]
        part = f"(t - {begin!r}) / {end - begin!r}" if end != begin else "1.0"
        lines += [*ahead, f"    first, last, part = {first!r}, {last!r}, {part}"]
        begin = end
    straight = schedule.anneal_strategy == "linear"
    return [*lines, "first + (last - first) * part" if straight else cosine("first", "last", "part")]


RATES: Final[dict[type, Callable[[Any, str], Lines]]] = {
    Step: lambda s, base: [f"{base} * {s.gamma!r} ** (t // {s.step_size})"],
    Exponential: lambda s, base: [f"{base} * {s.gamma!r}**t"],
    InverseTime: lambda s, base: [f"{base} / (1 + {s.decay!r} * t)"],
    Cosine: lambda s, base: [cosine(base, repr(s.eta_min), f"t / {s.T_max}")],
    CosineRestarts: restarts,
    Cyclical: cyclical,
    OneCycle: one_cycle,
    LinearWarmup: lambda s, base: [
        f"{base} * ({s.start_factor!r} + {s.end_factor - s.start_factor!r} * min(t, {s.total_iters}) / {s.total_iters})"
    ],
}


def layer_words(number: int, layer: Dense | Dropout) -> str:
    """`layer 1: 2 neurons, tanh`."""
    if isinstance(layer, Dropout):
        return f"layer {number}: dropout of {layer.rate:g}"
    return f"layer {number}: {layer.units} neuron{'s' if layer.units != 1 else ''}, {layer.activation}"
