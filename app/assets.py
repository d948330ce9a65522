"""The page's scripts, stylesheets and font, each at an address that changes with its content.

What never changes under its address may be kept by a browser for ever, so a second visit loads nothing. Scripts import
each other by relative paths, so one folder name for all of them versions the whole graph at once. Everything is packed
once, when the server starts: a class that opens the page at the same moment costs no processor time.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import mimetypes
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

# Windows may have learnt something else from its registry, and then no script would run.
mimetypes.add_type("text/javascript", ".js")
mimetypes.add_type("text/css", ".css")
mimetypes.add_type("image/svg+xml", ".svg")
mimetypes.add_type("font/ttf", ".ttf")

HASH_LENGTH: Final = 12
FONT_NAME: Final = "math.ttf"
PLOTLY_NAME: Final = "plotly.min.js"
_IMMUTABLE: Final = "public, max-age=31536000, immutable"


@dataclass(frozen=True)
class Asset:
    """A file, as it is and packed."""

    content: bytes
    packed: bytes
    media_type: str
    digest: str


class Assets:
    """An ASGI application that serves files from memory.

    Attributes:
        digest: of all files together; a part of their address.
    """

    def __init__(self, contents: Mapping[str, bytes]) -> None:
        self._assets = {name: _asset(name, content) for name, content in contents.items()}
        self.digest = _digest(f"{name} {self._assets[name].digest}\n".encode() for name in sorted(self._assets))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request for one of the files."""
        asset = self._assets.get(scope["path"].removeprefix(scope.get("root_path", "")).lstrip("/"))
        if asset is None:
            raise HTTPException(404)
        if scope["method"] not in ("GET", "HEAD"):
            raise HTTPException(405, headers={"Allow": "GET, HEAD"})
        await _response(asset, dict(scope["headers"]))(scope, receive, send)


class LateAsset:
    """An ASGI application that serves one large file, packed when it is asked for the first time.

    Attributes:
        digest: of its content; a part of its address.
    """

    def __init__(self, name: str, content: bytes) -> None:
        self.digest = _digest([content])
        self._name = name
        self._content = content
        self._asset: Asset | None = None
        self._packing = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request for the file."""
        if scope["path"].removeprefix(scope.get("root_path", "")).lstrip("/") != self._name:
            raise HTTPException(404)
        if scope["method"] not in ("GET", "HEAD"):
            raise HTTPException(405, headers={"Allow": "GET, HEAD"})
        async with self._packing:
            if self._asset is None:
                self._asset = await asyncio.to_thread(_asset, self._name, self._content)
        await _response(self._asset, dict(scope["headers"]))(scope, receive, send)


class FreshFiles(StaticFiles):
    """Files read anew for every request: for whoever is changing them."""

    def file_response(self, *args: object, **kwargs: object) -> Response:
        """A file, to be asked for again next time."""
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]  # handed on as it came
        response.headers["Cache-Control"] = "no-cache"
        return response


def read_files(directory: Path) -> dict[str, bytes]:
    """The content of every file below a directory, by its path with `/`."""
    return {
        path.relative_to(directory).as_posix(): path.read_bytes()
        for path in sorted(directory.rglob("*"))
        if path.is_file()
    }


def math_font() -> bytes:
    """STIX Two Math, so that formulas look the same on machines that have no mathematical font.

    The font comes with the `ziamath` package, unchanged.

    Raises:
        FileNotFoundError: the installation is not complete.
    """
    return _file_of("ziamath", "fonts/STIXTwoMath-Regular.ttf")


def plotly_script() -> bytes:
    """plotly.js, for the charts that are explored rather than watched. It comes with the `plotly` package, unchanged.

    Raises:
        FileNotFoundError: the installation is not complete.
    """
    return _file_of("plotly", "package_data/plotly.min.js")


def _file_of(package: str, path: str) -> bytes:
    # The package is looked for and not imported: it would load a whole renderer of formulas, or of charts.
    spec = find_spec(package)
    places = spec.submodule_search_locations if spec is not None else None
    for place in places or ():
        file = Path(place, path)
        if file.is_file():
            return file.read_bytes()
    raise FileNotFoundError(f"{path} is missing: is the package {package} installed?")


@lru_cache(maxsize=256)
def _asset(name: str, content: bytes) -> Asset:
    # Remembered for whoever makes several applications: to pack the font takes longer than everything else.
    media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    if media_type.startswith("text/"):
        media_type += "; charset=utf-8"
    return Asset(content, gzip.compress(content, 6, mtime=0), media_type, _digest([content]))


def _digest(parts: Iterable[bytes]) -> str:
    sha = hashlib.sha256()
    for part in parts:
        sha.update(part)
    return sha.hexdigest()[:HASH_LENGTH]


def _response(asset: Asset, headers: Mapping[bytes, bytes]) -> Response:
    etag = f'"{asset.digest}"'
    common = {"Cache-Control": _IMMUTABLE, "ETag": etag, "Vary": "Accept-Encoding"}
    if etag in headers.get(b"if-none-match", b"").decode("latin-1"):
        return Response(status_code=304, headers=common)
    if "gzip" in headers.get(b"accept-encoding", b"").decode("latin-1"):
        return Response(asset.packed, headers={**common, "Content-Encoding": "gzip"}, media_type=asset.media_type)
    return Response(asset.content, headers=common, media_type=asset.media_type)
