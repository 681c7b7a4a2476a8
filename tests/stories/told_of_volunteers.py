"""The stories of volunteers who change their terms, pause, leave, and come back."""

from datetime import timedelta

from shared.contracts.stations.needs import ConfirmNeed
from shared.contracts.volunteering.dispatch import AcceptOffer, CheckIn, CheckOut, DeclineOffer
from shared.contracts.volunteering.people import ChangeVolunteer, EndVolunteering, PauseVolunteer
from tests.stories.stage import HOUR, NOW, Stage
from tests.stories.told import lets_time_pass, story


def shown_state(city: Stage, volunteer: str) -> str:
    """Return the state in which the gateway shows the volunteer."""
    return next((str(row["state"]) for row in city.shown("volunteers") if row["_id"] == volunteer), "")


@story
def who_leaves_is_replaced_and_keeps_the_hours_of_a_service_that_is_confirmed_later(city: Stage) -> None:
    (station,) = city.open_stations(city.home)
    leaves = city.volunteer(city.home, standing=True)
    begins = city.now() + 5 * HOUR
    later = {"headcount": 1, "starts_at": begins, "ends_at": begins + HOUR}
    next_one = city.ask(station, volunteers=later, due=begins + 2 * HOUR)
    need = city.ask(station, people=1, begins=NOW)
    city.reaches(next_one, "ready")
    city.reaches(need, "ready")
    (dispatch,) = (row["_id"] for row in city.dispatches(need))
    city.send(CheckIn(dispatch_id=dispatch))
    city.send(CheckOut(dispatch_id=dispatch))
    city.reaches(need, "served")
    stays = city.volunteer(city.home, standing=True)
    city.send(EndVolunteering(volunteer_id=leaves))
    city.until(lambda: shown_state(city, leaves) == "left", "the volunteer is shown as one who has left")
    city.until(
        lambda: [row["volunteer_id"] for row in city.dispatches(next_one, "accepted")] == [stays], "the other one comes"
    )
    city.reaches(next_one, "ready")
    city.send(ConfirmNeed(need_id=need))
    city.until(lambda: city.dispatches(need)[0]["state"] == "credited", "the hours are credited")


@lets_time_pass
def people_of_eighty_are_served_by_the_younger_old_and_by_others_once_these_are_taken(city: Stage) -> None:
    city.to_morning()
    (station,) = city.open_stations(city.home)
    year = city.now().year
    ids = [city.register(city.home, standing=True, born=year - age)["id"] for age in (30, 65, 40)]
    served = {"count": 1, "groups": ["elderly_80_plus"]}
    need = city.ask(station, people=1, beneficiaries=served)
    city.reaches(need, "ready")
    other = city.ask(station, people=1, beneficiaries=served)
    city.reaches(other, "ready")
    (first,), (second,) = city.dispatches(need), city.dispatches(other)
    assert first["volunteer_id"] == ids[1], "the one of sixty-five"
    assert (second["volunteer_id"] in ids, second["part"]["why"]["code"]) == (True, "chosen_from_overflow")


@story
def who_revokes_standing_acceptance_is_asked_about_what_was_confirmed_unasked(city: Stage) -> None:
    (station,) = city.open_stations(city.home)
    someone = city.volunteer(city.home, standing=True)
    need = city.ask(station, people=1)
    city.reaches(need, "ready")
    city.send(ChangeVolunteer(volunteer_id=someone, standing_acceptance=False))
    (offer,) = city.offers(need, 1)
    city.reaches(need, "published")
    city.send(AcceptOffer(dispatch_id=offer))
    city.reaches(need, "ready")


@lets_time_pass
def who_pauses_is_not_asked_until_the_end_of_the_pause(city: Stage) -> None:
    (station,) = city.open_stations(city.home)
    city.to_morning()
    someone = city.volunteer(city.home, standing=True)
    need = city.ask(station, people=1)
    city.reaches(need, "ready")
    city.send(PauseVolunteer(volunteer_id=someone, until=city.now() + timedelta(hours=20)))
    city.until(lambda: len(city.dispatches(need, "cancelled")) == 1, "the promise is given back")
    begins = city.now() + timedelta(hours=48)
    slot = {"headcount": 1, "starts_at": begins, "ends_at": begins + HOUR}
    later = city.ask(station, volunteers=slot, due=begins + 2 * HOUR)
    city.until(lambda: bool(city.need(later).get("staffing", {}).get("waiting")), "nobody is there for it now")
    city.wait(timedelta(hours=20, minutes=1))
    city.until(lambda: shown_state(city, someone) == "active", "the volunteer is back")
    city.reaches(later, "ready")


@lets_time_pass
def standing_acceptance_ends_at_night_after_six_hours_and_where_the_way_is_too_long(city: Stage) -> None:
    (station,) = city.open_stations(city.home)
    city.to_morning()
    city.volunteer(city.home, standing=True)
    nine = city.now()

    def ask(starts: int, hours: int, lon: float = 113.1) -> str:
        begins = nine + starts * HOUR
        slot = {"headcount": 1, "starts_at": begins, "ends_at": begins + hours * HOUR}
        place = {"lon": lon, "lat": 23.1}
        return city.ask(station, volunteers=slot, due=begins + (hours + 1) * HOUR, location=place)

    within = ask(1, 4)
    city.reaches(within, "ready")
    far = ask(5, 1, lon=113.33)  # 24 km away, without a gap
    city.until(lambda: bool(city.need(far).get("staffing", {}).get("waiting")), "the way is too long")
    more = ask(6, 3)
    (offer,) = city.offers(more, 1)
    night = ask(14, 1)
    city.offers(night, 1)
    city.send(AcceptOffer(dispatch_id=offer))
    city.reaches(more, "ready")
    assert city.dispatches(far) == []


@story
def a_booking_never_asked_for_is_given_back_at_once_and_the_volunteer_stays_reliable(city: Stage) -> None:
    (station,) = city.open_stations(city.home)
    city.volunteer(city.home, standing=True)
    need = city.ask(station, people=1)
    city.reaches(need, "ready")
    (booking,) = (row["_id"] for row in city.dispatches(need))
    city.send(DeclineOffer(dispatch_id=booking))
    city.reaches(need, "published")
    city.until(lambda: len(city.dispatches(need, "declined")) == 1, "the booking is given back")


@story
def a_need_that_waits_comes_before_one_that_is_published_right_after_the_registration(city: Stage) -> None:
    (station,) = city.open_stations(city.home)
    begins = city.now() + HOUR
    slot = {"headcount": 1, "starts_at": begins, "ends_at": begins + HOUR}
    waits = city.ask(station, volunteers=slot, urgency="urgent")
    city.until(lambda: bool(city.need(waits).get("staffing", {}).get("waiting")), "the need waits for people")
    city.volunteer(city.home, standing=True)
    later = city.ask(station, volunteers=slot, urgency="low")
    city.reaches(waits, "ready")
    city.until(lambda: bool(city.need(later).get("staffing", {}).get("waiting")), "the later one waits")
    assert city.dispatches(later) == []
