"""The audit, merged from the rows of all owners."""

# ruff: noqa: PLR0917 - FastAPI gives the arguments by name

import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from services.gateway.backend import Backend, TheBackend
from services.gateway.features.audit.answer import OWNERS, AuditEntry, entry_of
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

router = APIRouter(tags=["audit"])
Auditor = Annotated[Actor, Depends(needs("audit:read"))]


@router.get("/v1/audit", **describe(Listed[AuditEntry]))
async def list_audit(
    caller: Auditor,
    backend: TheBackend,
    limit: Limit = 50,
    after: After = None,
    area: InArea = None,
    subject: Annotated[IdOf, Query(description="The id of a thing: what was done to it, and who read it.")] = None,
    actor: Annotated[IdOf, Query(description="The id of a key or a principal.")] = None,
    since: Annotated[InstantIn | None, Query(description="From this time on.")] = None,
    until: Annotated[InstantIn | None, Query(description="Before this time.")] = None,
) -> Response:
    """List writes and reads of personal data, newest first. Complete or refused: every owner is asked.

    Of a person under every id that was merged.
    """
    if area is not None:
        check_area(caller, "audit:read", area)
    person = None if subject is None else await find_person(backend.views, subject)
    wanted = build_command(
        AuditFilter,
        subject=subject,
        also=() if person is None else tuple(one for one in person.ids if one != subject),
        actor=actor,
        area=area,
        since=since,
        until=until,
        after=None if after is None else last_id(after),
        limit=limit + 1,  # one more shows whether there is a next page
    )
    entries = await _ask_all(backend, caller, wanted)
    following = encode_cursor(entries[limit - 1].id) if len(entries) > limit else None
    return reply(Listed[AuditEntry](items=entries[:limit], next=following))


async def _ask_all(backend: Backend, caller: Actor, wanted: AuditFilter) -> list[AuditEntry]:
    """The newest rows of all owners in one order. Ids rise with time everywhere, so one cursor fits them all."""
    pages = await asyncio.gather(
        read_own_page(backend.database, caller, wanted),
        *(backend.queries.ask(question(actor=caller, wanted=wanted)) for question in OWNERS),
    )
    owners = ("gateway", *(question.to for question in OWNERS))
    entries = [entry_of(owner, row) for owner, page in zip(owners, pages, strict=True) for row in page.items]
    return sorted(entries, key=lambda entry: entry.id, reverse=True)
