"""Messages as they leave: JSON text, and the frames of large networks as float32.

JSON has float64 at full precision, but no NaN and no infinities, and orjson writes `null` for them. A run that diverges
is exactly where a learner wants to see them, so they travel by name, as the strings "NaN", "Infinity" and "-Infinity".

Frames are for the picture only. Those of a large network are one vector of float32 behind a header of fixed size; where
each array lies in it is told beforehand, once, in a message of its own. `static/js/frames.js` takes them apart.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import orjson

from app.mailbox import Message
from app.messages import FrameMessage, LayoutMessage
from app.views.requests import ViewRequest
from app.views.shown import Shown
from app.wire import ArrayPlace, CursorMessage, FiniteDict, FiniteList, Values

# Frames of networks with more parameters than this are binary.
MOST_PARAMETERS_AS_TEXT: Final = 500

FRAME_VERSION: Final = 1
FRAME_KIND: Final = 1
VIEW_KIND: Final = 2
# version, kind; seq, layout, step, event, epoch, last_step; steps_per_second, learning_rate. The vector begins behind it.
FRAME_HEADER: Final = struct.Struct("<HHIIIIIIfd")

# version, kind, bytes of the JSON that follows; the vector begins behind that, at the next multiple of 8.
VIEW_HEADER: Final = struct.Struct("<HHI")
_ALIGNMENT: Final = 8


def encode(message: Mapping[str, Any]) -> bytes:
    """A message as UTF-8 JSON; arrays become nested lists."""
    encoded = _dumps(message)
    # Where a number is missing there is a null, but most nulls are meant: only then look at every number.
    if b"null" not in encoded:
        return encoded
    named = name_numbers(message)
    return encoded if named is message else _dumps(named)


def is_large(frame: FrameMessage) -> bool:
    """Whether a frame is to travel as float32."""
    return sum(np.size(array) for array in frame["parameters"].values()) > MOST_PARAMETERS_AS_TEXT


def layout_of(frame: FrameMessage, number: int) -> LayoutMessage:
    """Where the arrays of a frame lie when it is packed; true of every frame with the same names and shapes."""
    values, end = _places(frame["values"], 0)
    parameters, _ = _places(frame["parameters"], end)
    return {"type": "layout", "number": number, "run": frame["run"], "values": values, "parameters": parameters}


def pack_frame(frame: FrameMessage, layout: LayoutMessage) -> bytes:
    """A frame as a header and one vector of little-endian float32, which begins at a multiple of 8 bytes.

    Args:
        frame: whose arrays have the names and shapes of the layout.
        layout: where to put them.

    Raises:
        OverflowError: a finite number is too large for float32, and would look as if it were infinite.
    """
    last = (layout["parameters"] or layout["values"])[-1]
    count = last["offset"] + math.prod(last["shape"])
    packed = bytearray(FRAME_HEADER.size + 4 * count)
    FRAME_HEADER.pack_into(
        packed,
        0,
        FRAME_VERSION,
        FRAME_KIND,
        frame["seq"],
        layout["number"],
        frame["cursor"]["step"],
        frame["cursor"]["event"],
        frame["epoch"],
        frame["last_step"],
        frame["steps_per_second"],
        frame["learning_rate"],
    )
    vector = np.frombuffer(packed, "<f4", offset=FRAME_HEADER.size)
    try:
        with np.errstate(over="raise", under="ignore"):
            for arrays, places in (
                (frame["values"], layout["values"]),
                (frame["parameters"], layout["parameters"]),
            ):
                for place in places:
                    array = np.asarray(arrays[place["name"]])
                    vector[place["offset"] : place["offset"] + array.size] = array.reshape(-1)
    except FloatingPointError as error:
        raise OverflowError("a number of this frame is too large for float32") from error
    return bytes(packed)


def encode_view(request: ViewRequest, shown: Shown, run: str, cursor: CursorMessage) -> Message:
    """What a view shows, as it is sent: JSON, or JSON with arrays behind it.

    Args:
        request: what was asked.
        shown: what there is to see.
        run: of which run it is.
        cursor: of which moment.
    """
    message: dict[str, Any] = {
        "type": "view",
        "view": request.view,
        "run": run,
        "cursor": cursor,
        "request": FiniteDict(request.model_dump()),
        "data": shown.data,
    }
    if not shown.arrays:
        return encode(message).decode()
    places, count = _places(dict(shown.arrays), 0)
    text = encode({**message, "arrays": places})
    begin = VIEW_HEADER.size + len(text) + -(VIEW_HEADER.size + len(text)) % _ALIGNMENT
    packed = bytearray(begin + 4 * count)
    VIEW_HEADER.pack_into(packed, 0, FRAME_VERSION, VIEW_KIND, len(text))
    packed[VIEW_HEADER.size : VIEW_HEADER.size + len(text)] = text
    vector = np.frombuffer(packed, "<f4", offset=begin)
    # What is too large for float32 becomes infinite: it is drawn as the largest that there is, and never calculated with.
    with np.errstate(over="ignore", under="ignore"):
        for place in places:
            array = shown.arrays[place["name"]]
            vector[place["offset"] : place["offset"] + array.size] = array.reshape(-1)
    return bytes(packed)


def _places(arrays: Values, offset: int) -> tuple[list[ArrayPlace], int]:
    """Where arrays lie that follow each other from `offset` on, and where they end."""
    places: list[ArrayPlace] = []
    for name, array in arrays.items():
        places.append({"name": name, "shape": list(np.shape(array)), "offset": offset})
        offset += np.size(array)
    return places, offset


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
