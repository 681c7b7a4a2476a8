"""The grant of a credential: the actor in whose name a request acts, and the bounds of that. Pure."""

from dataclasses import dataclass
from datetime import datetime

from shared.contracts.access import Actor


@dataclass(frozen=True, slots=True)
class Grant:
    """The actor behind a credential, its own rate in requests a second, and the instant (UTC) at which it ends.

    Without a rate of its own the gateway's holds; without an end it lasts until it is revoked. `session_id` is the id
    of the session of a person who has signed in.
    """

    actor: Actor
    rate: int | None = None
    ends_at: datetime | None = None
    session_id: str | None = None

    def has_ended(self, now: datetime) -> bool:
        """Return whether the credential had an end, and it is over."""
        return self.ends_at is not None and self.ends_at <= now

    @property
    def stored_id(self) -> str | None:
        """The id of the key or session that may be revoked; None for a token, which is stored nowhere."""
        return self.session_id or (self.actor.id if acts_by_key(self.actor) else None)


def acts_by_key(actor: Actor) -> bool:
    """Return whether a key of this platform stands behind the actor, and no token or session of a person."""
    return actor.on_behalf_of is not None
