"""The grant of a credential: the actor in whose name a request acts, and the bounds of that. Pure."""

from dataclasses import dataclass
from datetime import datetime

from shared.contracts.access import Actor


@dataclass(frozen=True, slots=True)
class Grant:
    """The actor behind a credential, its own rate in requests a second, and the instant (UTC) at which it ends.

    Without a rate of its own the gateway's holds; without an end it lasts until it is revoked.
    """

    actor: Actor
    rate: int | None = None
    ends_at: datetime | None = None

    def has_ended(self, now: datetime) -> bool:
        """Return whether the credential had an end, and it is over."""
        return self.ends_at is not None and self.ends_at <= now


def acts_by_key(actor: Actor) -> bool:
    """Return whether a key of this platform stands behind the actor, and no token of a provider of identities."""
    return actor.on_behalf_of is not None
