"""The view of the catalogue in a service that does not own it, fed by the owner's events."""

from typing import Final

from shared.catalogue.entities import CATALOGUE_ID, CatalogueState, StoredEntry, entry_id, put_entry
from shared.contracts.stations.catalogue import EntryAdded, EntryExtended, EntryRetired, EntrySnapshot
from shared.engine import TURN, Get, HandlerTable, Handling, Incoming


def keep_entry(message: Incoming[EntrySnapshot]) -> Handling:
    """Keep the entry of the highest version."""
    entry = message.data.entry
    yield [Get(StoredEntry, entry_id(entry.kind, entry.code)), Get(CatalogueState, CATALOGUE_ID)]
    work = yield TURN
    known = work.get(StoredEntry, entry_id(entry.kind, entry.code))
    if known is None or known.seen < message.data.version:
        put_entry(work, entry, message.data.version)


HANDLERS: Final[HandlerTable] = {EntryAdded: keep_entry, EntryExtended: keep_entry, EntryRetired: keep_entry}
