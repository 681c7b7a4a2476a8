"""The number of people who were screened, read from the kept counts."""

from services.gateway.features.merges.identities import BEING_BUILT
from services.gateway.features.reports.people_screened import ScreenedCount, count_ids
from services.gateway.features.reports.periods import Period
from services.gateway.http.problems import Problem
from services.gateway.reading.views import Views


async def count_screened(views: Views, area: str, period: Period) -> int | None:
    """Return the number of people screened in the area within the period, each once; None while the counts are built
    for the first time.
    """
    ids = count_ids(area, period.name)
    try:
        found = await views.some(ScreenedCount, {"_id": {"$in": ids}}, len(ids))
    except Problem as problem:
        if problem.status != BEING_BUILT:
            raise
        return None
    return sum(one.people for one in found)
