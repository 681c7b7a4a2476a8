"""Consents (同意) of volunteers to the handling and the handing over of their data.

Owns the collection `consents`; `shared/people/consents` has the rules. This capability stands above people.
"""

from datetime import date
from typing import Final

from services.volunteering.consents.queries import SCOPES, read_shared
from services.volunteering.matching.domain.volunteers import Volunteer
from services.volunteering.people.consent import MATCHING, VolunteerConsentDue
from services.volunteering.people.domain import VolunteerPerson, place_of
from shared.contracts.identity_numbers import birth_date_of
from shared.contracts.volunteering import consents as contract
from shared.engine import UnitOfWork
from shared.people import KeyGoneError, OpenKeys
from shared.people.consents import Consents


def _born(work: UnitOfWork, keys: OpenKeys, volunteer: Volunteer) -> date | int | None:
    """Return the day of birth by the identity number, else the year that matching knows, else None."""
    person = work.get(VolunteerPerson, volunteer.id)
    if person is None or person.identity_number is None:
        return volunteer.birth_year
    try:
        number = keys.open(person.identity_number, person.id, *place_of(person.id, "identity_number"))
    except KeyGoneError:  # forgotten
        return volunteer.birth_year
    return birth_date_of(number)


CONSENTS: Final = Consents(
    kind="volunteer",
    person=Volunteer,
    record=VolunteerPerson,
    born=_born,
    scopes=SCOPES,
    give=contract.GiveVolunteerConsent,
    renew=contract.RenewVolunteerConsent,
    withdraw=contract.WithdrawVolunteerConsent,
    given=contract.VolunteerConsentGiven,
    renewed=contract.VolunteerConsentRenewed,
    withdrawn=contract.VolunteerConsentWithdrawn,
    expired=contract.VolunteerConsentExpired,
    due=VolunteerConsentDue,
    read=contract.ReadSharedVolunteer,
    reader=read_shared,
    own=MATCHING,
)
CAPABILITY: Final = CONSENTS.declare()
