"""Events as a backup handles them: their envelope, and the rows in which an outbox keeps them."""

from datetime import datetime
from typing import TypedDict

from pydantic import BaseModel, ValidationError
from pydantic_core import from_json

from shared.contracts.envelope import routing_key


class EventRow(TypedDict):
    """An event as an outbox keeps it: routing key, body, inbox key, type, correlation."""

    k: str
    b: bytes
    i: str
    t: str
    c: str


class Envelope(BaseModel):
    """The fields of an event that a backup reads."""

    id: str
    source: str
    type: str
    time: datetime
    area: str = ""
    correlationid: str = ""
    causationid: str = ""

    @property
    def key(self) -> str:
        """Return the key by which an inbox knows the event."""
        return f"{self.source}#{self.id}"

    @property
    def publisher(self) -> str:
        """Return the service that published it; a stranger's event has none of ours."""
        return self.source.removeprefix("/").partition("/")[0]

    def row(self, body: bytes) -> EventRow:
        """Return the event as an outbox keeps it."""
        key = routing_key(self.type, self.area)
        return {"k": key, "b": body, "i": self.key, "t": self.type, "c": self.correlationid}


def read_envelope(body: bytes | str) -> Envelope | None:
    """Return the envelope of an event; None for a body that is no event."""
    try:
        return Envelope.model_validate(from_json(body))
    except (ValueError, ValidationError):
        return None
