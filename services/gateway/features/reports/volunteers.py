"""The number of people who were credited for service: kept by month, quarter and year, otherwise counted on request.

Ids of one person that were merged count once.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from services.gateway.features.merges.identities import BEING_BUILT, list_merged
from services.gateway.features.reports.hours_rows import HoursRow
from services.gateway.features.reports.periods import Period
from services.gateway.features.reports.volunteer_years import (
    VolunteerCount,
    VolunteerYear,
    count_ids,
    is_among,
    is_kept,
    year_id,
)
from services.gateway.http.problems import Problem
from services.gateway.reading.areas import within
from services.gateway.reading.views import Views
from shared.engine.decide.schema import Document

VOLUNTEER_IDS: Final = "vol_"


async def count_volunteers(views: Views, area: str, period: Period) -> int:
    """Return the number of people who were credited for service in the area within the period, each once."""
    if is_kept(period):
        try:
            return await _read_kept(views, area, period)
        except Problem as problem:
            # Where the counts are built for the first time, the rows have the number.
            if problem.status != BEING_BUILT:
                raise
    return await _count_rows(views, area, period)


async def _read_kept(views: Views, area: str, period: Period) -> int:
    ids = count_ids(area, period.name)
    found = await views.some(VolunteerCount, {"_id": {"$in": ids}}, len(ids))
    total, twice = sum(one.volunteers for one in found), 0
    async for people in list_merged(views, VOLUNTEER_IDS):
        rows_of = [[year_id(one, str(period.first.year)) for one in person] for person in people]
        every = [row_id for rows in rows_of for row_id in rows]
        rows = await views.some(VolunteerYear, {"_id": {"$in": every}}, len(every))
        twice += _count_again(rows_of, {row.id for row in rows if is_among(row, area, period)})
    return total - twice


async def _count_rows(views: Views, area: str, period: Period) -> int:
    """Count the people in the index of the credits: a day, or a week, of a city is a few thousand of them."""
    served: Document = {
        **within(area),
        "days.credited": {"$gte": period.first.isoformat(), "$lte": period.last.isoformat()},
    }
    each: Document = {"$group": {"_id": "$volunteer_id"}}
    rows = await views.grouped(HoursRow, [{"$match": served}, each, {"$count": "volunteers"}])
    total, twice = int(rows[0]["volunteers"]) if rows else 0, 0
    if total > 1:
        async for people in list_merged(views, VOLUNTEER_IDS):
            named: Document = {**served, "volunteer_id": {"$in": [one for person in people for one in person]}}
            present = {row["_id"] for row in await views.grouped(HoursRow, [{"$match": named}, each])}
            twice += _count_again(people, present)
    return total - twice


def _count_again(people: Iterable[Sequence[str]], present: set[str]) -> int:
    """Return how many of the ids that are present are further ids of somebody who is counted."""
    return sum(max(0, len(present & set(person)) - 1) for person in people)
