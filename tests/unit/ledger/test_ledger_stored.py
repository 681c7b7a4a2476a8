"""A stored ledger is checked by sums, and each broken law is reported with the account, the counter and the amounts."""

from typing import Any

import pytest

from shared.contracts.reasons import Reason
from shared.ledger.checks import BATCH, MAX_VIOLATIONS, database_violations, violations
from tests.city.prepared import PreparedCollection, PreparedDatabase

Row = dict[str, Any]
COUNTERS = ("debits_pending", "debits_posted", "credits_pending", "credits_posted")


def account(name: str, *counters: int, commodity: str = "rice", **more: Any) -> Row:
    return {"_id": name, "commodity": commodity, **dict(zip(COUNTERS, counters or (0, 0, 0, 0), strict=True)), **more}


def transfer(name: str, debit: str, credit: str, amount: int, state: str = "posted", *, commodity: str = "rice") -> Row:
    return {
        "_id": name, "debit_account": debit, "credit_account": credit, "amount": amount, "state": state,
        "commodity": commodity,
    }  # fmt: skip


def check(accounts: list[Row], transfers: list[Row], **given: Any) -> list[Reason]:
    """Check the ledger read and stored; both report the same."""
    database: Any = PreparedDatabase()
    database["accounts"].insert_many(accounts)
    database["transfers"].insert_many(transfers)
    stored = database_violations(database, ledger="charity", **given)
    read = violations(accounts, transfers, ledger="charity", **given)
    assert sorted(map(repr, stored)) == sorted(map(repr, read))
    return stored


def told(found: list[Reason]) -> list[Row]:
    assert {fault.args["ledger"] for fault in found} <= {"charity"}
    return [{"code": fault.code, **{n: v for n, v in fault.args.items() if n != "ledger"}} for fault in found]


def test_a_ledger_whose_counters_are_the_sums_of_its_transfers_is_right():
    accounts = [account("a", 4, 7, 0, 0), account("b", 0, 0, 4, 7, forbids_overdraft=True), account("empty")]
    transfers = [transfer("1", "a", "b", 5), transfer("2", "a", "b", 2), transfer("3", "a", "b", 4, "pending")]
    assert check(accounts, [*transfers, transfer("4", "a", "b", 99, "voided")]) == []


@pytest.mark.parametrize("nth", range(4))
def test_a_counter_that_differs_is_named_with_both_amounts(nth: int):
    counters = [4, 7, 4, 7]
    accounts = [account("a", *counters[:2], 0, 0), account("b", 0, 0, *counters[2:])]
    accounts[nth // 2][COUNTERS[nth]] += 3
    found = told(check(accounts, [transfer("1", "a", "b", 7), transfer("2", "a", "b", 4, "pending")]))
    assert found[0] == {
        "code": "counter_differs", "account": "ab"[nth // 2], "counter": COUNTERS[nth], "amount": counters[nth] + 3,
        "sum": counters[nth],
    }  # fmt: skip
    sides = [counters[nth % 2] + 3 * (nth < 2), counters[nth % 2] + 3 * (nth >= 2)]
    kind = ("pending_unbalanced", "posted_unbalanced")[nth % 2]
    assert found[1:] == [{"code": kind, "unit": "rice", "debits": sides[0], "credits": sides[1]}]


def test_an_account_is_overdrawn_by_what_is_reserved_too_and_only_where_it_forbids_it():
    accounts = [account("a", 3, 6, 0, 8), account("b", 0, 8, 3, 6)]
    transfers = [transfer("1", "a", "b", 6), transfer("2", "a", "b", 3, "pending"), transfer("3", "b", "a", 8)]
    assert check(accounts, transfers) == []
    accounts[0]["forbids_overdraft"] = True
    assert told(check(accounts, transfers)) == [{"code": "account_overdrawn", "account": "a", "amount": -1}]
    accounts[0]["forbids_overdraft"] = False
    assert check(accounts, transfers) == []


def test_an_account_may_be_emptied():
    accounts = [account("a", 0, 8, 0, 8, forbids_overdraft=True), account("b", 0, 8, 0, 8)]
    assert check(accounts, [transfer("1", "a", "b", 8), transfer("2", "b", "a", 8)]) == []


def test_a_counter_below_zero_is_named():
    found = told(check([account("a", -2, 0, 0, 0), account("b", 0, 0, -2, 0)], []))
    assert found[0] == {"code": "counter_below_zero", "account": "a", "counter": "debits_pending", "amount": -2}
    assert [fault["code"] for fault in found] == ["counter_below_zero", "counter_differs"] * 2


def test_transfers_of_an_account_that_is_not_stored_are_reported_by_its_name():
    found = told(check([account("b", 0, 0, 0, 5)], [transfer("1", "a", "b", 5)]))
    assert found == [
        {"code": "account_not_stored", "account": "a"},
        {"code": "posted_unbalanced", "unit": "rice", "debits": 0, "credits": 5},
    ]


def test_each_commodity_is_balanced_by_itself():
    accounts = [account("a", 0, 5, 0, 0), account("b", 0, 0, 0, 5, commodity="oil")]
    codes = [(fault["code"], fault.get("unit")) for fault in told(check(accounts, [transfer("1", "a", "b", 5)]))]
    assert codes == [
        ("account_of_other_commodity", None), ("posted_unbalanced", "oil"), ("posted_unbalanced", "rice"),
    ]  # fmt: skip


def test_an_account_whose_transfers_move_another_commodity_is_named_with_both():
    (found, *_) = told(check([account("a", 0, 5, 0, 5, commodity="oil")], [transfer("1", "a", "a", 5)])[1:])
    assert found == {"code": "account_of_other_commodity", "account": "a", "counted": "oil", "moved": "rice"}


def test_a_transfer_in_another_commodity_than_the_account_has_moved_is_named():
    transfers = [transfer("1", "a", "b", 5), transfer("2", "a", "b", 5, commodity="oil")]
    found = told(check([account("a", 0, 10, 0, 0), account("b", 0, 0, 0, 10)], transfers))
    assert found == [
        {
            "code": "transfer_of_other_commodity", "transfer": "2", "moved": "oil", "account": name, "counted": "rice",
        }
        for name in "ab"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "fault"),
    [
        (transfer("1", "a", "b", 5, "done"), {"code": "transfer_state_unknown", "transfer": "1", "state": "done"}),
        (transfer("1", "a", "b", 0), {"code": "transfer_moves_nothing", "transfer": "1", "amount": 0}),
        (transfer("1", "a", "b", -1), {"code": "transfer_moves_nothing", "transfer": "1", "amount": -1}),
        (transfer("1", "a", "a", 5), {"code": "transfer_to_itself", "transfer": "1", "account": "a"}),
    ],
)
def test_a_transfer_that_is_wrong_by_itself_is_named(wrong: Row, fault: Row):
    found = told(check([account("a"), account("b")], [wrong]))
    assert found[0] == fault


def test_no_more_are_reported_than_asked_for_and_all_accounts_are_still_read():
    accounts = [account(f"a{n}", 0, 1, 0, 0) for n in range(5)]
    assert len(check(accounts, [], most=6)) == 6
    found = told(check(accounts, [], most=5))
    assert [fault["code"] for fault in found] == ["counter_differs"] * 5
    transfers = [transfer(f"{n}", f"x{n:03}", f"y{n:03}", 1) for n in range(MAX_VIOLATIONS)]
    assert len(check([], transfers)) == MAX_VIOLATIONS


def test_a_stored_ledger_is_read_in_one_snapshot_in_pages(monkeypatch: pytest.MonkeyPatch):
    asked: list[Row] = []
    for name in ("find", "aggregate"):
        real = getattr(PreparedCollection, name)

        def note(self: Any, *given: Any, real: Any = real, **options: Any) -> Any:
            asked.append(options)
            return real(self, *given, **options)

        monkeypatch.setattr(PreparedCollection, name, note)
    database: Any = PreparedDatabase()
    database_violations(database)
    sessions = {id(options.pop("session")) for options in asked}
    assert len(sessions) == 1
    assert asked == [{}, *[{"allowDiskUse": True, "batchSize": BATCH}] * 2, {"batch_size": BATCH}]
