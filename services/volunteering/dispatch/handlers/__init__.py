"""The handlers of dispatch: the table from message to function."""

from typing import Final

from services.volunteering.dispatch.handlers.check_in_out import check_in, check_out
from services.volunteering.dispatch.handlers.offers import accept_offer, decline_offer
from services.volunteering.dispatch.handlers.publication import staff_need
from services.volunteering.dispatch.handlers.recheck import recheck_staffing, run_patrol
from services.volunteering.dispatch.handlers.release import (
    credit_confirmed,
    follow_request,
    release_cancelled,
    release_unmet,
)
from services.volunteering.dispatch.handlers.statements import adjust_hours, state_hours
from services.volunteering.dispatch.timers import PatrolDue, StaffingDue
from shared.contracts.stations.amending import NeedAmended
from shared.contracts.stations.needs import ConfirmationUndone, NeedCancelled, NeedConfirmed, NeedPublished, NeedUnmet
from shared.contracts.stations.reopening import EndUndone
from shared.contracts.volunteering.dispatch import AcceptOffer, AdjustHours, CheckIn, CheckOut, DeclineOffer, StateHours
from shared.engine import HandlerTable

HANDLERS: Final[HandlerTable] = {
    NeedPublished: staff_need,
    NeedCancelled: release_cancelled,
    NeedUnmet: release_unmet,
    NeedConfirmed: credit_confirmed,
    ConfirmationUndone: follow_request,
    EndUndone: follow_request,
    NeedAmended: follow_request,
    AcceptOffer: accept_offer,
    DeclineOffer: decline_offer,
    CheckIn: check_in,
    CheckOut: check_out,
    StateHours: state_hours,
    AdjustHours: adjust_hours,
    StaffingDue: recheck_staffing,
    PatrolDue: run_patrol,
}
