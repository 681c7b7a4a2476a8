"""The catalogue as a handler reads it: built once for each state of the store, and kept in memory."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, Self

from pymongo.database import Database

from shared.catalogue.entities import CATALOGUE_ID, CatalogueState, StoredEntry, hash_entry, sum_digest
from shared.contracts.catalogue.entries import Entry
from shared.contracts.catalogue.matching import SHIPPED, Catalogue
from shared.engine import Get, Load, Query, UnitOfWork
from shared.engine.decide.handlers import Loading
from shared.engine.decide.schema import Document

MAX_ENTRIES: Final = 5_000
"""The most entries that a city may add or change."""
MAX_MILLIS: Final = 10_000
MAX_KEPT: Final = 8
"""Catalogues kept in memory: the current one, and those of the batches under way."""
_kept: "OrderedDict[str, Catalogue]" = OrderedDict()


@dataclass(frozen=True)
class AllEntries(Query[StoredEntry]):
    """Every entry that the city has added or changed."""

    model = StoredEntry
    limit: ClassVar[int] = MAX_ENTRIES

    @classmethod
    def fetch(cls, database: Database[Document], queries: Sequence[Self]) -> list[list[Document]]:
        """Return all entries, read once for all queries."""
        found = list(database[StoredEntry.collection].find({}, limit=MAX_ENTRIES, max_time_ms=MAX_MILLIS))
        return [found for _ in queries]

    def matches(self, entity: StoredEntry) -> bool:  # noqa: ARG002 - every entry fits
        """Return True."""
        return True


def load_catalogue(*loads: Load) -> Loading:
    """Load the needs of `catalogue_of`: one document, and all entries where this process has not seen their state.

    `loads` are made together with the first.
    """
    work = yield [*loads, Get(CatalogueState, CATALOGUE_ID)]
    if must_load_entries(work):
        yield [AllEntries()]


def must_load_entries(work: UnitOfWork) -> bool:
    """Return whether the catalogue has changed since this process last read it."""
    digest = _digest(work)
    return bool(digest) and digest not in _kept


def catalogue_of(work: UnitOfWork) -> Catalogue:
    """Return the catalogue as it stands now, with the batch's own changes. Raises NotLoadedError without its loads."""
    digest = _digest(work)
    if not digest:
        return SHIPPED
    if digest not in _kept:
        return _keep([stored.entry for stored in work.find(AllEntries())])
    _kept.move_to_end(digest)
    return _kept[digest]


def _digest(work: UnitOfWork) -> str:
    state = work.get(CatalogueState, CATALOGUE_ID)
    return "" if state is None else state.digest


def _keep(entries: list[Entry]) -> Catalogue:
    # Under the digest of these entries, which may be newer than the state that was read before them.
    catalogue = SHIPPED.with_entries(entries)
    _kept[sum_digest(sum(map(hash_entry, entries)))] = catalogue
    while len(_kept) > MAX_KEPT:
        _kept.popitem(last=False)
    return catalogue
