"""The stories of offers: who is next in line, and the time to answer."""

from datetime import timedelta

from shared.contracts.volunteering.dispatch import AcceptOffer, DeclineOffer
from tests.stories.stage import HOUR, Stage
from tests.stories.told import lets_time_pass, story


@story
def who_was_passed_over_is_next_in_line_when_the_quicker_one_withdraws(city: Stage) -> None:
    (station,) = city.open_stations(city.home)
    city.volunteer(city.home)
    city.volunteer(city.home)
    need = city.ask(station, people=1)
    quick, slow = city.offers(need, 2)
    (willing,) = (row["volunteer_id"] for row in city.dispatches(need) if row["_id"] == slow)
    city.send(AcceptOffer(dispatch_id=quick))
    city.until(lambda: len(city.dispatches(need, "cancelled")) == 1, "the slower one is told that the place is taken")
    city.volunteer(city.home)
    city.send(DeclineOffer(dispatch_id=quick))
    (again,) = city.offers(need, 1)
    assert [row["volunteer_id"] for row in city.dispatches(need, "offered")] == [willing]
    city.send(AcceptOffer(dispatch_id=again))
    city.reaches(need, "ready")


@story
def a_mistaken_decline_is_taken_back_while_the_place_is_open(city: Stage) -> None:
    (station,) = city.open_stations(city.home)
    city.volunteer(city.home)
    need = city.ask(station, people=1)
    (offer,) = city.offers(need, 1)
    city.send(DeclineOffer(dispatch_id=offer))
    city.until(lambda: bool(city.need(need).get("staffing", {}).get("waiting")), "the need waits for people")
    city.send(AcceptOffer(dispatch_id=offer))
    city.reaches(need, "ready")


@lets_time_pass
def three_people_who_slept_are_asked_again_and_one_answers_in_the_morning(city: Stage) -> None:
    (station,) = city.open_stations(city.home)
    city.to_morning()
    people = {city.volunteer(city.home) for _ in range(3)}
    city.wait(timedelta(hours=12))  # 21:00
    begins = city.now() + timedelta(hours=23)
    slot = {"headcount": 1, "starts_at": begins, "ends_at": begins + HOUR}
    need = city.ask(station, volunteers=slot, due=begins + 2 * HOUR)
    first = city.offers(need, 2)
    city.wait(timedelta(hours=10))  # 07:00: nobody has lost the chance overnight
    assert [row["_id"] for row in city.dispatches(need, "offered")] == first
    city.wait(timedelta(hours=3))
    city.until(lambda: len(city.dispatches(need, "expired")) == 2, "the first two have let it pass")
    city.offers(need, 1)
    city.wait(timedelta(hours=1))
    city.until(lambda: len(city.dispatches(need, "expired")) == 3, "the third one, too")
    again, _ = city.offers(need, 2)
    assert {row["volunteer_id"] for row in city.dispatches(need)} == people
    city.send(AcceptOffer(dispatch_id=again))
    city.reaches(need, "ready")


@lets_time_pass
def nobody_is_asked_at_night_but_for_the_most_urgent_need(city: Stage) -> None:
    (station,) = city.open_stations(city.home)
    city.to_morning()
    city.volunteer(city.home)
    city.volunteer(city.home)
    city.wait(timedelta(hours=14))  # 23:00
    begins = city.now() + timedelta(hours=20)
    slot = {"headcount": 1, "starts_at": begins, "ends_at": begins + HOUR}
    urgent = city.ask(station, volunteers=slot, due=begins + 2 * HOUR, urgency="urgent")
    quick, _ = city.offers(urgent, 2)
    city.send(AcceptOffer(dispatch_id=quick))
    city.reaches(urgent, "ready")
    slot |= {"starts_at": begins + 3 * HOUR, "ends_at": begins + 4 * HOUR}
    need = city.ask(station, volunteers=slot, due=begins + 5 * HOUR)
    city.until(lambda: bool(city.need(need).get("staffing", {}).get("waiting")), "the need waits for the morning")
    assert city.dispatches(need) == []
    city.wait(timedelta(hours=8, minutes=45))  # 07:45
    city.offers(need, 2)
