"""Being shown under a prefix by a proxy, whether it takes the prefix off or leaves it on."""

from __future__ import annotations

import re
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

PREFIX: Final = re.compile(r"(/[\w.~%@-]+)+/?")


def is_prefix(text: str) -> bool:
    """Whether a text is a path such as `/user/x/proxy/8000`, with a slash at its end or without."""
    return PREFIX.fullmatch(text) is not None


class Prefix:
    """Tells an application under which prefix it is shown.

    Args:
        app: the application.
        root_path: the prefix, or nothing.
    """

    def __init__(self, app: ASGIApp, root_path: str) -> None:
        self._app = app
        self._root_path = root_path.rstrip("/")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request with the prefix in front of its path, as ASGI wants it."""
        if self._root_path and scope["type"] in ("http", "websocket") and not scope.get("root_path"):
            path = scope["path"]
            if not f"{path}/".startswith(f"{self._root_path}/"):
                path = self._root_path + path
            elif path == self._root_path:
                path += "/"
            scope = {**scope, "root_path": self._root_path, "path": path}
        await self._app(scope, receive, send)
