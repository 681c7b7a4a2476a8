"""The envelope of an event: CloudEvents 1.0 in structured JSON mode, on the wire and in the stores.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md, with the extensions sequence, correlation
(`correlationid`, `causationid`), distributed tracing (`traceparent`) and partitioning.
"""

from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints, create_model

from shared.contracts.areas import area_segments
from shared.contracts.messages import EVENTS, E, EventData

_set: Final = object.__setattr__
CONTENT_TYPE: Final = "application/cloudevents+json"
SEQUENCE_DIGITS: Final = 10
"""A `sequence` is compared as text, so it is filled with zeros to one length."""
SCHEMAS: Final = "lianshan:/schemas/"
"""The start of `dataschema`, which CloudEvents requires to be an absolute URI. It is no address: a platform has none
that the events of all its installations could name.
"""
MAX_EVENT_BYTES: Final = 64 * 1024
"""The size that every intermediary has to forward (CloudEvents 1.0, "Size Limits"); a larger event is its sender's
fault.
"""


class CloudEvent(BaseModel):
    """One event. `source` and `id` together are its deduplication key, `subject` is the id of the aggregate.

    `sequence` is the aggregate's version, zero-padded to ten digits; `causationid` is the id of the message that caused
    the event, `correlationid` that of the first message of the chain; `area` is an administrative code, or empty.
    """

    model_config = ConfigDict(frozen=True, extra="allow")

    specversion: Literal["1.0"] = "1.0"
    id: str
    source: str
    type: str
    subject: str
    time: datetime
    datacontenttype: str = "application/json"
    dataschema: str = ""
    sequence: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,19}$")]
    partitionkey: str = ""
    correlationid: str
    causationid: str
    traceparent: str
    area: str = ""
    data: Any = None

    @property
    def key(self) -> str:
        """The deduplication key: the same event arrives with the same key however often it is delivered."""
        return f"{self.source}#{self.id}"

    @property
    def instant(self) -> datetime:
        """The time of the event; another program's time without an offset counts as UTC."""
        return self.time if self.time.tzinfo is not None else self.time.replace(tzinfo=UTC)

    @property
    def version(self) -> int:
        """The version of the aggregate after the event."""
        return int(self.sequence)


def event_path(event_type: str) -> str:
    """Return the path of an event's schema: `stations/events/stations.need.published.json`."""
    return f"{event_type.partition('.')[0]}/events/{event_type}.json"


def routing_key(event_type: str, area: str) -> str:
    """Return the routing key: `stations.need.published` in 110102009 gives `stations.need.published.11.01.02.009`.

    With the area in segments a queue may be bound to the events of one district, `stations.need.published.11.01.02.#`.
    """
    return ".".join([event_type, *area_segments(area)])


def to_cloud_event(
    data: EventData, *, subject: str, version: int, nth: int, time: datetime, area: str,
    correlation: str, causation: str, traceparent: str,
) -> CloudEvent:  # fmt: skip
    """Return the event about version `version` of `subject`; `nth` numbers the events of one version from 0.

    The id follows from these three, so that a message that is handled again causes the same events.
    """
    source, schema = _origin(data.type)
    fields: dict[str, object] = {
        "specversion": "1.0",
        "id": f"{subject}.{version}.{nth}",
        "source": source,
        "type": data.type,
        "subject": subject,
        "time": time,
        "datacontenttype": "application/json",
        "dataschema": schema,
        "sequence": str(version).zfill(SEQUENCE_DIGITS),
        "partitionkey": subject,
        "correlationid": correlation,
        "causationid": causation,
        "traceparent": traceparent,
        "area": area,
        "data": data,
    }
    # Put together without validation, which costs three times as much: the engine has made every value.
    event = CloudEvent.__new__(CloudEvent)
    _set(event, "__dict__", fields)
    _set(event, "__pydantic_fields_set__", set(fields))
    _set(event, "__pydantic_extra__", {})
    _set(event, "__pydantic_private__", None)
    return event


@cache
def _origin(event_type: str) -> tuple[str, str]:
    """Return the source and the schema of the events of a type."""
    service, kind, _ = event_type.split(".", 2)
    return f"/{service}/{kind}", f"{SCHEMAS}{event_path(event_type)}"


def read_event(body: bytes | str) -> CloudEvent:
    """Return the event of a JSON body; its data as a model where the type is known, else as JSON.

    Raises pydantic.ValidationError.
    """
    event = CloudEvent.model_validate_json(body)
    known = EVENTS.get(event.type)
    if known is None:
        return event
    # In two passes; `typed_envelope` needs one, where the type is known before the body is read.
    return event.model_copy(update={"data": read_data(known, event.data)})


def read_data(known: type[E], data: object) -> E:
    """Return an event's data without the fields that a newer sender has added to it or its parts.

    Raises pydantic.ValidationError.
    """
    return known.model_validate(data, extra="ignore")


def typed_envelope(event_type: str) -> type[CloudEvent] | None:
    """Return the envelope class with the data of that type, which reads both in one pass; None for an unknown type."""
    known = EVENTS.get(event_type)
    return None if known is None else _make_typed(known)


@cache
def _make_typed(known: type[EventData]) -> type[CloudEvent]:
    return create_model(f"CloudEvent_{known.__name__}", __base__=CloudEvent, data=(known, ...))
