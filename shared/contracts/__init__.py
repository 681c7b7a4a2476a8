"""The contracts between services: events (past tense), commands (imperative), queries and their answers.

One package for each service, with one module for each capability.
"""

from shared.contracts.areas import ancestors, area_segments, is_area_code
from shared.contracts.envelope import CloudEvent, read_event, routing_key, to_cloud_event
from shared.contracts.messages import AuditedQuery, AuditedSearch, Command, EventData, Message, Query, Timer
from shared.contracts.refusals import Refused

__all__ = [
    "AuditedQuery",
    "AuditedSearch",
    "CloudEvent",
    "Command",
    "EventData",
    "Message",
    "Query",
    "Refused",
    "Timer",
    "ancestors",
    "area_segments",
    "is_area_code",
    "read_event",
    "routing_key",
    "to_cloud_event",
]
