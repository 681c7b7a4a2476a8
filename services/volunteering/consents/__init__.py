"""Consents (同意) of volunteers to the handling and the handing over of their data.

Owns the collection `consents`; `shared/people/consents` has the rules. This capability stands above people.
"""

from typing import ClassVar, Final

from services.volunteering.consents.queries import SCOPES, read_shared
from services.volunteering.matching.domain.volunteers import Volunteer
from shared.contracts.volunteering import consents as contract
from shared.people.consents import ConsentDue, Consents


class VolunteerConsentDue(ConsentDue):
    """The time of a volunteer's consent is over."""

    type: ClassVar[str] = "volunteering.consent_due"


def _born(volunteer: Volunteer) -> int | None:
    return volunteer.birth_year


CONSENTS: Final = Consents(
    kind="volunteer",
    person=Volunteer,
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
)
CAPABILITY: Final = CONSENTS.declare()
