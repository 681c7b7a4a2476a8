"""Residents of a station that closed without a successor are a step of its street centre until none is left."""

from datetime import date, timedelta
from typing import Any

import pytest
from residents_in_memory import CENTRE, COMMUNITY, ELM, ResidentsInMemory

from services.stations.network.domain import Station, find_next_step
from services.stations.residents.domain import Resident
from shared.contracts.persons import PersonReference
from shared.contracts.stations.erasures import RequestErasure
from shared.contracts.stations.households import FormHousehold, TransferHousehold
from shared.contracts.stations.merges import MergeResidents, UnmergeResidents
from shared.contracts.stations.network import CloseStation, OpeningOverdue, ResidentsLeft, ResidentsPlaced
from shared.contracts.stations.residents import EndResident, TransferResident

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def city() -> ResidentsInMemory:
    return ResidentsInMemory()


def close(city: ResidentsInMemory) -> None:
    city.engine.command(CloseStation(id=city.station_id))
    city.engine.advance(MINUTE)


def step(city: ResidentsInMemory) -> str | None:
    found = find_next_step(city.engine.one(Station, city.station_id))
    return None if found is None else found.code


def test_the_centre_has_a_step_and_is_reminded_and_then_the_district(city: ResidentsInMemory) -> None:
    city.resident()
    close(city)
    (left,) = city.engine.emitted(ResidentsLeft)
    assert (left.id, left.state, left.next_step.code) == (city.station_id, "closed", "place_residents")
    assert left.next_step.due == city.engine.now - MINUTE + 14 * DAY + timedelta(milliseconds=1)
    city.engine.advance(14 * DAY)
    assert [event.reminder.level for event in city.engine.emitted(OpeningOverdue)] == ["street"]
    city.engine.advance(DAY)
    assert [event.reminder.level for event in city.engine.emitted(OpeningOverdue)] == ["street", "district"]


def test_a_station_without_residents_closes_without_a_step(city: ResidentsInMemory) -> None:
    gone = city.resident().id
    city.act(EndResident, gone, reason="moved_away")
    close(city)
    assert step(city) is None
    assert city.engine.emitted(ResidentsLeft) == []


@pytest.mark.parametrize("way", ["transfer", "household", "end", "erasure", "merge"])
def test_the_step_ends_with_the_last_resident(city: ResidentsInMemory, way: str) -> None:
    ma, wu = city.resident().id, city.resident(name="Wu Invented", phones=()).id
    elsewhere = city.resident(CENTRE, name="Lin Invented", phones=(), station_id=city.next_door).id
    home = city.engine.command(FormHousehold(head_id=ma, since=date(2001, 5, 1)), actor=ELM).id
    close(city)
    city.act(TransferHousehold, home, CENTRE, station_id=city.next_door)
    city.engine.advance(MINUTE)
    assert step(city) == "place_residents", "Mr Wu is still there"
    people = (PersonReference(kind="resident", id=wu),)
    ways: dict[str, Any] = {
        "transfer": lambda: city.act(TransferResident, wu, CENTRE, station_id=city.next_door),
        "household": lambda: city.act(
            TransferHousehold,
            city.engine.command(FormHousehold(head_id=wu, since=date(2001, 5, 1)), actor=ELM).id,
            CENTRE,
            station_id=city.next_door,
        ),
        "end": lambda: city.act(EndResident, wu, reason="declined_care"),
        "erasure": lambda: city.engine.command(
            RequestErasure(people=people, ground="purpose_ended", area=COMMUNITY), actor=CENTRE
        ),
        "merge": lambda: city.engine.command(MergeResidents(resident_id=wu, into_id=elsewhere), actor=CENTRE),
    }
    ways[way]()
    city.engine.advance(MINUTE)
    assert step(city) is None
    assert [event.id for event in city.engine.emitted(ResidentsPlaced)] == [city.station_id]


def test_somebody_parted_from_another_record_is_left_there_again(city: ResidentsInMemory) -> None:
    wu = city.resident(name="Wu Invented", phones=()).id
    elsewhere = city.resident(CENTRE, name="Lin Invented", phones=(), station_id=city.next_door).id
    city.engine.command(MergeResidents(resident_id=wu, into_id=elsewhere), actor=CENTRE)
    close(city)
    assert step(city) is None
    city.engine.command(UnmergeResidents(resident_id=wu, reason_code="different_people"), actor=CENTRE)
    city.engine.advance(MINUTE)
    assert step(city) == "place_residents"


def test_a_registration_under_way_is_found_by_the_second_look(city: ResidentsInMemory) -> None:
    close(city)
    assert step(city) is None
    late = Resident(
        id="resident_late", version=1, area=COMMUNITY, station_id=city.station_id, state="active",
        registered_at=city.engine.now,
    )  # fmt: skip
    city.engine.entities[Resident, late.id] = late
    city.engine.advance(timedelta(minutes=10))
    assert step(city) == "place_residents"
