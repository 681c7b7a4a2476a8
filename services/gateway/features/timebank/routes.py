"""The time bank (时间银行)."""

# ruff: noqa: PLR0917 - FastAPI gives the arguments by name

from typing import Annotated, Final

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.gateway.backend import TheBackend
from services.gateway.features.merges.identities import find_known, find_person, person_rule
from services.gateway.features.people.view import VolunteerView
from services.gateway.features.timebank.answer import (
    AccountAnswer,
    BalanceAnswer,
    account_from_owner,
    sum_up,
)
from services.gateway.features.timebank.view import CREDITED, TimebankView
from services.gateway.http.answers import Listed
from services.gateway.http.authentication import Reader
from services.gateway.http.documented import describe
from services.gateway.http.parameters import After, IdOf, InArea, Limit
from services.gateway.http.problems import not_found
from services.gateway.http.replies import reply
from services.gateway.reading.areas import area_rule, bounded_area, within_any
from shared.contracts.access import Actor
from shared.contracts.areas import AreaCode
from shared.contracts.volunteering.timebank import ReadTimeStatement
from shared.engine.decide.schema import Document

router = APIRouter(tags=["timebank"])
MOST_ENTRIES: Final = 200
ServiceArea = Annotated[AreaCode | None, Query(description="Those who have served in that area or within it.")]


@router.get("/v1/timebank", **describe(Listed[BalanceAnswer]))
async def list_balances(
    caller: Reader, backend: TheBackend, limit: Limit = 50, after: After = None, area: InArea = None,
    service_area: ServiceArea = None, volunteer_id: IdOf = None,
) -> Response:  # fmt: skip
    """List the people who have had a credit, with their balance in minutes; `volunteer_id` may be a merged id.

    `area` is that of their homes, your own where neither it nor `service_area` is given.
    A page has fewer than `limit` where ids on it were merged: one row has the sum of all.
    """
    homes = area_rule(caller, area) if area is not None or service_area is None else {}
    places = {} if service_area is None else served_rule(caller, service_area)
    rule = {**CREDITED, **homes, **places, **await person_rule(backend.views, "_id", volunteer_id)}
    page = await backend.views.page(TimebankView, rule, limit=limit, after=after)
    known = await find_known(backend.views, [view.id for view in page.views])
    merged = sorted({one for person in known.values() if person.merged_ids for one in person.ids})
    accounts = (
        await backend.views.some(TimebankView, {"_id": {"$in": merged}, **CREDITED}, len(merged)) if merged else []
    )
    items = sum_up(page.views, known, {view.id: view for view in accounts})
    return reply(Listed[BalanceAnswer](items=items, next=page.next))


@router.get("/v1/timebank/{volunteer_id}", **describe(AccountAnswer))
async def read_account(
    volunteer_id: str,
    caller: Reader,
    backend: TheBackend,
    limit: Annotated[int, Query(ge=1, le=MOST_ENTRIES)] = 50,
    after: IdOf = None,
) -> Response:
    """Show one volunteer's balance, and the statement with each credit, its time and its dispatch.

    Both cover all ids that were merged into one.
    """
    # The volunteer, not the balance: an account stands in the time bank from its first credit on only.
    person = await find_person(backend.views, volunteer_id)
    volunteer = await backend.views.one(VolunteerView, person.id, caller)
    if volunteer is None:
        raise not_found("volunteer", volunteer_id)
    page = await backend.queries.ask(ReadTimeStatement(volunteer_id=volunteer_id, after=after, limit=limit))
    return reply(account_from_owner(page.volunteer_id, volunteer.area, page))


def served_rule(caller: Actor, service_area: str) -> Document:
    """Return the MongoDB rule for those who have served there. Raises Problem (403) where the caller does not reach."""
    return within_any("served_in", bounded_area(caller, service_area, "service_area"))
