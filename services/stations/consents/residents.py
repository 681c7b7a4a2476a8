"""The data of a resident that separate consent opens to an agency, and the facts by which a guardian consents."""

from contextlib import suppress
from datetime import date, datetime
from functools import cache
from typing import Final

from services.stations.residents.domain import Resident, ResidentRecord
from services.stations.residents.opening import open_record
from shared.contracts.access import Actor
from shared.contracts.consents import ConsentScope, SharedAnswer, SharedContact, SharedIdentity
from shared.contracts.stations.consents import ReadSharedResident
from shared.contracts.stations.residents import ResidentParticulars
from shared.engine import Document, Sealed, Store, UnitOfWork
from shared.people import KeyGoneError, Opener, OpenKeys, read_keys
from shared.people.consents import Openers, may_open, require_held, seal_shared
from shared.people.storage import MAX_MILLIS
from shared.runtime.audit import area_within

SCOPES: Final[frozenset[ConsentScope]] = frozenset({"identity", "identity_number", "contact", "location"})


def read_shared(
    query: ReadSharedResident, store: Store, actor: Actor, now: datetime, vault: Opener
) -> Sealed[SharedAnswer] | None:
    """Return the scopes asked for; None for an unknown id, one outside the actor's area, and one without consent.

    Raises Refused("invalid") for a scope that the service does not hold of anybody.
    """
    require_held(query, SCOPES)
    rule: Document = {"_id": query.person_id, **area_within(actor.area)}
    record = store[ResidentRecord.collection].find_one(rule, max_time_ms=MAX_MILLIS)
    if not may_open(store, query, actor, now, known=record is not None) or record is None:
        return None
    return seal_shared(query, _openers(record, read_keys(store, vault, (query.person_id,))), record["area"])


def find_birth(work: UnitOfWork, keys: OpenKeys, resident: Resident) -> date | int | None:
    """Return the day of birth, else the year, else None; None for one who was erased. Needs the record's load."""
    person = _open(work, keys, resident)
    return None if person is None else person.known_birth_date or person.birth_year


def lacks_capacity(work: UnitOfWork, keys: OpenKeys, resident: Resident) -> bool:
    """Return whether the resident lacks full civil capacity (Civil Code, art. 21 and 22). Needs the record's load."""
    person = _open(work, keys, resident)
    return person is not None and person.capacity != "full"


def _open(work: UnitOfWork, keys: OpenKeys, resident: Resident) -> ResidentParticulars | None:
    record = work.get(ResidentRecord, resident.id)
    with suppress(KeyGoneError):
        return None if record is None else open_record(record.to_document(), keys)
    return None


def _openers(record: Document, keys: OpenKeys) -> Openers:
    @cache  # all of it lies sealed in one piece
    def person() -> ResidentParticulars:
        return open_record(record, keys)

    return {
        "identity": lambda: SharedIdentity(name=person().name, birth_year=person().known_birth_year),
        "identity_number": lambda: person().identity_number,
        "contact": lambda: SharedContact(phone=next(iter(person().phones), None)),
        "location": lambda: person().location,
    }
