"""The audit, merged from the rows of all owners."""

# ruff: noqa: PLR0917 - FastAPI gives the arguments by name

import asyncio
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request
from pymongo import WriteConcern
from starlette.responses import Response, StreamingResponse

from services.gateway.backend import Backend, TheBackend
from services.gateway.features.audit.answer import OWNERS, AuditEntry, entry_of
from services.gateway.features.audit.export import Form, export_csv, export_ndjson
from services.gateway.features.merges.identities import find_person
from services.gateway.http.answers import Listed
from services.gateway.http.authentication import check_area, needs
from services.gateway.http.bodies import build_command
from services.gateway.http.documented import describe
from services.gateway.http.parameters import After, IdOf, InArea, InstantIn, Limit
from services.gateway.http.replies import reply
from services.gateway.reading.audit import read_own_page
from services.gateway.reading.cursors import encode_cursor
from services.gateway.reading.views import last_id
from shared.contracts.access import Actor
from shared.contracts.access.audit import AuditFilter
from shared.runtime.audit import AUDIT, build_row

router = APIRouter(tags=["audit"])
_EXPORT: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "The rows, then the blocks of their chains, then the end.",
        "content": {"application/x-ndjson": {"schema": {"type": "string"}}, "text/csv": {"schema": {"type": "string"}}},
    }
}
Auditor = Annotated[Actor, Depends(needs("audit:read"))]


@router.get("/v1/audit", **describe(Listed[AuditEntry]))
async def list_audit(
    caller: Auditor,
    backend: TheBackend,
    limit: Limit = 50,
    after: After = None,
    area: InArea = None,
    subject: Annotated[IdOf, Query(description="The id of a thing: the acts on it, and the reads of it.")] = None,
    actor: Annotated[IdOf, Query(description="The id of a key or a principal.")] = None,
    since: Annotated[InstantIn | None, Query(description="From this time on.")] = None,
    until: Annotated[InstantIn | None, Query(description="Before this time.")] = None,
) -> Response:
    """List writes and reads of personal data, newest first. Complete or refused: every owner is asked.

    Of a person under every id that was merged.
    """
    last = None if after is None else last_id(after)
    # One more shows whether there is a next page.
    wanted = await _build_filter(backend, caller, subject, actor, area, since, until, after=last, limit=limit + 1)
    entries = await _ask_all(backend, caller, wanted)
    following = encode_cursor(entries[limit - 1].id) if len(entries) > limit else None
    return reply(Listed[AuditEntry](items=entries[:limit], next=following))


@router.get("/v1/audit/export", response_class=StreamingResponse, responses=_EXPORT)
async def export_audit(
    request: Request,
    caller: Auditor,
    backend: TheBackend,
    form: Annotated[Form, Query(description="`ndjson` has the proofs; `csv` is for spreadsheets.")] = "ndjson",
    area: InArea = None,
    subject: Annotated[IdOf, Query(description="The id of a thing: the acts on it, and the reads of it.")] = None,
    actor: Annotated[IdOf, Query(description="The id of a key or a principal.")] = None,
    since: Annotated[InstantIn | None, Query(description="From this time on.")] = None,
    until: Annotated[InstantIn | None, Query(description="Before this time; null: before now.")] = None,
) -> Response:
    """Export the rows that `GET /v1/audit` lists as one file, service by service, the newest first. It is recorded.

    For one who reaches everywhere each row has its stored form and its place in the chain of blocks, and the blocks
    follow: `docs/people.md` tells how to verify them. A file without its last line, `{"line": "end"}`, is not whole.
    """
    now = backend.accounts.now()
    wanted = await _build_filter(backend, caller, subject, actor, area, since, until or now, proved=True)
    areas = [area or caller.area] if area or caller.area else []
    correlation = request.scope["state"]["correlation"]
    about, why = [] if subject is None else [subject], f"GET {request.url.path}?{request.url.query}"
    row = build_row(caller, "ExportAudit", about, now, areas=areas, correlation=correlation, why=why)
    await backend.database[AUDIT].with_options(write_concern=WriteConcern("majority")).insert_one(row)
    export, kind = (export_csv, "text/csv") if form == "csv" else (export_ndjson, "application/x-ndjson")
    named = {"Content-Disposition": f'attachment; filename="audit.{form}"', "Cache-Control": "no-store"}
    return StreamingResponse(export(backend, caller, wanted), media_type=kind, headers=named)


async def _build_filter(
    backend: Backend,
    caller: Actor,
    subject: str | None,
    actor: str | None,
    area: str | None,
    since: datetime | None,
    until: datetime | None,
    **more: object,
) -> AuditFilter:
    """Return the filter. Raises Problem (403) for an area outside the caller's."""
    if area is not None:
        check_area(caller, "audit:read", area)
    person = None if subject is None else await find_person(backend.views, subject)
    also = () if person is None else tuple(one for one in person.ids if one != subject)
    return build_command(
        AuditFilter, subject=subject, also=also, actor=actor, area=area, since=since, until=until, **more
    )


async def _ask_all(backend: Backend, caller: Actor, wanted: AuditFilter) -> list[AuditEntry]:
    """The newest rows of all owners in one order. Ids rise with time everywhere, so one cursor fits them all."""
    pages = await asyncio.gather(
        read_own_page(backend.database, caller, wanted),
        *(backend.queries.ask(question(actor=caller, wanted=wanted)) for question in OWNERS),
    )
    owners = ("gateway", *(question.to for question in OWNERS))
    entries = [entry_of(owner, row) for owner, page in zip(owners, pages, strict=True) for row in page.items]
    return sorted(entries, key=lambda entry: entry.id, reverse=True)
