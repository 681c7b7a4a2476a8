"""Events as the feed, its stream and webhooks give them: CloudEvents 1.0 in structured JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class Event(TypedDict):
    """Something that happened. No event carries personal data.

    `source` and `id` together are unique: an event that comes again has the same. `sequence` is the version of the
    thing that `subject` names. The JSON Schema of `data` is at the path behind `lianshan:` in `dataschema`; fields that
    it does not list are those of a newer release.
    """

    specversion: str
    id: str
    source: str
    type: str
    subject: str
    time: str
    data: dict[str, Any]
    dataschema: str
    datacontenttype: str
    sequence: str
    area: NotRequired[str]
    partitionkey: NotRequired[str]
    correlationid: NotRequired[str]
    causationid: NotRequired[str]
    traceparent: NotRequired[str]


class FeedEntry(TypedDict):
    """An event of the feed with its cursor: keep it when the event has been dealt with, and go on after it."""

    cursor: str | int
    event: Event
