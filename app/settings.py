"""What the server may be told, and the limits it keeps: environment → one frozen Settings."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Final

PREFIX: Final = "CHALKGRAD_"


class SettingsError(ValueError):
    """An environment variable of ours holds what we cannot use."""


@dataclass(frozen=True)
class Settings:
    """Each attribute can be set by the environment variable of its name: `CHALKGRAD_MAX_SESSIONS=100`.

    Attributes:
        host: the address to listen on; 0.0.0.0 lets others in the same network look.
        port: the port to listen on.
        root_path: the prefix under which a proxy shows us, e.g. `/user/x/proxy/8000`.
        development: 1 reads templates and static files anew for every request.
        max_sessions: experiments kept in memory; when all are being looked at, a newcomer is told to wait.
        session_idle_seconds: how long an experiment without viewers is kept.
        lonely_seconds: how long a session goes on training when its last viewer has left (a reload is quicker).
        max_viewers_per_session: pages that may look at one experiment.
        max_message_bytes: the longest command over the WebSocket.
        max_document_bytes: the largest document over HTTP, or unpacked from a link.
        max_link_characters: the longest link that is made; larger experiments are saved as files.
        commands_per_second: what one viewer may send in the long run …
        command_burst: … and at once.
        max_control_messages: messages that may wait for one viewer before it is sent away to come back.
        send_timeout_seconds: how long one message may take to leave.
        frame_window: frames that may be under way to a viewer before it says that it has drawn one.
        frames_per_second: how often the newest state is told while training.
        histories_per_second: how often the loss curve is told while training.
        slice_seconds: how long training goes on before others have a turn.
        patience_seconds: what may take longer than this is done in a thread, or in slices.
        max_parameters: weights and biases of one network.
        max_checked_parameters: the gradients of larger networks are checked only when somebody asks.
        max_activations: neurons of one network, times the rows that go through it at once.
        max_checkpoint_bytes: what one session may keep of its past, so that going back is quick.
        max_samples: rows of data, training and validation together.
        max_steps: steps of one run.
        max_edits: edits of one run.
        max_replay_seconds: how long coming back to the moment of a document may take.
        frame_bytes_per_second: where a frame is large, it is told less often, so that a viewer gets no more than this.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    root_path: str = ""
    development: bool = False
    max_sessions: int = 500
    session_idle_seconds: float = 7200.0
    lonely_seconds: float = 10.0
    max_viewers_per_session: int = 400
    max_message_bytes: int = 65_536
    max_document_bytes: int = 1_000_000
    max_link_characters: int = 30_000
    commands_per_second: float = 200.0
    command_burst: int = 400
    max_control_messages: int = 256
    send_timeout_seconds: float = 5.0
    frame_window: int = 2
    frames_per_second: float = 60.0
    histories_per_second: float = 4.0
    slice_seconds: float = 0.0005
    patience_seconds: float = 0.016
    max_parameters: int = 60_000
    max_checked_parameters: int = 2000
    max_activations: int = 2_000_000
    max_checkpoint_bytes: int = 16_777_216
    max_samples: int = 10_000
    max_steps: int = 1_000_000
    max_edits: int = 2000
    max_replay_seconds: float = 20.0
    frame_bytes_per_second: float = 4_000_000.0

    @property
    def max_receipt_bytes(self) -> int:
        """How large a receipt may be: a document, and the numbers of a step several times as long."""
        return 8 * self.max_document_bytes

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """The defaults, changed by what the environment says.

        Raises:
            SettingsError: a variable of ours is misspelt, is not a number where one is needed, or is below 0.
        """
        known = {PREFIX + field.name.upper(): field for field in fields(cls)}
        given: dict[str, str | int | float | bool] = {}
        for name, text in environment.items():
            if not name.startswith(PREFIX):
                continue
            if name not in known:
                raise SettingsError(f"{name} is no setting; the settings are {', '.join(sorted(known))}")
            given[known[name].name] = _read(name, text, type(known[name].default))
        return cls(**given)  # type: ignore[arg-type]  # each value has the type of its field's default


def _read(name: str, text: str, kind: type) -> str | int | float | bool:
    if kind is str:
        return text
    if kind is bool:
        if text.lower() not in ("0", "1", "false", "true"):
            raise SettingsError(f"{name} is {text!r}; allowed: 0 or 1")
        return text.lower() in ("1", "true")
    try:
        number: int | float = int(text) if kind is int else float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number) or number < 0:
        noun = "a whole number" if kind is int else "a number"
        raise SettingsError(f"{name} is {text!r}; allowed: {noun}, at least 0")
    return number
