"""What can be had without a socket: the catalogue, whether a document is an experiment, documents up and down."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool
from typing_extensions import TypedDict

from app.documents import experiment_of
from app.encode import encode
from app.links import parse_document
from app.messages import protocol
from app.opening import session_of
from app.refusals import RefusedError, field_problems
from app.sessions import Sessions
from app.settings import Settings
from app.wire import FieldProblem

SessionName = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{16,64}$")]


class Problems(TypedDict):
    """Why something was not done."""

    message: str
    problems: list[FieldProblem]


class Created(TypedDict):
    """The name of a session that has begun."""

    session: str


class Health(TypedDict):
    """That the server is up, and how much it carries."""

    version: str
    sessions: int
    viewers: int


_REFUSED: Final[dict[int | str, dict[str, Any]]] = {
    413: {"model": Problems, "description": "The document is too large"},
    422: {"model": Problems, "description": "What is wrong with the document, field by field"},
}
_DOCUMENT: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"type": "object", "title": "Document"}}},
    }
}


def create_rest(sessions: Sessions, settings: Settings, version: str, catalogue: bytes) -> APIRouter:
    """The routes.

    Args:
        sessions: where rooms are.
        settings: the limits.
        version: of the program.
        catalogue: what an experiment can be made of, as JSON.
    """
    router = APIRouter()

    @router.get("/healthz")
    async def health() -> Health:
        """Whether the server is up."""
        return {"version": version, "sessions": len(sessions), "viewers": sessions.viewers}

    @router.get("/api/catalogue", response_model=dict[str, Any])
    async def tell_catalogue() -> Response:
        """What an experiment can be made of: activations, losses, optimizers, data, presets, each in words."""
        return json_response(catalogue)

    @router.get("/api/protocol.json", response_model=dict[str, Any])
    async def tell_protocol() -> Response:
        """The JSON Schemas of all commands and messages of the WebSocket."""
        return json_response(encode(protocol()))

    @router.post("/api/validate", responses=_REFUSED, openapi_extra=_DOCUMENT, response_model=dict[str, Any])
    async def validate(request: Request) -> Response:
        """The experiment that a document describes, or everything that is wrong with it."""
        document = parse_document(await body_of(request, settings.max_document_bytes))
        experiment = await run_in_threadpool(experiment_of, document, settings)
        return json_response(encode(experiment.to_json()))

    @router.post("/api/sessions", status_code=201, responses=_REFUSED, openapi_extra=_DOCUMENT)
    async def create_session(request: Request) -> Created:
        """Begin a session from a document."""
        document = parse_document(await body_of(request, settings.max_document_bytes))
        sessions.make_room()
        session = await run_in_threadpool(session_of, document, settings)
        sessions.add(session)
        return {"session": session.id}

    @router.get("/api/sessions/{name}/document", responses={404: {"model": Problems}}, response_model=dict[str, Any])
    async def download(name: SessionName) -> Response:
        """The document of a session at its present moment."""
        room = sessions.find(name)
        if room is None:
            return refusal(404, RefusedError("This session is not here any more."))
        document = await room.document()
        headers = {"Content-Disposition": 'attachment; filename="chalkgrad.json"', "Cache-Control": "no-store"}
        return json_response(encode(document), headers)

    return router


def refused(_: Request, error: Exception) -> Response:
    """Answer a request whose document was refused."""
    if not isinstance(error, RefusedError):
        raise error
    return refusal(413 if isinstance(error, TooLargeError) else 422, error)


class TooLargeError(RefusedError):
    """A document is larger than the limit."""


async def body_of(request: Request, max_bytes: int) -> bytes:
    """What was sent, as long as it is not too much.

    Raises:
        TooLargeError: it is more than `max_bytes`.
    """
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > max_bytes:
            raise TooLargeError(f"A document has at most {max_bytes:,} bytes.")
        parts.append(part)
    return b"".join(parts)


def refusal(status: int, error: RefusedError) -> Response:
    """The answer to what cannot be done."""
    problems: Problems = {"message": error.message, "problems": field_problems(error.problems)}
    return Response(encode(problems), status_code=status, media_type="application/json")


def json_response(text: bytes, headers: dict[str, str] | None = None) -> Response:
    """An answer that is JSON text already."""
    return Response(text, headers=headers, media_type="application/json")
