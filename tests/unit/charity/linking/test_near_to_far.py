"""A published need searches supply near → far, and everything it tried is told."""

from datetime import timedelta

import pytest
from charity_in_memory import (
    CITY,
    COMMUNITY,
    DISTRICT,
    NEIGHBOUR,
    OTHER_CITY,
    OTHER_DISTRICT,
    OTHER_STREET,
    RICE,
    STREET,
    House,
    counselling,
    happened,
    money,
    oil,
    rice,
)

from services.charity.linking.domain.link import MOST_SOURCES
from services.charity.stock.storage import PER_RING
from shared.contracts.charity.linking import ResourcesDelivered, ResourcesLinked, ResourcesReleased
from shared.contracts.envelope import MAX_EVENT_BYTES
from shared.contracts.stations.needs import NeedPublished
from shared.ledger import Transfer


def test_the_stations_own_stock_comes_first_and_nothing_farther_is_tried() -> None:
    house = House()
    house.donate(COMMUNITY, 10)
    house.donate(NEIGHBOUR, 1000)
    house.publish("need_1", rice(4))
    assert house.rings("need_1") == [("station", 4)]
    assert [(t.ring, t.gave, t.reason) for t in house.link("need_1").tried] == [
        ("station", 4, "gave all that was missing")
    ]
    assert house.state("need_1") == "committed"
    assert (house.available(COMMUNITY), house.available(NEIGHBOUR)) == (6, 1000)


def test_goods_climb_from_the_station_to_the_street_the_district_and_the_city() -> None:
    house = House()
    house.donate(COMMUNITY, 1)
    house.donate(NEIGHBOUR, 2)
    house.donate(OTHER_STREET, 3)
    house.donate(OTHER_DISTRICT, 100)
    house.publish("need_1", rice(10))
    assert house.rings("need_1") == [("station", 1), ("street", 2), ("district", 3), ("city", 4)]
    assert [(t.ring, t.gave) for t in house.link("need_1").tried] == [
        ("station", 1), ("community", 0), ("street", 2), ("district", 3), ("city", 4),
    ]  # fmt: skip


def test_money_comes_from_the_nearest_fund_first() -> None:
    house = House()
    house.open_fund(CITY, 1000)
    house.open_fund(DISTRICT, 300)
    house.open_fund(STREET, 200)
    house.open_fund(COMMUNITY, 100)
    house.publish("need_1", money(700))
    assert house.rings("need_1") == [("community", 100), ("street", 200), ("district", 300), ("city", 100)]
    assert "station" not in {t.ring for t in house.link("need_1").tried}, "a station holds no money"


def test_a_street_centres_need_draws_on_its_own_stock_and_on_the_streets_stations() -> None:
    house = House()
    house.donate(STREET, 2)
    house.donate(COMMUNITY, 9)
    house.publish("need_1", rice(5), area=STREET)
    assert house.rings("need_1") == [("station", 2), ("street", 3)]
    assert "community" not in {t.ring for t in house.link("need_1").tried}


def test_within_a_ring_the_one_with_the_most_gives_first() -> None:
    house = House()
    house.donate(NEIGHBOUR, 3)
    house.donate("110102009019", 8)
    house.publish("need_1", rice(9))
    assert [(s.account_id, s.amount) for s in house.link("need_1").sources] == [
        (f"stock:st_110102009019:{RICE}", 8),
        (f"stock:st_{NEIGHBOUR}:{RICE}", 1),
    ]


def test_another_citys_supply_is_never_taken() -> None:
    house = House()
    house.donate(OTHER_CITY, 100)
    house.publish("need_1", rice(1))
    assert house.state("need_1") == "waiting"
    assert house.available(OTHER_CITY) == 100


def test_a_need_that_finds_nothing_waits_with_a_reason_and_a_next_step_and_every_ring_is_told() -> None:
    house = House()
    house.publish("need_1", rice(3))
    (said,) = house.engine.emitted(ResourcesLinked)
    assert said.state == "waiting"
    assert [t.ring for t in said.tried] == ["station", "community", "street", "district", "city", "campaign"]
    assert all(t.reason for t in said.tried)
    (waiting,) = said.waiting
    assert waiting.for_what == f"3 of {RICE}"
    assert waiting.reason
    assert waiting.next_step


def test_a_part_is_reserved_at_once_and_the_rest_waits() -> None:
    house = House()
    house.donate(COMMUNITY, 2)
    house.publish("need_1", rice(5), counselling(1, "l2"))
    (said,) = house.engine.emitted(ResourcesLinked)
    assert said.state == "partial"
    assert [(a.line_id, a.committed) for a in said.amounts] == [("l1", 2), ("l2", 0)]
    assert [w.for_what for w in said.waiting] == [f"3 of {RICE}", "1 of service:counselling"]


def test_two_lines_of_the_same_item_share_the_stock_without_taking_it_twice() -> None:
    house = House()
    house.donate(COMMUNITY, 5)
    house.publish("need_1", rice(3, "l1"), rice(3, "l2"))
    assert house.committed("need_1") == [3, 2]
    assert house.available(COMMUNITY) == 0
    assert house.broken_laws() == []


def test_goods_money_and_sessions_are_told_in_one_event() -> None:
    house = House()
    house.donate(COMMUNITY, 5)
    house.pledge(NEIGHBOUR, 2)
    house.open_fund(STREET, 500)
    house.publish("need_1", rice(1, "l1"), money(300, "l2"), counselling(1, "l3"))
    (said,) = house.engine.emitted(ResourcesLinked)
    assert said.state == "committed"
    assert sorted((view.commodity, view.balance, view.reserved) for view in said.stock) == [
        ("CNY", 500, 300), (RICE, 5, 1), ("service:counselling", 2, 1),
    ]  # fmt: skip
    assert house.broken_laws() == []


def test_a_need_without_lines_is_none_of_charitys_business() -> None:
    house = House()
    house.publish("need_1")
    house.serve("need_1")
    house.cancel("need_1")
    assert house.engine.events == []
    assert house.engine.entities == {}


def test_delivery_posts_what_was_reserved_and_the_confirmation_adds_nothing() -> None:
    house = House()
    house.donate(COMMUNITY, 5)
    house.publish("need_1", rice(2))
    house.serve("need_1", rice(2))
    house.confirm("need_1", rice(2))
    (said,) = house.engine.emitted(ResourcesDelivered)
    assert (said.state, [a.fulfilled for a in said.amounts]) == ("delivered", [2])
    stock = house.account(f"stock:st_{COMMUNITY}:{RICE}")
    assert (stock.balance, stock.debits_pending) == (3, 0)
    assert house.account(f"used:{COMMUNITY}:{RICE}").balance == 2
    assert house.broken_laws() == []


def test_a_need_without_volunteers_is_delivered_by_its_confirmation() -> None:
    house = House()
    house.donate(COMMUNITY, 5)
    house.publish("need_1", rice(2))
    house.confirm("need_1", rice(2))
    assert house.state("need_1") == "delivered"
    assert house.account(f"used:{COMMUNITY}:{RICE}").balance == 2


@pytest.mark.parametrize("end", ["cancel", "unmet"])
def test_a_need_that_ends_without_service_gives_everything_back(end: str) -> None:
    house = House()
    house.donate(COMMUNITY, 5)
    house.publish("need_1", rice(2))
    getattr(house, end)("need_1", rice(2))
    (said,) = house.engine.emitted(ResourcesReleased)
    assert (said.state, [a.committed for a in said.amounts], said.sources) == ("released", [0], ())
    assert [(view.balance, view.reserved) for view in said.stock] == [(5, 0)]
    assert house.available(COMMUNITY) == 5
    assert {t.state for t in house.engine.all(Transfer) if t.reason == "need"} == {"voided"}
    assert house.broken_laws() == []


def test_a_cancellation_that_is_heard_before_the_publication_keeps_the_need_from_being_linked() -> None:
    house = House()
    house.donate(COMMUNITY, 5)
    house.cancel("need_1", rice(2))
    house.publish("need_1", rice(2))
    assert house.state("need_1") == "released"
    assert house.available(COMMUNITY) == 5
    assert house.engine.emitted(ResourcesLinked) == []


def test_a_service_that_is_heard_before_the_publication_is_linked_and_delivered_once() -> None:
    house = House()
    house.donate(COMMUNITY, 5)
    house.confirm("need_1", rice(2))
    house.serve("need_1", rice(2))
    house.publish("need_1", rice(2))
    assert house.state("need_1") == "delivered"
    assert house.account(f"stock:st_{COMMUNITY}:{RICE}").balance == 3
    assert house.broken_laws() == []


def test_needs_of_one_batch_never_share_the_last_bag() -> None:
    house = House()
    house.donate(COMMUNITY, 3)
    _batch(house, [f"need_{n}" for n in range(5)])
    assert sum(house.committed(f"need_{n}")[0] for n in range(5)) == 3
    assert house.available(COMMUNITY) == 0
    assert house.broken_laws() == []


def test_a_batch_that_empties_the_station_goes_on_with_the_next_ring() -> None:
    house = House()
    house.donate(COMMUNITY, 8)
    house.donate(NEIGHBOUR, 100)
    _batch(house, [f"need_{n}" for n in range(12)])
    assert [house.rings(f"need_{n}")[0][0] for n in range(12)].count("street") == 4
    assert all(house.state(f"need_{n}") == "committed" for n in range(12))


def test_more_stock_than_one_search_looks_at_is_found_soon_after() -> None:
    house = House()
    communities = [f"110102009{n:03d}" for n in range(100, 100 + 5 * PER_RING)]
    for community in communities:
        house.donate(community, 1)
    house.publish("need_1", rice(len(communities)))
    house.engine.advance(timedelta(minutes=2))
    assert house.committed("need_1") == [len(communities)]
    assert house.broken_laws() == []


def test_a_need_draws_on_at_most_a_hundred_accounts_and_says_so() -> None:
    house = House()
    for n in range(MOST_SOURCES + 20):
        house.donate(f"110102009{n + 100:03d}", 1)
    house.publish("need_1", rice(MOST_SOURCES + 10))
    house.engine.advance(timedelta(hours=1))
    assert house.committed("need_1") == [MOST_SOURCES]
    said = house.engine.emitted(ResourcesLinked)[-1]
    assert "100 accounts" in said.waiting[0].reason
    assert max(len(event.model_dump_json()) for event in house.engine.events) < MAX_EVENT_BYTES
    assert house.engine.timers == {}, "it is not looked at without end"
    house.publish("need_2", rice(21))
    house.engine.advance(timedelta(minutes=1))
    house.donate(NEIGHBOUR, 1)
    assert house.state("need_2") == "committed", "nor does it stand in another's way"


def test_a_link_says_whole_and_with_a_rising_version_what_is_held_ready() -> None:
    house = House()
    house.donate(COMMUNITY, 1)
    house.publish("need_1", rice(2), oil(1, "l2"))
    house.donate(COMMUNITY, 5, "oil", "bottle")
    house.donate(COMMUNITY, 5)
    said = house.engine.emitted(ResourcesLinked)
    assert [s.version for s in said] == [1, 2, 3]
    assert [[a.committed for a in s.amounts] for s in said] == [[1, 0], [1, 1], [2, 1]]
    assert said[-1].waiting == ()


def _batch(house: House, needs: list[str]) -> None:
    events = [happened(NeedPublished, need, [rice(1)]) for need in needs]
    outcomes = house.engine.batch([house.engine.incoming("event", e.data, e.type, e.key, e) for e in events])
    assert [o.failure for o in outcomes] == [None] * len(needs)
