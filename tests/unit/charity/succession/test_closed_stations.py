"""A station closes without a successor: its stock serves the city, its street centre is reminded of payments."""

from datetime import timedelta
from typing import Any

import pytest
from charity_in_memory import COMMUNITY, CharityInMemory
from payments_in_memory import delivered

from services.charity.stock.domain import Supply
from services.charity.stock.succession import ClosedStation
from services.charity.succession.storage import StockOf
from shared.contracts import Refused
from shared.contracts.charity.payments import PaymentOverdue
from shared.contracts.charity.stock import ShareStock, StockShared
from shared.contracts.envelope import to_cloud_event
from shared.contracts.stations.network import StationClosed
from shared.contracts.stations.succession import StationMerged
from shared.engine.decide.memory import START

HOUR = timedelta(hours=1)
QUILT = "goods:quilt"
NEIGHBOUR = "110102009018"


@pytest.fixture
def charity() -> CharityInMemory:
    return CharityInMemory()


def receive(charity: CharityInMemory, data: StationClosed | StationMerged) -> None:
    event = to_cloud_event(
        data, subject=data.id, version=2, nth=0, time=charity.engine.now, area=data.area, correlation="c",
        causation="c", traceparent="",
    )  # fmt: skip
    charity.engine.event(event)


def close(charity: CharityInMemory, area: str = COMMUNITY) -> None:
    station = {"id": f"st_{area}", "version": 2, "area": area, "name": "Elm", "level": "station", "opened_at": START}
    receive(charity, StationClosed.model_validate({**station, "state": "closed"}))


def merge(charity: CharityInMemory, area: str, into: str) -> None:
    station = {"id": f"st_{area}", "version": 2, "area": area, "name": "Elm", "level": "station", "opened_at": START}
    ended = {"state": "merged", "successor_id": f"st_{into}", "successor_area": into}
    receive(charity, StationMerged.model_validate({**station, **ended}))


def share(charity: CharityInMemory, area: str, item: str = "quilt", **decision: Any) -> None:
    asked = {"station_id": f"st_{area}", "station_area": area, "item": item, **decision}
    charity.engine.command(ShareStock.model_validate(asked))


def decision(charity: CharityInMemory, area: str) -> tuple[str, int]:
    supply = charity.engine.one(Supply, f"stock:st_{area}:{QUILT}")
    return supply.sharing, supply.reserve


def test_stock_that_a_closed_station_kept_for_itself_serves_the_city(charity: CharityInMemory) -> None:
    charity.donate(COMMUNITY, 5)
    share(charity, COMMUNITY, sharing="own", reserve=3)
    close(charity)
    charity.engine.advance(HOUR)
    assert decision(charity, COMMUNITY) == ("city", 0)
    assert [event.shared_by is None for event in charity.engine.emitted(StockShared)] == [False, True]
    close(charity)
    charity.engine.advance(HOUR)
    assert len(charity.engine.emitted(StockShared)) == 2, "a repetition changes nothing"
    assert not charity.engine.timers


def test_every_account_of_a_closed_station_is_opened_page_by_page(
    charity: CharityInMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(StockOf, "limit", 1)
    for item in ("quilt", "rice", "cooking_oil"):
        share(charity, COMMUNITY, item, sharing="street")
    close(charity)
    charity.engine.advance(HOUR)
    assert {one.sharing for one in charity.engine.all(Supply)} == {"city"}


def test_a_gift_to_a_closed_station_is_refused(charity: CharityInMemory) -> None:
    close(charity)
    with pytest.raises(Refused) as refused:
        charity.donate(COMMUNITY, 5)
    assert (refused.value.code, refused.value.rule, refused.value.field) == (
        "wrong_state", "station_closed", "station_id",
    )  # fmt: skip


def test_the_street_centre_is_reminded_first_of_the_payments_of_a_closed_station(charity: CharityInMemory) -> None:
    station = delivered(charity, 5_000).station_id
    charity.engine.entities[ClosedStation, station] = ClosedStation(id=station, version=1, area=COMMUNITY)
    charity.engine.advance(timedelta(days=90))
    late = charity.engine.emitted(PaymentOverdue)
    assert late[0].reminder is not None
    assert late[0].reminder.level == "street"


def test_stock_that_follows_to_a_successor_which_has_closed_serves_the_city_too(charity: CharityInMemory) -> None:
    charity.donate(COMMUNITY, 5)
    share(charity, COMMUNITY, sharing="own")
    close(charity, NEIGHBOUR)
    charity.engine.advance(HOUR)
    merge(charity, COMMUNITY, NEIGHBOUR)
    charity.engine.advance(2 * HOUR)
    assert decision(charity, NEIGHBOUR) == ("city", 0)
    assert charity.engine.one(Supply, f"stock:st_{NEIGHBOUR}:{QUILT}").balance == 5
