from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from starlette.testclient import TestClient

from app.main import create_app
from app.messages import protocol
from app.pages import base_href, describe, type_in_words
from app.settings import Settings


class Addresses(HTMLParser):
    """The addresses that a page loads something from."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.base = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "base":
            self.base = given.get("href") or ""
        elif address := given.get("src") or given.get("href"):
            self.found.append(address)


@pytest.mark.parametrize(
    ("headers", "root_path", "expected"),
    [
        ({}, "", "./"),
        ({"x-forwarded-prefix": "/user/x/proxy/8000"}, "", "/user/x/proxy/8000/"),
        ({"x-forwarded-prefix": "/user/x/proxy/8000/"}, "", "/user/x/proxy/8000/"),
        ({}, "/behind", "/behind/"),
        ({"x-forwarded-prefix": "/seen"}, "/told", "/seen/"),
        ({"x-forwarded-prefix": "//evil.example"}, "", "./"),
        ({"x-forwarded-prefix": '/"><script>'}, "", "./"),
        ({"x-forwarded-prefix": "https://evil.example"}, "/told", "/told/"),
        ({"x-forwarded-prefix": "/a b"}, "", "./"),
        ({"x-forwarded-prefix": "/user/me%40here/~x.y-z"}, "", "/user/me%40here/~x.y-z/"),
    ],
)
def test_the_base_of_a_page_is_the_prefix_it_is_shown_under(
    headers: dict[str, str], root_path: str, expected: str
) -> None:
    assert base_href(headers, root_path) == expected


@pytest.mark.parametrize("path", ["/", "/protocol"])
def test_everything_on_a_page_has_a_relative_address_that_is_served(client: TestClient, path: str) -> None:
    html = client.get(path).text
    addresses = Addresses(html)

    assert addresses.base == "./"
    assert [address for address in addresses.found if re.match(r"/|\w+:", address)] == []
    loaded = [address for address in addresses.found if address.startswith(("static/", "assets/"))]
    assert loaded
    assert [address for address in loaded if client.get(f"/{address}").status_code != 200] == []


def test_a_page_behind_a_proxy_names_its_prefix(client: TestClient) -> None:
    html = client.get("/", headers={"x-forwarded-prefix": "/user/x/proxy/8000"}).text

    assert Addresses(html).base == "/user/x/proxy/8000/"


@pytest.mark.parametrize("root_path", ["/be/hind", "/be/hind/"])
@pytest.mark.parametrize("left_on", ["", "/be/hind"], ids=["the proxy takes it off", "the proxy leaves it on"])
def test_everything_works_under_a_prefix(root_path: str, left_on: str) -> None:
    with TestClient(create_app(Settings(root_path=root_path))) as client:
        addresses = Addresses(client.get(f"{left_on}/").text)
        loaded = [address for address in addresses.found if address.startswith(("static/", "assets/"))]

        assert addresses.base == "/be/hind/"
        assert loaded
        assert [address for address in loaded if client.get(f"{left_on}/{address}").status_code != 200] == []
        assert client.get(f"{left_on}/healthz").status_code == 200
        with client.websocket_connect(f"{left_on}/ws") as socket:
            assert socket.receive_json()["type"] == "hello"


def test_a_prefix_without_its_last_slash_is_the_same_page() -> None:
    with TestClient(create_app(Settings(root_path="/be/hind")), follow_redirects=False) as client:
        answer = client.get("/be/hind")

        assert answer.status_code == 200
        assert Addresses(answer.text).base == "/be/hind/"
        assert client.get("/be/hindrance").status_code == 404


@pytest.mark.parametrize("path", ["/", "/protocol", "/healthz", "/api/catalogue", "/nowhere", "/static/nowhere"])
def test_every_response_says_that_nothing_may_come_from_elsewhere(client: TestClient, path: str) -> None:
    headers = client.get(path).headers

    policy = headers["content-security-policy"].split("; ")
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'self'" in policy
    assert not any("http" in part or "*" in part for part in policy)
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


def test_a_page_is_asked_for_anew_each_time(client: TestClient) -> None:
    assert client.get("/").headers["cache-control"] == "no-cache"


def test_the_protocol_page_names_every_command_and_message(client: TestClient) -> None:
    html = client.get("/protocol").text

    schemas = protocol()
    for side in ("commands", "messages"):
        for name in schemas[side]["discriminator"]["mapping"]:
            assert f"<code>{name}</code>" in html


def test_a_command_is_described_with_its_fields() -> None:
    commands = {entry["name"]: entry for entry in describe(protocol()["commands"])}

    assert commands["next"]["words"].startswith("Run the next event")
    assert commands["next"]["fields"] == [
        {"name": "id", "type": "whole number or null", "required": False},
        {"name": "grain", "type": '"event" or "phase" or "step" or "epoch"', "required": True},
    ]
    assert '"grain"' in commands["next"]["schema_json"]


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "array", "items": {"type": "integer"}}, "list of whole number"),
        ({"type": "array", "prefixItems": [{"type": "integer"}, {"type": "string"}]}, "[whole number, text]"),
        ({"$ref": "#/$defs/_Nested"}, "number, its name, or nested lists of them"),
        ({"type": "object", "additionalProperties": {"type": "number"}}, "number, by name"),
        ({"type": "object", "additionalProperties": True}, "object"),
        ({"$ref": "#/$defs/CursorMessage"}, "Cursor"),
        ({"const": "event"}, '"event"'),
        ({}, "anything"),
    ],
)
def test_a_schema_is_told_in_a_few_words(schema: dict[str, object], words: str) -> None:
    assert type_in_words(schema) == words
