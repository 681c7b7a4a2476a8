"""Declare the collections and timers of charity, for operations."""

from typing import Final

from services.charity.handlers.waiting import ServeWaiting
from services.charity.storage import INDEXES, SCHEMAS
from shared.engine import Capability
from shared.engine.decide.handlers import Handling
from shared.engine.run.service import Declaration


def _unbound(message: object) -> Handling:
    raise NotImplementedError("the handlers are bound by service.py")


DECLARATION: Final = Declaration(
    "charity",
    (Capability("charity", handlers={ServeWaiting: _unbound}),),
    common_indexes=INDEXES,
    common_schemas=SCHEMAS,
)
