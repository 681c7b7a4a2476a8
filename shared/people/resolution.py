"""Old ids of persons in the store of their owner: an id that was merged is answered with the one that stands for it.

An erased id stands for nobody: a living id that was merged into it is read as itself again, also before the two are
parted. Records under the erased id stay there, nameless.
"""

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet

from shared.contracts.merging import MOST_MERGED
from shared.engine import Document, Store, UnitOfWork
from shared.people.erasing import Erased, ErasurePart
from shared.people.identities import Identity, identity_of
from shared.people.storage import MAX_MILLIS
from shared.people.together import Read, read_one


def ids_of(store: Store, person_id: str) -> Sequence[str]:
    """Return all ids of the person who is known under that one, the surviving one first; the store may take 15 s.

    The id alone where the surviving one was erased.
    """
    found = _find(store, person_id)
    if found is not None and not found.alone:
        found = _find(store, found.survivor)
    if found is None or find_erased(store, [found.id]):
        return (person_id,)
    return found.ids


def ids_of_each(store: Store, person_ids: Iterable[str]) -> dict[str, Sequence[str]]:
    """Return for each of the ids all ids of the person, as `ids_of` does: by one read where nobody was ever merged."""
    wanted = list(dict.fromkeys(person_ids))
    rows = store[Identity.collection].find({"_id": {"$in": wanted}}, {"_id": 1}).limit(len(wanted) or 1)
    known = {row["_id"] for row in rows.max_time_ms(MAX_MILLIS)}
    return {one: ids_of(store, one) if one in known else (one,) for one in wanted}


def joined_ids(store: Store, person_id: str) -> list[str]:
    """Return every id that merges have joined with that one, and itself; the store may take 10 s.

    Those of an erased surviving one are among them. The same is read for an id that nobody has.
    """
    found = _find(store, person_id)
    rule: Document = {"survivor": person_id if found is None else found.survivor}
    rows = store[Identity.collection].find(rule, {"_id": 1}).limit(MOST_MERGED + 1).max_time_ms(MAX_MILLIS)
    return list(dict.fromkeys((person_id, *(row["_id"] for row in rows))))


def find_survivors(store: Store, ids: Iterable[str]) -> dict[str, str]:
    """Return those of the ids that stand for a person who was not erased, each with it; the store may take 10 s."""
    return living_survivors(store, read_one(store, survivors_read(list(ids))))


def survivors_read(ids: Sequence[str]) -> Read:
    """Return the read that `living_survivors` takes the documents of."""
    return Read(Identity.collection, {"_id": {"$in": list(ids)}}, {"survivor": 1}, len(ids))


def living_survivors(store: Store, rows: Iterable[Document]) -> dict[str, str]:
    """Return those of the ids that stand for a person who was not erased, each with it; the store may take 5 s."""
    survivors: dict[str, str] = {row["_id"]: row["survivor"] for row in rows if row["survivor"] != row["_id"]}
    gone = find_erased(store, set(survivors.values()))
    return {name: survivor for name, survivor in survivors.items() if survivor not in gone}


def find_erased(store: Store, ids: Iterable[str]) -> AbstractSet[str]:
    """Return those of the ids whose erasure has ended; the store may take 5 s."""
    if not (wanted := list(ids)):
        return frozenset()
    rule = {"subject": {"$in": wanted}, "state": "erased"}
    rows = store[ErasurePart.collection].find(rule, {"subject": 1}).max_time_ms(MAX_MILLIS)
    return {row["subject"] for row in rows}


def survivor_of(work: UnitOfWork, person_id: str) -> str:
    """Return the id under which something new about the person is kept: not that of one who was erased.

    Needs `identity_load`, and `Erased` of the identity's survivor.
    """
    survivor = identity_of(work, person_id).survivor
    return person_id if work.find(Erased(survivor)) else survivor


def _find(store: Store, person_id: str) -> Identity | None:
    document = store[Identity.collection].find_one({"_id": person_id}, max_time_ms=MAX_MILLIS)
    return None if document is None else Identity.from_document(document)
