"""The straight-line list of NumPy calls that make one training step, and the events they are grouped into.

Layers, losses, penalties, clips and optimizers *emit* instructions here; nothing else does arithmetic. Training runs the
list from end to end; stepping runs it one event at a time. There is no second code path, so what is shown is what trains.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from engine.arena import Arena, FloatArray, Slot
from engine.events import PlannedEvent

Call = Callable[[], Any]


@dataclass(frozen=True)
class Instruction:
    """One NumPy call with its operands and the slot it writes."""

    function: Callable[..., Any]
    operands: tuple[Slot, ...]
    out: Slot | None
    text: str
    extra: tuple[Any, ...] = ()

    def call(self) -> Call:
        """The call made ready, with the arrays it is given.

        NumPy's own overhead is most of what a small network costs, so the cheapest spelling of a call is taken: a copy
        and a product are bound methods of an array, which is what the functions of that name call after a detour.
        """
        arrays = tuple(slot.view() for slot in self.operands)
        if self.out is None:
            return functools.partial(self.function, *arrays)
        out = self.out.view()
        if self.function is assign:
            return functools.partial(out.__setitem__, Ellipsis, *arrays)
        if self.function is np.dot:
            return functools.partial(arrays[0].dot, arrays[1], out)
        if self.function in KEYWORD_OUT:
            return functools.partial(self.function, *arrays, out=out)
        return functools.partial(self.function, *arrays, *self.extra, out)


KEYWORD_OUT: frozenset[Callable[..., Any]] = frozenset({np.maximum, np.minimum})
"""NumPy deprecates a positional `out` for these two."""


def assign(source: FloatArray, target: FloatArray) -> None:
    """Copy one array into another."""
    target[...] = source


@dataclass(frozen=True)
class Published:
    """A value that may be read once its event has run.

    Attributes:
        name: such as `layer0.z`.
        event: the place in the plan of the event that computes it; -1 for what a step begins with.
        read: returns a fresh array in the usual shape (batch first).
        large: computed only when asked for by name, not handed out with its event.
    """

    name: str
    event: int
    read: Callable[[], FloatArray]
    large: bool = False


@dataclass
class EventOnTape:
    """One event: what is known of it beforehand, and which instructions it owns."""

    planned: PlannedEvent
    words: str
    start: int
    stop: int = 0
    published: list[Published] = field(default_factory=list)
    line: str | None = None


class Operations(Protocol):
    """What an activation or a loss needs in order to compute: a tape, or immediate evaluation."""

    def run(self, function: Callable[..., Any], *operands: Any, out: Any, text: str | None = None) -> Any:
        """Call a function on operands, or emit the call; returns `out`."""
        ...

    def sum_rows(self, source: Any, out: Any, reduce: np.ufunc = np.add) -> Any:
        """Reduce over the first axis; returns `out`."""
        ...

    def scratch(self, shape: tuple[int, ...]) -> Any:
        """A place for an intermediate result."""
        ...


class Tape:
    """Instructions in the making; see the module."""

    def __init__(self) -> None:
        self.arena = Arena()
        self.instructions: list[Instruction] = []
        self.events: list[EventOnTape] = []
        self.known: list[Published] = []
        self.beginnings: list[Callable[[], None]] = []
        self._scratch_count = 0

    @contextmanager
    def event(self, planned: PlannedEvent, words: str, line: str | None = None) -> Iterator[EventOnTape]:
        """Group the instructions emitted inside into one event.

        Args:
            planned: kind, phase, layer, title and formula.
            words: one sentence that says what happens.
            line: the NumPy to show where the event has no instruction of its own.
        """
        event = EventOnTape(planned, words, len(self.instructions), line=line)
        self.events.append(event)
        yield event
        event.stop = len(self.instructions)

    def slot(self, text: str, shape: tuple[int, ...] = ()) -> Slot:
        """A place for a quantity of the step."""
        return self.arena.slot(text, shape)

    def scratch(self, shape: tuple[int, ...]) -> Slot:
        """A place for an intermediate result that bears no name of its own."""
        self._scratch_count += 1
        return self.arena.slot(f"t{self._scratch_count}", shape)

    def run(self, function: Callable[..., Any], *operands: Slot, out: Slot, text: str | None = None) -> Slot:
        """Emit `function(*operands, out)`.

        Args:
            function: a NumPy function that takes `out` as its last argument.
            operands: the slots it reads.
            out: the slot it writes.
            text: the code to show, where it is not simply the call.

        Returns:
            The slot written.
        """
        if text is None:
            ours = getattr(function, "__module__", "numpy").startswith("engine")
            name = function.__name__ if ours else f"np.{function.__name__}"
            text = f"{name}({', '.join(slot.text for slot in operands)}, out={out.text})"
        self.instructions.append(Instruction(function, operands, out, text))
        return out

    def sum_rows(self, source: Slot, out: Slot, reduce: np.ufunc = np.add) -> Slot:
        """Emit a reduction over the first axis (the features): one number for each sample."""
        text = f"np.{reduce.__name__}.reduce({source.text}, axis=0, out={out.text})"

        self.instructions.append(Instruction(reduce.reduce, (source,), out, text, extra=(0, None)))
        return out

    def copy(self, source: Slot, target: Slot) -> None:
        """Emit `target[...] = source`."""
        self.instructions.append(Instruction(assign, (source,), target, f"{target.text}[...] = {source.text}"))

    def python(self, function: Callable[[], None], text: str) -> None:
        """Emit a call without operands, for what no single NumPy call does (drawing a batch, a mask)."""
        self.instructions.append(Instruction(function, (), None, text))

    def publish(
        self,
        name: str,
        source: Slot | Callable[[], FloatArray],
        *,
        batch_first: bool = False,
        large: bool = False,
        always: bool = False,
    ) -> None:
        """Let a value be read from the end of the current event on (or always: from the beginning of the step).

        Args:
            name: under which it is handed out.
            source: its slot, or a function that computes it from slots when somebody asks.
            batch_first: the slot is feature-major and is handed out transposed.
            large: too large to be handed out unasked.
            always: it is known before the first event.
        """
        if isinstance(source, Slot):
            slot = source

            def read() -> FloatArray:
                view = slot.view()
                return np.array(view.T if batch_first else view, dtype=np.float64, order="C")[()]

        else:
            read = source
        published = Published(name, -1 if always else len(self.events) - 1, read, large)
        self.known.append(published)
        if not always:
            self.events[-1].published.append(published)

    def initially(self, fill: Callable[[], None]) -> None:
        """Let something be written once, when the arena is allocated: rows of ones."""
        self.beginnings.append(fill)

    def slots(self) -> dict[str, Slot]:
        """Every slot that the code shown may name: those of the arena, and named constants."""
        operands = (slot for instruction in self.instructions for slot in instruction.operands)
        return {slot.text: slot for slot in operands if slot.text.isidentifier()} | self.arena.named


class Immediately:
    """Operations that compute at once on arrays, for curves and explanations: the same arithmetic without a tape."""

    def run(self, function: Callable[..., Any], *operands: Any, out: FloatArray, text: str | None = None) -> FloatArray:
        """Call the function now; constants may be given as slots."""
        arrays = (operand.view() if isinstance(operand, Slot) else operand for operand in operands)
        function(*arrays, out=out)
        return out

    def sum_rows(self, source: FloatArray, out: FloatArray, reduce: np.ufunc = np.add) -> FloatArray:
        """Reduce over the first axis now."""
        reduce.reduce(source, 0, None, out)
        return out

    def scratch(self, shape: tuple[int, ...]) -> FloatArray:
        """A fresh array."""
        return np.empty(shape)
