"""The two-level network: stations in communities, centres in streets."""

import pytest
from stations_in_memory import StationsInMemory

from services.stations.declaration import DECLARATION
from services.stations.network.domain import Station
from shared.contracts import Refused
from shared.contracts.stations.areas import AreaRow, ImportAreas
from shared.contracts.stations.network import CloseStation, OpenStation, StationOpened
from shared.engine.decide.memory import START, MemoryEngine
from shared.runtime.vault import Vault

COMMUNITY = "110102009017"


@pytest.fixture
def engine():
    engine = MemoryEngine(DECLARATION.handlers(vault=Vault(bytes(32))))
    engine.command(ImportAreas(rows=(AreaRow(code=COMMUNITY, name="Elm Hall"),)))
    return engine


def test_a_station_opens_in_a_community_and_a_centre_in_a_street(engine: MemoryEngine):
    station = engine.command(OpenStation(area=COMMUNITY, name="Elm Hall station", level="station"))
    centre = engine.command(OpenStation(area="110102009", name="Exhibition Road centre", level="centre"))

    assert station.model_dump(mode="json") == {
        "id": station.id,
        "version": 1,
        "area": COMMUNITY,
        "next_step": None,
        "name": "Elm Hall station",
        "level": "station",
        "state": "open",
        "opened_at": START.isoformat().replace("+00:00", "Z"),
        "closed_at": None,
        "functions": [],
        "brand": None,
        "feature": None,
        "opens_on": None,
        "pilot_until": None,
        "reminder": None,
        "successor_id": None,
        "successor_area": None,
        "predecessor_id": None,
        "place_by": None,
    }
    assert centre.level == "centre"
    assert [opened.id for opened in engine.emitted(StationOpened)] == [station.id, centre.id]


@pytest.mark.parametrize(
    ("area", "level", "rule"),
    [
        ("110102009", "station", "area_of_wrong_level"),
        ("110102009017", "centre", "area_of_wrong_level"),
        ("110102", "centre", "area_of_wrong_level"),
        ("110102009099", "station", "unknown_area"),
        ("110102010", "centre", "unknown_area"),
    ],
)
def test_a_station_in_the_wrong_kind_of_area_or_an_unknown_one_is_refused(
    engine: MemoryEngine, area: str, level: str, rule: str
):
    with pytest.raises(Refused) as refused:
        engine.command(OpenStation(area=area, name="Nowhere", level=level))
    assert (refused.value.code, refused.value.field, refused.value.rule) == ("invalid", "area", rule)
    assert engine.all(Station) == []


def test_a_community_has_one_open_station_and_gets_another_once_it_is_closed(engine: MemoryEngine):
    first = engine.command(OpenStation(area=COMMUNITY, name="Elm Hall station", level="station"))
    second = OpenStation(area=COMMUNITY, name="Second station", level="station")
    with pytest.raises(Refused) as refused:
        engine.command(second)
    assert (refused.value.code, refused.value.rule, refused.value.field) == ("conflict", "held_by_another", "area")
    assert refused.value.values["holder"] == first.id
    closed = engine.command(CloseStation(id=first.id))
    assert (closed.state, closed.version) == ("closed", 2)
    assert engine.command(second).state == "open"


def test_a_closed_station_takes_in_no_need_and_cannot_be_closed_again():
    stations = StationsInMemory()
    stations.engine.command(CloseStation(id=stations.station_id))
    for command in (stations.asked(), CloseStation(id=stations.station_id)):
        with pytest.raises(Refused) as refused:
            stations.engine.command(command)
        assert (refused.value.code, refused.value.rule) == ("wrong_state", "station_closed")
