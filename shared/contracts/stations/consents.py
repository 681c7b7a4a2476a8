"""Consents of residents (居民), and of persons whom needs (需求) are about.

`shared/contracts/consents.py` has their fields and rules.
"""

from typing import ClassVar

from shared.contracts.access.permissions import Permission
from shared.contracts.consents import (
    ConsentExpired,
    ConsentGiven,
    ConsentRenewed,
    ConsentShape,
    ConsentWithdrawn,
    GiveConsent,
    ReadShared,
    RenewConsent,
    WithdrawConsent,
)
from shared.contracts.messages import EventData, command, event, query


@event
class NeedConsentGiven(ConsentGiven):
    """Consent of the person whom a need is about was given."""

    type: ClassVar[str] = "stations.consent.given"


@event
class NeedConsentRenewed(ConsentRenewed):
    """Consent of the person whom a need is about was given once more."""

    type: ClassVar[str] = "stations.consent.renewed"


@event
class NeedConsentWithdrawn(ConsentWithdrawn):
    """Consent of the person whom a need is about was withdrawn."""

    type: ClassVar[str] = "stations.consent.withdrawn"


@event
class NeedConsentExpired(ConsentExpired):
    """Consent of the person whom a need is about has run out."""

    type: ClassVar[str] = "stations.consent.expired"


@command
class GiveNeedConsent(GiveConsent):
    """Record consent of the person whom a need is about. Answers ConsentShape."""

    to: ClassVar[str] = "stations"


@command
class RenewNeedConsent(RenewConsent):
    """Renew consent of the person whom a need is about. Answers ConsentShape."""

    to: ClassVar[str] = "stations"


@command
class WithdrawNeedConsent(WithdrawConsent):
    """Withdraw consent of the person whom a need is about. Answers ConsentShape."""

    to: ClassVar[str] = "stations"


@query
class ReadSharedNeed(ReadShared):
    """Read data of the person whom a need is about, by separate consent."""

    to: ClassVar[str] = "stations"


@event
class ResidentConsentGiven(ConsentGiven):
    """Consent of a resident was given."""

    type: ClassVar[str] = "stations.resident_consent.given"


@event
class ResidentConsentRenewed(ConsentRenewed):
    """Consent of a resident was given once more."""

    type: ClassVar[str] = "stations.resident_consent.renewed"


@event
class ResidentConsentWithdrawn(ConsentWithdrawn):
    """Consent of a resident was withdrawn."""

    type: ClassVar[str] = "stations.resident_consent.withdrawn"


@event
class ResidentConsentExpired(ConsentExpired):
    """Consent of a resident has run out."""

    type: ClassVar[str] = "stations.resident_consent.expired"


@event
class ResidentConsentMoved(ConsentShape, EventData):
    """A consent has gone to another station with its resident."""

    type: ClassVar[str] = "stations.resident_consent.moved"


@command
class GiveResidentConsent(GiveConsent):
    """Record consent of a resident. Answers ConsentShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "GiveResidentConsent"
    permission: ClassVar[Permission] = "residents:manage"


@command
class RenewResidentConsent(RenewConsent):
    """Renew consent of a resident. Answers ConsentShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "RenewResidentConsent"
    permission: ClassVar[Permission] = "residents:manage"


@command
class WithdrawResidentConsent(WithdrawConsent):
    """Withdraw consent of a resident. Answers ConsentShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "WithdrawResidentConsent"
    permission: ClassVar[Permission] = "residents:manage"


@query
class ReadSharedResident(ReadShared):
    """Read data of a resident, by separate consent."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "ReadSharedResident"
