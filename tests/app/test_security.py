from __future__ import annotations

import pytest

from app.security import is_same_origin


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "127.0.0.1:8000"},
        {"host": "127.0.0.1:8000", "origin": "http://127.0.0.1:8000"},
        {"host": "chalk.example", "origin": "https://chalk.example"},
        {"host": "chalk.example:443", "origin": "https://chalk.example"},
        {"host": "Chalk.Example", "origin": "http://chalk.example:80"},
        {"host": "10.0.0.7:8000", "x-forwarded-host": "hub.example", "origin": "https://hub.example"},
        {"host": "inner", "x-forwarded-host": "hub.example, proxy.example", "origin": "https://hub.example"},
        {"host": "[::1]:8000", "origin": "http://[::1]:8000"},
    ],
)
def test_a_page_of_ours_and_what_is_no_browser_may_connect(headers: dict[str, str]) -> None:
    assert is_same_origin(headers)


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "127.0.0.1:8000", "origin": "http://evil.example"},
        {"host": "127.0.0.1:8000", "origin": "http://127.0.0.1:9000"},
        {"host": "127.0.0.1:8000", "origin": "null"},
        {"host": "127.0.0.1:8000", "origin": ""},
        {"host": "127.0.0.1:8000", "origin": "file://"},
        {"host": "chalk.example", "origin": "http://chalk.example.evil.example"},
        {"host": "chalk.example", "origin": "http://chalk.example:99999"},
        {"origin": "http://chalk.example"},
    ],
)
def test_a_page_of_another_site_may_not_connect(headers: dict[str, str]) -> None:
    assert not is_same_origin(headers)
