"""Answers about donors."""

from typing import Final

from pydantic import BaseModel, Field

from services.gateway.features.donors.view import DonorView
from services.gateway.features.merges.identities import Known
from services.gateway.http.answers import Created, InstantText
from shared.contracts.charity.donors import DonorDetailsAnswer, RegisterDonor
from shared.contracts.identity_numbers import known_birth_year


class DonorAnswer(Created):
    """A donor. Personal data is shown to keys with `personal:read` only; null where it is not known."""

    area: str
    registered_at: InstantText
    name: str | None
    phone: str | None
    identity_number: str | None
    birth_year: int | None
    merged_ids: list[str] = Field(default=[], description="Other ids of the same giver, merged into this one.")


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


def donor_from_view(view: DonorView, person: DonorPerson = NOBODY, known: Known | None = None) -> DonorAnswer:
    """Return the donor as the view shows it, with the personal data that the caller may know.

    `known` are the ids of the giver, where they were merged.
    """
    known = known or Known(view.id)
    return DonorAnswer(
        id=view.id,
        version=max(view.seen, known.version),
        area=view.area,
        registered_at=view.registered_at,
        name=person.name,
        phone=person.phone,
        identity_number=person.identity_number,
        birth_year=person.birth_year,
        merged_ids=list(known.merged_ids),
    )
