"""A message that has arrived and is understood."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Literal, TypeVar

from shared.contracts.envelope import CloudEvent

D_co = TypeVar("D_co", covariant=True)
Realm = Literal["event", "command", "timer"]


@dataclass(frozen=True, slots=True)
class Incoming(Generic[D_co]):
    """An event, a command or a timer, whatever way it came.

    `key` is what makes it the same message when it arrives again; `id` is what later messages name as their
    cause (of an event its key: the link and the staffing of a need speak with the same ids). `event` is the whole
    envelope where it came as an event.
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
    raw: Any = None

    @property
    def version(self) -> int:
        """The version of the aggregate that an event speaks of."""
        assert self.event is not None, "only an event has the version of an aggregate"
        return self.event.version
