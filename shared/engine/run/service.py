"""The declaration of a service, and its specification: the declaration with settings and dependencies bound.

Two objects, because they live at different times: a Declaration is a constant that operations read (migration, doctor,
documentation) without settings, secrets or servers; a ServiceSpec exists in a started process only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from pydantic import BaseModel
from pymongo import IndexModel

from shared.contracts.messages import AuditedQuery, Query, Timer
from shared.contracts.registry import load_contracts
from shared.contracts.subscriptions import COMMANDED, SUBSCRIPTIONS, binding_covers
from shared.engine.amqp.topology import commands_queue, events_queue
from shared.engine.capability import Capability, Holding, MakeMarks, Policy
from shared.engine.decide.fence import Fence
from shared.engine.decide.handlers import Handlers, bind
from shared.engine.decide.schema import Schema
from shared.engine.observe.census import Census
from shared.engine.run.audit_blocks import AuditChaining
from shared.engine.run.companion import MakeCompanion
from shared.engine.store.queries import QueryHandler
from shared.engine.store.replicas import Share
from shared.runtime.audit import AUDIT
from shared.runtime.vault import Vault


def _leading(kind: type[Query[Any]]) -> int:
    """Return the number of parameters of the query's handler that the runner gives by their place."""
    if not issubclass(kind, AuditedQuery):
        return 2  # the query and the store
    return 4 if kind.by_consent or kind.timed else 3  # and the actor, and the city's time


@dataclass(frozen=True)
class ServiceSpec:
    """A service as the engine runs it: its name, bound handlers, collections with their indexes, and censuses.

    Raises ValueError where a handled event is not bound to the service's queue.
    """

    name: str
    handlers: Handlers
    indexes: Mapping[str, Sequence[IndexModel]] = field(default_factory=dict)
    censuses: Sequence[Census] = ()
    share: Share | None = None
    """Where given, the engine keeps it up to date: the part of this replica among all replicas of the service."""
    schemas: Mapping[str, Schema] = field(default_factory=dict)
    """The collections whose stored form has changed since their first release."""
    fence: Fence | None = None
    """Where given, one replica at a time takes messages; the others stand by for its lease."""
    vault: Vault | None = field(default=None, repr=False)
    """Seals the messages that failed, and keys the fingerprints that are stored with the answers of commands.

    Without it the messages are stored in clear, which only events may be.
    """
    companions: Sequence[MakeCompanion] = ()
    """Makers of the work that runs beside the loop."""
    queries: Mapping[str, QueryHandler] = field(default_factory=dict)
    """The bound handler of each query by its type."""

    def __post_init__(self) -> None:
        # An event that no handler names is still read by its model where it arrives: the feed takes every event.
        load_contracts()
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
        """The names of the queues that it consumes."""
        queues = [events_queue(self.name)] if self.name in SUBSCRIPTIONS else []
        return queues + ([commands_queue(self.name)] if self.name in COMMANDED else [])


@dataclass(frozen=True)
class Declaration:
    """A service as its `declaration.py` declares it.

    `common_indexes` and `common_schemas` are those of collections that belong to no one capability, like `audit`.
    Raises ValueError where two capabilities have one name, handle the same message, or contradict each other about a
    collection or a setting: the contradiction would otherwise be decided by the order of the list.
    """

    name: str
    capabilities: Sequence[Capability]
    common_indexes: Mapping[str, Sequence[IndexModel]] = field(default_factory=dict)
    common_schemas: Mapping[str, Schema] = field(default_factory=dict)

    def __post_init__(self) -> None:
        names = [capability.name for capability in self.capabilities]
        if len(set(names)) < len(names):
            raise ValueError(f"{self.name} has two capabilities of one name among {', '.join(names)}")
        if sum(capability.any_event is not None for capability in self.capabilities) > 1:
            raise ValueError(f"{self.name} has two handlers for any event")
        messages = Handlers(self.name)
        for capability in self.capabilities:
            for kind, handler in capability.handlers.items():
                messages.add(kind, handler)  # raises where the message has a handler already
        asked = [(kind.to, kind.type) for capability in self.capabilities for kind in capability.queries]
        if twice := {kind for kind in asked if asked.count(kind) > 1 or kind[0] != self.name}:
            raise ValueError(f"{self.name} answers {min(twice)[1]} twice, or for another service")
        self._check_policies()
        _ = self.indexes, self.schemas  # raise on a contradiction

    @property
    def indexes(self) -> dict[str, list[IndexModel]]:
        """Every collection with its indexes; of a collection that several capabilities name, the indexes of all."""
        merged: dict[str, dict[str, IndexModel]] = {}
        for part in (self.common_indexes, *(capability.indexes for capability in self.capabilities)):
            for collection, indexes in part.items():
                known = merged.setdefault(collection, {})
                for index in indexes:
                    # The same index twice would make MongoDB refuse the command that creates them.
                    first = known.setdefault(index.document["name"], index)
                    if first.document != index.document:
                        name = f"{collection}.{index.document['name']}"
                        raise ValueError(f"{self.name} declares the index {name} twice, in two ways")
        return {collection: list(known.values()) for collection, known in merged.items()}

    @property
    def schemas(self) -> dict[str, Schema]:
        """The collections whose stored form has changed since their first release."""
        merged: dict[str, Schema] = {}
        for part in (self.common_schemas, *(capability.schemas for capability in self.capabilities)):
            for collection, schema in part.items():
                if merged.setdefault(collection, schema) != schema:
                    raise ValueError(f"{self.name} declares two stored forms of {collection}")
        return merged

    @property
    def sealed(self) -> dict[str, Mapping[str, str]]:
        """The sealed fields of each collection with personal data, with the purposes of their data keys."""
        return {name: fields for capability in self.capabilities for name, fields in capability.sealed.items()}

    @property
    def marked(self) -> dict[str, MakeMarks]:
        """The collections of people that are found by marks, with the function that makes the marks of each."""
        return {name: make for capability in self.capabilities for name, make in capability.marked.items()}

    @property
    def subjects(self) -> dict[str, str]:
        """The field with the id of the person, for each collection whose sealed documents have ids of their own."""
        return {name: field for capability in self.capabilities for name, field in capability.subjects.items()}

    @property
    def holdings(self) -> list[Holding]:
        """Every way in which a collection of the service holds something about a person."""
        return [holding for capability in self.capabilities for holding in capability.holdings]

    @property
    def timers(self) -> dict[str, type[Timer]]:
        """Every timer that a handler answers, by its type."""
        kinds = (kind for capability in self.capabilities for kind in capability.handlers)
        return {kind.type: kind for kind in kinds if issubclass(kind, Timer)}

    def handlers(self, *policies: Policy, **dependencies: object) -> Handlers:
        """Return the handlers with their dependencies bound.

        A handler's `policy` is its own capability's, `<capability>_policy` another's; `dependencies` are those of the
        service, like `vault`. A policy that is not among `policies` has its defaults. Raises TypeError where a handler
        needs another dependency, or where no capability has such a policy.
        """
        bound = self._bound(policies, dependencies)
        any_event = [bind(c.any_event, available) for c, available in bound if c.any_event is not None]
        handlers = Handlers(self.name, any_event=any_event[0] if any_event else None)
        for capability, available in bound:
            for kind, handler in capability.handlers.items():
                handlers.add(kind, bind(handler, available))
        return handlers

    def queries(self, *policies: Policy, **dependencies: object) -> dict[str, QueryHandler]:
        """Return the handlers of the queries by their type, their dependencies bound. Raises as `handlers` does."""
        return {
            kind.type: bind(handler, available, leading=_leading(kind))
            for capability, available in self._bound(policies, dependencies)
            for kind, handler in capability.queries.items()
        }

    def _bound(
        self, policies: Sequence[Policy], dependencies: Mapping[str, object]
    ) -> list[tuple[Capability, Mapping[str, object]]]:
        """Return each capability with the dependencies that its handlers may name."""
        given = {type(policy): policy for policy in policies}
        own = {c.name: given.get(c.policy) or c.policy() for c in self.capabilities if c.policy is not None}
        if strange := given.keys() - {type(policy) for policy in own.values()}:
            raise TypeError(f"no capability of {self.name} has the policy {min(p.__name__ for p in strange)}")
        everywhere = {**dependencies, **{f"{name}_policy": policy for name, policy in own.items()}}
        return [(c, {**everywhere, "policy": own[c.name]} if c.name in own else everywhere) for c in self.capabilities]

    def spec(
        self,
        settings: BaseModel,
        *,
        share: Share | None = None,
        fence: Fence | None = None,
        companions: Sequence[MakeCompanion] = (),
        **dependencies: object,
    ) -> ServiceSpec:
        """Return the specification that the engine runs, with each capability's policy as the settings hold it.

        A `share` or a `fence` is a dependency of the handlers as well.
        Raises TypeError as `handlers` does, and AttributeError where the settings do not inherit a policy.
        """
        policies = [c.policy.of(settings) for c in self.capabilities if c.policy is not None]
        if share is not None:
            dependencies["share"] = share
        if fence is not None:
            dependencies["fence"] = fence
        if AUDIT in self.indexes:
            companions = (*companions, partial(AuditChaining, self.name))
        vault = dependencies.get("vault")
        return ServiceSpec(
            name=self.name,
            handlers=self.handlers(*policies, **dependencies),
            queries=self.queries(*policies, **dependencies),
            indexes=self.indexes,
            schemas=self.schemas,
            censuses=[census for capability in self.capabilities for census in capability.censuses],
            share=share,
            vault=vault if isinstance(vault, Vault) else None,
            fence=fence,
            companions=companions,
        )

    def _check_policies(self) -> None:
        owners: dict[str, type[Policy]] = {}
        for policy in filter(None, (capability.policy for capability in self.capabilities)):
            for name, rule in policy.model_fields.items():
                other = owners.setdefault(name, policy)
                if repr(other.model_fields[name]) != repr(rule):
                    raise ValueError(
                        f"{self.name}: {other.__name__} and {policy.__name__} declare the setting {name} in two ways"
                    )
