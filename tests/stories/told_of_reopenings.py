"""The stories of needs that have ended and are opened again."""

from datetime import datetime

from shared.contracts.stations.needs import CancelNeed
from shared.contracts.stations.reopening import ReopenNeed, Slot
from tests.stories.stage import HOUR, NOW, Stage
from tests.stories.told import lets_time_pass, story


@story
def a_need_that_was_cancelled_by_mistake_gets_its_quilts_and_its_volunteer_again(city: Stage) -> None:
    (station,) = city.open_stations(city.home)
    city.give(station, city.home, 2)
    city.volunteer(city.home, standing=True)
    need = city.ask(station, quilts=2, people=1)
    city.reaches(need, "ready")
    city.send(CancelNeed(need_id=need, reason_code="entered_wrongly"))
    city.until(lambda: city.reserved(station) == (2, 0), "the quilts are free")
    city.until(lambda: city.dispatches(need)[0]["state"] == "cancelled", "the volunteer is free")
    city.send(ReopenNeed(need_id=need, due=city.now() + 3 * HOUR, reason_code="ended_wrongly"))
    city.reaches(need, "ready")
    city.until(lambda: city.reserved(station) == (2, 2), "the quilts are kept for it again")
    city.until(lambda: len(city.dispatches(need, "accepted")) == 1, "the volunteer comes again")


@lets_time_pass
def a_need_that_nobody_could_meet_is_opened_again_for_the_gift_of_the_next_day(city: Stage) -> None:
    city.to_morning()
    (station,) = city.open_stations(city.home)
    need = city.ask(station, quilts=3, people=1, begins=NOW)
    city.wait(3 * HOUR)
    city.reaches(need, "unmet")
    city.wait(21 * HOUR)
    begins = city.now() + HOUR
    slot = Slot(starts_at=begins, ends_at=begins + HOUR)
    city.send(ReopenNeed(need_id=need, due=begins + 2 * HOUR, slot=slot, reason_code="help_found"))
    city.reaches(need, "published")
    city.until(lambda: city.need(need)["waiting"] is True, "it says that it waits")
    city.volunteer(city.home, standing=True)
    city.give(station, city.home, 3)
    city.reaches(need, "ready")
    city.until(lambda: len(city.dispatches(need, "accepted")) == 1, "the volunteer comes")
    assert datetime.fromisoformat(city.need(need)["need"]["volunteers"]["starts_at"]) == begins
