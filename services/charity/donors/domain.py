"""A donor (捐赠人), with sealed personal data."""

from datetime import datetime
from typing import ClassVar, Final

from shared.contracts.charity.donors import DonorDetails
from shared.contracts.finding import PersonDetails
from shared.contracts.identity_numbers import require_born
from shared.contracts.refusals import Refused
from shared.engine import Entity
from shared.people import Keeper, Marker, Particulars, Purpose, kept_sealer, make_own_key
from shared.people.keys import OWN_KEY
from shared.people.particulars import PARTICULARS, seal_particulars

SEALED: Final[dict[str, Purpose]] = {
    "name_sealed": "receipts",
    PARTICULARS: "person",
    "phone_sealed": "person",
    "identity_number_sealed": "person",
    "birth_year_sealed": "person",
    OWN_KEY: "key",
}
"""The sealed fields of a donor, with the purpose of the key that seals each."""


class Donor(Entity):
    """A person or an organisation who gives; personal data is sealed. An identity number has the year of birth in it.

    `particulars_sealed` holds telephone, identity number and year of birth together, `data_key` the donor's data key,
    wrapped. Of a donor of release 0.2 each of the three has a field of its own, and the key is in `data_keys`. `area`
    is that of the office that keeps the donor; empty where the whole platform does. `marks` are those by which the
    donor is found: none of a forgotten one, and None of one whom release 0.2 has stored, until `lianshan migrate`.
    """

    collection: ClassVar[str] = "donors"

    area: str
    name_sealed: str
    particulars_sealed: str | None = None
    phone_sealed: str | None = None
    identity_number_sealed: str | None = None
    birth_year_sealed: str | None = None
    data_key: str | None = None
    marks: tuple[str, ...] | None = None
    registered_at: datetime


def place_of(donor_id: str, field: str) -> tuple[str, str, str]:
    """Return the place that a field is sealed for."""
    return Donor.collection, donor_id, field


def forgotten(donor: Donor) -> Donor:
    """Return the donor with the name alone, for receipts (Charity Law, art. 38), without key, and found by nothing."""
    gone: dict[str, object] = {name: None for name, purpose in SEALED.items() if purpose != "receipts"}
    # Not without marks at all: a document that lacks the field is given them by the next migration.
    return donor.model_copy(update={**gone, "marks": ()})


def require_born_donor(person: DonorDetails, now: datetime, *, within: str = "") -> None:
    """Raise Refused("invalid") for a birth year or an identity number of after `now`.

    `within` is the path of the details in the command, with its dot.
    """
    if person.birth_year is not None and person.birth_year > now.year:
        raise Refused("invalid", "birth_year_in_future", field=f"{within}birth_year")
    require_born(person.identity_number, now, f"{within}identity_number")


def particulars_of(person: DonorDetails | PersonDetails) -> Particulars:
    """Return the particulars by which the donor is found and compared: a donor's home is not known."""
    return Particulars(
        name=person.name,
        phone=person.phone,
        identity_number=person.identity_number,
        birth_year=person.known_birth_year,
    )


def seal_donor(
    donor_id: str, person: DonorDetails, area: str, *, vault: Keeper, marker: Marker, now: datetime
) -> Donor:
    """Return a new donor of that area, registered at `now` (UTC), with the personal data sealed.

    The data key stands in the donor's own document.
    A receipt gives the donor's name (Charity Law, art. 38), so that it outlives the erasure of the rest.
    """
    wrapped, own = make_own_key(vault, donor_id)
    known: dict[str, str | int | None] = {"phone": person.phone, "identity_number": person.identity_number}
    if person.identity_number is None:
        known["birth_year"] = person.birth_year
    return Donor(
        id=donor_id,
        area=area,
        name_sealed=kept_sealer(vault).seal(person.name, *place_of(donor_id, "name_sealed")),
        **seal_particulars(
            known, lambda field, text: own.seal(text, *place_of(donor_id, field)), together=wrapped is not None
        ),
        data_key=wrapped,
        marks=marker.of_person(particulars_of(person)),
        registered_at=now,
    )
