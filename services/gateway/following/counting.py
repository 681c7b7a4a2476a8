"""Numbers about the views for the metrics, and the way to the collections that are read."""

from datetime import datetime
from typing import Final

from pymongo.collection import Collection
from pymongo.database import Database

from services.gateway.following.state import Partition, Skip, ViewState, stored_name
from services.gateway.projection.feed import FEED, FeedHead
from shared.engine import Census
from shared.engine.decide.schema import Document

MAX_MILLIS: Final = 5_000
"""Milliseconds that the store may take over one read."""
MOST_COUNTED: Final = 10_000

Store = Database[Document]


def live(store: Store, feature: str, collection: str) -> "Collection[Document]":
    """Return the collection of a feature's views that is read now; an empty one where none is yet."""
    state = store[ViewState.collection].find_one({"_id": feature}, {"live": 1}, max_time_ms=MAX_MILLIS)
    return store[stored_name(collection, 0 if state is None else state["live"])]


def view_lag(store: Store, _: datetime) -> dict[str, float]:
    """Return by partition the events that its live views have not followed yet."""
    read, partitions, head = _read(store), _partitions(store), _head(store)
    return {p.id: max((float(head - c) for n, c in p.lanes.items() if n in read), default=0.0) for p in partitions}


def view_build(store: Store, _: datetime) -> dict[str, float]:
    """Return by feature the events that a generation which is being built has still to follow."""
    states = [ViewState.from_document(row) for row in store[ViewState.collection].find(max_time_ms=MAX_MILLIS)]
    partitions, head = _partitions(store), _head(store)
    found = {}
    for state in states:
        lane = stored_name(state.id, state.building)
        behind = max((float(head - p.lanes.get(lane, 0)) for p in partitions), default=float(head))
        found[state.id] = behind if state.building else 0.0
    return found


def skipped(store: Store, _: datetime) -> dict[str, float]:
    """Return by generation the events that it could not apply, of at most MOST_COUNTED; 0 for a live one without any.

    An alert compares the number with an earlier one, so that it has to be there before the first event is skipped.
    """
    pipeline: list[Document] = [{"$limit": MOST_COUNTED}, {"$group": {"_id": "$lane", "events": {"$sum": 1}}}]
    rows = store[Skip.collection].aggregate(pipeline, maxTimeMS=MAX_MILLIS)
    return {**dict.fromkeys(_read(store), 0.0), **{row["_id"]: float(row["events"]) for row in rows}}


def _read(store: Store) -> set[str]:
    """Return the names of the generations that are read now."""
    states = [ViewState.from_document(row) for row in store[ViewState.collection].find(max_time_ms=MAX_MILLIS)]
    return {stored_name(state.id, state.live) for state in states if state.live}


def _partitions(store: Store) -> list[Partition]:
    return [Partition.from_document(row) for row in store[Partition.collection].find(max_time_ms=MAX_MILLIS)]


def _head(store: Store) -> int:
    row = store[FeedHead.collection].find_one({"_id": FEED}, {"last": 1}, max_time_ms=MAX_MILLIS)
    return 0 if row is None else int(row["last"])


CENSUSES: Final = (
    Census("lianshan_view_lag_events", "Events of the feed that views do not show yet.", view_lag, "partition"),
    Census("lianshan_view_build_events", "Events that a view being built has still to follow.", view_build, "view"),
    Census("lianshan_view_skipped_events", "Events that a view could not apply.", skipped, "view"),
)
