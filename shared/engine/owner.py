"""The part that every owner has alike: its audit, the actors of its events, and external ids; by the same queries."""

from typing import Final

from shared.contracts.access import Actor
from shared.contracts.access.audit import AuditPage
from shared.contracts.access.owners import (
    ActorAnswer,
    FindCharityNamed,
    FindNamed,
    FindStationsNamed,
    FindVolunteeringNamed,
    NamedAnswer,
    NamesAnswer,
    ReadActor,
    ReadAudit,
    ReadCharityActor,
    ReadCharityAudit,
    ReadCharityNames,
    ReadNames,
    ReadStationsActor,
    ReadStationsAudit,
    ReadStationsNames,
    ReadVolunteeringActor,
    ReadVolunteeringAudit,
    ReadVolunteeringNames,
)
from shared.engine.capability import Capability
from shared.engine.store import actor_references, external_ids
from shared.engine.store.external_ids import Keeper
from shared.engine.store.queries import QueryTable, Sealed, Store
from shared.runtime import audit

CAPABILITY_NAME: Final = "records"


def read_audit(query: ReadAudit, store: Store) -> AuditPage:
    """Return a page of the audit. Raises Refused("not_allowed") as `shared.runtime.audit.check_auditor` does."""
    return audit.read_page(store, query.actor, query.wanted)


def read_actor(query: ReadActor, store: Store, _: Actor) -> Sealed[ActorAnswer] | None:
    """Return the principal behind a reference; None for an unknown one."""
    found = actor_references.find_actor(store, query.reference)
    return None if found is None else Sealed((query.reference,), lambda: found)


def find_named(query: FindNamed, store: Store, vault: Keeper) -> NamedAnswer:
    """Return the thing that the principal has named so."""
    found = external_ids.find_named(store, vault, query.principal, query.kind, query.external_id)
    return NamedAnswer(id=found)


def read_names(query: ReadNames, store: Store, vault: Keeper) -> NamesAnswer:
    """Return the names that the principal has given."""
    return external_ids.read_names(store, vault, query.principal, query.ids)


_QUERIES: Final[dict[str, QueryTable]] = {
    "stations": {
        ReadStationsAudit: read_audit,
        ReadStationsActor: read_actor,
        FindStationsNamed: find_named,
        ReadStationsNames: read_names,
    },
    "charity": {
        ReadCharityAudit: read_audit,
        ReadCharityActor: read_actor,
        FindCharityNamed: find_named,
        ReadCharityNames: read_names,
    },
    "volunteering": {
        ReadVolunteeringActor: read_actor,
        ReadVolunteeringAudit: read_audit,
        FindVolunteeringNamed: find_named,
        ReadVolunteeringNames: read_names,
    },
}


def records(service: str) -> Capability:
    """Return the capability of that service for its audit, the actors of its events and the external ids."""
    indexes = {**audit.INDEXES, **external_ids.INDEXES, **actor_references.INDEXES}
    return Capability(CAPABILITY_NAME, queries=_QUERIES[service], indexes=indexes)
