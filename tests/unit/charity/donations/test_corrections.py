"""A gift that was recorded wrongly is stated again: reversed, booked right, and a spent amount is named, not taken."""

from datetime import timedelta
from typing import Any

import pytest
from charity_in_memory import COMMUNITY, HOUR, RICE, CharityInMemory, money, rice
from hypothesis import given
from hypothesis import strategies as st

from services.charity.donations.correction import MOST_CORRECTIONS
from services.charity.shortfalls.domain import Shortfall
from shared.contracts import Refused
from shared.contracts.charity.donations import CorrectDonation, DonationCorrected, GivenGoods
from shared.contracts.charity.shortfalls import ShortfallClosed, ShortfallOpened
from shared.ledger import Transfer


def correct(charity: CharityInMemory, gift: Any, **stated: Any) -> Any:
    asked = {"reason_code": "typed_wrong", **stated}
    return charity.engine.command(CorrectDonation(donation_id=gift.id, **asked))


def quilts(number: int) -> tuple[GivenGoods, ...]:
    return (GivenGoods(item="quilt", quantity=number, unit="piece"),)


def booked(charity: CharityInMemory, gift: Any) -> list[int]:
    """The amounts of the transfers that stand for the gift."""
    moved = [t for t in charity.engine.all(Transfer) if t.cause == gift.id]
    reversed_ids = {t.reverses for t in moved}
    return [t.amount for t in moved if t.reverses is None and t.id not in reversed_ids]


def owed(charity: CharityInMemory) -> int:
    return sum(s.missing for s in charity.engine.all(Shortfall) if s.state == "open")


def test_a_hundred_and_sixty_thousand_typed_for_sixteen_thousand_is_reversed_and_booked_right(
    charity: CharityInMemory,
) -> None:
    fund = charity.open_fund(COMMUNITY)
    gift = charity.give_money(fund, 16_000_000)
    answer = correct(charity, gift, amount_fen=1_600_000, expected_version=1)
    assert (answer.amount_fen, answer.version, answer.corrected_for) == (1_600_000, 2, "typed_wrong")
    assert charity.account(f"fund:{fund}:CNY").available == 1_600_000
    moved = {t.id: t for t in charity.engine.all(Transfer)}
    (back,) = (t for t in moved.values() if t.reverses)
    assert (back.amount, back.reason, moved[str(back.reverses)].amount) == (16_000_000, "typed_wrong", 16_000_000)
    assert [moved[i].amount for i in answer.transfers] == [1_600_000] == booked(charity, gift)
    (event,) = charity.engine.emitted(DonationCorrected)
    assert (event.amount_fen, event.corrected_for) == (1_600_000, "typed_wrong")
    assert event.corrected_by is not None
    assert [account.balance for account in event.stock] == [1_600_000]
    assert charity.broken_laws() == []


def test_what_is_promised_to_a_need_stays_and_is_a_shortfall_of_the_station(charity: CharityInMemory) -> None:
    gift = charity.donate(COMMUNITY, 160)
    charity.publish("need_1", rice(100))
    correct(charity, gift, goods=quilts(16))
    assert charity.committed("need_1") == [100]
    assert (charity.available(COMMUNITY), booked(charity, gift)) == (0, [100])
    (opened,) = charity.engine.emitted(ShortfallOpened)
    assert (opened.kind, opened.donation_id, opened.station_id) == ("correction", gift.id, f"st_{COMMUNITY}")
    assert (opened.missing, opened.commodity) == (84, RICE)
    assert opened.next_step is not None
    assert opened.next_step.due == opened.opened_at + timedelta(days=7)
    assert opened.next_step.args == {"missing": 84, "commodity": RICE}
    assert charity.broken_laws() == []


def test_a_shortfall_is_taken_back_once_something_is_free(charity: CharityInMemory) -> None:
    gift = charity.donate(COMMUNITY, 160)
    charity.publish("need_1", rice(100))
    correct(charity, gift, goods=quilts(16))
    charity.cancel("need_1", rice(100))
    charity.engine.advance(HOUR)
    assert (charity.available(COMMUNITY), booked(charity, gift), owed(charity)) == (16, [16], 0)
    assert len(charity.engine.emitted(ShortfallClosed)) == 1
    assert charity.broken_laws() == []


def test_money_that_was_promised_is_taken_back_once_it_is_free(charity: CharityInMemory) -> None:
    fund = charity.open_fund(COMMUNITY)
    gift = charity.give_money(fund, 160)
    charity.publish("need_1", money(100))
    correct(charity, gift, amount_fen=16)
    assert (booked(charity, gift), owed(charity)) == ([100], 84)
    charity.cancel("need_1", money(100))
    charity.engine.advance(HOUR)
    assert (charity.account(f"fund:{fund}:CNY").available, booked(charity, gift), owed(charity)) == (16, [16], 0)
    assert charity.broken_laws() == []


def test_more_than_was_recorded_serves_those_who_wait(charity: CharityInMemory) -> None:
    fund = charity.open_fund(COMMUNITY)
    gift = charity.give_money(fund, 100)
    charity.publish("need_1", money(300))
    correct(charity, gift, amount_fen=1_000)
    assert charity.state("need_1") == "committed"
    assert charity.broken_laws() == []


def test_a_gift_that_never_came_is_corrected_to_nothing_and_back(charity: CharityInMemory) -> None:
    gift = charity.donate(COMMUNITY, 5)
    answer = correct(charity, gift, reason_code="not_received")
    assert (answer.goods, answer.transfers, charity.available(COMMUNITY)) == ((), (), 0)
    correct(charity, gift, goods=quilts(3), reason_code="counted_again")
    assert (charity.available(COMMUNITY), booked(charity, gift)) == (3, [3])
    assert charity.broken_laws() == []


def test_the_same_statement_again_changes_nothing(charity: CharityInMemory) -> None:
    gift = charity.donate(COMMUNITY, 5)
    correct(charity, gift, goods=quilts(3))
    again = correct(charity, gift, goods=quilts(3))
    assert (again.version, len(charity.engine.emitted(DonationCorrected))) == (2, 1)


@pytest.mark.parametrize(
    ("stated", "rule", "field"),
    [
        ({"amount_fen": 5}, "station_receives_goods", "amount_fen"),
        ({"goods": (GivenGoods(item="shampoo", quantity=1, unit="bottle"),)}, "item_not_in_gift", "goods"),
        ({"goods": (GivenGoods(item="quilt", quantity=1, unit="bottle"),)}, "unknown_unit", "goods.0.unit"),
        ({"goods": quilts(3), "expected_version": 7}, "version_not_current", "If-Match"),
    ],
)
def test_a_statement_that_does_not_fit_is_refused_and_changes_nothing(
    charity: CharityInMemory, stated: dict[str, Any], rule: str, field: str
) -> None:
    gift = charity.donate(COMMUNITY, 5)
    before = dict(charity.engine.entities)
    with pytest.raises(Refused) as refusal:
        correct(charity, gift, **stated)
    assert (refusal.value.rule, refusal.value.field) == (rule, field)
    assert charity.engine.entities == before


def test_goods_are_no_correction_of_money_and_an_unknown_gift_is_refused(charity: CharityInMemory) -> None:
    gift = charity.give_money(charity.open_fund(COMMUNITY), 5)
    with pytest.raises(Refused, match="fund_receives_money"):
        correct(charity, gift, goods=quilts(1))
    with pytest.raises(Refused, match="not_found"):
        charity.engine.command(CorrectDonation(donation_id="donation_none", reason_code="typed_wrong"))


def test_a_gift_is_corrected_only_so_often(charity: CharityInMemory) -> None:
    gift = charity.donate(COMMUNITY, 5)
    for times in range(MOST_CORRECTIONS):
        correct(charity, gift, goods=quilts(6 + times))
    with pytest.raises(Refused, match="corrected_too_often"):
        correct(charity, gift, goods=quilts(5))


@given(first=st.integers(1, 30), asked=st.integers(0, 30), stated=st.lists(st.integers(0, 30), max_size=4))
def test_booked_is_always_what_is_stated_and_owed_and_nothing_is_taken_from_a_need(
    first: int, asked: int, stated: list[int]
) -> None:
    charity = CharityInMemory()
    gift = charity.donate(COMMUNITY, first)
    if asked:
        charity.publish("need_1", rice(asked))
    held = charity.committed("need_1") if asked else [0]
    for number in stated:
        correct(charity, gift, goods=quilts(number) if number else ())
        assert sum(booked(charity, gift)) == number + owed(charity)
        now = charity.committed("need_1") if asked else [0]
        assert held <= now
        held = now
        assert charity.broken_laws() == []
