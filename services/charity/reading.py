"""Bounded reads of charity's store, for the queries of its capabilities."""

from typing import Final, TypeVar

from shared.engine import Entity, Store

MAX_MILLIS: Final = 5_000
"""Milliseconds that the store may take over one query."""

T = TypeVar("T", bound=Entity)


def read_entity(store: Store, model: type[T], entity_id: str) -> T | None:
    """Return the stored entity with that id, or None where there is none."""
    document = store[model.collection].find_one({"_id": entity_id}, max_time_ms=MAX_MILLIS)
    return None if document is None else model.from_document(document)
