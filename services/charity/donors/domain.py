"""A donor (捐赠人), with sealed name and phone."""

from collections.abc import Callable
from datetime import datetime
from typing import ClassVar, Final

from shared.contracts.charity.donors import DonorDetails
from shared.engine import Entity
from shared.people import Purpose, Sealer

SEALED: Final[dict[str, Purpose]] = {"name_sealed": "receipts", "phone_sealed": "person"}
"""The sealed fields of a donor, with the purpose of the key that seals each."""
MakeKey = Callable[[Purpose], Sealer]
"""Makes the donor's data key for a purpose."""


class Donor(Entity):
    """A person or an organisation who gives; name and phone are sealed.

    `area` is that of the office that keeps the donor; empty where the whole platform does.
    """

    collection: ClassVar[str] = "donors"

    area: str
    name_sealed: str
    phone_sealed: str | None = None
    registered_at: datetime


def place_of(donor_id: str, field: str) -> tuple[str, str, str]:
    """Return the place that a field is sealed for."""
    return Donor.collection, donor_id, field


def seal_donor(donor_id: str, person: DonorDetails, area: str, make_key: MakeKey, now: datetime) -> Donor:
    """Return a new donor of that area, registered at `now` (UTC), with name and phone sealed by keys of their own.

    A receipt gives the donor's name (Charity Law, art. 38), so that it outlives the erasure of the rest.
    """

    def seal(field: str, text: str) -> str:
        return make_key(SEALED[field]).seal(text, *place_of(donor_id, field))

    return Donor(
        id=donor_id,
        area=area,
        name_sealed=seal("name_sealed", person.name),
        phone_sealed=None if person.phone is None else seal("phone_sealed", person.phone),
        registered_at=now,
    )
