"""A care plan makes the visits to its homes into needs: once, a horizon ahead, late ones where they are still ahead."""

from datetime import date

import pytest
from plans_in_memory import DAY, MINUTE, Planned
from stations_in_memory import COMMUNITY

from shared.contracts.stations.needs import NeedPublished
from shared.contracts.stations.occurrences import SettleMissedVisit
from shared.contracts.stations.plan_homes import RemoveHome
from shared.contracts.stations.plans import EndPlan, PausePlan, ResumePlan
from shared.people.erasing import ErasurePart


@pytest.fixture
def town() -> Planned:
    return Planned()


def test_the_visits_of_the_next_two_weeks_are_published_as_needs(town: Planned) -> None:
    _, home = town.start()
    assert town.times("made") == ["03-03 09:30", "03-10 09:30"]
    (first, second) = town.needs()
    assert (first.state, first.series, first.due) == ("published", home, town.visits()[date(2026, 3, 3)].ends_at)
    assert first.volunteers is not None
    assert first.volunteers.headcount == 1
    published = [e.data for e in town.engine.events if isinstance(e.data, NeedPublished)]
    assert {data.series for data in published} == {home}, "the carer is kept by it"
    town.advance_to(3, 3, 10)
    assert town.times("made") == ["03-03 09:30", "03-10 09:30", "03-17 09:30"]
    assert second.id != first.id


def test_each_visit_takes_over_the_words_of_the_one_before(town: Planned) -> None:
    _, home = town.start()
    need = town.visits()[date(2026, 3, 10)].need_id
    assert need is not None
    assert town.stations.words(need)["title"] == "Visit to Grandmother Yu"
    assert town.stations.words(need)["location"] == {"lon": 116.33712, "lat": 39.92891}
    assert town.cursor(home).words_of == need


def test_the_draft_that_a_home_is_added_by_is_cancelled_and_other_needs_go_their_way(town: Planned) -> None:
    town.start()
    (draft,) = [need for need in town.engine.all(type(town.needs()[0])) if need.series is None]
    assert (draft.state, draft.cancelled_for) == ("cancelled", "served_otherwise")


def test_a_timer_that_comes_again_or_early_makes_nothing_twice(town: Planned) -> None:
    plan, home = town.start()
    before = dict(town.engine.entities)
    for _ in range(3):
        town.look(plan, home)
    changed = {key for key, entity in town.engine.entities.items() if before.get(key) != entity}
    assert {model.__name__ for model, _ in changed} == {"PlanCursor"}


def test_a_home_has_its_visits_in_bounded_steps_however_many_there_are(town: Planned) -> None:
    town.start(recurrence="FREQ=DAILY")
    assert len(town.needs()) == 14, "a fortnight of days, made eight at a time"


def test_what_was_not_made_in_time_is_made_late_while_ahead_and_otherwise_missed_and_seen_to(town: Planned) -> None:
    plan, home = town.start()
    town.engine.timers.pop(f"visits:{home}")  # the service is away for four weeks
    town.advance_to(4, 1, 12)
    town.look(plan, home)
    assert town.times("missed") == ["03-17 09:30", "03-24 09:30", "03-31 09:30"]
    assert town.times("made")[2:] == ["04-07 09:30", "04-14 09:30"]
    missed = town.visits()[date(2026, 3, 31)]
    assert missed.need_id is None
    reminders = [e for e in town.engine.events if e.type == "stations.occurrence.overdue"]
    town.engine.advance(DAY + MINUTE)
    assert len([e for e in town.engine.events if e.type == "stations.occurrence.overdue"]) == len(reminders) + 3
    settled = town.send(SettleMissedVisit(id=missed.id, outcome="home_informed"))
    assert (settled.outcome, settled.next_step) == ("home_informed", None)
    assert town.refusal(SettleMissedVisit(id=missed.id, outcome="home_informed")) == "visit_settled"
    made = town.visits()[date(2026, 4, 7)]
    assert town.refusal(SettleMissedVisit(id=made.id, outcome="home_informed")) == "visit_not_missed"


def test_a_pause_cancels_what_is_ahead_and_the_resumption_makes_it_again(town: Planned) -> None:
    plan, _ = town.start()
    town.send(PausePlan(id=plan, reason="staff_short"))
    town.engine.advance(MINUTE)
    assert [need.state for need in town.needs()] == ["cancelled", "cancelled"]
    assert town.plan(plan).homes == 1
    town.advance_to(3, 5)
    town.send(ResumePlan(id=plan))
    town.engine.advance(MINUTE)
    assert town.times("made") == ["03-10 09:30", "03-17 09:30"]
    assert town.times("missed") == [], "nobody was to come during the pause"
    again = town.visits()[date(2026, 3, 10)]
    assert (again.made, town.need_of(again).state) == (2, "published")


def test_an_end_and_a_removal_cancel_what_is_ahead_and_leave_the_past(town: Planned) -> None:
    plan, home = town.start()
    other = town.add_home(plan, "Visit to Grandfather Lin").id
    town.advance_to(3, 4)
    town.send(RemoveHome(id=home, reason="resident_moved"))
    town.engine.advance(MINUTE)
    assert {one.state for one in town.visits(home).values() if one.on > date(2026, 3, 4)} == {"cancelled"}
    assert {one.state for one in town.visits(other).values()} == {"made"}
    town.send(EndPlan(id=plan, reason="no_longer_needed"))
    town.engine.advance(MINUTE)
    assert town.times("made") == ["03-03 09:30", "03-03 09:30"]
    assert not [key for key in town.engine.timers if key.startswith(("visits:", "plan:"))]


def test_a_service_under_way_is_not_taken_away(town: Planned) -> None:
    plan, _ = town.start()
    visit = town.visits()[date(2026, 3, 3)]
    assert visit.need_id is not None
    town.stations.staff(visit.need_id, 1, 1, "serving", checked_in=1)
    town.send(PausePlan(id=plan, reason="weather"))
    town.engine.advance(MINUTE)
    kept = town.visits()[date(2026, 3, 3)]
    assert (kept.state, kept.obstacle, town.need_of(kept).state) == ("made", "service_has_begun", "in_service")


def test_a_home_whose_words_were_erased_is_visited_no_more(town: Planned) -> None:
    plan, home = town.start()
    words = town.stations.text(town.cursor(home).words_of)
    town.engine.entities.pop((type(words), words.id))
    town.advance_to(3, 4)
    assert (town.home(home).state, town.home(home).reason) == ("removed", "words_erased")
    assert town.plan(plan).homes == 0


def test_a_plan_that_runs_out_is_shown_a_fortnight_before_and_ends_by_itself(town: Planned) -> None:
    plan, _ = town.start(ends_on="2026-04-30")
    town.advance_to(4, 16)
    assert town.plan(plan).running_out is False
    town.advance_to(4, 17)
    step = [e.data for e in town.engine.events if e.subject == plan][-1].next_step
    assert (step.code, step.due) == ("renew_plan", town.plan(plan).over_at)
    town.advance_to(5, 1)
    assert (town.plan(plan).state, town.plan(plan).end) == ("ended", "ran_out")
    assert town.times("made")[-1] == "04-28 09:30"


def test_an_erasure_that_waits_for_the_end_of_a_visit_lets_no_other_visit_take_its_words(town: Planned) -> None:
    _, home = town.start()
    need = town.visits()[date(2026, 3, 3)].need_id
    assert need is not None
    part = ErasurePart(
        id="erasure_1.0", version=1, erasure_id="erasure_1", nth=0, kind="need", subject=need, area=COMMUNITY, reach=""
    )
    town.engine.entities[ErasurePart, part.id] = part
    town.advance_to(3, 4)
    assert (town.home(home).state, town.home(home).reason) == ("removed", "words_erased")
    assert town.times("made") == ["03-03 09:30"]
    assert town.times("cancelled") == ["03-10 09:30"]
