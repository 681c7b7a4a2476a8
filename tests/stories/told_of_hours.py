"""The stories of hours: stated, adjusted, and credited once."""

from datetime import timedelta

import pytest

from shared.contracts import Refused
from shared.contracts.stations.needs import CancelNeed, ConfirmNeed
from shared.contracts.volunteering.dispatch import AcceptOffer, AdjustHours, CheckIn, CheckOut, DeclineOffer, StateHours
from tests.stories.stage import HOUR, WITNESS, Document, Stage
from tests.stories.told import lets_time_pass

HALF: timedelta = HOUR / 2


def come(city: Stage) -> tuple[str, str]:
    """Have a volunteer come to a need at nine, when its slot of an hour and a half begins; return need and dispatch."""
    city.to_morning()  # standing acceptance rests at night
    (station,) = city.open_stations(city.home)
    city.volunteer(city.home, standing=True)
    need = city.ask(station, people=1)
    city.reaches(need, "ready")
    (dispatch,) = (row["_id"] for row in city.dispatches(need, "accepted"))
    city.wait(HALF)
    city.send(CheckIn(dispatch_id=dispatch))
    city.reaches(need, "in_service")
    return need, dispatch


def part(city: Stage, need: str) -> Document:
    """Return the one dispatch as it is shown, with its minutes and reasons."""
    (row,) = city.dispatches(need)
    found: Document = {**row["part"], "state": row["state"]}
    return found


def balance(city: Stage, need: str) -> int:
    """Return the minutes that the volunteer of the need has, 0 until an account is shown."""
    (row,) = city.dispatches(need)
    shown = (account["balance_minutes"] for account in city.shown("timebank") if account["_id"] == row["volunteer_id"])
    return next(shown, 0)


@lets_time_pass
def a_second_person_puts_credited_minutes_right_and_the_need_stays_as_it_is(city: Stage) -> None:
    need, dispatch = come(city)
    city.wait(HOUR)
    city.send(CheckOut(dispatch_id=dispatch))
    city.reaches(need, "served")
    city.send(ConfirmNeed(need_id=need))
    city.until(lambda: balance(city, need) >= 60, "the hour is credited")
    seen = city.need(need)["seen"]
    adjusted = AdjustHours(dispatch_id=dispatch, minutes=45, reason_code="left_earlier")
    with pytest.raises(Refused) as refused:
        city.send(adjusted)
    assert refused.value.rule == "own_act", "not the one who has checked the volunteer in"
    city.send(adjusted, WITNESS)
    city.until(lambda: balance(city, need) == 45, "45 minutes stand")
    city.until(lambda: part(city, need)["stated_for"] == "left_earlier", "with the reason")
    assert (part(city, need)["minutes"], part(city, need)["state"]) == (45, "credited")
    assert (city.need(need)["state"], city.need(need)["seen"]) == ("confirmed", seen)


@lets_time_pass
def a_need_cancelled_during_its_service_credits_those_who_have_served(city: Stage) -> None:
    city.to_morning()
    (station,) = city.open_stations(city.home)
    city.volunteers(city.home, 2, standing=True)
    need = city.ask(station, people=2)
    city.reaches(need, "ready")
    city.wait(HALF)
    left, stays = (row["_id"] for row in city.dispatches(need, "accepted"))
    city.send(CheckIn(dispatch_id=left))
    city.send(CheckIn(dispatch_id=stays))
    city.wait(HALF)
    city.send(CheckOut(dispatch_id=left))
    city.until(lambda: bool(city.dispatches(need, "checked_out")), "the first has left")
    city.wait(HALF)
    city.send(CancelNeed(need_id=need, reason_code="no_longer_needed"))
    city.until(lambda: len(city.dispatches(need, "credited")) == 2, "both are credited")
    minutes = {row["_id"]: row["part"]["minutes"] for row in city.dispatches(need)}
    assert 30 <= minutes[left] < 60 <= minutes[stays] < 90, "the one until the check-out, the other until the end"
    assert city.need(need)["state"] == "cancelled"


@lets_time_pass
def one_who_cannot_stay_until_the_slot_begins_withdraws_and_is_replaced(city: Stage) -> None:
    city.to_morning()
    (station,) = city.open_stations(city.home)
    first, second = city.volunteer(city.home), city.volunteer(city.home)
    need = city.ask(station, people=1)
    city.offers(need, 2)
    (own,) = (row["_id"] for row in city.dispatches(need) if row["volunteer_id"] == first)
    city.send(AcceptOffer(dispatch_id=own))
    city.send(CheckIn(dispatch_id=own))
    city.reaches(need, "in_service")
    with pytest.raises(Refused) as refused:
        city.send(CheckOut(dispatch_id=own))
    assert refused.value.rule == "slot_not_begun", "nothing is served before the slot begins"
    city.send(DeclineOffer(dispatch_id=own))
    city.reaches(need, "published")
    (again,) = city.offers(need, 1)
    assert [row["volunteer_id"] for row in city.dispatches(need, "offered")] == [second]
    city.send(AcceptOffer(dispatch_id=again))
    city.reaches(need, "ready")


@lets_time_pass
def a_forgotten_check_out_is_stated_by_a_second_person_and_not_by_who_checked_in(city: Stage) -> None:
    need, dispatch = come(city)
    begun = city.now()
    city.wait(4 * HOUR)
    city.until(lambda: bool(part(city, need)["hours_due"]), "somebody has to state the time")
    city.send(ConfirmNeed(need_id=need))
    city.reaches(need, "confirmed")
    stated = StateHours(dispatch_id=dispatch, left_at=begun + HOUR, reason_code="forgot_check_out")
    with pytest.raises(Refused) as refused:
        city.send(stated)
    assert refused.value.rule == "own_act"
    assert balance(city, need) == 0
    city.send(stated, WITNESS)
    city.until(lambda: balance(city, need) >= 60, "an hour is credited")
