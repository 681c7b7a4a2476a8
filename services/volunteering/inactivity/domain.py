"""The inactivity of a volunteer with hours to spend: opened by age, kept by a decision, ended by act or erasure."""

from datetime import datetime, timedelta
from typing import ClassVar, Final

from shared.contracts.plain import NextStep
from shared.contracts.refusals import Refused
from shared.contracts.volunteering.inactivity import InactivityEnd, InactivityShape, KeepInactiveVolunteer
from shared.engine.plain import Aggregate

DECIDE_WITHIN: Final = timedelta(days=30)
"""The time to decide whether the data is kept or erased; no law names one."""
KEPT_FOR: Final = timedelta(days=365)
"""The time for which a decision keeps the data; afterwards somebody decides again."""


class Inactivity(InactivityShape, Aggregate):
    """One for each volunteer, who may be inactive several times."""

    collection: ClassVar[str] = "inactivities"


def inactivity_id(volunteer_id: str) -> str:
    """Return the id of the inactivity of a volunteer."""
    return f"inactivity_{volunteer_id}"


def is_asked_for(known: Inactivity | None, now: datetime) -> bool:
    """Return whether an inactivity is to be opened: none is open, and no decision keeps the data at `now` (UTC)."""
    if known is None or known.state == "ended":
        return True
    return known.state == "kept" and known.kept_until is not None and known.kept_until <= now


def opened(known: Inactivity | None, volunteer_id: str, area: str, minutes: int, now: datetime) -> Inactivity:
    """Return an open inactivity of the volunteer, who has `minutes` to spend, in place of the `known` one."""
    return Inactivity(
        id=inactivity_id(volunteer_id), version=0 if known is None else known.version, area=area,
        volunteer_id=volunteer_id, minutes=minutes, state="open", opened_at=now, due=now + DECIDE_WITHIN,
    )  # fmt: skip


def kept(asked: KeepInactiveVolunteer, before: Inactivity, now: datetime) -> Inactivity:
    """Return the inactivity as kept for a year from `now`. Raises Refused("wrong_state") where it is not open."""
    if before.state != "open":
        raise Refused("wrong_state", "inactivity_not_open", field="id", state=before.state)
    return before.model_copy(update={"state": "kept", "reason": asked.reason, "kept_until": now + KEPT_FOR})


def ended(before: Inactivity, why: InactivityEnd) -> Inactivity:
    """Return the inactivity as ended; itself where it has ended before."""
    if before.state == "ended":
        return before
    return before.model_copy(update={"state": "ended", "reason": why, "kept_until": None})


def find_next_step(inactivity: Inactivity) -> NextStep | None:
    """Return the decision that an open inactivity waits for."""
    if inactivity.state != "open":
        return None
    args = {"volunteer": inactivity.volunteer_id, "minutes": inactivity.minutes}
    return NextStep(code="decide_inactivity", args=args, due=inactivity.due)
