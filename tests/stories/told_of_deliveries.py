"""The stories of deliveries: all, a part, and a part that is still to come."""

import pytest

from shared.contracts import Refused
from shared.contracts.need_parts import LineDelivered
from shared.contracts.stations.needs import ConfirmNeed, UndoConfirmation
from shared.contracts.volunteering.dispatch import CheckIn, CheckOut
from tests.stories.stage import HOUR, NOW, Stage
from tests.stories.told import lets_time_pass, story


def confirm(city: Stage, need: str, quilts: int) -> None:
    """State that so many quilts were delivered of the one line of the need."""
    city.send(ConfirmNeed(need_id=need, delivered=(LineDelivered(line_id="l1", amount=quilts),)))


def delivered(city: Stage, need: str) -> list[int]:
    """Return the amounts that charity has posted, line by line."""
    return [amount["fulfilled"] for amount in city.need(need).get("link", {}).get("amounts", ())]


@story
def ninety_five_of_ninety_nine_are_handed_out_and_the_rest_helps_whoever_waits(city: Stage) -> None:
    (station,) = city.open_stations(city.home)
    city.give(station, city.home, 99)
    need = city.ask(station, quilts=100)
    city.until(lambda: city.reserved(station) == (99, 99), "what there is is kept for the need")
    waiting = city.ask(station, quilts=3)
    city.until(lambda: bool(city.need(waiting).get("link", {}).get("waiting")), "the other need waits")
    confirm(city, need, 95)
    city.reaches(need, "partly_served")
    city.until(lambda: delivered(city, need) == [95], "what was handed out is posted")
    city.reaches(waiting, "ready")
    city.until(lambda: city.reserved(station) == (4, 3), "the other need has what was left, and one is free")


@story
def a_served_need_waits_for_its_goods_and_gets_those_that_come_later(city: Stage) -> None:
    (station,) = city.open_stations(city.home)
    city.volunteer(city.home, standing=True)
    need = city.ask(station, quilts=2, people=1, begins=NOW)
    city.until(lambda: len(city.dispatches(need, "accepted")) == 1, "the volunteer comes")
    (dispatch,) = (row["_id"] for row in city.dispatches(need))
    city.send(CheckIn(dispatch_id=dispatch))
    city.reaches(need, "in_service")
    city.send(CheckOut(dispatch_id=dispatch))
    city.reaches(need, "served")
    city.until(lambda: bool(city.need(need)["waiting"]), "the need waits for its quilts")
    city.give(station, city.home, 2)
    city.until(lambda: city.reserved(station) == (2, 2), "the quilts are kept for it, and not posted yet")
    city.until(lambda: not city.need(need)["waiting"], "nothing is missing any more")
    confirm(city, need, 2)
    city.reaches(need, "confirmed")
    city.until(lambda: city.reserved(station) == (0, 0), "the quilts are delivered")
    city.until(lambda: city.dispatches(need)[0]["state"] == "credited", "the hours are credited")


@story
def a_slip_of_the_pen_is_undone_and_the_right_amount_stated(city: Stage) -> None:
    (station,) = city.open_stations(city.home)
    city.give(station, city.home, 20)
    need = city.ask(station, quilts=16)
    city.reaches(need, "ready")
    confirm(city, need, 6)
    city.reaches(need, "partly_served")
    city.until(lambda: city.reserved(station) == (14, 0), "six are posted, ten are free again")
    city.send(UndoConfirmation(need_id=need, reason_code="wrong_amounts"))
    city.until(lambda: city.reserved(station) == (20, 16), "all sixteen are kept for the need again")
    city.reaches(need, "ready")
    confirm(city, need, 16)
    city.reaches(need, "confirmed")
    city.until(lambda: delivered(city, need) == [16], "sixteen are posted")
    city.until(lambda: city.reserved(station) == (4, 0), "four are left")


@story
def what_others_have_by_now_is_not_taken_from_them_by_an_undoing(city: Stage) -> None:
    (station,) = city.open_stations(city.home)
    city.give(station, city.home, 5)
    need = city.ask(station, quilts=5)
    city.reaches(need, "ready")
    other = city.ask(station, quilts=4)
    city.until(lambda: bool(city.need(other).get("link", {}).get("waiting")), "the other need waits")
    confirm(city, need, 1)
    city.reaches(other, "ready")
    city.send(UndoConfirmation(need_id=need, reason_code="wrong_amounts"))
    city.until(lambda: city.need(need)["state"] == "published" and city.need(need)["waiting"], "the need waits")
    assert city.need(need)["link"]["waiting"][0]["for_what"]["args"]["missing"] == 4
    assert city.need(other)["state"] == "ready"


@lets_time_pass
def the_quilts_have_come_and_the_volunteer_has_not(city: Stage) -> None:
    (station,) = city.open_stations(city.home)
    city.to_morning()
    city.give(station, city.home, 2)
    city.volunteer(city.home, standing=True)
    need = city.ask(station, quilts=2, people=1)
    city.reaches(need, "ready")
    with pytest.raises(Refused, match="volunteers_still_to_come"):
        confirm(city, need, 2)
    city.wait(HOUR)
    confirm(city, need, 2)
    city.reaches(need, "partly_served")
    city.until(lambda: delivered(city, need) == [2], "the quilts are delivered")
    city.until(lambda: city.dispatches(need)[0]["state"] == "cancelled", "the volunteer is free")
    city.send(UndoConfirmation(need_id=need, reason_code="another_need"))
    city.reaches(need, "ready")
    city.until(lambda: len(city.dispatches(need, "accepted")) == 1, "the volunteer is asked to come again")
    confirm(city, need, 1)
    city.reaches(need, "partly_served")
    city.until(lambda: city.reserved(station) == (1, 0), "nothing is lost of what was delivered")
