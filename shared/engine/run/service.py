"""What the engine must know of a service to run it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pymongo import IndexModel

from shared.contracts.subscriptions import COMMANDED, SUBSCRIPTIONS, binding_covers
from shared.engine.amqp.topology import commands_queue, events_queue
from shared.engine.decide.handlers import Handlers
from shared.engine.decide.schema import Schema
from shared.engine.observe.sampling import Census
from shared.engine.store.replicas import Share


@dataclass(frozen=True)
class ServiceSpec:
    """A service's name, its handlers, its collections with their indexes, and which of its lists are counted."""

    name: str
    handlers: Handlers
    indexes: Mapping[str, Sequence[IndexModel]] = field(default_factory=dict)
    censuses: Sequence[Census] = ()
    share: Share | None = None
    """Where given, the engine keeps it up to date: which of how many replicas this one is."""
    schemas: Mapping[str, Schema] = field(default_factory=dict)
    """The collections whose stored form has changed since it was first released."""

    def __post_init__(self) -> None:
        bindings = SUBSCRIPTIONS.get(self.name, ())
        for event_type in self.handlers.event_types:
            wanted = event_type.removesuffix(".#")
            if not any(binding_covers(binding, wanted) for binding in bindings):
                raise ValueError(
                    f"{self.name} handles {wanted}, but its queue is not bound to it: add it to "
                    "shared/contracts/subscriptions.py"
                )

    @property
    def queues(self) -> list[str]:
        """The queues it consumes."""
        queues = [events_queue(self.name)] if self.name in SUBSCRIPTIONS else []
        return queues + ([commands_queue(self.name)] if self.name in COMMANDED else [])
