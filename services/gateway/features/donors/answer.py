"""Answers about donors."""

from typing import Final

from pydantic import BaseModel

from services.gateway.features.donors.view import DonorView
from services.gateway.http.answers import Created, InstantText
from shared.contracts.charity.donors import DonorDetailsAnswer, RegisterDonor
from shared.contracts.identity_numbers import known_birth_year


class DonorAnswer(Created):
    """A donor. What is about the person only for keys with `personal:read`; null where it is not known."""

    area: str
    registered_at: InstantText
    name: str | None
    phone: str | None
    identity_number: str | None
    birth_year: int | None


class DonorPerson(BaseModel):
    """The personal data of a donor; all None for a caller who may not know it."""

    name: str | None = None
    phone: str | None = None
    identity_number: str | None = None
    birth_year: int | None = None

    @classmethod
    def of(cls, donor: RegisterDonor | DonorDetailsAnswer) -> "DonorPerson":
        """Return the personal data that the caller has just written, or that charity answers."""
        year = known_birth_year(donor.birth_year, donor.identity_number)
        return cls(name=donor.name, phone=donor.phone, identity_number=donor.identity_number, birth_year=year)


NOBODY: Final = DonorPerson()


def donor_from_view(view: DonorView, person: DonorPerson = NOBODY) -> DonorAnswer:
    """Return the donor as the view shows it, with the personal data that the caller may know."""
    return DonorAnswer(
        id=view.id,
        version=view.seen,
        area=view.area,
        registered_at=view.registered_at,
        name=person.name,
        phone=person.phone,
        identity_number=person.identity_number,
        birth_year=person.birth_year,
    )
