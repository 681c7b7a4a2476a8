"""The crediting of hours: the confirmed service mints, each minute once."""

from volunteering_in_memory import HOUR, MINUTE, VolunteeringInMemory

from shared.contracts.volunteering.timebank import HoursCredited
from shared.ledger.core import Account, Transfer


def test_minutes_between_check_in_and_check_out_are_credited_once_the_station_confirms(
    staffed: VolunteeringInMemory,
) -> None:
    (row,) = staffed.dispatches("need_1")
    staffed.wait(HOUR)
    assert staffed.check_in(row.id).model_dump(mode="json")["checked_in_at"] == "2026-03-02T02:00:00Z"
    assert (staffed.state("need_1"), staffed.last_event("need_1").checked_in) == ("serving", 1)
    staffed.wait(95 * MINUTE)
    assert staffed.check_out(row.id).minutes == 95
    assert (staffed.state("need_1"), staffed.last_event("need_1").checked_out) == ("served", 1)
    assert staffed.minutes(row.volunteer_id) == 0
    staffed.confirm("need_1")
    assert staffed.minutes(row.volunteer_id) == 95
    assert (staffed.state("need_1"), staffed.states("need_1")) == ("credited", ["credited"])
    (credited,) = staffed.engine.emitted(HoursCredited)
    assert (credited.minutes, credited.balance_minutes, credited.dispatch_id) == (95, 95, row.id)
    assert staffed.announced("need_1") == ["confirmed", "changed", "changed", "changed"]
    assert staffed.broken_laws() == []


def test_a_repeated_confirmation_credits_nothing_more(staffed: VolunteeringInMemory) -> None:
    staffed.serve("need_1")
    for version in (9, 9, 10):
        staffed.engine.seen.clear()
        staffed.confirm("need_1")
        assert version
    (row,) = staffed.dispatches("need_1")
    assert (staffed.minutes(row.volunteer_id), len(staffed.engine.all(Transfer))) == (60, 1)


def test_what_the_volunteers_received_is_what_the_areas_mint_has_given(service: VolunteeringInMemory) -> None:
    for _ in range(3):
        service.volunteer(standing=True)
    service.publish("need_1", 3)
    service.serve("need_1", 40 * MINUTE)
    service.confirm("need_1", 3)
    balances = {a.id: a.balance for a in service.engine.all(Account)}
    assert balances.pop("timebank:mint:110102009017") == -120
    assert list(balances.values()) == [40, 40, 40]


def test_a_need_cancelled_during_its_service_credits_the_work_done_until_then(service: VolunteeringInMemory) -> None:
    left, stays, absent = (service.volunteer(standing=True) for _ in range(3))
    service.publish("need_1", 3)
    rows = {row.volunteer_id: row.id for row in service.dispatches("need_1")}
    service.wait(HOUR)
    for someone in (left, stays):
        service.check_in(rows[someone])
    service.wait(HOUR)
    service.check_out(rows[left])
    service.wait(15 * MINUTE)
    service.cancel("need_1", 3)
    assert [service.minutes(one) for one in (left, stays, absent)] == [60, 75, 0]
    assert (service.state("need_1"), service.states("need_1")) == ("released", ["cancelled", "credited", "credited"])
    assert [service.person(one).serving for one in (left, stays)] == [None, None]
    service.engine.seen.clear()
    service.cancel("need_1", 3)
    assert service.minutes(stays) == 75
    assert service.broken_laws() == []


def test_a_need_cancelled_before_its_slot_credits_nothing(staffed: VolunteeringInMemory) -> None:
    staffed.wait(30 * MINUTE)
    (row,) = staffed.dispatches("need_1")
    staffed.check_in(row.id)
    staffed.wait(10 * MINUTE)
    staffed.cancel("need_1")
    assert staffed.person(row.volunteer_id).serving is None
    assert (staffed.states("need_1"), staffed.engine.all(Transfer)) == (["cancelled"], [])
    assert staffed.broken_laws() == []


def test_the_work_for_a_need_that_ended_unmet_is_credited_once_the_station_states_it(
    staffed: VolunteeringInMemory,
) -> None:
    staffed.wait(HOUR)
    (row,) = staffed.dispatches("need_1")
    staffed.check_in(row.id)
    staffed.wait(HOUR)
    staffed.unmet("need_1")
    assert (staffed.states("need_1"), staffed.minutes(row.volunteer_id)) == (["checked_out"], 0)
    assert staffed.dispatches("need_1")[0].hours_due is not None
    staffed.state_hours(row.id, 2 * HOUR)
    assert (staffed.states("need_1"), staffed.minutes(row.volunteer_id)) == (["credited"], 60)


def test_one_dispatch_credits_eight_hours_at_most(service: VolunteeringInMemory) -> None:
    someone = service.volunteer()
    service.promise("need_1", someone, lasts=12 * HOUR)
    service.serve("need_1", 11 * HOUR)
    service.confirm("need_1")
    assert service.minutes(someone) == 480
