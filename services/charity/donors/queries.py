"""The audited query for a donor's personal data."""

from datetime import datetime
from typing import Protocol

from services.charity.donors.domain import Donor
from services.charity.reading import Store, read_entity
from shared.contracts.charity.donors import DonorDetailsAnswer
from shared.runtime.audit import record_read, require_reader


class Opener(Protocol):
    """Opens sealed personal data."""

    def open(self, sealed: str) -> str:
        """Return the text that was sealed."""


def read_donor(
    store: Store, vault: Opener, donor_id: str, *, asked_by: str, why: str, now: datetime
) -> DonorDetailsAnswer | None:
    """Return name and phone of a donor; None where there is none, and then nothing is recorded.

    Records the read at `now` (UTC) before anything is opened. Raises Refused("invalid", rule "audited") where
    `asked_by` or `why` is blank. Personal Information Protection Law, art. 54 and 55.
    """
    require_reader(asked_by, why)
    found = read_entity(store, Donor, donor_id)
    if found is None:
        return None
    record_read(store, "donor", [donor_id], asked_by=asked_by, why=why, now=now)
    return DonorDetailsAnswer(
        id=found.id,
        version=found.version,
        name=vault.open(found.name_sealed),
        phone=None if found.phone_sealed is None else vault.open(found.phone_sealed),
        registered_at=found.registered_at,
    )
