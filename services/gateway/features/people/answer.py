"""Answers about volunteers."""

from typing import Final

from pydantic import BaseModel

from services.gateway.features.people.view import VolunteerView
from services.gateway.http.answers import Created, InstantText
from shared.contracts.need_parts import Place
from shared.contracts.volunteering.people import RegisterVolunteer, VolunteerPersonAnswer, Window


class VolunteerAnswer(Created):
    """A volunteer. Name, phone, location, birth year and availability only for keys with `personal:read`."""

    area: str
    skills: list[str]
    languages: list[str]
    standing_acceptance: bool
    registered_at: InstantText
    name: str | None
    phone: str | None
    location: Place | None
    birth_year: int | None
    availability: list[Window] | None


class VolunteerPerson(BaseModel):
    """The personal data of a volunteer; all None for a caller who may not know it."""

    name: str | None = None
    phone: str | None = None
    location: Place | None = None
    birth_year: int | None = None
    availability: list[Window] | None = None

    @classmethod
    def of(cls, volunteer: RegisterVolunteer | VolunteerPersonAnswer) -> "VolunteerPerson":
        """Return the personal data that the caller has just written, or that volunteering answers."""
        return cls(
            name=volunteer.name,
            phone=volunteer.phone,
            location=volunteer.location,
            birth_year=volunteer.birth_year,
            availability=list(volunteer.availability),
        )


NOBODY: Final = VolunteerPerson()


def volunteer_from_view(view: VolunteerView, person: VolunteerPerson = NOBODY) -> VolunteerAnswer:
    """Return the volunteer as the view shows them, with the personal data that the caller may know."""
    return VolunteerAnswer(
        id=view.id,
        version=view.seen,
        area=view.area,
        skills=view.skills,
        languages=view.languages,
        standing_acceptance=view.standing_acceptance,
        registered_at=view.registered_at,
        name=person.name,
        phone=person.phone,
        location=person.location,
        birth_year=person.birth_year,
        availability=person.availability,
    )
