"""Declare the collections and timers of volunteering, for operations."""

from typing import Final

from services.volunteering.settle import PatrolDue, StaffingDue
from services.volunteering.storage import INDEXES, SCHEMAS
from shared.engine import Capability
from shared.engine.decide.handlers import Handling
from shared.engine.run.service import Declaration


def _unbound(message: object) -> Handling:
    raise NotImplementedError("the handlers are bound by service.py")


DECLARATION: Final = Declaration(
    "volunteering",
    (Capability("volunteering", handlers={StaffingDue: _unbound, PatrolDue: _unbound}),),
    common_indexes=INDEXES,
    common_schemas=SCHEMAS,
)
