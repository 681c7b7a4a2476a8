"""An alert through its life: detected, answered, treated; or dismissed as a false one, a critical one by two. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import ClassVar, Final

from services.stations.residents.domain import Resident
from services.stations.screening.domain.screening import Screening
from shared.contracts.overdue_levels import LAST_LEVEL, find_next_level
from shared.contracts.plain import NextStep, Reminder
from shared.contracts.refusals import Refused
from shared.contracts.stations.alerts import (
    AlertShape,
    AlertState,
    AnswerAlert,
    Dismissal,
    FamilyState,
    TreatAlert,
)
from shared.contracts.stations.indicators import SEVERITIES, RiskSeverity
from shared.engine.plain import Aggregate
from shared.engine.reminders import Due, Reminders

CLASSES: Final[tuple[int, ...]] = (
    5, 15, 30, 60, 120, 240, 480, 720, 1_440, 2_880, 4_320, 7_200, 10_080, 20_160, 43_200, 86_400, 525_600,
)  # fmt: skip
"""The upper bounds of the histogram's classes, in minutes; the last one also holds all that took longer."""
OPEN_STATES: Final[tuple[AlertState, ...]] = ("detected", "answered", "dismissal_asked")
_MINUTE: Final = timedelta(minutes=1)


class Alert(AlertShape, Aggregate):
    """An alert with the resident and the result that raised it, both in no event.

    `state_before` and `reminder_before` are those of before a dismissal was asked for.
    `check_by` is the time for the check of a dismissal, `dismissed_by` the principal who has asked for it. `escalate`
    is in minutes: the time that a level has before the next one is reminded.
    """

    collection: ClassVar[str] = "alerts"

    resident_id: str
    result_id: str
    escalate: int
    state_before: AlertState = "detected"
    reminder_before: Reminder | None = None
    dismissed_by: str = ""
    check_by: datetime | None = None


class AlertDue(Due):
    """The next step of an alert is overdue: the next level is reminded."""

    type: ClassVar[str] = "stations.alert_due"


def detected(
    *, alert_id: str, screening: Screening, cared_for: Resident, resident_id: str, result_id: str, indicator: str,
    severity: RiskSeverity, answer_time: timedelta, treat_time: timedelta, family: FamilyState, now: datetime,
) -> Alert:  # fmt: skip
    """Return a new alert at the station that cares for the person. Its clock begins now.

    `resident_id` is the id of the result's person, `cared_for` the resident who stands for it after a merge.
    """
    return Alert(
        id=alert_id, version=0, area=cared_for.area, station_id=cared_for.station_id, screening_id=screening.id,
        indicator=indicator, severity=severity, state="detected", detected_at=now, answer_by=now + answer_time,
        treat_by=now + treat_time, family=family, resident_id=resident_id, result_id=result_id,
        escalate=answer_time // _MINUTE,
    )  # fmt: skip


def raised(
    before: Alert, severity: RiskSeverity, answer_time: timedelta, treat_time: timedelta, now: datetime
) -> Alert:
    """Return the alert as a graver one, with deadlines that are never later; itself where it is no graver.

    A corrected value never makes an alert less grave: that is for a dismissal.
    """
    if not is_graver(before, severity):
        return before
    return before.model_copy(
        update={
            "severity": severity, "answer_by": min(before.answer_by, now + answer_time),
            "treat_by": min(before.treat_by, now + treat_time), "escalate": answer_time // _MINUTE,
        }
    )  # fmt: skip


def is_graver(before: Alert, severity: RiskSeverity) -> bool:
    """Return whether the severity is graver than that of the alert."""
    return SEVERITIES.index(severity) > _rank(before)


def answered(asked: AnswerAlert, before: Alert, now: datetime) -> Alert:
    """Return the alert as answered. Raises Refused("wrong_state") unless it is detected."""
    require(before, "detected")
    return _answered(before, now).model_copy(update={"answered_way": asked.way})


def treated(asked: TreatAlert, before: Alert, now: datetime) -> Alert:
    """Return the alert as treated. Raises Refused("wrong_state") unless it is detected or answered."""
    require(before, "detected", "answered")
    return _treated(before, asked.treatment, now)


def served(before: Alert, now: datetime) -> Alert:
    """Return the alert as treated by its need, which was served; itself where it is not open."""
    return _treated(before, "need_served", now) if before.state in {"detected", "answered"} else before


def family_told(before: Alert, reference: str, now: datetime) -> Alert:
    """Return the alert of which the family was told, by the actor with that reference; itself where it was before.

    Raises Refused("wrong_state") for a dismissed alert. The consent is for the caller to require.
    """
    if before.family == "told":
        return before
    if before.state == "dismissed":
        require(before, *OPEN_STATES, "treated")
    return before.model_copy(update={"family": "told", "family_told_at": now, "family_told_by": reference})


def dismissed(before: Alert, reason: Dismissal, principal: str, now: datetime) -> Alert:
    """Return the alert as dismissed, or, a critical one, as one whose dismissal another person checks.

    Raises Refused("wrong_state") unless it is detected or answered.
    """
    require(before, "detected", "answered")
    if before.severity != "critical":
        return before.model_copy(update={"state": "dismissed", "reason": reason, "overdue": False})
    return before.model_copy(
        update={
            "state": "dismissal_asked", "reason": reason, "state_before": before.state,
            "reminder_before": before.reminder, "dismissed_by": principal,
            "check_by": now + timedelta(minutes=before.escalate), "overdue": False,
        }
    )  # fmt: skip


def dismissal_confirmed(before: Alert, principal: str) -> Alert:
    """Return the alert as dismissed. Raises Refused: "wrong_state", "not_allowed" for the one who asked for it."""
    require(before, "dismissal_asked")
    _require_other_hand(before, principal)
    return before.model_copy(update={"state": "dismissed", "overdue": False})


def dismissal_rejected(before: Alert, principal: str) -> Alert:
    """Return the alert as it was before the dismissal was asked for, and the levels go on from there.

    Raises Refused as `dismissal_confirmed` does.
    """
    require(before, "dismissal_asked")
    _require_other_hand(before, principal)
    return before.model_copy(
        update={
            "state": before.state_before, "reason": None, "dismissed_by": "", "check_by": None,
            "overdue": before.reminder_before is not None, "reminder": before.reminder_before, "reminder_before": None,
        }
    )  # fmt: skip


def erased(before: Alert) -> Alert:
    """Return the open alert of an erased person as dismissed: it leads to nobody, and needs no second person."""
    return before.model_copy(update={"state": "dismissed", "reason": "data_erased", "overdue": False, "check_by": None})


def handed_over(before: Alert, station_id: str, area: str) -> Alert:
    """Return the alert at another station, whose reminders begin again; itself where it stands there."""
    if (before.station_id, before.area) == (station_id, area):
        return before
    there = {"station_id": station_id, "area": area, "reminder": None, "reminder_before": None}
    return before.model_copy(update=there)


def left(before: Alert, now: datetime) -> Alert:
    """Return the open alert of a closed station with a reminder of the street centre, which stands in for the station.

    The level above is reminded at the deadline of the step. Itself where a centre or a district is reminded already.
    """
    step, last, due = REMINDERS.find(find_next_step(before), before.reminder)
    if step is None or due is None or last is not None:
        return before
    reminder = REMINDERS.reminded(before.area, None, step, now)
    return before.model_copy(
        update={"reminder": reminder.model_copy(update={"next_at": due}) if due > now else reminder}
    )


def require(alert: Alert, *allowed: AlertState) -> None:
    """Raise Refused("wrong_state") for an alert in another state than those allowed."""
    if alert.state not in allowed:
        raise Refused("wrong_state", "alert_not_in_state", field="id", state=alert.state, allowed=",".join(allowed))


def find_next_step(alert: Alert) -> NextStep | None:
    """Return the next step: reach the person, have the person treated, or check a dismissal; None once it is closed."""
    args = {"severity": alert.severity, "escalate": alert.escalate}
    if alert.state == "detected":
        return NextStep(code="answer_alert", args=args, due=alert.answer_by)
    if alert.state == "answered":
        return NextStep(code="treat_alert", args=args, due=alert.treat_by)
    if alert.state == "dismissal_asked":
        return NextStep(code="check_dismissal", args=args, due=alert.check_by)
    return None


class AlertReminders(Reminders):
    """Reminders that begin with the street centre: a missed deadline is the station's own. The time until the next
    level is that of the alert, by its severity.
    """

    def reminded(
        self, area: str, last: Reminder | None, step: NextStep, now: datetime, *, left: bool = True
    ) -> Reminder:
        """Return the reminder of the centre, then of the district, at `now`, also where somebody is at the station."""
        del left
        level, at = find_next_level(area, None if last is None else last.level, left=True)
        again = timedelta(minutes=max(int(step.args.get("escalate", 0)), 1))
        wait = max(again, self.escalate) if level == LAST_LEVEL else again
        return Reminder(step=step.code, was_due=step.due or now, level=level, area=at, next_at=now + wait)


REMINDERS: Final = AlertReminders(AlertDue, frozenset({"answer_alert", "treat_alert", "check_dismissal"}))


def find_class(began: datetime, ended: datetime, classes: Sequence[int] = CLASSES) -> int:
    """Return the upper bound of the class of the time between the two, in minutes."""
    minutes = (ended - began) / _MINUTE
    return next((bound for bound in classes if minutes <= bound), classes[-1])


def _rank(alert: Alert) -> int:
    # A severity of a newer release is taken for the gravest one.
    return SEVERITIES.index(alert.severity) if alert.severity in SEVERITIES else len(SEVERITIES)


def _answered(before: Alert, now: datetime) -> Alert:
    within = find_class(before.detected_at, now)
    update = {"state": "answered", "answered_at": now, "answered_within": within, "overdue": False}
    return before.model_copy(update=update)


def _treated(before: Alert, treatment: str, now: datetime) -> Alert:
    reached = before if before.state == "answered" else _answered(before, now)
    update = {
        "state": "treated", "treated_at": now, "treatment": treatment,
        "treated_within": find_class(before.detected_at, now), "overdue": False,
    }  # fmt: skip
    return reached.model_copy(update=update)


def _require_other_hand(alert: Alert, principal: str) -> None:
    if principal == alert.dismissed_by:
        raise Refused("not_allowed", "dismissal_by_own_hand", field="id")
