"""Inactive volunteers (志愿者): the erasure of their data by age, or the decision that is asked for, by timers.

The retention finds them; each decision here looks at the volunteer once more.
"""

from datetime import datetime
from typing import ClassVar, Final

from services.volunteering.inactivity.domain import Inactivity, inactivity_id, is_asked_for, opened
from services.volunteering.inactivity.handlers import INACTIVITIES, end_inactivity, inactivity_load
from services.volunteering.matching.domain.months import month_of
from services.volunteering.matching.domain.volunteers import Volunteer, is_forgotten
from services.volunteering.people.domain import VolunteerPerson
from services.volunteering.people.erasure import VolunteerErasureDue
from services.volunteering.timebank.domain.minting import account_id
from shared.contracts.messages import Instant, Timer
from shared.contracts.volunteering.inactivity import InactivityOpened
from shared.engine import TURN, Get, HandlerTable, Handling, Incoming, Load, UnitOfWork
from shared.ledger import Account
from shared.people.erasing import BY_AGE, ErasurePart, go_on


class VolunteerInactive(Timer):
    """A volunteer has been inactive since before `cutoff`: the data is to be erased."""

    type: ClassVar[str] = "volunteering.volunteer_inactive"
    volunteer_id: str
    cutoff: Instant


class InactiveWithHours(VolunteerInactive):
    """A volunteer has been inactive since before `cutoff` and has hours to spend: somebody is to decide."""

    type: ClassVar[str] = "volunteering.volunteer_inactive_with_hours"


class InactivityOver(Timer):
    """A volunteer is no longer inactive with hours to spend."""

    type: ClassVar[str] = "volunteering.inactivity_over"
    volunteer_id: str


def is_inactive(volunteer: Volunteer, registered_at: datetime, cutoff: datetime, now: datetime) -> bool:
    """Return whether the volunteer has done nothing since `cutoff`, and nothing is open.

    Acts are the registration, a promise, a declined offer and a service, these by their month, so that one in the month
    of the cutoff counts. One whose data is being erased already is not inactive.
    """
    open_still = any(hold.ends > now.timestamp() for hold in (*volunteer.offers, *volunteer.bookings))
    if is_forgotten(volunteer) or open_still or volunteer.serving is not None or registered_at >= cutoff:
        return False
    return max(volunteer.month, volunteer.answered_month) < month_of(cutoff)


def retire_volunteer(message: Incoming[VolunteerInactive]) -> Handling:
    """Begin the erasure of a volunteer who is inactive still; by it hours and dispatches stay, nameless."""
    volunteer_id = message.data.volunteer_id
    part_id = f"{BY_AGE}.{volunteer_id}"
    yield [Get(Volunteer, volunteer_id), Get(VolunteerPerson, volunteer_id), Get(ErasurePart, part_id)]
    work = yield TURN
    volunteer, person = work.get(Volunteer, volunteer_id), work.get(VolunteerPerson, volunteer_id)
    if volunteer is None or person is None or work.get(ErasurePart, part_id) is not None:
        return
    if is_inactive(volunteer, person.registered_at, message.data.cutoff, work.now):
        part = ErasurePart(
            id=part_id, erasure_id=BY_AGE, nth=0, kind="volunteer", subject=volunteer_id, area=volunteer.area, reach=""
        )
        go_on(work, part, VolunteerErasureDue)


def propose_volunteer(message: Incoming[InactiveWithHours]) -> Handling:
    """Open the inactivity of a volunteer who is inactive still and has hours to spend still."""
    volunteer_id = message.data.volunteer_id
    yield [Get(Volunteer, volunteer_id), *_loads(volunteer_id)]
    work = yield TURN
    volunteer, person = work.get(Volunteer, volunteer_id), work.get(VolunteerPerson, volunteer_id)
    known, minutes = work.get(Inactivity, inactivity_id(volunteer_id)), _minutes(work, volunteer_id)
    if volunteer is None or person is None or minutes <= 0 or not is_asked_for(known, work.now):
        return
    if is_inactive(volunteer, person.registered_at, message.data.cutoff, work.now):
        after = opened(known, volunteer_id, volunteer.area, minutes, work.now)
        INACTIVITIES.store(work, known, after, InactivityOpened)


def end_over(message: Incoming[InactivityOver]) -> Handling:
    """End the inactivity of a volunteer who has acted, has spent the hours, or whose data was erased."""
    volunteer_id = message.data.volunteer_id
    yield _loads(volunteer_id)
    work = yield TURN
    if work.get(VolunteerPerson, volunteer_id) is None:
        end_inactivity(work, volunteer_id, "data_erased")
    elif _minutes(work, volunteer_id) <= 0:
        end_inactivity(work, volunteer_id, "hours_spent")
    else:
        end_inactivity(work, volunteer_id, "active_again")


def _loads(volunteer_id: str) -> list[Load]:
    return [
        inactivity_load(volunteer_id), Get(VolunteerPerson, volunteer_id), Get(Account, account_id(volunteer_id))
    ]  # fmt: skip


def _minutes(work: UnitOfWork, volunteer_id: str) -> int:
    account = work.get(Account, account_id(volunteer_id))
    return 0 if account is None else account.balance


HANDLERS: Final[HandlerTable] = {
    VolunteerInactive: retire_volunteer,
    InactiveWithHours: propose_volunteer,
    InactivityOver: end_over,
}
