"""The two-level network: stations in communities, centres in streets."""

import pytest

from services.stations.declaration import DECLARATION
from services.stations.network.domain import Station
from shared.contracts import Refused
from shared.contracts.stations.areas import AreaRow, ImportAreas
from shared.contracts.stations.network import OpenStation, StationOpened
from shared.engine.decide.memory import MemoryEngine
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
        "name": "Elm Hall station",
        "level": "station",
    }
    assert centre.level == "centre"
    assert [opened.station_id for opened in engine.emitted(StationOpened)] == [station.id, centre.id]


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
