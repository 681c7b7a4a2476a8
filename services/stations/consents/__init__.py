"""Consents (同意) of persons with a need to the handling and disclosure of the words about them.

Owns the collection `consents`; `shared/people/consents` has the rules. This capability stands above needs.
"""

from typing import ClassVar, Final

from services.stations.consents.queries import SCOPES, read_shared
from services.stations.needs.domain.need import Need
from services.stations.needs.domain.text import NeedText
from shared.contracts.stations import consents as contract
from shared.people.consents import ConsentDue, Consents


class NeedConsentDue(ConsentDue):
    """The time of a consent of the person whom a need is about is over."""

    type: ClassVar[str] = "stations.consent_due"


CONSENTS: Final = Consents(
    kind="need",
    person=Need,
    record=NeedText,
    born=lambda *_: None,  # a need does not hold when its person was born
    scopes=SCOPES,
    give=contract.GiveNeedConsent,
    renew=contract.RenewNeedConsent,
    withdraw=contract.WithdrawNeedConsent,
    given=contract.NeedConsentGiven,
    renewed=contract.NeedConsentRenewed,
    withdrawn=contract.NeedConsentWithdrawn,
    expired=contract.NeedConsentExpired,
    due=NeedConsentDue,
    read=contract.ReadSharedNeed,
    reader=read_shared,
)
CAPABILITY: Final = CONSENTS.declare()
