"""What was done to a point of the data, in plain words: `row 4 moved`, `row 4 is now class 1`, `row 12 fed`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from engine import Edit
from engine.datasets.dataset import Dataset
from engine.points import ADD, FEED, MOVE, POINTS, REMOVE


@dataclass(frozen=True)
class Rows:
    """What has to be known of the data to name a row and its class.

    Attributes:
        training: how many rows there are to train on; None where nobody has counted them.
        classes: their names; empty for regression, and where they are not known.
        binary: whether there are two classes in one column, written as 0 and 1 or as −1 and 1.
    """

    training: int | None = None
    classes: tuple[str, ...] = ()
    binary: bool = False

    @classmethod
    def of(cls, dataset: Dataset) -> Rows:
        """The rows of data that are at hand."""
        return cls(len(dataset.inputs), dataset.class_names, dataset.task == "binary")

    def after(self, edit: Edit) -> Rows:
        """The rows once an edit has been made."""
        if edit.path == "data" or (edit.path.startswith("data.") and edit.path not in POINTS and edit.index is None):
            return Rows()  # other data, of which the log tells nothing but their name
        if self.training is None:
            return self
        if edit.path == FEED or (edit.path == ADD and not is_for_validation(edit)):
            return replace(self, training=self.training + 1)
        if edit.path == REMOVE and row_of(edit) < self.training:
            return replace(self, training=self.training - 1)
        return self

    def words(self, edit: Edit) -> str:
        """An edit of a point in words; the rows are those before it."""
        if edit.path == ADD:
            return "validation point added" if is_for_validation(edit) else "point added"
        if edit.path == FEED:
            return "point fed" if self.training is None else f"row {self.training + 1} fed"
        row = self._name(row_of(edit))
        if edit.path == MOVE:
            return f"{row} moved"
        if edit.path == REMOVE:
            return f"{row} removed"
        return f"{row} is now {self._target(edit.value)}"

    def _name(self, row: int) -> str:
        # Rows are counted through, the validation rows after the others.
        if self.training is not None and row >= self.training:
            return f"validation row {row - self.training + 1}"
        return f"row {row + 1}"

    def _target(self, value: Any) -> str:
        numbers = value if isinstance(value, list) else [value]
        if len(numbers) == 1:
            number = numbers[0]
            place = int(number == 1) if self.binary else int(number)
            if self.classes and 0 <= place < len(self.classes):
                return class_in_words(self.classes[place])
            return f"{number:.3g}".replace("-", "−")
        if len(numbers) == len(self.classes) and sorted(numbers) == [0.0] * (len(numbers) - 1) + [1.0]:
            return class_in_words(self.classes[numbers.index(1.0)])
        return "another one"


def class_in_words(name: str) -> str:
    """A class by its name, if that says more than its number."""
    return f"class {name}" if name.lstrip("−-").isdigit() else name


def is_for_validation(edit: Edit) -> bool:
    """Whether a point was added to the validation rows."""
    return isinstance(edit.value, Mapping) and edit.value.get("validation") is True


def row_of(edit: Edit) -> int:
    """The row that an edit is about."""
    return edit.index[0] if edit.index else 0
