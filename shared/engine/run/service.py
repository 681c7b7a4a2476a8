"""What a service declares, and what the engine must know of it to run it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel
from pymongo import IndexModel

from shared.contracts.messages import Timer
from shared.contracts.subscriptions import COMMANDED, SUBSCRIPTIONS, binding_covers
from shared.engine.amqp.topology import commands_queue, events_queue
from shared.engine.capability import Capability, Policy
from shared.engine.decide.handlers import Handler, Handlers, bound
from shared.engine.decide.schema import Schema
from shared.engine.observe.census import Census
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


@dataclass(frozen=True)
class Declaration:
    """A service as its `declaration.py` declares it: operations read it without starting anything.

    `indexes` and `schemas` are those of collections that belong to no one capability, like `audit`.
    """

    name: str
    capabilities: Sequence[Capability]
    common_indexes: Mapping[str, Sequence[IndexModel]] = field(default_factory=dict)
    common_schemas: Mapping[str, Schema] = field(default_factory=dict)

    @property
    def indexes(self) -> dict[str, list[IndexModel]]:
        """Every collection with its indexes; of one that several capabilities name, the indexes of all."""
        merged: dict[str, list[IndexModel]] = {}
        for part in (self.common_indexes, *(capability.indexes for capability in self.capabilities)):
            for collection, indexes in part.items():
                merged.setdefault(collection, []).extend(indexes)
        return merged

    @property
    def schemas(self) -> dict[str, Schema]:
        """The collections whose stored form has changed since it was first released."""
        merged = dict(self.common_schemas)
        for capability in self.capabilities:
            merged.update(capability.schemas)
        return merged

    @property
    def timers(self) -> dict[str, type[Timer]]:
        """Every timer that a handler answers, by its type."""
        kinds = (kind for capability in self.capabilities for kind in capability.handlers)
        return {kind.type: kind for kind in kinds if issubclass(kind, Timer)}

    def handlers(self, *policies: Policy, **given: Any) -> Handlers:
        """Return the handlers with their dependencies bound.

        A handler's `policy` is its capability's own, `<capability>_policy` another's; `given` are the service's
        dependencies, like `vault`. A policy that is not among `policies` has its defaults. Raises TypeError where a
        handler needs something else, ValueError where two capabilities handle the same message.
        """
        chosen = {type(policy): policy for policy in policies}
        own = {c.name: chosen.get(c.policy) or c.policy() for c in self.capabilities if c.policy is not None}
        given |= {f"{name}_policy": policy for name, policy in own.items()}
        handlers = Handlers(self.name, any_event=self._any_event(given))
        for capability in self.capabilities:
            dependencies = {**given, "policy": own[capability.name]} if capability.name in own else given
            for kind, handler in capability.handlers.items():
                handlers.add(kind, bound(handler, dependencies))
        return handlers

    def _any_event(self, given: Mapping[str, Any]) -> Handler | None:
        found = [c.any_event for c in self.capabilities if c.any_event is not None]
        if len(found) > 1:
            raise ValueError(f"{self.name} has two handlers for any event")
        return bound(found[0], given) if found else None

    def spec(self, settings: BaseModel, *, share: Share | None = None, **given: Any) -> ServiceSpec:
        """Return what the engine runs, with each capability's policy as the settings hold it."""
        policies = [c.policy.of(settings) for c in self.capabilities if c.policy is not None]
        if share is not None:
            given["share"] = share
        return ServiceSpec(
            name=self.name,
            handlers=self.handlers(*policies, **given),
            indexes=self.indexes,
            schemas=self.schemas,
            censuses=[census for capability in self.capabilities for census in capability.censuses],
            share=share,
        )
