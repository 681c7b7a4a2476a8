"""Answers about donors."""

from typing import Final

from pydantic import BaseModel

from services.gateway.features.donors.view import DonorView
from services.gateway.http.answers import Created, InstantText


class DonorAnswer(Created):
    """A donor. Name and phone only for keys with the permission `personal:read`."""

    area: str
    registered_at: InstantText
    name: str | None
    phone: str | None


class DonorPerson(BaseModel):
    """The personal data of a donor; all None for a caller who may not know it."""

    name: str | None = None
    phone: str | None = None


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
    )
