"""Participation in reports: the minutes of volunteers that were credited, and the needs that volunteers served."""

from typing import ClassVar, Final

from pymongo import ASCENDING, IndexModel

from services.gateway.features.reports.counting import Figure, Kept, ReportRow, Table, follow
from services.gateway.features.reports.periods import day_of
from services.gateway.projection.feature import ProjectionTable
from services.gateway.projection.view import instant
from shared.contracts.volunteering.timebank import HoursAdjusted, HoursCorrected, HoursCredited, HoursMoved
from shared.engine import Incoming


class HoursRow(ReportRow):
    """Minutes that came into a volunteer's account for a service, or left it. The id is that of the transfer."""

    collection: ClassVar[str] = "reports_hours"
    need_id: str = ""
    volunteer_id: str = ""


class ServedNeedRow(ReportRow):
    """A need in which at least one volunteer was credited, with the day of the first credit."""

    collection: ClassVar[str] = "reports_served_needs"


HOURS: Final = Table("hours", HoursRow, (Figure("minutes", "moved", adds="minutes"),), "/v1/needs/")
SERVED_NEEDS: Final = Table("served_needs", ServedNeedRow, (Figure("needs_with_volunteers", "credited"),), "/v1/needs/")
BY_VOLUNTEER: Final = IndexModel(
    [(each, ASCENDING) for each in ("area", "days.credited", "volunteer_id")],
    name="by_volunteer",
    partialFilterExpression={"days.credited": {"$gt": ""}},
)
"""For the number of volunteers, each once: read from the index alone."""


def fold_hours(row: HoursRow, message: Incoming[HoursMoved]) -> HoursRow:
    """Return the movement, which never changes. One by which service was credited has the day `credited`, too."""
    data = message.data
    day = day_of(instant(message))
    days = {"moved": day, "credited": day} if isinstance(data, HoursCredited) else {"moved": day}
    changed = {
        "seen": 1,
        "area": data.area,
        "days": days,
        "amounts": {"minutes": data.minutes},
        "need_id": data.need_id,
        "volunteer_id": data.volunteer_id,
    }
    return row if row.seen else row.model_copy(update=changed)


def fold_served_need(row: ServedNeedRow, message: Incoming[HoursCredited]) -> ServedNeedRow:
    """Return the need with the day of its first credit, and the area of that one."""
    first = (day_of(instant(message)), message.data.area)
    if row.seen:
        first = min(first, (row.days["credited"], row.area))
    return row.model_copy(update={"seen": 1, "area": first[1], "days": {"credited": first[0]}})


_MOVED: Final = Kept(HOURS, lambda data: data.transfer_id, fold_hours)
_SERVED: Final = Kept(SERVED_NEEDS, lambda data: data.need_id, fold_served_need)
PROJECTIONS: Final[ProjectionTable] = {
    **follow((HoursCredited,), _MOVED, _SERVED),
    **follow((HoursCorrected, HoursAdjusted), _MOVED),
}
