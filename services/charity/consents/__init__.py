"""Consents (同意) of donors to the handling and the handing over of their data.

Owns the collection `consents`; `shared/people/consents` has the rules. This capability stands above donors.
"""

from typing import ClassVar, Final

from services.charity.consents.queries import SCOPES, read_shared
from services.charity.donors.domain import Donor
from shared.contracts.charity import consents as contract
from shared.people.consents import ConsentDue, Consents


class DonorConsentDue(ConsentDue):
    """The time of a donor's consent is over."""

    type: ClassVar[str] = "charity.consent_due"


def _born(_: Donor) -> None:
    """Return nothing: charity does not know when a donor was born."""


CONSENTS: Final = Consents(
    kind="donor",
    person=Donor,
    born=_born,
    scopes=SCOPES,
    give=contract.GiveDonorConsent,
    renew=contract.RenewDonorConsent,
    withdraw=contract.WithdrawDonorConsent,
    given=contract.DonorConsentGiven,
    renewed=contract.DonorConsentRenewed,
    withdrawn=contract.DonorConsentWithdrawn,
    expired=contract.DonorConsentExpired,
    due=DonorConsentDue,
    read=contract.ReadSharedDonor,
    reader=read_shared,
)
CAPABILITY: Final = CONSENTS.declare()
