"""The stored entries of the catalogue, and the document that says whether they have changed."""

from hashlib import blake2b
from typing import ClassVar, Final

from shared.contracts.catalogue.entries import Entry
from shared.engine import Entity, UnitOfWork

CATALOGUE_ID: Final = "catalogue"
_MODULUS: Final = 2**128


class StoredEntry(Entity):
    """An entry that the city has added or changed. `seen` is its version at the owner."""

    collection: ClassVar[str] = "catalogue"

    entry: Entry
    seen: int


class CatalogueState(Entity):
    """The one document that changes with every entry.

    `digest` is the sum of the hashes of all stored entries: it does not depend on their order, and names the
    catalogue that a process holds in memory. Two replicas that change entries at once conflict here, so that no name
    is given twice.
    """

    collection: ClassVar[str] = "catalogue_state"

    digest: str = ""


def entry_id(kind: str, code: str) -> str:
    """Return the id of a stored entry."""
    return f"{kind}:{code}"


def hash_entry(entry: Entry) -> int:
    """Return the entry's part of the digest."""
    return int.from_bytes(blake2b(entry.model_dump_json().encode(), digest_size=16).digest(), "big")


def sum_digest(hashes: int) -> str:
    """Return the digest of a sum of hashes; empty for no entry at all."""
    return f"{hashes % _MODULUS:032x}" if hashes % _MODULUS else ""


def put_entry(work: UnitOfWork, entry: Entry, seen: int) -> StoredEntry:
    """Store the entry, and let every reader know that the catalogue has changed.

    The stored entry and the state must have been loaded.
    """
    key = entry_id(entry.kind, entry.code)
    before = work.get(StoredEntry, key)
    state = work.get(CatalogueState, CATALOGUE_ID) or CatalogueState(id=CATALOGUE_ID)
    total = int(state.digest or "0", 16) + hash_entry(entry) - (hash_entry(before.entry) if before else 0)
    work.put(state.model_copy(update={"digest": sum_digest(total)}))
    if before is None:
        return work.put(StoredEntry(id=key, entry=entry, seen=seen))
    return work.put(before.model_copy(update={"entry": entry, "seen": seen}))
