"""An event of the feed as a webhook sends it. Pure."""

import json
from dataclasses import dataclass
from typing import Any

from shared.engine.decide.schema import Document


@dataclass(frozen=True, slots=True)
class FeedEvent:
    """An event of the feed: the attributes that a thin message has, and the whole CloudEvent as JSON text."""

    position: int
    id: str
    type: str
    source: str
    subject: str
    time: str
    area: str
    text: str

    @property
    def message_id(self) -> str:
        """The `webhook-id` of the event: its source and id. Alone an id repeats: services count versions alike."""
        return f"{self.source.strip('/')}:{self.id}"

    @property
    def thin(self) -> bytes:
        """The message without the event's content, for a receiver that asks for it."""
        shown = {
            "specversion": "1.0", "id": self.id, "type": self.type, "source": self.source, "subject": self.subject,
            "time": self.time,
        }  # fmt: skip
        return json.dumps(shown, ensure_ascii=False, separators=(",", ":")).encode()


def event_of(row: Document) -> FeedEvent:
    """Return the event of a stored item."""
    event: dict[str, Any] = json.loads(row["event"])
    return FeedEvent(
        position=row["cursor"], id=str(event["id"]), type=row["type"], source=str(event["source"]),
        subject=str(event["subject"]), time=str(event["time"]), area=row["area"], text=row["event"],
    )  # fmt: skip
