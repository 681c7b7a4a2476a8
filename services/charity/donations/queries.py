"""The query for a donation."""

from services.charity.donations.domain import Donation, describe_donation
from services.charity.reading import Store, read_entity
from shared.contracts.charity.donations import DonationAnswer


def read_donation(store: Store, donation_id: str) -> DonationAnswer | None:
    """Return the donation as the command that made it answered; None where there is none."""
    found = read_entity(store, Donation, donation_id)
    return None if found is None else describe_donation(found)
