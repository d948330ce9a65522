"""What can be taken along from a session, and what can be brought: files down, receipts and tables up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final, Literal, TypeVar

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response
from fastapi.templating import Jinja2Templates
from starlette.concurrency import run_in_threadpool

from app.documents import timeline_of
from app.encode import encode
from app.exports.code import MOST_STEPS, STEPS
from app.exports.code_keras import keras_script
from app.exports.code_numpy import numpy_script
from app.exports.code_pytorch import pytorch_script
from app.exports.numbers import StepNumbers, numbers_csv, step_numbers
from app.exports.receipt import Verdict, make_receipt, verify_receipt
from app.exports.standing import Standing, standing_of
from app.exports.weights import weights_npz
from app.exports.worksheet import Worksheet, worksheet_of
from app.links import parse_document
from app.messages import SavedDocument
from app.pages import base_href
from app.refusals import RefusedError
from app.rest import Problems, SessionName, body_of, json_response, refusal
from app.room import Room
from app.sessions import Sessions
from app.settings import Settings
from app.table_experiment import Preview, preview_table
from engine import Timeline

T = TypeVar("T")

_NOT_HERE: Final[dict[int | str, dict[str, Any]]] = {
    404: {"model": Problems, "description": "There is no such session"}
}
_REFUSED: Final[dict[int | str, dict[str, Any]]] = {
    413: {"model": Problems, "description": "It is too large"},
    422: {"model": Problems, "description": "What is wrong with it, field by field"},
}
_OBJECT: Final[dict[str, Any]] = {
    "requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}
}
_NO_SHEET: Final[dict[int | str, dict[str, Any]]] = {
    404: {"description": "There is no such session"},
    422: {"description": "There can be no worksheet of this step"},
}
GONE: Final = "This session is not here any more."
# A session lies three folders deep, and the addresses on a page are relative to where the program is.
_UP: Final = "../../../"

SCRIPTS: Final[Mapping[str, Callable[[Standing, str, int], str]]] = {
    "numpy": numpy_script,
    "pytorch": pytorch_script,
    "keras": keras_script,
}


def create_downloads(
    sessions: Sessions, settings: Settings, version: str, templates: Jinja2Templates, common: Mapping[str, Any]
) -> APIRouter:
    """The routes.

    Args:
        sessions: where rooms are.
        settings: the limits.
        version: of the program.
        templates: of the pages.
        common: what every template is given.
    """
    router = APIRouter()

    @router.post("/api/table", responses=_REFUSED, openapi_extra=_OBJECT, response_model=Preview)
    async def table(request: Request) -> Response:
        """What a table holds, what is wrong with it, and the experiment that it makes.

        The body is an object with the table's `text`, and where there are some, `choices` and the present `experiment`.
        """
        asked = parse_document(await body_of(request, settings.max_document_bytes))
        return json_response(encode(await run_in_threadpool(preview_table, asked, settings)))

    @router.post("/api/receipt", responses=_REFUSED, openapi_extra=_OBJECT, response_model=Verdict)
    async def check_receipt(request: Request) -> Response:
        """Whether every number of a receipt can be computed again; the document in it can be opened."""
        receipt = parse_document(await body_of(request, settings.max_receipt_bytes))
        return json_response(encode(await run_in_threadpool(verify_receipt, receipt, settings, version)))

    @router.get("/api/sessions/{name}/receipt.json", responses=_NOT_HERE, response_model=dict[str, Any])
    async def receipt(name: SessionName) -> Response:
        """The moment of a session with every number of its step."""
        room = sessions.find(name)
        if room is None:
            return _not_here()
        document, told = await _look(room, step_numbers)
        text = await run_in_threadpool(encode, make_receipt(told, document, version))
        if len(text) > settings.max_receipt_bytes:
            raise RefusedError(
                f"This step has too many numbers for a receipt: it may have {settings.max_receipt_bytes:,} bytes."
            )
        return _file(text, "receipt.json", "application/json")

    @router.get("/api/sessions/{name}/numbers.json", responses=_NOT_HERE, response_model=StepNumbers)
    async def numbers(name: SessionName) -> Response:
        """Every number of the step at the cursor, event by event."""
        room = sessions.find(name)
        if room is None:
            return _not_here()
        _, told = await _look(room, step_numbers)
        return _file(await run_in_threadpool(encode, told), "numbers.json", "application/json")

    @router.get("/api/sessions/{name}/numbers.csv", responses=_NOT_HERE, response_class=Response)
    async def numbers_table(name: SessionName) -> Response:
        """Every number of the step at the cursor, one row each."""
        room = sessions.find(name)
        if room is None:
            return _not_here()
        _, told = await _look(room, step_numbers)
        text = await run_in_threadpool(numbers_csv, told)
        return _file(text.encode(), "numbers.csv", "text/csv; charset=utf-8")

    @router.get("/api/sessions/{name}/weights.npz", responses=_NOT_HERE, response_class=Response)
    async def weights(name: SessionName) -> Response:
        """The parameters at the cursor, as a file of NumPy's."""
        room = sessions.find(name)
        if room is None:
            return _not_here()
        _, (experiment, parameters) = await _look(room, lambda timeline: (timeline.experiment, timeline.parameters()))
        file = await run_in_threadpool(weights_npz, experiment, parameters)
        return _file(file, "weights.npz", "application/octet-stream")

    @router.get("/api/sessions/{name}/network_{library}.py", responses=_NOT_HERE, response_class=Response)
    async def script(
        name: SessionName,
        library: Literal["numpy", "pytorch", "keras"],
        steps: Annotated[int, Query(ge=1, le=MOST_STEPS)] = STEPS,
    ) -> Response:
        """The network at the cursor as a script that trains on: for numpy, pytorch or keras."""
        room = sessions.find(name)
        if room is None:
            return _not_here()
        _, standing = await _look(room, standing_of)
        text = await run_in_threadpool(SCRIPTS[library], standing, version, steps)
        return _file(text.encode(), f"network_{library}.py", "text/x-python; charset=utf-8")

    @router.get("/api/sessions/{name}/worksheet.html", responses=_NO_SHEET, response_class=HTMLResponse)
    async def worksheet(
        request: Request, name: SessionName, sample: Annotated[int, Query(ge=0, le=1_000_000)] = 0
    ) -> Response:
        """The step at the cursor for paper: formulas with room for the numbers, and the numbers on another page.

        It is opened in a tab of its own, so why there is none is a page too.
        """

        def page(template: str, context: Mapping[str, Any], status: int = 200) -> Response:
            base = base_href(request.headers, request.scope.get("root_path", ""))
            return templates.TemplateResponse(
                request,
                template,
                {**common, **context, "base_href": _UP if base == "./" else base},
                status_code=status,
                headers={"Content-Disposition": 'inline; filename="worksheet.html"', "Cache-Control": "no-store"},
            )

        room = sessions.find(name)
        if room is None:
            return page("no_worksheet.html", {"refusal": RefusedError(GONE)}, 404)
        document = await room.document()

        def written() -> Worksheet:
            # A run of its own: the sheet needs the step to its end, and the session stays where it is.
            timeline, _ = timeline_of(document, settings)
            return worksheet_of(timeline, sample)

        try:
            return page("worksheet.html", {"sheet": await run_in_threadpool(written)})
        except RefusedError as error:
            return page("no_worksheet.html", {"refusal": error}, 422)

    return router


def _not_here() -> Response:
    return refusal(404, RefusedError(GONE))


async def _look(room: Room, question: Callable[[Timeline], T]) -> tuple[SavedDocument, T]:
    """Ask the run of a session something that moves nothing."""
    document = await room.document()
    # The room was ours a moment ago, and until our next await nobody else gets a turn: the run stands still.
    return document, question(room.session.timeline)


def _file(content: bytes, name: str, media_type: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(content, headers=headers, media_type=media_type)
