"""Views: a small document for each thing that people look at, kept by its own highest version."""

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC
from typing import Any, Final, TypeVar

from pymongo import ASCENDING, DESCENDING, IndexModel

from shared.contracts import CloudEvent
from shared.engine import TURN, Entity, Get, Handling, Incoming, UnitOfWork
from shared.engine.decide.entity import fields_of
from shared.engine.decide.schema import Document

NEWEST: Final = ("_id", DESCENDING)
"""Ids rise with time: a list is newest first by `_id`, and a page goes on from the last id."""


class View(Entity):
    """A thing as the events describe it.

    `seen` is the highest version of the thing itself that an event has brought; `version` is the engine's own count of
    writes. A view with `seen` 0 is not shown: only other services' events have named the thing so far.
    """

    seen: int = 0

    def stored_fields(self, only: AbstractSet[str] | None) -> Document:
        """Return all fields or `only` these as they are: a view holds nothing that needs a conversion."""
        return fields_of(self, only)


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


def newest(views: Callable[[Incoming[Any]], Sequence[View]]) -> Callable[[Incoming[Any]], Handling]:
    """Return the handler that shows `views` of an event: each thing by its own highest version."""

    def handle(message: Incoming[Any]) -> Handling:
        shown = views(message)
        yield [Get(type(view), view.id) for view in shown]
        work = yield TURN
        for view in shown:
            put_newest(work, view)

    return handle


def envelope(message: Incoming[Any]) -> CloudEvent:
    """Return the whole event. Raises TypeError for a command or a timer: only events are projected."""
    if message.event is None:
        raise TypeError(f"{message.type} is no event, and only events are projected")
    return message.event


def instant(message: Incoming[Any]) -> str:
    """Return the time of the event as views hold it: ISO 8601 in UTC, to the millisecond."""
    return message.time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
