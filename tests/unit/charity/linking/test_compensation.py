"""Compensation: a need that ends without service gives back its reservations."""

import pytest
from charity_in_memory import COMMUNITY, NEIGHBOUR, CharityInMemory, happened, oil, rice

from services.charity.linking.domain.link import Link
from shared.contracts.charity.linking import ResourcesLinked, ResourcesReleased
from shared.contracts.stations.needs import NeedCancelled, NeedPublished
from shared.ledger import Transfer


@pytest.mark.parametrize("end", ["cancel", "unmet"])
def test_a_need_that_ends_without_service_gives_everything_back(charity: CharityInMemory, end: str) -> None:
    charity.donate(COMMUNITY, 5)
    charity.publish("need_1", rice(2))
    getattr(charity, end)("need_1", rice(2))
    (released,) = charity.engine.emitted(ResourcesReleased)
    assert (released.state, [a.committed for a in released.amounts], released.sources) == ("released", [0], ())
    assert [(view.balance, view.reserved) for view in released.stock] == [(5, 0)]
    assert charity.available(COMMUNITY) == 5
    assert {t.state for t in charity.engine.all(Transfer) if t.reason == "need"} == {"voided"}
    assert charity.broken_laws() == []


def test_a_cancellation_that_arrives_before_the_publication_prevents_the_link(charity: CharityInMemory) -> None:
    charity.donate(COMMUNITY, 5)
    charity.cancel("need_1", rice(2))
    charity.publish("need_1", rice(2))
    assert charity.state("need_1") == "released"
    assert charity.available(COMMUNITY) == 5
    assert charity.engine.emitted(ResourcesLinked) == []


def test_supply_freed_by_a_cancellation_serves_the_next_need_at_once(charity: CharityInMemory) -> None:
    charity.donate(COMMUNITY, 3)
    charity.publish("need_1", rice(3))
    charity.publish("need_2", rice(2), area=NEIGHBOUR)
    assert charity.state("need_2") == "waiting"
    charity.cancel("need_1", rice(3))
    assert (charity.state("need_1"), charity.state("need_2")) == ("released", "committed")
    assert charity.rings("need_2") == [("street", 2)]
    assert charity.engine.emitted(ResourcesReleased)[0].stock[0].reserved == 0
    assert charity.broken_laws() == []


def test_a_need_that_ended_is_never_served(charity: CharityInMemory) -> None:
    charity.publish("need_1", rice(3))
    charity.unmet("need_1", rice(3))
    charity.donate(COMMUNITY, 3)
    assert (charity.state("need_1"), charity.available(COMMUNITY)) == ("released", 3)


def test_a_cancellation_voids_also_a_reservation_that_its_own_batch_has_just_made(charity: CharityInMemory) -> None:
    """The link changes between the loading of the cancellation and its turn: the release loads again."""
    charity.donate(COMMUNITY, 1)
    charity.publish("need_1", rice(1), oil(1, "l2"))
    charity.publish("need_2", oil(1), area=NEIGHBOUR)
    gift = charity.gift_message(COMMUNITY, 1, "shampoo", "bottle")
    cancelled = happened(NeedCancelled, "need_1", [rice(1), oil(1, "l2")], version=8)
    assert charity.batch([gift, charity.event_message(cancelled)]) == [None, None]
    assert charity.link("need_1").sources == ()
    assert (charity.state("need_1"), charity.state("need_2")) == ("released", "committed")
    assert charity.broken_laws() == []


def test_a_need_that_is_published_and_cancelled_in_one_batch_holds_nothing(charity: CharityInMemory) -> None:
    charity.donate(COMMUNITY, 5)
    events = [happened(NeedPublished, "need_1", [rice(2)]), happened(NeedCancelled, "need_1", [rice(2)], version=8)]
    assert charity.batch([charity.event_message(event) for event in events]) == [None, None]
    assert charity.engine.one(Link, "need_1").state == "released"
    assert charity.available(COMMUNITY) == 5
    assert charity.broken_laws() == []
