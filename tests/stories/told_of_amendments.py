"""The stories of needs that were written down wrongly and are corrected."""

from shared.contracts.stations.amending import AmendNeed, EditNeed
from shared.contracts.stations.needs import PublishNeed
from shared.contracts.stations.reopening import Slot
from shared.contracts.volunteering.dispatch import AcceptOffer
from tests.stories.stage import HOUR, Stage
from tests.stories.told import story


@story
def a_draft_with_a_wrong_number_and_station_is_corrected_before_anything_is_linked(city: Stage) -> None:
    here, there = city.open_stations(city.home, city.next_door)
    city.give(there, city.next_door, 12)
    need = city.ask(here, quilts=100, publish=False)
    city.reaches(need, "draft")
    lines = [{"kind": "goods", "item": "quilt", "unit": "piece", "quantity": 10}]
    city.send(EditNeed.model_validate({"need_id": need, "station_id": there, "lines": lines}))
    city.until(lambda: city.need(need)["station_id"] == there, "it is the other station's")
    city.send(PublishNeed(need_id=need))
    city.reaches(need, "ready")
    city.until(lambda: city.reserved(there) == (12, 10), "ten of twelve quilts are reserved")


@story
def a_need_at_the_wrong_place_and_with_a_hundred_instead_of_ten_is_corrected(city: Stage) -> None:
    here, there = city.open_stations(city.home, city.next_door)
    fund = city.fund(city.home, 500)
    city.give(here, city.home, 100)
    wrong = city.ask(here, quilts=100, fen=500)
    city.reaches(wrong, "ready")
    other = city.ask(here, quilts=90)
    city.until(lambda: city.need(other).get("waiting") is True, "another need waits beside it")
    lines = [{"line_id": "l1", "quantity": 10}]
    moved = {"need_id": wrong, "station_id": there, "lines": lines, "reason_code": "entered_wrongly"}
    city.send(AmendNeed.model_validate(moved))
    city.reaches(other, "ready")
    city.until(lambda: city.reserved(here) == (100, 100), "ten quilts stay with it, ninety go to the other")
    city.until(lambda: city.reserved(fund) == (500, 0), "the fund of the first community serves needs inside it alone")
    city.reaches(wrong, "published")
    city.until(lambda: city.need(wrong)["area"] == city.next_door, "it is the other station's")
    dropped = {"need_id": wrong, "dropped_lines": ["l2"], "reason_code": "circumstances_changed"}
    city.send(AmendNeed.model_validate(dropped))
    city.reaches(wrong, "ready")
    told = [entry["what"] for entry in city.need(wrong)["timeline"]]
    assert told.count("stations.need.amended") == 2


@story
def a_headcount_that_was_too_high_lets_go_whoever_was_asked_last(city: Stage) -> None:
    (station,) = city.open_stations(city.home)
    city.volunteers(city.home, 3, standing=True)
    need = city.ask(station, people=3)
    city.reaches(need, "ready")
    first, _, last = city.dispatches(need, "accepted")
    city.send(AmendNeed(need_id=need, headcount=2, reason_code="entered_wrongly"))
    city.until(lambda: len(city.dispatches(need, "accepted")) == 2, "two people come")
    assert [row["_id"] for row in city.dispatches(need, "cancelled")] == [last["_id"]]
    city.send(AmendNeed(need_id=need, headcount=1, reason_code="agreed_with_resident"))
    city.until(lambda: [row["_id"] for row in city.dispatches(need, "accepted")] == [first["_id"]], "one comes")
    city.until(lambda: city.need(need)["staffing"]["headcount"] == 1, "one is asked for")
    city.reaches(need, "ready")


@story
def a_slot_that_was_written_down_wrongly_is_moved_and_the_same_volunteer_is_asked_for_it(city: Stage) -> None:
    (station,) = city.open_stations(city.home)
    city.volunteers(city.home, 2)
    need = city.ask(station, people=1)
    offer, _ = city.offers(need, 2)
    city.send(AcceptOffer(dispatch_id=offer))
    city.reaches(need, "ready")
    (booked,) = city.dispatches(need, "accepted")
    begins = city.now() + HOUR
    slot = Slot(starts_at=begins, ends_at=begins + HOUR)
    city.send(AmendNeed(need_id=need, slot=slot, reason_code="entered_wrongly"))
    city.until(lambda: len(city.dispatches(need, "offered")) > 0, "somebody is asked for the new time")
    again = city.dispatches(need, "offered")[0]
    assert again["volunteer_id"] == booked["volunteer_id"]
    city.send(AcceptOffer(dispatch_id=again["_id"]))
    city.reaches(need, "ready")
