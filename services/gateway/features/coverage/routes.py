"""The coverage of an area."""

# ruff: noqa: PLR0917 - FastAPI gives the arguments by name

from typing import Annotated, Final

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.gateway.backend import TheBackend
from services.gateway.features.coverage.answer import CoverageAnswer
from services.gateway.http.authentication import Reader
from services.gateway.http.documented import describe
from services.gateway.http.parameters import InArea
from services.gateway.http.replies import reply
from services.gateway.reading.areas import bounded_area
from shared.contracts.areas import AreaCode
from shared.contracts.stations.network import ReadCoverage

router = APIRouter(tags=["stations"])
MOST_COMMUNITIES: Final = 500


@router.get("/v1/coverage", **describe(CoverageAnswer))
async def read_coverage(
    caller: Reader,
    backend: TheBackend,
    area: InArea = None,
    covered: Annotated[
        bool | None, Query(description="true: with a station in a pilot or open; false: without.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=MOST_COMMUNITIES)] = 100,
    after: Annotated[AreaCode | None, Query(description="`next` of the page before.")] = None,
) -> Response:
    """Count and list the communities of an area with and without a station."""
    asked = ReadCoverage(area=bounded_area(caller, area), covered=covered, after=after, limit=limit)
    found = await backend.queries.ask(asked)
    return reply(CoverageAnswer.model_validate(found, from_attributes=True))
