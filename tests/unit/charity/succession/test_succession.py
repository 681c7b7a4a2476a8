"""A station has moved or was merged: its stock, its payments and its shortfalls go on at its successor."""

from datetime import timedelta
from typing import Any

import pytest
from charity_in_memory import COMMUNITY, CharityInMemory, gift_of, rice
from payments_in_memory import books, delivered, payment, record

from services.charity.shortfalls.domain import Shortfall
from services.charity.stock.domain import Supply
from services.charity.stock.succession import Succession
from services.charity.succession.storage import StockOf
from shared.contracts import Refused
from shared.contracts.charity.donations import CorrectDonation
from shared.contracts.charity.payments import PaymentHandedOver
from shared.contracts.charity.stock import ShareStock, StockHandedOver
from shared.contracts.envelope import to_cloud_event
from shared.contracts.stations.succession import StationMerged
from shared.engine.decide.memory import START
from shared.ledger import Transfer

HOUR = timedelta(hours=1)
QUILT = "goods:quilt"
NEIGHBOUR = "110102009018"
THIRD = "110102009019"
OLD, NEW, LAST = (f"st_{area}" for area in (COMMUNITY, NEIGHBOUR, THIRD))


@pytest.fixture
def charity() -> CharityInMemory:
    return CharityInMemory()


def merge(charity: CharityInMemory, area: str = COMMUNITY, into: str = NEIGHBOUR) -> None:
    """Receive the event of a station that was merged into another."""
    data = StationMerged(
        id=f"st_{area}", version=2, area=area, name="Elm", level="station", state="merged", opened_at=START,
        successor_id=f"st_{into}", successor_area=into,
    )  # fmt: skip
    event = to_cloud_event(
        data, subject=data.id, version=2, nth=0, time=charity.engine.now, area=area, correlation="c", causation="c",
        traceparent="",
    )  # fmt: skip
    charity.engine.event(event)


def stock(charity: CharityInMemory, area: str, item: str = QUILT) -> tuple[str, int, int]:
    """The holder, the balance and the reserved amount of the account that the area's station began."""
    supply = charity.engine.one(Supply, f"stock:st_{area}:{item}")
    return supply.holder, supply.balance, supply.debits_pending


def give(charity: CharityInMemory, area: str, quilts: int) -> Any:
    return charity.donate(area, quilts)


def share(charity: CharityInMemory, area: str, **decision: Any) -> None:
    asked = {"station_id": f"st_{area}", "station_area": area, "item": "quilt", **decision}
    charity.engine.command(ShareStock.model_validate(asked))


def test_the_stock_of_a_merged_station_is_that_of_its_successor_by_a_balanced_transfer(
    charity: CharityInMemory,
) -> None:
    give(charity, COMMUNITY, 5)
    give(charity, NEIGHBOUR, 1)
    whole = 6
    merge(charity)
    charity.engine.advance(HOUR)
    assert stock(charity, COMMUNITY) == (OLD, 0, 0)
    assert stock(charity, NEIGHBOUR) == (NEW, whole, 0)
    (moved,) = (each for each in charity.engine.all(Transfer) if each.reason == "succession")
    assert moved.cause == OLD
    assert charity.broken_laws() == []
    assert not charity.engine.timers


def test_a_repeated_event_changes_nothing(charity: CharityInMemory) -> None:
    give(charity, COMMUNITY, 5)
    merge(charity)
    charity.engine.advance(HOUR)
    before = dict(charity.engine.entities)
    merge(charity, into=THIRD)
    charity.engine.advance(HOUR)
    assert charity.engine.entities == before


def test_a_successor_without_the_item_shares_it_as_the_station_did_and_one_with_it_as_before(
    charity: CharityInMemory,
) -> None:
    give(charity, COMMUNITY, 5)
    share(charity, COMMUNITY, sharing="street", reserve=2)
    merge(charity)
    charity.engine.advance(HOUR)
    supply = charity.engine.one(Supply, f"stock:{NEW}:{QUILT}")
    assert (supply.sharing, supply.reserve) == ("street", 2)
    give(charity, THIRD, 1)
    share(charity, THIRD, sharing="district")
    merge(charity, NEIGHBOUR, THIRD)
    charity.engine.advance(HOUR)
    assert charity.engine.one(Supply, f"stock:{LAST}:{QUILT}").sharing == "district"


def test_reserved_stock_stays_reserved_and_follows_once_it_is_free(charity: CharityInMemory) -> None:
    give(charity, COMMUNITY, 5)
    whole = 5
    charity.publish("need_1", rice(whole - 1))
    merge(charity)
    charity.engine.advance(timedelta(minutes=30))
    assert stock(charity, COMMUNITY) == (NEW, whole - 1, whole - 1)
    assert stock(charity, NEIGHBOUR) == (NEW, 1, 0)
    assert charity.committed("need_1") == [whole - 1]
    charity.cancel("need_1", rice(whole - 1))
    charity.engine.advance(2 * HOUR)
    assert stock(charity, NEIGHBOUR) == (NEW, whole, 0)
    assert stock(charity, COMMUNITY)[1:] == (0, 0)
    assert charity.broken_laws() == []


def test_stock_that_only_its_own_needs_may_have_serves_those_of_the_successor(charity: CharityInMemory) -> None:
    give(charity, COMMUNITY, 5)
    share(charity, COMMUNITY, sharing="own")
    charity.publish("need_1", rice(1), area=NEIGHBOUR)
    assert charity.committed("need_1") == [0]
    merge(charity)
    charity.engine.advance(timedelta(minutes=1))
    assert charity.committed("need_1") == [1]


@pytest.mark.parametrize("later_first", [False, True])
def test_two_successions_one_after_another_arrive_in_any_order(charity: CharityInMemory, later_first: bool) -> None:
    give(charity, COMMUNITY, 5)
    give(charity, NEIGHBOUR, 1)
    whole = 6
    steps = [(COMMUNITY, NEIGHBOUR), (NEIGHBOUR, THIRD)]
    for area, into in reversed(steps) if later_first else steps:
        merge(charity, area, into)
    charity.engine.advance(3 * HOUR)
    assert stock(charity, THIRD) == (LAST, whole, 0)
    assert charity.broken_laws() == []


def test_more_items_than_one_step_takes_all_go_on(charity: CharityInMemory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(StockOf, "limit", 1)
    give(charity, COMMUNITY, 5)
    charity.donate(COMMUNITY, 3, "rice", "bag")
    charity.pledge(COMMUNITY, 2)
    merge(charity)
    charity.engine.advance(HOUR)
    left = [s for s in charity.engine.all(Supply) if s.id.startswith(f"stock:{OLD}:")]
    assert [supply.balance for supply in left] == [0, 0, 0]
    assert len(charity.engine.emitted(StockHandedOver)) == 3
    assert charity.broken_laws() == []


def test_a_gift_to_a_station_with_a_successor_and_its_sharing_are_refused_naming_that(
    charity: CharityInMemory,
) -> None:
    merge(charity)
    for asked in (
        gift_of(COMMUNITY, 1),
        ShareStock(station_id=OLD, station_area=COMMUNITY, item="quilt", sharing="own"),
    ):
        with pytest.raises(Refused) as refused:
            charity.engine.command(asked)
        assert (refused.value.rule, refused.value.field) == ("station_succeeded", "station_id")
        assert refused.value.values["successor"] == NEW


def correct(charity: CharityInMemory, donation_id: str, quilts: int) -> None:
    goods = [{"item": "quilt", "unit": "piece", "quantity": quilts}] if quilts else []
    asked = {"donation_id": donation_id, "goods": goods, "reason_code": "typed_wrong"}
    charity.engine.command(CorrectDonation.model_validate(asked))


@pytest.mark.parametrize("right", [0, 2, 9])
def test_a_gift_is_corrected_after_the_succession_in_the_stock_of_the_successor(
    charity: CharityInMemory, right: int
) -> None:
    gift = charity.donate(COMMUNITY, 5)
    merge(charity)
    charity.engine.advance(HOUR)
    correct(charity, gift.id, right)
    charity.engine.advance(HOUR)
    assert stock(charity, NEIGHBOUR) == (NEW, right, 0)
    assert stock(charity, COMMUNITY)[1:] == (0, 0)
    assert charity.engine.all(Shortfall) == []
    assert charity.broken_laws() == []


def test_an_open_shortfall_has_the_successor_as_its_owner_and_is_made_up_from_its_stock(
    charity: CharityInMemory,
) -> None:
    gift = give(charity, COMMUNITY, 5)
    whole = 5
    charity.publish("need_1", rice(whole))
    asked = {"donation_id": gift.id, "goods": [{"item": "quilt", "unit": "piece", "quantity": 4}]}
    charity.engine.command(CorrectDonation.model_validate({**asked, "reason_code": "typed_wrong"}))
    (short,) = charity.engine.all(Shortfall)
    assert (short.station_id, short.state) == (OLD, "open")
    merge(charity)
    charity.engine.advance(timedelta(minutes=1))
    (short,) = charity.engine.all(Shortfall)
    assert (short.station_id, short.area, short.state) == (NEW, NEIGHBOUR, "open")
    charity.cancel("need_1", rice(whole))
    charity.engine.advance(5 * HOUR)
    (short,) = charity.engine.all(Shortfall)
    assert short.state == "closed"
    assert stock(charity, NEIGHBOUR)[1] == 4
    assert charity.broken_laws() == []


def test_an_open_payment_is_settled_by_the_successor_in_the_books_of_its_delivery(charity: CharityInMemory) -> None:
    delivered(charity, 500, "need_1")
    merge(charity, COMMUNITY, NEIGHBOUR)
    before = payment(charity)
    owner = before.model_copy(update={"station_id": OLD})
    assert owner.state == "owed"
    charity.engine.advance(timedelta(minutes=1))
    after = payment(charity)
    assert (after.station_id, after.area, after.book_area) == (NEW, NEIGHBOUR, COMMUNITY)
    assert [event.area for event in charity.engine.emitted(PaymentHandedOver)] == [NEIGHBOUR]
    record(charity, 500)
    assert books(charity) == (0, 500)
    assert charity.broken_laws() == []


def test_a_succession_without_anything_to_hand_over_ends_after_its_second_pass(charity: CharityInMemory) -> None:
    merge(charity)
    charity.engine.advance(HOUR)
    assert charity.engine.one(Succession, OLD).successor_id == NEW
    assert not charity.engine.timers
