"""The audited query for a donor's personal data."""

from typing import Final, Protocol

from services.charity.donors.domain import Donor
from services.charity.reading import read_entity
from shared.contracts.access import Actor
from shared.contracts.charity.donors import DonorDetailsAnswer, ReadDonor
from shared.engine import QueryTable, Sealed, Store


class Opener(Protocol):
    """Opens sealed personal data."""

    def open(self, sealed: str) -> str:
        """Return the text that was sealed."""


def read_donor(query: ReadDonor, store: Store, _: Actor, vault: Opener) -> Sealed[DonorDetailsAnswer] | None:
    """Return name and phone of a donor; None where there is none. A donor belongs to no area."""
    found = read_entity(store, Donor, query.donor_id)
    return None if found is None else Sealed((found.id,), lambda: _describe(found, vault))


def _describe(found: Donor, vault: Opener) -> DonorDetailsAnswer:
    return DonorDetailsAnswer(
        id=found.id,
        version=found.version,
        name=vault.open(found.name_sealed),
        phone=None if found.phone_sealed is None else vault.open(found.phone_sealed),
        registered_at=found.registered_at,
    )


QUERIES: Final[QueryTable] = {ReadDonor: read_donor}
