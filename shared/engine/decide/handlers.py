"""Handlers: the functions of a service that decide about messages, found by a message's realm and type."""

from collections.abc import Callable, Generator, Mapping, Sequence
from functools import lru_cache, partial
from inspect import Parameter, signature
from typing import TYPE_CHECKING, Any, TypeVar, cast

from shared.contracts.messages import Command, EventData, Timer
from shared.engine.decide.incoming import Realm
from shared.engine.decide.loads import TURN, Load, Turn

if TYPE_CHECKING:
    from shared.engine.decide.unit_of_work import UnitOfWork

Handling = Generator[Sequence[Load] | Turn, "UnitOfWork", Any]
"""The run of a handler: it yields lists of loads, each answered for the whole batch at once, then TURN, then decides.

    def link_need(message: Incoming[NeedPublished], policy: LinkingPolicy) -> Handling:
        yield [Get(Link, message.data.need_id)]     # loaded for the whole batch at once
        work = yield TURN                           # from here on alone, in order of arrival
        ...decide with pure functions...
        work.put(link)
        work.emit(...)
        return answer                               # commands only: a typed model, or any JSON value

It may run several times before its commit, so it must be repeatable: time and ids come from the unit of work.
"""

Loading = Generator[Sequence[Load], "UnitOfWork", None]
"""The loading part of a handler: it yields lists of loads and reads their results from the unit of work."""

H = TypeVar("H", bound=Callable[..., object])
Handler = Callable[..., Handling]
"""A handler takes the message first; its further parameters are dependencies bound by name, see `bind`."""
Kind = type[EventData] | type[Command] | type[Timer]
HandlerTable = Mapping[Kind, Handler]
"""The handler of each message class."""


def take_turn(load: Callable[[], Loading]) -> "Generator[Sequence[Load] | Turn, UnitOfWork, UnitOfWork]":
    """Run `load` together with the batch, take the turn, then make the loads that have become necessary since.

    Between the first loading and the turn, an earlier message of the batch may have changed an entity that `load`
    follows to others, so that other loads are needed. `load` runs again in the turn, and only loads that the batch has
    not made yet reach the store: where nothing has changed the second run costs no query. Returns the unit of work,
    writable. Each run may make at most MAX_ROUNDS requests that reach the store.
    """
    yield from load()
    work = yield TURN
    reload = load()  # driven by hand, because most of its loads need no answer from the engine
    loads = next(reload, None)
    while loads is not None:  # ends: the engine stops a handler that asks more than MAX_ROUNDS times
        if missing := work.missing(loads):
            work = yield missing
        try:
            loads = reload.send(work)
        except StopIteration:
            loads = None
    return work


class Handlers:
    """The handlers of one service, each with its dependencies bound."""

    def __init__(self, service: str, table: HandlerTable | None = None, any_event: Handler | None = None) -> None:
        self.service = service
        self._by_type: dict[tuple[Realm, str], Handler] = {}
        self._models: dict[tuple[Realm, str], Kind] = {}
        self._any_event = any_event
        for kind, handler in (table or {}).items():
            self.add(kind, handler)

    def add(self, kind: Kind, handler: Handler) -> None:
        """Add the handler of a kind of message. Raises ValueError where the kind has a handler already."""
        key = (realm_of(kind), kind.type)
        if key in self._by_type:
            raise ValueError(f"{self.service} has two handlers for {kind.type}")
        self._by_type[key] = handler
        self._models[key] = kind

    def find(self, realm: Realm, message_type: str) -> Handler | None:
        """Return the handler; of an event without one of its own, the one for any event; None where there is none."""
        found = self._by_type.get((realm, message_type))
        return self._any_event if found is None and realm == "event" else found

    def model(self, realm: Realm, message_type: str) -> Kind | None:
        """Return the message class that has a handler of its own under that type."""
        return self._models.get((realm, message_type))

    @property
    def event_types(self) -> list[str]:
        """The binding keys that the service's event queue needs; `#` where it takes any event."""
        if self._any_event is not None:
            return ["#"]
        return sorted(f"{name}.#" for realm, name in self._by_type if realm == "event")

    @property
    def message_types(self) -> frozenset[str]:
        """The types of events, commands and timers that have a handler of their own."""
        return frozenset(name for _, name in self._by_type)


@lru_cache(maxsize=4096)
def _dependencies_of(handler: Callable[..., object], leading: int) -> Sequence[str]:
    # Kept, because tests bind the handlers of a service thousands of times.
    parameters = tuple(signature(handler).parameters.values())
    if len(parameters) < leading:
        raise TypeError(f"{_name_of(handler)} takes no message: the message is a handler's first parameter")
    wanted = parameters[leading:]
    if unfit := [p.name for p in wanted if p.kind not in (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)]:
        names = ", ".join(unfit)
        raise TypeError(f"{_name_of(handler)}: {names} cannot be bound by name: give each dependency a plain parameter")
    return tuple(p.name for p in wanted)


def _name_of(handler: Callable[..., object]) -> str:
    return f"{handler.__module__}.{getattr(handler, '__qualname__', repr(handler))}"


def bind(handler: H, dependencies: Mapping[str, object], *, leading: int = 1) -> H:
    """Return the handler with its dependencies bound by the names of its parameters, those after the `leading` ones.

    The leading parameter of a message's handler is the message; a query's handler has two, the query and the store.
    Raises TypeError where the handler does not take them, or a parameter names no dependency (a default value does not
    help: a misspelt name must not go unnoticed), so that a service with a gap does not start.
    """
    wanted = _dependencies_of(handler, leading)
    if not wanted:
        return handler
    if lacking := [name for name in wanted if name not in dependencies]:
        names = ", ".join(lacking)
        raise TypeError(f"{_name_of(handler)} needs {names}, which is not among the service's dependencies")
    return cast("H", partial(handler, **{name: dependencies[name] for name in wanted}))


def realm_of(kind: Kind) -> Realm:
    """Return the realm of a message class."""
    if issubclass(kind, EventData):
        return "event"
    return "command" if issubclass(kind, Command) else "timer"
