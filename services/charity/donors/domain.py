"""A donor (捐赠人), with sealed name and phone."""

from datetime import datetime
from typing import ClassVar, Protocol

from shared.engine import Entity


class Sealer(Protocol):
    """Seals personal data before it is stored."""

    def seal(self, text: str) -> str:
        """Return the text, readable only with the data key."""


class Donor(Entity):
    """A person or an organisation who gives; name and phone are sealed."""

    collection: ClassVar[str] = "donors"

    name_sealed: str
    phone_sealed: str | None = None
    registered_at: datetime


def seal_donor(donor_id: str, name: str, phone: str | None, vault: Sealer, now: datetime) -> Donor:
    """Return a new donor, registered at `now` (UTC), with name and phone sealed."""
    return Donor(
        id=donor_id,
        name_sealed=vault.seal(name),
        phone_sealed=None if phone is None else vault.seal(phone),
        registered_at=now,
    )
