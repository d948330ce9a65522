"""What ails a run, in one sentence each, and since which step.

Each diagnosis is a rule with named thresholds over the samples of a survey and the records of the run. A rule that fires
too readily is worse than none: a learner believes what the screen says. So every rule also says what it leaves alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from engine.arena import FloatArray
from engine.experiment import Experiment
from engine.layers.dense import Dense
from engine.signals import LARGEST_SLOPE, SILENCED
from engine.survey import Survey, SurveySample
from engine.tape import Immediately
from engine.timeline import Timeline

Kind = Literal[
    "diverging",
    "exploding_gradient",
    "vanishing_gradient",
    "dead_neurons",
    "saturated_neurons",
    "symmetric_neurons",
    "plateau",
    "overfitting",
]
Severity = Literal["serious", "warning", "note"]

VANISHING: Final = 1e-3
"""First layer's rms gradient (or δ) over the last's: a thousand times slower is standing still while the last one learns."""
EXPLODING: Final = 1e3
"""The same the other way round: the learning rate that the first layer bears is a thousandth of what the last one needs."""
NOISE: Final = 1e-12
"""An rms gradient below this is rounding; its ratio to another says nothing."""
GROWN: Final = 100.0
"""The gradient's length over that of step 0: two powers of ten, which no usual start of a run sees while the loss grows."""
PLATEAU_STEPS: Final = 50
PLATEAU_SHARE: Final = 0.2
"""Of the run, at least: a pause that is short beside the whole is no plateau."""
PLATEAU_CHANGE: Final = 1e-3
"""Relative change of the loss over that time: less than the width of a drawn line."""
PLATEAU_GRADIENT: Final = 0.1
"""The gradient's length over the largest of the run: on a steep slope a loss that stands still has another reason."""
CONVERGED: Final = 1e-3
"""Of the first loss: a loss that has fallen to a thousandth has arrived."""
LEARNT: Final = 0.8
"""Of what the best constant answer leaves: a network that explains more than that is at a floor of its own, not stuck."""
OVERFITTING: Final = 0.1
"""By how much the validation loss lies above its best: more than the wobble between epochs."""
OVERFITTING_EPOCHS: Final = 5
"""After the best one: fewer could be chance."""
DIVERGING: Final = 2.0
"""The loss over that of the first step: a run that is worse than untrained, and by more than an overshoot."""
RISES: Final = 3
"""So many times in a row the loss has to have risen, epoch after epoch (step after step where the batch is all rows)."""
SAME: Final = 1e-9
"""Difference of two neurons' weights over their size: rounding may part copies by less."""
MOST_NAMED: Final = 8
"""Neurons that a sentence names."""
RAISED: Final = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
LOWERED: Final = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


@dataclass(frozen=True)
class Place:
    """Where something ails.

    Attributes:
        layer: 0-based number, or None for the whole network.
        units: numbers of the neurons.
        parameter: such as `layer0.W[1, 0]`.
    """

    layer: int | None = None
    units: tuple[int, ...] = ()
    parameter: str | None = None


@dataclass(frozen=True)
class Diagnosis:
    """One thing that ails a run.

    Attributes:
        kind: what.
        words: one sentence with its numbers; layers, neurons and steps are counted from 1.
        since_step: the 0-based step since which it holds.
        place: where.
        severity: `serious` where the run learns nothing more like this, `warning`, or `note`.
    """

    kind: Kind
    words: str
    since_step: int
    place: Place
    severity: Severity


ORDER: Final[Sequence[Severity]] = ("serious", "warning", "note")


def diagnose(survey: Survey, timeline: Timeline) -> list[Diagnosis]:
    """What ails the run in its newest moment, the most serious first; nothing where no step is complete.

    Args:
        survey: of the run; it may be incomplete, it takes what it needs.
        timeline: the run; its cursor may be anywhere, and stays there.
    """
    newest = survey.newest()
    found = list(diverging(survey, timeline))
    if newest is not None:
        ways: tuple[Callable[[], Iterator[Diagnosis]], ...] = (
            lambda: through_depth(survey, newest),
            lambda: growing_gradient(survey, newest) if not found else iter(()),
            lambda: dead(survey, newest),
            lambda: saturated(survey, newest),
            lambda: symmetric(survey, newest),
            lambda: plateau(survey, timeline, newest),
            lambda: overfitting(timeline),
        )
        for way in ways:
            found.extend(way())
    return sorted(found, key=lambda diagnosis: ORDER.index(diagnosis.severity))


# ---------------------------------------------------------------------- the gradient


def through_depth(survey: Survey, newest: SurveySample) -> Iterator[Diagnosis]:
    """The gradient of the first layer beside that of the last: it vanishes or explodes on its way back.

    Two ratios are looked at, for the mean over the batch can hide the first: where the answers of the batch are wrong to
    both sides, what the last layer gets cancels out, and it stands still as the first layer does. δ is one number for each
    row, and does not cancel.

    Left alone: a frozen layer; a gradient that is exactly 0 (dead neurons say so themselves) or only rounding; a gradient
    that is small because the loss has arrived.
    """
    layers = [i for i in newest.form.units if (i, "W") not in newest.form.experiment.frozen]
    if len(layers) < 2:
        return
    first, last = layers[0], layers[-1]
    arrived = CONVERGED * survey.look(0).loss

    def ratio(sample: SurveySample, of: Callable[[SurveySample, int], float]) -> float:
        if first not in sample.form.units or last not in sample.form.units:
            return math.nan
        below, above = of(sample, first), of(sample, last)
        return below / above if min(below, above) > 0 and max(below, above) > NOISE else math.nan

    def vanishes(sample: SurveySample) -> bool:
        ratios = (ratio(sample, SurveySample.gradient_rms), ratio(sample, SurveySample.delta_rms))
        return sample.loss > arrived and any(one < VANISHING for one in ratios)

    def explodes(sample: SurveySample) -> bool:
        return ratio(sample, SurveySample.gradient_rms) > EXPLODING

    if vanishes(newest):
        by_gradient = ratio(newest, SurveySample.gradient_rms) < VANISHING
        of = SurveySample.gradient_rms if by_gradient else SurveySample.delta_rms
        sizes = f"(rms {told(of(newest, first))} against {told(of(newest, last))})"
        times_less = times(1 / ratio(newest, of))
        words = (
            f"The gradient vanishes: layer {first + 1} learns {times_less} more slowly than layer {last + 1} {sizes}."
            if by_gradient
            else f"The gradient vanishes: the error that reaches layer {first + 1} is {times_less} smaller than that of "
            f"layer {last + 1} {sizes}."
        )
        since = survey.held_since(f"vanishing {first} {last}", vanishes)
        yield Diagnosis("vanishing_gradient", words, since or 0, Place(first), "serious")
    elif explodes(newest):
        rms = newest.gradient_rms(first), newest.gradient_rms(last)
        words = (
            f"The gradient explodes on its way back: that of layer {first + 1} is {times(rms[0] / rms[1])} as large "
            f"as that of layer {last + 1} (rms {told(rms[0])} against {told(rms[1])})."
        )
        since = survey.held_since(f"exploding {first} {last}", explodes)
        yield Diagnosis("exploding_gradient", words, since or 0, Place(first), "serious")


def growing_gradient(survey: Survey, newest: SurveySample) -> Iterator[Diagnosis]:
    """The gradient has grown a hundredfold since the first step, and the loss has grown with it.

    Left alone: a gradient that grows while the loss falls, as it does when a run leaves a flat region.
    """
    first = survey.look(0)

    def grown(sample: SurveySample) -> bool:
        return sample.gradient_norm > GROWN * first.gradient_norm > 0 and sample.loss > first.loss

    if grown(newest):
        words = (
            f"The gradient explodes: its length has grown {times(newest.gradient_norm / first.gradient_norm)}, "
            f"from {told(first.gradient_norm)} to {told(newest.gradient_norm)}."
        )
        since = survey.held_since("growing gradient", grown)
        yield Diagnosis("exploding_gradient", words, since or 0, Place(), "serious")


# ---------------------------------------------------------------------- neurons


def dead(survey: Survey, newest: SurveySample) -> Iterator[Diagnosis]:
    """ReLUs that are silent for every row; see engine.signals."""
    for layer in with_activation(newest, SILENCED):
        units = newest.layer(layer).dead
        if not units:
            continue

        def dead_too(sample: SurveySample, layer: int = layer, units: tuple[int, ...] = units) -> bool:
            return layer in sample.form.units and set(units) <= set(sample.layer(layer).dead)

        count = newest.form.units[layer]
        words = (
            f"{len(units)} of the {count} ReLUs of layer {layer + 1} {'is' if len(units) == 1 else 'are'} dead: "
            f"{named(units)} {'gives' if len(units) == 1 else 'give'} 0 for every row, so no gradient passes."
        )
        since = survey.held_since(f"dead {layer} {units}", dead_too)
        severity: Severity = "serious" if len(units) == count else "warning"
        yield Diagnosis("dead_neurons", words, since or 0, Place(layer, units), severity)


def saturated(survey: Survey, newest: SurveySample) -> Iterator[Diagnosis]:
    """Hidden sigmoids and tanhs that hardly listen any more; see engine.signals.

    Left alone: the last layer, where being sure is the aim.
    """
    for layer in with_activation(newest, LARGEST_SLOPE):
        units = newest.layer(layer).saturated
        if not units or layer == len(newest.form.experiment.layers) - 1:
            continue

        def saturated_too(sample: SurveySample, layer: int = layer, units: tuple[int, ...] = units) -> bool:
            return layer in sample.form.units and set(units) <= set(sample.layer(layer).saturated)

        count = newest.form.units[layer]
        words = (
            f"{len(units)} of the {count} neurons of layer {layer + 1} {'is' if len(units) == 1 else 'are'} saturated: "
            f"for nearly every row the slope of {named(units)} is less than a hundredth of the largest possible."
        )
        since = survey.held_since(f"saturated {layer} {units}", saturated_too)
        severity: Severity = "warning" if 2 * len(units) >= count else "note"
        yield Diagnosis("saturated_neurons", words, since or 0, Place(layer, units), severity)


def symmetric(survey: Survey, newest: SurveySample) -> Iterator[Diagnosis]:
    """Hidden neurons that are copies of one another: the same weights come in and the same weights go out.

    Such neurons get the same gradient for ever. Left alone: neurons with the same weights in and others out, which part at
    the next step; a network too large for its samples to hold the weights.
    """
    for layer in newest.form.units:
        groups = copies(newest, layer)
        if not groups:
            continue
        units = tuple(sorted(unit for group in groups for unit in group))

        def copies_too(sample: SurveySample, layer: int = layer, groups: tuple[tuple[int, ...], ...] = groups) -> bool:
            return all(any(set(group) <= set(other) for other in copies(sample, layer)) for group in groups)

        if len(groups) == 1:
            subject = f"{len(units)} neurons of layer {layer + 1} are"
        else:
            subject = f"{len(units)} neurons of layer {layer + 1}, in {len(groups)} groups, are"
        words = f"{subject} copies of one another ({named(units)}): they get the same gradient and stay the same."
        since = survey.held_since(f"copies {layer} {groups}", copies_too)
        severity: Severity = "serious" if len(units) == newest.form.units[layer] else "warning"
        yield Diagnosis("symmetric_neurons", words, since or 0, Place(layer, units), severity)


def copies(sample: SurveySample, layer: int) -> tuple[tuple[int, ...], ...]:
    """The groups of neurons of a hidden layer whose weights, in and out, are the same."""
    form = sample.form
    following = next((i for i in form.units if i > layer), None)
    if layer not in form.units or following is None or not form.parts:
        return ()
    layout = form.layout
    into, out = layout.of_layer(layer), layout.of_layer(following)
    weights = np.column_stack(
        [
            into.part(sample.parameters, "W"),
            into.part(sample.parameters, "b"),
            out.part(sample.parameters, "W").T,
        ]
    )
    groups: list[list[int]] = []
    for unit, row in enumerate(weights):
        for group in groups:
            other = weights[group[0]]
            if np.abs(row - other).max() <= SAME * max(np.abs(row).max(), np.abs(other).max()):
                group.append(unit)
                break
        else:
            groups.append([unit])
    return tuple(tuple(group) for group in groups if len(group) > 1)


def with_activation(sample: SurveySample, names: Collection[str]) -> list[int]:
    """The dense layers that have one of some activations."""
    layers = sample.form.experiment.layers
    return [i for i, layer in enumerate(layers) if isinstance(layer, Dense) and layer.activation in names]


# ---------------------------------------------------------------------- the loss


def plateau(survey: Survey, timeline: Timeline, newest: SurveySample) -> Iterator[Diagnosis]:
    """The loss stands still although there is much left to learn.

    Left alone: a loss that has arrived near 0, or whose network explains most of what a constant answer leaves: that is a
    floor. A learning rate of 0 is no plateau either.
    """
    width = steps_per_epoch(newest)
    losses = by_epoch(timeline.history("loss") - timeline.history("penalty"), width)
    pause = max(math.ceil(PLATEAU_STEPS / width), math.ceil(PLATEAU_SHARE * len(losses)))
    if len(losses) <= pause or newest.learning_rate == 0:
        return
    now = float(losses[-1])
    if not np.isfinite(now) or now < CONVERGED * losses[0]:
        return
    apart = np.flatnonzero(~(np.abs(losses - now) <= PLATEAU_CHANGE * abs(now)))
    start = int(apart[-1]) + 1 if apart.size else 0
    if len(losses) - start <= pause:
        return
    steepest = max(sample.gradient_norm for sample in survey.samples)
    constant = loss_of_constant_answer(newest.form.experiment)
    learnt = 1 - now / constant if constant > 0 else 1.0
    if learnt > LEARNT or (newest.gradient_norm > PLATEAU_GRADIENT * steepest > 0):
        return
    since = start * width
    words = (
        f"The loss stands still: {told(now)} for {timeline.last_step - since} steps, where the best constant answer has "
        f"{told(constant)}; the gradient's length is {told(newest.gradient_norm)}."
    )
    yield Diagnosis("plateau", words, since, Place(), "warning")


def loss_of_constant_answer(experiment: Experiment) -> float:
    """The smallest training loss of a network that gives every row the same answer.

    The answer is the mean of the targets (the shares of the classes), their median for an absolute error, the commoner
    side for the hinge; for Huber's loss, which has no formula, the better of mean and median.
    """
    y, loss = experiment.dataset.targets.T, experiment.loss
    mean, median = y.mean(axis=1, keepdims=True), np.median(y, axis=1, keepdims=True)
    answers = [mean, median, np.where(mean >= 0, 1.0, -1.0)] if loss.fused is None else [mean]
    return min(mean_loss(experiment, np.broadcast_to(answer, y.shape), y) for answer in answers)


def mean_loss(experiment: Experiment, a: FloatArray, y: FloatArray) -> float:
    """The loss of predictions a, both (outputs, n), by the same instructions that train."""
    loss, terms = experiment.loss, np.empty(y.shape)
    with np.errstate(all="ignore"):
        given = a - y
        if loss.fused == "sigmoid":
            given = np.log(a) - np.log1p(-a)
        elif loss.fused == "softmax":
            given = np.log(a)
        given = np.clip(given, -1e300, 1e300)
        loss.terms(Immediately(), a, y, given, terms)
    return float(np.nansum(terms) * loss.scale(len(y)) / y.shape[1])


def overfitting(timeline: Timeline) -> Iterator[Diagnosis]:
    """The validation loss has risen from its best, while the training loss has gone on falling."""
    measured = timeline.validations()
    losses = timeline.history("loss") - timeline.history("penalty")
    measured = [(step, loss) for step, loss in measured if step < len(losses)]
    if len(measured) <= OVERFITTING_EPOCHS:
        return
    steps, validation = (np.array(column) for column in zip(*measured, strict=True))
    if not np.isfinite(validation).all():
        return
    best = int(np.argmin(validation))
    recent = validation[max(best, len(validation) - OVERFITTING_EPOCHS) :]
    if len(validation) - 1 - best < OVERFITTING_EPOCHS or recent.min() < (1 + OVERFITTING) * validation[best]:
        return
    start, end = int(steps[best]), int(steps[best + 1])
    width = end - start
    then, now = float(losses[start:end].mean()), float(losses[-width:].mean())
    if not now < then:
        return
    words = (
        f"The network overfits since epoch {best + 1}: the validation loss has risen from {told(validation[best])} "
        f"to {told(validation[-1])}, while the training loss has fallen from {told(then)} to {told(now)}."
    )
    yield Diagnosis("overfitting", words, start, Place(), "warning")


def diverging(survey: Survey, timeline: Timeline) -> Iterator[Diagnosis]:
    """The loss grows and grows: the steps are too large.

    Left alone: an overshoot at the beginning, and a spike after which the loss is still below where it began.
    """
    losses = timeline.history("loss")
    newest = survey.newest()
    if newest is None:
        if timeline.divergence is not None:
            told_of = timeline.divergence
            yield Diagnosis("diverging", told_of.cause, told_of.step, Place(parameter=told_of.parameter), "serious")
        return
    width = steps_per_epoch(newest)
    epochs = by_epoch(losses, width)
    with np.errstate(all="ignore"):
        rising = np.diff(epochs) > 0
        rising |= np.isinf(epochs[1:])
    turns = np.flatnonzero(~rising)
    start = int(turns[-1]) + 1 if turns.size else 0
    since = start * width
    if timeline.divergence is not None:
        told_of = timeline.divergence
        place = Place(parameter=told_of.parameter)
        yield Diagnosis("diverging", told_of.cause, min(since, told_of.step), place, "serious")
        return
    if len(epochs) - 1 - start < RISES or not epochs[-1] > DIVERGING * epochs[0]:
        return
    name, symbol, change = largest_change(newest)
    because = f" because |Δ{symbol}| = {told(change)}" if name else ""
    words = (
        f"The loss grows, from {told(epochs[start])} at step {since + 1} to {told(epochs[-1])},{because}: "
        f"learning rate {newest.learning_rate:g} is too large here."
    )
    yield Diagnosis("diverging", words, since, Place(parameter=name or None), "serious")


def largest_change(sample: SurveySample) -> tuple[str, str, float]:
    """The parameter that the update changes most: its name, how people write it, and by how much; empty where unknown."""
    best = ("", "", -1.0)
    if not sample.form.parts:
        return best
    for block, part in sample.form.layout.names():
        sizes = np.abs(block.part(sample.update, part))
        at = tuple(int(one) for one in np.unravel_index(int(np.argmax(sizes)), sizes.shape))
        if sizes[at] > best[2]:
            place = ", ".join(str(one) for one in at)
            people = ("" if max(at) < 9 else ",").join(str(one + 1) for one in at).translate(LOWERED)
            symbol = f"{part.lower()}{people}⁽{str(block.layer + 1).translate(RAISED)}⁾"
            best = (f"layer{block.layer}.{part}[{place}]", symbol, float(sizes[at]))
    return best


def steps_per_epoch(sample: SurveySample) -> int:
    """Steps in a pass over the data."""
    experiment = sample.form.experiment
    return -(-len(experiment.dataset.inputs) // experiment.batch_size)


def by_epoch(losses: FloatArray, width: int) -> FloatArray:
    """The mean loss of each whole epoch: batches differ, so from step to step the loss wobbles."""
    whole = len(losses) // width * width
    with np.errstate(all="ignore"):
        return np.asarray(
            (losses[:whole] if whole else losses).reshape(-1, width if whole else len(losses)).mean(axis=1)
        )


# ---------------------------------------------------------------------- words


def told(number: float) -> str:
    """A number as a sentence has it, to two or three digits: 0.0791, 38, 3·10⁻⁹."""
    if number == 0 or not math.isfinite(number) or 1e-3 <= abs(number) < 1e5:
        return (
            f"{number:.3g}".replace("inf", "∞") if abs(number) < 1e3 or not math.isfinite(number) else f"{number:.0f}"
        )
    mantissa, _, exponent = f"{number:.1e}".partition("e")
    return f"{mantissa.removesuffix('.0')}·10{str(int(exponent)).translate(RAISED)}"


def times(ratio: float) -> str:
    """How many times, in one digit: 10,000 times."""
    if ratio >= 1e7:
        return f"{told(ratio)} times"
    digits = 10 ** math.floor(math.log10(ratio))
    return f"{round(ratio / digits) * digits:,} times"


def named(units: Sequence[int]) -> str:
    """Neurons by their numbers, counted from 1."""
    numbers = [str(unit + 1) for unit in units[:MOST_NAMED]]
    if len(units) > MOST_NAMED:
        return f"neurons {', '.join(numbers)} and {len(units) - MOST_NAMED} more"
    if len(numbers) == 1:
        return f"neuron {numbers[0]}"
    return f"neurons {', '.join(numbers[:-1])} and {numbers[-1]}"
