"""Needs of care plans: made as published, moved and called off by the rules of every other need. Pure."""

from datetime import datetime, timedelta
from typing import Final, Literal, NamedTuple

from services.stations.needs.domain.amendment import Terms, amended
from services.stations.needs.domain.cancellation import cancelled
from services.stations.needs.domain.intake import to_stored
from services.stations.needs.domain.need import Need
from services.stations.needs.domain.publication import published
from services.stations.needs.domain.triage import score_parts
from shared.contracts.catalogue.matching import SHIPPED
from shared.contracts.need_parts import Line, Place, Urgency, VolunteerRequest
from shared.contracts.stations.amending import NeedAmendment
from shared.contracts.stations.reopening import Slot

NeedObstacle = Literal["service_has_begun", "need_ended"]
ANY_MOVE: Final = timedelta(days=3 * 366)
"""A visit moves as far as its plan reaches, not as far as an extension may."""


class VisitRequest(NamedTuple):
    """The request of one visit: of the plan the service, of the home the place and people, and the slot."""

    station_id: str
    area: str
    theme: str
    urgency: Urgency
    severity: int
    place: Place
    beneficiaries: int
    groups: tuple[str, ...]
    lines: tuple[Line, ...]
    volunteers: VolunteerRequest | None
    due: datetime
    series: str


def planned(request: VisitRequest, need_id: str, now: datetime) -> Need:
    """Return the published need of a visit. Raises Refused("wrong_state") where it is due before `now`."""
    parts = score_parts(request.severity, request.urgency, request.groups)
    nothing = (0,) * len(request.lines)
    draft = Need(
        id=need_id, score=sum(parts.values()), score_parts=parts, registered_at=now, timeline=(("draft", now),),
        announced=1, committed=nothing, fulfilled=nothing, **request._asdict(),
    )  # fmt: skip
    return published(draft.model_copy(update={"due": to_stored(request.due)}), now)


def find_obstacle(need: Need) -> NeedObstacle | None:
    """Return the reason why the need can neither be moved nor called off; None where it can."""
    if need.state in ("published", "ready", "draft"):
        return None
    return "service_has_begun" if need.state in ("in_service", "served") else "need_ended"


def moved(need: Need, starts_at: datetime, ends_at: datetime, now: datetime) -> Need:
    """Return the need amended to the slot, due at its end. Raises Refused as an amendment does."""
    slot = None if need.volunteers is None else Slot(starts_at=starts_at, ends_at=ends_at)
    asked = NeedAmendment(reason_code="circumstances_changed", due=ends_at, slot=slot)
    return amended(need, asked, SHIPPED, now, Terms(need.area, ANY_MOVE))


def is_at(need: Need, starts_at: datetime, ends_at: datetime) -> bool:
    """Return whether the need has the slot already, and is due at its end: somebody has amended it."""
    slot = (to_stored(starts_at), to_stored(ends_at))
    asked = need.volunteers
    return need.due == slot[1] and (asked is None or (asked.starts_at, asked.ends_at) == slot)


def called_off(need: Need, now: datetime) -> Need:
    """Return the need cancelled with its visit. Raises Refused as a cancellation does."""
    return cancelled(need, now, "no_longer_needed")
