"""Visits and findings in reports: the time given to stations, and the things that they had to correct."""

from typing import ClassVar, Final

from services.gateway.features.reports.counting import Figure, Kept, ReportRow, Table, follow
from services.gateway.features.reports.periods import day_of
from services.gateway.projection.feature import ProjectionTable
from services.gateway.projection.view import instant
from shared.contracts.stations.supervision import (
    FindingClosed,
    FindingCorrected,
    FindingExtended,
    FindingHandedOver,
    FindingOverdue,
    FindingRecorded,
    FindingReopened,
    FindingShape,
    FindingWithdrawn,
    VisitHandedOver,
    VisitRecorded,
    VisitShape,
    VisitWithdrawn,
)
from shared.engine import Incoming

WITHDRAWN: Final = "withdrawn"
OPEN: Final = ("open", "corrected")
"""The states of a finding in which somebody still has a step."""


class VisitRow(ReportRow):
    """A visit to a station."""

    collection: ClassVar[str] = "reports_visits"


class FindingRow(ReportRow):
    """A finding. `first` is its lowest version that came, and the instant of that event."""

    collection: ClassVar[str] = "reports_findings"
    first: tuple[int, str] | None = None


VISITS: Final = Table(
    "visits",
    VisitRow,
    (
        Figure("visits", "visited"),
        Figure("kind", "visited", by=("kind",)),
        Figure("visit_minutes", "visited", adds="minutes"),
    ),
    "/v1/visits/",
)
FINDINGS: Final = Table(
    "findings",
    FindingRow,
    (
        Figure("findings", "recorded"),
        Figure("finding", "recorded", by=("severity", "state")),
        Figure("overdue", "overdue"),
    ),
    "/v1/findings/",
)


def fold_visit(row: VisitRow, message: Incoming[VisitShape]) -> VisitRow:
    """Return the visit after the event; a withdrawn one counts nowhere."""
    data = message.data
    if data.version <= row.seen:
        return row
    days = {} if data.state == WITHDRAWN else {"visited": day_of(data.began_at.isoformat())}
    changed = {
        "seen": data.version,
        "area": data.area,
        "days": days,
        "labels": {"kind": data.kind},
        "amounts": {"minutes": data.minutes},
    }
    return row.model_copy(update=changed)


def fold_finding(row: FindingRow, message: Incoming[FindingShape]) -> FindingRow:
    """Return the finding after the event; a withdrawn one counts nowhere."""
    data = message.data
    first = (data.version, instant(message))
    if row.first is not None:
        first = min(first, row.first)
    if data.version > row.seen:
        is_overdue = data.reminder is not None and data.state in OPEN
        labels = {"severity": data.severity, "state": data.state, **({"overdue": "yes"} if is_overdue else {})}
        row = row.model_copy(update={"seen": data.version, "area": data.area, "labels": labels})
    day = day_of(first[1])
    days = {} if row.labels["state"] == WITHDRAWN else {"recorded": day}
    overdue = {"overdue": day} if days and "overdue" in row.labels else {}
    return row.model_copy(update={"first": first, "days": {**days, **overdue}})


PROJECTIONS: Final[ProjectionTable] = {
    **follow((VisitRecorded, VisitWithdrawn, VisitHandedOver), Kept(VISITS, lambda data: data.id, fold_visit)),
    **follow(
        (
            FindingRecorded, FindingExtended, FindingCorrected, FindingReopened, FindingClosed, FindingWithdrawn,
            FindingOverdue, FindingHandedOver,
        ),
        Kept(FINDINGS, lambda data: data.id, fold_finding),
    ),
}  # fmt: skip
