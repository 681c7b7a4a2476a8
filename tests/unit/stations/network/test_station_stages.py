"""The stages of a station: planned, in a pilot, open, closed; its functions, its brand and its feature."""

from datetime import date, timedelta
from typing import Any

import pytest
from pydantic import ValidationError
from stations_in_memory import COMMUNITY, NEXT_DOOR, StationsInMemory

from services.stations.network.domain import TRANSITIONS, Station, require_transition
from shared.contracts import Refused
from shared.contracts.stations.areas import AreaRow, ImportAreas
from shared.contracts.stations.network import (
    BeginPilot,
    ChangeStation,
    CloseStation,
    OpenInFull,
    OpeningOverdue,
    OpenStation,
    PilotBegun,
    PlanDropped,
    RescheduleStation,
    StationChanged,
    StationOpened,
    StationPlanned,
)
from shared.engine.decide.memory import START
from tests.each import for_each

TODAY = date(2026, 3, 2)
DAY = timedelta(days=1)


@pytest.fixture
def stations() -> StationsInMemory:
    stations = StationsInMemory()
    stations.engine.command(ImportAreas(rows=(AreaRow(code=NEXT_DOOR, name="Oak Lane"),)))
    return stations


def planned(stations: StationsInMemory, **more: Any) -> str:
    asked = {"area": NEXT_DOOR, "name": "Oak Lane station", "level": "station", "stage": "planned", **more}
    station_id: str = stations.engine.command(OpenStation.model_validate({"opens_on": TODAY + 10 * DAY, **asked})).id
    return station_id


def refusal(stations: StationsInMemory, command: Any) -> tuple[str, str | None]:
    with pytest.raises(Refused) as refused:
        stations.engine.command(command)
    return refused.value.rule, refused.value.field


def test_a_station_is_planned_tried_in_a_pilot_and_opened(stations: StationsInMemory) -> None:
    engine = stations.engine
    plan = engine.command(OpenStation(area=NEXT_DOOR, name="Oak", level="station", stage="planned", opens_on=TODAY))
    assert (plan.state, plan.opened_at, plan.next_step.code) == ("planned", None, "open_station")
    pilot = engine.command(BeginPilot(id=plan.id))
    assert (pilot.state, pilot.opened_at, pilot.pilot_until) == ("pilot", START, TODAY + 365 * DAY)
    assert pilot.next_step.code == "decide_pilot"
    engine.now += DAY
    full = engine.command(OpenInFull(id=plan.id))
    assert (full.state, full.opened_at, full.next_step) == ("open", START, None)
    assert [engine.emitted(kind)[-1].id for kind in (StationPlanned, PilotBegun, StationOpened)] == [plan.id] * 3


def test_a_planned_station_takes_in_no_need_and_one_in_a_pilot_does(stations: StationsInMemory) -> None:
    station_id = planned(stations)
    assert refusal(stations, stations.asked(station_id=station_id)) == ("station_planned", "station_id")
    stations.engine.command(BeginPilot(id=station_id, pilot_until=TODAY))
    assert stations.register(station_id=station_id).station_id == station_id


def test_a_plan_holds_the_seat_until_it_is_dropped(stations: StationsInMemory) -> None:
    station_id = planned(stations)
    another = OpenStation(area=NEXT_DOOR, name="Second", level="station")
    assert refusal(stations, another) == ("held_by_another", "area")
    dropped = stations.engine.command(CloseStation(id=station_id))
    assert (dropped.state, dropped.next_step) == ("closed", None)
    assert [event.id for event in stations.engine.emitted(PlanDropped)] == [station_id]
    assert stations.engine.command(another).state == "open"


@pytest.mark.parametrize("state", TRANSITIONS)
@for_each("wanted", TRANSITIONS)
def test_a_transition_outside_the_table_is_refused_naming_both_states(state: Any, wanted: Any) -> None:
    station = Station(id="station_1", version=1, area=COMMUNITY, name="Elm", level="station", state=state)
    if wanted in TRANSITIONS[state]:
        require_transition(station, wanted)
        return
    with pytest.raises(Refused) as refused:
        require_transition(station, wanted)
    assert refused.value.code == "wrong_state"
    if state in {"moved", "merged", "closed"}:
        assert refused.value.rule == "station_closed"
    else:
        assert (refused.value.rule, refused.value.values) == ("station_transition", {"state": state, "wanted": wanted})


def test_an_open_station_begins_no_pilot_and_is_not_opened_again(stations: StationsInMemory) -> None:
    for command in (BeginPilot(id=stations.station_id), OpenInFull(id=stations.station_id)):
        assert refusal(stations, command) == ("station_transition", "id")


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"stage": "planned"}, "planned_without_day"),
        ({"opens_on": TODAY}, "day_of_another_stage"),
        ({"stage": "planned", "opens_on": TODAY, "pilot_until": TODAY}, "day_of_another_stage"),
    ],
)
def test_a_day_that_does_not_belong_to_the_stage_is_refused(fields: dict[str, Any], rule: str) -> None:
    with pytest.raises(ValidationError) as refused:
        OpenStation.model_validate({"area": NEXT_DOOR, "name": "Oak", "level": "station", **fields})
    assert refused.value.errors()[0]["type"] == rule


@pytest.mark.parametrize("day", [TODAY - DAY, TODAY + (5 * 365 + 1) * DAY, date.max])
def test_a_day_in_the_past_or_too_far_ahead_is_refused(stations: StationsInMemory, day: date) -> None:
    station_id = planned(stations)
    assert refusal(stations, RescheduleStation(id=station_id, day=day)) == ("day_range", "day")
    assert refusal(stations, BeginPilot(id=station_id, pilot_until=day)) == ("day_range", "pilot_until")


def test_only_a_planned_station_and_one_in_a_pilot_are_rescheduled(stations: StationsInMemory) -> None:
    station_id = planned(stations)
    later = TODAY + 40 * DAY
    assert stations.engine.command(RescheduleStation(id=station_id, day=later)).opens_on == later
    stations.engine.command(BeginPilot(id=station_id))
    assert stations.engine.command(RescheduleStation(id=station_id, day=later)).pilot_until == later
    stations.engine.command(OpenInFull(id=station_id))
    assert refusal(stations, RescheduleStation(id=station_id, day=later)) == ("station_without_day", "id")


def test_the_street_centre_is_reminded_of_an_opening_that_is_late_and_then_the_district(
    stations: StationsInMemory,
) -> None:
    station_id = planned(stations, opens_on=TODAY)
    engine = stations.engine
    engine.advance(DAY)
    assert [event.reminder.area for event in engine.emitted(OpeningOverdue)] == [NEXT_DOOR[:9]]
    engine.advance(DAY)
    assert [event.reminder.level for event in engine.emitted(OpeningOverdue)] == ["street", "district"]
    moved = engine.command(RescheduleStation(id=station_id, day=TODAY + 30 * DAY))
    assert moved.reminder is None
    engine.command(OpenInFull(id=station_id))
    engine.advance(40 * DAY)
    assert len(engine.emitted(OpeningOverdue)) == 2


def test_a_station_is_changed_and_says_so_once(stations: StationsInMemory) -> None:
    change = ChangeStation(
        id=stations.station_id,
        name="Elm Hall",
        functions=("donation_point", "assistance_desk", "donation_point"),
        brand="Elm Evergreen",
        feature="Elderly care",
        expected_version=1,
    )
    changed = stations.engine.command(change)
    assert changed.functions == ("donation_point", "assistance_desk")
    assert (changed.name, changed.brand, changed.feature) == ("Elm Hall", "Elm Evergreen", "Elderly care")
    stations.engine.command(change.model_copy(update={"expected_version": 2}))
    assert len(stations.engine.emitted(StationChanged)) == 1
    assert refusal(stations, change) == ("version_not_current", "If-Match")


def test_a_brand_is_a_public_name_without_a_telephone() -> None:
    with pytest.raises(ValidationError):
        ChangeStation(id="station_1", name="Elm", brand="Call 13800138000")


def test_a_station_stored_before_there_were_stages_is_read_as_open() -> None:
    stored = {
        "_id": "station_old", "version": 1, "area": COMMUNITY, "name": "Elm", "level": "station", "state": "open",
        "opened_at": "2025-01-01T08:00:00Z", "closed_at": None,
    }  # fmt: skip
    old = Station.from_document(stored)
    assert (old.state, old.functions, old.brand, old.reminder) == ("open", (), None, None)
