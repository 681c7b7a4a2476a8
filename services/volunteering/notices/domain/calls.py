"""A call (代为致电) by the station in the place of a notice that could not reach its volunteer."""

from datetime import datetime
from typing import ClassVar

from services.volunteering.dispatch.domain.staffing import Dispatch
from services.volunteering.notices.domain.notices import CALLED, Notice, Part, is_fitting
from shared.contracts.plain import NextStep
from shared.contracts.refusals import Refused
from shared.contracts.volunteering.notices import CallOutcome, CallReason, EndCall, NoticeTemplate, VolunteerCallShape
from shared.engine.plain import Aggregate
from shared.engine.reminders import Due


class Call(VolunteerCallShape, Aggregate):
    """One for each notice at most; its id is derived from the notice's."""

    collection: ClassVar[str] = "calls"


class CallOver(Due):
    """The time of a call is over."""

    type: ClassVar[str] = "volunteering.call_over"


def make_call_id(dispatch_id: str, template: NoticeTemplate) -> str:
    """Return the id of the call in the place of the notice of that template about the dispatch."""
    return f"call_{dispatch_id}.{template}"


def opened(notice: Notice, why: CallReason, part: Part, known: Call | None, now: datetime) -> Call | None:
    """Return the call in the place of the notice; None where the notice brings no news, or a call would be too late."""
    staffing, dispatch = part
    due = (dispatch.expires_at if notice.template == "offer" else None) or notice.starts_at or staffing.starts_at
    if known is not None or notice.template not in CALLED or due <= now:
        return None
    return Call(
        id=make_call_id(notice.dispatch_id, notice.template), version=0, area=staffing.area,
        dispatch_id=notice.dispatch_id, need_id=staffing.id, volunteer_id=notice.volunteer_id,
        template=notice.template, state="open", reason=why, opened_at=now, due=due,
    )  # fmt: skip


def called(asked: EndCall, before: Call, now: datetime) -> Call:
    """Return the call as the station has made it. Raises Refused("wrong_state") where it is not open."""
    if before.state != "open":
        raise Refused("wrong_state", "call_not_open", field="id", state=before.state)
    return _ended(before, asked.outcome, now)


def followed(before: Call, dispatch: Dispatch, now: datetime) -> Call:
    """Return the call as its dispatch has it: answered, over, or open as before."""
    if before.state != "open" or is_fitting(before.template, dispatch.state):
        return before
    answered = before.template == "offer" and dispatch.state in {"accepted", "declined"}
    return _ended(before, "answered" if answered else "over", now)


def over(before: Call, now: datetime) -> Call:
    """Return the call as over; itself before its time, and where it has ended."""
    return _ended(before, "over", now) if before.state == "open" and before.due <= now else before


def ended_by_delivery(before: Call, now: datetime) -> Call:
    """Return the call as ended: the telephone has got the notice after all. Itself where it is for another reason."""
    if before.state != "open" or before.reason != "not_delivered":
        return before
    return _ended(before, "delivered", now)


def find_next_step(call: Call) -> NextStep | None:
    """Return the call that the station has to make; None once it has ended."""
    if call.state != "open":
        return None
    args = {"volunteer": call.volunteer_id, "template": call.template, "why": call.reason}
    return NextStep(code="call_volunteer", args=args, due=call.due)


def find_deadline(call: Call) -> tuple[datetime, Due] | None:
    """Return the instant at which an open call ends by itself."""
    return (call.due, CallOver(id=call.id)) if call.state == "open" else None


def _ended(before: Call, outcome: CallOutcome, now: datetime) -> Call:
    return before.model_copy(update={"state": "ended", "outcome": outcome, "ended_at": now})
