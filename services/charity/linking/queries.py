"""The queries for the link of a need and for the waiting list of an area."""

from typing import Final

from services.charity.linking.domain.link import Link
from services.charity.linking.domain.snapshot import describe_link
from services.charity.linking.storage import IS_WAITING, SINCE, band_in_store
from services.charity.reading import MAX_MILLIS, read_entity
from shared.contracts.charity.linking import LinkAnswer, ListWaitingNeeds, ReadLink, WaitingListAnswer
from shared.engine import QueryTable, Store
from shared.engine.decide.schema import Document
from shared.runtime.control import read_clock


def read_link(query: ReadLink, store: Store) -> LinkAnswer | None:
    """Return the reservations for a need and the rings that were searched; None for a need that charity does not know.

    A need without lines is unknown to charity, too.
    """
    found = read_entity(store, Link, query.need_id)
    return None if found is None else describe_link(found)


def list_waiting(query: ListWaitingNeeds, store: Store) -> WaitingListAnswer:
    """Return the needs in the area that wait for resources, by priority band, then waiting time, at most 500."""
    # The prefix is digits only, so it is a safe expression, and one that an index can answer.
    rule = {"area": {"$regex": f"^{query.area}"}, **IS_WAITING}
    pipeline: list[Document] = [
        {"$match": rule},
        {"$set": {"band": band_in_store(read_clock(store).city()), "since": SINCE}},
        {"$sort": {"band": -1, "since": 1, "_id": 1}},
        {"$limit": query.limit},
    ]
    found = store[Link.collection].aggregate(pipeline, maxTimeMS=MAX_MILLIS)
    return WaitingListAnswer(items=tuple(describe_link(Link.from_document(row)) for row in found))


QUERIES: Final[QueryTable] = {ReadLink: read_link, ListWaitingNeeds: list_waiting}
