"""A donor (捐赠人), with sealed name and phone."""

from datetime import datetime
from typing import ClassVar, Protocol

from shared.contracts.charity.donors import DonorDetails
from shared.engine import Entity


class Sealer(Protocol):
    """Seals personal data before it is stored."""

    def seal(self, text: str) -> str:
        """Return the text, readable only with the data key."""


class Donor(Entity):
    """A person or an organisation who gives; name and phone are sealed.

    `area` is that of the office that keeps the donor; empty where the whole platform does.
    """

    collection: ClassVar[str] = "donors"

    area: str
    name_sealed: str
    phone_sealed: str | None = None
    registered_at: datetime


def seal_donor(donor_id: str, person: DonorDetails, area: str, vault: Sealer, now: datetime) -> Donor:
    """Return a new donor of that area, registered at `now` (UTC), with name and phone sealed."""
    return Donor(
        id=donor_id,
        area=area,
        name_sealed=vault.seal(person.name),
        phone_sealed=None if person.phone is None else vault.seal(person.phone),
        registered_at=now,
    )
