"""Nobody is stuck in silence: each open state has a deadline, then station, street centre and district are reminded."""

from datetime import timedelta

import pytest
from stations_in_memory import COMMUNITY, StationsInMemory

from services.stations.needs.domain.due_time import NeedDue, key_of_timer
from services.stations.needs.policy import NeedsPolicy
from shared.contracts.stations.needs import (
    CancelNeed,
    ConfirmNeed,
    NeedOverdue,
    NeedRegistered,
    NeedServed,
    NeedUnmet,
    PublishNeed,
)
from shared.engine.decide.memory import START

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def reminded(stations: StationsInMemory) -> list[tuple[str, str, str]]:
    """Whose turn it was, where, and the step, in the order of the reminders."""
    return [(e.overdue.level, e.overdue.area, e.overdue.step.code) for e in stations.engine.emitted(NeedOverdue)]


def levels(stations: StationsInMemory) -> list[str]:
    return [level for level, _, _ in reminded(stations)]


def fire_again(stations: StationsInMemory, need_id: str) -> None:
    """Have the timer of the need handled three times more."""
    for nth in range(3):
        stations.engine.timers[f"again {nth}"] = (stations.engine.now, NeedDue(need_id=need_id))
    stations.engine.advance(timedelta())


def test_a_served_need_that_nobody_confirms_is_taken_to_the_station_its_street_centre_and_its_district(
    stations: StationsInMemory,
):
    need_id = stations.serve()
    (served,) = stations.engine.emitted(NeedServed)
    assert served.step_due == START + 3 * DAY
    stations.engine.advance(3 * DAY - HOUR)
    assert reminded(stations) == []
    stations.engine.advance(HOUR)
    assert reminded(stations) == [("station", COMMUNITY, "confirm_need")]
    stations.engine.advance(DAY)
    assert reminded(stations)[1:] == [("street", COMMUNITY[:9], "confirm_need")]
    stations.engine.advance(DAY)
    assert reminded(stations)[2:] == [("district", COMMUNITY[:6], "confirm_need")]
    stations.engine.advance(14 * DAY)
    assert levels(stations)[3:] == ["district", "district"], "weekly, until somebody acts"
    assert stations.need(need_id).state == "served"


def test_a_ready_need_without_volunteers_is_due_for_its_confirmation_some_days_after_its_due_time(
    stations: StationsInMemory,
):
    need_id = stations.register(volunteers=None).id
    stations.link(need_id, 1, 3, 5000)
    stations.engine.advance(8 * HOUR + 3 * DAY - HOUR)
    assert reminded(stations) == []
    stations.engine.advance(HOUR)
    assert reminded(stations) == [("station", COMMUNITY, "confirm_need")]
    assert stations.engine.emitted(NeedUnmet) == []


@pytest.mark.parametrize(
    ("state", "step", "more"),
    [("staffed", "begin_service", {}), ("serving", "end_service", {"checked_in": 1})],
)
def test_a_service_that_never_begins_or_never_ends_is_noticed(
    stations: StationsInMemory, state: str, step: str, more: dict[str, int]
):
    need_id = stations.register().id
    stations.link(need_id, 1, 3, 5000)
    stations.staff(need_id, 1, 2, state, **more)
    stations.engine.advance(4 * DAY)
    assert reminded(stations)[:1] == [("station", COMMUNITY, step)]


def test_a_draft_is_published_within_days_or_by_its_due_time(stations: StationsInMemory):
    soon = stations.register(publish=False)
    late = stations.register(publish=False, due=START + 30 * DAY)
    assert [event.step_due for event in stations.engine.emitted(NeedRegistered)] == [soon.due, START + 3 * DAY]
    stations.engine.advance(8 * HOUR)
    assert [event.need_id for event in stations.engine.emitted(NeedOverdue)] == [soon.id]
    stations.engine.advance(DAY)
    stations.engine.command(PublishNeed(need_id=late.id))
    stations.engine.advance(20 * DAY)
    assert {event.need_id for event in stations.engine.emitted(NeedOverdue)} == {soon.id}


def test_an_overdue_need_says_in_its_waiting_whose_turn_it_is_until_the_step_is_taken(stations: StationsInMemory):
    need_id = stations.serve()
    stations.engine.advance(4 * DAY)
    (_, event) = stations.engine.emitted(NeedOverdue)
    late = event.waiting[0]
    assert (late.reason.code, late.reason.args["level"], late.next_step.code) == (
        "step_overdue", "street", "confirm_need",
    )  # fmt: skip
    assert event.version == stations.need(need_id).announced
    answer = stations.engine.command(ConfirmNeed(need_id=need_id))
    assert (answer.state, answer.waiting) == ("confirmed", ())
    assert stations.engine.timers == {}


def test_a_reminder_that_comes_again_or_early_takes_the_need_no_further(stations: StationsInMemory):
    need_id = stations.serve()
    stations.engine.advance(3 * DAY)
    due = stations.engine.timers[key_of_timer(need_id)]
    fire_again(stations, need_id)
    assert levels(stations) == ["station"]
    assert stations.engine.timers[key_of_timer(need_id)] == due


def test_an_ended_need_reminds_nobody(stations: StationsInMemory):
    need_id = stations.register(publish=False).id
    stations.engine.command(CancelNeed(need_id=need_id))
    fire_again(stations, need_id)
    assert stations.engine.timers == {}
    assert reminded(stations) == []


def test_a_new_state_begins_with_a_deadline_of_its_own(stations: StationsInMemory):
    need_id = stations.register(due=START + 3 * HOUR).id
    stations.link(need_id, 1, 3, 5000)
    stations.staff(need_id, 1, 2)
    stations.engine.advance(4 * DAY + 4 * HOUR)
    assert levels(stations) == ["station", "street"]
    stations.staff(need_id, 2, 2, "served", checked_in=2, checked_out=2)
    assert stations.need(need_id).overdue is None
    stations.engine.advance(3 * DAY - HOUR)
    assert len(levels(stations)) == 2
    stations.engine.advance(HOUR)
    assert levels(stations)[2:] == ["station"]


def test_a_need_that_falls_back_from_served_is_due_as_before(stations: StationsInMemory):
    need_id = stations.serve()
    stations.staff(need_id, 4, 0, "searching")
    stations.engine.advance(8 * HOUR)
    assert stations.need(need_id).state == "unmet"


def test_the_city_sets_the_periods():
    policy = NeedsPolicy(need_confirm_hours=10, need_escalate_hours=2, need_remind_days=1)
    stations = StationsInMemory(policy)
    stations.serve()
    stations.engine.advance(12 * HOUR)
    assert levels(stations) == ["station", "street"]
    stations.engine.advance(2 * HOUR + 2 * DAY)
    assert levels(stations)[2:] == ["district"] * 3
