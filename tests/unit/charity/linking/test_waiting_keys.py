"""A link is stored with the keys of the waiting list as long as it waits."""

from charity_in_memory import COMMUNITY, NEIGHBOUR, RICE, CharityInMemory, money, rice

from services.charity.linking.domain.link import MAX_SOURCES, Link, committed
from services.charity.linking.storage import NOTHING_MORE, WaitingFor, place_in
from shared.contracts.charity.linking import Source
from shared.engine.decide.memory import START


def source(number: int, amount: int) -> Source:
    return Source(line_id="l1", account_id=f"a{number}", transfer_id=f"t{number}", ring="city", amount=amount)


def test_a_link_waits_under_a_key_for_each_commodity_that_it_misses(charity: CharityInMemory) -> None:
    charity.publish("need_1", rice(3), money(100, "l2"))
    waiting = charity.link("need_1")
    assert waiting.to_document()["wants"] == [f"{RICE}@1101", "CNY@1101"]
    assert WaitingFor(place_in(RICE, COMMUNITY), START).city_key == f"{RICE}@1101"
    served = committed(waiting, [source(1, 3)], [])
    assert served.changes_since(waiting)["$set"]["wants"] == ["CNY@1101"]


def test_a_link_waits_in_a_queue_for_each_area_around_it(charity: CharityInMemory) -> None:
    charity.publish("need_1", rice(3), score=61)
    queues = charity.link("need_1").to_document()["queues"]
    assert queues == [f"{RICE}@{area}#3" for area in (COMMUNITY, "110102009", "110102", "1101", f"st_{COMMUNITY}")]
    for area in (COMMUNITY, NEIGHBOUR, "110102"):
        assert set(queues) & set(WaitingFor(place_in(RICE, area), START).keys)


def test_a_link_of_release_0_2_0_gets_its_queues_when_it_is_read(charity: CharityInMemory) -> None:
    charity.publish("need_1", rice(3))
    today = charity.link("need_1").to_document()
    former = {name: value for name, value in today.items() if name not in ("queues", "since")}
    assert Link.stored_as.upgraded(former) == {**today, "schema": 2}
    assert Link.from_document(former) == charity.link("need_1")


def test_a_link_that_has_all_leaves_the_waiting_list(charity: CharityInMemory) -> None:
    charity.publish("need_1", rice(3))
    before = charity.link("need_1")
    charity.donate(COMMUNITY, 3)
    after = charity.link("need_1")
    assert "wants" not in after.to_document()
    assert after.changes_since(before)["$unset"] == {"wants": "", "queues": "", "since": ""}


def test_a_link_with_all_the_reservations_it_may_hold_waits_under_no_commodity(charity: CharityInMemory) -> None:
    charity.publish("need_1", rice(MAX_SOURCES + 1))
    full = committed(charity.link("need_1"), [source(number, 1) for number in range(MAX_SOURCES)], [])
    assert full.to_document()["wants"] == [NOTHING_MORE]
    assert not WaitingFor(place_in(RICE, "1101"), START).matches(full)
