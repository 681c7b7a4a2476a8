"""The time of a service, stated by a second person: nothing else credits a volunteer who did not check out."""

from datetime import timedelta

import pytest
from volunteering_in_memory import HOUR, MINUTE, SECOND, VolunteeringInMemory

from services.volunteering.dispatch.domain.staffing import Staffing
from shared.contracts.refusals import Refused
from shared.contracts.volunteering.dispatch import CheckIn, StateHours
from shared.engine.decide.memory import START

DAY = timedelta(days=1)


@pytest.fixture
def forgotten(staffed: VolunteeringInMemory) -> VolunteeringInMemory:
    """The volunteer of need_1, from one hour to three hours after the start, comes and does not check out."""
    staffed.wait(HOUR)
    staffed.check_in(staffed.dispatches("need_1")[0].id)
    staffed.wait(3 * HOUR + 6 * MINUTE)  # the patrol comes every five minutes
    assert staffed.states("need_1") == ["checked_out"]
    return staffed


def test_a_forgotten_check_out_credits_nothing_until_somebody_states_the_time(forgotten: VolunteeringInMemory) -> None:
    (row,) = forgotten.dispatches("need_1")
    forgotten.confirm("need_1")
    assert (forgotten.state("need_1"), forgotten.minutes(row.volunteer_id)) == ("served", 0)
    stated = forgotten.state_hours(row.id, 2 * HOUR + 30 * MINUTE)
    assert (stated.state, stated.minutes, stated.stated_for) == ("credited", 90, "forgot_check_out")
    assert (forgotten.state("need_1"), forgotten.minutes(row.volunteer_id)) == ("credited", 90)
    assert stated.hours_due is None
    assert forgotten.broken_laws() == []


def test_what_is_stated_before_the_confirmation_is_credited_with_it(forgotten: VolunteeringInMemory) -> None:
    (row,) = forgotten.dispatches("need_1")
    assert forgotten.state_hours(row.id, 2 * HOUR).state == "checked_out"
    assert forgotten.minutes(row.volunteer_id) == 0
    forgotten.confirm("need_1")
    assert forgotten.minutes(row.volunteer_id) == 60


def test_nobody_states_the_time_of_somebody_whom_one_has_checked_in(forgotten: VolunteeringInMemory) -> None:
    (row,) = forgotten.dispatches("need_1")
    stated = StateHours(dispatch_id=row.id, left_at=START + 2 * HOUR, reason_code="forgot_check_out")
    with pytest.raises(Refused) as refused:
        forgotten.engine.command(stated)
    assert (refused.value.code, refused.value.rule) == ("not_allowed", "own_act")
    assert forgotten.dispatches("need_1") == [row]


def test_who_has_checked_in_a_volunteer_states_the_time_of_another_of_the_same_need(
    service: VolunteeringInMemory,
) -> None:
    for _ in range(2):
        service.volunteer(standing=True)
    service.publish("need_1", 2)
    service.wait(HOUR)
    mine, other = service.dispatches("need_1")
    service.check_in(mine.id)
    service.engine.command(CheckIn(dispatch_id=other.id), actor=SECOND)
    service.wait(HOUR)
    stated = StateHours(dispatch_id=other.id, left_at=START + 90 * MINUTE, reason_code="left_earlier")
    assert service.engine.command(stated).minutes == 30
    assert service.state_hours(mine.id, 90 * MINUTE).minutes == 30


def test_a_stated_time_counts_within_the_slot_alone(forgotten: VolunteeringInMemory) -> None:
    (row,) = forgotten.dispatches("need_1")
    stated = forgotten.state_hours(row.id, 4 * HOUR, 0 * HOUR, reason_code="recorded_wrongly")
    assert stated.minutes == 120 + 10, "two hours of the slot, and ten minutes of grace"


def test_somebody_is_reminded_three_times_and_then_more_rarely(forgotten: VolunteeringInMemory) -> None:
    forgotten.confirm("need_1")
    before = forgotten.dispatches("need_1")[0]
    assert before.reminded == 0
    assert before.hours_due is not None
    assert 3 * DAY - 6 * MINUTE < before.hours_due - forgotten.engine.now <= 3 * DAY
    told = len(forgotten.announced("need_1"))
    for number in (1, 2, 3):
        forgotten.wait(3 * DAY + 10 * MINUTE)
        (row,) = forgotten.dispatches("need_1")
        assert row.reminded == number
    assert len(forgotten.announced("need_1")) == told + 3, "each reminder is an event"
    for number, pause in ((4, 3), (5, 21), (6, 21)):
        forgotten.wait((pause - 1) * DAY)
        assert forgotten.dispatches("need_1")[0].reminded == number - 1
        forgotten.wait(DAY + 10 * MINUTE)
        assert forgotten.dispatches("need_1")[0].reminded == number
    (row,) = forgotten.dispatches("need_1")
    assert row.hours_due is not None
    assert forgotten.state_hours(row.id, 2 * HOUR).state == "credited", "it is never too late"


def test_a_forgotten_check_out_that_a_replica_of_0_2_credited_with_nothing_waits_all_the_same(
    forgotten: VolunteeringInMemory,
) -> None:
    (row,) = forgotten.dispatches("need_1")
    staffing = forgotten.staffing("need_1")
    rewritten = row.model_copy(update={"state": "credited", "hours_due": None})
    update = {"dispatches": (rewritten,), "state": "credited", "ended": "confirmed"}
    forgotten.engine.entities[Staffing, "need_1"] = staffing.model_copy(update=update)
    assert forgotten.state_hours(row.id, 2 * HOUR).minutes == 60
    assert forgotten.minutes(row.volunteer_id) == 60


def test_who_left_unseen_during_the_service_is_checked_out_by_the_statement(staffed: VolunteeringInMemory) -> None:
    staffed.wait(HOUR)
    (row,) = staffed.dispatches("need_1")
    staffed.check_in(row.id)
    staffed.wait(HOUR)
    assert staffed.state_hours(row.id, 90 * MINUTE, reason_code="left_earlier").minutes == 30
    assert staffed.person(row.volunteer_id).serving is None
    assert staffed.state("need_1") == "served"


def test_a_caller_whose_clock_is_some_seconds_ahead_is_not_refused(forgotten: VolunteeringInMemory) -> None:
    (row,) = forgotten.dispatches("need_1")
    stated = forgotten.state_hours(row.id, forgotten.engine.now - START + timedelta(seconds=20))
    assert stated.state in {"checked_out", "credited"}


@pytest.mark.parametrize(
    ("left", "came", "rule"),
    [
        (5 * HOUR, None, "left_in_future"),
        (30 * MINUTE, None, "left_before_coming"),
        (HOUR, 2 * HOUR, "left_before_coming"),
    ],
)
def test_a_time_that_cannot_be_is_refused(
    forgotten: VolunteeringInMemory, left: timedelta, came: timedelta | None, rule: str
) -> None:
    (row,) = forgotten.dispatches("need_1")
    with pytest.raises(Refused) as refused:
        forgotten.state_hours(row.id, left, came)
    assert (refused.value.code, refused.value.rule) == ("invalid", rule)
    assert forgotten.dispatches("need_1") == [row]


def test_no_time_is_stated_for_somebody_who_never_came(staffed: VolunteeringInMemory) -> None:
    (row,) = staffed.dispatches("need_1")
    staffed.wait(2 * HOUR)
    with pytest.raises(Refused) as refused:
        staffed.state_hours(row.id, 2 * HOUR, HOUR)
    assert refused.value.rule == "dispatch_not_in_state"


def test_who_did_not_come_in_the_slot_leaves_a_need_that_says_why_it_waits_and_what_the_station_can_do(
    forgotten: VolunteeringInMemory,
) -> None:
    (row,) = forgotten.dispatches("need_1")
    assert forgotten.state_hours(row.id, 4 * HOUR, 3 * HOUR + 30 * MINUTE).state == "declined"
    (waiting,) = forgotten.last_event("need_1").waiting
    assert (waiting.reason.code, waiting.next_step.code) == ("slot_over_or_asked_in_vain", "cancel_or_later_slot")


def test_who_gives_a_promise_back_after_the_slot_leaves_such_a_need_too(staffed: VolunteeringInMemory) -> None:
    (row,) = staffed.dispatches("need_1")
    staffed.wait(3 * HOUR + MINUTE)
    staffed.decline(row.id)
    (waiting,) = staffed.last_event("need_1").waiting
    assert (waiting.reason.code, waiting.next_step.code) == ("slot_over_or_asked_in_vain", "cancel_or_later_slot")


def test_a_service_of_a_merged_volunteer_that_did_not_take_place_frees_the_slot_of_the_one_who_stands_for_both(
    forgotten: VolunteeringInMemory,
) -> None:
    (row,) = forgotten.dispatches("need_1")
    into = forgotten.volunteer()
    forgotten.merge(row.volunteer_id, into)
    assert (len(forgotten.person(into).bookings), forgotten.person(into).kept) == (1, 1)
    forgotten.state_hours(row.id, 4 * HOUR, 3 * HOUR + 30 * MINUTE)
    assert (forgotten.person(into).bookings, forgotten.person(into).kept, forgotten.person(into).missed) == ((), 0, 1)
    assert forgotten.broken_laws() == []
    forgotten.unmerge(row.volunteer_id)
    counts = [(person.kept, person.missed) for person in map(forgotten.person, (row.volunteer_id, into))]
    assert counts == [(0, 1), (0, 0)]


def test_in_a_chain_of_merges_it_leaves_the_record_of_every_id_that_took_it_over(
    forgotten: VolunteeringInMemory,
) -> None:
    (row,) = forgotten.dispatches("need_1")
    middle, last = forgotten.volunteer(), forgotten.volunteer()
    beside = forgotten.volunteer()
    forgotten.merge(row.volunteer_id, middle)
    forgotten.merge(beside, last)
    forgotten.merge(middle, last)
    forgotten.state_hours(row.id, 4 * HOUR, 3 * HOUR + 30 * MINUTE)
    chain = (row.volunteer_id, middle, last, beside)
    assert [(person.kept, person.missed) for person in map(forgotten.person, chain)] == [(0, 1), (0, 1), (0, 1), (0, 0)]
    forgotten.unmerge(middle)
    assert [(person.kept, person.missed) for person in map(forgotten.person, chain)] == [(0, 1), (0, 1), (0, 0), (0, 0)]
    assert forgotten.broken_laws() == []
