"""A resident is registered once, after a search; the data stays sealed, and with the station that cares."""

from datetime import date, timedelta

import pytest
from identity_numbers import invented_number
from residents_in_memory import (
    CENTRE,
    COMMUNITY,
    CONSENT,
    ELM,
    NEXT_DOOR,
    OAK,
    PHONE,
    ResidentsInMemory,
    audited,
    worker,
)
from stations_in_memory import HOUR

from services.stations.residents.alike import MOST_ALIKE, AlikeResidents
from services.stations.residents.domain import Resident, ResidentRecord
from shared.contracts import Refused
from shared.contracts.stations.network import CloseStation
from shared.contracts.stations.resident_queries import FindDuplicateResidents, LookUpResidents, ReadResident
from shared.contracts.stations.residents import (
    ChangeResident,
    EndResident,
    RegisterResident,
    ReopenResident,
    ResidentRegistered,
    TransferResident,
)
from shared.contracts.stations.succession import MergeStation
from shared.engine.decide.memory import START
from shared.people import Marker, Particulars

NUMBER = invented_number("19440302")


@pytest.fixture
def city() -> ResidentsInMemory:
    return ResidentsInMemory()


def test_a_resident_is_registered_in_the_area_of_the_station_and_stored_sealed(city: ResidentsInMemory) -> None:
    resident = city.resident(address="Building 3, Flat 502", identity_number=NUMBER, birth_year=None, groups=("独居",))
    assert (resident.area, resident.state, resident.version) == (COMMUNITY, "active", 1)
    stored = repr(city.engine.entities)
    assert not any(word in stored for word in ("Ma Invented", "138001380", NUMBER, "Flat 502"))
    (event,) = city.engine.emitted(ResidentRegistered)
    assert "Invented" not in event.model_dump_json()
    assert "living_alone" not in event.model_dump_json()


def test_the_worker_of_the_station_reads_all_that_was_written(city: ResidentsInMemory) -> None:
    resident = city.resident(
        identity_number=NUMBER, birth_year=None, phones=(PHONE, "010-66012345", PHONE), language="朝鲜语",
        groups=("elderly_80_plus",), address="Flat 502", location={"lon": 116.33712, "lat": 39.92891},
    )  # fmt: skip
    found = city.read(resident.id)
    assert found is not None
    assert (found.name, found.phones, found.known_birth_date) == (
        "Ma Invented", (PHONE, "+861066012345"), date(1944, 3, 2)
    )  # fmt: skip
    assert (found.language, found.groups, found.address) == ("kor", ("elderly_80_plus",), "Flat 502")


@pytest.mark.parametrize(
    "again",
    [
        {"name": "Ma  Invented", "birth_year": None},  # the telephone and the name
        {"phones": ()},  # the name and the year of birth
        {"name": "Ma INVENTED", "phones": ("13900000001", PHONE), "birth_year": None},
    ],
)
def test_somebody_likely_known_is_refused_by_name_of_the_record(
    city: ResidentsInMemory, again: dict[str, object]
) -> None:
    known = city.resident()
    with pytest.raises(Refused) as refused:
        city.resident(**again)
    assert (refused.value.code, refused.value.rule, dict(refused.value.values)) == (
        "conflict", "resident_likely_known", {"ids": known.id, "count": 1}
    )  # fmt: skip
    other = city.resident(**again, despite=(known.id,))
    assert other.id != known.id


def test_one_identity_number_is_one_person_and_two_numbers_are_two(city: ResidentsInMemory) -> None:
    city.resident(identity_number=NUMBER, birth_year=None)
    with pytest.raises(Refused, match="resident_likely_known"):
        city.resident(name="Wu Invented", phones=(), identity_number=NUMBER, birth_year=None)
    city.resident(identity_number=invented_number("19440303"), birth_year=None)


def test_one_identity_number_is_found_among_any_number_of_one_name(city: ResidentsInMemory) -> None:
    namesakes = [invented_number(f"1944{nth // 28 + 1:02}{nth % 28 + 1:02}") for nth in range(3 * MOST_ALIKE + 1)]
    for number in namesakes:
        city.resident(name="Zhang Wei", phones=(), identity_number=number)
        city.engine.now += timedelta(seconds=1)
    with pytest.raises(Refused, match="resident_likely_known"):
        city.resident(name="Zhang Wei", phones=(), identity_number=namesakes[-1])
    person = Particulars("Zhang Wei", identity_number=namesakes[-1], birth_year=1944)
    (stored,) = AlikeResidents.fetch(city.store, [AlikeResidents.of(person, Marker(city.vault), COMMUNITY)])
    assert stored[0]["_id"] == max(one.id for one in city.engine.all(ResidentRecord))


@pytest.mark.parametrize("namesakes", [2, 4 * MOST_ALIKE])
def test_many_searches_find_together_the_same_as_each_alone(city: ResidentsInMemory, namesakes: int) -> None:
    for nth in range(namesakes):
        number = invented_number(f"194403{nth % 28 + 1:02}", order=nth + 1)
        city.resident(name="Zhang Wei", phones=(), birth_year=None, identity_number=number)
    for nth, name in enumerate(("Ma Invented", "Wu Invented")):
        city.resident(name=name, phones=(f"1390000000{nth}",))
    people = [
        Particulars("Zhang Wei", identity_number=invented_number("19440302", order=2), birth_year=1944),
        Particulars("ma invented", phone="+8613900000000", birth_year=1944),
        Particulars("Wu Invented", phone="+8613900000009"),
    ]
    searches = [AlikeResidents.of(one, Marker(city.vault), area) for one in people for area in (COMMUNITY, "", "31")]
    store, finds = city.store, list[str]()
    store.io = finds.append
    found = AlikeResidents.fetch(store, searches)
    together = len(finds)
    alone = [AlikeResidents.fetch(store, [one])[0] for one in searches]
    assert [{row["_id"] for row in rows} for rows in found] == [{row["_id"] for row in rows} for rows in alone]
    assert [bool(rows) for rows in found[:6]] == [True, True, False] * 2
    # Numbers, telephones and names in three areas; two areas have more of one name than two searches may find.
    assert together == (9 if namesakes == 2 else 9 + 2 * 2)


@pytest.mark.parametrize("other", [{"name": "Wu Invented"}, {"phones": (), "birth_year": 1950}])
def test_a_telephone_or_a_name_alone_makes_nobody_the_same(city: ResidentsInMemory, other: dict[str, object]) -> None:
    city.resident()
    city.resident(**other)


def test_a_name_that_sounds_alike_with_the_year_of_birth_is_likely_the_same(city: ResidentsInMemory) -> None:
    city.resident(name="王秀英", phones=())
    with pytest.raises(Refused, match="resident_likely_known"):
        city.resident(name="王秀瑛", phones=())


def test_a_record_beyond_the_area_of_the_worker_is_as_if_it_did_not_exist(city: ResidentsInMemory) -> None:
    city.resident(OAK, station_id=city.next_door)
    city.resident()  # and nobody is told of the one next door
    with pytest.raises(Refused, match="resident_likely_known"):
        city.resident(CENTRE)


def test_two_registrations_decided_together_find_each_other(city: ResidentsInMemory) -> None:
    asked = RegisterResident(station_id=city.station_id, name="Ma Invented", birth_year=1944)
    both = [city.engine.incoming("command", asked, asked.type, key, actor=ELM) for key in ("first", "second")]
    first, second = city.engine.batch(both)
    assert (first.refusal, second.refusal is not None) == (None, True)


def test_a_worker_next_door_reads_finds_and_changes_nobody_here(city: ResidentsInMemory) -> None:
    resident = city.resident(identity_number=NUMBER, birth_year=None)
    store = city.store
    assert city.ask(ReadResident(resident_id=resident.id), OAK, store) is None
    for wanted in ({"phone": PHONE}, {"identity_number": NUMBER}, {"name": "Ma Invented", "birth_year": 1944}):
        assert city.ask(LookUpResidents.model_validate(wanted), OAK, store).items == ()
    assert city.ask(FindDuplicateResidents(person_id=resident.id), OAK, store) is None
    described = {"details": {"name": "Ma Invented", "birth_year": 1944, "phone": PHONE}}
    assert city.ask(FindDuplicateResidents.model_validate(described), OAK, store).items == ()
    assert resident.id not in repr(audited(store))
    for act in (
        ChangeResident(id=resident.id, name="Li Invented"),
        EndResident(id=resident.id, reason="died"),
        TransferResident(id=resident.id, station_id=city.next_door),
    ):
        with pytest.raises(Refused, match="unknown_id"):
            city.engine.command(act, actor=OAK)


def test_each_search_and_each_read_is_on_record(city: ResidentsInMemory) -> None:
    resident = city.resident()
    store = city.store
    city.ask(LookUpResidents(phone=PHONE), ELM, store)
    city.ask(LookUpResidents(phone="13900000001"), ELM, store)
    city.ask(ReadResident(resident_id=resident.id), ELM, store)
    assert audited(store) == [
        ("resident_look_up", [resident.id]),
        ("resident_look_up", []),
        ("resident", [resident.id]),
    ]


def test_personal_data_takes_both_permissions(city: ResidentsInMemory) -> None:
    resident = city.resident()
    for roles in (("platform",), ("charity_officer",)):
        with pytest.raises(Refused, match="permission_missing"):
            city.read(resident.id, worker("somebody", COMMUNITY, *roles))
    assert city.read(resident.id, worker("platform", COMMUNITY, "platform", "personal_reader")) is not None


def test_a_changed_resident_has_the_new_particulars_and_is_found_by_them(city: ResidentsInMemory) -> None:
    resident = city.resident(address="Flat 502", capacity="limited")
    changed = city.act(ChangeResident, resident.id, name="Li Invented", phones=("13900000001",), removed=("address",))
    found = city.read(resident.id)
    assert found is not None
    assert (changed.version, found.name, found.phones, found.address, found.capacity) == (
        2, "Li Invented", ("+8613900000001",), None, "limited"
    )  # fmt: skip
    assert city.look_up(phone=PHONE) == []
    assert city.look_up(phone="13900000001") == [resident.id]


def test_a_change_into_somebody_known_is_refused_and_one_that_changes_no_likeness_is_not(
    city: ResidentsInMemory,
) -> None:
    known = city.resident()
    other = city.resident(name="Li Invented", phones=())
    with pytest.raises(Refused, match="resident_likely_known"):
        city.act(ChangeResident, other.id, name="Ma Invented")
    city.act(ChangeResident, other.id, name="Ma Invented", despite=(known.id,))
    city.act(ChangeResident, other.id, address="Flat 503")


def test_a_birth_that_contradicts_the_number_is_refused(city: ResidentsInMemory) -> None:
    resident = city.resident(birth_year=None, birth_date=date(1944, 3, 2))
    with pytest.raises(Refused, match="birth_date_contradicts"):
        city.act(ChangeResident, resident.id, identity_number=invented_number("19500101"), consent=CONSENT)
    with pytest.raises(Refused, match="birth_date_in_future"):
        city.act(ChangeResident, resident.id, birth_date=(START + 48 * HOUR).date())


def test_another_station_takes_over_and_the_former_one_sees_the_resident_no_more(city: ResidentsInMemory) -> None:
    resident = city.resident()
    with pytest.raises(Refused, match="unknown_id"):
        city.act(TransferResident, resident.id, ELM, station_id=city.next_door)
    moved = city.act(TransferResident, resident.id, CENTRE, station_id=city.next_door)
    assert (moved.area, moved.station_id) == (NEXT_DOOR, city.next_door)
    assert city.read(resident.id, ELM) is None
    assert city.look_up(ELM, phone=PHONE) == []
    assert city.look_up(OAK, phone=PHONE) == [resident.id]
    assert city.engine.one(ResidentRecord, resident.id).area == NEXT_DOOR


def test_care_ends_with_a_reason_and_may_begin_again(city: ResidentsInMemory) -> None:
    resident = city.resident()
    ended = city.act(EndResident, resident.id, reason="moved_away")
    assert (ended.state, ended.reason) == ("ended", "moved_away")
    with pytest.raises(Refused, match="resident_in_state"):
        city.act(EndResident, resident.id, reason="died")
    reopened = city.act(ReopenResident, resident.id, expected_version=2)
    assert (reopened.state, reopened.reason, reopened.ended_at) == ("active", None, None)
    with pytest.raises(Refused, match="version_not_current"):
        city.act(EndResident, resident.id, reason="died", expected_version=2)


def test_nobody_is_cared_for_again_at_a_closed_station(city: ResidentsInMemory) -> None:
    resident = city.resident()
    city.act(EndResident, resident.id, reason="moved_away")
    city.engine.command(CloseStation(id=city.station_id))
    with pytest.raises(Refused, match="station_closed"):
        city.act(ReopenResident, resident.id)


def test_a_resident_reopened_at_a_merged_station_goes_to_its_successor(city: ResidentsInMemory) -> None:
    resident = city.resident()
    city.act(EndResident, resident.id, reason="moved_away")
    city.engine.command(MergeStation(id=city.station_id, into_id=city.next_door))
    city.engine.advance(timedelta(hours=1))
    city.act(ReopenResident, resident.id, CENTRE)
    city.engine.advance(timedelta(minutes=1))
    there = city.engine.one(Resident, resident.id)
    assert (there.state, there.station_id, there.area) == ("active", city.next_door, NEXT_DOOR)


def test_nobody_is_cared_for_again_beside_a_second_record_of_theirs(city: ResidentsInMemory) -> None:
    first = city.resident()
    city.act(EndResident, first.id, reason="registered_by_mistake")
    second = city.resident(despite=(first.id,))
    with pytest.raises(Refused, match="resident_likely_known"):
        city.act(ReopenResident, first.id)
    assert city.act(ReopenResident, first.id, despite=(second.id,)).state == "active"


def test_a_closed_station_takes_nobody_in(city: ResidentsInMemory) -> None:
    city.engine.command(CloseStation(id=city.station_id))
    with pytest.raises(Refused, match="station_closed"):
        city.resident()
