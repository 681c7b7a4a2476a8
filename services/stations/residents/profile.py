"""The profile of a resident: the personal data that is sealed in one piece, its changes, and the marks made of it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from services.stations.residents.domain import PROFILE, ResidentRecord
from shared.contracts.catalogue.matching import Catalogue
from shared.contracts.catalogue.resolution import require_codes, require_entry
from shared.contracts.finding import PersonDetails
from shared.contracts.identity_numbers import birth_date_of
from shared.contracts.legal_days import LEGAL_ZONE
from shared.contracts.need_parts import Place
from shared.contracts.refusals import Refused
from shared.contracts.stations.residents import ChangeResident, ResidentDetails, ResidentParticulars
from shared.people import Marker, Particulars

HOME_DECIMALS: Final = 3
"""Homes are compared to about 100 m."""


Person = ResidentDetails | ResidentParticulars
"""The personal data of a resident, as it is asked for or as it is kept."""


def place_of(resident_id: str, field: str = PROFILE) -> tuple[str, str, str]:
    """Return the place that a field is sealed for."""
    return ResidentRecord.collection, resident_id, field


def to_profile(asked: ResidentDetails, catalogue: Catalogue, now: datetime) -> ResidentParticulars:
    """Return the profile of a registration, with the codes of language and groups.

    Raises Refused("invalid") for a birth after `now`, and for an unknown or retired label, naming the nearest entries.
    """
    given = {name: getattr(asked, name) for name in ResidentParticulars.model_fields}
    profile = ResidentParticulars.model_validate({**given, **_coded(given, catalogue)})
    require_birth_past(profile, now)
    return profile


def change_profile(
    before: ResidentParticulars, asked: ChangeResident, catalogue: Catalogue, now: datetime
) -> ResidentParticulars:
    """Return the profile after the change; labels that were kept before are not looked at again.

    Raises Refused("invalid") as `to_profile` does, and where days or years of birth then contradict each other.
    """
    given = {name: value for name in ResidentParticulars.model_fields if (value := getattr(asked, name)) is not None}
    after = before.model_copy(update={**dict.fromkeys(asked.removed), **given, **_coded(given, catalogue)})
    _require_births_agree(after)
    require_birth_past(after, now)
    return after


def _coded(given: Mapping[str, Any], catalogue: Catalogue) -> dict[str, object]:
    """Return the given labels as codes of the catalogue, and each telephone once."""
    coded: dict[str, object] = {}
    if given.get("phones"):
        coded["phones"] = tuple(dict.fromkeys(given["phones"]))
    if given.get("language") is not None:
        coded["language"] = require_entry(catalogue, "language", given["language"], "language").code
    if given.get("groups"):
        coded["groups"] = require_codes(catalogue, "group", given["groups"], "groups")
    return coded


def require_birth_past(person: ResidentParticulars, now: datetime) -> None:
    """Raise Refused("invalid") for a day or a year of birth after `now`."""
    if person.birth_year is not None and person.birth_year > now.year:
        raise Refused("invalid", "birth_year_in_future", field="birth_year")
    known = person.known_birth_date
    if known is not None and known > now.astimezone(LEGAL_ZONE).date():
        field = "birth_date" if person.birth_date is not None else "identity_number"
        raise Refused("invalid", "birth_date_in_future", field=field)


def particulars_of(person: Person) -> Particulars:
    """Return the particulars by which the resident is found and compared."""
    return Particulars(
        name=person.name,
        phone=person.phones[0] if person.phones else None,
        identity_number=person.identity_number,
        birth_year=person.known_birth_year,
        home=_rounded(person.location),
        other_phones=person.phones[1:],
    )


def described(person: PersonDetails) -> Particulars:
    """Return the particulars of somebody who is described, the home to about 100 m."""
    return Particulars(
        name=person.name,
        phone=person.phone,
        identity_number=person.identity_number,
        birth_year=person.known_birth_year,
        home=_rounded(person.location),
    )


def marks_of(person: Particulars, marker: Marker) -> tuple[str, ...]:
    """Return all marks of a resident: those of every person, and each telephone together with the name."""
    claims = (marker.claims_of(replace(person, phone=one, other_phones=())) for one in person.phones)
    pairs = {mark for claim in claims for kind, mark in claim.items() if kind == "phone_and_name"}
    return tuple(sorted({*marker.of_person(person), *pairs}))


def _require_births_agree(person: ResidentParticulars) -> None:
    """Raise Refused("invalid") where two of day, year and number contradict each other: one of them was not given."""
    known = person.known_birth_date
    if known is not None and person.birth_year not in {None, known.year}:
        raise Refused("invalid", "birth_date_contradicts", field="birth_year")
    if person.identity_number is not None and known != birth_date_of(person.identity_number):
        raise Refused("invalid", "birth_date_contradicts", field="birth_date")


def _rounded(location: Place | None) -> tuple[float, float] | None:
    return None if location is None else (round(location.lon, HOME_DECIMALS), round(location.lat, HOME_DECIMALS))
