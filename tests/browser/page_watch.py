"""Listens to pages: no request may leave the origin, nothing may be said on the console as an error or go uncaught."""

import re
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, Route, WebError, WebSocket

ANYWHERE_ELSE = re.compile(r"^(?!(?:https?|wss?)://127\.0\.0\.1[:/])")


class PageWatch:
    """What the pages of one test did that a page must not do.

    Attributes:
        complaints: one sentence each, in the order in which it happened.
    """

    def __init__(self) -> None:
        self.complaints: list[str] = []
        self._hosts: set[str] = set()
        self._expected: list[re.Pattern[str]] = []

    def admit(self, url: str) -> None:
        """Let pages talk to the server at this address."""
        self._hosts.add(urlsplit(url).netloc)

    def expect(self, pattern: str) -> None:
        """Complaints that match the pattern belong to this test: a lost server, say, is told on the console."""
        self._expected.append(re.compile(pattern))

    def unexpected(self) -> list[str]:
        """The complaints that no pattern expects."""
        return [text for text in self.complaints if not any(pattern.search(text) for pattern in self._expected)]

    def watch(self, context: BrowserContext) -> None:
        """Listen to every page that the context has or will have."""
        # Nothing of the test run may reach the network; the request is recorded below all the same.
        context.route(ANYWHERE_ELSE, _refuse)
        context.on("request", self._hear_request)
        context.on("console", self._hear_console)
        context.on("weberror", self._hear_error)
        context.on("page", self._watch_page)

    def _watch_page(self, page: Page) -> None:
        page.on("websocket", self._hear_socket)
        page.on("crash", lambda page: self.complaints.append(f"the page {page.url} crashed"))

    def _hear_request(self, request: Request) -> None:
        self._hear_address(request.url)

    def _hear_socket(self, websocket: WebSocket) -> None:
        self._hear_address(websocket.url)

    def _hear_address(self, url: str) -> None:
        # data: and blob: stay inside the page.
        parts = urlsplit(url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.netloc not in self._hosts:
            self.complaints.append(f"a request left the origin: {url}")

    def _hear_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(f"console error: {message.text} ({message.location.get('url', '')})")

    def _hear_error(self, error: WebError) -> None:
        self.complaints.append(f"uncaught error: {error.error}")


def _refuse(route: Route) -> None:
    route.abort("internetdisconnected")
