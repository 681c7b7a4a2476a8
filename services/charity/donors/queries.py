"""The audited queries of donors: personal data, read on record, and those that find donors."""

from collections.abc import Sequence
from typing import Final

from services.charity.donors.domain import Donor
from services.charity.donors.finding import QUERIES as FINDING
from services.charity.donors.opening import open_donor
from services.charity.reading import read_within
from shared.contracts.access import Actor
from shared.contracts.charity.donors import DonorDetailsAnswer, ReadDonor
from shared.engine import QueryTable, Sealed, Store
from shared.people import Opener, OpenKeys, read_keys
from shared.people.resolution import ids_of


def read_donor(query: ReadDonor, store: Store, actor: Actor, vault: Opener) -> Sealed[DonorDetailsAnswer] | None:
    """Return the personal data of a donor; None for an unknown id, or a donor outside the actor's area.

    An id that was merged is answered with the surviving one, and the read is on record under both.
    """
    ids = ids_of(store, query.donor_id)
    found = read_within(store, Donor, ids[0], actor.area)
    if found is None:
        return None
    keys = read_keys(store, vault, (found.id,), Donor.collection)
    also = () if query.donor_id == found.id else (found.id,)
    areas = (found.area,) if found.area else ()
    return Sealed((query.donor_id,), lambda: _describe(found, keys, ids[1:]), areas=areas, also=also)


def _describe(found: Donor, keys: OpenKeys, merged_ids: Sequence[str]) -> DonorDetailsAnswer:
    texts = open_donor(found.to_document(), keys)
    return DonorDetailsAnswer(
        id=found.id,
        version=found.version,
        area=found.area,
        name=texts.name,
        phone=texts.phone,
        registered_at=found.registered_at,
        identity_number=texts.identity_number,
        birth_year=texts.birth_year,
        merged_ids=tuple(merged_ids),
    )


QUERIES: Final[QueryTable] = {ReadDonor: read_donor, **FINDING}
