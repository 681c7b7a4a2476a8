"""Declare the collections and timers of stations, for operations."""

from typing import Final

from services.stations.handlers import NeedDue
from services.stations.storage import INDEXES, SCHEMAS
from shared.engine import Capability
from shared.engine.decide.handlers import Handling
from shared.engine.run.service import Declaration


def _unbound(message: object) -> Handling:
    raise NotImplementedError("the handlers are bound by service.py")


DECLARATION: Final = Declaration(
    "stations",
    (Capability("stations", handlers={NeedDue: _unbound}),),
    common_indexes=INDEXES,
    common_schemas=SCHEMAS,
)
