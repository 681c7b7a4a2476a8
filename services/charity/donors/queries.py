"""The audited query for a donor's personal data."""

from typing import Final

from services.charity.donors.domain import SEALED, Donor, place_of
from services.charity.reading import read_within
from shared.contracts.access import Actor
from shared.contracts.charity.donors import DonorDetailsAnswer, ReadDonor
from shared.engine import QueryTable, Sealed, Store
from shared.people import Opener, OpenKeys, read_keys


def read_donor(query: ReadDonor, store: Store, actor: Actor, vault: Opener) -> Sealed[DonorDetailsAnswer] | None:
    """Return name and phone of a donor; None for an unknown id, or a donor outside the actor's area."""
    found = read_within(store, Donor, query.donor_id, actor.area)
    if found is None:
        return None
    keys = read_keys(store, vault, (found.id,), set(SEALED.values()))
    return Sealed((found.id,), lambda: _describe(found, keys), areas=(found.area,) if found.area else ())


def _describe(found: Donor, keys: OpenKeys) -> DonorDetailsAnswer:
    def text(field: str, sealed: str) -> str:
        return keys.open(sealed, found.id, *place_of(found.id, field), purpose=SEALED[field])

    return DonorDetailsAnswer(
        id=found.id,
        version=found.version,
        area=found.area,
        name=text("name_sealed", found.name_sealed),
        phone=None if found.phone_sealed is None else text("phone_sealed", found.phone_sealed),
        registered_at=found.registered_at,
    )


QUERIES: Final[QueryTable] = {ReadDonor: read_donor}
