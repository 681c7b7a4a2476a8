"""The searches for the stock, the open payments and the open shortfalls of a station, in the order of their ids.

Those of payments and shortfalls walk the ids and not an index of stations: a succession is rare, and its steps go on
where the last one ended.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self

from pymongo import ASCENDING

from services.charity.payments.domain import Payment
from services.charity.shortfalls.domain import Shortfall
from services.charity.stock.domain import Supply, stock_id
from services.charity.stock.storage import MAX_MILLIS
from shared.engine import Document, Query

if TYPE_CHECKING:
    from pymongo.database import Database

OPEN_PAYMENTS: Final = ("owed", "awaiting_approval", "overpaid")
"""The states of payments that have a next step."""
_AFTER_COLON: Final = ";"
"""The character after `:`: the ids of a station's accounts end before it."""


def _find(
    database: "Database[Document]", query: "StockOf | PaymentsOf | ShortfallsOf", rule: Document
) -> list[Document]:
    rows = database[query.model.collection].find(rule).sort("_id", ASCENDING).limit(query.limit)
    return list(rows.max_time_ms(MAX_MILLIS))


@dataclass(frozen=True)
class StockOf(Query[Supply]):
    """The accounts that a station's stock began with ids after `after`; its successor may hold them by now."""

    station_id: str
    after: str
    model = Supply
    limit: ClassVar[int] = 8

    @classmethod
    def fetch(cls, database: "Database[Document]", queries: Sequence[Self]) -> list[list[Document]]:
        """Return the documents for each query, by the range of their ids."""
        return [_find(database, one, {"_id": dict(zip(("$gt", "$lt"), one.bounds, strict=True))}) for one in queries]

    @property
    def bounds(self) -> tuple[str, str]:
        """The ids between which the accounts lie, both excluded."""
        return max(self.after, stock_id(self.station_id, "")), f"stock:{self.station_id}{_AFTER_COLON}"

    def matches(self, entity: Supply) -> bool:
        """Return whether the account is of the station's stock, and still to come."""
        first, last = self.bounds
        return first < entity.id < last


@dataclass(frozen=True)
class PaymentsOf(Query[Payment]):
    """The open payments of a station whose ids come after `after`."""

    station_id: str
    after: str
    model = Payment
    limit: ClassVar[int] = 50

    @classmethod
    def fetch(cls, database: "Database[Document]", queries: Sequence[Self]) -> list[list[Document]]:
        """Return the documents for each query, one find each."""
        return [_find(database, one, _rule(one, "state", list(OPEN_PAYMENTS))) for one in queries]

    def matches(self, entity: Payment) -> bool:
        """Return whether the payment is open, of that station, and still to come."""
        return _still_of(self, entity) and entity.state in OPEN_PAYMENTS


@dataclass(frozen=True)
class ShortfallsOf(Query[Shortfall]):
    """The open shortfalls of a station whose ids come after `after`."""

    station_id: str
    after: str
    model = Shortfall
    limit: ClassVar[int] = 50

    @classmethod
    def fetch(cls, database: "Database[Document]", queries: Sequence[Self]) -> list[list[Document]]:
        """Return the documents for each query, one find each."""
        return [_find(database, one, _rule(one, "state", ["open"])) for one in queries]

    def matches(self, entity: Shortfall) -> bool:
        """Return whether the shortfall is open, of that station, and still to come."""
        return _still_of(self, entity) and entity.state == "open"


def _rule(query: PaymentsOf | ShortfallsOf, field: str, values: list[str]) -> Document:
    return {"_id": {"$gt": query.after}, "station_id": query.station_id, field: {"$in": values}}


def _still_of(query: PaymentsOf | ShortfallsOf, entity: Any) -> bool:
    return bool(entity.id > query.after and entity.station_id == query.station_id)
