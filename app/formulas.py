"""Formulas for the page: the engine writes LaTeX, browsers read MathML."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from latex2mathml.converter import convert

# A large network has a symbol for each of its weights; the memory for formulas must not grow with the visitors.
REMEMBERED: Final = 8192

# The sign alone; in LaTeX a root always has something under it.
_ROOT: Final = {r"\sqrt": "<mo>√</mo>"}
_WHOLE: Final = re.compile(r"<math[^>]*>(.*)</math>", re.DOTALL)


@lru_cache(maxsize=REMEMBERED)
def mathml(latex: str) -> str:
    """A formula as a whole `<math>` element, set as on a line of its own; one that says nothing is an empty element."""
    return convert(latex or "{}", display="block")


@lru_cache(maxsize=REMEMBERED)
def fragment(latex: str) -> str:
    """A symbol as what stands inside a `<math>` element, to be put into larger formulas."""
    return _ROOT.get(latex) or _WHOLE.sub(r"\1", convert(latex or "{}"))
