"""L1: every published need is ended or stands visibly in a waiting list, with a reason and a next step."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from deploy.lianshan.laws.quiet import dead_letters, unsaid
from deploy.lianshan.laws.stores import MOST, SERVICES, Document, Stores, by_id, chunks

OVERDUE: Final = timedelta(seconds=60)
"""A timer that is later than that has been forgotten, or its service does not run."""
HELD: Final = frozenset({"accepted", "checked_in", "checked_out", "credited"})


def nothing_is_lost(stores: Stores, amqp_uri: str) -> Iterator[str]:
    """Breaches of L1 in words."""
    yield from unsaid(stores)
    yield from dead_letters(amqp_uri)
    yield from overdue_timers(stores, datetime.now(UTC))
    yield from forgotten_needs(stores)


def overdue_timers(stores: Stores, now: datetime) -> Iterator[str]:
    """Reminders that nobody was reminded by."""
    for service in SERVICES:
        late = stores.collection(service, "timers").find({"due": {"$lt": now - OVERDUE}}, {"due": 1}).limit(MOST)
        for row in late:
            yield f"{service}: timer {row['_id']} has been due since {row['due']:%H:%M:%S}"


def forgotten_needs(stores: Stores) -> Iterator[str]:
    """Published needs that wait without a reason, a next step, or a reminder of their due time."""
    open_needs = stores.collection("stations", "needs").find({"state": "published"}, batch_size=500)
    told = 0
    for part in chunks(open_needs):
        ids = [need["_id"] for need in part]
        links = by_id(stores.collection("charity", "links"), ids)
        staffings = by_id(stores.collection("volunteering", "staffings"), ids)
        due = by_id(stores.collection("stations", "timers"), (f"due:{need_id}" for need_id in ids), {"_id": 1})
        for need in part:
            for words in _why_forgotten(need, links.get(need["_id"]), staffings.get(need["_id"]), due):
                yield f"need {need['_id']} {words}"
                told += 1
        if told >= MOST:
            return


def _why_forgotten(
    need: Document, link: Document | None, staffing: Document | None, due: Mapping[str, Any]
) -> Iterator[str]:
    if f"due:{need['_id']}" not in due:
        yield "is published, and nothing will remind its station of the due time"
    lines, people = _lines_missing(need, link), _people_missing(need, staffing)
    if lines is None:
        yield "asks for resources, and charity does not know of it"
    elif lines and not _explained(need.get("link_waiting", ())):
        yield "waits for resources without a reason and a next step"
    if people is None:
        yield "asks for volunteers, and volunteering does not know of it"
    elif people and not _explained(need.get("staffing_waiting", ())) and not _looked_after(staffing or {}):
        yield "waits for volunteers without a reason, an open offer or a next look"
    if lines is False and people is False:
        yield "has all that it asks for and is still only published"


def _lines_missing(need: Document, link: Document | None) -> bool | None:
    if not need.get("lines"):
        return False
    return None if link is None else link["state"] != "committed"


def _people_missing(need: Document, staffing: Document | None) -> bool | None:
    if need.get("volunteers") is None:
        return False
    if staffing is None:
        return None
    held = sum(row["state"] in HELD for row in staffing["dispatches"])
    return bool(held < staffing["headcount"])


def _explained(waiting: Any) -> bool:
    return bool(waiting) and all(part.get("reason") and part.get("next_step") for part in waiting)


def _looked_after(staffing: Document) -> bool:
    offered = any(row["state"] == "offered" for row in staffing["dispatches"])
    return offered and staffing.get("watch_at") is not None
