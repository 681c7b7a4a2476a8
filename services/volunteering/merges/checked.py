"""The checks of registrations whose ids are merged or parted: a merge decides a check, a statement may reopen it."""

from services.volunteering.checks.domain import resolved
from services.volunteering.checks.storage import CHECKS, ChecksOf, open_checks
from services.volunteering.matching.domain.absence import pending, volunteer_state
from services.volunteering.matching.domain.volunteers import Volunteer
from services.volunteering.people.domain import VolunteerPerson
from shared.contracts.plain import Shape
from shared.contracts.refusals import Refused
from shared.contracts.volunteering.checks import CheckResolved
from shared.contracts.volunteering.people import VolunteerChanged
from shared.engine import UnitOfWork
from shared.people.identities import identity_of


def end_checks(work: UnitOfWork, merged: Volunteer, into: Volunteer) -> list[Shape]:
    """Decide the open checks of the merged registration as the same person's. Needs `ChecksOf` of it.

    Raises Refused("wrong_state") where the known person has disowned it, or the surviving one is itself checked still.
    """
    if into.away in {"pending", "rejected"}:
        raise Refused("wrong_state", "registration_pending", field="into_id", id=into.id)
    ended = []
    for check in open_checks(work, merged.id):
        if check.disowned_at is not None:
            raise Refused("wrong_state", "registration_disowned", field="volunteer_id", id=merged.id)
        ended.append(CHECKS.store(work, check, resolved(check, "same_person", work.now), CheckResolved))
    return ended


def check_again(work: UnitOfWork, parted: Volunteer) -> Volunteer:
    """Return the parted volunteer, pending again where the known person has disowned the registration meanwhile.

    Needs `ChecksOf` of it.
    """
    return pending(parted) if open_checks(work, parted.id) else parted


def show_checked(work: UnitOfWork, parted: Volunteer) -> None:
    """Announce the state of a parted registration that was checked before the merge: it was pending then.

    Needs `ChecksOf` of it and its person.
    """
    person = work.get(VolunteerPerson, parted.id)
    if person is None or not work.find(ChecksOf(parted.id)):
        return
    data = VolunteerChanged(
        volunteer_id=parted.id,
        # The parting raises the identity's version afterwards, and people see that one.
        version=identity_of(work, parted.id).public_version + 1,
        area=parted.area,
        skills=person.skills,
        languages=person.languages,
        standing_acceptance=parted.standing,
        state=volunteer_state(parted),
        registered_at=person.registered_at,
    )
    work.emit(data, about=parted, area=parted.area)
