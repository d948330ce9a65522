from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import pytest

from app.cli import address, addresses, listen, main

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def taken() -> Iterator[int]:
    """A port that somebody else listens on."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


@contextmanager
def running(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "app", "--no-browser", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def test_a_free_port_is_taken_as_it_is() -> None:
    with listen("127.0.0.1", 0, exactly=True) as listener:
        assert listener.getsockname()[0] == "127.0.0.1"


def test_instead_of_a_taken_port_the_next_free_one_is_used() -> None:
    with taken() as port, listen("127.0.0.1", port, exactly=False) as listener:
        assert port < listener.getsockname()[1] < port + 20


def test_a_taken_port_that_was_asked_for_is_an_error_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    with taken() as port:
        assert main(["--no-browser", "--port", str(port)]) == 1

    assert f"port {port} is taken" in capsys.readouterr().err


def test_a_host_that_is_not_ours_is_an_error_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--no-browser", "--host", "192.0.2.1", "--port", "0"]) == 1

    assert "192.0.2.1" in capsys.readouterr().err


@pytest.mark.parametrize("prefix", ["behind", "//evil.example", "/a b", "/<script>"])
def test_what_is_no_prefix_is_refused(prefix: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--root-path", prefix])

    assert "is no prefix" in capsys.readouterr().err


@pytest.mark.parametrize("port", ["-1", "65536", "http"])
def test_what_is_no_port_is_refused(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--port", port])

    assert "0 to 65535" in capsys.readouterr().err


def test_a_setting_that_cannot_be_used_is_an_error_in_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CHALKGRAD_MAX_SESSIONS", "lots")

    assert main([]) == 1

    assert "CHALKGRAD_MAX_SESSIONS is 'lots'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000/"),
        ("0.0.0.0", "http://127.0.0.1:8000/"),
        ("::", "http://127.0.0.1:8000/"),
        ("::1", "http://[::1]:8000/"),
        ("localhost", "http://localhost:8000/"),
    ],
)
def test_the_address_is_one_that_a_browser_here_can_open(host: str, expected: str) -> None:
    assert address(host, 8000) == expected
    assert expected in addresses(host, 8000)[0]


def test_the_command_serves_the_page_until_it_is_interrupted() -> None:
    with running("--port", "0") as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        where = line.removeprefix("chalkgrad is at ").strip()
        with urlopen(where, timeout=10) as answer:
            status = answer.status
        process.send_signal(signal.SIGINT)
        code = process.wait(timeout=10)

    assert line.startswith("chalkgrad is at http://127.0.0.1:")
    assert status == 200
    assert code == 0
