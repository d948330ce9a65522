"""A Chromium, a running server, and pages that are listened to."""

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any, Literal, Protocol

import pytest
from playwright.sync_api import BrowserContext, Page

from app.main import create_app
from app.settings import Settings
from tests.browser.live_server import LiveServer
from tests.browser.page_watch import PageWatch

CHROMIUM_NAMES = (
    "chromium",
    "chromium-browser",
    "chromium-headless-shell",
    "google-chrome",
    "google-chrome-stable",
)
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",  # CI runs as root, and Chromium's sandbox refuses root
    "--disable-gpu",
    # Without these it looks for its maker's hosts at every start.
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # The same picture on every machine with the same fonts.
    "--font-render-hinting=none",
    "--force-color-profile=srgb",
]
CONTEXT_OPTIONS: dict[str, Any] = {
    "viewport": {"width": 1280, "height": 720},
    "color_scheme": "light",
    "reduced_motion": "reduce",
    "device_scale_factor": 1,
    "locale": "en-GB",
}

Theme = Literal["light", "dark"]
NewContext = Callable[..., BrowserContext]


class StartServer(Protocol):
    """Starts a server for one test alone; a port given again is a server that came back."""

    def __call__(self, settings: Settings | None = None, *, port: int = 0, root_path: str = "") -> LiveServer: ...


class OpenPage(Protocol):
    """Opens a page in a browser context of its own, with its fonts loaded."""

    def __call__(
        self,
        path: str = "/",
        *,
        viewport: tuple[int, int] = (1280, 720),
        theme: Theme = "light",
        server: str | None = None,
        **options: object,
    ) -> Page: ...


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Launch the installed Chromium; Playwright's own would have to be downloaded."""
    named = os.environ.get("CHROMIUM")
    found = next(filter(None, map(shutil.which, [named] if named else CHROMIUM_NAMES)), None)
    if found is None:
        pytest.fail(f"no Chromium: looked for {named or ', '.join(CHROMIUM_NAMES)}; CHROMIUM=/path/to/chrome names one")
    return {**browser_type_launch_args, "executable_path": found, "args": CHROMIUM_ARGUMENTS}


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """The address, without a slash at the end, of a server that all tests share."""
    with LiveServer(create_app()) as server:
        yield server.url


@pytest.fixture
def start_server(page_watch: PageWatch) -> Iterator[StartServer]:
    """A function that starts further servers, ended with the test."""
    servers: list[LiveServer] = []

    def start(settings: Settings | None = None, *, port: int = 0, root_path: str = "") -> LiveServer:
        server = LiveServer(create_app(settings), port=port, root_path=root_path)
        servers.append(server)
        page_watch.admit(server.url)
        return server

    yield start
    for server in servers:
        server.stop()


@pytest.fixture(autouse=True)
def page_watch(server_url: str) -> Iterator[PageWatch]:
    """Fails the test, once its pages are closed, if one of them talked to a stranger or had an error."""
    watch = PageWatch()
    watch.admit(server_url)
    yield watch
    unexpected = watch.unexpected()
    if unexpected:
        pytest.fail("\n".join(unexpected), pytrace=False)


@pytest.fixture
def new_context(
    start_server: StartServer, new_context: NewContext, page_watch: PageWatch, server_url: str
) -> NewContext:
    """Every context, also the one of the fixture `page`, has our defaults and is listened to."""
    # start_server stands first so that a test's pages are closed before its servers are.

    def create(**options: object) -> BrowserContext:
        context = new_context(**{"base_url": server_url, **CONTEXT_OPTIONS, **options})
        context.set_default_timeout(15_000)
        page_watch.watch(context)
        return context

    return create


@pytest.fixture
def open_page(new_context: NewContext, server_url: str) -> OpenPage:
    """A function that opens a page; further options are those of Playwright's `new_context`."""

    def open_it(
        path: str = "/",
        *,
        viewport: tuple[int, int] = (1280, 720),
        theme: Theme = "light",
        server: str | None = None,
        **options: object,
    ) -> Page:
        width, height = viewport
        context = new_context(viewport={"width": width, "height": height}, color_scheme=theme, **options)
        page = context.new_page()
        page.goto((server or server_url) + path)
        page.evaluate("document.fonts.ready.then(() => undefined)")
        return page

    return open_it
