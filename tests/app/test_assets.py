from __future__ import annotations

import re
import struct
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from app.assets import Assets, math_font, plotly_script, read_files
from app.main import create_app
from app.settings import Settings


def tables(font: bytes) -> set[str]:
    """The names of the tables in an OpenType font."""
    (count,) = struct.unpack(">H", font[4:6])
    return {font[12 + 16 * i : 16 + 16 * i].decode("ascii") for i in range(count)}


def address_of(client: TestClient, name: str) -> str:
    html = client.get("/").text
    found = re.search(rf'"((?:static|assets)/[^"]*{re.escape(name)})"', html)
    assert found is not None
    return f"/{found[1]}"


def test_the_font_for_formulas_knows_mathematics() -> None:
    assert "MATH" in tables(math_font())


def test_the_font_is_served_packed_and_for_ever(client: TestClient) -> None:
    answer = client.get(address_of(client, "math.ttf"))

    assert answer.headers["content-type"] == "font/ttf"
    assert answer.headers["content-encoding"] == "gzip"
    assert "immutable" in answer.headers["cache-control"]
    assert answer.content == math_font()


def test_scripts_are_scripts_and_their_address_changes_with_their_content(client: TestClient) -> None:
    address = address_of(client, "js/main.js")
    answer = client.get(address)

    assert re.fullmatch(r"/static/[0-9a-f]{12}/js/main\.js", address)
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert "immutable" in answer.headers["cache-control"]
    assert Assets({"a.js": b"1"}).digest != Assets({"a.js": b"2"}).digest
    assert Assets({"a.js": b"1"}).digest != Assets({"b.js": b"1"}).digest
    assert Assets({"a.js": b"1"}).digest == Assets({"a.js": b"1"}).digest


def test_a_browser_that_cannot_unpack_gets_the_file_as_it_is(client: TestClient) -> None:
    answer = client.get(address_of(client, "css/tokens.css"), headers={"accept-encoding": "identity"})

    assert "content-encoding" not in answer.headers
    assert answer.headers["vary"] == "Accept-Encoding"
    assert b"{" in answer.content


def test_what_a_browser_has_already_is_not_sent_again(client: TestClient) -> None:
    address = address_of(client, "css/tokens.css")
    etag = client.get(address).headers["etag"]

    answer = client.get(address, headers={"if-none-match": etag})

    assert answer.status_code == 304
    assert answer.content == b""


@pytest.mark.parametrize("path", ["js/nothing.js", "../pyproject.toml", "%2e%2e/pyproject.toml", "js/", ""])
def test_nothing_but_the_files_is_served(client: TestClient, path: str) -> None:
    folder = address_of(client, "js/main.js").removesuffix("js/main.js")

    assert client.get(folder + path).status_code == 404


def test_files_are_read_and_not_written(client: TestClient) -> None:
    assert client.post(address_of(client, "js/main.js")).status_code == 405


def test_files_are_named_by_their_path_with_slashes(tmp_path: Path) -> None:
    (tmp_path / "js").mkdir()
    (tmp_path / "js" / "main.js").write_text("1")

    assert read_files(tmp_path) == {"js/main.js": b"1"}


def test_in_development_files_are_read_anew_each_time() -> None:
    with TestClient(create_app(Settings(development=True))) as client:
        answer = client.get(address_of(client, "js/main.js"))

    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-cache"


def test_plotly_comes_out_of_its_package_packed_and_at_an_address_that_changes_with_it(client: TestClient) -> None:
    page = client.get("/").text
    found = re.search(r'data-plotly="([^"]+)"', page)
    assert found is not None

    answer = client.get("/" + found[1], headers={"accept-encoding": "gzip"})

    assert answer.content == plotly_script()
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert "immutable" in answer.headers["cache-control"]


def test_the_page_itself_does_not_load_plotly(client: TestClient) -> None:
    assert not re.search(r"<script[^>]*plotly", client.get("/").text)


def test_nothing_but_plotly_is_at_its_address(client: TestClient) -> None:
    found = re.search(r'data-plotly="([^"]+)/[^"/]+"', client.get("/").text)
    assert found is not None

    assert client.get(f"/{found[1]}/other.js").status_code == 404
    assert client.post(f"/{found[1]}/plotly.min.js").status_code == 405
