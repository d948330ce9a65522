"""What does the optimizer do with the gradient? One parameter over time, and the arithmetic of its update."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Literal

import numpy as np
from typing_extensions import TypedDict

from app.formulas import fragment, mathml
from app.views.past import catch_up, looked_through
from app.views.requests import OptimizerRequest
from app.views.shown import Parts, Seen, Shown
from app.wire import RefMessage, Value
from engine import Timeline
from engine.events import FloatArray
from engine.explain import SIGNS, symbol_of
from engine.trace import arithmetic, place, trace

WORDS: Final[Mapping[str, str]] = {
    "velocity": "velocity",
    "square_sum": "sum of g²",
    "square_average": "average g²",
    "change_average": "average of steps²",
    "m": "average g",
    "v": "average g²",
    "m_hat": "m corrected",
    "v_hat": "v corrected",
}
# By whose root, up to ε, the update is divided: the first of these that the optimizer tells.
DIVISORS: Final = ("v_hat", "square_average", "square_sum")
# Not below 0: these may span decades.
SQUARES: Final = frozenset({"square_sum", "square_average", "change_average", "v", "v_hat"})
TOO_LARGE: Final = "Of a network this large the past keeps no single weights: only the step at the cursor is shown."


class NumberMessage(TypedDict):
    """One number of the arithmetic; its value is null while it is not computed."""

    mathml: str
    words: str
    value: Value | None


class RowMessage(TypedDict):
    """One quantity over the steps; NaN where it is not known.

    `kind` says which: what it starts from, what the optimizer keeps or makes of it, or what comes out. `signed` ones may
    be below 0. `ref` is its place in the network, null for what is not told there.
    """

    name: str
    kind: Literal["gradient", "state", "result"]
    mathml: str
    words: str
    signed: bool
    ref: RefMessage | None
    values: Value


class UpdateMessage(TypedDict):
    """The update of one step, for a sentence: `now` says whether it is that of the cursor.

    `divisor` is the root that it is divided by, of the squares called `divisor_name`; null where there is none.
    """

    step: int
    now: bool
    learning_rate: Value
    gradient: Value
    change: Value
    effective_rate: Value
    divisor: Value | None
    divisor_name: str | None


class OptimizerData(TypedDict):
    """One parameter over the steps that have been looked at, and the moment of the cursor.

    With `reason`, there is nothing to show but that. `note` says what is left out. `numbers` are those of the update at
    the cursor, in the order in which they are worked out. `rule` is the general formula, `keeps` whether the optimizer
    remembers anything. `steps` lie `stride` apart, or less; what is between those farther apart has not been looked at yet.
    """

    reason: str | None
    note: str | None
    optimizer: str
    label: str
    words: str
    rule: str
    keeps: bool
    frozen: bool
    symbol: str
    parameter_words: str
    steps: list[int]
    stride: int
    last_step: int
    looked: float
    rows: list[RowMessage]
    numbers: list[NumberMessage]
    update: UpdateMessage | None


def show_optimizer(session: Seen, request: OptimizerRequest) -> Parts:
    """See `OptimizerData`."""
    catch_up(session)
    timeline = session.timeline
    name, index = request.parameter.name, tuple(request.parameter.index)
    optimizer = timeline.experiment.optimizer
    data: OptimizerData = {
        "reason": None,
        "note": None,
        "optimizer": optimizer.name,
        "label": optimizer.label,
        "words": optimizer.words,
        "rule": mathml(optimizer.latex),
        "keeps": bool(optimizer.memory),
        "frozen": False,
        "symbol": "",
        "parameter_words": "",
        "steps": [],
        "stride": session.survey.stride,
        "last_step": timeline.last_step,
        "looked": looked_through(session),
        "rows": [],
        "numbers": [],
        "update": None,
    }
    if place(timeline.program.layout, name, index) is None:
        data["reason"] = f"The network has no parameter {name}{list(index)}: choose another one."
        return iter([Shown(data)])
    head, _, part = name.partition(".")
    symbol, words = symbol_of(name, index)
    data["frozen"] = (int(head.removeprefix("layer")), part) in timeline.experiment.frozen
    data["symbol"], data["parameter_words"] = fragment(symbol), words
    data["numbers"] = [
        {"mathml": fragment(each.symbol), "words": each.words, "value": each.value}
        for each in arithmetic(timeline, name, index)
    ]
    columns = _columns(session, name, index)
    if columns is None:
        data["note"] = TOO_LARGE
        columns = {}
    moment = _moment(timeline, name, index)
    step = timeline.cursor.step
    if moment is not None:
        columns[step] = moment
    steps = sorted(columns)
    data["steps"] = steps
    data["rows"] = _rows(timeline, name, index, [columns[each] for each in steps])
    shown = next((each for each in reversed(steps) if each <= step), None)
    if shown is not None:
        data["update"] = _tell_update(shown, moment is not None, columns[shown])
    return iter([Shown(data)])


def _columns(session: Seen, name: str, index: tuple[int, ...]) -> dict[int, dict[str, float]] | None:
    """The numbers of each step that has been looked at; None where its samples have no parameters in them."""
    survey = session.survey
    if not all(sample.form.parts for sample in survey.samples):
        return None
    try:
        found = trace(survey, name, index)
    except KeyError:
        # The parameter is new: no step that has been looked at had it.
        return {}
    rows = {"w": found.w, "gradient": found.gradient, "change": found.change, **found.optimizer}
    rows |= {"effective_rate": found.effective_rate, "learning_rate": found.learning_rate}
    return {int(step): {row: float(rows[row][k]) for row in rows} for k, step in enumerate(found.steps)}


def _moment(timeline: Timeline, name: str, index: tuple[int, ...]) -> dict[str, float] | None:
    """The same at the cursor; None until the update has been computed."""
    head, _, part = name.partition(".")
    if f"{head}.change_{part}" not in timeline.values:
        return None
    names = {"w": name, "gradient": f"{head}.grad_{part}", "change": f"{head}.change_{part}"}
    names |= {told: f"{head}.{told}_{part}" for told in timeline.program.optimizer.told}
    numbers = {row: float(timeline.read(full)[index]) for row, full in names.items()}
    gradient, change = np.float64(numbers["gradient"]), np.float64(numbers["change"])
    with np.errstate(all="ignore"):
        numbers["effective_rate"] = float(np.abs(change) / np.abs(gradient)) if gradient != 0 else np.nan
    numbers["learning_rate"] = timeline.learning_rate
    return numbers


def _rows(
    timeline: Timeline, name: str, index: tuple[int, ...], columns: Sequence[Mapping[str, float]]
) -> list[RowMessage]:
    """The quantities in the order in which they follow from each other."""
    head, _, part = name.partition(".")
    base, program = part.lower(), timeline.program

    def row(key: str, kind: Literal["gradient", "state", "result"], latex: str, words: str, field: str) -> RowMessage:
        values: FloatArray = np.array([column.get(key, np.nan) for column in columns])
        ref: RefMessage | None = {"name": f"{head}.{field}", "index": list(index)} if field else None
        signed = key not in SQUARES and key != "effective_rate"
        return {
            "name": key,
            "kind": kind,
            "mathml": fragment(latex),
            "words": words,
            "signed": signed,
            "ref": ref,
            "values": values,
        }

    states = []
    for told in program.optimizer.told:
        # As the rule writes it: what is kept has a prime after the update.
        latex = f"{SIGNS[told]}'" if told in program.memory.names else SIGNS[told]
        states.append(row(told, "state", latex, WORDS[told], f"{told}_{part}"))
    return [
        row("gradient", "gradient", "g", "gradient", f"grad_{part}"),
        *states,
        row("change", "result", rf"\Delta {base}", "update", f"change_{part}"),
        row("effective_rate", "result", r"\eta_{\mathrm{eff}}", "effective rate", ""),
        row("w", "result", base, "weight" if part == "W" else "bias", part),
    ]


def _tell_update(step: int, is_now: bool, numbers: Mapping[str, float]) -> UpdateMessage:
    squares = next((divisor for divisor in DIVISORS if divisor in numbers), None)
    with np.errstate(all="ignore"):
        root = None if squares is None else float(np.sqrt(numbers[squares]))
    return {
        "step": step,
        "now": is_now,
        "learning_rate": numbers["learning_rate"],
        "gradient": numbers["gradient"],
        "change": numbers["change"],
        "effective_rate": numbers["effective_rate"],
        "divisor": root,
        "divisor_name": squares,
    }
