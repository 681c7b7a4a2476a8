"""Delivery posts the reservations of a need that was served."""

import pytest
from charity_in_memory import COMMUNITY, RICE, CharityInMemory, rice

from shared.contracts.charity.linking import ResourcesDelivered, ResourcesReleased


def test_delivery_posts_what_was_reserved_and_the_confirmation_adds_nothing(charity: CharityInMemory) -> None:
    charity.donate(COMMUNITY, 5)
    charity.publish("need_1", rice(2))
    charity.serve("need_1", rice(2))
    charity.confirm("need_1", rice(2))
    (delivered,) = charity.engine.emitted(ResourcesDelivered)
    assert (delivered.state, [a.fulfilled for a in delivered.amounts]) == ("delivered", [2])
    stock = charity.account(f"stock:st_{COMMUNITY}:{RICE}")
    assert (stock.balance, stock.debits_pending) == (3, 0)
    assert charity.account(f"used:{COMMUNITY}:{RICE}").balance == 2
    assert charity.broken_laws() == []


def test_a_need_without_volunteers_is_delivered_by_its_confirmation(charity: CharityInMemory) -> None:
    charity.donate(COMMUNITY, 5)
    charity.publish("need_1", rice(2))
    charity.confirm("need_1", rice(2))
    assert charity.state("need_1") == "delivered"
    assert charity.account(f"used:{COMMUNITY}:{RICE}").balance == 2


def test_a_service_that_arrives_before_the_publication_is_linked_and_delivered_once(charity: CharityInMemory) -> None:
    charity.donate(COMMUNITY, 5)
    charity.confirm("need_1", rice(2))
    charity.serve("need_1", rice(2))
    charity.publish("need_1", rice(2))
    assert charity.state("need_1") == "delivered"
    assert charity.account(f"stock:st_{COMMUNITY}:{RICE}").balance == 3
    assert charity.broken_laws() == []


@pytest.mark.parametrize("end", ["cancel", "unmet"])
def test_an_end_without_service_that_arrives_after_the_delivery_takes_nothing_back(
    charity: CharityInMemory, end: str
) -> None:
    charity.donate(COMMUNITY, 5)
    charity.publish("need_1", rice(2))
    charity.confirm("need_1", rice(2))
    getattr(charity, end)("need_1", rice(2))
    assert charity.state("need_1") == "delivered"
    assert charity.account(f"stock:st_{COMMUNITY}:{RICE}").balance == 3
    assert charity.engine.emitted(ResourcesReleased) == []
    assert charity.broken_laws() == []
