"""The audited queries of people: personal data, read on record, and those that find people."""

from collections.abc import Sequence
from typing import Final

from services.volunteering.checks.domain import IdentityCheck, second_registration
from services.volunteering.matching.domain.volunteers import Volunteer
from services.volunteering.people.contacts import QUERIES as CONTACTS
from services.volunteering.people.domain import VolunteerPerson, place_of
from services.volunteering.people.finding import QUERIES as FINDING
from services.volunteering.people.storage import MAX_MILLIS
from shared.contracts.access import Actor
from shared.contracts.need_parts import Place
from shared.contracts.volunteering.checks import MOST_SECOND, SecondRegistration
from shared.contracts.volunteering.people import ReadVolunteer, VolunteerPersonAnswer, Window
from shared.engine import Document, QueryTable, Sealed, Store
from shared.people import Opener, OpenKeys, read_keys
from shared.people.resolution import ids_of
from shared.runtime.audit import area_within


def read_volunteer(
    query: ReadVolunteer, store: Store, actor: Actor, vault: Opener
) -> Sealed[VolunteerPersonAnswer] | None:
    """Return name, contact and record of service; None for an unknown id, or a volunteer outside the actor's area.

    An id that was merged is answered with the surviving one, and the read is on record under both.
    """
    asked, ids = query.volunteer_id, ids_of(store, query.volunteer_id)
    rule: Document = {"_id": ids[0], **area_within(actor.area)}
    document = store[Volunteer.collection].find_one(rule, max_time_ms=MAX_MILLIS)
    if document is None:
        return None  # nothing about the person has been read
    sealed = store[VolunteerPerson.collection].find_one({"_id": ids[0]}, max_time_ms=MAX_MILLIS)
    if sealed is None:
        return None
    volunteer, person = Volunteer.from_document(document), VolunteerPerson.from_document(sealed)
    keys = read_keys(store, vault, (volunteer.id,))
    also = () if asked == volunteer.id else (volunteer.id,)
    checks = _read_checks(store, ids)

    def answer() -> VolunteerPersonAnswer:
        found = _answer(volunteer, person, keys, ids[1:])
        return found.model_copy(update={"second_registrations": checks})

    return Sealed((asked,), answer, areas=(volunteer.area,), also=also)


def _read_checks(store: Store, ids: Sequence[str]) -> tuple[SecondRegistration, ...]:
    """Return the second registrations of a person, the newest first, at most MOST_SECOND. Raises PyMongoError."""
    rows = store[IdentityCheck.collection].find({"known_id": {"$in": list(ids)}}).sort("_id", -1)
    checks = map(IdentityCheck.from_document, rows.limit(MOST_SECOND).max_time_ms(MAX_MILLIS))
    return tuple(map(second_registration, checks))


def _answer(
    volunteer: Volunteer, person: VolunteerPerson, keys: OpenKeys, merged_ids: Sequence[str]
) -> VolunteerPersonAnswer:
    def text(field: str) -> str:
        return keys.open(getattr(person, field), person.id, *place_of(person.id, field))

    return VolunteerPersonAnswer(
        id=volunteer.id,
        version=volunteer.version,
        name=text("name"),
        phone=text("phone"),
        location=Place.model_validate_json(text("location")),
        area=volunteer.area,
        birth_year=volunteer.birth_year,
        skills=person.skills,
        languages=person.languages,
        availability=tuple(Window.model_validate(window) for window in person.availability),
        standing_acceptance=volunteer.standing,
        kept=volunteer.kept,
        missed=volunteer.missed,
        registered_at=person.registered_at,
        identity_number=None if person.identity_number is None else text("identity_number"),
        merged_ids=tuple(merged_ids),
        email=None if person.email is None else text("email"),
    )


QUERIES: Final[QueryTable] = {ReadVolunteer: read_volunteer, **CONTACTS, **FINDING}
