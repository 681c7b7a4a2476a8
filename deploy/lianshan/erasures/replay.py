"""The replay of the journal into restored stores, before any service starts: erased persons do not come back.

Records, keys, marks and external ids are deleted here, of the persons whom the live erasure would erase at once. All
else, such as bookings and views, follows from the services: a timer has stations request each erasure again that the
backup does not know.
"""

from collections.abc import Sequence
from typing import Final

from pymongo.collection import Collection

from deploy.lianshan.declarations import DECLARATIONS
from deploy.lianshan.erasures.copies import MAJORITY, SOURCE, write_copy
from deploy.lianshan.erasures.failed_commands import delete_failed_commands
from deploy.lianshan.erasures.people import find_people
from deploy.lianshan.stores import Document, Stores
from shared.contracts.persons import OWNERS, PersonReference
from shared.engine.decide.external_ids import ExternalId
from shared.engine.store.collections import TIMERS
from shared.people.journal import JournalEntry, head_of
from shared.people.keys import COLLECTION as DATA_KEYS
from shared.people.keys import key_id
from shared.people.marks import MARKS, NO_MARKS
from shared.runtime.control import read_clock
from shared.runtime.vault import Vault

REPLAY: Final = "stations.erasure_replay_due"
HEADS: Final = "erasure_journal_heads"
DIGITS: Final = 10
KEPT: Final = "receipts"
"""The purpose of the fields that an erasure leaves."""


def replay_erasures(stores: Stores, entries: Sequence[JournalEntry], vault: Vault | None) -> int:
    """Erase everybody in the journal from the restored stores; return the number of records and keys deleted.

    `vault` opens the failed commands, which are searched for each person; without it they are searched by the services
    for the id alone. Raises PyMongoError. Repeating it changes nothing more about a person.
    """
    people = find_people(stores, entries)
    # First: afterwards nobody can read the telephone that the failed commands are searched for.
    deleted = 0 if vault is None else delete_failed_commands(stores, people, vault)
    deleted += sum(_erase(stores, person) for person in people)
    known = {row["_id"] for row in stores.collection("stations", "erasures").find({}, {"_id": 1})}
    for entry in entries:
        if entry.erasure_id not in known:
            _request_again(stores, entry)
    _continue_journal(stores, entries)
    write_copy(stores, entries)
    return deleted


def _erase(stores: Stores, person: PersonReference) -> int:
    service = OWNERS[person.kind]
    deleted = _rows(stores, service, DATA_KEYS).delete_many({"_id": key_id(person.id)}).deleted_count
    declared = DECLARATIONS[service]
    for collection, fields in declared.sealed.items():
        rows, subject = _rows(stores, service, collection), declared.subjects.get(collection, "_id")
        if subject != "_id":  # a record about the person, which has a life of its own
            blank: Document = {"$set": dict.fromkeys(fields, ""), "$inc": {"version": 1}}
            filled: Document = {"$or": [{name: {"$gt": ""}} for name in fields]}
            rows.update_many({subject: person.id, **filled}, blank)
            continue
        if KEPT not in fields.values():
            deleted += rows.delete_many({"_id": person.id}).deleted_count
            continue
        gone = [name for name, purpose in fields.items() if purpose != KEPT]
        # With a new version, so that no decision stands on the former state.
        update: Document = {"$set": {**dict.fromkeys(gone), **NO_MARKS}, "$inc": {"version": 1}}
        present: Document = {"$or": [{name: {"$type": "string"}} for name in (*gone, MARKS)]}
        deleted += rows.update_many({"_id": person.id, **present}, update).modified_count
    for holding in (one for one in declared.holdings if one.marks and one.kind == person.kind):
        _rows(stores, service, holding.collection).delete_many(holding.rule(person.id))
    deleted += _rows(stores, service, ExternalId.collection).delete_many({"about": person.id}).deleted_count
    return deleted


def _request_again(stores: Stores, entry: JournalEntry) -> None:
    due = read_clock(stores.of("stations")).city()  # as its own timers: the operator's host may have another time
    row: Document = {
        "due": due, "type": REPLAY, "data": {"entry": entry.model_dump(mode="json")},
        "correlation": entry.erasure_id, "traceparent": "", "attempts": 0,
    }  # fmt: skip
    timers = _rows(stores, "stations", TIMERS)
    timers.update_one({"_id": f"erasure_replay:{entry.erasure_id}"}, {"$setOnInsert": row}, upsert=True)


def _continue_journal(stores: Stores, entries: Sequence[JournalEntry]) -> None:
    """Give stations the entries that the backup lacks: the next erasure follows the last one of all."""
    rows = _rows(stores, *SOURCE)
    for entry in entries:
        row: Document = {"version": 1, "entry": entry.model_dump(mode="json")}
        rows.update_one({"_id": f"{entry.number:0{DIGITS}d}"}, {"$setOnInsert": row}, upsert=True)
    head = head_of(entries)
    if head.number:
        news: Document = {"$set": head.model_dump(), "$inc": {"version": 1}}
        _rows(stores, "stations", HEADS).update_one({"_id": "head"}, news, upsert=True)


def _rows(stores: Stores, service: str, name: str) -> "Collection[Document]":
    return stores.of(service).get_collection(name, write_concern=MAJORITY)
