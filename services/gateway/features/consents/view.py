"""Consents as lists show them: codes and ids, nothing about the person."""

from typing import Final

from services.gateway.projection.plain import keep_views
from shared.contracts.charity.consents import (
    DonorConsentExpired,
    DonorConsentGiven,
    DonorConsentRenewed,
    DonorConsentWithdrawn,
)
from shared.contracts.stations.consents import (
    NeedConsentExpired,
    NeedConsentGiven,
    NeedConsentRenewed,
    NeedConsentWithdrawn,
    ResidentConsentExpired,
    ResidentConsentGiven,
    ResidentConsentMoved,
    ResidentConsentRenewed,
    ResidentConsentWithdrawn,
)
from shared.contracts.volunteering.consents import (
    VolunteerConsentExpired,
    VolunteerConsentGiven,
    VolunteerConsentRenewed,
    VolunteerConsentWithdrawn,
)

PATH: Final = "consents"
NOUN: Final = "consent"
EVENTS: Final = (
    VolunteerConsentGiven, VolunteerConsentRenewed, VolunteerConsentWithdrawn, VolunteerConsentExpired,
    DonorConsentGiven, DonorConsentRenewed, DonorConsentWithdrawn, DonorConsentExpired,
    NeedConsentGiven, NeedConsentRenewed, NeedConsentWithdrawn, NeedConsentExpired,
    ResidentConsentGiven, ResidentConsentRenewed, ResidentConsentWithdrawn, ResidentConsentExpired,
    ResidentConsentMoved,
)  # fmt: skip
FILTERS: Final = ("person_id", "recipient", "state")
KEPT: Final = keep_views(PATH, NOUN, EVENTS, FILTERS)
