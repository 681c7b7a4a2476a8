"""A delivery whose confirmation was wrong is reversed: the need holds the amounts again, and can get others."""

import itertools
from datetime import timedelta

import pytest
from charity_in_memory import COMMUNITY, HOUR, NEIGHBOUR, RICE, CharityInMemory, money, rice

from shared.contracts.charity.linking import ResourcesLinked
from shared.ledger import Transfer


def stock(charity: CharityInMemory) -> tuple[int, int]:
    account = charity.account(f"stock:st_{COMMUNITY}:{RICE}")
    return account.balance, account.debits_pending


def amounts(charity: CharityInMemory, need: str = "need_1") -> tuple[str, list[tuple[int, int]]]:
    link = charity.link(need)
    return link.state, [(line.committed, line.fulfilled) for line in link.lines]


def test_what_was_posted_comes_back_by_a_reversal_and_is_held_for_the_same_need(charity: CharityInMemory) -> None:
    charity.donate(COMMUNITY, 3)
    charity.publish("need_1", rice(3))
    charity.confirm("need_1", rice(3), delivered=(3,))
    charity.publish("need_2", rice(3))
    charity.undo("need_1", rice(3))
    assert amounts(charity) == ("committed", [(3, 0)])
    assert stock(charity) == (3, 3)
    assert charity.committed("need_2") == [0]
    assert charity.account(f"used:{COMMUNITY}:{RICE}").balance == 0
    moved = {t.id: t for t in charity.engine.all(Transfer) if t.cause == "need_1"}
    (back,) = (t for t in moved.values() if t.reverses)
    assert (back.reason, moved[back.reverses or ""].state) == ("wrong_amounts", "posted")
    assert charity.broken_laws() == []


def test_other_amounts_are_stated_after_the_undoing(charity: CharityInMemory) -> None:
    charity.donate(COMMUNITY, 3)
    charity.publish("need_1", rice(3))
    charity.confirm("need_1", rice(3), delivered=(3,))
    charity.undo("need_1", rice(3))
    charity.confirm("need_1", rice(3), version=9, delivered=(2,))
    assert amounts(charity) == ("delivered", [(2, 2)])
    assert stock(charity) == (1, 0)
    assert charity.broken_laws() == []


def test_what_was_given_back_and_is_still_free_is_held_again(charity: CharityInMemory) -> None:
    charity.donate(COMMUNITY, 3)
    charity.publish("need_1", rice(3))
    charity.confirm("need_1", rice(3), delivered=(1,))
    charity.undo("need_1", rice(3))
    assert amounts(charity) == ("committed", [(3, 0)])
    assert stock(charity) == (3, 3)


def test_what_others_have_by_now_is_not_taken_from_them_and_the_need_says_that_it_waits(
    charity: CharityInMemory,
) -> None:
    charity.donate(COMMUNITY, 3)
    charity.publish("need_1", rice(3))
    charity.publish("need_2", rice(2))
    charity.confirm("need_1", rice(3), delivered=(1,))
    charity.undo("need_1", rice(3))
    assert amounts(charity) == ("partial", [(1, 0)])
    assert charity.committed("need_2") == [2]
    (waiting,) = charity.engine.emitted(ResourcesLinked)[-1].waiting
    assert (waiting.for_what.args["missing"], waiting.reason.code) == (2, "part_left_in_city")
    charity.donate(NEIGHBOUR, 2)
    assert amounts(charity) == ("committed", [(3, 0)])


def test_money_comes_back_to_its_fund(charity: CharityInMemory) -> None:
    fund = charity.open_fund(COMMUNITY, 500)
    charity.publish("need_1", money(300))
    charity.confirm("need_1", money(300), delivered=(200,))
    charity.undo("need_1", money(300))
    account = charity.account(f"fund:{fund}:CNY")
    assert (account.balance, account.debits_pending) == (500, 300)
    assert charity.broken_laws() == []


def test_a_delivery_that_release_0_2_posted_at_the_end_of_the_service_is_corrected_by_its_confirmation(
    charity: CharityInMemory,
) -> None:
    charity.donate(COMMUNITY, 3)
    charity.publish("need_1", rice(3))
    charity.confirm("need_1", rice(3), version=6)
    charity.confirm("need_1", rice(3), version=7, delivered=(1,))
    assert amounts(charity) == ("delivered", [(1, 1)])
    assert stock(charity) == (2, 0)
    assert charity.broken_laws() == []


STEPS = {
    "undone": (("confirm", 7), ("undo", 8)),
    "stated again": (("confirm", 7), ("undo", 8), ("confirm", 9)),
    "stated less": (("confirm", 7), ("undo", 8), ("less", 9)),
    "cancelled": (("confirm", 7), ("undo", 8), ("cancel", 9)),
    "unmet": (("less", 7), ("undo", 8), ("unmet", 9)),
}
ENDS = {
    "undone": ("committed", [(3, 0)]),
    "stated again": ("delivered", [(3, 3)]),
    "stated less": ("delivered", [(1, 1)]),
    "cancelled": ("released", [(0, 0)]),
    "unmet": ("released", [(0, 0)]),
}


@pytest.mark.parametrize("course", STEPS)
def test_in_any_order_and_repeated_the_steps_end_the_same(course: str) -> None:
    for order in itertools.permutations(("publish", *STEPS[course])):
        charity = CharityInMemory()
        charity.donate(COMMUNITY, 5)
        for step in (*order, *order):
            charity.engine.seen.clear()
            _play(charity, step)
            assert charity.broken_laws() == []
        assert amounts(charity) == ENDS[course], order
        used = ENDS[course][1][0][1]
        assert stock(charity) == (5 - used, ENDS[course][1][0][0] - used), order


def _play(charity: CharityInMemory, step: str | tuple[str, int]) -> None:
    if isinstance(step, str):
        charity.publish("need_1", rice(3))
        return
    kind, version = step
    stated = {"confirm": {"delivered": (3,)}, "less": {"delivered": (1,)}}.get(kind, {})
    getattr(charity, "confirm" if stated else kind)("need_1", rice(3), version=version, **stated)


# ---- parts that are of no use without the rest -------------------------------------------------------------------

WHOLE = rice(3).model_copy(update={"divisible": False})


def take_back_a_part(charity: CharityInMemory, after: timedelta) -> None:
    """One of three pieces that are of no use alone is delivered, the confirmation undone, and another need waits."""
    charity.donate(COMMUNITY, 1)
    charity.publish("need_1", WHOLE)
    charity.confirm("need_1", WHOLE, delivered=(1,))
    charity.engine.advance(after)
    charity.undo("need_1", WHOLE)
    charity.publish("need_2", rice(1))


def test_a_part_that_is_taken_back_after_its_need_offers_on_is_kept_for_a_day_and_then_goes_to_others(
    charity: CharityInMemory,
) -> None:
    take_back_a_part(charity, 7 * HOUR)  # it is due in eight hours, and offers on from the sixth
    charity.engine.advance(23 * HOUR)
    assert (charity.committed("need_1"), charity.committed("need_2")) == ([1], [0])
    charity.engine.advance(HOUR)
    assert (charity.committed("need_1"), charity.committed("need_2")) == ([0], [1])
    assert charity.broken_laws() == []


def test_the_same_part_is_stated_again_within_the_day(charity: CharityInMemory) -> None:
    take_back_a_part(charity, 5 * HOUR)
    charity.engine.advance(22 * HOUR)
    charity.confirm("need_1", WHOLE, version=9, delivered=(1,))
    assert amounts(charity) == ("delivered", [(1, 1)])
    charity.engine.advance(2 * HOUR)
    assert (amounts(charity), charity.committed("need_2")) == (("delivered", [(1, 1)]), [0])


def test_a_part_that_nobody_has_linked_before_the_undoing_arrives_is_offered_on_as_well(
    charity: CharityInMemory,
) -> None:
    charity.donate(COMMUNITY, 1)
    charity.undo("need_1", WHOLE)
    charity.engine.advance(24 * HOUR)
    assert (charity.committed("need_1"), charity.available(COMMUNITY)) == ([0], 1)


@pytest.mark.parametrize("arrives", ["before its publication", "after it"])
def test_a_part_of_a_confirmation_is_offered_on_whenever_it_arrived(charity: CharityInMemory, arrives: str) -> None:
    charity.donate(COMMUNITY, 1)
    if arrives == "after it":
        charity.publish("need_1", WHOLE)
    charity.confirm("need_1", WHOLE, delivered=(1,))
    charity.engine.advance(7 * HOUR)
    charity.undo("need_1", WHOLE)
    assert (charity.committed("need_1"), charity.available(COMMUNITY)) == ([1], 0)
    charity.engine.advance(24 * HOUR)
    assert (charity.committed("need_1"), charity.available(COMMUNITY)) == ([0], 1)
