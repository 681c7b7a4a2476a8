"""An edit of a plan: one visit, those from a day on, or all that are ahead; the past stays, and a version is needed."""

from datetime import date
from typing import Any

import pytest
from plans_in_memory import MINUTE, Planned

from shared.contracts.stations.amending import NeedAmended
from shared.contracts.stations.plans import EditPlan


@pytest.fixture
def town() -> Planned:
    return Planned()


def test_one_visit_is_moved_with_its_need_and_the_others_stay(town: Planned) -> None:
    plan, home = town.start()
    town.edit(plan, extent="this", home_id=home, on="2026-03-10", moved_to="2026-03-11", visit_time="14:00")
    assert town.times() == ["03-03 09:30", "03-11 14:00"]
    moved = town.visits()[date(2026, 3, 10)]
    need = town.need_of(moved)
    assert need.volunteers is not None
    assert (need.volunteers.starts_at, need.due, moved.own) == (moved.starts_at, moved.ends_at, True)
    assert any(isinstance(e.data, NeedAmended) and e.data.need_id == need.id for e in town.engine.events)


def test_one_visit_beyond_the_horizon_keeps_its_edit_until_its_need_is_made(town: Planned) -> None:
    plan, home = town.start()
    town.edit(plan, extent="this", home_id=home, on="2026-04-07", visit_time="16:00", minutes=90)
    town.edit(plan, extent="this", home_id=home, on="2026-04-14", cancelled=True)
    town.advance_to(4, 9)
    assert town.times("made")[-3:] == ["03-31 09:30", "04-07 16:00", "04-21 09:30"]
    assert town.times("cancelled") == ["04-14 09:30"]


def test_the_following_visits_change_from_a_day_on_and_those_edited_on_their_own_stay(town: Planned) -> None:
    plan, home = town.start()
    town.edit(plan, extent="this", home_id=home, on="2026-03-17", visit_time="11:00")
    town.edit(plan, extent="following", on="2026-03-10", visit_time="15:00")
    town.advance_to(3, 12)
    assert town.times("made") == ["03-03 09:30", "03-10 15:00", "03-17 11:00", "03-24 15:00"]


def test_an_edit_of_all_takes_those_edited_on_their_own_too_and_leaves_the_past(town: Planned) -> None:
    plan, home = town.start()
    town.edit(plan, extent="this", home_id=home, on="2026-03-10", visit_time="11:00")
    town.advance_to(3, 4)
    past = town.visits()[date(2026, 3, 3)]
    town.edit(plan, extent="all", visit_time="15:00")
    assert town.times("made") == ["03-03 09:30", "03-10 15:00", "03-17 15:00"]
    assert town.visits()[date(2026, 3, 3)] == past


def test_another_rule_calls_off_the_days_that_it_leaves_and_makes_those_that_it_adds(town: Planned) -> None:
    plan, _ = town.start()
    town.edit(plan, extent="following", on="2026-03-09", recurrence="FREQ=WEEKLY;BYDAY=TH")
    assert town.times("made") == ["03-03 09:30", "03-12 09:30"]
    assert town.need_of(town.visits()[date(2026, 3, 10)]).state == "cancelled"


def test_a_rule_of_every_second_week_keeps_its_weeks_when_only_the_time_changes(town: Planned) -> None:
    plan, _ = town.start(recurrence="FREQ=WEEKLY;INTERVAL=2;BYDAY=TU")
    town.edit(plan, extent="following", on="2026-03-09", visit_time="10:00")
    town.advance_to(3, 20)
    assert town.times("made") == ["03-03 09:30", "03-17 10:00", "03-31 10:00"]


def test_an_edit_today_adds_no_visit_to_the_hours_that_are_past(town: Planned) -> None:
    plan, _ = town.start()
    town.advance_to(3, 2, 15)
    town.edit(plan, extent="all", recurrence="FREQ=DAILY", visit_time="10:00")
    assert town.times("missed") == []
    assert town.times("made")[0] == "03-03 10:00"


def test_a_visit_whose_service_has_begun_stays_and_is_named(town: Planned) -> None:
    plan, home = town.start()
    visit = town.visits()[date(2026, 3, 3)]
    assert visit.need_id is not None
    town.stations.staff(visit.need_id, 1, 1, "serving", checked_in=1)
    one = EditPlan(id=plan, expected_version=town.plan(plan).version, extent="this", home_id=home, on=visit.on,
                   visit_time="17:00")  # fmt: skip
    assert town.refusal(one) == "visit_hindered"
    town.edit(plan, extent="all", visit_time="17:00")
    assert town.visits()[visit.on].obstacle == "service_has_begun"
    assert town.times("made") == ["03-03 09:30", "03-10 17:00"]


def test_an_edit_needs_the_version_that_was_previewed(town: Planned) -> None:
    plan, _ = town.start()
    edit = EditPlan(id=plan, extent="all", visit_time="15:00")
    assert town.refusal(edit) == "preview_first"
    assert town.refusal(edit.model_copy(update={"expected_version": 1})) == "version_not_current"


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"extent": "following", "on": "2026-03-01", "minutes": 30}, "day_past"),
        ({"extent": "following", "on": "2027-01-01", "minutes": 30}, "day_after_plan"),
        ({"extent": "all", "ends_on": "2029-12-31"}, "plan_end_range"),
        ({"extent": "all", "recurrence": "FREQ=YEARLY"}, "recurrence_value"),
        ({"extent": "this", "on": "2026-03-04", "minutes": 30}, "no_visit_on_day"),
        ({"extent": "this", "on": "2026-03-03", "visit_time": "09:30"}, "nothing_amended"),
        ({"extent": "this", "on": "2026-03-03", "moved_to": "2026-03-02", "visit_time": "08:00"}, "visit_into_past"),
        ({"extent": "this", "on": "2026-03-03", "moved_to": "2027-03-02"}, "visit_day_range"),
    ],
)
def test_an_edit_that_cannot_be_is_refused_by_name(town: Planned, changes: dict[str, Any], rule: str) -> None:
    plan, home = town.start()
    town.advance_to(3, 2, 10)
    of_one = {"home_id": home} if changes["extent"] == "this" else {}
    asked = {"id": plan, "expected_version": town.plan(plan).version, **of_one, **changes}
    before = dict(town.engine.entities)
    assert town.refusal(EditPlan.model_validate(asked)) == rule
    assert town.engine.entities == before


def test_a_past_visit_and_one_that_was_called_off_are_not_edited(town: Planned) -> None:
    plan, home = town.start()
    town.edit(plan, extent="this", home_id=home, on="2026-03-10", cancelled=True)
    town.advance_to(3, 4)
    for on, rule in ((date(2026, 3, 3), "visit_past"), (date(2026, 3, 10), "visit_not_ahead")):
        edit = EditPlan(
            id=plan, expected_version=town.plan(plan).version, extent="this", home_id=home, on=on, minutes=30
        )
        assert town.refusal(edit) == rule


def test_a_renewal_goes_on_beyond_the_former_end(town: Planned) -> None:
    plan, _ = town.start(ends_on="2026-03-10")
    assert town.plan(plan).running_out
    assert town.edit(plan, extent="all", ends_on="2026-06-30").next_step is None
    town.advance_to(3, 12)
    assert town.times("made")[-1] == "03-24 09:30"


def test_an_edit_that_changes_nothing_is_no_news(town: Planned) -> None:
    plan, _ = town.start()
    before = town.plan(plan)
    town.edit(plan, extent="following", on="2026-03-10", visit_time="09:30")
    assert town.plan(plan) == before
    town.engine.advance(MINUTE)
