"""What an experiment can be made of, for the menus of the page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.formulas import mathml
from engine.catalogue import catalogue
from engine.search import search_catalogue


def tell_catalogue() -> dict[str, Any]:
    """The engine's catalogues, with their formulas as MathML."""
    told = _with_mathml({**catalogue(), "searches": search_catalogue()})
    if not isinstance(told, dict):
        raise TypeError("the catalogue is an object with named fields")
    return told


def _with_mathml(value: object) -> object:
    if isinstance(value, Mapping):
        told = {name: _with_mathml(inner) for name, inner in value.items() if name != "latex"}
        return {**told, "mathml": mathml(value["latex"])} if "latex" in value else told
    if isinstance(value, list | tuple):
        return [_with_mathml(inner) for inner in value]
    return value
