"""The catalogue: read by everybody, extended by the administrators of the city."""

from itertools import islice
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from starlette.responses import Response

from services.gateway.backend import TheBackend
from services.gateway.features.catalogue.answer import (
    EntryAnswer,
    entry_from_owner,
    entry_from_view,
    list_entries,
    shipped_entry,
)
from services.gateway.features.catalogue.request import FurtherNamesIn, RetireIn
from services.gateway.features.catalogue.view import EntryView
from services.gateway.http.answers import Listed
from services.gateway.http.authentication import Reader, allows
from services.gateway.http.bodies import json_body
from services.gateway.http.documented import describe
from services.gateway.http.parameters import After, Limit, RequestOrigin
from services.gateway.http.problems import not_found
from services.gateway.http.replies import reply, reply_created
from services.gateway.messaging.commands import Origin
from services.gateway.reading.cursors import encode_cursor
from services.gateway.reading.views import last_id
from shared.contracts import Command
from shared.contracts.access import Actor
from shared.contracts.catalogue.entries import Code, Kind
from shared.contracts.stations import catalogue as contract
from shared.contracts.stations.catalogue import AddEntry, ExtendEntry, RetireEntry

router = APIRouter(tags=["catalogue"])
MOST_ENTRIES = 5_000
"""Entries that a city may have added or changed."""
CodeInPath = Annotated[Code, Path()]


@router.get("/v1/catalogue", **describe(Listed[EntryAnswer]))
async def list_catalogue(  # noqa: PLR0917 - FastAPI gives the arguments by name
    _: Reader,
    backend: TheBackend,
    limit: Limit = 50,
    after: After = None,
    kind: Kind | None = None,
    label: Annotated[
        str | None,
        Query(max_length=64, description="A part of a Chinese or English name or synonym, in any case and width."),
    ] = None,
    retired: Annotated[bool | None, Query(description="Only entries retired (true) or in use (false).")] = None,
) -> Response:
    """List the entries by kind and code, shipped and added."""
    views = await backend.views.some(EntryView, {"seen": {"$gt": 0}}, MOST_ENTRIES)
    last = last_id(after) if after is not None else ""
    fitting = (entry for entry in list_entries(views, kind=kind, label=label, retired=retired) if entry.id > last)
    # One more than asked for shows whether there is a next page.
    found = list(islice(fitting, limit + 1))
    return reply(
        Listed[EntryAnswer](
            items=found[:limit], next=encode_cursor(found[limit - 1].id) if len(found) > limit else None
        )
    )


@router.get("/v1/catalogue/{kind}/{code}", **describe(EntryAnswer))
async def read_entry(kind: Kind, code: CodeInPath, caller: Reader, backend: TheBackend) -> Response:
    """Show one entry, also a retired one."""
    view = await backend.views.one(EntryView, f"{kind}:{code}", caller)
    entry = shipped_entry(kind, code) if view is None else entry_from_view(view)
    if entry is None:
        raise not_found(kind, code)
    return reply(entry)


@router.post("/v1/catalogue", **describe(EntryAnswer, body=AddEntry, new=True))
async def add_entry(
    _: Annotated[Actor, Depends(allows(AddEntry))],
    backend: TheBackend,
    origin: RequestOrigin,
    entry: Annotated[AddEntry, Depends(json_body(AddEntry))],
) -> Response:
    """Add an entry; the same entry again changes nothing."""
    return reply_created(await _change(backend, entry, origin), f"/v1/catalogue/{entry.kind}/{entry.code}")


@router.post("/v1/catalogue/{kind}/{code}/extend", **describe(EntryAnswer, body=FurtherNamesIn))
async def extend_entry(
    kind: Kind,
    code: CodeInPath,
    _: Annotated[Actor, Depends(allows(ExtendEntry))],
    backend: TheBackend,
    origin: RequestOrigin,
    body: Annotated[FurtherNamesIn, Depends(json_body(FurtherNamesIn))],
) -> Response:
    """Give an entry further synonyms, units or equivalents; a factor never changes."""
    return reply(await _change(backend, body.command(kind, code), origin))


@router.post("/v1/catalogue/{kind}/{code}/retire", **describe(EntryAnswer, body=RetireIn, optional=True))
async def retire_entry(
    kind: Kind,
    code: CodeInPath,
    _: Annotated[Actor, Depends(allows(RetireEntry))],
    backend: TheBackend,
    origin: RequestOrigin,
    body: Annotated[RetireIn, Depends(json_body(RetireIn, optional=True))],
) -> Response:
    """Retire an entry, naming its successor where there is one; new needs cannot use it any more."""
    return reply(await _change(backend, body.command(kind, code), origin))


async def _change(backend: TheBackend, command: Command, origin: Origin) -> EntryAnswer:
    answer = await backend.commands.send(command, contract.EntryAnswer, origin)
    view = await backend.wait_for_view(EntryView, answer) if answer.version else None
    return entry_from_owner(answer) if view is None else entry_from_view(view)
