"""Everything that crosses the socket, as typed models told apart by `type`.

Commands come from outside, so they are pydantic models and every field of every command is checked. Messages are made
by us, so they are plain dicts whose shapes mypy knows; their arrays stay NumPy's until they are written as JSON. The
JSON Schema of both is served, and tests hold what is sent against it. `static/js/types.js` tells the page the same.

Layer, neuron, sample, step, event and epoch numbers are 0-based.
"""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any, Final, Literal, NotRequired

from pydantic import ConfigDict, Field, TypeAdapter
from typing_extensions import TypeAliasType, TypedDict

from app.views.messages import ViewMessage
from app.views.requests import RaceRequest, ViewRequest
from app.views.what_if import WhatIfMessage
from app.wire import (
    ArrayPlace,
    Count,
    CursorMessage,
    FieldProblem,
    Index,
    Model,
    Number,
    Place,
    QuantityName,
    RefMessage,
    Value,
    Values,
)
from engine.race import MOST_LANES

MOST_VIEWS: Final = 12  # that one page may have open

Document = dict[str, Any]

Grain = Literal["event", "phase", "step", "epoch"]
Question = Literal["what_if", "gradient_check", "link", "document"]
Topic = Literal["explain"] | Question


class Open(Model):
    """Join a session, or begin one.

    The session is joined when it is here. Else one begins, from the document, the link or the preset (the first that is
    given), and under the same name, so that everybody who had it open meets again after the server was gone.
    """

    type: Literal["open"]
    id: Number | None = None
    session: Annotated[str, Field(min_length=16, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")] | None = None
    document: Document | None = None
    preset: Annotated[str, Field(max_length=100)] | None = None
    link: str | None = None


class Next(Model):
    """Run the next event, or on to the end of the phase, the step or the epoch."""

    type: Literal["next"]
    id: Number | None = None
    grain: Grain


class Back(Model):
    """Take back one event, or go back to the beginning of the phase, the step or the epoch."""

    type: Literal["back"]
    id: Number | None = None
    grain: Grain


class Seek(Model):
    """Go anywhere in time; `last` is the end of the newest step, before its commit."""

    type: Literal["seek"]
    id: Number | None = None
    cursor: Place | Literal["first", "last"]


class Play(Model):
    """Train until told to pause, at most so many steps a second; null: as fast as it goes."""

    type: Literal["play"]
    id: Number | None = None
    steps_per_second: Annotated[float, Field(gt=0, le=1_000_000)] | None


class Pause(Model):
    """Stop training at the end of the newest step, before its commit."""

    type: Literal["pause"]
    id: Number | None = None


class Edit(Model):
    """Change something at this very moment: a hyperparameter, a weight, an input, the network."""

    type: Literal["edit"]
    id: Number
    path: Annotated[str, Field(min_length=1, max_length=200)]
    value: Any
    index: Index | None = None


class Explain(Model):
    """Ask how a number follows from others, one level of the chain rule."""

    type: Literal["explain"]
    id: Number
    name: QuantityName
    index: Index


class Ask(Model):
    """Ask something of the moment; nothing changes. `view` is kept in a link or a document as it is."""

    type: Literal["ask"]
    id: Number
    what: Question
    view: dict[str, Any] | None = None


class Sample(Model):
    """Show another row of the batch."""

    type: Literal["sample"]
    id: Number | None = None
    sample: Count


class Reset(Model):
    """Begin the same run again: the same weights, the same shuffle, with the settings that are in force."""

    type: Literal["reset"]
    id: Number | None = None


class Randomize(Model):
    """Begin a run with other random weights; the new seed stands in the document."""

    type: Literal["randomize"]
    id: Number | None = None


class Load(Model):
    """Put another experiment into this session."""

    type: Literal["load"]
    id: Number
    preset: Annotated[str, Field(max_length=100)] | None = None
    document: Document | None = None


class Promote(Model):
    """Let a lane of a race be the session: its experiment, its weights, its step.

    The race is one that is watched: what counts are its lanes and its fork.
    """

    type: Literal["promote"]
    id: Number
    race: RaceRequest
    lane: Annotated[int, Field(ge=0, lt=MOST_LANES)]


class Watch(Model):
    """Say which views are open; from now on each is told whenever what it shows has changed.

    It takes the place of what was said before. What a view shows is a `view` message; see there.
    """

    type: Literal["watch"]
    id: Number | None = None
    views: Annotated[list[ViewRequest], Field(max_length=MOST_VIEWS)]


class Drawn(Model):
    """The frame of this number has been drawn; earlier ones count as drawn too."""

    type: Literal["drawn"]
    id: Number | None = None
    seq: Count


Command = (
    Open
    | Next
    | Back
    | Seek
    | Play
    | Pause
    | Edit
    | Explain
    | Ask
    | Sample
    | Reset
    | Randomize
    | Load
    | Promote
    | Watch
    | Drawn
)

COMMANDS: Final[TypeAdapter[Command]] = TypeAdapter(Annotated[Command, Field(discriminator="type")])


class PlannedEventMessage(TypedDict):
    """One event of the step's plan, known before it runs."""

    kind: str
    phase: str
    layer: int | None
    parameter: str | None
    title: str
    mathml: str


class DetailMessage(TypedDict):
    """The products and running sums of one event for the sample on show."""

    sample: int
    terms: NotRequired[Value]
    partials: NotRequired[Value]
    slope: NotRequired[Value]


class PreviewMessage(TypedDict):
    """What the update would do with the learning rate in force; known as soon as every gradient of the step is."""

    learning_rate: float
    loss: Value
    values: Values


class EventMessage(TypedDict):
    """One event that has run."""

    type: Literal["event"]
    run: str
    cursor: CursorMessage
    step: int
    index: int
    kind: str
    phase: str
    layer: int | None
    parameter: str | None
    values: Values
    detail: DetailMessage | None
    words: str
    line: str
    plan: NotRequired[list[PlannedEventMessage]]
    learning_rate: NotRequired[float]
    preview: NotRequired[PreviewMessage | None]


class EditMessage(TypedDict):
    """An edit of the document: made when the cursor stood there."""

    step: int
    event: int
    path: str
    value: Any
    index: NotRequired[list[int]]


class EditNote(TypedDict):
    """An edit as a mark on the time axis."""

    step: int
    event: int
    words: str


class History(TypedDict):
    """The losses of a run, thinned for drawing: pairs of a step and its loss; lows and highs are kept."""

    steps: int
    loss: list[tuple[int, Value]]
    validation: list[tuple[int, Value]]
    edits: list[EditNote]


class Checked(TypedDict):
    """The gradients of the step at the cursor, compared with central differences."""

    step: int
    parameters: int
    largest_error: Value
    worst: RefMessage | None
    excluded: int
    passed: bool


class DivergenceMessage(TypedDict):
    """Where a run stopped, and why."""

    step: int
    parameter: str
    cause: str


class LayerInfo(TypedDict):
    """A layer of the network in force."""

    type: str
    fan_in: int
    units: int
    activation: str | None
    frozen: list[str]
    rate: NotRequired[float]


class DataInfo(TypedDict):
    """The data in force; the first training rows."""

    task: str
    samples: int
    validation_samples: int
    input_names: list[str]
    target_names: list[str]
    class_names: list[str]
    inputs: Value
    targets: Value
    source: str


class SavedDocument(TypedDict):
    """An experiment as it began, its edits and a place in time: what a file or a link holds."""

    experiment: Document
    edits: list[EditMessage]
    cursor: CursorMessage
    view: NotRequired[dict[str, Any]]


class SnapshotMessage(TypedDict):
    """Everything needed to draw from nothing. `id` is that of the command which it answers, for the one who sent it."""

    type: Literal["snapshot"]
    id: NotRequired[int]
    session: str
    run: str
    document: SavedDocument
    experiment: Document
    layers: list[LayerInfo]
    data: DataInfo
    cursor: CursorMessage
    epoch: int
    steps_per_epoch: int
    last_step: int
    sample: int
    plan: list[PlannedEventMessage]
    events: list[EventMessage]
    parameters: Values
    learning_rate: float
    history: History
    ghost: History | None
    checked: Checked | None
    preview: PreviewMessage | None
    divergence: DivergenceMessage | None
    playing: bool
    finished: bool


class MovedMessage(TypedDict):
    """The cursor moved inside the current step, over events that the browser has."""

    type: Literal["moved"]
    run: str
    cursor: CursorMessage


class FrameMessage(TypedDict):
    """The newest state while the server trains: the newest step, all its events run, before its commit."""

    type: Literal["frame"]
    seq: int
    run: str
    cursor: CursorMessage
    epoch: int
    last_step: int
    steps_per_second: float
    learning_rate: float
    values: Values
    parameters: Values


class LayoutMessage(TypedDict):
    """How the binary frames that bear this number are to be read; it comes once after a snapshot, before the first one.

    Networks with more than 500 parameters have binary frames. What such a frame does not say itself, its `run` and the
    names and shapes of its arrays, is said here.
    """

    type: Literal["layout"]
    number: Count
    run: str
    values: list[ArrayPlace]
    parameters: list[ArrayPlace]


class HistoryMessage(TypedDict):
    """The loss curve has grown."""

    type: Literal["history"]
    run: str
    history: History


class CheckedMessage(TypedDict):
    """The gradient check of the step at the cursor is done."""

    type: Literal["checked"]
    run: str
    checked: Checked


class EditedMessage(TypedDict):
    """An edit that changed a number and kept the present moment. Any other edit is answered by a snapshot.

    `id` is that of the command for the one who sent it, and -1 for everybody else.
    """

    type: Literal["edited"]
    id: int
    run: str
    cursor: CursorMessage
    path: str
    value: Any
    learning_rate: float
    edits: list[EditMessage]
    preview: PreviewMessage | None


class QuantityMessage(TypedDict):
    """One number with its symbol and its place; a value of null is not computed yet."""

    ref: RefMessage
    mathml: str
    words: str
    value: Value | None
    unfolds: bool


class QuantityExpression(TypedDict):
    """A leaf of a formula: a number that has a place."""

    op: Literal["quantity"]
    quantity: QuantityMessage


class NumberExpression(TypedDict):
    """A leaf of a formula: a plain number."""

    op: Literal["number"]
    value: Value


class OperationExpression(TypedDict):
    """An inner node of a formula, with its own value."""

    op: Literal["sum", "product", "mean", "negative", "difference", "quotient", "power"]
    args: list[ExpressionMessage]
    value: Value | None


class CallExpression(TypedDict):
    """A function applied to something."""

    op: Literal["call"]
    name: str
    mathml: str
    args: list[ExpressionMessage]
    value: Value | None


ExpressionMessage = TypeAliasType(
    "ExpressionMessage",
    "QuantityExpression | NumberExpression | OperationExpression | CallExpression",
)


class ExplanationMessage(TypedDict):
    """How a quantity follows from others that stand on the screen."""

    quantity: QuantityMessage
    rule: str
    expression: ExpressionMessage
    words: str
    alternatives: list[ExplanationMessage]


class AnswerMessage(TypedDict):
    """What was asked for; only the viewer who asked gets it. The field named by `what` is the one that is there."""

    type: Literal["answer"]
    id: int
    run: str
    what: Topic
    explanation: NotRequired[ExplanationMessage]
    what_if: NotRequired[WhatIfMessage | None]
    checked: NotRequired[Checked]
    link: NotRequired[str]
    document: NotRequired[SavedDocument]


class ProblemMessage(TypedDict):
    """A command was not carried out; the session goes on, unchanged. `id` is that of the command, if it had one."""

    type: Literal["problem"]
    id: int | None
    message: str
    problems: list[FieldProblem]


class HelloMessage(TypedDict):
    """The first message: what this server knows and what it allows."""

    type: Literal["hello"]
    version: str
    limits: dict[str, float]
    catalogue: dict[str, Any]


ServerMessage = (
    HelloMessage
    | SnapshotMessage
    | EventMessage
    | MovedMessage
    | FrameMessage
    | LayoutMessage
    | HistoryMessage
    | CheckedMessage
    | EditedMessage
    | AnswerMessage
    | ViewMessage
    | ProblemMessage
)

MESSAGES: Final[TypeAdapter[ServerMessage]] = TypeAdapter(
    Annotated[ServerMessage, Field(discriminator="type")],
    config=ConfigDict(extra="forbid", strict=True),
)


@cache
def protocol() -> dict[str, Any]:
    """The JSON Schemas of all commands and all messages."""
    return {"commands": COMMANDS.json_schema(), "messages": MESSAGES.json_schema()}
