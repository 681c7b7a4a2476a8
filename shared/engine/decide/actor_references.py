"""Actor references (行为人代号): opaque names for actors in events, for rules of other services.

A service gives each principal one reference, so that another service can tell whether two events of it have the same
actor, as recusal (回避) needs, without learning the actor. Only the audited query for an actor resolves it.
"""

from typing import ClassVar, Protocol

from shared.contracts.access import Actor, Reference
from shared.contracts.messages import Command
from shared.engine.decide.entity import Entity
from shared.engine.decide.loads import Get
from shared.engine.decide.unit_of_work import UnitOfWork


class Blinder(Protocol):
    """The part of the vault that draws references."""

    def blind(self, text: str) -> str:
        """Return the keyed hash of the text, 43 characters."""


class ActorReference(Entity):
    """The reference of one principal; its own id is the principal. It never changes."""

    collection: ClassVar[str] = "actor_references"
    reference: Reference
    kind: str


def reference_load(actor: Actor) -> Get[ActorReference]:
    """Return the load that `refer` needs."""
    return Get(ActorReference, actor.principal)


def refer(work: UnitOfWork, vault: Blinder) -> Reference:
    """Return the reference of the command's actor, which is stored at the first use; for the command's event.

    Where one of several commands may be refused alone, call it after its last refusal. The message must have loaded
    `reference_load(message.actor)`.
    """
    message = work.message
    assert isinstance(message.data, Command), "only commands have an actor other than the platform"
    principal = message.actor.principal
    known = work.get(ActorReference, principal)
    if known is not None:
        return known.reference
    # Of the message and not of the principal, so that nobody can try principals; random to all without the data key,
    # and the same when the message is handled again.
    reference = f"actor.{message.data.to}.{vault.blind(f'actor reference of {message.key}')}"
    return work.put(ActorReference(id=principal, reference=reference, kind=message.actor.kind)).reference
