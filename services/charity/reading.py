"""Bounded reads of charity's store, for the queries of its capabilities."""

from typing import Final, TypeVar

from pymongo.database import Database

from shared.engine import Entity
from shared.engine.decide.schema import Document

MAX_PAGE: Final = 500
"""The most rows that one page of a list has."""
MAX_MILLIS: Final = 5_000
"""Milliseconds that the store may take over one query."""

Store = Database[Document]
T = TypeVar("T", bound=Entity)


def read_entity(store: Store, model: type[T], entity_id: str) -> T | None:
    """Return the stored entity with that id, or None where there is none."""
    document = store[model.collection].find_one({"_id": entity_id}, max_time_ms=MAX_MILLIS)
    return None if document is None else model.from_document(document)


def page_size(limit: int) -> int:
    """Return the number of rows that a page has where `limit` were asked for: 1 to MAX_PAGE."""
    return max(1, min(limit, MAX_PAGE))
