"""An incoming message: an event, a command or a due timer, decoded and validated."""

from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Literal, TypeVar

from shared.contracts.access import SYSTEM, Actor
from shared.contracts.envelope import CloudEvent

D_co = TypeVar("D_co", covariant=True)
Realm = Literal["event", "command", "timer"]


@dataclass(frozen=True, slots=True)
class Incoming(Generic[D_co]):
    """A message for a handler, the same for all three realms.

    `key` is the deduplication key: the same message arrives with the same key however often it is delivered. `id` is
    the id that events caused by this message carry as `causationid`; of an event it is the key, because the events of
    several aggregates may share an id. `time` is when an event happened, a command was sent or a timer was due (UTC).
    `fingerprint` is the hash of a command's type and body: one key with two fingerprints is a misused idempotency key.
    `actor` acts by it: of events and timers that is the platform itself. `event` is the whole envelope and `raw` its
    body as received; both are None for commands and timers.
    """

    realm: Realm
    key: str
    id: str
    type: str
    data: D_co
    time: datetime
    correlation: str
    traceparent: str
    fingerprint: str = ""
    event: CloudEvent | None = None
    raw: bytes | None = None
    actor: Actor = SYSTEM

    @property
    def version(self) -> int:
        """The version of the aggregate after the event. Only events have one."""
        assert self.event is not None, "only an event has the version of an aggregate"
        return self.event.version
