"""The audited query for a donor's personal data."""

from typing import Final, Protocol

from services.charity.donors.domain import Donor
from services.charity.reading import read_within
from shared.contracts.access import Actor
from shared.contracts.charity.donors import DonorDetailsAnswer, ReadDonor
from shared.engine import QueryTable, Sealed, Store


class Opener(Protocol):
    """Opens sealed personal data."""

    def open(self, sealed: str) -> str:
        """Return the text that was sealed."""


def read_donor(query: ReadDonor, store: Store, actor: Actor, vault: Opener) -> Sealed[DonorDetailsAnswer] | None:
    """Return name and phone of a donor; None for an unknown id, or a donor outside the actor's area."""
    found = read_within(store, Donor, query.donor_id, actor.area)
    if found is None:
        return None
    return Sealed((found.id,), lambda: _describe(found, vault), areas=(found.area,) if found.area else ())


def _describe(found: Donor, vault: Opener) -> DonorDetailsAnswer:
    return DonorDetailsAnswer(
        id=found.id,
        version=found.version,
        area=found.area,
        name=vault.open(found.name_sealed),
        phone=None if found.phone_sealed is None else vault.open(found.phone_sealed),
        registered_at=found.registered_at,
    )


QUERIES: Final[QueryTable] = {ReadDonor: read_donor}
