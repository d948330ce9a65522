"""The application: everything put together."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI
from fastapi.templating import Jinja2Templates

from app.assets import FONT_NAME, PLOTLY_NAME, Assets, FreshFiles, LateAsset, math_font, plotly_script, read_files
from app.catalogue import tell_catalogue
from app.downloads import create_downloads
from app.encode import encode
from app.messages import HelloMessage
from app.pages import create_pages
from app.paths import static_directory, templates_directory
from app.prefix import Prefix
from app.refusals import RefusedError
from app.rest import create_rest, refused
from app.security import SecurityHeaders
from app.sessions import Sessions
from app.settings import Settings
from app.websocket import create_socket

SWEEP_SECONDS: Final = 60.0
# A thread that computes hands over after this long. With Python's usual 5 ms every answer would wait that much while
# some session's gradients are being checked.
SWITCH_SECONDS: Final = 0.0005


def create_app(settings: Settings | None = None) -> FastAPI:
    """The server.

    Args:
        settings: the limits; those of the environment when left out.

    Raises:
        SettingsError: the environment holds a setting that cannot be used.
    """
    settings = settings or Settings.from_environment(os.environ)
    sessions = Sessions(settings)
    hello = hello_of(settings)
    program = hello["version"]

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        usual = sys.getswitchinterval()
        sys.setswitchinterval(SWITCH_SECONDS)
        sweeper = asyncio.create_task(_sweep(sessions))
        try:
            yield
        finally:
            sweeper.cancel()
            await sessions.close()
            sys.setswitchinterval(usual)

    app = FastAPI(
        title="chalkgrad",
        version=program,
        lifespan=lifespan,
        # Swagger's page loads itself from elsewhere; /protocol and /openapi.json say what there is to say.
        docs_url=None,
        redoc_url=None,
        responses={400: {"description": "The request cannot be read"}},
    )
    static = _mount_static(app, static_directory(), development=settings.development)
    font = Assets({FONT_NAME: math_font()})
    app.mount(f"/assets/{font.digest}", font)
    plotly = LateAsset(PLOTLY_NAME, plotly_script())
    app.mount(f"/assets/{plotly.digest}", plotly)
    templates = Jinja2Templates(templates_directory())
    templates.env.auto_reload = settings.development
    common: dict[str, Any] = {
        "static": static,
        "font_url": f"assets/{font.digest}/{FONT_NAME}",
        "plotly_url": f"assets/{plotly.digest}/{PLOTLY_NAME}",
        "version": program,
    }
    app.include_router(create_pages(templates, common))
    app.include_router(create_rest(sessions, settings, program, encode(hello["catalogue"])))
    app.include_router(create_downloads(sessions, settings, program, templates, common))
    app.include_router(create_socket(sessions, settings, encode(hello).decode()))
    app.add_exception_handler(RefusedError, refused)
    app.add_middleware(Prefix, root_path=settings.root_path)
    app.add_middleware(SecurityHeaders)
    app.state.sessions = sessions
    return app


def hello_of(settings: Settings) -> HelloMessage:
    """What every page is told first."""
    return {"type": "hello", "version": _version(), "limits": limits(settings), "catalogue": tell_catalogue()}


def limits(settings: Settings) -> dict[str, float]:
    """What a page has to know of the limits."""
    return {
        "parameters": settings.max_parameters,
        "samples": settings.max_samples,
        "steps": settings.max_steps,
        "message_bytes": settings.max_message_bytes,
        "document_bytes": settings.max_document_bytes,
        "receipt_bytes": settings.max_receipt_bytes,
        "link_characters": settings.max_link_characters,
        "viewers": settings.max_viewers_per_session,
        "commands_per_second": settings.commands_per_second,
        "checked_parameters": settings.max_checked_parameters,
    }


def _mount_static(app: FastAPI, directory: Path, *, development: bool) -> str:
    if development:
        app.mount("/static/fresh", FreshFiles(directory=directory))
        return "static/fresh"
    assets = Assets(read_files(directory))
    app.mount(f"/static/{assets.digest}", assets)
    return f"static/{assets.digest}"


async def _sweep(sessions: Sessions) -> None:
    while True:
        await asyncio.sleep(SWEEP_SECONDS)
        sessions.forget_idle()


def _version() -> str:
    try:
        return version("chalkgrad")
    except PackageNotFoundError:
        # Run from a checkout that nobody has installed.
        return "0.0.0"
