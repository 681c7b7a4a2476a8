"""The data of a volunteer that separate consent opens to an agency."""

from datetime import datetime
from typing import Final

from services.volunteering.matching.domain.volunteers import Volunteer
from services.volunteering.people.domain import VolunteerPerson, place_of
from services.volunteering.people.storage import MAX_MILLIS
from shared.contracts.access import Actor
from shared.contracts.consents import ConsentScope, SharedAnswer, SharedContact, SharedIdentity, SharedRecord
from shared.contracts.need_parts import Place
from shared.contracts.volunteering.consents import ReadSharedVolunteer
from shared.engine import Document, Sealed, Store
from shared.people import Opener, OpenKeys, read_keys
from shared.people.consents import Openers, may_open, require_held, seal_shared
from shared.runtime.audit import area_within

SCOPES: Final[frozenset[ConsentScope]] = frozenset(
    {"identity", "identity_number", "contact", "location", "service_record"}
)


def read_shared(
    query: ReadSharedVolunteer, store: Store, actor: Actor, now: datetime, vault: Opener
) -> Sealed[SharedAnswer] | None:
    """Return the scopes asked for; None for an unknown id, one outside the actor's area, and one without consent.

    Raises Refused("invalid") for a scope that the service does not hold of anybody.
    """
    require_held(query, SCOPES)
    rule: Document = {"_id": query.person_id, **area_within(actor.area)}
    known = store[Volunteer.collection].find_one(rule, max_time_ms=MAX_MILLIS)
    if not may_open(store, query, actor, now, known=known is not None) or known is None:
        return None
    sealed = store[VolunteerPerson.collection].find_one({"_id": query.person_id}, max_time_ms=MAX_MILLIS)
    if sealed is None:
        return None
    volunteer, person = Volunteer.from_document(known), VolunteerPerson.from_document(sealed)
    return seal_shared(query, _openers(volunteer, person, read_keys(store, vault, (person.id,))), volunteer.area)


def _openers(volunteer: Volunteer, person: VolunteerPerson, keys: OpenKeys) -> Openers:
    def text(field: str) -> str:
        return keys.open(getattr(person, field), person.id, *place_of(person.id, field))

    return {
        "identity": lambda: SharedIdentity(name=text("name"), birth_year=volunteer.birth_year),
        "identity_number": lambda: text("identity_number") if person.identity_number else None,
        "contact": lambda: SharedContact(phone=text("phone")),
        "location": lambda: Place.model_validate_json(text("location")),
        "service_record": lambda: SharedRecord(
            skills=person.skills,
            languages=person.languages,
            kept=volunteer.kept,
            missed=volunteer.missed,
            registered_at=person.registered_at,
        ),
    }
