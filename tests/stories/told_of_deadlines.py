"""The stories of deadlines: nobody who has to act is forgotten, and nobody who waits."""

from datetime import timedelta

from shared.contracts.stations.needs import ConfirmNeed, ExtendNeed
from shared.contracts.volunteering.dispatch import CheckIn, CheckOut
from tests.stories.stage import HOUR, NOW, Document, Stage
from tests.stories.told import lets_time_pass

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


def task_of(city: Stage, need: str) -> Document:
    """Return the open task of the need; empty where there is none."""
    return next((row for row in city.shown("tasks") if row["_id"] == need and row["open"]), {})


def serve(city: Stage, need: str) -> None:
    """Have the one volunteer of the need come and go."""
    city.until(lambda: len(city.dispatches(need, "accepted")) == 1, "the volunteer comes")
    (dispatch,) = (row["_id"] for row in city.dispatches(need))
    city.send(CheckIn(dispatch_id=dispatch))
    city.reaches(need, "in_service")
    city.send(CheckOut(dispatch_id=dispatch))
    city.reaches(need, "served")


@lets_time_pass
def a_served_need_that_nobody_confirms_goes_to_the_street_centre_and_the_district(city: Stage) -> None:
    (station,) = city.open_stations(city.home)
    city.to_morning()
    city.volunteer(city.home, standing=True)
    need = city.ask(station, people=1, begins=NOW)
    serve(city, need)
    city.until(lambda: task_of(city, need).get("code") == "confirm_need", "its station is to confirm it")
    due = task_of(city, need)["due"]
    city.wait(3 * DAY + MINUTE)
    city.until(lambda: city.need(need)["waiting"], "the need says that its confirmation is overdue")
    assert (task_of(city, need)["code"], task_of(city, need)["due"]) == ("confirm_need", due)
    for level, area in (("street", city.home[:9]), ("district", city.home[:6])):
        city.wait(DAY + MINUTE)
        city.until(lambda level=level: task_of(city, need)["args"].get("level") == level, f"it is up to the {level}")  # type: ignore[misc]
        assert (task_of(city, need)["code"], task_of(city, need)["args"]["area"]) == ("see_to_overdue_need", area)
    assert city.need(need)["state"] == "served"
    city.send(ConfirmNeed(need_id=need))
    city.until(lambda: city.dispatches(need)[0]["state"] == "credited", "the hours are credited")
    city.until(lambda: not city.need(need)["waiting"], "nothing is overdue any more")


@lets_time_pass
def a_need_is_given_more_time_and_the_gift_of_the_next_day_reaches_it(city: Stage) -> None:
    (station,) = city.open_stations(city.home)
    city.give(station, city.home, 1)
    need = city.ask(station, quilts=2)
    city.until(lambda: city.reserved(station) == (1, 1), "the need has a part")
    city.send(ExtendNeed(need_id=need, due=city.now() + 2 * DAY, reason_code="delivery_delayed"))
    city.wait(DAY)
    city.until(lambda: city.need(need)["state"] == "published", "it has not ended at its first due time")
    city.give(station, city.home, 1)
    city.reaches(need, "ready")
    city.wait(DAY + HOUR)
    city.send(ConfirmNeed(need_id=need))
    city.reaches(need, "confirmed")
