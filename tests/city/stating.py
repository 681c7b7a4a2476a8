"""The deliveries that stations state and take back, and the time that they give needs, as drawn."""

from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any, Final

from shared.contracts.access import Actor
from shared.contracts.charity.payments import ApprovePayment, ReversePayment
from shared.contracts.messages import Command
from shared.contracts.stations.alerts import ConfirmDismissal, RejectDismissal
from shared.contracts.stations.needs import ConfirmNeed, ExtendNeed, UndoConfirmation
from shared.contracts.stations.reopening import ReopenNeed, Slot
from shared.contracts.volunteering.dispatch import AdjustHours, StateHours
from shared.engine.decide.memory import TESTER
from tests.stories.stage import WITNESS

OF_ANOTHER: Final = StateHours | AdjustHours | ApprovePayment | ReversePayment | ConfirmDismissal | RejectDismissal
"""The steps that another person takes than the one who took the first."""
STATABLE: Final = ("served", "ready", "published")
EXTENDABLE: Final = ("draft", "published", "ready", "in_service")
REOPENABLE: Final = ("unmet", "cancelled")
STATED: Final = ("confirmed", "partly_served", "evaluated")
View = dict[str, Any]


def draw_statement(chance: Random, need: View | None) -> ConfirmNeed | None:
    """Return the amounts that a station states of a need; None for a need without lines."""
    amounts = [] if need is None else need.get("link", {}).get("amounts", [])
    if need is None or not amounts:
        return None
    # Mostly less than is committed; sometimes a line is left out, which then got all of it.
    stated = [{"line_id": a["line_id"], "amount": chance.randint(0, a["committed"])} for a in amounts]
    return ConfirmNeed.model_validate({"need_id": need["_id"], "delivered": stated[chance.randrange(2) :]})


def take_back(need: View | None) -> UndoConfirmation | None:
    """Return the undoing of the need's confirmation."""
    return None if need is None else UndoConfirmation(need_id=need["_id"], reason_code="wrong_amounts")


def draw_more_time(chance: Random, need: View | None, now: datetime) -> ExtendNeed | ReopenNeed | None:
    """Return up to a day more for the need, with which it is reopened where it has ended, mostly for another slot."""
    if need is None:
        return None
    time = timedelta(minutes=chance.randint(10, 24 * 60))
    due = datetime.fromisoformat(need["need"]["due"]) + time
    if need["state"] in REOPENABLE:
        slot = (
            Slot(starts_at=now + time / 4, ends_at=now + time / 2) if "staffing" in need and time.seconds % 4 else None
        )
        return ReopenNeed(need_id=need["_id"], due=now + time, slot=slot, reason_code="still_needed")
    return ExtendNeed(need_id=need["_id"], due=due, reason_code="delivery_delayed")


def draw_adjustment(chance: Random) -> "partial[AdjustHours]":
    """Return the adjustment of the minutes of a service that is still to be chosen."""
    return partial(AdjustHours, minutes=chance.choice((0, 20, 45, 90, 600)), reason_code="recorded_wrongly")


def actor_of(command: Command) -> Actor:
    """Return a second person where the step of a first one is stated again, approved or taken back."""
    second = isinstance(command, OF_ANOTHER)
    return WITNESS if second else TESTER
