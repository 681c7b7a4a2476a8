"""Views: a small document for each thing that people look at, kept by its own highest version."""

from datetime import UTC
from typing import Any, Final, TypeVar

from pymongo import ASCENDING, DESCENDING, IndexModel

from shared.contracts import CloudEvent
from shared.engine import Entity, Incoming, UnitOfWork

NEWEST: Final = ("_id", DESCENDING)
"""Ids rise with time: a list is newest first by `_id`, and a page goes on from the last id."""


class View(Entity):
    """A thing as the events describe it.

    `seen` is the highest version of the thing itself that an event has brought; `version` is the engine's own count of
    writes. A view with `seen` 0 is not shown: only other services' events have named the thing so far.
    """

    seen: int = 0


V = TypeVar("V", bound=View)


def index_by(field: str) -> IndexModel:
    """Return the index of a list filtered by that field, newest first."""
    return IndexModel([(field, ASCENDING), NEWEST], name=field)


def put_newest(work: UnitOfWork, view: V) -> None:
    """Store the view, unless one of the same or a higher version of the thing is stored.

    So any order and repetition of events ends in the same view. The view must have been loaded.
    """
    known = work.get(type(view), view.id)
    # The engine counts its own versions: a view that replaces another goes on from that one's count.
    if known is None:
        work.put(view)
    elif view.seen > known.seen:
        work.put(view.model_copy(update={"version": known.version}))


def envelope(message: Incoming[Any]) -> CloudEvent:
    """Return the whole event. Raises TypeError for a command or a timer: only events are projected."""
    if message.event is None:
        raise TypeError(f"{message.type} is no event, and only events are projected")
    return message.event


def instant(message: Incoming[Any]) -> str:
    """Return the time of the event as views hold it: ISO 8601 in UTC, to the millisecond."""
    return message.time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
