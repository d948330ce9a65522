"""Where each weight and bias lies in the flat vector of all parameters.

The parameters of a dense layer are one block `P = [W | b]`, shape (units, fan_in + 1); the blocks follow each other, each
starting on a cache line. So one chain of calls over the flat vector is the whole optimizer, and still every layer, and
every parameter, can be told on its own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from engine.arena import FloatArray, room

Part = Literal["W", "b"]
PARTS: tuple[Part, ...] = ("W", "b")


@dataclass(frozen=True)
class Block:
    """The parameters of one layer.

    Attributes:
        layer: its 0-based number.
        start: of the block in the flat vector.
        units: rows, one for each neuron.
        fan_in: weights in a row; the bias comes after them.
    """

    layer: int
    start: int
    units: int
    fan_in: int

    @property
    def shape(self) -> tuple[int, int]:
        """Of [W | b]."""
        return self.units, self.fan_in + 1

    @property
    def size(self) -> int:
        """How many numbers it has."""
        return math.prod(self.shape)

    def part(self, flat: FloatArray, part: Part) -> FloatArray:
        """W (units, fan_in) or b (units,), as a view into a flat vector laid out like the parameters."""
        whole = flat[self.start : self.start + self.size].reshape(self.shape)
        return whole[:, :-1] if part == "W" else whole[:, -1]

    def shape_of(self, part: Part) -> tuple[int, ...]:
        """Of W or of b."""
        return (self.units, self.fan_in) if part == "W" else (self.units,)


@dataclass(frozen=True)
class Layout:
    """All blocks, in the order of their layers."""

    blocks: tuple[Block, ...]
    size: int

    @classmethod
    def of(cls, layers: Sequence[tuple[int, int, int]]) -> Layout:
        """Lay out dense layers given as (layer number, fan_in, units)."""
        blocks = []
        start = 0
        for layer, fan_in, units in layers:
            block = Block(layer, start, units, fan_in)
            blocks.append(block)
            start += room(block.shape)
        return cls(tuple(blocks), start)

    @property
    def count(self) -> int:
        """How many parameters there are."""
        return sum(block.size for block in self.blocks)

    def of_layer(self, layer: int) -> Block:
        """The block of a dense layer."""
        return next(block for block in self.blocks if block.layer == layer)

    def mask(self, parts: Sequence[tuple[int, Part]]) -> FloatArray:
        """1 for the parameters named, 0 elsewhere (and in the gaps between blocks)."""
        flat = np.zeros(self.size)
        for block in self.blocks:
            for part in PARTS:
                if (block.layer, part) in parts:
                    block.part(flat, part)[...] = 1.0
        return flat

    def names(self) -> list[tuple[Block, Part]]:
        """Every parameter array: W and b of each layer."""
        return [(block, part) for block in self.blocks for part in PARTS]
