"""Screenings and alerts in reports: people examined, crossings, and the time until somebody was reached and treated."""

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar, Final

from services.gateway.features.reports.counting import Figure, Kept, ReportRow, Table, follow
from services.gateway.features.reports.periods import day_of
from services.gateway.features.reports.spread import minutes_between
from services.gateway.projection.feature import ProjectionTable
from services.gateway.projection.view import instant
from shared.contracts.stations.alerts import (
    AlertAnswered,
    AlertDetected,
    AlertDismissed,
    AlertHandedOver,
    AlertLeft,
    AlertOverdue,
    AlertRaised,
    AlertShape,
    AlertTreated,
    DismissalRejected,
    DismissalRequested,
    FamilyTold,
)
from shared.contracts.stations.indicators import SEVERITIES
from shared.contracts.stations.screenings import (
    ScreeningBegun,
    ScreeningCancelled,
    ScreeningEnded,
    ScreeningHandedOver,
    ScreeningOverdue,
    ScreeningPlanned,
    ScreeningProgressed,
    ScreeningRescheduled,
    ScreeningShape,
)
from shared.engine import Incoming

CANCELLED: Final = "cancelled"
SCREENING_EVENTS: Final = (
    ScreeningPlanned, ScreeningRescheduled, ScreeningBegun, ScreeningProgressed, ScreeningEnded, ScreeningCancelled,
    ScreeningHandedOver, ScreeningOverdue,
)  # fmt: skip
"""All events of a screening: each has its whole shape."""
SPANS: Final[Mapping[str, tuple[str, str]]] = {
    "detected_answered": ("detected", "answered"),
    "answered_treated": ("answered", "treated"),
    "detected_treated": ("detected", "treated"),
}
"""The durations of which the report shows the spread, of all alerts and by severity."""


class ScreeningRow(ReportRow):
    """A screening, with the numbers of people and of crossings that its events state."""

    collection: ClassVar[str] = "reports_screenings"


class AlertRow(ReportRow):
    """An alert, by codes and times alone."""

    collection: ClassVar[str] = "reports_alerts"


class AlertNeedRow(ReportRow):
    """A need that was opened for alerts. `first` is the earliest event that names it, of several the gravest: the
    instant, the severity from the gravest on, the area, and the severity.
    """

    collection: ClassVar[str] = "reports_alert_needs"
    first: tuple[str, int, str, str] | None = None


SCREENINGS: Final = Table(
    "screenings",
    ScreeningRow,
    (
        Figure("screenings", "begun"),
        Figure("state", "begun", by=("state",)),
        Figure("expected", "begun", adds="expected"),
        Figure("examined", "begun", adds="examined"),
        Figure("results", "begun", adds="results"),
        Figure("crossings_watch", "begun", adds="watch"),
        Figure("crossings_high", "begun", adds="high"),
        Figure("crossings_critical", "begun", adds="critical"),
    ),
    "/v1/screenings/",
)
ALERTS: Final = Table(
    "alerts",
    AlertRow,
    (
        Figure("alerts", "detected"),
        Figure("alert", "detected", by=("severity", "state")),
        Figure("indicator", "detected", by=("indicator", "severity")),
        Figure("answered", "detected", by=("severity", "answered")),
        Figure("treated", "detected", by=("severity", "treated")),
        Figure("treatment", "detected", by=("treatment",)),
        Figure("dismissed", "detected", by=("reason",)),
        Figure("need_refused", "detected", by=("need_refused",)),
        *(Figure(name, to, spread=name) for name, (_, to) in SPANS.items()),
        *(Figure(name, to, by=("severity",), spread=name) for name, (_, to) in SPANS.items()),
    ),
    "/v1/alerts/",
)
ALERT_NEEDS: Final = Table(
    "alert_needs",
    AlertNeedRow,
    (Figure("needs_opened", "opened"), Figure("need_opened", "opened", by=("severity",))),
    "/v1/needs/",
)


def fold_screening(row: ScreeningRow, message: Incoming[ScreeningShape]) -> ScreeningRow:
    """Return the screening after the event. One that has not begun counts on the day for which it is planned."""
    data = message.data
    if data.version <= row.seen:
        return row
    amounts = {
        "expected": 0 if data.state == CANCELLED else data.expected, "examined": data.examined,
        "results": data.results, "watch": data.watch, "high": data.high, "critical": data.critical,
    }  # fmt: skip
    changed = {
        "seen": data.version,
        "area": data.area,
        "days": {"begun": day_of((data.began_at or data.starts_at).isoformat())},
        "labels": {"state": data.state},
        # A row of a sum is listed where it has the amount: without those that add nothing.
        "amounts": {name: value for name, value in amounts.items() if value},
    }
    return row.model_copy(update=changed)


def fold_alert(row: AlertRow, message: Incoming[AlertShape]) -> AlertRow:
    """Return the alert after the event."""
    data = message.data
    if data.version <= row.seen:
        return row
    at = {"detected": data.detected_at, "answered": data.answered_at, "treated": data.treated_at}
    came = {name: each for name, each in at.items() if each is not None}
    amounts = {
        name: minutes
        for name, (begin, end) in SPANS.items()
        if begin in came and end in came and (minutes := minutes_between(came[begin], came[end])) is not None
    }
    changed = {
        "seen": data.version,
        "area": data.area,
        "days": {name: day_of(each.isoformat()) for name, each in came.items()},
        "labels": _labels_of(data),
        "amounts": amounts,
    }
    return row.model_copy(update=changed)


def _labels_of(data: AlertShape) -> dict[str, str]:
    labels = {
        "severity": data.severity,
        "state": data.state,
        "indicator": data.indicator,
        "answered": _punctuality(data, "detected", data.answered_at, data.answer_by),
        "treated": _punctuality(data, "answered", data.treated_at, data.treat_by),
        "treatment": data.treatment,
        "reason": data.reason if data.state == "dismissed" else None,
        "need_refused": data.need_refused,
    }
    return {name: value for name, value in labels.items() if value}


def _punctuality(data: AlertShape, awaits: str, came_at: datetime | None, by: datetime) -> str | None:
    """Return whether a step came in time; None for an alert that is not in the state in which the step is awaited.

    The treatment of an alert that nobody has answered is awaited as well.
    """
    if came_at is not None:
        return "in_time" if came_at <= by else "late"
    if data.state == awaits:
        return "overdue" if data.overdue else "waiting"
    return "waiting" if data.state == "detected" else None


def fold_need(row: AlertNeedRow, message: Incoming[AlertShape]) -> AlertNeedRow:
    """Return the need on the day, in the area and with the severity of the alert that opened it."""
    data = message.data
    # The alerts of one examination come at one instant, and the gravest of them opens the need.
    gravity = SEVERITIES[::-1].index(data.severity) if data.severity in SEVERITIES else -1
    first: tuple[str, int, str, str] = (instant(message), gravity, data.area, data.severity)
    if row.first is not None:
        first = min(first, row.first)
    changed = {"seen": 1, "first": first, "area": first[2], "days": {"opened": day_of(first[0])}}
    return row.model_copy(update={**changed, "labels": {"severity": first[3]}})


_SCREENED: Final = Kept(SCREENINGS, lambda data: data.id, fold_screening)
_ALERTED: Final = Kept(ALERTS, lambda data: data.id, fold_alert)
_OPENED: Final = Kept(ALERT_NEEDS, lambda data: data.need_id, fold_need)
PROJECTIONS: Final[ProjectionTable] = {
    **follow(
        SCREENING_EVENTS,
        _SCREENED,
    ),
    **follow(
        (
            AlertDetected, AlertRaised, AlertAnswered, AlertTreated, FamilyTold, DismissalRequested, DismissalRejected,
            AlertDismissed, AlertHandedOver, AlertLeft, AlertOverdue,
        ),
        _ALERTED,
        _OPENED,
    ),
}  # fmt: skip
