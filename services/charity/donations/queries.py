"""The queries for a donation and for its donor."""

from typing import Final

from services.charity.donations.domain import Donation, Giver, describe_donation
from services.charity.reading import read_entity, read_within
from shared.contracts.access import Actor
from shared.contracts.charity.donations import DonationAnswer, GiverAnswer, ReadDonation, ReadGiver
from shared.engine import QueryTable, Sealed, Store
from shared.people.resolution import ids_of
from shared.runtime.audit import require_permission


def read_donation(query: ReadDonation, store: Store) -> DonationAnswer | None:
    """Return the donation as the command that made it answered; None where there is none."""
    found = read_entity(store, Donation, query.donation_id)
    return None if found is None else describe_donation(found)


def read_giver(query: ReadGiver, store: Store, actor: Actor) -> Sealed[GiverAnswer] | None:
    """Return the donor of a gift, under the surviving id; None for a gift outside the actor's area.

    The read is on record about the gift, so that the audit does not name the donor. Raises Refused("not_allowed") for a
    reader who records no donations.
    """
    require_permission(actor, "donations:record")
    gift = read_within(store, Donation, query.donation_id, actor.area)
    if gift is None:
        return None
    apart = read_entity(store, Giver, gift.id) if gift.anonymous else None
    donor_id = gift.donor_id if apart is None else apart.donor_id
    known = None if donor_id is None else ids_of(store, donor_id)[0]
    answer = GiverAnswer(donation_id=gift.id, donor_id=known, anonymous=gift.anonymous)
    return Sealed((gift.id,), lambda: answer, areas=(gift.area,))


QUERIES: Final[QueryTable] = {ReadDonation: read_donation, ReadGiver: read_giver}
