"""The stories."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Final

from shared.contracts.stations.needs import CancelNeed, ConfirmNeed, EvaluateNeed, PublishNeed
from shared.contracts.volunteering.dispatch import AcceptOffer, CheckIn, CheckOut, DeclineOffer
from shared.contracts.volunteering.merges import MergeVolunteers, UnmergeVolunteers
from tests.stories.stage import HOUR, NOW, Stage

Story = Callable[[Stage], None]
TIMELESS: Final[list[Story]] = []
"""The stories that happen within a moment."""
OVER_TIME: Final[list[Story]] = []
"""The stories in which time passes."""


def story(told: Story) -> Story:
    """Add a story that happens within a moment."""
    TIMELESS.append(told)
    return told


def lets_time_pass(told: Story) -> Story:
    """Add a story in which time passes."""
    OVER_TIME.append(told)
    return told


@story
def a_published_need_is_linked_and_staffed_and_then_ready(city: Stage) -> None:
    (station,) = city.open_stations(city.home)
    city.give(station, city.home, 5)
    city.volunteer(city.home, standing=True)
    need = city.ask(station, quilts=3, people=1)
    city.reaches(need, "ready")
    city.until(lambda: city.reserved(station) == (5, 3), "three of five quilts are reserved")
    city.until(lambda: len(city.dispatches(need, "accepted")) == 1, "the volunteer comes")


@story
def a_need_is_served_confirmed_credited_and_evaluated(city: Stage) -> None:
    (station,) = city.open_stations(city.home)
    city.give(station, city.home, 2)
    city.volunteer(city.home, standing=True)
    need = city.ask(station, quilts=2, people=1, begins=NOW)
    city.reaches(need, "ready")
    (dispatch,) = (row["_id"] for row in city.dispatches(need))
    city.send(CheckIn(dispatch_id=dispatch))
    city.reaches(need, "in_service")
    city.send(CheckOut(dispatch_id=dispatch))
    city.reaches(need, "served")
    assert city.reserved(station) == (2, 2)
    city.send(ConfirmNeed(need_id=need))
    city.reaches(need, "confirmed")
    city.until(lambda: city.reserved(station) == (0, 0), "the quilts are delivered")
    city.until(lambda: city.dispatches(need)[0]["state"] == "credited", "the hours are credited")
    city.send(EvaluateNeed(need_id=need, rating=5))
    city.reaches(need, "evaluated")


@story
def somebody_registered_twice_becomes_one_volunteer_and_two_again(city: Stage) -> None:
    (station,) = city.open_stations(city.home)
    old, new = city.volunteer(city.home), city.volunteer(city.home)
    need = city.ask(station, people=1)
    city.offers(need, 2)
    (own,) = (row["_id"] for row in city.dispatches(need, "offered") if row["volunteer_id"] == old)
    city.send(AcceptOffer(dispatch_id=own))
    city.send(MergeVolunteers(volunteer_id=old, into_id=new))
    city.until(lambda: [r["volunteer_id"] for r in city.dispatches(need, "accepted")] == [new], "the promise goes over")
    stands_for = {"survivor_id": new}
    city.until(
        lambda: {r["_id"] for r in city.shown("identities") if r.items() >= stands_for.items()} == {old, new},
        "both ids stand for one person",
    )
    beside = city.ask(station, people=1, severity=5, urgency="high")
    city.until(lambda: any(r["waiting"] for r in city.need(beside).get("timeline", ())), "nobody is left for that time")
    assert city.dispatches(beside) == []
    city.send(UnmergeVolunteers(volunteer_id=old, reason_code="different_people"))
    city.until(lambda: [r["volunteer_id"] for r in city.dispatches(beside)] == [new], "the other one is asked")
    city.until(lambda: [r["volunteer_id"] for r in city.dispatches(need, "accepted")] == [old], "the promise goes back")


@story
def a_need_takes_what_is_near_before_what_is_far(city: Stage) -> None:
    own, next_door, far = city.open_stations(city.home, city.next_door, city.other_district)
    for station, area in ((own, city.home), (next_door, city.next_door), (far, city.other_district)):
        city.give(station, area, 4)
    need = city.ask(own, quilts=6)
    city.reaches(need, "ready")
    city.until(lambda: city.reserved(own) == (4, 4), "its own station gives first")
    city.until(lambda: city.reserved(next_door) == (4, 2), "the next community gives the rest")
    assert city.reserved(far) == (4, 0)


@story
def money_comes_from_the_fund_of_the_place(city: Stage) -> None:
    (station,) = city.open_stations(city.home)
    fund = city.fund(city.home, 5_000)
    need = city.ask(station, fen=3_000)
    city.reaches(need, "ready")
    city.until(lambda: city.reserved(fund) == (5_000, 3_000), "the fund keeps the money for the need")


@story
def the_money_of_a_community_stays_in_the_community(city: Stage) -> None:
    here, there = city.open_stations(city.home, city.other_district)
    fund = city.fund(city.home, 5_000)
    outside = city.ask(there, fen=3_000, urgency="urgent", severity=5)
    city.until(lambda: bool(city.need(outside).get("link", {}).get("waiting")), "another district's need waits")
    assert city.need(outside)["link"]["waiting"][0]["reason"]["code"] == "nothing_left_in_funds"
    assert city.reserved(fund) == (5_000, 0)
    inside = city.ask(here, fen=3_000)
    city.reaches(inside, "ready")
    city.until(lambda: city.reserved(fund) == (5_000, 3_000), "the fund serves the need of its own community")
    assert city.need(outside)["state"] == "published"


@story
def a_need_waits_with_a_reason_and_a_donation_serves_it(city: Stage) -> None:
    (station,) = city.open_stations(city.home)
    need = city.ask(station, quilts=3)
    city.until(lambda: bool(city.need(need).get("link", {}).get("waiting")), "the need waits and says why")
    assert city.need(need)["state"] == "published"
    assert all(part["reason"] and part["next_step"] for part in city.need(need)["link"]["waiting"])
    city.give(station, city.home, 3)
    city.reaches(need, "ready")


@story
def a_gift_goes_to_the_nearest_of_equally_urgent_needs_though_others_wait_longer(city: Stage) -> None:
    far, near = city.open_stations(city.other_district, city.home)
    others = [city.ask(far, quilts=1) for _ in range(5)]
    need = city.ask(near, quilts=1)
    city.until(lambda: bool(city.need(need).get("link", {}).get("waiting")), "the need waits")
    city.give(near, city.home, 1)
    city.reaches(need, "ready")
    assert {city.need(other)["state"] for other in others} == {"published"}


@lets_time_pass
def a_need_that_lay_as_a_draft_comes_before_a_more_urgent_one_that_has_not_waited(city: Stage) -> None:
    (station,) = city.open_stations(city.home)
    due = city.now() + 48 * HOUR
    drafted = city.ask(station, quilts=1, due=due, publish=False)
    city.wait(13 * HOUR)
    urgent = city.ask(station, quilts=1, due=due, urgency="high")
    city.send(PublishNeed(need_id=drafted))
    for need in (drafted, urgent):
        city.until(lambda of=need: bool(city.need(of).get("link", {}).get("waiting")), "the need waits")  # type: ignore[misc]
    city.give(station, city.home, 1)
    city.reaches(drafted, "ready")
    assert city.need(urgent)["state"] == "published"


@story
def a_volunteer_who_is_asked_accepts_and_one_who_declines_is_replaced(city: Stage) -> None:
    (station,) = city.open_stations(city.home)
    city.volunteer(city.home)
    city.volunteer(city.home)
    need = city.ask(station, people=1)
    first, second = city.offers(need, 2)
    city.send(DeclineOffer(dispatch_id=first))
    city.send(AcceptOffer(dispatch_id=second))
    city.reaches(need, "ready")
    assert [row["state"] for row in city.dispatches(need)] == ["declined", "accepted"]


@story
def standing_acceptance_is_confirmed_without_being_asked(city: Stage) -> None:
    (station,) = city.open_stations(city.home)
    city.volunteer(city.home)
    willing = city.volunteer(city.home, standing=True)
    need = city.ask(station, people=1)
    city.reaches(need, "ready")
    assert [row["volunteer_id"] for row in city.dispatches(need, "accepted")] == [willing]


@story
def a_volunteer_reaches_the_need_that_suits_though_sixty_others_wait_before_it(city: Stage) -> None:
    (station,) = city.open_stations(city.home)
    slot = {"starts_at": city.now() + HOUR, "ends_at": city.now() + 2 * HOUR}
    asks_driver = {"headcount": 1, "skills": ["driving"], **slot}
    others = [city.ask(station, volunteers=asks_driver, urgency="urgent") for _ in range(60)]
    need = city.ask(station, people=1)
    city.until(lambda: bool(city.need(need).get("staffing", {}).get("waiting")), "the need waits for people")
    willing = city.volunteer(city.home, standing=True)
    city.reaches(need, "ready")
    assert [row["volunteer_id"] for row in city.dispatches(need, "accepted")] == [willing]
    assert {city.need(other)["state"] for other in others} == {"published"}


@story
def a_cancelled_need_gives_everything_back_and_the_next_need_takes_it(city: Stage) -> None:
    (station,) = city.open_stations(city.home)
    city.give(station, city.home, 3)
    city.volunteer(city.home, standing=True)
    need = city.ask(station, quilts=3, people=1)
    city.reaches(need, "ready")
    waiting = city.ask(station, quilts=3, people=1)
    city.until(lambda: bool(city.need(waiting).get("waiting")), "the second need waits")
    city.send(CancelNeed(need_id=need))
    city.reaches(need, "cancelled")
    city.until(lambda: city.dispatches(need)[0]["state"] == "cancelled", "the volunteer is free again")
    city.reaches(waiting, "ready")
    city.until(lambda: city.reserved(station) == (3, 3), "the second need has the quilts")


@lets_time_pass
def an_offer_that_nobody_answers_expires_and_the_next_person_is_asked(city: Stage) -> None:
    (station,) = city.open_stations(city.home)
    for _ in range(3):
        city.volunteer(city.home)
    begins = city.now() + timedelta(hours=5)
    slot = {"headcount": 1, "starts_at": begins, "ends_at": begins + timedelta(hours=1)}
    need = city.ask(station, volunteers=slot, due=begins + timedelta(hours=2))
    asked = city.offers(need, 2)
    city.wait(timedelta(minutes=31))
    city.until(lambda: len(city.dispatches(need, "expired")) == 2, "the offers expire")
    (later,) = city.offers(need, 1)
    assert later not in asked
    city.send(AcceptOffer(dispatch_id=later))
    city.reaches(need, "ready")


def _have_lapsed(city: Stage, need: str, offers: int) -> bool:
    return len(city.dispatches(need, "expired")) == offers


def fill_after_three_silent_waves(city: Stage, people: int) -> None:
    """Ask for so many people; nobody answers the first two waves of offers, and those of the third come."""
    (station,) = city.open_stations(city.home)
    city.volunteers(city.home, people * 6)
    begins = city.now() + timedelta(hours=5)
    slot = {"headcount": people, "starts_at": begins, "ends_at": begins + timedelta(hours=1)}
    need = city.ask(station, volunteers=slot, due=begins + timedelta(hours=2))
    for lapsed in (0, people * 2, people * 4):
        city.until(partial(_have_lapsed, city, need, lapsed), f"{lapsed} offers have lapsed")
        offers = city.offers(need, people * 2)
        if lapsed < people * 4:
            city.wait(timedelta(minutes=31))
    city.send_all([AcceptOffer(dispatch_id=offer) for offer in offers[:people]])
    city.reaches(need, "ready")
    city.until(lambda: len(city.dispatches(need, "cancelled")) == people, "the others are free again")


@lets_time_pass
def a_need_for_sixty_people_whom_nobody_answers_is_filled_by_the_third_wave(city: Stage) -> None:
    fill_after_three_silent_waves(city, 60)


@lets_time_pass
def a_need_that_is_not_ready_at_its_due_time_ends_unmet_and_gives_back(city: Stage) -> None:
    (station,) = city.open_stations(city.home)
    city.give(station, city.home, 3)
    need = city.ask(station, quilts=5)
    city.until(lambda: city.reserved(station) == (3, 3), "what there is is kept for the need")
    city.wait(timedelta(hours=3, minutes=1))
    city.reaches(need, "unmet")
    city.until(lambda: city.reserved(station) == (3, 0), "the quilts are free again")


@lets_time_pass
def a_need_with_volunteers_who_never_come_does_not_stand_still(city: Stage) -> None:
    city.to_morning()  # standing acceptance rests at night
    (station,) = city.open_stations(city.home)
    city.volunteer(city.home, standing=True)
    need = city.ask(station, people=1)
    city.reaches(need, "ready")
    city.wait(timedelta(hours=14))
    city.until(lambda: not city.dispatches(need, "accepted", "offered"), "the missed dispatch is closed")
