"""What messages are made of: numbers and arrays as they travel, places in time, where a number stands."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, GetPydanticSchema
from typing_extensions import TypeAliasType, TypedDict

LARGEST_INTEGER: Final = 2**53 - 1  # the largest that JavaScript tells from its neighbours

Real = float | Literal["NaN", "Infinity", "-Infinity"]
_Nested = TypeAliasType("_Nested", "Real | list[_Nested]")
# Here an array or a number; on the wire nested lists in the usual shapes, the batch first.
Value = Annotated[Any, GetPydanticSchema(lambda _, handler: handler(_Nested))]
Values = dict[str, Value]

Count = Annotated[int, Field(ge=0, le=LARGEST_INTEGER)]
Number = Annotated[int, Field(ge=0, le=LARGEST_INTEGER)]
Index = Annotated[list[Annotated[int, Field(ge=0, le=1_000_000)]], Field(max_length=4)]
QuantityName = Annotated[str, Field(min_length=1, max_length=100)]


class FiniteList(list[Any]):
    """A list in which nobody needs to look for numbers that JSON does not have."""


class FiniteDict(dict[str, Any]):
    """An object in which nobody needs to look for numbers that JSON does not have, such as one that came as JSON."""


class Model(BaseModel):
    """A command: nothing is converted, nothing unknown is accepted."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class Place(Model):
    """A place in time: `event` events of step `step` have run."""

    step: Count
    event: Count


class CursorMessage(TypedDict):
    """A place in time: `event` events of step `step` have run."""

    step: int
    event: int


class RefMessage(TypedDict):
    """Where a number stands: its name and its index in the usual shape."""

    name: str
    index: list[int]


class ArrayPlace(TypedDict):
    """Where an array lies in the vector of a binary message.

    `offset` counts numbers, not bytes; the last index of `shape` runs fastest.
    """

    name: str
    shape: list[Count]
    offset: Count


class FieldProblem(TypedDict):
    """One thing that is wrong with what was sent: where, what it is, and what it may be."""

    path: str
    value: str
    allowed: str
