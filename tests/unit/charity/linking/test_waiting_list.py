"""What becomes available serves the waiting needs of the city, by priority."""

from datetime import timedelta

import pytest
from charity_in_memory import (
    COMMUNITY,
    HOUR,
    NEIGHBOUR,
    OTHER_CITY,
    OTHER_DISTRICT,
    RICE,
    House,
    money,
    oil,
    rice,
)

from services.charity.handlers import Policy
from services.charity.linking.waiting_list import MOST_SERVED
from services.charity.stock.storage import Guard
from shared.contracts.charity.donations import Donate, DonationReceived
from shared.contracts.charity.linking import ResourcesLinked, ResourcesReleased
from shared.engine.decide.memory import START
from shared.ledger import Account


def test_a_donation_serves_the_waiting_need_in_the_same_decision() -> None:
    house = House()
    house.publish("need_1", rice(3))
    house.donate(OTHER_DISTRICT, 5)
    assert house.state("need_1") == "committed"
    assert house.rings("need_1") == [("city", 3)]
    last = house.engine.emitted(ResourcesLinked)[-1]
    assert (last.state, last.waiting) == ("committed", ())
    assert [(view.balance, view.reserved) for view in last.stock] == [(5, 3)]


def test_the_trail_keeps_what_was_tried_before_and_adds_who_gave() -> None:
    house = House()
    house.publish("need_1", rice(3))
    house.donate(NEIGHBOUR, 2)
    house.donate(NEIGHBOUR, 2)
    tried = {t.ring: t for t in house.link("need_1").tried}
    assert (tried["street"].gave, tried["street"].reason) == (3, "gave all that was missing")
    assert tried["station"].gave == 0
    assert "campaign" in tried


def test_the_highest_score_is_served_first_then_who_has_waited_longest() -> None:
    house = House()
    house.publish("need_late", rice(1), score=50, published_at=START + HOUR)
    house.publish("need_early", rice(1), score=50, published_at=START)
    house.publish("need_urgent", rice(1), score=90, published_at=START + 2 * HOUR)
    served = []
    for _ in range(3):
        house.donate(COMMUNITY, 1)
        served.append(house.engine.emitted(ResourcesLinked)[-1].need_id)
    assert served == ["need_urgent", "need_early", "need_late"]


def test_money_put_into_a_fund_serves_those_who_wait_for_money() -> None:
    house = House()
    fund = house.open_fund("110102")
    house.publish("need_1", money(500))
    house.give_money(fund, 300)
    assert (house.state("need_1"), house.committed("need_1")) == ("partial", [300])
    house.give_money(fund, 300)
    assert (house.state("need_1"), house.rings("need_1")) == ("committed", [("district", 300), ("district", 200)])
    assert house.broken_laws() == []


def test_a_donation_of_several_things_is_one_event_a_need() -> None:
    house = House()
    house.publish("need_1", rice(1, "l1"), oil(1, "l2"))
    house.donate(COMMUNITY, 1, "flour")
    assert len(house.engine.emitted(ResourcesLinked)) == 1, "a gift it does not wait for changes nothing"
    goods = [{"item": "rice", "quantity": 1, "unit": "bag"}, {"item": "oil", "quantity": 1, "unit": "bottle"}]
    _donate_all(house, goods)
    first, second = house.engine.emitted(ResourcesLinked)
    assert (first.state, second.state) == ("waiting", "committed")
    assert len(second.sources) == 2


def test_what_a_cancelled_need_held_serves_the_next_one_at_once() -> None:
    house = House()
    house.donate(COMMUNITY, 3)
    house.publish("need_1", rice(3))
    house.publish("need_2", rice(2), area=NEIGHBOUR)
    assert house.state("need_2") == "waiting"
    house.cancel("need_1", rice(3))
    assert (house.state("need_1"), house.state("need_2")) == ("released", "committed")
    assert house.rings("need_2") == [("street", 2)]
    assert house.engine.emitted(ResourcesReleased)[0].stock[0].reserved == 0
    assert house.broken_laws() == []


def test_a_need_that_ended_is_never_served() -> None:
    house = House()
    house.publish("need_1", rice(3))
    house.unmet("need_1", rice(3))
    house.donate(COMMUNITY, 3)
    assert (house.state("need_1"), house.available(COMMUNITY)) == ("released", 3)


def test_another_city_is_not_served() -> None:
    house = House()
    house.publish("need_1", rice(3))
    house.donate(OTHER_CITY, 3)
    assert house.state("need_1") == "waiting"


def test_a_large_donation_serves_a_hundred_at_once_and_the_others_right_after() -> None:
    house = House()
    waiting = [f"need_{n:03d}" for n in range(MOST_SERVED + 20)]
    for need in waiting:
        house.publish(need, rice(1))
    house.engine.advance(timedelta(minutes=1))
    house.donate(COMMUNITY, 1000)
    assert [house.state(need) for need in waiting].count("committed") == MOST_SERVED
    house.engine.advance(timedelta(0))
    assert [house.state(need) for need in waiting].count("committed") == len(waiting)
    assert house.broken_laws() == []


def test_supply_that_slipped_by_unseen_is_found_by_the_recheck() -> None:
    house = House(Policy(recheck=timedelta(minutes=5)))
    house.donate(COMMUNITY, 3)
    slipped = house.account(f"stock:st_{COMMUNITY}:{RICE}")
    del house.engine.entities[type(slipped), slipped.id]
    house.publish("need_1", rice(3))
    house.engine.advance(timedelta(minutes=1))
    assert house.state("need_1") == "waiting"
    house.engine.entities[type(slipped), slipped.id] = slipped
    house.engine.advance(timedelta(minutes=5))
    assert house.state("need_1") == "committed"


def test_a_stream_of_waiting_needs_does_not_put_the_recheck_off() -> None:
    house = House()
    due = []
    for n in range(5):
        house.publish(f"need_{n}", rice(1))
        (timer,) = house.engine.timers.values()
        due.append(timer[0])
        house.engine.now += timedelta(milliseconds=100)
    assert len(set(due)) == 1


def test_once_nobody_waits_the_rechecks_stop() -> None:
    house = House()
    house.publish("need_1", rice(1))
    house.donate(COMMUNITY, 1)
    house.engine.advance(timedelta(hours=1))
    assert house.engine.timers == {}


@pytest.mark.parametrize("supply", ["donation", "release"])
def test_a_need_that_goes_waiting_and_supply_that_arrives_always_collide(supply: str) -> None:
    """Both put the guard of the city's commodity, so that two replicas cannot miss each other."""
    house = House()
    house.donate(COMMUNITY, 1)
    house.publish("need_1", rice(1))
    versions = [_guard(house)]
    house.publish("need_2", rice(1))
    versions.append(_guard(house))
    if supply == "donation":
        house.donate(NEIGHBOUR, 1)
    else:
        house.cancel("need_1", rice(1))
    versions.append(_guard(house))
    assert versions == sorted(set(versions))


def test_a_need_that_finds_all_it_wants_leaves_the_guard_alone() -> None:
    house = House()
    house.donate(COMMUNITY, 2)
    before = _guard(house)
    house.publish("need_1", rice(1))
    assert _guard(house) == before


def test_what_was_said_of_a_donation_comes_before_what_it_served() -> None:
    house = House()
    house.publish("need_1", rice(1))
    house.engine.events.clear()
    house.donate(COMMUNITY, 1)
    assert [e.type for e in house.engine.events] == [DonationReceived.type, ResourcesLinked.type]


def test_an_account_of_what_was_used_is_kept_for_each_area() -> None:
    house = House()
    house.donate(COMMUNITY, 9)
    house.publish("need_1", rice(1))
    house.publish("need_2", rice(2), area=NEIGHBOUR)
    used = {a.id: a.credits_pending for a in house.engine.all(Account) if a.kind == "used"}
    assert used == {f"used:{COMMUNITY}:{RICE}": 1, f"used:{NEIGHBOUR}:{RICE}": 2}


def _guard(house: House) -> int:
    return house.engine.one(Guard, f"{RICE}@1101").version


def _donate_all(house: House, goods: list[dict[str, object]]) -> None:
    house.engine.command(Donate.model_validate({"station_id": "st_1", "station_area": COMMUNITY, "goods": goods}))
