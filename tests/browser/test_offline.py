"""The page needs nothing but its own server, wherever that is hosted; that no request leaves it, every test watches."""

import re

import pytest
from fastapi import FastAPI
from playwright.sync_api import Page, expect
from starlette.types import Receive, Scope, Send

from app.main import create_app
from tests.browser.conftest import OpenPage
from tests.browser.live_server import LiveServer
from tests.browser.page_watch import PageWatch
from tests.browser.workbench import Workbench

PREFIX = "/user/x/proxy/8000"
STRANGE_ADDRESSES = """() => performance.getEntriesByType("resource").map((entry) => entry.name)
  .filter((name) => new URL(name).origin !== location.origin)"""


def walk_a_little(page: Page) -> None:
    """The socket works too."""
    bench = Workbench(page)
    bench.choose_grain("layer")
    bench.press("PageDown", (0, 1))
    bench.press("PageDown", (0, 2))


def test_the_page_may_load_from_its_own_origin_only(open_page: OpenPage, server_url: str) -> None:
    page = open_page("/")

    policy = page.request.get(server_url + "/").headers["content-security-policy"]
    directives = {name: sources for name, *sources in (each.split() for each in policy.split(";"))}

    assert directives["default-src"] == ["'self'"]
    assert "script-src" not in directives
    assert directives.get("connect-src", ["'self'"]) == ["'self'"]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_that_the_page_loads_comes_from_elsewhere(open_page: OpenPage, theme: str) -> None:
    page = open_page("/?preset=circles")
    bench = Workbench(page)
    for name in ("Examples", "Share", "Help"):
        page.get_by_role("button", name=name).click()
        page.keyboard.press("Escape")
    if theme == "dark":
        page.keyboard.press("d")
    page.keyboard.press("t")
    page.keyboard.press("l")
    walk_a_little(page)

    assert page.evaluate(STRANGE_ADDRESSES) == []
    assert bench.page.evaluate("document.fonts.check('16px \"Chalk Math\"')")


def test_the_protocol_page_is_served_here_too(open_page: OpenPage) -> None:
    page = open_page("/protocol")

    assert page.get_by_role("heading", level=1).inner_text() == "The protocol of chalkgrad"
    assert page.evaluate(STRANGE_ADDRESSES) == []


class Proxied(FastAPI):
    """The application behind a proxy that takes a prefix off, as that of a Jupyter server does.

    Args:
        tells: whether the proxy tells the prefix in a header; if not, the server has to have been told.
    """

    def __init__(self, *, tells: bool) -> None:
        super().__init__()
        self._inside = create_app()
        self._tells = tells

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; what is not under the prefix is somebody else's."""
        if scope["type"] in ("http", "websocket"):
            # A server that was told its prefix has put it in front of what was asked for, as behind a real proxy.
            known: str = scope["root_path"]
            asked = scope["path"].removeprefix(known)
            is_ours = asked == PREFIX or asked.startswith(PREFIX + "/")
            path = known + (asked.removeprefix(PREFIX) or "/") if is_ours else known + "/nobody-is-here"
            told = [(b"x-forwarded-prefix", PREFIX.encode())] if self._tells else []
            scope = {**scope, "path": path, "raw_path": path.encode(), "headers": [*scope["headers"], *told]}
        await self._inside(scope, receive, send)


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("tells", [True, False])
def test_the_page_works_under_a_prefix(open_page: OpenPage, page_watch: PageWatch, tells: bool, slash: str) -> None:
    with LiveServer(Proxied(tells=tells), root_path="" if tells else PREFIX) as server:
        page_watch.admit(server.url)

        page = open_page(PREFIX + slash + "?preset=mazur", server=server.url)

        walk_a_little(page)
        page.close()


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_link_made_under_a_prefix_leads_back_there(open_page: OpenPage, page_watch: PageWatch, slash: str) -> None:
    with LiveServer(Proxied(tells=True)) as server:
        page_watch.admit(server.url)
        page = open_page(PREFIX + slash + "?preset=mazur", server=server.url)
        walk_a_little(page)

        page.get_by_role("button", name="Share").click()
        field = page.get_by_role("textbox", name="Link")
        expect(field).to_have_value(re.compile(f"^{re.escape(server.url + PREFIX)}/#m="))
        other = open_page(field.input_value().removeprefix(server.url), server=server.url)
        Workbench(other).wait_for_cursor(0, 2)

        page.close()
        other.close()
