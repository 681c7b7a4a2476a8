"""The query about the catalogue: the entries that labels name. Read-only."""

from typing import Final

from shared.catalogue import StoredEntry, entry_id
from shared.catalogue.reading import MAX_ENTRIES
from shared.contracts.catalogue.matching import SHIPPED
from shared.contracts.stations.catalogue import EntriesAnswer, EntryAnswer, FindEntries
from shared.engine import QueryTable, Store

MAX_MILLIS: Final = 5_000
"""The longest time that the store may take over one query."""


def find_entries(query: FindEntries, store: Store) -> EntriesAnswer:
    """Return the entries that the labels name; a label that names none has no entry."""
    rows = store[StoredEntry.collection].find({}, limit=MAX_ENTRIES).max_time_ms(MAX_MILLIS)
    stored = [StoredEntry.from_document(row) for row in rows]
    versions = {(one.entry.kind, one.entry.code): one.version for one in stored}
    catalogue = SHIPPED.with_entries(one.entry for one in stored)
    named = (catalogue.find(asked.kind, asked.label) for asked in query.labels)
    found = {(entry.kind, entry.code): entry for entry in named if entry is not None}
    return EntriesAnswer(
        items=tuple(
            EntryAnswer(id=entry_id(*key), version=versions.get(key, 0), entry=entry) for key, entry in found.items()
        )
    )


QUERIES: Final[QueryTable] = {FindEntries: find_entries}
