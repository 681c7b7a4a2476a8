"""Statements of the time of a service by a second person, and the rules for them."""

from datetime import datetime

from services.volunteering.dispatch.domain.attendance import awaits_statement
from services.volunteering.dispatch.domain.staffing import Dispatch, Staffing
from services.volunteering.timebank.domain.service_minutes import Span
from shared.contracts.refusals import Refused
from shared.contracts.volunteering.dispatch import StateHours


def stated_presence(staffing: Staffing, dispatch: Dispatch, stated: StateHours, now: datetime) -> Span:
    """Return the presence that is stated.

    Raises Refused: "wrong_state" unless the volunteer is checked in, or checked out and not credited; "invalid" where
    it ends before it begins, or later than now.
    """
    if dispatch.state not in {"checked_in", "checked_out"} and not awaits_statement(staffing, dispatch):
        raise Refused(
            "wrong_state",
            "dispatch_not_in_state",
            field="dispatch_id",
            state=dispatch.state,
            action="state_hours",
            allowed="checked_in,checked_out",
        )
    came = stated.came_at or dispatch.checked_in_at or staffing.starts_at
    if stated.left_at < came:
        raise Refused("invalid", "left_before_coming", field="left_at", came_at=came.isoformat())
    if stated.left_at > now:
        raise Refused("invalid", "left_in_future", field="left_at", now=now.isoformat())
    return Span(came, stated.left_at)
