"""Messages in, decisions, messages out: inbox, outbox, batching, retry, dead letters, timers.

This face is what handlers and storage use, and it does no I/O; `shared.engine.nameko_extension` runs it.
"""

from shared.engine.desk import Desk
from shared.engine.entity import Entity
from shared.engine.handlers import Handlers, Handling
from shared.engine.incoming import Incoming
from shared.engine.loads import TURN, Get, Load, Query

__all__ = ["TURN", "Desk", "Entity", "Get", "Handlers", "Handling", "Incoming", "Load", "Query"]
