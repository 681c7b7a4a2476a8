"""A screening through its life: planned, rescheduled, begun, ended, cancelled; and the count of its results. Pure."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import ClassVar, Final

from services.stations.network.domain import Station
from shared.contracts.plain import NextStep
from shared.contracts.refusals import Refused
from shared.contracts.stations.indicators import SEVERITIES, RiskSeverity
from shared.contracts.stations.screenings import (
    BeginScreening,
    CancelScreening,
    EndScreening,
    PlanScreening,
    RescheduleScreening,
    ScreeningShape,
    ScreeningState,
)
from shared.engine.plain import Aggregate
from shared.engine.reminders import Due, Reminders

LATEST: Final = timedelta(days=365)
"""The end of a screening is at most so far ahead, and its beginning at most so long ago."""


UNDER_WAY: Final[tuple[ScreeningState, ...]] = ("planned", "running")


class Screening(ScreeningShape, Aggregate):
    """A screening as it is stored."""

    collection: ClassVar[str] = "screenings"


class ScreeningDue(Due):
    """The beginning or the end of a screening is overdue: the next level is reminded."""

    type: ClassVar[str] = "stations.screening_due"


def planned(
    asked: PlanScreening, station: Station, groups: tuple[str, ...], screening_id: str, now: datetime
) -> Screening:
    """Return a new screening. Raises Refused("invalid") for a time that is past or too far ahead."""
    _require_time(asked, now)
    return Screening(
        id=screening_id, version=0, area=station.area, station_id=station.id, groups=groups,
        indicators=tuple(dict.fromkeys(asked.indicators)), expected=asked.expected, starts_at=asked.starts_at,
        ends_at=asked.ends_at, state="planned",
    )  # fmt: skip


def rescheduled(asked: RescheduleScreening, before: Screening, now: datetime) -> Screening:
    """Return the screening at another time; itself at the same one. Raises Refused as `planned` and `require` do."""
    require(before, "planned")
    _require_time(asked, now)
    if (asked.starts_at, asked.ends_at) == (before.starts_at, before.ends_at):
        return before
    return before.model_copy(update={"starts_at": asked.starts_at, "ends_at": asked.ends_at})


def begun(_: BeginScreening, before: Screening, now: datetime) -> Screening:
    """Return the screening as running, also before its time. Raises Refused("wrong_state") unless it is planned."""
    require(before, "planned")
    return before.model_copy(update={"state": "running", "began_at": now})


def ended(_: EndScreening, before: Screening, now: datetime) -> Screening:
    """Return the screening as ended. Raises Refused("wrong_state") unless it is running."""
    require(before, "running")
    return before.model_copy(update={"state": "ended", "ended_at": now})


def cancelled(asked: CancelScreening, before: Screening, _: datetime) -> Screening:
    """Return the screening as cancelled. Raises Refused("wrong_state") unless it is planned."""
    require(before, "planned")
    return before.model_copy(update={"state": "cancelled", "reason": asked.reason})


def counted(before: Screening, values: Iterable[RiskSeverity | None], *, new_person: bool) -> Screening:
    """Return the screening with these values counted by their severity, and a person who has the first result."""
    update: dict[str, int] = {"examined": before.examined + new_person, "results": before.results}
    for severity in values:
        update["results"] += 1
        if severity is None:
            continue
        update[severity] = update.get(severity, getattr(before, severity)) + 1
    return before.model_copy(update=update)


def recounted(before: Screening, former: str | None, severity: RiskSeverity | None) -> Screening:
    """Return the screening that counts the severity of a corrected value; itself where it is the former one."""
    if former == severity:
        return before
    update: dict[str, int] = {}
    if former in SEVERITIES:
        update[str(former)] = max(getattr(before, str(former)) - 1, 0)
    if severity is not None:
        update[severity] = getattr(before, severity) + 1
    return before.model_copy(update=update)


def left(before: Screening, now: datetime) -> Screening:
    """Return the open screening of a station that has closed without a successor: ended, or cancelled before it began.

    The results of the people who were examined stay, and late ones are recorded as after any end.
    """
    if before.state == "planned":
        return before.model_copy(update={"state": "cancelled", "reason": "station_closed"})
    return before.model_copy(update={"state": "ended", "ended_at": now})


def require_recordable(screening: Screening, late: timedelta, now: datetime) -> None:
    """Raise Refused("wrong_state") unless the screening is running, or has ended no longer than `late` ago."""
    require(screening, "running", "ended", field="screening_id")
    if screening.ended_at is not None and now > screening.ended_at + late:
        raise Refused("wrong_state", "too_late_for_results", field="screening_id", days=late.days)


def find_measuring_time(screening: Screening, asked: datetime | None, now: datetime) -> datetime:
    """Return the time at which values were measured: the given one, else now, or the end of the screening.

    Raises Refused("invalid") for a time outside the screening, as it was planned or held.
    """
    latest = now if screening.ended_at is None else screening.ended_at
    if asked is None:
        return latest
    earliest = min(screening.starts_at, screening.began_at or screening.starts_at)
    if not earliest <= asked <= latest:
        raise Refused(
            "invalid", "measured_in_screening", field="measured_at", earliest=earliest.isoformat(),
            latest=latest.isoformat(),
        )  # fmt: skip
    return asked


def handed_over(before: Screening, station: Station) -> Screening:
    """Return the screening at the station that stands for its own, which has ended: its reminders begin again."""
    return before.model_copy(update={"station_id": station.id, "area": station.area, "reminder": None})


def require(screening: Screening, *allowed: ScreeningState, field: str = "id") -> None:
    """Raise Refused("wrong_state") for a screening in another state than those allowed."""
    if screening.state not in allowed:
        raise Refused(
            "wrong_state", "screening_not_in_state", field=field, state=screening.state, allowed=",".join(allowed)
        )


def require_known(indicators: Iterable[str], in_force: Collection[str]) -> None:
    """Raise Refused("invalid") naming the first indicator that is not in force at the place."""
    for nth, code in enumerate(indicators):
        if code not in in_force:
            raise Refused("invalid", "indicator_not_in_force", field=f"indicators.{nth}", indicator=code)


def find_next_step(screening: Screening) -> NextStep | None:
    """Return the next step: to begin, then to end; None once it has ended or was cancelled."""
    if screening.state == "planned":
        return NextStep(code="begin_screening", due=screening.starts_at)
    if screening.state == "running":
        return NextStep(code="end_screening", due=screening.ends_at)
    return None


REMINDERS: Final = Reminders(ScreeningDue, frozenset({"begin_screening", "end_screening"}))


def _require_time(asked: PlanScreening | RescheduleScreening, now: datetime) -> None:
    if asked.starts_at < now - LATEST:
        raise Refused("invalid", "screening_begins_too_early", field="starts_at", days=LATEST.days)
    if not now < asked.ends_at <= now + LATEST:
        raise Refused("invalid", "screening_time_range", field="ends_at", days=LATEST.days)
