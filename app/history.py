"""The loss curve as it travels: as many points as a chart can show, and the edits as marks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np

from app.encode import FiniteList
from app.messages import EditNote, History
from engine import Edit
from engine.events import FloatArray

MOST_POINTS: Final = 600
_WORDS_LENGTH: Final = 40


def thinned(steps: Sequence[int], losses: FloatArray, most: int = MOST_POINTS) -> list[tuple[int, float]]:
    """Pairs of a step and its loss, in order; the lowest and the highest of each stretch are kept.

    Args:
        steps: ascending, one for each loss.
        losses: any numbers, not finite ones included.
        most: pairs at most; the first and the last are always among them.
    """
    count = len(losses)
    if count <= most:
        kept = np.arange(count)
    else:
        inner = count - 2
        width = -(-inner // ((most - 2) // 2))
        starts = np.arange(1, count - 1, width)
        # The last stretch is filled up with the last number, which is kept anyway.
        padded = np.append(losses[1:-1], np.full(len(starts) * width - inner, losses[-1])).reshape(-1, width)
        low = np.argmin(np.where(np.isnan(padded), np.inf, padded), axis=1)
        high = np.argmax(np.where(np.isnan(padded), -np.inf, padded), axis=1)
        inside = np.minimum(np.concatenate([starts + low, starts + high]), count - 1)
        kept = np.unique(np.concatenate([[0], inside, [count - 1]]))
    points = [(steps[i], loss) for i, loss in zip(kept.tolist(), losses[kept].tolist(), strict=True)]
    return FiniteList(points) if np.isfinite(losses[kept]).all() else points


def tell_history(
    losses: FloatArray, validations: Sequence[tuple[int, float]], edits: Iterable[Edit], experiment: Mapping[str, Any]
) -> History:
    """A run's record.

    Args:
        losses: one for each step.
        validations: the validation losses, with the steps before which they were measured.
        edits: the log.
        experiment: the document that the run began with.
    """
    steps = [step for step, _ in validations]
    return {
        "steps": len(losses),
        "loss": thinned(range(len(losses)), losses),
        "validation": thinned(steps, np.array([loss for _, loss in validations])),
        "edits": edit_notes(edits, experiment),
    }


def edit_notes(edits: Iterable[Edit], experiment: Mapping[str, Any]) -> list[EditNote]:
    """The edits as marks on the time axis: `η 0.1 → 0.5`."""
    known: dict[tuple[str, tuple[int, ...] | None], object] = {}
    notes: list[EditNote] = FiniteList()
    for edit in edits:
        path = "optimizer.learning_rate" if edit.path == "learning_rate" else edit.path
        key = (path, edit.index)
        before = known.get(key, _found(experiment, path) if edit.index is None else None)
        known[key] = edit.value
        change = f"{in_words(before)} → {in_words(edit.value)}" if before is not None else f"→ {in_words(edit.value)}"
        notes.append({"step": edit.step, "event": edit.event, "words": f"{_name(edit)} {change}"})
    return notes


def in_words(value: object) -> str:
    """A value, short enough for a mark: a number, a name, the `type` of an object."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, int | float):
        return f"{value:.3g}".replace("-", "−")
    if isinstance(value, Mapping):
        return in_words(value.get("type", value.get("name", "…")))
    if isinstance(value, str):
        words = value.replace("_", " ")
        return words if len(words) <= _WORDS_LENGTH else words[: _WORDS_LENGTH - 1] + "…"
    return "none" if value is None else "…"


def _name(edit: Edit) -> str:
    if edit.path in ("learning_rate", "optimizer.learning_rate"):
        return "η"
    owner, _, field = edit.path.rpartition(".")
    if edit.index is not None and owner.startswith("layer"):
        # Indices stand in the order to, from, counted from 1 as people do.
        places = ",".join(str(number + 1) for number in edit.index)
        return f"{field.lower()} {places} of layer {int(owner.removeprefix('layer')) + 1}"
    if edit.index is not None:
        return f"{field.removesuffix('s')} of row {edit.index[0] + 1}"
    return field.replace("_", " ")


def _found(document: Mapping[str, Any], path: str) -> object:
    place: object = document
    for name in path.split("."):
        place = place.get(name) if isinstance(place, Mapping) else None
    return place
