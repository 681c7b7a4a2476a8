"""The persons of the journal whom a replay erases: those whom the live erasure would erase at once."""

from collections.abc import Iterable, Sequence

from deploy.lianshan.declarations import DECLARATIONS
from deploy.lianshan.stores import Document, Stores
from shared.contracts.persons import OWNERS, PersonKind, PersonReference
from shared.contracts.stations.needs import ENDED
from shared.people.journal import JournalEntry
from shared.people.storage import MAX_MILLIS


def find_people(stores: Stores, entries: Iterable[JournalEntry]) -> Sequence[PersonReference]:
    """Return the persons to erase before a service starts, each once. Raises PyMongoError.

    Left out are persons beyond the reach of the one who asked, who are unknown to the erasure, and those about whom
    something is open: a need in progress, a service under way. The erasure that stations requests again waits for it.
    """
    named = {(one.kind, one.id, entry.reach): one for entry in entries for one in entry.people}
    found = {(one.kind, one.id): one for (*_, reach), one in named.items() if _may_erase(stores, one, reach)}
    return list(found.values())


def _may_erase(stores: Stores, person: PersonReference, reach: str) -> bool:
    row = _find_person(stores, person)
    if row is None:
        return True  # not in this backup, where only a failed command can be about the person
    if not row["area"].startswith(reach):
        return False
    # A draft is stored without its state.
    return row.get("state") in ENDED if person.kind == "need" else row.get("serving") is None


def _find_person(stores: Stores, person: PersonReference) -> Document | None:
    rows = stores.collection(OWNERS[person.kind], collection_of(person.kind))
    return rows.find_one({"_id": person.id}, {"area": 1, "state": 1, "serving": 1}, max_time_ms=MAX_MILLIS)


def collection_of(kind: PersonKind) -> str:
    """Return the collection by which the owner knows a person of that kind, as the owner declares it."""
    held = (holding for holding in DECLARATIONS[OWNERS[kind]].holdings if holding.registers)
    return next(holding.collection for holding in held if holding.kind == kind)
