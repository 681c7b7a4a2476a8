"""The handlers of misdirections, and the report that another capability makes in its own decision."""

from typing import Final

from services.volunteering.misdirections.domain import (
    CHECK_WITHIN,
    Misdirection,
    MisdirectionDue,
    find_deadline,
    find_next_step,
    reminded,
    reported,
    resolved,
)
from shared.contracts.volunteering.misdirections import (
    MisdirectionReminded,
    MisdirectionReported,
    MisdirectionResolved,
    MisdirectionShape,
    ResolveMisdirection,
)
from shared.engine import HandlerTable, UnitOfWork
from shared.engine.deadlines import Deadlines
from shared.engine.plain import Plain

MISDIRECTIONS: Final = Plain(
    Misdirection, "misdirection", MisdirectionShape, find_next_step, deadline=find_deadline
)  # fmt: skip
DEADLINES: Final = Deadlines(
    MISDIRECTIONS, "misdirections", open={"state": "open"}, ahead={"check_contact": CHECK_WITHIN}
)
HANDLERS: Final[HandlerTable] = {
    ResolveMisdirection: MISDIRECTIONS.change(resolved, MisdirectionResolved),
    MisdirectionDue: MISDIRECTIONS.expire(reminded, MisdirectionReminded),
}


def report_misdirection(work: UnitOfWork, volunteer_id: str, area: str, dispatch_id: str) -> None:
    """Open a misdirection of the volunteer, who lives in the area, in the decision at hand."""
    one = reported(work.new_id(MISDIRECTIONS.kind), (volunteer_id, area), dispatch_id, work.now)
    MISDIRECTIONS.store(work, None, one, MisdirectionReported)
