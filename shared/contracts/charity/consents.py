"""Consents of a donor (捐赠人), kept by charity. `shared/contracts/consents.py` has their fields and rules."""

from typing import ClassVar

from shared.contracts.consents import (
    ConsentExpired,
    ConsentGiven,
    ConsentRenewed,
    ConsentWithdrawn,
    GiveConsent,
    ReadShared,
    RenewConsent,
    WithdrawConsent,
)
from shared.contracts.messages import command, event, query


@event
class DonorConsentGiven(ConsentGiven):
    """Consent of a donor was given."""

    type: ClassVar[str] = "charity.consent.given"


@event
class DonorConsentRenewed(ConsentRenewed):
    """Consent of a donor was given once more."""

    type: ClassVar[str] = "charity.consent.renewed"


@event
class DonorConsentWithdrawn(ConsentWithdrawn):
    """Consent of a donor was withdrawn."""

    type: ClassVar[str] = "charity.consent.withdrawn"


@event
class DonorConsentExpired(ConsentExpired):
    """Consent of a donor has run out."""

    type: ClassVar[str] = "charity.consent.expired"


@command
class GiveDonorConsent(GiveConsent):
    """Record consent of a donor. Answers ConsentShape."""

    to: ClassVar[str] = "charity"


@command
class RenewDonorConsent(RenewConsent):
    """Renew consent of a donor. Answers ConsentShape."""

    to: ClassVar[str] = "charity"


@command
class WithdrawDonorConsent(WithdrawConsent):
    """Withdraw consent of a donor. Answers ConsentShape."""

    to: ClassVar[str] = "charity"


@query
class ReadSharedDonor(ReadShared):
    """Read data of a donor, by separate consent."""

    to: ClassVar[str] = "charity"
