"""A breach (个人信息安全事件) through its life: recorded, notified, closed; and the clock of the duty."""

from datetime import datetime, timedelta
from typing import ClassVar, Final

from shared.contracts.clocks import CLOCKS_APART
from shared.contracts.plain import Action, NextStep
from shared.contracts.refusals import Refused
from shared.contracts.stations.breaches import (
    BreachShape,
    BreachState,
    ChangeBreach,
    CloseBreach,
    NotifyAuthority,
    NotifyPeople,
    RecordBreach,
    RequireNotice,
    Severity,
)
from shared.engine.plain import Aggregate
from shared.engine.reminders import Due, Reminders

GRADES: Final[tuple[tuple[int, Severity], ...]] = (
    (100_000_000, "extraordinary"),
    (10_000_000, "serious"),
    (1_000_000, "considerable"),
)
"""People whose data has leaked, from which on an incident has that grade (National Cybersecurity Incident Reporting
Measures, 2025, annex).
"""
REPORT_WITHIN: Final = timedelta(hours=4)
"""From the grade `considerable` on the operator of a network reports to the provincial office (the same, art. 4). One
that runs critical infrastructure has an hour, an organ of the state two: they act before the step is overdue.
"""
NOTIFY_WITHIN: Final = timedelta(hours=24)
"""Our bound for the law's "at once" (Personal Information Protection Law, art. 57), which has no number of hours."""
REVIEW_WITHIN: Final = timedelta(days=30)
"""A report on the whole is due 30 days after the incident was dealt with (Incident Reporting Measures, art. 8)."""

ESCALATE_AFTER: Final = timedelta(hours=4)
"""From one reminder of an overdue step to that of the next level: the step was due within hours."""
REMIND_EVERY: Final = timedelta(days=1)
"""Between further reminders of the district."""

REPORT_BEFORE: Final = timedelta(days=7)
"""How long before its deadline the report on the whole counts as due."""


class Breach(BreachShape, Aggregate):
    """A breach as it is recorded."""

    collection: ClassVar[str] = "breaches"


class BreachDue(Due):
    """The next step of a breach is overdue: the next level is reminded."""

    type: ClassVar[str] = "stations.breach_due"


def recorded(asked: RecordBreach, breach_id: str, now: datetime) -> Breach:
    """Return a new, open breach. Raises Refused("invalid") for one that was found in the future."""
    _require_past(asked.found_at, "found_at", now)
    facts = {name: value for name, value in dict(asked).items() if name != "external_id"}
    return Breach(id=breach_id, version=0, state="open", severity=grade(asked.people_most), **facts)


def changed(asked: ChangeBreach, before: Breach, now: datetime) -> Breach:
    """Return the breach with its facts replaced. Raises Refused("wrong_state") for a closed one."""
    _require(before, "open", "notified")
    _require_past(asked.found_at, "found_at", now)
    facts = {name: value for name, value in dict(asked).items() if name not in Action.model_fields}
    if all(getattr(before, name) == value for name, value in facts.items()):
        return before
    return before.model_copy(update={**facts, "severity": grade(asked.people_most)})


def authority_notified(asked: NotifyAuthority, before: Breach, now: datetime) -> Breach:
    """Return the breach with the notice to the authority. Raises Refused("wrong_state") where there is one already."""
    _require(before, "open")
    _require_notice_time(before, asked.at, now)
    if before.authority_notified_at is not None:
        raise Refused("wrong_state", "breach_notified_already", field="id")
    return _noted(before.model_copy(update={"authority_notified_at": asked.at}))


def people_notified(asked: NotifyPeople, before: Breach, now: datetime) -> Breach:
    """Return the breach with the notice to the people, or the reason for none.

    Raises Refused("wrong_state") where there is one already, or where the authority requires a notice.
    """
    _require(before, "open")
    if asked.at is not None:
        _require_notice_time(before, asked.at, now)
    elif before.notice_required:
        raise Refused("wrong_state", "breach_notice_required", field="reason")
    if before.people_notified_at is not None or before.people_not_notified is not None:
        raise Refused("wrong_state", "breach_notified_already", field="id")
    return _noted(before.model_copy(update={"people_notified_at": asked.at, "people_not_notified": asked.reason}))


def notice_required(_: RequireNotice, before: Breach, __: datetime) -> Breach:
    """Return the breach open again, because the authority requires the notice (art. 57, second paragraph).

    Raises Refused("wrong_state") for a closed one, or where the people were notified.
    """
    _require(before, "open", "notified")
    if before.people_notified_at is not None:
        raise Refused("wrong_state", "breach_notified_already", field="id")
    if before.notice_required:
        return before
    return before.model_copy(update={"state": "open", "notice_required": True, "people_not_notified": None})


def closed(_: CloseBreach, before: Breach, __: datetime) -> Breach:
    """Return the breach as closed. Raises Refused("wrong_state") before all notices are on record."""
    _require(before, "notified")
    return before.model_copy(update={"state": "closed"})


def find_next_step(breach: Breach) -> NextStep | None:
    """Return the next step: to notify the authority, then the people, each before its deadline, then to close."""
    if breach.state == "closed":
        return None
    if breach.state == "notified":
        latest = max(filter(None, (breach.authority_notified_at, breach.people_notified_at)))
        return NextStep(code="close_breach", due=latest + REVIEW_WITHIN)
    if breach.authority_notified_at is None:
        within = NOTIFY_WITHIN if breach.severity == "general" else REPORT_WITHIN
        return NextStep(code="notify_authority", due=breach.found_at + within)
    return NextStep(code="notify_people", due=breach.found_at + NOTIFY_WITHIN)


REMINDERS: Final = Reminders(
    BreachDue, frozenset({"notify_authority", "notify_people", "close_breach"}), ESCALATE_AFTER, REMIND_EVERY
)


def grade(people: int) -> Severity:
    """Return the grade of an incident that concerns at most this number of people."""
    return next((severity for least, severity in GRADES if people >= least), "general")


def _noted(breach: Breach) -> Breach:
    people = breach.people_notified_at is not None or breach.people_not_notified is not None
    well = people and breach.authority_notified_at is not None
    return breach.model_copy(update={"state": "notified"}) if well else breach


def _require_notice_time(breach: Breach, at: datetime, now: datetime) -> None:
    _require_past(at, "at", now)
    if at < breach.found_at:
        raise Refused("invalid", "breach_notice_before_found", field="at", found_at=breach.found_at.isoformat())


def _require_past(at: datetime, field: str, now: datetime) -> None:
    if at > now + CLOCKS_APART:
        raise Refused("invalid", "breach_time_ahead", field=field)


def _require(breach: Breach, *allowed: BreachState) -> None:
    if breach.state not in allowed:
        raise Refused("wrong_state", "breach_not_in_state", field="id", state=breach.state, allowed=",".join(allowed))
