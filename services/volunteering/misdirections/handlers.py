"""The handlers of misdirections, and the report that another capability makes in its own decision."""

from typing import Final

from services.volunteering.misdirections.domain import (
    CHECK_WITHIN,
    Misdirection,
    MisdirectionDue,
    find_deadline,
    find_next_step,
    reminded,
    reopened,
    reported,
    resolved,
)
from services.volunteering.misdirections.storage import LastMisdirections
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


def end_by_departure(work: UnitOfWork, volunteer_ids: tuple[str, ...]) -> None:
    """End the open misdirections of a volunteer who leaves: nobody has to check the contact.

    The work has loaded LastMisdirections of these ids, all that the volunteer has.
    """
    for before in work.find(LastMisdirections(volunteer_ids)):
        if before.state == "open":
            asked = ResolveMisdirection(id=before.id, outcome="volunteer_left")
            MISDIRECTIONS.store(work, before, resolved(asked, before, work.now), MisdirectionResolved)


def reopen_on_return(work: UnitOfWork, volunteer_ids: tuple[str, ...]) -> None:
    """Open the last misdirection of a volunteer who is back, where it ended by the departure: the doubt has stayed.

    The work has loaded LastMisdirections of these ids, all that the volunteer has.
    """
    for before in work.find(LastMisdirections(volunteer_ids))[:1]:
        if before.state == "volunteer_left":
            MISDIRECTIONS.store(work, before, reopened(before, work.now), MisdirectionReported)
