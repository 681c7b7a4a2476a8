"""L1: every open need has a timer, and a published one stands visibly in a waiting list, with reason and next step."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Final

from deploy.lianshan.laws.rest import find_dead_letters, find_unpublished
from deploy.lianshan.laws.streams import MAX_BREACHES, find_by_id, find_sorted, split_into_chunks, walk_side_by_side
from deploy.lianshan.stores import SERVICES, Document, Stores
from shared.contracts.reasons import Reason, reason
from shared.contracts.stations.needs import ENDED
from shared.engine.store.collections import TIMERS
from shared.runtime.control import read_clock

OVERDUE: Final = timedelta(seconds=60)
"""A timer that is later than this was forgotten, or its service does not run."""
HELD: Final = frozenset({"accepted", "checked_in", "checked_out", "credited"})
"""States of a dispatch that keep the volunteer's slot."""


def nothing_is_lost(stores: Stores) -> Iterator[Reason]:
    """Yield the breaches of L1."""
    yield from find_unpublished(stores)
    yield from find_dead_letters(stores)
    yield from find_overdue_timers(stores)
    yield from find_forgotten_needs(stores)
    yield from find_orphans(stores)


def find_overdue_timers(stores: Stores) -> Iterator[Reason]:
    """Yield the timers that have not fired, at most MAX_BREACHES a service."""
    for service in SERVICES:
        now = read_clock(stores.of(service)).city()
        late = stores.collection(service, TIMERS).find({"due": {"$lt": now - OVERDUE}}, {"due": 1}).limit(MAX_BREACHES)
        for row in late:
            yield reason("timer_overdue", service=service, timer=row["_id"], since=row["due"].isoformat())


def find_forgotten_needs(stores: Stores) -> Iterator[Reason]:
    """Yield the open needs without a timer, and the published ones that wait without a reason or a next step."""
    # A draft is stored without its state.
    open_needs = stores.collection("stations", "needs").find({"state": {"$nin": sorted(ENDED)}}, batch_size=500)
    found = 0
    for part in split_into_chunks(open_needs):
        ids = [need["_id"] for need in part]
        links = find_by_id(stores.collection("charity", "links"), ids)
        staffings = find_by_id(stores.collection("volunteering", "staffings"), ids)
        due = find_by_id(stores.collection("stations", TIMERS), (f"due:{need_id}" for need_id in ids), {"_id": 1})
        for need in part:
            if f"due:{need['_id']}" not in due:
                yield reason("need_not_reminded", need=need["_id"])
                found += 1
            for gap in _find_gaps(need, links.get(need["_id"]), staffings.get(need["_id"])):
                yield gap
                found += 1
        # Only between chunks: of the last one all are named.
        if found >= MAX_BREACHES:
            return


def find_orphans(stores: Stores) -> Iterator[Reason]:
    """Yield the needs that charity or volunteering works on and stations does not have, at most MAX_BREACHES."""
    needs, ids = stores.collection("stations", "needs"), {"_id": 1}
    walked = walk_side_by_side(
        *(find_sorted(stores.collection(*at), ids) for at in (("charity", "links"), ("volunteering", "staffings"))),
        find_sorted(needs, ids),
    )
    found = 0
    for need_id, (link, _, need) in walked:
        # Asked again: while the three are read, a new need may come between one's reading and the other's.
        if need is not None or found == MAX_BREACHES or needs.find_one({"_id": need_id}, ids) is not None:
            continue
        found += 1
        if link is not None:
            yield reason("need_known_to_charity_alone", need=need_id)
        else:
            yield reason("need_known_to_volunteering_alone", need=need_id)


def _find_gaps(need: Document, link: Document | None, staffing: Document | None) -> Iterator[Reason]:
    if need.get("state") != "published":
        return
    need_id = need["_id"]
    lines, people = _lacks_lines(need, link), _lacks_people(need, staffing)
    if lines is None:
        yield reason("need_unknown_to_charity", need=need_id)
    elif lines and not _is_explained(need.get("link_waiting", ())):
        yield reason("resources_unexplained", need=need_id)
    if people is None:
        yield reason("need_unknown_to_volunteering", need=need_id)
    elif people and not _is_explained(need.get("staffing_waiting", ())) and not _has_open_offer(staffing or {}):
        yield reason("volunteers_unexplained", need=need_id)
    if lines is False and people is False:
        yield reason("need_still_published", need=need_id)


def _lacks_lines(need: Document, link: Document | None) -> bool | None:
    """Return whether resources are missing; None where charity should know the need and does not."""
    if not need.get("lines"):
        return False
    return None if link is None else link["state"] != "committed"


def _lacks_people(need: Document, staffing: Document | None) -> bool | None:
    """Return whether volunteers are missing; None where volunteering should know the need and does not."""
    if need.get("volunteers") is None:
        return False
    if staffing is None:
        return None
    held = sum(row["state"] in HELD for row in staffing["dispatches"])
    return bool(held < staffing["headcount"])


def _is_explained(waiting: Sequence[Document]) -> bool:
    return bool(waiting) and all(part.get("reason") and part.get("next_step") for part in waiting)


def _has_open_offer(staffing: Document) -> bool:
    # An open offer is a next step only where a timer looks at it again.
    offered = any(row["state"] == "offered" for row in staffing["dispatches"])
    return offered and staffing.get("watch_at") is not None
