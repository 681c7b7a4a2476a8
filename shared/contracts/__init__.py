"""What services say to each other: events (past tense), commands (imperative), queries; one module a speaker."""

from shared.contracts.areas import ancestors, area_segments, is_area_code
from shared.contracts.envelope import CloudEvent, read_event, routing_key, to_cloud_event
from shared.contracts.messages import Command, EventData, Message, Timer
from shared.contracts.refusals import Refused

__all__ = [
    "CloudEvent",
    "Command",
    "EventData",
    "Message",
    "Refused",
    "Timer",
    "ancestors",
    "area_segments",
    "is_area_code",
    "read_event",
    "routing_key",
    "to_cloud_event",
]
