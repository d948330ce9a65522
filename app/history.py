"""The loss curve as it travels: as many points as a chart can show, and the edits as marks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from app.encode import FiniteList
from app.messages import EditNote, History
from engine import Edit
from engine.events import FloatArray

MOST_POINTS: Final = 600
_WORDS_LENGTH: Final = 40


class Curve:
    """Chooses the points of a growing record that are drawn, without going through all of it every time.

    The record is cut into stretches of one length, a power of two; of each stretch the lowest and the highest point are
    kept. When there are too many stretches, two and two become one.

    Args:
        most: points at most; the first and the last are always among them.
    """

    def __init__(self, most: int = MOST_POINTS) -> None:
        self._most = most
        self._length = 1
        self._low = np.zeros(0, dtype=np.intp)
        self._high = np.zeros(0, dtype=np.intp)

    def kept(self, losses: FloatArray) -> npt.NDArray[np.intp]:
        """The places of the points to draw, ascending.

        Args:
            losses: the record; what it held when it was last asked about, it must still hold. Numbers that are not
                finite may be among them.
        """
        count = len(losses)
        if count <= self._most:
            return np.arange(count)
        stretches = (self._most - 2) // 2
        while -(-count // self._length) > stretches:
            self._double(losses)
        closed, whole = len(self._low), count // self._length
        low, high = self._extremes(losses, closed, whole)
        self._low, self._high = np.append(self._low, low), np.append(self._high, high)
        rest = losses[whole * self._length :]
        ends = [0, count - 1]
        if len(rest):
            ends += [whole * self._length + int(place) for place in (_lowest(rest), _highest(rest))]
        return np.unique(np.concatenate([self._low, self._high, ends]))

    def _double(self, losses: FloatArray) -> None:
        pairs = len(self._low) // 2
        low, high = (places[: 2 * pairs].reshape(pairs, 2) for places in (self._low, self._high))
        row = np.arange(pairs)
        self._low = low[row, _lowest(losses[low])]
        self._high = high[row, _highest(losses[high])]
        self._length *= 2

    def _extremes(self, losses: FloatArray, first: int, stop: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
        stretches = losses[first * self._length : stop * self._length].reshape(-1, self._length)
        starts = self._length * np.arange(first, stop)
        return starts + _lowest(stretches), starts + _highest(stretches)


def _lowest(losses: FloatArray) -> npt.NDArray[np.intp]:
    return np.asarray(np.argmin(np.where(np.isnan(losses), np.inf, losses), axis=-1))


def _highest(losses: FloatArray) -> npt.NDArray[np.intp]:
    return np.asarray(np.argmax(np.where(np.isnan(losses), -np.inf, losses), axis=-1))


def thinned(steps: Sequence[int], losses: FloatArray, curve: Curve | None = None) -> list[tuple[int, float]]:
    """Pairs of a step and its loss, in order; the lowest and the highest of each stretch are kept.

    Args:
        steps: ascending, one for each loss.
        losses: any numbers, not finite ones included.
        curve: what was chosen before, if it was this record.
    """
    kept = (curve or Curve()).kept(losses)
    shown = losses[kept]
    points = [(steps[place], loss) for place, loss in zip(kept.tolist(), shown.tolist(), strict=True)]
    return FiniteList(points) if np.isfinite(shown).all() else points


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
    """

    def __init__(self, experiment: Mapping[str, Any]) -> None:
        self._experiment = experiment
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
        for edit in edits[len(self._edits) :]:
            key = _key(edit)
            before = self._known.get(key, _found(self._experiment, key[0]) if edit.index is None else None)
            self._edits.append(edit)
            self._before.append(before)
            self._known[key] = edit.value
            origin = f"{in_words(before)} " if before is not None else ""
            words = f"{_name(edit)} {origin}→ {in_words(edit.value)}"
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
