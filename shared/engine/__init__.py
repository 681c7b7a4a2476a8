"""Messages in, decisions, messages out: inbox, outbox, batching, retry, dead letters, timers.

This face is what handlers and storage use, and it does no I/O; `shared.engine.nameko_extension` runs it.
"""

from shared.engine.desk import Desk
from shared.engine.entity import Entity, Evolving
from shared.engine.handlers import Handlers, Handling
from shared.engine.incoming import Incoming
from shared.engine.loads import TURN, Get, Load, Query
from shared.engine.schema import Schema, Step

__all__ = [
    "TURN",
    "Desk",
    "Entity",
    "Evolving",
    "Get",
    "Handlers",
    "Handling",
    "Incoming",
    "Load",
    "Query",
    "Schema",
    "Step",
]
