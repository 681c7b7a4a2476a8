"""The changes of the catalogue by the city: one event for each."""

from typing import Final

from services.stations.catalogue.domain import added, extended, retired
from shared.catalogue import StoredEntry, catalogue_of, entry_id, load_catalogue, put_entry
from shared.catalogue.reading import MAX_ENTRIES, AllEntries
from shared.contracts.catalogue.entries import Entry
from shared.contracts.refusals import Refused
from shared.contracts.stations.catalogue import (
    AddEntry,
    EntryAdded,
    EntryAnswer,
    EntryExtended,
    EntryRetired,
    EntrySnapshot,
    ExtendEntry,
    RetireEntry,
)
from shared.engine import Get, HandlerTable, Handling, Incoming, UnitOfWork
from shared.engine.decide.handlers import Loading, take_turn


def add_entry(message: Incoming[AddEntry]) -> Handling:
    """Add an entry. Answers EntryAnswer. Raises Refused as `domain.added` does, and for more than MAX_ENTRIES."""
    asked = message.data
    work = yield from take_turn(lambda: _load(asked))
    return _announce(work, added(asked, catalogue_of(work)), EntryAdded)


def extend_entry(message: Incoming[ExtendEntry]) -> Handling:
    """Give an entry further words or units. Answers EntryAnswer. Raises Refused as `domain.extended` does."""
    asked = message.data
    work = yield from take_turn(lambda: _load(asked))
    return _announce(work, extended(asked, catalogue_of(work)), EntryExtended)


def retire_entry(message: Incoming[RetireEntry]) -> Handling:
    """Retire an entry. Answers EntryAnswer. Raises Refused as `domain.retired` does."""
    asked = message.data
    work = yield from take_turn(lambda: _load(asked))
    return _announce(work, retired(asked, catalogue_of(work), work.now), EntryRetired)


def _load(asked: AddEntry | ExtendEntry | RetireEntry) -> Loading:
    yield from load_catalogue(Get(StoredEntry, entry_id(asked.kind, asked.code)), AllEntries())


def _announce(work: UnitOfWork, entry: Entry, kind: type[EntrySnapshot]) -> EntryAnswer:
    key = entry_id(entry.kind, entry.code)
    known = work.get(StoredEntry, key)
    if entry == (known.entry if known else catalogue_of(work).get(entry.kind, entry.code)):
        return EntryAnswer(id=key, version=known.version if known else 0, entry=entry)
    if known is None and len(work.find(AllEntries())) >= MAX_ENTRIES:
        raise Refused("invalid", "catalogue_full", most=MAX_ENTRIES)
    stored = put_entry(work, entry, known.version + 1 if known else 1)
    # The catalogue belongs to the whole platform: its events are about no area.
    work.emit(kind(version=stored.version, entry=entry), about=stored, area="")
    return EntryAnswer(id=key, version=stored.version, entry=entry)


HANDLERS: Final[HandlerTable] = {AddEntry: add_entry, ExtendEntry: extend_entry, RetireEntry: retire_entry}
