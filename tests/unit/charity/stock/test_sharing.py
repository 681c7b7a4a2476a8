"""Stock leaves a station by its sharing policy and above its reserve."""

import random

import pytest
from charity_in_memory import COMMUNITY, NEIGHBOUR, OTHER_DISTRICT, OTHER_STREET, RICE, CharityInMemory, rice
from examples import examples
from hypothesis import given
from hypothesis import strategies as st

from services.charity.linking.domain.link import Link
from services.charity.stock.domain import Supply, usable
from shared.contracts import Refused
from shared.contracts.access import Actor
from shared.contracts.charity.stock import ShareStock, Sharing, StockShared
from shared.engine.decide.memory import TESTER
from shared.ledger import Transfer

PLACES = (COMMUNITY, NEIGHBOUR, OTHER_STREET, OTHER_DISTRICT)
REACHED: dict[Sharing, tuple[str, ...]] = {
    "own": PLACES[:1],
    "street": PLACES[:2],
    "district": PLACES[:3],
    "city": PLACES,
}


def share(
    charity: CharityInMemory, sharing: Sharing, reserve: int = 0, area: str = COMMUNITY, actor: Actor = TESTER
) -> None:
    asked = ShareStock(station_id=f"st_{area}", station_area=area, item="quilt", sharing=sharing, reserve=reserve)
    charity.engine.command(asked, actor=actor)


@pytest.mark.parametrize("sharing", REACHED)
@pytest.mark.parametrize("first", ["stock", "need"])
def test_stock_serves_the_needs_that_the_station_shares_it_with(
    charity: CharityInMemory, sharing: Sharing, first: str
) -> None:
    share(charity, sharing)
    if first == "stock":
        charity.donate(COMMUNITY, 10)
    for place in PLACES:
        charity.publish(f"need_{place}", rice(1), area=place)
    if first == "need":
        charity.donate(COMMUNITY, 10)
    served = [place for place in PLACES if charity.state(f"need_{place}") == "committed"]
    assert tuple(served) == REACHED[sharing]


def test_the_reserve_stays_for_the_stations_own_needs(charity: CharityInMemory) -> None:
    share(charity, "city", reserve=7)
    charity.donate(COMMUNITY, 10)
    charity.publish("need_other", rice(9), area=NEIGHBOUR)
    assert charity.committed("need_other") == [3]
    charity.publish("need_own", rice(7))
    assert (charity.state("need_own"), charity.available(COMMUNITY)) == ("committed", 0)


def test_the_own_need_is_found_behind_a_hundred_others_that_may_not_have_the_reserve(charity: CharityInMemory) -> None:
    share(charity, "city", reserve=5)
    for number in range(120):
        charity.publish(f"need_{number:03}", rice(1), score=99, area=NEIGHBOUR)
    charity.publish("need_own", rice(5), score=1)
    charity.donate(COMMUNITY, 5)
    assert charity.state("need_own") == "committed"


def test_stock_that_is_shared_more_widely_serves_those_that_wait_at_once(charity: CharityInMemory) -> None:
    share(charity, "own", reserve=4)
    charity.donate(COMMUNITY, 10)
    charity.publish("need_far", rice(10), area=OTHER_DISTRICT)
    assert charity.state("need_far") == "waiting"
    share(charity, "city", reserve=4)
    assert charity.committed("need_far") == [6]
    share(charity, "own")
    assert charity.committed("need_far") == [6], "a reservation made before stands"


def test_a_recheck_finds_stock_that_is_shared_with_the_street_alone(charity: CharityInMemory) -> None:
    share(charity, "street")
    charity.publish("need_1", rice(2), area=NEIGHBOUR)
    supply = charity.account(f"stock:st_{COMMUNITY}:{RICE}")
    charity.engine.entities[Supply, supply.id] = supply.model_copy(update={"credits_posted": 2})
    charity.engine.advance(charity.engine.timers[f"serve:{RICE}@1101"][0] - charity.engine.now)
    assert charity.state("need_1") == "committed"


def test_a_decision_is_announced_with_the_stock_and_who_made_it(charity: CharityInMemory) -> None:
    charity.donate(COMMUNITY, 10)
    share(charity, "street", reserve=4)
    (event,) = charity.engine.emitted(StockShared)
    (stock,) = event.stock
    assert (stock.sharing, stock.reserve, stock.balance, event.shared_by is not None) == ("street", 4, 10, True)


def test_a_station_of_another_area_and_an_unknown_item_are_refused(charity: CharityInMemory) -> None:
    elsewhere = TESTER.model_copy(update={"area": OTHER_DISTRICT})
    with pytest.raises(Refused) as refused:
        share(charity, "own", actor=elsewhere)
    assert (refused.value.code, refused.value.field) == ("not_found", "station_id")
    unknown = ShareStock(station_id="st_1", station_area=COMMUNITY, item="no such thing", sharing="own")
    with pytest.raises(Refused) as refused:
        charity.engine.command(unknown)
    assert (refused.value.code, refused.value.field) == ("invalid", "item")
    assert charity.engine.emitted(StockShared) == []


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("give"), st.sampled_from(PLACES), st.integers(1, 8)),
        st.tuples(st.just("ask"), st.sampled_from(PLACES), st.integers(1, 8)),
        st.tuples(st.just("cancel"), st.sampled_from(PLACES), st.integers(0, 8)),
    ),
    min_size=3,
    max_size=14,
)
POLICIES = st.lists(st.tuples(st.sampled_from(sorted(REACHED)), st.integers(0, 6)), min_size=4, max_size=4)


@examples(50)
@given(POLICIES, STEPS, st.randoms(use_true_random=False))
def test_no_stock_leaves_against_the_policy_and_none_lies_beside_a_need_that_may_have_it(
    policies: list[tuple[Sharing, int]], steps: list[tuple[str, str, int]], chance: random.Random
) -> None:
    charity = CharityInMemory()
    for place, (sharing, reserve) in zip(PLACES, policies, strict=True):
        share(charity, sharing, reserve, place)
    for number, (kind, place, amount) in enumerate(steps):
        if kind == "give":
            charity.donate(place, amount)
        elif kind == "ask":
            charity.publish(f"need_{number}", rice(amount), area=place, score=chance.randint(0, 100))
        elif open_needs := [link for link in charity.engine.all(Link) if not link.ended]:
            gone = chance.choice(open_needs)
            charity.cancel(gone.id, rice(gone.lines[0].requested), area=gone.area)
        assert charity.broken_laws() == []
    charity.engine.advance(charity.engine.now - charity.engine.now)
    supplies = {a.id: a for a in charity.accounts() if isinstance(a, Supply)}
    links = charity.engine.all(Link)
    for link in links:
        if link.missing:
            free = [s for s in supplies.values() if usable(s, link.station_id, link.area)]
            assert not free, f"{link.id} waits beside {free}"
        for source in link.sources:
            supply = supplies[source.account_id]
            assert supply.holder == link.station_id or (supply.sharing != "own" and link.area.startswith(supply.within))
    outside: dict[str, int] = {}
    for link in links:
        for source in link.sources:
            if supplies[source.account_id].holder != link.station_id:
                outside[source.account_id] = outside.get(source.account_id, 0) + source.amount
    for account_id, amount in outside.items():
        supply = supplies[account_id]
        assert amount <= max(0, supply.balance - supply.reserve), "the reserve was left when it was taken"
    assert all(t.amount > 0 for t in charity.engine.all(Transfer))
