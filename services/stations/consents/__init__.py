"""Consents (同意) of residents, and of persons with a need, to the handling and disclosure of their data.

Owns the collection `consents`, of both; `shared/people/consents` has the rules. This capability stands above needs.
"""

from dataclasses import replace
from typing import ClassVar, Final

from services.stations.consents import residents
from services.stations.consents.queries import SCOPES, read_shared
from services.stations.needs.domain.need import Need
from services.stations.needs.domain.text import NeedText
from services.stations.residents.care import follow_end
from services.stations.residents.consent import ResidentConsentDue
from services.stations.residents.domain import Resident, ResidentRecord, require_alive
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
RESIDENTS: Final = Consents(
    kind="resident",
    person=Resident,
    record=ResidentRecord,
    born=residents.find_birth,
    lacks_capacity=residents.lacks_capacity,
    require_able=require_alive,
    scopes=residents.SCOPES | {"health"},  # health data is asked for by screening, and read by no agency
    give=contract.GiveResidentConsent,
    renew=contract.RenewResidentConsent,
    withdraw=contract.WithdrawResidentConsent,
    given=contract.ResidentConsentGiven,
    renewed=contract.ResidentConsentRenewed,
    withdrawn=contract.ResidentConsentWithdrawn,
    expired=contract.ResidentConsentExpired,
    due=ResidentConsentDue,
    read=contract.ReadSharedResident,
    reader=residents.read_shared,
    guarded=True,
    after_end=follow_end,
)
_NEEDS, _RESIDENTS = CONSENTS.declare(), RESIDENTS.declare()
CAPABILITY: Final = replace(
    _NEEDS,
    handlers={**_NEEDS.handlers, **_RESIDENTS.handlers},
    queries={**_NEEDS.queries, **_RESIDENTS.queries},
    holdings=(*_NEEDS.holdings, *_RESIDENTS.holdings),
)
