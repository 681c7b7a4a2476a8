"""The audited queries of the people to call for a resident: carers, emergency contacts and guardians."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Final

from services.stations.households.relations import Relation, contact_place
from services.stations.residents.consent import FAMILY, require_consent
from services.stations.residents.domain import Resident, ResidentRecord
from services.stations.residents.opening import open_record
from shared.contracts.access import Actor
from shared.contracts.consents import ConsentScope
from shared.contracts.refusals import Refused
from shared.contracts.stations.relations import (
    MOST_RELATIONS,
    ContactAnswer,
    ContactsAnswer,
    ReadContacts,
    ReadFamilyContacts,
)
from shared.engine import Document, QueryTable, Sealed, Store
from shared.people import KeyGoneError, OpenKeys, read_keys
from shared.people.consents import Consent
from shared.people.consents.reading import MOST_CONSENTS
from shared.people.resolution import ids_of
from shared.people.storage import MAX_MILLIS
from shared.runtime.audit import area_within, require_permission
from shared.runtime.vault import Vault

_TOLD: Final[ConsentScope] = "identity"
"""The data that the family is told: whose affair it is."""
_ORDER: Final = {"guardian": 0, "emergency_contact": 1, "carer": 2}


def read_contacts(query: ReadContacts, store: Store, actor: Actor, vault: Vault) -> Sealed[ContactsAnswer] | None:
    """Return the standing relations with names and telephones; None for an unknown id, and one outside the area.

    The read is on record under the resident and each registered relative whose record is opened; a relative beyond the
    actor's area is named by the id alone. Raises Refused("not_allowed") without the permission `personal:read`.
    """
    return _read(query.resident_id, store, actor, vault)


def read_family_contacts(
    query: ReadFamilyContacts, store: Store, actor: Actor, now: datetime, vault: Vault
) -> Sealed[ContactsAnswer] | None:
    """Return the same, to tell the family: only where the resident consents to that at `now`, the city's time.

    Raises Refused("not_allowed") for an agency, and Refused("wrong_state") as `require_consent` does.
    """
    if actor.kind == "agency":
        raise Refused("not_allowed", "agency_needs_consent", field="permission")
    sealed = _read(query.resident_id, store, actor, vault)
    if sealed is not None:
        ids = ids_of(store, query.resident_id)
        rule: Document = {"person_id": {"$in": list(ids)}, "recipient": None, "purpose": FAMILY}
        rows = store[Consent.collection].find(rule).sort("_id", -1).limit(MOST_CONSENTS).max_time_ms(MAX_MILLIS)
        require_consent(map(Consent.from_document, rows), _TOLD, FAMILY, now, "resident_id")
    return sealed


def _read(resident_id: str, store: Store, actor: Actor, vault: Vault) -> Sealed[ContactsAnswer] | None:
    require_permission(actor, "personal:read")
    ids = ids_of(store, resident_id)
    rule: Document = {"_id": ids[0], **area_within(actor.area)}
    row = store[Resident.collection].find_one(rule, max_time_ms=MAX_MILLIS)
    if row is None or row["state"] == "erased":
        return None
    own: Document = {"resident_id": {"$in": list(ids)}, "state": "standing"}
    found = store[Relation.collection].find(own).sort("_id", 1).limit(MOST_RELATIONS).max_time_ms(MAX_MILLIS)
    relations = sorted(map(Relation.from_document, found), key=lambda one: _ORDER.get(one.kind, len(_ORDER)))
    named = [one.related_id for one in relations if one.related_id is not None]
    people: Document = {"_id": {"$in": named}, **area_within(actor.area)}
    rows = store[ResidentRecord.collection].find(people).limit(MOST_RELATIONS).max_time_ms(MAX_MILLIS)
    records = {record["_id"]: record for record in rows}
    keys = read_keys(store, vault, (*ids, *records))
    area = str(row["area"])
    also = [one for one in (ids[0], *records) if one != resident_id]
    areas = [area, *(records[one]["area"] if one in records else area for one in also)]
    return Sealed(
        (resident_id,),
        lambda: ContactsAnswer(resident_id=ids[0], area=area, items=_open(relations, records, keys)),
        areas=areas,
        also=also,
    )


def _open(relations: Sequence[Relation], records: Mapping[str, Document], keys: OpenKeys) -> tuple[ContactAnswer, ...]:
    return tuple(_open_one(relation, records, keys) for relation in relations)


def _open_one(relation: Relation, records: Mapping[str, Document], keys: OpenKeys) -> ContactAnswer:
    name: str | None = None
    phones: tuple[str, ...] = ()
    with suppress(KeyGoneError):
        if relation.contact_sealed:
            text = keys.open(relation.contact_sealed, relation.resident_id, *contact_place(relation.id))
            contact = json.loads(text)
            name, phones = contact["name"], (contact["phone"],)
        elif (record := records.get(relation.related_id or "")) is not None:
            person = open_record(record, keys)
            name, phones = person.name, person.phones
    return ContactAnswer(
        id=relation.id, kind=relation.kind, tie=relation.tie, related_id=relation.related_id, name=name, phones=phones
    )


QUERIES: Final[QueryTable] = {ReadContacts: read_contacts, ReadFamilyContacts: read_family_contacts}
