"""Consents of a volunteer (志愿者), kept by volunteering. `shared/contracts/consents.py` has their fields and rules."""

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
class VolunteerConsentGiven(ConsentGiven):
    """Consent of a volunteer was given."""

    type: ClassVar[str] = "volunteering.consent.given"


@event
class VolunteerConsentRenewed(ConsentRenewed):
    """Consent of a volunteer was given once more."""

    type: ClassVar[str] = "volunteering.consent.renewed"


@event
class VolunteerConsentWithdrawn(ConsentWithdrawn):
    """Consent of a volunteer was withdrawn."""

    type: ClassVar[str] = "volunteering.consent.withdrawn"


@event
class VolunteerConsentExpired(ConsentExpired):
    """Consent of a volunteer has run out."""

    type: ClassVar[str] = "volunteering.consent.expired"


@command
class GiveVolunteerConsent(GiveConsent):
    """Record consent of a volunteer. Answers ConsentShape."""

    to: ClassVar[str] = "volunteering"


@command
class RenewVolunteerConsent(RenewConsent):
    """Renew consent of a volunteer. Answers ConsentShape."""

    to: ClassVar[str] = "volunteering"


@command
class WithdrawVolunteerConsent(WithdrawConsent):
    """Withdraw consent of a volunteer. Answers ConsentShape."""

    to: ClassVar[str] = "volunteering"


@query
class ReadSharedVolunteer(ReadShared):
    """Read data of a volunteer, by separate consent."""

    to: ClassVar[str] = "volunteering"
