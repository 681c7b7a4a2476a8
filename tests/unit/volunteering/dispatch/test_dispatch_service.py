"""From check-in to credit: the server's clock counts, the confirmed service mints, each minute once."""

import pytest
from volunteering_house import HOUR, MINUTE, NEIGHBOUR, House

from services.volunteering.domain.volunteers import VolunteerPerson
from shared.contracts.need_parts import Place
from shared.contracts.refusals import Refused
from shared.contracts.volunteering.people import VolunteerRegistered
from shared.contracts.volunteering.timebank import HoursCredited
from shared.ledger.core import Account, Transfer


@pytest.fixture
def staffed(house: House) -> House:
    """One volunteer is confirmed for need_1, whose slot is from one hour to three hours after the start."""
    house.volunteer(standing=True)
    house.publish("need_1")
    return house


def test_minutes_between_check_in_and_check_out_are_credited_once_the_station_confirms(staffed: House) -> None:
    (row,) = staffed.rows("need_1")
    staffed.wait(HOUR)
    assert staffed.check_in(row.id)["checked_in_at"] == "2026-03-02T09:00:00Z"
    assert (staffed.state("need_1"), staffed.last("need_1").checked_in) == ("serving", 1)
    staffed.wait(95 * MINUTE)
    assert staffed.check_out(row.id)["minutes"] == 95
    assert (staffed.state("need_1"), staffed.last("need_1").checked_out) == ("served", 1)
    assert staffed.minutes(row.volunteer_id) == 0
    staffed.confirm("need_1")
    assert staffed.minutes(row.volunteer_id) == 95
    assert (staffed.state("need_1"), staffed.states("need_1")) == ("credited", ["credited"])
    (credited,) = staffed.engine.emitted(HoursCredited)
    assert (credited.minutes, credited.balance_minutes, credited.dispatch_id) == (95, 95, row.id)
    assert staffed.happenings("need_1") == ["confirmed", "changed", "changed", "changed"]
    assert staffed.broken_laws() == []


def test_a_repeated_confirmation_credits_nothing_more(staffed: House) -> None:
    staffed.serve("need_1")
    for version in (9, 9, 10):
        staffed.engine.seen.clear()
        staffed.confirm("need_1")
        assert version
    (row,) = staffed.rows("need_1")
    assert (staffed.minutes(row.volunteer_id), len(staffed.engine.all(Transfer))) == (60, 1)


def test_what_the_volunteers_received_is_what_the_areas_mint_has_given(house: House) -> None:
    for _ in range(3):
        house.volunteer(standing=True)
    house.publish("need_1", 3)
    house.serve("need_1", 40 * MINUTE)
    house.confirm("need_1", 3)
    balances = {a.id: a.balance for a in house.engine.all(Account)}
    assert balances.pop("timebank:mint:110102009017") == -120
    assert list(balances.values()) == [40, 40, 40]


def test_a_cancelled_service_credits_nothing(staffed: House) -> None:
    staffed.wait(HOUR)
    (row,) = staffed.rows("need_1")
    staffed.check_in(row.id)
    staffed.cancel("need_1")
    assert staffed.person(row.volunteer_id).serving is None
    assert staffed.engine.all(Transfer) == []
    assert staffed.broken_laws() == []


def test_check_in_opens_an_hour_before_the_slot_and_closes_with_it(house: House) -> None:
    house.volunteer(standing=True)
    house.publish("need_1", starts=3 * HOUR)
    (row,) = house.rows("need_1")
    with pytest.raises(Refused) as refused:
        house.check_in(row.id)
    assert (refused.value.code, refused.value.rule) == ("wrong_state", "check-in around the slot")
    house.wait(2 * HOUR)
    assert house.check_in(row.id)["state"] == "checked_in"


def test_check_out_needs_a_check_in_and_happens_once(staffed: House) -> None:
    (row,) = staffed.rows("need_1")
    with pytest.raises(Refused):
        staffed.check_out(row.id)
    staffed.serve("need_1")
    with pytest.raises(Refused):
        staffed.check_out(row.id)
    assert staffed.person(row.volunteer_id).kept == 1


def test_one_cannot_serve_in_two_places_at_the_same_time(house: House) -> None:
    house.volunteer(standing=True)
    house.publish("need_1", lasts=HOUR)
    house.publish("need_2", starts=2 * HOUR)
    house.wait(HOUR)
    house.check_in(house.rows("need_1")[0].id)
    house.wait(30 * MINUTE)
    with pytest.raises(Refused) as refused:
        house.check_in(house.rows("need_2")[0].id)
    assert refused.value.rule == "one service at a time"
    house.check_out(house.rows("need_1")[0].id)
    assert house.check_in(house.rows("need_2")[0].id)["state"] == "checked_in"


def test_one_dispatch_credits_eight_hours_at_most(house: House) -> None:
    someone = house.volunteer(standing=True)
    house.publish("need_1", lasts=12 * HOUR)
    house.serve("need_1", 11 * HOUR)
    house.confirm("need_1")
    assert house.minutes(someone) == 480


def test_who_forgets_to_check_out_gets_the_slot_and_no_more(staffed: House) -> None:
    (row,) = staffed.rows("need_1")
    staffed.wait(30 * MINUTE)
    staffed.check_in(row.id)  # half an hour early
    staffed.wait(5 * HOUR)
    (row,) = staffed.rows("need_1")
    assert (row.state, row.minutes, row.checked_out_at) == ("checked_out", 120, staffed.staffing("need_1").ends_at)
    assert staffed.state("need_1") == "served"
    assert staffed.person(row.volunteer_id).serving is None


def test_who_does_not_come_loses_the_place_and_the_service_of_the_others_counts(house: House) -> None:
    people = [house.volunteer(standing=True), house.volunteer(NEIGHBOUR, standing=True)]
    house.publish("need_1", 2)
    house.wait(HOUR)
    came, absent = house.rows("need_1")
    house.check_in(came.id)
    house.wait(HOUR)
    house.check_out(came.id)
    assert house.state("need_1") == "serving"
    house.wait(2 * HOUR)
    assert house.states("need_1") == ["cancelled", "checked_out"]
    assert house.state("need_1") == "served"
    assert sorted(house.person(p).missed for p in people) == [0, 1]
    assert house.person(absent.volunteer_id).missed == 1


def test_a_service_with_too_few_people_is_served_once_its_slot_is_over(house: House) -> None:
    house.volunteer(standing=True)
    house.publish("need_1", 2)
    assert (house.state("need_1"), house.last("need_1").confirmed) == ("waiting", 1)
    house.serve("need_1", HOUR)
    assert house.state("need_1") == "serving"
    house.wait(2 * HOUR)
    assert house.state("need_1") == "served"


def test_a_confirmation_that_comes_first_leaves_nobody_booked(house: House) -> None:
    someone = house.volunteer(standing=True)
    house.confirm("need_1")
    house.publish("need_1")
    assert (house.state("need_1"), house.person(someone).bookings) == ("credited", ())


def test_name_phone_and_exact_place_are_sealed_and_never_said(house: House) -> None:
    house.volunteer(name="Wang Invented", phone="13911112222", location=Place(lon=116.3412345, lat=39.9398765))
    (person,) = house.engine.all(VolunteerPerson)
    stored = f"{person} {[e.model_dump_json() for e in house.engine.events]} {list(house.engine.entities.values())}"
    for secret in ("Wang", "13911112222", "3412345", "9398765"):
        assert secret not in stored
    assert house.vault.open(person.name) == "Wang Invented"
    assert house.person(person.id).home == (116.341, 39.94)
    (said,) = house.engine.emitted(VolunteerRegistered)
    assert set(said.model_dump()) == {
        "volunteer_id", "version", "area", "skills", "languages", "standing_acceptance",
    }  # fmt: skip


def test_a_volunteer_who_is_not_born_yet_or_lives_in_a_province_is_refused(house: House) -> None:
    for field, more in (("birth_year", {"birth_year": 2090}), ("area", {"area": "11"})):
        with pytest.raises(Refused) as refused:
            house.volunteer(**more)
        assert (refused.value.code, refused.value.field) == ("invalid", field)
    assert house.engine.entities == {}
