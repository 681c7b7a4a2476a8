"""The waiting list: new and freed supply serves the waiting needs of the city, by priority."""

from datetime import timedelta

import pytest
from charity_in_memory import (
    COMMUNITY,
    HOUR,
    NEIGHBOUR,
    OTHER_CITY,
    OTHER_DISTRICT,
    RICE,
    CharityInMemory,
    money,
    oil,
    rice,
)

from services.charity.linking.guard import Guard
from services.charity.linking.policy import LinkingPolicy
from services.charity.linking.waiting_list import MAX_SERVED
from shared.contracts.charity.donations import Donate, DonationReceived
from shared.contracts.charity.linking import ResourcesLinked
from shared.engine.decide.memory import START
from shared.ledger import Account


def test_a_donation_serves_the_waiting_need_in_the_same_decision(charity: CharityInMemory) -> None:
    charity.publish("need_1", rice(3))
    charity.donate(OTHER_DISTRICT, 5)
    assert charity.state("need_1") == "committed"
    assert charity.rings("need_1") == [("city", 3)]
    last = charity.engine.emitted(ResourcesLinked)[-1]
    assert (last.state, last.waiting) == ("committed", ())
    assert [(view.balance, view.reserved) for view in last.stock] == [(5, 3)]


def test_the_trail_keeps_the_rings_searched_before_and_adds_those_that_gave(charity: CharityInMemory) -> None:
    charity.publish("need_1", rice(3))
    charity.donate(NEIGHBOUR, 2)
    charity.donate(NEIGHBOUR, 2)
    tried = {t.ring: t for t in charity.link("need_1").tried}
    assert (tried["street"].gave, tried["street"].reasons[0].code) == (3, "gave_all_missing")
    assert tried["station"].gave == 0
    assert "campaign" in tried


def test_the_highest_score_is_served_first_then_the_earliest_publication(charity: CharityInMemory) -> None:
    charity.publish("need_late", rice(1), score=50, published_at=START + HOUR)
    charity.publish("need_early", rice(1), score=50, published_at=START)
    charity.publish("need_urgent", rice(1), score=90, published_at=START + 2 * HOUR)
    served = []
    for _ in range(3):
        charity.donate(COMMUNITY, 1)
        served.append(charity.engine.emitted(ResourcesLinked)[-1].need_id)
    assert served == ["need_urgent", "need_early", "need_late"]


def test_money_put_into_a_fund_serves_the_needs_that_wait_for_money(charity: CharityInMemory) -> None:
    fund = charity.open_fund("110102")
    charity.publish("need_1", money(500))
    charity.give_money(fund, 300)
    assert (charity.state("need_1"), charity.committed("need_1")) == ("partial", [300])
    charity.give_money(fund, 300)
    assert (charity.state("need_1"), charity.rings("need_1")) == ("committed", [("district", 300), ("district", 200)])
    assert charity.broken_laws() == []


def test_money_of_a_fund_serves_those_inside_its_area_though_more_urgent_ones_wait_outside(
    charity: CharityInMemory,
) -> None:
    fund = charity.open_fund(COMMUNITY)
    for n in range(MAX_SERVED + 1):
        charity.publish(f"need_{n:03d}", money(10), score=90, area=NEIGHBOUR)
    charity.publish("need_here", money(10), score=10)
    charity.give_money(fund, 1000)
    assert charity.rings("need_here") == [("community", 10)]
    charity.engine.advance(timedelta(minutes=6))
    assert {charity.state(f"need_{n:03d}") for n in range(MAX_SERVED + 1)} == {"waiting"}
    assert charity.broken_laws() == []


def test_a_large_gift_to_a_fund_serves_all_inside_its_area_right_after(charity: CharityInMemory) -> None:
    fund = charity.open_fund(COMMUNITY)
    for n in range(MAX_SERVED + 20):
        charity.publish(f"need_out_{n:03d}", money(10), score=90, area=NEIGHBOUR)
        charity.publish(f"need_in_{n:03d}", money(10), score=10)
    charity.engine.advance(timedelta(minutes=1))
    charity.give_money(fund, 10_000)
    charity.engine.advance(timedelta(0))
    assert {charity.state(f"need_in_{n:03d}") for n in range(MAX_SERVED + 20)} == {"committed"}
    assert charity.broken_laws() == []


def test_money_that_is_given_back_stays_inside_the_funds_area(charity: CharityInMemory) -> None:
    charity.open_fund(COMMUNITY, 10)
    charity.publish("need_1", money(10))
    charity.publish("need_out", money(10), score=90, area=NEIGHBOUR)
    charity.publish("need_in", money(10), score=10)
    charity.cancel("need_1", money(10))
    assert (charity.state("need_in"), charity.state("need_out")) == ("committed", "waiting")


def test_a_donation_of_several_things_is_one_event_a_need(charity: CharityInMemory) -> None:
    charity.publish("need_1", rice(1, "l1"), oil(1, "l2"))
    charity.donate(COMMUNITY, 1, "washing_powder", "bag")
    assert len(charity.engine.emitted(ResourcesLinked)) == 1, "a gift it does not wait for changes nothing"
    goods = [{"item": "quilt", "quantity": 1, "unit": "piece"}, {"item": "shampoo", "quantity": 1, "unit": "bottle"}]
    _donate_all(charity, goods)
    first, second = charity.engine.emitted(ResourcesLinked)
    assert (first.state, second.state) == ("waiting", "committed")
    assert len(second.sources) == 2


def test_another_city_is_not_served(charity: CharityInMemory) -> None:
    charity.publish("need_1", rice(3))
    charity.donate(OTHER_CITY, 3)
    assert charity.state("need_1") == "waiting"


def test_a_large_donation_serves_a_hundred_at_once_and_the_others_right_after(charity: CharityInMemory) -> None:
    waiting = [f"need_{n:03d}" for n in range(MAX_SERVED + 20)]
    for need in waiting:
        charity.publish(need, rice(1))
    charity.engine.advance(timedelta(minutes=1))
    charity.donate(COMMUNITY, 1000)
    assert [charity.state(need) for need in waiting].count("committed") == MAX_SERVED
    charity.engine.advance(timedelta(0))
    assert [charity.state(need) for need in waiting].count("committed") == len(waiting)
    assert charity.broken_laws() == []


def test_supply_that_arrived_unseen_is_found_by_the_recheck() -> None:
    charity = CharityInMemory(LinkingPolicy(recheck_minutes=5))
    charity.donate(COMMUNITY, 3)
    unseen = charity.account(f"stock:st_{COMMUNITY}:{RICE}")
    del charity.engine.entities[type(unseen), unseen.id]
    charity.publish("need_1", rice(3))
    charity.engine.advance(timedelta(minutes=1))
    assert charity.state("need_1") == "waiting"
    charity.engine.entities[type(unseen), unseen.id] = unseen
    charity.engine.advance(timedelta(minutes=5))
    assert charity.state("need_1") == "committed"


def test_a_stream_of_waiting_needs_does_not_put_the_recheck_off(charity: CharityInMemory) -> None:
    due = []
    for n in range(5):
        charity.publish(f"need_{n}", rice(1))
        (timer,) = charity.engine.timers.values()
        due.append(timer[0])
        charity.engine.now += timedelta(milliseconds=100)
    assert len(set(due)) == 1


def test_once_no_need_waits_the_rechecks_stop(charity: CharityInMemory) -> None:
    charity.publish("need_1", rice(1))
    charity.donate(COMMUNITY, 1)
    charity.engine.advance(timedelta(hours=1))
    assert charity.engine.timers == {}


@pytest.mark.parametrize("supply", ["donation", "release"])
def test_a_need_that_goes_waiting_and_supply_that_arrives_always_collide(charity: CharityInMemory, supply: str) -> None:
    """Both put the guard of the city's commodity, so that two replicas cannot miss each other."""
    charity.donate(COMMUNITY, 1)
    charity.publish("need_1", rice(1))
    versions = [_guard(charity)]
    charity.publish("need_2", rice(1))
    versions.append(_guard(charity))
    if supply == "donation":
        charity.donate(NEIGHBOUR, 1)
    else:
        charity.cancel("need_1", rice(1))
    versions.append(_guard(charity))
    assert versions == sorted(set(versions))


def test_a_need_that_finds_all_it_wants_leaves_the_guard_alone(charity: CharityInMemory) -> None:
    charity.donate(COMMUNITY, 2)
    before = _guard(charity)
    charity.publish("need_1", rice(1))
    assert _guard(charity) == before


def test_the_event_of_a_donation_comes_before_those_of_the_needs_that_it_served(charity: CharityInMemory) -> None:
    charity.publish("need_1", rice(1))
    charity.engine.events.clear()
    charity.donate(COMMUNITY, 1)
    assert [e.type for e in charity.engine.events] == [DonationReceived.type, ResourcesLinked.type]


def test_receipts_are_counted_in_one_account_for_each_area(charity: CharityInMemory) -> None:
    charity.donate(COMMUNITY, 9)
    charity.publish("need_1", rice(1))
    charity.publish("need_2", rice(2), area=NEIGHBOUR)
    used = {a.id: a.credits_pending for a in charity.engine.all(Account) if a.kind == "used"}
    assert used == {f"used:{COMMUNITY}:{RICE}": 1, f"used:{NEIGHBOUR}:{RICE}": 2}


def _guard(charity: CharityInMemory) -> int:
    return charity.engine.one(Guard, f"{RICE}@1101").version


def _donate_all(charity: CharityInMemory, goods: list[dict[str, object]]) -> None:
    charity.engine.command(Donate.model_validate({"station_id": "st_1", "station_area": COMMUNITY, "goods": goods}))
