"""Is it learning? The loss by epochs, its parts, and how good the network is by other measures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NotRequired

import numpy as np
from typing_extensions import TypedDict

from app.thinning import thinned
from app.views.epochs import Stretch, epoch_of, means_of_epochs, stretches_of
from app.views.requests import LossRequest
from app.views.shown import Parts, Seen, Shown
from app.wire import Value
from engine.events import FloatArray
from engine.scores import Score, scores
from engine.still import Forwards, Still


class ScoreMessage(TypedDict):
    """How good the network is on some rows; `accuracy` and `confusion` (true × predicted) for classes, else `rmse`."""

    rows: int
    loss: Value
    accuracy: NotRequired[Value]
    confusion: NotRequired[Value]
    rmse: NotRequired[Value]


class BestMessage(TypedDict):
    """The epoch with the lowest validation loss, and the step before which it was measured."""

    epoch: int
    step: int
    loss: Value


class StretchMessage(TypedDict):
    """From this step on, with which this epoch begins, epochs are so many steps long."""

    step: int
    epoch: int
    length: int


class LossData(TypedDict):
    """The record of losses is the `history` message's; here is what else is known of it.

    Pairs of an epoch (or a step) and a loss, thinned for drawing. An epoch's loss, or penalty, is the mean over its steps;
    only whole epochs are among them. Scores are of the moment of the cursor.
    """

    stretches: list[StretchMessage]
    epochs: list[tuple[int, Value]]
    penalty: list[tuple[int, Value]]
    penalty_epochs: list[tuple[int, Value]]
    best: BestMessage | None
    class_names: list[str]
    training: ScoreMessage
    validation: ScoreMessage | None


def show_loss(session: Seen, _: LossRequest) -> Parts:
    """See `LossData`."""
    timeline = session.timeline
    return _parts(
        timeline.history("loss"),
        timeline.history("penalty"),
        timeline.validations(),
        stretches_of(timeline),
        timeline.still(),
        session.forwards,
    )


def _parts(
    losses: FloatArray,
    penalties: FloatArray,
    validations: Sequence[tuple[int, float]],
    stretches: Sequence[Stretch],
    still: Still,
    forwards: Forwards,
) -> Parts:
    epochs = thinned(*means_of_epochs(losses, stretches))
    yield None
    has_penalty = bool(penalties.any())
    penalty = thinned(range(len(penalties)), penalties) if has_penalty else []
    penalty_epochs = thinned(*means_of_epochs(penalties, stretches)) if has_penalty else []
    yield None
    found = scores(still, forwards=forwards)
    finite = [(step, loss) for step, loss in validations if np.isfinite(loss)]
    best = min(finite, key=lambda point: point[1], default=None)
    data: LossData = {
        "stretches": [{"step": each.step, "epoch": each.epoch, "length": each.length} for each in stretches],
        "epochs": epochs,
        "penalty": penalty,
        "penalty_epochs": penalty_epochs,
        "best": None if best is None else {"epoch": epoch_of(stretches, best[0]), "step": best[0], "loss": best[1]},
        "class_names": list(found.class_names),
        "training": _tell(found.training),
        "validation": None if found.validation is None else _tell(found.validation),
    }
    yield Shown(data)


def _tell(score: Score) -> ScoreMessage:
    told: ScoreMessage = {"rows": score.rows, "loss": score.loss}
    if score.accuracy is not None:
        told["accuracy"] = score.accuracy
    if score.confusion is not None:
        told["confusion"] = score.confusion
    if score.rmse is not None:
        told["rmse"] = score.rmse
    return told
