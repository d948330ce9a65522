"""The loss curve as it travels: as many points as a chart can show, and the edits as marks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from app.messages import EditNote, History
from app.point_words import Rows
from app.thinning import Curve, thinned
from app.wire import FiniteList
from engine import Edit
from engine.events import FloatArray
from engine.points import POINTS

_WORDS_LENGTH: Final = 40


def tell_history(
    losses: FloatArray,
    validations: Sequence[tuple[int, float]],
    notes: list[EditNote],
    curve: Curve | None = None,
) -> History:
    """A run's record.

    Args:
        losses: one for each step.
        validations: the validation losses, with the steps before which they were measured.
        notes: the edits.
        curve: of the losses, if it is at hand.
    """
    steps, validation_losses = zip(*validations, strict=True) if validations else ((), ())
    return {
        "steps": len(losses),
        "loss": thinned(range(len(losses)), losses, curve),
        "validation": thinned(steps, np.array(validation_losses, dtype=np.float64)),
        "edits": notes,
    }


class EditNotes:
    """The edits of a run as marks on the time axis: `η 0.1 → 0.5`. What has been put in words once is remembered.

    Args:
        experiment: the document that the run began with.
        rows: of its data, as far as they are known.
    """

    def __init__(self, experiment: Mapping[str, Any], rows: Rows | None = None) -> None:
        self._experiment = experiment
        # Before the first edit, and after each.
        self._rows = [rows or Rows()]
        self._edits: list[Edit] = []
        self._before: list[object] = []
        self._notes: list[EditNote] = FiniteList()
        self._known: dict[tuple[str, tuple[int, ...] | None], object] = {}

    def of(self, edits: Sequence[Edit]) -> list[EditNote]:
        """One mark for each edit of the log."""
        # A log only grows at its end, or loses its end.
        while self._edits and (len(self._edits) > len(edits) or edits[len(self._edits) - 1] is not self._edits[-1]):
            self._known[_key(self._edits.pop())] = self._before.pop()
            self._notes.pop()
            self._rows.pop()
        for edit in edits[len(self._edits) :]:
            key = _key(edit)
            before = self._known.get(key, _found(self._experiment, key[0]) if edit.index is None else None)
            self._edits.append(edit)
            self._before.append(before)
            self._known[key] = edit.value
            if edit.path in POINTS:
                words = self._rows[-1].words(edit)
            else:
                origin = f"{in_words(before)} " if before is not None else ""
                words = f"{_name(edit)} {origin}→ {in_words(edit.value)}"
            self._rows.append(self._rows[-1].after(edit))
            self._notes.append({"step": edit.step, "event": edit.event, "words": words})
        return FiniteList(self._notes)


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


def _key(edit: Edit) -> tuple[str, tuple[int, ...] | None]:
    return "optimizer.learning_rate" if edit.path == "learning_rate" else edit.path, edit.index


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
