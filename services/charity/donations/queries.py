"""The query for a donation."""

from typing import Final

from services.charity.donations.domain import Donation, describe_donation
from services.charity.reading import read_entity
from shared.contracts.charity.donations import DonationAnswer, ReadDonation
from shared.engine import QueryTable, Store


def read_donation(query: ReadDonation, store: Store) -> DonationAnswer | None:
    """Return the donation as the command that made it answered; None where there is none."""
    found = read_entity(store, Donation, query.donation_id)
    return None if found is None else describe_donation(found)


QUERIES: Final[QueryTable] = {ReadDonation: read_donation}
