"""Bounded reads of charity's store, for the queries of its capabilities."""

from typing import Final, TypeVar

from shared.engine import Document, Entity, Store
from shared.runtime.audit import area_within

MAX_MILLIS: Final = 5_000
"""Milliseconds that the store may take over one query."""

T = TypeVar("T", bound=Entity)


def read_entity(store: Store, model: type[T], entity_id: str) -> T | None:
    """Return the stored entity with that id, or None where there is none."""
    return read_within(store, model, entity_id, "")


def read_within(store: Store, model: type[T], entity_id: str, area: str) -> T | None:
    """Return the stored entity with that id; None where there is none, or where it lies outside the area.

    An empty area is everywhere.
    """
    rule: Document = {"_id": entity_id, **area_within(area)}
    document = store[model.collection].find_one(rule, max_time_ms=MAX_MILLIS)
    return None if document is None else model.from_document(document)
