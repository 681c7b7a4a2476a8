"""The person behind a volunteer: sealed personal data, and the rules of registration."""

from datetime import datetime
from typing import ClassVar, Final, TypeVar

from services.volunteering.matching.domain.availability import windows_of
from services.volunteering.matching.domain.volunteers import HOME_DECIMALS, Volunteer, tags_of
from shared.contracts.areas import CITY_DIGITS
from shared.contracts.catalogue.entries import Kind
from shared.contracts.catalogue.matching import Catalogue
from shared.contracts.catalogue.resolution import require_codes
from shared.contracts.identity_numbers import require_born
from shared.contracts.need_parts import Place
from shared.contracts.refusals import Refused
from shared.contracts.volunteering.people import ChangeVolunteer, RegisterVolunteer
from shared.engine.decide.entity import Entity
from shared.engine.decide.schema import Document
from shared.people import Marker, Particulars, Purpose, Sealer

SEALED: Final[dict[str, Purpose]] = {
    "name": "person",
    "phone": "person",
    "email": "person",
    "location": "person",
    "identity_number": "person",
}
"""The sealed fields of a volunteer's person, with the purpose of the key that seals each."""


Offered = TypeVar("Offered", RegisterVolunteer, ChangeVolunteer)
"""A message with skills and languages."""


class VolunteerPerson(Entity):
    """The personal data of a volunteer. Name, phone, location, identity number and e-mail address are sealed; reading
    them is audited. Nobody is found by an e-mail address: no mark is made of it.

    `marks` are those by which the person is found, within `area`: that of the volunteer. A person whom
    release 0.2 has stored has neither (None and ""), until `lianshan migrate` adds them; a forgotten one has no marks.
    """

    collection: ClassVar[str] = "volunteer_people"

    name: str
    phone: str
    location: str
    identity_number: str | None = None
    area: str = ""
    marks: tuple[str, ...] | None = None
    skills: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    availability: tuple[Document, ...] = ()
    registered_at: datetime
    email: str | None = None


def place_of(volunteer_id: str, field: str) -> tuple[str, str, str]:
    """Return the place that a field is sealed for."""
    return VolunteerPerson.collection, volunteer_id, field


def require_valid_registration(registration: RegisterVolunteer, now: datetime) -> None:
    """Raise Refused("invalid") for an area wider than a city, or a birth year or an identity number of after `now`."""
    require_narrow_area(registration.area)
    if registration.birth_year is not None and registration.birth_year > now.year:
        raise Refused("invalid", "birth_year_in_future", field="birth_year")
    require_born(registration.identity_number, now)


def require_narrow_area(area: str) -> None:
    """Raise Refused("invalid") for an area wider than a city."""
    if len(area) < CITY_DIGITS:
        raise Refused("invalid", "home_area_too_wide", field="area", area=area)


def labels_of(asked: Offered) -> list[tuple[Kind, str]]:
    """Return the labels of a registration or change, each with its kind."""
    skills: list[tuple[Kind, str]] = [("skill", label) for label in asked.skills or ()]
    return skills + [("language", label) for label in asked.languages or ()]


def in_codes(asked: Offered, catalogue: Catalogue) -> Offered:
    """Return the registration or change with the codes of its skills and languages.

    Raises Refused("invalid") for an unknown or retired one, naming field and nearest entries.
    """
    codes: dict[str, tuple[str, ...]] = {}
    if asked.skills is not None:
        codes["skills"] = require_codes(catalogue, "skill", asked.skills, "skills")
    if asked.languages is not None:
        codes["languages"] = require_codes(catalogue, "language", asked.languages, "languages")
    return asked.model_copy(update=codes)


def volunteer_of(volunteer_id: str, registration: RegisterVolunteer) -> Volunteer:
    """Return the registered volunteer as matching knows one: no personal data, the home rounded to about 100 m."""
    return Volunteer(
        id=volunteer_id,
        area=registration.area,
        home=rounded(registration.location),
        tags=tags_of(registration.skills, registration.languages),
        windows=windows_of(registration.availability),
        birth_year=registration.known_birth_year,
        standing=registration.standing_acceptance,
    )


def rounded(location: Place) -> tuple[float, float]:
    """Return longitude and latitude of a home, rounded to about 100 m."""
    return round(location.lon, HOME_DECIMALS), round(location.lat, HOME_DECIMALS)


def particulars_of(registration: RegisterVolunteer) -> Particulars:
    """Return the particulars by which the volunteer is found and compared."""
    return Particulars(
        name=registration.name,
        phone=registration.phone,
        identity_number=registration.identity_number,
        birth_year=registration.known_birth_year,
        home=rounded(registration.location),
    )


def person_of(
    volunteer_id: str, registration: RegisterVolunteer, now: datetime, key: Sealer, marker: Marker
) -> VolunteerPerson:
    """Return the person as registered at `now`, with the personal data sealed by the person's data key.

    Personal Information Protection Law, art. 51: personal information is encrypted.
    """

    def seal(field: str, text: str) -> str:
        return key.seal(text, *place_of(volunteer_id, field))

    return VolunteerPerson(
        id=volunteer_id,
        name=seal("name", registration.name),
        phone=seal("phone", registration.phone),
        location=seal("location", registration.location.model_dump_json()),
        identity_number=seal("identity_number", number) if (number := registration.identity_number) else None,
        area=registration.area,
        marks=marker.of_person(particulars_of(registration)),
        skills=registration.skills,
        languages=registration.languages,
        availability=tuple(window.model_dump(mode="json") for window in registration.availability),
        registered_at=now,
        email=seal("email", registration.email) if registration.email else None,
    )
