"""A station moves or is merged into another: everything open at it goes on at its successor."""

from datetime import date, timedelta
from typing import Any

import pytest
from stations_in_memory import COMMUNITY, HOUR, NEXT_DOOR, StationsInMemory
from stdnum.cn.uscc import calc_check_digit

from services.stations.needs.domain.need import Need
from services.stations.needs.handing_over import OpenNeedsOf
from services.stations.network.domain import Station
from services.stations.participants.domain import Participant
from services.stations.succession.handing_over import AGAIN_AFTER
from services.stations.supervision.domain import Finding, Visit
from shared.contracts import Refused
from shared.contracts.stations.amending import NeedAmended, NeedEdited
from shared.contracts.stations.areas import AreaRow, ImportAreas
from shared.contracts.stations.needs import CancelNeed
from shared.contracts.stations.network import CloseStation, OpenStation, PilotBegun, StationOpened
from shared.contracts.stations.organisations import RegisterOrganisation
from shared.contracts.stations.participants import LinkOrganisation
from shared.contracts.stations.reopening import ReopenNeed
from shared.contracts.stations.succession import (
    MergeStation,
    MoveStation,
    StationMerged,
    StationMoved,
    StationTookOver,
)
from shared.contracts.stations.supervision import RecordFinding, RecordVisit
from shared.engine.decide.memory import START

THIRD = "110102009019"
ELSEWHERE = "310101002003"


@pytest.fixture
def stations() -> StationsInMemory:
    stations = StationsInMemory()
    rows = tuple(AreaRow(code=code, name="Elm") for code in (NEXT_DOOR, THIRD, ELSEWHERE))
    stations.engine.command(ImportAreas(rows=rows))
    return stations


def opened(stations: StationsInMemory, area: str = NEXT_DOOR, **more: Any) -> str:
    level = "station" if len(area) == 12 else "centre"
    asked = {"area": area, "name": "Oak Lane station", "level": level, **more}
    station_id: str = stations.engine.command(OpenStation.model_validate(asked)).id
    return station_id


def merge(stations: StationsInMemory, into: str, station_id: str | None = None) -> Any:
    return stations.engine.command(MergeStation(id=station_id or stations.station_id, into_id=into))


def refusal(stations: StationsInMemory, command: Any) -> tuple[str, str, str | None]:
    with pytest.raises(Refused) as refused:
        stations.engine.command(command)
    return refused.value.code, refused.value.rule, refused.value.field


def places(stations: StationsInMemory) -> dict[str, tuple[str, str]]:
    """The station and the area of each need, by its id."""
    return {need.id: (need.station_id, need.area) for need in stations.engine.all(Need)}


def test_a_station_moves_to_another_community_and_its_seat_is_free(stations: StationsInMemory) -> None:
    moved = stations.engine.command(MoveStation(id=stations.station_id, area=NEXT_DOOR, expected_version=1))
    successor = stations.engine.one(Station, moved.successor_id)
    assert (moved.state, moved.closed_at, moved.successor_area) == ("moved", START, NEXT_DOOR)
    assert (successor.state, successor.area, successor.name) == ("open", NEXT_DOOR, "Elm Hall station")
    assert successor.predecessor_id == moved.id
    assert [event.id for event in stations.engine.emitted(StationMoved)] == [moved.id]
    assert [event.id for event in stations.engine.emitted(StationOpened)][-1] == successor.id
    assert opened(stations, COMMUNITY)
    assert refusal(stations, OpenStation(area=NEXT_DOOR, name="Second", level="station"))[1] == "held_by_another"


def test_a_pilot_moves_as_a_pilot(stations: StationsInMemory) -> None:
    pilot = opened(stations, stage="pilot", pilot_until=date(2026, 9, 1))
    moved = stations.engine.command(MoveStation(id=pilot, area=THIRD, name="Third station"))
    successor = stations.engine.one(Station, moved.successor_id)
    assert (successor.state, successor.name, successor.pilot_until) == ("pilot", "Third station", date(2026, 9, 1))
    assert stations.engine.emitted(PilotBegun)[-1].id == successor.id


def test_a_merged_station_names_its_successor_and_takes_in_no_need(stations: StationsInMemory) -> None:
    into = opened(stations)
    merged = merge(stations, into)
    assert (merged.state, merged.successor_id, merged.successor_area) == ("merged", into, NEXT_DOOR)
    assert stations.engine.one(Station, into).predecessor_id == merged.id
    assert [len(stations.engine.emitted(kind)) for kind in (StationMerged, StationTookOver)] == [1, 1]
    for command in (stations.asked(), CloseStation(id=merged.id), MergeStation(id=merged.id, into_id=into)):
        with pytest.raises(Refused) as refused:
            stations.engine.command(command)
        assert (refused.value.rule, refused.value.values["successor"]) == ("station_succeeded", into)


@pytest.mark.parametrize(
    ("area", "rule"),
    [
        (COMMUNITY, "stands_there_already"),
        ("110102009", "area_of_wrong_level"),
        ("110102009099", "unknown_area"),
        (ELSEWHERE, "successor_in_another_city"),
    ],
)
def test_a_station_is_not_moved_to_a_wrong_area(stations: StationsInMemory, area: str, rule: str) -> None:
    assert refusal(stations, MoveStation(id=stations.station_id, area=area)) == ("invalid", rule, "area")


def test_a_station_is_not_merged_into_itself_another_level_another_city_or_a_planned_one(
    stations: StationsInMemory,
) -> None:
    planned = opened(stations, stage="planned", opens_on=date(2026, 4, 1))
    wrong = {
        stations.station_id: ("invalid", "merged_into_itself"),
        opened(stations, "110102009"): ("invalid", "merged_across_levels"),
        opened(stations, ELSEWHERE): ("invalid", "successor_in_another_city"),
        planned: ("wrong_state", "station_planned"),
    }
    for into, expected in wrong.items():
        asked = MergeStation(id=stations.station_id, into_id=into)
        assert refusal(stations, asked) == (*expected, "into_id")
    assert refusal(stations, MoveStation(id=planned, area=THIRD))[1] == "station_transition"


def test_open_needs_of_every_state_go_on_at_the_successor_and_ended_ones_stay(stations: StationsInMemory) -> None:
    draft = stations.register(publish=False).id
    published = stations.register().id
    served = stations.serve()
    cancelled = stations.register().id
    stations.engine.command(CancelNeed(need_id=cancelled, reason_code="no_longer_needed"))
    states = {need.id: need.state for need in stations.engine.all(Need)}
    into = opened(stations)
    merge(stations, into)
    stations.engine.advance(timedelta(seconds=1))
    there, here = (into, NEXT_DOOR), (stations.station_id, COMMUNITY)
    assert places(stations) == {draft: there, published: there, served: there, cancelled: here}
    assert {need.id: need.state for need in stations.engine.all(Need)} == states
    assert [event.need_id for event in stations.engine.emitted(NeedEdited)] == [draft]
    amended = stations.engine.emitted(NeedAmended)
    assert {(event.need_id, event.amended, event.amended_for) for event in amended} == {
        (need_id, ("station",), "station_merged") for need_id in (published, served)
    }


def test_needs_beyond_one_step_all_go_and_none_goes_twice(
    stations: StationsInMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(OpenNeedsOf, "limit", 2)
    needs = [stations.register().id for _ in range(5)]
    into = opened(stations)
    merge(stations, into)
    stations.engine.advance(AGAIN_AFTER * 2)
    assert set(places(stations).values()) == {(into, NEXT_DOOR)}
    assert sorted(event.need_id for event in stations.engine.emitted(NeedAmended)) == sorted(needs)
    assert not any(key.endswith(":gone") for key in stations.engine.timers)


def test_a_need_that_a_command_under_way_has_registered_meanwhile_follows_in_the_second_pass(
    stations: StationsInMemory,
) -> None:
    late = stations.need(stations.register().id)
    into = opened(stations)
    merge(stations, into)
    stations.engine.advance(timedelta(minutes=1))
    # As a replica stores it that has read the station while it was open.
    stations.engine.entities[Need, "need_zzz"] = late.model_copy(update={"id": "need_zzz"})
    stations.engine.advance(AGAIN_AFTER)
    assert places(stations)["need_zzz"] == (into, NEXT_DOOR)


def test_a_need_that_is_opened_again_follows_its_station(stations: StationsInMemory) -> None:
    need = stations.register(volunteers=None).id
    stations.engine.command(CancelNeed(need_id=need, reason_code="no_longer_needed"))
    into = opened(stations)
    merge(stations, into)
    stations.engine.advance(HOUR)
    stations.engine.command(ReopenNeed(need_id=need, reason_code="still_needed", due=stations.engine.now + 8 * HOUR))
    stations.engine.advance(timedelta(seconds=1))
    assert places(stations)[need] == (into, NEXT_DOOR)


def test_needs_go_on_at_the_last_of_two_successors(stations: StationsInMemory) -> None:
    need = stations.register().id
    into, last = opened(stations), opened(stations, THIRD)
    merge(stations, into)
    merge(stations, last, into)
    stations.engine.advance(HOUR)
    assert places(stations) == {need: (last, THIRD)}


def test_visits_and_open_findings_go_on_at_the_successor(stations: StationsInMemory) -> None:
    visit = RecordVisit(
        station_id=stations.station_id, kind="support", topics=("training",), began_at=START - HOUR, minutes=30
    )
    visited = stations.engine.command(visit).id
    due = START + timedelta(days=7)
    found = RecordFinding(visit_id=visited, topic="training", severity="minor", action="train_staff", due=due)
    stations.engine.command(found)
    into = opened(stations)
    merge(stations, into)
    stations.engine.advance(HOUR)
    for kind in (Visit, Finding):
        (thing,) = stations.engine.all(kind)
        assert (thing.station_id, thing.area, thing.version) == (into, NEXT_DOOR, 2)


def linked(stations: StationsInMemory, *station_ids: str) -> list[str]:
    code = "52110102MJ0123451"
    facts = {
        "name": "Elm Aid", "credit_code": code + calc_check_digit(code), "kind": "social_service_institution",
        "roles": ["volunteering"], "area": "110102009",
    }  # fmt: skip
    organisation = stations.engine.command(RegisterOrganisation.model_validate(facts)).id
    links = (LinkOrganisation(station_id=one, organisation_id=organisation, role="volunteering") for one in station_ids)
    return [stations.engine.command(link).id for link in links]


def test_a_participant_goes_on_at_the_successor_or_ends_where_it_has_that_role_there(
    stations: StationsInMemory,
) -> None:
    into, third = opened(stations), opened(stations, THIRD)
    old, there = linked(stations, stations.station_id, into)
    merge(stations, into)
    stations.engine.advance(HOUR)
    assert stations.engine.one(Participant, old).reason == "station_merged"
    merge(stations, third, into)
    stations.engine.advance(HOUR)
    part = stations.engine.one(Participant, there)
    assert (part.state, part.station_id, part.area) == ("linked", third, THIRD)


def test_the_participants_of_a_closed_station_end_and_its_needs_stay(stations: StationsInMemory) -> None:
    need = stations.register().id
    (part,) = linked(stations, stations.station_id)
    stations.engine.command(CloseStation(id=stations.station_id))
    stations.engine.advance(HOUR)
    assert stations.engine.one(Participant, part).reason == "station_closed"
    assert places(stations) == {need: (stations.station_id, COMMUNITY)}
