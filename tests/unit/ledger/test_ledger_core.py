"""The rules of one transfer, one test each."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from shared.contracts import Refused
from shared.ledger import Account, Entry, Transfer, available, post, reserve, reverse, transfer, void
from shared.ledger.core import MOST_COUNTED

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def entry(name: str = "t1") -> Entry:
    return Entry(name, AT, "need", "event-1")


def stock(received: int = 10) -> Account:
    return Account(
        id="stock",
        commodity="rice",
        holder="st_1",
        kind="stock",
        forbids_overdraft=True,
        credits_posted=received,
    )


def used(commodity: str = "rice") -> Account:
    return Account(id="used", commodity=commodity, holder="used", kind="used")


def test_a_reservation_takes_from_what_is_available_but_not_from_the_balance() -> None:
    moved = reserve(stock(10), used(), 4, entry())
    assert (available(moved.debit), moved.debit.balance) == (6, 10)
    assert (moved.credit.credits_pending, moved.credit.credits_posted) == (4, 0)
    assert moved.transfer.state == "pending"


def test_posting_a_reservation_makes_it_leave_for_good() -> None:
    moved = post(*reserve(stock(10), used(), 4, entry()))
    assert (moved.debit.debits_pending, moved.debit.balance, moved.debit.available) == (0, 6, 6)
    assert (moved.credit.credits_pending, moved.credit.credits_posted) == (0, 4)
    assert moved.transfer.state == "posted"


def test_voiding_a_reservation_gives_everything_back() -> None:
    moved = void(*reserve(stock(10), used(), 4, entry()))
    assert moved.debit == stock(10)
    assert moved.credit == used()
    assert moved.transfer.state == "voided"


def test_a_correction_is_a_new_opposite_transfer_and_the_first_stays_as_it_was() -> None:
    first = transfer(stock(10), used(), 4, entry())
    back = reverse(*first, entry("ignored"))
    assert back.transfer.reverses == first.transfer.id
    assert (back.transfer.debit_account, back.transfer.credit_account) == ("used", "stock")
    assert back.credit.balance == 10
    assert first.transfer.state == "posted"
    assert back.transfer.id == reverse(*first, entry("another")).transfer.id, "a second reversal would collide"


def test_all_that_is_available_may_leave() -> None:
    first = reserve(stock(10), used(), 7, entry())
    assert reserve(first.debit, first.credit, 3, entry("t2")).debit.available == 0


def test_more_than_is_available_is_refused() -> None:
    first = reserve(stock(10), used(), 7, entry())
    with pytest.raises(Refused, match="overdraft") as refused:
        reserve(first.debit, first.credit, 4, entry("t2"))
    assert (refused.value.code, refused.value.rule) == ("conflict", "overdraft")


def test_an_account_counts_no_more_than_a_reader_of_doubles_can_tell_apart() -> None:
    full = transfer(used(), stock(MOST_COUNTED - 5), 5, entry())
    assert full.credit.credits_posted == MOST_COUNTED == 2**53 - 1
    spent = Account(id="given", commodity="rice", holder="donors", kind="given", debits_pending=MOST_COUNTED)
    for giver, receiver in ((used(), full.credit), (spent, used())):
        with pytest.raises(Refused, match="account_full") as refused:
            reserve(giver, receiver, 1, entry("t2"))
        assert (refused.value.code, refused.value.rule) == ("conflict", "account_full")


def test_a_reversal_that_would_overdraw_is_refused() -> None:
    given = transfer(used(), stock(0), 5, entry())
    spent = transfer(given.credit, Account(id="x", commodity="rice", holder="x", kind="used"), 3, entry("t2"))
    with pytest.raises(Refused, match="overdraft"):
        reverse(given.debit, spent.debit, given.transfer, entry())


def test_an_account_that_allows_it_may_go_below_zero() -> None:
    moved = transfer(used(), stock(), 5, entry())
    assert moved.debit.balance == -5


@pytest.mark.parametrize("amount", [0, -1, True, 1.5])
def test_only_whole_positive_amounts_move(amount: int) -> None:
    for move in (reserve, transfer):
        with pytest.raises(Refused) as refused:
            move(stock(), used(), amount, entry())
        assert refused.value.field == "amount"


def test_different_commodities_are_never_mixed() -> None:
    with pytest.raises(Refused, match="two_commodities"):
        reserve(stock(), used("oil"), 1, entry())


def test_an_account_cannot_pay_itself() -> None:
    with pytest.raises(Refused, match="two_accounts_needed"):
        reserve(stock(), stock(), 1, entry())


@pytest.mark.parametrize("step", [post, void])
def test_what_is_posted_or_voided_stays_so(step: object) -> None:
    for done in (post, void):
        moved = done(*reserve(stock(), used(), 1, entry()))
        with pytest.raises(Refused) as refused:
            step(*moved)  # type: ignore[operator]
        assert refused.value.code == "wrong_state"


def test_a_pending_transfer_is_voided_not_reversed() -> None:
    with pytest.raises(Refused, match="only_posted_is_reversed"):
        reverse(*reserve(stock(), used(), 1, entry()), entry())


@pytest.mark.parametrize("step", [post, void])
def test_a_transfer_is_settled_between_its_own_accounts_on_both_sides(step: Callable[..., object]) -> None:
    moved = reserve(stock(), used(), 1, entry())
    another = used().model_copy(update={"id": "another", "credits_pending": 1})
    for debit, credit in ((moved.debit, another), (another, moved.credit)):
        with pytest.raises(Refused, match="accounts_of_transfer"):
            step(debit, credit, moved.transfer)


def test_accounts_and_transfers_come_back_from_their_documents_as_they_were() -> None:
    moved = reserve(stock(10), used(), 4, entry())
    assert Account.from_document(moved.debit.to_document()) == moved.debit
    assert Transfer.from_document(moved.transfer.to_document()) == moved.transfer
    assert moved.debit.to_document()["available"] == 6
