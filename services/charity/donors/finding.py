"""The audited queries that find donors: look-up, and likely duplicates. They answer references alone."""

from typing import Final

from services.charity.donors.domain import SEALED, Donor, particulars_of
from services.charity.donors.opening import prepare_opening, reads_beside
from shared.contracts.access import Actor
from shared.contracts.charity.donors import DonorsFound, DuplicateDonors, FindDuplicateDonors, LookUpDonors
from shared.engine import QueryTable, Sealed, Store
from shared.people.finding import Asked, Register, find_alike, find_described, look_up
from shared.runtime.vault import Vault

DONORS: Final = Register("donor", Donor.collection, tuple(SEALED), reads_beside, prepare_opening)


def look_up_donors(query: LookUpDonors, store: Store, actor: Actor, vault: Vault) -> Sealed[DonorsFound]:
    """Return the donors of the actor's area who have that telephone, number, or name and year of birth."""
    return look_up(DONORS, query, Asked(store, actor, vault), DonorsFound)


def find_duplicate_donors(
    query: FindDuplicateDonors, store: Store, actor: Actor, vault: Vault
) -> Sealed[DuplicateDonors] | None:
    """Return the donors of the actor's area who are likely the person; None for one unknown there."""
    if query.details is not None:
        return find_described(DONORS, particulars_of(query.details), Asked(store, actor, vault), DuplicateDonors)
    return find_alike(DONORS, str(query.person_id), Asked(store, actor, vault), DuplicateDonors)


QUERIES: Final[QueryTable] = {LookUpDonors: look_up_donors, FindDuplicateDonors: find_duplicate_donors}
