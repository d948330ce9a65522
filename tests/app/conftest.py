"""What the tests of the server share: a server without a network, and a socket that answers in turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from starlette.testclient import TestClient, WebSocketTestSession

from app.documents import preset
from app.main import create_app
from app.opening import session_of
from app.session import Session
from app.settings import Settings

from .speaking import Heard

NAME = "a-session-for-tests"


class Clock:
    """A clock that a test moves by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    def ticking(self, seconds: float) -> Callable[[], float]:
        """A clock that goes on by so much whenever it is looked at."""

        def tick() -> float:
            self.now += seconds
            return self.now

        return tick


class Visitor:
    """A page that speaks with the server."""

    def __init__(self, socket: WebSocketTestSession) -> None:
        self.socket = socket

    def say(self, command: str, /, **fields: object) -> None:
        self.socket.send_json({"type": command, **fields})

    def hear(self) -> Heard:
        message: Heard = self.socket.receive_json()
        return message

    def hear_until(self, kind: str) -> Heard:
        """The next message of a kind; what comes before it is passed over."""
        while True:
            message = self.hear()
            if message["type"] == kind:
                return message

    def ask(self, command: str, /, expect: str, **fields: object) -> Heard:
        self.say(command, **fields)
        return self.hear_until(expect)

    def open(self, **fields: object) -> Heard:
        return self.ask("open", "snapshot", **fields)


@pytest.fixture
def settings() -> Settings:
    return Settings()


@pytest.fixture
def client(settings: Settings) -> Iterator[TestClient]:
    with TestClient(create_app(settings)) as client:
        yield client


@pytest.fixture
def visitor(client: TestClient) -> Iterator[Visitor]:
    """A page that has been greeted."""
    with client.websocket_connect("/ws") as socket:
        visitor = Visitor(socket)
        assert visitor.hear()["type"] == "hello"
        yield visitor


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def mazur(settings: Settings) -> Session:
    """A session on Mazur's example, before its first event."""
    return session_of(preset("mazur"), settings, NAME)
