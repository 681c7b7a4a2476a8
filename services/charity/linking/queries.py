"""The queries for the link of a need and for the waiting list of an area."""

from services.charity.linking.domain.link import Link
from services.charity.linking.domain.snapshot import describe_link
from services.charity.linking.storage import IS_WAITING
from services.charity.reading import MAX_MILLIS, Store, page_size, read_entity
from shared.contracts import Refused, is_area_code
from shared.contracts.charity.linking import LinkAnswer, WaitingListAnswer


def read_link(store: Store, need_id: str) -> LinkAnswer | None:
    """Return the reservations for a need and the rings that were searched; None for a need that charity does not know.

    A need without lines is unknown to charity, too.
    """
    found = read_entity(store, Link, need_id)
    return None if found is None else describe_link(found)


def list_waiting(store: Store, area: str, limit: int) -> WaitingListAnswer:
    """Return the needs in `area` that wait for resources, in the order in which they are served, at most 500.

    Raises Refused("invalid", field "area") unless `area` has 2, 4, 6, 9 or 12 digits.
    """
    if not is_area_code(area):
        raise Refused("invalid", "not_an_area_code", field="area")
    # The prefix is digits only, so it is a safe expression, and one that an index can answer.
    rule = {"area": {"$regex": f"^{area}"}, **IS_WAITING}
    order = [("priority", -1), ("published_at", 1), ("_id", 1)]
    found = store[Link.collection].find(rule).sort(order).limit(page_size(limit)).max_time_ms(MAX_MILLIS)
    return WaitingListAnswer(items=tuple(describe_link(Link.from_document(row)) for row in found))
