"""What the picture has to show at each rest of a step, worked out from the engine and told grain by grain."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final, Literal

import numpy as np

from engine import Event, Timeline
from engine.events import FloatArray

Grain = Literal["term", "neuron", "layer", "phase", "step"]
Number = float
NOTHING: Final[Mapping[str, tuple[Number, ...]]] = {}


@dataclass(frozen=True)
class Rest:
    """One still frame.

    Attributes:
        cursor: step and event.
        slots: every number that a slot of a neuron has to hold, by reference; all other slots are empty.
        numbers: every number that may stand elsewhere, on an edge or under a neuron, by reference.
        planned: the weights that the update would make, once every gradient is known.
        shares: what the sample on show adds to a mean that has just been taken, by the reference of the weight.
        tokens: the numbers on their way, by place; the last is the product.
        stacks: w, −η·g and w′ where an update is told, by place.
    """

    cursor: tuple[int, int]
    slots: Mapping[str, Number]
    numbers: Mapping[str, Number]
    planned: Mapping[str, Number]
    shares: Mapping[str, Number]
    tokens: Mapping[str, tuple[Number, ...]]
    stacks: Mapping[str, tuple[Number, ...]]


@dataclass(frozen=True)
class Moment:
    """The finest piece of an event: the numbers that it adds, and those it only shows so far."""

    neuron: int
    adds: Mapping[str, Number]
    so_far: Mapping[str, Number]
    tokens: Mapping[str, tuple[Number, ...]]
    stacks: Mapping[str, tuple[Number, ...]]
    is_whole: bool = False


def ref(name: str, *index: int) -> str:
    """A number's reference as the page writes it."""
    return f"{name}[{','.join(map(str, index))}]"


def first_telling_row(timeline: Timeline) -> int:
    """The row of the first batch that a page opens with: products with inputs that are all 0 tell nothing."""
    inputs = timeline.experiment.dataset.inputs[timeline.batch_rows()]
    return next((row for row, numbers in enumerate(inputs) if np.any(numbers != 0.0)), 0)


def rests_of_step(timeline: Timeline, grain: Grain, sample: int | None = None) -> list[Rest]:
    """The rests from here, before the first event of a step, to before the first event of the next.

    The timeline is left there.

    Args:
        timeline: before the first event of a step.
        grain: how far it is from one rest to the next.
        sample: the row of the batch on show; the one that a page opens with, if left out.
    """
    sample = first_telling_row(timeline) if sample is None else sample
    rests = [start(timeline)]
    while timeline.cursor.step == rests[0].cursor[0]:
        event = timeline.next()
        assert event is not None, "the run ended before the step"
        if event.kind == "commit":
            rests.append(start(timeline))
            break
        cursor = (timeline.cursor.step, timeline.cursor.event)
        rests.extend(rests_of_event(timeline, event, grain, sample, replace(rests[-1], cursor=cursor)))
    if grain == "step":
        return [rests[0], rests[-1]]
    if grain == "phase":
        return [rests[0], *ends_of_phases(timeline, rests), rests[-1]]
    return rests


def ends_of_phases(timeline: Timeline, rests: list[Rest]) -> Iterator[Rest]:
    """Those of the rests at which a phase is over; the update rests before its commit."""
    phases = [planned.kind if planned.kind == "commit" else planned.phase for planned in timeline.plan]
    for place, (phase, following) in enumerate(pairwise(phases)):
        if phase != following:
            yield rests[place + 1]


def start(timeline: Timeline) -> Rest:
    """Before the first event of a step: weights, and nothing else."""
    numbers = by_reference(timeline.parameters())
    return Rest((timeline.cursor.step, timeline.cursor.event), {}, numbers, {}, {}, NOTHING, NOTHING)


def by_reference(arrays: Mapping[str, FloatArray]) -> dict[str, Number]:
    """Every number of some arrays."""
    return {ref(name, *index): float(value) for name, array in arrays.items() for index, value in np.ndenumerate(array)}


def rests_of_event(timeline: Timeline, event: Event, grain: Grain, sample: int, before: Rest) -> Iterator[Rest]:
    """The rests of one event; at the grain of layers and above it has one."""
    moments = moments_of(timeline, event, sample)
    slots, numbers = dict(before.slots), dict(before.numbers)
    preview = timeline.preview() if timeline.gradients_known else None
    planned = {weight_of(name): value for name, value in by_reference(preview.values).items()} if preview else {}
    tokens: dict[str, tuple[Number, ...]] = {}
    stacks: dict[str, tuple[Number, ...]] = {}
    for place, moment in enumerate(moments):
        for name, value in moment.adds.items():
            (slots if is_slot(name) else numbers)[weight_of(name)] = value
        last = place + 1 == len(moments)
        if grain == "term":
            tokens, stacks = dict(moment.tokens), dict(moment.stacks)
        elif grain == "neuron":
            # A product stands alone here: there is no room for the factors of all of them.
            tokens |= {at: products[-1:] for at, products in moment.tokens.items()}
            stacks |= moment.stacks
            if not last and moments[place + 1].neuron == moment.neuron:
                continue
            if event.kind == "loss":
                tokens = {}
        elif not last:
            continue
        so_far = {name: value for name, value in moment.so_far.items() if is_slot(name)}
        noted = {name: value for name, value in moment.so_far.items() if not is_slot(name)}
        yield Rest(
            before.cursor,
            {**slots, **so_far},
            {**numbers, **noted},
            # The last gradient is known with its mean, not with the first of its products.
            planned if event.phase == "update" or last else {},
            shares_of(timeline, event, sample) if event.kind == "weight_gradient" and last else {},
            tokens if grain in ("term", "neuron") and not moment.is_whole else NOTHING,
            stacks if grain in ("term", "neuron") else NOTHING,
        )
        tokens, stacks = {}, {}


def shares_of(timeline: Timeline, event: Event, sample: int) -> dict[str, Number]:
    """The products of one sample beside the means of a batch; of a batch of one they are the same."""
    if len(timeline.batch_rows()) == 1:
        return {}
    terms = (timeline.detail(event.index, sample) or {})["terms"]
    return by_reference({f"layer{event.layer}.W": terms[:, :-1], f"layer{event.layer}.b": terms[:, -1]})


def is_slot(name: str) -> bool:
    """Whether a number has a slot in a neuron, an input, a target or the loss."""
    quantity = name.partition("[")[0].rpartition(".")[2]
    return quantity in ("x", "y", "z", "a", "delta", "sample_loss", "loss")


def weight_of(name: str) -> str:
    """Where a number is noted: an edge shows the next weight in place of the present one."""
    return name.replace(".next_", ".")


def one(name: str, value: float, *index: int) -> dict[str, Number]:
    """A reference and its number."""
    return {ref(name, *index): float(value)}


def moments_of(timeline: Timeline, event: Event, sample: int) -> list[Moment]:
    """An event in its finest pieces, in the order in which they are told."""
    detail = timeline.detail(event.index, sample) or {}
    layer = event.layer if event.layer is not None else -1
    match event.kind:
        case "batch":
            adds = {
                ref(name, sample, k): float(value)
                for name in ("x", "y")
                for k, value in enumerate(event.values[name][sample])
            }
            return [Moment(-1, adds, {}, NOTHING, NOTHING, is_whole=True)]
        case "affine":
            return affine(timeline, event, layer, sample, detail)
        case "activation":
            return per_neuron(event, f"layer{layer}.a", sample)
        case "activation_gradient":
            return per_neuron(event, f"layer{layer}.delta", sample)
        case "loss":
            return loss(event, sample, detail)
        case "loss_gradient":
            name = next(name for name in event.values if name.endswith((".delta", ".grad_a")))
            return per_neuron(event, name, sample, "link")
        case "weight_gradient":
            return weight_gradient(timeline, event, layer, sample, detail)
        case "propagate":
            return propagate(timeline, event, layer, sample, detail)
        case "update":
            return update(timeline, event, layer)
        case _:
            return [Moment(-1, {}, {}, NOTHING, NOTHING, is_whole=True)]


def edge(layer: int, to: int, come_from: int, fan_in: int) -> str:
    """The place of an edge; that of the bias comes after those of all inputs."""
    return f"bias {layer} {to}" if come_from == fan_in else f"edge {layer} {to} {come_from}"


def inputs_of(timeline: Timeline, layer: int, sample: int) -> FloatArray:
    """What a layer multiplies, with the bias's 1 at the end."""
    name = "x" if layer == 0 else f"layer{layer - 1}.a"
    return np.append(timeline.values[name][sample], 1.0)


def affine(timeline: Timeline, event: Event, layer: int, sample: int, detail: Mapping[str, FloatArray]) -> list[Moment]:
    """One moment for each product; with the last, the bias, the sum is done."""
    name = f"layer{layer}.z"
    given = inputs_of(timeline, layer, sample)
    weights = np.column_stack([timeline.values[f"layer{layer}.W"], timeline.values[f"layer{layer}.b"]])
    fan_in = len(given) - 1
    moments = []
    for to, row in enumerate(detail["terms"]):
        for k, product in enumerate(row):
            np.testing.assert_allclose(product, given[k] * weights[to, k], rtol=1e-12)
            adds = one(name, event.values[name][sample, to], sample, to) if k == fan_in else {}
            so_far = {} if k == fan_in else one(name, detail["partials"][to, k], sample, to)
            tokens = {edge(layer, to, k, fan_in): (given[k], weights[to, k], product)}
            moments.append(Moment(to, adds, so_far, tokens, NOTHING))
    return moments


def per_neuron(event: Event, name: str, sample: int, link: str = "") -> list[Moment]:
    """One moment for each neuron's number, which may come along a link."""
    return [
        Moment(k, one(name, value, sample, k), {}, {f"{link} {k}": (float(value),)} if link else NOTHING, NOTHING)
        for k, value in enumerate(event.values[name][sample])
    ]


def loss(event: Event, sample: int, detail: Mapping[str, FloatArray]) -> list[Moment]:
    """One moment for each output's part, then the sample's loss, then the mean over the batch."""
    parts = detail["terms"][0]
    moments = [
        Moment(0, {}, one("sample_loss", float(np.sum(parts[: k + 1])), sample), {f"link {k}": (part,)}, NOTHING)
        for k, part in enumerate(parts)
    ]
    moments.append(Moment(0, one("sample_loss", event.values["sample_loss"][sample], sample), {}, NOTHING, NOTHING))
    moments.append(Moment(-1, one("loss", event.values["loss"].item()), {}, NOTHING, NOTHING, is_whole=True))
    return moments


def weight_gradient(
    timeline: Timeline, event: Event, layer: int, sample: int, detail: Mapping[str, FloatArray]
) -> list[Moment]:
    """One moment for each δ·a of the sample, then the mean over the batch."""
    given = inputs_of(timeline, layer, sample)
    delta = timeline.values[f"layer{layer}.delta"][sample]
    fan_in = len(given) - 1
    moments = []
    for to, row in enumerate(detail["terms"]):
        for k, product in enumerate(row):
            np.testing.assert_allclose(product, given[k] * delta[to], rtol=1e-12)
            moments.append(Moment(to, {}, {}, {edge(layer, to, k, fan_in): (delta[to], given[k], product)}, NOTHING))
    return [*moments, Moment(-1, by_reference(event.values), {}, NOTHING, NOTHING, is_whole=True)]


def propagate(
    timeline: Timeline, event: Event, layer: int, sample: int, detail: Mapping[str, FloatArray]
) -> list[Moment]:
    """One moment for each w·δ that comes back to a neuron of the layer before."""
    weights = timeline.values[f"layer{layer}.W"]
    delta = timeline.values[f"layer{layer}.delta"][sample]
    name = f"layer{layer - 1}.grad_a"
    moments = []
    for neuron, row in enumerate(detail["terms"]):
        for to, product in enumerate(row):
            np.testing.assert_allclose(product, weights[to, neuron] * delta[to], rtol=1e-12)
            done = to + 1 == len(row)
            value = event.values[name][sample, neuron] if done else detail["partials"][neuron, to]
            number = one(name, value, sample, neuron)
            tokens = {f"edge {layer} {to} {neuron}": (weights[to, neuron], delta[to], product)}
            moments.append(Moment(neuron, number if done else {}, {} if done else number, tokens, NOTHING))
    return moments


def update(timeline: Timeline, event: Event, layer: int) -> list[Moment]:
    """One moment for each neuron: w, −η·g and w′ on each of its edges."""
    parameter = event.parameter or "W"
    now, change, following = (
        np.atleast_1d(timeline.values[f"layer{layer}.{prefix}{parameter}"]) for prefix in ("", "change_", "next_")
    )
    moments = []
    for to in range(len(now)):
        adds: dict[str, Number] = {}
        stacks: dict[str, tuple[Number, ...]] = {}
        for k in range(now.shape[1]) if parameter == "W" else [-1]:
            index = (to, k) if k >= 0 else (to,)
            adds |= one(f"layer{layer}.next_{parameter}", following[index], *index)
            place = f"edge {layer} {to} {k}" if k >= 0 else f"bias {layer} {to}"
            stacks[place] = (float(now[index]), float(change[index]), float(following[index]))
        moments.append(Moment(to, adds, {}, NOTHING, stacks))
    return moments
