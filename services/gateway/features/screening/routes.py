"""The indicators in force at a place."""

from typing import Annotated, Final

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.gateway.backend import TheBackend
from services.gateway.features.screening.answer import IndicatorsInForce
from services.gateway.http.authentication import Reader
from services.gateway.http.documented import describe
from services.gateway.http.parameters import InArea
from services.gateway.http.replies import reply
from services.gateway.reading.areas import bounded_area
from shared.contracts.catalogue.entries import Code
from shared.contracts.stations.indicators import MOST_LISTED, ListIndicators

router: Final = APIRouter(tags=["indicators"])


@router.get("/v1/indicators:in-force", **describe(IndicatorsInForce))
async def list_indicators_in_force(
    caller: Reader,
    backend: TheBackend,
    area: InArea = None,
    limit: Annotated[int, Query(ge=1, le=MOST_LISTED)] = 50,
    after: Annotated[Code | None, Query(description="`next` of the page before.")] = None,
) -> Response:
    """List the indicators by which values are judged in an area, by code, with the shipped ones."""
    asked = ListIndicators(area=bounded_area(caller, area), after=after, limit=limit)
    found = await backend.queries.ask(asked)
    return reply(IndicatorsInForce.model_validate(found, from_attributes=True))
