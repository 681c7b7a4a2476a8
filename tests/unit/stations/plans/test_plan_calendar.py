"""A plan and the working-day calendar: visits on days off are kept, moved or left out, and follow a calendar later."""

from datetime import date

import pytest
from plans_in_memory import CITY, CIVIL_AFFAIRS, Planned

from shared.contracts.stations.calendars import AmendCalendar, UploadCalendar


@pytest.fixture
def town() -> Planned:
    return Planned()


def test_a_visit_on_a_day_off_moves_to_the_next_working_day(town: Planned) -> None:
    town.start(days_off="move", recurrence="FREQ=WEEKLY;BYDAY=MO")
    town.advance_to(4, 2)
    assert "04-07 09:30" in town.times("made"), "Qingming is on Sunday, 5 April 2026, and Monday is off for it"
    moved = town.visits()[date(2026, 4, 6)]
    assert (moved.moved, moved.provisional) == (True, False)


def test_a_visit_on_a_day_off_is_left_out_or_kept_as_the_plan_has_it(town: Planned) -> None:
    town.start(days_off="skip", recurrence="FREQ=WEEKLY;BYDAY=MO")
    town.start(days_off="keep", recurrence="FREQ=WEEKLY;BYDAY=MO", visit_time="16:00")
    town.advance_to(4, 2)
    assert [at for at in town.times("made") if at.startswith("04-0")] == ["04-06 16:00"]


def test_the_days_of_a_festival_do_not_pile_up_on_the_first_working_day(town: Planned) -> None:
    town.start(days_off="move", recurrence="FREQ=DAILY", starts_on="2026-04-27", ends_on="2026-05-13")
    town.advance_to(4, 30)
    april = [at for at in town.times("made") if "05-01" <= at < "05-12"]
    assert april == ["05-06 09:30", "05-07 09:30", "05-08 09:30", "05-09 09:30", "05-11 09:30"]


def test_visits_of_a_year_without_a_calendar_are_provisional_until_it_comes(town: Planned) -> None:
    plan, _ = town.start(days_off="move", recurrence="FREQ=WEEKLY;BYDAY=MO", ends_on="2027-12-31")
    town.advance_to(12, 24)
    provisional = town.visits()[date(2027, 1, 4)]
    assert (provisional.provisional, provisional.state) == (True, "made")
    step = next(e.data for e in reversed(town.engine.events) if e.subject == plan).next_step
    assert (step.code, step.args, step.due) == ("await_calendar", {"year": 2027}, provisional.starts_at)
    uploaded = UploadCalendar.model_validate({"area": CITY, "year": 2027, "holidays": ["2027-01-01", "2027-01-04"]})
    calendar = town.send(uploaded, CIVIL_AFFAIRS)
    town.engine.advance(town.engine.now - town.engine.now)
    town.advance_to(12, 24, 10)
    certain = town.visits()[date(2027, 1, 4)]
    assert (certain.provisional, certain.moved) == (False, True)
    assert town.times("made")[-1] == "01-05 09:30"
    assert town.need_of(certain).due == certain.ends_at, "its need has moved with it"
    assert town.plan(plan).awaits_year is None
    town.send(AmendCalendar(id=calendar.id, holidays=(date(2027, 1, 1),)), CIVIL_AFFAIRS)
    town.advance_to(12, 24, 11)
    assert town.times("made")[-1] == "01-04 09:30"


def test_a_visit_that_was_edited_on_its_own_does_not_follow_a_calendar(town: Planned) -> None:
    plan, home = town.start(days_off="move")
    town.edit(plan, extent="this", home_id=home, on="2026-03-10", visit_time="11:00")
    days = {"area": CITY, "year": 2026, "holidays": ["2026-03-03", "2026-03-10"]}
    town.send(UploadCalendar.model_validate(days), CIVIL_AFFAIRS)
    town.advance_to(3, 2, 10)
    assert town.times("made") == ["03-04 09:30", "03-10 11:00"]


def test_a_plan_that_keeps_its_days_awaits_no_calendar(town: Planned) -> None:
    plan, _ = town.start(days_off="keep", ends_on="2027-12-31")
    town.advance_to(12, 28)
    assert town.plan(plan).awaits_year is None
    assert not town.visits()[date(2027, 1, 5)].provisional
