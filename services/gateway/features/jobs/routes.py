"""Imports are begun and get their files here; and the errors of their rows are read, also as CSV."""

from collections.abc import AsyncIterator
from typing import Annotated, Any, Final, cast

from fastapi import APIRouter, Depends, Request
from fastapi.responses import StreamingResponse
from starlette.responses import Response

from services.gateway.backend import Backend, TheBackend
from services.gateway.features.jobs import FEATURE
from services.gateway.features.jobs.answer import RowErrorAnswer, row_error_from_owner, write_errors
from services.gateway.features.jobs.request import send_file
from services.gateway.http.answers import Listed, Nameable
from services.gateway.http.authentication import allows, check_area, needs
from services.gateway.http.bodies import build_command, json_body
from services.gateway.http.documented import describe, may_answer
from services.gateway.http.parameters import After, Limit, RequestOrigin
from services.gateway.http.problems import not_found
from services.gateway.http.replies import reply, reply_created
from services.gateway.http.uploads import BYTES
from services.gateway.plain.answer import answer_model, change_model
from services.gateway.reading.cursors import encode_cursor
from services.gateway.reading.views import last_id
from shared.contracts.access import Actor
from shared.contracts.jobs import JobShape, RowError
from shared.contracts.stations.jobs import AddStationsFilePart, BeginStationsImport, ListStationsRowErrors

router = APIRouter(tags=["jobs"])
OWNER: Final = "stations"
PAGE: Final = 200
"""Row errors of one query."""
JobAnswer: Final[Any] = answer_model(FEATURE)
SentAnswer: Final[Any] = change_model(FEATURE)
MaySee = Annotated[Actor, Depends(needs(FEATURE.seen_with))]
_CSV: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "One line for each error, after a header.",
        "content": {"text/csv": {"schema": {"type": "string"}}},
    }
}


@router.post("/v1/imports", **describe(JobAnswer, body=BeginStationsImport, new=True))
async def begin_import(
    caller: Annotated[Actor, Depends(allows(BeginStationsImport))], backend: TheBackend, origin: RequestOrigin,
    asked: Annotated[BeginStationsImport, Depends(json_body(BeginStationsImport))],
) -> Response:  # fmt: skip
    """Begin the import of a file: a job that waits for its bytes, `PUT /v1/imports/{job_id}/file`.

    With `dry_run` the rows are checked only. A key or person has three jobs at a time.
    """
    check_area(caller, asked.permission, asked.area)
    shape = await _shown(backend, await backend.commands.send(asked, JobShape, origin))
    answer = cast("Nameable", JobAnswer.model_validate(shape.model_dump(mode="json")))
    named = backend.external_ids.name_new(caller, OWNER, answer, asked.external_id)
    return reply_created(named, f"/v1/jobs/{shape.id}")


@router.put("/v1/imports/{job_id}/file", **{**describe(SentAnswer), "openapi_extra": BYTES})
@may_answer(408, 413, 415, 422)
async def send_import_file(
    job_id: str, request: Request, _: Annotated[Actor, Depends(allows(AddStationsFilePart))], backend: TheBackend,
    origin: RequestOrigin,
) -> Response:  # fmt: skip
    """Send the bytes of a job's file, at most 16 MiB; a worker then takes the job. Sent again, it begins again.

    CSV is UTF-8 or GB18030, with comma, semicolon or tab. Rows and errors are read at `/v1/jobs/{job_id}`.
    """
    shape = await _shown(backend, await send_file(request, backend, job_id, origin))
    return reply(SentAnswer.model_validate(shape.model_dump(mode="json")))


@router.get("/v1/jobs/{job_id}/errors", **describe(Listed[RowErrorAnswer]))
@may_answer(404)
async def list_row_errors(
    job_id: str, caller: MaySee, backend: TheBackend, limit: Limit = 50, after: After = None
) -> Response:
    """List the errors of the rows of a job, by row: at most 10,000, kept for 30 days after its end."""
    await _require(backend, caller, job_id)
    last = None if after is None else last_id(after)
    # Built as a command is: the cursor of another list is refused, and fails nothing.
    page = await backend.queries.ask(build_command(ListStationsRowErrors, job_id=job_id, after=last, limit=limit))
    items = [row_error_from_owner(error) for error in page.items]
    following = None if page.next is None else encode_cursor(page.next)
    return reply(Listed[RowErrorAnswer](items=items, next=following))


@router.get("/v1/jobs/{job_id}/errors.csv", response_class=StreamingResponse, responses=_CSV)
@may_answer(404)
async def export_row_errors(job_id: str, caller: MaySee, backend: TheBackend) -> Response:
    """Export the errors of the rows of a job as CSV, in the language of the request."""
    await _require(backend, caller, job_id)
    first = await _page(backend, job_id, None)
    named = {"Content-Disposition": 'attachment; filename="errors.csv"', "Cache-Control": "no-store"}
    return StreamingResponse(_export(backend, job_id, first), media_type="text/csv", headers=named)


async def _export(backend: Backend, job_id: str, page: list[RowError]) -> AsyncIterator[str]:
    # A byte order mark: spreadsheets take the file for their own encoding without it.
    yield "\ufeff" + write_errors(page, head=True)
    while len(page) == PAGE:  # ends: a job keeps 10,000 errors at most
        page = await _page(backend, job_id, page[-1].id)
        yield write_errors(page, head=False)


async def _page(backend: Backend, job_id: str, after: str | None) -> list[RowError]:
    page = await backend.queries.ask(ListStationsRowErrors(job_id=job_id, after=after, limit=PAGE))
    return list(page.items)


async def _require(backend: Backend, caller: Actor, job_id: str) -> None:
    """Raise Problem (404) for an unknown job, and for one outside the caller's area alike."""
    if await backend.views.one(FEATURE.view, job_id, caller) is None:
        raise not_found(FEATURE.noun, job_id)


async def _shown(backend: Backend, shape: JobShape) -> JobShape:
    """Return the job once the views show it, or after the setting's wait."""
    await backend.wait_for_view(FEATURE.view, shape)
    return shape
