"""A published need searches supply near → far and records every ring that it searched."""

from datetime import timedelta

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
    CharityInMemory,
    counselling,
    happened,
    money,
    oil,
    rice,
)

from services.charity.linking.domain.link import MAX_SOURCES
from services.charity.stock.storage import MAX_PER_RING
from shared.contracts.charity.linking import ResourcesLinked
from shared.contracts.envelope import MAX_EVENT_BYTES
from shared.contracts.need_parts import Tried
from shared.contracts.reasons import reason
from shared.contracts.stations.needs import NeedPublished


def test_the_stations_own_stock_comes_first_and_nothing_farther_is_tried(charity: CharityInMemory) -> None:
    charity.donate(COMMUNITY, 10)
    charity.donate(NEIGHBOUR, 1000)
    charity.publish("need_1", rice(4))
    assert charity.rings("need_1") == [("station", 4)]
    assert charity.link("need_1").tried == (
        Tried(ring="station", gave=4, reasons=(reason("gave_all_missing", gave=4, commodity=RICE),), line_id="l1"),
    )
    assert charity.state("need_1") == "committed"
    assert (charity.available(COMMUNITY), charity.available(NEIGHBOUR)) == (6, 1000)


def test_goods_come_from_the_station_then_the_street_the_district_and_the_city(charity: CharityInMemory) -> None:
    charity.donate(COMMUNITY, 1)
    charity.donate(NEIGHBOUR, 2)
    charity.donate(OTHER_STREET, 3)
    charity.donate(OTHER_DISTRICT, 100)
    charity.publish("need_1", rice(10))
    assert charity.rings("need_1") == [("station", 1), ("street", 2), ("district", 3), ("city", 4)]
    assert [(t.ring, t.gave) for t in charity.link("need_1").tried] == [
        ("station", 1), ("community", 0), ("street", 2), ("district", 3), ("city", 4),
    ]  # fmt: skip


def test_money_comes_from_the_nearest_fund_first(charity: CharityInMemory) -> None:
    charity.open_fund(CITY, 1000)
    charity.open_fund(DISTRICT, 300)
    charity.open_fund(STREET, 200)
    charity.open_fund(COMMUNITY, 100)
    charity.publish("need_1", money(700))
    assert charity.rings("need_1") == [("community", 100), ("street", 200), ("district", 300), ("city", 100)]
    assert "station" not in {t.ring for t in charity.link("need_1").tried}, "a station holds no money"


def test_a_fund_serves_the_needs_inside_its_own_area_alone(charity: CharityInMemory) -> None:
    charity.open_fund(OTHER_DISTRICT, 1000)
    charity.open_fund(NEIGHBOUR, 1000)
    charity.publish("need_1", money(100))
    assert charity.state("need_1") == "waiting"
    assert {t.reasons[0].code for t in charity.link("need_1").tried} == {"funds_have_none", "no_campaign_open"}
    charity.publish("need_2", money(100), area=STREET)
    assert charity.state("need_2") == "waiting", "a community's fund is not the street's"
    charity.publish("need_3", money(100), area=NEIGHBOUR)
    assert charity.rings("need_3") == [("community", 100)]


def test_the_fund_of_the_street_is_found_among_any_number_of_richer_ones_in_it(charity: CharityInMemory) -> None:
    charity.open_fund(STREET, 10)
    for n in range(5 * MAX_PER_RING):
        charity.open_fund(f"110102009{n + 100:03d}", 1000)
    charity.publish("need_1", money(10))
    assert charity.rings("need_1") == [("street", 10)]


def test_a_street_centres_need_draws_on_its_own_stock_and_on_the_streets_stations(charity: CharityInMemory) -> None:
    charity.donate(STREET, 2)
    charity.donate(COMMUNITY, 9)
    charity.publish("need_1", rice(5), area=STREET)
    assert charity.rings("need_1") == [("station", 2), ("street", 3)]
    assert "community" not in {t.ring for t in charity.link("need_1").tried}


def test_within_a_ring_the_account_with_the_most_gives_first(charity: CharityInMemory) -> None:
    charity.donate(NEIGHBOUR, 3)
    charity.donate("110102009019", 8)
    charity.publish("need_1", rice(9))
    assert [(s.account_id, s.amount) for s in charity.link("need_1").sources] == [
        (f"stock:st_110102009019:{RICE}", 8),
        (f"stock:st_{NEIGHBOUR}:{RICE}", 1),
    ]


def test_another_citys_supply_is_never_taken(charity: CharityInMemory) -> None:
    charity.donate(OTHER_CITY, 100)
    charity.publish("need_1", rice(1))
    assert charity.state("need_1") == "waiting"
    assert charity.available(OTHER_CITY) == 100


def test_a_need_that_finds_nothing_waits_with_a_reason_a_next_step_and_every_ring_searched(
    charity: CharityInMemory,
) -> None:
    charity.publish("need_1", rice(3))
    (linked,) = charity.engine.emitted(ResourcesLinked)
    assert linked.state == "waiting"
    assert [t.ring for t in linked.tried] == ["station", "community", "street", "district", "city", "campaign"]
    assert all(t.reasons for t in linked.tried)
    (waiting,) = linked.waiting
    assert waiting.for_what == reason("for_commodity", missing=3, commodity=RICE)
    assert waiting.reason
    assert waiting.next_step


def test_a_part_is_reserved_at_once_and_the_rest_waits(charity: CharityInMemory) -> None:
    charity.donate(COMMUNITY, 2)
    charity.publish("need_1", rice(5), counselling(1, "l2"))
    (linked,) = charity.engine.emitted(ResourcesLinked)
    assert linked.state == "partial"
    assert [(a.line_id, a.committed) for a in linked.amounts] == [("l1", 2), ("l2", 0)]
    assert [w.for_what.args for w in linked.waiting] == [
        {"missing": 3, "commodity": RICE},
        {"missing": 1, "commodity": "service:counselling"},
    ]


def test_two_lines_of_the_same_item_share_the_stock_without_taking_it_twice(charity: CharityInMemory) -> None:
    charity.donate(COMMUNITY, 5)
    charity.publish("need_1", rice(3, "l1"), rice(3, "l2"))
    assert charity.committed("need_1") == [3, 2]
    assert charity.available(COMMUNITY) == 0
    assert charity.broken_laws() == []


def test_goods_money_and_sessions_are_announced_in_one_event(charity: CharityInMemory) -> None:
    charity.donate(COMMUNITY, 5)
    charity.pledge(NEIGHBOUR, 2)
    charity.open_fund(STREET, 500)
    charity.publish("need_1", rice(1, "l1"), money(300, "l2"), counselling(1, "l3"))
    (linked,) = charity.engine.emitted(ResourcesLinked)
    assert linked.state == "committed"
    assert sorted((view.commodity, view.balance, view.reserved) for view in linked.stock) == [
        ("CNY", 500, 300), (RICE, 5, 1), ("service:counselling", 2, 1),
    ]  # fmt: skip
    assert charity.broken_laws() == []


def test_a_need_without_lines_is_none_of_charitys_business(charity: CharityInMemory) -> None:
    charity.publish("need_1")
    charity.confirm("need_1")
    charity.cancel("need_1")
    assert charity.engine.events == []
    assert charity.engine.entities == {}


def test_needs_of_one_batch_never_share_the_last_bag(charity: CharityInMemory) -> None:
    charity.donate(COMMUNITY, 3)
    _batch(charity, [f"need_{n}" for n in range(5)])
    assert sum(charity.committed(f"need_{n}")[0] for n in range(5)) == 3
    assert charity.available(COMMUNITY) == 0
    assert charity.broken_laws() == []


def test_a_batch_that_empties_the_station_goes_on_with_the_next_ring(charity: CharityInMemory) -> None:
    charity.donate(COMMUNITY, 8)
    charity.donate(NEIGHBOUR, 100)
    _batch(charity, [f"need_{n}" for n in range(12)])
    assert [charity.rings(f"need_{n}")[0][0] for n in range(12)].count("street") == 4
    assert all(charity.state(f"need_{n}") == "committed" for n in range(12))


def test_more_stock_than_one_search_looks_at_is_found_soon_after(charity: CharityInMemory) -> None:
    communities = [f"110102009{n:03d}" for n in range(100, 100 + 5 * MAX_PER_RING)]
    for community in communities:
        charity.donate(community, 1)
    charity.publish("need_1", rice(len(communities)))
    charity.engine.advance(timedelta(minutes=2))
    assert charity.committed("need_1") == [len(communities)]
    assert charity.broken_laws() == []


def test_a_need_draws_on_at_most_a_hundred_accounts_and_gives_that_reason(charity: CharityInMemory) -> None:
    for n in range(MAX_SOURCES + 20):
        charity.donate(f"110102009{n + 100:03d}", 1)
    charity.publish("need_1", rice(MAX_SOURCES + 10))
    charity.engine.advance(timedelta(hours=1))
    assert charity.committed("need_1") == [MAX_SOURCES]
    linked = charity.engine.emitted(ResourcesLinked)[-1]
    assert linked.waiting[0].reason == reason("accounts_used_up", most=100)
    assert max(len(event.model_dump_json()) for event in charity.engine.events) < MAX_EVENT_BYTES
    assert charity.engine.timers == {}, "it is not looked at without end"
    charity.publish("need_2", rice(21))
    charity.engine.advance(timedelta(minutes=1))
    charity.donate(NEIGHBOUR, 1)
    assert charity.state("need_2") == "committed", "nor does it stand in another's way"


def test_each_event_carries_the_whole_link_with_a_rising_version(charity: CharityInMemory) -> None:
    charity.donate(COMMUNITY, 1)
    charity.publish("need_1", rice(2), oil(1, "l2"))
    charity.donate(COMMUNITY, 5, "shampoo", "bottle")
    charity.donate(COMMUNITY, 5)
    linked = charity.engine.emitted(ResourcesLinked)
    assert [s.version for s in linked] == [1, 2, 3]
    assert [[a.committed for a in s.amounts] for s in linked] == [[1, 0], [1, 1], [2, 1]]
    assert linked[-1].waiting == ()


def _batch(charity: CharityInMemory, needs: list[str]) -> None:
    events = [happened(NeedPublished, need, [rice(1)]) for need in needs]
    assert charity.batch([charity.event_message(event) for event in events]) == [None] * len(needs)
