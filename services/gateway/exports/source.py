"""The rows of an export in the store, all as they were at one moment."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from pymongo.client_session import ClientSession
from pymongo.collection import Collection
from pymongo.database import Database

from services.gateway.features.exports.records import Export
from services.gateway.features.reports.counting import ReportRow
from services.gateway.features.reports.periods import read_period
from services.gateway.features.reports.reading import Asked, rule_of_rows
from services.gateway.following.counting import live
from services.gateway.following.state import stored_name
from services.gateway.reading.catalogue import MAX_ENTRIES, VIEW
from shared.contracts.catalogue.entries import Entry
from shared.contracts.catalogue.matching import SHIPPED, Catalogue
from shared.engine.decide.schema import Document

PAGE: Final = 500
MAX_MILLIS: Final = 60_000
"""Milliseconds that the store may take over the spread of one duration, or one page of rows."""
FEATURE: Final = "reports"


class NotBuiltError(RuntimeError):
    """The rows of the report are built for the first time: a file would miss some."""


class StoredSource:
    """The rows of the live views, read in one session at one time of the store."""

    def __init__(self, database: Database[Document], session: ClientSession, export: Export) -> None:
        self._database, self._session, self._export = database, session, export
        self._found: dict[str, Collection[Document]] = {}

    def rows(self, asked: Asked) -> Iterator[ReportRow]:
        """Yield the rows that the figure counts, by area, day and id."""
        day = asked.figure.day
        order = [("area", 1), (f"days.{day}", 1), ("_id", 1)]
        found = self._collection(asked).find(self._rule(asked), session=self._session, batch_size=PAGE)
        for row in found.sort(order).hint(f"by_{day}").max_time_ms(MAX_MILLIS):
            yield asked.table.row.from_document(row)

    def count(self, asked: Asked, most: int) -> int:
        """Return the number of rows that the figure counts, `most` where there are as many or more."""
        return self._collection(asked).count_documents(
            self._rule(asked), session=self._session, limit=most, hint=f"by_{asked.figure.day}", maxTimeMS=MAX_MILLIS
        )

    def minutes(self, asked: Asked) -> Mapping[int, int]:
        """Return how many of these rows took so many minutes, by the minutes."""
        stages = [
            {"$match": self._rule(asked)},
            {"$group": {"_id": f"$amounts.{asked.figure.spread}", "number": {"$sum": 1}}},
        ]
        found = self._collection(asked).aggregate(
            stages, session=self._session, hint=f"by_{asked.figure.day}", maxTimeMS=MAX_MILLIS
        )
        return {int(row["_id"]): int(row["number"]) for row in found}

    def _collection(self, asked: Asked) -> "Collection[Document]":
        """Return the live rows. Raises NotBuiltError while they are built for the first time.

        Found once: a generation that becomes live later was not level at the moment of this session.
        """
        name = asked.table.row.collection
        if name not in self._found:
            self._found[name] = live(self._database, FEATURE, name)
            if self._found[name].name == stored_name(name, 0):
                raise NotBuiltError(name)
        return self._found[name]

    def _rule(self, asked: Asked) -> Document:
        export = self._export
        return rule_of_rows(asked, export.area, read_period(export.period), export.theme)


@contextmanager
def open_source(database: Database[Document], export: Export) -> Iterator[StoredSource]:
    """Yield the rows as they are at the first read within the block; the store keeps that moment for five minutes.

    https://www.mongodb.com/docs/manual/reference/read-concern-snapshot/
    """
    with database.client.start_session(snapshot=True) as session:
        yield StoredSource(database, session, export)


def read_city_catalogue(database: Database[Document]) -> Catalogue:
    """Return the catalogue with the city's entries, by which codes are worded."""
    rows = live(database, VIEW, VIEW).find({"seen": {"$gt": 0}}, {"entry": 1}, limit=MAX_ENTRIES)
    # Fields that a newer release has added are passed over.
    entries = [Entry.model_validate(row["entry"], extra="ignore") for row in rows.max_time_ms(MAX_MILLIS)]
    return SHIPPED.with_entries(entries)
