"""The number of people who were credited for service: kept by month, quarter and year, otherwise counted on request.

Ids of one person that were merged count once.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Final

from services.gateway.features.merges.identities import BEING_BUILT, find_known, list_merged
from services.gateway.features.reports.hours_rows import HoursRow
from services.gateway.features.reports.periods import MONTH_CHARACTERS, Period
from services.gateway.features.reports.volunteer_years import (
    VolunteerCount,
    VolunteerYear,
    count_ids,
    find_merged_rule,
    is_kept,
    volunteer_of,
)
from services.gateway.http.problems import Problem
from services.gateway.reading.areas import within
from services.gateway.reading.views import MOST_GROUPS, Views
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
    again = Again(views)
    async for page in _list_merged_rows(views, area, period.name):
        await again.count(page)
    return sum(one.volunteers for one in found) - again.number


async def _count_rows(views: Views, area: str, period: Period) -> int:
    """Count the people in the index of the credits: a day, or a week, of a city is a few thousand of them."""
    served: Document = {
        **within(area),
        "days.credited": {"$gte": period.first.isoformat(), "$lte": period.last.isoformat()},
    }
    each: Document = {"$group": {"_id": "$volunteer_id"}}
    rows = await views.grouped(HoursRow, [{"$match": served}, each, {"$count": "volunteers"}])
    total, again = int(rows[0]["volunteers"]) if rows else 0, Again(views)
    if total > 1:
        async for page in _list_candidates(views, area, period):
            named: Document = {**served, "volunteer_id": {"$in": page}}
            await again.count([row["_id"] for row in await views.grouped(HoursRow, [{"$match": named}, each])])
    return total - again.number


class Again:
    """The number of ids, counted page by page, that are further ids of somebody who is counted."""

    def __init__(self, views: Views) -> None:
        self.number = 0
        self._views = views
        self._ids: set[str] = set()
        self._people: set[str] = set()

    async def count(self, ids: Sequence[str]) -> None:
        """Count these ids, those of an earlier page excepted."""
        fresh = [one for one in dict.fromkeys(ids) if one not in self._ids]
        self._ids.update(fresh)
        known = await find_known(self._views, fresh)
        for one in fresh:
            person = known[one].id if one in known else one
            self.number += person in self._people
            self._people.add(person)


async def _list_candidates(views: Views, area: str, period: Period) -> AsyncIterator[list[str]]:
    """Yield pages of ids that took part in a merge, those of all who were credited in the area in these months."""
    try:
        for month in sorted({day.isoformat()[:MONTH_CHARACTERS] for day in (period.first, period.last)}):
            async for page in _list_merged_rows(views, area, month):
                yield page
    except Problem as problem:
        # Where the rows are built for the first time, the merges have the ids.
        if problem.status != BEING_BUILT:
            raise
        async for people in list_merged(views, VOLUNTEER_IDS):
            yield [one for person in people for one in person]


async def _list_merged_rows(views: Views, area: str, key: str) -> AsyncIterator[list[str]]:
    """Yield pages of the ids that took part in a merge and were credited in the area and the kept period."""
    rule, after = find_merged_rule(area, key), ""
    while True:
        beyond: Document = {**rule, "_id": {"$gt": after}}
        rows = await views.grouped(VolunteerYear, [{"$match": beyond}, {"$sort": {"_id": 1}}, {"$project": {"_id": 1}}])
        yield [volunteer_of(row["_id"]) for row in rows]
        if len(rows) < MOST_GROUPS:
            return
        after = rows[-1]["_id"]
