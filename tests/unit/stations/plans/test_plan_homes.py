"""The homes of a plan are added by needs of its own station, each once; the plan's steps remind level by level."""

from datetime import timedelta

import pytest
from plans_in_memory import DAY, MINUTE, WORKER, Planned
from stations_in_memory import COMMUNITY, NEXT_DOOR

from shared.contracts.access import Actor
from shared.contracts.stations.network import CloseStation
from shared.contracts.stations.plan_homes import AddHome, RemoveHome
from shared.contracts.stations.plans import EndPlan, PausePlan, ResumePlan
from shared.contracts.stations.succession import MergeStation

NEXT_DOOR_WORKER = Actor(kind="person", id="account_other", roles=("station_worker",), area="110102009018")
STREET = Actor(kind="person", id="account_street", roles=("supervisor",), area=COMMUNITY[:9])


@pytest.fixture
def town() -> Planned:
    return Planned()


def test_a_home_is_added_once_and_again_after_it_was_removed(town: Planned) -> None:
    plan, home = town.start()
    need = town.home(home).need_id
    assert town.refusal(AddHome(plan_id=plan, need_id=need)) == "home_known"
    town.send(RemoveHome(id=home, reason="declined"))
    assert town.refusal(RemoveHome(id=home, reason="declined")) == "home_removed"
    town.engine.advance(MINUTE)
    again = town.send(AddHome(plan_id=plan, need_id=need))
    town.engine.advance(MINUTE)
    assert (again.id, again.state, town.plan(plan).homes) == (home, "active", 1)
    assert town.times("made") == ["03-03 09:30", "03-10 09:30"]


def test_a_need_of_another_station_adds_no_home(town: Planned) -> None:
    plan = town.register().id
    elsewhere = town.stations.register(station_id=town.stations.open_next_door(), publish=False)
    assert town.refusal(AddHome(plan_id=plan, need_id=elsewhere.id), STREET) == "need_of_another_station"
    assert town.refusal(AddHome(plan_id=plan, need_id=elsewhere.id)) == "unknown_id", "a worker does not reach it"
    assert town.refusal(EndPlan(id=plan, reason="entered_wrongly"), NEXT_DOOR_WORKER) == "unknown_id"


def test_an_ended_plan_takes_no_home_and_no_other_step(town: Planned) -> None:
    plan = town.register().id
    town.send(EndPlan(id=plan, reason="entered_wrongly"))
    need = town.stations.register(publish=False)
    assert town.refusal(AddHome(plan_id=plan, need_id=need.id)) == "plan_not_in_state"
    for command in (
        PausePlan(id=plan, reason="weather"),
        ResumePlan(id=plan),
        EndPlan(id=plan, reason="entered_wrongly"),
    ):
        assert town.refusal(command) == "plan_not_in_state"


def test_a_plan_without_homes_and_a_paused_one_are_reminded_of(town: Planned) -> None:
    plan = town.register()
    assert (plan.next_step.code, plan.next_step.due) == ("add_home", town.engine.now + timedelta(hours=72))  # type: ignore[union-attr]
    town.engine.advance(timedelta(hours=72) + MINUTE)
    assert [e.data.reminder.level for e in town.engine.events if e.type == "stations.plan.overdue"] == ["station"]  # type: ignore[attr-defined]
    town.engine.advance(DAY)
    assert town.plan(plan.id).reminder.level == "street"  # type: ignore[union-attr]
    need = town.stations.register(
        publish=False, due=town.engine.now + DAY, volunteers=None,
    )  # fmt: skip
    town.send(AddHome(plan_id=plan.id, need_id=need.id))
    assert town.plan(plan.id).reminder is None
    paused = town.send(PausePlan(id=plan.id, reason="emergency"))
    assert (paused.next_step.code, paused.next_step.due) == ("resume_plan", town.engine.now + 14 * DAY)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"visitors": None}, "nothing_asked_for"),
        ({"starts_on": "2026-03-01"}, "plan_start_range"),
        ({"ends_on": "2026-03-01"}, "plan_end_range"),
        ({"ends_on": "2029-12-31"}, "plan_end_range"),
        ({"recurrence": "FREQ=MONTHLY;BYMONTHDAY=1;UNTIL=20260331", "ends_on": "2026-03-31"}, "recurrence_never"),
        ({"theme": "no such theme"}, "unknown_label"),
        ({"lines": [{"kind": "money", "amount_fen": 100, "purpose": "her heating"}]}, "purpose_in_plan"),
    ],
)
def test_a_plan_that_cannot_be_is_refused_by_name(town: Planned, changes: dict[str, object], rule: str) -> None:
    assert town.refusal(town.asked(**changes)) == rule


def test_a_closed_station_registers_no_plan(town: Planned) -> None:
    town.engine.command(CloseStation(id=town.stations.station_id))
    assert town.refusal(town.asked(), WORKER) == "station_closed"


def test_a_plan_of_supplies_alone_makes_needs_without_volunteers(town: Planned) -> None:
    town.start(visitors=None, lines=[{"kind": "goods", "item": "quilt", "quantity": 1, "unit": "piece"}])
    (need, _) = town.needs()
    assert (need.volunteers, need.lines[0].item, need.committed) == (None, "quilt", (0,))


def test_a_plan_its_homes_and_the_visits_to_come_go_on_at_the_successor_of_their_station(town: Planned) -> None:
    plan, home = town.start()
    town.advance_to(3, 12)
    into = town.stations.open_next_door()
    town.engine.command(MergeStation(id=town.stations.station_id, into_id=into))
    town.engine.advance(MINUTE)
    for thing in (town.plan(plan), town.home(home)):
        assert (thing.station_id, thing.area) == (into, NEXT_DOOR)
    assert town.cursor(home).area == NEXT_DOOR
    past, to_come = (
        {visit.station_id for visit in town.visits().values() if (visit.ends_at > town.engine.now) == ahead}
        for ahead in (False, True)
    )
    assert (past, to_come) == ({town.stations.station_id}, {into})
    before = len(town.needs())
    town.advance_to(4, 1)
    assert len(town.needs()) > before
    assert {need.station_id for need in town.needs()[-3:]} == {into}
    town.send(RemoveHome(id=home, reason="declined"), NEXT_DOOR_WORKER)


def test_the_plan_of_a_closed_station_ends_at_once_and_its_visits_to_come_are_called_off(town: Planned) -> None:
    plan, _ = town.start()
    town.advance_to(3, 4)
    town.engine.command(CloseStation(id=town.stations.station_id))
    town.engine.advance(MINUTE)
    assert (town.plan(plan).state, town.plan(plan).end) == ("ended", "station_closed")
    assert town.times("made") == ["03-03 09:30"]
    assert town.times("cancelled")[0] == "03-10 09:30"
    assert {need.state for need in town.needs() if need.due > town.engine.now} == {"cancelled"}
