"""Reports (报表), at `/v1/reports`: figures by area, period and theme, each of which opens to its rows without names.

The counts are kept in the transaction that stores the rows, from the feed; a report reads counts alone.
"""

from typing import Final

from services.gateway.features.reports.people_screened import FEATURE as PEOPLE_SCREENED
from services.gateway.features.reports.view import INDEXES, PROJECTIONS
from services.gateway.features.reports.volunteer_years import FEATURE as VOLUNTEER_YEARS
from services.gateway.projection.feature import Feature

FEATURE: Final = Feature("reports", edition=2, indexes=INDEXES, projections=PROJECTIONS)
__all__ = ["FEATURE", "PEOPLE_SCREENED", "VOLUNTEER_YEARS"]
