"""CloudEvents 1.0 in structured JSON mode, as every event travels and is stored.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md, with the extensions sequence, correlation
(`correlationid`, `causationid`), distributed tracing (`traceparent`) and partitioning.
"""

from datetime import datetime
from functools import cache
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, create_model

from shared.contracts.areas import area_segments
from shared.contracts.messages import EVENTS, E, EventData

CONTENT_TYPE: Final = "application/cloudevents+json"
SEQUENCE_DIGITS: Final = 10
SCHEMAS: Final = "lianshan:/schemas/events/"
"""`dataschema` has to be absolute, unlike `source`; a platform has no address of its own that all events could name."""
MAX_EVENT_BYTES: Final = 64 * 1024
"""What the specification asks every intermediary to carry; a larger event is the speaker's mistake."""


class CloudEvent(BaseModel):
    """One event. Dedupe on `source` + `id`; `subject` is the aggregate's id, `sequence` its version, zero-padded."""

    model_config = ConfigDict(frozen=True, extra="allow")

    specversion: Literal["1.0"] = "1.0"
    id: str
    source: str
    type: str
    subject: str
    time: datetime
    datacontenttype: str = "application/json"
    dataschema: str = ""
    sequence: str
    partitionkey: str = ""
    correlationid: str
    causationid: str
    traceparent: str
    area: str = ""
    data: Any = None

    @property
    def key(self) -> str:
        """What makes it the same event when it arrives again."""
        return f"{self.source}#{self.id}"

    @property
    def version(self) -> int:
        """The aggregate's version after this happened."""
        return int(self.sequence)


def routing_key(event_type: str, area: str) -> str:
    """`stations.need.published` in 110102009 → `stations.need.published.11.01.02.009`."""
    return ".".join([event_type, *area_segments(area)])


def to_cloud_event(
    data: EventData, *, subject: str, version: int, nth: int, time: datetime, area: str,
    correlation: str, causation: str, traceparent: str,
) -> CloudEvent:  # fmt: skip
    """Wrap what happened to `subject`; `nth` tells apart the events of one version."""
    service, kind, _ = data.type.split(".", 2)
    return CloudEvent(
        specversion="1.0",
        id=f"{subject}.{version}.{nth}",
        source=f"/{service}/{kind}",
        type=data.type,
        subject=subject,
        time=time,
        datacontenttype="application/json",
        dataschema=f"{SCHEMAS}{data.type}.json",
        sequence=str(version).zfill(SEQUENCE_DIGITS),
        partitionkey=subject,
        correlationid=correlation,
        causationid=causation,
        traceparent=traceparent,
        area=area,
        data=data,
    )


def read_event(body: bytes | str) -> CloudEvent:
    """Parse and check an envelope and, where its type is known, its data. Raises pydantic.ValidationError."""
    event = CloudEvent.model_validate_json(body)
    known = EVENTS.get(event.type)
    if known is None:
        return event
    return event.model_copy(update={"data": read_data(known, event.data)})


def read_data(known: type[E], data: Any) -> E:
    """An event's data, without what a newer speaker has added to it or to its parts. Raises ValidationError."""
    return known.model_validate(data, extra="ignore")


def typed_envelope(event_type: str) -> type[CloudEvent] | None:
    """The envelope whose data is of that type, to read both in one pass; None for a type that is not known."""
    known = EVENTS.get(event_type)
    return None if known is None else _typed(known)


@cache
def _typed(known: type[EventData]) -> type[CloudEvent]:
    return create_model(f"CloudEvent_{known.__name__}", __base__=CloudEvent, data=(known, ...))
