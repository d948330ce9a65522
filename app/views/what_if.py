"""What would another learning rate do?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from typing_extensions import TypedDict

from app.views.requests import WhatIfRequest
from app.views.shown import Parts, Seen, Shown
from app.wire import Value
from engine import Timeline
from engine.events import FloatArray
from engine.stability import stability
from engine.still import Forwards, Still
from engine.whatif import LEARNING_RATES, WhatIf, first_above, lowest

# So many parameters times rows are gone through between two breaths.
WORK_AT_ONCE: Final = 200_000


class WhatIfMessage(TypedDict):
    """The batch loss along the update's direction, as a function of the learning rate.

    `changes` are the losses less today's `loss`. `best` has the lowest loss. From `exceeds` on the loss is larger than
    today's: null if that never happens, 0 if every learning rate makes it larger. From `stability_limit` on plain gradient
    descent on this batch does not settle; where that is not known it is null, and `stability_reason` says why.
    """

    step: int
    learning_rates: Value
    losses: Value
    changes: Value
    loss: Value
    best: float
    exceeds: float | None
    stability_limit: float | None
    stability_reason: str


class OutcomeMessage(TypedDict):
    """What an update has done: the loss of its batch that was foretold, and the one that its new parameters have."""

    step: int
    learning_rate: Value
    predicted: Value
    got: Value


class WhatIfData(TypedDict):
    """What another learning rate would do; null before every gradient is known.

    `predicted` is the loss after the update with the present `learning_rate`, `best_loss` after one with the best.
    `outcome` is there once every parameter of the step has its new value.
    """

    curve: WhatIfMessage | None
    learning_rate: Value
    predicted: Value | None
    best_loss: Value | None
    outcome: OutcomeMessage | None


def tell_what_if(what_if: WhatIf | None, step: int) -> WhatIfMessage | None:
    """The loss along the update's direction; None before every gradient is known."""
    if what_if is None:
        return None
    with np.errstate(all="ignore"):
        changes = what_if.losses - what_if.loss
    return {
        "step": step,
        "learning_rates": what_if.learning_rates,
        "losses": what_if.losses,
        "changes": changes,
        "loss": what_if.loss,
        "best": what_if.best,
        "exceeds": what_if.exceeds,
        "stability_limit": what_if.stability_limit,
        "stability_reason": what_if.stability_reason,
    }


def show_what_if(session: Seen, _: WhatIfRequest) -> Parts:
    """See `WhatIfData`."""
    timeline = session.timeline
    if not timeline.gradients_known:
        data: WhatIfData = {
            "curve": None,
            "learning_rate": timeline.learning_rate,
            "predicted": None,
            "best_loss": None,
            "outcome": None,
        }
        return iter([Shown(data)])
    still = timeline.still()
    return _parts(still, updated_parameters(timeline, still), session.forwards)


def is_updated(timeline: Timeline) -> bool:
    """Whether every parameter has its new value, which the step's last event will put in force."""
    event = timeline.cursor.event
    return event < len(timeline.plan) and timeline.plan[event].kind == "commit"


def updated_parameters(timeline: Timeline, still: Still) -> FloatArray | None:
    """The parameters as the updates of this step have written them, (P,); None before the last of them."""
    if not is_updated(timeline):
        return None
    updated, values = np.array(still.parameters), timeline.values
    for block, part in still.experiment.layout.names():
        name = f"layer{block.layer}.next_{part}"
        if name in values:
            block.part(updated, part)[...] = values[name]
    return updated


def _parts(still: Still, updated: FloatArray | None, forwards: Forwards) -> Parts:
    """The same as engine.whatif.what_if, with a breath now and then: for a large network it takes long."""
    gradient, direction = still.gradient, still.direction
    if gradient is None or direction is None:
        raise ValueError("the gradients of this step are not known yet")
    losses = np.full(len(LEARNING_RATES), np.nan)
    at_once = max(1, WORK_AT_ONCE // (len(still.parameters) * len(still.inputs)))
    for begin in range(0, len(losses), at_once):
        loss_at = _line(still, direction, forwards)
        for place in range(begin, min(begin + at_once, len(losses))):
            losses[place] = loss_at(float(LEARNING_RATES[place]))
        yield None

    loss_at = _line(still, direction, forwards)
    today = loss_at(0.0)
    best = lowest(_or_infinite(loss_at), losses)
    best_loss = loss_at(best)
    yield None

    loss_at = _line(still, direction, forwards)
    with np.errstate(all="ignore"):
        downhill = float(np.dot(gradient, direction)) > 0
    exceeds = first_above(_or_infinite(loss_at), losses, best, today, downhill)
    yield None

    rate = still.hyperparameters["learning_rate"]
    predicted = _line(still, direction, forwards)(rate)
    outcome: OutcomeMessage | None = None
    if updated is not None:
        with np.errstate(all="ignore"):
            got = forwards.of_batch(still).run(updated)
        outcome = {"step": still.step, "learning_rate": rate, "predicted": predicted, "got": got}
    limit = stability(still)
    found = WhatIf(LEARNING_RATES, losses, today, best, exceeds, limit.limit, limit.reason)
    data: WhatIfData = {
        "curve": tell_what_if(found, still.step),
        "learning_rate": rate,
        "predicted": predicted,
        "best_loss": best_loss,
        "outcome": outcome,
    }
    yield Shown(data)


def _line(still: Still, direction: FloatArray, forwards: Forwards) -> Callable[[float], float]:
    """The loss of the batch at each learning rate. It holds until the next breath, in which others use what it uses."""
    forward = forwards.of_batch(still)

    def loss_at(rate: float) -> float:
        with np.errstate(all="ignore"):
            return forward.run(still.parameters - rate * direction)

    return loss_at


def _or_infinite(loss_at: Callable[[float], float]) -> Callable[[float], float]:
    """The same, infinite where the loss is no number."""

    def found(rate: float) -> float:
        loss = loss_at(rate)
        return loss if loss == loss else np.inf

    return found
