"""Deadlines: every open state of a need has one. Where it passes, the station is reminded, then its street centre, then
the district, each at an instant of its own, and the district again and again until somebody acts.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from services.stations.needs.domain.need import Need
from shared.contracts.need_parts import Overdue
from shared.contracts.overdue_levels import LAST_LEVEL, find_next_level
from shared.contracts.reasons import Reason, reason
from shared.contracts.stations.needs import NeedState


@dataclass(frozen=True, slots=True)
class Periods:
    """The periods of a city: from a registration to the publication, from the service to its confirmation, from one
    level to the next, and from one reminder of the district to the next.
    """

    draft: timedelta
    confirm: timedelta
    escalate: timedelta
    repeat: timedelta


def find_step_due(need: Need, periods: Periods) -> datetime | None:
    """Return the instant by which the next step is due; None for a need that has ended.

    A draft cannot be published any more once its due time has passed. A need that is ready or in service at its due
    time still has to be served and confirmed, and has the period of a confirmation for it.
    """
    since = need.timeline[-1][1] if need.timeline else need.registered_at
    deadlines: dict[NeedState, datetime] = {
        # The station has decided on the time of an extended draft itself.
        "draft": need.due if need.extended_for else min(need.due, since + periods.draft),
        "published": need.due,
        "ready": need.due + periods.confirm,
        "in_service": need.due + periods.confirm,
        "served": since + periods.confirm,
    }
    return deadlines.get(need.state)


def find_next_deadline(need: Need, periods: Periods) -> datetime | None:
    """Return the instant at which somebody is to be reminded, or the need ends; None for one that has ended."""
    return find_step_due(need, periods) if need.overdue is None else need.overdue.next_at


def escalated(need: Need, now: datetime, was_due: datetime, periods: Periods, *, left: bool = False) -> Need:
    """Return the need with the next level reminded of a step that was due at `was_due`. It is to be announced.

    With `left` nobody is at the station any more, and the level above is the first.
    """
    late = need.overdue
    level, area = find_next_level(need.area, None if late is None else late.level, left=left)
    again = periods.repeat if level == LAST_LEVEL else periods.escalate
    overdue = Overdue(
        level=level,
        area=area,
        step=find_step(need),
        was_due=was_due if late is None else late.was_due,
        next_at=now + again,
    )
    return need.model_copy(update={"overdue": overdue, "announced": need.version + 1})


def find_step(need: Need) -> Reason:
    """Return the next step of which somebody is reminded; a published need has none, because it ends instead."""
    if need.state == "draft":
        return reason("publish_need")
    if need.state == "in_service":
        return reason("end_service")
    waits_for_people = need.state == "ready" and need.volunteers is not None
    return reason("begin_service") if waits_for_people else reason("confirm_need")
