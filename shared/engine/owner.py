"""The part that every owner has alike: its audit, the actors of its events, and external ids; by the same queries."""

import base64
from typing import Final, Protocol

from shared.contracts.access import Actor
from shared.contracts.access.audit import AuditBlockPage, AuditFilter, AuditPage
from shared.contracts.access.owners import (
    ActorAnswer,
    FindCharityNamed,
    FindNamed,
    FindStationsNamed,
    FindVolunteeringNamed,
    NamedAnswer,
    ReadActor,
    ReadAudit,
    ReadAuditBlocks,
    ReadCharityActor,
    ReadCharityAudit,
    ReadCharityAuditBlocks,
    ReadCharityNames,
    ReadNames,
    ReadStationsActor,
    ReadStationsAudit,
    ReadStationsAuditBlocks,
    ReadStationsNames,
    ReadVolunteeringActor,
    ReadVolunteeringAudit,
    ReadVolunteeringAuditBlocks,
    ReadVolunteeringNames,
)
from shared.contracts.access.sealed import (
    PublicKeyAnswer,
    ReadCharityKey,
    ReadPublicKey,
    ReadStationsKey,
    ReadVolunteeringKey,
)
from shared.engine.capability import Capability
from shared.engine.decide.external_ids import Namer
from shared.engine.store import actor_references, audit_blocks, audit_proofs, external_ids, lease
from shared.engine.store.queries import QueryHandler, QueryTable, Sealed, Store
from shared.runtime import audit
from shared.runtime.vault import WireKey

CAPABILITY_NAME: Final = "records"


class Box(Protocol):
    """The part of the vault that messages come sealed for."""

    @property
    def bound(self) -> bool:
        """Whether every replica opens sealed messages."""

    def wire_key(self) -> WireKey:
        """Return the key pair that seals now."""


def read_audit(query: ReadAudit, store: Store) -> AuditPage:
    """Return a page of the audit. Raises Refused("not_allowed") as `shared.runtime.audit.check_auditor` does."""
    page = audit.read_page(store, query.actor, query.wanted)
    # Of a row about several areas the stored form shows them all.
    return audit_proofs.read_proved(store, page) if query.wanted.proved and not query.actor.area else page


def read_audit_blocks(query: ReadAuditBlocks, store: Store) -> AuditBlockPage:
    """Return headers of the audit's chain. Raises Refused("not_allowed") for one who does not reach everywhere."""
    audit.check_auditor(query.actor, AuditFilter(area=""))
    return AuditBlockPage(items=audit_proofs.read_headers(store, query.to, query.above, query.limit))


def read_actor(query: ReadActor, store: Store, _: Actor) -> Sealed[ActorAnswer] | None:
    """Return the principal behind a reference; None for an unknown one."""
    found = actor_references.find_actor(store, query.reference)
    return None if found is None else Sealed((query.reference,), lambda: found)


def read_public_key(_: ReadPublicKey, __: Store, vault: Box) -> PublicKeyAnswer | None:
    """Return the key for messages to this service; None while replicas of release 0.2 may take them."""
    if not vault.bound:
        return None
    key = vault.wire_key()
    return PublicKeyAnswer(key_id=key.id, key=base64.urlsafe_b64encode(key.public).decode())


def find_named(query: FindNamed, store: Store, vault: Namer) -> NamedAnswer:
    """Return the thing that the principal has named so."""
    found = external_ids.find_named(store, vault, query.principal, query.kind, query.external_id)
    return NamedAnswer(id=found)


_QUERIES: Final[dict[str, QueryTable]] = {
    "stations": {
        ReadStationsAudit: read_audit,
        ReadStationsAuditBlocks: read_audit_blocks,
        ReadStationsActor: read_actor,
        FindStationsNamed: find_named,
        ReadStationsKey: read_public_key,
    },
    "charity": {
        ReadCharityAudit: read_audit,
        ReadCharityAuditBlocks: read_audit_blocks,
        ReadCharityActor: read_actor,
        FindCharityNamed: find_named,
        ReadCharityKey: read_public_key,
    },
    "volunteering": {
        ReadVolunteeringActor: read_actor,
        ReadVolunteeringAudit: read_audit,
        ReadVolunteeringAuditBlocks: read_audit_blocks,
        FindVolunteeringNamed: find_named,
        ReadVolunteeringKey: read_public_key,
    },
}


_NAMES: Final[dict[str, type[ReadNames]]] = {
    kind.to: kind for kind in (ReadStationsNames, ReadCharityNames, ReadVolunteeringNames)
}


def records(service: str, read_names: QueryHandler) -> Capability:
    """Return the capability of that service for its audit, the actors of its events and the external ids.

    `read_names` opens names, which are sealed by keys of persons, too: `shared.people.read_names`.
    """
    queries = {**_QUERIES[service], _NAMES[service]: read_names}
    chained = {**audit.INDEXES, **audit_blocks.INDEXES, **lease.INDEXES}
    indexes = {**chained, **external_ids.INDEXES, **actor_references.INDEXES}
    return Capability(CAPABILITY_NAME, queries=queries, indexes=indexes)
