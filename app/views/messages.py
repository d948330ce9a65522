"""What is told of each view: messages told apart by `view`."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from app.views.landscape import LandscapeData
from app.views.loss import LossData
from app.views.optimizer import OptimizerData
from app.views.plane import PlaneData
from app.views.race import RaceData
from app.views.signals import SignalsData
from app.views.what_if import WhatIfData
from app.wire import ArrayPlace, CursorMessage


class ShownMessage(TypedDict):
    """What all views have in common: of which moment it is, and the request that it answers, defaults filled in.

    With `arrays`, the message is binary: a header of 8 bytes (version, kind and the length of the JSON), the JSON,
    zeros up to a multiple of 8, and one vector of little-endian float32.
    """

    type: Literal["view"]
    run: str
    cursor: CursorMessage
    request: dict[str, Any]
    arrays: NotRequired[list[ArrayPlace]]


class WhatIfView(ShownMessage):
    """See `WhatIfData`."""

    view: Literal["what_if"]
    data: WhatIfData


class LossView(ShownMessage):
    """See `LossData`."""

    view: Literal["loss"]
    data: LossData


class LandscapeView(ShownMessage):
    """See `LandscapeData`."""

    view: Literal["landscape"]
    data: LandscapeData


class PlaneView(ShownMessage):
    """See `PlaneData`."""

    view: Literal["plane"]
    data: PlaneData


class SignalsView(ShownMessage):
    """See `SignalsData`."""

    view: Literal["signals"]
    data: SignalsData


class OptimizerView(ShownMessage):
    """See `OptimizerData`."""

    view: Literal["optimizer"]
    data: OptimizerData


class RaceView(ShownMessage):
    """See `RaceData`."""

    view: Literal["race"]
    data: RaceData


ViewMessage = Annotated[
    LandscapeView | WhatIfView | LossView | PlaneView | SignalsView | OptimizerView | RaceView,
    Field(discriminator="view"),
]
