"""The minutes of a credited service are adjusted by a second person: a reversal and a new transfer, nothing edited."""

from datetime import timedelta

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from volunteering_in_memory import HOUR, MINUTE, SECOND, VolunteeringInMemory

from services.volunteering.dispatch.domain.staffing import Dispatch
from services.volunteering.timebank.domain.adjustments import MOST_ADJUSTMENTS
from services.volunteering.timebank.domain.minting import account_id
from shared.contracts.access import Actor
from shared.contracts.refusals import Refused
from shared.contracts.volunteering.timebank import HoursAdjusted
from shared.engine.decide.memory import TESTER
from shared.ledger.core import Account, Entry, Transfer, transfer

DAY = timedelta(days=1)


def credited(service: VolunteeringInMemory, stay: timedelta = HOUR) -> Dispatch:
    """The volunteer of need_1, from one hour to three hours after the start, is credited with so long a stay."""
    service.serve("need_1", stay)
    service.confirm("need_1")
    (row,) = service.dispatches("need_1")
    assert row.state == "credited"
    return row


def spend(service: VolunteeringInMemory, volunteer: str, minutes: int) -> None:
    """Have the volunteer spend minutes, as an exchange of hours would."""
    own = service.engine.one(Account, account_id(volunteer))
    shop = service.engine.entities.get((Account, "timebank:shop")) or Account(
        id="timebank:shop", commodity="minutes", holder="shop", kind="shop"
    )
    count = sum(row.reason == "spent" for row in service.engine.all(Transfer))
    for made in transfer(own, shop, minutes, Entry(f"spent_{count}", service.engine.now, "spent", "x")):
        service.engine.entities[type(made), made.id] = made


def entries(service: VolunteeringInMemory) -> list[tuple[str, int]]:
    rows = sorted(service.engine.all(Transfer), key=lambda row: row.at)
    return [(row.reason, row.amount if row.credit_account.startswith("timebank:vol") else -row.amount) for row in rows]


def rule_of(refused: pytest.ExceptionInfo[Refused]) -> tuple[str, str]:
    return refused.value.code, refused.value.rule


def test_a_slip_of_the_pen_is_put_right_by_a_reversal_and_a_new_transfer(staffed: VolunteeringInMemory) -> None:
    row = credited(staffed)
    need = staffed.staffing("need_1")
    staffed.wait(DAY)
    adjusted = staffed.adjust(row.id, 45, "left_earlier")
    assert (adjusted.state, adjusted.minutes, adjusted.stated_for) == ("credited", 45, "left_earlier")
    assert (adjusted.short_minutes, adjusted.hours_due) == (0, None)
    assert sorted(entries(staffed)) == [("hours_adjusted", 45), ("left_earlier", -60), ("service_confirmed", 60)]
    assert staffed.minutes(row.volunteer_id) == 45
    (event,) = staffed.engine.emitted(HoursAdjusted)
    assert (event.minutes, event.service_minutes, event.short_minutes) == (-15, 45, 0)
    assert (event.reason_code, event.balance_minutes) == ("left_earlier", 45)
    assert staffed.last_event("need_1").changed[0].minutes == 45
    assert staffed.state("need_1") == need.state
    assert staffed.broken_laws() == []


def test_minutes_are_adjusted_up_to_nothing_and_back_and_each_time_once(staffed: VolunteeringInMemory) -> None:
    row = credited(staffed)
    for minutes in (0, 90, 90, 130, 60):
        assert staffed.adjust(row.id, minutes).minutes == minutes
        assert staffed.minutes(row.volunteer_id) == minutes
    assert len(staffed.engine.emitted(HoursAdjusted)) == 4, "the same minutes again change nothing"
    assert staffed.broken_laws() == []


def test_a_command_that_comes_twice_adjusts_once(staffed: VolunteeringInMemory) -> None:
    row = credited(staffed)
    for _ in range(2):
        staffed.adjust(row.id, 45, key="same")
    assert len(staffed.engine.emitted(HoursAdjusted)) == 1


@pytest.mark.parametrize(("minutes", "allowed"), [(130, True), (131, False)])
def test_no_more_than_the_slot_and_its_grace_is_credited(
    staffed: VolunteeringInMemory, minutes: int, allowed: bool
) -> None:
    row = credited(staffed)
    if allowed:
        assert staffed.adjust(row.id, minutes).minutes == minutes
        return
    with pytest.raises(Refused) as refused:
        staffed.adjust(row.id, minutes)
    assert rule_of(refused) == ("invalid", "more_than_slot")
    assert refused.value.values["most"] == 130


@pytest.mark.parametrize("stay", [HOUR, timedelta()], ids=["an hour", "nothing"])
def test_minutes_are_adjusted_within_thirty_days(staffed: VolunteeringInMemory, stay: timedelta) -> None:
    row = credited(staffed, stay)
    staffed.wait(30 * DAY - HOUR)
    staffed.adjust(row.id, 50)
    staffed.wait(2 * HOUR)
    with pytest.raises(Refused) as refused:
        staffed.adjust(row.id, 40)
    assert rule_of(refused) == ("wrong_state", "credited_too_long_ago")


def test_minutes_are_adjusted_a_bounded_number_of_times(staffed: VolunteeringInMemory) -> None:
    row = credited(staffed)
    for nth in range(MOST_ADJUSTMENTS):
        staffed.adjust(row.id, nth + 1)
    with pytest.raises(Refused) as refused:
        staffed.adjust(row.id, 40)
    assert rule_of(refused) == ("wrong_state", "adjusted_too_often")


def test_minutes_that_are_not_credited_yet_are_stated_and_not_adjusted(staffed: VolunteeringInMemory) -> None:
    staffed.serve("need_1", HOUR)
    (row,) = staffed.dispatches("need_1")
    with pytest.raises(Refused) as refused:
        staffed.adjust(row.id, 30)
    assert rule_of(refused) == ("wrong_state", "dispatch_not_in_state")


@pytest.mark.parametrize("minutes", [0, 45, 60, 90])
def test_nobody_adjusts_the_minutes_of_somebody_whom_one_has_checked_in_or_out(
    staffed: VolunteeringInMemory, minutes: int
) -> None:
    row = credited(staffed)
    before = entries(staffed)
    with pytest.raises(Refused) as refused:
        staffed.adjust(row.id, minutes, actor=TESTER)
    assert rule_of(refused) == ("not_allowed", "own_act")
    assert entries(staffed) == before


def test_another_key_of_the_same_principal_is_the_same_person(staffed: VolunteeringInMemory) -> None:
    row = credited(staffed)
    other_key = TESTER.model_copy(update={"id": "key_other"})
    with pytest.raises(Refused) as refused:
        staffed.adjust(row.id, 45, actor=other_key)
    assert rule_of(refused) == ("not_allowed", "own_act")


def test_nobody_adjusts_ones_own_minutes_under_any_merged_id(staffed: VolunteeringInMemory) -> None:
    row = credited(staffed)
    other = staffed.volunteer()
    staffed.merge(row.volunteer_id, other)
    for own in (row.volunteer_id, other):
        with pytest.raises(Refused) as refused:
            staffed.adjust(row.id, 45, actor=Actor(kind="person", id=own, roles=("administrator",)))
        assert rule_of(refused) == ("not_allowed", "own_act")


def test_the_area_of_the_actor_bounds_the_adjustment(staffed: VolunteeringInMemory) -> None:
    row = credited(staffed)
    with pytest.raises(Refused) as refused:
        staffed.adjust(row.id, 45, actor=SECOND.model_copy(update={"area": "310101"}))
    assert refused.value.code == "not_found"


# ---- spent minutes ---------------------------------------------------------------------------------------------


def test_what_is_spent_is_not_taken_back_and_stands_as_a_shortfall_with_a_deadline(
    staffed: VolunteeringInMemory,
) -> None:
    row = credited(staffed)
    spend(staffed, row.volunteer_id, 50)
    adjusted = staffed.adjust(row.id, 20)
    assert (adjusted.minutes, adjusted.short_minutes) == (20, 30)
    assert staffed.minutes(row.volunteer_id) == 0
    assert adjusted.hours_due == staffed.engine.now + 3 * DAY
    (event,) = staffed.engine.emitted(HoursAdjusted)
    assert (event.minutes, event.service_minutes, event.short_minutes) == (-10, 20, 30)
    staffed.wait(3 * DAY + 10 * MINUTE)
    assert staffed.dispatches("need_1")[0].reminded == 1, "its owner is reminded"
    assert staffed.last_event("need_1").changed[0].short_minutes == 30


def test_a_shortfall_is_collected_once_there_is_something_to_take_also_later_than_the_period(
    staffed: VolunteeringInMemory,
) -> None:
    row = credited(staffed)
    spend(staffed, row.volunteer_id, 60)
    assert staffed.adjust(row.id, 20).short_minutes == 40
    told = len(staffed.engine.events)
    assert staffed.adjust(row.id, 20).short_minutes == 40
    assert len(staffed.engine.events) == told, "nothing is there yet, and nothing changes"
    staffed.wait(40 * DAY)
    slot = {"starts": 41 * DAY, "lasts": HOUR}
    staffed.publish("need_2", **slot)
    staffed.serve("need_2", 25 * MINUTE)
    staffed.confirm("need_2", **slot)
    assert staffed.adjust(row.id, 20).short_minutes == 15
    assert staffed.minutes(row.volunteer_id) == 0
    closed = staffed.adjust(row.id, 35)
    assert (closed.minutes, closed.short_minutes, closed.hours_due) == (35, 0, None), "or it is let stand"


@examples(40)
@given(steps=st.lists(st.tuples(st.sampled_from(("adjust", "spend")), st.integers(0, 130)), max_size=8))
def test_minutes_and_shortfall_are_what_is_credited_and_no_account_is_overdrawn(steps: list[tuple[str, int]]) -> None:
    service = VolunteeringInMemory()
    volunteer = service.volunteer(standing=True)
    service.publish("need_1")
    row = credited(service)
    spent = 0
    for kind, minutes in steps:
        if kind == "adjust":
            service.adjust(row.id, minutes)
        elif 0 < minutes <= service.minutes(volunteer):
            spend(service, volunteer, minutes)
            spent += minutes
        staffing = service.staffing("need_1")
        stands = staffing.dispatches[0].minutes + staffing.short_minutes(row.id)
        assert stands == spent + service.minutes(volunteer)
        assert staffing.short_minutes(row.id) <= spent


# ---- merged ids ------------------------------------------------------------------------------------------------


def test_an_adjusted_service_of_a_merged_id_is_compared_again(service: VolunteeringInMemory) -> None:
    one, other = service.volunteer(), service.volunteer()
    first, second = service.promise("need_1", one), service.promise("need_2", other)
    service.wait(HOUR)
    for dispatch in (first, second):
        service.check_in(dispatch)
    service.wait(HOUR)
    for dispatch in (first, second):
        service.check_out(dispatch)
    service.confirm("need_1")
    service.confirm("need_2")
    service.merge(other, one)
    service.wait()
    assert service.minutes(one) + service.minutes(other) == 60
    assert service.adjust(second, 30).short_minutes == 0, "taken back for the overlap is not spent"
    service.wait()
    assert service.minutes(one) + service.minutes(other) == 60
    service.adjust(first, 20)
    service.wait()
    assert service.minutes(one) + service.minutes(other) == 30
    assert service.broken_laws() == []
