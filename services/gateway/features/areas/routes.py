"""Areas of the register."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from services.gateway.backend import TheBackend
from services.gateway.features.areas.answer import AreaAnswer, AreaName, Imported
from services.gateway.http.answers import Listed
from services.gateway.http.authentication import Reader, allows
from services.gateway.http.bodies import json_body
from services.gateway.http.documented import describe
from services.gateway.http.parameters import RequestOrigin
from services.gateway.http.problems import not_found
from services.gateway.http.replies import reply
from services.gateway.messaging.commands import split
from shared.contracts.access import Actor
from shared.contracts.areas import AreaCode
from shared.contracts.stations.areas import MAX_CODE, ImportAreas, ListAreas, ReadArea

router = APIRouter(tags=["areas"])
MOST_AREAS: Final = 500


@router.get("/v1/areas", **describe(Listed[AreaName]))
async def list_areas(
    _: Reader,
    backend: TheBackend,
    parent: Annotated[AreaCode | None, Query(description="The area around them; none: the provinces.")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST_AREAS)] = 200,
    after: Annotated[AreaCode | None, Query(description="`next` of the page before.")] = None,
) -> Response:
    """List the areas directly within an area, by code."""
    page = await backend.queries.ask(ListAreas(parent=parent, after=after, limit=limit))
    return reply(Listed[AreaName].model_validate(page, from_attributes=True))


@router.get("/v1/areas/{code}", **describe(AreaAnswer))
async def read_area(code: str, _: Reader, backend: TheBackend) -> Response:
    """Show one area, with those around it."""
    # The register is asked, not a view: its 600,000 areas change once a year and are read one by one.
    found = await backend.queries.ask(ReadArea(code=code)) if len(code) <= MAX_CODE else None
    if found is None:
        raise not_found("area", code)
    return reply(AreaAnswer.model_validate(found, from_attributes=True))


@router.post("/v1/areas:batch", **describe(Imported, body=ImportAreas))
async def import_areas(
    _: Annotated[Actor, Depends(allows(ImportAreas))],
    backend: TheBackend,
    origin: RequestOrigin,
    rows: Annotated[ImportAreas, Depends(json_body(ImportAreas, size="batch"))],
) -> Response:
    """Import up to 2000 areas of a register; the same row twice changes nothing. Answers `{"count", "changed"}`."""
    parts = [ImportAreas(rows=part) for part in split(rows.rows)]
    done = await backend.commands.send_parts(parts, Imported, origin)
    return reply(Imported(count=sum(part.count for part in done), changed=sum(part.changed for part in done)))
