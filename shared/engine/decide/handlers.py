"""Handlers of a service: functions that answer messages, found by the message's realm and type."""

from collections.abc import Callable, Generator, Mapping, Sequence
from functools import partial
from inspect import signature
from typing import Any

from shared.contracts.messages import Command, EventData, Timer
from shared.engine.decide.loads import TURN, Load, Turn
from shared.engine.decide.unit_of_work import UnitOfWork

Handling = Generator[Sequence[Load] | Turn, UnitOfWork, Any]
"""The run of a handler: it yields lists of loads, answered for the whole batch at once, then TURN, then decides.

    def link_need(message: Incoming[NeedPublished], policy: LinkingPolicy) -> Handling:
        yield [Get(Link, message.data.need_id)]     # loaded for the whole batch at once
        work = yield TURN                           # from here on alone, in order of arrival
        ...decide with pure functions...
        work.put(link)
        work.emit(...)
        return answer                               # commands only
"""

Loading = Generator[Sequence[Load], UnitOfWork, None]
"""The part of a handler that loads: it yields lists of loads and looks at what they brought."""

Handler = Callable[..., Handling]
"""A handler takes the message first; its further parameters are named dependencies, see `bound`."""
Kind = type[EventData] | type[Command] | type[Timer]
HandlerTable = Mapping[Kind, Handler]


def take_turn(load: Callable[[], Loading]) -> Generator[Sequence[Load] | Turn, UnitOfWork, UnitOfWork]:
    """Load together with the batch, take the turn, then load what earlier messages of the batch have changed.

    Between the first loading and the turn, an earlier message of the batch may have changed what `load` looks at, so
    that more is needed now. `load` runs again in the turn; only loads that are not there yet reach the store, so where
    nothing has changed it costs no query. Gives the unit of work, writable.
    """
    yield from load()
    work = yield TURN
    again = load()
    loads = next(again, None)
    while loads is not None:
        if missing := work.missing(loads):
            work = yield missing
        try:
            loads = again.send(work)
        except StopIteration:
            loads = None
    return work


class Handlers:
    """The handlers of one service, each with its dependencies bound."""

    def __init__(self, service: str, table: HandlerTable | None = None, any_event: Handler | None = None) -> None:
        self.service = service
        self._by_type: dict[tuple[str, str], Handler] = {}
        self._models: dict[tuple[str, str], Kind] = {}
        self._any_event = any_event
        for kind, handler in (table or {}).items():
            self.add(kind, handler)

    def add(self, kind: Kind, handler: Handler) -> None:
        """Answer messages of that kind with the handler. Raises ValueError where the kind has one already."""
        key = (realm_of(kind), kind.type)
        if key in self._by_type:
            raise ValueError(f"{self.service} has two handlers for {kind.type}")
        self._by_type[key] = handler
        self._models[key] = kind

    def on(self, *kinds: Kind) -> Callable[[Handler], Handler]:
        """Add the decorated function for these kinds."""

        def register(handler: Handler) -> Handler:
            for kind in kinds:
                self.add(kind, handler)
            return handler

        return register

    def on_any_event(self, handler: Handler) -> Handler:
        """Answer every event that has no handler of its own."""
        self._any_event = handler
        return handler

    def find(self, realm: str, message_type: str) -> Handler | None:
        """Return the handler for `event`, `command` or `timer` of that type; None where there is none."""
        found = self._by_type.get((realm, message_type))
        return self._any_event if found is None and realm == "event" else found

    def model(self, realm: str, message_type: str) -> Kind | None:
        """Return the message class that has a handler of its own under that type."""
        return self._models.get((realm, message_type))

    @property
    def event_types(self) -> list[str]:
        """The bindings that the service's event queue needs; `#` where it takes any event."""
        if self._any_event is not None:
            return ["#"]
        return sorted(f"{name}.#" for realm, name in self._by_type if realm == "event")

    @property
    def message_types(self) -> frozenset[str]:
        """The types of events, commands and timers that have a handler of their own."""
        return frozenset(name for _, name in self._by_type)


def bound(handler: Handler, given: Mapping[str, Any]) -> Handler:
    """Return the handler with its dependencies bound by the names of its parameters.

    Raises TypeError where a parameter names nothing that is given, so that a service with a gap does not start.
    """
    wanted = list(signature(handler).parameters)[1:]
    if lacking := [name for name in wanted if name not in given]:
        raise TypeError(f"{handler.__module__}.{handler.__name__} needs {', '.join(lacking)}, which nobody gives")
    return partial(handler, **{name: given[name] for name in wanted}) if wanted else handler


def realm_of(kind: Kind) -> str:
    """Return `event`, `command` or `timer`."""
    if issubclass(kind, EventData):
        return "event"
    return "command" if issubclass(kind, Command) else "timer"
