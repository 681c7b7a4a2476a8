"""The paths of screening beside those of its plain features: indicators in force, results, the person of an alert,
and the times of alerts.
"""

# ruff: noqa: PLR0917 - FastAPI gives the arguments by name

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from services.gateway.backend import TheBackend
from services.gateway.features import alerts
from services.gateway.features.residents import FEATURE as RESIDENTS
from services.gateway.features.screening.answer import (
    IndicatorsInForce,
    PersonOfAlert,
    ResultsOfResident,
    ResultsRecorded,
    TimesAnswer,
)
from services.gateway.features.screening.figures import describe_times
from services.gateway.features.screening.request import ResultCorrectionIn, ResultsIn
from services.gateway.http.authentication import Reader, allows, needs, require
from services.gateway.http.bodies import build_command, json_body
from services.gateway.http.documented import describe
from services.gateway.http.parameters import ExpectedVersion, InArea, RequestOrigin
from services.gateway.http.problems import not_found
from services.gateway.http.replies import reply
from services.gateway.reading.areas import area_rule, bounded_area
from shared.contracts.access import Actor
from shared.contracts.catalogue.entries import Code
from shared.contracts.messages import Id
from shared.contracts.stations.alerts import ReadAlertPerson
from shared.contracts.stations.indicators import MOST_LISTED, ListIndicators
from shared.contracts.stations.results import (
    MOST_RESULTS,
    CorrectResult,
    ReadResults,
    RecordResults,
    ResultsAnswer,
)
from shared.contracts.stations.screenings import READ
from shared.engine.decide.schema import Document

router: Final = APIRouter(tags=["screening"])
ScreeningReader = Annotated[Actor, Depends(needs(READ))]


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


@router.post("/v1/screenings/{screening_id}/results", **describe(ResultsRecorded, body=ResultsIn))
async def record_results(
    screening_id: str,
    caller: Annotated[Actor, Depends(allows(RecordResults))],
    backend: TheBackend,
    origin: RequestOrigin,
    wanted: Annotated[ResultsIn, Depends(json_body(ResultsIn))],
) -> Response:
    """Record the values of one resident in a screening that is running, or late ones of one that has ended.

    A value that crosses a threshold raises an alert, and from a severity on opens an urgent need.
    """
    del caller
    built = build_command(RecordResults, screening_id=screening_id, **dict(wanted))
    found = await backend.commands.send(built, ResultsAnswer, origin)
    return reply(ResultsRecorded.model_validate(found.model_dump(mode="json")))


@router.post("/v1/results/{result_id}/correct", **describe(ResultsRecorded, body=ResultCorrectionIn))
async def correct_result(
    result_id: str,
    caller: Annotated[Actor, Depends(allows(CorrectResult))],
    backend: TheBackend,
    origin: RequestOrigin,
    expected: ExpectedVersion,
    wanted: Annotated[ResultCorrectionIn, Depends(json_body(ResultCorrectionIn))],
) -> Response:
    """Replace a result by another value, judged again. The former one stays."""
    del caller
    built = build_command(CorrectResult, id=result_id, expected_version=expected, **dict(wanted))
    found = await backend.commands.send(built, ResultsAnswer, origin)
    return reply(ResultsRecorded.model_validate(found.model_dump(mode="json")))


@router.get("/v1/residents/{resident_id}/results", **describe(ResultsOfResident))
async def read_results_of_resident(
    request: Request,
    resident_id: str,
    caller: ScreeningReader,
    backend: TheBackend,
    limit: Annotated[int, Query(ge=1, le=MOST_RESULTS)] = 50,
    before: Annotated[Id | None, Query(description="`next` of the page before.")] = None,
) -> Response:
    """Show the results of a resident with their values, newest first, for keys with `personal:read` as well.

    The read is recorded.
    """
    require(caller, "personal:read")
    if await backend.views.one(RESIDENTS.view, resident_id, caller) is None:
        raise not_found(RESIDENTS.noun, resident_id)
    asked = ReadResults(resident_id=resident_id, before=before, limit=limit)
    found = await backend.queries.ask(asked, actor=caller, why=f"GET {request.url.path}")
    if found is None:
        raise not_found(RESIDENTS.noun, resident_id)
    return reply(ResultsOfResident.model_validate(found.model_dump(mode="json")))


@router.get("/v1/alerts/{alert_id}/person", **describe(PersonOfAlert))
async def read_alert_person(request: Request, alert_id: str, caller: ScreeningReader, backend: TheBackend) -> Response:
    """Show the resident whom an alert is about, for keys with `personal:read` as well. The read is recorded.

    404 also where retention has parted the two, and for a closed alert of a person who does not consent any more.
    """
    require(caller, "personal:read")
    if await backend.views.one(alerts.FEATURE.view, alert_id, caller) is None:
        raise not_found(alerts.FEATURE.noun, alert_id)
    found = await backend.queries.ask(ReadAlertPerson(alert_id=alert_id), actor=caller, why=f"GET {request.url.path}")
    if found is None:
        raise not_found(alerts.FEATURE.noun, alert_id)
    return reply(PersonOfAlert.model_validate(found.model_dump(mode="json")))


@router.get("/v1/alerts:times", **describe(TimesAnswer))
async def read_alert_times(caller: ScreeningReader, backend: TheBackend, area: InArea = None) -> Response:
    """Show how fast the alerts of an area are answered and treated, by severity: the median and nine in ten."""
    groups: list[Document] = [
        {"$match": area_rule(caller, area)},
        {"$group": {"_id": "$values", "count": {"$sum": "$count"}}},
        {"$match": {"count": {"$gt": 0}}},
    ]
    rows = await backend.views.grouped(alerts.FEATURE.count, groups)
    return reply(describe_times({"values": row["_id"], "count": row["count"]} for row in rows))
