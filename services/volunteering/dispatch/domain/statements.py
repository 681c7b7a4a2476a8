"""Statements of the time of a service, and adjustments of its minutes, by a second person: the rules for them."""

from collections.abc import Collection
from datetime import datetime

from services.volunteering.dispatch.domain.attendance import awaits_statement
from services.volunteering.dispatch.domain.staffing import Dispatch, Staffing
from services.volunteering.timebank.domain.service_minutes import Span
from shared.contracts.access import Actor
from shared.contracts.clocks import CLOCKS_APART
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
    if stated.left_at > now + CLOCKS_APART:
        raise Refused("invalid", "left_in_future", field="left_at", now=now.isoformat())
    return Span(came, stated.left_at)


def require_second_person(
    staffing: Staffing, dispatch: Dispatch, actor: Actor, reference: str | None, ids: Collection[str]
) -> None:
    """Refuse the actor who checked the volunteer in or out, and the volunteer: Refused("not_allowed", rule "own_act").

    `reference` is the actor's, None for one who has none yet; `ids` are those of the volunteer's person. A key acts for
    its principal as one actor. Mutual checks in the division of duties: Internal Control of Administrative Institutions
    (财会〔2012〕21号), art. 5 (3).
    """
    if actor.principal in ids or (dispatch.id, reference) in staffing.recorded_by:
        raise Refused("not_allowed", "own_act", field="dispatch_id")


def require_credited(staffing: Staffing, dispatch: Dispatch) -> None:
    """Refuse an adjustment of minutes that are not credited yet: Refused("wrong_state"); their time is stated."""
    if dispatch.state != "credited" or awaits_statement(staffing, dispatch):
        raise Refused(
            "wrong_state",
            "dispatch_not_in_state",
            field="dispatch_id",
            state=dispatch.state,
            action="adjust_hours",
            allowed="credited",
        )
