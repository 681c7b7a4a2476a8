"""Delivery posts the amount of each line that the confirmation states, and gives the rest back."""

import pytest
from charity_in_memory import COMMUNITY, HOUR, NEIGHBOUR, OTHER_STREET, RICE, CharityInMemory, oil, rice
from hypothesis import given
from hypothesis import strategies as st

from services.charity.linking.domain.link import Link
from services.charity.shortfalls.domain import Shortfall
from shared.contracts.charity.linking import ResourcesDelivered, ResourcesReleased
from shared.ledger import Transfer


def stock(charity: CharityInMemory, area: str = COMMUNITY, commodity: str = RICE) -> tuple[int, int]:
    account = charity.account(f"stock:st_{area}:{commodity}")
    return account.balance, account.debits_pending


def fulfilled(charity: CharityInMemory, need: str = "need_1") -> list[tuple[int, int]]:
    return [(line.committed, line.fulfilled) for line in charity.link(need).lines]


def owed(charity: CharityInMemory) -> int:
    """The amount of the shortfalls that are open, which their links name, too."""
    short = sum(sum(link.short) for link in charity.engine.all(Link))
    assert short == sum(shortfall.missing for shortfall in charity.engine.all(Shortfall) if shortfall.state == "open")
    return short


@pytest.mark.parametrize("stated", [None, (2,)], ids=["as 0.2.0 confirms", "stated"])
def test_all_that_was_reserved_is_posted_once(charity: CharityInMemory, stated: tuple[int, ...] | None) -> None:
    charity.donate(COMMUNITY, 5)
    charity.publish("need_1", rice(2))
    for _ in range(2):
        charity.confirm("need_1", rice(2), delivered=stated)
    (delivered,) = charity.engine.emitted(ResourcesDelivered)
    assert (delivered.state, [a.fulfilled for a in delivered.amounts]) == ("delivered", [2])
    assert stock(charity) == (3, 0)
    assert charity.account(f"used:{COMMUNITY}:{RICE}").balance == 2
    assert charity.broken_laws() == []


def test_ninety_of_ninety_nine_bags_are_posted_and_nine_are_free_again(charity: CharityInMemory) -> None:
    charity.donate(COMMUNITY, 99)
    charity.publish("need_1", rice(100))
    charity.confirm("need_1", rice(100), delivered=(90,))
    assert (charity.state("need_1"), fulfilled(charity)) == ("delivered", [(90, 90)])
    assert stock(charity) == (9, 0)
    assert charity.account(f"used:{COMMUNITY}:{RICE}").balance == 90
    (event,) = charity.engine.emitted(ResourcesDelivered)
    assert [(s.amount, charity.engine.one(Transfer, s.transfer_id).state) for s in event.sources] == [(90, "posted")]
    assert sorted((t.amount, t.state) for t in charity.engine.all(Transfer) if t.cause == "need_1") == [
        (90, "posted"), (99, "voided"),
    ]  # fmt: skip
    assert charity.broken_laws() == []


def test_what_was_not_delivered_serves_at_once_a_need_that_waits_for_it(charity: CharityInMemory) -> None:
    charity.donate(COMMUNITY, 5)
    charity.publish("need_1", rice(5))
    charity.publish("need_2", rice(3))
    assert charity.committed("need_2") == [0]
    charity.confirm("need_1", rice(5), delivered=(1,))
    assert charity.committed("need_2") == [3]
    assert stock(charity) == (4, 3)
    assert charity.broken_laws() == []


def test_of_several_sources_the_first_reserved_has_given_first(charity: CharityInMemory) -> None:
    for area in (COMMUNITY, NEIGHBOUR, OTHER_STREET):
        charity.donate(area, 2)
    charity.publish("need_1", rice(6))
    charity.confirm("need_1", rice(6), delivered=(3,))
    assert charity.rings("need_1") == [("station", 2), ("street", 1)]
    assert [stock(charity, area) for area in (COMMUNITY, NEIGHBOUR, OTHER_STREET)] == [(0, 0), (1, 0), (2, 0)]
    assert charity.broken_laws() == []


def test_a_line_of_which_nothing_was_delivered_gives_back_all(charity: CharityInMemory) -> None:
    charity.donate(COMMUNITY, 2)
    charity.donate(COMMUNITY, 2, "shampoo", "bottle")
    charity.publish("need_1", rice(2), oil(2, "l2"))
    charity.confirm("need_1", rice(2), oil(2, "l2"), delivered=(2, 0))
    assert fulfilled(charity) == [(2, 2), (0, 0)]
    assert stock(charity, commodity="goods:shampoo") == (2, 0)


def test_volunteers_who_leave_post_nothing_and_later_gifts_reach_the_need(charity: CharityInMemory) -> None:
    charity.publish("need_1", rice(2))
    charity.donate(COMMUNITY, 2)
    assert stock(charity) == (2, 2)
    charity.confirm("need_1", rice(2), delivered=(2,))
    assert stock(charity) == (0, 0)


def test_a_confirmation_that_arrives_before_the_publication_is_linked_and_delivered_once(
    charity: CharityInMemory,
) -> None:
    charity.donate(COMMUNITY, 5)
    charity.confirm("need_1", rice(2))
    charity.publish("need_1", rice(2))
    assert charity.state("need_1") == "delivered"
    assert stock(charity) == (3, 0)
    assert charity.broken_laws() == []


@pytest.mark.parametrize("end", ["cancel", "unmet"])
def test_an_older_end_without_service_that_arrives_after_the_delivery_takes_nothing_back(
    charity: CharityInMemory, end: str
) -> None:
    charity.donate(COMMUNITY, 5)
    charity.publish("need_1", rice(2))
    charity.confirm("need_1", rice(2))
    getattr(charity, end)("need_1", rice(2), version=6)
    assert charity.state("need_1") == "delivered"
    assert stock(charity) == (3, 0)
    assert charity.engine.emitted(ResourcesReleased) == []
    assert charity.broken_laws() == []


@given(
    gifts=st.lists(st.tuples(st.sampled_from((COMMUNITY, NEIGHBOUR, OTHER_STREET)), st.integers(1, 4)), max_size=5),
    asked=st.integers(1, 9),
    stated=st.integers(0, 12),
    other=st.integers(1, 9),
)
def test_what_is_stated_is_posted_or_owed_and_what_is_freed_is_never_left_beside_a_need_that_waits(
    gifts: list[tuple[str, int]], asked: int, stated: int, other: int
) -> None:
    charity = CharityInMemory()
    for area, amount in gifts:
        charity.donate(area, amount)
    charity.publish("need_1", rice(asked))
    charity.publish("need_2", rice(other))
    stated = min(stated, asked)
    charity.confirm("need_1", rice(asked), delivered=(stated,))
    ((held, got),) = fulfilled(charity)
    assert held == got <= stated
    assert got + owed(charity) == stated, "charity posts what the station states, or names what it lacks"
    free = sum(account.available for account in charity.accounts() if account.kind == "stock")
    missing = charity.link("need_2").missing.get(RICE, 0)
    assert not (free and missing)
    assert free + charity.committed("need_2")[0] + got == sum(amount for _, amount in gifts)
    assert charity.broken_laws() == []
    charity.donate(COMMUNITY, stated + missing + 1)
    charity.engine.advance(2 * HOUR)
    assert (fulfilled(charity), owed(charity)) == ([(stated, stated)], 0), "later supply makes it up"
    assert charity.link("need_2").missing == {}, "needs that wait come before what the books owe"
    assert charity.broken_laws() == []
