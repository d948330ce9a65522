"""Messages as JSON text, with float64 at full precision and no number lost.

JSON has no NaN and no infinities, and orjson writes `null` for them. A run that diverges is exactly where a learner
wants to see them, so they travel by name, as the strings "NaN", "Infinity" and "-Infinity".
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import orjson


class FiniteList(list[Any]):
    """A list in which nobody needs to look for numbers that JSON does not have."""


class FiniteDict(dict[str, Any]):
    """An object in which nobody needs to look for numbers that JSON does not have, such as one that came as JSON."""


def encode(message: Mapping[str, Any]) -> bytes:
    """A message as UTF-8 JSON; arrays become nested lists."""
    encoded = _dumps(message)
    # Where a number is missing there is a null, but most nulls are meant: only then look at every number.
    if b"null" not in encoded:
        return encoded
    named = name_numbers(message)
    return encoded if named is message else _dumps(named)


def name_numbers(value: object) -> object:
    """The same value, with every number that JSON does not have replaced by its name.

    Returns:
        The very same object when all its numbers are finite.
    """
    if isinstance(value, FiniteList | FiniteDict):
        return value
    if isinstance(value, float | np.floating):
        return value if math.isfinite(value) else _name(float(value))
    if isinstance(value, np.ndarray):
        return value if np.isfinite(value).all() else _name_all(value.tolist())
    if isinstance(value, Mapping):
        changed = {key: new for key, old in value.items() if (new := name_numbers(old)) is not old}
        return {**value, **changed} if changed else value
    if isinstance(value, list | tuple):
        items = [name_numbers(item) for item in value]
        return items if any(new is not old for new, old in zip(items, value, strict=True)) else value
    return value


def _dumps(value: object) -> bytes:
    return orjson.dumps(value, default=_plain, option=orjson.OPT_SERIALIZE_NUMPY)


def _plain(value: object) -> object:
    # orjson writes neither arrays without dimensions nor views that do not lie in one piece.
    if isinstance(value, np.ndarray):
        return value.tolist()
    raise TypeError(f"a message cannot carry a {type(value).__name__}")


def _name_all(value: object) -> object:
    if isinstance(value, list):
        return [_name_all(item) for item in value]
    return _name(value) if isinstance(value, float) and not math.isfinite(value) else value


def _name(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"
