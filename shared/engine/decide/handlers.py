"""How a service says which message it answers how."""

from collections.abc import Callable, Generator, Sequence
from typing import Any, TypeVar

from shared.contracts.messages import Command, EventData, Timer
from shared.engine.decide.incoming import Incoming
from shared.engine.decide.loads import Load, Turn
from shared.engine.decide.unit_of_work import UnitOfWork

Handling = Generator[Sequence[Load] | Turn, UnitOfWork, Any]
"""What a handler is: it yields lists of loads (answered for the whole batch at once), then TURN, then decides."""

Handler = Callable[[Incoming[Any]], Handling]
H = TypeVar("H", bound=Callable[..., Handling])
Kind = type[EventData] | type[Command] | type[Timer]


class Handlers:
    """The register of one service's handlers.

    handlers = Handlers("charity")

    @handlers.on(NeedPublished)
    def link_need(message: Incoming[NeedPublished]) -> Handling:
        work = yield [Get(Link, message.data.need_id)]     # loaded for the whole batch at once
        work = yield TURN                                  # from here on alone, in order of arrival
        ...decide with pure functions...
        work.put(link); work.emit(...)
        return answer                                      # commands only
    """

    def __init__(self, service: str) -> None:
        self.service = service
        self._by_type: dict[tuple[str, str], Handler] = {}
        self._models: dict[tuple[str, str], Kind] = {}
        self._any_event: Handler | None = None

    def on(self, *kinds: Kind) -> Callable[[H], H]:
        """Answer these events, commands or timers with the decorated generator function."""

        def register(handler: H) -> H:
            for kind in kinds:
                key = (_realm(kind), kind.type)
                if key in self._by_type:
                    raise ValueError(f"{self.service} has two handlers for {kind.type}")
                self._by_type[key] = handler
                self._models[key] = kind
            return handler

        return register

    def on_any_event(self, handler: H) -> H:
        """Answer every event that has no handler of its own; known ones arrive typed, others as parsed JSON."""
        if self._any_event is not None:
            raise ValueError(f"{self.service} has two handlers for any event")
        self._any_event = handler
        return handler

    def find(self, realm: str, message_type: str) -> Handler | None:
        """The handler for `event`, `command` or `timer` of that type."""
        found = self._by_type.get((realm, message_type))
        return self._any_event if found is None and realm == "event" else found

    def model(self, realm: str, message_type: str) -> Kind | None:
        """The message class that the handler was registered for."""
        return self._models.get((realm, message_type))

    @property
    def event_types(self) -> list[str]:
        """What the service's event queue must be bound to; `#` where it takes any."""
        if self._any_event is not None:
            return ["#"]
        return sorted(f"{name}.#" for realm, name in self._by_type if realm == "event")

    @property
    def message_types(self) -> frozenset[str]:
        """The types of events, commands and timers that have a handler of their own."""
        return frozenset(name for _, name in self._by_type)

    @property
    def takes_commands(self) -> bool:
        """Whether it needs a command queue."""
        return any(realm == "command" for realm, _ in self._by_type)


def _realm(kind: Kind) -> str:
    if issubclass(kind, EventData):
        return "event"
    return "command" if issubclass(kind, Command) else "timer"
