"""Messages in, decisions, messages out: inbox, outbox, batching, retry, dead letters, timers.

This face is what handlers and storage use, and it does no I/O; `shared.engine.run.nameko_extension` runs it.
"""

from shared.engine.capability import Capability, Policy
from shared.engine.decide.entity import Entity, Evolving
from shared.engine.decide.handlers import Handler, Handlers, HandlerTable, Handling, Loading, take_turn
from shared.engine.decide.incoming import Incoming
from shared.engine.decide.loads import TURN, Get, Load, Query
from shared.engine.decide.schema import Schema, Step
from shared.engine.decide.unit_of_work import UnitOfWork
from shared.engine.observe.census import Census

__all__ = [
    "TURN",
    "Capability",
    "Census",
    "Entity",
    "Evolving",
    "Get",
    "Handler",
    "HandlerTable",
    "Handlers",
    "Handling",
    "Incoming",
    "Load",
    "Loading",
    "Policy",
    "Query",
    "Schema",
    "Step",
    "UnitOfWork",
    "take_turn",
]
