"""Consents (同意) of donors to the handling and the handing over of their data.

Owns the collection `consents`; `shared/people/consents` has the rules. This capability stands above donors.
"""

from contextlib import suppress
from datetime import date
from typing import ClassVar, Final

from services.charity.consents.queries import SCOPES, read_shared
from services.charity.donors.domain import Donor
from services.charity.donors.opening import open_donor
from shared.contracts.charity import consents as contract
from shared.contracts.identity_numbers import birth_date_of
from shared.engine import UnitOfWork
from shared.people import KeyGoneError, OpenKeys
from shared.people.consents import ConsentDue, Consents


class DonorConsentDue(ConsentDue):
    """The time of a donor's consent is over."""

    type: ClassVar[str] = "charity.consent_due"


def _born(_: UnitOfWork, keys: OpenKeys, donor: Donor) -> date | int | None:
    """Return the day of birth by the identity number, else the year, else None; None for one who was forgotten."""
    with suppress(KeyGoneError):
        opened = open_donor(donor.to_document(), keys)
        return opened.birth_year if opened.identity_number is None else birth_date_of(opened.identity_number)
    return None


CONSENTS: Final = Consents(
    kind="donor",
    person=Donor,
    record=Donor,
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
