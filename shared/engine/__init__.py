"""The engine: it batches incoming messages, has handlers decide, commits, and publishes; with inbox, outbox and timers.

This package offers the names that capabilities use; it does no I/O. `shared.engine.run` runs the engine, and
`shared.engine.run.processor` is the path of a message.
"""

from shared.engine.capability import Capability, Holding, Policy
from shared.engine.decide.entity import Entity, Evolving
from shared.engine.decide.fence import Fence
from shared.engine.decide.handlers import Handler, Handlers, HandlerTable, Handling, Loading, take_turn
from shared.engine.decide.incoming import Incoming
from shared.engine.decide.loads import TURN, Get, Load, Query
from shared.engine.decide.schema import Document, Schema, Step
from shared.engine.decide.unit_of_work import UnitOfWork
from shared.engine.observe.census import Census
from shared.engine.store.queries import QueryTable, Sealed, Store

__all__ = [
    "TURN",
    "Capability",
    "Census",
    "Document",
    "Entity",
    "Evolving",
    "Fence",
    "Get",
    "Handler",
    "HandlerTable",
    "Handlers",
    "Handling",
    "Holding",
    "Incoming",
    "Load",
    "Loading",
    "Policy",
    "Query",
    "QueryTable",
    "Schema",
    "Sealed",
    "Step",
    "Store",
    "UnitOfWork",
    "take_turn",
]
