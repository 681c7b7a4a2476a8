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


def test_a_cancelled_service_credits_nothing(staffed: VolunteeringInMemory) -> None:
    staffed.wait(HOUR)
    (row,) = staffed.dispatches("need_1")
    staffed.check_in(row.id)
    staffed.cancel("need_1")
    assert staffed.person(row.volunteer_id).serving is None
    assert staffed.engine.all(Transfer) == []
    assert staffed.broken_laws() == []


def test_one_dispatch_credits_eight_hours_at_most(service: VolunteeringInMemory) -> None:
    someone = service.volunteer()
    service.promise("need_1", someone, lasts=12 * HOUR)
    service.serve("need_1", 11 * HOUR)
    service.confirm("need_1")
    assert service.minutes(someone) == 480
