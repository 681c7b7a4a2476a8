"""The audited query of people: personal data, read on record."""

from datetime import datetime
from typing import Protocol

from pymongo.database import Database

from services.volunteering.matching.domain.volunteers import Volunteer
from services.volunteering.people.domain import VolunteerPerson
from services.volunteering.people.storage import MAX_MILLIS
from shared.contracts.need_parts import Place
from shared.contracts.volunteering.people import VolunteerPersonAnswer, Window
from shared.engine.decide.schema import Document
from shared.runtime.audit import record_read, require_reader


class Opener(Protocol):
    """Opens sealed personal data."""

    def open(self, sealed: str) -> str:
        """Return the text that was sealed."""


def read_volunteer(
    database: Database[Document], vault: Opener, volunteer_id: str, *, asked_by: str, why: str, now: datetime
) -> VolunteerPersonAnswer | None:
    """Return the volunteer's name, contact and record of service; None where there is no such volunteer.

    The read is recorded at `now` (UTC) before anything is opened. Raises Refused("invalid", rule "audited") where
    `asked_by` or `why` is blank. Personal Information Protection Law, art. 54: the handling is audited.
    """
    require_reader(asked_by, why)
    sealed = database[VolunteerPerson.collection].find_one({"_id": volunteer_id}, max_time_ms=MAX_MILLIS)
    document = database[Volunteer.collection].find_one({"_id": volunteer_id}, max_time_ms=MAX_MILLIS)
    if sealed is None or document is None:
        return None
    record_read(database, "volunteer", [volunteer_id], asked_by=asked_by, why=why, now=now)
    return _answer(Volunteer.from_document(document), VolunteerPerson.from_document(sealed), vault)


def _answer(volunteer: Volunteer, person: VolunteerPerson, vault: Opener) -> VolunteerPersonAnswer:
    return VolunteerPersonAnswer(
        id=volunteer.id,
        version=volunteer.version,
        name=vault.open(person.name),
        phone=vault.open(person.phone),
        location=Place.model_validate_json(vault.open(person.location)),
        area=volunteer.area,
        birth_year=volunteer.birth_year,
        skills=person.skills,
        languages=person.languages,
        availability=tuple(Window.model_validate(window) for window in person.availability),
        standing_acceptance=volunteer.standing,
        kept=volunteer.kept,
        missed=volunteer.missed,
        registered_at=person.registered_at,
    )
