"""Derived inputs: functions of two coordinates that a network may be fed instead of the coordinates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from engine.reader import FloatArray, Reader

FEATURES: Final[Mapping[str, Callable[[FloatArray, FloatArray], FloatArray]]] = {
    "x": lambda x, y: x,
    "y": lambda x, y: y,
    "x^2": lambda x, y: x * x,
    "y^2": lambda x, y: y * y,
    "xy": lambda x, y: x * y,
    "sin x": lambda x, y: np.sin(x),
    "sin y": lambda x, y: np.sin(y),
}


def derived(raw: FloatArray, features: tuple[str, ...]) -> FloatArray:
    """The named features of points, shape (n, len(features)); the points themselves where no feature is named."""
    if not features:
        return raw
    x, y = raw[:, 0], raw[:, 1]
    return np.stack([FEATURES[name](x, y) for name in features], axis=1)


def read_features(reader: Reader) -> tuple[str, ...]:
    """Read the `features` field: distinct names of features, at least one."""
    value = reader.raw("features")
    if not isinstance(value, list | tuple) or not value:
        reader.report("features", value, "a list of " + ", ".join(FEATURES))
        return ()
    names: list[str] = []
    for index, name in enumerate(value):
        if name in names or name not in tuple(FEATURES):
            reader.report(f"features[{index}]", name, "one of " + ", ".join(FEATURES) + ", each once")
        else:
            names.append(name)
    return tuple(names)
